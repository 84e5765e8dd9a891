//! `merge`: joins heads of a branch.

use branchline::error::{Failure, Failures};
use branchline::listing::{joined, listed};
use branchline::revision::LoadOptions;
use clap::Args;

use super::revision::{New, ids, named_parents, write};
use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Join several heads of a branch in one revision
///
/// Writes a revision whose parents are the named heads, or all of them. It runs nothing by itself; scripts may be put into
/// its folder. Needs no database.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline merge auth -m \"sessions and passwords\"\n  \
    branchline merge auth 0004 0005 -m \"two of the three heads\"")]
pub struct Merge {
    /// The branch
    branch: String,
    /// The heads, at least two [default: all]
    #[arg(value_name = "ID")]
    heads: Vec<String>,
    /// What the revision is for [default: which heads it joins]
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
}

impl Merge {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branch = &workspace.project.branch(&self.branch)?.name;
        let graph = &workspace.graph;
        let heads = ids(graph, graph.heads(branch));
        let refusal = |message: String| {
            let hint = match &heads[..] {
                [] => "it has no revision yet".to_owned(),
                [head] => format!("its one head is {head}"),
                heads => format!("its heads are {}", listed(heads)),
            };
            Failures::from(Failure::usage(message).with_hint(Some(hint)).about(Some(branch), None))
        };
        let parents = if self.heads.is_empty() { heads.clone() } else { named_parents(graph, branch, &self.heads)? };
        if let Some(other) = parents.iter().find(|parent| !heads.contains(parent)) {
            return Err(refusal(format!("{other} is no head of branch {branch}")));
        }
        if parents.len() < 2 {
            return Err(refusal(format!("there is nothing to join on branch {branch}: a merge has two heads or more")));
        }
        let description = self.message.unwrap_or_else(|| format!("Merge {}", joined(&parents, " and ")));
        write(&workspace, &New { branch, description: &description, parents, depends_on: Vec::new(), portable: false })
    }
}
