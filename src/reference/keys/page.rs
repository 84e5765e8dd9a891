//! A page of keys as one stretch of memory: millions pass through, and none has a box of its own.

use super::bytes::Shape;
use super::cell::{Cell, Value};
use super::packed::Packed;

/// Keys in the order in which they came.
#[derive(Debug, Clone)]
pub struct KeyPage {
    shape: Shape,
    bytes: Vec<u8>,
    /// Where each key ends, where they are not all of one length.
    ends: Vec<usize>,
    /// How many rows have each key; empty where each row came by itself.
    counts: Vec<u64>,
    keys: usize,
    /// Values that are no keys.
    odd: Vec<Odd>,
    /// The values as they came, where keys do not tell them: a row a key, empty where this one does.
    originals: Option<Packed>,
    /// Whether a key came behind a greater one.
    is_out_of_order: bool,
    /// The greatest key of the page before.
    before: Option<Vec<u8>>,
    scratch: Vec<u8>,
}

/// A value that is no key, and how many rows have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Odd {
    /// The values of its columns.
    pub values: Vec<Value>,
    /// How many rows.
    pub rows: u64,
}

impl KeyPage {
    /// An empty page. With `originals`, the values are kept as they came, beside their keys.
    #[must_use]
    pub fn new(shape: Shape, originals: bool) -> Self {
        Self {
            shape,
            bytes: Vec::new(),
            ends: Vec::new(),
            counts: Vec::new(),
            keys: 0,
            odd: Vec::new(),
            originals: originals.then(Packed::default),
            is_out_of_order: false,
            before: None,
            scratch: Vec::new(),
        }
    }

    /// An empty page that goes on behind this one.
    #[must_use]
    pub fn next(&self) -> Self {
        let mut next = Self::new(self.shape.clone(), self.originals.is_some());
        next.before = self.last().map(<[u8]>::to_vec).or_else(|| self.before.clone());
        next.bytes.reserve(self.bytes.len());
        next
    }

    /// Takes the key of a row, or of `rows` rows that share it. NULL in any column is no reference, and is left out.
    pub fn push(&mut self, cells: &[Cell<'_>], rows: Option<u64>) {
        if cells.iter().any(|cell| matches!(cell, Cell::Null)) {
            return;
        }
        self.scratch.clear();
        for (column, &cell) in cells.iter().enumerate() {
            if self.shape.push(column, cell, &mut self.scratch).is_err() {
                let values = cells.iter().filter_map(|cell| cell.to_value()).collect();
                self.odd.push(Odd { values, rows: rows.unwrap_or(1) });
                return;
            }
        }
        let last = match self.last() {
            Some(last) => Some(last),
            None => self.before.as_deref(),
        };
        if last.is_some_and(|last| last > self.scratch.as_slice()) {
            self.is_out_of_order = true;
        }
        self.bytes.extend_from_slice(&self.scratch);
        self.keys += 1;
        if self.shape.length().is_none() {
            self.ends.push(self.bytes.len());
        }
        if let Some(rows) = rows {
            self.counts.push(rows);
        }
        if let Some(originals) = &mut self.originals {
            let is_told = cells.iter().enumerate().all(|(column, &cell)| self.shape.tells(column, cell));
            originals.push(cells.iter().copied().take(if is_told { 0 } else { cells.len() }));
        }
    }

    /// How many keys it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// The key at this place, which must be there.
    #[must_use]
    pub fn key(&self, at: usize) -> &[u8] {
        match self.shape.length() {
            Some(length) => &self.bytes[at * length..(at + 1) * length],
            None => &self.bytes[at.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[at]],
        }
    }

    /// How many rows have the key at this place.
    #[must_use]
    pub fn rows(&self, at: usize) -> u64 {
        self.counts.get(at).copied().unwrap_or(1)
    }

    /// The values as they came of the key at this place.
    #[must_use]
    pub fn values(&self, at: usize) -> Vec<Value> {
        match &self.originals {
            Some(originals) if !originals.row(at).is_empty() => originals.values(at),
            _ => self.shape.values(self.key(at)),
        }
    }

    /// The last key.
    #[must_use]
    pub fn last(&self) -> Option<&[u8]> {
        self.keys.checked_sub(1).map(|at| self.key(at))
    }

    /// All rows of the page, those of odd values among them.
    #[must_use]
    pub fn all_rows(&self) -> u64 {
        let of_keys = if self.counts.is_empty() { self.keys as u64 } else { self.counts.iter().sum() };
        of_keys + self.odd.iter().map(|odd| odd.rows).sum::<u64>()
    }

    /// The values that are no keys.
    #[must_use]
    pub fn odd(&self) -> &[Odd] {
        &self.odd
    }

    /// Whether a key came behind a greater one: then nothing may rely on their order.
    #[must_use]
    pub const fn is_out_of_order(&self) -> bool {
        self.is_out_of_order
    }

    /// As what its keys are compared.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether the values are kept as they came.
    #[must_use]
    pub const fn keeps_originals(&self) -> bool {
        self.originals.is_some()
    }

    /// Whether two places have the same values as they came, where their keys are the same.
    #[must_use]
    pub fn is_same(&self, one: usize, other: usize) -> bool {
        self.originals.as_ref().is_none_or(|originals| originals.row(one) == originals.row(other))
    }

    /// The places of the keys, in the keys' own order.
    #[must_use]
    pub fn sorted(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.keys).collect();
        if self.is_out_of_order || self.counts.is_empty() {
            places.sort_by(|&one, &other| self.key(one).cmp(self.key(other)));
        }
        places
    }
}
