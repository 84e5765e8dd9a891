//! What can be wrong with a portable script, before any database is asked.

use std::path::Path;

use crate::dialect::Dialect;
use crate::location::Location;
use crate::toml_file::TomlError;

/// A portable script that cannot be read, or cannot be said in a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not TOML, or not the TOML of a portable script.
    #[error(transparent)]
    Toml(#[from] TomlError),
    /// A step that a dialect cannot do, or that says too little.
    #[error("{location}: {problem}")]
    Step {
        /// The file, and the place of what it is about.
        location: Location,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A table in the database is not as the change expects it.
    #[error("{0}")]
    Table(#[from] Problem),
}

/// What is wrong with a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The dialect has no such thing.
    #[error("{dialect} has no {what}")]
    Unsupported {
        /// The dialect.
        dialect: Dialect,
        /// What it lacks.
        what: String,
        /// What to write instead.
        hint: String,
    },
    /// A text per dialect, without one for this dialect.
    #[error("nothing is said for {dialect} in `{key}`")]
    MissingDialect {
        /// The dialect.
        dialect: Dialect,
        /// The key that names dialects.
        key: &'static str,
    },
    /// The values of an enum are not in this file.
    #[error("the values of enum `{0}` are not known here")]
    UnknownEnum(String),
    /// A name that a database would cut off or refuse.
    #[error("the name `{name}` is too long for {dialect}: at most {limit}")]
    NameTooLong {
        /// The dialect.
        dialect: Dialect,
        /// The name.
        name: String,
        /// The longest that it takes, in words.
        limit: &'static str,
    },
    /// A key that MySQL and MariaDB cannot build.
    #[error("{dialect} cannot index {what}")]
    KeyTooLong {
        /// The dialect.
        dialect: Dialect,
        /// Which columns, and why.
        what: String,
    },
    /// The step itself makes no sense, on any dialect.
    #[error("{message}")]
    Senseless {
        /// What is wrong.
        message: String,
        /// What to write instead.
        hint: Option<String>,
    },
    /// No way down can be derived.
    #[error("`{operation}` has no way down")]
    Irreversible {
        /// The operation's key.
        operation: &'static str,
        /// What would give it one.
        hint: String,
    },
    /// A column, index or constraint that the table in the database does not have.
    #[error("table `{table}` has no {what}")]
    NotInTable {
        /// The table.
        table: String,
        /// What was looked for.
        what: String,
    },
    /// A column, index or constraint that the table already has.
    #[error("table `{table}` already has {what}")]
    AlreadyInTable {
        /// The table.
        table: String,
        /// What is there.
        what: String,
    },
    /// The database's own definition of a table that cannot be understood.
    #[error("the definition of table `{table}` cannot be read: {why}")]
    Definition {
        /// The table.
        table: String,
        /// What stands in the way.
        why: String,
    },
}

impl Problem {
    /// At a place in a file's text, where that is known.
    #[must_use]
    pub fn at(self, file: &Path, text: &str, offset: Option<usize>) -> Error {
        let location = match offset {
            Some(offset) => Location::of_offset(file, text, offset),
            None => Location::of_file(file),
        };
        Error::Step { location, problem: self }
    }

    pub(super) fn senseless(message: impl Into<String>) -> Self {
        Self::Senseless { message: message.into(), hint: None }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unsupported { hint, .. } | Self::Irreversible { hint, .. } => Some(hint.clone()),
            Self::MissingDialect { dialect, key } => {
                Some(format!("write `{key}.{dialect} = \"...\"`, or leave the step out there with `dialects = [...]`"))
            }
            Self::UnknownEnum(_) => Some("give the column `values = [...]`, the values in their order".to_owned()),
            Self::NameTooLong { .. } => Some("give it a shorter `name`".to_owned()),
            Self::KeyTooLong { .. } => Some(
                "index its beginning with `{ column = \"...\", length = 191 }`, or make it a shorter `string(n)`"
                    .to_owned(),
            ),
            Self::Senseless { hint, .. } => hint.clone(),
            Self::NotInTable { .. } | Self::AlreadyInTable { .. } => {
                Some("the database is not as the revisions before this one leave it".to_owned())
            }
            Self::Definition { .. } => Some("write this step as `sql` for this dialect".to_owned()),
        }
    }
}

impl Error {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Toml(error) => error.hint.clone(),
            Self::Step { problem, .. } | Self::Table(problem) => problem.hint(),
        }
    }

    /// Where it is, if in a file.
    #[must_use]
    pub const fn location(&self) -> Option<&Location> {
        match self {
            Self::Toml(error) => Some(&error.location),
            Self::Step { location, .. } => Some(location),
            Self::Table(_) => None,
        }
    }
}
