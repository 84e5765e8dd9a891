//! Lists references: what is on record in each branch's database, beside the catalogs of all branches that it points into.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::database::DatabaseError;
use crate::lint::Tables;
use crate::names::{BranchName, RevisionId};
use crate::reference::{Backlog, Crossing, Known, Listed, crossings, listed};
use crate::sql::ObjectName;

use super::{BranchReferences, OpenSessions, Way};
use crate::run::Coordinator;

/// References, what the databases say of them, and how much of all that is.
#[derive(Debug, Default)]
pub struct ReferenceList {
    /// The references, by branch and columns.
    pub listed: Vec<Listed>,
    /// Real foreign keys between tables of two branches.
    pub crossings: Vec<Crossing>,
    /// The branches that were asked for, each with its database, redacted; none where no database was asked.
    pub databases: BTreeMap<BranchName, Option<String>>,
    /// The branches that were asked for and could not be: each with how many references its files declare, and why.
    pub skipped: Vec<SkippedBranch>,
    /// The branches that were asked for and whose database was never theirs, a new one or a wrong one: each with the
    /// references that its files declare.
    pub unbound: BTreeMap<BranchName, Vec<Known>>,
    /// What applied revisions declare in their files and no database has on record: written into them after they were applied.
    pub unrecorded: Vec<Known>,
    /// What the databases say of their tables.
    pub catalogs: BTreeMap<BranchName, Catalog>,
    /// Branches that are pointed to and could not be asked: what is said of that end is not known.
    pub unread: Vec<(BranchName, DatabaseError)>,
}

/// A branch whose references were not looked at.
#[derive(Debug, Clone)]
pub struct SkippedBranch {
    /// The branch.
    pub branch: BranchName,
    /// How many references the files declare on it, were all revisions applied.
    pub declared: usize,
    /// Why it was not looked at.
    pub error: DatabaseError,
}

