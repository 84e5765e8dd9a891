//! `references sweep`.

use branchline::error::{Failure, Failures};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Apply `on_delete` to the rows whose parent was deleted
#[derive(Debug, Args)]
pub struct Sweep {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

impl Sweep {
    #[allow(clippy::unused_async)]
    pub async fn run(self, _context: &Context) -> Result<Answer, Failures> {
        Err(Failure::usage(format!("not there yet for {:?}", self.branches)).into())
    }
}
