//! `status`: where each branch's database stands.

use branchline::error::{Exit, Failure, Failures};
use branchline::names::BranchName;
use branchline::report::{BranchStatus, StatusState};
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, RunOptions};
use branchline::workspace::Workspace;
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::progress::Watcher;
use super::table::Table;

/// Show where each branch's database stands: applied heads, pending, unfinished, unknown
///
/// The states: `current`, everything is applied; `behind`, something is pending; `empty`, nothing is applied; `ahead`,
/// something is applied that the project does not know; `dirty`, a revision was left half-way (see resume and repair);
/// `unreachable`, the database could not be asked. Scripts are not compared with what was applied: `check` does that.
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
    names.iter().map(|name| Ok(workspace.project.branch(name)?.name.clone())).collect()
}

/// Reads the states of these branches; one that cannot be asked is a status and a failure.
pub async fn read(
    context: &Context,
    workspace: &Workspace,
    branches: &[BranchName],
) -> Result<(Vec<BranchStatus>, Vec<Failure>), Failures> {
    let urls = context.urls(workspace, |branch| branches.contains(branch))?;
    let watcher = Watcher::new(context);
    let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
    let coordinator = Coordinator::new(workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
    let mut statuses = Vec::new();
    let mut failures = Vec::new();
    for (branch, found) in coordinator.read_all(branches).await {
        match found {
            Ok(snapshot) => statuses.push(BranchStatus::of(workspace, &snapshot)),
            Err(error) => {
                let Some(Ok(url)) = urls.get(&branch) else { continue };
                statuses.push(BranchStatus::unreachable(
                    workspace,
                    &branch,
                    url.dialect(),
                    &error.database,
                    &error.message,
                ));
                failures.push(Failure::from(&error).about(Some(&branch), None));
            }
        }
    }
    Ok((statuses, failures))
}

/// The statuses as a table.
pub fn status_text(statuses: &[BranchStatus]) -> String {
    let ids = |ids: &[branchline::names::RevisionId]| {
        if ids.is_empty() { "-".to_owned() } else { ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ") }
    };
    let mut table = Table::new(["BRANCH", "STATE", "CURRENT", "HEADS", "APPLIED", "PENDING", "DATABASE"]);
    let mut notes = Vec::new();
    for status in statuses {
        let known = status.state != StatusState::Unreachable;
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
            notes.push(format!(
                "{}: {} was left half-way, {} of {} statements done{error}",
                status.branch, left.revision, left.statements.done, left.statements.total
            ));
        }
    }
    std::iter::once(table.to_string()).chain(notes).collect::<Vec<_>>().join("\n")
}
