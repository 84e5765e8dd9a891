//! What must not happen, and the way out.

use serde::Serialize;

use crate::names::{BranchName, RevisionId};

/// A reason not to run. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What kind of reason it is.
    pub kind: RefusalKind,
    /// The branch that it is about.
    pub branch: BranchName,
    /// The revision, where it is about one.
    pub revision: Option<RevisionId>,
    /// What is in the way.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

/// What kind of reason a refusal has. The names are those of the `kind` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The database belongs to another branch or another project.
    WrongDatabase,
    /// A revision was left half-way.
    Unfinished,
    /// No revision was left half-way, and one was to be finished or settled.
    NothingUnfinished,
    /// A database has applied what the project does not know.
    Ahead,
    /// An unapplied revision stands below an applied one.
    OutOfOrder,
    /// A script was edited after it was applied.
    ChecksumMismatch,
    /// A dependency of an applied revision is not applied.
    DependencyLost,
    /// A step depends on what another branch has not applied.
    DependencyMissing,
    /// A revision of another branch depends on what is to be taken back.
    DependentInTheWay,
    /// A step takes away, or gives another type, what a live reference points to.
    ReferenceInTheWay,
    /// A reference is to begin, and what it points to was taken away.
    ReferenceTargetGone,
    /// A step takes away the columns of a live reference that nothing ends.
    ReferenceNotEnded,
    /// A step takes away a column whose deleted keys a trigger records.
    CaptureInTheWay,
    /// A destructive step that nobody agreed to.
    NotConfirmed,
    /// A plan file does not fit what is there now.
    PlanOutdated,
}

impl RefusalKind {
    /// Whether another run that is under way can be all there is to it.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Unfinished | Self::DependencyLost)
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongDatabase => "wrong_database",
            Self::Unfinished => "unfinished",
            Self::NothingUnfinished => "nothing_unfinished",
            Self::Ahead => "ahead",
            Self::OutOfOrder => "out_of_order",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::DependencyLost => "dependency_lost",
            Self::DependencyMissing => "dependency_missing",
            Self::DependentInTheWay => "dependent_in_the_way",
            Self::ReferenceInTheWay => "reference_in_the_way",
            Self::ReferenceTargetGone => "reference_target_gone",
            Self::ReferenceNotEnded => "reference_not_ended",
            Self::CaptureInTheWay => "capture_in_the_way",
            Self::NotConfirmed => "not_confirmed",
            Self::PlanOutdated => "plan_outdated",
        }
    }
}
