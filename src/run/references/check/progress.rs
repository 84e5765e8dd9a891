//! How far a check has come, so that one that was stopped can go on where it was.
//!
//! Kept at borders: of all keys up to one, every suspect has been proved. Only passes that go side by side have borders, and only
//! references without a grace period, whose orphans are not proved again at the end.

use serde::{Deserialize, Serialize};

use crate::hex::hex;
use crate::reference::keys::{Shape, Value};
use crate::reference::{Classes, Orphan};
use crate::revision::Checksum;

use super::pass::{Pass, Tally};

/// How far a pass has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    /// The typed bytes of the key up to which all is done, in hexadecimal digits; none where all is done.
    border: Option<String>,
    legs: Vec<LegProgress>,
}

/// What one leg has come to so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LegProgress {
    reference: Checksum,
    value: Option<String>,
    rows: Option<u64>,
    distinct: Option<u64>,
    classes: Classes,
    samples: Vec<Orphan>,
}

/// Where a check is told how far an earlier one came, and tells how far it comes.
pub struct Checkpoint<'a> {
    /// What the earlier one kept.
    pub known: Vec<Progress>,
    /// Keeps how far a pass has come, and what the leg's passes had kept before of it is void.
    pub keep: &'a (dyn Fn(&Progress) + Sync),
}

/// Up to here all keys are compared, and their suspects on their way: of each stream the rows and the keys so far.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) border: Vec<u8>,
    pub(super) counts: Vec<(u64, u64)>,
}

impl Progress {
    /// Whether it is of the same legs.
    #[must_use]
    pub fn is_of_same(&self, other: &Self) -> bool {
        let names = |progress: &Self| -> Vec<(Checksum, Option<String>)> {
            progress.legs.iter().map(|leg| (leg.reference, leg.value.clone())).collect()
        };
        names(self) == names(other)
    }

    pub(super) fn at(pass: &Pass, tallies: &[Tally], mark: &Mark) -> Self {
        let counts = mark.counts.iter().map(|&(rows, keys)| (Some(rows), Some(keys)));
        Self { border: Some(hex(&mark.border)), legs: legs(pass, tallies, counts) }
    }

    pub(super) fn done(pass: &Pass, tallies: &[Tally]) -> Self {
        let counts = tallies.iter().map(|tally| (tally.rows, tally.distinct));
        Self { border: None, legs: legs(pass, tallies, counts) }
    }

    pub(super) fn is_of(&self, pass: &Pass) -> bool {
        self.legs.len() == pass.legs.len()
            && self.legs.iter().zip(&pass.legs).all(|(own, leg)| own.reference == leg.id && own.value == leg.leg.value)
    }

    pub(super) const fn is_done(&self) -> bool {
        self.border.is_none()
    }

    /// The values of the border.
    pub(super) fn border(&self, shape: &Shape) -> Option<Vec<Value>> {
        let digits = self.border.as_ref()?;
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
        Some(shape.values(&bytes?))
    }

    pub(super) fn tallies(&self) -> Vec<Tally> {
        let tally = |leg: &LegProgress| Tally {
            rows: leg.rows,
            distinct: leg.distinct,
            classes: leg.classes,
            samples: leg.samples.clone(),
            ..Tally::default()
        };
        self.legs.iter().map(tally).collect()
    }
}

fn legs(pass: &Pass, tallies: &[Tally], counts: impl Iterator<Item = (Option<u64>, Option<u64>)>) -> Vec<LegProgress> {
    let of_leg = |((leg, tally), (rows, distinct)): ((&super::pass::PassLeg, &Tally), _)| LegProgress {
        reference: leg.id,
        value: leg.leg.value.clone(),
        rows,
        distinct,
        classes: tally.classes,
        samples: tally.samples.clone(),
    };
    pass.legs.iter().zip(tallies).zip(counts).map(of_leg).collect()
}
