//! Declared references and their life over the graph: which begin and which end with a step.
//!
//! A reference lives from the revision that declares it to the one that ends it, so the set of live references follows from
//! what is applied. Taking a revision back ends what it began, and begins again what it ended. Pure; the state tables keep
//! the outcome, where an auditor finds it without the project's files.

mod agreement;
mod checked;
pub mod discover;
mod drift;
pub mod export;
mod form;
pub mod keys;
mod known;
mod leg;
mod listed;
mod part;
mod pick;
mod repair;
mod strategy;
mod summary;
mod touch;

use std::collections::VecDeque;

use serde_json::{Map, Value};

use crate::direction::Direction;
use crate::graph::{Graph, RevisionIndex, RevisionSet};
use crate::names::RevisionId;
use crate::revision::{Checksum, Columns, Reference, ReferenceTo, Revision};

pub use agreement::{Agreement, agreement};
pub use checked::{CheckReport, Checked, LegReport, Orphan, Skipped};
pub use drift::{Drift, Since, drift};
pub use form::{Form, forms};
pub use known::{Kind, Known, LastCheck, RecordedReference, Source, Unreadable};
pub use leg::{End, Lack, Leg, Unmapped, legs};
pub use listed::{Backlog, Crossing, Listed, ListedTarget, Possible, crossings, listed};
pub use part::{BLOCK, NotAPart, Part};
pub use pick::{NoSuchReference, pick};
pub use repair::repair;
pub use strategy::{Choice, MEMORY, Strategy};
pub use summary::{CheckSummary, Class, Classes, Count};
pub use touch::{Captured, ColumnChanges, Touch, TouchKind};

/// A reference as the state tables hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveReference {
    /// Of the referring columns and what they point to: the same wherever it is computed.
    pub id: Checksum,
    /// The referring columns, as in `projects.user_id`.
    pub from: String,
    /// The revision that declares it.
    pub since: RevisionId,
    /// Where it points, and what else was declared, as JSON.
    pub declared: String,
    /// What becomes of orphans: `restrict`, `cascade`, `set_null` or `ignore`.
    pub on_delete: &'static str,
}

/// What a step does to the live references of its branch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReferenceChanges {
    /// Whether all that is on record of the step's own revision goes first: its file may have said something else when that was
    /// written, so that nothing but the revision's name finds it.
    pub afresh: bool,
    /// The referring columns whose references end, whatever they point to.
    pub ended: Vec<String>,
    /// The references that begin.
    pub begun: Vec<LiveReference>,
}

impl ReferenceChanges {
    /// What the way down of a revision does of which nothing but its name is known; nothing on the way up.
    #[must_use]
    pub fn of_unknown(direction: Direction) -> Self {
        Self { afresh: direction == Direction::Down, ..Self::default() }
    }

    /// What a step does. `revisions` stand by their index in the graph.
    #[must_use]
    pub fn of(graph: &Graph, revisions: &[Revision], step: RevisionIndex, direction: Direction) -> Self {
        let revision = &revisions[step.as_usize()];
        let ended = || revision.ended_references.iter().map(|ended| &ended.from);
        match direction {
            Direction::Up => Self {
                afresh: !revision.references.is_empty() || !revision.ended_references.is_empty(),
                ended: ended().map(ToString::to_string).collect(),
                begun: revision.references.iter().map(|reference| begun(revision, reference)).collect(),
            },
            Direction::Down => Self {
                afresh: true,
                ended: Vec::new(),
                // What it ended begins again, and so does what it declared anew.
                begun: ended()
                    .chain(revision.references.iter().map(|reference| &reference.from))
                    .flat_map(|from| declared_before(graph, revisions, step, from))
                    .collect(),
            },
        }
    }

