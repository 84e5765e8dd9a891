//! Which revisions of other branches provide what references point to: read from the scripts that make tables and columns.
//!
//! A project's scripts may be many and long, and every command asks. So only scripts that hold the name of such a table are read,
//! in the order of the graph, and none behind the one that provides the last column. What no script makes, as far as can be read,
//! is left to `depends_on`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::graph::{Graph, ReferenceNeed, RevisionIndex};
use crate::lint::{ReadScript, Tables};
use crate::names::BranchName;
use crate::project::Project;
use crate::revision::{Columns, Revision, Way};
use crate::script;

use super::read_script;

/// The needs that follow from references, by the revision that declares them. `graph` is that of the files alone.
pub(super) fn needs(
    project: &Project,
    graph: &Graph,
    revisions: &[Revision],
) -> BTreeMap<RevisionIndex, Vec<ReferenceNeed>> {
    let scripts = BranchFiles { root: &project.root, graph, revisions };
    let mut wanted: BTreeMap<&BranchName, BTreeSet<Columns>> = BTreeMap::new();
    for (revision, target) in revisions
        .iter()
        .flat_map(|revision| revision.references.iter().map(move |reference| (revision, reference)))
        .flat_map(|(revision, reference)| reference.targets().map(move |target| (revision, target)))
    {
        if target.branch != revision.key.branch {
            wanted.entry(&target.branch).or_default().extend(single(&target.columns));
        }
    }
    let mut providers: BTreeMap<(&BranchName, Columns), BTreeSet<RevisionIndex>> = BTreeMap::new();
    for (branch, wanted) in wanted {
        let dialects = project.branches.get(branch).map(|branch| branch.dialects.as_slice()).unwrap_or_default();
        let dialects = if dialects.is_empty() { &Dialect::ALL[..] } else { dialects };
        for &dialect in dialects {
            for (columns, provider) in scripts.providers(branch, dialect, &wanted) {
                providers.entry((branch, columns)).or_default().insert(provider);
            }
        }
    }
    let mut needs: BTreeMap<RevisionIndex, Vec<ReferenceNeed>> = BTreeMap::new();
    for revision in revisions {
        let Some(index) = graph.find(&revision.key) else { continue };
        for reference in &revision.references {
            let of_target = |(branch, columns): (&BranchName, Columns)| {
                providers.iter().find(|((of, known), _)| *of == branch && *known == columns).map(|(_, found)| found)
            };
            let columns = reference
                .targets()
                .filter(|target| target.branch != revision.key.branch)
                .flat_map(|target| single(&target.columns).map(|columns| (&target.branch, columns)));
            let found: BTreeSet<RevisionIndex> = columns.filter_map(of_target).flatten().copied().collect();
            // What a later one follows is there when the later one is.
            let last = found.iter().filter(|&&one| !found.iter().any(|&other| graph.is_ancestor(one, other)));
            // What the file says itself, or what that follows, is said already.
            let is_said = |provider: RevisionIndex| {
                let mut said = revision.depends_on.iter().filter_map(|key| graph.find(key));
                said.any(|said| said == provider || graph.is_ancestor(provider, said))
            };
            let needed = last.filter(|&&provider| !is_said(provider)).map(|&provider| graph.key(provider));
            let from = reference.from.to_string();
            let of_revision = needed.map(|on| ReferenceNeed { on: on.clone(), from: from.clone() });
            needs.entry(index).or_default().extend(of_revision);
        }
    }
    needs.retain(|_, needs| !needs.is_empty());
    needs
}

/// Each of the columns by itself.
fn single(columns: &Columns) -> impl Iterator<Item = Columns> {
    columns.columns.iter().map(|column| Columns { table: columns.table.clone(), columns: vec![column.clone()] })
}

/// The files of a project's revisions.
pub(super) struct BranchFiles<'a> {
    pub root: &'a Path,
    pub graph: &'a Graph,
    pub revisions: &'a [Revision],
}

