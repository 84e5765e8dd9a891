//! `runs`: what the last runs came to, over all databases.

use std::collections::{BTreeMap, BTreeSet};

use branchline::database::Lines;
use branchline::error::{Failure, Failures};
use branchline::journal::{BranchRun, Run};
use branchline::names::BranchName;
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, Journal, RunOptions};
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::progress::Watcher;
use super::status::branches_or_all;
use super::table::Table;

/// Show the last runs, and what became of each on every branch
///
/// The outcomes: `done`, every step was carried out; `failed`, a step was not; `interrupted`, by a signal; `running`, it holds
/// the branch's lock; `died`, its lines break off. A run has one id in every database that it touches.
#[derive(Debug, Args)]
pub struct Runs {
    #[command(flatten)]
    which: Which,
    /// How many runs of each branch, the newest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    last: u32,
}

/// Which lines of the journal.
#[derive(Debug, Args)]
pub struct Which {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    pub branches: Vec<String>,
    /// Only the run of this id; its beginning is enough
    #[arg(long, value_name = "ID", conflicts_with = "last")]
    pub run: Option<String>,
}

impl Which {
    /// The lines of the run that was asked for, else these.
    pub fn lines(&self, otherwise: Lines) -> Result<Lines, Failures> {
        let Some(id) = &self.run else { return Ok(otherwise) };
        let is_id = !id.is_empty() && id.chars().all(|digit| digit.is_ascii_hexdigit() || digit == '-');
        if !is_id {
            let failure = Failure::usage("a run's id has hexadecimal digits and `-` only");
            return Err(failure.with_hint(Some("`branchline runs` lists them".to_owned())).into());
        }
        Ok(Lines::OfRun(id.to_ascii_lowercase()))
    }
}

impl Runs {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let lines = self.which.lines(Lines::OfLastRuns(self.last))?;
        let (journals, failures) = read(context, &self.which.branches, &lines).await?;
        let runs = Journal::runs(journals);
        Ok(Answer::text(text(&runs)).with("runs", &runs).with_failures(failures))
    }
}

/// The journals of these branches, or of all; one that cannot be read is a failure by itself.
pub async fn read(
    context: &Context,
    branches: &[String],
    lines: &Lines,
) -> Result<(BTreeMap<BranchName, Journal>, Vec<Failure>), Failures> {
    let workspace = context.workspace(LoadOptions { checksums: false })?;
    let branches: BTreeSet<BranchName> = branches_or_all(&workspace, branches)?.into_iter().collect();
    let urls = context.urls(&workspace, |branch| branches.contains(branch))?;
    let watcher = Watcher::new(context);
    let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
    let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
    let (mut journals, mut failures) = (BTreeMap::new(), Vec::new());
    for (branch, read) in coordinator.read_journal(&branches, lines).await {
        match read {
            Ok(journal) => {
                journals.insert(branch, journal);
            }
            Err(error) => failures.extend(Failures::from(error).as_slice().iter().cloned()),
        }
    }
    Ok((journals, failures))
}

fn text(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "No runs.".to_owned();
    }
    let mut table = Table::new(["RUN", "STARTED", "OUTCOME", "BRANCH", "DID", "BY"]);
    for run in runs {
        for branch in &run.branches {
            table.row([
                run.run_id.to_string(),
                run.started_at.clone(),
                branch.outcome.word().to_owned(),
                branch.branch.to_string(),
                did(branch),
                run.actor.clone(),
            ]);
        }
    }
    table.to_string()
}

/// `2 apply done, 1 apply failed`, in the order in which it happened.
fn did(branch: &BranchRun) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for event in &branch.events {
        let what = format!("{} {}", event.kind, event.outcome);
        match counts.iter_mut().find(|(known, _)| *known == what) {
            Some((_, count)) => *count += 1,
            None => counts.push((what, 1)),
        }
    }
    if counts.is_empty() {
        return "-".to_owned();
    }
    counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}
