//! A way down that leaves what the way up made, or does not bring back what it took away: the next run up fails on what is
//! left, or misses what is gone.

use crate::lint::branch::Ways;
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::restore::rest;
use crate::lint::script::ReadScript;
use crate::listing::listed;
use crate::sql::{Action, Effect};

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for scripts in project.looked_at {
        for (revision, ways) in &scripts.revisions {
            let Ways { up: Some(up), down: Some(down), .. } = ways else { continue };
            if down.derived {
                continue;
            }
            let rest = rest(&up.reading, &down.reading);
            let (renamed, left): (Vec<_>, Vec<_>) =
                rest.left.into_iter().partition(|(_, effect)| effect.action == Action::Renames);
            let said = [
                ("does not drop", left, thing as fn(&Effect) -> String),
                ("does not bring back", rest.lost, thing),
                ("does not take back the new name of", renamed, thing),
            ];
            let said: Vec<String> = said
                .into_iter()
                .filter(|(_, things, _)| !things.is_empty())
                .map(|(does, things, name)| format!("{does} {}", listed(things.into_iter().map(|it| at(up, it, name)))))
                .collect();
            if said.is_empty() {
                continue;
            }
            let message = format!("the way down {}", said.join(", and "));
            let finding = Found::at_line(first_line(down), None, Code::DownDoesNotRestore, message).hint(
                "let it undo each statement of the way up, the last one first; what cannot be undone is said by \
                 `irreversible` in revision.toml",
            );
            found.push(project.in_file(scripts, *revision, &down.file, finding));
        }
    }
}

fn thing(effect: &Effect) -> String {
    let of = effect.table.as_ref().map(|table| format!(" of {table}")).unwrap_or_default();
    format!("{} {}{of}", effect.kind.word(), effect.name)
}

fn at(up: &ReadScript, (line, effect): (usize, &Effect), name: fn(&Effect) -> String) -> String {
    format!("{} ({}:{line})", name(effect), up.file.display())
}

