//! `stamp`: records revisions as applied or not, without running them.

use branchline::direction::Direction;
use branchline::error::Failures;
use branchline::report::BranchStatus;
use branchline::revision::LoadOptions;
use branchline::run::Coordinator;
use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::context::Context;
use super::progress::Watcher;
use super::run_arguments::{RunArguments, parse_targets};

/// Record revisions as applied or not, without running them
///
/// Afterwards the named branches' databases say exactly this: the targets and their ancestors are applied, and nothing else
/// is. For databases that were made or changed by other means, and to accept an edit of an applied script. Look at the
/// database first: nothing is checked.
#[derive(Debug, Args)]
pub struct Stamp {
    /// What is really there: BRANCH@ID, BRANCH@head, BRANCH@base ...
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    #[command(flatten)]
    arguments: RunArguments,
}

impl Stamp {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let targets = parse_targets(&self.targets, "")?;
        let workspace = context.workspace(LoadOptions { checksums: true })?;
        let named = branchline::graph::branches_named(&workspace.graph, Direction::Up, &targets)?;
        let urls = context.urls(&workspace, |branch| named.contains(branch))?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, self.arguments.options(), context.cancel.clone(), &watch);
        let (stamps, snapshots) = coordinator.stamp(&targets, self.arguments.dry_run).await?;
        let statuses: Vec<BranchStatus> =
            snapshots.values().map(|snapshot| BranchStatus::of(&workspace, snapshot)).collect();
        let verb = if self.arguments.dry_run { "would be recorded" } else { "recorded" };
        let lines: Vec<String> = stamps
            .iter()
            .map(|stamp| match stamp.direction {
                Direction::Up => format!("{} {verb} as applied", stamp.revision),
                Direction::Down => format!("{} {verb} as not applied", stamp.revision),
            })
            .collect();
        let text = if lines.is_empty() { "Nothing to do.".to_owned() } else { lines.join("\n") };
        let documents: Vec<_> = stamps
            .iter()
            .map(|stamp| {
                json!({
                    "branch": stamp.revision.branch,
                    "revision": stamp.revision.id,
                    "applied": stamp.direction == Direction::Up,
                })
            })
            .collect();
        let mut answer = Answer::text(text).with("stamped", documents).with("branches", statuses);
        if self.arguments.dry_run {
            answer = answer.with("dry_run", true);
        }
        Ok(answer)
    }
}
