//! What can be known of statements whose session died, in a line each.

use crate::dialect::Dialect;
use crate::sql::{Answer, Doubt, Question, Thing, Verdict, statements};

fn doubt(dialect: Dialect, text: &str) -> Doubt {
    Doubt::of(dialect, text, &statements(dialect, text).unwrap()[0])
}

/// What is there afterwards with a plus, what is not with a minus.
fn said(dialect: Dialect, text: &str) -> String {
    match doubt(dialect, text) {
        Doubt::Joined => "joined".to_owned(),
        Doubt::JoinedWhereRowsRollBack(None) => "rows of ?".to_owned(),
        Doubt::JoinedWhereRowsRollBack(Some(tables)) => {
            format!("rows of {}", tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        Doubt::Repeatable => "again".to_owned(),
        Doubt::Untold(_) => "untold".to_owned(),
        Doubt::Told { traces, fills } => {
            let traces = traces.iter().map(|trace| {
                let sign = if trace.after { '+' } else { '-' };
                format!("{sign}{}", trace.thing.to_string().trim_start_matches("the "))
            });
            traces.collect::<Vec<_>>().join(", ") + if fills { ", rows" } else { "" }
        }
    }
}

#[track_caller]
fn all(dialect: Dialect, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(said(dialect, text), *expected, "{dialect}: {text}");
    }
}

#[test]
fn tables_on_mysql() {
    let cases = [
        ("CREATE TABLE t (id int PRIMARY KEY, a int)", "+table t, +column id of t, +column a of t"),
        (
            "CREATE TABLE t (id int, CONSTRAINT p PRIMARY KEY (id), CONSTRAINT c CHECK (id > 0), KEY k (id))",
            "+table t, +column id of t, +primary key of t, +constraint c of t, +index k",
        ),
        ("CREATE TABLE s.t LIKE u", "+table s.t"),
        ("CREATE TABLE IF NOT EXISTS t (id int)", "again"),
        ("CREATE OR REPLACE TABLE t (id int)", "untold"),
        ("CREATE TEMPORARY TABLE t (id int)", "again"),
        ("CREATE TABLE t AS SELECT 1 AS a", "+table t, rows"),
        ("CREATE TABLE t (SELECT 1 AS a)", "+table t, rows"),
        ("CREATE TABLE IF NOT EXISTS t (a int) SELECT 1 AS a", "+table t, rows"),
        ("CREATE TABLE t (id int) ENGINE=InnoDB ROW_FORMAT=COMPRESSED", "+table t, +column id of t"),
        ("DROP TABLE t", "-table t"),
        ("DROP TABLE t, u", "-table t, -table u"),
        ("DROP TABLE IF EXISTS t", "again"),
        ("DROP TEMPORARY TABLE t", "untold"),
        ("TRUNCATE TABLE t", "untold"),
        ("RENAME TABLE a TO b", "-table a, +table b"),
        ("RENAME TABLE t TO t_old, t_new TO t", "+table t_old, -table t_new"),
        ("RENAME TABLE a TO c, b TO a, c TO b", "untold"),
        ("ALTER TABLE t RENAME TO u", "-table t, +table u"),
        ("ALTER TABLE t ADD COLUMN a int, RENAME TO u", "-table t, +table u"),
    ];
    all(Dialect::Mysql, &cases);
    all(Dialect::Mariadb, &cases);
}

#[test]
fn columns_on_mysql() {
    let cases = [
        ("ALTER TABLE t ADD COLUMN a int", "+column a of t"),
        ("ALTER TABLE t ADD (a int, b int)", "+column a of t, +column b of t"),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int", "again"),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int, ADD COLUMN b int", "+column b of t"),
        ("ALTER TABLE t DROP COLUMN a", "-column a of t"),
        ("ALTER TABLE t DROP COLUMN IF EXISTS a", "again"),
        ("ALTER TABLE t DROP COLUMN a, ADD COLUMN a bigint", "untold"),
        ("ALTER TABLE t DROP COLUMN a, ADD COLUMN a bigint, ADD COLUMN b int", "+column b of t"),
        ("ALTER TABLE t RENAME COLUMN a TO b", "-column a of t, +column b of t"),
        ("ALTER TABLE t CHANGE a b bigint", "-column a of t, +column b of t"),
        ("ALTER TABLE t CHANGE a A bigint", "again"),
        ("ALTER TABLE t MODIFY a bigint NOT NULL", "again"),
        ("ALTER TABLE t MODIFY a bigint, ADD COLUMN b int", "+column b of t"),
        ("ALTER TABLE t ALTER COLUMN a SET DEFAULT 1", "again"),
        ("ALTER TABLE t ENGINE=InnoDB", "again"),
        ("ALTER TABLE t COMMENT = 'x', AUTO_INCREMENT = 10", "again"),
        ("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", "again"),
        ("ALTER TABLE t ADD PARTITION PARTITIONS 2", "untold"),
        ("ALTER TABLE t DROP PARTITION p", "untold"),
        ("ALTER TABLE t TRUNCATE PARTITION p", "untold"),
        ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "untold"),
        ("ALTER TABLE t IMPORT TABLESPACE", "untold"),
    ];
    all(Dialect::Mysql, &cases);
    all(Dialect::Mariadb, &cases);
}

