//! How to check.

use crate::reference::Part;

/// How to check.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// As many orphans of each reference are shown.
    pub samples: usize,
    /// As many passes over parents may be under way at the same time; at least one.
    pub jobs: usize,
    /// As many keys a second may be read of each table.
    pub rate: Option<u64>,
    /// Only this part of the keys.
    pub part: Option<Part>,
    /// Whether suspects are proved. Only a test of the proof goes without.
    pub proves: bool,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { samples: 5, jobs: 1, rate: None, part: None, proves: true }
    }
}
