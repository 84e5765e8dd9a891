//! What a script must not hold.

use super::{ALL, BOTH_MYSQL, MARIADB, MYSQL, POSTGRES, SQLITE};
use crate::dialect::Dialect;
use crate::sql::{ScriptErrorKind, check, statements};

#[test]
fn delimiters_that_say_nothing_or_too_much() {
    for line in [
        "DELIMITER",
        "DELIMITER \r",
        "DELIMITER//",
        "DELIMITER // SELECT 1;",
        "DELIMITER '//'",
        "DELIMITER \\\\",
        "DELIMITER ----------------",
    ] {
        let script = format!("SELECT 1;\n {line}\nSELECT 2//\n");
        for &dialect in BOTH_MYSQL {
            let error = statements(dialect, &script).expect_err(&script);
            assert!(matches!(error.kind, ScriptErrorKind::BadDelimiter(_)), "{script:?}: {error}");
            assert_eq!((error.line, error.column), (2, 2));
            assert!(error.hint().unwrap().contains("DELIMITER //"));
        }
    }
}

/// What is divided at `;` in spite of a DELIMITER is also looked at one by one.
#[test]
fn a_delimiter_hides_nothing() {
    for script in ["DELIMITER //\nSELECT 1; COMMIT//", "DELIMITER $$\nCOMMIT$$", "DELIMITER x\nCOMMITx"] {
        for &dialect in BOTH_MYSQL {
            let error = check(dialect, script, false).expect_err(script);
            assert!(matches!(error.kind, ScriptErrorKind::TransactionControl(_)), "{script:?}: {error}");
        }
    }
}

