//! What a check of a reference found, as the state tables keep it and reports show it.

use serde::{Deserialize, Serialize};

/// A number of keys, and of the rows that have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// Keys that differ.
    pub keys: u64,
    /// Referring rows.
    pub rows: u64,
}

/// What became of the referring rows whose parent was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Classes {
    /// There was no parent, and the row was there before and after that was seen.
    pub confirmed: Count,
    /// Looked like orphans, and were none when they were looked at again.
    pub transient: Count,
    /// The parent's deletion is recorded, and a sweep is due.
    pub pending: Count,
    /// The parent is there, and does not count as one: `parent_filter`.
    pub soft_deleted: Count,
    /// The value is no key of the parent's type.
    pub malformed: Count,
    /// A parent has the same key in other letters, or with other spaces at its end.
    pub case_variant: Count,
    /// The discriminator has a value that the reference does not name.
    pub unmapped: Count,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckSummary {
    /// Referring rows that were looked at, where they were counted: not where only their distinct keys were read.
    pub rows: Option<u64>,
    /// Keys that differ among them, where that is known.
    pub distinct: Option<u64>,
    /// Confirmed orphans: keys.
    pub orphan_keys: u64,
    /// Confirmed orphans: rows.
    pub orphan_rows: u64,
    /// All classes.
    #[serde(default)]
    pub classes: Classes,
    /// The beginning of the time that it speaks of, by this machine's clock: RFC 3339, in UTC.
    #[serde(default)]
    pub began_at: String,
    /// How long it took.
    #[serde(default)]
    pub duration_ms: u64,
}
