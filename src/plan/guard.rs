//! What is checked in the states that were found, before any step.
//!
//! The rules are those of the design's `graph.md` ("Checked against the databases") and `state.md` (the binding). Each
//! yields a refusal that names what is in the way and the way out; none looks at files or databases.

use std::collections::{BTreeMap, BTreeSet};

use crate::direction::Direction;
use crate::graph::{Graph, RevisionIndex, RevisionSet, Selection, applied_set};
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::revision::{Checksum, Revision};

use super::{Refusal, RefusalKind, Request, Snapshot};

/// All that the guards look at.
pub struct States<'a> {
    /// The project's name, where it has one.
    pub project: Option<&'a str>,
    /// The graph.
    pub graph: &'a Graph,
    /// Its revisions, by index.
    pub revisions: &'a [Revision],
    /// What was found.
    pub snapshots: &'a BTreeMap<BranchName, Snapshot>,
    /// Pairs of branches that the project's own files point at one database, in both orders.
    pub shared: &'a BTreeSet<(BranchName, BranchName)>,
}

/// The applied revisions of all branches that were read, as far as the graph knows them.
#[must_use]
pub fn applied(graph: &Graph, snapshots: &BTreeMap<BranchName, Snapshot>) -> RevisionSet {
    let ids = snapshots
        .iter()
        .map(|(branch, snapshot)| {
            (branch.clone(), snapshot.applied().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>())
        })
        .collect();
    applied_set(graph, &ids)
}