#[test]
fn keys_and_indexes_on_mysql() {
    let cases = [
        ("CREATE INDEX i ON t (a)", "+index i"),
        ("CREATE UNIQUE INDEX i ON t (a)", "+index i"),
        ("DROP INDEX i ON t", "-index i"),
        ("ALTER TABLE t ADD INDEX i (a), DROP INDEX j", "+index i, -index j"),
        ("ALTER TABLE t RENAME INDEX i TO j", "-index i, +index j"),
        ("ALTER TABLE t ADD INDEX (a)", "untold"),
        ("ALTER TABLE t ADD UNIQUE KEY u (a)", "+index u"),
        ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)", "+constraint u of t"),
        ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id)", "+constraint f of t"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)", "untold"),
        ("ALTER TABLE t DROP FOREIGN KEY f", "-constraint f of t"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "+constraint c of t"),
        ("ALTER TABLE t DROP CONSTRAINT c", "-constraint c of t"),
        ("ALTER TABLE t ADD PRIMARY KEY (id)", "+primary key of t"),
        ("ALTER TABLE t DROP PRIMARY KEY", "-primary key of t"),
        ("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a)", "untold"),
        ("ALTER TABLE t ALTER INDEX i INVISIBLE", "again"),
    ];
    all(Dialect::Mysql, &cases);
    all(Dialect::Mariadb, &cases);
}

#[test]
fn others_on_mysql() {
    let cases = [
        ("CREATE VIEW v AS SELECT * FROM t", "+view v"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "again"),
        ("ALTER VIEW v AS SELECT 2", "again"),
        ("DROP VIEW v", "-view v"),
        ("CREATE TRIGGER tr BEFORE INSERT ON s.t FOR EACH ROW SET NEW.a = 1", "+trigger s.tr"),
        ("DROP TRIGGER tr", "-trigger tr"),
        ("CREATE FUNCTION f() RETURNS int RETURN 1", "+function f"),
        ("CREATE PROCEDURE p() SELECT 1", "+procedure p"),
        ("DROP PROCEDURE p", "-procedure p"),
        ("CREATE SEQUENCE s", "+sequence s"),
        ("CREATE OR REPLACE SEQUENCE s", "untold"),
        ("ALTER SEQUENCE s RESTART 1", "untold"),
        ("CREATE SCHEMA s", "+schema s"),
        ("CREATE USER u", "untold"),
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "untold"),
        ("CALL p()", "untold"),
        ("GRANT SELECT ON t TO u", "again"),
        ("REVOKE SELECT ON t FROM u", "untold"),
        ("ANALYZE TABLE t", "again"),
        ("OPTIMIZE TABLE t", "again"),
        ("SET @a = 1", "again"),
    ];
    all(Dialect::Mysql, &cases);
    all(Dialect::Mariadb, &cases);
    all(
        Dialect::Mariadb,
        &[
            ("ANALYZE UPDATE t SET a = 1", "untold"),
            ("SET STATEMENT max_statement_time = 1 FOR DELETE FROM t WHERE a = 1", "untold"),
            ("BEGIN NOT ATOMIC INSERT INTO t VALUES (1); END", "untold"),
        ],
    );
}

#[test]
fn rows_on_mysql() {
    let cases = [
        ("INSERT INTO t VALUES (1)", "rows of t"),
        ("INSERT INTO t SELECT * FROM u", "rows of t"),
        ("UPDATE t SET a = 1", "rows of t"),
        ("UPDATE t JOIN u USING (id) SET t.a = 1", "rows of ?"),
        ("DELETE t, u FROM t JOIN u USING (id)", "rows of ?"),
        ("SELECT backfill()", "rows of ?"),
        ("LOAD DATA INFILE 'x' INTO TABLE t", "rows of ?"),
    ];
    all(Dialect::Mysql, &cases);
    all(Dialect::Mariadb, &cases);
}

