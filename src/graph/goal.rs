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
    pub(super) direction: Direction,
    pub(super) target: &'a Target,
    pub(super) located: Located,
    /// Whether to say what to write instead: not for what is itself tried instead.
    pub(super) offers: bool,
}

/// Where a way down forks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fork {
    pub(super) merge: RevisionIndex,
    /// The steps that are left below its parents.
    pub(super) left: u32,
}

impl<'a> Finder<'a> {
    /// Looks for where a target leads, one way.
    pub(super) const fn new(
        graph: &'a Graph,
        applied: &'a RevisionSet,
        direction: Direction,
        target: &'a Target,
        located: Located,
    ) -> Self {
        Self { graph, applied, direction, target, located, offers: true }
    }

    /// The revisions that an upgrade to the target, which is no line, must have applied.
    pub(super) fn up(&self) -> Result<Vec<RevisionIndex>, TargetError> {
        match self.located.place {
            Place::Head => Ok(self.only_head(None)?.into_iter().collect()),
            Place::Heads => Ok(self.branch().heads.clone()),
            Place::Base => {
                Err(self
                    .wrong_way("it takes everything down", format!("use downgrade, or {}@head", self.branch().name)))
            }
            Place::Relative(offset @ Offset::Up(steps)) => {
                let from = self.only_current_head(offset, None)?;
                Ok(vec![self.climb(from, steps.get(), None)?])
            }
            Place::Relative(Offset::Down(_)) => {
                Err(self
                    .wrong_way("it takes revisions down", "use downgrade, or a number of steps with `+`".to_owned()))
            }
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
            Place::Head => self.stay_at(self.only_head(line)?, line),
            Place::Heads => self.stay_at(self.heads(line), line),
            Place::Base => {
                let bases = self.branch().bases.iter().copied();
                Ok(DownGoal { seeds: bases.filter(|&base| is_on(line, base)).collect(), stays: Vec::new() })
            }
            Place::Relative(Offset::Up(_)) => {
                Err(self.wrong_way("it brings revisions up", "use upgrade, or a number of steps with `-`".to_owned()))
            }
            Place::Relative(offset @ Offset::Down(steps)) => match self.only_current_head(offset, line)? {
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
            _ => Err(self.wrong_way("it means the base", format!("use downgrade, or {}@head", self.branch().name))),
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
                [] => return Err(self.too_far(from, taken as usize, Direction::Up)),
                _ => return Err(self.several_children(at, &candidates, steps - 1 - taken)),
            };
            taken += 1;
            if taken == steps {
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
    ) -> Result<(BTreeSet<Position>, Option<Fork>), TargetError> {
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
                    fork = fork.or(Some(Fork { merge: revision, left: steps - 1 - taken }));
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

    pub(super) fn branch(&self) -> &super::Branch {
        &self.graph.branches[self.located.branch]
    }

    /// The heads of the branch that a line leads to.
    fn heads(&self, line: Option<&RevisionSet>) -> Vec<RevisionIndex> {
        self.branch().heads.iter().copied().filter(|&head| is_on(line, head)).collect()
    }

    fn only_head(&self, line: Option<&RevisionSet>) -> Result<Option<RevisionIndex>, TargetError> {
        let heads = self.heads(line);
        if heads.len() > 1 {
            return Err(self.several_heads(&heads));
        }
        Ok(heads.first().copied())
    }

    fn only_current_head(
        &self,
        offset: Offset,
        line: Option<&RevisionSet>,
    ) -> Result<Option<RevisionIndex>, TargetError> {
        let mut heads = heads_of(self.graph, self.applied, self.branch());
        heads.retain(|&head| is_on(line, head));
        if heads.len() > 1 {
            return Err(self.several_current_heads(&heads, offset));
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
