//! The graph in Graphviz's language: a cluster a branch, solid arrows to parents, dashed ones to dependencies, bold ones for
//! references: as in Mermaid's.

use std::fmt::Write as _;

use crate::graph::node::RevisionIndex;
use crate::names::BranchName;

use super::{Picture, marks, one_line};

pub(super) fn draw(picture: &Picture<'_>) -> String {
    let graph = picture.graph;
    let mut text = String::from(
        "digraph branchline {\n  rankdir=TB;\n  compound=true;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
    );
    for branch in picture.branches() {
        let _ = writeln!(text, "  subgraph {} {{\n    label={};", quoted(&cluster(branch)), quoted(branch.as_str()));
        if graph.revisions(branch).is_empty() {
            let _ = writeln!(text, "    {} [label=\"no revisions yet\", style=dashed];", quoted(&empty(branch)));
        }
        for &revision in graph.revisions(branch).iter().rev() {
            let _ = writeln!(text, "    {} [label={}];", name(picture, revision), label(picture, revision));
        }
        text.push_str("  }\n");
    }
    for revision in picture.revisions() {
        for parent in graph.parents(revision) {
            let _ = writeln!(text, "  {} -> {};", name(picture, revision), name(picture, parent));
        }
        for needed in picture.dependencies(revision) {
            let _ = writeln!(text, "  {} -> {} [style=dashed];", name(picture, revision), name(picture, needed));
        }
    }
    for (from, edge) in picture.references() {
        // An arrow ends at a node; `lhead` cuts it off at the border of the node's cluster.
        let inside = match graph.heads(&edge.to).first() {
            Some(&head) => name(picture, head),
            None => quoted(&empty(&edge.to)),
        };
        let _ = writeln!(
            text,
            "  {} -> {inside} [style=bold, constraint=false, lhead={}, label={}];",
            name(picture, from),
            quoted(&cluster(&edge.to)),
            quoted(&one_line(&edge.label)),
        );
    }
    text.push_str("}\n");
    text
}

/// Graphviz takes a subgraph for a cluster by how its name begins.
fn cluster(branch: &BranchName) -> String {
    format!("cluster_{branch}")
}

fn empty(branch: &BranchName) -> String {
    format!("{branch}@")
}

fn name(picture: &Picture<'_>, revision: RevisionIndex) -> String {
    quoted(&picture.graph.key(revision).to_string())
}

fn label(picture: &Picture<'_>, revision: RevisionIndex) -> String {
    let node = picture.graph.node(revision);
    let mut first = node.key.id.to_string();
    for mark in marks(picture.graph, revision) {
        let _ = write!(first, " ({mark})");
    }
    let lines = [first, one_line(&node.description)];
    let lines: Vec<String> = lines.iter().filter(|line| !line.is_empty()).map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// In a quoted text only the quote ends it; a backslash would begin an escape such as `\N`, an ampersand an entity.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}
