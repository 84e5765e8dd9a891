//! `references report`.

use branchline::error::{Failure, Failures};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Write a report for whoever has to sign it
#[derive(Debug, Args)]
pub struct Report {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

impl Report {
    #[allow(clippy::unused_async)]
    pub async fn run(self, _context: &Context) -> Result<Answer, Failures> {
        Err(Failure::usage(format!("not there yet for {:?}", self.branches)).into())
    }
}
