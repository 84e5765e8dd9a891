//! How many transactions, sends and waits for the disk a revision costs, counted and not timed; and that what a script
//! changes in its session does not reach the next one.

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use support::pair::{json, script, table, tables};
use support::{Engine, TestDatabase, TestProject, branchline};

/// A chain of revisions, a table with two indexes each.
fn chain(engine: Engine, length: usize) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    for number in 1..=length {
        let id = format!("{number:04}");
        let parent = format!("{:04}", number - 1);
        let parents = if number == 1 { vec![] } else { vec![parent.as_str()] };
        let up = format!(
            "CREATE TABLE t{id} (id INTEGER PRIMARY KEY, a TEXT, b TEXT);\nCREATE INDEX i{id} ON t{id} (a);\n\
             CREATE INDEX j{id} ON t{id} (b);\n"
        );
        script(&project, "auth", &id, &parents, &[], &up, &format!("DROP TABLE t{id};\n"));
    }
    (project, database)
}

/// The command under strace: how often its processes called each of these system calls.
fn count_calls(project: &TestProject, calls: &str, line: &str) -> BTreeMap<String, usize> {
    let log = project.home().join("strace");
    let sealed = branchline(project);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log).args(["-e", &format!("trace={calls}")]);
    command.arg(sealed.get_program()).args(line.split_whitespace()).env_clear().current_dir(project.path());
    for (name, value) in sealed.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let output = command.output().expect("strace is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counted = BTreeMap::new();
    for call in std::fs::read_to_string(&log).unwrap().lines() {
        // `4711 fsync(5) = 0`; what was interrupted and goes on is one call.
        let name = call.split_whitespace().nth(1).unwrap_or_default();
        if let Some((name, _)) = name.split_once('(') {
            *counted.entry(name.to_owned()).or_insert(0) += 1;
        }
    }
    counted
}

/// Whether system calls are to be counted: always, unless whoever runs the tests has said that this machine forbids it.
fn may_trace() -> bool {
    if std::env::var("BRANCHLINE_TEST_TRACE").is_ok_and(|value| value == "no") {
        return false;
    }
    let tried = Command::new("strace").args(["-qq", "-e", "trace=none", "true"]).status();
    assert!(
        tried.is_ok_and(|status| status.success()),
        "strace cannot count system calls here: install it, or set BRANCHLINE_TEST_TRACE=no where that is forbidden"
    );
    true
}

/// A table, the row of the revision that made it, and the event: all written by one transaction, and by one of their own.
#[test]
fn a_revision_is_one_transaction_on_postgres() {
    let (project, database) = chain(Engine::Postgres, 20);
    json(&project, "upgrade").success();
    let together = "SELECT count(*) FROM branchline_revision r JOIN branchline_event e ON e.revision = r.id AND e.xmin = \
                    r.xmin JOIN pg_class c ON c.relname = 't' || r.id AND c.xmin = r.xmin";
    assert_eq!(database.query_value(together), "20");
    assert_eq!(database.query_value("SELECT count(DISTINCT xmin::text) FROM branchline_revision"), "20");
}

#[test]
fn sends_and_waits_for_the_disk_are_few() {
    if !may_trace() {
        return;
    }
    let spent = |engine: Engine, calls: &str| {
        let count = |length: usize| {
            let (project, _database) = chain(engine, length);
            count_calls(&project, calls, "upgrade --format json").values().sum::<usize>()
        };
        // The difference leaves out what a run costs as such.
        (count(60) - count(10)) as f64 / 50.0
    };
    let sends = spent(Engine::Postgres, "sendto,sendmsg,write,writev");
    // Results and progress are writes too; a run with JSON has none of them for a step.
    assert!(sends <= 1.1, "{sends} sends a revision on PostgreSQL");
    let syncs = spent(Engine::Sqlite, "fsync,fdatasync");
    assert!(syncs <= 4.0, "{syncs} waits for the disk a revision on SQLite");
}

/// A statement that goes by itself, with the note that it is done: one send, or two where the server's messages quote what follows.
#[test]
fn a_statement_by_itself_costs_no_more_sends_than_it_must() {
    if !may_trace() {
        return;
    }
    for (engine, most) in [(Engine::Postgres, 1.1), (Engine::Mariadb, 2.1)] {
        let count = |rows: usize| {
            let (project, _database) = one_by_one(engine, &"INSERT INTO t VALUES (1);\n".repeat(rows));
            count_calls(&project, "sendto,sendmsg,write,writev", "upgrade --format json").values().sum::<usize>()
        };
        let sends = (count(60) - count(10)) as f64 / 50.0;
        assert!(sends <= most, "{sends} sends a statement on {engine}");
    }
}

/// A table, and a script that goes a statement at a time.
fn one_by_one(engine: Engine, statements: &str) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    let up = format!("CREATE TABLE t (id INTEGER);\n{statements}");
    project.revision("auth", "1_rows", "parents = []\ntransaction = false\n", &[("up.sql", &up)]);
    (project, database)
}

