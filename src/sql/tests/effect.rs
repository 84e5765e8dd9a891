//! What statements do, told in a line each.

use crate::dialect::Dialect;
use crate::sql::{effects, statements};

/// The effects of a script, joined; `?` where there may be more.
fn said(dialect: Dialect, script: &str) -> String {
    let mut words = Vec::new();
    for statement in statements(dialect, script).unwrap() {
        let found = effects(dialect, script, &statement);
        words.extend(found.known.iter().map(ToString::to_string));
        if found.unknown {
            words.push("?".to_owned());
        }
    }
    words.join(", ")
}

#[track_caller]
fn all(dialect: Dialect, cases: &[(&str, &str)]) {
    for (script, expected) in cases {
        assert_eq!(said(dialect, script), *expected, "{dialect}: {script}");
    }
}

#[test]
fn tables_on_postgres() {
    all(
        Dialect::Postgres,
        &[
            (
                "CREATE TABLE Shop.\"Order\" (id int PRIMARY KEY, \"check\" text, amount numeric(10, 2) CHECK (amount > 0), \
                 CONSTRAINT one UNIQUE (id, amount), FOREIGN KEY (id) REFERENCES other(id), UNIQUE (id))",
                "creates table shop.Order, creates column id of shop.Order, creates column check of shop.Order, creates \
                 column amount of shop.Order, creates constraint one of shop.Order, reads table other",
            ),
            (
                "CREATE TEMP TABLE IF NOT EXISTS t AS SELECT * FROM a JOIN b USING (id)",
                "creates table t, reads table a, reads table b",
            ),
            ("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)", "creates table p1, changes table p"),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY s.t USING btree (a)", "creates index i of s.t"),
            ("CREATE INDEX ON t (a)", "changes table t"),
            (
                "ALTER TABLE IF EXISTS ONLY t ADD COLUMN IF NOT EXISTS a int REFERENCES u, DROP b CASCADE, DROP CONSTRAINT c, \
                 ALTER COLUMN d TYPE text, ADD CONSTRAINT e CHECK (a > 0), OWNER TO me",
                "creates column a of t, reads table u, drops column b of t, drops constraint c of t, changes column d of t, \
                 creates constraint e of t, changes table t, ?",
            ),
            ("ALTER TABLE t RENAME TO u", "renames table t to u"),
            ("ALTER TABLE t RENAME a TO b", "renames column a of t to b"),
            ("ALTER TABLE t RENAME CONSTRAINT a TO b", "renames constraint a of t to b"),
            ("ALTER TYPE mood ADD VALUE 'ok'", "changes type mood"),
            ("DROP TABLE IF EXISTS a, s.b", "drops table a, drops table s.b"),
            ("DROP TABLE a CASCADE", "drops table a, ?"),
            ("DROP TRIGGER x ON t", "drops trigger x of t"),
            ("DROP FUNCTION f(int, text), g()", "drops function f, drops function g"),
            ("COMMENT ON COLUMN s.t.c IS 'x'", "changes column c of s.t"),
            ("COMMENT ON TABLE t IS 'x'", "changes table t"),
            ("ALTER TABLE s.t SET SCHEMA other", "changes table s.t, ?"),
            ("CREATE TABLE U&\"d\\0061ta\" (a int)", "?"),
            ("CREATE TABLE É (a int)", "creates table É, creates column a of É"),
        ],
    );
}

#[test]
fn other_objects_on_postgres() {
    all(
        Dialect::Postgres,
        &[
            (
                "CREATE OR REPLACE FUNCTION s.f(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM t $$",
                "creates function s.f",
            ),
            (
                "CREATE CONSTRAINT TRIGGER x AFTER UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()",
                "creates trigger x of t",
            ),
            ("CREATE POLICY p ON t USING (true)", "creates policy p of t"),
            ("CREATE RULE r AS ON INSERT TO t DO NOTHING", "creates rule r of t"),
            (
                "CREATE MATERIALIZED VIEW v AS SELECT a FROM t, u WHERE a IS DISTINCT FROM b",
                "creates view v, reads table t, reads table u",
            ),
            ("CREATE EXTENSION IF NOT EXISTS vector", "creates extension vector"),
            ("CREATE SCHEMA s CREATE TABLE t (a int)", "creates schema s, ?"),
            ("CREATE TYPE mood AS ENUM ('a')", "creates type mood"),
            ("CREATE CAST (a AS b) WITHOUT FUNCTION", "?"),
            ("DO $$ BEGIN DROP TABLE t; END $$", "?"),
            ("CALL p()", "?"),
            ("SET search_path = a", ""),
            ("GRANT SELECT ON t TO me", ""),
        ],
    );
}

