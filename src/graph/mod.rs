//! The revision graph: what the revisions of all branches are to each other.
//!
//! It decides what a target means, what goes up or down for it, why, and in which order. It is pure: it reads no file and
//! asks no database; what is applied is given to it. It has no policy: it lists what other branches have to do with a
//! selection, and what is odd about a state, and the planner refuses or goes on.
//!
//! Two kinds of edge make one acyclic graph: a revision follows its parents within its branch, and depends on revisions of
//! any branch. Heads, lines and relative targets look at parents only.

mod applied;
mod build;
pub mod draw;
mod error;
mod gather;
mod goal;
mod goal_error;
mod history;
mod node;
mod one;
mod order;
mod resolve;
mod select;
mod set;
mod target;
mod target_error;
#[cfg(test)]
mod tests;
mod walk;

use std::ops::Range;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::listing::listed;
use crate::names::{BranchName, RevisionId, RevisionKey};

pub use applied::{
    Inserted, MissingDependency, Oddities, Recorded, Records, current_heads, examine, left_standing, recorded_set,
};
pub use error::{CycleStep, GraphError};
pub use history::{HistoryRange, history};
pub use node::{Edge, Node, ReferenceNeed, RevisionIndex};
pub use one::find_one;
pub use select::{Selection, Why, branches_named, branches_to_read, select_down, select_up};
pub use set::RevisionSet;
pub use target::{Name, Offset, Point, Target};
pub use target_error::TargetError;

use walk::spread;

/// All revisions of all branches, known to be sound: every edge leads somewhere, and none in a circle.
#[derive(Debug, Clone)]
pub struct Graph {
    /// An edge leads from a revision to what it needs. Nodes stand by branch name and id; the edges of a node come out
    /// in the order of what they lead to.
    dag: DiGraph<Node, Edge>,
    branches: Vec<Branch>,
    /// The place in `branches` of each revision's branch.
    branch_of: Vec<usize>,
    order: Vec<RevisionIndex>,
}

#[derive(Debug, Clone)]
struct Branch {
    name: BranchName,
    /// Its revisions; they stand together.
    revisions: Range<u32>,
    order: Vec<RevisionIndex>,
    heads: Vec<RevisionIndex>,
    bases: Vec<RevisionIndex>,
}

impl Graph {
    /// Puts the revisions of a project together. `branches` are all its branches, also those without a revision.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, sorted by revision: see [`GraphError`].
    pub fn build(branches: &[BranchName], nodes: Vec<Node>) -> Result<Self, Vec<GraphError>> {
        build::build(branches, nodes)
    }

