//! Opens and reads the databases that a plan needs, and makes the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::database::{DatabaseError, DatabaseErrorKind, Session, SessionOptions};
use crate::database_url::DatabaseUrl;
use crate::graph::{Selection, branches_to_read};
use crate::lint;
use crate::names::BranchName;
use crate::plan::{
    Plan, PlanError, PlanFile, Refusal, Request, SharedDatabases, Snapshot, States, Step, StepScript, applied,
    assemble, select,
};
use crate::project::Branch;
use crate::report::Finding;
use crate::script::{self, Program, ScriptError};
use crate::workspace::{Urls, Workspace};

use super::error::{RunError, UnknownUrl};
use super::event::Event;
use super::lint::StepLint;
use super::options::RunOptions;
use super::reference_guard::RecordedReferences;
use super::scripts::{Look, Scripts};

/// Brings the databases of one project to where they are wanted.
pub struct Coordinator<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) urls: &'a Urls,
    pub(super) options: RunOptions,
    pub(super) cancel: CancellationToken,
    pub(super) watch: &'a (dyn Fn(Event<'_>) + 'a),
    pub(super) scripts: Scripts,
    plan_file: Option<&'a PlanFile>,
}

/// A plan, and the open sessions that it was made from.
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// What lint warns of in its scripts.
    pub warnings: Vec<lint::Finding>,
    /// What was found.
    pub snapshots: BTreeMap<BranchName, Snapshot>,
    pub(super) sessions: BTreeMap<BranchName, Session>,
    pub(super) request: Request,
    pub(super) recorded: RecordedReferences,
}

/// A plan, and what it was made of besides the states.
pub(super) struct Planned {
    plan: Plan,
    warnings: Vec<lint::Finding>,
    recorded: RecordedReferences,
}

impl Prepared {
    pub(super) fn new(
        planned: Planned,
        snapshots: BTreeMap<BranchName, Snapshot>,
        sessions: BTreeMap<BranchName, Session>,
        request: &Request,
    ) -> Self {
        let Planned { plan, warnings, recorded } = planned;
        Self { plan, warnings, snapshots, sessions, request: request.clone(), recorded }
    }

    /// Gives up what was prepared, and says goodbye to the databases.
    pub async fn close(self) {
        close_all(self.sessions).await;
    }
}

/// Open sessions, and what they found.
#[derive(Default)]
pub(super) struct Read {
    pub(super) sessions: BTreeMap<BranchName, Session>,
    pub(super) snapshots: BTreeMap<BranchName, Snapshot>,
}

/// How long a database may be away before what became of a step is given up: a server restarts in less.
const LOOK_UP: Duration = Duration::from_secs(5);

/// How long to wait between two attempts at a database that does not answer.
const RETRY_EVERY: Duration = Duration::from_millis(500);

