//! What the databases say is applied, held against the graph.
//!
//! It finds and names; whether to refuse is the planner's. A branch whose state is not known is not judged, and nothing
//! is said to be missing from it.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::{BranchName, RevisionId, RevisionKey};

use super::node::RevisionIndex;
use super::set::RevisionSet;
use super::walk::spread;
use super::{Branch, Graph};

/// An applied revision as its database remembers it: with its edges as they were when it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub id: RevisionId,
    /// Its parents then.
    pub parents: Vec<RevisionId>,
    /// Its dependencies then, those of its references included.
    pub depends_on: Vec<RevisionKey>,
}

/// What is applied on each branch whose state is known.
pub type Records = BTreeMap<BranchName, Vec<Recorded>>;

/// What is odd about a state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Applied, but not in the project: the branch is ahead of it.
    pub unknown: Vec<RevisionKey>,
    /// Not applied, though below something that is: inserted later.
    pub inserted: Vec<Inserted>,
    /// Needed by what is applied, by the record, and not applied: an older backup was restored, perhaps.
    pub missing: Vec<MissingDependency>,
}

/// A revision that is not applied, and the nearest applied one above it in its branch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inserted {
    /// What is not applied.
    pub revision: RevisionKey,
    /// What is.
    pub below: RevisionKey,
}

/// An applied revision and a dependency of it that is not applied on its branch, whose state is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingDependency {
    /// What is applied.
    pub revision: RevisionKey,
    /// What is not.
    pub dependency: RevisionKey,
}

impl Oddities {
    /// Whether the state is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.inserted.is_empty() && self.missing.is_empty()
    }
}

/// Everything that is odd about the state of some branches, sorted by branch and id.
#[must_use]
pub fn examine(graph: &Graph, records: &Records) -> Oddities {
    let ids: BTreeMap<&BranchName, BTreeSet<&RevisionId>> =
        records.iter().map(|(branch, rows)| (branch, rows.iter().map(|row| &row.id).collect())).collect();
    let mut oddities = Oddities::default();
    for (branch, row) in rows(records) {
        let key = RevisionKey::new(branch.clone(), row.id.clone());
        let is_missing =
            |dependency: &&RevisionKey| ids.get(&dependency.branch).is_some_and(|ids| !ids.contains(&dependency.id));
        oddities.missing.extend(
            row.depends_on
                .iter()
                .filter(is_missing)
                .map(|dependency| MissingDependency { revision: key.clone(), dependency: dependency.clone() }),
        );
        if graph.find(&key).is_none() {
            oddities.unknown.push(key);
        }
    }
    oddities.inserted = inserted(graph, &recorded_set(graph, records));
    oddities.unknown.sort_unstable();
    oddities.missing.sort_unstable();
    oddities.missing.dedup();
    oddities
}

/// The recorded revisions that the graph knows.
#[must_use]
pub fn recorded_set(graph: &Graph, records: &Records) -> RevisionSet {
    records
        .iter()
        .filter_map(|(name, rows)| Some((graph.branch_index(name.as_str())?, rows)))
        .flat_map(|(branch, rows)| rows.iter().filter_map(move |row| graph.find_in(branch, &row.id)))
        .collect()
}

