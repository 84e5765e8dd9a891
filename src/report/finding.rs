//! What a check finds, in the files and in the databases.

use std::path::PathBuf;

use serde::Serialize;

use crate::dialect::Dialect;
use crate::lint;
use crate::names::{BranchName, RevisionId};
use crate::plan::Refusal;
use crate::reference::Known;

/// Something that a check found: no error of the check itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name for machines: the code, where lint found it.
    pub kind: &'static str,
    /// `error` or `warning`, where lint found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
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
    /// The line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in it, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The dialects on which it holds, where lint found it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dialects: Vec<Dialect>,
}

impl Finding {
    pub(super) fn new(kind: &'static str, branch: BranchName, message: String) -> Self {
        Self {
            kind,
            severity: None,
            branch,
            revision: None,
            message,
            hint: None,
            file: None,
            line: None,
            column: None,
            dialects: Vec::new(),
        }
    }

    /// Revisions that are not applied.
    #[must_use]
    pub fn pending(branch: BranchName, message: String) -> Self {
        let hint = Some(format!("branchline upgrade {branch}"));
        Self { hint, ..Self::new("pending", branch, message) }
    }

    /// A reference on record of which the files say something else.
    #[must_use]
    pub fn drifted(known: &Known) -> Option<Self> {
        let drift = known.drift.as_ref()?;
        let message = format!("the reference {}: {}", known.place(), drift.what);
        let hint = Some(drift.hint.clone());
        Some(Self {
            revision: known.since.clone(),
            hint,
            ..Self::new("reference_drifted", known.branch.clone(), message)
        })
    }

    /// Whether it stops an upgrade.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Some(lint::Severity::Error.word())
    }
}

impl From<&Refusal> for Finding {
    fn from(refusal: &Refusal) -> Self {
        Self {
            revision: refusal.revision.clone(),
            hint: refusal.hint.clone(),
            ..Self::new(refusal.kind.name(), refusal.branch.clone(), refusal.message.clone())
        }
    }
}

impl From<&lint::Finding> for Finding {
    fn from(finding: &lint::Finding) -> Self {
        Self {
            severity: Some(finding.severity.word()),
            revision: Some(finding.revision.id.clone()),
            hint: finding.hint.clone(),
            file: Some(finding.location.file.clone()),
            line: finding.location.line,
            column: finding.location.column,
            dialects: finding.dialects.clone(),
            ..Self::new(finding.code.name(), finding.revision.branch.clone(), finding.message.clone())
        }
    }
}
