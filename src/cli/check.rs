//! `check`: everything a CI job wants to know.

use branchline::error::{Failure, Failures};
use branchline::listing::listed;
use branchline::report::Finding;
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, RunOptions, StatesAndReferences};
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::findings::{self, Looked, Scope, counted, line, look, number};
use super::global::Format;
use super::progress::Watcher;
use super::status::{branches_or_all, statuses};

/// Check the graph, the scripts and the databases: what a CI job wants to know
///
/// Offline: the graph, every script on every dialect of its branch, both ways, and all that `lint` finds. With the databases:
/// what is pending, edited checksums, unknown and unfinished revisions, lost dependencies. Exits with 3 where something is
/// found. Formats: table, json, sarif, junit.
#[derive(Debug, Args)]
pub struct Check {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// Look at the files only
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    scope: Scope,
}

impl Check {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: true })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let runs = findings::runs(context, &workspace)?;
        let Looked { inspection, findings: mut found } = look(context, &workspace, &runs, &branches, &self.scope)?;
        if !inspection.errors.is_empty() {
            let one_way = inspection.one_way.iter().map(|(_, error)| error);
            let failures = inspection.errors.iter().map(|(_, error)| error).chain(one_way).map(Failure::from);
            if context.global.format != Format::Sarif {
                return Err(failures.collect());
            }
            // Where a file of findings is asked for, it says what is wrong, and does not stay empty.
            return Ok(findings::answer(context, String::new(), &found)?.with_failures(failures));
        }
        let of_files = found.len();
        let revisions = branches.iter().map(|branch| workspace.graph.revisions(branch).len()).sum::<usize>();
        let mut lines = vec![format!(
            "files: {} ({} on {})",
            counted(&found),
            number(revisions, "revision", "revisions"),
            number(branches.len(), "branch", "branches")
        )];
        if self.offline {
            lines.extend(found.iter().map(line));
            return findings::answer(context, lines.join("\n"), &found);
        }
        let urls = context.urls(&workspace, |branch| branches.contains(branch))?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
        let StatesAndReferences { snapshots, drifted, errors: unreachable } =
            coordinator.read_states_and_references(&branches).await;
        found.extend(coordinator.findings(&snapshots));
        found.extend(drifted);
        let wrong = coordinator.wrong_databases(&snapshots);
        let statuses = statuses(&workspace, &urls, &snapshots, &wrong, &unreachable);
        found.extend(statuses.iter().filter(|status| !status.pending.is_empty()).map(|status| {
            let ids = listed(&status.pending);
            Finding::pending(status.branch.clone(), format!("{} has not applied {ids}", status.branch))
        }));
        lines.extend(found.iter().map(line));
        if found.len() == of_files && unreachable.is_empty() {
            lines.push("databases: nothing pending, nothing edited, nothing lost between these branches".to_owned());
        }
        let failures = unreachable.iter().map(|(branch, error)| Failure::from(error).about(Some(branch), None));
        let answer = findings::answer(context, lines.join("\n"), &found)?;
        Ok(answer.with("branches", statuses).with_failures(failures))
    }
}
