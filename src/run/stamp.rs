//! Records revisions as applied or not, without running them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use crate::database::{LockedSession, Session, StepRecord};
use crate::direction::Direction;
use crate::graph::{Point, RevisionSet, Target, branches_named, select_up};
use crate::names::{BranchName, RevisionKey};
use crate::plan::Snapshot;

use super::error::RunError;
use super::prepare::{Coordinator, refuse};
use crate::workspace::shared_databases;

/// A row that stamping writes or takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The revision.
    pub revision: RevisionKey,
    /// Up where it is recorded as applied, down where its record goes.
    pub direction: Direction,
}

impl Coordinator<'_> {
    /// Makes the records of the branches that the targets name say exactly this: the targets' revisions and their ancestors
    /// are applied, and nothing else is. Returns what was changed, and the states afterwards.
    ///
    /// # Errors
    ///
    /// [`RunError`]; a branch with a revision left half-way, or a database that is not the branch's, is refused.
    pub async fn stamp(
        &self,
        targets: &[Target],
        dry_run: bool,
    ) -> Result<(Vec<Stamp>, BTreeMap<BranchName, Snapshot>), RunError> {
        let branches: Vec<BranchName> = branches_named(&self.workspace.graph, targets)?.into_iter().collect();
        let wanted = self.wanted(targets)?;
        let (mut sessions, _) = self.open_all(&branches.iter().cloned().collect()).await?;
        let mut locked = self.lock(&branches, &mut sessions).await?;
        let result = self.stamp_under_locks(&wanted, &mut locked, dry_run).await;
        join_all(locked.into_values().map(LockedSession::close)).await;
        join_all(sessions.into_values().map(Session::close)).await;
        result
    }

    /// The revisions that are to be recorded as applied.
    fn wanted(&self, targets: &[Target]) -> Result<RevisionSet, RunError> {
        let upward: Vec<Target> =
            targets.iter().filter(|target| !matches!(target, Target::At(_, Point::Base))).cloned().collect();
        if upward.is_empty() {
            return Ok(RevisionSet::new());
        }
        Ok(select_up(&self.workspace.graph, &RevisionSet::new(), &upward)?.own)
    }

    async fn stamp_under_locks(
        &self,
        wanted: &RevisionSet,
        locked: &mut BTreeMap<BranchName, LockedSession>,
        dry_run: bool,
    ) -> Result<(Vec<Stamp>, BTreeMap<BranchName, Snapshot>), RunError> {
        let before = self.inspect_locked(locked).await?;
        let shared = shared_databases(self.urls);
        let states = self.states(&before, &shared);
        refuse(states.refusals_of_databases())?;
        if !dry_run {
            self.bind(&before, locked).await?;
        }
        let mut stamps = Vec::new();
        for (branch, session) in locked.iter_mut() {
            let Some(snapshot) = before.get(branch) else { continue };
            for record in self.records(wanted, snapshot) {
                if !dry_run {
                    session.stamp(&record).await.map_err(|error| RunError::database(branch, error))?;
                }
                stamps.push(Stamp {
                    revision: RevisionKey::new(record.branch, record.revision),
                    direction: record.direction,
                });
            }
        }
        let after = self.inspect_locked(locked).await?;
        Ok((stamps, after))
    }

    async fn inspect_locked(
        &self,
        locked: &mut BTreeMap<BranchName, LockedSession>,
    ) -> Result<BTreeMap<BranchName, Snapshot>, RunError> {
        let mut found = BTreeMap::new();
        for (branch, session) in locked.iter_mut() {
            let snapshot = session.inspect().await.map_err(|error| RunError::database(branch, error))?;
            found.insert(branch.clone(), snapshot);
        }
        Ok(found)
    }

    /// The rows to take away, the newest first, and then those to write, the oldest first.
    fn records(&self, wanted: &RevisionSet, snapshot: &Snapshot) -> Vec<StepRecord> {
        let graph = &self.workspace.graph;
        let order = graph.revisions(&snapshot.branch);
        let keep: BTreeSet<_> =
            order.iter().filter(|&&index| wanted.contains(index)).map(|&index| &graph.key(index).id).collect();
        let mut away: Vec<_> = snapshot.revisions.keys().filter(|id| !keep.contains(id)).collect();
        away.reverse();
        let mut records: Vec<StepRecord> =
            away.into_iter().map(|id| self.record_of(snapshot.branch.clone(), id.clone(), Direction::Down)).collect();
        for &index in order.iter().filter(|&&index| wanted.contains(index)) {
            let revision = self.workspace.revision(index);
            let checksum = revision.scripts.script(Direction::Up, snapshot.dialect).and_then(|script| script.checksum);
            let recorded = snapshot.revisions.get(&revision.key.id);
            // Stamping an applied revision again is how an edit of its script is accepted.
            if recorded.is_none_or(|recorded| recorded.checksum != checksum) {
                records.push(self.record(revision, Direction::Up, checksum));
            }
        }
        records
    }
}
