//! What goes up or down for some targets, in which order, and why each step is among them.
//!
//! Up goes all that the targets' revisions follow or depend on, and is not applied; down goes all that is applied and
//! follows or depends on what the targets take. A dependency counts only where the revision that has it is itself a
//! step: one that is met says nothing more, and so a database that no step needs is never asked. Parents are followed
//! through revisions that are no steps too, since a revision that was inserted later may be beyond them.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction::{Incoming, Outgoing};

use crate::names::BranchName;

use super::Graph;
use super::goal::Finder;
use super::node::{Edge, RevisionIndex};
use super::order::in_order;
use super::resolve::locate;
use super::set::RevisionSet;
use super::target::Target;
use super::target_error::TargetError;
use super::walk::spread;

/// Which way a run goes. No run goes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Revisions are applied.
    Up,
    /// Revisions are taken back.
    Down,
}

/// The revisions that a run takes, one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Which way they go.
    pub direction: Direction,
    /// The branches that the targets name, by name.
    pub branches: BTreeSet<BranchName>,
    /// The steps, in the order in which to take them.
    pub steps: Vec<RevisionIndex>,
    /// Those steps that the targets themselves ask for: found from them without leaving their branches.
    pub own: RevisionSet,
    /// All other steps, each with the steps that drag it along: going up those that need it, going down those it needs.
    /// Mostly of branches that no target names; of a named branch where they lie beyond its target.
    pub foreign: BTreeMap<RevisionIndex, Vec<RevisionIndex>>,
    /// Why each step is there: the reason nearest to a target.
    pub why: BTreeMap<RevisionIndex, Why>,
}

/// Why a step is in a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// This target asks for it.
    Target(String),
    /// Up: this step follows it.
    ParentOf(RevisionIndex),
    /// Up: this step depends on it.
    NeededBy(RevisionIndex),
    /// Down: it follows this step, which goes.
    ChildOf(RevisionIndex),
    /// Down: it depends on this step, which goes.
    DependsOn(RevisionIndex),
}

impl Selection {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The foreign steps that no foreign step follows, by branch and id. Going up, these as targets bring all of them.
    #[must_use]
    pub fn foreign_tips(&self, graph: &Graph) -> Vec<RevisionIndex> {
        let is_tip = |&step: &RevisionIndex| !graph.children(step).any(|child| self.foreign.contains_key(&child));
        self.foreign.keys().copied().filter(is_tip).collect()
    }
}

/// What an upgrade to the targets applies.
///
/// # Errors
///
/// [`TargetError`], for the first target that cannot be followed.
pub fn select_up(graph: &Graph, applied: &RevisionSet, targets: &[Target]) -> Result<Selection, TargetError> {
    select(graph, applied, Direction::Up, targets)
}

/// What a downgrade to the targets takes back.
///
/// # Errors
///
/// [`TargetError`], for the first target that cannot be followed.
pub fn select_down(graph: &Graph, applied: &RevisionSet, targets: &[Target]) -> Result<Selection, TargetError> {
    select(graph, applied, Direction::Down, targets)
}

/// The branches that the targets name. Their databases are always asked.
///
/// # Errors
///
/// [`TargetError`], for the first target whose names are not found.
pub fn branches_named(graph: &Graph, targets: &[Target]) -> Result<BTreeSet<BranchName>, TargetError> {
    let mut named = BTreeSet::new();
    for target in targets {
        named.extend(locate(graph, target)?.iter().map(|located| graph.branches[located.branch].name.clone()));
    }
    Ok(named)
}

/// The branches whose state must be read before a selection can be trusted, given those that were `read` already.
///
/// First those that the targets name; then, as far as what was read shows that they matter, those that steps depend on
/// (up) or that hold dependents of steps (down). Ask again after reading them, until none is left. A branch is not
/// among them only because it might matter: a met dependency needs no database.
///
/// # Errors
///
/// [`TargetError`], for the first target that cannot be followed.
pub fn branches_to_read(
    graph: &Graph,
    applied: &RevisionSet,
    read: &BTreeSet<BranchName>,
    direction: Direction,
    targets: &[Target],
) -> Result<BTreeSet<BranchName>, TargetError> {
    let named: BTreeSet<BranchName> = branches_named(graph, targets)?.difference(read).cloned().collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let goals = Goals::find(graph, applied, direction, targets)?;
    let mut gathered = Gathered::of(Ways { graph, applied, direction }, &goals, targets);
    gathered.leave_branches(Some(read));
    Ok(gathered.unread)
}

/// The revisions that go down with these, within their branches.
pub(super) fn taken_down(graph: &Graph, applied: &RevisionSet, seeds: &[RevisionIndex]) -> RevisionSet {
    let goals = Goals { seeds: seeds.iter().map(|&seed| (seed, 0)).collect(), ..Goals::default() };
    Gathered::of(Ways { graph, applied, direction: Direction::Down }, &goals, &[]).steps
}

