//! The walk that finds the steps of a selection: first within the branches of the targets, then beyond.
//!
//! A dependency counts only where the revision that has it is itself a step: one that is met says nothing more, and so
//! a database that no step needs is never asked. Parents are followed through revisions that are no steps too, since a
//! revision that was inserted later may be beyond them.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction::{Incoming, Outgoing};

use crate::direction::Direction;
use crate::names::BranchName;

use super::Graph;
use super::node::{Edge, RevisionIndex};
use super::select::Why;
use super::set::RevisionSet;
use super::walk::spread;

/// The edges of the graph in the direction in which one step drags others along.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a> {
    pub(super) graph: &'a Graph,
    pub(super) applied: &'a RevisionSet,
    pub(super) direction: Direction,
}

/// A revision, and the kind of edge by which it was come to.
#[derive(Clone, Copy)]
struct Arrival {
    at: RevisionIndex,
    by: Edge,
}

impl<'a> Ways<'a> {
    fn is_step(&self, revision: RevisionIndex) -> bool {
        self.applied.contains(revision) == (self.direction == Direction::Down)
    }

    fn onward(&self, from: RevisionIndex) -> impl Iterator<Item = Arrival> + use<'a> {
        let way = match self.direction {
            Direction::Up => Outgoing,
            Direction::Down => Incoming,
        };
        let graph = self.graph;
        let kin = graph.neighbours(from, way, Edge::Parent).map(|at| Arrival { at, by: Edge::Parent });
        let others = self.is_step(from).then(|| graph.neighbours(from, way, Edge::DependsOn)).into_iter().flatten();
        kin.chain(others.map(|at| Arrival { at, by: Edge::DependsOn }))
    }

    /// A dependency that is met, or a dependent that is not applied, is not come to by that edge.
    fn leads_to(&self, arrival: Arrival) -> bool {
        arrival.by == Edge::Parent || self.is_step(arrival.at)
    }

    /// The revisions that drag this one along, should it be a step.
    pub(super) fn dragged_by(&self, step: RevisionIndex) -> impl Iterator<Item = RevisionIndex> + use<'a> {
        let way = match self.direction {
            Direction::Up => Incoming,
            Direction::Down => Outgoing,
        };
        let graph = self.graph;
        let kin = graph.neighbours(step, way, Edge::Parent);
        let others = graph.neighbours(step, way, Edge::DependsOn).filter(move |&other| {
            // Named once where it is parent and dependency.
            !graph.neighbours(step, way, Edge::Parent).any(|kin| kin == other)
        });
        kin.chain(others)
    }

    fn reason(&self, from: RevisionIndex, by: Edge) -> Why {
        match (self.direction, by) {
            (Direction::Up, Edge::Parent) => Why::ParentOf(from),
            (Direction::Up, Edge::DependsOn) => Why::NeededBy(from),
            (Direction::Down, Edge::Parent) => Why::ChildOf(from),
            (Direction::Down, Edge::DependsOn) => Why::DependsOn(from),
        }
    }
}

/// The steps as far as they are found.
pub(super) struct Gathered<'a> {
    pub(super) ways: Ways<'a>,
    seen: RevisionSet,
    pub(super) steps: RevisionSet,
    pub(super) why: BTreeMap<RevisionIndex, Why>,
    /// The branches before which the walk stopped, because their state is not known.
    pub(super) unread: BTreeSet<BranchName>,
}

impl<'a> Gathered<'a> {
    /// What is asked for by some revisions, each with its reason, without leaving their branches.
    pub(super) fn within_branches(ways: Ways<'a>, seeds: &BTreeMap<RevisionIndex, Why>) -> Self {
        let (mut seen, mut steps, mut why) = (RevisionSet::new(), RevisionSet::new(), BTreeMap::new());
        let graph = ways.graph;
        spread(
            seeds.keys().map(|&at| Arrival { at, by: Edge::Parent }),
            |arrival, from: Option<Arrival>| {
                let fresh = ways.leads_to(arrival) && seen.insert(arrival.at);
                if fresh && ways.is_step(arrival.at) {
                    steps.insert(arrival.at);
                    let reason = match from {
                        Some(from) => Some(ways.reason(from.at, arrival.by)),
                        None => seeds.get(&arrival.at).cloned(),
                    };
                    why.extend(reason.map(|reason| (arrival.at, reason)));
                }
                fresh
            },
            |from| ways.onward(from.at).filter(move |to| graph.branch_of(to.at) == graph.branch_of(from.at)),
        );
        Self { ways, seen, steps, why, unread: BTreeSet::new() }
    }

    /// Goes on over dependencies, into all branches or only into those whose state is known.
    pub(super) fn leave_branches(&mut self, read: Option<&BTreeSet<BranchName>>) {
        let Self { ways, seen, steps, why, unread } = self;
        let graph = ways.graph;
        let own: Vec<RevisionIndex> = steps.iter().collect();
        spread(
            own.into_iter().map(|at| Arrival { at, by: Edge::Parent }),
            |arrival, from: Option<Arrival>| {
                let Some(from) = from else { return true };
                let branch = &graph.key(arrival.at).branch;
                if read.is_some_and(|read| !read.contains(branch)) {
                    unread.insert(branch.clone());
                    return false;
                }
                let fresh = ways.leads_to(arrival) && seen.insert(arrival.at);
                if fresh && ways.is_step(arrival.at) {
                    steps.insert(arrival.at);
                    why.insert(arrival.at, ways.reason(from.at, arrival.by));
                }
                fresh
            },
            |from| ways.onward(from.at),
        );
    }
}
