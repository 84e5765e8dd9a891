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
    /// The place of its `from` in revision.toml.
    pub declared_at: Location,
}

impl Reference {
    /// The targets, whichever the kind.
    pub fn targets(&self) -> impl Iterator<Item = &ReferenceTarget> {
        self.to.targets()
    }
}

impl ReferenceTo {
    /// The targets, whichever the kind.
    pub fn targets(&self) -> impl Iterator<Item = &ReferenceTarget> {
        let (one, several) = match self {
            Self::One(target) => (Some(target), None),
            Self::Polymorphic { targets, .. } => (None, Some(targets.values())),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }
}

impl OnDelete {
    const ALL: [Self; 4] = [Self::Restrict, Self::Cascade, Self::SetNull, Self::Ignore];

    /// The word, as in files and in the state tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set_null",
            Self::Ignore => "ignore",
        }
    }

    /// Whether a sweep changes the rows of a deleted parent, and does not only tell of them.
    #[must_use]
    pub const fn changes_rows(self) -> bool {
        matches!(self, Self::Cascade | Self::SetNull)
    }

    /// The policy of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

impl Columns {
    /// Reads what [`Columns`] display as: `projects.user_id`, or `orders.(tenant_id, id)`.
    #[must_use]
    pub fn of_display(text: &str) -> Option<Self> {
        let Some((table, columns)) = text.strip_suffix(')').and_then(|text| text.split_once(".(")) else {
            return text.parse().ok();
        };
        let one: Self = format!("{table}.column").parse().ok()?;
        Some(Self { table: one.table, columns: columns.split(", ").map(str::to_owned).collect() })
    }
}

impl ReferenceTarget {
    /// Reads what targets display as: `auth:users.id`.
    #[must_use]
    pub fn of_display(text: &str) -> Option<Self> {
        let (branch, columns) = text.split_once(':')?;
        Some(Self { branch: branch.parse().ok()?, columns: Columns::of_display(columns)? })
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
