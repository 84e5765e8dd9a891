//! `upgrade`: brings branches up.

use branchline::direction::Direction;
use branchline::error::Failures;
use branchline::plan::Request;
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::run_arguments::{Job, RunArguments, parse_targets, run};

/// Bring branches up to a target [default: every head of every branch]
///
/// Opens only the databases that are needed. An upgrade of one branch never changes another branch's database, unless
/// --with-dependencies says so.
#[derive(Debug, Args)]
pub struct Upgrade {
    /// Where to: heads, BRANCH, BRANCH@head, BRANCH@ID, BRANCH@+2, ID ...
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Also apply what the revisions depend on in other branches, exactly up to what is needed
    #[arg(long)]
    with_dependencies: bool,
    /// Also apply revisions that were inserted below applied ones
    #[arg(long)]
    allow_out_of_order: bool,
    #[command(flatten)]
    arguments: RunArguments,
}

impl Upgrade {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let request = Request {
            direction: Direction::Up,
            targets: parse_targets(&self.targets, "heads")?,
            with_others: self.with_dependencies,
            allow_out_of_order: self.allow_out_of_order,
        };
        run(context, Job { request, plan_file: None, arguments: &self.arguments }).await
    }
}
