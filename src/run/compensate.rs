//! Takes back what a run has applied, where one of its steps failed and the user wants all or nothing.
//!
//! There is no transaction across databases: what was committed is taken back by the revisions' own ways down, in reverse. What
//! has none stays, and so does all that it stands upon, and what a revision that was left half-way stands upon.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::database::{Begin, Left, LockedSession};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::{BranchName, RevisionKey};
use crate::plan::{Plan, Step};

use super::event::Event;
use super::outcome::{Kept, StepOutcome, StepReport};
use super::prepare::Coordinator;

impl Coordinator<'_> {
    /// Takes back the steps that were done, the last one first. Each report of a step that was taken back says so afterwards.
    pub(super) async fn compensate(
        &self,
        plan: &Plan,
        reports: &mut [StepReport],
        locked: &mut BTreeMap<BranchName, LockedSession>,
    ) -> TakenBack {
        let mut taken = TakenBack::default();
        let mut standing = standing(reports);
        for report in reports.iter_mut().rev().filter(|report| matches!(report.outcome, StepOutcome::Done)) {
            let key = report.step.key();
            let why = match self.may_go(plan, &report.step, &standing) {
                Err(why) => why,
                Ok((step, dialect)) => {
                    let down = self.take_back(step, dialect, locked.get_mut(&key.branch)).await;
                    (self.watch)(Event::StepFinished { report: &down });
                    let gone = down.outcome.is_success();
                    taken.steps.push(down);
                    if gone {
                        report.outcome = StepOutcome::TakenBack;
                        continue;
                    }
                    "its way down failed".to_owned()
                }
            };
            standing.insert(key.clone());
            taken.kept.push(Kept { revision: key, why });
        }
        taken
    }

    /// The step that takes a revision back, or why there is none.
    fn may_go(&self, plan: &Plan, up: &Step, standing: &BTreeSet<RevisionKey>) -> Result<(Step, Dialect), String> {
        if let Some(other) = self.upon(&up.key(), standing) {
            return Err(format!("{other} stays, which needs it"));
        }
        if self.cancel.is_cancelled() {
            return Err("interrupted before it was taken back".to_owned());
        }
        self.way_down(plan, up)
    }

    /// A revision that stays and that needs this one, if there is any.
    fn upon<'s>(&self, key: &RevisionKey, standing: &'s BTreeSet<RevisionKey>) -> Option<&'s RevisionKey> {
        let graph = &self.workspace.graph;
        let index = graph.find(key)?;
        let mut others = graph.children(index).chain(graph.dependents(index));
        others.find_map(|other| standing.get(graph.key(other)))
    }

    /// The step that takes back another one, or why there is none.
    fn way_down(&self, plan: &Plan, up: &Step) -> Result<(Step, Dialect), String> {
        let start = plan.branches.iter().find(|start| start.branch == up.branch);
        let (Some(revision), Some(start)) = (self.workspace.find(&up.key()), start) else {
            return Err("it is no longer in the project".to_owned());
        };
        let root = &self.workspace.project.root;
        let script = self.scripts.plan(root, revision, Direction::Down, start.dialect, None);
        let script = script.map_err(|error| error.message)?;
        let step = Step {
            direction: Direction::Down,
            file: script.file,
            checksum: script.checksum,
            transaction: script.transaction,
            destructive: script.destructive,
            losses: script.losses,
            waits_for: Vec::new(),
            why: "another step failed".to_owned(),
            ..up.clone()
        };
        Ok((step, start.dialect))
    }

    async fn take_back(&self, step: Step, dialect: Dialect, session: Option<&mut LockedSession>) -> StepReport {
        (self.watch)(Event::StepStarted { step: &step });
        let started = Instant::now();
        let outcome = match (self.ready(&step, dialect), session) {
            (_, None) => StepOutcome::NotStarted,
            (Err(error), _) => StepOutcome::Unreadable(error),
            (Ok((program, record)), Some(session)) => {
                match self.attempt(&step, session, &program, &record, Begin::Fresh).await {
                    Ok(_) => StepOutcome::Done,
                    Err(failure) => self.ended_in(&step, failure, session).await,
                }
            }
        };
        StepReport { step, outcome, duration: Some(started.elapsed()) }
    }
}

/// What became of what a run had applied.
#[derive(Debug, Default)]
pub(super) struct TakenBack {
    /// The steps down.
    pub steps: Vec<StepReport>,
    /// What stays.
    pub kept: Vec<Kept>,
}

/// The revisions of a run that are there, at least in part, and not by its doing or not to be taken back.
fn standing(reports: &[StepReport]) -> BTreeSet<RevisionKey> {
    reports
        .iter()
        .filter(|report| match &report.outcome {
            StepOutcome::Failed(failure) => failure.left != Left::Untouched,
            StepOutcome::Skipped => true,
            _ => false,
        })
        .map(|report| report.step.key())
        .collect()
}
