//! Rows by their keys: what a key is called as a text, and the statements that look for rows that have it, delete them, or take
//! it out of them.
//!
//! A text is compared twice: as the column compares it, so that an index serves, and byte by byte, since a collation that takes
//! `Ada` for `ada` must not hand over the rows of another parent.

use crate::catalog::ColumnKind;
use crate::reference::keys::KeyKind;
use crate::reference::{Form, forms};
use crate::sql::ObjectName;

/// The columns of a table that are a key, or refer to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTable {
    /// The table.
    pub name: ObjectName,
    /// The columns, with what their values are.
    pub columns: Vec<(String, ColumnKind)>,
    /// Its primary key, if it has one.
    pub primary_key: Vec<String>,
    /// SQL conditions that a row must meet, as they were declared.
    pub conditions: Vec<String>,
    /// A column whose value must be one of these, with what its values are.
    pub by: Option<(String, ColumnKind, Vec<String>)>,
}

/// A key: a text a column.
pub type Key = Vec<String>;

/// How an engine writes keys, and the statements about rows that have them.
pub(super) trait KeySql {
    /// What stands behind a SELECT of no table.
    const FROM_NOTHING: &'static str;

    /// The type of texts, for a CAST.
    const TEXT: &'static str;

    /// A name in quotes.
    fn name(name: &str) -> String;

    /// A text; none where the engine has no such text.
    fn text(text: &str) -> Option<String>;

    /// Bytes, from hexadecimal digits.
    fn bytes(hex: &str) -> String;

    /// A column's value as the text by which a key is known.
    fn canonical(column: &str, kind: ColumnKind) -> String;

    /// A text as it compares byte by byte.
    fn bytewise(text: &str) -> String;

    /// Texts as one: a JSON array.
    fn array(texts: &[String]) -> String;

    /// What a column holds that is of such a type: whatever it is given, where the engine does not keep to types.
    fn held(kind: ColumnKind) -> ColumnKind {
        kind
    }

    /// Deletes at most so many of the rows that meet a condition.
    fn delete(table: &KeyTable, condition: &str, most: u64) -> String;

    /// Sets the key of at most so many of the rows that meet a condition to NULL.
    fn unset(table: &KeyTable, condition: &str, most: u64) -> String;

    /// A decimal number as a text with so many digits behind the point, as the other engines write it.
    fn decimal(column: &str) -> String;

    /// A number of at least zero that follows from a text, and spreads texts evenly.
    fn hash(text: &str) -> String;

    /// A column's value as a text that is the same in every engine, where it means the same.
    fn comparable(column: &str, kind: ColumnKind, compared_as: KeyKind) -> String {
        let canonical = Self::canonical(column, kind);
        match compared_as {
            KeyKind::Uuid => format!("lower(replace({canonical}, '-', ''))"),
            KeyKind::Decimal => Self::decimal(column),
            KeyKind::Integer | KeyKind::Text | KeyKind::Bytes | KeyKind::Any => canonical,
        }
    }

    /// A table's name in quotes.
    fn table(name: &ObjectName) -> String {
        let parts: Vec<String> = name.schema.iter().chain([&name.name]).map(|part| Self::name(part)).collect();
        parts.join(".")
    }

    /// Names in quotes, separated by commas.
    fn names(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        names.into_iter().map(|name| Self::name(name.as_ref())).collect::<Vec<_>>().join(", ")
    }

    /// A value.
    fn value(form: &Form) -> Option<String> {
        match form {
            Form::Number(number) => Some(number.clone()),
            Form::Uuid(text) | Form::Text(text) => Self::text(text),
            Form::Bytes(hex) => Some(Self::bytes(hex)),
        }
    }

    /// The text by which a whole key is known, from expressions of its columns: the text itself, or a JSON array of several.
    fn whole(texts: &[String]) -> String {
        match texts {
            [one] => one.clone(),
            several => Self::array(several),
        }
    }

