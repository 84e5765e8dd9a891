//! Finds references that nobody declared: reads what the rules need, and tests what they find against the data.
//!
//! Nothing is written, and no lock is taken. What of the branches could not be looked at is told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::catalog::Catalog;
use crate::database::{DatabaseError, Session};
use crate::direction::Direction;
use crate::graph::RevisionIndex;
use crate::lint::{BranchScripts, Tables};
use crate::names::{BranchName, RevisionKey};
use crate::reference::discover::{self, Discovery, Found, Points, Remark, Site};
use crate::reference::keys::{KeyColumn, KeyKind, KeySource, Range, Reading, SourceColumn, Value};
use crate::reference::{Known, legs};
use crate::revision::ScriptKind;
use crate::sql::{Action, Effect, ObjectKind, ObjectName};
use crate::workspace::Runs;

use super::super::prepare::Coordinator;
use super::BranchReferences;

/// A script of which more than this is not looked through for comments: data, mostly.
const LONGEST_SCRIPT: u64 = 16 * 1024 * 1024;

/// How many rows are read for each value that is asked for, since rows share values.
const ROWS_PER_VALUE: usize = 20;

/// How many values that say what a column is the key of are told apart.
const MOST_KINDS: usize = 100;

/// How references are looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiscoverOptions {
    /// How many values of each column are tested.
    pub sample: Option<usize>,
}

/// What was found, and what of it could be looked at.
#[derive(Debug)]
pub struct Discovered {
    /// What was found.
    pub discovery: Discovery,
    /// The databases, as they were looked at.
    pub sites: Vec<Site>,
    /// The revision that makes each referring column, where the scripts tell.
    pub made_by: BTreeMap<(BranchName, String), RevisionKey>,
    /// The branches that could not be looked at.
    pub errors: Vec<(BranchName, DatabaseError)>,
    /// What else was not looked at, and what the data refute, a sentence each.
    pub skipped: Vec<String>,
}

/// What the applied scripts of a branch tell.
#[derive(Default)]
struct Told {
    remarks: Vec<Remark>,
    tables: Tables,
    skipped: Vec<String>,
}

