//! `heads`: the revisions that nothing follows.

use branchline::error::Failures;
use branchline::revision::LoadOptions;
use clap::Args;

use super::revision_line::{RevisionLine, table_of};
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::status::branches_or_all;

/// List the heads: the revisions that nothing on their branch follows
///
/// A branch with several heads cannot be named by its name alone until `branchline merge` joins them. Needs no database:
/// `branchline status` says what is applied.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  branchline heads auth")]
pub struct Heads {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

impl Heads {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let graph = &workspace.graph;
        let lines: Vec<_> =
            branches.iter().flat_map(|branch| graph.heads(branch)).map(|&head| RevisionLine::of(graph, head)).collect();
        let empty = branches
            .iter()
            .filter(|branch| graph.heads(branch).is_empty())
            .map(|branch| format!("{branch}: no revisions yet"));
        let table = (!lines.is_empty()).then(|| table_of(&lines).to_string());
        let text = table.into_iter().chain(empty).collect::<Vec<_>>().join("\n");
        Ok(Answer::text(text).with("heads", &lines))
    }
}