/// The same transaction has written both.
#[test]
fn a_statement_and_its_note_are_one_transaction() {
    let watch = "CREATE TABLE seen (noted xid8);\nCREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen \
                 VALUES (pg_current_xact_id()); RETURN NULL; END $$;\nCREATE TRIGGER see AFTER UPDATE ON branchline_revision FOR EACH \
                 ROW EXECUTE FUNCTION see();\n";
    let rows = "INSERT INTO t VALUES (1);\nVACUUM t;\nINSERT INTO t VALUES (2);\nCOPY t FROM STDIN;\n3\n\\.\n";
    let (project, database) = one_by_one(Engine::Postgres, &format!("{watch}{rows}"));
    json(&project, "upgrade").success();
    let together = "SELECT string_agg(t.id::text, ' ' ORDER BY t.id) FROM t JOIN seen ON seen.noted::xid = t.xmin";
    assert_eq!(database.query_value(together), "1 2 3");
}

/// What is put off to the end of a transaction happens as it would where the statement is all of it: as the role of the script, and
/// what fails then leaves nothing of its statement.
#[test]
fn what_a_statement_puts_off_happens_before_its_note() {
    let role = format!("role_{}", std::process::id());
    let statements = format!(
        "CREATE TABLE who (name text);\nCREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id < 0 THEN RAISE \
         'negative'; END IF; INSERT INTO who VALUES (current_user); RETURN NULL; END $$;\nCREATE CONSTRAINT TRIGGER late AFTER \
         INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();\nCREATE ROLE {role};\nGRANT ALL ON who, t \
         TO {role};\nSET ROLE {role};\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (current_setting('role')::text <> \
         'none')::int;\n"
    );
    let statements = statements.replace(
        "VALUES (current_setting('role')::text <> 'none')::int",
        "SELECT (current_setting('role') <> 'none')::int",
    );
    let (project, database) = one_by_one(Engine::Postgres, &format!("{statements}INSERT INTO t VALUES (-1);\n"));
    let failed = json(&project, "upgrade").expect(1);
    let error = &failed.json()["error"];
    assert!(error["message"].as_str().unwrap().contains("negative"), "{failed}");
    assert_eq!(error["statement"], "INSERT INTO t VALUES (-1)", "{failed}");
    assert_eq!(
        database.query_value("SELECT string_agg(id::text, ' ') FROM t"),
        "1 1",
        "the role stays what it was set to"
    );
    assert_eq!(database.query_value("SELECT string_agg(DISTINCT name, ' ') FROM who"), role);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// A transaction of ours ends as we say, whatever the script has set for its own.
#[test]
fn what_a_script_sets_for_its_commits_is_not_for_ours() {
    for kind in ["CHAIN", "RELEASE"] {
        let statements = format!(
            "SET SESSION completion_type = '{kind}';\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nCREATE TABLE u (id int);\n"
        );
        let (project, database) = one_by_one(Engine::Mariadb, &statements);
        json(&project, "upgrade").success();
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "2", "{kind}");
    }
}

/// A table that is built anew, and the note of it.
#[test]
fn a_rebuild_that_goes_by_itself() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Sqlite);
    project.database("auth", &database);
    script(
        &project,
        "auth",
        "1",
        &[],
        &[],
        "CREATE TABLE t (id INTEGER, a TEXT);\nINSERT INTO t VALUES (1, 'x');\n",
        "",
    );
    let up = "[[step]]\nalter_column = \"t.a\"\nnull = false\n\n[[step]]\nalter_column = \"t.id\"\nnull = false\n\n[[step]]\n\
              insert = \"t\"\nrows = [{ id = 2, a = \"y\" }]\n";
    let manifest = "parents = [\"1\"]\ntransaction = false\n";
    project.revision("auth", "2_rebuild", manifest, &[("up.toml", up)]);
    json(&project, "upgrade").success();
    assert_eq!(database.query_value("SELECT count(*) FROM t"), "2");
    assert!(database.try_execute("INSERT INTO t VALUES (3, NULL)").is_err());
    let done = "SELECT statements_done || ' of ' || statements_total FROM branchline_revision WHERE id = '2'";
    let done = database.query_value(done);
    let (first, last) = done.split_once(" of ").unwrap();
    assert_eq!(first, last);
}

#[test]
fn nothing_to_do_writes_no_byte_to_an_sqlite_file() {
    if !may_trace() {
        return;
    }
    let (project, _database) = chain(Engine::Sqlite, 5);
    json(&project, "upgrade").success();
    let calls = count_calls(&project, "fsync,fdatasync,pwrite64,unlink,rename,ftruncate", "upgrade --format json");
    assert!(calls.is_empty(), "{calls:?}");
}

