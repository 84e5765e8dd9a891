//! Rows by their keys, and the triggers that record the keys of deleted ones.

use sqlx::{AssertSqlSafe, Executor as _};

use crate::catalog::ColumnKind;
use crate::failpoint;
use crate::hex::hex;
use crate::sql::ObjectName;

use super::super::capture::{Capture, Recorder, Trigger};
use super::super::error::DatabaseError;
use super::super::key_sql::{KeySql, KeyTable};
use super::super::stepwise::Stepwise as _;
use super::super::tables::DELETED;
use super::{FLAVOR, Sqlite};

impl KeySql for Sqlite {
    const FROM_NOTHING: &'static str = "";
    const TEXT: &'static str = "text";

    fn name(name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn text(text: &str) -> Option<String> {
        if text.contains('\0') {
            // A statement ends there.
            return Some(format!("CAST({} AS text)", Self::bytes(&hex(text.as_bytes()))));
        }
        Some(format!("'{}'", text.replace('\'', "''")))
    }

    fn bytes(hex: &str) -> String {
        format!("x'{hex}'")
    }

    /// Whatever the column's type says, a row may hold bytes.
    fn canonical(column: &str, kind: ColumnKind) -> String {
        let text =
            format!("CASE typeof({column}) WHEN 'blob' THEN lower(hex({column})) ELSE CAST({column} AS text) END");
        match kind {
            ColumnKind::Text { padded: true, .. } => format!("rtrim({text}, ' ')"),
            _ => text,
        }
    }

    fn bytewise(text: &str) -> String {
        format!("({text}) COLLATE BINARY")
    }

    fn array(texts: &[String]) -> String {
        format!("json_array({})", texts.join(", "))
    }

    fn table(name: &crate::sql::ObjectName) -> String {
        Self::name(&name.name)
    }

    fn decimal(column: &str) -> String {
        format!("printf('%.10f', {column})")
    }

    fn hash(text: &str) -> String {
        // Of a UUID, or a number, the last letters differ the most.
        let letter = |back: u8| format!("coalesce(unicode(substr({text}, -{back}, 1)), 0)");
        format!("({} * 31 + {})", letter(2), letter(1))
    }

    fn held(kind: ColumnKind) -> ColumnKind {
        if kind == ColumnKind::Uuid { ColumnKind::Loose } else { kind }
    }

    fn delete(table: &KeyTable, condition: &str, most: u64) -> String {
        format!("DELETE FROM {} WHERE {}", Self::table(&table.name), rows(table, condition, most))
    }

    fn unset(table: &KeyTable, condition: &str, most: u64) -> String {
        let set: Vec<String> =
            table.columns.iter().map(|(column, _)| format!("{} = NULL", Self::name(column))).collect();
        format!("UPDATE {} SET {} WHERE {}", Self::table(&table.name), set.join(", "), rows(table, condition, most))
    }
}

/// A table that has no rowid has a primary key.
fn rows(table: &KeyTable, condition: &str, most: u64) -> String {
    let name = Sqlite::table(&table.name);
    let (row, columns) = match table.primary_key.as_slice() {
        [] => ("rowid".to_owned(), "rowid".to_owned()),
        key => (format!("({})", Sqlite::names(key)), Sqlite::names(key)),
    };
    format!("{row} IN (SELECT {columns} FROM {name} WHERE {condition} LIMIT {most})")
}

impl Recorder for Sqlite {
    fn trigger(&self, capture: &Capture) -> Trigger {
        let (now, source) = (FLAVOR.now_text(), capture.id);
        let old: Vec<String> = capture
            .columns
            .iter()
            .map(|(name, kind)| Self::canonical(&format!("OLD.{}", Self::name(name)), *kind))
            .collect();
        let is_key: Vec<String> =
            capture.columns.iter().map(|(name, _)| format!("OLD.{} IS NOT NULL", Self::name(name))).collect();
        let moved: Vec<String> = capture
            .columns
            .iter()
            .map(|(name, _)| format!("OLD.{0} COLLATE BINARY IS NOT NEW.{0}", Self::name(name)))
            .collect();
        let is_key = is_key.join(" AND ");
        let moved = format!("{is_key} AND ({})", moved.join(" OR "));
        let insert = |kind: &str| {
            let key = Self::whole(&old);
            format!(
                "INSERT INTO {DELETED} (source, kind, parent_key, deleted_at) VALUES ('{source}', '{kind}', {key}, {now})"
            )
        };
        let table = Self::table(&capture.table);
        let name = Trigger::name(&format!("{}{moved}", insert("delete")));
        let create = |end: &str, event: &str, when: &str| {
            let (trigger, insert) = (Self::name(&format!("{name}_{end}")), insert(&event.to_lowercase()));
            format!(
                "CREATE TRIGGER IF NOT EXISTS {trigger} AFTER {event} ON {table} FOR EACH ROW WHEN {when} BEGIN {insert}; END"
            )
        };
        let create = vec![create("d", "DELETE", &is_key), create("u", "UPDATE", &moved)];
        Trigger { name, create }
    }

    fn drop_trigger(&self, name: &str) -> Vec<String> {
        ["d", "u"].map(|end| format!("DROP TRIGGER IF EXISTS {}", Self::name(&format!("{name}_{end}")))).into()
    }

    fn has_trigger(&self, name: &str, _table: &ObjectName) -> String {
        format!(
            "SELECT CASE count(*) WHEN 2 THEN 'true' ELSE 'false' END FROM sqlite_master WHERE type = 'trigger' AND name IN \
             ('{name}_d', '{name}_u')"
        )
    }

    /// REPLACE deletes what is in its way, and runs no trigger for it where `recursive_triggers` is off, as it is by itself.
    fn gaps(&self, capture: &Capture) -> Option<String> {
        let table = Self::text(&capture.table.name)?;
        Some(format!(
            "SELECT 'REPLACE may delete a row because of the unique index ' || name || ', which runs no trigger: its key is not \
             recorded' FROM pragma_index_list({table}) WHERE \"unique\" AND origin <> 'pk' ORDER BY 1"
        ))
    }

    /// What the referring rows' own foreign keys say is done, as it is for whoever deletes a row by hand.
    fn begin_work(&self) -> String {
        "PRAGMA foreign_keys = ON;BEGIN IMMEDIATE".to_owned()
    }

    async fn install(&mut self, statements: &[String]) -> Result<(), DatabaseError> {
        self.write_together(statements).await
    }

    async fn affect(&mut self, sql: String) -> Result<u64, DatabaseError> {
        let done = match self.connection() {
            Ok(connection) => failpoint::around(connection.execute(sqlx::raw_sql(AssertSqlSafe(sql)))).await,
            Err(error) => Err(error),
        };
        done.map(|done| done.rows_affected()).map_err(|error| self.explain(&error))
    }
}
