//! The references that the revisions of a branch declare, for rules about them.

use crate::graph::RevisionIndex;
use crate::revision::{Reference, TablePath};
use crate::sql::ObjectName;

use super::branch::BranchScripts;
use super::code::Code;
use super::finding::Found;
use super::project::Project;

/// All references of a branch.
pub fn declared<'p>(
    project: &Project<'p>,
    scripts: &'p BranchScripts<'_>,
) -> impl Iterator<Item = (RevisionIndex, &'p Reference)> {
    let revisions = project.revisions;
    scripts.revisions.iter().flat_map(move |(index, _)| {
        let revision = revisions.get(index.as_usize());
        revision.into_iter().flat_map(|revision| &revision.references).map(|reference| (*index, reference))
    })
}

/// Those that live when all revisions are applied.
pub fn live<'p>(project: &Project<'p>, scripts: &'p BranchScripts<'_>) -> Vec<(RevisionIndex, &'p Reference)> {
    crate::reference::live(project.revisions, scripts.revisions.iter().map(|(index, _)| *index))
}

/// The table's name as scripts have it.
pub fn name(table: &TablePath) -> ObjectName {
    ObjectName { schema: table.schema.clone(), name: table.table.clone() }
}

/// A finding at a reference's line of revision.toml.
pub fn found(reference: &Reference, code: Code, message: String) -> Found {
    let place = &reference.declared_at;
    Found::at_line(place.line.unwrap_or(1), place.column, code, message)
}
