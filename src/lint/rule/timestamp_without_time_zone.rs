//! A point in time without a time zone: what it means depends on who wrote it, and on who reads it.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{ChangeKind, Column, DataType, Ddl, TableItem};

pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if !script.can().zoned_timestamps {
        return;
    }
    for line in script.lines() {
        let Some(ddl) = line.ddl() else { continue };
        let Some(table) = ddl.table() else { continue };
        for (offset, column, data_type) in typed(ddl) {
            if data_type.canonical().name != "timestamp" {
                continue;
            }
            let message = format!("{column} of {table} is {data_type}: it holds no time zone");
            let finding = line.found_at(offset, Code::TimestampWithoutTimeZone, message);
            found.push(finding.hint("timestamptz keeps the moment itself, whatever zone the session is in"));
        }
    }
}

/// The columns that get a type here, and where that is said.
fn typed(ddl: &Ddl) -> Vec<(usize, &str, &DataType)> {
    fn of(column: &Column) -> Option<(usize, &str, &DataType)> {
        Some((column.offset, column.name.as_str(), column.data_type.as_ref()?))
    }
    fn of_item(item: &TableItem) -> Option<(usize, &str, &DataType)> {
        match item {
            TableItem::Column(column) => of(column),
            _ => None,
        }
    }
    match ddl {
        Ddl::CreateTable(create) if !create.temporary => create.items.iter().filter_map(of_item).collect(),
        Ddl::AlterTable(alter) => {
            let changes = alter.changes.iter();
            let typed = changes.filter_map(|change| match &change.kind {
                ChangeKind::Add(item, _) => of_item(item),
                ChangeKind::SetType { column, data_type, .. } => Some((change.offset, column.as_str(), data_type)),
                _ => None,
            });
            typed.collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::said;

    fn found(dialect: Dialect, script: &str) -> Vec<String> {
        said(dialect, script, Code::TimestampWithoutTimeZone)
    }

    #[test]
    fn wherever_a_column_gets_a_type() {
        assert_eq!(
            found(
                Dialect::Postgres,
                "CREATE TABLE t (\n  a timestamp DEFAULT now(),\n  b timestamp(3) without time zone)"
            ),
            [
                "2:3 a of t is timestamp: it holds no time zone",
                "3:3 b of t is timestamp(3) without time zone: it holds no time zone"
            ]
        );
        assert_eq!(
            found(
                Dialect::Postgres,
                "ALTER TABLE s.t ADD COLUMN a TIMESTAMP, ALTER b TYPE timestamp USING b::timestamp"
            ),
            ["1:28 a of s.t is timestamp: it holds no time zone", "1:41 b of s.t is timestamp: it holds no time zone"]
        );
    }

    #[test]
    fn what_has_one_or_cannot() {
        for (dialect, script) in [
            (Dialect::Postgres, "CREATE TABLE t (a timestamptz, b timestamp(3) with time zone, c date, d time)"),
            (Dialect::Postgres, "CREATE TEMP TABLE t (a timestamp)"),
            (Dialect::Mysql, "CREATE TABLE t (a timestamp, b datetime)"),
            (Dialect::Sqlite, "CREATE TABLE t (a timestamp)"),
        ] {
            assert_eq!(found(dialect, script), [] as [String; 0], "{script}");
        }
    }
}
