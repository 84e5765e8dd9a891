//! The names of things: branches, revisions, and a revision of a branch.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::redact::value;

/// A branch's name: a letter, then letters, digits and `_`; never `head`, `heads` or `base`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchName(String);

/// A revision's id within its branch: letters, digits and `.`; never `head`, `heads` or `base`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionId(String);

/// A revision of a branch, written `auth@0001`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionKey {
    /// The branch.
    pub branch: BranchName,
    /// The revision's id in it.
    pub id: RevisionId,
}

/// How many characters the state tables keep of a branch's name, and of a revision's id.
pub const LONGEST: usize = 128;

/// A text that is no name of the kind that was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a branch's name.
    #[error("`{}` is no branch name: a letter, then letters, digits and `_`", value(.0))]
    Branch(String),
    /// Not a revision's id.
    #[error("`{}` is no revision id: letters, digits and `.`", value(.0))]
    Revision(String),
    /// A word with a meaning of its own in targets, as a revision's id.
    #[error("`{0}` cannot be a revision id: as a target it means something else")]
    Reserved(String),
    /// Such a word as a branch's name.
    #[error("`{0}` cannot be a branch name: as a target it means something else")]
    ReservedBranch(String),
    /// More than the state tables could keep.
    #[error("`{}...` is too long: {LONGEST} characters are the most", beginning(.0))]
    TooLong(String),
    /// Not `BRANCH@ID`.
    #[error("`{}` names no revision of a branch: write BRANCH@ID, as in auth@0001", value(.0))]
    Key(String),
}

/// As much of a text as shows which one it is.
fn beginning(text: &str) -> String {
    value(text).chars().take(32).collect()
}

/// The words that are targets, and therefore neither revision ids nor branch names.
pub const RESERVED: [&str; 3] = ["head", "heads", "base"];

impl FromStr for BranchName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if RESERVED.contains(&text) {
            return Err(NameError::ReservedBranch(text.to_owned()));
        }
        let legal = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        of_legal(text, legal, NameError::Branch).map(Self)
    }
}

impl FromStr for RevisionId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if RESERVED.contains(&text) {
            return Err(NameError::Reserved(text.to_owned()));
        }
        let legal =
            !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '.');
        of_legal(text, legal, NameError::Revision).map(Self)
    }
}

/// The text as a name, of which every character is known to be legal, or not.
fn of_legal(text: &str, legal: bool, illegal: fn(String) -> NameError) -> Result<String, NameError> {
    match (legal, text.len()) {
        (false, _) => Err(illegal(text.to_owned())),
        (true, ..=LONGEST) => Ok(text.to_owned()),
        (true, _) => Err(NameError::TooLong(text.to_owned())),
    }
}

impl RevisionKey {
    /// The revision `id` of `branch`.
    #[must_use]
    pub const fn new(branch: BranchName, id: RevisionId) -> Self {
        Self { branch, id }
    }
}

impl FromStr for RevisionKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (branch, id) = text.split_once('@').ok_or_else(|| NameError::Key(text.to_owned()))?;
        Ok(Self { branch: branch.parse()?, id: id.parse()? })
    }
}

impl fmt::Display for RevisionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.branch, self.id)
    }
}

macro_rules! text_name {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_name!(BranchName);
text_name!(RevisionId);

macro_rules! serde_as_text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }
    )*};
}

serde_as_text!(BranchName, RevisionId, RevisionKey);

#[cfg(test)]
mod tests {
    use super::{BranchName, LONGEST, NameError, RevisionId, RevisionKey};

    #[test]
    fn branch_names() {
        for good in ["auth", "A1_b"] {
            assert!(good.parse::<BranchName>().is_ok(), "{good}");
        }
        for word in ["head", "heads", "base"] {
            assert_eq!(word.parse::<BranchName>(), Err(NameError::ReservedBranch(word.to_owned())));
        }
        assert!("a".repeat(LONGEST).parse::<BranchName>().is_ok());
        let long = "a".repeat(LONGEST + 1).parse::<BranchName>().unwrap_err();
        assert_eq!(long.to_string(), format!("`{}...` is too long: 128 characters are the most", "a".repeat(32)));
        for bad in ["", "1a", "_a", "a-b", "a@b", "ä", "a\"; DROP TABLE x; --"] {
            assert_eq!(bad.parse::<BranchName>(), Err(NameError::Branch(bad.to_owned())));
        }
    }

    #[test]
    fn revision_ids() {
        for good in ["0001", "1.2", "ae1027a6acf", "20261120143105"] {
            assert!(good.parse::<RevisionId>().is_ok(), "{good}");
        }
        for bad in ["", "a@b", "a:b", "a+b", "a-b", "a b", "é"] {
            assert_eq!(bad.parse::<RevisionId>(), Err(NameError::Revision(bad.to_owned())));
        }
        assert!(matches!("1".repeat(LONGEST + 1).parse::<RevisionId>(), Err(NameError::TooLong(_))));
        assert_eq!("heads".parse::<RevisionId>(), Err(NameError::Reserved("heads".to_owned())));
    }

    #[test]
    fn keys_round_trip() {
        let key: RevisionKey = "auth@0001".parse().unwrap();
        assert_eq!(key.to_string(), "auth@0001");
        assert_eq!("auth".parse::<RevisionKey>(), Err(NameError::Key("auth".to_owned())));
    }
}
