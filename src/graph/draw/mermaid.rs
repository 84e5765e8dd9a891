//! The graph in Mermaid's language: a subgraph a branch, solid arrows to parents, dashed ones to dependencies (`-.->`), bold
//! ones for references (`==>`): as in Graphviz's.

use std::fmt::Write as _;

use crate::graph::node::RevisionIndex;

use super::{Picture, marks, one_line};

/// Nodes are called by number: a branch or an id may be a word of the language, such as `end`.
pub(super) fn draw(picture: &Picture<'_>) -> String {
    let graph = picture.graph;
    let mut text = String::from("flowchart TB\n");
    for branch in picture.branches() {
        let number = graph.branch_index(branch.as_str()).unwrap_or_default();
        let _ = writeln!(text, "  subgraph b{number}[\"{}\"]", escaped(branch.as_str()));
        if graph.revisions(branch).is_empty() {
            let _ = writeln!(text, "    e{number}[\"no revisions yet\"]");
        }
        for &revision in graph.revisions(branch).iter().rev() {
            let _ = writeln!(text, "    r{}[\"{}\"]", revision.as_usize(), label(picture, revision));
        }
        text.push_str("  end\n");
    }
    for revision in picture.revisions() {
        for parent in graph.parents(revision) {
            let _ = writeln!(text, "  r{} --> r{}", revision.as_usize(), parent.as_usize());
        }
        for needed in picture.dependencies(revision) {
            let _ = writeln!(text, "  r{} -.-> r{}", revision.as_usize(), needed.as_usize());
        }
    }
    for (from, edge) in picture.references() {
        let number = graph.branch_index(edge.to.as_str()).unwrap_or_default();
        let label = escaped(&one_line(&edge.label));
        let written = if label.is_empty() { String::new() } else { format!("|\"{label}\"|") };
        let _ = writeln!(text, "  r{} ==>{written} b{number}", from.as_usize());
    }
    text
}

fn label(picture: &Picture<'_>, revision: RevisionIndex) -> String {
    let node = picture.graph.node(revision);
    let mut first = node.key.id.to_string();
    for mark in marks(picture.graph, revision) {
        let _ = write!(first, " ({mark})");
    }
    let lines = [first, one_line(&node.description)];
    lines.iter().filter(|line| !line.is_empty()).map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")
}

/// Quotes end a label, backticks make it Markdown, `%%{` is read as a directive even inside it: of the ASCII signs, only
/// those that mean nothing are left as they are.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() && !character.is_ascii_alphanumeric() && !" .,:_-+/()@=!?'".contains(character) {
            let _ = write!(escaped, "#{};", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}
