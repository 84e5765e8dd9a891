//! References over all databases: what is on record, what the catalogs say of it.

mod check;
mod discover;
mod drift;
mod export;
mod list;
mod open;
mod sweep;

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::catalog::Catalog;
use crate::database::{DatabaseError, DatabaseErrorKind, Session};
use crate::names::{BranchName, RevisionId};
use crate::plan::Snapshot;
use crate::reference::{Known, RecordedReference, live};

use super::prepare::Coordinator;

pub use check::{CheckOptions, Checkpoint, Progress};
pub use discover::{DiscoverOptions, Discovered};
pub use drift::StatesAndReferences;
pub use list::{ReferenceList, SkippedBranch};
pub use open::OpenSessions;
pub use sweep::{CaptureChange, CaptureReport, Live, Problem, SweepOptions, Waiting, Way, WayReport};

/// What one branch's database says of references.
#[derive(Debug, Clone)]
pub struct BranchReferences {
    /// What is applied.
    pub snapshot: Snapshot,
    /// The references that are live in it.
    pub live: Vec<Known>,
    /// What the database says of its tables.
    pub catalog: Catalog,
}

impl Coordinator<'_> {
    /// Reads the live references and the catalogs of these branches, all at once; each comes with its own error.
    pub async fn read_references(
        &self,
        branches: &[BranchName],
    ) -> BTreeMap<BranchName, Result<BranchReferences, DatabaseError>> {
        let open = OpenSessions::default();
        let read = self.read_references_in(branches, &open).await;
        open.close_all().await;
        read
    }

    /// The same, in sessions that stay open.
    async fn read_references_in(
        &self,
        branches: &[BranchName],
        open: &OpenSessions,
    ) -> BTreeMap<BranchName, Result<BranchReferences, DatabaseError>> {
        let read =
            join_all(branches.iter().map(async |branch| (branch.clone(), self.read_references_of(branch, open).await)));
        let mut read: BTreeMap<BranchName, _> = read.await.into_iter().collect();
        self.leave_out_wrong_databases(&mut read, open).await;
        read
    }

    /// What another branch's database says, or another project's, is nothing about these: its tables may have the same names.
    async fn leave_out_wrong_databases(
        &self,
        read: &mut BTreeMap<BranchName, Result<BranchReferences, DatabaseError>>,
        open: &OpenSessions,
    ) {
        let snapshots = read.iter().filter_map(|(branch, read)| Some((branch, read.as_ref().ok()?)));
        let snapshots = snapshots.map(|(branch, found)| (branch.clone(), found.snapshot.clone())).collect();
        for (branch, refusal) in self.wrong_databases(&snapshots) {
            if let Some(session) = open.take(&branch) {
                session.close().await;
            }
            let error = DatabaseError::new(DatabaseErrorKind::WrongDatabase, "", refusal.message);
            read.insert(branch, Err(error.hint_of(refusal.hint)));
        }
    }

    async fn read_references_of(
        &self,
        branch: &BranchName,
        open: &OpenSessions,
    ) -> Result<BranchReferences, DatabaseError> {
        let (mut session, snapshot, live) = self.open_references(branch).await?;
        match session.catalog().await {
            Ok(catalog) => {
                open.give(branch, session);
                Ok(BranchReferences { snapshot, live, catalog })
            }
            Err(error) => {
                session.close().await;
                Err(error)
            }
        }
    }

    /// Opens a branch's database, and reads its state and the references that are on record, held against the files.
    async fn open_references(&self, branch: &BranchName) -> Result<(Session, Snapshot, Vec<Known>), DatabaseError> {
        let (mut session, snapshot) = self.open_unless_interrupted(branch).await?;
        let rows = match snapshot.binding {
            Some(_) => session.references(branch).await,
            None => Ok(Vec::new()),
        };
        match rows.and_then(|rows| known(branch, &rows, &snapshot.database)) {
            Ok(mut live) => {
                self.mark_drift(&snapshot, &mut live);
                Ok((session, snapshot, live))
            }
            Err(error) => {
                session.close().await;
                Err(error)
            }
        }
    }

    /// The references that live on a branch by its files, where these of its revisions are applied.
    fn live_by_files(&self, branch: &BranchName, is_applied: impl Fn(&RevisionId) -> bool) -> Vec<Known> {
        let graph = &self.workspace.graph;
        let applied = graph.revisions(branch).iter().copied().filter(|&index| is_applied(&graph.key(index).id));
        let live = live(&self.workspace.revisions, applied).into_iter();
        live.map(|(since, one)| Known::declared(branch, &graph.key(since).id, one)).collect()
    }
}

/// What the rows of a branch's state tables say.
pub(super) fn known(
    branch: &BranchName,
    rows: &[RecordedReference],
    database: &str,
) -> Result<Vec<Known>, DatabaseError> {
    let known = rows.iter().map(|row| Known::recorded(branch, row)).collect::<Result<Vec<_>, _>>();
    known.map_err(|error| {
        DatabaseError::new(DatabaseErrorKind::State, database, error.to_string())
            .hint_of(Some("the tables were changed by hand, or by a newer version of this tool".to_owned()))
    })
}
