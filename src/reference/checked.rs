//! What a check of references came to: plain data, for reports of every form.

use serde::{Deserialize, Serialize};

use super::known::Known;
use super::strategy::Choice;
use super::summary::{CheckSummary, Class};

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
    /// Whether all of its keys were looked at, and not a part of them, or what somebody else has picked.
    pub is_whole: bool,
}

/// How a leg was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct LegReport {
    /// The discriminator's value, of a polymorphic reference.
    pub value: Option<String>,
    /// What was picked, and what was fallen back to.
    pub choices: Vec<Choice>,
    /// How long it took until all referring keys were read, in milliseconds, where they were.
    pub keys_ms: Option<f64>,
}

/// A referring key without its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Checked {
    /// By how many rows there are more orphans than may be.
    #[must_use]
    pub fn over_baseline(&self) -> u64 {
        self.summary.classes.orphans().rows.saturating_sub(self.known.max_orphans.unwrap_or_default())
    }

    /// Whether the baseline allows more orphans than there are: it must be lowered, or they may come back unseen.
    #[must_use]
    pub fn is_baseline_too_high(&self) -> bool {
        self.is_whole && self.known.max_orphans.is_some_and(|most| most > self.summary.classes.orphans().rows)
    }
}
