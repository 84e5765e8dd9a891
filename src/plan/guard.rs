//! What is checked in the states that were found, before any step.
//!
//! The rules are those of the design's `graph.md` ("Checked against the databases") and `state.md` (the binding). Each
//! yields a refusal that names what is in the way and the way out; none looks at files or databases.

use std::collections::{BTreeMap, BTreeSet};

use crate::direction::Direction;
use crate::graph::{
    Graph, Inserted, MissingDependency, Oddities, Recorded, Records, RevisionSet, Selection, branches_named,
    current_heads, examine, left_standing, recorded_set,
};
use crate::listing::listed;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::revision::{Checksum, Revision};

use super::owner::wrong_database;
use super::{Progress, Refusal, RefusalKind, Request, SharedDatabases, Snapshot};

/// The states that were found, and all that they are held against.
pub struct States<'a> {
    project: Option<&'a str>,
    graph: &'a Graph,
    revisions: &'a [Revision],
    snapshots: &'a BTreeMap<BranchName, Snapshot>,
    shared: SharedDatabases,
    records: Records,
    oddities: Oddities,
}

/// The applied revisions of all branches that were read, as far as the graph knows them.
#[must_use]
pub fn applied(graph: &Graph, snapshots: &BTreeMap<BranchName, Snapshot>) -> RevisionSet {
    recorded_set(graph, &records(snapshots))
}

fn records(snapshots: &BTreeMap<BranchName, Snapshot>) -> Records {
    snapshots.iter().map(|(branch, snapshot)| (branch.clone(), rows(snapshot))).collect()
}

fn rows(snapshot: &Snapshot) -> Vec<Recorded> {
    snapshot
        .applied()
        .map(|(id, row)| Recorded { id: id.clone(), parents: row.parents.clone(), depends_on: row.depends_on.clone() })
        .collect()
}

impl<'a> States<'a> {
    /// The states of some branches of a project with this name, if it has one. `revisions` stand by their index in the graph;
    #[must_use]
    pub fn new(
        project: Option<&'a str>,
        graph: &'a Graph,
        revisions: &'a [Revision],
        snapshots: &'a BTreeMap<BranchName, Snapshot>,
        shared: SharedDatabases,
    ) -> Self {
        let records = records(snapshots);
        let oddities = examine(graph, &records);
        Self { project, graph, revisions, snapshots, shared, records, oddities }
    }

    /// What is wrong whatever is to be done: a wrong database, a revision left half-way, an edited script, a lost
    /// dependency.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        let mut refusals = self.refusals_of_databases();
        for snapshot in self.snapshots.values() {
            refusals.extend(self.edited(snapshot));
        }
        refusals.extend(self.oddities.missing.iter().map(|missing| self.lost(missing)));
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

    /// Databases that belong to another branch or another project, or that two URLs lead to by mistake.
    #[must_use]
    pub fn wrong_databases(&self) -> Vec<Refusal> {
        self.snapshots.values().filter_map(|snapshot| self.wrong_database(snapshot)).collect()
    }

    /// Everything that a check should tell: what is refused, and databases ahead of the project.
    #[must_use]
    pub fn findings(&self) -> Vec<Refusal> {
        let mut findings = self.refusals();
        findings.extend(self.snapshots.keys().filter_map(|branch| self.ahead(branch)));
        findings
    }

    /// What forbids these steps: a database ahead of the project, a revision inserted below an applied one, an applied
    /// revision that would lose its ground.
    #[must_use]
    pub fn refusals_of(&self, request: &Request, selection: &Selection) -> Vec<Refusal> {
        let steps: RevisionSet = selection.steps.iter().copied().collect();
        let mut branches: BTreeSet<BranchName> =
            selection.steps.iter().map(|&step| self.graph.key(step).branch.clone()).collect();
        if request.direction == Direction::Down {
            // What is to go, and is not known here, would stay where the command seems to say that it went.
            branches.extend(branches_named(self.graph, Direction::Down, &request.targets).unwrap_or_default());
        }
        let mut refusals: Vec<Refusal> = branches.iter().filter_map(|branch| self.ahead(branch)).collect();
        match request.direction {
            Direction::Up if request.allow_out_of_order => {}
            Direction::Up => {
                let inserted = self.oddities.inserted.iter();
                refusals.extend(
                    inserted
                        .filter(|inserted| self.graph.find(&inserted.revision).is_some_and(|step| steps.contains(step)))
                        .map(out_of_order),
                );
            }
            Direction::Down => {
                refusals.extend(left_standing(self.graph, &self.records, &steps).iter().map(left_without));
            }
        }
        refusals
    }

    fn wrong_database(&self, snapshot: &Snapshot) -> Option<Refusal> {
        wrong_database(self.project, &self.shared, snapshot)
    }

