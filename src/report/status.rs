//! Where a branch's database stands, against the project.

use serde::Serialize;

use crate::dialect::Dialect;
use crate::graph::RevisionSet;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::plan::{Progress, RecordedState, Refusal, Snapshot, current, unknown};
use crate::redact;
use crate::workspace::Workspace;

/// One word for where a branch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusState {
    /// Everything is applied.
    Current,
    /// Something is pending.
    Behind,
    /// Nothing is applied.
    Empty,
    /// Something is applied that the project does not know.
    Ahead,
    /// A run is working on a revision.
    Running,
    /// A revision was left half-way.
    Dirty,
    /// The database belongs to another branch or another project.
    WrongDatabase,
    /// The database could not be asked.
    Unreachable,
}

impl StatusState {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Behind => "behind",
            Self::Empty => "empty",
            Self::Ahead => "ahead",
            Self::Running => "running",
            Self::Dirty => "dirty",
            Self::WrongDatabase => "wrong_database",
            Self::Unreachable => "unreachable",
        }
    }
}

/// A revision that was left half-way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnfinishedRevision {
    /// The revision.
    pub revision: RevisionId,
    /// Which way it was going.
    pub state: RecordedState,
    /// How far it came.
    #[serde(flatten)]
    pub statements: Progress,
    /// What the database said.
    pub error: Option<String>,
}

/// A branch and its database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BranchStatus {
    /// The branch.
    pub branch: BranchName,
    /// What the database speaks.
    pub dialect: Dialect,
    /// The database, redacted.
    pub database: String,
    /// What is applied: in the order of the graph, then what the project does not know.
    pub applied: Vec<RevisionId>,
    /// Applied revisions that no other applied one follows.
    pub current: Vec<RevisionId>,
    /// The branch's heads in the files.
    pub heads: Vec<RevisionId>,
    /// What is not applied, in the order in which it would be.
    pub pending: Vec<RevisionId>,
    /// Applied revisions that the project does not know.
    pub unknown: Vec<RevisionId>,
    /// Revisions that were left half-way.
    pub unfinished: Vec<UnfinishedRevision>,
    /// One word for all that.
    pub state: StatusState,
    /// Why nothing is known of the branch: its database could not be asked, or is another's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl BranchStatus {
    /// The status that a snapshot shows.
    #[must_use]
    pub fn of(workspace: &Workspace, snapshot: &Snapshot) -> Self {
        let graph = &workspace.graph;
        let branch = &snapshot.branch;
        let find = |id: &RevisionId| graph.find(&RevisionKey::new(branch.clone(), id.clone()));
        let applied_indexes: RevisionSet = snapshot.applied().filter_map(|(id, _)| find(id)).collect();
        let unfinished: Vec<UnfinishedRevision> = snapshot
            .unfinished()
            .map(|(id, recorded)| UnfinishedRevision {
                revision: id.clone(),
                state: recorded.state,
                statements: recorded.statements,
                error: recorded.error.as_deref().map(|error| redact::said(error).into_owned()),
            })
            .collect();
        let order = graph.revisions(branch);
        let unknown: Vec<RevisionId> = unknown(graph, snapshot).into_iter().cloned().collect();
        let (known_applied, pending): (Vec<_>, Vec<_>) =
            order.iter().copied().partition(|&index| applied_indexes.contains(index));
        let ids = |indexes: &[_]| indexes.iter().map(|&index| graph.key(index).id.clone()).collect::<Vec<_>>();
        let mut applied = ids(&known_applied);
        applied.extend(unknown.iter().cloned());
        let state = if snapshot.running {
            StatusState::Running
        } else if !unfinished.is_empty() {
            StatusState::Dirty
        } else if !unknown.is_empty() {
            StatusState::Ahead
        } else if pending.is_empty() {
            StatusState::Current
        } else if applied.is_empty() {
            StatusState::Empty
        } else {
            StatusState::Behind
        };
        Self {
            branch: branch.clone(),
            dialect: snapshot.dialect,
            database: snapshot.database.clone(),
            applied,
            current: current(graph, snapshot),
            heads: ids(graph.heads(branch)),
            pending: ids(&pending),
            unknown,
            unfinished,
            state,
            error: None,
        }
    }

    /// The status of a branch whose database could not be asked.
    #[must_use]
    pub fn unreachable(
        workspace: &Workspace,
        branch: &BranchName,
        dialect: Dialect,
        database: &str,
        error: &str,
    ) -> Self {
        Self::unknown(workspace, branch, dialect, database, StatusState::Unreachable, error)
    }

    /// The status of a branch whose URL leads to a database of another branch or project: what is in there says nothing of
    /// this one.
    #[must_use]
    pub fn wrong_database(workspace: &Workspace, snapshot: &Snapshot, refusal: &Refusal) -> Self {
        let state = StatusState::WrongDatabase;
        Self::unknown(workspace, &snapshot.branch, snapshot.dialect, &snapshot.database, state, &refusal.message)
    }

    fn unknown(
        workspace: &Workspace,
        branch: &BranchName,
        dialect: Dialect,
        database: &str,
        state: StatusState,
        error: &str,
    ) -> Self {
        let graph = &workspace.graph;
        Self {
            branch: branch.clone(),
            dialect,
            database: database.to_owned(),
            applied: Vec::new(),
            current: Vec::new(),
            heads: graph.heads(branch).iter().map(|&index| graph.key(index).id.clone()).collect(),
            pending: Vec::new(),
            unknown: Vec::new(),
            unfinished: Vec::new(),
            state,
            error: Some(redact::said(error).into_owned()),
        }
    }

    /// Whether the database said where the branch stands.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !matches!(self.state, StatusState::Unreachable | StatusState::WrongDatabase)
    }

    /// Whether a check of what is pending finds something here.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.state == StatusState::Current
    }
}