impl Coordinator<'_> {
    /// Looks at these branches for references that nobody declared. `others` are what they may point to.
    pub async fn discover(
        &self,
        branches: &[BranchName],
        others: &[BranchName],
        options: DiscoverOptions,
    ) -> Discovered {
        let all: BTreeSet<&BranchName> = branches.iter().chain(others).collect();
        let all: Vec<BranchName> = all.into_iter().cloned().collect();
        let mut read: BTreeMap<BranchName, BranchReferences> = BTreeMap::new();
        let mut errors = Vec::new();
        for (branch, found) in self.read_references(&all).await {
            match found {
                Ok(found) => {
                    read.insert(branch, found);
                }
                Err(error) => errors.push((branch, error)),
            }
        }
        let told: BTreeMap<BranchName, Told> =
            read.iter().map(|(branch, found)| (branch.clone(), self.told(branch, found))).collect();
        let mut sites: Vec<Site> = read
            .into_iter()
            .map(|(branch, found)| {
                let declared = self.declared(&branch).into_iter().chain(found.live).collect();
                let aliases = self.workspace.project.branches[&branch].aliases.clone();
                let remarks = told.get(&branch).map(|told| told.remarks.clone()).unwrap_or_default();
                Site { aliases, catalog: found.catalog, remarks, declared, branch }
            })
            .collect();
        divide(&mut sites, &told);
        let mut discovery = discover::discover(&sites, branches);
        let mut skipped: Vec<String> = told.values().flat_map(|told| told.skipped.clone()).collect();
        if let Some(values) = options.sample {
            self.sample(&sites, &mut discovery, values, &mut skipped).await;
        }
        let made_by = discovery.found.iter().filter_map(|found| self.maker(found, &told)).collect();
        Discovered { discovery, sites, made_by, errors, skipped }
    }

    /// The references that the files declare, applied or not, and have not ended.
    fn declared(&self, branch: &BranchName) -> Vec<Known> {
        let mut declared: Vec<Known> = Vec::new();
        for &index in
            self.workspace.graph.order().iter().filter(|index| self.workspace.graph.key(**index).branch == *branch)
        {
            let revision = self.workspace.revision(index);
            declared.retain(|known| !revision.ended_references.iter().any(|ended| ended.from == known.from));
            let begun = revision.references.iter();
            declared.extend(begun.map(|reference| Known::declared(branch, &revision.key.id, reference)));
        }
        declared
    }

    /// What the scripts that are applied say.
    fn told(&self, branch: &BranchName, found: &BranchReferences) -> Told {
        let dialect = found.snapshot.dialect;
        let runs = Runs { dialects: vec![dialect], ..Runs::default() };
        let Some((branch, _)) = self.workspace.project.branches.get_key_value(branch) else { return Told::default() };
        let inspection = self.workspace.inspect([(branch, &runs)]);
        let Some(mut scripts) = inspection.scripts.into_iter().next() else { return Told::default() };
        let applied =
            |index: &RevisionIndex| found.snapshot.applied().any(|(id, _)| *id == self.workspace.graph.key(*index).id);
        scripts.revisions.retain(|(index, _)| applied(index));
        let mut told = Told { tables: Tables::of(&scripts), ..Told::default() };
        self.remarks(&scripts, &mut told);
        told
    }

    fn remarks(&self, scripts: &BranchScripts<'_>, told: &mut Told) {
        let root = &self.workspace.project.root;
        let order: BTreeMap<RevisionIndex, usize> =
            self.workspace.graph.order().iter().enumerate().map(|(place, index)| (*index, place)).collect();
        let mut revisions: Vec<_> = scripts.revisions.iter().collect();
        revisions.sort_by_key(|(index, _)| order.get(index).copied());
        for (index, ways) in revisions {
            let revision = self.workspace.revision(*index);
            let Some(script) = revision.scripts.script(Direction::Up, scripts.dialect) else { continue };
            let file = revision.path_of(script);
            let path = root.join(&file);
            let file = file.display().to_string();
            if fs::metadata(&path).is_ok_and(|found| found.len() > LONGEST_SCRIPT) {
                told.skipped.push(format!("{file} is too long to be looked through for comments"));
                continue;
            }
            // It was read a moment ago; what cannot be read now is told like what is too long.
            let Ok(text) = fs::read_to_string(&path) else {
                told.skipped.push(format!("{file} could not be read"));
                continue;
            };
            told.remarks.extend(match script.kind() {
                ScriptKind::Sql => discover::in_sql_script(scripts.dialect, &text, &file),
                ScriptKind::Portable => discover::in_portable_script(&text, &file),
            });
            for (_, effect) in ways.up.iter().flat_map(|up| &up.reading.effects.known) {
                follow(effect, &mut told.remarks);
            }
        }
    }

    fn maker(&self, found: &Found, told: &BTreeMap<BranchName, Told>) -> Option<((BranchName, String), RevisionKey)> {
        let tables = &told.get(&found.branch)?.tables;
        let path = &found.from.table;
        let (_, table) = tables.find(path.schema.as_deref(), &path.table)?;
        let made =
            found.from.columns.iter().map(|name| Some(table.column(name)?.made_by.0)).collect::<Option<Vec<_>>>()?;
        let last = self.workspace.graph.order().iter().rfind(|index| made.contains(index))?;
        Some(((found.branch.clone(), found.from.to_string()), self.workspace.graph.key(*last).clone()))
    }

    /// Tests what was found against the data.
    async fn sample(&self, sites: &[Site], discovery: &mut Discovery, values: usize, skipped: &mut Vec<String>) {
        let mut sessions: BTreeMap<BranchName, Session> = BTreeMap::new();
        let needed: BTreeSet<BranchName> = discovery
            .found
            .iter()
            .flat_map(|found| found.targets().map(|target| target.branch.clone()).chain([found.branch.clone()]))
            .collect();
        for branch in &needed {
            self.open_to_sample(branch, &mut sessions, skipped).await;
        }
        for found in &mut discovery.found {
            if self.cancel.is_cancelled() {
                skipped.push("interrupted: not all that was found was sampled".to_owned());
                break;
            }
            let tested = match &found.points {
                Points::One(_) => test(sites, &mut sessions, found, values).await,
                Points::ByType { .. } => ask_kinds(sites, &mut sessions, found).await,
                Points::Each(_) => Ok(None),
            };
            match tested {
                Ok(Some(better)) => *found = better,
                Ok(None) => {}
                Err(error) => {
                    skipped.push(format!("{}:{} was not sampled: {error}", found.branch, found.from));
                    // What these were asked last may still be answered: the next is asked in others.
                    let branches: BTreeSet<&BranchName> =
                        found.targets().map(|target| &target.branch).chain([&found.branch]).collect();
                    for branch in branches {
                        let Some(session) = sessions.remove(branch) else { continue };
                        session.close().await;
                        self.open_to_sample(branch, &mut sessions, skipped).await;
                    }
                }
            }
        }
        let (refuted, offered) = std::mem::take(&mut discovery.found).into_iter().partition(Found::is_refuted);
        discovery.found = offered;
        skipped.extend(refuted.into_iter().map(|found: Found| {
            format!("{}:{} is not offered: {}", found.branch, found.from, found.evidence.join("; "))
        }));
        super::super::prepare::close_all(sessions).await;
    }

    async fn open_to_sample(
        &self,
        branch: &BranchName,
        sessions: &mut BTreeMap<BranchName, Session>,
        skipped: &mut Vec<String>,
    ) {
        let failed = match self.open_unless_interrupted(branch).await {
            Ok((mut session, _)) => match session.begin_reading().await {
                Ok(_) => {
                    sessions.insert(branch.clone(), session);
                    return;
                }
                Err(error) => {
                    session.close().await;
                    error
                }
            },
            Err(error) => error,
        };
        skipped.push(format!("{branch} was not sampled: {failed}"));
    }
}

