//! A program for Spark: the reads and the comparison stand in `spark.py`, and what is read and compared is written into it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Comparison, Side, Site};
use crate::dialect::Dialect;
use crate::names::BranchName;

const PROGRAM: &str = include_str!("spark.py");

/// What stands in the program where the job is to be.
const PLACE: &str = "JOB = {}";

pub(super) fn text(sites: &BTreeMap<&BranchName, &Site>, comparisons: &[&Comparison]) -> String {
    let sources: Map<String, Value> =
        sites.iter().map(|(branch, site)| (branch.to_string(), source(branch, site))).collect();
    let references: Vec<Value> = comparisons.iter().map(|comparison| reference(comparison)).collect();
    let job = json!({ "sources": sources, "references": references });
    // Neither true nor null is in it, so that it is Python as it is JSON.
    let job = serde_json::to_string_pretty(&job).unwrap_or_default();
    PROGRAM.replacen(PLACE, &format!("JOB = {job}"), 1)
}

fn source(branch: &BranchName, site: &Site) -> Value {
    let Site { dialect, host, port, database } = site;
    let (url, driver) = match dialect {
        Dialect::Postgres => (format!("jdbc:postgresql://{host}:{port}/{database}"), "org.postgresql.Driver"),
        // By this name Spark knows how names are quoted there; newer drivers want to be told that they are meant.
        Dialect::Mysql | Dialect::Mariadb => {
            (format!("jdbc:mysql://{host}:{port}/{database}?permitMysqlScheme"), "org.mariadb.jdbc.Driver")
        }
        Dialect::Sqlite => (format!("jdbc:sqlite:{database}"), "org.sqlite.JDBC"),
    };
    let variable = branch.as_str().to_uppercase();
    json!({
        "url": url,
        "driver": driver,
        "url_variable": format!("JDBC_URL_{variable}"),
        "user_variable": format!("JDBC_USER_{variable}"),
        "password_variable": format!("JDBC_PASSWORD_{variable}"),
    })
}

fn reference(comparison: &Comparison) -> Value {
    let side = |side: &Side, with_key| {
        let split = if side.is_range { "range" } else { "hash" };
        json!({ "source": side.branch, "query": side.query(with_key, true), "split": split })
    };
    json!({
        "id": comparison.id.to_string(),
        "from": comparison.place,
        "columns": comparison.kinds.len(),
        "child": side(&comparison.child, true),
        "parent": side(&comparison.parent, false),
    })
}
