//! `resume`: finishes a revision that was left half-way.

use branchline::direction::Direction;
use branchline::error::Failures;
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, Resume as How};
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::progress::Watcher;
use super::run_arguments::{RunArguments, confirm, planned, report};

/// Finish the revision that was left half-way on a branch
///
/// Goes on with the statement that the database refused. Where the run died instead, looks in the database whether the statement
/// under way took effect, once the server has let go of it; where nothing tells, look yourself, and say with --from where to go on.
#[derive(Debug, Args)]
pub struct Resume {
    /// The branch
    #[arg(value_name = "BRANCH")]
    branch: String,
    /// The statement to go on with, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    from: Option<u32>,
    /// Go on although the script was edited since it was begun
    #[arg(long)]
    accept_edited: bool,
    #[command(flatten)]
    arguments: RunArguments,
}

impl Resume {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        self.arguments.refuse_to_compensate("what was done before a run died is not taken back")?;
        let workspace = context.workspace(LoadOptions { checksums: true })?;
        let branch = workspace.project.branch(&self.branch)?.name.clone();
        let urls = context.urls(&workspace, |named| *named == branch)?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, self.arguments.options(), context.cancel.clone(), &watch);
        let wait = !self.arguments.dry_run;
        let how = How { from: self.from, accept_edited: self.accept_edited, wait };
        let prepared = coordinator.plan_resume(&branch, how).await?;
        if self.arguments.dry_run {
            return Ok(planned(&prepared.plan));
        }
        confirm(context, &prepared.plan, self.arguments.yes).await?;
        let outcome = coordinator.resume(&branch, &prepared).await?;
        let direction = outcome.steps.first().map_or(Direction::Up, |report| report.step.direction);
        Ok(report(&workspace, &urls, direction, &outcome))
    }
}
