//! All rows of a table written in the transaction that has altered it: what ALTER TABLE has locked stays locked until the end.

use std::collections::BTreeSet;

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{Action, Ddl, ObjectKind, ObjectName, Remark};

/// <https://www.postgresql.org/docs/current/explicit-locking.html>: locks are held to the end of the transaction.
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Scans || !script.read.transaction {
        return;
    }
    let mut altered: BTreeSet<&ObjectName> = BTreeSet::new();
    for line in script.lines() {
        let reading = &line.statement.reading;
        if let Some(Ddl::AlterTable(alter)) = &reading.ddl {
            altered.insert(&alter.name);
        }
        if !reading.remarks.iter().any(|remark| matches!(remark, Remark::UpdatesAllRows(_))) {
            continue;
        }
        let written = |action, kind| action == Action::Writes && kind == ObjectKind::Table;
        for effect in reading.effects.known.iter().filter(|effect| written(effect.action, effect.kind)) {
            if !altered.contains(&effect.name) || line.is_new(&effect.name) {
                continue;
            }
            let message = format!(
                "readers and writers of {0} wait while all its rows are written: ALTER TABLE has locked {0}",
                effect.name
            );
            let hint =
                "fill the column in a revision behind the one that adds it, in batches where there are many rows";
            found.push(line.found(Code::BackfillUnderLock, message).hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::findings;

    fn found(dialect: Dialect, script: &str, transaction: bool) -> Vec<String> {
        let all = findings(dialect, script, transaction);
        all.into_iter().filter(|found| found.starts_with(Code::BackfillUnderLock.name())).collect()
    }

    #[test]
    fn rows_of_a_table_that_is_locked() {
        let fills = "ALTER TABLE t ADD c int;\nUPDATE t SET c = 1;";
        assert_eq!(found(Dialect::Postgres, fills, true), ["backfill_under_lock 2:1"]);
        assert_eq!(found(Dialect::Postgres, fills, false), [] as [&str; 0], "each statement commits");
        assert_eq!(found(Dialect::Sqlite, fills, true), [] as [&str; 0]);
        for free in [
            "CREATE TABLE t (a int); ALTER TABLE t ADD c int; UPDATE t SET c = 1",
            "ALTER TABLE u ADD c int; UPDATE t SET c = 1",
            "UPDATE t SET c = 1; ALTER TABLE t ADD d int",
            "ALTER TABLE t ADD c int; UPDATE t SET c = 1 WHERE a = 2",
        ] {
            assert_eq!(found(Dialect::Postgres, free, true), [] as [&str; 0], "{free}");
        }
    }
}
