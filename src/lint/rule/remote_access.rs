//! A door to another database: what is behind it does not belong to this one, and no run can take it back.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::Remark;

pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    for line in script.lines() {
        for remark in &line.statement.reading.remarks {
            let Remark::ReachesOut(words) = remark else { continue };
            let message = format!("{words} reaches another database");
            found.push(line.found(Code::RemoteAccess, message).hint(
                "what happens there belongs in a revision of that database's branch, with `depends_on` for the order; rows \
                 are brought over by a program",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::direction::Direction;
    use crate::lint::code::Code;
    use crate::lint::testing::{findings_of_way, said};

    #[test]
    fn doors() {
        for (dialect, script, words) in [
            (Dialect::Postgres, "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw", "CREATE SERVER"),
            (Dialect::Postgres, "CREATE FOREIGN TABLE t (a int) SERVER s", "CREATE FOREIGN TABLE"),
            (Dialect::Postgres, "IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b", "IMPORT FOREIGN SCHEMA"),
            (Dialect::Postgres, "SELECT * FROM dblink('x', 'y') AS t (a int)", "dblink()"),
            (Dialect::Postgres, "INSERT INTO t SELECT * FROM public.dblink('x', 'y') AS t (a int)", "dblink()"),
            (Dialect::Postgres, "CREATE VIEW v AS SELECT * FROM dblink('x', 'y') AS t (a int)", "dblink()"),
            (Dialect::Postgres, "CREATE TABLE t AS SELECT * FROM dblink('x', 'y') AS t (a int)", "dblink()"),
            (Dialect::Postgres, "SELECT dblink_exec('x', 'DELETE FROM t')", "dblink_exec()"),
            (
                Dialect::Mariadb,
                "CREATE OR REPLACE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h')",
                "CREATE SERVER",
            ),
            (Dialect::Mysql, "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h')", "CREATE SERVER"),
            (Dialect::Mysql, "CREATE TABLE t (a int) ENGINE=FEDERATED CONNECTION='s/t'", "ENGINE = FEDERATED"),
            (Dialect::Mariadb, "CREATE OR REPLACE TABLE t (a int) ENGINE=spider", "ENGINE = SPIDER"),
            (Dialect::Mariadb, "CREATE TABLE t ENGINE=CONNECT TABLE_TYPE=MYSQL CONNECTION='s'", "ENGINE = CONNECT"),
            (Dialect::Sqlite, "ATTACH 'other.db' AS other", "ATTACH"),
            (Dialect::Sqlite, "ATTACH DATABASE 'other.db' AS other", "ATTACH"),
        ] {
            let found = said(dialect, &format!("SELECT 1;\n {script}"), Code::RemoteAccess);
            assert_eq!(found, [format!("2:2 {words} reaches another database")], "{script}");
        }
        let down = findings_of_way(Dialect::Postgres, Direction::Down, "SELECT dblink_exec('x', 'y')", true);
        assert_eq!(down, ["remote_access 1:1"]);
    }

    #[test]
    fn what_reaches_nowhere() {
        for (dialect, script) in [
            (Dialect::Postgres, "CREATE EXTENSION dblink"),
            (Dialect::Postgres, "CREATE TABLE dblink (a int)"),
            (Dialect::Postgres, "CREATE TABLE IF NOT EXISTS public.dblink (a int)"),
            (Dialect::Postgres, "INSERT INTO dblink (a) VALUES (1)"),
            (Dialect::Postgres, "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ SELECT dblink('x', 'y') $$"),
            (Dialect::Postgres, "ALTER TABLE p ATTACH PARTITION q FOR VALUES IN (1)"),
            (Dialect::Mysql, "CREATE TABLE t (a int) ENGINE=InnoDB"),
            (Dialect::Mysql, "CREATE TABLE t (engine int, federated int)"),
            (Dialect::Mariadb, "CREATE TABLE t (a int) ENGINE=CONNECT TABLE_TYPE=CSV FILE_NAME='a.csv'"),
        ] {
            assert_eq!(said(dialect, script, Code::RemoteAccess), [] as [String; 0], "{script}");
        }
    }
}