/// Where a branch stands, by id: the applied revisions that no other one follows.
///
/// Of revisions that the project knows, its files say what follows what, so that this is the same that relative targets count
/// from; a record is older than a revision that was inserted below it later. Of others there is only the record.
#[must_use]
pub fn current_heads(graph: &Graph, branch: &BranchName, rows: &[Recorded]) -> Vec<RevisionId> {
    let known = |id: &RevisionId| graph.find(&RevisionKey::new(branch.clone(), id.clone()));
    let (ours, strangers): (Vec<&Recorded>, Vec<&Recorded>) = rows.iter().partition(|row| known(&row.id).is_some());
    let recorded_parents: BTreeSet<&RevisionId> = rows.iter().flat_map(|row| &row.parents).collect();
    let applied: RevisionSet = ours.iter().filter_map(|row| known(&row.id)).collect();
    let below: RevisionSet = strangers.iter().flat_map(|row| &row.parents).filter_map(known).collect();
    let heads = graph.branch(branch).map(|branch| heads_above(graph, &applied, below, branch)).unwrap_or_default();
    let mut heads: Vec<RevisionId> = heads.into_iter().map(|head| graph.key(head).id.clone()).collect();
    heads.extend(strangers.iter().map(|row| row.id.clone()).filter(|id| !recorded_parents.contains(id)));
    heads.sort_unstable();
    heads
}

/// The applied revisions that, by the record, follow or depend on one that is going, and do not go themselves.
///
/// A selection knows the edges of the project's files only. An applied revision that the project does not know, or whose
/// file has lost an edge since, can stand in the way of a downgrade all the same.
#[must_use]
pub fn left_standing(graph: &Graph, records: &Records, going: &RevisionSet) -> Vec<MissingDependency> {
    let goes = |key: &RevisionKey| graph.find(key).is_some_and(|revision| going.contains(revision));
    let mut standing = BTreeSet::new();
    for (branch, row) in rows(records) {
        let revision = RevisionKey::new(branch.clone(), row.id.clone());
        if goes(&revision) {
            continue;
        }
        let parents = row.parents.iter().map(|id| RevisionKey::new(branch.clone(), id.clone()));
        let needed = parents.chain(row.depends_on.iter().cloned()).filter(goes);
        standing.extend(needed.map(|dependency| MissingDependency { revision: revision.clone(), dependency }));
    }
    standing.into_iter().collect()
}

fn rows(records: &Records) -> impl Iterator<Item = (&BranchName, &Recorded)> {
    records.iter().flat_map(|(branch, rows)| rows.iter().map(move |row| (branch, row)))
}

fn inserted(graph: &Graph, applied: &RevisionSet) -> Vec<Inserted> {
    let mut above: BTreeMap<RevisionIndex, RevisionIndex> = BTreeMap::new();
    spread(
        applied.iter(),
        |revision, from| match from {
            None => true,
            Some(from) => {
                let fresh = !applied.contains(revision) && !above.contains_key(&revision);
                if fresh {
                    above.insert(revision, above.get(&from).copied().unwrap_or(from));
                }
                fresh
            }
        },
        |revision| graph.parents(revision),
    );
    let key = |revision: RevisionIndex| graph.key(revision).clone();
    above.into_iter().map(|(revision, below)| Inserted { revision: key(revision), below: key(below) }).collect()
}

/// A revision counts as below another also where one between them is not applied.
pub(super) fn heads_of(graph: &Graph, applied: &RevisionSet, branch: &Branch) -> Vec<RevisionIndex> {
    heads_above(graph, applied, RevisionSet::new(), branch)
}

