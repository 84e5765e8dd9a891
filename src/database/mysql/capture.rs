//! Rows by their keys, and the triggers that record the keys of deleted ones.

use sqlx::{AssertSqlSafe, Executor as _};

use crate::catalog::ColumnKind;
use crate::dialect::Dialect;
use crate::failpoint;
use crate::hex::hex;
use crate::sql::ObjectName;

use super::super::capture::{Capture, Recorder, Trigger};
use super::super::error::DatabaseError;
use super::super::key_sql::{KeySql, KeyTable};
use super::super::tables::DELETED;
use super::{FLAVOR, Mysql};

impl KeySql for Mysql {
    const FROM_NOTHING: &'static str = " FROM DUAL";
    const TEXT: &'static str = "char";

    fn name(name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    /// In hexadecimal digits, which mean the same in every sql_mode.
    fn text(text: &str) -> Option<String> {
        Some(format!("_utf8mb4 {}", Self::bytes(&hex(text.as_bytes()))))
    }

    fn bytes(hex: &str) -> String {
        format!("x'{hex}'")
    }

    fn canonical(column: &str, kind: ColumnKind) -> String {
        match kind {
            ColumnKind::Binary { .. } => format!("lower(hex({column}))"),
            ColumnKind::Text { padded: true, .. } => format!("trim(TRAILING ' ' FROM convert({column} USING utf8mb4))"),
            ColumnKind::Text { .. } => format!("convert({column} USING utf8mb4)"),
            _ => format!("CAST({column} AS char CHARACTER SET utf8mb4)"),
        }
    }

    fn bytewise(text: &str) -> String {
        format!("CAST({text} AS binary)")
    }

    fn array(texts: &[String]) -> String {
        format!("json_array({})", texts.join(", "))
    }

    fn decimal(column: &str) -> String {
        format!("CAST(CAST({column} AS decimal(38, 10)) AS char)")
    }

    fn hash(text: &str) -> String {
        format!("crc32({text})")
    }

    fn delete(table: &KeyTable, condition: &str, most: u64) -> String {
        format!("DELETE FROM {} WHERE {condition} LIMIT {most}", Self::table(&table.name))
    }

    fn unset(table: &KeyTable, condition: &str, most: u64) -> String {
        let set: Vec<String> =
            table.columns.iter().map(|(column, _)| format!("{} = NULL", Self::name(column))).collect();
        format!("UPDATE {} SET {} WHERE {condition} LIMIT {most}", Self::table(&table.name), set.join(", "))
    }
}

impl Recorder for Mysql {
    /// Triggers run with the rights of whoever makes them. Schema changes commit by themselves here: those that are there already
    /// are left alone, so that no deletion falls between the old and the new.
    fn trigger(&self, capture: &Capture) -> Trigger {
        let (now, source) = (FLAVOR.now_text(), capture.id);
        let texts = |row: &str| -> Vec<String> {
            let columns = capture.columns.iter();
            columns.map(|(name, kind)| Self::canonical(&format!("{row}.{}", Self::name(name)), *kind)).collect()
        };
        let old = texts("OLD");
        let is_key: Vec<String> =
            capture.columns.iter().map(|(name, _)| format!("OLD.{} IS NOT NULL", Self::name(name))).collect();
        let stays: Vec<String> = old
            .iter()
            .zip(texts("NEW"))
            .map(|(old, new)| format!("{} <=> {}", Self::bytewise(old), Self::bytewise(&new)))
            .collect();
        let insert = |kind: &str| {
            format!(
                "INSERT INTO {DELETED} (source, kind, parent_key, deleted_at) SELECT '{source}', '{kind}', {}, {now} FROM DUAL \
                 WHERE {}",
                Self::whole(&old),
                is_key.join(" AND ")
            )
        };
        let (deleted, moved) = (insert("delete"), format!("{} AND NOT ({})", insert("update"), stays.join(" AND ")));
        let name = Trigger::name(&format!("{deleted}{moved}"));
        let table = Self::table(&capture.table);
        let create = |end: &str, event: &str, body: &str| {
            format!(
                "CREATE TRIGGER {} AFTER {event} ON {table} FOR EACH ROW {body}",
                Self::name(&format!("{name}_{end}"))
            )
        };
        let create = vec![create("d", "DELETE", &deleted), create("u", "UPDATE", &moved)];
        Trigger { name, create }
    }

    fn drop_trigger(&self, name: &str) -> Vec<String> {
        ["d", "u"].map(|end| format!("DROP TRIGGER IF EXISTS {}", Self::name(&format!("{name}_{end}")))).into()
    }

    /// Whoever may only read the table sees no trigger of it, and is told that there is none: MySQL shows them to those who may make
    /// them, MariaDB also to those who may change rows.
    fn has_trigger(&self, name: &str, table: &ObjectName) -> String {
        let table = <Self as KeySql>::text(&table.name).unwrap_or_else(|| "''".to_owned());
        let privileges = match self.dialect {
            Dialect::Mariadb => "'TRIGGER', 'INSERT', 'UPDATE', 'DELETE'",
            _ => "'TRIGGER'",
        };
        let may_see = |place: &str| {
            format!("EXISTS (SELECT 1 FROM information_schema.{place} AND privilege_type IN ({privileges}))")
        };
        format!(
            "SELECT CASE count(*) WHEN 2 THEN 'true' WHEN 1 THEN 'false' ELSE CASE WHEN {} OR {} OR {} THEN 'false' ELSE \
             'unseen' END END FROM information_schema.triggers WHERE trigger_schema = database() AND trigger_name IN \
             ('{name}_d', '{name}_u')",
            may_see("user_privileges WHERE TRUE"),
            // A grant may be for a pattern: app\_%.
            may_see("schema_privileges WHERE database() LIKE table_schema"),
            may_see(&format!("table_privileges WHERE table_schema = database() AND table_name = {table}")),
        )
    }

    /// A foreign key's own action runs no trigger.
    fn gaps(&self, capture: &Capture) -> Option<String> {
        let table = <Self as KeySql>::text(&capture.table.name)?;
        Some(format!(
            "SELECT DISTINCT concat('rows that go by ON DELETE CASCADE of the foreign key ', constraint_name, ' to ', \
             referenced_table_name, ' run no trigger: their keys are not recorded') FROM \
             information_schema.referential_constraints WHERE constraint_schema = database() AND table_name = {table} AND \
             delete_rule = 'CASCADE' ORDER BY 1"
        ))
    }

    /// Rows that do not meet the condition are let go of at once: without an index, others could change none meanwhile.
    fn begin_work(&self) -> String {
        let limits: Vec<String> = self.waits().into_iter().map(|limit| format!("SET {limit};")).collect();
        format!("{}SET TRANSACTION ISOLATION LEVEL READ COMMITTED;START TRANSACTION", limits.concat())
    }

    async fn install(&mut self, statements: &[String]) -> Result<(), DatabaseError> {
        for statement in statements {
            self.run(statement).await.map_err(|error| self.explain(&error)).or_else(|error| {
                // ER_TRG_ALREADY_EXISTS: by the name it is the same one.
                if error.code.as_deref() == Some("1359") { Ok(()) } else { Err(error) }
            })?;
        }
        Ok(())
    }

    async fn affect(&mut self, sql: String) -> Result<u64, DatabaseError> {
        let done = failpoint::around(self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql)))).await;
        done.map(|done| done.rows_affected()).map_err(|error| self.explain(&error))
    }
}
