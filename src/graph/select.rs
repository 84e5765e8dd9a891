//! What goes up or down for some targets, in which order, and why each step is among them.
//!
//! Up goes all that the targets' revisions follow or depend on, and is not applied; down goes all that is applied and
//! follows or depends on what the targets take. What is of other branches is listed with what drags it along: whether
//! it may come is the caller's question.

use std::collections::{BTreeMap, BTreeSet};

use crate::direction::Direction;
use crate::names::BranchName;

use super::Graph;
use super::gather::{Gathered, Ways};
use super::goal::Finder;
use super::node::RevisionIndex;
use super::order::in_order;
use super::resolve::{Located, is_line, locate};
use super::set::RevisionSet;
use super::target::Target;
use super::target_error::TargetError;

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
pub fn branches_named(
    graph: &Graph,
    direction: Direction,
    targets: &[Target],
) -> Result<BTreeSet<BranchName>, TargetError> {
    let mut named = BTreeSet::new();
    for target in targets {
        named.extend(
            places(graph, direction, target)?.iter().map(|located| graph.branches[located.branch].name.clone()),
        );
    }
    Ok(named)
}

/// What a target names; lines only for a downgrade.
fn places(graph: &Graph, direction: Direction, target: &Target) -> Result<Vec<Located>, TargetError> {
    if direction == Direction::Up && is_line(graph, target) {
        return Err(TargetError::WrongWay {
            target: target.to_string(),
            direction,
            why: "it takes one line down",
            suggestion: "an upgrade brings whole branches to a point: name the revision alone".to_owned(),
        });
    }
    locate(graph, target)
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
    let named: BTreeSet<BranchName> = branches_named(graph, direction, targets)?.difference(read).cloned().collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let goals = Goals::find(graph, applied, direction, targets)?;
    let mut gathered = Gathered::within_branches(Ways { graph, applied, direction }, &goals.seeds);
    gathered.leave_branches(Some(read));
    Ok(gathered.unread)
}

/// The revisions that go down with these, within their branches.
pub(super) fn taken_down(graph: &Graph, applied: &RevisionSet, seeds: &[RevisionIndex]) -> RevisionSet {
    let seeds = seeds.iter().map(|&seed| (seed, Why::Target(String::new()))).collect();
    Gathered::within_branches(Ways { graph, applied, direction: Direction::Down }, &seeds).steps
}

fn select(
    graph: &Graph,
    applied: &RevisionSet,
    direction: Direction,
    targets: &[Target],
) -> Result<Selection, TargetError> {
    let goals = Goals::find(graph, applied, direction, targets)?;
    let mut gathered = Gathered::within_branches(Ways { graph, applied, direction }, &goals.seeds);
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

/// What the targets come to.
#[derive(Default)]
struct Goals {
    branches: BTreeSet<usize>,
    seeds: BTreeMap<RevisionIndex, Why>,
    /// What the targets keep applied, each with the place of its target.
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
            for located in places(graph, direction, target)? {
                goals.branches.insert(located.branch);
                let finder = Finder::new(graph, applied, direction, target, located);
                let seeds = match direction {
                    Direction::Up => finder.up()?,
                    Direction::Down => {
                        let goal = finder.down()?;
                        goals.stays.extend(goal.stays.into_iter().map(|revision| (revision, place)));
                        goal.seeds
                    }
                };
                for seed in seeds {
                    goals.seeds.entry(seed).or_insert_with(|| Why::Target(target.to_string()));
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