/// The same where more is `below` something than the graph knows.
fn heads_above(graph: &Graph, applied: &RevisionSet, mut below: RevisionSet, branch: &Branch) -> Vec<RevisionIndex> {
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

#[cfg(test)]
mod tests {
    use super::super::tests::{branches, graph, names, set};
    use super::{Oddities, Recorded, Records, RevisionId, current_heads, examine, left_standing, recorded_set};

    /// Rows written as revisions are.
    fn records(known: &str, text: &str) -> Records {
        let mut records: Records = branches(known).into_iter().map(|name| (name, Vec::new())).collect();
        for node in super::super::tests::nodes(text) {
            let row = Recorded { id: node.key.id, parents: node.parents, depends_on: node.depends_on };
            records.entry(node.key.branch).or_default().push(row);
        }
        records
    }

    fn told(oddities: &Oddities) -> String {
        let unknown = oddities.unknown.iter().map(|key| format!("{key} unknown"));
        let inserted = oddities.inserted.iter().map(|found| format!("{} below {}", found.revision, found.below));
        let missing = oddities.missing.iter().map(|found| format!("{} lacks {}", found.revision, found.dependency));
        unknown.chain(inserted).chain(missing).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_state_as_it_should_be() {
        let graph = graph("a@1: ; a@2: 1; b@1: | a@1; b@2: 1");
        let records = records("a b", "a@1: ; b@1: | a@1");
        assert!(examine(&graph, &records).is_empty());
        assert!(examine(&graph, &Records::new()).is_empty());
    }

    #[test]
    fn everything_odd_is_named() {
        let graph = graph("a@1: ; a@2: 1; a@3: 2; a@4: 3; b@1: | a@1; c@1: ");
        let records = records("a b", "a@1: ; a@4: 3; a@9: 4; b@1: | a@2 c@1 a@7; b@8: 1 | a@1");
        assert_eq!(
            told(&examine(&graph, &records)),
            "a@9 unknown, b@8 unknown, a@2 below a@4, a@3 below a@4, b@1 lacks a@2, b@1 lacks a@7"
        );
        assert_eq!(names(&graph, recorded_set(&graph, &records).iter()), "a@1 a@4 b@1");
    }

    #[test]
    fn what_is_not_known_of_a_branch_is_not_held_against_it() {
        let graph = graph("a@1: ; b@1: | a@1");
        assert!(examine(&graph, &records("b", "b@1: | a@1")).is_empty());
        assert_eq!(told(&examine(&graph, &records("a b", "b@1: | a@1"))), "b@1 lacks a@1");
    }

    /// The current heads of branch a, with these rows.
    fn current(files: &str, rows: &str) -> String {
        let [a] = &branches("a")[..] else { panic!() };
        let heads = current_heads(&graph(files), a, &records("a", rows)["a"]);
        heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn heads_of_what_is_applied() {
        let files = "a@1: ; a@2: 1; a@3: 2; a@5: 1";
        assert_eq!(current(files, ""), "");
        assert_eq!(current(files, "a@1: ; a@2: 1"), "2");
        assert_eq!(current(files, "a@1: ; a@2: 1; a@5: 1"), "2 5");
    }

    #[test]
    fn what_was_inserted_later_is_below_what_the_files_say_follows_it() {
        let files = "a@1: ; a@2: 1; a@3: 2";
        assert_eq!(current(files, "a@1: ; a@3: 1"), "3");
        assert_eq!(current(files, "a@1: ; a@3: 1; a@2: 1"), "3");
    }

    #[test]
    fn what_the_project_does_not_know_follows_what_the_record_says() {
        let files = "a@1: ; a@2: 1; a@3: 2; a@5: 1";
        assert_eq!(current(files, "a@1: ; a@2: 1; a@9: 2; a@5: 1"), "5 9");
        assert_eq!(current(files, "a@1: ; a@2: 1; a@8: 2; a@9: 8"), "9");
        // Its file is gone, and the next one now follows what it followed.
        assert_eq!(current(files, "a@1: ; a@2: 1; a@8: 2; a@3: 8"), "3");
        // Above what is not even applied.
        assert_eq!(current(files, "a@1: ; a@9: 3"), "9");
    }

    #[test]
    fn what_the_record_knows_and_the_files_do_not_stands_in_the_way() {
        let graph = graph("a@1: ; a@2: 1; b@1: ; b@2: 1 | a@2");
        let records = records("", "a@1: ; a@2: 1; a@9: 2; b@1: | a@2; b@2: 1 | a@2");
        let standing: Vec<String> = left_standing(&graph, &records, &set(&graph, "a@2 b@2"))
            .iter()
            .map(|found| format!("{} on {}", found.revision, found.dependency))
            .collect();
        assert_eq!(standing, ["a@9 on a@2", "b@1 on a@2"]);
    }
}
