//! The verbs that need no database: they read and write the project's files only.

mod branches;

use branchline::error::Failures;
use clap::Subcommand;

use super::answer::Answer;
use super::context::Context;

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Offline {
    Branches(branches::Branches),
}

impl Offline {
    /// The verb's name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Branches(_) => "branches",
        }
    }

    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        match self {
            Self::Branches(verb) => verb.run(context),
        }
    }
}