#[test]
fn postgres() {
    all(
        Dialect::Postgres,
        &[
            ("CREATE TABLE t (id int)", "joined"),
            ("UPDATE t SET a = 1", "joined"),
            ("CREATE INDEX i ON t (a)", "joined"),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", "+index i"),
            ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", "again"),
            ("CREATE INDEX CONCURRENTLY ON t (a)", "untold"),
            ("DROP INDEX CONCURRENTLY s.i", "-index s.i"),
            ("DROP INDEX CONCURRENTLY IF EXISTS i", "again"),
            ("REINDEX INDEX CONCURRENTLY i", "again"),
            ("REINDEX TABLE t", "again"),
            ("VACUUM (FULL) t", "again"),
            ("ANALYZE t", "again"),
            ("SET search_path = s", "again"),
            ("ALTER SYSTEM SET work_mem = '1GB'", "again"),
            ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "untold"),
            ("CREATE DATABASE d", "untold"),
            ("CALL p()", "untold"),
            ("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$", "untold"),
            ("EXPLAIN ANALYZE DELETE FROM t", "untold"),
            ("NOTIFY jobs", "untold"),
        ],
    );
}

#[test]
fn sqlite() {
    all(
        Dialect::Sqlite,
        &[
            ("CREATE TABLE t (a)", "joined"),
            ("DELETE FROM t", "joined"),
            ("INSERT INTO temp.t VALUES (1)", "joined"),
            ("INSERT INTO other.t VALUES (1)", "untold"),
            ("VACUUM", "again"),
            ("VACUUM INTO 'x'", "untold"),
            ("PRAGMA journal_mode = WAL", "again"),
            ("ATTACH 'x' AS other", "again"),
        ],
    );
}

#[test]
fn answers_that_agree_tell() {
    let two = doubt(Dialect::Mariadb, "DROP TABLE t, u");
    assert_eq!(two.settle(&[Answer::No, Answer::No]), Verdict::TookEffect("the table t is not there".to_owned()));
    assert_eq!(two.settle(&[Answer::Yes, Answer::Yes]), Verdict::TookNone("the table t is there".to_owned()));
    let mixed = "the table u is not there, but the table t is there".to_owned();
    assert_eq!(two.settle(&[Answer::Yes, Answer::No]), Verdict::Untold(mixed));
    assert!(matches!(two.settle(&[Answer::Unknown, Answer::No]), Verdict::Untold(_)));
    assert!(matches!(two.settle(&[]), Verdict::Untold(_)), "nobody answered");
}

#[test]
fn a_half_built_index_is_neither_made_nor_dropped() {
    let half = |text| doubt(Dialect::Postgres, text).settle(&[Answer::HalfBuilt]);
    let is_half = Verdict::TookNone("the index i is half built".to_owned());
    assert_eq!(half("CREATE INDEX CONCURRENTLY i ON t (a)"), is_half);
    assert_eq!(half("DROP INDEX CONCURRENTLY i"), is_half);
}

#[test]
fn rows_that_a_statement_brings_along_cannot_be_seen() {
    let filled = doubt(Dialect::Mariadb, "CREATE TABLE t AS SELECT * FROM u");
    assert!(matches!(filled.settle(&[Answer::Yes]), Verdict::Untold(_)));
    assert_eq!(filled.settle(&[Answer::No]), Verdict::TookNone("the table t is not there".to_owned()));
}

#[test]
fn rows_that_do_not_roll_back_leave_it_open() {
    let written = doubt(Dialect::Mariadb, "INSERT INTO t VALUES (1)");
    assert_eq!(written.questions().len(), 1);
    assert!(matches!(written.settle(&[Answer::Yes]), Verdict::TookNone(_)));
    assert!(matches!(written.settle(&[Answer::No]), Verdict::Untold(_)));
}

#[test]
fn a_script_that_moves_names_is_asked_for_with_its_schema_only() {
    let moved = |text| doubt(Dialect::Postgres, text).where_names_move();
    assert!(matches!(moved("DROP INDEX CONCURRENTLY i"), Doubt::Untold(_)));
    assert!(matches!(moved("CREATE INDEX CONCURRENTLY i ON t (a)"), Doubt::Untold(_)));
    let told = moved("CREATE INDEX CONCURRENTLY i ON s.t (a)");
    let [Question::IsThere(Thing::Index { table: Some(table), name })] = &told.questions()[..] else { panic!() };
    assert_eq!((table.to_string(), name.to_string()), ("s.t".to_owned(), "i".to_owned()));
    assert_eq!(moved("VACUUM"), Doubt::Repeatable);
}
