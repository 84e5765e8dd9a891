//! What is read as keys of a table, and how: plain data that each engine writes its own SQL for.

use uuid::Uuid;

use super::bytes::Shape;
use super::cell::Value;
use super::kind::KeyKind;
use crate::catalog::ColumnKind;
use crate::sql::ObjectName;

/// The keys of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySource {
    /// The table, as the database has its name.
    pub table: ObjectName,
    /// The columns of the key.
    pub columns: Vec<KeyColumn>,
    /// Which rows count; all of these conditions hold.
    pub conditions: Vec<Condition>,
    /// What numbers the rows: the columns of the primary key, where there is one.
    pub row: Vec<SourceColumn>,
}

/// A column that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceColumn {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Its type, as the database writes it.
    pub data_type: String,
}

/// A column of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyColumn {
    /// The column.
    pub column: SourceColumn,
    /// As what it is compared.
    pub compared_as: KeyKind,
}

/// Which rows count.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Those for which this SQL holds, as somebody declared it.
    Sql(String),
    /// Those that have this value.
    Is(SourceColumn, String),
    /// Those that have none of these values, and one.
    IsNone(SourceColumn, Vec<String>),
}

/// How keys are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Each key once, with the number of its rows, in the order of the keys.
    Grouped,
    /// Each key once, in the order of the keys, by leaping from one to the next.
    Leaping,
    /// The key of every row, in the order of the keys: where no two rows share one.
    Ordered,
    /// The key of every row, in the order of what numbers the rows.
    ByRow,
    /// The key of every row, in whatever order, at once.
    Whole,
}

/// Which part of the keys is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Range {
    /// Behind these values of the columns that the order is by.
    pub after: Option<Vec<Value>>,
    /// Up to these values of the key, they included.
    pub until: Option<Vec<Value>>,
    /// No more than this; all where nothing is said.
    pub limit: Option<usize>,
}

impl KeySource {
    /// As what the keys are compared.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let padded = |kind| matches!(kind, ColumnKind::Text { padded: true, .. });
        Shape::new(self.columns.iter().map(|key| (key.compared_as, padded(key.column.kind))))
    }

    /// Whether a key tells how its columns have it, on a database that keeps to its types.
    #[must_use]
    pub fn tells_values(&self) -> bool {
        self.columns.iter().all(KeyColumn::tells_value)
    }
}

impl KeyColumn {
    /// Whether a key tells how the column has it.
    #[must_use]
    pub fn tells_value(&self) -> bool {
        use ColumnKind as Kind;
        matches!(
            (self.column.kind, self.compared_as),
            (Kind::Uuid | Kind::Binary { length: Some(16) }, KeyKind::Uuid)
                | (Kind::Integer { .. }, KeyKind::Integer | KeyKind::Decimal)
                | (Kind::Text { .. } | Kind::Other, KeyKind::Text)
                | (Kind::Binary { .. }, KeyKind::Bytes)
                | (Kind::Loose, KeyKind::Any)
        )
    }

    /// Of the ways in which the column may have a key's value, the last in the order of the column: up to it, all are read.
    #[must_use]
    pub fn last_form(&self, value: &Value) -> Value {
        match (self.column.kind, value) {
            (ColumnKind::Text { .. }, Value::Uuid(uuid)) => Value::Text(uuid.simple().to_string()),
            _ => value.clone(),
        }
    }

    /// The first of them in that order.
    #[must_use]
    pub fn first_form(&self, value: &Value) -> Value {
        match (self.column.kind, value) {
            (ColumnKind::Text { .. }, Value::Uuid(uuid)) => Value::Text(uuid.hyphenated().to_string().to_uppercase()),
            _ => value.clone(),
        }
    }

    /// The ways in which the column may have a key's value that an index can find.
    #[must_use]
    pub fn forms(&self, value: &Value) -> Vec<Value> {
        match (self.column.kind, value) {
            (ColumnKind::Text { .. } | ColumnKind::Other, Value::Uuid(uuid)) => texts(*uuid),
            // A type of its own, or only the word for one, on an engine that takes it for nothing.
            (ColumnKind::Uuid | ColumnKind::Loose, Value::Uuid(uuid)) => {
                let mut forms = texts(*uuid);
                forms.extend([value.clone(), Value::Bytes(uuid.as_bytes().to_vec())]);
                forms
            }
            (ColumnKind::Loose, Value::Integer(number)) if self.compared_as != KeyKind::Any => {
                vec![value.clone(), Value::Text(number.to_string())]
            }
            (ColumnKind::Loose, Value::Text(text)) if self.compared_as == KeyKind::Text => {
                let number = text.parse().ok().map(Value::Integer);
                [Some(value.clone()), number].into_iter().flatten().collect()
            }
            _ => vec![value.clone()],
        }
    }
}

/// A UUID as people write it.
fn texts(uuid: Uuid) -> Vec<Value> {
    let (hyphenated, simple) = (uuid.hyphenated().to_string(), uuid.simple().to_string());
    let upper = [hyphenated.to_uppercase(), simple.to_uppercase()];
    [hyphenated, simple].into_iter().chain(upper).map(Value::Text).collect()
}
