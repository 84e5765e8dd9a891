//! Values as one stretch of memory: what a page keeps beside its keys, and what waits to be proved again.

use super::cell::{Cell, Value};

/// Rows of values, each as it came.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
}

/// What stands before the bytes of a value.
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BYTES: u8 = 4;
const UUID: u8 = 5;
const GARBLED: u8 = 6;

impl Packed {
    /// Takes a row; NULL is left out.
    pub fn push<'c>(&mut self, cells: impl IntoIterator<Item = Cell<'c>>) {
        cells.into_iter().for_each(|cell| self.push_cell(cell));
        self.ends.push(self.bytes.len());
    }

    fn push_cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Null => {}
            Cell::Integer(number) => self.push_bytes(INTEGER, &number.to_be_bytes()),
            Cell::Real(number) => self.push_bytes(REAL, &number.to_bits().to_be_bytes()),
            Cell::Text(text) => self.push_bytes(TEXT, text.as_bytes()),
            Cell::Bytes(bytes) => self.push_bytes(BYTES, bytes),
            Cell::Garbled(bytes) => self.push_bytes(GARBLED, bytes),
            Cell::Uuid(bytes) => self.push_bytes(UUID, &bytes),
        }
    }

    fn push_bytes(&mut self, what: u8, bytes: &[u8]) {
        self.bytes.push(what);
        // Seven bits a byte, the lowest first: most values are short.
        let mut length = bytes.len();
        while length >= 0x80 {
            self.bytes.push(u8::try_from(length & 0x7F).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        self.bytes.push(u8::try_from(length).unwrap_or_default());
        self.bytes.extend_from_slice(bytes);
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The row at this place, which must be there, as it is kept: the same for the same values only.
    #[must_use]
    pub fn row(&self, at: usize) -> &[u8] {
        &self.bytes[at.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[at]]
    }

    /// The values of the row at this place, which must be there.
    #[must_use]
    pub fn values(&self, at: usize) -> Vec<Value> {
        let mut row = self.row(at);
        let mut values = Vec::new();
        while let Some(value) = take(&mut row) {
            values.push(value);
        }
        values
    }
}

fn take(row: &mut &[u8]) -> Option<Value> {
    let (&what, mut rest) = row.split_first()?;
    let (mut length, mut shift) = (0_usize, 0);
    while let Some((&byte, more)) = rest.split_first() {
        rest = more;
        length |= usize::from(byte & 0x7F) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    let (bytes, rest) = rest.split_at_checked(length)?;
    *row = rest;
    Some(match what {
        INTEGER => Value::Integer(i128::from_be_bytes(bytes.try_into().ok()?)),
        REAL => Value::Real(f64::from_bits(u64::from_be_bytes(bytes.try_into().ok()?))),
        TEXT => Value::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
        GARBLED => Value::Garbled(bytes.to_vec()),
        UUID => Value::Uuid(uuid::Uuid::from_slice(bytes).ok()?),
        _ => Value::Bytes(bytes.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use super::Packed;
    use crate::reference::keys::Value;

    #[test]
    fn values_come_back_as_they_were() {
        let rows = [
            vec![Value::Text("ada".to_owned()), Value::Integer(-7)],
            vec![],
            vec![Value::Bytes(vec![0; 300]), Value::Real(0.5), Value::Uuid(uuid::Uuid::from_u128(9))],
            vec![Value::Text("ü".repeat(20_000))],
            vec![Value::Text(String::new())],
            vec![Value::Garbled(vec![255])],
        ];
        let mut packed = Packed::default();
        for row in &rows {
            packed.push(row.iter().map(Value::as_cell));
        }
        assert_eq!(packed.len(), rows.len());
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(&packed.values(at), row);
        }
        assert_ne!(packed.row(1), packed.row(4));
    }
}
