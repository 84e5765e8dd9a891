//! One branch's steps, in order, on that branch's locked session.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::database::{Begin, DatabaseErrorKind, Left, Line, LockedSession, StepEnd, StepFailure, StepRecord};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::plan::{Plan, Recorded, RecordedState, Step};
use crate::reference::ReferenceChanges;
use crate::script::{Program, ScriptError};

use super::board::{Board, Turn};
use super::event::Event;
use super::outcome::{StepOutcome, StepReport};
use super::prepare::Coordinator;

/// What a worker needs.
pub(super) struct Worker<'a> {
    pub coordinator: &'a Coordinator<'a>,
    pub plan: &'a Plan,
    pub board: &'a Board,
    pub jobs: &'a Semaphore,
    pub session: &'a mut LockedSession,
    /// Shared with the branches of the same database, where that lets only one write at a time.
    pub alone: Option<Rc<Semaphore>>,
}

impl Worker<'_> {
    /// Takes the steps at these places of the plan, one after the other.
    pub(super) async fn run(mut self, places: Vec<usize>) -> Vec<(usize, StepReport)> {
        let mut reports = Vec::with_capacity(places.len());
        let mut dirty: Option<RevisionKey> = None;
        for place in places {
            let step = &self.plan.steps[place];
            let turn = match &dirty {
                Some(by) => Turn::Blocked(by.clone()),
                None => self.board.turn(place).await,
            };
            let (outcome, duration) = match turn {
                Turn::Go => self.take(step).await,
                Turn::Blocked(by) => (StepOutcome::Blocked { by }, None),
                Turn::Stop => (StepOutcome::NotStarted, None),
            };
            if let StepOutcome::Failed(failure) = &outcome
                && failure.left != Left::Untouched
            {
                // A branch with a revision left half-way takes nothing more, whatever depends on what.
                dirty = Some(step.key());
            }
            if outcome.is_failure() && (outcome.is_interrupted() || !self.coordinator.goes_on()) {
                self.board.stop();
            }
            self.board.post(place, outcome.is_success());
            let report = StepReport { step: step.clone(), outcome, duration };
            (self.coordinator.watch)(Event::StepFinished { report: &report });
            reports.push((place, report));
        }
        reports
    }

    async fn take(&mut self, step: &Step) -> (StepOutcome, Option<Duration>) {
        let _turn = match &self.alone {
            Some(alone) => alone.acquire().await.ok(),
            None => None,
        };
        let _permit = self.jobs.acquire().await;
        // The run may have ended while this step waited.
        if self.board.is_stopped() {
            return (StepOutcome::NotStarted, None);
        }
        (self.coordinator.watch)(Event::StepStarted { step });
        let started = Instant::now();
        let (program, record) = match self.ready(step) {
            Ok(ready) => ready,
            Err(error) => return (StepOutcome::Unreadable(error), None),
        };
        let outcome = match self.coordinator.attempt(step, self.session, &program, &record, Begin::Fresh).await {
            Ok(StepEnd::Done(_)) => StepOutcome::Done,
            Ok(StepEnd::AlreadyDone) => StepOutcome::Skipped,
            Err(failure)
                if failure.error.kind == DatabaseErrorKind::ScriptChanged && failure.left == Left::Untouched =>
            {
                StepOutcome::Unreadable(Box::new(ScriptError::changed(&step.key(), &step.file)))
            }
            Err(failure) => self.coordinator.ended_in(step, failure, self.session).await,
        };
        (outcome, Some(started.elapsed()))
    }

    fn ready(&self, step: &Step) -> Result<(Rc<Program>, StepRecord), Box<ScriptError>> {
        let start = self.plan.branches.iter().find(|start| start.branch == step.branch);
        let start = start.ok_or_else(|| Box::new(ScriptError::changed(&step.key(), &step.file)))?;
        self.coordinator.ready(step, start.dialect)
    }
}