impl Coordinator<'_> {
    /// Lists the references of these branches, as their databases hold them, with what waits for a sweep.
    pub async fn list_references(&self, branches: &[BranchName]) -> ReferenceList {
        let open = OpenSessions::default();
        let mut list = self.read_list(branches, &open).await;
        open.close_all().await;
        self.add_backlogs(&mut list.listed).await;
        list
    }

    /// The same for those who do not ask what waits: that opens the databases once more. The sessions stay `open`.
    pub async fn read_list(&self, branches: &[BranchName], open: &OpenSessions) -> ReferenceList {
        let mut read = self.read_references_in(branches, open).await;
        let mut pointed: BTreeSet<BranchName> = BTreeSet::new();
        for found in read.values().flatten() {
            pointed.extend(found.live.iter().flat_map(Known::targets).map(|target| target.branch.clone()));
        }
        let known = |branch: &BranchName| self.workspace.project.branches.contains_key(branch);
        let others: Vec<BranchName> =
            pointed.into_iter().filter(|branch| !read.contains_key(branch) && known(branch)).collect();
        read.extend(self.read_references_in(&others, open).await);
        let mut list = ReferenceList::default();
        let mut found: BTreeMap<BranchName, BranchReferences> = BTreeMap::new();
        for (branch, result) in read {
            let asked_for = branches.contains(&branch);
            match result {
                Ok(references) => {
                    if asked_for {
                        let declared = self.declared_references(&branch);
                        if references.snapshot.binding.is_none() && !declared.is_empty() {
                            list.unbound.insert(branch.clone(), declared);
                        }
                        list.databases.insert(branch.clone(), Some(references.snapshot.database.clone()));
                        list.unrecorded.extend(self.unrecorded(&branch, &references));
                    }
                    found.insert(branch, references);
                }
                Err(error) if asked_for => {
                    let declared = self.declared_references(&branch).len();
                    list.skipped.push(SkippedBranch { branch, declared, error });
                }
                Err(error) => list.unread.push((branch, error)),
            }
        }
        let catalog = |branch: &BranchName| found.get(branch).map(|found| &found.catalog);
        for references in found.iter().filter(|(branch, _)| branches.contains(branch)).map(|(_, found)| found) {
            list.listed.extend(references.live.iter().map(|known| listed(known.clone(), catalog)));
        }
        list.crossings = self.crossings(&found);
        list.catalogs = found.into_iter().map(|(branch, found)| (branch, found.catalog)).collect();
        list
    }

    /// What waits for a sweep, where deleted keys are recorded. A polymorphic reference has what waits at all its parents.
    async fn add_backlogs(&self, listed: &mut [Listed]) {
        let ways = Way::of(&listed.iter().map(|listed| &listed.known).collect::<Vec<_>>());
        let reports = self.capture_reports(&ways).await;
        for (way, waiting) in ways.iter().zip(reports.into_iter().map(|report| report.backlog)) {
            let (Some(waiting), Some(listed)) =
                (waiting, listed.iter_mut().find(|listed| listed.known.id == way.reference.id))
            else {
                continue;
            };
            let backlog = listed.backlog.get_or_insert(Backlog { pending: 0, oldest: None });
            backlog.pending += waiting.pending;
            backlog.oldest = backlog.oldest.take().into_iter().chain(waiting.oldest_at).min();
        }
    }

    /// What the files declare, were all revisions applied; no database is asked.
    #[must_use]
    pub fn list_declared(&self, branches: &[BranchName]) -> ReferenceList {
        let all = branches.iter().flat_map(|branch| self.declared_references(branch));
        ReferenceList {
            listed: all.map(|known| listed(known, |_| None)).collect(),
            databases: branches.iter().map(|branch| (branch.clone(), None)).collect(),
            ..ReferenceList::default()
        }
    }

    fn unrecorded(&self, branch: &BranchName, references: &BranchReferences) -> Vec<Known> {
        let applied: BTreeSet<&RevisionId> = references.snapshot.applied().map(|(id, _)| id).collect();
        let known: BTreeSet<String> = references.live.iter().map(|known| known.id.to_string()).collect();
        let mut live = self.live_by_files(branch, |id| applied.contains(id));
        live.retain(|declared| !known.contains(&declared.id.to_string()));
        live
    }

    pub(super) fn declared_references(&self, branch: &BranchName) -> Vec<Known> {
        let mut all = self.live_by_files(branch, |_| true);
        all.sort_by_key(|known| (known.from.to_string(), known.id.to_string()));
        all
    }

    fn crossings(&self, found: &BTreeMap<BranchName, BranchReferences>) -> Vec<Crossing> {
        let catalogs: Vec<(&BranchName, &Catalog)> =
            found.iter().map(|(branch, found)| (branch, &found.catalog)).collect();
        let is_shared = |branch: &BranchName, catalog: &Catalog| {
            catalogs
                .iter()
                .any(|(other, of)| *other != branch && of.server == catalog.server && of.name == catalog.name)
        };
        let shared = catalogs.iter().filter(|(branch, catalog)| {
            is_shared(branch, catalog) && catalog.tables.iter().any(|table| !table.foreign_keys.is_empty())
        });
        // Whose a table is that stands in a database of several branches, only the scripts say.
        let makers: BTreeMap<&BranchName, Vec<Tables>> = shared
            .map(|&(branch, catalog)| {
                let mut runs = self.workspace.runs(self.urls).remove(branch).unwrap_or_default();
                runs.dialects = vec![catalog.dialect];
                let known = self.workspace.project.branches.get_key_value(branch);
                let inspection = self.workspace.inspect(known.map(|(branch, _)| (branch, &runs)));
                (branch, inspection.scripts.iter().map(Tables::of).collect())
            })
            .collect();
        let owner = |branch: &BranchName, table: &str| {
            makers.get(branch)?;
            let name = ObjectName { schema: None, name: table.to_owned() };
            let makes = |tables: &Vec<Tables>| tables.iter().any(|tables| tables.has(&name));
            makers.iter().find(|(_, tables)| makes(tables)).map(|(branch, _)| (*branch).clone())
        };
        crossings(&catalogs, owner)
    }
}
