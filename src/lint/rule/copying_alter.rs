//! An ALTER TABLE that copies the table while writers wait.
//!
//! Only what copies on MySQL and on MariaDB alike. MariaDB lets others write to a table that it copies since 11.2, and no
//! script says which server it will meet; the message does.

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::{Line, Script};
use crate::sql::{
    AlterTable, ChangeKind, Column, Constraint, ConstraintKind, DataType, Ddl, Generated, Remark, TableItem,
};

/// <https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html>,
/// <https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-online-ddl>
/// and <https://mariadb.com/docs/server/reference/sql-statements/data-definition/alter/alter-table/online-schema-change>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Copies {
        return;
    }
    for line in script.lines() {
        let Some(Ddl::AlterTable(alter)) = line.ddl() else { continue };
        if line.is_new(&alter.name) || is_told_not_to(alter) {
            continue;
        }
        // However much is changed, the table is copied once.
        let why = alter.changes.iter().find_map(|change| Some((change.offset, why(&line, alter, &change.kind)?)));
        if let Some((offset, why)) = why {
            let message =
                format!("writers of {} wait while it is copied {why}, except on MariaDB from 11.2 on", alter.name);
            found.push(line.found_at(offset, Code::CopyingAlter, message).hint(
                "with ALGORITHM = INPLACE, LOCK = NONE the server refuses instead of copying; what has to copy is run where \
                 little is written",
            ));
        }
    }
}

/// The server refuses to copy where it is told how to work.
fn is_told_not_to(alter: &AlterTable) -> bool {
    let in_place = alter.algorithm.as_ref().is_some_and(|algorithm| algorithm != "COPY" && algorithm != "DEFAULT");
    in_place || alter.lock.as_deref() == Some("NONE")
}

/// What lets the table be copied.
fn why(line: &Line<'_, '_>, alter: &AlterTable, change: &ChangeKind) -> Option<String> {
    match change {
        ChangeKind::Redefine { from, column } => redefined(line, alter, from, column),
        ChangeKind::Rewrite("CONVERT TO") => Some("for CONVERT TO, where it has another character set".to_owned()),
        ChangeKind::Rewrite(words) => Some(format!("for {words}")),
        ChangeKind::DropPrimaryKey if !makes_primary_key(alter) => Some("for DROP PRIMARY KEY".to_owned()),
        ChangeKind::Add(TableItem::Constraint(constraint), _) => constraint_added(line, constraint),
        ChangeKind::Add(TableItem::Column(column), _) if column.generated == Some(Generated::Stored) => {
            Some(format!("for {}, which is stored in every row", column.name))
        }
        ChangeKind::Add(TableItem::Column(column), _) if column.identity => {
            Some(format!("for {}, which numbers its rows", column.name))
        }
        _ => None,
    }
}

fn makes_primary_key(alter: &AlterTable) -> bool {
    alter.changes.iter().any(|change| {
        let of_column = matches!(&change.kind, ChangeKind::Add(TableItem::Column(column), _) if column.primary_key);
        of_column || change.primary_key().is_some()
    })
}

/// A type that is only made wider is changed in place, and MODIFY says nothing of the type that the column had.
fn redefined(line: &Line<'_, '_>, alter: &AlterTable, from: &str, column: &Column) -> Option<String> {
    const MOSTLY_WIDEN: [&str; 4] = ["character varying", "varbinary", "enum", "set"];
    let new = column.data_type.as_ref()?.canonical();
    if MOSTLY_WIDEN.contains(&new.name.as_str()) {
        return None;
    }
    match line.type_of(&alter.name, from).map(DataType::canonical) {
        Some(old) if old == new => None,
        None if from != column.name => None,
        _ => Some(format!("where the type of {from} changes")),
    }
}

