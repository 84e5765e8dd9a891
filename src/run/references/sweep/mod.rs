//! Makes `on_delete` real, eventually: the keys of deleted parents are recorded by a trigger, and a sweep does to the rows that
//! refer to them what the reference says.
//!
//! Two databases share no transaction, so this is what is kept to. A key is marked as dealt with only after the change of the
//! rows was committed: a sweep that dies does the same again, which changes nothing the second time. Before that commit the
//! parent is looked for once more: a row is changed only where, at a moment when the row was there, its parent was not. What is
//! written after a parent has come back is never touched.

mod capture;
mod pass;
mod uninstall;
mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::catalog::Catalog;
use crate::database::{Backlog, DatabaseError, Session};
use crate::names::BranchName;
use crate::reference::Known;
use crate::revision::{Checksum, ReferenceTarget};

use super::super::error::RunError;
use super::super::prepare::Coordinator;

pub use capture::{CaptureChange, CaptureReport};
pub use uninstall::Waiting;
pub use way::{Problem, Way};

/// How a sweep is to behave.
#[derive(Debug, Clone, Copy)]
pub struct SweepOptions {
    /// How many keys are looked at together, and how many rows are changed in one transaction.
    pub batch: u64,
    /// How many keys of each reference at most.
    pub limit: Option<u64>,
    /// How many rows a second at most.
    pub rate: Option<u64>,
    /// Only say what would be done.
    pub dry_run: bool,
}

impl Default for SweepOptions {
    fn default() -> Self {
        Self { batch: 500, limit: None, rate: None, dry_run: false }
    }
}

/// The references that are live anywhere, as far as it is known.
#[derive(Debug, Default)]
pub struct Live {
    /// The references of the branches that could be asked, by branch and columns.
    pub known: Vec<Known>,
    /// The branches that could not, and why.
    pub unread: BTreeMap<BranchName, DatabaseError>,
    /// The branches whose files declare references, and whose database was never theirs: a new one, or a wrong one.
    pub unbound: BTreeSet<BranchName>,
}

impl Live {
    /// The ids of the references that lead to columns for which this holds; none where a branch could not be asked, or its database was never its
    /// own: there may be more.
    fn to(&self, is_meant: impl Fn(&ReferenceTarget) -> bool) -> Option<Vec<Checksum>> {
        let leads = |reference: &&Known| reference.targets().any(&is_meant);
        let all_are_known = self.unread.is_empty() && self.unbound.is_empty();
        all_are_known.then(|| self.known.iter().filter(leads).map(|reference| reference.id).collect())
    }
}

/// What became of a way from a reference to a parent's table.
#[derive(Debug, Clone, Default)]
pub struct WayReport {
    /// Keys that were dealt with.
    pub keys: u64,
    /// Rows that were deleted, or whose key was set to NULL; of a dry run, that would have been.
    pub rows: u64,
    /// Keys whose parent was there again, so that nothing was done.
    pub back: u64,
    /// Keys that rows still refer to, which were only reported.
    pub reported_keys: u64,
    /// Those rows.
    pub reported_rows: u64,
    /// Some of those keys.
    pub samples: Vec<String>,
    /// Times that the whole table was emptied: nobody knows of which keys.
    pub emptied: u64,
    /// What is left to do; none where it could not be asked.
    pub backlog: Option<Backlog>,
    /// Why it did not come to its end.
    pub problem: Option<Problem>,
    /// Whether it was stopped by a signal.
    pub interrupted: bool,
}

/// Open sessions of both ends of a way, and what their databases say of their tables.
struct Ends {
    parent: Session,
    child: Session,
    catalogs: [Catalog; 2],
}

impl Coordinator<'_> {
    /// Reads the references that are live in any branch.
    pub async fn read_live(&self) -> Live {
        let branches: Vec<BranchName> = self.workspace.project.branches.keys().cloned().collect();
        let mut live = Live::default();
        for (branch, read) in self.read_references(&branches).await {
            match read {
                Ok(references) => {
                    if references.snapshot.binding.is_none() && !self.declared_references(&branch).is_empty() {
                        live.unbound.insert(branch);
                    }
                    live.known.extend(references.live);
                }
                Err(error) => {
                    live.unread.insert(branch, error);
                }
            }
        }
        live
    }

    /// Sweeps these ways, one after the other. What goes wrong with one is in its report.
    ///
    /// # Errors
    ///
    /// [`RunError::Interrupted`], where nothing was done yet.
    pub async fn sweep(&self, ways: &[Way], live: &Live, options: SweepOptions) -> Result<Vec<WayReport>, RunError> {
        let mut reports: Vec<WayReport> = Vec::with_capacity(ways.len());
        for way in ways {
            if self.cancel.is_cancelled() {
                if reports.is_empty() {
                    return Err(RunError::Interrupted);
                }
                reports.push(WayReport { interrupted: true, ..WayReport::default() });
                continue;
            }
            reports.push(self.sweep_way(way, live, options).await);
        }
        Ok(reports)
    }

    /// Waits until the next sweep; not where a signal came first.
    pub async fn sleep(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.cancel.cancelled() => false,
        }
    }

    async fn open_ends(&self, way: &Way) -> Result<Ends, Problem> {
        let (parent, parents) = self.open_to_sweep(&way.target.branch).await?;
        match self.open_to_sweep(&way.reference.branch).await {
            Ok((child, children)) => Ok(Ends { parent, child, catalogs: [parents, children] }),
            Err(problem) => {
                parent.close().await;
                Err(problem)
            }
        }
    }

    /// Opens a branch's database, refuses one that must not be written to, and reads its tables.
    async fn open_to_sweep(&self, branch: &BranchName) -> Result<(Session, Catalog), Problem> {
        let of_branch = |error| Problem::database(branch, error);
        let (mut session, snapshot) = self.open_unless_interrupted(branch).await.map_err(of_branch)?;
        let snapshots = BTreeMap::from([(branch.clone(), snapshot)]);
        let catalog = match self.refuse_to_write(&snapshots) {
            Ok(()) => session.catalog().await.map_err(of_branch),
            Err(error) => Err(Problem::Run(error)),
        };
        match catalog {
            Ok(catalog) => Ok((session, catalog)),
            Err(problem) => {
                session.close().await;
                Err(problem)
            }
        }
    }

    /// How long to wait before what lost to another session is tried again.
    const fn pause(attempt: u32) -> Duration {
        Duration::from_millis(50 << if attempt > 5 { 5 } else { attempt })
    }
}
