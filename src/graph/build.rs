//! From loose revisions to a sound graph, or to the whole list of what is wrong with them.
//!
//! One run reports everything: a revision that is wrong in one way stays in the graph, so that it causes no second error.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::direction::Direction;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::suggest::did_you_mean;

use super::error::{CycleStep, GraphError};
use super::node::{Edge, Node, RevisionIndex};
use super::order::in_order;
use super::walk::cycle_through;
use super::{Branch, Graph, index_of};

/// Looking for near names costs a pass over the branch; after so many errors nobody reads the next suggestion.
const SUGGESTIONS: usize = 20;

pub(super) fn build(branches: &[BranchName], nodes: Vec<Node>) -> Result<Graph, Vec<GraphError>> {
    let mut errors = Vec::new();
    let nodes = without_duplicates(nodes, &mut errors);
    let mut graph = without_edges(branches, nodes);
    reject_unknown_branches(&graph, branches, &mut errors);
    add_edges(&mut graph, &mut errors);
    let everything = (0..u32::try_from(graph.len()).unwrap_or(u32::MAX)).map(RevisionIndex);
    graph.order = in_order(&graph, Direction::Up, everything);
    if graph.order.len() < graph.len() {
        add_cycles(&graph, &mut errors);
    }
    if errors.is_empty() {
        fill_branches(&mut graph);
        return Ok(graph);
    }
    errors.sort_by_cached_key(|error| (error.revision().cloned(), error.to_string()));
    Err(errors)
}

fn without_duplicates(mut nodes: Vec<Node>, errors: &mut Vec<GraphError>) -> Vec<Node> {
    nodes.sort_by(|a, b| (&a.key, &a.file).cmp(&(&b.key, &b.file)));
    let mut unique: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut repeated: BTreeMap<RevisionKey, Vec<std::path::PathBuf>> = BTreeMap::new();
    for node in nodes {
        match unique.last() {
            Some(first) if first.key == node.key => {
                repeated.entry(node.key).or_insert_with(|| vec![first.file.clone()]).push(node.file);
            }
            _ => unique.push(node),
        }
    }
    errors.extend(repeated.into_iter().map(|(revision, files)| GraphError::Duplicate { revision, files }));
    unique
}

fn without_edges(branches: &[BranchName], nodes: Vec<Node>) -> Graph {
    let mut names: Vec<&BranchName> = branches.iter().collect();
    let mut last = None;
    for node in &nodes {
        if last != Some(&node.key.branch) {
            names.push(&node.key.branch);
            last = Some(&node.key.branch);
        }
    }
    names.sort_unstable();
    names.dedup();
    let mut branch_of = Vec::with_capacity(nodes.len());
    let mut all = Vec::with_capacity(names.len());
    let mut start = 0;
    for name in names {
        let count = nodes[start..].iter().take_while(|node| node.key.branch == *name).count();
        branch_of.extend(std::iter::repeat_n(all.len(), count));
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let revisions = place(start)..place(start + count);
        all.push(Branch { name: name.clone(), revisions, order: Vec::new(), heads: Vec::new(), bases: Vec::new() });
        start += count;
    }
    let mut dag = DiGraph::with_capacity(nodes.len(), nodes.len());
    for node in nodes {
        dag.add_node(node);
    }
    Graph { dag, branches: all, branch_of, order: Vec::new() }
}

fn reject_unknown_branches(graph: &Graph, branches: &[BranchName], errors: &mut Vec<GraphError>) {
    let known: BTreeSet<&BranchName> = branches.iter().collect();
    for branch in &graph.branches {
        if !known.contains(&branch.name) && !branch.revisions.is_empty() {
            let first = graph.node(RevisionIndex(branch.revisions.start));
            errors.push(GraphError::UnknownBranch {
                revision: first.key.clone(),
                file: first.file.clone(),
                suggestion: did_you_mean(branch.name.as_str(), known.iter().map(|name| name.as_str())),
            });
        }
    }
}

/// Petgraph hands out a node's edges last first; adding them in reverse makes every list of neighbours sorted.
fn add_edges(graph: &mut Graph, errors: &mut Vec<GraphError>) {
    let mut finder = EdgeFinder { graph, suggestions: SUGGESTIONS, errors };
    let mut edges = Vec::with_capacity(finder.graph.len());
    for place in 0..u32::try_from(finder.graph.len()).unwrap_or(u32::MAX) {
        finder.edges_of(RevisionIndex(place), &mut edges);
    }
    edges.sort_unstable();
    edges.dedup();
    graph.dag.reserve_exact_edges(edges.len());
    for (from, to, edge) in edges.into_iter().rev() {
        graph.dag.add_edge(NodeIndex::new(from.as_usize()), NodeIndex::new(to.as_usize()), edge);
    }
}

struct EdgeFinder<'a> {
    graph: &'a Graph,
    suggestions: usize,
    errors: &'a mut Vec<GraphError>,
}

