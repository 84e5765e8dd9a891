//! The plan: what a run is going to do, as a value.
//!
//! Made from the graph, the targets and the state that was found, without I/O; the same value is printed by `plan`, run by
//! `upgrade` and `downgrade`, and saved to a plan file. Every step says why it is there. What must not happen is decided here
//! too, as refusals: nothing later asks whether a step is allowed.

mod file;
mod guard;
mod make;
mod owner;
mod references;
mod refusal;
mod shared;
mod snapshot;
mod why;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::graph::{Target, TargetError};
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::revision::Checksum;
use crate::script::ScriptError;

pub use file::{PlanFile, PlanFileError};
pub use guard::{States, applied, ask, current, in_doubt, unknown};
pub use make::{StepScript, assemble, select};
pub use references::{Guarded, guard, guard_captures};
pub use refusal::{Refusal, RefusalKind};
pub use shared::SharedDatabases;
pub use snapshot::{Binding, Progress, Recorded, RecordedState, Snapshot};

/// What a user asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which way.
    pub direction: Direction,
    /// Where to.
    pub targets: Vec<Target>,
    /// Whether steps on branches that no target names may be taken too.
    pub with_others: bool,
    /// Whether a revision may be applied below one that is applied already.
    pub allow_out_of_order: bool,
}

/// What a run is going to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which way all its steps go.
    pub direction: Direction,
    /// What was asked for.
    pub targets: Vec<String>,
    /// Where each database must be for it.
    pub branches: Vec<Start>,
    /// The steps, in an order in which they can be taken one by one.
    pub steps: Vec<Step>,
}

/// The state of a branch that a plan starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The branch.
    pub branch: BranchName,
    /// What its database speaks.
    pub dialect: Dialect,
    /// The database, redacted.
    pub database: String,
    /// Which database it is; none before the first run.
    pub identity: Option<Uuid>,
    /// A digest of all that is recorded for the branch.
    pub state: Checksum,
}

/// One revision, one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The branch.
    pub branch: BranchName,
    /// The revision.
    pub revision: RevisionId,
    /// Which way.
    pub direction: Direction,
    /// What it does, in a line.
    pub description: String,
    /// The script.
    pub file: PathBuf,
    /// Of the script.
    pub checksum: Checksum,
    /// Steps of other branches that must be done before it.
    pub waits_for: Vec<RevisionKey>,
    /// Whether the script and its record are one transaction.
    pub transaction: bool,
    /// Whether it drops tables or columns, or takes rows away without saying which.
    pub destructive: bool,
    /// What it destroys, as far as its script tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<Lost>,
    /// Why it is here, for people.
    pub why: String,
}

/// Something that a step destroys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The line of the script, from 1.
    pub line: usize,
    /// What happens there: `drops a table: users`.
    pub what: String,
}

impl Step {
    /// The revision of the branch.
    #[must_use]
    pub fn key(&self) -> RevisionKey {
        RevisionKey::new(self.branch.clone(), self.revision.clone())
    }
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The branches that have steps, by name.
    #[must_use]
    pub fn branches_with_steps(&self) -> Vec<BranchName> {
        let mut branches: Vec<BranchName> = self.steps.iter().map(|step| step.branch.clone()).collect();
        branches.sort_unstable();
        branches.dedup();
        branches
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlanError {
    /// A target that cannot be followed.
    #[error(transparent)]
    Target(Box<TargetError>),
    /// A script that cannot be run.
    #[error("{}", first_of(.0.iter().map(ToString::to_string)))]
    Scripts(Vec<ScriptError>),
    /// What must not happen.
    #[error("{}", first_of(.0.iter().map(ToString::to_string)))]
    Refused(Vec<Refusal>),
}

impl From<TargetError> for PlanError {
    fn from(error: TargetError) -> Self {
        Self::Target(Box::new(error))
    }
}

/// The first of several messages, and how many there are besides.
fn first_of(mut messages: impl ExactSizeIterator<Item = String>) -> String {
    let first = messages.next().unwrap_or_default();
    match messages.len() {
        0 => first,
        more => format!("{first} (and {more} more)"),
    }
}
