//! The typed bytes of a key, whose order is the order of keys, and back.
//!
//! A key of one column is its bytes alone. Of several columns, those of no fixed length are closed by two zeros, and a zero in
//! them is followed by 255: so no key is the beginning of another, and the order stays that of the columns.

use uuid::Uuid;

use super::cell::{Cell, Value};
use super::kind::KeyKind;

/// As what the columns of a key are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    kinds: Vec<KeyKind>,
    /// For each column, whether spaces at the end of its texts do not count.
    padded: Vec<bool>,
}

/// A value that is no key of the kind that it is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key of the parent's type")]
pub struct Malformed;

/// Moves the numbers of i64 and u64 above zero, in order.
const BIAS: i128 = 1 << 64;

impl Shape {
    /// A key of these columns; `padded` says of each whether spaces at the end do not count.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = (KeyKind, bool)>) -> Self {
        let (kinds, padded) = columns.into_iter().unzip();
        Self { kinds, padded }
    }

    /// As what the columns are compared.
    #[must_use]
    pub fn kinds(&self) -> &[KeyKind] {
        &self.kinds
    }

    /// The length of every key, where they are all of one.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        self.kinds.iter().map(|kind| kind.length()).sum()
    }

    /// Appends the typed bytes of a value of the column at this place.
    ///
    /// # Errors
    ///
    /// [`Malformed`]; what was appended then means nothing. NULL is no key, and malformed too.
    pub fn push(&self, column: usize, cell: Cell<'_>, key: &mut Vec<u8>) -> Result<(), Malformed> {
        let (Some(&kind), Some(&padded)) = (self.kinds.get(column), self.padded.get(column)) else {
            return Err(Malformed);
        };
        match kind {
            KeyKind::Uuid => key.extend(uuid(cell)?),
            KeyKind::Integer => key.extend(integer(cell)?),
            KeyKind::Decimal => self.push_open(decimal(cell)?.as_bytes(), key),
            KeyKind::Text => match cell {
                Cell::Text(text) if padded => self.push_open(text.trim_end_matches(' ').as_bytes(), key),
                Cell::Text(text) => self.push_open(text.as_bytes(), key),
                Cell::Bytes(bytes) | Cell::Garbled(bytes) => self.push_open(bytes, key),
                other => self.push_open(other.to_value().ok_or(Malformed)?.to_string().as_bytes(), key),
            },
            KeyKind::Bytes => match cell {
                Cell::Bytes(bytes) | Cell::Garbled(bytes) => self.push_open(bytes, key),
                Cell::Text(text) => self.push_open(text.as_bytes(), key),
                Cell::Uuid(bytes) => self.push_open(&bytes, key),
                _ => return Err(Malformed),
            },
            KeyKind::Any => self.push_any(cell, key)?,
        }
        Ok(())
    }

    /// Whether a key of this value gives the value back, as it was.
    #[must_use]
    pub fn tells(&self, column: usize, cell: Cell<'_>) -> bool {
        let padded = self.padded.get(column).is_none_or(|padded| *padded);
        match (self.kinds.get(column), cell) {
            (Some(KeyKind::Uuid), Cell::Uuid(_))
            | (Some(KeyKind::Integer | KeyKind::Decimal | KeyKind::Any), Cell::Integer(_))
            | (Some(KeyKind::Bytes | KeyKind::Any), Cell::Bytes(_))
            | (Some(KeyKind::Any), Cell::Text(_) | Cell::Garbled(_)) => true,
            (Some(KeyKind::Text), Cell::Text(text)) => !padded || !text.ends_with(' '),
            _ => false,
        }
    }

    fn push_any(&self, cell: Cell<'_>, key: &mut Vec<u8>) -> Result<(), Malformed> {
        match cell {
            Cell::Integer(_) => {
                key.push(b'1');
                key.extend(integer(cell)?);
            }
            Cell::Real(number) => match integer(cell) {
                Ok(whole) => {
                    key.push(b'1');
                    key.extend(whole);
                }
                Err(Malformed) => {
                    key.push(b'2');
                    key.extend(number.to_bits().to_be_bytes());
                }
            },
            Cell::Text(text) => {
                key.push(b'3');
                self.push_open(text.as_bytes(), key);
            }
            Cell::Garbled(bytes) => {
                key.push(b'3');
                self.push_open(bytes, key);
            }
            Cell::Bytes(bytes) => {
                key.push(b'4');
                self.push_open(bytes, key);
            }
            Cell::Uuid(bytes) => {
                key.push(b'4');
                self.push_open(&bytes, key);
            }
            Cell::Null => return Err(Malformed),
        }
        Ok(())
    }

    /// Bytes of no fixed length.
    fn push_open(&self, bytes: &[u8], key: &mut Vec<u8>) {
        if self.kinds.len() == 1 {
            key.extend(bytes);
            return;
        }
        for &byte in bytes {
            key.push(byte);
            if byte == 0 {
                key.push(255);
            }
        }
        key.extend([0, 0]);
    }

    /// The values of a key, a column each.
    #[must_use]
    pub fn values(&self, mut key: &[u8]) -> Vec<Value> {
        self.kinds.iter().map(|kind| self.take(*kind, &mut key)).collect()
    }

    fn take(&self, kind: KeyKind, key: &mut &[u8]) -> Value {
        let text = |bytes: Vec<u8>| match String::from_utf8(bytes) {
            Ok(text) => Value::Text(text),
            Err(error) => Value::Bytes(error.into_bytes()),
        };
        match kind {
            KeyKind::Uuid => Value::Uuid(Uuid::from_slice(split(key, 16)).unwrap_or_default()),
            KeyKind::Integer => Value::Integer(number(split(key, 9))),
            KeyKind::Decimal => match text(self.take_open(key)) {
                Value::Text(text) => text.parse().map_or(Value::Text(text), Value::Integer),
                other => other,
            },
            KeyKind::Text => text(self.take_open(key)),
            KeyKind::Bytes => Value::Bytes(self.take_open(key)),
            KeyKind::Any => match split(key, 1) {
                b"1" => Value::Integer(number(split(key, 9))),
                b"2" => {
                    let bits = split(key, 8).iter().fold(0, |bits, &byte| bits << 8 | u64::from(byte));
                    Value::Real(f64::from_bits(bits))
                }
                b"3" => match text(self.take_open(key)) {
                    Value::Bytes(bytes) => Value::Garbled(bytes),
                    text => text,
                },
                _ => Value::Bytes(self.take_open(key)),
            },
        }
    }

    fn take_open(&self, key: &mut &[u8]) -> Vec<u8> {
        if self.kinds.len() == 1 {
            return std::mem::take(key).to_vec();
        }
        let mut bytes = Vec::new();
        while let [first, rest @ ..] = *key {
            *key = rest;
            match (first, rest) {
                (0, [255, rest @ ..]) => {
                    bytes.push(0);
                    *key = rest;
                }
                (0, [_, rest @ ..]) => {
                    *key = rest;
                    break;
                }
                _ => bytes.push(*first),
            }
        }
        bytes
    }
}

