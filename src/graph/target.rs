//! What a target says, before anybody looks whether it names something: syntax only.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::names::{BranchName, NameError, RevisionId};
use crate::redact;

use super::target_error::TargetError;

/// A point on one branch, or on all of them, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `heads`: every head of every branch.
    Heads,
    /// `auth`, the one head of a branch; or `0002`, a revision whose id is unique over all branches.
    Name(Name),
    /// `0002+1`: so many steps from a revision whose id is unique over all branches.
    NameOffset(RevisionId, Offset),
    /// `auth@POINT`; or `0007@POINT`, where only the line through that revision is meant.
    At(Name, Point),
    /// `auth@0007@POINT`: the line through a revision of that branch, whatever other branches have.
    Line(BranchName, RevisionId, Point),
}

/// A place on a branch, as it was written after the `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Point {
    /// `head`: the only head.
    Head,
    /// `heads`: all of them.
    Heads,
    /// `base`: before the first revision.
    Base,
    /// `+2`, `-1`: from what the database has applied.
    Relative(Offset),
    /// `0002`, or the beginning of an id.
    Revision(RevisionId),
    /// `0002+1`, `0005-2`.
    RevisionOffset(RevisionId, Offset),
}

/// A number of steps along parents, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offset {
    /// Towards the heads.
    Up(NonZeroU32),
    /// Towards the base.
    Down(NonZeroU32),
}

/// A word that can be the name of a branch, the id of a revision, or either.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&BranchName> for Name {
    fn from(branch: &BranchName) -> Self {
        Self(branch.as_str().to_owned())
    }
}

impl Target {
    /// A point on a branch, or on the line through one of its revisions, written so that it can mean nothing else.
    pub(super) fn exact(branch: &BranchName, line: Option<&RevisionId>, point: Point) -> Self {
        match line {
            Some(line) => Self::Line(branch.clone(), line.clone(), point),
            None => Self::At(branch.into(), point),
        }
    }
}

