//! A foreign key or a check that reads all rows while others wait.
//!
//! NOT VALID leaves the reading to VALIDATE CONSTRAINT, which lets others write. In the transaction that adds the constraint
//! it would not, since what ADD has locked stays locked until the end.

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Line;
use crate::lint::script::Script;
use crate::sql::{AlterTable, Change, ChangeKind, Column, Constraint, ConstraintKind, Ddl, ObjectName, TableItem};

/// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Scans {
        return;
    }
    for (line, alter, change) in script.changes() {
        let said = match &change.kind {
            ChangeKind::Add(TableItem::Constraint(constraint), _) => of_constraint(constraint, &alter.name),
            ChangeKind::Add(TableItem::Column(column), _) => of_column(column, &alter.name),
            ChangeKind::ValidateConstraint(name) if script.read.transaction => at_once(&line, alter, change, name),
            _ => None,
        };
        if let Some((message, hint)) = said {
            found.push(line.found_at(change.offset, Code::ConstraintNotValid, message).hint(hint));
        }
    }
}

const LATER: &str = "ADD CONSTRAINT ... NOT VALID, and VALIDATE CONSTRAINT in a later revision";
const ALONE: &str =
    "add the column alone, then ADD CONSTRAINT ... NOT VALID, and VALIDATE CONSTRAINT in a later revision";

fn of_constraint(constraint: &Constraint, table: &ObjectName) -> Option<(String, &'static str)> {
    if constraint.not_valid {
        return None;
    }
    let message = match &constraint.kind {
        ConstraintKind::ForeignKey(Some(target)) => {
            format!("writers of {table} and of {} wait until all rows of {table} are checked", target.table)
        }
        ConstraintKind::Check(_) => format!("readers and writers of {table} wait until all its rows are checked"),
        _ => return None,
    };
    Some((message, LATER))
}

/// A column that holds nothing yet points nowhere, so that its foreign key is not looked at; a check always is.
fn of_column(column: &Column, table: &ObjectName) -> Option<(String, &'static str)> {
    let fills = column.default.is_some() || column.identity || column.generated.is_some();
    let reads = column.check.is_some() || (column.references.is_some() && fills);
    reads.then(|| {
        (format!("readers and writers of {table} wait until {} is checked in all its rows", column.name), ALONE)
    })
}

/// VALIDATE CONSTRAINT of what the same transaction adds.
fn at_once(line: &Line<'_, '_>, alter: &AlterTable, validate: &Change, name: &str) -> Option<(String, &'static str)> {
    let adds = |change: &Change| {
        matches!(&change.kind, ChangeKind::Add(TableItem::Constraint(added), _)
            if added.not_valid && added.name.as_deref() == Some(name))
    };
    let mut earlier = line.earlier().iter().filter_map(|statement| match &statement.reading.ddl {
        Some(Ddl::AlterTable(earlier)) if earlier.name == alter.name => Some(earlier),
        _ => None,
    });
    let here = alter.changes.iter().take_while(|change| !std::ptr::eq(*change, validate)).any(adds);
    if !here && !earlier.any(|earlier| earlier.changes.iter().any(adds)) {
        return None;
    }
    let message =
        format!("what ADD CONSTRAINT has locked of {} stays locked while {name} is checked in all rows", alter.name);
    Some((message, "VALIDATE CONSTRAINT in a later revision: it then waits for nobody who reads or writes"))
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    fn found(script: &str) -> Vec<String> {
        findings(Dialect::Postgres, script, true)
    }

    #[test]
    fn constraints_of_tables_in_use() {
        let of = ["constraint_not_valid 1:15"];
        assert_eq!(found("ALTER TABLE t ADD CHECK (a > 0)"), of);
        assert_eq!(found("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u"), of);
        assert_eq!(found("ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u NOT VALID"), [] as [&str; 0]);
        assert_eq!(found("CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0)"), [] as [&str; 0]);
        assert_eq!(found("CREATE TABLE t (a int CHECK (a > 0) REFERENCES u)"), [] as [&str; 0]);
        assert_eq!(findings(Dialect::Sqlite, "ALTER TABLE t ADD b int CHECK (b > 0)", true), [] as [&str; 0]);
    }

    #[test]
    fn columns_of_tables_in_use() {
        assert_eq!(found("ALTER TABLE t ADD b int REFERENCES u"), [] as [&str; 0]);
        for column in ["b int CHECK (b > 0)", "b int DEFAULT 1 REFERENCES u", "b int DEFAULT NULL REFERENCES u"] {
            assert_eq!(found(&format!("ALTER TABLE t ADD {column}")), ["constraint_not_valid 1:15"], "{column}");
        }
    }

    #[test]
    fn validated_at_once() {
        let both = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;";
        assert_eq!(found(both), ["constraint_not_valid 2:15"]);
        assert_eq!(findings(Dialect::Postgres, both, false), [] as [&str; 0]);
        assert_eq!(found("ALTER TABLE t VALIDATE CONSTRAINT c;"), [] as [&str; 0]);
    }
}
