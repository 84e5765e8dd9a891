//! Orphans that wait for the end of a grace period: there may be millions, so that each is kept as its values alone.

use crate::reference::keys::{Packed, Shape, Value};

use super::compare::{Suspect, key_of};

/// Suspects of one leg.
#[derive(Debug, Default)]
pub(super) struct Held {
    values: Packed,
    /// Of each, how many rows it has, and whether its values are as they were read.
    more: Vec<(u32, bool)>,
    /// Those of which only the key is known.
    others: Vec<Suspect>,
}

impl Held {
    pub(super) fn push(&mut self, suspect: Suspect) {
        match u32::try_from(suspect.rows) {
            Ok(rows) if suspect.forms.iter().all(|forms| forms.len() == 1) => {
                self.values.push(suspect.forms.iter().flatten().map(Value::as_cell));
                self.more.push((rows, suspect.as_read));
            }
            _ => self.others.push(suspect),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.more.len() + self.others.len()
    }

    /// Some of them again: of a leg by its place in the pass, whose referring keys have this shape.
    pub(super) fn some(&self, places: std::ops::Range<usize>, leg: usize, shape: &Shape) -> Vec<Suspect> {
        let suspect = |at: usize| match self.more.get(at) {
            Some(&(rows, as_read)) => {
                let values = self.values.values(at);
                let key = key_of(shape, &values);
                let forms = values.into_iter().map(|value| vec![value]).collect();
                Suspect { leg, forms, as_read, key, rows: rows.into() }
            }
            None => self.others[at - self.more.len()].clone(),
        };
        places.map(suspect).collect()
    }
}
