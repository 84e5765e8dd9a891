//! `graph`: the revisions as a picture.

use std::collections::{BTreeMap, BTreeSet};

use branchline::error::Failures;
use branchline::graph::draw::{Picture, ReferenceEdge};
use branchline::names::{BranchName, RevisionKey};
use branchline::revision::{Columns, LoadOptions};
use branchline::workspace::Workspace;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::revision_line::RevisionLine;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::global::Format;
use crate::cli::status::branches_or_all;

/// Draw the graph: branches, parents, dependencies, references
///
/// As text for a terminal (--format table, or text), or in a language that others draw: dot for Graphviz, mermaid for
/// Markdown; json gives the revisions and the edges. Newest on top; an arrow leads to what a revision needs. Needs no database.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline graph\n  \
    branchline graph --format dot | dot -Tsvg > graph.svg\n  \
    branchline graph auth specs --format mermaid")]
pub struct Graph {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

impl Graph {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let references = references(&workspace);
        let picture = Picture::of(&workspace.graph).only(branches.iter().cloned()).with_references(&references);
        let text = match context.global.format {
            Format::Dot => picture.to_dot(),
            Format::Mermaid => picture.to_mermaid(),
            Format::Json => return Ok(document(&workspace, &branches, &references)),
            _ => picture.to_text(),
        };
        Ok(Answer::text(text.trim_end()))
    }
}

/// An arrow of the picture.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Arrow<'a> {
    kind: &'static str,
    from: &'a RevisionKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a RevisionKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_branch: Option<&'a BranchName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
}

fn document(workspace: &Workspace, branches: &[BranchName], references: &[ReferenceEdge]) -> Answer {
    let graph = &workspace.graph;
    let is_drawn = |branch: &BranchName| branches.contains(branch);
    let sorted: BTreeSet<&BranchName> = branches.iter().collect();
    let mut revisions = Vec::new();
    let mut arrows = Vec::new();
    for &index in sorted.iter().flat_map(|branch| graph.revisions(branch)) {
        let arrow = |kind, to| Arrow { kind, from: graph.key(index), to: Some(to), to_branch: None, label: None };
        arrows.extend(graph.parents(index).map(|parent| arrow("parent", graph.key(parent))));
        let needed = graph.dependencies(index).map(|needed| graph.key(needed));
        arrows.extend(needed.filter(|needed| is_drawn(&needed.branch)).map(|needed| arrow("depends_on", needed)));
        revisions.push(RevisionLine::of(graph, index));
    }
    arrows.extend(references.iter().filter(|edge| is_drawn(&edge.from.branch) && is_drawn(&edge.to)).map(|edge| {
        Arrow { kind: "reference", from: &edge.from, to: None, to_branch: Some(&edge.to), label: Some(&edge.label) }
    }));
    let branches: Vec<_> = sorted
        .iter()
        .map(|branch| {
            let ids =
                |revisions: &[_]| -> Vec<_> { revisions.iter().map(|&index| graph.key(index).id.clone()).collect() };
            json!({ "branch": branch, "heads": ids(graph.heads(branch)), "bases": ids(graph.bases(branch)) })
        })
        .collect();
    Answer::default().with("branches", branches).with("revisions", revisions).with("edges", arrows)
}

/// The references into other branches that hold once all is applied; one that a later revision ends is left out.
fn references(workspace: &Workspace) -> Vec<ReferenceEdge> {
    let mut edges = Vec::new();
    for branch in workspace.graph.branches() {
        let mut open: BTreeMap<&Columns, Vec<ReferenceEdge>> = BTreeMap::new();
        for &index in workspace.graph.revisions(branch) {
            let revision = workspace.revision(index);
            for ended in &revision.ended_references {
                open.remove(&ended.from);
            }
            for reference in &revision.references {
                let targets: BTreeSet<&BranchName> = reference.targets().map(|target| &target.branch).collect();
                let into_others = targets.into_iter().filter(|target| *target != branch);
                open.entry(&reference.from).or_default().extend(into_others.map(|target| ReferenceEdge {
                    from: revision.key.clone(),
                    to: target.clone(),
                    label: reference.from.to_string(),
                }));
            }
        }
        edges.extend(open.into_values().flatten());
    }
    edges.sort_unstable();
    edges
}
