//! How the parents of a leg are looked for: picked by what the databases' statistics say. Whatever is picked gives the same
//! answer; a wrong statistic costs time.

use std::fmt;

use serde::Serialize;

use super::leg::Leg;

/// How the parents of a leg are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Both sides in the order of their keys, side by side.
    Merge,
    /// All parents in memory, the referring keys past them.
    Hash,
    /// The referring keys by leaps from one to the next, each looked up among the parents.
    Leap,
    /// Each referring key looked up among the parents.
    Probe,
}

/// What was picked, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What was picked.
    pub strategy: Strategy,
    /// Why, in words.
    pub why: String,
}

/// As many bytes of parents may be in memory.
pub const MEMORY: usize = 24 << 20;

/// As many referring keys at most are leapt to, however many rows they have.
const FEW: u64 = 20_000;

/// As many rows at least must share a key where it is leapt to.
const SHARED: u64 = 50;

/// As many rows at least there must be: fewer are read at once, and counted.
const MANY: u64 = 50_000;

/// A parent that is looked up costs as much as this many that are streamed past.
const COST_OF_PROBE: u64 = 8;

/// What a key of no fixed length takes in memory, as a guess.
const LENGTH: u64 = 40;

impl Strategy {
    /// The word, as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Hash => "hash",
            Self::Leap => "leap",
            Self::Probe => "probe",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Choice {
    /// Picks by statistics.
    #[must_use]
    pub fn of(leg: &Leg) -> Self {
        let (child, parent) = (&leg.child, &leg.parent);
        let grouped = child.is_indexed && child.is_exact;
        let single = child.source.columns.len() == 1;
        if let (true, true, Some(distinct), Some(rows)) = (grouped, single, child.distinct, child.rows)
            && rows >= MANY
            && distinct <= FEW
            && distinct.saturating_mul(SHARED) <= rows
        {
            return Self::new(Strategy::Leap, format!("about {distinct} keys differ among {rows} rows"));
        }
        let keys = if grouped { child.distinct.or(child.rows) } else { child.rows };
        if let (Some(keys), Some(parents)) = (keys, parent.rows)
            && keys.saturating_mul(COST_OF_PROBE) < parents
            && parent.is_indexed
        {
            return Self::new(Strategy::Probe, format!("about {keys} keys against {parents} parents"));
        }
        if grouped && child.is_ordered && parent.is_ordered && parent.in_key_order().is_some() {
            return Self::new(Strategy::Merge, "both sides have an index in the order of the keys".to_owned());
        }
        let why = if !child.is_indexed {
            "the referring columns have no index"
        } else if !child.is_exact {
            "the database takes different referring values for the same"
        } else if !child.is_ordered {
            "the order of the referring columns is not that of the keys"
        } else if !parent.is_indexed {
            "the parents have no index"
        } else {
            "the order of the parents is not that of the keys"
        };
        Self::unordered(leg, why)
    }

    /// Picks where no order can be relied on.
    #[must_use]
    pub fn unordered(leg: &Leg, why: &str) -> Self {
        let length = leg.parent.source.shape().length().map_or(LENGTH, |length| length as u64);
        let fits = leg.parent.rows.is_none_or(|rows| rows.saturating_mul(length) <= MEMORY as u64);
        if fits || !leg.parent.is_indexed {
            Self::new(Strategy::Hash, format!("{why}, and the parents fit into memory"))
        } else {
            Self::new(Strategy::Probe, format!("{why}, and the parents do not fit into memory"))
        }
    }

    const fn new(strategy: Strategy, why: String) -> Self {
        Self { strategy, why }
    }
}
