//! Records revisions as applied or not, without running them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use crate::database::{LockedSession, StepRecord};
use crate::direction::Direction;
use crate::graph::{Point, RevisionSet, Target, TargetError, branches_named, select_up};
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::plan::Snapshot;
use crate::reference::{ReferenceChanges, live};

use super::error::RunError;
use super::prepare::{Coordinator, close_all, refuse};

/// A row that stamping writes or takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The revision.
    pub revision: RevisionKey,
    /// Up where it is recorded as applied, down where its record goes.
    pub direction: Direction,
}

impl From<StepRecord> for Stamp {
    fn from(record: StepRecord) -> Self {
        Self { revision: RevisionKey::new(record.branch, record.revision), direction: record.direction }
    }
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
        let branches: Vec<BranchName> =
            branches_named(&self.workspace.graph, Direction::Up, targets)?.into_iter().collect();
        let wanted = self.wanted(targets)?;
        let (mut sessions, found) = self.open_all(&branches.iter().cloned().collect()).await?;
        if dry_run {
            close_all(sessions).await;
            self.refuse_to_write(&found)?;
            let records = found.values().flat_map(|snapshot| self.records(&wanted, snapshot));
            return Ok((records.map(Stamp::from).collect(), found));
        }
        if let Err(refused) = refuse(self.states(&found).wrong_databases()) {
            close_all(sessions).await;
            return Err(refused);
        }
        let mut locked = self.lock(&branches, &mut sessions).await?;
        let result = self.stamp_under_locks(&wanted, &mut locked).await;
        join_all(locked.into_values().map(LockedSession::close)).await;
        result
    }

    /// The revisions that are to be recorded as applied.
    fn wanted(&self, targets: &[Target]) -> Result<RevisionSet, RunError> {
        // What is relative to the database would be relative to what is to be overwritten.
        if let Some(relative) = targets.iter().find(|target| matches!(target, Target::At(_, Point::Relative(_)))) {
            return Err(TargetError::NeedsDatabase { target: relative.to_string() }.into());
        }
        let is_base = |target: &Target| match target {
            Target::At(name, Point::Base) => self.workspace.project.branches.contains_key(name.as_str()),
            _ => false,
        };
        let upward: Vec<Target> = targets.iter().filter(|target| !is_base(target)).cloned().collect();
        if upward.is_empty() {
            return Ok(RevisionSet::new());
        }
        Ok(select_up(&self.workspace.graph, &RevisionSet::new(), &upward)?.own)
    }

    async fn stamp_under_locks(
        &self,
        wanted: &RevisionSet,
        locked: &mut BTreeMap<BranchName, LockedSession>,
    ) -> Result<(Vec<Stamp>, BTreeMap<BranchName, Snapshot>), RunError> {
        let before = self.read_again(locked, &mut BTreeMap::new()).await?;
        self.refuse_to_write(&before)?;
        self.bind(&before, locked).await?;
        let mut stamps = Vec::new();
        for (branch, session) in locked.iter_mut() {
            let Some(snapshot) = before.get(branch) else { continue };
            let records = self.records(wanted, snapshot);
            if !records.is_empty() {
                // Where it was interrupted by now, that is not before anything was done.
                session.stamp(&records).await.map_err(|error| RunError::Databases(vec![(branch.clone(), error)]))?;
            }
            stamps.extend(records.into_iter().map(Stamp::from));
        }
        let after = self.read_again(locked, &mut BTreeMap::new()).await?;
        Ok((stamps, after))
    }

    /// The record of a revision that is no longer to be recorded as applied.
    fn record_away(&self, snapshot: &Snapshot, id: &RevisionId) -> StepRecord {
        let key = RevisionKey::new(snapshot.branch.clone(), id.clone());
        match self.workspace.find(&key) {
            Some(revision) => self.record(revision, Direction::Down, None),
            None => self.record_of(key.branch, key.id, Direction::Down),
        }
    }

    /// The rows to take away, the newest first, and then those to write, the oldest first.
    fn records(&self, wanted: &RevisionSet, snapshot: &Snapshot) -> Vec<StepRecord> {
        let graph = &self.workspace.graph;
        let order = graph.revisions(&snapshot.branch);
        let keep: BTreeSet<_> =
            order.iter().filter(|&&index| wanted.contains(index)).map(|&index| &graph.key(index).id).collect();
        // A child goes before its parents, and begins again what it had ended before that goes in its turn.
        let places: BTreeMap<&RevisionId, usize> =
            order.iter().enumerate().map(|(place, &index)| (&graph.key(index).id, place)).collect();
        let mut away: Vec<_> = snapshot.revisions.keys().filter(|id| !keep.contains(id)).collect();
        away.sort_by_key(|id| Reverse(places.get(id).copied().unwrap_or(usize::MAX)));
        let mut records: Vec<StepRecord> = away.into_iter().map(|id| self.record_away(snapshot, id)).collect();
        let live = live(&self.workspace.revisions, order.iter().copied().filter(|&index| wanted.contains(index)));
        for &index in order.iter().filter(|&&index| wanted.contains(index)) {
            let revision = self.workspace.revision(index);
            let checksum = revision.scripts.script(Direction::Up, snapshot.dialect).and_then(|script| script.checksum);
            let recorded = snapshot.revisions.get(&revision.key.id);
            // Stamping an applied revision again is how an edit of its script is accepted.
            if recorded.is_none_or(|recorded| recorded.checksum != checksum) {
                let mut record = self.record(revision, Direction::Up, checksum);
                record.references = ReferenceChanges::stamped(&self.workspace.revisions, &live, index);
                records.push(record);
            }
        }
        records
    }
}
