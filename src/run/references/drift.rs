//! Holds the references that databases have on record against the files: whoever edits the file of an applied revision changes
//! no record, and is told so.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::database::DatabaseError;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::plan::{RecordedState, Snapshot};
use crate::reference::{Drift, Known, Since, drift};
use crate::report::Finding;
use crate::run::Coordinator;

/// The states of branches, and of what is on record there what the files say otherwise.
#[derive(Debug, Default)]
pub struct StatesAndReferences {
    /// The states.
    pub snapshots: BTreeMap<BranchName, Snapshot>,
    /// The references of which the files say something else.
    pub drifted: Vec<Finding>,
    /// The branches that could not be asked.
    pub errors: Vec<(BranchName, DatabaseError)>,
}

impl Coordinator<'_> {
    /// Reads the states of these branches, and holds the references that are on record against the files.
    pub async fn read_states_and_references(&self, branches: &[BranchName]) -> StatesAndReferences {
        let read = join_all(
            branches.iter().map(async |branch| (branch.clone(), self.read_state_and_references(branch).await)),
        );
        let mut states = StatesAndReferences::default();
        for (branch, found) in read.await {
            match found {
                Ok((snapshot, references)) => {
                    let is_wrong =
                        !self.wrong_databases(&BTreeMap::from([(branch.clone(), snapshot.clone())])).is_empty();
                    // What another's database holds says nothing of these files.
                    states.drifted.extend(references.iter().filter(|_| !is_wrong).filter_map(Finding::drifted));
                    states.snapshots.insert(branch, snapshot);
                }
                Err(error) => states.errors.push((branch, error)),
            }
        }
        states
    }

    async fn read_state_and_references(&self, branch: &BranchName) -> Result<(Snapshot, Vec<Known>), DatabaseError> {
        let (session, snapshot, references) = self.open_references(branch).await?;
        session.close().await;
        Ok((snapshot, references))
    }

    /// Notes of each reference what the files say otherwise.
    pub(super) fn mark_drift(&self, snapshot: &Snapshot, recorded: &mut [Known]) {
        if recorded.is_empty() {
            return;
        }
        // A way down that was left half-way has ended nothing yet.
        let is_applied =
            |id: &RevisionId| snapshot.revisions.get(id).is_some_and(|row| row.state != RecordedState::Applying);
        let live = self.live_by_files(&snapshot.branch, is_applied);
        for known in recorded {
            known.drift = self.drift_of(known, &live, known.since.as_ref().is_some_and(is_applied));
        }
    }

    fn drift_of(&self, known: &Known, live: &[Known], applied: bool) -> Option<Drift> {
        let since = RevisionKey::new(known.branch.clone(), known.since.clone()?);
        let declares: Option<Vec<Known>> = self.workspace.find(&since).map(|revision| {
            revision.references.iter().map(|one| Known::declared(&known.branch, &since.id, one)).collect()
        });
        drift(known, live, Since { applied, declares: declares.as_deref() })
    }
}
