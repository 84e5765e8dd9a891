//! Whether two columns hold values of one kind: a name alone says nothing.

use crate::catalog::{Column, ColumnKind};
use crate::dialect::Dialect;

/// How far two types agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Agreement {
    /// Not at all.
    None,
    /// The values of one can be written in the other: a UUID as 36 letters, a small number in a large one.
    Near,
    /// They are the same.
    Same,
}

/// A column, and the dialect of its database.
#[derive(Clone, Copy)]
pub(super) struct Typed<'a> {
    pub(super) column: &'a Column,
    pub(super) dialect: Dialect,
}

/// The letters of a UUID, with its dashes and without.
const UUID_LETTERS: [u32; 2] = [36, 32];

/// As many letters as a key has at most where it is no UUID.
const KEY_LETTERS: u32 = 64;

/// How far the types of two columns agree.
#[must_use]
pub(super) fn agreement(one: Typed<'_>, other: Typed<'_>) -> Agreement {
    use ColumnKind as Kind;
    let loose = |typed: Typed<'_>| typed.dialect.can().loose_types;
    match (one.column.kind, other.column.kind) {
        (kind, other_kind) if is_uuid(kind) && is_uuid(other_kind) => Agreement::Same,
        (kind, other_kind) if is_uuid(kind) => holds_uuid(other_kind, loose(other)),
        (kind, other_kind) if is_uuid(other_kind) => holds_uuid(kind, loose(one)),
        (Kind::Integer { bits, unsigned }, Kind::Integer { bits: other_bits, unsigned: other_unsigned }) => {
            let same = bits == other_bits && unsigned == other_unsigned;
            if same || loose(one) || loose(other) { Agreement::Same } else { Agreement::Near }
        }
        (Kind::Integer { .. }, Kind::Decimal { scale: None | Some(0) })
        | (Kind::Decimal { scale: None | Some(0) }, Kind::Integer { .. }) => Agreement::Near,
        (Kind::Text { length, .. }, Kind::Text { length: other_length, .. }) => match (length, other_length) {
            (one, other) if one == other => Agreement::Same,
            (Some(one), Some(other)) if one.max(other) <= KEY_LETTERS => Agreement::Near,
            (Some(length), None) | (None, Some(length)) if length <= KEY_LETTERS => Agreement::Near,
            _ => Agreement::None,
        },
        (Kind::Loose, Kind::Loose) if one.column.data_type.eq_ignore_ascii_case(&other.column.data_type) => {
            Agreement::Same
        }
        (Kind::Loose, Kind::Text { length: None, .. } | Kind::Integer { .. } | Kind::Loose)
        | (Kind::Text { length: None, .. } | Kind::Integer { .. }, Kind::Loose) => Agreement::Near,
        (Kind::Binary { length: Some(one) }, Kind::Binary { length: Some(other) }) if one == other => Agreement::Same,
        _ => Agreement::None,
    }
}

const fn is_uuid(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Uuid | ColumnKind::Binary { length: Some(16) })
}

/// Whether a column that is none of UUIDs may hold them. A text of any length may hold anything, unless the database has no
/// other type for them.
fn holds_uuid(kind: ColumnKind, loose: bool) -> Agreement {
    let holds = match kind {
        ColumnKind::Text { length: Some(length), .. } => UUID_LETTERS.contains(&length),
        ColumnKind::Text { length: None, .. } | ColumnKind::Binary { length: None } | ColumnKind::Loose => loose,
        _ => false,
    };
    if holds { Agreement::Near } else { Agreement::None }
}

/// Whether a column's values could be keys at all. A `tinyint(1)` says yes or no.
#[must_use]
pub(super) fn may_be_key(column: &Column) -> bool {
    if column.data_type.starts_with("tinyint(1)") {
        return false;
    }
    match column.kind {
        ColumnKind::Uuid | ColumnKind::Integer { .. } | ColumnKind::Loose => true,
        ColumnKind::Decimal { scale } => matches!(scale, None | Some(0)),
        ColumnKind::Text { .. } => true,
        ColumnKind::Binary { length } => matches!(length, Some(1..=64)),
        ColumnKind::Other => false,
    }
}

/// Whether a column is for texts of which most are no keys.
#[must_use]
pub(super) fn is_long_text(column: &Column, dialect: Dialect) -> bool {
    matches!(column.kind, ColumnKind::Text { length, .. } if length.is_none_or(|length| length > KEY_LETTERS))
        && !dialect.can().loose_types
}
