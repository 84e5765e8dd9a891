//! The forms in which a key of one column can stand in another: a parent's UUID is sixteen bytes in one database, and a text of
//! 36 letters in the next.
//!
//! A key is kept as a text that every engine can make and read: digits, a UUID in small letters with dashes, bytes as hexadecimal
//! digits, a text as it is. From it and the kinds of both columns follows what a referring row may hold. A key that a column
//! cannot hold has no form there, so that nothing refers to it.

use uuid::Uuid;

use crate::catalog::ColumnKind;
use crate::hex::hex;

/// A value that a column may hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A number, in digits.
    Number(String),
    /// A UUID, of a type of its own.
    Uuid(String),
    /// Bytes, in hexadecimal digits.
    Bytes(String),
    /// A text.
    Text(String),
}

impl Form {
    /// The text by which a column's value is known.
    #[must_use]
    pub fn as_text(&self) -> &str {
        match self {
            Self::Number(text) | Self::Uuid(text) | Self::Bytes(text) | Self::Text(text) => text,
        }
    }
}

/// The forms of a key, kept as a text from a column of the `parent`'s kind, in a column of the `child`'s.
#[must_use]
pub fn forms(key: &str, parent: ColumnKind, child: ColumnKind) -> Vec<Form> {
    match child {
        ColumnKind::Uuid => {
            uuid(key, parent).map(|uuid| Form::Uuid(uuid.hyphenated().to_string())).into_iter().collect()
        }
        ColumnKind::Integer { .. } | ColumnKind::Decimal { .. } => number(key).map(Form::Number).into_iter().collect(),
        ColumnKind::Text { padded, .. } => texts(key, parent)
            .into_iter()
            .map(|text| Form::Text(if padded { text.trim_end_matches(' ').to_owned() } else { text }))
            .collect(),
        ColumnKind::Binary { length } => bytes(key, parent, length).map(Form::Bytes).into_iter().collect(),
        ColumnKind::Loose => {
            let mut forms: Vec<Form> = number(key).map(Form::Number).into_iter().collect();
            forms.extend(texts(key, parent).into_iter().map(Form::Text));
            forms.extend(bytes(key, parent, Some(16)).map(Form::Bytes));
            forms
        }
        ColumnKind::Other => Vec::new(),
    }
}

/// A key as a UUID: with its dashes, or as 32 digits where bytes were written so.
fn uuid(key: &str, parent: ColumnKind) -> Option<Uuid> {
    match (key.len(), parent) {
        (36, _) | (32, ColumnKind::Uuid | ColumnKind::Binary { .. } | ColumnKind::Loose | ColumnKind::Text { .. }) => {
            Uuid::try_parse(key).ok()
        }
        _ => None,
    }
}

/// A key as a number, without what does not count: zeros behind the point.
fn number(key: &str) -> Option<String> {
    let digits = key.strip_prefix('-').unwrap_or(key);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical =
        !whole.is_empty() && all_digits(whole) && all_digits(part) && (whole == "0" || !whole.starts_with('0'));
    if !canonical || digits.ends_with('.') {
        return None;
    }
    let part = part.trim_end_matches('0');
    let text = if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") };
    Some(if key.starts_with('-') && text != "0" { format!("-{text}") } else { text })
}

fn texts(key: &str, parent: ColumnKind) -> Vec<String> {
    // Whoever writes a UUID into a text does it with dashes or without, in small letters or in capitals.
    let written = |uuid: Uuid| {
        let (hyphenated, simple) = (uuid.hyphenated().to_string(), uuid.simple().to_string());
        vec![hyphenated.to_ascii_uppercase(), simple.to_ascii_uppercase(), hyphenated, simple]
    };
    match parent {
        ColumnKind::Text { .. } => vec![key.to_owned()],
        ColumnKind::Uuid => uuid(key, parent).map(written).unwrap_or_default(),
        ColumnKind::Binary { .. } => match uuid(key, parent) {
            Some(uuid) => written(uuid),
            None => vec![key.to_owned(), key.to_ascii_uppercase()],
        },
        ColumnKind::Loose => {
            let mut texts = uuid(key, parent).map(written).unwrap_or_default();
            if !texts.iter().any(|text| text == key) {
                texts.push(key.to_owned());
            }
            texts
        }
        ColumnKind::Integer { .. } | ColumnKind::Decimal { .. } => number(key).into_iter().collect(),
        ColumnKind::Other => Vec::new(),
    }
}

