//! `downgrade`: brings branches down.

use branchline::direction::Direction;
use branchline::error::Failures;
use branchline::plan::Request;
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::run_arguments::{Job, RunArguments, parse_targets, run};

/// Bring branches down to a target
///
/// The target stays applied; what follows it goes. Steps that drop tables or columns are asked about on a terminal, and
/// need --yes where there is none.
#[derive(Debug, Args)]
pub struct Downgrade {
    /// Where to: BRANCH@ID, BRANCH@base, BRANCH@-1, LINE@ID, BRANCH@LINE@ID ...
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    /// Also take down what depends on these revisions in other branches, first
    #[arg(long)]
    with_dependents: bool,
    #[command(flatten)]
    arguments: RunArguments,
}

impl Downgrade {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let request = Request {
            direction: Direction::Down,
            targets: parse_targets(&self.targets, "")?,
            with_others: self.with_dependents,
            allow_out_of_order: false,
        };
        run(context, Job { request, plan_file: None, arguments: &self.arguments }).await
    }
}