impl EdgeFinder<'_> {
    fn edges_of(&mut self, revision: RevisionIndex, edges: &mut Vec<(RevisionIndex, RevisionIndex, Edge)>) {
        let graph = self.graph;
        let node = graph.node(revision);
        let branch = graph.branch_of(revision);
        for (position, parent) in node.parents.iter().enumerate() {
            if node.parents[..position].contains(parent) {
                self.reject_repeated_parent(node, parent);
            } else if *parent == node.key.id {
                self.reject_self_loop(node, Edge::Parent);
            } else if let Some(found) = graph.find_in(branch, parent) {
                edges.push((revision, found, Edge::Parent));
            } else {
                self.reject_parent(node, branch, parent);
            }
        }
        for dependency in &node.depends_on {
            if *dependency == node.key {
                self.reject_self_loop(node, Edge::DependsOn);
            } else if let Some(found) = graph.find(dependency) {
                edges.push((revision, found, Edge::DependsOn));
            } else {
                self.reject_dependency(node, dependency);
            }
        }
        let provided = node.references.iter().filter_map(|need| graph.find(&need.on));
        edges.extend(provided.map(|found| (revision, found, Edge::DependsOn)));
        if node.replaces.contains(&node.key.id) {
            self.errors.push(GraphError::ReplacesItself { revision: node.key.clone(), file: node.file.clone() });
        }
    }

    fn reject_repeated_parent(&mut self, node: &Node, parent: &RevisionId) {
        let (revision, file) = (node.key.clone(), node.file.clone());
        self.errors.push(GraphError::RepeatedParent { revision, file, parent: parent.clone() });
    }

    fn reject_self_loop(&mut self, node: &Node, edge: Edge) {
        self.errors.push(GraphError::SelfLoop { revision: node.key.clone(), file: node.file.clone(), edge });
    }

    fn reject_parent(&mut self, node: &Node, branch: usize, parent: &RevisionId) {
        let (revision, file, parent) = (node.key.clone(), node.file.clone(), parent.clone());
        let suggestion = self.near_id(branch, &parent, Some(&node.key.id));
        let elsewhere: Vec<RevisionKey> = (0..self.graph.branches.len())
            .filter_map(|other| self.graph.find_in(other, &parent))
            .map(|found| self.graph.key(found).clone())
            .collect();
        self.errors.push(if elsewhere.is_empty() {
            GraphError::UnknownParent { revision, file, parent, suggestion }
        } else {
            GraphError::ParentInOtherBranch { revision, file, parent, elsewhere, suggestion }
        });
    }

    fn reject_dependency(&mut self, node: &Node, dependency: &RevisionKey) {
        let (revision, file, dependency) = (node.key.clone(), node.file.clone(), dependency.clone());
        let error = match self.graph.branch_index(dependency.branch.as_str()) {
            Some(branch) => {
                let suggestion = self.near_id(branch, &dependency.id, None);
                GraphError::UnknownDependency { revision, file, dependency, suggestion }
            }
            None => {
                let names = self.graph.branches().map(BranchName::as_str);
                let suggestion = did_you_mean(dependency.branch.as_str(), names);
                GraphError::DependencyOnUnknownBranch { revision, file, dependency, suggestion }
            }
        };
        self.errors.push(error);
    }

    fn near_id(&mut self, branch: usize, wanted: &RevisionId, but_not: Option<&RevisionId>) -> Option<String> {
        self.suggestions = self.suggestions.checked_sub(1)?;
        let ids = self.graph.ids_of(branch).map(|(_, id)| id).filter(|&id| Some(id) != but_not);
        did_you_mean(wanted.as_str(), ids.map(RevisionId::as_str))
    }
}

/// Not petgraph's Tarjan, which is recursive.
fn add_cycles(graph: &Graph, errors: &mut Vec<GraphError>) {
    for component in kosaraju_scc(&graph.dag) {
        let Some(first) = component.iter().copied().min().filter(|_| component.len() > 1) else { continue };
        let members: BTreeSet<NodeIndex> = component.into_iter().collect();
        let within = |node| graph.dag.neighbors(node).filter(|next| members.contains(next));
        let path = cycle_through(first, within);
        let steps = path.iter().enumerate().map(|(position, &node)| {
            let next = path[(position + 1) % path.len()];
            // A parent that is a dependency as well is a parent first.
            let edge = graph.dag.edges_connecting(node, next).map(|edge| *edge.weight()).min();
            let edge = edge.unwrap_or(Edge::Parent);
            let (of, to) = (index_of(node), index_of(next));
            let reference = graph.references_behind(of, to).next().filter(|_| edge == Edge::DependsOn);
            let Node { key, file, .. } = graph.node(of);
            CycleStep { revision: key.clone(), file: file.clone(), edge, reference: reference.map(str::to_owned) }
        });
        errors.push(GraphError::Cycle { path: steps.collect() });
    }
}

fn fill_branches(graph: &mut Graph) {
    for position in 0..graph.order.len() {
        let revision = graph.order[position];
        let is_base = graph.parents(revision).next().is_none();
        let is_head = graph.children(revision).next().is_none();
        let branch = &mut graph.branches[graph.branch_of[revision.as_usize()]];
        branch.order.push(revision);
        if is_base {
            branch.bases.push(revision);
        }
        if is_head {
            branch.heads.push(revision);
        }
    }
    for branch in &mut graph.branches {
        branch.bases.sort_unstable();
        branch.heads.sort_unstable();
    }
}
