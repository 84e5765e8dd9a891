//! What is said where a target leads to nothing, or to several things: then with targets that lead to one of them each, so
//! that whoever reads it can go on. They are tried before they are offered.

use std::num::NonZeroU32;

use crate::direction::Direction;
use crate::names::RevisionKey;

use super::goal::{Finder, Fork};
use super::node::RevisionIndex;
use super::resolve::{exact, locate};
use super::target::{Offset, Point, Target};
use super::target_error::TargetError;

impl Finder<'_> {
    pub(super) fn wrong_way(&self, why: &'static str, suggestion: String) -> TargetError {
        TargetError::WrongWay { target: self.target.to_string(), direction: self.direction, why, suggestion }
    }

    pub(super) fn too_far(&self, from: Option<RevisionIndex>, left: usize, direction: Direction) -> TargetError {
        let (target, branch) = (self.target.to_string(), self.branch().name.clone());
        TargetError::TooFar { target, branch, from: from.map(|from| self.graph.key(from).clone()), left, direction }
    }

    pub(super) fn several_heads(&self, heads: &[RevisionIndex]) -> TargetError {
        TargetError::SeveralHeads {
            target: self.target.to_string(),
            branch: self.branch().name.clone(),
            line: self.line_key(),
            heads: self.graph.keys(heads),
            direction: self.direction,
            instead: self.instead(heads.iter().map(|&head| self.from(head, None))),
        }
    }

    pub(super) fn several_current_heads(&self, heads: &[RevisionIndex], offset: Offset) -> TargetError {
        let instead = |&head: &RevisionIndex| match self.direction {
            Direction::Up => self.from(head, Some(offset)),
            Direction::Down => exact(self.graph, self.located.branch, Some(head), Point::Relative(offset)),
        };
        TargetError::SeveralCurrentHeads {
            target: self.target.to_string(),
            branch: self.branch().name.clone(),
            line: self.line_key(),
            heads: self.graph.keys(heads),
            direction: self.direction,
            instead: self.instead(heads.iter().map(instead)),
        }
    }

    pub(super) fn several_children(
        &self,
        from: Option<RevisionIndex>,
        candidates: &[RevisionIndex],
        left: u32,
    ) -> TargetError {
        let offset = NonZeroU32::new(left).map(Offset::Up);
        TargetError::SeveralChildren {
            target: self.target.to_string(),
            branch: self.branch().name.clone(),
            from: from.map(|from| self.graph.key(from).clone()),
            candidates: self.graph.keys(candidates),
            instead: self.instead(candidates.iter().map(|&child| self.from(child, offset))),
        }
    }

    pub(super) fn several_parents(&self, Fork { merge, left }: Fork) -> TargetError {
        let parents: Vec<RevisionIndex> = self.graph.parents(merge).collect();
        let offset = NonZeroU32::new(left).map(Offset::Down);
        TargetError::SeveralParents {
            target: self.target.to_string(),
            from: self.graph.key(merge).clone(),
            candidates: self.graph.keys(&parents),
            instead: self.instead(parents.iter().map(|&parent| self.from(parent, offset))),
        }
    }

    /// A revision, or so many steps from it, on the target's own line.
    fn from(&self, revision: RevisionIndex, offset: Option<Offset>) -> Target {
        let point = Point::from_revision(self.graph.key(revision).id.clone(), offset);
        exact(self.graph, self.located.branch, self.located.line, point)
    }

    /// Those targets that lead somewhere.
    fn instead(&self, targets: impl Iterator<Item = Target>) -> Vec<Target> {
        if self.offers { targets.filter(|target| self.leads_somewhere(target)).collect() } else { Vec::new() }
    }

    fn leads_somewhere(&self, target: &Target) -> bool {
        let &Self { graph, applied, direction, .. } = self;
        let leads = |located| {
            let finder = Finder { graph, applied, direction, target, located, offers: false };
            match direction {
                Direction::Up => finder.up().is_ok(),
                Direction::Down => finder.down().is_ok(),
            }
        };
        locate(graph, target).is_ok_and(|places| places.into_iter().all(leads))
    }

    fn line_key(&self) -> Option<RevisionKey> {
        self.located.line.map(|line| self.graph.key(line).clone())
    }

    pub(super) fn not_on_line(&self, revision: RevisionIndex) -> TargetError {
        let line = self.graph.key(self.located.line.unwrap_or(revision)).clone();
        TargetError::NotOnLine { target: self.target.to_string(), revision: self.graph.key(revision).clone(), line }
    }
}
