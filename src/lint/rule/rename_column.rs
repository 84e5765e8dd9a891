//! A column that is renamed under clients that know it by its name.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{Action, ChangeKind, Ddl, Effect, ObjectKind};

/// Nothing is said where clients find the name again, as with columns that change places.
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    for line in script.lines() {
        for effect in &line.statement.reading.effects.known {
            let Effect { action: Action::Renames, kind: ObjectKind::Column, name, table: Some(table), .. } = effect
            else {
                continue;
            };
            if line.is_new(table) || line.comes_back(effect) {
                continue;
            }
            let renames = |kind: &ChangeKind| match kind {
                ChangeKind::RenameColumn { from, .. } | ChangeKind::Redefine { from, .. } => *from == name.name,
                _ => false,
            };
            let change = match line.ddl() {
                Some(Ddl::AlterTable(alter)) => alter.changes.iter().find(|change| renames(&change.kind)),
                _ => None,
            };
            let offset = change.map_or(line.statement.start, |change| change.offset);
            let message = format!("clients that ask for {name} of {table} fail from here on");
            found.push(line.found_at(offset, Code::RenameColumn, message).hint(
                "add a column of the new name, fill both until clients know it, and drop the old one in a later revision",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    fn found(dialect: Dialect, script: &str, transaction: bool) -> Vec<String> {
        let found = findings(dialect, script, transaction);
        found.into_iter().filter(|found| found.starts_with("rename_")).collect()
    }

    #[test]
    fn under_running_clients() {
        for dialect in Dialect::ALL {
            assert_eq!(found(dialect, "ALTER TABLE t RENAME COLUMN a TO b", true), ["rename_column 1:15"], "{dialect}");
            let new = "CREATE TABLE t (a int); ALTER TABLE t RENAME COLUMN a TO b";
            assert_eq!(found(dialect, new, true), [] as [&str; 0], "{dialect}");
        }
        assert_eq!(found(Dialect::Mysql, "ALTER TABLE t ADD c int, CHANGE a b int", true), ["rename_column 1:26"]);
        assert_eq!(found(Dialect::Mysql, "ALTER TABLE t CHANGE a a bigint", true), [] as [&str; 0]);
    }

    #[test]
    fn not_where_the_name_comes_back() {
        let swap = "ALTER TABLE t RENAME a TO old;\nALTER TABLE t RENAME a_new TO a";
        assert_eq!(found(Dialect::Postgres, swap, true), ["rename_column 2:15"]);
        let added = "ALTER TABLE t RENAME a TO old; ALTER TABLE t ADD a int";
        assert_eq!(found(Dialect::Postgres, added, true), [] as [&str; 0]);
        assert_eq!(found(Dialect::Postgres, added, false), ["rename_column 1:15"]);
    }
}
