//! An index that is dropped while all who use its table wait.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{Ddl, ObjectName};

/// <https://www.postgresql.org/docs/current/sql-dropindex.html>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if !script.can().concurrent_indexes {
        return;
    }
    for line in script.lines() {
        let Some(Ddl::DropIndex(drop)) = line.ddl() else { continue };
        // The table is known where the script itself made the index.
        let table_of = |index: &ObjectName| {
            line.earlier().iter().find_map(|statement| match &statement.reading.ddl {
                Some(Ddl::CreateIndex(create)) => {
                    let same = create.name.as_ref().is_some_and(|name| name.name == index.name);
                    same.then_some(&create.table)
                }
                _ => None,
            })
        };
        let in_use = |index: &&ObjectName| !table_of(index).is_some_and(|table| line.is_new(table));
        if drop.concurrently {
            continue;
        }
        for index in drop.names.iter().filter(in_use) {
            let message =
                format!("dropping {index} waits for all who use its table, and lets nobody else use it meanwhile");
            let hint =
                "DROP INDEX CONCURRENTLY, one index a statement, in a revision of its own, with `transaction = false`";
            found.push(line.found(Code::DropIndexNotConcurrent, message).hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn of_tables_that_are_in_use() {
        let found = |script| findings(Dialect::Postgres, script, false);
        assert_eq!(found("SELECT 1; DROP INDEX IF EXISTS i"), ["drop_index_not_concurrent 1:11"]);
        assert_eq!(found("DROP INDEX s.i, j"), ["drop_index_not_concurrent 1:1", "drop_index_not_concurrent 1:1"]);
        assert_eq!(found("DROP INDEX CONCURRENTLY i"), [] as [&str; 0]);
        assert_eq!(found("CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP INDEX i"), [] as [&str; 0]);
        assert_eq!(findings(Dialect::Mariadb, "DROP INDEX i ON t", true), [] as [&str; 0]);
        assert_eq!(findings(Dialect::Sqlite, "DROP INDEX i", true), [] as [&str; 0]);
    }
}
