//! What a run says of itself in every database that it changes, and how that is read back.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use crate::database::{DatabaseError, Line, Lines, LockedSession};
use crate::journal::{self, Entry, Run, RunStart};
use crate::names::BranchName;
use crate::plan::Plan;
use crate::redact;

use super::error::RunError;
use super::outcome::{StepOutcome, StepReport};
use super::prepare::Coordinator;

impl Coordinator<'_> {
    /// Says in every database that is going to be changed that this run begins: before its first step, so that others see whom
    /// they wait for, and a run that dies is known to have been there.
    pub(super) async fn begin_journal(
        &self,
        plan: &Plan,
        locked: &mut BTreeMap<BranchName, LockedSession>,
    ) -> Result<(), RunError> {
        let written = join_all(locked.iter_mut().map(async |(branch, session)| {
            self.begin_journal_of(branch, plan, session).await.map_err(|error| RunError::database(branch, error))
        }));
        let begun: Result<(), RunError> = written.await.into_iter().collect();
        if begun.is_err() {
            // Where it was said already that a run begins, it has ended.
            let ended: Vec<StepReport> = plan.steps.iter().map(StepReport::not_started).collect();
            self.end_journal(&ended, locked).await;
        }
        begun
    }

    /// The same in one database.
    pub(super) async fn begin_journal_of(
        &self,
        branch: &BranchName,
        plan: &Plan,
        session: &mut LockedSession,
    ) -> Result<(), DatabaseError> {
        let steps = plan.steps.iter().filter(|step| step.branch == *branch).count();
        if steps == 0 {
            return Ok(());
        }
        let start = RunStart {
            process: std::process::id(),
            session: session.number(),
            direction: plan.direction,
            steps,
            targets: plan.targets.clone(),
        };
        let detail = serde_json::to_string(&start).ok();
        session.write_journal(&[Line { detail, ..self.line(branch, journal::RUN, journal::STARTED) }]).await
    }

    /// Says what became of the steps that were not done, and that the run ended so. What was done stands there already; a database
    /// that no longer answers has no such line, and the run is one that died there.
    pub(super) async fn end_journal(&self, reports: &[StepReport], locked: &mut BTreeMap<BranchName, LockedSession>) {
        join_all(locked.iter_mut().map(async |(branch, session)| {
            let of_branch: Vec<&StepReport> = reports.iter().filter(|report| report.step.branch == *branch).collect();
            self.end_journal_of(branch, &of_branch, session).await;
        }))
        .await;
    }

    /// The same in one database.
    pub(super) async fn end_journal_of(
        &self,
        branch: &BranchName,
        reports: &[&StepReport],
        session: &mut LockedSession,
    ) {
        if reports.iter().all(|report| matches!(report.outcome, StepOutcome::Done)) {
            return;
        }
        let mut lines: Vec<Line> = reports.iter().filter_map(|report| self.line_of(report)).collect();
        let outcome = if self.cancel.is_cancelled() { "interrupted" } else { "failed" };
        lines.push(self.line(branch, journal::RUN, outcome));
        // What became of the steps is reported in any case.
        let _ = session.write_journal(&lines).await;
    }

    /// The line of a step that wrote none itself.
    fn line_of(&self, report: &StepReport) -> Option<Line> {
        let (outcome, detail) = match &report.outcome {
            // The connection on which it would have been written was gone.
            StepOutcome::Failed(failure) if report.outcome.is_lost_connection() => {
                ("failed", Some(redact::said(&failure.error.message).into_owned()))
            }
            StepOutcome::Done | StepOutcome::TakenBack | StepOutcome::Failed(_) => return None,
            StepOutcome::Skipped => ("skipped", Some("another run had done it".to_owned())),
            StepOutcome::Unreadable(error) => ("failed", Some(error.to_string())),
            StepOutcome::Blocked { by } => ("not_started", Some(format!("blocked by {by}"))),
            StepOutcome::NotStarted => ("not_started", None),
        };
        let line = self.line(&report.step.branch, journal::kind_of(report.step.direction), outcome);
        Some(Line { revision: Some(report.step.revision.clone()), detail, ..line })
    }

    /// Reads lines of these branches' journals, and of each branch whether its lock is held; one that cannot be asked comes with
    /// its error, as does another branch's; one that was never used has no lines.
    pub async fn read_journal(
        &self,
        branches: &BTreeSet<BranchName>,
        lines: &Lines,
    ) -> BTreeMap<BranchName, Result<Journal, RunError>> {
        let read = join_all(branches.iter().map(async |branch| (branch.clone(), self.journal_of(branch, lines).await)));
        read.await.into_iter().collect()
    }

    async fn journal_of(&self, branch: &BranchName, lines: &Lines) -> Result<Journal, RunError> {
        let failed = |error| RunError::database(branch, error);
        let (mut session, snapshot) = self.open_unless_interrupted(branch).await.map_err(failed)?;
        let journal = async {
            if self.checked(snapshot)?.binding.is_none() {
                return Ok(Journal::default());
            }
            // Looked at before the lines are read: a run that ends in between has its last line there.
            let locked = session.is_locked(branch).await.map_err(failed)?;
            Ok(Journal { entries: session.journal(branch, lines).await.map_err(failed)?, locked })
        }
        .await;
        session.close().await;
        journal
    }
}

/// A branch's journal, as far as it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    /// The lines, the oldest first.
    pub entries: Vec<Entry>,
    /// Whether somebody held the branch's lock when they were read.
    pub locked: bool,
}

impl Journal {
    /// The runs that wrote these journals, the newest last.
    #[must_use]
    pub fn runs(journals: BTreeMap<BranchName, Self>) -> Vec<Run> {
        let locked = journals.iter().map(|(branch, journal)| (branch.clone(), journal.locked)).collect();
        journal::runs(journals.into_values().flat_map(|journal| journal.entries).collect(), &locked)
    }
}
