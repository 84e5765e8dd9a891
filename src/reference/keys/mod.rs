//! Keys of any engine as typed bytes, and how two streams of them are compared.
//!
//! A key is compared by what it means and not by how an engine stores it: a UUID is 16 bytes whether it came from a `uuid`, a
//! `binary(16)` or a `char(36)`; a whole number is a number; a text is its UTF-8. Byte order of the typed bytes is the one
//! order that all sides can be held against. Pure: values in, values out.

mod bytes;
mod cell;
mod kind;
mod merge;
mod packed;
mod page;
mod set;
mod source;

pub(super) use bytes::number;
pub use bytes::{Malformed, Shape};
pub use cell::{Cell, Value};
pub use kind::{KeyKind, compared_as};
pub use merge::{Merge, OutOfOrder};
pub use packed::Packed;
pub use page::{KeyPage, Odd};
pub use set::KeySet;
pub use source::{Condition, KeyColumn, KeySource, Range, Reading, SourceColumn};

#[cfg(test)]
mod tests;
