//! What all dialects share, and where one of them differs from the rest.

use super::{ALL, BOTH_MYSQL, Case, NOT_MYSQL, NOT_POSTGRES, POSTGRES, SQLITE, holds};
use crate::dialect::Dialect;
use crate::sql::{Verb, statements};

#[test]
fn separators_and_space() {
    let cases: &[Case] = &[
        (ALL, "", &[]),
        (ALL, " \t\r\n", &[]),
        (ALL, ";", &[]),
        (ALL, ";;\n ; ;", &[]),
        (ALL, "-- only a comment", &[]),
        (ALL, "/* only */ ; -- comments\n", &[]),
        (ALL, "SELECT 1", &["SELECT 1"]),
        (ALL, "SELECT 1;", &["SELECT 1"]),
        (ALL, "  SELECT 1 ; ", &["SELECT 1"]),
        (ALL, "SELECT 1;SELECT 2", &["SELECT 1", "SELECT 2"]),
        (ALL, "SELECT 1;;;SELECT 2;;", &["SELECT 1", "SELECT 2"]),
        (ALL, "SELECT 1\r\n;\r\nSELECT 2\r\n", &["SELECT 1", "SELECT 2"]),
        (ALL, "\u{feff}SELECT 1;", &["SELECT 1"]),
        (ALL, "\u{feff}", &[]),
        (ALL, "SELECT 1;\u{feff}SELECT 2;", &["SELECT 1", "SELECT 2"]),
        (ALL, "select\n1\n;", &["select\n1"]),
        (ALL, "(SELECT 1) UNION (SELECT 2); SELECT 3", &["(SELECT 1) UNION (SELECT 2)", "SELECT 3"]),
        (ALL, "SELECT (1; SELECT 2", &["SELECT (1", "SELECT 2"]),
        (ALL, "SELECT 1\u{b};\u{c}SELECT 2", &["SELECT 1", "SELECT 2"]),
    ];
    holds(cases);
}

#[test]
fn comments() {
    let cases: &[Case] = &[
        (ALL, "-- a; b\nSELECT 1", &["SELECT 1"]),
        (ALL, "SELECT 1 -- a; b\n, 2; SELECT 3", &["SELECT 1 -- a; b\n, 2", "SELECT 3"]),
        (ALL, "SELECT 1 -- it's\n; SELECT 2", &["SELECT 1", "SELECT 2"]),
        (ALL, "/* a; b */ SELECT /* c; d */ 1 /* e; */;", &["SELECT /* c; d */ 1"]),
        (ALL, "SELECT 1 /* it's */; SELECT 2", &["SELECT 1", "SELECT 2"]),
        (ALL, "SELECT 1 /*/ ; */; SELECT 2", &["SELECT 1", "SELECT 2"]),
        (ALL, "SELECT 1 /***/; SELECT 2 /* **/", &["SELECT 1", "SELECT 2"]),
        (ALL, "SELECT 2 /*+ hint; */ + 1", &["SELECT 2 /*+ hint; */ + 1"]),
        (POSTGRES, "SELECT /* a /* b; */ c; */ 1; SELECT 2", &["SELECT /* a /* b; */ c; */ 1", "SELECT 2"]),
        (POSTGRES, "/*/* */*/SELECT 1", &["SELECT 1"]),
        (NOT_POSTGRES, "SELECT /* a /* b; */ c; SELECT 1", &["SELECT /* a /* b; */ c", "SELECT 1"]),
        (NOT_MYSQL, "SELECT 1--2; x\n; SELECT 3", &["SELECT 1", "SELECT 3"]),
        (BOTH_MYSQL, "SELECT 1--2; SELECT 3", &["SELECT 1--2", "SELECT 3"]),
        (BOTH_MYSQL, "SELECT 1 --\t2; x\n; SELECT 3", &["SELECT 1", "SELECT 3"]),
        (BOTH_MYSQL, "SELECT 1 --\n; SELECT 3 --", &["SELECT 1", "SELECT 3"]),
        (BOTH_MYSQL, "SELECT 1 --; SELECT 3", &["SELECT 1 --", "SELECT 3"]),
        (BOTH_MYSQL, "SELECT 1 # a; it's\n; # b\nSELECT 2", &["SELECT 1", "SELECT 2"]),
        (POSTGRES, "SELECT '{}'::json #> '{a}'; SELECT 1 # 2", &["SELECT '{}'::json #> '{a}'", "SELECT 1 # 2"]),
        // A carriage return alone ends a comment on PostgreSQL: what follows is run.
        (POSTGRES, "-- a\rDROP TABLE t", &["DROP TABLE t"]),
        (NOT_POSTGRES, "-- a\rDROP TABLE t", &[]),
        (POSTGRES, "SELECT 1 +-- a;\n2", &["SELECT 1 +-- a;\n2"]),
    ];
    holds(cases);
}