    /// The condition that a column holds one of these values; none where it holds none of them.
    fn holds(column: &str, kind: ColumnKind, forms: &[Form]) -> Option<String> {
        let values: Vec<String> = forms.iter().filter_map(Self::value).collect();
        if values.is_empty() {
            return None;
        }
        let column = Self::name(column);
        let equal = format!("{column} IN ({})", values.join(", "));
        if !matches!(kind, ColumnKind::Text { .. }) {
            return Some(equal);
        }
        let exactly: Vec<String> = values.iter().map(|value| Self::bytewise(value)).collect();
        let canonical = Self::bytewise(&Self::canonical(&column, kind));
        Some(format!("{equal} AND {canonical} IN ({})", exactly.join(", ")))
    }

    /// The condition that a row of a table has one of these keys of a parent's columns; none where no row can.
    fn has_one_of(table: &KeyTable, parent: &[ColumnKind], keys: &[Key]) -> Option<String> {
        let of_column = |at: usize, key: &Key| forms(&key[at], parent[at], Self::held(table.columns[at].1));
        let has = if let [(column, kind)] = table.columns.as_slice() {
            let forms: Vec<Form> = keys.iter().flat_map(|key| of_column(0, key)).collect();
            Self::holds(column, *kind, &forms)?
        } else {
            let one = |key: &Key| {
                let columns = table.columns.iter().enumerate();
                let holds = columns.map(|(at, (column, kind))| Self::holds(column, *kind, &of_column(at, key)));
                Some(format!("({})", holds.collect::<Option<Vec<_>>>()?.join(" AND ")))
            };
            let each: Vec<String> = keys.iter().filter_map(one).collect();
            if each.is_empty() {
                return None;
            }
            format!("({})", each.join(" OR "))
        };
        let mut conditions = vec![has];
        conditions.extend(Self::conditions(table)?);
        Some(conditions.join(" AND "))
    }

    /// What a row of a table must meet besides; none where no row can.
    fn conditions(table: &KeyTable) -> Option<Vec<String>> {
        let mut conditions = Vec::new();
        if let Some((column, kind, values)) = &table.by {
            let values: Vec<Form> = values.iter().map(|value| Form::Text(value.clone())).collect();
            // Of an enumeration, or a number, there is but one way to say a value.
            conditions.push(Self::holds(column, *kind, &values)?);
        }
        // On lines of their own: one may end with a comment.
        conditions.extend(table.conditions.iter().map(|condition| format!("(\n{condition}\n)")));
        Some(conditions)
    }

    /// A query that gives the places, in this list, of the keys that are there; none where none of them can be. What the column
    /// takes for the same is the same here, and so is what a referring column may: who asks is about to delete.
    fn present(table: &KeyTable, keys: &[Key]) -> Option<String> {
        let name = Self::table(&table.name);
        let is_there = |(place, key): (usize, &Key)| {
            let columns = table.columns.iter().zip(key);
            let equal = columns.map(|((column, kind), text)| {
                let kind = Self::held(*kind);
                let mut same = forms(text, kind, kind);
                if let ColumnKind::Text { .. } = kind {
                    // A UUID in other letters, or a text without the spaces behind it.
                    same.extend(forms(text.trim_end_matches(' '), ColumnKind::Loose, kind));
                }
                let values: Vec<String> = same.iter().filter_map(Self::value).collect();
                (!values.is_empty()).then(|| format!("{} IN ({})", Self::name(column), values.join(", ")))
            });
            let equal = equal.collect::<Option<Vec<_>>>()?.join(" AND ");
            Some(format!("SELECT '{place}'{} WHERE EXISTS (SELECT 1 FROM {name} WHERE {equal})", Self::FROM_NOTHING))
        };
        let each: Vec<String> = keys.iter().enumerate().filter_map(is_there).collect();
        (!each.is_empty()).then(|| each.join(" UNION ALL "))
    }
}
