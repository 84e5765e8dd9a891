//! All rules over all scripts of a project, or of some of its branches.

use std::collections::BTreeSet;
use std::path::Path;

use crate::direction::Direction;
use crate::graph::{Graph, RevisionIndex};
use crate::revision::Revision;
use crate::sql::ObjectName;

use super::branch::{BranchScripts, Ways};
use super::finding::{Found, FoundIn};
use super::rule::{self, Maker};
use super::script::{ReadScript, Script};
use super::tables::Tables;

/// A project's scripts, for rules that look at more than one of them.
pub struct Project<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// The revisions, by their index in the graph.
    pub revisions: &'a [Revision],
    /// The branches that are looked at, and on which dialect.
    pub looked_at: &'a [BranchScripts<'a>],
    /// Branches that are only there for what the others say of them.
    pub others: &'a [BranchScripts<'a>],
    /// What the tables of each are in the end: of those that are looked at, then of the others.
    tables: Vec<Tables>,
}

impl<'a> Project<'a> {
    /// `revisions` stand by their index in the graph.
    #[must_use]
    pub fn new(
        graph: &'a Graph,
        revisions: &'a [Revision],
        looked_at: &'a [BranchScripts<'a>],
        others: &'a [BranchScripts<'a>],
    ) -> Self {
        let tables = looked_at.iter().chain(others).map(Tables::of).collect();
        Self { graph, revisions, looked_at, others, tables }
    }

    /// The branches that are looked at, with their tables.
    pub fn branches(&self) -> impl Iterator<Item = (&'a BranchScripts<'a>, &Tables)> {
        self.looked_at.iter().zip(&self.tables)
    }

    /// All branches, with their tables.
    pub fn all(&self) -> impl Iterator<Item = (&'a BranchScripts<'a>, &Tables)> {
        self.looked_at.iter().chain(self.others).zip(&self.tables)
    }

    /// The scripts of a branch that somebody wrote, both ways.
    pub fn written<'s>(&self, scripts: &'s BranchScripts<'_>) -> impl Iterator<Item = (RevisionIndex, &'s ReadScript)> {
        scripts.revisions.iter().flat_map(|(revision, ways)| {
            // What is derived says nothing that the way up does not.
            let down = ways.down.as_ref().filter(|down| !down.derived);
            ways.up.iter().chain(down).map(|script| (*revision, script))
        })
    }

    /// Where branches make a table, or a view, of this name: of each branch the first revision.
    pub fn makers(&self, table: &ObjectName) -> impl Iterator<Item = Maker> {
        let mut branches = BTreeSet::new();
        self.all().filter_map(move |(scripts, tables)| {
            let maker = maker(self.graph, scripts, tables, table)?;
            branches.insert(scripts.branch).then_some(maker)
        })
    }

    /// A revision.
    #[must_use]
    pub fn revision(&self, index: RevisionIndex) -> &'a Revision {
        &self.revisions[index.as_usize()]
    }

    /// A finding in the way up of a revision.
    #[must_use]
    pub fn found_in(&self, scripts: &BranchScripts<'_>, revision: RevisionIndex, found: Found) -> Option<FoundIn> {
        let (_, ways) = scripts.revisions.iter().find(|(index, _)| *index == revision)?;
        Some(self.in_file(scripts, revision, &ways.up.as_ref()?.file, found))
    }

    /// A finding in a file of a revision.
    #[must_use]
    pub fn in_file(&self, scripts: &BranchScripts<'_>, revision: RevisionIndex, file: &Path, found: Found) -> FoundIn {
        let mut found = found;
        let ways = scripts.revisions.iter().find(|(index, _)| *index == revision).map(|(_, ways)| ways);
        let script = ways.and_then(|ways| ways.up.iter().chain(&ways.down).find(|script| script.file == *file));
        if let Some(script) = script.filter(|_| found.lines.start() == found.lines.end()) {
            found.lines = script.reading.effects.lines(found.line);
        }
        FoundIn {
            revision: self.graph.key(revision).clone(),
            file: file.to_owned(),
            dialect: scripts.dialect,
            found: vec![found],
        }
    }
}

/// Where a branch, with these tables in the end, makes a table or a view of this name first.
#[must_use]
pub fn maker(graph: &Graph, scripts: &BranchScripts<'_>, tables: &Tables, table: &ObjectName) -> Option<Maker> {
    let (revision, line) = tables.maker(table)?.made_by;
    let found = tables.find(table.schema.as_deref(), &table.name);
    Some(Maker {
        revision: graph.key(revision).clone(),
        file: scripts.up(revision)?.file.clone(),
        line,
        key: found.map(|(_, table)| table.primary_key.clone()).unwrap_or_default(),
        stays: tables.has(table),
    })
}

/// What all rules find: script by script in the order of the graph, then what shows only in several of them.
#[must_use]
pub fn project(project: &Project<'_>) -> Vec<FoundIn> {
    let mut found = Vec::new();
    let alone = BTreeSet::new();
    for scripts in project.looked_at {
        let mut known = Tables::before(scripts);
        for (revision, ways) in &scripts.revisions {
            let Ways { up, down, .. } = ways;
            let key = project.graph.key(*revision);
            let mut look = |direction, read: &ReadScript| {
                let script = Script::new(key, direction, scripts.dialect, read, &alone).knowing(&known);
                let file = read.file.clone();
                found.push(FoundIn {
                    revision: key.clone(),
                    file,
                    dialect: scripts.dialect,
                    found: rule::script(&script),
                });
            };
            if let Some(up) = up {
                look(Direction::Up, up);
            }
            if let Some(down) = down.as_ref().filter(|down| !down.derived) {
                look(Direction::Down, down);
            }
            known.follow_revision(*revision, ways);
        }
    }
    rule::project(project, &mut found);
    found
}
