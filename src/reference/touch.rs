//! What a script does to columns that a reference has an end at, as data: who reads it from the script is no business of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::graph::{Graph, RevisionIndex};
use crate::names::BranchName;
use crate::revision::Columns;

/// What a script does to columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The columns, as the reference names them.
    pub columns: Columns,
    /// What becomes of them.
    pub kind: TouchKind,
    /// Whether the table is there when the script has run.
    pub table_stays: bool,
    /// What the script does, as in `drops the column id of users`.
    pub what: String,
    /// The script.
    pub file: PathBuf,
    /// The line of the statement, from 1.
    pub line: usize,
}

/// What becomes of columns that a script touches, when it has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TouchKind {
    /// They are there, and were not before.
    Made,
    /// One of them is no longer there under its name.
    Gone,
    /// One of them has another type.
    Retyped,
}

/// What becomes of columns, as far as references have an end at them.
#[derive(Debug, Clone, Default)]
pub struct ColumnChanges {
    /// What each step of a plan does to them.
    pub touches: BTreeMap<RevisionIndex, Vec<Touch>>,
    /// What was taken away before the plan, and by which revision.
    pub gone: BTreeMap<(BranchName, Columns), (RevisionIndex, Touch)>,
}

impl Touch {
    /// Whether a script that does this must not run while a reference points there.
    #[must_use]
    pub const fn takes(&self) -> bool {
        match self.kind {
            TouchKind::Gone | TouchKind::Retyped => true,
            TouchKind::Made => false,
        }
    }
}

/// Columns of a table whose deleted keys a trigger records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The table, without its schema.
    pub table: String,
    /// The columns.
    pub columns: Vec<String>,
}

impl Captured {
    /// Whether a script takes one of the columns away from under the trigger.
    #[must_use]
    pub fn is_hit_by(&self, touch: &Touch) -> bool {
        let of_touch = &touch.columns.columns;
        let has = |column: &String| of_touch.iter().any(|touched| touched.eq_ignore_ascii_case(column));
        touch.kind == TouchKind::Gone
            && touch.table_stays
            && touch.columns.table.table.eq_ignore_ascii_case(&self.table)
            && self.columns.len() == of_touch.len()
            && self.columns.iter().all(has)
    }
}

impl ColumnChanges {
    /// The columns to which no reference may point when the plan comes to them.
    #[must_use]
    pub fn taken(&self, graph: &Graph) -> BTreeSet<(BranchName, Columns)> {
        let all = self.touches.iter().flat_map(|(step, touches)| touches.iter().map(move |touch| (step, touch)));
        let taken = all.filter(|(_, touch)| touch.takes());
        taken.map(|(step, touch)| (graph.key(*step).branch.clone(), touch.columns.clone())).collect()
    }
}