impl BranchFiles<'_> {
    /// The first revision of a branch that provides each of these columns.
    fn providers(
        &self,
        branch: &BranchName,
        dialect: Dialect,
        wanted: &BTreeSet<Columns>,
    ) -> BTreeMap<Columns, RevisionIndex> {
        let mut tables = Tables::none(dialect, None);
        let mut found: BTreeMap<Columns, RevisionIndex> = BTreeMap::new();
        let names = names(wanted);
        for &index in self.graph.revisions(branch) {
            if found.len() == wanted.len() {
                break;
            }
            for read in self.parts(index, dialect, &names) {
                tables.touches(index, &read, &BTreeSet::new());
                let provided = wanted.iter().filter(|columns| tables.have(columns) || tables.show(columns));
                for columns in provided {
                    found.entry(columns.clone()).or_insert(index);
                }
                // A table stands before its rows, and there may be a gigabyte of them.
                if found.len() == wanted.len() {
                    break;
                }
            }
        }
        found
    }

    /// A way up, of a long one a part after the other, where it holds one of these names.
    fn parts<'s>(
        &'s self,
        index: RevisionIndex,
        dialect: Dialect,
        names: &BTreeSet<&str>,
    ) -> Box<dyn Iterator<Item = ReadScript> + 's> {
        let revision = &self.revisions[index.as_usize()];
        let Some(skim) = script::skim(self.root, revision, Direction::Up, dialect) else {
            return Box::new(self.read(index, Direction::Up, dialect, names).into_iter());
        };
        let Way::Script(script) = revision.way(Direction::Up, dialect) else { return Box::new(std::iter::empty()) };
        let file = revision.path_of(script);
        if !holds(&self.root.join(&file), names) {
            return Box::new(std::iter::empty());
        }
        Box::new(skim.map(move |reading| ReadScript { file: file.clone(), transaction: true, derived: false, reading }))
    }

    /// A script, where it can be read and holds one of these names.
    pub(super) fn read(
        &self,
        index: RevisionIndex,
        direction: Direction,
        dialect: Dialect,
        names: &BTreeSet<&str>,
    ) -> Option<ReadScript> {
        let revision = &self.revisions[index.as_usize()];
        let way = revision.way(direction, dialect);
        let (Way::Script(file) | Way::Derived(file)) = way else { return None };
        if !holds(&self.root.join(revision.path_of(file)), names) {
            return None;
        }
        let program = script::load(self.root, revision, direction, dialect).ok()?;
        Some(read_script(&program, dialect, matches!(way, Way::Derived(_))))
    }
}

/// What must stand in a script that has to do with these columns: the names of their tables.
pub(super) fn names(wanted: &BTreeSet<Columns>) -> BTreeSet<&str> {
    wanted.iter().map(|columns| unquoted_part(&columns.table.table)).collect()
}

/// The longest part of a name that is written the same in quotes.
fn unquoted_part(name: &str) -> &str {
    name.split(['"', '`', '\'', '\\']).max_by_key(|part| part.len()).unwrap_or_default()
}

/// Whether a file holds one of these words, in whatever letters. One that cannot be read does not.
fn holds(path: &Path, names: &BTreeSet<&str>) -> bool {
    const WINDOW: usize = 256 * 1024;
    let Ok(mut file) = File::open(path) else { return false };
    let longest = names.iter().map(|name| name.len()).max().unwrap_or_default();
    let mut window: Vec<u8> = Vec::new();
    loop {
        // What may be the beginning of a name stays.
        let kept = window.len().min(longest.saturating_sub(1));
        window.drain(..window.len() - kept);
        let read = file.by_ref().take(WINDOW as u64).read_to_end(&mut window);
        if window.len() <= kept || read.is_err() {
            return false;
        }
        if names.iter().any(|name| contains(&window, name.as_bytes())) {
            return true;
        }
    }
}

fn contains(text: &[u8], name: &[u8]) -> bool {
    let Some(&first) = name.first() else { return true };
    let (small, large) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let candidates = text.iter().enumerate().filter(|(_, byte)| **byte == small || **byte == large);
    candidates
        .map(|(place, _)| &text[place..])
        .any(|rest| rest.get(..name.len()).is_some_and(|part| part.eq_ignore_ascii_case(name)))
}
