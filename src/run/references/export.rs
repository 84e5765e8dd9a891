//! Writes the check as a job for an engine that spans databases.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Column};
use crate::database::{KeyTable, key_query};
use crate::database_url::{DatabaseUrl, Target};
use crate::dialect::Dialect;
use crate::names::BranchName;
use crate::reference::Known;
use crate::reference::export::{Comparison, Job, JobEngine, Side, Site, job};
use crate::reference::keys::compared_as;

use super::super::prepare::Coordinator;
use super::BranchReferences;
use super::sweep::{Problem, Way};

impl Coordinator<'_> {
    /// The job for these references, from what was read of all branches. What cannot be compared is left out, and why stands
    /// beside it: a branch that could not be asked, a table or a column that is not there, a type that is no key.
    pub fn export(
        &self,
        engine: JobEngine,
        references: &[&Known],
        read: &BTreeMap<BranchName, BranchReferences>,
    ) -> Job {
        let mut comparisons = Vec::new();
        let (mut sites, mut skipped) = (BTreeMap::new(), Vec::new());
        for way in Way::of(references) {
            let branches = [&way.reference.branch, &way.target.branch];
            if let Some(unread) = branches.into_iter().find(|branch| !read.contains_key(*branch)) {
                skipped.push((way.reference.place(), format!("{unread} could not be asked")));
                continue;
            }
            for branch in branches {
                if let Ok(url) = self.url(branch) {
                    sites.insert(branch.clone(), site(url, read[branch].catalog.dialect));
                }
            }
            match comparison(engine, &way, &read[branches[0]].catalog, &read[branches[1]].catalog) {
                Ok(comparison) => comparisons.push(comparison),
                Err(problem) => skipped.push((way.reference.place(), problem.why())),
            }
        }
        let mut written = job(engine, &sites, &comparisons);
        written.skipped.extend(skipped);
        written.skipped.sort();
        written
    }
}

fn site(url: &DatabaseUrl, dialect: Dialect) -> Site {
    let of_server = |server: &crate::database_url::Server, port| Site {
        dialect,
        host: server.host.to_string(),
        port: server.port.unwrap_or(port),
        database: server.database.clone(),
    };
    match url.target() {
        Target::Postgres { server, .. } => of_server(server, 5432),
        Target::Mysql { server, .. } => of_server(server, 3306),
        Target::Sqlite(file) => {
            Site { dialect, host: String::new(), port: 0, database: file.file().display().to_string() }
        }
    }
}

fn comparison(engine: JobEngine, way: &Way, children: &Catalog, parents: &Catalog) -> Result<Comparison, Problem> {
    let (child, mut parent) = (way.child(children)?, way.parent(parents)?);
    parent.conditions.extend(way.reference.parent_filter.clone());
    let kinds: Vec<_> =
        child.columns.iter().zip(&parent.columns).map(|((_, own), (_, other))| compared_as(*own, *other)).collect();
    let side = |branch: &BranchName, catalog: &Catalog, table: KeyTable| {
        let mut asked = table.clone();
        if engine == JobEngine::Trino {
            // Trino connects to a server; where a table's name has no schema, its database stands in that place.
            asked.name.schema.get_or_insert_with(|| catalog.name.clone());
        }
        let query = key_query(catalog.dialect, &asked, &kinds);
        Side {
            branch: branch.clone(),
            columns: columns(catalog, &table),
            key: table.columns.into_iter().map(|(name, _)| name).collect(),
            table: table.name,
            comparable: query.comparable,
            whole: query.whole,
            conditions: query.conditions,
            rows: query.rows,
            part: query.part,
            is_range: query.is_range,
        }
    };
    Ok(Comparison {
        id: way.reference.id,
        place: way.reference.place(),
        child: side(&way.reference.branch, children, child),
        parent: side(&way.target.branch, parents, parent),
        kinds,
    })
}

/// The columns that a comparison may ask for: those of the key, the deciding one, and all whose names stand in a condition.
fn columns(catalog: &Catalog, table: &KeyTable) -> Vec<Column> {
    let named: Vec<String> = table.conditions.iter().map(|condition| condition.to_lowercase()).collect();
    let is_wanted = |column: &&Column| {
        let name = column.name.to_lowercase();
        table.columns.iter().any(|(key, _)| *key == column.name)
            || table.by.as_ref().is_some_and(|(by, _, _)| *by == column.name)
            || named.iter().any(|condition| condition.contains(&name))
    };
    let found = catalog.tables.iter().find(|found| found.name == table.name);
    found.map(|found| found.columns.iter().filter(is_wanted).cloned().collect()).unwrap_or_default()
}