impl<'a> Coordinator<'a> {
    /// A coordinator. `urls` holds every branch; one that cannot be known is an error only once it is needed. `watch` is told
    /// what happens; `cancel` stops a run.
    pub fn new(
        workspace: &'a Workspace,
        urls: &'a Urls,
        options: RunOptions,
        cancel: CancellationToken,
        watch: &'a (dyn Fn(Event<'_>) + 'a),
    ) -> Self {
        Self { workspace, urls, options, cancel, watch, scripts: Scripts::default(), plan_file: None }
    }

    /// The same, for a saved plan: databases that are no longer where it starts are refused before anything else is asked.
    #[must_use]
    pub const fn expecting(mut self, plan_file: Option<&'a PlanFile>) -> Self {
        self.plan_file = plan_file;
        self
    }

    /// Reads the states of these branches, all at once; each comes with its own error.
    pub async fn read_all(
        &self,
        branches: impl IntoIterator<Item = &BranchName>,
    ) -> BTreeMap<BranchName, Result<Snapshot, DatabaseError>> {
        let read =
            join_all(branches.into_iter().map(async |branch| match self.open_unless_interrupted(branch).await {
                Ok((session, snapshot)) => {
                    session.close().await;
                    (branch.clone(), Ok(snapshot))
                }
                Err(error) => (branch.clone(), Err(error)),
            }));
        read.await.into_iter().collect()
    }

    /// Reads the states of these branches; those that cannot be asked come by themselves.
    pub async fn read_states(
        &self,
        branches: &[BranchName],
    ) -> (BTreeMap<BranchName, Snapshot>, Vec<(BranchName, DatabaseError)>) {
        let (mut snapshots, mut errors) = (BTreeMap::new(), Vec::new());
        for (branch, found) in self.read_all(branches).await {
            match found {
                Ok(snapshot) => {
                    snapshots.insert(branch, snapshot);
                }
                Err(error) => errors.push((branch, error)),
            }
        }
        (snapshots, errors)
    }

    /// Of these states, those of databases that belong to another branch or project, with what is said of each.
    #[must_use]
    pub fn wrong_databases(&self, snapshots: &BTreeMap<BranchName, Snapshot>) -> BTreeMap<BranchName, Refusal> {
        let refusals = self.states(snapshots).wrong_databases();
        refusals.into_iter().map(|refusal| (refusal.branch.clone(), refusal)).collect()
    }

    /// What the guards find in these states.
    #[must_use]
    pub fn findings(&self, snapshots: &BTreeMap<BranchName, Snapshot>) -> Vec<Finding> {
        self.states(snapshots).findings().iter().map(Finding::from).collect()
    }

    /// Makes the plan, from the states of all branches that matter and of no other.
    ///
    /// # Errors
    ///
    /// [`RunError`]: a target, a refusal, a script, or a database that cannot be asked.
    pub async fn prepare(&self, request: &Request) -> Result<Prepared, RunError> {
        let Read { mut sessions, snapshots } = self.read(request).await?;
        match self.plan(request, &snapshots, &mut sessions).await {
            Ok(planned) => Ok(Prepared::new(planned, snapshots, sessions, request)),
            Err(error) => {
                close_all(sessions).await;
                Err(error)
            }
        }
    }

    /// Reads the states of all branches that matter for a request.
    pub(super) async fn read(&self, request: &Request) -> Result<Read, RunError> {
        let mut read = Read::default();
        match self.read_into(&mut read, request).await {
            Ok(()) => Ok(read),
            Err(error) => {
                close_all(read.sessions).await;
                Err(error)
            }
        }
    }

    async fn read_into(&self, Read { sessions, snapshots }: &mut Read, request: &Request) -> Result<(), RunError> {
        let graph = &self.workspace.graph;
        loop {
            let read: BTreeSet<BranchName> = snapshots.keys().cloned().collect();
            let applied = applied(graph, snapshots);
            let missing = branches_to_read(graph, &applied, &read, request.direction, &request.targets)?;
            let (opened, found) = if missing.is_empty() {
                let Some((referrers, why)) = self.referrers_to_read(request, snapshots) else { return Ok(()) };
                self.open_all(&referrers).await.map_err(|error| error.because(&why))?
            } else {
                self.open_all(&missing).await?
            };
            sessions.extend(opened);
            snapshots.extend(found);
            self.refuse_moved(snapshots)?;
        }
    }

    pub(super) fn refuse_moved(&self, snapshots: &BTreeMap<BranchName, Snapshot>) -> Result<(), RunError> {
        refuse(self.plan_file.map(|file| file.moved(snapshots.values())).unwrap_or_default())
    }

    /// Refuses databases in which nothing must be written: wrong ones, and those with a revision left half-way.
    pub(super) fn refuse_to_write(&self, snapshots: &BTreeMap<BranchName, Snapshot>) -> Result<(), RunError> {
        refuse(self.states(snapshots).refusals_of_databases())
    }

    /// Makes the plan from states that were read, and says what lint warns of in it.
    pub(super) async fn plan(
        &self,
        request: &Request,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        sessions: &mut BTreeMap<BranchName, Session>,
    ) -> Result<Planned, RunError> {
        let mut lint = StepLint::new(self.workspace, self.urls);
        let recorded = self.recorded_references(request, snapshots, sessions).await?;
        let plan = self.plan_with(request, snapshots, &recorded, Some(&mut lint))?;
        let warnings = self.judge(&plan, lint.finish(), sessions).await?;
        Ok(Planned { plan, warnings, recorded })
    }

    /// The same for a plan whose scripts were looked at before.
    pub(super) fn plan_again(
        &self,
        request: &Request,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        recorded: &RecordedReferences,
    ) -> Result<Plan, RunError> {
        self.plan_with(request, snapshots, recorded, None)
    }

    fn plan_with(
        &self,
        request: &Request,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        recorded: &RecordedReferences,
        lint: Option<&mut StepLint<'_>>,
    ) -> Result<Plan, RunError> {
        let graph = &self.workspace.graph;
        let states = self.states(snapshots);
        refuse(states.refusals())?;
        let selection = select(graph, request, snapshots)?;
        refuse(states.refusals_of(request, &selection))?;
        let guarded = self.guard_references(&selection, snapshots, recorded);
        refuse(guarded.refusals)?;
        let scripts = self.scripts(request, &selection, snapshots, lint)?;
        if self.cancel.is_cancelled() {
            return Err(RunError::Interrupted);
        }
        Ok(assemble(graph, request, &selection, snapshots, scripts, &guarded.waits))
    }

    pub(super) fn states<'s>(&'s self, snapshots: &'s BTreeMap<BranchName, Snapshot>) -> States<'s> {
        let project = self.workspace.project.name.as_ref().map(crate::project::ProjectName::as_str);
        States::new(project, &self.workspace.graph, &self.workspace.revisions, snapshots, self.shared(snapshots))
    }

    /// Which branches share a database. Where the URL of a branch leads that was found in another's is looked up for it: nobody
    /// else may have asked.
    pub(super) fn shared(&self, snapshots: &BTreeMap<BranchName, Snapshot>) -> SharedDatabases {
        let branches = &self.workspace.project.branches;
        for snapshot in snapshots.values() {
            let Some(own) = branches.get(&snapshot.branch) else { continue };
            let others = snapshot.others.iter().filter_map(|other| branches.get(other.branch.as_str()));
            for other in others.filter(|other| other.named_source() != own.named_source()) {
                let _ = self.urls.get(&other.name);
            }
        }
        let place = |branch: &Branch| self.urls.known(&branch.name).map(DatabaseUrl::place);
        SharedDatabases::new(
            branches.values().map(|branch| (branch.name.clone(), branch.named_source(), place(branch))),
        )
    }

    /// Reads the scripts of a selection's steps; all that is wrong with them is found before the first one runs.
    fn scripts(
        &self,
        request: &Request,
        selection: &Selection,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        mut lint: Option<&mut StepLint<'_>>,
    ) -> Result<Vec<StepScript>, PlanError> {
        let mut scripts = Vec::with_capacity(selection.steps.len());
        let mut errors: Vec<ScriptError> = Vec::new();
        let looks = lint.is_some();
        // Whoever interrupts does not wait for scripts to be read that nobody will run.
        for &step in selection.steps.iter().take_while(|_| !self.cancel.is_cancelled()) {
            let revision = self.workspace.revision(step);
            let Some(snapshot) = snapshots.get(&revision.key.branch) else { continue };
            let root = &self.workspace.project.root;
            let mut look = |program: &Program| match &mut lint {
                Some(lint) => lint.look(&revision.key, request.direction, snapshot.dialect, program),
                None => Vec::new(),
            };
            let look: Option<Look<'_>> = if looks { Some(&mut look) } else { None };
            match self.scripts.plan(root, revision, request.direction, snapshot.dialect, look) {
                Ok(script) => scripts.push(script),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(scripts) } else { Err(PlanError::Scripts(errors)) }
    }

    /// The SQL of each branch's steps, in the plan's order: what a run would send, but for the state tables.
    ///
    /// # Errors
    ///
    /// [`RunError`]: a script that can no longer be read, or a database that cannot be asked for its tables.
    pub async fn write_out(&self, prepared: &mut Prepared) -> Result<BTreeMap<BranchName, String>, RunError> {
        let mut written = BTreeMap::new();
        for branch in prepared.plan.branches_with_steps() {
            let Some(session) = prepared.sessions.get_mut(&branch) else { continue };
            let Some(snapshot) = prepared.snapshots.get(&branch) else { continue };
            let steps: Vec<&Step> = prepared.plan.steps.iter().filter(|step| step.branch == branch).collect();
            let programs = steps
                .iter()
                .filter_map(|step| Some((step, self.workspace.find(&step.key())?)))
                .map(|(step, revision)| {
                    script::load(&self.workspace.project.root, revision, step.direction, snapshot.dialect)
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| PlanError::Scripts(vec![error]))?;
            let texts = session.write_out(&programs).await.map_err(|error| RunError::database(&branch, error))?;
            let mut text = format!("-- branch {branch}: {}\n", snapshot.database);
            for (step, sql) in steps.iter().zip(texts) {
                text.push_str(&format!("\n-- {} {}: {}\n", step.direction, step.key(), step.file.display()));
                for other in &step.waits_for {
                    text.push_str(&format!("-- after {other}\n"));
                }
                text.push_str(&sql);
            }
            written.insert(branch, text);
        }
        Ok(written)
    }

    pub(super) async fn open_all(
        &self,
        branches: &BTreeSet<BranchName>,
    ) -> Result<(BTreeMap<BranchName, Session>, BTreeMap<BranchName, Snapshot>), RunError> {
        let unknown: Vec<UnknownUrl> = branches.iter().filter_map(|branch| self.url(branch).err()).collect();
        if !unknown.is_empty() {
            // A command that was to print one was stopped.
            if self.cancel.is_cancelled() {
                return Err(RunError::Interrupted);
            }
            return Err(RunError::Urls(unknown));
        }
        let opened =
            join_all(branches.iter().map(async |branch| (branch.clone(), self.open_unless_interrupted(branch).await)))
                .await;
        let (mut sessions, mut snapshots, mut errors) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (branch, found) in opened {
            match found {
                Ok((session, snapshot)) => {
                    sessions.insert(branch.clone(), session);
                    snapshots.insert(branch, snapshot);
                }
                Err(error) => errors.push((branch, error)),
            }
        }
        if errors.is_empty() {
            return Ok((sessions, snapshots));
        }
        close_all(sessions).await;
        // Whoever interrupts is told so, and not what the databases had to say until then.
        if errors.iter().any(|(_, error)| error.kind == DatabaseErrorKind::Interrupted) {
            return Err(RunError::Interrupted);
        }
        Err(RunError::Databases(errors))
    }

    /// Opens a branch's database and reads its state; tries again for as long as the run may wait.
    pub(super) async fn open(&self, branch: &BranchName) -> Result<(Session, Snapshot), DatabaseError> {
        self.open_within(branch, self.options.wait).await
    }

    /// The same, for as long as the caller has patience.
    pub(super) async fn open_within(
        &self,
        branch: &BranchName,
        patience: Duration,
    ) -> Result<(Session, Snapshot), DatabaseError> {
        let started = Instant::now();
        let mut told = false;
        loop {
            match self.open_once(branch).await {
                Err(error) if error.kind == DatabaseErrorKind::Unreachable && started.elapsed() < patience => {
                    if !told {
                        (self.watch)(Event::Unreachable { branch, message: error.message.clone() });
                        told = true;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(RETRY_EVERY) => {}
                        () = self.cancel.cancelled() => return Err(error),
                    }
                }
                other => return other,
            }
        }
    }

    /// The same, where a connection was lost, and what became of the branch is to be looked up.
    pub(super) async fn open_again(&self, branch: &BranchName) -> Option<(Session, Snapshot)> {
        self.open_within(branch, self.options.wait.max(LOOK_UP)).await.ok()
    }

    /// The same, given up at once where somebody interrupts: a server that does not answer must not hold that up, and so far
    /// nothing was done.
    pub(super) async fn open_unless_interrupted(
        &self,
        branch: &BranchName,
    ) -> Result<(Session, Snapshot), DatabaseError> {
        let opened = tokio::select! {
            biased;
            () = self.cancel.cancelled() => None,
            opened = self.open(branch) => Some(opened),
        };
        match opened {
            Some(Ok(opened)) => Ok(opened),
            // A command that was to print the URL hears of it too, and fails.
            Some(Err(error)) if !self.cancel.is_cancelled() => Err(error),
            _ => {
                let database = self.urls.known(branch).map(ToString::to_string);
                let message = "interrupted before the database was asked";
                Err(DatabaseError::new(DatabaseErrorKind::Interrupted, &database.unwrap_or_default(), message))
            }
        }
    }

    async fn open_once(&self, branch: &BranchName) -> Result<(Session, Snapshot), DatabaseError> {
        let url = self.url(branch).map_err(|error| {
            DatabaseError::new(DatabaseErrorKind::Unreachable, "", error.message).hint_of(error.hint)
        })?;
        let mut session = Session::open(url, &self.session_options(branch)).await?;
        match session.observe(branch).await {
            Ok(snapshot) => Ok((session, snapshot)),
            Err(error) => {
                session.close().await;
                Err(error)
            }
        }
    }

    /// A branch's URL, or why it is not known.
    pub(super) fn url(&self, branch: &BranchName) -> Result<&'a DatabaseUrl, UnknownUrl> {
        match self.urls.get(branch) {
            Some(Ok(url)) => Ok(url),
            Some(Err(error)) => {
                Err(UnknownUrl { branch: branch.clone(), message: error.to_string(), hint: error.hint() })
            }
            None => {
                Err(UnknownUrl { branch: branch.clone(), message: format!("branch {branch} has no URL"), hint: None })
            }
        }
    }

    fn session_options(&self, branch: &BranchName) -> SessionOptions {
        let session = &self.workspace.project.branches[branch].session;
        SessionOptions {
            connect_timeout: if self.cancel.is_cancelled() {
                RunOptions::CONNECT_TIMEOUT_INTERRUPTED
            } else {
                RunOptions::CONNECT_TIMEOUT
            },
            lock_timeout: self.options.lock_timeout.or(session.lock_timeout).unwrap_or_default(),
            statement_timeout: self.options.statement_timeout.or(session.statement_timeout).unwrap_or_default(),
            state_schema: session.state_schema.clone().unwrap_or_else(|| "public".to_owned()),
            run_id: self.options.run_id,
            cancel: self.cancel.clone(),
        }
    }

    /// How often a statement is tried again that lost to another session's lock.
    pub(super) fn lock_retries(&self, branch: &BranchName) -> u32 {
        self.options.lock_retries.unwrap_or(self.workspace.project.branches[branch].session.lock_retries)
    }

    /// How long to wait for another run of a branch to end.
    pub(super) fn run_lock_timeout(&self, branch: &BranchName) -> Duration {
        let of_branch = self.workspace.project.branches[branch].session.lock_timeout;
        match self.options.lock_timeout {
            // As in the files, and as for the database's own locks: zero is for ever.
            Some(Duration::ZERO) => Duration::MAX,
            Some(timeout) => timeout,
            None => of_branch.unwrap_or(Duration::MAX).max(RunOptions::RUN_LOCK_TIMEOUT),
        }
    }
}

/// Says goodbye to these databases, all at once.
pub(super) async fn close_all(sessions: BTreeMap<BranchName, Session>) {
    join_all(sessions.into_values().map(Session::close)).await;
}

pub(super) fn refuse(refusals: Vec<Refusal>) -> Result<(), RunError> {
    if refusals.is_empty() { Ok(()) } else { Err(refusals.into()) }
}
