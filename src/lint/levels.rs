//! What a branch says of codes: which are errors, which are warnings, which are not looked for.

use std::collections::BTreeMap;

use super::code::{Code, Level, NoSuchCode, Severity};

/// The level of every code on a branch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Levels {
    said: BTreeMap<Code, Level>,
}

/// Why a file's word on a code cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// There is no such code.
    #[error(transparent)]
    NoSuchCode(#[from] NoSuchCode),
    /// The script would fail whatever the file says.
    #[error("`{0}` cannot be less than an error: such a script does not run")]
    Fixed(Code),
}

impl LevelError {
    /// What helps.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchCode(error) => {
                error.hint.clone().or_else(|| Some("`branchline lint --codes` lists all of them".to_owned()))
            }
            Self::Fixed(_) => Some("correct the script instead".to_owned()),
        }
    }
}

impl Levels {
    /// Where no file says anything.
    pub const DEFAULT: Self = Self { said: BTreeMap::new() };

    /// Follows what a file says of a code.
    ///
    /// # Errors
    ///
    /// The name is no code, or one that no file can make less.
    pub fn set(&mut self, level: Level, name: &str) -> Result<(), LevelError> {
        let code: Code = name.parse()?;
        if !code.can_be_allowed() && level != Level::Deny {
            return Err(LevelError::Fixed(code));
        }
        self.said.insert(code, level);
        Ok(())
    }

    /// How much a finding of this code matters; none where it is not looked for.
    #[must_use]
    pub fn severity(&self, code: Code) -> Option<Severity> {
        match self.said.get(&code).copied().unwrap_or_else(|| code.default_level()) {
            Level::Fixed | Level::Deny => Some(Severity::Error),
            Level::Warn => Some(Severity::Warning),
            Level::Allow => None,
        }
    }
}
