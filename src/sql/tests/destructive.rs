//! What destroys data, and what only looks like it.

use super::{ALL, BOTH_MYSQL, MARIADB, NOT_MYSQL, POSTGRES, SQLITE};
use crate::dialect::Dialect;
use crate::sql::{Loss, check, is_destructive};

#[test]
fn losses() {
    let cases: &[(&[Dialect], &str, Loss)] = &[
        (ALL, "DROP TABLE t", Loss::Table),
        (ALL, "drop /* it */ table if exists a.t", Loss::Table),
        (POSTGRES, "DROP SCHEMA s CASCADE", Loss::Schema),
        (POSTGRES, "DROP OWNED BY r", Loss::Owned),
        (POSTGRES, "DROP TYPE t CASCADE", Loss::TypeCascade),
        (POSTGRES, "DROP EXTENSION IF EXISTS vector CASCADE", Loss::TypeCascade),
        (POSTGRES, "ALTER TYPE a.t DROP ATTRIBUTE b", Loss::Column),
        (BOTH_MYSQL, "DROP DATABASE d", Loss::Database),
        (BOTH_MYSQL, "DROP TABLES a, b", Loss::Table),
        (BOTH_MYSQL, "/*!40000 DROP TABLE t */", Loss::Table),
        (MARIADB, "CREATE OR REPLACE TABLE t (a INT)", Loss::ReplacedTable),
        (MARIADB, "BEGIN NOT ATOMIC SELECT 1; DROP TABLE t; END", Loss::Table),
        (MARIADB, "CREATE OR REPLACE DATABASE d", Loss::Database),
        (ALL, "ALTER TABLE t DROP COLUMN c", Loss::Column),
        (ALL, "ALTER TABLE t DROP c", Loss::Column),
        (ALL, "ALTER TABLE drop DROP COLUMN c", Loss::Column),
        (POSTGRES, "ALTER TABLE IF EXISTS ONLY a.t * DROP COLUMN IF EXISTS c", Loss::Column),
        (POSTGRES, "ALTER TABLE t ADD COLUMN a numeric(1, 2), DROP COLUMN c", Loss::Column),
        (POSTGRES, "ALTER TABLE t ALTER COLUMN a DROP NOT NULL, DROP c", Loss::Column),
        (POSTGRES, "ALTER TABLE \"a\".\"t\" DROP \"constraint\"", Loss::Column),
        // Reserved on MySQL, a column's name elsewhere.
        (NOT_MYSQL, "ALTER TABLE t DROP key", Loss::Column),
        (BOTH_MYSQL, "ALTER TABLE t DROP INDEX i, DROP COLUMN c", Loss::Column),
        (BOTH_MYSQL, "ALTER TABLE t DROP `index`", Loss::Column),
        (BOTH_MYSQL, "ALTER TABLE t DROP PARTITION p", Loss::Partition),
        (BOTH_MYSQL, "ALTER TABLE t TRUNCATE PARTITION p", Loss::Partition),
        (MARIADB, "ALTER TABLE t WAIT 10 DROP c", Loss::Column),
        (&[Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb], "TRUNCATE t", Loss::Truncate),
        (&[Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb], "TRUNCATE TABLE t", Loss::Truncate),
        (ALL, "DELETE FROM t", Loss::AllRows),
        (ALL, "DELETE FROM t -- WHERE a", Loss::AllRows),
        (ALL, "DELETE FROM \"where\"", Loss::AllRows),
        (ALL, "WITH a AS (SELECT 1 WHERE 1 = 1) DELETE FROM t", Loss::AllRows),
        (POSTGRES, "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a WHERE b", Loss::AllRows),
        (POSTGRES, "DELETE FROM t USING (SELECT 1 WHERE true) u", Loss::AllRows),
        (BOTH_MYSQL, "DELETE FROM t ORDER BY a LIMIT 5", Loss::AllRows),
        (BOTH_MYSQL, "DELETE QUICK FROM t", Loss::AllRows),
    ];
    for (dialects, script, loss) in cases {
        for &dialect in *dialects {
            let text = format!("SELECT 1;\n{script}; SELECT 2");
            let checked = check(dialect, &text, false).unwrap_or_else(|error| panic!("{script}: {error}"));
            assert!(checked.is_destructive(), "{dialect}: {script}");
            let found: Vec<_> =
                checked.destructive.iter().map(|found| (found.statement, found.line, found.loss)).collect();
            assert_eq!(found, [(1, 2, *loss)], "{dialect}: {script}");
            assert!(is_destructive(dialect, script), "{dialect}: {script}");
        }
    }
}

