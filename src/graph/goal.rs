//! Where a located target leads from what is applied: the revisions to reach, or what must go first.
//!
//! Steps are counted along parents, one revision at a time, and never clamped: a wrong number is an error rather than a
//! different migration.

use std::collections::BTreeSet;

use crate::direction::Direction;

use super::Graph;
use super::applied::heads_of;
use super::node::RevisionIndex;
use super::resolve::{Located, Place};
use super::select::taken_down;
use super::set::RevisionSet;
use super::target::{Offset, Target};
use super::target_error::TargetError;
use super::walk::spread;

/// What a downgrade to a target takes.
#[derive(Debug, Default)]
pub(super) struct DownGoal {
    /// What goes first; all above it in the branch follows.
    pub(super) seeds: Vec<RevisionIndex>,
    /// What the target says stays.
    pub(super) stays: Vec<RevisionIndex>,
}

/// Where a walk down has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Position {
    At(RevisionIndex),
    /// Below a revision without parents.
    Before(RevisionIndex),
}

/// What finding a goal needs to look at, and to name in errors.
pub(super) struct Finder<'a> {
    pub(super) graph: &'a Graph,
    pub(super) applied: &'a RevisionSet,
    pub(super) target: &'a Target,
    pub(super) located: Located,
}

impl Finder<'_> {
    /// The revisions that an upgrade to the target must have applied.
    pub(super) fn up(&self) -> Result<Vec<RevisionIndex>, TargetError> {
        let line_hint = "an upgrade brings whole branches to a point: name the revision alone";
        if self.located.line.is_some() {
            return Err(self.wrong_way(Direction::Up, "it takes one line down", line_hint.to_owned()));
        }
        match self.located.place {
            Place::Head => Ok(self.only_head()?.into_iter().collect()),
            Place::Heads => Ok(self.branch().heads.clone()),
            Place::Base => Err(self.wrong_way(
                Direction::Up,
                "it takes everything down",
                format!("use downgrade, or {}@head", self.branch().name),
            )),
            Place::Relative(Offset::Up(steps)) => {
                let from = self.only_current_head(Direction::Up, None)?;
                Ok(vec![self.climb(from, steps.get(), None)?])
            }
            Place::Relative(Offset::Down(_)) => Err(self.wrong_way(
                Direction::Up,
                "it takes revisions down",
                "use downgrade, or a number of steps with `+`".to_owned(),
            )),
            Place::Revision(revision, None) => Ok(vec![revision]),
            Place::Revision(revision, Some(Offset::Up(steps))) => {
                Ok(vec![self.climb(Some(revision), steps.get(), None)?])
            }
            Place::Revision(revision, Some(Offset::Down(steps))) => self.up_to_below(revision, steps.get()),
        }
    }

    /// What a downgrade to the target takes first, and what it keeps.
    pub(super) fn down(&self) -> Result<DownGoal, TargetError> {
        let line = match self.located.line {
            Some(line) => {
                self.check_applied(line)?;
                Some(line_through(self.graph, line))
            }
            None => None,
        };
        let line = line.as_ref();
        match self.located.place {
            Place::Head => self.stay_at(self.only_head()?, line),
            Place::Heads => self.stay_at(self.branch().heads.iter().copied(), line),
            Place::Base => {
                let bases = self.branch().bases.iter().copied();
                Ok(DownGoal { seeds: bases.filter(|&base| is_on(line, base)).collect(), stays: Vec::new() })
            }
            Place::Relative(Offset::Up(_)) => Err(self.wrong_way(
                Direction::Down,
                "it brings revisions up",
                "use upgrade, or a number of steps with `-`".to_owned(),
            )),
            Place::Relative(Offset::Down(steps)) => match self.only_current_head(Direction::Down, line)? {
                Some(head) => self.down_to_below(head, steps.get(), line),
                None => Err(self.too_far(None, 0, Direction::Down)),
            },
            Place::Revision(revision, None) => self.stay_at([revision], line),
            Place::Revision(revision, Some(Offset::Up(steps))) => {
                self.stay_at([self.climb(Some(revision), steps.get(), line)?], line)
            }
            Place::Revision(revision, Some(Offset::Down(steps))) => self.down_to_below(revision, steps.get(), line),
        }
    }

    fn up_to_below(&self, revision: RevisionIndex, steps: u32) -> Result<Vec<RevisionIndex>, TargetError> {
        let (positions, fork) = self.descend(revision, steps, None)?;
        match (positions.first(), positions.len(), fork) {
            (Some(Position::At(found)), 1, _) => Ok(vec![*found]),
            (_, 2.., Some(fork)) => Err(self.several_parents(fork)),
            _ => Err(self.wrong_way(
                Direction::Up,
                "it means the base",
                format!("use downgrade, or {}@head", self.branch().name),
            )),
        }
    }

    /// Several ways down are one where they take the same revisions: below a merge, each parent stays.
    fn down_to_below(
        &self,
        revision: RevisionIndex,
        steps: u32,
        line: Option<&RevisionSet>,
    ) -> Result<DownGoal, TargetError> {
        let (positions, fork) = self.descend(revision, steps, line)?;
        let mut goals = Vec::with_capacity(positions.len());
        for position in positions {
            goals.push(match position {
                Position::At(found) => self.stay_at([found], line)?,
                Position::Before(base) => DownGoal { seeds: vec![base], stays: Vec::new() },
            });
        }
        if let (2.., Some(fork)) = (goals.len(), fork) {
            let effect = |goal: &DownGoal| taken_down(self.graph, self.applied, &goal.seeds);
            let first = goals.first().map(effect);
            if goals.iter().skip(1).any(|goal| Some(effect(goal)) != first) {
                return Err(self.several_parents(fork));
            }
        }
        Ok(goals.into_iter().fold(DownGoal::default(), |mut all, goal| {
            all.seeds.extend(goal.seeds);
            all.stays.extend(goal.stays);
            all
        }))
    }

    fn stay_at(
        &self,
        revisions: impl IntoIterator<Item = RevisionIndex>,
        line: Option<&RevisionSet>,
    ) -> Result<DownGoal, TargetError> {
        let mut goal = DownGoal::default();
        for revision in revisions {
            if !is_on(line, revision) {
                return Err(self.not_on_line(revision));
            }
            self.check_applied(revision)?;
            goal.seeds.extend(self.graph.children(revision).filter(|&child| is_on(line, child)));
            goal.stays.push(revision);
        }
        Ok(goal)
    }

    fn climb(
        &self,
        from: Option<RevisionIndex>,
        steps: u32,
        line: Option<&RevisionSet>,
    ) -> Result<RevisionIndex, TargetError> {
        let mut at = from;
        let mut taken = 0;
        loop {
            let candidates: Vec<RevisionIndex> = match at {
                Some(revision) => self.graph.children(revision).filter(|&child| is_on(line, child)).collect(),
                None => self.branch().bases.clone(),
            };
            let next = match candidates[..] {
                [next] => next,
                [] => return Err(self.too_far(from, taken, Direction::Up)),
                _ => return Err(self.several_children(at, &candidates)),
            };
            taken += 1;
            if taken == steps as usize {
                return Ok(next);
            }
            at = Some(next);
        }
    }

    /// All places so many steps down, and the first merge on the way.
    fn descend(
        &self,
        from: RevisionIndex,
        steps: u32,
        line: Option<&RevisionSet>,
    ) -> Result<(BTreeSet<Position>, Option<RevisionIndex>), TargetError> {
        let mut positions = BTreeSet::from([Position::At(from)]);
        let mut fork = None;
        for taken in 0..steps {
            let mut next = BTreeSet::new();
            let mut has_ended = false;
            for position in positions {
                let Position::At(revision) = position else {
                    has_ended = true;
                    continue;
                };
                let parents: Vec<RevisionIndex> =
                    self.graph.parents(revision).filter(|&parent| is_on(line, parent)).collect();
                if parents.len() > 1 {
                    fork = fork.or(Some(revision));
                }
                if parents.is_empty() {
                    next.insert(Position::Before(revision));
                }
                next.extend(parents.into_iter().map(Position::At));
            }
            match fork {
                _ if next.is_empty() => return Err(self.too_far(Some(from), taken as usize, Direction::Down)),
                Some(fork) if has_ended => return Err(self.several_parents(fork)),
                _ => positions = next,
            }
        }
        Ok((positions, fork))
    }

    fn branch(&self) -> &super::Branch {
        &self.graph.branches[self.located.branch]
    }

    fn only_head(&self) -> Result<Option<RevisionIndex>, TargetError> {
        let heads = &self.branch().heads;
        if heads.len() > 1 {
            let (target, branch) = (self.target.to_string(), self.branch().name.clone());
            return Err(TargetError::SeveralHeads { target, branch, heads: self.graph.keys(heads) });
        }
        Ok(heads.first().copied())
    }

    fn only_current_head(
        &self,
        direction: Direction,
        line: Option<&RevisionSet>,
    ) -> Result<Option<RevisionIndex>, TargetError> {
        let mut heads = heads_of(self.graph, self.applied, self.branch());
        heads.retain(|&head| is_on(line, head));
        if heads.len() > 1 {
            let (target, branch) = (self.target.to_string(), self.branch().name.clone());
            return Err(TargetError::SeveralCurrentHeads { target, branch, heads: self.graph.keys(&heads), direction });
        }
        Ok(heads.first().copied())
    }

    fn check_applied(&self, revision: RevisionIndex) -> Result<(), TargetError> {
        if self.applied.contains(revision) {
            return Ok(());
        }
        let revision = self.graph.key(revision).clone();
        Err(TargetError::NotApplied { target: self.target.to_string(), revision })
    }

    fn wrong_way(&self, direction: Direction, why: &'static str, suggestion: String) -> TargetError {
        TargetError::WrongWay { target: self.target.to_string(), direction, why, suggestion }
    }

    fn too_far(&self, from: Option<RevisionIndex>, left: usize, direction: Direction) -> TargetError {
        let (target, branch) = (self.target.to_string(), self.branch().name.clone());
        TargetError::TooFar { target, branch, from: from.map(|from| self.graph.key(from).clone()), left, direction }
    }

    fn several_children(&self, from: Option<RevisionIndex>, candidates: &[RevisionIndex]) -> TargetError {
        let (target, branch) = (self.target.to_string(), self.branch().name.clone());
        let from = from.map(|from| self.graph.key(from).clone());
        TargetError::SeveralChildren { target, branch, from, candidates: self.graph.keys(candidates) }
    }

    fn several_parents(&self, merge: RevisionIndex) -> TargetError {
        let parents: Vec<RevisionIndex> = self.graph.parents(merge).collect();
        let (target, from) = (self.target.to_string(), self.graph.key(merge).clone());
        TargetError::SeveralParents { target, from, candidates: self.graph.keys(&parents) }
    }

    fn not_on_line(&self, revision: RevisionIndex) -> TargetError {
        let line = self.graph.key(self.located.line.unwrap_or(revision)).clone();
        TargetError::NotOnLine { target: self.target.to_string(), revision: self.graph.key(revision).clone(), line }
    }
}

/// Without a line, everything is on it.
fn is_on(line: Option<&RevisionSet>, revision: RevisionIndex) -> bool {
    line.is_none_or(|line| line.contains(revision))
}

/// A revision with all below and all above it in its branch.
fn line_through(graph: &Graph, revision: RevisionIndex) -> RevisionSet {
    let mut below = RevisionSet::new();
    spread([revision], |at, _| below.insert(at), |at| graph.parents(at));
    let mut above = RevisionSet::new();
    spread([revision], |at, _| above.insert(at), |at| graph.children(at));
    below.extend(above.iter());
    below
}
