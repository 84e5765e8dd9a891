//! UPDATE without WHERE: mostly a WHERE that was forgotten. To fill a column that the script itself adds is what migrations do.

use std::collections::BTreeSet;

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{Action, ObjectKind, Remark};

pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    let mut added: BTreeSet<(&crate::sql::ObjectName, &str)> = BTreeSet::new();
    for line in script.lines() {
        let reading = &line.statement.reading;
        for effect in &reading.effects.known {
            if let (Action::Creates, ObjectKind::Column, Some(table)) = (effect.action, effect.kind, &effect.table) {
                added.insert((table, &effect.name.name));
            }
        }
        let columns = reading.remarks.iter().find_map(|remark| match remark {
            Remark::UpdatesAllRows(columns) => Some(columns),
            _ => None,
        });
        let table =
            reading.effects.known.iter().find(|effect| effect.action == Action::Writes).map(|effect| &effect.name);
        let (Some(columns), Some(table)) = (columns, table) else { continue };
        let fills_new = !columns.is_empty() && columns.iter().all(|column| added.contains(&(table, column)));
        if fills_new || line.is_surely_new(table) {
            continue;
        }
        let message = format!("changes {} in all rows of {table}", columns.join(", "));
        let finding = line.found(Code::UpdateWithoutWhere, message);
        found.push(finding.hint("say which rows with WHERE; where all are meant, `WHERE true` says so"));
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn all_rows() {
        for dialect in Dialect::ALL {
            let found = |script| findings(dialect, script, false);
            assert_eq!(found("SELECT 1; UPDATE t SET a = 1, b = (SELECT 1 WHERE true)"), ["update_without_where 1:11"]);
            assert_eq!(found("UPDATE t SET a = 1 WHERE true"), [] as [&str; 0]);
            assert_eq!(found("CREATE TABLE t (a int); UPDATE t SET a = 1"), [] as [&str; 0]);
        }
        let found = |script| findings(Dialect::Postgres, script, false);
        assert_eq!(found("ALTER TABLE t ADD a int; UPDATE t SET a = b"), [] as [&str; 0]);
        assert_eq!(found("ALTER TABLE t ADD a int; UPDATE t SET a = 1, b = 2"), ["update_without_where 1:26"]);
        assert_eq!(findings(Dialect::Mariadb, "UPDATE t SET a = 1 LIMIT 10", false), [] as [&str; 0]);
    }
}
