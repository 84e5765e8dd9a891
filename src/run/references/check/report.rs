//! What a check is asked for, and what it came to.

use crate::database::DatabaseError;
use crate::names::BranchName;
use crate::reference::{CheckSummary, Choice, Class, Known};

/// How to check.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// As many orphans of each reference are shown.
    pub samples: usize,
    /// As many passes over parents may be under way at the same time; at least one.
    pub jobs: usize,
    /// As many keys a second may be read of each table.
    pub rate: Option<u64>,
    /// Whether suspects are proved. Only a test of the proof goes without.
    pub proves: bool,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { samples: 5, jobs: 1, rate: None, proves: true }
    }
}

/// What a check came to.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// The references that were looked at, in the order in which they were given.
    pub checked: Vec<Checked>,
    /// Those that were not.
    pub skipped: Vec<Skipped>,
}

/// A reference that was looked at.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The reference.
    pub known: Known,
    /// What was found.
    pub summary: CheckSummary,
    /// How each of its legs was looked at.
    pub legs: Vec<LegReport>,
    /// Some of what was found.
    pub samples: Vec<Orphan>,
}

/// How a leg was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegReport {
    /// The discriminator's value, of a polymorphic reference.
    pub value: Option<String>,
    /// What was picked, and what was fallen back to.
    pub choices: Vec<Choice>,
}

/// A referring key without its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// What it came to be.
    pub class: Class,
    /// The discriminator's value, of a polymorphic reference.
    pub value: Option<String>,
    /// The key, a text a column, as the referring row has it.
    pub key: Vec<String>,
    /// How many rows have it.
    pub rows: u64,
    /// What tells some of them apart: their primary keys.
    pub row_ids: Vec<Vec<String>>,
}

/// A reference that was not looked at: no clean result.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// The reference.
    pub known: Known,
    /// Why not.
    pub why: String,
    /// The branch whose database failed, and how.
    pub error: Option<(BranchName, DatabaseError)>,
}
