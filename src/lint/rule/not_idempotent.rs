//! A statement that fails where it has run before. Branchline never runs a revision twice; this is for scripts that others
//! run too, and is off where nobody asks for it.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::listing::listed;
use crate::sql::{Action, Effect};

pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    for line in script.lines() {
        let strict: Vec<&Effect> = line.statement.reading.effects.known.iter().filter(|effect| fails(effect)).collect();
        // Of a table that is made, its columns need not be told.
        let of_made = |effect: &&Effect| {
            let table = effect.table.as_ref();
            let makes = |other: &&Effect| other.action == Action::Creates && Some(&other.name) == table;
            effect.action == Action::Creates && strict.iter().any(|other| other.table.is_none() && makes(other))
        };
        let told: Vec<&Effect> = strict.iter().copied().filter(|effect| !of_made(effect)).collect();
        let Some(first) = told.first() else { continue };
        let hint = match first.action {
            Action::Drops => "IF EXISTS, where the dialect has it",
            Action::Renames => "nothing renames only what is there: keep it in a script that runs once",
            _ => "IF NOT EXISTS or OR REPLACE, where the dialect has it",
        };
        let message = format!("it fails where it has run before: it {}", listed(told));
        found.push(line.found(Code::NotIdempotent, message).hint(hint));
    }
}

fn fails(effect: &Effect) -> bool {
    !effect.lenient && matches!(effect.action, Action::Creates | Action::Drops | Action::Renames)
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{findings, said};

    #[test]
    fn what_fails_the_second_time() {
        for (script, does) in [
            ("CREATE TABLE t (a int, b int)", "creates table t"),
            ("CREATE INDEX i ON t (a)", "creates index i of t"),
            ("ALTER TABLE t ADD a int, DROP COLUMN IF EXISTS b, DROP c", "creates column a of t, drops column c of t"),
            ("ALTER TABLE t RENAME TO u", "renames table t to u"),
            ("DROP VIEW v", "drops view v"),
            ("CREATE TYPE mood AS ENUM ('a')", "creates type mood"),
        ] {
            let found = said(Dialect::Postgres, script, Code::NotIdempotent);
            assert_eq!(found, [format!("1:1 it fails where it has run before: it {does}")], "{script}");
        }
        assert_eq!(
            findings(Dialect::Postgres, "CREATE TABLE t (a int)", true),
            [] as [String; 0],
            "off unless asked for"
        );
    }

    #[test]
    fn what_can_run_again() {
        for script in [
            "CREATE TABLE IF NOT EXISTS t (a int)",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            "DROP TABLE IF EXISTS t",
            "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int",
            "UPDATE t SET a = 1 WHERE b",
        ] {
            assert_eq!(said(Dialect::Postgres, script, Code::NotIdempotent), [] as [String; 0], "{script}");
        }
    }
}