/// Applies `1`, which changes its session, and `2`, whose script must not notice.
fn leaks(engine: Engine, transaction: bool, changes: &str, notices: &str) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    let manifest = format!("description = \"Changes\"\nparents = []\ntransaction = {transaction}\n");
    project.revision("auth", "1_changes", &manifest, &[("up.sql", changes)]);
    script(&project, "auth", "2", &["1"], &[], notices, "");
    table(&project, "auth", "3", &["2"], &[]);
    let outcome = json(&project, "upgrade");
    assert_eq!(outcome.code, Some(0), "{engine} {transaction}: {changes}\n{outcome}");
    assert!(tables(&database).contains(&"auth_3".to_owned()), "{engine} {transaction}: {changes}");
    let count = "SELECT count(*) FROM branchline_revision WHERE state = 'applied'";
    assert_eq!(database.query_value(count), "3", "{engine} {transaction}: {changes}");
}

/// Fails where the condition does not hold.
fn postgres_assert(condition: &str) -> String {
    format!("DO $$ BEGIN ASSERT {condition}; END $$;\n")
}

#[test]
fn settings_of_a_script_do_not_reach_the_next_one_on_postgres() {
    for transaction in [true, false] {
        for (changes, holds) in [
            ("SET search_path = '';\n", "current_setting('search_path') LIKE '%public%'"),
            (
                "SELECT pg_catalog.set_config('search_path', '', false);\n",
                "current_setting('search_path') LIKE '%public%'",
            ),
            ("SET TIME ZONE 'Asia/Tokyo';\n", "current_setting('timezone') <> 'Asia/Tokyo'"),
            ("SET timezone = 'Asia/Tokyo';\n", "current_setting('timezone') <> 'Asia/Tokyo'"),
            ("SET ROLE pg_monitor;\n", "current_user = session_user"),
            ("SET SESSION AUTHORIZATION pg_monitor;\n", "session_user <> 'pg_monitor'"),
            ("SET default_transaction_read_only = on;\n", "current_setting('transaction_read_only') = 'off'"),
            ("SET standard_conforming_strings = off;\n", "current_setting('standard_conforming_strings') = 'on'"),
            ("SET client_encoding = 'LATIN1';\n", "current_setting('client_encoding') = 'UTF8'"),
            ("SET statement_timeout = 1;\n", "current_setting('statement_timeout') <> '1ms'"),
            ("SET check_function_bodies = false;\n", "current_setting('check_function_bodies') = 'on'"),
            ("SET row_security = off;\n", "current_setting('row_security') = 'on'"),
        ] {
            leaks(Engine::Postgres, transaction, changes, &postgres_assert(holds));
        }
    }
}

#[test]
fn settings_of_a_script_do_not_reach_the_next_one_on_sqlite() {
    for transaction in [true, false] {
        for (changes, holds) in [
            ("PRAGMA ignore_check_constraints = ON;\n", "(SELECT count(*) FROM positive) = 0"),
            ("PRAGMA recursive_triggers = ON;\n", "(SELECT recursive_triggers FROM pragma_recursive_triggers) = 0"),
            ("/**/ PRAGMA case_sensitive_like = ON;\n", "'a' LIKE 'A'"),
            ("CREATE TEMP TABLE mine (id int);\n", "(SELECT count(*) FROM sqlite_temp_master) = 0"),
            ("CREATE TEMPORARY VIEW mine AS SELECT 1;\n", "(SELECT count(*) FROM sqlite_temp_master) = 0"),
        ] {
            let notices = format!(
                "CREATE TABLE positive (id int CHECK (id > 0));\nINSERT OR IGNORE INTO positive VALUES (-1);\n\
                 CREATE TABLE holds (it NOT NULL);\nINSERT INTO holds SELECT CASE WHEN {holds} THEN 1 END;\n"
            );
            leaks(Engine::Sqlite, transaction, changes, &notices);
        }
    }
}

/// What a dump of MariaDB or MySQL begins with, and what scripts set by hand.
#[test]
fn settings_of_a_script_do_not_reach_the_next_one_on_mariadb() {
    for (changes, holds) in [
        ("SET foreign_key_checks = 0;\n", "@@foreign_key_checks = 1"),
        ("SET unique_checks = 0;\n", "@@unique_checks = 1"),
        ("SET sql_mode = 'ANSI_QUOTES';\n", "@@sql_mode NOT LIKE '%ANSI_QUOTES%'"),
        ("SET sql_mode = 'NO_BACKSLASH_ESCAPES';\n", "@@sql_mode NOT LIKE '%NO_BACKSLASH_ESCAPES%'"),
        ("SET time_zone = '+09:00';\n", "@@time_zone <> '+09:00'"),
        ("SET NAMES latin1;\n", "@@character_set_client = 'utf8mb4' AND @@character_set_connection = 'utf8mb4'"),
        ("SET SESSION TRANSACTION READ ONLY;\n", "@@tx_read_only = 0"),
    ] {
        let notices = format!(
            "BEGIN NOT ATOMIC IF NOT ({holds}) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'it leaks'; END IF; END;\n"
        );
        leaks(Engine::Mariadb, true, changes, &notices);
    }
}
