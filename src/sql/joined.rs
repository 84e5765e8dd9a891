//! Which statements may be one transaction with the note that they are done.
//!
//! A script that runs statement by statement does so because one of them cannot be in a transaction, or because this engine
//! commits what changes the schema. The others can: then no crash comes between a statement and the note of it. Whatever is
//! not known to be safe there goes alone.

use super::pattern::{begins, leading};
use super::refuse::outside_transaction_only;
use super::verb::Verb;
use crate::dialect::Dialect;

/// Statements of PostgreSQL that have no verb of ours and change nothing that a ROLLBACK would not undo.
const POSTGRES_OTHERS: &[&str] = &["IMPORT FOREIGN SCHEMA", "REASSIGN OWNED", "SECURITY LABEL"];

/// They ask another server, and may not be taken back.
const POSTGRES_ALONE: &[&str] = &["CREATE|ALTER|DROP SUBSCRIPTION"];

/// Words of a block that may end its own transaction, be it in a language of whatever syntax; what it calls may too.
const ENDS_TRANSACTION: &[&str] = &["commit", "rollback", "call"];

/// Whether a statement may be one transaction with the note that it is done. `text` is the statement's own.
#[must_use]
pub fn joins_transaction(dialect: Dialect, verb: Verb, text: &str) -> bool {
    use Verb as V;
    let leading = || leading(dialect, text, 0..text.len());
    let is_alone = |patterns: &[&str]| {
        let leading = leading();
        outside_transaction_only(dialect, &leading).is_some()
            || patterns.iter().any(|pattern| begins(&leading, pattern))
    };
    match (dialect, verb) {
        (_, V::Insert | V::Update | V::Delete | V::Select | V::With) => true,
        (Dialect::Postgres, V::Merge | V::Truncate | V::Comment | V::Grant | V::Revoke | V::Refresh | V::Copy) => true,
        (Dialect::Postgres, V::Create | V::Alter | V::Drop) => !is_alone(POSTGRES_ALONE),
        (Dialect::Postgres, V::Do) => {
            let text = text.to_ascii_lowercase();
            !ENDS_TRANSACTION.iter().any(|word| text.contains(word))
        }
        (Dialect::Postgres, V::Other) => {
            let leading = leading();
            POSTGRES_OTHERS.iter().any(|pattern| begins(&leading, pattern))
        }
        // Stored functions cannot commit; procedures can.
        (Dialect::Mysql | Dialect::Mariadb, V::Replace | V::Do) => true,
        (Dialect::Mysql | Dialect::Mariadb, V::Other) => begins(&leading(), "LOAD DATA|XML"),
        (Dialect::Sqlite, V::Replace | V::Create | V::Alter | V::Drop | V::Reindex | V::Analyze) => true,
        _ => false,
    }
}