fn first_line(script: &ReadScript) -> usize {
    let of_rows = script.reading.effects.known.first().map(|(line, _)| *line);
    let first = script.reading.statements.first().map(|statement| statement.line);
    first.into_iter().chain(of_rows).min().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, revision, said_of_project};

    fn said(written: Written) -> Vec<String> {
        said_of_project(&[written], Code::DownDoesNotRestore)
    }

    fn found(dialect: Dialect, up: &str, down: &str) -> Vec<String> {
        said(revision("auth@1", up).down(down).on(dialect))
    }

    #[test]
    fn what_is_not_as_it_was() {
        for (up, down, does) in [
            ("CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "SELECT 1", "does not drop table t (auth/1.sql:1)"),
            (
                "CREATE TABLE t (a int);\nCREATE TYPE mood AS ENUM ('a'); CREATE SEQUENCE s",
                "DROP TABLE t",
                "does not drop type mood (auth/1.sql:2), sequence s (auth/1.sql:2)",
            ),
            (
                "ALTER TABLE t ADD a int, ADD b int",
                "ALTER TABLE t DROP a",
                "does not drop column b of t (auth/1.sql:1)",
            ),
            ("ALTER TABLE t DROP a", "SELECT 1", "does not bring back column a of t (auth/1.sql:1)"),
            ("DROP TABLE t; DROP VIEW v", "CREATE TABLE t (a int)", "does not bring back view v (auth/1.sql:1)"),
            ("DROP INDEX i", "SELECT 1", "does not bring back index i (auth/1.sql:1)"),
            (
                "ALTER TABLE t RENAME a TO b",
                "SELECT 1",
                "does not take back the new name of column a of t (auth/1.sql:1)",
            ),
            ("ALTER TABLE t RENAME TO u", "SELECT 1", "does not take back the new name of table t (auth/1.sql:1)"),
            (
                "CREATE TABLE new (a int); DROP TABLE old",
                "DROP TABLE wrong",
                "does not drop table new (auth/1.sql:1), and does not bring back table old (auth/1.sql:1)",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
                "ALTER TABLE t DROP CONSTRAINT IF EXISTS d",
                "does not drop constraint c of t (auth/1.sql:1)",
            ),
            (
                "CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
                "SELECT 1",
                "does not drop trigger x of t (auth/1.sql:1)",
            ),
            ("CREATE SCHEMA s; CREATE EXTENSION e", "DROP SCHEMA s", "does not drop extension e (auth/1.sql:1)"),
            (
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "SELECT 1",
                "does not drop function f (auth/1.sql:1)",
            ),
        ] {
            assert_eq!(
                found(Dialect::Postgres, up, &format!("\n{down}")),
                [format!("auth/1.down.sql:2 the way down {does}")],
                "{up}"
            );
        }
    }

    #[test]
    fn what_is_as_it_was_or_may_be() {
        for (dialect, up, down) in [
            (Dialect::Postgres, "CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "DROP TABLE IF EXISTS public.t"),
            (Dialect::Postgres, "CREATE TABLE IF NOT EXISTS t (a int)", "SELECT 1"),
            (Dialect::Postgres, "CREATE OR REPLACE VIEW v AS SELECT 1", "SELECT 1"),
            (Dialect::Postgres, "CREATE TEMP TABLE t (a int)", "SELECT 1"),
            (Dialect::Postgres, "CREATE TABLE t (a int); DROP TABLE t", "SELECT 1"),
            (Dialect::Postgres, "DROP TABLE IF EXISTS t", "SELECT 1"),
            (Dialect::Postgres, "CREATE TABLE t (a int)", "DROP SCHEMA public CASCADE"),
            (Dialect::Postgres, "DO $$ BEGIN NULL; END $$; CREATE TABLE t (a int)", "SELECT 1"),
            (Dialect::Postgres, "ALTER TYPE mood ADD VALUE 'ok'", "SELECT 1"),
            (
                Dialect::Postgres,
                "ALTER TABLE t RENAME TO u; ALTER TABLE u ADD c int; ALTER TABLE u RENAME a TO b",
                "ALTER TABLE u RENAME b TO a; ALTER TABLE u RENAME TO t; ALTER TABLE t DROP c",
            ),
            (
                Dialect::Postgres,
                "ALTER TABLE t ADD c int; CREATE INDEX i ON t (c); ALTER TABLE t ADD CONSTRAINT k CHECK (c > 0)",
                "ALTER TABLE t DROP COLUMN c",
            ),
            (Dialect::Postgres, "CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY i"),
            (Dialect::Postgres, "DROP INDEX i", "CREATE INDEX i ON t (a)"),
            (
                Dialect::Postgres,
                "CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i",
                "ALTER TABLE t DROP CONSTRAINT u",
            ),
            (
                Dialect::Postgres,
                "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT",
                "DROP TABLE p",
            ),
            (
                Dialect::Postgres,
                "CREATE TABLE t (a int); CREATE SEQUENCE s; ALTER SEQUENCE s OWNED BY t.a",
                "DROP TABLE t",
            ),
            (
                Dialect::Postgres,
                "CREATE FUNCTION f(int, int) RETURNS int LANGUAGE sql AS '1'; DROP FUNCTION f(int)",
                "DROP FUNCTION f(int, int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS '1'",
            ),
            (Dialect::Mysql, "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)", "ALTER TABLE t DROP INDEX u"),
            (Dialect::Mysql, "ALTER TABLE t ADD UNIQUE KEY u (a)", "ALTER TABLE t DROP CONSTRAINT u"),
            (Dialect::Mysql, "ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY (a)", "ALTER TABLE t DROP PRIMARY KEY"),
            (
                Dialect::Mysql,
                "CREATE INDEX i ON a (x); DROP INDEX i ON b",
                "DROP INDEX i ON a; CREATE INDEX i ON b (x)",
            ),
            (
                Dialect::Sqlite,
                "CREATE TABLE new (a); DROP TABLE t; ALTER TABLE new RENAME TO t",
                "CREATE TABLE old (a, b); DROP TABLE t; ALTER TABLE old RENAME TO t",
            ),
        ] {
            assert_eq!(found(dialect, up, down), [] as [String; 0], "{up}");
        }
        assert_eq!(said(revision("auth@1", "CREATE TABLE t (a int)").derived("SELECT 1")), [] as [String; 0]);
    }
}