fn bytes(key: &str, parent: ColumnKind, length: Option<u32>) -> Option<String> {
    let as_uuid = || uuid(key, parent).map(|uuid| uuid.simple().to_string());
    let is_hex = || key.len().is_multiple_of(2) && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    match parent {
        ColumnKind::Uuid => as_uuid(),
        ColumnKind::Binary { .. } => Some(key.to_owned()),
        ColumnKind::Loose if is_hex() => Some(key.to_ascii_lowercase()),
        ColumnKind::Text { .. } | ColumnKind::Loose => match as_uuid() {
            Some(uuid) if length.is_none_or(|length| length == 16) => Some(uuid),
            _ => Some(hex(key.as_bytes())),
        },
        ColumnKind::Integer { .. } | ColumnKind::Decimal { .. } | ColumnKind::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, forms};
    use crate::catalog::ColumnKind;

    const UUID: &str = "0190a5c2-7d3e-7c11-8a55-0123456789ab";
    const SIMPLE: &str = "0190a5c27d3e7c118a550123456789ab";
    const INTEGER: ColumnKind = ColumnKind::Integer { bits: 64, unsigned: false };
    const TEXT: ColumnKind = ColumnKind::Text { bytewise: true, exact: true, padded: false, length: None };
    const PADDED: ColumnKind = ColumnKind::Text { bytewise: true, exact: true, padded: true, length: Some(8) };
    const BINARY: ColumnKind = ColumnKind::Binary { length: Some(16) };

    #[test]
    fn a_uuid_in_every_column() {
        assert_eq!(forms(UUID, ColumnKind::Uuid, ColumnKind::Uuid), [Form::Uuid(UUID.to_owned())]);
        assert_eq!(forms(SIMPLE, BINARY, ColumnKind::Uuid), [Form::Uuid(UUID.to_owned())]);
        assert_eq!(forms(&UUID.to_uppercase(), TEXT, ColumnKind::Uuid), [Form::Uuid(UUID.to_owned())]);
        assert_eq!(forms(UUID, ColumnKind::Uuid, BINARY), [Form::Bytes(SIMPLE.to_owned())]);
        let texts = forms(UUID, ColumnKind::Uuid, TEXT);
        assert_eq!(texts.len(), 4);
        assert!(texts.contains(&Form::Text(UUID.to_owned())) && texts.contains(&Form::Text(SIMPLE.to_uppercase())));
        assert!(forms("ada", TEXT, ColumnKind::Uuid).is_empty());
    }

    #[test]
    fn numbers_and_texts() {
        assert_eq!(forms("42", INTEGER, INTEGER), [Form::Number("42".to_owned())]);
        assert_eq!(forms("42", INTEGER, TEXT), [Form::Text("42".to_owned())]);
        assert_eq!(forms("42.00", ColumnKind::Decimal { scale: Some(2) }, INTEGER), [Form::Number("42".to_owned())]);
        for text in ["042", "+42", "4 2", "", "-", "42.", ".5", "0x2a", "1e3"] {
            assert!(forms(text, TEXT, INTEGER).is_empty(), "{text}");
        }
        assert_eq!(forms("-0.0", TEXT, INTEGER), [Form::Number("0".to_owned())]);
        assert_eq!(forms("ada  ", TEXT, PADDED), [Form::Text("ada".to_owned())]);
        assert_eq!(forms("ada  ", TEXT, TEXT), [Form::Text("ada  ".to_owned())]);
        assert!(forms("42", INTEGER, ColumnKind::Other).is_empty());
    }

    #[test]
    fn what_each_row_holds() {
        let loose = forms("42", INTEGER, ColumnKind::Loose);
        assert_eq!(loose, [Form::Number("42".to_owned()), Form::Text("42".to_owned())]);
        let of_blob = forms(SIMPLE, ColumnKind::Loose, BINARY);
        assert_eq!(of_blob, [Form::Bytes(SIMPLE.to_owned())]);
    }
}
