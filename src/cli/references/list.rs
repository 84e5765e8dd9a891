//! `references list`.

use branchline::error::{Failure, Failures};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Show every live reference, and what the databases say of it
#[derive(Debug, Args)]
pub struct List {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

impl List {
    #[allow(clippy::unused_async)]
    pub async fn run(self, _context: &Context) -> Result<Answer, Failures> {
        Err(Failure::usage(format!("not there yet for {:?}", self.branches)).into())
    }
}