fn split<'k>(key: &mut &'k [u8], at: usize) -> &'k [u8] {
    let (first, rest) = key.split_at(at.min(key.len()));
    *key = rest;
    first
}

/// The whole number whose typed bytes these are.
pub(in crate::reference) fn number(bytes: &[u8]) -> i128 {
    bytes.iter().fold(0, |number, &byte| number << 8 | i128::from(byte)) - BIAS
}

fn uuid(cell: Cell<'_>) -> Result<[u8; 16], Malformed> {
    match cell {
        Cell::Uuid(bytes) => Ok(bytes),
        Cell::Bytes(bytes) => match bytes.try_into() {
            Ok(bytes) => Ok(bytes),
            // A text in a column of bytes.
            Err(_) => std::str::from_utf8(bytes).map_err(|_| Malformed).and_then(|text| uuid(Cell::Text(text))),
        },
        Cell::Text(text) => Uuid::try_parse(text.trim_end_matches(' ')).map(Uuid::into_bytes).map_err(|_| Malformed),
        Cell::Null | Cell::Integer(_) | Cell::Real(_) | Cell::Garbled(_) => Err(Malformed),
    }
}

fn integer(cell: Cell<'_>) -> Result<[u8; 9], Malformed> {
    let number = match cell {
        Cell::Integer(number) => number,
        #[allow(clippy::cast_possible_truncation)]
        Cell::Real(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => number as i128,
        Cell::Text(text) => text.trim_matches(' ').parse().map_err(|_| Malformed)?,
        _ => return Err(Malformed),
    };
    if number < i128::from(i64::MIN) || number > i128::from(u64::MAX) {
        return Err(Malformed);
    }
    let bytes = (number + BIAS).to_be_bytes();
    bytes[7..].try_into().map_err(|_| Malformed)
}

/// A decimal number's shortest text: no zeros that say nothing, no point behind which nothing stands.
fn decimal(cell: Cell<'_>) -> Result<String, Malformed> {
    let text = match cell {
        Cell::Integer(number) => return Ok(number.to_string()),
        Cell::Real(number) if number.is_finite() => number.to_string(),
        Cell::Text(text) => text.trim_matches(' ').to_owned(),
        _ => return Err(Malformed),
    };
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let digits = digits.strip_prefix('+').filter(|_| sign.is_empty()).unwrap_or(digits);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(Malformed);
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    Ok(match (whole, fraction) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        ("", fraction) => format!("{sign}0.{fraction}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}
