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

/// What a referring row whose parent was not found came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// There was no parent, and the row was there before and after that was seen.
    Confirmed,
    /// Looked like an orphan, and was none when it was looked at again.
    Transient,
    /// The parent's deletion is recorded, and a sweep is due.
    Pending,
    /// The parent is there, and does not count as one.
    SoftDeleted,
    /// The value is no key of the parent's type.
    Malformed,
    /// A parent has the same key in other letters, or with other spaces at its end.
    CaseVariant,
}

impl Class {
    /// The word, as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Transient => "transient",
            Self::Pending => "pending",
            Self::SoftDeleted => "soft_deleted",
            Self::Malformed => "malformed",
            Self::CaseVariant => "case_variant",
        }
    }
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

impl Classes {
    /// Counts a key of a class, and its rows.
    pub const fn add(&mut self, class: Class, rows: u64) {
        let count = match class {
            Class::Confirmed => &mut self.confirmed,
            Class::Transient => &mut self.transient,
            Class::Pending => &mut self.pending,
            Class::SoftDeleted => &mut self.soft_deleted,
            Class::Malformed => &mut self.malformed,
            Class::CaseVariant => &mut self.case_variant,
        };
        count.keys += 1;
        count.rows += rows;
    }

    /// What points to nothing, for good: it counts against the baseline, and everybody who tells of orphans means this.
    #[must_use]
    pub const fn orphans(&self) -> Count {
        let Self { confirmed, malformed, case_variant, .. } = self;
        Count {
            keys: confirmed.keys + malformed.keys + case_variant.keys,
            rows: confirmed.rows + malformed.rows + case_variant.rows,
        }
    }

    /// Adds what another part of the same reference found.
    pub fn merge(&mut self, other: &Self) {
        let pairs = [
            (&mut self.confirmed, other.confirmed),
            (&mut self.transient, other.transient),
            (&mut self.pending, other.pending),
            (&mut self.soft_deleted, other.soft_deleted),
            (&mut self.malformed, other.malformed),
            (&mut self.case_variant, other.case_variant),
            (&mut self.unmapped, other.unmapped),
        ];
        for (count, more) in pairs {
            count.keys += more.keys;
            count.rows += more.rows;
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckSummary {
    /// Referring rows that were looked at, where they were counted: not where only their distinct keys were read.
    pub rows: Option<u64>,
    /// Keys that differ among them, where that is known.
    pub distinct: Option<u64>,
    /// [Orphans](Classes::orphans): keys.
    pub orphan_keys: u64,
    /// [Orphans](Classes::orphans): rows.
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
