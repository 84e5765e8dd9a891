//! Keys as SQLite gives them: every value says itself what it is.

use std::sync::atomic::Ordering;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _, TypeInfo as _, ValueRef as _};

use crate::catalog::ColumnKind;
use crate::hex::hex;
use crate::reference::keys::{Cell, KeyColumn, KeyKind, SourceColumn, Value};

use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::key_sql::KeySql;
use super::super::keys::{Keyed, Standby, Taker, Words};
use super::Sqlite;

/// SQLite's words.
struct SqliteWords;

impl Words for SqliteWords {
    fn name(&self, name: &str) -> String {
        <Sqlite as KeySql>::name(name)
    }

    fn literal(&self, value: &Value, column: &SourceColumn) -> Option<String> {
        Some(match value {
            Value::Integer(number) => i64::try_from(*number).ok()?.to_string(),
            Value::Real(number) if number.is_finite() => format!("{number:?}"),
            Value::Real(_) => return None,
            Value::Text(text) => text_of(text),
            Value::Bytes(bytes) => bytes_of(bytes),
            Value::Garbled(bytes) => format!("CAST({} AS TEXT)", bytes_of(bytes)),
            Value::Uuid(uuid) => match column.kind {
                ColumnKind::Binary { .. } => bytes_of(uuid.as_bytes()),
                _ => format!("'{uuid}'"),
            },
        })
    }

    fn told_apart(&self, column: &SourceColumn) -> Option<String> {
        let is_exact = !matches!(column.kind, ColumnKind::Text { exact: false, .. });
        (!is_exact).then(|| format!("{} COLLATE BINARY", self.name(&column.name)))
    }

    /// A column of texts may hold bytes, and one of bytes a text.
    fn forms(&self, column: &KeyColumn, value: &Value) -> Vec<Value> {
        let mut forms = column.forms(value);
        match (column.column.kind, column.compared_as, value) {
            (ColumnKind::Text { .. }, KeyKind::Text, Value::Text(text)) => {
                forms.push(Value::Bytes(text.clone().into_bytes()));
            }
            // Bytes that are no UTF-8 may be called a text all the same.
            (ColumnKind::Text { .. }, KeyKind::Text, Value::Bytes(bytes))
            | (ColumnKind::Binary { .. }, KeyKind::Bytes, Value::Bytes(bytes)) => {
                let text = String::from_utf8(bytes.clone());
                forms.push(text.map_or_else(|error| Value::Garbled(error.into_bytes()), Value::Text));
            }
            _ => {}
        }
        forms
    }

    /// A column makes texts of numbers where it is one of texts, and numbers of the texts that are some where it is one of
    /// integers.
    fn finds_every_form(&self, column: &KeyColumn) -> bool {
        matches!(
            (column.column.kind, column.compared_as),
            (ColumnKind::Integer { .. }, KeyKind::Integer)
                | (ColumnKind::Text { .. }, KeyKind::Text)
                | (ColumnKind::Binary { .. }, KeyKind::Bytes)
        )
    }
}

/// A text, whatever the encoding of the database: bytes that are taken for one would have to be in that. A statement ends at a NUL.
fn text_of(text: &str) -> String {
    let parts: Vec<String> = text.split('\0').map(|part| format!("'{}'", part.replace('\'', "''"))).collect();
    if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" || char(0) || ")) }
}

fn bytes_of(bytes: &[u8]) -> String {
    <Sqlite as KeySql>::bytes(&hex(bytes))
}

impl Sqlite {
    /// Whatever is read from now on takes no write with it.
    pub(in super::super) async fn begin_reading(&mut self) -> Result<Standby, DatabaseError> {
        if self.connection.is_some() {
            self.run("PRAGMA query_only = ON").await.map_err(|error| self.explain(&error))?;
            self.listen_for_stop().await?;
        }
        Ok(Standby::Leads)
    }
}

impl Keyed for Sqlite {
    fn words(&self) -> &'static dyn Words {
        &SqliteWords
    }

    fn database(&self) -> &str {
        &self.database
    }

    fn is_strict(&self) -> bool {
        false
    }

    async fn each_row(&mut self, sql: &str, kinds: &[ColumnKind], taker: &mut impl Taker) -> Result<(), DatabaseError> {
        let (database, cancel) = (self.database.clone(), self.cancel.clone());
        let Some(connection) = self.connection.as_mut() else {
            let message = "there is no such file";
            return Err(DatabaseError::new(DatabaseErrorKind::NoSuchDatabase, &database, message));
        };
        let outcome = async {
            let mut rows = connection.fetch(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
            while let Some(row) = rows.try_next().await? {
                let cells: Option<Vec<Cell<'_>>> = (0..kinds.len()).map(|at| cell(&row, at)).collect();
                let Some(cells) = cells else { return Ok(false) };
                taker.take(&cells);
                if !taker.hand_on().await {
                    break;
                }
            }
            Ok(true)
        };
        let stop = std::sync::Arc::clone(&self.stop);
        let stopped = || async move { stop.store(true, Ordering::Relaxed) };
        match super::super::cancellable(outcome, &cancel, stopped).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(DatabaseError::new(DatabaseErrorKind::Query, &database, "a value cannot be read")),
            Err(error) => Err(self.explain(&error)),
        }
    }
}

fn cell(row: &SqliteRow, at: usize) -> Option<Cell<'_>> {
    let value = row.try_get_raw(at).ok()?;
    if value.is_null() {
        return Some(Cell::Null);
    }
    Some(match value.type_info().name() {
        "INTEGER" | "BOOLEAN" => Cell::Integer(row.try_get_unchecked::<i64, _>(at).ok()?.into()),
        "REAL" => Cell::Real(row.try_get_unchecked(at).ok()?),
        "BLOB" => Cell::Bytes(row.try_get_unchecked(at).ok()?),
        _ => {
            let bytes: &[u8] = row.try_get_unchecked(at).ok()?;
            std::str::from_utf8(bytes).map_or(Cell::Garbled(bytes), Cell::Text)
        }
    })
}