impl Coordinator<'_> {
    /// What a step comes to that has failed. A connection that broke during COMMIT leaves that in doubt: it is looked up on a
    /// new one, with which the branch then goes on.
    pub(super) async fn ended_in(
        &self,
        step: &Step,
        mut failure: StepFailure,
        session: &mut LockedSession,
    ) -> StepOutcome {
        // Somebody else cancelled it in the database: that is a failure like any other.
        if failure.error.kind == DatabaseErrorKind::Interrupted && !self.cancel.is_cancelled() {
            failure.error.kind = DatabaseErrorKind::Query;
        }
        if failure.left != Left::Unknown {
            return StepOutcome::Failed(Box::new(failure));
        }
        let Some(recorded) = self.look_up(step, session).await else { return StepOutcome::Failed(Box::new(failure)) };
        match recorded {
            Some(recorded) if recorded.state != RecordedState::Applied => {
                // Where the database refused a statement, it says so there; where nobody came to write that down, it may
                // have taken effect.
                failure.left = match recorded.error {
                    Some(_) => Left::Unfinished(recorded.statements),
                    None => Left::InDoubt(recorded.statements),
                };
            }
            recorded if recorded.is_some() == (step.direction == Direction::Up) => return StepOutcome::Done,
            _ => failure.left = Left::Untouched,
        }
        StepOutcome::Failed(Box::new(failure))
    }

    /// What is recorded of a step, once the server has given up the session that was lost: while that session still works,
    /// it holds the branch's lock.
    async fn look_up(&self, step: &Step, session: &mut LockedSession) -> Option<Option<Recorded>> {
        let anew = self.lock_anew(&step.branch).await?;
        std::mem::replace(session, anew).close().await;
        Some(session.inspect().await.ok()?.revisions.remove(&step.revision))
    }

    /// A new session that holds the branch's lock, in place of one that was lost; none where that cannot be had.
    pub(super) async fn lock_anew(&self, branch: &BranchName) -> Option<LockedSession> {
        let (session, _) = self.open_again(branch).await?;
        let timeout = self.run_lock_timeout(branch);
        let mut waiting = |holder| (self.watch)(Event::Waiting { branch, holder });
        session.lock(branch, timeout, &self.cancel, &mut waiting).await.ok()
    }

    /// Reads a step's script again, which must be the one that was planned, and says what will be recorded of it.
    pub(super) fn ready(&self, step: &Step, dialect: Dialect) -> Result<(Rc<Program>, StepRecord), Box<ScriptError>> {
        let key = step.key();
        let gone = || Box::new(ScriptError::changed(&key, &step.file));
        let revision = self.workspace.find(&key).ok_or_else(gone)?;
        let root = &self.workspace.project.root;
        let program = self.scripts.program(root, revision, step.direction, dialect, step.checksum)?;
        if program.checksum != step.checksum {
            return Err(gone());
        }
        let checksum = (step.direction == Direction::Up).then_some(step.checksum);
        let record = self.record(revision, step.direction, checksum);
        Ok((program, record))
    }

    /// What the state tables will say of a step.
    pub(super) fn record(
        &self,
        revision: &crate::revision::Revision,
        direction: Direction,
        checksum: Option<crate::revision::Checksum>,
    ) -> StepRecord {
        StepRecord {
            parents: revision.parents.clone(),
            depends_on: self.workspace.depends_on(&revision.key),
            checksum,
            references: self.workspace.reference_changes(&revision.key, direction),
            ..self.record_of(revision.key.branch.clone(), revision.key.id.clone(), direction)
        }
    }

    /// What the journal says of this run's own lines.
    pub(super) fn line(&self, branch: &BranchName, kind: &'static str, outcome: &'static str) -> Line {
        Line {
            branch: branch.clone(),
            revision: None,
            kind,
            outcome,
            run_id: self.options.run_id,
            actor: self.actor(),
            tool_version: env!("CARGO_PKG_VERSION"),
            detail: None,
        }
    }

    /// Who runs this, as much of it as the tables keep.
    fn actor(&self) -> String {
        self.options.actor.chars().take(255).collect()
    }

    /// The same for a revision of which nothing but its name is known.
    pub(super) fn record_of(&self, branch: BranchName, revision: RevisionId, direction: Direction) -> StepRecord {
        StepRecord {
            branch,
            revision,
            direction,
            parents: Vec::new(),
            depends_on: Vec::new(),
            checksum: None,
            references: ReferenceChanges::of_unknown(direction),
            run_id: self.options.run_id,
            actor: self.actor(),
            tool_version: env!("CARGO_PKG_VERSION"),
        }
    }
}