    fn edited<'s>(&'s self, snapshot: &'s Snapshot) -> impl Iterator<Item = Refusal> + 's {
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

    fn lost(&self, missing: &MissingDependency) -> Refusal {
        let MissingDependency { revision, dependency } = missing;
        let database = self.snapshots.get(&dependency.branch).map_or("", |snapshot| snapshot.database.as_str());
        let behind = self.graph.find(revision).zip(self.graph.find(dependency));
        let by = behind.map(|(revision, needed)| self.graph.by_reference(revision, needed)).unwrap_or_default();
        Refusal {
            kind: RefusalKind::DependencyLost,
            branch: revision.branch.clone(),
            revision: Some(revision.id.clone()),
            message: format!(
                "{revision} is applied, but {dependency}, which it depends on{by}, is not applied in {database}"
            ),
            hint: Some(format!(
                "was an older backup of {} restored? Restore the two together, or stamp what is really there",
                dependency.branch
            )),
        }
    }

    fn ahead(&self, branch: &BranchName) -> Option<Refusal> {
        let unknown: Vec<&RevisionKey> = self.oddities.unknown.iter().filter(|key| key.branch == *branch).collect();
        let first = unknown.first()?;
        let ids = listed(unknown.iter().map(|key| &key.id));
        Some(Refusal {
            kind: RefusalKind::Ahead,
            branch: branch.clone(),
            revision: Some(first.id.clone()),
            message: format!("{branch} is ahead: it has applied {ids}, which this project does not know"),
            hint: Some("is this an older checkout? Run it from the one that holds these revisions".to_owned()),
        })
    }
}

fn out_of_order(inserted: &Inserted) -> Refusal {
    let Inserted { revision, below } = inserted;
    Refusal {
        kind: RefusalKind::OutOfOrder,
        branch: revision.branch.clone(),
        revision: Some(revision.id.clone()),
        message: format!("{revision} is not applied, but {below}, which follows it, is"),
        hint: Some("it was inserted later; --allow-out-of-order applies it all the same".to_owned()),
    }
}

fn left_without(standing: &MissingDependency) -> Refusal {
    let MissingDependency { revision, dependency } = standing;
    Refusal {
        kind: RefusalKind::DependentInTheWay,
        branch: revision.branch.clone(),
        revision: Some(revision.id.clone()),
        message: format!("{revision} was applied on top of {dependency}, which is to go; the files no longer say so"),
        hint: Some("bring back the files that it was applied from, and take it down first".to_owned()),
    }
}

fn unfinished(snapshot: &Snapshot) -> impl Iterator<Item = Refusal> + '_ {
    let is = if snapshot.running { "is being worked on by another run" } else { "was left half-way" };
    snapshot.unfinished().map(move |(id, recorded)| Refusal {
        kind: RefusalKind::Unfinished,
        branch: snapshot.branch.clone(),
        revision: Some(id.clone()),
        message: format!(
            "{}@{id} {is} ({}, {} of {} statements done){}",
            snapshot.branch,
            recorded.state.as_str(),
            recorded.statements.done,
            recorded.statements.total,
            recorded.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default()
        ),
        hint: Some(ways_out(snapshot, recorded)),
    })
}

/// What helps where a revision is half-way.
fn ways_out(snapshot: &Snapshot, recorded: &super::Recorded) -> String {
    let branch = &snapshot.branch;
    if snapshot.running {
        return format!("wait for it to end: `branchline status {branch}` says how far it is");
    }
    let resume = if recorded.error.is_some() {
        format!("`branchline resume {branch}` goes on with it, with --accept-edited where its script was mended")
    } else {
        in_doubt(branch, recorded.statements)
    };
    format!("{resume}; or finish or undo it by hand, then `branchline repair {branch} --applied` or `--not-applied`")
}

/// What helps where a run died: the statement after those that are known to be done may have taken effect, or not.
#[must_use]
pub fn in_doubt(branch: &BranchName, statements: Progress) -> String {
    if statements.done >= statements.total {
        return format!("`branchline resume {branch}` records that");
    }
    let next = statements.done.saturating_add(1);
    format!("`branchline resume {branch}` looks in the database whether statement {next} took effect, and goes on")
}

/// What helps where the database does not tell that.
#[must_use]
pub fn ask(branch: &BranchName, statements: Progress) -> String {
    let next = statements.done.saturating_add(1);
    format!(
        "look at the database: `branchline resume {branch} --from {next}` runs it again, `--from {}` goes on behind it",
        next.saturating_add(1)
    )
}

/// The applied revisions that the project does not know.
#[must_use]
pub fn unknown<'a>(graph: &Graph, snapshot: &'a Snapshot) -> Vec<&'a RevisionId> {
    let is_known = |id: &RevisionId| graph.find(&RevisionKey::new(snapshot.branch.clone(), id.clone())).is_some();
    snapshot.revisions.keys().filter(|id| !is_known(id)).collect()
}

/// Where the branch stands: the applied revisions that no other one follows.
#[must_use]
pub fn current(graph: &Graph, snapshot: &Snapshot) -> Vec<RevisionId> {
    current_heads(graph, &snapshot.branch, &rows(snapshot))
}
