//! Takes the capture of deleted keys out of the parents' databases.
//!
//! What was recorded goes with it, and nobody can tell it again: the rows that refer to those keys stay, and only a check finds
//! them. So it is counted first, for every reference that leads to the table, not only for those that were named.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::database::{CaptureRow, DatabaseError, LockedSession};
use crate::names::BranchName;
use crate::reference::Known;
use crate::revision::{Checksum, OnDelete, ReferenceTarget};

use super::super::super::error::RunError;
use super::super::super::prepare::Coordinator;
use super::capture::close_locked;
use super::{CaptureChange, Live, Way};

/// Recorded keys that a reference has not dealt with.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The reference.
    pub reference: Known,
    /// The parent's columns.
    pub target: ReferenceTarget,
    /// How many, with those whose rows it has only reported.
    pub keys: u64,
}

impl Coordinator<'_> {
    /// Records deleted keys no longer: of the tables that these ways lead to, or with `all_of` of all tables of those branches. What
    /// was recorded is forgotten; unless `may_forget`, nothing is done where a reference still wants it, and that is given instead.
    ///
    /// # Errors
    ///
    /// [`RunError`]: a database that cannot be asked, or must not be written to.
    pub async fn uninstall_captures(
        &self,
        ways: &[Way],
        all_of: &BTreeSet<BranchName>,
        live: &Live,
        may_forget: bool,
    ) -> Result<Result<Vec<CaptureChange>, Vec<Waiting>>, RunError> {
        let branches: BTreeSet<BranchName> =
            ways.iter().map(|way| way.target.branch.clone()).chain(all_of.iter().cloned()).collect();
        let mut locked = self.lock_for_captures(&branches).await?;
        let wanting = Way::of(&self.wanting(live).iter().collect::<Vec<_>>());
        let outcome = take_away(&mut locked, ways, all_of, &wanting, may_forget).await;
        close_locked(locked).await;
        outcome
    }

    /// The references that may want a key: those on record, and where that could not be read, those of the files.
    fn wanting(&self, live: &Live) -> Vec<Known> {
        let unknown = live.unread.keys().chain(&live.unbound);
        let declared = unknown.flat_map(|branch| self.declared_references(branch));
        let all = live.known.iter().cloned().chain(declared);
        all.filter(|reference| reference.on_delete != OnDelete::Ignore).collect()
    }
}

async fn take_away(
    locked: &mut BTreeMap<BranchName, (LockedSession, Catalog)>,
    ways: &[Way],
    all_of: &BTreeSet<BranchName>,
    wanting: &[Way],
    may_forget: bool,
) -> Result<Result<Vec<CaptureChange>, Vec<Waiting>>, RunError> {
    let mut chosen: BTreeMap<BranchName, Vec<(CaptureRow, Vec<Waiting>)>> = BTreeMap::new();
    for (branch, (session, catalog)) in &mut *locked {
        let of_branch = |error| RunError::database(branch, error);
        let sources: BTreeSet<Checksum> = ways.iter().filter_map(|way| source(way, branch, catalog)).collect();
        let mut captures = Vec::new();
        for row in session.captures().await.map_err(of_branch)? {
            if all_of.contains(branch) || sources.contains(&row.source) {
                let leads = |way: &&Way| source(way, branch, catalog) == Some(row.source);
                let wanting: Vec<&Way> = wanting.iter().filter(leads).collect();
                let waiting = waiting(session, &row.source, &wanting).await.map_err(of_branch)?;
                captures.push((row, waiting));
            }
        }
        chosen.insert(branch.clone(), captures);
    }
    let all: Vec<Waiting> = chosen.values().flatten().flat_map(|(_, waiting)| waiting).cloned().collect();
    if !may_forget && !all.is_empty() {
        return Ok(Err(all));
    }
    let mut changes = Vec::new();
    for (branch, captures) in chosen {
        let Some((session, _)) = locked.get_mut(&branch) else { continue };
        for (row, forgotten) in captures {
            session.uninstall_capture(&row).await.map_err(|error| RunError::database(&branch, error))?;
            let CaptureRow { table, columns, gaps, .. } = row;
            let branch = branch.clone();
            changes.push(CaptureChange { branch, table, columns, installed: false, gaps, forgotten });
        }
    }
    Ok(Ok(changes))
}

/// The capture that a way to this branch's database depends on.
fn source(way: &Way, branch: &BranchName, catalog: &Catalog) -> Option<Checksum> {
    let leads = way.target.branch == *branch;
    leads.then(|| way.parent(catalog).ok()).flatten().map(|parent| Way::capture(&parent).id)
}

async fn waiting(
    session: &mut LockedSession,
    source: &Checksum,
    wanting: &[&Way],
) -> Result<Vec<Waiting>, DatabaseError> {
    let mut waiting = Vec::new();
    for way in wanting {
        let backlog = session.backlog(source, &way.reference.id).await?;
        let keys = backlog.pending + backlog.reported;
        if keys > 0 {
            waiting.push(Waiting { reference: way.reference.clone(), target: way.target.clone(), keys });
        }
    }
    Ok(waiting)
}
