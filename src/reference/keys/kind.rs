//! As what the values of two columns are compared.

use crate::catalog::ColumnKind;

/// As what values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// UUIDs: 16 bytes.
    Uuid,
    /// Whole numbers, signed or not, of at most 64 bits.
    Integer,
    /// Decimal numbers, by their shortest text.
    Decimal,
    /// Texts: UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// Whatever each value is: a number, a text or bytes.
    Any,
}

impl KeyKind {
    /// The length of every such key, where they are all of one.
    #[must_use]
    pub const fn length(self) -> Option<usize> {
        match self {
            Self::Uuid => Some(16),
            // One bit more than 64: signed and unsigned numbers in one order.
            Self::Integer => Some(9),
            Self::Decimal | Self::Text | Self::Bytes | Self::Any => None,
        }
    }
}

impl KeyKind {
    /// What a column's values would be whose texts are written like those of such keys.
    #[must_use]
    pub const fn of_texts(self) -> ColumnKind {
        match self {
            Self::Uuid => ColumnKind::Uuid,
            Self::Integer => ColumnKind::Integer { bits: 64, unsigned: false },
            Self::Decimal => ColumnKind::Decimal { scale: None },
            Self::Text => ColumnKind::Text { bytewise: true, exact: true, padded: false, length: None },
            Self::Bytes => ColumnKind::Binary { length: None },
            Self::Any => ColumnKind::Loose,
        }
    }
}

/// As what a referring column and its parent are compared; none where the two have no common form.
#[must_use]
pub const fn compared_as(child: ColumnKind, parent: ColumnKind) -> KeyKind {
    use ColumnKind as Kind;
    const UUID_BYTES: ColumnKind = Kind::Binary { length: Some(16) };
    match (child, parent) {
        (Kind::Uuid, _) | (_, Kind::Uuid) => KeyKind::Uuid,
        (UUID_BYTES, Kind::Text { .. }) | (Kind::Text { .. }, UUID_BYTES) => KeyKind::Uuid,
        // Bytes beside a text that is long enough for one: what else would both be?
        (Kind::Binary { length: None }, Kind::Text { length, .. })
        | (Kind::Text { length, .. }, Kind::Binary { length: None })
            if takes_uuid(length) =>
        {
            KeyKind::Uuid
        }
        (Kind::Integer { .. }, Kind::Decimal { .. }) | (Kind::Decimal { .. }, Kind::Integer { .. }) => KeyKind::Decimal,
        (Kind::Integer { .. }, _) | (_, Kind::Integer { .. }) => KeyKind::Integer,
        (Kind::Decimal { .. }, _) | (_, Kind::Decimal { .. }) => KeyKind::Decimal,
        (Kind::Binary { .. }, Kind::Binary { .. }) => KeyKind::Bytes,
        (Kind::Loose, Kind::Loose) => KeyKind::Any,
        (Kind::Binary { .. }, Kind::Loose) | (Kind::Loose, Kind::Binary { .. }) => KeyKind::Any,
        _ => KeyKind::Text,
    }
}

/// Whether a text of that length can be a UUID.
const fn takes_uuid(length: Option<u32>) -> bool {
    match length {
        Some(length) => length >= 32,
        None => true,
    }
}
