//! Carries a plan out: locks, plans again, binds, runs the workers, and looks at the states once more.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::database::{LockedSession, Session};
use crate::direction::Direction;
use crate::names::BranchName;
use crate::plan::{Binding, Plan, Refusal, RefusalKind, Request, Snapshot};

use super::board::Board;
use super::compensate::TakenBack;
use super::error::RunError;
use super::event::Event;
use super::options::OnFailure;
use super::outcome::{Outcome, StepReport};
use super::prepare::{Coordinator, Prepared, close_all, refuse};
use super::reference_guard::RecordedReferences;
use super::worker::Worker;

/// Says whether the plan that was made under the locks is still what the user agreed to.
pub type Acceptance<'a> = &'a (dyn Fn(&Plan) -> Vec<Refusal> + 'a);

/// What was prepared, and what it was made of.
struct Agreed<'a> {
    plan: &'a Plan,
    request: &'a Request,
    recorded: &'a RecordedReferences,
}

/// What became of the steps.
#[derive(Default)]
struct Worked {
    steps: Vec<StepReport>,
    taken_back: TakenBack,
}

impl Coordinator<'_> {
    /// Carries out what was prepared. Where there is nothing to do, no lock is taken and nothing is written.
    ///
    /// # Errors
    ///
    /// [`RunError`], before the first step. A step that fails is no error here: see [`Outcome`].
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: cancel the coordinator's token and wait.
    pub async fn execute(&self, prepared: Prepared, accept: Acceptance<'_>) -> Result<Outcome, RunError> {
        let Prepared { plan, snapshots, mut sessions, request, recorded, .. } = prepared;
        let agreed = Agreed { plan: &plan, request: &request, recorded: &recorded };
        let result = self.execute_with(&mut sessions, &agreed, snapshots, accept).await;
        close_all(sessions).await;
        result
    }

    async fn execute_with(
        &self,
        sessions: &mut BTreeMap<BranchName, Session>,
        agreed: &Agreed<'_>,
        snapshots: BTreeMap<BranchName, Snapshot>,
        accept: Acceptance<'_>,
    ) -> Result<Outcome, RunError> {
        let plan = agreed.plan;
        refuse(accept(plan))?;
        if plan.is_empty() {
            return Ok(self.outcome(Worked::default(), snapshots));
        }
        // What is only read is locked too: it must not lose a revision while another is built upon it. A database that was
        // never used has none to lose.
        let with_steps = plan.branches_with_steps();
        let is_used = |branch: &BranchName| snapshots.get(branch).is_some_and(|snapshot| snapshot.binding.is_some());
        let branches: Vec<BranchName> =
            sessions.keys().filter(|branch| with_steps.contains(branch) || is_used(branch)).cloned().collect();
        let mut locked = self.lock(&branches, sessions).await?;
        let result = self.under_locks(agreed, &mut locked, sessions, accept).await;
        join_all(locked.into_values().map(LockedSession::close)).await;
        let (worked, mut found) = result?;
        // Branches that were only read are as they were.
        for (branch, snapshot) in snapshots {
            if !branches.contains(&branch) {
                found.insert(branch, snapshot);
            }
        }
        Ok(self.outcome(worked, found))
    }

    fn outcome(&self, worked: Worked, snapshots: BTreeMap<BranchName, Snapshot>) -> Outcome {
        let Worked { steps, taken_back: TakenBack { steps: taken_back, kept } } = worked;
        let interrupted = self.cancel.is_cancelled();
        Outcome { run_id: self.options.run_id, steps, taken_back, kept, snapshots, interrupted }
    }

    /// Locks in the order of branch names: two runs that need the same branches cannot hold each other up for ever. Where one
    /// cannot be locked, all are let go.
    pub(super) async fn lock(
        &self,
        branches: &[BranchName],
        sessions: &mut BTreeMap<BranchName, Session>,
    ) -> Result<BTreeMap<BranchName, LockedSession>, RunError> {
        let mut locked: BTreeMap<BranchName, LockedSession> = BTreeMap::new();
        for branch in branches {
            let Some(session) = sessions.remove(branch) else { continue };
            let timeout = self.run_lock_timeout(branch);
            let mut waiting = |holder: String| (self.watch)(Event::Waiting { branch, holder });
            match session.lock(branch, timeout, &self.cancel, &mut waiting).await {
                Ok(session) => {
                    locked.insert(branch.clone(), session);
                }
                Err(error) => {
                    join_all(locked.into_values().map(LockedSession::close)).await;
                    close_all(std::mem::take(sessions)).await;
                    return Err(RunError::database(branch, error));
                }
            }
        }
        Ok(locked)
    }

    async fn under_locks(
        &self,
        agreed: &Agreed<'_>,
        locked: &mut BTreeMap<BranchName, LockedSession>,
        others: &mut BTreeMap<BranchName, Session>,
        accept: Acceptance<'_>,
    ) -> Result<(Worked, BTreeMap<BranchName, Snapshot>), RunError> {
        let snapshots = self.read_again(locked, others).await?;
        self.refuse_moved(&snapshots)?;
        let plan = self.plan_again(agreed.request, &snapshots, agreed.recorded)?;
        refuse(accept(&plan))?;
        refuse(grown(agreed.plan, &plan))?;
        if plan.is_empty() {
            return Ok((Worked::default(), snapshots));
        }
        if self.cancel.is_cancelled() {
            return Err(RunError::Interrupted);
        }
        self.bind(&snapshots, locked).await?;
        self.begin_journal(&plan, locked).await?;
        (self.watch)(Event::Started { plan: &plan });
        let mut steps = self.work(&plan, locked).await;
        let taken_back = if self.takes_back(&plan, &steps) {
            self.compensate(&plan, &mut steps, locked).await
        } else {
            TakenBack::default()
        };
        self.end_journal(&steps, locked).await;
        let after = join_all(locked.iter_mut().map(async |(branch, session)| {
            self.state_after(branch, session).await.map(|snapshot| (branch.clone(), snapshot))
        }));
        Ok((Worked { steps, taken_back }, after.await.into_iter().flatten().collect()))
    }

    /// Where a branch stands after a run; none where its database no longer answers.
    pub(super) async fn state_after(&self, branch: &BranchName, session: &mut LockedSession) -> Option<Snapshot> {
        if let Ok(snapshot) = session.inspect().await {
            return Some(snapshot);
        }
        // The connection was lost; what became of the branch is to be told all the same.
        let (session, snapshot) = self.open_again(branch).await?;
        session.close().await;
        Some(snapshot)
    }

    pub(super) async fn read_again(
        &self,
        locked: &mut BTreeMap<BranchName, LockedSession>,
        others: &mut BTreeMap<BranchName, Session>,
    ) -> Result<BTreeMap<BranchName, Snapshot>, RunError> {
        let under_lock = join_all(locked.iter_mut().map(async |(branch, session)| (branch, session.inspect().await)));
        let read_only =
            join_all(others.iter_mut().map(async |(branch, session)| (branch, session.inspect(branch).await)));
        let (under_lock, read_only) = futures_util::future::join(under_lock, read_only).await;
        under_lock
            .into_iter()
            .chain(read_only)
            .map(|(branch, found)| match found {
                Ok(snapshot) => Ok((branch.clone(), snapshot)),
                Err(error) => Err(RunError::database(branch, error)),
            })
            .collect()
    }

    /// Writes the binding where a branch meets its database for the first time.
    pub(super) async fn bind(
        &self,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        locked: &mut BTreeMap<BranchName, LockedSession>,
    ) -> Result<(), RunError> {
        for (branch, session) in locked.iter_mut() {
            if snapshots.get(branch).is_some_and(|snapshot| snapshot.binding.is_some()) {
                continue;
            }
            let failed = |error| RunError::database(branch, error);
            // Read once more: a branch that shares the database may have given it an identity just now.
            let now = session.inspect().await.map_err(failed)?;
            if now.binding.is_some() {
                continue;
            }
            // Two URLs that look different may have led both here: the binding of the first one tells.
            let now = self.checked(now)?;
            let identity = now.others.first().map_or_else(Uuid::new_v4, |other| other.identity);
            let project = self.workspace.project.name.as_ref().map(ToString::to_string);
            session.bind(&Binding { branch: branch.to_string(), project, identity }).await.map_err(failed)?;
        }
        Ok(())
    }

    /// A worker a branch; each step waits for its turn.
    async fn work(&self, plan: &Plan, locked: &mut BTreeMap<BranchName, LockedSession>) -> Vec<StepReport> {
        let board = Board::new(&self.workspace.graph, plan);
        let jobs = Semaphore::new(self.options.jobs.clamp(1, Semaphore::MAX_PERMITS));
        let turns = self.turns(plan);
        let workers = locked.iter_mut().map(|(branch, session)| {
            let steps =
                plan.steps.iter().enumerate().filter(|(_, step)| step.branch == *branch).map(|(place, _)| place);
            let alone = turns.get(branch).cloned();
            Worker { coordinator: self, plan, board: &board, jobs: &jobs, session, alone }.run(steps.collect())
        });
        let watch_cancel = async {
            self.cancel.cancelled().await;
            board.stop();
            std::future::pending::<()>().await;
        };
        let finished = tokio::select! {
            finished = join_all(workers) => finished,
            () = watch_cancel => Vec::new(),
        };
        let mut reports: Vec<(usize, StepReport)> = finished.into_iter().flatten().collect();
        reports.sort_by_key(|(place, _)| *place);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// A turn for the branches of each database that lets only one of them write at a time: they would wait for each other
    /// inside it, where nobody hears a signal, and give up.
    fn turns(&self, plan: &Plan) -> BTreeMap<BranchName, Rc<Semaphore>> {
        let mut of_databases: BTreeMap<Option<usize>, Rc<Semaphore>> = BTreeMap::new();
        let shared = self.shared(&BTreeMap::new());
        let alone = plan.branches.iter().filter(|start| !start.dialect.can().session_lock).map(|start| &start.branch);
        alone
            .map(|branch| {
                let turn = of_databases.entry(shared.number(branch)).or_insert_with(|| Rc::new(Semaphore::new(1)));
                (branch.clone(), Rc::clone(turn))
            })
            .collect()
    }

    /// Whether what was applied is to be taken back: a step failed, and nobody stopped the run.
    fn takes_back(&self, plan: &Plan, steps: &[StepReport]) -> bool {
        self.options.on_failure == OnFailure::Compensate
            && plan.direction == Direction::Up
            && !self.cancel.is_cancelled()
            && steps.iter().any(|report| report.outcome.is_failure())
    }

    /// Whether a failed step lets others begin.
    pub(super) fn goes_on(&self) -> bool {
        self.options.on_failure == OnFailure::Continue
    }
}

/// Steps that are not those of the plan that the user saw: the state or the files have changed in between, and nobody agreed.
fn grown(planned: &Plan, now: &Plan) -> Vec<Refusal> {
    let seen: HashMap<_, _> = planned.steps.iter().map(|step| (step.key(), step)).collect();
    now.steps
        .iter()
        .filter_map(|step| {
            let message = match seen.get(&step.key()) {
                None => format!("another run changed {} meanwhile: {} is needed too now", step.branch, step.key()),
                Some(planned) if planned.checksum != step.checksum => {
                    format!("{} was edited since the plan was made", step.file.display())
                }
                Some(_) => return None,
            };
            Some(Refusal {
                kind: RefusalKind::PlanOutdated,
                branch: step.branch.clone(),
                revision: Some(step.revision.clone()),
                message,
                hint: Some("run it again".to_owned()),
            })
        })
        .collect()
}
