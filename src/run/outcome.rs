//! What became of a run, and of each of its steps.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::database::{DatabaseErrorKind, StepFailure};
use crate::names::{BranchName, RevisionKey};
use crate::plan::{Snapshot, Step};
use crate::report::StepDocument;
use crate::script::ScriptError;

/// What became of a step.
#[derive(Debug)]
pub enum StepOutcome {
    /// It was carried out.
    Done,
    /// Another run had done it already.
    Skipped,
    /// The database refused it; the failure says where it stands now.
    Failed(Box<StepFailure>),
    /// Its script can no longer be read as it was planned.
    Unreadable(Box<ScriptError>),
    /// What it depends on was not done.
    Blocked {
        /// The step that it waited for.
        by: RevisionKey,
    },
    /// The run ended before it.
    NotStarted,
    /// It was carried out, and taken back because another step failed.
    TakenBack,
}

impl StepOutcome {
    /// Whether what follows the step may go on.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }

    /// Whether it failed, by itself.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Unreadable(_))
    }

    /// Whether it failed because the connection was lost.
    pub(super) fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.error.kind == DatabaseErrorKind::ConnectionLost)
    }

    /// Whether it was stopped on request.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.error.kind == DatabaseErrorKind::Interrupted)
    }

    /// The word in JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done => "applied",
            Self::Skipped => "skipped",
            Self::Failed(_) | Self::Unreadable(_) => "failed",
            Self::Blocked { .. } | Self::NotStarted => "not_started",
            Self::TakenBack => "taken_back",
        }
    }
}

/// A step and what became of it.
#[derive(Debug)]
pub struct StepReport {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub outcome: StepOutcome,
    /// How long it took, where it was started.
    pub duration: Option<Duration>,
}

impl StepReport {
    /// The report of a step that the run never came to.
    pub(super) fn not_started(step: &Step) -> Self {
        Self { step: step.clone(), outcome: StepOutcome::NotStarted, duration: None }
    }

    /// The step as JSON documents show it.
    #[must_use]
    pub fn document(&self) -> StepDocument {
        let blocked_by = match &self.outcome {
            StepOutcome::Blocked { by } => Some(by.clone()),
            _ => None,
        };
        StepDocument::from(&self.step).ended(self.outcome.word(), self.duration, blocked_by)
    }
}

/// A revision that a run applied, and that stays although what was applied was to be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The revision.
    pub revision: RevisionKey,
    /// Why it stays.
    pub why: String,
}

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The run.
    pub run_id: Uuid,
    /// Every step, in the order of the plan.
    pub steps: Vec<StepReport>,
    /// The steps that took back what was applied, where a step failed and that was asked for.
    pub taken_back: Vec<StepReport>,
    /// What was applied and could not be taken back.
    pub kept: Vec<Kept>,
    /// The states afterwards, of the branches that the plan named and that could still be asked.
    pub snapshots: BTreeMap<BranchName, Snapshot>,
    /// Whether it was stopped on request.
    pub interrupted: bool,
}