impl States<'_> {
    /// What is wrong whatever is to be done: a wrong database, a revision left half-way, an edited script, a lost
    /// dependency.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        let mut refusals = self.refusals_of_databases();
        for snapshot in self.snapshots.values() {
            refusals.extend(self.edited(snapshot));
            refusals.extend(self.lost_dependencies(snapshot));
        }
        refusals
    }

    /// What forbids writing to these databases at all: a wrong one, or a revision left half-way.
    #[must_use]
    pub fn refusals_of_databases(&self) -> Vec<Refusal> {
        self.snapshots
            .values()
            .flat_map(|snapshot| self.wrong_database(snapshot).into_iter().chain(unfinished(snapshot)))
            .collect()
    }

    /// Everything that a check should tell: what is refused, and databases ahead of the project.
    #[must_use]
    pub fn findings(&self) -> Vec<Refusal> {
        let mut findings = self.refusals();
        findings.extend(self.snapshots.values().filter_map(|snapshot| self.ahead(snapshot)));
        findings
    }

    /// What forbids these steps: a database ahead of the project, a revision inserted below an applied one.
    #[must_use]
    pub fn refusals_of(&self, request: &Request, selection: &Selection) -> Vec<Refusal> {
        let branches: BTreeSet<&BranchName> =
            selection.steps.iter().map(|&step| &self.graph.key(step).branch).collect();
        let mut refusals: Vec<Refusal> = branches
            .into_iter()
            .filter_map(|branch| self.snapshots.get(branch))
            .filter_map(|snapshot| self.ahead(snapshot))
            .collect();
        if request.direction == Direction::Up && !request.allow_out_of_order {
            let applied = applied(self.graph, self.snapshots);
            refusals.extend(selection.steps.iter().filter_map(|&step| self.out_of_order(&applied, step)));
        }
        refusals
    }

    fn wrong_database(&self, snapshot: &Snapshot) -> Option<Refusal> {
        let refuse = |message: String, hint: &str| {
            Some(Refusal {
                kind: RefusalKind::WrongDatabase,
                branch: snapshot.branch.clone(),
                revision: None,
                message,
                hint: Some(hint.to_owned()),
            })
        };
        let foreign_project = |bound: &Option<String>| match (self.project, bound) {
            (Some(ours), Some(theirs)) if ours != theirs => Some(theirs.clone()),
            _ => None,
        };
        let (branch, database) = (&snapshot.branch, &snapshot.database);
        if let Some(binding) = &snapshot.binding {
            let theirs = foreign_project(&binding.project)?;
            return refuse(
                format!("{database} belongs to branch {branch} of another project, {theirs}"),
                "correct the branch's URL, or the project's name in branchline.toml",
            );
        }
        let stranger = snapshot.others.iter().find(|other| {
            foreign_project(&other.project).is_some()
                || !other.branch.parse().is_ok_and(|other: BranchName| self.shared.contains(&(branch.clone(), other)))
        })?;
        refuse(
            format!("{database} belongs to branch {}, not to {branch}", stranger.branch),
            "are two URLs swapped? Two branches share a database only where the project's own files point both at it",
        )
    }

    fn edited<'a>(&'a self, snapshot: &'a Snapshot) -> impl Iterator<Item = Refusal> + 'a {
        snapshot.applied().filter_map(|(id, recorded)| {
            let now = self.checksum(snapshot, id)?;
            let then = recorded.checksum.as_ref()?;
            (*then != now).then(|| Refusal {
                kind: RefusalKind::ChecksumMismatch,
                branch: snapshot.branch.clone(),
                revision: Some(id.clone()),
                message: format!("{}@{id} was edited after it was applied", snapshot.branch),
                hint: Some("restore the script as it was applied, and make the change a new revision".to_owned()),
            })
        })
    }

    fn checksum(&self, snapshot: &Snapshot, id: &RevisionId) -> Option<Checksum> {
        let index = self.graph.find(&RevisionKey::new(snapshot.branch.clone(), id.clone()))?;
        self.revisions[index.as_usize()].scripts.script(Direction::Up, snapshot.dialect)?.checksum
    }

    fn lost_dependencies<'a>(&'a self, snapshot: &'a Snapshot) -> impl Iterator<Item = Refusal> + 'a {
        snapshot.applied().flat_map(move |(id, recorded)| {
            recorded.depends_on.iter().filter_map(move |dependency| {
                let other = self.snapshots.get(&dependency.branch)?;
                (!other.revisions.contains_key(&dependency.id)).then(|| Refusal {
                    kind: RefusalKind::DependencyLost,
                    branch: snapshot.branch.clone(),
                    revision: Some(id.clone()),
                    message: format!(
                        "{}@{id} is applied, but {dependency}, which it depends on, is not applied in {}",
                        snapshot.branch, other.database
                    ),
                    hint: Some(format!(
                        "was an older backup of {branch} restored? Bring it back with `branchline upgrade {dependency}` once \
                         this branch's own backup fits, or stamp what is really there",
                        branch = dependency.branch
                    )),
                })
            })
        })
    }

    fn ahead(&self, snapshot: &Snapshot) -> Option<Refusal> {
        let unknown = unknown(self.graph, snapshot);
        let first = unknown.first()?;
        Some(Refusal {
            kind: RefusalKind::Ahead,
            branch: snapshot.branch.clone(),
            revision: Some((*first).clone()),
            message: format!(
                "{} is ahead: it has applied {}, which this project does not know",
                snapshot.branch,
                comma(&unknown)
            ),
            hint: Some("is this an older checkout? Run it from the one that holds these revisions".to_owned()),
        })
    }

    fn out_of_order(&self, applied: &RevisionSet, step: RevisionIndex) -> Option<Refusal> {
        let above = self.graph.children(step).find(|&child| applied.contains(child))?;
        let key = self.graph.key(step);
        Some(Refusal {
            kind: RefusalKind::OutOfOrder,
            branch: key.branch.clone(),
            revision: Some(key.id.clone()),
            message: format!("{key} is not applied, but {}, which follows it, is", self.graph.key(above)),
            hint: Some("it was inserted later; --allow-out-of-order applies it all the same".to_owned()),
        })
    }
}

fn unfinished(snapshot: &Snapshot) -> impl Iterator<Item = Refusal> + '_ {
    snapshot.unfinished().map(|(id, recorded)| Refusal {
        kind: RefusalKind::Unfinished,
        branch: snapshot.branch.clone(),
        revision: Some(id.clone()),
        message: format!(
            "{}@{id} was left half-way ({}, {} of {} statements done){}",
            snapshot.branch,
            recorded.state.as_str(),
            recorded.statements.done,
            recorded.statements.total,
            recorded.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default()
        ),
        hint: Some(format!(
            "look at the database, finish or undo it by hand, then `branchline repair {} --applied` or `--not-applied`",
            snapshot.branch
        )),
    })
}

/// The applied revisions that the project does not know.
#[must_use]
pub fn unknown<'a>(graph: &Graph, snapshot: &'a Snapshot) -> Vec<&'a RevisionId> {
    let is_known = |id: &RevisionId| graph.find(&RevisionKey::new(snapshot.branch.clone(), id.clone())).is_some();
    snapshot.revisions.keys().filter(|id| !is_known(id)).collect()
}

fn comma(ids: &[&RevisionId]) -> String {
    ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
}
