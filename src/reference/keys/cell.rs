//! A value as an engine gives it, and as it is handed back to one.

use crate::hex::hex;

/// A value as an engine gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i128),
    /// A number of SQLite's other type.
    Real(f64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// What its database takes for a text, of bytes that are no UTF-8.
    Garbled(&'a [u8]),
    /// A UUID of a type of its own.
    Uuid([u8; 16]),
}

/// A value that stands in SQL again: as an engine gave it, or made from a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i128),
    /// A number of SQLite's other type.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// What its database takes for a text, of bytes that are no UTF-8.
    Garbled(Vec<u8>),
    /// A UUID.
    Uuid(uuid::Uuid),
}

impl Cell<'_> {
    /// The value to hand back, where there is one.
    #[must_use]
    pub fn to_value(self) -> Option<Value> {
        Some(match self {
            Self::Null => return None,
            Self::Integer(number) => Value::Integer(number),
            Self::Real(number) => Value::Real(number),
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            Self::Garbled(bytes) => Value::Garbled(bytes.to_vec()),
            Self::Uuid(bytes) => Value::Uuid(uuid::Uuid::from_bytes(bytes)),
        })
    }
}

impl Value {
    /// The value as it was given.
    #[must_use]
    pub fn as_cell(&self) -> Cell<'_> {
        match self {
            Self::Integer(number) => Cell::Integer(*number),
            Self::Real(number) => Cell::Real(*number),
            Self::Text(text) => Cell::Text(text),
            Self::Bytes(bytes) => Cell::Bytes(bytes),
            Self::Garbled(bytes) => Cell::Garbled(bytes),
            Self::Uuid(uuid) => Cell::Uuid(*uuid.as_bytes()),
        }
    }
}

/// As people read it: bytes that are no text in hexadecimal digits.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) | Self::Garbled(bytes) => f.write_str(&hex(bytes)),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
        }
    }
}
