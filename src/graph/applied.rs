//! What is applied, seen against the graph.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::{BranchName, RevisionId};

use super::node::RevisionIndex;
use super::set::RevisionSet;
use super::{Branch, Graph};

/// The applied revisions of each branch as a set; those that the graph does not know are left out.
#[must_use]
pub fn applied_set(graph: &Graph, applied: &BTreeMap<BranchName, BTreeSet<RevisionId>>) -> RevisionSet {
    applied
        .iter()
        .filter_map(|(name, ids)| Some((graph.branch_index(name.as_str())?, ids)))
        .flat_map(|(branch, ids)| ids.iter().filter_map(move |id| graph.find_in(branch, id)))
        .collect()
}

/// The applied heads of a branch, by id: the applied revisions below no other one.
#[must_use]
pub fn current_heads(graph: &Graph, applied: &RevisionSet, branch: &BranchName) -> Vec<RevisionIndex> {
    graph.branch(branch).map_or_else(Vec::new, |branch| heads_of(graph, applied, branch))
}

/// A revision counts as below another also where one between them is not applied.
pub(super) fn heads_of(graph: &Graph, applied: &RevisionSet, branch: &Branch) -> Vec<RevisionIndex> {
    let mut below = RevisionSet::new();
    let mut heads = Vec::new();
    for &revision in branch.order.iter().rev() {
        let is_below = below.contains(revision);
        if is_below || applied.contains(revision) {
            below.extend(graph.parents(revision));
        }
        if !is_below && applied.contains(revision) {
            heads.push(revision);
        }
    }
    heads.sort_unstable();
    heads
}
