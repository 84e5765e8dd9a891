//! What an engine that spans databases is to ask each of them: written here, in the database's own SQL, and run by nobody of us.

use crate::catalog::ColumnKind;
use crate::dialect::Dialect;
use crate::reference::keys::KeyKind;

use super::key_sql::{KeySql, KeyTable};
use super::{mysql, postgres, sqlite};

/// A table's keys in the database's own SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyQuery {
    /// `FROM` and `WHERE` of the rows that have a key.
    pub rows: String,
    /// A number by which the table can be cut into parts.
    pub part: String,
    /// What gives each column of the key as a text that is the same on both sides.
    pub comparable: Vec<String>,
    /// What gives the key as a text.
    pub whole: String,
    /// What a row must meet.
    pub conditions: Vec<String>,
    /// Whether `part` is the key itself.
    pub is_range: bool,
}

/// The keys of a table, as they are compared with those of another.
#[must_use]
pub fn key_query(dialect: Dialect, table: &KeyTable, compared_as: &[KeyKind]) -> KeyQuery {
    match dialect {
        Dialect::Postgres => of::<postgres::Postgres>(table, compared_as),
        Dialect::Mysql | Dialect::Mariadb => of::<mysql::Mysql>(table, compared_as),
        Dialect::Sqlite => of::<sqlite::Sqlite>(table, compared_as),
    }
}

fn of<E: KeySql>(table: &KeyTable, compared_as: &[KeyKind]) -> KeyQuery {
    let columns = || table.columns.iter().map(|(name, kind)| (E::name(name), *kind));
    let canonical: Vec<String> = columns().map(|(name, kind)| E::canonical(&name, kind)).collect();
    let whole = E::whole(&canonical);
    let comparable: Vec<String> =
        columns().zip(compared_as).map(|((name, kind), compared)| E::comparable(&name, kind, *compared)).collect();
    // No row can have a value that its column cannot hold.
    let conditions = E::conditions(table).unwrap_or_else(|| vec!["1 = 0".to_owned()]);
    let (part, is_range) = match table.columns.as_slice() {
        [(name, ColumnKind::Integer { .. })] => (E::name(name), true),
        _ => (E::hash(comparable.first().map_or("''", String::as_str)), false),
    };
    let is_key = columns().map(|(name, _)| format!("{name} IS NOT NULL"));
    let all: Vec<String> = is_key.chain(conditions.iter().cloned()).collect();
    let rows = format!("FROM {} WHERE {}", E::table(&table.name), all.join(" AND "));
    KeyQuery { rows, part, comparable, whole, conditions, is_range }
}