impl Point {
    /// A revision, or so many steps from it.
    pub(super) fn from_revision(id: RevisionId, offset: Option<Offset>) -> Self {
        match offset {
            Some(offset) => Self::RevisionOffset(id, offset),
            None => Self::Revision(id),
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = |why: &str, hint: Option<String>| TargetError::syntax(text, why, hint);
        if redact::holds_secret(text) {
            return Err(wrong("it is a URL", Some(URL_HINT.to_owned())));
        }
        match text {
            "" => return Err(wrong("it is empty", None)),
            "heads" => return Ok(Self::Heads),
            "head" => return Err(wrong("it names no branch", Some(HEAD_HINT.to_owned()))),
            "base" => return Err(wrong("it names no branch", Some("write BRANCH@base, as in auth@base".to_owned()))),
            _ => {}
        }
        if text.contains(':') {
            return Err(wrong("it is a range, which only history takes", None));
        }
        let Some((name, point)) = text.split_once('@') else { return bare(text) };
        if text == "@" {
            return Err(wrong("nothing stands on either side of the `@`", Some(HEAD_HINT.to_owned())));
        }
        if name.is_empty() {
            return Err(wrong("nothing stands before the `@`", Some(format!("write BRANCH@{point}"))));
        }
        let Some(name) = word(name) else {
            return Err(wrong(&format!("`{name}` can be neither a branch nor a revision"), None));
        };
        let Some((line, point)) = point.split_once('@') else { return Ok(Self::At(name, point_of(text, point)?)) };
        if line.is_empty() {
            return Err(wrong("nothing stands between `@` and `@`", Some(LINE_HINT.to_owned())));
        }
        let name_error = |error: NameError| wrong(&error.to_string(), None);
        let branch = name.as_str().parse().map_err(name_error)?;
        Ok(Self::Line(branch, line.parse().map_err(name_error)?, point_of(text, point)?))
    }
}

const URL_HINT: &str = "name a branch; where its database is, stands in branches/NAME.toml";

const HEAD_HINT: &str = "write BRANCH@head, as in auth@head, or `heads` for every head of every branch";

const LINE_HINT: &str = "write BRANCH@POINT; or, for the line through a revision, BRANCH@REVISION@POINT";

fn bare(text: &str) -> Result<Target, TargetError> {
    if let Some((id, offset)) = with_offset(text, text)? {
        let Some(id) = id else {
            return Err(TargetError::syntax(text, "it names no branch", Some(format!("write BRANCH@{text}"))));
        };
        return Ok(Target::NameOffset(id, offset));
    }
    word(text)
        .map(Target::Name)
        .ok_or_else(|| TargetError::syntax(text, "it can be neither a branch nor a revision", None))
}

fn point_of(text: &str, point: &str) -> Result<Point, TargetError> {
    match point {
        "" => {
            let hint = "write head, heads, base, a revision, or a number of steps such as +1 or -1";
            return Err(TargetError::syntax(text, "nothing stands after the `@`", Some(hint.to_owned())));
        }
        "head" => return Ok(Point::Head),
        "heads" => return Ok(Point::Heads),
        "base" => return Ok(Point::Base),
        _ => {}
    }
    match with_offset(text, point)? {
        Some((None, offset)) => Ok(Point::Relative(offset)),
        Some((Some(id), offset)) => Ok(Point::RevisionOffset(id, offset)),
        None => point
            .parse()
            .map(Point::Revision)
            .map_err(|error: NameError| TargetError::syntax(text, &error.to_string(), None)),
    }
}

/// `ID+N`, `ID-N`, `+N` or `-N`; none of these if there is neither sign.
fn with_offset(text: &str, part: &str) -> Result<Option<(Option<RevisionId>, Offset)>, TargetError> {
    let Some(sign) = part.find(['+', '-']) else { return Ok(None) };
    let (id, steps) = part.split_at(sign);
    let up = steps.starts_with('+');
    let steps = &steps[1..];
    let number = Some(steps)
        .filter(|steps| steps.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|steps| steps.parse::<NonZeroU32>().ok());
    let Some(number) = number else {
        let why = match steps {
            "" => "no number of steps follows the sign".to_owned(),
            steps => format!("`{steps}` is no number of steps: it must be 1 or more"),
        };
        return Err(TargetError::syntax(text, &why, None));
    };
    let id = match id {
        "" => None,
        "head" | "heads" | "base" => {
            let hint = "count from a revision, as in auth@0002+1, or from what is applied, as in auth@-1";
            return Err(TargetError::syntax(text, &format!("nothing is counted from `{id}`"), Some(hint.to_owned())));
        }
        id => Some(id.parse().map_err(|error: NameError| TargetError::syntax(text, &error.to_string(), None))?),
    };
    Ok(Some((id, if up { Offset::Up(number) } else { Offset::Down(number) })))
}

fn word(text: &str) -> Option<Name> {
    let legal = text.parse::<BranchName>().is_ok() || text.parse::<RevisionId>().is_ok();
    legal.then(|| Name(text.to_owned()))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heads => f.write_str("heads"),
            Self::Name(name) => write!(f, "{name}"),
            Self::NameOffset(id, offset) => write!(f, "{id}{offset}"),
            Self::At(name, point) => write!(f, "{name}@{point}"),
            Self::Line(branch, line, point) => write!(f, "{branch}@{line}@{point}"),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Heads => f.write_str("heads"),
            Self::Base => f.write_str("base"),
            Self::Relative(offset) => write!(f, "{offset}"),
            Self::Revision(id) => write!(f, "{id}"),
            Self::RevisionOffset(id, offset) => write!(f, "{id}{offset}"),
        }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(steps) => write!(f, "+{steps}"),
            Self::Down(steps) => write!(f, "-{steps}"),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Offset, Point, Target};
    use crate::graph::TargetError;

    fn parsed(text: &str) -> Target {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_form_reads_and_prints_as_it_was_written() {
        for text in [
            "heads",
            "auth",
            "0002",
            "a_b",
            "1.2",
            "auth@head",
            "auth@heads",
            "auth@base",
            "auth@0002",
            "auth@00",
            "auth@+2",
            "auth@-1",
            "auth@0002+1",
            "auth@0005-2",
            "0002+1",
            "0002-1",
            "0007@0003",
            "c2@base",
            "c2@-1",
            "auth@0007@0003",
            "auth@0007@0003-1",
            "auth@c2@base",
        ] {
            assert_eq!(parsed(text).to_string(), text);
        }
    }

    #[test]
    fn forms_are_told_apart() {
        assert_eq!(parsed("heads"), Target::Heads);
        assert!(matches!(parsed("auth"), Target::Name(name) if name.as_str() == "auth"));
        assert!(matches!(parsed("0002+1"), Target::NameOffset(id, Offset::Up(_)) if id.as_str() == "0002"));
        assert!(matches!(parsed("auth@head"), Target::At(_, Point::Head)));
        assert!(matches!(parsed("auth@heads"), Target::At(_, Point::Heads)));
        assert!(matches!(parsed("auth@base"), Target::At(_, Point::Base)));
        assert!(matches!(parsed("auth@-1"), Target::At(_, Point::Relative(Offset::Down(steps))) if steps.get() == 1));
        assert!(matches!(parsed("auth@2"), Target::At(_, Point::Revision(_))));
        assert!(matches!(parsed("a@0005-2"), Target::At(_, Point::RevisionOffset(_, Offset::Down(_)))));
    }

    #[test]
    fn what_is_no_target_says_why() {
        let errors: Vec<String> = [
            "",
            "head",
            "base",
            "+1",
            "-2",
            "@",
            "@head",
            "auth@",
            "auth@x@y@z",
            "auth@head@x",
            "auth@@1",
            "1@2@3",
            "auth@1@",
            "auth@+0",
            "auth@+",
            "auth@+-1",
            "auth@1+x",
            "auth@head-1",
            "a b",
            "a_b@c_d",
            "auth@1:auth@2",
            "auth@+99999999999",
            "ä@head",
            "auth@+١",
            "postgres://u:s3kr3t@h/d",
            "auth@postgres://u:s3k@r3t@h/d",
        ]
        .into_iter()
        .map(|text| {
            let error = text.parse::<Target>().unwrap_err();
            assert!(matches!(error, TargetError::Syntax { .. }));
            match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            }
        })
        .collect();
        insta::assert_snapshot!(errors.join("\n"), @r"
        `` is no target: it is empty
        `head` is no target: it names no branch; write BRANCH@head, as in auth@head, or `heads` for every head of every branch
        `base` is no target: it names no branch; write BRANCH@base, as in auth@base
        `+1` is no target: it names no branch; write BRANCH@+1
        `-2` is no target: it names no branch; write BRANCH@-2
        `@` is no target: nothing stands on either side of the `@`; write BRANCH@head, as in auth@head, or `heads` for every head of every branch
        `@head` is no target: nothing stands before the `@`; write BRANCH@head
        `auth@` is no target: nothing stands after the `@`; write head, heads, base, a revision, or a number of steps such as +1 or -1
        `auth@x@y@z` is no target: `y@z` is no revision id: letters, digits and `.`
        `auth@head@x` is no target: `head` cannot be a revision id: as a target it means something else
        `auth@@1` is no target: nothing stands between `@` and `@`; write BRANCH@POINT; or, for the line through a revision, BRANCH@REVISION@POINT
        `1@2@3` is no target: `1` is no branch name: a letter, then letters, digits and `_`
        `auth@1@` is no target: nothing stands after the `@`; write head, heads, base, a revision, or a number of steps such as +1 or -1
        `auth@+0` is no target: `0` is no number of steps: it must be 1 or more
        `auth@+` is no target: no number of steps follows the sign
        `auth@+-1` is no target: `-1` is no number of steps: it must be 1 or more
        `auth@1+x` is no target: `x` is no number of steps: it must be 1 or more
        `auth@head-1` is no target: nothing is counted from `head`; count from a revision, as in auth@0002+1, or from what is applied, as in auth@-1
        `a b` is no target: it can be neither a branch nor a revision
        `a_b@c_d` is no target: `c_d` is no revision id: letters, digits and `.`
        `auth@1:auth@2` is no target: it is a range, which only history takes
        `auth@+99999999999` is no target: `99999999999` is no number of steps: it must be 1 or more
        `ä@head` is no target: `ä` can be neither a branch nor a revision
        `auth@+١` is no target: `١` is no number of steps: it must be 1 or more
        `postgres://u:***@h/d` is no target: it is a URL; name a branch; where its database is, stands in branches/NAME.toml
        `auth@postgres://u:***@h/d` is no target: it is a URL; name a branch; where its database is, stands in branches/NAME.toml
        ");
    }
}
