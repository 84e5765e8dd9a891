//! `references check`.

use branchline::error::{Failure, Failures};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Look for orphans: referring rows whose parent is not there
#[derive(Debug, Args)]
pub struct Check {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

impl Check {
    #[allow(clippy::unused_async)]
    pub async fn run(self, _context: &Context) -> Result<Answer, Failures> {
        Err(Failure::usage(format!("not there yet for {:?}", self.branches)).into())
    }
}
