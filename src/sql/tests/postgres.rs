//! PostgreSQL: dollar quotes, E-strings, atomic bodies, rules.

use super::{Case, POSTGRES, holds};
use crate::dialect::Dialect;
use crate::sql::{check, statements};

#[test]
fn dollar_quotes() {
    let cases: &[Case] = &[
        (POSTGRES, "SELECT $$a;b$$; SELECT 2", &["SELECT $$a;b$$", "SELECT 2"]),
        (POSTGRES, "SELECT $x$a;$$;$y$;$x$; SELECT 2", &["SELECT $x$a;$$;$y$;$x$", "SELECT 2"]),
        (POSTGRES, "SELECT $b$x$a$b$;SELECT 2", &["SELECT $b$x$a$b$", "SELECT 2"]),
        (POSTGRES, "SELECT $a$$b$a$;SELECT 2", &["SELECT $a$$b$a$", "SELECT 2"]),
        (POSTGRES, "SELECT a$b$; SELECT c$b$", &["SELECT a$b$", "SELECT c$b$"]),
        (POSTGRES, "SELECT a$$; SELECT 2", &["SELECT a$$", "SELECT 2"]),
        (POSTGRES, "SELECT $1; SELECT $2$$;$$", &["SELECT $1", "SELECT $2$$;$$"]),
        (POSTGRES, "SELECT 1$$;$$; SELECT 2", &["SELECT 1$$;$$", "SELECT 2"]),
        (POSTGRES, "SELECT $1a$; SELECT 2", &["SELECT $1a$", "SELECT 2"]),
        (POSTGRES, "SELECT $ä$;$ä$; SELECT 2", &["SELECT $ä$;$ä$", "SELECT 2"]),
        (POSTGRES, "SELECT ä$b$; SELECT 2", &["SELECT ä$b$", "SELECT 2"]),
        (POSTGRES, "SELECT $A$;$a$;$A$; SELECT 2", &["SELECT $A$;$a$;$A$", "SELECT 2"]),
        (POSTGRES, "SELECT $a; SELECT 2", &["SELECT $a", "SELECT 2"]),
        (POSTGRES, "SELECT $-$; SELECT 2", &["SELECT $-$", "SELECT 2"]),
        (POSTGRES, "SELECT $$'$$; SELECT ';'", &["SELECT $$'$$", "SELECT ';'"]),
        (POSTGRES, "SELECT '$$'; SELECT '$$'", &["SELECT '$$'", "SELECT '$$'"]),
        (POSTGRES, "SELECT \"$$\"; SELECT 1 -- $$\n; SELECT 2", &["SELECT \"$$\"", "SELECT 1", "SELECT 2"]),
        (
            POSTGRES,
            "DO $do$ BEGIN EXECUTE $q$ SELECT 1; $q$; END $do$; SELECT 2",
            &["DO $do$ BEGIN EXECUTE $q$ SELECT 1; $q$; END $do$", "SELECT 2"],
        ),
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql; SELECT 2",
            &["CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql", "SELECT 2"],
        ),
    ];
    holds(cases);
}

#[test]
fn escape_strings() {
    let cases: &[Case] = &[
        (POSTGRES, r"SELECT E'\'; '; SELECT 2", &[r"SELECT E'\'; '", "SELECT 2"]),
        (POSTGRES, r"SELECT e'a\\'; SELECT 2", &[r"SELECT e'a\\'", "SELECT 2"]),
        (POSTGRES, r"SELECT E'\\\'; '; SELECT 2", &[r"SELECT E'\\\'; '", "SELECT 2"]),
        (POSTGRES, r"SELECT E'''\'; '; SELECT 2", &[r"SELECT E'''\'; '", "SELECT 2"]),
        (POSTGRES, r"SELECT fe'\'; SELECT 2", &[r"SELECT fe'\'", "SELECT 2"]),
        (POSTGRES, r"SELECT E '\'; SELECT 2", &[r"SELECT E '\'", "SELECT 2"]),
        (POSTGRES, "SELECT E'a'\n'\\'; '; SELECT 2", &["SELECT E'a'\n'\\'; '", "SELECT 2"]),
        (POSTGRES, "SELECT E'a' -- b\n '\\'; '; SELECT 2", &["SELECT E'a' -- b\n '\\'; '", "SELECT 2"]),
        (POSTGRES, "SELECT E'a'\r'\\'; '; SELECT 2", &["SELECT E'a'\r'\\'; '", "SELECT 2"]),
        (POSTGRES, "SELECT E'a' '\\'; SELECT 2", &["SELECT E'a' '\\'", "SELECT 2"]),
        (POSTGRES, "SELECT E'a' /* b\n */ '\\'; SELECT 2", &["SELECT E'a' /* b\n */ '\\'", "SELECT 2"]),
        (POSTGRES, "SELECT 'a'\n'\\'; SELECT 2", &["SELECT 'a'\n'\\'", "SELECT 2"]),
        (POSTGRES, "SELECT 'a' -- b;\n; SELECT 2", &["SELECT 'a'", "SELECT 2"]),
        (POSTGRES, r"SELECT U&'\'; SELECT U&'d\0061t;'", &[r"SELECT U&'\'", r"SELECT U&'d\0061t;'"]),
        (POSTGRES, "SELECT U&\"d;\"\"\" ; SELECT 2", &["SELECT U&\"d;\"\"\"", "SELECT 2"]),
        (POSTGRES, "SELECT B'1' ; SELECT N';'", &["SELECT B'1'", "SELECT N';'"]),
        (POSTGRES, r"SELECT E'ü\ü'; SELECT 2", &[r"SELECT E'ü\ü'", "SELECT 2"]),
    ];
    holds(cases);
}

