//! `status`: where each branch's database stands.

use std::collections::BTreeMap;

use branchline::database::DatabaseError;
use branchline::error::{Exit, Failure, Failures};
use branchline::listing::listed;
use branchline::names::BranchName;
use branchline::plan::{Refusal, Snapshot};
use branchline::report::{BranchStatus, StatusState};
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, RunOptions};
use branchline::workspace::{Urls, Workspace};
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::progress::Watcher;
use super::table::Table;

/// Show where each branch's database stands: applied heads, pending, unfinished, unknown
///
/// The states: `current`, everything is applied; `behind`, something is pending; `empty`, nothing is applied; `ahead`,
/// something is applied that the project does not know; `running`, a run is working on a revision; `dirty`, a revision was
/// left half-way (see resume and repair); `unreachable`, the database could not be asked; `wrong_database`, it belongs to
/// another branch or project, or two branches were led to it by mistake. Scripts are not compared with what was applied: `check`
/// does that.
#[derive(Debug, Args)]
pub struct Status {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// Exit with 3 where a branch is not current
    #[arg(long)]
    exit_code: bool,
}

impl Status {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let (statuses, failures) = read(context, &workspace, &branches).await?;
        let mut answer = Answer::text(status_text(&statuses)).with("branches", &statuses).with_failures(failures);
        if self.exit_code && !statuses.iter().all(BranchStatus::is_current) {
            answer = answer.exit(Exit::Found);
        }
        Ok(answer)
    }
}

/// The branches of these names, or all of them.
pub fn branches_or_all(workspace: &Workspace, names: &[String]) -> Result<Vec<BranchName>, Failures> {
    if names.is_empty() {
        return Ok(workspace.project.branches.keys().cloned().collect());
    }
    let mut branches = Vec::new();
    for name in names {
        let branch = &workspace.project.branch(name)?.name;
        if !branches.contains(branch) {
            branches.push(branch.clone());
        }
    }
    Ok(branches)
}

/// Reads the states of these branches; one that cannot be asked, or whose database is another's, is a status and a failure.
async fn read(
    context: &Context,
    workspace: &Workspace,
    branches: &[BranchName],
) -> Result<(Vec<BranchStatus>, Vec<Failure>), Failures> {
    let urls = context.urls(workspace, |branch| branches.contains(branch))?;
    let watcher = Watcher::new(context);
    let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
    let coordinator = Coordinator::new(workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
    let (snapshots, unreachable) = coordinator.read_states(branches).await;
    let wrong = coordinator.wrong_databases(&snapshots);
    let failures = wrong
        .values()
        .map(Failure::from)
        .chain(unreachable.iter().map(|(branch, error)| Failure::from(error).about(Some(branch), None)))
        .collect();
    Ok((statuses(workspace, &urls, &snapshots, &wrong, &unreachable), failures))
}

/// Where each branch stands, by name: by what was read, by whose database it is, and by what could not be read.
pub fn statuses(
    workspace: &Workspace,
    urls: &Urls,
    snapshots: &BTreeMap<BranchName, Snapshot>,
    wrong: &BTreeMap<BranchName, Refusal>,
    unreachable: &[(BranchName, DatabaseError)],
) -> Vec<BranchStatus> {
    let mut statuses: Vec<BranchStatus> = snapshots
        .values()
        .map(|snapshot| match wrong.get(&snapshot.branch) {
            Some(refusal) => BranchStatus::wrong_database(workspace, snapshot, refusal),
            None => BranchStatus::of(workspace, snapshot),
        })
        .collect();
    statuses.extend(unreachable.iter().filter_map(|(branch, error)| {
        let dialect = urls.known(branch)?.dialect();
        Some(BranchStatus::unreachable(workspace, branch, dialect, &error.database, &error.message))
    }));
    statuses.sort_by(|one, other| one.branch.cmp(&other.branch));
    statuses
}

/// The statuses as a table.
pub fn status_text(statuses: &[BranchStatus]) -> String {
    let ids = |ids: &[branchline::names::RevisionId]| {
        if ids.is_empty() { "-".to_owned() } else { listed(ids) }
    };
    let mut table = Table::new(["BRANCH", "STATE", "CURRENT", "HEADS", "APPLIED", "PENDING", "DATABASE"]);
    let mut notes = Vec::new();
    for status in statuses {
        let known = status.is_known();
        let count = |number: usize| if known { number.to_string() } else { "?".to_owned() };
        table.row([
            status.branch.to_string(),
            status.state.word().to_owned(),
            if known { ids(&status.current) } else { "?".to_owned() },
            ids(&status.heads),
            count(status.applied.len()),
            count(status.pending.len()),
            status.database.clone(),
        ]);
        if !status.unknown.is_empty() {
            notes.push(format!("{}: applied, but unknown to this project: {}", status.branch, ids(&status.unknown)));
        }
        for left in &status.unfinished {
            let error = left.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            let is = if status.state == StatusState::Running { "is on its way" } else { "was left half-way" };
            notes.push(format!(
                "{}: {} {is}, {} of {} statements done{error}",
                status.branch, left.revision, left.statements.done, left.statements.total
            ));
        }
    }
    std::iter::once(table.to_string()).chain(notes).collect::<Vec<_>>().join("\n")
}
