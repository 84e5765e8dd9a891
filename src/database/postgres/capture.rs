//! Rows by their keys, and the trigger that records the keys of deleted ones.

use sqlx::{AssertSqlSafe, Executor as _};

use crate::catalog::ColumnKind;
use crate::failpoint;
use crate::sql::ObjectName;

use super::super::capture::{Capture, Recorder, Trigger};
use super::super::error::DatabaseError;
use super::super::key_sql::{KeySql, KeyTable};
use super::super::stepwise::Stepwise as _;
use super::super::tables::DELETED;
use super::{Postgres, milliseconds};

impl KeySql for Postgres {
    const FROM_NOTHING: &'static str = "";
    const TEXT: &'static str = "text";

    fn name(name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn text(text: &str) -> Option<String> {
        if text.contains('\0') {
            return None;
        }
        let quoted = text.replace('\'', "''");
        // Where a backslash stands for itself is a question of the session's settings, but for this form.
        Some(if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") })
    }

    fn bytes(hex: &str) -> String {
        format!("decode('{hex}', 'hex')")
    }

    fn canonical(column: &str, kind: ColumnKind) -> String {
        match kind {
            ColumnKind::Binary { .. } => format!("pg_catalog.encode({column}, 'hex')"),
            _ => format!("{column}::pg_catalog.text"),
        }
    }

    fn bytewise(text: &str) -> String {
        format!("({text})::pg_catalog.text COLLATE \"C\"")
    }

    fn array(texts: &[String]) -> String {
        format!("pg_catalog.json_build_array({})::pg_catalog.text", texts.join(", "))
    }

    fn decimal(column: &str) -> String {
        format!("CAST({column} AS numeric(38, 10))::pg_catalog.text")
    }

    fn hash(text: &str) -> String {
        format!("(pg_catalog.hashtext({text}) & 2147483647)")
    }

    /// By the rows' places: a table need not have a key. In a partitioned table the same place may be that of several rows, of
    /// which only those count that meet the condition.
    fn delete(table: &KeyTable, condition: &str, most: u64) -> String {
        let name = Self::table(&table.name);
        format!("DELETE FROM {name} WHERE {} AND {condition}", places(&name, condition, most))
    }

    fn unset(table: &KeyTable, condition: &str, most: u64) -> String {
        let name = Self::table(&table.name);
        let set: Vec<String> =
            table.columns.iter().map(|(column, _)| format!("{} = NULL", Self::name(column))).collect();
        format!("UPDATE {name} SET {} WHERE {} AND {condition}", set.join(", "), places(&name, condition, most))
    }
}

fn places(name: &str, condition: &str, most: u64) -> String {
    format!("ctid = ANY (ARRAY(SELECT ctid FROM {name} WHERE {condition} LIMIT {most} FOR UPDATE))")
}

impl Recorder for Postgres {
    /// A function with the rights of whoever installs it: those who delete parents need none on our tables. It is called once a
    /// statement, with all rows that are gone; once a row where a statement need not name the table that it deletes from, as with
    /// partitions. A statement that empties the table tells no keys; it leaves a marker.
    fn trigger(&self, capture: &Capture) -> Trigger {
        let (into, now, source) = (self.flavor.qualified(DELETED), self.flavor.now_text(), capture.id);
        let column = |row: &str, name: &str| format!("{row}.{}", Self::name(name));
        let joined = |part: &dyn Fn(&str) -> String, by: &str| {
            capture.columns.iter().map(|(name, _)| part(name)).collect::<Vec<_>>().join(by)
        };
        let key = |row: &str| {
            let texts: Vec<String> =
                capture.columns.iter().map(|(name, kind)| Self::canonical(&column(row, name), *kind)).collect();
            Self::whole(&texts)
        };
        let is_key = |row: &str| joined(&|name| format!("{} IS NOT NULL", column(row, name)), " AND ");
        let moved = joined(&|name| format!("{} IS DISTINCT FROM {}", column("OLD", name), column("NEW", name)), " OR ");
        let insert = format!("INSERT INTO {into} (source, kind, parent_key, deleted_at)");
        let body = format!(
            "BEGIN\n  IF TG_OP = 'TRUNCATE' THEN\n    {insert} VALUES ('{source}', 'truncate', NULL, {now});\n  ELSIF TG_LEVEL = \
             'STATEMENT' THEN\n    {insert} SELECT '{source}', 'delete', {}, {now} FROM gone WHERE {};\n  ELSIF {} THEN\n    {insert} \
             VALUES ('{source}', lower(TG_OP), {}, {now});\n  END IF;\n  RETURN NULL;\nEND",
            key("gone"),
            is_key("gone"),
            is_key("OLD"),
            key("OLD")
        );
        let name = Trigger::name(&format!("{body}{moved}"));
        let (table, function) = (Self::table(&capture.table), self.flavor.qualified(&name));
        let create = |end: &str, event: &str, each: &str| {
            let trigger = Self::name(&format!("{name}_{end}"));
            format!("CREATE TRIGGER {trigger} AFTER {event} ON {table} {each} EXECUTE FUNCTION {function}()")
        };
        let mut statements = vec![
            format!(
                "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = \
                 pg_catalog, pg_temp AS ${name}$\n{body}\n${name}$"
            ),
            format!("REVOKE ALL ON FUNCTION {function}() FROM PUBLIC"),
        ];
        let ends = ["d", "u", "t"].map(|end| Self::name(&format!("{name}_{end}")));
        statements.extend(ends.map(|trigger| format!("DROP TRIGGER IF EXISTS {trigger} ON {table}")));
        statements.push(format!(
            "DO ${name}$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = ${name}r${table}${name}r$::pg_catalog.regclass \
             AND relkind = 'r' AND NOT relispartition) THEN {}; ELSE {}; END IF; END ${name}$",
            create("d", "DELETE", "REFERENCING OLD TABLE AS gone FOR EACH STATEMENT"),
            create("d", "DELETE", "FOR EACH ROW")
        ));
        statements.push(create("u", "UPDATE", &format!("FOR EACH ROW WHEN ({moved})")));
        statements.push(create("t", "TRUNCATE", "FOR EACH STATEMENT"));
        Trigger { name, create: statements }
    }

    /// With the function go the triggers.
    fn drop_trigger(&self, name: &str) -> Vec<String> {
        vec![format!("DROP FUNCTION IF EXISTS {}() CASCADE", self.flavor.qualified(name))]
    }

    /// A partition has the triggers of its table once more.
    fn has_trigger(&self, name: &str, _table: &ObjectName) -> String {
        format!(
            "SELECT (count(DISTINCT tgname) = 3)::text FROM pg_catalog.pg_trigger WHERE tgname IN ('{name}_d', '{name}_u', \
             '{name}_t') AND tgenabled IN ('O', 'A')"
        )
    }

    fn gaps(&self, _capture: &Capture) -> Option<String> {
        None
    }

    fn begin_work(&self) -> String {
        format!(
            "BEGIN;SET LOCAL lock_timeout = {};SET LOCAL statement_timeout = {}",
            milliseconds(self.lock_timeout),
            milliseconds(self.statement_timeout)
        )
    }

    async fn install(&mut self, statements: &[String]) -> Result<(), DatabaseError> {
        self.write_together(statements).await
    }

    async fn affect(&mut self, sql: String) -> Result<u64, DatabaseError> {
        let done = failpoint::around(self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql)))).await;
        done.map(|done| done.rows_affected()).map_err(|error| self.explain(&error))
    }
}
