//! States that look wrong only because another run is changing them at this moment.
//!
//! A run reads before it locks. What it reads then may be a revision on its way, or two databases at two different times;
//! whether that is so, or somebody died half-way, is known once the locks are held.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::database::{LockedSession, Session};
use crate::names::BranchName;
use crate::plan::{PlanError, RefusalKind, Request, Snapshot};

use super::error::RunError;
use super::prepare::{Coordinator, Prepared, Read, close_all, refuse};

impl Coordinator<'_> {
    /// The same as [`Self::prepare`], for a plan that is to be run: where a state is refused that another run may just be
    /// changing, waits for that run, and then looks again.
    ///
    /// # Errors
    ///
    /// As [`Self::prepare`].
    pub async fn prepare_to_run(&self, request: &Request) -> Result<Prepared, RunError> {
        loop {
            let Read { mut sessions, snapshots } = self.read(request).await?;
            match self.plan(request, &snapshots, &mut sessions).await {
                Ok(planned) => return Ok(Prepared::new(planned, snapshots, sessions, request)),
                // Nothing is waited for, or locked, in a database that is the wrong one.
                Err(RunError::Plan(PlanError::Refused(refusals)))
                    if refusals.iter().any(|refusal| refusal.kind.may_pass())
                        && refusals.iter().all(|refusal| refusal.kind != RefusalKind::WrongDatabase) =>
                {
                    self.settle(sessions, &snapshots).await?;
                }
                Err(error) => {
                    close_all(sessions).await;
                    return Err(error);
                }
            }
        }
    }

    /// Waits until nobody else changes these states, and refuses what is refused even then.
    async fn settle(
        &self,
        mut sessions: BTreeMap<BranchName, Session>,
        snapshots: &BTreeMap<BranchName, Snapshot>,
    ) -> Result<(), RunError> {
        // A database that was never used has nothing to wait for, and locking an SQLite file would create it.
        let bound = snapshots.values().filter(|snapshot| snapshot.binding.is_some());
        let branches: Vec<BranchName> = bound.map(|snapshot| snapshot.branch.clone()).collect();
        let mut locked = self.lock(&branches, &mut sessions).await?;
        let found = self.read_again(&mut locked, &mut sessions).await;
        join_all(locked.into_values().map(LockedSession::close)).await;
        close_all(sessions).await;
        refuse(self.states(&found?).refusals())
    }
}
