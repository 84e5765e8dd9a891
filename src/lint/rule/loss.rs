//! Statements that destroy data, but not that of a table which is new in the script or the run.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::{Line, Script};
use crate::sql::{ChangeKind, Ddl, Effect, Loss};

pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    for line in script.lines() {
        let Some(loss) = line.statement.reading.loss else { continue };
        let mut lost = line.statement.reading.lost().peekable();
        // The table is written anew under its name, as SQLite has it altered.
        let is_rebuilt =
            loss == Loss::Table && lost.peek().is_some() && lost.all(|table| line.comes_back_by_name(table));
        if is_of_new_tables(&line) || is_rebuilt {
            continue;
        }
        let code = match loss {
            Loss::Table => Code::DropTable,
            Loss::ReplacedTable => Code::ReplaceTable,
            Loss::Database | Loss::Schema | Loss::Owned => Code::DropSchema,
            Loss::TypeCascade => Code::DropTypeCascade,
            Loss::Column => Code::DropColumn,
            Loss::Partition => Code::DropPartition,
            Loss::Truncate => Code::Truncate,
            Loss::AllRows => Code::DeleteWithoutWhere,
        };
        if code == Code::DropColumn && dropped_columns(&line, found) {
            continue;
        }
        let told = line.statement.reading.losses_told().unwrap_or_default();
        found.push(line.found(code, told).hint(hint(code)));
    }
}

/// A finding for each column, at its own place; false where the statement could not be read so far.
fn dropped_columns(line: &Line<'_, '_>, found: &mut Vec<Found>) -> bool {
    let Some(Ddl::AlterTable(alter)) = line.ddl() else { return false };
    let mut any = false;
    for change in &alter.changes {
        let ChangeKind::DropColumn { name, .. } = &change.kind else { continue };
        any = true;
        let message = format!("drops column {name} of {}, with what it holds", alter.name);
        found.push(line.found_at(change.offset, Code::DropColumn, message).hint(hint(Code::DropColumn)));
    }
    any
}

fn hint(code: Code) -> String {
    let instead = match code {
        Code::DropColumn => "drop it in a later revision, once no running program reads it",
        Code::DropTable => "drop it in a later revision, once no running program uses it",
        Code::DeleteWithoutWhere => "say which rows with WHERE",
        Code::DropTypeCascade => "drop the columns by name, and then the type without CASCADE",
        _ => "make sure that nobody needs what goes",
    };
    format!("{instead}; where it is meant, a comment says so: `branchline: allow {code}`")
}

/// Whether all that is lost is part of tables that nobody has used yet.
fn is_of_new_tables(line: &Line<'_, '_>) -> bool {
    let reading = &line.statement.reading;
    let is_new = |effect: &Effect| effect.table().is_some_and(|table| line.is_surely_new(table));
    !reading.effects.unknown && reading.lost().next().is_some() && reading.lost().all(is_new)
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    fn found(script: &str) -> Vec<String> {
        findings(Dialect::Postgres, script, true)
            .into_iter()
            .filter(|found| {
                ["drop_", "truncate", "delete_", "replace_"].iter().any(|begin| found.starts_with(begin))
                    && !found.starts_with("drop_index")
            })
            .collect()
    }

    #[test]
    fn what_is_lost() {
        assert_eq!(found("DROP TABLE a, b"), ["drop_table 1:1"]);
        assert_eq!(
            found("ALTER TABLE t\n  DROP COLUMN a,\n  ADD b int,\n  DROP c"),
            ["drop_column 2:3", "drop_column 4:3"]
        );
        assert_eq!(found("SELECT 1;\nTRUNCATE t"), ["truncate 2:1"]);
        assert_eq!(found("DELETE FROM t"), ["delete_without_where 1:1"]);
        assert_eq!(found("DROP SCHEMA s CASCADE"), ["drop_schema 1:1"]);
        assert_eq!(found("DROP TYPE mood CASCADE"), ["drop_type_cascade 1:1"]);
        assert_eq!(findings(Dialect::Mariadb, "CREATE OR REPLACE TABLE t (a int)", false), ["replace_table 1:1"]);
        assert_eq!(findings(Dialect::Mariadb, "ALTER TABLE t DROP PARTITION p", false), ["drop_partition 1:1"]);
    }

    #[test]
    fn what_is_new_has_nothing_to_lose() {
        for script in [
            "CREATE TABLE t (a int, b int); ALTER TABLE t DROP COLUMN a; DELETE FROM t; DROP TABLE t",
            "DELETE FROM t WHERE a = 1",
            "-- branchline: allow drop_table\nDROP TABLE t",
            "CREATE TEMP TABLE t (a int); TRUNCATE t",
        ] {
            assert_eq!(found(script), [] as [&str; 0], "{script}");
        }
        assert_eq!(found("DROP TABLE t; CREATE TABLE t (a int)"), ["drop_table 1:1"], "it was there before");
        let rebuilt =
            "CREATE TABLE new (a int); INSERT INTO new SELECT a FROM t; DROP TABLE t; ALTER TABLE new RENAME TO t";
        assert_eq!(found(rebuilt), [] as [&str; 0]);
    }
}
