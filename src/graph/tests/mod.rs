//! The graph as its callers use it, on graphs written down in a line.

mod ambiguous;
mod building;
mod drawing;
mod model;
mod selecting;
mod targets;

use std::path::PathBuf;

use crate::names::{BranchName, RevisionId, RevisionKey};

use super::{Graph, GraphError, Node, RevisionIndex, RevisionSet, Target};

/// A revision as `auth@0003: 0001 0002 | specs@0001`, parents before the bar and dependencies after it.
pub(super) fn node(text: &str) -> Node {
    let (key, rest) = text.split_once(':').unwrap();
    let key: RevisionKey = key.trim().parse().unwrap();
    let (parents, depends_on) = rest.split_once('|').unwrap_or((rest, ""));
    Node {
        parents: parents.split_whitespace().map(|id| id.parse().unwrap()).collect(),
        depends_on: depends_on.split_whitespace().map(|key| key.parse().unwrap()).collect(),
        references: Vec::new(),
        replaces: Vec::new(),
        file: PathBuf::from(format!("migrations/{}/{}/revision.toml", key.branch, key.id)),
        description: format!("what {key} does"),
        key,
    }
}

/// Revisions, divided by semicolons.
pub(super) fn nodes(text: &str) -> Vec<Node> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(node).collect()
}

pub(super) fn branches(names: &str) -> Vec<BranchName> {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

pub(super) fn try_graph(names: &str, text: &str) -> Result<Graph, Vec<GraphError>> {
    Graph::build(&branches(names), nodes(text))
}

/// A graph with the branches that the revisions have.
pub(super) fn graph(text: &str) -> Graph {
    let nodes = nodes(text);
    let branches: Vec<BranchName> = nodes.iter().map(|node| node.key.branch.clone()).collect();
    Graph::build(&branches, nodes).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

pub(super) fn index(graph: &Graph, key: &str) -> RevisionIndex {
    graph.find(&key.parse().unwrap()).unwrap_or_else(|| panic!("{key}"))
}

pub(super) fn set(graph: &Graph, keys: &str) -> RevisionSet {
    keys.split_whitespace().map(|key| index(graph, key)).collect()
}

/// All revisions of some branches.
pub(super) fn all_of(graph: &Graph, names: &str) -> RevisionSet {
    branches(names).iter().flat_map(|name| graph.revisions(name)).copied().collect()
}

pub(super) fn targets(text: &str) -> Vec<Target> {
    text.split_whitespace().map(|target| target.parse().unwrap()).collect()
}

pub(super) fn names(graph: &Graph, revisions: impl IntoIterator<Item = RevisionIndex>) -> String {
    let names: Vec<String> = revisions.into_iter().map(|revision| graph.key(revision).to_string()).collect();
    names.join(" ")
}

pub(super) fn id(text: &str) -> RevisionId {
    text.parse().unwrap()
}
