//! `references discover`.

use branchline::error::{Failure, Failures};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Find references that nobody declared
#[derive(Debug, Args)]
pub struct Discover {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

impl Discover {
    #[allow(clippy::unused_async)]
    pub async fn run(self, _context: &Context) -> Result<Answer, Failures> {
        Err(Failure::usage(format!("not there yet for {:?}", self.branches)).into())
    }
}
