//! What the guard of references must know: who else's database must be read for it, and what is on record there.
//!
//! A database is opened for it only where a step takes away columns that the files of its branch refer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::{CaptureRow, Session};
use crate::graph::Selection;
use crate::listing::listed;
use crate::names::BranchName;
use crate::plan::{Guarded, Request, Snapshot, applied, guard, guard_captures, select};
use crate::reference::{Captured, ColumnChanges, Known};

use super::error::RunError;
use super::prepare::Coordinator;
use super::references::known;

/// What databases hold of references, by branch.
#[derive(Debug, Default)]
pub(super) struct RecordedReferences {
    /// Those that live.
    live: BTreeMap<BranchName, Vec<Known>>,
    /// The columns whose deleted keys are recorded, for a sweep.
    captured: BTreeMap<BranchName, Vec<Captured>>,
}

impl Coordinator<'_> {
    /// The branches whose references a request may break, and that were not read yet; with why they must be.
    pub(super) fn referrers_to_read(
        &self,
        request: &Request,
        snapshots: &BTreeMap<BranchName, Snapshot>,
    ) -> Option<(BTreeSet<BranchName>, String)> {
        let graph = &self.workspace.graph;
        // What forbids the selection is said when the plan is made.
        let selection = select(graph, request, snapshots).ok()?;
        let changes = self.column_changes(&selection, snapshots, &RecordedReferences::default());
        let taken = changes.taken(graph);
        let mut referrers = self.workspace.referrers(&taken);
        referrers.retain(|branch| !snapshots.contains_key(branch));
        let why = || {
            let all = changes.touches.iter().flat_map(|(step, touches)| touches.iter().map(move |touch| (step, touch)));
            let all = all.filter(|(_, touch)| touch.takes());
            listed(all.map(|(step, touch)| format!("{} {}", graph.key(*step), touch.what)))
        };
        (!referrers.is_empty()).then(|| {
            let why = format!(
                "{}: whether a reference of {} that is live points there, only its database says",
                why(),
                listed(&referrers)
            );
            (referrers, why)
        })
    }

    /// Reads the references that these databases hold, where a request takes away what some may point to.
    pub(super) async fn recorded_references(
        &self,
        request: &Request,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        sessions: &mut BTreeMap<BranchName, Session>,
    ) -> Result<RecordedReferences, RunError> {
        let mut recorded = RecordedReferences::default();
        let Ok(selection) = select(&self.workspace.graph, request, snapshots) else { return Ok(recorded) };
        let changes = self.column_changes(&selection, snapshots, &recorded);
        let taken = changes.taken(&self.workspace.graph);
        if taken.is_empty() {
            return Ok(recorded);
        }
        for (branch, session) in sessions {
            let Some(snapshot) = snapshots.get(branch).filter(|snapshot| snapshot.binding.is_some()) else { continue };
            let rows = session.references(branch).await.map_err(|error| RunError::database(branch, error))?;
            let known = known(branch, &rows, &snapshot.database).map_err(|error| RunError::database(branch, error))?;
            recorded.live.insert(branch.clone(), known);
            if taken.iter().any(|(of, _)| of == branch) {
                let captures = session.captures().await.map_err(|error| RunError::database(branch, error))?;
                let of_row = |row: CaptureRow| Captured { table: row.table.name, columns: row.columns };
                recorded.captured.insert(branch.clone(), captures.into_iter().map(of_row).collect());
            }
        }
        Ok(recorded)
    }

    fn column_changes(
        &self,
        selection: &Selection,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        recorded: &RecordedReferences,
    ) -> ColumnChanges {
        let applied = applied(&self.workspace.graph, snapshots);
        let dialects = snapshots.iter().map(|(branch, snapshot)| (branch, snapshot.dialect)).collect();
        self.workspace.column_changes(
            &selection.steps,
            selection.direction,
            &applied,
            &dialects,
            recorded.live.values().flatten(),
        )
    }

    /// What references forbid of a selection.
    pub(super) fn guard_references(
        &self,
        selection: &Selection,
        snapshots: &BTreeMap<BranchName, Snapshot>,
        recorded: &RecordedReferences,
    ) -> Guarded {
        let changes = self.column_changes(selection, snapshots, recorded);
        let graph = &self.workspace.graph;
        let applied = applied(graph, snapshots);
        let mut guarded = guard(graph, &self.workspace.revisions, selection, &applied, &recorded.live, &changes);
        guarded.refusals.extend(guard_captures(graph, &recorded.captured, &changes));
        guarded
    }
}
