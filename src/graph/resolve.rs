//! What the names in a target are names of. Looks at the graph only: what is applied comes in later, in `goal`.

use crate::names::{BranchName, RESERVED_IDS, RevisionId};
use crate::suggest::did_you_mean;

use super::Graph;
use super::node::RevisionIndex;
use super::target::{Name, Offset, Point, Target};
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
    let whole = |branch, place| Located { branch, line: None, place };
    let at_revision = |revision, offset| whole(graph.branch_of(revision), Place::Revision(revision, offset));
    Ok(match target {
        Target::Heads => (0..graph.branches.len()).map(|branch| whole(branch, Place::Heads)).collect(),
        Target::Name(name) => vec![match graph.branch_index(name.as_str()) {
            Some(branch) => whole(branch, Place::Head),
            None => at_revision(only_revision(graph, target, name.as_str())?, None),
        }],
        Target::NameOffset(id, offset) => {
            if graph.branch_index(id.as_str()).is_some() && revisions_called(graph, id.as_str()).is_empty() {
                let suggestion = Some(format!("{id} is a branch: write {id}@{offset}"));
                return Err(unknown_name(target, id.as_str(), suggestion));
            }
            vec![at_revision(only_revision(graph, target, id.as_str())?, Some(*offset))]
        }
        Target::At(name, point) => vec![at_point(graph, target, name, point)?],
    })
}

fn at_point(graph: &Graph, target: &Target, name: &Name, point: &Point) -> Result<Located, TargetError> {
    let (branch, line) = match graph.branch_index(name.as_str()) {
        Some(branch) => (branch, None),
        None => {
            let line = only_revision(graph, target, name.as_str())?;
            (graph.branch_of(line), Some(line))
        }
    };
    let place = match point {
        Point::Head => Place::Head,
        Point::Heads => Place::Heads,
        Point::Base => Place::Base,
        Point::Relative(offset) => Place::Relative(*offset),
        Point::Revision(id) => Place::Revision(in_branch(graph, target, branch, id)?, None),
        Point::RevisionOffset(id, offset) => Place::Revision(in_branch(graph, target, branch, id)?, Some(*offset)),
    };
    Ok(Located { branch, line, place })
}

/// The revision of a branch whose id is this, or else the only one whose id begins so.
fn in_branch(graph: &Graph, target: &Target, branch: usize, id: &RevisionId) -> Result<RevisionIndex, TargetError> {
    if let Some(found) = graph.find_in(branch, id) {
        return Ok(found);
    }
    let candidates: Vec<RevisionIndex> = graph.with_prefix(branch, id.as_str()).collect();
    match candidates[..] {
        [one] => Ok(one),
        [] => Err(unknown_revision(graph, target, branch, id)),
        _ => Err(ambiguous(graph, target, id.as_str(), &candidates)),
    }
}

/// The revision with this id, if only one branch has one.
fn only_revision(graph: &Graph, target: &Target, id: &str) -> Result<RevisionIndex, TargetError> {
    let candidates = revisions_called(graph, id);
    match candidates[..] {
        [one] => Ok(one),
        [] => {
            let names = graph.branches().map(BranchName::as_str);
            let ids = graph.order.iter().map(|&revision| graph.key(revision).id.as_str());
            Err(unknown_name(target, id, did_you_mean(id, names.chain(ids).chain(["heads"]))))
        }
        _ => Err(ambiguous(graph, target, id, &candidates)),
    }
}

fn revisions_called(graph: &Graph, id: &str) -> Vec<RevisionIndex> {
    let Ok(id) = id.parse::<RevisionId>() else { return Vec::new() };
    (0..graph.branches.len()).filter_map(|branch| graph.find_in(branch, &id)).collect()
}

fn unknown_name(target: &Target, name: &str, suggestion: Option<String>) -> TargetError {
    TargetError::UnknownName { target: target.to_string(), name: name.to_owned(), suggestion }
}

fn unknown_revision(graph: &Graph, target: &Target, branch: usize, id: &RevisionId) -> TargetError {
    let ids = || graph.ids_of(branch).map(|(_, id)| id.as_str());
    let digits = |id: &str| id.trim_start_matches('0').to_owned();
    let same_number =
        || ids().find(|other| digits(other) == digits(id.as_str())).map(|id| format!("did you mean `{id}`?"));
    let words = RESERVED_IDS.into_iter();
    let suggestion = did_you_mean(id.as_str(), ids().chain(words)).or_else(same_number).or_else(|| {
        let elsewhere = *revisions_called(graph, id.as_str()).first()?;
        Some(format!("there is {}", graph.key(elsewhere)))
    });
    let branch = graph.branches[branch].name.clone();
    TargetError::UnknownRevision { target: target.to_string(), branch, id: id.clone(), suggestion }
}

fn ambiguous(graph: &Graph, target: &Target, name: &str, candidates: &[RevisionIndex]) -> TargetError {
    let candidates = graph.keys(candidates);
    TargetError::Ambiguous { target: target.to_string(), name: name.to_owned(), candidates }
}