/// Whether a statement that fails has done nothing, whether it is in a transaction or not. What commits by itself on its way may
/// have done a part of its work, and that would be done twice where it is run again. `text` is the statement's own.
#[must_use]
pub fn is_all_or_nothing(dialect: Dialect, verb: Verb, text: &str) -> bool {
    use Verb as V;
    if joins_transaction(dialect, verb, text) {
        return true;
    }
    match verb {
        // Its first half is committed before it waits for others.
        V::Alter => {
            let leading = leading(dialect, text, 0..text.len());
            !begins(&leading, "ALTER TABLE .. DETACH PARTITION .. CONCURRENTLY")
        }
        V::Create | V::Drop | V::Rename | V::Truncate | V::Grant | V::Revoke | V::Set | V::Lock => true,
        V::Vacuum | V::Analyze | V::Reindex | V::Cluster => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_all_or_nothing, joins_transaction};
    use crate::dialect::Dialect;
    use crate::sql;

    fn joins(dialect: Dialect, text: &str) -> bool {
        let statement = &sql::statements(dialect, text).unwrap()[0];
        joins_transaction(dialect, statement.verb, statement.text(text))
    }

    fn assert_all(dialect: Dialect, expected: bool, statements: &[&str]) {
        for text in statements {
            assert_eq!(joins(dialect, text), expected, "{dialect}: {text}");
        }
    }

    #[test]
    fn what_may_do_a_part() {
        let whole = |dialect, text: &str| {
            let statement = &sql::statements(dialect, text).unwrap()[0];
            is_all_or_nothing(dialect, statement.verb, statement.text(text))
        };
        for text in ["INSERT INTO t VALUES (1)", "ALTER TABLE t ADD a int", "DROP TABLE t", "ANALYZE t", "SET a = 1"] {
            assert!(whole(Dialect::Postgres, text) && whole(Dialect::Mariadb, text), "{text}");
        }
        assert!(!whole(Dialect::Postgres, "CALL backfill()") && !whole(Dialect::Mysql, "CALL backfill()"));
        assert!(whole(Dialect::Postgres, "CREATE INDEX CONCURRENTLY i ON t (a)"), "what it leaves is dropped");
        assert!(!whole(Dialect::Postgres, "ALTER TABLE t DETACH PARTITION p CONCURRENTLY"));
        assert!(!whole(Dialect::Postgres, "DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$"));
        assert!(!whole(Dialect::Mariadb, "BEGIN NOT ATOMIC INSERT INTO t VALUES (1); END"));
    }

    #[test]
    fn postgres() {
        assert_all(
            Dialect::Postgres,
            true,
            &[
                "INSERT INTO t VALUES (1)",
                "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM gone",
                "SELECT backfill()",
                "CREATE TABLE t (id int)",
                "CREATE INDEX i ON t (a)",
                "ALTER TYPE mood ADD VALUE 'fine'",
                "DROP INDEX i",
                "TRUNCATE t",
                "REFRESH MATERIALIZED VIEW v",
                "COPY t FROM '/tmp/t.csv'",
                "DO $$ BEGIN PERFORM backfill(); END $$",
                "/* first */ IMPORT FOREIGN SCHEMA s FROM SERVER x INTO y",
            ],
        );
        assert_all(
            Dialect::Postgres,
            false,
            &[
                "CREATE INDEX CONCURRENTLY i ON t (a)",
                "create unique index concurrently i on t (a)",
                "DROP INDEX CONCURRENTLY i",
                "REINDEX INDEX CONCURRENTLY i",
                "REINDEX TABLE t",
                "VACUUM t",
                "CREATE DATABASE d",
                "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
                "DROP SUBSCRIPTION s",
                "ALTER SYSTEM SET work_mem = '1GB'",
                "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
                "CALL backfill()",
                "DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$",
                "DO $$ BEGIN CALL backfill(); END $$",
                "DO LANGUAGE plpython3u $$ plpy.commit() $$",
                "SET LOCAL ROLE other",
                "SET search_path = s",
                "LOCK TABLE t",
                "CLUSTER t",
                "NOTIFY jobs",
                "EXPLAIN ANALYZE DELETE FROM t",
            ],
        );
    }

    #[test]
    fn mysql() {
        for dialect in [Dialect::Mysql, Dialect::Mariadb] {
            assert_all(
                dialect,
                true,
                &[
                    "INSERT INTO t VALUES (1)",
                    "REPLACE INTO t VALUES (1)",
                    "UPDATE t JOIN u USING (id) SET t.a = u.a",
                    "DELETE t FROM t JOIN u USING (id)",
                    "SELECT backfill()",
                    "DO backfill()",
                    "LOAD DATA INFILE '/tmp/t' INTO TABLE t",
                ],
            );
            assert_all(
                dialect,
                false,
                &[
                    "CREATE TABLE t (id int)",
                    "CREATE TEMPORARY TABLE t (id int)",
                    "ALTER TABLE t ADD a int",
                    "TRUNCATE t",
                    "RENAME TABLE t TO u",
                    "CALL backfill()",
                    "GRANT SELECT ON t TO u",
                    "ANALYZE TABLE t",
                    "SET @a = 1",
                    "LOAD INDEX INTO CACHE t",
                ],
            );
        }
        assert!(!joins(Dialect::Mariadb, "SET STATEMENT max_statement_time = 0 FOR UPDATE t SET a = 1"));
    }

    #[test]
    fn sqlite() {
        assert_all(
            Dialect::Sqlite,
            true,
            &["CREATE TABLE t (a)", "REPLACE INTO t VALUES (1)", "DROP TABLE t", "REINDEX", "ALTER TABLE t ADD b"],
        );
        assert_all(
            Dialect::Sqlite,
            false,
            &["VACUUM", "PRAGMA foreign_keys = ON", "ATTACH 'x' AS x", "DETACH x", "EXPLAIN SELECT 1"],
        );
    }
}