    /// What recording a revision as applied does where others that follow it may be on record already: what those have ended
    /// stays ended, and what they have declared stays. `live` is what lives by the files once all is recorded.
    #[must_use]
    pub fn stamped(revisions: &[Revision], live: &[(RevisionIndex, &Reference)], step: RevisionIndex) -> Self {
        let ended = &revisions[step.as_usize()].ended_references;
        let ends = |reference: &Reference| ended.iter().any(|ended| ended.from == reference.from);
        Self {
            afresh: true,
            ended: ended.iter().map(|ended| ended.from.to_string()).collect(),
            begun: live
                .iter()
                .filter(|(since, reference)| *since == step || ends(reference))
                .map(|(since, reference)| begun(&revisions[since.as_usize()], reference))
                .collect(),
        }
    }
}

/// The references that live when these revisions of a branch are applied, given in the order of the graph: each with the revision
/// that declares it. `revisions` stand by their index in the graph.
#[must_use]
pub fn live(
    revisions: &[Revision],
    applied: impl IntoIterator<Item = RevisionIndex>,
) -> Vec<(RevisionIndex, &Reference)> {
    let mut live: Vec<(RevisionIndex, &Reference)> = Vec::new();
    for index in applied {
        let Some(revision) = revisions.get(index.as_usize()) else { continue };
        let ends = |from: &Columns| revision.ended_references.iter().any(|ended| ended.from == *from);
        live.retain(|(_, reference)| !ends(&reference.from));
        live.extend(revision.references.iter().map(|reference| (index, reference)));
    }
    live
}

/// The references at these columns that the nearest ancestors within the branch declare.
fn declared_before(graph: &Graph, revisions: &[Revision], step: RevisionIndex, from: &Columns) -> Vec<LiveReference> {
    let mut seen = RevisionSet::new();
    let mut waiting: VecDeque<RevisionIndex> = graph.parents(step).collect();
    while let Some(index) = waiting.pop_front() {
        if !seen.insert(index) {
            continue;
        }
        let revision = &revisions[index.as_usize()];
        let found: Vec<LiveReference> = revision
            .references
            .iter()
            .filter(|reference| reference.from == *from)
            .map(|reference| begun(revision, reference))
            .collect();
        if !found.is_empty() {
            return found;
        }
        if revision.ended_references.iter().any(|ended| ended.from == *from) {
            continue;
        }
        waiting.extend(graph.parents(index));
    }
    Vec::new()
}

fn begun(revision: &Revision, reference: &Reference) -> LiveReference {
    let from = reference.from.to_string();
    let declared = declared(reference);
    LiveReference {
        id: hashed(&from, &declared),
        from,
        since: revision.key.id.clone(),
        declared,
        on_delete: reference.on_delete.word(),
    }
}

/// The id of a reference: the same wherever it is computed.
fn id_of(reference: &Reference) -> Checksum {
    hashed(&reference.from.to_string(), &declared(reference))
}

fn hashed(from: &str, declared: &str) -> Checksum {
    Checksum::of(&format!("{from}\n{declared}"))
}

fn declared(reference: &Reference) -> String {
    let mut fields = Map::new();
    match &reference.to {
        ReferenceTo::One(target) => {
            fields.insert("to".to_owned(), target.to_string().into());
        }
        ReferenceTo::Polymorphic { by, targets } => {
            fields.insert("by".to_owned(), by.to_string().into());
            let targets: Map<String, Value> =
                targets.iter().map(|(value, target)| (value.clone(), target.to_string().into())).collect();
            fields.insert("to".to_owned(), targets.into());
        }
    }
    let texts = [
        ("owner", &reference.owner),
        ("reason", &reference.reason),
        ("when", &reference.when),
        ("parent_filter", &reference.parent_filter),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            fields.insert(name.to_owned(), text.as_str().into());
        }
    }
    if let Some(grace) = reference.grace {
        fields.insert("grace".to_owned(), humantime::format_duration(grace).to_string().into());
    }
    if let Some(most) = reference.max_orphans {
        fields.insert("max_orphans".to_owned(), most.into());
    }
    Value::Object(fields).to_string()
}