    /// How many revisions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.branch_of.len()
    }

    /// Whether there is no revision at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.branch_of.is_empty()
    }

    /// The revision of that name.
    #[must_use]
    pub fn find(&self, key: &RevisionKey) -> Option<RevisionIndex> {
        self.find_in(self.branch_index(key.branch.as_str())?, &key.id)
    }

    /// What is known of a revision.
    #[must_use]
    pub fn node(&self, revision: RevisionIndex) -> &Node {
        &self.dag[NodeIndex::new(revision.as_usize())]
    }

    /// A revision's name.
    #[must_use]
    pub fn key(&self, revision: RevisionIndex) -> &RevisionKey {
        &self.node(revision).key
    }

    /// The names of some revisions.
    fn keys(&self, revisions: &[RevisionIndex]) -> Vec<RevisionKey> {
        revisions.iter().map(|&revision| self.key(revision).clone()).collect()
    }

    /// The revisions that this one follows, by id.
    pub fn parents(&self, revision: RevisionIndex) -> impl Iterator<Item = RevisionIndex> + '_ {
        self.neighbours(revision, Outgoing, Edge::Parent)
    }

    /// The revisions that follow this one, by id.
    pub fn children(&self, revision: RevisionIndex) -> impl Iterator<Item = RevisionIndex> + '_ {
        self.neighbours(revision, Incoming, Edge::Parent)
    }

    /// The revisions that this one depends on, by branch and id.
    pub fn dependencies(&self, revision: RevisionIndex) -> impl Iterator<Item = RevisionIndex> + '_ {
        self.neighbours(revision, Outgoing, Edge::DependsOn)
    }

    /// The revisions that depend on this one, by branch and id.
    pub fn dependents(&self, revision: RevisionIndex) -> impl Iterator<Item = RevisionIndex> + '_ {
        self.neighbours(revision, Incoming, Edge::DependsOn)
    }

    /// The referring columns of the references by which one revision depends on another; none where its file says so.
    pub fn references_behind(&self, revision: RevisionIndex, needed: RevisionIndex) -> impl Iterator<Item = &str> + '_ {
        let key = self.key(needed);
        self.node(revision).references.iter().filter(move |need| need.on == *key).map(|need| need.from.as_str())
    }

    /// Why one revision depends on another, where a reference says so: `, by the reference projects.user_id`.
    #[must_use]
    pub fn by_reference(&self, revision: RevisionIndex, needed: RevisionIndex) -> String {
        let behind: Vec<&str> = self.references_behind(revision, needed).collect();
        match behind.len() {
            0 => String::new(),
            1 => format!(", by the reference {}", behind[0]),
            _ => format!(", by the references {}", listed(behind)),
        }
    }

    /// What a revision depends on, in words: `auth@0001 (by the reference projects.user_id)`.
    pub fn needed(&self, revision: RevisionIndex) -> impl Iterator<Item = String> + '_ {
        self.dependencies(revision).map(move |needed| {
            let by = self.by_reference(revision, needed);
            let by = by.strip_prefix(", ").map(|by| format!(" ({by})")).unwrap_or_default();
            format!("{}{by}", self.key(needed))
        })
    }

    /// Whether a revision comes before another within their branch, by parents alone.
    #[must_use]
    pub fn is_ancestor(&self, revision: RevisionIndex, of: RevisionIndex) -> bool {
        let mut seen = RevisionSet::new();
        spread([of], |at, _| seen.insert(at), |at| self.parents(at));
        revision != of && seen.contains(revision)
    }

    /// All branches, by name.
    pub fn branches(&self) -> impl ExactSizeIterator<Item = &BranchName> + '_ {
        self.branches.iter().map(|branch| &branch.name)
    }

    /// The revisions of a branch, each after what it needs; none if there is no such branch.
    #[must_use]
    pub fn revisions(&self, branch: &BranchName) -> &[RevisionIndex] {
        self.branch(branch).map_or(&[], |branch| &branch.order)
    }

    /// The revisions of a branch that nothing in it follows, by id.
    #[must_use]
    pub fn heads(&self, branch: &BranchName) -> &[RevisionIndex] {
        self.branch(branch).map_or(&[], |branch| &branch.heads)
    }

    /// The revisions that start a branch, by id.
    #[must_use]
    pub fn bases(&self, branch: &BranchName) -> &[RevisionIndex] {
        self.branch(branch).map_or(&[], |branch| &branch.bases)
    }

    /// All revisions, each after all it needs; where free, staying on a branch, then by branch name and id.
    #[must_use]
    pub fn order(&self) -> &[RevisionIndex] {
        &self.order
    }

    fn branch(&self, name: &BranchName) -> Option<&Branch> {
        self.branch_index(name.as_str()).map(|index| &self.branches[index])
    }

    fn branch_index(&self, name: &str) -> Option<usize> {
        self.branches.binary_search_by(|branch| branch.name.as_str().cmp(name)).ok()
    }

    fn branch_of(&self, revision: RevisionIndex) -> usize {
        self.branch_of[revision.as_usize()]
    }

    fn ids_of(&self, branch: usize) -> impl Iterator<Item = (RevisionIndex, &RevisionId)> + '_ {
        self.branches[branch].revisions.clone().map(RevisionIndex).map(|index| (index, &self.key(index).id))
    }

    fn find_in(&self, branch: usize, id: &RevisionId) -> Option<RevisionIndex> {
        let at = self.first_from(branch, id.as_str());
        (at < self.branches[branch].revisions.end).then_some(RevisionIndex(at)).filter(|&at| self.key(at).id == *id)
    }

    /// The revisions of a branch whose ids begin so, by id.
    fn with_prefix<'a>(&'a self, branch: usize, prefix: &'a str) -> impl Iterator<Item = RevisionIndex> + 'a {
        (self.first_from(branch, prefix)..self.branches[branch].revisions.end)
            .map(RevisionIndex)
            .take_while(move |&revision| self.key(revision).id.as_str().starts_with(prefix))
    }

    /// The place of the branch's first revision whose id is not less than the text.
    fn first_from(&self, branch: usize, id: &str) -> u32 {
        let Range { start: mut low, end: mut high } = self.branches[branch].revisions;
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(RevisionIndex(middle)).id.as_str() < id {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn neighbours(
        &self,
        revision: RevisionIndex,
        direction: petgraph::Direction,
        kind: Edge,
    ) -> impl Iterator<Item = RevisionIndex> + '_ {
        self.dag.edges_directed(NodeIndex::new(revision.as_usize()), direction).filter_map(move |edge| {
            let other = if direction == Outgoing { edge.target() } else { edge.source() };
            (*edge.weight() == kind).then(|| index_of(other))
        })
    }
}

fn index_of(node: NodeIndex) -> RevisionIndex {
    // Built with petgraph's default index, which is u32.
    RevisionIndex(u32::try_from(node.index()).unwrap_or(u32::MAX))
}