fn select(
    graph: &Graph,
    applied: &RevisionSet,
    direction: Direction,
    targets: &[Target],
) -> Result<Selection, TargetError> {
    let goals = Goals::find(graph, applied, direction, targets)?;
    let mut gathered = Gathered::of(Ways { graph, applied, direction }, &goals, targets);
    let own = gathered.steps.clone();
    gathered.leave_branches(None);
    let Gathered { steps, why, ways, .. } = gathered;
    goals.check_what_stays(graph, &steps, targets)?;
    let foreign = steps
        .iter()
        .filter(|&step| !own.contains(step))
        .map(|step| (step, ways.dragged_by(step).filter(|&other| steps.contains(other)).collect()))
        .collect();
    let branches = goals.branches.iter().map(|&branch| graph.branches[branch].name.clone()).collect();
    let members: Vec<RevisionIndex> = steps.iter().collect();
    let steps = in_order(graph, direction, members.iter().copied());
    Ok(Selection { direction, branches, steps, own, foreign, why })
}

/// What the targets come to, each with the place of its target.
#[derive(Default)]
struct Goals {
    branches: BTreeSet<usize>,
    seeds: BTreeMap<RevisionIndex, usize>,
    stays: Vec<(RevisionIndex, usize)>,
}

impl Goals {
    fn find(
        graph: &Graph,
        applied: &RevisionSet,
        direction: Direction,
        targets: &[Target],
    ) -> Result<Self, TargetError> {
        let mut goals = Self::default();
        for (place, target) in targets.iter().enumerate() {
            for located in locate(graph, target)? {
                goals.branches.insert(located.branch);
                let finder = Finder { graph, applied, target, located };
                let seeds = match direction {
                    Direction::Up => finder.up()?,
                    Direction::Down => {
                        let goal = finder.down()?;
                        goals.stays.extend(goal.stays.into_iter().map(|revision| (revision, place)));
                        goal.seeds
                    }
                };
                for seed in seeds {
                    goals.seeds.entry(seed).or_insert(place);
                }
            }
        }
        Ok(goals)
    }

    fn check_what_stays(&self, graph: &Graph, steps: &RevisionSet, targets: &[Target]) -> Result<(), TargetError> {
        match self.stays.iter().find(|(revision, _)| steps.contains(*revision)) {
            None => Ok(()),
            Some(&(revision, place)) => Err(TargetError::Contradiction {
                target: targets[place].to_string(),
                revision: graph.key(revision).clone(),
            }),
        }
    }
}

/// The edges of the graph in the direction in which one step drags others along.
#[derive(Clone, Copy)]
struct Ways<'a> {
    graph: &'a Graph,
    applied: &'a RevisionSet,
    direction: Direction,
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

    fn dragged_by(&self, step: RevisionIndex) -> impl Iterator<Item = RevisionIndex> + use<'a> {
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

struct Gathered<'a> {
    ways: Ways<'a>,
    seen: RevisionSet,
    steps: RevisionSet,
    why: BTreeMap<RevisionIndex, Why>,
    unread: BTreeSet<BranchName>,
}

impl<'a> Gathered<'a> {
    /// What the goals ask for without leaving their branches.
    fn of(ways: Ways<'a>, goals: &Goals, targets: &[Target]) -> Self {
        let (mut seen, mut steps, mut why) = (RevisionSet::new(), RevisionSet::new(), BTreeMap::new());
        let graph = ways.graph;
        spread(
            goals.seeds.keys().map(|&at| Arrival { at, by: Edge::Parent }),
            |arrival, from: Option<Arrival>| {
                let fresh = ways.leads_to(arrival) && seen.insert(arrival.at);
                if fresh && ways.is_step(arrival.at) {
                    steps.insert(arrival.at);
                    let reason = match from {
                        Some(from) => ways.reason(from.at, arrival.by),
                        None => Why::Target(target_of(goals, targets, arrival.at)),
                    };
                    why.insert(arrival.at, reason);
                }
                fresh
            },
            |from| ways.onward(from.at).filter(move |to| graph.branch_of(to.at) == graph.branch_of(from.at)),
        );
        Self { ways, seen, steps, why, unread: BTreeSet::new() }
    }

    /// Goes on over dependencies, into all branches or only into those whose state is known.
    fn leave_branches(&mut self, read: Option<&BTreeSet<BranchName>>) {
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

fn target_of(goals: &Goals, targets: &[Target], seed: RevisionIndex) -> String {
    goals.seeds.get(&seed).and_then(|&place| targets.get(place)).map(Target::to_string).unwrap_or_default()
}
