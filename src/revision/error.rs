//! What is wrong with a revision's folder, said with its file, its branch and the revision.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::location::Location;
use crate::names::{BranchName, NameError, RevisionId};
use crate::toml_file::TomlError;

/// A revision that cannot be used as it stands. Paths are relative to the project.
#[derive(Debug, thiserror::Error)]
pub struct RevisionError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    branch: BranchName,
    revision: Option<RevisionId>,
    location: Location,
    problem: RevisionProblem,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum RevisionProblem {
    /// A folder whose name has no legal id.
    #[error("the folder's name is not <id>_<slug>: {0}")]
    FolderName(NameError),
    /// A folder whose name is not UTF-8.
    #[error("the folder's name is not UTF-8")]
    FolderNotUtf8,
    /// No revision.toml.
    #[error("the folder has no revision.toml")]
    NoManifest,
    /// revision.toml says something it must not.
    #[error("{message}")]
    Toml {
        /// What.
        message: String,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// revision.toml does not say what comes before.
    #[error("`parents` is missing")]
    NoParents,
    /// Another folder has the same id.
    #[error("the id is also that of {}", .other.display())]
    DuplicateId {
        /// The other folder.
        other: PathBuf,
    },
    /// Two scripts that both serve every dialect.
    #[error("{first} and {second} both serve every dialect")]
    TwoScripts {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// No script for a dialect, or none at all.
    #[error("no way up{}", on(.dialect))]
    NoWayUp {
        /// The dialect; none where the branch does not name its dialects.
        dialect: Option<Dialect>,
    },
    /// A file that looks like a script and is none.
    #[error("`{name}` is no script's name")]
    UnknownScript {
        /// The file.
        name: String,
    },
    /// A script without a statement.
    #[error("the script is empty")]
    EmptyScript,
    /// A file that is not UTF-8.
    #[error("not UTF-8, at byte {offset}")]
    NotUtf8 {
        /// Where, from 0.
        offset: u64,
    },
    /// Both a way down and a reason why there is none.
    #[error("`irreversible` is given, and so is a way down, {script}")]
    IrreversibleWithDown {
        /// The way down.
        script: &'static str,
    },
    /// A file or folder that cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
}

fn on(dialect: &Option<Dialect>) -> String {
    dialect.map_or_else(String::new, |dialect| format!(" on {dialect}"))
}

impl RevisionError {
    pub(super) fn new(
        branch: &BranchName,
        revision: Option<&RevisionId>,
        location: Location,
        problem: RevisionProblem,
    ) -> Self {
        Self(Box::new(Parts { branch: branch.clone(), revision: revision.cloned(), location, problem }))
    }

    pub(super) fn of_toml(branch: &BranchName, revision: &RevisionId, error: TomlError) -> Self {
        let TomlError { location, message, hint } = error;
        Self::new(branch, Some(revision), location, RevisionProblem::Toml { message, hint })
    }

    /// The branch.
    #[must_use]
    pub fn branch(&self) -> &BranchName {
        &self.0.branch
    }

    /// The revision, where its folder's name says which it is.
    #[must_use]
    pub fn revision(&self) -> Option<&RevisionId> {
        self.0.revision.as_ref()
    }

    /// The file or folder, and the place in it.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &RevisionProblem {
        &self.0.problem
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.0.problem.hint()
    }
}

impl fmt::Display for RevisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { branch, revision, location, problem } = &*self.0;
        match revision {
            Some(revision) => write!(f, "{location}: {branch}@{revision}: {problem}"),
            None => write!(f, "{location}: branch {branch}: {problem}"),
        }
    }
}

impl RevisionProblem {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::FolderName(_) => {
                "an id is of letters, digits and `.`, as in 0001_initial_schema; other files belong elsewhere"
                    .to_owned()
            }
            Self::NoManifest => {
                "it needs at least `parents = [\"...\"]`, or `parents = []` to start the branch".to_owned()
            }
            Self::Toml { hint, .. } => return hint.clone(),
            Self::NoParents => {
                "name the revision before this one, or write `parents = []` to start the branch".to_owned()
            }
            Self::DuplicateId { .. } => {
                "give one of them another id, and name it as a parent where it belongs".to_owned()
            }
            Self::TwoScripts { .. } => {
                "keep one, or name the SQL script for its dialect, as in up.postgres.sql".to_owned()
            }
            Self::NoWayUp { dialect: Some(dialect) } => {
                format!("add up.{dialect}.sql, or up.sql or up.toml for every dialect")
            }
            Self::NoWayUp { dialect: None } => "add up.sql or up.toml".to_owned(),
            Self::UnknownScript { name } => super::script::nearest_name(name),
            Self::EmptyScript => "write what the revision does; a merge, or one that only declares or ends references, needs no script at all".to_owned(),
            Self::NotUtf8 { .. } => "save the file as UTF-8".to_owned(),
            Self::IrreversibleWithDown { .. } => "keep the one that is true".to_owned(),
            Self::FolderNotUtf8 | Self::Read(_) => return None,
        })
    }
}
