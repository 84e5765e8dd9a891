//! `repair`: settles a revision that was left half-way, by hand.

use branchline::error::Failures;
use branchline::report::BranchStatus;
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, RunOptions};
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::progress::Watcher;
use super::run_arguments::actor;

/// Settle the revision that was left half-way on a branch, by your word
///
/// Runs nothing. Look at the database first, finish or undo by hand what the script has begun, then say which it is.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("word").required(true).args(["applied", "not_applied"]))]
pub struct Repair {
    /// The branch
    #[arg(value_name = "BRANCH")]
    branch: String,
    /// All that the revision does is there
    #[arg(long)]
    applied: bool,
    /// Nothing that the revision does is there
    #[arg(long)]
    not_applied: bool,
}

impl Repair {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branch = workspace.project.branch(&self.branch)?.name.clone();
        let urls = context.urls(&workspace, |named| *named == branch)?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let options = RunOptions { actor: actor(), ..RunOptions::default() };
        let coordinator = Coordinator::new(&workspace, &urls, options, context.cancel.clone(), &watch);
        let (revision, snapshot) = coordinator.repair(&branch, self.applied).await?;
        let word = if self.applied { "applied" } else { "not applied" };
        Ok(Answer::text(format!("{revision} recorded as {word}"))
            .with("revision", revision)
            .with("applied", self.applied)
            .with("branches", [BranchStatus::of(&workspace, &snapshot)]))
    }
}
