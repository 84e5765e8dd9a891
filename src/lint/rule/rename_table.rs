//! A table that is renamed under clients that know it by its name.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{Action, ChangeKind, Ddl, ObjectKind};

/// Nothing is said where clients find the name again: tables that change places, a view under the old name.
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    for line in script.lines() {
        let renames = line.statement.reading.effects.known.iter().filter(|effect| {
            effect.action == Action::Renames && effect.kind == ObjectKind::Table && !line.is_new(&effect.name)
        });
        for effect in renames.filter(|effect| !line.comes_back(effect)) {
            let change = match line.ddl() {
                Some(Ddl::AlterTable(alter)) => {
                    alter.changes.iter().find(|change| matches!(change.kind, ChangeKind::RenameTable(_)))
                }
                _ => None,
            };
            let offset = change.map_or(line.statement.start, |change| change.offset);
            let message = format!("clients that ask for {} fail from here on", effect.name);
            let hint = if script.can().transactional_ddl {
                "rename it and CREATE VIEW under the old name in one transaction; drop the view in a later revision"
            } else {
                "make a view under the new name, let clients move to it, and rename in a later revision"
            };
            found.push(line.found_at(offset, Code::RenameTable, message).hint(hint));
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
            assert_eq!(found(dialect, "ALTER TABLE t RENAME TO u", true), ["rename_table 1:15"], "{dialect}");
            assert_eq!(found(dialect, "CREATE TABLE t (a int); ALTER TABLE t RENAME TO u", true), [] as [&str; 0]);
        }
        assert_eq!(found(Dialect::Mysql, "RENAME TABLE t TO u", false), ["rename_table 1:1"]);
    }

    #[test]
    fn not_where_the_name_comes_back() {
        let rebuild = "CREATE TABLE n (a int); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t";
        assert_eq!(found(Dialect::Sqlite, rebuild, true), [] as [&str; 0]);
        for script in [
            "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t",
            "ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT * FROM u",
            "ALTER TABLE t RENAME TO u; CREATE TABLE t (a int)",
        ] {
            let renames = |dialect, transaction| found(dialect, script, transaction).len();
            assert_eq!(
                renames(Dialect::Postgres, true),
                usize::from(script.matches("RENAME").count() == 2),
                "{script}"
            );
            assert_ne!(renames(Dialect::Postgres, false), 0, "{script}");
            assert_ne!(renames(Dialect::Mariadb, true), 0, "{script}");
        }
        assert_eq!(
            found(Dialect::Mysql, "CREATE TABLE n (a int); RENAME TABLE t TO o, n TO t", false),
            [] as [&str; 0]
        );
    }
}
