//! Revisions that were left half-way: going on with them, and settling them by hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::{Begin, DatabaseError, LockedSession};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::plan::{Plan, PlanError, Progress, Recorded, RecordedState, Refusal, RefusalKind, Snapshot, Step};
use crate::revision::Revision;
use crate::script::{self, Program};
use crate::sql::{Answer, Question};

use super::doubt;
use super::error::RunError;
use super::outcome::{Outcome, StepOutcome, StepReport};
use super::prepare::{Coordinator, refuse};

/// How to go on with a script that was left half-way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resume {
    /// The statement to go on with, from 1; none: the one that the database refused, or whatever the database shows where the
    /// run died.
    pub from: Option<u32>,
    /// Whether the script may have been edited since.
    pub accept_edited: bool,
    /// Whether to wait where the branch is locked: by a run that works on it, or by what the server still does for one that died.
    pub wait: bool,
}

/// What going on with a revision comes to, and from where.
#[derive(Debug)]
pub struct ResumePlan {
    /// The one step.
    pub plan: Plan,
    resume: Resume,
    recorded: Recorded,
}

impl Coordinator<'_> {
    /// Finishes the revision that was left half-way on a branch, as it was planned.
    ///
    /// # Errors
    ///
    /// [`RunError`]; refused where it is no longer as [`Coordinator::plan_resume`] found it, since nobody agreed to anything
    /// else. A statement that fails again is no error here: see [`Outcome`].
    pub async fn resume(&self, branch: &BranchName, planned: &ResumePlan) -> Result<Outcome, RunError> {
        let (mut session, snapshot) = self.lock_one(branch).await?;
        let result = self.resume_under_lock(&mut session, &snapshot, planned).await;
        let after = if result.is_ok() { self.state_after(branch, &mut session).await } else { None };
        session.close().await;
        let report = result?;
        Ok(Outcome {
            run_id: self.options.run_id,
            steps: vec![report],
            taken_back: Vec::new(),
            kept: Vec::new(),
            snapshots: after.into_iter().map(|snapshot| (branch.clone(), snapshot)).collect(),
            interrupted: self.cancel.is_cancelled(),
        })
    }

    /// Records the revision that was left half-way as applied, or as not applied: the word of whoever looked at the database.
    ///
    /// # Errors
    ///
    /// [`RunError`]; refused where there is none.
    pub async fn repair(&self, branch: &BranchName, applied: bool) -> Result<(RevisionKey, Snapshot), RunError> {
        let (mut session, snapshot) = self.lock_one(branch).await?;
        let result = async {
            let (id, _) = unfinished(&snapshot)?;
            let direction = if applied { Direction::Up } else { Direction::Down };
            let mut record = self.record_of(branch.clone(), id.clone(), direction);
            let key = RevisionKey::new(branch.clone(), id.clone());
            record.references = self.workspace.reference_changes(&key, direction);
            // Where it was interrupted by now, that is not before anything was done.
            let failed = |error| RunError::Databases(vec![(branch.clone(), error)]);
            session.repair(&record, applied).await.map_err(failed)?;
            let after = session.inspect().await.map_err(failed)?;
            Ok((key, after))
        }
        .await;
        session.close().await;
        result
    }

    async fn lock_one(&self, branch: &BranchName) -> Result<(LockedSession, Snapshot), RunError> {
        let branches = [branch.clone()];
        let (mut sessions, _) = self.open_all(&branches.iter().cloned().collect()).await?;
        let mut locked = self.lock(&branches, &mut sessions).await?;
        let Some(mut session) = locked.remove(branch) else { return Err(RunError::Interrupted) };
        let found = session.inspect().await.map_err(|error| RunError::database(branch, error));
        match found.and_then(|snapshot| self.checked(snapshot)) {
            Ok(snapshot) => Ok((session, snapshot)),
            Err(error) => {
                session.close().await;
                Err(error)
            }
        }
    }

    /// The state that was found, unless the database is not the branch's.
    pub(super) fn checked(&self, snapshot: Snapshot) -> Result<Snapshot, RunError> {
        let snapshots = BTreeMap::from([(snapshot.branch.clone(), snapshot)]);
        refuse(self.states(&snapshots).wrong_databases())?;
        snapshots.into_values().next().ok_or(RunError::Interrupted)
    }

    /// What [`Coordinator::resume`] would do, from the state as it is now; nothing is run, and nothing locked unless to wait
    /// for what is still under way.
    ///
    /// # Errors
    ///
    /// [`RunError`]; refused where there is nothing to resume, where nothing tells whether a statement took effect, where the
    /// script is not the one that was begun, and where the database is not the branch's.
    pub async fn plan_resume(&self, branch: &BranchName, resume: Resume) -> Result<ResumePlan, RunError> {
        let (mut sessions, mut found) = self.open_all(&BTreeSet::from([branch.clone()])).await?;
        let (Some(mut session), Some(snapshot)) = (sessions.remove(branch), found.remove(branch)) else {
            return Err(RunError::Interrupted);
        };
        if snapshot.running && resume.wait {
            session.close().await;
            let (mut session, snapshot) = self.lock_one(branch).await?;
            let planned = self.look(&snapshot, resume, async |asked| session.answers(asked).await).await;
            session.close().await;
            return planned;
        }
        let planned = match self.checked(snapshot) {
            Ok(snapshot) => self.look(&snapshot, resume, async |asked| session.answers(asked).await).await,
            Err(error) => Err(error),
        };
        session.close().await;
        planned
    }

    async fn look(
        &self,
        snapshot: &Snapshot,
        resume: Resume,
        ask: impl AsyncFnOnce(&[Question]) -> Result<Vec<Answer>, DatabaseError>,
    ) -> Result<ResumePlan, RunError> {
        if snapshot.running
            && let Some((id, _)) = snapshot.unfinished().next()
        {
            let key = RevisionKey::new(snapshot.branch.clone(), id.clone());
            let hint = format!("wait for it to end: `branchline status {}` says how far it is", key.branch);
            return refuse_with(&key, RefusalKind::Unfinished, "another run is working on it", &hint);
        }
        let Rest { step, recorded, .. } = self.rest(snapshot, resume, ask).await?;
        let recorded = recorded.clone();
        let plan = Plan { direction: step.direction, targets: Vec::new(), branches: Vec::new(), steps: vec![step] };
        Ok(ResumePlan { plan, resume, recorded })
    }

    async fn resume_under_lock(
        &self,
        session: &mut LockedSession,
        snapshot: &Snapshot,
        planned: &ResumePlan,
    ) -> Result<StepReport, RunError> {
        let rest = self.rest(snapshot, planned.resume, async |asked| session.answers(asked).await).await?;
        let Rest { program, revision, recorded, step, begin, found } = rest;
        if *recorded != planned.recorded || planned.plan.steps.first() != Some(&step) {
            let message = "it, or its script, has changed since it was looked at";
            return refuse_with(&step.key(), RefusalKind::PlanOutdated, message, "run it again");
        }
        if let Some(found) = &found {
            (self.watch)(super::event::Event::Found { key: &step.key(), found });
        }
        let checksum = (step.direction == Direction::Up).then_some(program.checksum);
        let record = self.record(revision, step.direction, checksum);
        let branch = snapshot.branch.clone();
        let begun = self.begin_journal_of(&branch, &planned.plan, session).await;
        begun.map_err(|error| RunError::database(&branch, error))?;
        let started = std::time::Instant::now();
        let outcome = match self.attempt(&step, session, &program, &record, begin).await {
            Ok(_) => StepOutcome::Done,
            Err(failure) => self.ended_in(&step, failure, session).await,
        };
        let report = StepReport { step, outcome, duration: Some(started.elapsed()) };
        (self.watch)(super::event::Event::StepFinished { report: &report });
        self.end_journal_of(&branch, &[&report], session).await;
        Ok(report)
    }

    /// What is left to do of the unfinished revision. `ask` puts questions to the database.
    async fn rest<'s>(
        &'s self,
        snapshot: &'s Snapshot,
        resume: Resume,
        ask: impl AsyncFnOnce(&[Question]) -> Result<Vec<Answer>, DatabaseError>,
    ) -> Result<Rest<'s>, RunError> {
        let (id, recorded) = unfinished(snapshot)?;
        let key = RevisionKey::new(snapshot.branch.clone(), id.clone());
        let Some(revision) = self.workspace.find(&key) else {
            let message = "it is not in this project";
            return refuse_with(&key, RefusalKind::Ahead, message, "run it from the files that have it");
        };
        let direction = match recorded.state {
            RecordedState::Reverting => Direction::Down,
            RecordedState::Applied | RecordedState::Applying => Direction::Up,
        };
        let program = script::load(&self.workspace.project.root, revision, direction, snapshot.dialect)
            .map_err(|error| RunError::Plan(PlanError::Scripts(vec![error])))?;
        let edited = direction == Direction::Up && recorded.checksum.is_some_and(|then| then != program.checksum);
        if edited && !resume.accept_edited {
            return refuse_with(
                &key,
                RefusalKind::ChecksumMismatch,
                "its script was edited since it was begun",
                "where only statements that were not run yet have changed, --accept-edited goes on",
            );
        }
        let stand = match stand(&key, recorded, resume.from, edited)? {
            Stand::Known(begin) => (begin, None),
            Stand::InDoubt => doubt::look_up(&key, recorded, &program, snapshot.dialect, ask).await?,
        };
        let (begin, found) = stand;
        let done = begin.done();
        let total = u32::try_from(program.statement_count()).unwrap_or(u32::MAX);
        refuse_beyond(&key, recorded, done, total, resume.from)?;
        refuse_without_session(&key, &program, snapshot.dialect, done)?;
        let looked = found.as_ref().map(|found| format!("; {found}")).unwrap_or_default();
        let step = Step {
            branch: key.branch,
            revision: key.id,
            direction,
            description: revision.description.clone(),
            file: program.file.clone(),
            checksum: program.checksum,
            waits_for: Vec::new(),
            transaction: program.transaction,
            destructive: program.destructive,
            losses: Vec::new(),
            why: format!("left half-way, {done} of {total} statements done{looked}"),
        };
        Ok(Rest { program, revision, recorded, step, begin, found })
    }
}

