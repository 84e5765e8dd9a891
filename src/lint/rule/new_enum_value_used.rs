//! An enum value that is used in the transaction that adds it.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Line;
use crate::lint::script::Script;
use crate::sql::{Action, ObjectKind, ObjectName, Remark};

/// Of a type that the same transaction makes, newer servers let it be used; nothing is said of those.
/// <https://www.postgresql.org/docs/current/sql-altertype.html#id-1.9.3.42.7>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if !script.read.transaction {
        return;
    }
    for line in script.lines() {
        let remarks = &line.statement.reading.remarks;
        let value = remarks.iter().find_map(|remark| match remark {
            Remark::AddsEnumValue(value) => Some(value),
            _ => None,
        });
        let (Some(value), Some(name)) = (value, type_of(&line)) else { continue };
        if is_made_here(&line, name) {
            continue;
        }
        for user in script.lines().skip_while(|user| user.statement.start <= line.statement.start) {
            if adds_values(&user) {
                continue;
            }
            if let Some(offset) = user.statement.literal(script.dialect, value) {
                let message = format!("{value} is used in the transaction that adds it to {name}, which is refused");
                let hint = "add the value in a revision of its own, which the one that uses it depends on";
                found.push(user.found_at(offset, Code::NewEnumValueUsed, message).hint(hint));
                break;
            }
        }
    }
}

fn type_of<'a>(line: &Line<'_, 'a>) -> Option<&'a ObjectName> {
    let types = line.statement.reading.effects.known.iter().filter(|effect| effect.kind == ObjectKind::Type);
    types.map(|effect| &effect.name).next()
}

fn is_made_here(line: &Line<'_, '_>, name: &ObjectName) -> bool {
    let earlier = line.earlier().iter().flat_map(|statement| &statement.reading.effects.known);
    let mut types = earlier.filter(|effect| effect.kind == ObjectKind::Type);
    types.any(|effect| match effect.action {
        Action::Creates => effect.name.name == name.name,
        Action::Renames => effect.to.as_ref() == Some(&name.name),
        _ => false,
    })
}

/// `ADD VALUE 'c' AFTER 'b'`: it does not use them.
fn adds_values(line: &Line<'_, '_>) -> bool {
    line.statement.reading.remarks.iter().any(|remark| matches!(remark, Remark::AddsEnumValue(_)))
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn in_one_transaction() {
        let found = |rest: &str, transaction| {
            let script = format!("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'so so' AFTER 'ok';\n{rest}");
            let found = findings(Dialect::Postgres, &script, transaction);
            found.into_iter().filter(|found| found.starts_with("new_enum_value")).collect::<Vec<_>>()
        };
        assert_eq!(found("INSERT INTO t VALUES (1, 'so so')", true), ["new_enum_value_used 2:26"]);
        assert_eq!(found("UPDATE t SET m = 'so so' WHERE m = 'ok'", true), ["new_enum_value_used 2:18"]);
        assert_eq!(found("ALTER TABLE t ALTER m SET DEFAULT 'so so'", true), ["new_enum_value_used 2:35"]);
        assert_eq!(found("INSERT INTO t VALUES (1, 'so so')", false), [] as [&str; 0]);
        assert_eq!(found("INSERT INTO t VALUES (1, 'ok')", true), [] as [&str; 0]);
        assert_eq!(found("ALTER TYPE mood ADD VALUE 'bad' AFTER 'so so'", true), [] as [&str; 0]);
        assert_eq!(found("INSERT INTO t VALUES ('not so so')", true), [] as [&str; 0]);
        let made = "CREATE TYPE m AS ENUM ('a'); ALTER TYPE m ADD VALUE 'b'; INSERT INTO t VALUES ('b')";
        assert_eq!(findings(Dialect::Postgres, made, true), [] as [&str; 0]);
    }
}
