//! What a step leaves in the state tables, and how a step ends.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::direction::Direction;
use crate::journal::kind_of;
use crate::location::Location;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::plan::Progress;
use crate::redact;
use crate::reference::ReferenceChanges;
use crate::revision::Checksum;

use super::error::{DatabaseError, DatabaseErrorKind};

/// A step as the state tables will know it.
#[derive(Debug, Clone)]
pub struct StepRecord {
    /// The branch.
    pub branch: BranchName,
    /// The revision.
    pub revision: RevisionId,
    /// Up or down.
    pub direction: Direction,
    /// Its parents, kept so that the state can be understood without the files.
    pub parents: Vec<RevisionId>,
    /// Its dependencies, kept for the same reason.
    pub depends_on: Vec<RevisionKey>,
    /// Of the way up.
    pub checksum: Option<Checksum>,
    /// What it does to the live references of the branch.
    pub references: ReferenceChanges,
    /// The run that does it.
    pub run_id: Uuid,
    /// Who runs it, as `user@host`; at most 255 characters are kept.
    pub actor: String,
    /// This tool's version.
    pub tool_version: &'static str,
}

/// A line that a run adds to the journal, beside those that its steps write: see [`crate::journal`].
#[derive(Debug, Clone)]
pub struct Line {
    /// The branch.
    pub branch: BranchName,
    /// The revision, where it is about one.
    pub revision: Option<RevisionId>,
    /// What was done.
    pub kind: &'static str,
    /// How it ended.
    pub outcome: &'static str,
    /// The run.
    pub run_id: Uuid,
    /// Who runs it; at most 255 characters.
    pub actor: String,
    /// This tool's version.
    pub tool_version: &'static str,
    /// More about it.
    pub detail: Option<String>,
}

/// Which lines of a branch's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lines {
    /// So many, the newest.
    Last(u32),
    /// All of so many runs, those that wrote last.
    OfLastRuns(u32),
    /// All of the runs whose ids begin so: letters, digits and `-`.
    OfRun(String),
}

/// What became of a step, for the journal.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// What was done: `apply`, `revert`, `stamp`, `repair`.
    pub kind: &'static str,
    /// How it ended: see [`crate::journal::Entry`].
    pub outcome: &'static str,
    /// What the database said, where it failed.
    pub detail: Option<String>,
}

impl Event {
    /// A step that was carried out.
    pub(super) const fn done(direction: Direction) -> Self {
        Self { kind: kind_of(direction), outcome: "done", detail: None }
    }

    /// A step that was not, and what the database said; it quotes statements, whose passwords are nobody's to keep.
    pub(super) fn failed(direction: Direction, detail: String) -> Self {
        Self { kind: kind_of(direction), outcome: "failed", detail: Some(redact::said(&detail).into_owned()) }
    }
}

/// Who looks on while a script runs.
pub struct Watch<'a> {
    /// Cancelled when the script is to be stopped.
    pub cancel: &'a CancellationToken,
    /// Told which sessions a statement waits for, whenever they are others.
    pub blocked: &'a dyn Fn(&str),
}

/// Where a script begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// With its first statement: nothing is recorded yet.
    Fresh,
    /// Behind so many statements that took effect before, of a revision that was left half-way.
    After(u32),
    /// The same, in the session that ran them: what they have kept there is still there.
    AgainAfter(u32),
    /// As [`Begin::After`], with a statement that was begun in a run that died. It may be run again, as far as it is one transaction with
    /// the note that it is done.
    InDoubtAfter(u32),
}

impl Begin {
    /// How many statements are behind it.
    #[must_use]
    pub const fn done(self) -> u32 {
        match self {
            Self::Fresh => 0,
            Self::After(done) | Self::AgainAfter(done) | Self::InDoubtAfter(done) => done,
        }
    }
}

/// How a step that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepEnd {
    /// It was carried out, in this time.
    Done(Duration),
    /// Another run had done it already.
    AlreadyDone,
}

/// A step that failed, and what it left behind.
#[derive(Debug)]
pub struct StepFailure {
    /// What the database said.
    pub error: DatabaseError,
    /// Where in the script, as far as it can be known.
    pub location: Option<Location>,
    /// The statement that failed, as an excerpt for people.
    pub statement: Option<String>,
    /// Where the database stands now.
    pub left: Left,
}

impl StepFailure {
    /// The same, where it lost to sessions that are known.
    pub(super) fn blocked_by(mut self, sessions: Option<String>) -> Self {
        if matches!(self.error.kind, DatabaseErrorKind::Blocked | DatabaseErrorKind::TimedOut)
            && let Some(sessions) = sessions
        {
            let hint = self.error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            self.error.hint = Some(format!("it waited for {sessions}{hint}"));
        }
        self
    }
}

/// Where a failed step left its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// As it was before the step.
    Untouched,
    /// Half-way: these statements took effect and stay.
    Unfinished(Progress),
    /// Half-way: these statements took effect and stay, and whether the next one did is to be looked up.
    InDoubt(Progress),
    /// Half-way: these statements took effect and stay, and whether the next one did, nobody can tell.
    Untold(Progress),
    /// The connection was lost: it may have been applied or not.
    Unknown,
}