#[test]
fn quotes() {
    let cases: &[Case] = &[
        (ALL, "SELECT ';'; SELECT 2", &["SELECT ';'", "SELECT 2"]),
        (ALL, "SELECT 'it''s; '; SELECT 2", &["SELECT 'it''s; '", "SELECT 2"]),
        (ALL, "SELECT ''; SELECT ''''; SELECT ''''''", &["SELECT ''", "SELECT ''''", "SELECT ''''''"]),
        (ALL, "SELECT '-- '; SELECT '/*'; SELECT '*/'", &["SELECT '-- '", "SELECT '/*'", "SELECT '*/'"]),
        (ALL, "SELECT \"a;b\"; SELECT 2", &["SELECT \"a;b\"", "SELECT 2"]),
        (ALL, "SELECT \"a\"\";b\"; SELECT 2", &["SELECT \"a\"\";b\"", "SELECT 2"]),
        (ALL, "SELECT \"it's\"; SELECT '\"'", &["SELECT \"it's\"", "SELECT '\"'"]),
        (ALL, "SELECT 'a\n;\nb'; SELECT 2", &["SELECT 'a\n;\nb'", "SELECT 2"]),
        (NOT_POSTGRES, "SELECT `a;b`, `c``;`; SELECT 2", &["SELECT `a;b`, `c``;`", "SELECT 2"]),
        (POSTGRES, "SELECT 1 ` 2; SELECT 3", &["SELECT 1 ` 2", "SELECT 3"]),
        (SQLITE, "SELECT [a;b], [it's]; SELECT 2", &["SELECT [a;b], [it's]", "SELECT 2"]),
        (POSTGRES, "SELECT a[1]; SELECT ARRAY[';']", &["SELECT a[1]", "SELECT ARRAY[';']"]),
        (NOT_MYSQL, r"SELECT '\'; SELECT 2", &[r"SELECT '\'", "SELECT 2"]),
        (BOTH_MYSQL, r"SELECT '\'; SELECT 2'; SELECT 3", &[r"SELECT '\'; SELECT 2'", "SELECT 3"]),
        (ALL, "SELECT 'ü; €'; SELECT 'é'", &["SELECT 'ü; €'", "SELECT 'é'"]),
        (ALL, "SELECT x'00'; SELECT X'3B'", &["SELECT x'00'", "SELECT X'3B'"]),
        (ALL, "SELECT 1.5e-3, .5, 0x3B; SELECT 1", &["SELECT 1.5e-3, .5, 0x3B", "SELECT 1"]),
    ];
    holds(cases);
}

#[test]
fn lines_columns_and_verbs() {
    let script =
        "\u{feff}-- ö\nCREATE TABLE a (b int); /* c */ insert into a\nvalues ('ö'); 'x'; (select 1);\r\n  drop table a";
    let found = statements(Dialect::Postgres, script).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.line, found.column, found.verb)).collect();
    let expected =
        [(2, 1, Verb::Create), (2, 33, Verb::Insert), (3, 15, Verb::Other), (3, 20, Verb::Select), (4, 3, Verb::Drop)];
    assert_eq!(found, expected);
}
