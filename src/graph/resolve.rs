//! What the names in a target are names of. Looks at the graph only: what is applied comes in later, in `goal`.

use crate::names::{BranchName, RESERVED, RevisionId};
use crate::suggest::did_you_mean;

use super::Graph;
use super::node::RevisionIndex;
use super::target::{Offset, Point, Target};
use super::target_error::TargetError;

/// A target whose names are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Located {
    /// The place of its branch among the graph's.
    pub(super) branch: usize,
    /// The revision that stands before the `@`: only the line through it is meant.
    pub(super) line: Option<RevisionIndex>,
    pub(super) place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Head,
    Heads,
    Base,
    Relative(Offset),
    Revision(RevisionIndex, Option<Offset>),
}

/// Finds what a target names. All heads of all branches are a place on each of them; any other target is one place.
pub(super) fn locate(graph: &Graph, target: &Target) -> Result<Vec<Located>, TargetError> {
    let search = Search { graph, target };
    let whole = |branch, place| Located { branch, line: None, place };
    let at_revision = |revision, offset| whole(graph.branch_of(revision), Place::Revision(revision, offset));
    Ok(match target {
        Target::Heads => (0..graph.branches.len()).map(|branch| whole(branch, Place::Heads)).collect(),
        Target::Name(name) => vec![match graph.branch_index(name.as_str()) {
            Some(branch) => whole(branch, Place::Head),
            None => at_revision(search.only_revision(name.as_str(), |found| search.exact(found, None))?, None),
        }],
        Target::NameOffset(id, offset) => {
            if graph.branch_index(id.as_str()).is_some() && revisions_called(graph, id.as_str()).is_empty() {
                let suggestion = Some(format!("{id} is a branch: write {id}@{offset}"));
                return Err(search.unknown_name(id.as_str(), suggestion));
            }
            let found = search.only_revision(id.as_str(), |found| search.exact(found, Some(*offset)))?;
            vec![at_revision(found, Some(*offset))]
        }
        Target::At(name, point) => vec![match graph.branch_index(name.as_str()) {
            Some(branch) => search.at(branch, None, point)?,
            None => {
                let line = search.only_revision(name.as_str(), |found| search.line(found, point))?;
                search.at(graph.branch_of(line), Some(line), point)?
            }
        }],
        Target::Line(branch, line, point) => {
            let Some(found) = graph.branch_index(branch.as_str()) else {
                let suggestion = did_you_mean(branch.as_str(), graph.branches().map(BranchName::as_str));
                return Err(search.unknown_name(branch.as_str(), suggestion));
            };
            let line = search.in_branch(found, line, |line| search.line(line, point))?;
            vec![search.at(found, Some(line), point)?]
        }
    })
}

/// A target and where its names are looked for.
struct Search<'a> {
    graph: &'a Graph,
    target: &'a Target,
}

