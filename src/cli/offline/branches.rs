//! `branches`: the branches of the project.

use branchline::error::Failures;
use branchline::listing::listed;
use branchline::redact;
use branchline::revision::LoadOptions;
use clap::Args;
use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::table::Table;

/// List the branches: dialects, database, heads
///
/// Needs no database. The database is shown without its password, or as the variable or file that names it.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  branchline branches --format json")]
pub struct Branches {}

impl Branches {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let mut table = Table::new(["BRANCH", "DIALECTS", "DATABASE", "REVISIONS", "HEADS"]);
        let mut documents = Vec::new();
        for branch in workspace.project.branches.values() {
            let url = context.offline_url(branch);
            let database = url.as_ref().map_or_else(|| branch.database.to_string(), ToString::to_string);
            let dialects: Vec<&str> = branch.dialects.iter().map(|dialect| dialect.name()).collect();
            let graph = &workspace.graph;
            let heads: Vec<&str> =
                graph.heads(&branch.name).iter().map(|&index| graph.key(index).id.as_str()).collect();
            let revisions = graph.revisions(&branch.name).len();
            table.row([
                branch.name.to_string(),
                dialects.join(", "),
                database.clone(),
                revisions.to_string(),
                listed(&heads),
            ]);
            documents.push(json!({
                "branch": branch.name,
                "dialects": dialects,
                "database": database,
                "resolved": url.is_some(),
                "migrations": redact::path(&branch.migrations),
                "revisions": revisions,
                "heads": heads,
            }));
        }
        Ok(Answer::text(table.to_string()).with("branches", documents))
    }
}