/// What is left to do of a revision.
struct Rest<'a> {
    program: Program,
    revision: &'a Revision,
    recorded: &'a Recorded,
    step: Step,
    begin: Begin,
    /// What the database shows of the statement that was under way, where that was in doubt.
    found: Option<String>,
}

/// Where a revision stands.
enum Stand {
    Known(Begin),
    /// The run died: the next statement may have taken effect.
    InDoubt,
}

fn stand(key: &RevisionKey, recorded: &Recorded, from: Option<u32>, edited: bool) -> Result<Stand, RunError> {
    let Progress { done, total } = recorded.statements;
    if let Some(from) = from {
        return Ok(Stand::Known(Begin::After(from.saturating_sub(1))));
    }
    // The database refused a statement, or all of them were done.
    if recorded.error.is_some() || done >= total {
        return Ok(Stand::Known(Begin::After(done)));
    }
    if edited {
        return doubt::untold(key, recorded, "its script was edited since");
    }
    Ok(Stand::InDoubt)
}

/// Refuses to go on with what only the session knew that is gone: it would go through, and write something else.
fn refuse_without_session(key: &RevisionKey, program: &Program, dialect: Dialect, done: u32) -> Result<(), RunError> {
    match program.leans_on_session(dialect, done, true) {
        Ok(None) => Ok(()),
        Ok(Some((number, why))) => refuse_with(
            key,
            RefusalKind::Unfinished,
            &format!("it cannot go on behind statement {done} in another session: statement {number} {why}"),
            &format!(
                "run the rest by hand, and `branchline repair {0} --applied` records it; where it is a value, write it into the \
                 script, and `branchline resume {0} --accept-edited` goes on",
                key.branch
            ),
        ),
        Err(_) => refuse_with(
            key,
            RefusalKind::ChecksumMismatch,
            "its script is being edited",
            "run it again once that is done",
        ),
    }
}