fn constraint_added(line: &Line<'_, '_>, constraint: &Constraint) -> Option<String> {
    match constraint.kind {
        ConstraintKind::ForeignKey(_) if checks_foreign_keys(line) => Some("for the foreign key".to_owned()),
        ConstraintKind::Check(_) if !constraint.not_valid => Some("for the check".to_owned()),
        _ => None,
    }
}

/// With foreign_key_checks switched off, a foreign key is added in place, and rows that are there are not looked at.
fn checks_foreign_keys(line: &Line<'_, '_>) -> bool {
    let said = line.earlier().iter().rev().flat_map(|statement| statement.reading.remarks.iter().rev());
    let mut said = said.filter_map(|remark| match remark {
        Remark::SetsSession(name) if name == "foreign_key_checks" => Some(false),
        Remark::RestoresSession(name) if name == "foreign_key_checks" => Some(true),
        _ => None,
    });
    said.next().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    fn found(script: &str) -> Vec<String> {
        let found = findings(Dialect::Mysql, script, false);
        assert_eq!(findings(Dialect::Mariadb, script, false), found);
        found.into_iter().filter(|found| found.starts_with("copying_alter")).collect()
    }

    /// As a server says that is asked for LOCK = NONE.
    #[test]
    fn what_copies() {
        for change in [
            "MODIFY a bigint",
            "CHANGE COLUMN a a decimal(10, 2)",
            "ENGINE = MyISAM",
            "CONVERT TO CHARACTER SET utf8mb4",
            "ORDER BY a",
            "PARTITION BY HASH(id) PARTITIONS 2",
            "REMOVE PARTITIONING",
            "DROP PRIMARY KEY",
            "ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES o (id)",
            "ADD CHECK (a > 0)",
            "ADD COLUMN b int AS (a + 1) STORED",
            "ADD COLUMN b int AS (a + 1) PERSISTENT",
            "ADD COLUMN b int NOT NULL AUTO_INCREMENT UNIQUE",
            "ADD CHECK (a > 0), ALGORITHM = COPY",
        ] {
            assert_eq!(found(&format!("ALTER TABLE t {change}")), ["copying_alter 1:15"], "{change}");
        }
    }

    #[test]
    fn what_does_not_or_may_not() {
        for change in [
            "ADD COLUMN b int",
            "ADD COLUMN b int AFTER a",
            "ADD COLUMN b int AS (a + 1) VIRTUAL",
            "MODIFY a varchar(200)",
            "MODIFY a enum('x', 'y')",
            "CHANGE a b int",
            "ENGINE = InnoDB",
            "FORCE",
            "ROW_FORMAT = COMPRESSED",
            "DROP PRIMARY KEY, ADD PRIMARY KEY (a, b)",
            "ADD INDEX (a)",
            "ADD UNIQUE (a)",
            "MODIFY a bigint, ALGORITHM = INPLACE",
            "MODIFY a bigint, LOCK=NONE",
            "ADD CHECK (a > 0) NOT ENFORCED",
        ] {
            assert_eq!(found(&format!("ALTER TABLE t {change}")), [] as [&str; 0], "{change}");
        }
        for script in [
            "CREATE TABLE t (a int); ALTER TABLE t MODIFY a bigint",
            "ALTER TABLE t ADD a int; ALTER TABLE t MODIFY a integer NOT NULL",
            "SET foreign_key_checks = 0; ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o (id)",
        ] {
            assert_eq!(found(script), [] as [&str; 0], "{script}");
        }
        let again = "SET foreign_key_checks = 0; SET foreign_key_checks = DEFAULT;\nALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o (id)";
        assert_eq!(found(again), ["copying_alter 2:15"]);
        assert_eq!(findings(Dialect::Postgres, "ALTER TABLE t ADD c int", true), [] as [&str; 0]);
    }

    #[test]
    fn a_table_is_copied_once() {
        assert_eq!(found("ALTER TABLE t MODIFY a bigint, MODIFY b bigint"), ["copying_alter 1:15"]);
    }
}
