//! A statement that keeps all others out while it works.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{KeepsOut, Remark};

/// <https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    for line in script.lines() {
        for remark in &line.statement.reading.remarks {
            let Remark::KeepsOut(KeepsOut { words, of, readers_go_on }) = remark else { continue };
            let in_use: Vec<String> = of.iter().filter(|name| !line.is_new(name)).map(ToString::to_string).collect();
            if in_use.is_empty() && !of.is_empty() {
                continue;
            }
            let names = if of.is_empty() { "all tables".to_owned() } else { in_use.join(", ") };
            let who = if *readers_go_on { "writers" } else { "readers and writers" };
            let message = format!("{who} of {names} wait while {words} works");
            found.push(line.found(Code::ExclusiveLock, message).hint(instead(words)));
        }
    }
}

fn instead(words: &str) -> &'static str {
    match words {
        "REINDEX" => "REINDEX ... CONCURRENTLY in a revision of its own, with `transaction = false`",
        "REFRESH MATERIALIZED VIEW" => {
            "REFRESH MATERIALIZED VIEW CONCURRENTLY, which asks for a unique index over columns of the view"
        }
        "LOCK TABLE" => "lock in a weaker mode, such as SHARE UPDATE EXCLUSIVE, or only the rows that matter",
        _ => "a plain VACUUM lets others go on; run this where little is read and written, with a lock timeout",
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn what_keeps_others_out() {
        let found = |script: &str| findings(Dialect::Postgres, script, false);
        for script in [
            "VACUUM FULL t",
            "VACUUM (FULL, ANALYZE) t",
            "VACUUM (FULL true) t",
            "VACUUM FULL",
            "CLUSTER t USING i",
            "CLUSTER",
            "REINDEX TABLE t",
            "REINDEX (VERBOSE) INDEX i",
            "REINDEX (CONCURRENTLY off) TABLE t",
            "LOCK t",
            "LOCK TABLE ONLY t, u IN SHARE ROW EXCLUSIVE MODE",
            "REFRESH MATERIALIZED VIEW v",
        ] {
            assert_eq!(found(script), ["exclusive_lock 1:1"], "{script}");
        }
        for script in [
            "VACUUM t",
            "VACUUM (FULL off) t",
            "VACUUM (ANALYZE) t",
            "REINDEX TABLE CONCURRENTLY t",
            "REINDEX (CONCURRENTLY) TABLE t",
            "REINDEX (VERBOSE, CONCURRENTLY) TABLE t",
            "LOCK TABLE t IN ROW SHARE MODE",
            "LOCK TABLE t IN ACCESS SHARE MODE",
            "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "REFRESH MATERIALIZED VIEW v WITH NO DATA",
            "CREATE TABLE t (a int); LOCK TABLE t",
        ] {
            assert_eq!(found(script), [] as [&str; 0], "{script}");
        }
        assert_eq!(findings(Dialect::Sqlite, "VACUUM", false), [] as [&str; 0]);
    }
}