/// Refuses to go on behind the end of a script.
fn refuse_beyond(
    key: &RevisionKey,
    recorded: &Recorded,
    done: u32,
    total: u32,
    from: Option<u32>,
) -> Result<(), RunError> {
    if done <= total {
        return Ok(());
    }
    let Some(from) = from else {
        return refuse_with(
            key,
            RefusalKind::Unfinished,
            &format!("{done} statements of it were done, but the script has only {total}"),
            "restore the script, or settle it with `branchline repair`",
        );
    };
    let count = if total == 1 { "1 statement".to_owned() } else { format!("{total} statements") };
    refuse_with(
        key,
        RefusalKind::Unfinished,
        &format!("there is no statement {from} to go on with: its script has {count}"),
        &format!("{} were done before; --from {} goes on behind the last", recorded.statements.done, total + 1),
    )
}

fn unfinished(snapshot: &Snapshot) -> Result<(&RevisionId, &Recorded), RunError> {
    snapshot.unfinished().next().ok_or_else(|| {
        vec![Refusal {
            kind: RefusalKind::NothingUnfinished,
            branch: snapshot.branch.clone(),
            revision: None,
            message: format!("no revision of {} was left half-way", snapshot.branch),
            hint: Some("`branchline status` shows where it stands".to_owned()),
        }]
        .into()
    })
}

pub(super) fn refuse_with<T>(key: &RevisionKey, kind: RefusalKind, message: &str, hint: &str) -> Result<T, RunError> {
    Err(vec![Refusal {
        kind,
        branch: key.branch.clone(),
        revision: Some(key.id.clone()),
        message: format!("{key}: {message}"),
        hint: Some(hint.to_owned()),
    }]
    .into())
}