#[test]
fn rows() {
    all(
        Dialect::Postgres,
        &[
            ("INSERT INTO t (a, b) SELECT x, extract(year FROM y) FROM u", "writes table t, reads table u"),
            ("UPDATE t SET a = 1 FROM u, v WHERE u.id = t.id", "writes table t, reads table u, reads table v"),
            ("DELETE FROM ONLY t USING u WHERE t.id = u.id", "writes table t, reads table u"),
            ("COPY t (a, b) FROM '/tmp/file' WITH (FORMAT csv)", "writes table t"),
            ("COPY (SELECT * FROM t) TO '/tmp/file'", "reads table t"),
            ("TRUNCATE a, b", "writes table a, writes table b"),
            ("TRUNCATE a CASCADE", "writes table a, ?"),
            (
                "WITH old AS (DELETE FROM t RETURNING *) INSERT INTO archive SELECT * FROM old",
                "writes table t, writes table archive",
            ),
            ("WITH c AS (SELECT 1) SELECT * FROM c JOIN t ON true", "reads table t"),
            ("SELECT setval('s', 1)", ""),
            ("SELECT create_hypertable('t')", "?"),
            ("SELECT * INTO new FROM old", "?"),
            ("SELECT * FROM generate_series(1, 2), (SELECT * FROM deep) AS d", "reads table deep"),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", "writes view v"),
        ],
    );
    all(
        Dialect::Sqlite,
        &[
            ("INSERT OR IGNORE INTO [my table] VALUES (1)", "writes table my table"),
            ("REPLACE INTO T VALUES (1)", "writes table t"),
            ("UPDATE OR FAIL t SET a = 1", "writes table t"),
        ],
    );
    all(
        Dialect::Mysql,
        &[
            ("INSERT IGNORE INTO T VALUES (1)", "writes table T"),
            ("DELETE a FROM a JOIN b ON a.x = b.x", "?"),
            ("UPDATE a JOIN b ON a.x = b.x SET a.y = 1", "?"),
        ],
    );
}

#[test]
fn tables_on_mysql() {
    all(
        Dialect::Mariadb,
        &[
            (
                "CREATE TABLE `a b` (`id` int, KEY k (id), UNIQUE KEY `u` (id), PRIMARY KEY (id), CONSTRAINT f FOREIGN KEY (id) \
                 REFERENCES t (id))",
                "creates table a b, creates column id of a b, creates index k of a b, creates index u of a b, creates \
                 constraint f of a b, reads table t",
            ),
            (
                "ALTER TABLE t ADD (a int, b int), CHANGE c d int, MODIFY e int, DROP INDEX i, DROP FOREIGN KEY f, DROP PRIMARY KEY",
                "creates column a of t, creates column b of t, renames column c of t to d, changes column e of t, drops index \
                 i of t, drops constraint f of t, changes table t",
            ),
            ("RENAME TABLE a TO b, s.c TO s.d", "renames table a to b, renames table s.c to d"),
            ("DROP INDEX i ON t", "drops index i of t"),
            ("CREATE DEFINER=`root`@`localhost` PROCEDURE p() SELECT 1", "creates function p"),
            ("CREATE TABLE new LIKE old", "creates table new, reads table old"),
            ("CREATE TABLE new (SELECT a, b FROM old)", "creates table new, reads table old"),
            ("CREATE TABLE new (a int, 1 int)", "creates table new, creates column a of new, ?"),
            ("ALTER TABLE t WAIT 5 ADD COLUMN a int", "creates column a of t"),
            ("ALTER TABLE t NOWAIT DROP a", "drops column a of t"),
            (
                "CREATE TABLE t (a int, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
                "creates table t, creates column a of t",
            ),
            (
                "ALTER TABLE t ADD SYSTEM VERSIONING, ADD PERIOD FOR SYSTEM_TIME (s, e), DROP SYSTEM VERSIONING",
                "changes table t, changes table t",
            ),
        ],
    );
}

#[test]
fn tables_on_sqlite() {
    all(
        Dialect::Sqlite,
        &[
            ("CREATE VIRTUAL TABLE f USING fts5(a)", "creates table f"),
            (
                "CREATE TABLE 'T' (a, b, key TEXT)",
                "creates table t, creates column a of t, creates column b of t, creates column key of t",
            ),
            (
                "CREATE TRIGGER IF NOT EXISTS x AFTER INSERT ON t BEGIN UPDATE u SET a = 1; END",
                "creates trigger x of t",
            ),
            ("ALTER TABLE t ADD a REFERENCES u", "creates column a of t, reads table u"),
            ("ALTER TABLE t DROP COLUMN a", "drops column a of t"),
            ("PRAGMA foreign_keys = OFF", ""),
        ],
    );
}

proptest::proptest! {
    /// Whatever stands in a script, looking at what it does comes to an end and breaks nothing.
    #[test]
    fn any_words(words in proptest::collection::vec("CREATE|TABLE|INDEX|ON|ALTER|ADD|DROP|COLUMN|RENAME|TO|FROM|JOIN|WITH|AS|\\(|\\)|,|\\.|INSERT|INTO|UPDATE|DELETE|SELECT|COPY|a|\"b\"|'c'|1|;|IF|EXISTS|NOT|REFERENCES|\\*", 0..40)) {
        let script = words.join(" ");
        for dialect in Dialect::ALL {
            if let Ok(found) = statements(dialect, &script) {
                for statement in &found {
                    let _ = effects(dialect, &script, statement);
                }
            }
        }
    }
}