impl Search<'_> {
    fn at(&self, branch: usize, line: Option<RevisionIndex>, point: &Point) -> Result<Located, TargetError> {
        let in_branch = |id: &RevisionId, offset: Option<Offset>| {
            let instead = |found| exact(self.graph, branch, line, self.point(found, offset));
            Ok(Place::Revision(self.in_branch(branch, id, instead)?, offset))
        };
        let place = match point {
            Point::Head => Place::Head,
            Point::Heads => Place::Heads,
            Point::Base => Place::Base,
            Point::Relative(offset) => Place::Relative(*offset),
            Point::Revision(id) => in_branch(id, None)?,
            Point::RevisionOffset(id, offset) => in_branch(id, Some(*offset))?,
        };
        Ok(Located { branch, line, place })
    }

    /// The revision of a branch whose id is this, or else the only one whose id begins so. `instead` writes the target with a
    /// revision that could be meant.
    fn in_branch(
        &self,
        branch: usize,
        id: &RevisionId,
        instead: impl Fn(RevisionIndex) -> Target,
    ) -> Result<RevisionIndex, TargetError> {
        if let Some(found) = self.graph.find_in(branch, id) {
            return Ok(found);
        }
        let candidates: Vec<RevisionIndex> = self.graph.with_prefix(branch, id.as_str()).collect();
        match candidates[..] {
            [one] => Ok(one),
            [] => Err(self.unknown_revision(branch, id)),
            _ => Err(self.ambiguous(id.as_str(), &candidates, instead)),
        }
    }

    /// The revision with this id, if only one branch has one. `instead` is as above.
    fn only_revision(&self, id: &str, instead: impl Fn(RevisionIndex) -> Target) -> Result<RevisionIndex, TargetError> {
        let candidates = revisions_called(self.graph, id);
        match candidates[..] {
            [one] => Ok(one),
            [] => {
                let names = self.graph.branches().map(BranchName::as_str);
                let ids = self.graph.order.iter().map(|&revision| self.graph.key(revision).id.as_str());
                Err(self.unknown_name(id, did_you_mean(id, names.chain(ids).chain(["heads"]))))
            }
            _ => Err(self.ambiguous(id, &candidates, instead)),
        }
    }

    fn point(&self, revision: RevisionIndex, offset: Option<Offset>) -> Point {
        Point::from_revision(self.graph.key(revision).id.clone(), offset)
    }

    fn exact(&self, revision: RevisionIndex, offset: Option<Offset>) -> Target {
        exact(self.graph, self.graph.branch_of(revision), None, self.point(revision, offset))
    }

    fn line(&self, line: RevisionIndex, point: &Point) -> Target {
        exact(self.graph, self.graph.branch_of(line), Some(line), point.clone())
    }

    fn unknown_name(&self, name: &str, suggestion: Option<String>) -> TargetError {
        TargetError::UnknownName { target: self.target.to_string(), name: name.to_owned(), suggestion }
    }

    fn unknown_revision(&self, branch: usize, id: &RevisionId) -> TargetError {
        let ids = || self.graph.ids_of(branch).map(|(_, id)| id.as_str());
        let digits = |id: &str| id.trim_start_matches('0').to_owned();
        let same_number =
            || ids().find(|other| digits(other) == digits(id.as_str())).map(|id| format!("did you mean `{id}`?"));
        let words = RESERVED.into_iter();
        let suggestion = did_you_mean(id.as_str(), ids().chain(words)).or_else(same_number).or_else(|| {
            let elsewhere = *revisions_called(self.graph, id.as_str()).first()?;
            Some(format!("there is {}", self.graph.key(elsewhere)))
        });
        let branch = self.graph.branches[branch].name.clone();
        TargetError::UnknownRevision { target: self.target.to_string(), branch, id: id.clone(), suggestion }
    }

    fn ambiguous(
        &self,
        name: &str,
        candidates: &[RevisionIndex],
        instead: impl Fn(RevisionIndex) -> Target,
    ) -> TargetError {
        // Not each branch that has the line has the point, too; and the point may be several things by itself.
        let instead = candidates.iter().flat_map(|&candidate| {
            let instead = instead(candidate);
            match locate(self.graph, &instead) {
                Ok(_) => vec![instead],
                Err(error) => error.instead().to_vec(),
            }
        });
        TargetError::Ambiguous {
            target: self.target.to_string(),
            name: name.to_owned(),
            candidates: self.graph.keys(candidates),
            instead: instead.collect(),
        }
    }
}

/// Whether a target means the line through a revision, though perhaps it is not known of which branch.
pub(super) fn is_line(graph: &Graph, target: &Target) -> bool {
    match target {
        Target::Line(..) => true,
        Target::At(name, _) => {
            graph.branch_index(name.as_str()).is_none() && !revisions_called(graph, name.as_str()).is_empty()
        }
        Target::Heads | Target::Name(_) | Target::NameOffset(..) => false,
    }
}

/// A point on a branch, or on the line through one of its revisions, by full names.
pub(super) fn exact(graph: &Graph, branch: usize, line: Option<RevisionIndex>, point: Point) -> Target {
    Target::exact(&graph.branches[branch].name, line.map(|line| &graph.key(line).id), point)
}

fn revisions_called(graph: &Graph, id: &str) -> Vec<RevisionIndex> {
    let Ok(id) = id.parse::<RevisionId>() else { return Vec::new() };
    (0..graph.branches.len()).filter_map(|branch| graph.find_in(branch, &id)).collect()
}
