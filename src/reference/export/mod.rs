//! Jobs for engines that span databases: each finds candidates of orphans, which `check --candidates` proves.
//!
//! What is read is said in each database's own SQL: the key as a text, and its columns in the form in which both ends are the same
//! text. The engine is left with the one thing that it is good at: the rows of one side that have no partner on the other. No
//! password stands in a job. Pure: what to read in, a text out.

mod postgres_fdw;
mod spark;
mod trino;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::keys::KeyKind;
use crate::catalog::Column;
use crate::dialect::Dialect;
use crate::names::BranchName;
use crate::revision::Checksum;
use crate::sql::ObjectName;

/// What to write a job for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEngine {
    /// A PostgreSQL with foreign tables, for `psql`.
    PostgresFdw,
    /// Trino.
    Trino,
    /// Spark, as a program in Python.
    Spark,
}

/// Where a branch's database is; never how to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The dialect.
    pub dialect: Dialect,
    /// A host, or the folder of a socket; empty for a file.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database, or the file.
    pub database: String,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The branch.
    pub branch: BranchName,
    /// The table.
    pub table: ObjectName,
    /// Those of its columns that are asked for: of the key, and those that the conditions name.
    pub columns: Vec<Column>,
    /// The columns of the key.
    pub key: Vec<String>,
    /// For each column of the key an expression, a text that is the same on both sides.
    pub comparable: Vec<String>,
    /// What gives the key as a text.
    pub whole: String,
    /// SQL conditions, as they were declared, and that of the deciding column.
    pub conditions: Vec<String>,
    /// `FROM` and `WHERE` of the rows that have a key, in the database's own SQL, as everything here.
    pub rows: String,
    /// A number by which the table can be cut into parts.
    pub part: String,
    /// Whether that number is the key itself, so that a range of them is a range of an index.
    pub is_range: bool,
}

/// A comparison: a reference, or one value of a polymorphic one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The id of the reference.
    pub id: Checksum,
    /// Its referring columns.
    pub place: String,
    /// As what the columns are compared.
    pub kinds: Vec<KeyKind>,
    /// The referring rows.
    pub child: Side,
    /// The parents.
    pub parent: Side,
}

/// A job, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The text.
    pub text: String,
    /// The comparisons that the engine cannot make, by the place of the reference, and why.
    pub skipped: Vec<(String, String)>,
}

impl JobEngine {
    /// Whether the engine reaches a database of this dialect.
    const fn reaches(self, dialect: Dialect) -> bool {
        match (self, dialect) {
            (Self::PostgresFdw, Dialect::Postgres) | (Self::Spark, _) => true,
            (Self::PostgresFdw, _) | (Self::Trino, Dialect::Sqlite) => false,
            (Self::Trino, _) => true,
        }
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PostgresFdw => "postgres_fdw",
            Self::Trino => "trino",
            Self::Spark => "spark",
        }
    }
}

/// The job for these comparisons. Every branch that they name has a site.
#[must_use]
pub fn job(engine: JobEngine, sites: &BTreeMap<BranchName, Site>, comparisons: &[Comparison]) -> Job {
    let mut skipped = Vec::new();
    let mut reached = Vec::new();
    for comparison in comparisons {
        let sides = [&comparison.child, &comparison.parent];
        let far =
            sides.into_iter().find(|side| !sites.get(&side.branch).is_some_and(|site| engine.reaches(site.dialect)));
        match far {
            None => reached.push(comparison),
            Some(side) => {
                let dialect = sites.get(&side.branch).map_or("unknown", |site| site.dialect.name());
                let why = format!("{} does not reach {}, which is on {dialect}", engine.name(), side.branch);
                skipped.push((comparison.place.clone(), why));
            }
        }
    }
    let named =
        |branch: &BranchName| reached.iter().any(|one| one.child.branch == *branch || one.parent.branch == *branch);
    let sites: BTreeMap<&BranchName, &Site> = sites.iter().filter(|(branch, _)| named(branch)).collect();
    let text = match engine {
        JobEngine::PostgresFdw => postgres_fdw::text(&sites, &reached),
        JobEngine::Trino => trino::text(&sites, &reached),
        JobEngine::Spark => spark::text(&sites, &reached),
    };
    Job { text, skipped }
}

impl Side {
    /// A query that gives `k1`, `k2`, texts that are the same on both sides, and where it is asked for `k0`, the key as a text, and
    /// `part`.
    fn query(&self, with_key: bool, with_part: bool) -> String {
        let key = with_key.then(|| format!("{} AS k0", self.whole));
        let part = with_part.then(|| format!("{} AS part", self.part));
        let compared = self.comparable.iter().zip(1..).map(|(text, number)| format!("{text} AS k{number}"));
        let columns: Vec<String> = key.into_iter().chain(compared).chain(part).collect();
        format!("SELECT {} {}", columns.join(", "), self.rows)
    }
}

/// A text in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name in double quotes.
fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// `1 = 2 AND 2 = 3`, a condition a column of the key.
fn same(columns: usize) -> String {
    let mut text = String::new();
    for column in 1..=columns {
        let and = if column == 1 { "" } else { " AND " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{and}p.k{column} = c.k{column}");
    }
    text
}
