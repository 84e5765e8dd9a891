//! `history`: a stretch of the revisions, newest first.

use branchline::error::Failures;
use branchline::graph::draw::text_of;
use branchline::graph::{HistoryRange, history};
use branchline::revision::LoadOptions;
use clap::Args;

use super::revision_line::{RevisionLine, table_of};
use super::table_history::{self, Asked};
use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// List the revisions, newest first
///
/// A target means that revision and all below it on its branch; a range, what lies between its two ends, both included; an
/// end that is left out is open. Needs no database: `branchline status` says what is applied.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline history auth\n  \
    branchline history auth@0003\n  \
    branchline history auth@0001:auth@0003 --graph\n  \
    branchline history auth@0003:        that one and all that follow it\n  \
    branchline history auth --table users    what became of a table\n  \
    branchline history auth --table users --column email    and who provides a column")]
pub struct History {
    /// BRANCH, BRANCH@ID, or BRANCH@A:BRANCH@B [default: everything]
    #[arg(value_name = "TARGET")]
    range: Option<String>,
    /// Draw the lines between the revisions
    #[arg(long, conflicts_with = "table")]
    graph: bool,
    /// Only the revisions that make, change, rename, drop, write or read this table or view, and what they do to it
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Of these, only what has to do with this column, and which revision provides it
    #[arg(long, value_name = "NAME", requires = "table")]
    column: Option<String>,
}

impl History {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let range: HistoryRange = self.range.as_deref().unwrap_or("heads").parse()?;
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let graph = &workspace.graph;
        let revisions = history(graph, &range)?;
        if let Some(table) = &self.table {
            let asked = Asked { table, column: self.column.as_deref() };
            return table_history::answer(context, &workspace, &revisions, &asked);
        }
        let lines: Vec<_> = revisions.iter().rev().map(|&revision| RevisionLine::of(graph, revision)).collect();
        let text = match (lines.is_empty(), self.graph) {
            (true, _) => "no revisions".to_owned(),
            (false, true) => text_of(graph, &revisions).trim_end().to_owned(),
            (false, false) => table_of(&lines).to_string(),
        };
        Ok(Answer::text(text).with("revisions", &lines))
    }
}