#[test]
fn copy_to_nobody() {
    for statement in
        ["COPY t TO STDOUT", "copy (SELECT a AS to FROM b) to stdout WITH (FORMAT csv)", "COPY t (a) TO STDOUT"]
    {
        let error = check(Dialect::Postgres, statement, true).expect_err(statement);
        assert_eq!(error.kind, ScriptErrorKind::CopyToStdout);
    }
    for statement in
        ["COPY t TO '/tmp/x'", "COPY stdout TO 'x'", "COPY t FROM 'to'", "COPY t FROM STDIN;\nto stdout\n\\.\n"]
    {
        check(Dialect::Postgres, statement, true).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

#[test]
fn transaction_control() {
    let cases: &[(&[Dialect], &[&str])] = &[
        (ALL, &["BEGIN", "begin", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE SAVEPOINT a", "/* x */ BEGIN /* y */"]),
        (POSTGRES, &["BEGIN TRANSACTION", "BEGIN WORK", "BEGIN ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION"]),
        (POSTGRES, &["END", "END WORK", "ABORT", "PREPARE TRANSACTION 'a'", "COMMIT PREPARED 'a'", "COMMIT AND CHAIN"]),
        (BOTH_MYSQL, &["BEGIN WORK", "START TRANSACTION READ ONLY", "XA START 'a'", "/*! COMMIT */"]),
        (BOTH_MYSQL, &["SET autocommit = 0", "SET @@autocommit=1", "SET SESSION autocommit := 0"]),
        (BOTH_MYSQL, &["SET @a = 1, @@session.autocommit = 0", "/*!40000 SET AUTOCOMMIT=0 */"]),
        (BOTH_MYSQL, &["LOCK TABLES a WRITE", "LOCK TABLE a READ", "UNLOCK TABLES"]),
        (SQLITE, &["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE TRANSACTION", "END", "END TRANSACTION"]),
    ];
    for (dialects, scripts) in cases {
        for (script, &dialect) in
            scripts.iter().flat_map(|script| dialects.iter().map(move |dialect| (script, dialect)))
        {
            for transaction in [true, false] {
                let script = format!("SELECT 1;\n  {script};\nSELECT 2;");
                let error = check(dialect, &script, transaction).expect_err(&script);
                assert!(matches!(error.kind, ScriptErrorKind::TransactionControl(_)), "{dialect}: {script:?}: {error}");
                assert_eq!(error.line, 2);
                let hint = error.hint().unwrap();
                assert!(hint.contains("branchline opens and commits") || hint.contains("--skip-add-locks"), "{hint}");
            }
        }
    }
}

#[test]
fn what_only_resembles_transaction_control() {
    let cases: &[(&[Dialect], &[&str])] = &[
        (ALL, &["CREATE TABLE commits (a int)", "SELECT 'BEGIN'", "-- COMMIT\nSELECT 1", "SELECT 1 -- ; COMMIT;"]),
        (POSTGRES, &["PREPARE q AS SELECT 1", "SET autocommit = 0", "DO $$ BEGIN COMMIT; END $$", "SELECT 1 AS begin"]),
        (POSTGRES, &["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END"]),
        (BOTH_MYSQL, &["SET @autocommit = 0", "SET @old = @@autocommit", "CREATE PROCEDURE p() BEGIN COMMIT; END"]),
        (MARIADB, &["BEGIN NOT ATOMIC SELECT 1; END"]),
        (SQLITE, &["CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END"]),
    ];
    for (dialects, scripts) in cases {
        for (script, &dialect) in
            scripts.iter().flat_map(|script| dialects.iter().map(move |dialect| (script, dialect)))
        {
            if let Err(error) = check(dialect, script, true) {
                panic!("{dialect}: {script:?}: {error}");
            }
        }
    }
}

#[test]
fn outside_transactions_only() {
    let cases: &[(&[Dialect], &[&str])] = &[
        (POSTGRES, &["VACUUM", "vacuum (analyze) t", "CREATE DATABASE a", "DROP DATABASE IF EXISTS a"]),
        (POSTGRES, &["CREATE TABLESPACE a LOCATION 'b'", "DROP TABLESPACE a", "ALTER SYSTEM SET a = 1"]),
        (POSTGRES, &["ALTER DATABASE a SET TABLESPACE b", "DISCARD ALL", "CLUSTER", "CLUSTER VERBOSE"]),
        (
            POSTGRES,
            &["CREATE INDEX CONCURRENTLY a ON t (b)", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON t (b)"],
        ),
        (POSTGRES, &["DROP INDEX CONCURRENTLY a", "REINDEX INDEX CONCURRENTLY a", "REINDEX (CONCURRENTLY) TABLE t"]),
        (POSTGRES, &["REINDEX DATABASE a", "REINDEX SYSTEM a", "REINDEX (VERBOSE) SCHEMA a"]),
        (POSTGRES, &["ALTER TABLE a.t DETACH PARTITION a.p CONCURRENTLY"]),
        (SQLITE, &["VACUUM", "VACUUM INTO 'x'", "ATTACH 'x' AS y", "DETACH DATABASE y", "PRAGMA foreign_keys = OFF"]),
        (SQLITE, &["pragma main.journal_mode(wal)", "PRAGMA synchronous=1", "PRAGMA foreign_keys(0)"]),
    ];
    for (dialects, scripts) in cases {
        for (script, &dialect) in
            scripts.iter().flat_map(|script| dialects.iter().map(move |dialect| (script, dialect)))
        {
            let error = check(dialect, script, true).expect_err(script);
            assert!(matches!(error.kind, ScriptErrorKind::OutsideTransactionOnly(_)), "{script:?}: {error}");
            assert!(error.hint().unwrap().contains("transaction = false"));
            assert!(check(dialect, script, false).is_ok(), "{script:?}");
        }
    }
    let within: &[(&[Dialect], &[&str])] = &[
        (POSTGRES, &["REFRESH MATERIALIZED VIEW CONCURRENTLY v", "CREATE INDEX a ON t (b)", "REINDEX TABLE database"]),
        (POSTGRES, &["CLUSTER t USING i", "ALTER DATABASE a SET work_mem = '1MB'", "ALTER TABLE t DETACH PARTITION p"]),
        (
            POSTGRES,
            &["COMMENT ON TABLE t IS 'CREATE INDEX CONCURRENTLY'", "DISCARD PLANS", "DROP INDEX \"concurrently\""],
        ),
        (SQLITE, &["PRAGMA foreign_keys", "PRAGMA foreign_key_check", "PRAGMA defer_foreign_keys = ON"]),
        (MYSQL, &["CREATE DATABASE a"]),
    ];
    for (dialects, scripts) in within {
        for (script, &dialect) in
            scripts.iter().flat_map(|script| dialects.iter().map(move |dialect| (script, dialect)))
        {
            check(dialect, script, true).unwrap_or_else(|error| panic!("{script}: {error}"));
        }
    }
}

#[test]
fn leaving_the_database() {
    for &dialect in BOTH_MYSQL {
        let error = check(dialect, "SELECT 1;\nUSE other;", false).unwrap_err();
        assert_eq!((error.line, error.column), (2, 1));
        assert_eq!(error.kind, ScriptErrorKind::LeavesDatabase("USE"));
    }
    assert!(check(Dialect::Postgres, "SELECT 1 AS use", true).is_ok());
}
