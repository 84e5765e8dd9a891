//! A new column whose default differs from row to row, so that each row is written anew.

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{ChangeKind, TableItem, Volatility};

/// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Scans {
        return;
    }
    for (line, alter, change) in script.changes() {
        let ChangeKind::Add(TableItem::Column(column), _) = &change.kind else { continue };
        let differs = column.default.as_ref().is_some_and(|default| default.volatility == Volatility::Differs);
        if differs {
            let message = format!(
                "readers and writers of {0} wait while it is written anew, since the default of {1} differs from row to row",
                alter.name, column.name
            );
            let hint =
                "add the column without a default, then SET DEFAULT, and fill the rows that are there in batches";
            found.push(line.found_at(change.offset, Code::VolatileDefault, message).hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn of_columns_of_tables_in_use() {
        let found = |column: &str| findings(Dialect::Postgres, &format!("ALTER TABLE t ADD {column}"), true);
        for column in
            ["a uuid DEFAULT gen_random_uuid()", "a int DEFAULT nextval('s')", "a text DEFAULT md5(random()::text)"]
        {
            assert_eq!(found(column), ["volatile_default 1:15"], "{column}");
        }
        for column in ["a timestamptz DEFAULT now()", "a int DEFAULT 1", "a int DEFAULT my_function()"] {
            assert_eq!(found(column), [] as [&str; 0], "{column}");
        }
        let new = "CREATE TABLE t (); ALTER TABLE t ADD a uuid DEFAULT gen_random_uuid()";
        assert_eq!(findings(Dialect::Postgres, new, true), [] as [&str; 0]);
        let later = "ALTER TABLE t ALTER a SET DEFAULT gen_random_uuid()";
        assert_eq!(findings(Dialect::Postgres, later, true), [] as [&str; 0]);
    }
}
