//! SQL for Trino: each side is asked in its database's own SQL, through the connector's `query` function, so that conditions mean
//! what they mean there; Trino compares texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Comparison, Side, Site, name, quoted, same};
use crate::dialect::Dialect;
use crate::names::BranchName;

pub(super) fn text(sites: &BTreeMap<&BranchName, &Site>, comparisons: &[&Comparison]) -> String {
    let mut text = String::from(
        "-- Candidates of orphans, for `branchline references check --candidates FILE`.\n\
         -- trino --file THIS --output-format CSV_HEADER > candidates.csv\n\
         -- A catalog a branch, of its name (etc/catalog/NAME.properties):\n",
    );
    for (branch, site) in sites {
        let (connector, scheme) = match site.dialect {
            Dialect::Postgres => ("postgresql", "postgresql"),
            Dialect::Mysql => ("mysql", "mysql"),
            Dialect::Mariadb | Dialect::Sqlite => ("mariadb", "mariadb"),
        };
        // The database is part of the table's name there.
        let database = if site.dialect == Dialect::Postgres { site.database.as_str() } else { "" };
        let variable = branch.as_str().to_uppercase();
        let _ = write!(
            text,
            "--   {branch}: connector.name={connector}\n--     connection-url=jdbc:{scheme}://{}:{}/{database}\n\
             --     connection-user=${{ENV:{variable}_USER}}\n--     connection-password=${{ENV:{variable}_PASSWORD}}\n",
            site.host, site.port
        );
    }
    let each: Vec<String> = comparisons.iter().map(|comparison| one(comparison)).collect();
    if each.is_empty() {
        text.push_str("SELECT '' AS reference, '' AS key WHERE false;\n");
    } else {
        let _ = writeln!(text, "{};", each.join("\nUNION ALL\n"));
    }
    text
}

fn one(comparison: &Comparison) -> String {
    let Comparison { id, place, kinds, child, parent } = comparison;
    let place: String = place.chars().filter(|character| !character.is_control()).collect();
    format!(
        "-- {place}\nSELECT DISTINCT '{id}' AS reference, c.k0 AS key\nFROM {} AS c\nWHERE NOT EXISTS (\n  SELECT 1 FROM {} AS p \
         WHERE {}\n)",
        source(child, true),
        source(parent, false),
        same(kinds.len())
    )
}

fn source(side: &Side, with_key: bool) -> String {
    format!("TABLE({}.system.query(query => {}))", name(side.branch.as_str()), quoted(&side.query(with_key, false)))
}
