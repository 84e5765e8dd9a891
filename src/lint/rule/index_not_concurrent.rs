//! An index that is built while all who write to the table wait.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::Ddl;

/// <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if !script.can().concurrent_indexes {
        return;
    }
    for line in script.lines() {
        let Some(Ddl::CreateIndex(create)) = line.ddl() else { continue };
        if !create.concurrently && !line.is_new(&create.table) {
            let message = format!("writers of {} wait until the index is built", create.table);
            let hint = if line.known(&create.table).is_some_and(|table| table.partitioned) {
                "CREATE INDEX ... ON ONLY the table, CONCURRENTLY on each partition, and ALTER INDEX ... ATTACH PARTITION; a \
                 partitioned table itself takes no CONCURRENTLY"
            } else if line.statement.column.is_none() {
                "`concurrently = true`, in a revision of its own with `transaction = false`"
            } else {
                "CREATE INDEX CONCURRENTLY in a revision of its own, with `transaction = false`"
            };
            found.push(line.found(Code::IndexNotConcurrent, message).hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn on_tables_that_are_in_use() {
        let found = |script| findings(Dialect::Postgres, script, false);
        assert_eq!(found("SELECT 1;\n  CREATE UNIQUE INDEX i ON t (a);"), ["index_not_concurrent 2:3"]);
        assert_eq!(found("CREATE INDEX CONCURRENTLY i ON t (a)"), [] as [&str; 0]);
        assert_eq!(found("CREATE TABLE t (a int); CREATE INDEX i ON t (a)"), [] as [&str; 0]);
        assert_eq!(found("-- branchline: allow index_not_concurrent\nCREATE INDEX i ON t (a)"), [] as [&str; 0]);
        assert_eq!(findings(Dialect::Mariadb, "CREATE INDEX i ON t (a)", true), [] as [&str; 0]);
    }
}