#[test]
fn atomic_bodies() {
    let cases: &[Case] = &[
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3",
            &["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END", "SELECT 3"],
        ),
        (
            POSTGRES,
            "create or replace procedure p(begin int) begin atomic end; select 3",
            &["create or replace procedure p(begin int) begin atomic end", "select 3"],
        ),
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END AS end; SELECT 2 end; END; SELECT 3",
            &[
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END AS end; SELECT 2 end; END",
                "SELECT 3",
            ],
        ),
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE a WHEN 1 THEN CASE b WHEN 2 THEN 3 END END; END; SELECT 3",
            &[
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE a WHEN 1 THEN CASE b WHEN 2 THEN 3 END END; END",
                "SELECT 3",
            ],
        ),
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS int BEGIN /* x */ ATOMIC SELECT 1; /* ; */ -- ;\n END; SELECT 3",
            &["CREATE FUNCTION f() RETURNS int BEGIN /* x */ ATOMIC SELECT 1; /* ; */ -- ;\n END", "SELECT 3"],
        ),
        (
            POSTGRES,
            "CREATE FUNCTION begin() RETURNS int RETURN 1; SELECT 3",
            &["CREATE FUNCTION begin() RETURNS int RETURN 1", "SELECT 3"],
        ),
        (
            POSTGRES,
            "CREATE TABLE t (a int DEFAULT 1); CREATE INDEX begin ON atomic (a); SELECT 3",
            &["CREATE TABLE t (a int DEFAULT 1)", "CREATE INDEX begin ON atomic (a)", "SELECT 3"],
        ),
        (
            POSTGRES,
            "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); SELECT 3",
            &["CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()", "SELECT 3"],
        ),
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'; SELECT 3",
            &["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'", "SELECT 3"],
        ),
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT $$; END;$$; INSERT INTO t VALUES ('; END'); END;",
            &["CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT $$; END;$$; INSERT INTO t VALUES ('; END'); END"],
        ),
    ];
    holds(cases);
}

#[test]
fn rules() {
    let cases: &[Case] = &[
        (
            POSTGRES,
            "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 1",
            &["CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)", "SELECT 1"],
        ),
        (
            POSTGRES,
            "CREATE OR REPLACE RULE r AS ON UPDATE TO t WHERE (a IN (1)) DO INSTEAD (INSERT INTO b VALUES (1);;SELECT ';)';); SELECT 1",
            &[
                "CREATE OR REPLACE RULE r AS ON UPDATE TO t WHERE (a IN (1)) DO INSTEAD (INSERT INTO b VALUES (1);;SELECT ';)';)",
                "SELECT 1",
            ],
        ),
        (
            POSTGRES,
            "CREATE RULE r AS ON DELETE TO t DO NOTHING; SELECT 1",
            &["CREATE RULE r AS ON DELETE TO t DO NOTHING", "SELECT 1"],
        ),
    ];
    holds(cases);
}

#[test]
fn copy_that_holds_no_data() {
    let cases: &[Case] = &[
        (POSTGRES, "COPY t FROM '/tmp/x'; SELECT 1", &["COPY t FROM '/tmp/x'", "SELECT 1"]),
        (POSTGRES, "COPY t TO STDOUT; SELECT 1", &["COPY t TO STDOUT", "SELECT 1"]),
        (
            POSTGRES,
            "COPY (SELECT a FROM stdin) TO STDOUT; SELECT 1",
            &["COPY (SELECT a FROM stdin) TO STDOUT", "SELECT 1"],
        ),
        (POSTGRES, "SELECT * FROM stdin; SELECT 1", &["SELECT * FROM stdin", "SELECT 1"]),
    ];
    holds(cases);
}

#[test]
fn copy_with_its_data() {
    let script = "\u{feff}\\restrict aB1\r\nCOPY t (a, b) FROM stdin;\r\n1\t'\r\n$$;\t\\\\.\r\n\\.\r\n\r\nSELECT 1;\n                  copy a.b from\nSTDIN (FORMAT csv) ; -- now\n\\.\nCOPY c FROM STDIN;\n;\n\\.";
    let found = statements(Dialect::Postgres, script).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.line, found.text(script), found.data(script))).collect();
    let expected = [
        (2, "COPY t (a, b) FROM stdin", Some("1\t'\r\n$$;\t\\\\.\r\n")),
        (7, "SELECT 1", None),
        (8, "copy a.b from\nSTDIN (FORMAT csv)", Some("")),
        (11, "COPY c FROM STDIN", Some(";\n")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn lines_for_psql_are_left_out() {
    let script = "\\restrict aB1\nSELECT 1;\n  \\unrestrict aB1 \r\n-- end\n";
    let checked = check(Dialect::Postgres, script, true).unwrap();
    let lines: Vec<&str> = checked.client_lines.iter().map(|range| &script[range.clone()]).collect();
    assert_eq!(lines, ["\\restrict aB1", "\\unrestrict aB1 \r"]);
    assert_eq!(checked.statements.len(), 1);
}
