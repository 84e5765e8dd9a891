//! A script for `psql`: both databases as foreign tables of a third, or of one of the two. All of it is one transaction that is
//! rolled back, so that neither the tables nor the logins stay behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Comparison, Side, Site, name, quoted};
use crate::names::BranchName;

/// Where the foreign tables are while the script runs.
const SCHEMA: &str = "branchline_candidates";

pub(super) fn text(sites: &BTreeMap<&BranchName, &Site>, comparisons: &[&Comparison]) -> String {
    let logins: String =
        sites.keys().map(|branch| format!("-v {branch}_user=USER -v {branch}_password=PASSWORD ")).collect();
    let mut text = format!(
        "-- Candidates of orphans, for `branchline references check --candidates FILE`.\n\
         -- psql -X -v ON_ERROR_STOP=1 {logins}-f THIS DATABASE > candidates.csv\n\
         -- What it makes is rolled back at its end. It needs the extension postgres_fdw, or the right to create it.\n\
         \\set QUIET on\nBEGIN;\nSET LOCAL client_min_messages = warning;\nCREATE EXTENSION IF NOT EXISTS postgres_fdw;\n\
         CREATE SCHEMA {SCHEMA};\n"
    );
    for (branch, site) in sites {
        let server = name(&format!("{SCHEMA}_{branch}"));
        // Many rows at once, and plans by what the other server knows of its tables.
        let _ = write!(
            text,
            "CREATE SERVER {server} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host {}, port '{}', dbname {}, fetch_size '50000', \
             use_remote_estimate 'true', updatable 'false');\nCREATE USER MAPPING FOR CURRENT_USER SERVER {server} OPTIONS (user \
             :'{branch}_user', password :'{branch}_password');\n",
            quoted(&site.host),
            site.port,
            quoted(&site.database)
        );
    }
    let mut each = Vec::new();
    for (number, comparison) in comparisons.iter().enumerate() {
        let (child, parent) = (format!("c{number}"), format!("p{number}"));
        text.push_str(&foreign_table(&child, &comparison.child));
        text.push_str(&foreign_table(&parent, &comparison.parent));
        each.push(one(comparison, &child, &parent));
    }
    if each.is_empty() {
        each.push("  SELECT ''::text AS reference, ''::text AS key WHERE false".to_owned());
    }
    let _ =
        write!(text, "COPY (\n{}\n) TO STDOUT WITH (FORMAT csv, HEADER);\nROLLBACK;\n", each.join("\n  UNION ALL\n"));
    text
}

fn foreign_table(table: &str, side: &Side) -> String {
    let columns: Vec<String> =
        side.columns.iter().map(|column| format!("{} {}", name(&column.name), column.data_type)).collect();
    let schema = side.table.schema.as_deref().unwrap_or("public");
    format!(
        "CREATE FOREIGN TABLE {SCHEMA}.{table} ({}) SERVER {} OPTIONS (schema_name {}, table_name {});\n",
        columns.join(", "),
        name(&format!("{SCHEMA}_{}", side.branch)),
        quoted(schema),
        quoted(&side.table.name)
    )
}

/// Columns of one type are compared as they are, so that the servers may sort and hash them; others by the texts that are the
/// same.
fn one(comparison: &Comparison, child: &str, parent: &str) -> String {
    let Comparison { id, child: children, parent: parents, .. } = comparison;
    let type_of = |side: &Side, column: &str| {
        side.columns.iter().find(|found| found.name == column).map(|found| found.data_type.clone())
    };
    let inner: Vec<String> = children
        .key
        .iter()
        .zip(&parents.key)
        .enumerate()
        .map(|(at, (from, to))| {
            if type_of(children, from) == type_of(parents, to) {
                format!("p.{} = c.k{}", name(to), at + 1)
            } else {
                format!("{} = c.k{}", parents.comparable[at], at + 1)
            }
        })
        .collect();
    let columns: Vec<String> = children
        .key
        .iter()
        .zip(&parents.key)
        .enumerate()
        .map(|(at, (from, to))| {
            let own = if type_of(children, from) == type_of(parents, to) {
                name(from)
            } else {
                children.comparable[at].clone()
            };
            format!("{own} AS k{}", at + 1)
        })
        .collect();
    let is_key = children.key.iter().map(|column| format!("{} IS NOT NULL", name(column)));
    let of_rows: Vec<String> = is_key.chain(children.conditions.iter().cloned()).collect();
    let of_parents: Vec<String> = inner.into_iter().chain(parents.conditions.iter().cloned()).collect();
    format!(
        "  SELECT DISTINCT '{id}'::text AS reference, c.key AS key FROM (\n    SELECT {} AS key, {} FROM {SCHEMA}.{child} WHERE {}\n  ) AS c \
         WHERE NOT EXISTS (\n    SELECT 1 FROM {SCHEMA}.{parent} AS p WHERE {}\n  )",
        children.whole,
        columns.join(", "),
        of_rows.join(" AND "),
        of_parents.join(" AND ")
    )
}
