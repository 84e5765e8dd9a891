//! References that no foreign key can hold, as revision.toml declares them.
//!
//! Decides what a `[[reference]]` says; whether its columns exist, and who provides them, is for others to find out.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::location::Location;
use crate::names::BranchName;

/// A table, as scripts and `up.toml` name it: `table` or `schema.table`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TablePath {
    /// The schema, where one is given.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
}

/// One or more columns of one table, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Columns {
    /// The table.
    pub table: TablePath,
    /// Its columns; at least one.
    pub columns: Vec<String>,
}

/// The columns that a reference points to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReferenceTarget {
    /// The branch whose database holds them.
    pub branch: BranchName,
    /// The columns.
    pub columns: Columns,
}

/// Where a reference points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceTo {
    /// Always to the same columns.
    One(ReferenceTarget),
    /// By the value of another column of the referring row.
    Polymorphic {
        /// That column.
        by: Columns,
        /// The target for each of its values; at least one.
        targets: BTreeMap<String, ReferenceTarget>,
    },
}

/// What becomes of a referring row whose parent is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The parent should not have been deleted: reported.
    #[default]
    Restrict,
    /// Deleted too.
    Cascade,
    /// Its reference is set to NULL.
    SetNull,
    /// Nothing.
    Ignore,
}

/// A reference that begins with a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The referring columns, in the revision's own branch.
    pub from: Columns,
    /// Where they point.
    pub to: ReferenceTo,
    /// What becomes of orphans.
    pub on_delete: OnDelete,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it is there.
    pub reason: Option<String>,
    /// An SQL condition on the referring row, without which the columns mean something else.
    pub when: Option<String>,
    /// An SQL condition on the parent's row, without which it does not count as one, such as `deleted_at IS NULL`.
    pub parent_filter: Option<String>,
    /// How long a row may be without its parent before it is an orphan.
    pub grace: Option<Duration>,
    /// How many orphans there may be.
    pub max_orphans: Option<u64>,
    /// The place of its `to` in revision.toml.
    pub declared_at: Location,
}

/// The end of the references that begin at some columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedReference {
    /// The referring columns.
    pub from: Columns,
}

impl Reference {
    /// The targets, whichever the kind.
    pub fn targets(&self) -> impl Iterator<Item = &ReferenceTarget> {
        let (one, several) = match &self.to {
            ReferenceTo::One(target) => (Some(target), None),
            ReferenceTo::Polymorphic { targets, .. } => (None, Some(targets.values())),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }
}

impl fmt::Display for TablePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.table),
            None => f.write_str(&self.table),
        }
    }
}

/// `projects.user_id`, or `orders.(tenant_id, id)`.
impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.columns.as_slice() {
            [column] => write!(f, "{}.{column}", self.table),
            columns => write!(f, "{}.({})", self.table, columns.join(", ")),
        }
    }
}

/// `auth:users.id`.
impl fmt::Display for ReferenceTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.branch, self.columns)
    }
}
