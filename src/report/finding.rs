//! What a check finds, in the files and in the databases.

use std::path::PathBuf;

use serde::Serialize;

use crate::names::{BranchName, RevisionId};
use crate::plan::Refusal;

/// Something that a check found: no error of the check itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name for machines.
    pub kind: &'static str,
    /// The branch.
    pub branch: BranchName,
    /// The revision, where it is about one.
    pub revision: Option<RevisionId>,
    /// What was found.
    pub message: String,
    /// What helps.
    pub hint: Option<String>,
    /// The file, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The line in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl Finding {
    /// Revisions that are not applied.
    #[must_use]
    pub fn pending(branch: BranchName, message: String) -> Self {
        let hint = Some(format!("branchline upgrade {branch}"));
        Self { kind: "pending", branch, revision: None, message, hint, file: None, line: None }
    }
}

impl From<&Refusal> for Finding {
    fn from(refusal: &Refusal) -> Self {
        Self {
            kind: refusal.kind.name(),
            branch: refusal.branch.clone(),
            revision: refusal.revision.clone(),
            message: refusal.message.clone(),
            hint: refusal.hint.clone(),
            file: None,
            line: None,
        }
    }
}
