//! Steps as JSON documents show them, before and after a run.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::direction::Direction;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::plan::{Lost, Plan, Step};

/// A step; what became of it only where it was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepDocument {
    branch: BranchName,
    revision: RevisionId,
    direction: Direction,
    description: String,
    file: PathBuf,
    waits_for: Vec<RevisionKey>,
    transaction: bool,
    destructive: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    losses: Vec<Lost>,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_by: Option<RevisionKey>,
}

impl From<&Step> for StepDocument {
    fn from(step: &Step) -> Self {
        Self {
            branch: step.branch.clone(),
            revision: step.revision.clone(),
            direction: step.direction,
            description: step.description.clone(),
            file: step.file.clone(),
            waits_for: step.waits_for.clone(),
            transaction: step.transaction,
            destructive: step.destructive,
            losses: step.losses.clone(),
            why: step.why.clone(),
            outcome: None,
            duration_ms: None,
            blocked_by: None,
        }
    }
}

impl StepDocument {
    /// The same step after a run.
    #[must_use]
    pub fn ended(self, outcome: &'static str, duration: Option<Duration>, blocked_by: Option<RevisionKey>) -> Self {
        let duration_ms = duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        Self { outcome: Some(outcome), duration_ms, blocked_by, ..self }
    }
}

/// The steps of a plan.
#[must_use]
pub fn plan_steps(plan: &Plan) -> Vec<StepDocument> {
    plan.steps.iter().map(StepDocument::from).collect()
}
