//! The one order in which steps are taken: the same on every machine, whatever order files and hashes come in.

use crate::direction::Direction;

use super::node::RevisionIndex;
use super::walk::order_in_groups;
use super::{Graph, index_of};

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

/// Orders some revisions for a run.
///
/// Up: each after what it needs; down: each after what needs it. Where free, the order stays on a branch, then takes the
/// first branch by name, and within it the lowest id going up, the highest going down.
pub(super) fn in_order(
    graph: &Graph,
    direction: Direction,
    revisions: impl Iterator<Item = RevisionIndex> + Clone,
) -> Vec<RevisionIndex> {
    let (before, after) = match direction {
        Direction::Up => (Outgoing, Incoming),
        Direction::Down => (Incoming, Outgoing),
    };
    let rank = |node: usize| match direction {
        Direction::Up => node,
        Direction::Down => graph.len() - node,
    };
    let neighbours = |node: usize, way| graph.dag.neighbors_directed(NodeIndex::new(node), way).map(NodeIndex::index);
    order_in_groups(
        revisions.map(RevisionIndex::as_usize),
        graph.len(),
        |node| (graph.branch_of[node], rank(node)),
        |node| neighbours(node, before),
        |node| neighbours(node, after),
    )
    .into_iter()
    .map(|node| index_of(NodeIndex::new(node)))
    .collect()
}
