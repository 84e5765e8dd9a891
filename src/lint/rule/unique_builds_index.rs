//! A key that builds its index while all others wait.

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{ChangeKind, ConstraintKind, TableItem};

/// <https://www.postgresql.org/docs/current/sql-altertable.html>: ADD table_constraint_using_index.
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Scans {
        return;
    }
    for (line, alter, change) in script.changes() {
        let hint = match &change.kind {
            ChangeKind::Add(TableItem::Constraint(constraint), _) if !constraint.using_index => match constraint.kind {
                ConstraintKind::Unique => UNIQUE,
                ConstraintKind::PrimaryKey => PRIMARY_KEY,
                ConstraintKind::Exclude => EXCLUDE,
                _ => continue,
            },
            ChangeKind::Add(TableItem::Column(column), _) if column.primary_key || column.unique => COLUMN,
            _ => continue,
        };
        let message = format!("readers and writers of {} wait until the index of the key is built", alter.name);
        found.push(line.found_at(change.offset, Code::UniqueBuildsIndex, message).hint(hint));
    }
}

const UNIQUE: &str = "CREATE UNIQUE INDEX CONCURRENTLY in a revision of its own, with `transaction = false`, then ADD \
                      CONSTRAINT ... UNIQUE USING INDEX";
const PRIMARY_KEY: &str = "CREATE UNIQUE INDEX CONCURRENTLY over columns that are NOT NULL already, in a revision of its \
                           own, with `transaction = false`, then ADD CONSTRAINT ... PRIMARY KEY USING INDEX";
const EXCLUDE: &str = "there is no other way to build it: run it where little is read and written, with a lock timeout";
const COLUMN: &str = "add the column alone, then CREATE UNIQUE INDEX CONCURRENTLY in a revision of its own, with \
                      `transaction = false`, then ADD CONSTRAINT ... USING INDEX";

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn on_tables_that_are_in_use() {
        let found = |script: &str| findings(Dialect::Postgres, script, true);
        for key in ["UNIQUE (a)", "CONSTRAINT k PRIMARY KEY (a)", "EXCLUDE USING gist (a WITH &&)", "c text UNIQUE"] {
            assert_eq!(found(&format!("ALTER TABLE t ADD {key}")), ["unique_builds_index 1:15"], "{key}");
        }
        assert_eq!(found("ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i"), [] as [&str; 0]);
        assert_eq!(found("CREATE TABLE t (a int); ALTER TABLE t ADD UNIQUE (a)"), [] as [&str; 0]);
        assert_eq!(findings(Dialect::Mysql, "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a)", true), [] as [&str; 0]);
    }
}