/// Of branches that share a database, each table belongs to the one that makes it, or else to the first.
fn divide(sites: &mut [Site], told: &BTreeMap<BranchName, Told>) {
    let place = |catalog: &Catalog| (catalog.server.clone(), catalog.name.clone());
    let mut shared: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (at, site) in sites.iter().enumerate() {
        shared.entry(place(&site.catalog)).or_default().push(at);
    }
    for sharing in shared.into_values().filter(|sharing| sharing.len() > 1) {
        let makes = |site: &Site, name: &ObjectName| told.get(&site.branch).is_some_and(|told| told.tables.has(name));
        let tables = sites[sharing[0]].catalog.tables.clone();
        for table in tables {
            let owner = sharing.iter().find(|at| makes(&sites[**at], &table.name)).copied().unwrap_or(sharing[0]);
            for &at in sharing.iter().filter(|at| **at != owner) {
                sites[at].catalog.tables.retain(|other| other.name != table.name);
            }
        }
    }
}

/// A comment stays with what it was written beside, whatever that is called later.
fn follow(effect: &Effect, remarks: &mut [Remark]) {
    let (Action::Renames, Some(to)) = (effect.action, &effect.to) else { return };
    for remark in remarks {
        match (effect.kind, &effect.table) {
            (ObjectKind::Table, _) if remark.table.name == effect.name.name => remark.table.name.clone_from(to),
            (ObjectKind::Column, Some(table))
                if remark.table.name == table.name && remark.column.as_ref() == Some(&effect.name.name) =>
            {
                remark.column = Some(to.clone());
            }
            _ => {}
        }
    }
}

/// Looks how many of some values of the referring column are keys of what it may point to.
async fn test(
    sites: &[Site],
    sessions: &mut BTreeMap<BranchName, Session>,
    found: &Found,
    values: usize,
) -> Result<Option<Found>, DatabaseError> {
    let Some(known) = found.known() else { return Ok(None) };
    let catalog = |branch: &BranchName| sites.iter().find(|site| site.branch == *branch).map(|site| &site.catalog);
    let Some(own) = catalog(&found.branch) else { return Ok(None) };
    // What has no common form cannot be compared; the finding says so of the types already.
    let Ok((legs, _)) = legs(&known, own, catalog) else { return Ok(None) };
    let [leg] = legs.as_slice() else { return Ok(None) };
    let Some(child) = sessions.get_mut(&found.branch) else { return Ok(None) };
    let keys = some_keys(child, &leg.child.source, values).await?;
    let (there, odd) = (keys.values, keys.odd);
    let Some(parent) = sessions.get_mut(&leg.parent_branch) else { return Ok(None) };
    let matched = match there.as_slice() {
        [] => 0,
        there => parent.probe_keys(&leg.parent.source, there, None).await?.len(),
    };
    Ok(Some(found.clone().tested(there.len() + odd, matched)))
}

struct SomeKeys {
    values: Vec<Vec<Value>>,
    /// Values that are no key of the parent's type.
    odd: usize,
}

async fn some_keys(session: &mut Session, source: &KeySource, most: usize) -> Result<SomeKeys, DatabaseError> {
    let part = Range { limit: Some(most.saturating_mul(ROWS_PER_VALUE)), ..Range::default() };
    let page = session.new_page(source);
    let page = session.read_keys(source, Reading::Whole, &part, page, None).await?.page;
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    let mut values = Vec::new();
    for at in (0..page.len()).filter(|at| seen.insert(page.key(*at))) {
        if values.len() < most {
            // As the parent's database has them, and not this one.
            values.push(page.shape().values(page.key(at)));
        }
    }
    Ok(SomeKeys { odd: page.odd().len().min(most - values.len()), values })
}

/// Asks for the values that say what a column is the key of.
async fn ask_kinds(
    sites: &[Site],
    sessions: &mut BTreeMap<BranchName, Session>,
    found: &Found,
) -> Result<Option<Found>, DatabaseError> {
    let Points::ByType { by, .. } = &found.points else { return Ok(None) };
    let site = sites.iter().find(|site| site.branch == found.branch);
    let table = site.and_then(|site| site.catalog.table(by.table.schema.as_deref(), &by.table.table));
    let column = table.and_then(|table| by.columns.first().and_then(|name| table.column(name)));
    let (Some(table), Some(column)) = (table, column) else { return Ok(None) };
    let Some(session) = sessions.get_mut(&found.branch) else { return Ok(None) };
    let column = SourceColumn { name: column.name.clone(), kind: column.kind, data_type: column.data_type.clone() };
    let source = KeySource {
        table: table.name.clone(),
        columns: vec![KeyColumn { column, compared_as: KeyKind::Text }],
        conditions: Vec::new(),
        row: Vec::new(),
    };
    let part = Range { limit: Some(MOST_KINDS), ..Range::default() };
    let page = session.new_page(&source);
    let page = session.read_keys(&source, Reading::Grouped, &part, page, None).await?.page;
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    let values: Vec<String> = (0..page.len()).filter_map(|at| page.values(at).first().and_then(text)).collect();
    Ok(Some(discover::with_values(sites, found.clone(), &values)))
}
