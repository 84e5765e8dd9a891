//! A type change that writes the table anew while all others wait.

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{ChangeKind, DataType};

/// Whether a table is written anew depends on the type that the column had, which is known only where the script gave it.
/// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Scans {
        return;
    }
    for (line, alter, change) in script.changes() {
        let ChangeKind::SetType { column, data_type, using } = &change.kind else { continue };
        let known = line.type_of(&alter.name, column).map(DataType::canonical);
        let new = data_type.canonical();
        let stays = match &known {
            Some(old) => stays(old, &new),
            None => mostly_widens(&new),
        };
        if stays && !using {
            continue;
        }
        let message = format!(
            "readers and writers of {} wait while it is written anew, unless {data_type} keeps {column} as it was stored",
            alter.name
        );
        let hint = "add a column of the new type, fill it in batches, let clients use it, and drop the old one in a later \
                    revision";
        found.push(line.found_at(change.offset, Code::ColumnTypeChange, message).hint(hint));
    }
}

/// Types to which columns are mostly changed from narrower ones of their kind, which writes nothing anew.
fn mostly_widens(new: &DataType) -> bool {
    !new.is_array
        && new.arguments.is_empty()
        && matches!(new.name.as_str(), "text" | "character varying" | "numeric" | "varbit")
}

/// Whether rows that hold the old type hold the new one too, as they are.
fn stays(old: &DataType, new: &DataType) -> bool {
    if old.is_array || new.is_array {
        return old == new;
    }
    let unlimited = new.arguments.is_empty();
    match (old.name.as_str(), new.name.as_str()) {
        ("text" | "character varying", "text") => true,
        ("text", "character varying") => unlimited,
        ("bit", "varbit") => unlimited,
        ("cidr", "inet") => true,
        ("numeric", "numeric") => unlimited || (digits(old) && digits(new) && wider_numeric(old, new)),
        ("character varying" | "varbit" | "timestamp" | "time" | "interval", _) if old.name == new.name => {
            unlimited || wider(old, new)
        }
        ("timestamp with time zone" | "time with time zone", _) if old.name == new.name => unlimited || wider(old, new),
        _ => old == new,
    }
}

fn argument(of: &DataType, at: usize) -> Option<i32> {
    of.arguments.get(at)?.parse().ok()
}

fn digits(of: &DataType) -> bool {
    argument(of, 0).is_some()
}

/// What says no width may hold anything.
fn wider(old: &DataType, new: &DataType) -> bool {
    matches!((argument(old, 0), argument(new, 0)), (Some(old), Some(new)) if new >= old)
}

fn wider_numeric(old: &DataType, new: &DataType) -> bool {
    let scale = |of| argument(of, 1).unwrap_or(0);
    wider(old, new) && scale(old) == scale(new)
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn where_the_old_type_is_not_known() {
        let found = |to: &str| findings(Dialect::Postgres, &format!("ALTER TABLE t ALTER a TYPE {to}"), true);
        for to in ["bigint", "varchar(20)", "text USING lower(a)", "text[]", "numeric(10, 2)"] {
            assert_eq!(found(to), ["column_type_change 1:15"], "{to}");
        }
        for to in ["text", "varchar", "character varying", "numeric"] {
            assert_eq!(found(to), [] as [&str; 0], "{to}");
        }
    }

    /// As PostgreSQL itself decides it, told by the file that holds the table before and after.
    #[test]
    fn where_the_script_gave_it() {
        let found = |from: &str, to: &str| {
            let script = format!("ALTER TABLE t ADD a {from};\nALTER TABLE t ALTER a TYPE {to}");
            let found = findings(Dialect::Postgres, &script, true);
            found.into_iter().filter(|found| found.starts_with("column_type_change")).collect::<Vec<_>>()
        };
        for (from, to) in [
            ("varchar(10)", "varchar(20)"),
            ("varchar(10)", "text"),
            ("text", "varchar"),
            ("numeric(10, 2)", "numeric(12, 2)"),
            ("numeric(10, 2)", "numeric"),
            ("timestamptz(3)", "timestamptz"),
            ("timestamptz(3)", "timestamptz(6)"),
            ("interval(3)", "interval(6)"),
            ("bit(8)", "bit varying"),
            ("int", "integer"),
        ] {
            assert_eq!(found(from, to), [] as [&str; 0], "{from} {to}");
        }
        for (from, to) in [
            ("varchar(10)", "varchar(5)"),
            ("text", "varchar(20)"),
            ("int", "text"),
            ("int", "varchar"),
            ("int", "numeric"),
            ("char(5)", "text"),
            ("numeric(10, 2)", "numeric(12, 3)"),
            ("timestamp", "timestamp(3)"),
            ("bit(8)", "bit(9)"),
            ("int", "bigint"),
            ("date", "timestamp"),
        ] {
            assert_eq!(found(from, to), ["column_type_change 2:15"], "{from} {to}");
        }
    }

    #[test]
    fn of_tables_that_are_in_use() {
        let script = "CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE bigint";
        assert_eq!(findings(Dialect::Postgres, script, true), [] as [&str; 0]);
    }
}