#[test]
fn no_losses() {
    let cases: &[(&[Dialect], &[&str])] = &[
        (ALL, &["SELECT 'DROP TABLE t'", "SELECT 1 /* DROP TABLE t */", "-- DROP TABLE t;\nSELECT 1", "DROP INDEX i"]),
        (ALL, &["DELETE FROM t WHERE a = 1", "DELETE FROM t WHERE a IN (SELECT 1)", "DROP VIEW v", "DROP TRIGGER t"]),
        (
            ALL,
            &["CREATE TABLE t (a int, b int REFERENCES c (d) ON DELETE CASCADE)", "ALTER TABLE t ADD COLUMN drop_ int"],
        ),
        (
            ALL,
            &[
                "ALTER TABLE t RENAME COLUMN a TO b",
                "ALTER TABLE t DROP CONSTRAINT c",
                "UPDATE t SET a = 'DELETE FROM t'",
            ],
        ),
        (ALL, &["WITH a AS (SELECT 1) DELETE FROM t WHERE b", "WITH a AS (SELECT 1) SELECT * FROM a"]),
        (
            POSTGRES,
            &["DROP MATERIALIZED VIEW v", "DROP TYPE t", "ALTER TABLE t ALTER c DROP DEFAULT", "DROP FUNCTION f"],
        ),
        (POSTGRES, &["ALTER TABLE t ALTER c DROP NOT NULL, ALTER c DROP IDENTITY", "ALTER TABLE t DETACH PARTITION p"]),
        (
            POSTGRES,
            &["WITH a AS (DELETE FROM t WHERE b RETURNING *) SELECT * FROM a", "ALTER SEQUENCE s OWNED BY t.drop"],
        ),
        (
            POSTGRES,
            &[
                "ALTER TABLE \"drop\" ADD COLUMN a int, ADD CHECK (b IN (1, 2))",
                "COMMENT ON TABLE t IS 'x; DROP TABLE t'",
            ],
        ),
        (
            POSTGRES,
            &[
                "SELECT $$ DROP TABLE t; $$",
                "CREATE FUNCTION f() BEGIN ATOMIC DELETE FROM t; END",
                "GRANT DELETE ON t TO r",
            ],
        ),
        (
            BOTH_MYSQL,
            &["ALTER TABLE t DROP INDEX i", "ALTER TABLE t DROP PRIMARY KEY, DROP KEY k", "DROP TEMPORARY TABLE t"],
        ),
        (BOTH_MYSQL, &["ALTER TABLE t DROP FOREIGN KEY f", "ALTER TABLE t DROP CHECK c", "SELECT TRUNCATE(1.5, 1)"]),
        (
            BOTH_MYSQL,
            &["CREATE OR REPLACE VIEW v AS SELECT 1", "DELETE a FROM a JOIN b WHERE c", "# DROP TABLE t\nSELECT 1"],
        ),
        (SQLITE, &["CREATE TRIGGER t AFTER DELETE ON a BEGIN DELETE FROM b; END", "REPLACE INTO t VALUES (1)"]),
    ];
    for (dialects, scripts) in cases {
        for (script, &dialect) in
            scripts.iter().flat_map(|script| dialects.iter().map(move |dialect| (script, dialect)))
        {
            let checked = check(dialect, script, true).unwrap_or_else(|error| panic!("{script}: {error}"));
            assert_eq!(checked.destructive, [], "{dialect}: {script}");
            assert!(!is_destructive(dialect, script), "{dialect}: {script}");
        }
    }
}
