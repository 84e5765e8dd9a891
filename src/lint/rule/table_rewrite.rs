//! A change that writes the whole table anew while all others wait.

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::ChangeKind;

/// <https://www.postgresql.org/docs/current/sql-altertable.html>: SET TABLESPACE, SET ACCESS METHOD, SET LOGGED.
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Scans {
        return;
    }
    for (line, alter, change) in script.changes() {
        let ChangeKind::Rewrite(words) = change.kind else { continue };
        let message = format!(
            "readers and writers of {} wait while {words} writes it anew, unless it is kept so already",
            alter.name
        );
        let hint =
            "run it where little is read and written, with a lock timeout; or fill a new table in batches and rename";
        found.push(line.found_at(change.offset, Code::TableRewrite, message).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn of_tables_in_use() {
        let found = |change: &str| findings(Dialect::Postgres, &format!("ALTER TABLE t {change}"), true);
        for change in ["SET UNLOGGED", "SET LOGGED", "SET TABLESPACE fast", "SET ACCESS METHOD columnar"] {
            assert_eq!(found(change), ["table_rewrite 1:15"], "{change}");
        }
        // Nothing since PostgreSQL 12.
        assert_eq!(found("SET WITHOUT OIDS"), [] as [&str; 0]);
        assert_eq!(found("SET (fillfactor = 70)"), [] as [&str; 0]);
        let new = "CREATE TABLE t (a int); ALTER TABLE t SET UNLOGGED";
        assert_eq!(findings(Dialect::Postgres, new, true), [] as [&str; 0]);
    }
}
