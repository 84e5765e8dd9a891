//! What the databases said: one branch's state as it was found, as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::revision::Checksum;

/// One branch as its database knows it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The branch.
    pub branch: BranchName,
    /// What the server turned out to be.
    pub dialect: Dialect,
    /// The database, redacted.
    pub database: String,
    /// The branch's own binding; none before the first run.
    pub binding: Option<Binding>,
    /// Bindings of other branches in the same database.
    pub others: Vec<Binding>,
    /// A row a revision.
    pub revisions: BTreeMap<RevisionId, Recorded>,
    /// Whether another run held the branch's lock; looked at only where a revision is on its way.
    pub running: bool,
}

/// Who a database belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The branch.
    pub branch: String,
    /// The project, where one was named when the database was bound.
    pub project: Option<String>,
    /// A random identity, the same for all branches of the database.
    pub identity: Uuid,
}

/// A revision as it was recorded when it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its parents then.
    pub parents: Vec<RevisionId>,
    /// Its dependencies then.
    pub depends_on: Vec<RevisionKey>,
    /// Of the script that was run; none for a revision that was only stamped without a script for this dialect.
    pub checksum: Option<Checksum>,
    /// Whether it is there.
    pub state: RecordedState,
    /// How many statements took effect, and how many there are: tells where an unfinished one stands.
    pub statements: Progress,
    /// What the database said when it failed half-way.
    pub error: Option<String>,
}

/// How far a script came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Statements that took effect.
    pub done: u32,
    /// Statements of the script.
    pub total: u32,
}

/// The `state` column of `branchline_revision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedState {
    /// It is there.
    Applied,
    /// On its way up, or left there.
    Applying,
    /// On its way down, or left there.
    Reverting,
}

impl RecordedState {
    /// The word in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Applying => "applying",
            Self::Reverting => "reverting",
        }
    }

    /// Reads the word in the table.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Applied, Self::Applying, Self::Reverting].into_iter().find(|state| state.as_str() == word)
    }
}

impl Snapshot {
    /// The revisions that are applied, without the unfinished ones.
    pub fn applied(&self) -> impl Iterator<Item = (&RevisionId, &Recorded)> {
        self.revisions.iter().filter(|(_, recorded)| recorded.state == RecordedState::Applied)
    }

    /// The revisions that were left half-way.
    pub fn unfinished(&self) -> impl Iterator<Item = (&RevisionId, &Recorded)> {
        self.revisions.iter().filter(|(_, recorded)| recorded.state != RecordedState::Applied)
    }

    /// Whether a revision is on its way and nothing says that it failed: then a run is working on it, or has died.
    #[must_use]
    pub fn is_on_its_way(&self) -> bool {
        self.unfinished().any(|(_, recorded)| recorded.error.is_none())
    }
}
