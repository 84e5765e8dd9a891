//! The history for a terminal: lines and forks beside one line of text a revision.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use renderdag::{Ancestor, GraphRowRenderer, Renderer};

use crate::graph::Graph;
use crate::graph::node::RevisionIndex;
use crate::graph::set::RevisionSet;
use crate::listing::listed;

use super::{Picture, ReferenceEdge, marks, one_line};
use crate::names::{BranchName, RevisionKey};

pub(super) fn draw(picture: &Picture<'_>) -> String {
    let mut text = String::new();
    for branch in picture.branches() {
        if !text.is_empty() {
            text.push('\n');
        }
        let revisions = picture.graph.revisions(branch);
        match revisions.len() {
            0 => text.push_str(&format!("{branch}: no revisions yet\n")),
            1 => text.push_str(&format!("{branch}: 1 revision\n")),
            count => text.push_str(&format!("{branch}: {count} revisions\n")),
        }
        let of_branch = picture.references.iter().filter(|reference| reference.from.branch == *branch);
        text.push_str(&rows(picture.graph, revisions, of_branch));
    }
    text
}

/// Some revisions, given each after its parents, drawn newest first. A line that goes on beyond them ends in `~`.
#[must_use]
pub fn text_of(graph: &Graph, revisions: &[RevisionIndex]) -> String {
    rows(graph, revisions, [])
}

fn rows<'a>(
    graph: &Graph,
    revisions: &[RevisionIndex],
    references: impl IntoIterator<Item = &'a ReferenceEdge>,
) -> String {
    let mut of_revision: BTreeMap<&RevisionKey, BTreeMap<&BranchName, Vec<&str>>> = BTreeMap::new();
    for reference in references.into_iter().filter(|reference| reference.to != reference.from.branch) {
        let to = of_revision.entry(&reference.from).or_default().entry(&reference.to).or_default();
        to.push(&reference.label);
    }
    let drawn: RevisionSet = revisions.iter().copied().collect();
    let mut renderer = GraphRowRenderer::new().output().with_min_row_height(1).build_box_drawing();
    let mut text = String::new();
    for &revision in revisions.iter().rev() {
        let parents = graph
            .parents(revision)
            .map(|parent| if drawn.contains(parent) { Ancestor::Parent(parent) } else { Ancestor::Anonymous })
            .collect();
        let mut line = line_of(graph, revision);
        for (branch, columns) in of_revision.get(graph.key(revision)).into_iter().flatten() {
            let _ = write!(line, "  refers to {branch} by {}", one_line(&listed(columns)));
        }
        text.push_str(&renderer.next_row(revision, parents, "o".to_owned(), line));
    }
    text
}

fn line_of(graph: &Graph, revision: RevisionIndex) -> String {
    let node = graph.node(revision);
    let mut line = node.key.to_string();
    let marks = marks(graph, revision);
    if !marks.is_empty() {
        let _ = write!(line, " ({})", listed(marks));
    }
    let description = one_line(&node.description);
    if !description.is_empty() {
        let _ = write!(line, "  {description}");
    }
    let needed: Vec<_> = graph.needed(revision).map(|needed| one_line(&needed)).collect();
    if !needed.is_empty() {
        let _ = write!(line, "  needs {}", listed(needed));
    }
    line
}
