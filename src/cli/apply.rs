//! `apply`: runs a plan file.

use std::path::PathBuf;

use branchline::error::{Exit, Failure, Failures};
use branchline::plan::PlanFile;
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::run_arguments::{Job, RunArguments, run};

/// Run a plan file that `plan --out` wrote
///
/// Refuses, before the first statement, where a database is another one or has changed since, or a script was edited.
#[derive(Debug, Args)]
pub struct Apply {
    /// The plan file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    arguments: RunArguments,
}

impl Apply {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let place = self.file.display();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| Failure::new("io", Exit::Usage, format!("{place} cannot be read: {error}")))?;
        let file = PlanFile::parse(&text).map_err(|error| {
            let mut failure = Failure::from(error);
            failure.message = format!("{place}: {}", failure.message);
            failure
        })?;
        let request = file.request()?;
        run(context, Job { request, plan_file: Some(&file), arguments: &self.arguments }).await
    }
}
