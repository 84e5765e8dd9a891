//! Statements that wait for another session's locks: who that is, and trying again.

mod support;

use support::pair::{json, kind, script, state, steps, table, tables};
use support::running::{end, start, until};
use support::{Engine, TestDatabase, TestProject};

const ENGINES: [Engine; 2] = [Engine::Postgres, Engine::Mariadb];

/// `auth_1` is there; the next revision makes a table and then changes that one.
fn project(engine: Engine) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    table(&project, "auth", "1", &[], &[]);
    json(&project, "upgrade").success();
    let up = "CREATE TABLE made (id INTEGER);\nALTER TABLE auth_1 ADD COLUMN name VARCHAR(9);\n";
    script(&project, "auth", "2", &["1"], &[], up, "ALTER TABLE auth_1 DROP COLUMN name;\nDROP TABLE made;\n");
    (project, database)
}

/// The test's own session keeps a transaction open that has read the table.
fn block(database: &TestDatabase) -> String {
    database.execute("BEGIN");
    database.query_strings("SELECT * FROM auth_1");
    match database.engine() {
        Engine::Postgres => format!("server process {}", database.query_value("SELECT pg_backend_pid()::text")),
        _ => format!("connection {}", database.query_value("SELECT CAST(connection_id() AS CHAR)")),
    }
}

#[test]
fn whoever_is_in_the_way_is_named() {
    for engine in ENGINES {
        let (project, database) = project(engine);
        let blocker = block(&database);
        let failed = json(&project, "upgrade --lock-timeout 1s --lock-retries 0").expect(1);
        assert_eq!(kind(&failed), "blocked", "{engine}\n{failed}");
        let hint = failed.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(
            hint.contains(&format!("it waited for {}", if engine == Engine::Mariadb { "perhaps " } else { "" })),
            "{hint}"
        );
        assert!(hint.contains(&blocker), "{engine}: {blocker}: {hint}");
        assert!(hint.contains("in a transaction for"), "{engine}: {hint}");
        assert_eq!(failed.json()["error"]["line"], 2, "{engine}\n{failed}");
        database.execute("ROLLBACK");
    }
}

/// A backup that keeps writers out of our own tables is not waited for any longer: the server would wait for a day.
#[test]
fn our_own_tables_are_waited_for_no_longer() {
    let (project, database) = project(Engine::Mariadb);
    database.execute("LOCK TABLES branchline_event READ");
    let failed = json(&project, "upgrade --lock-timeout 1s").expect(1);
    assert_eq!(kind(&failed), "blocked", "{failed}");
    database.execute("UNLOCK TABLES");
    json(&project, "upgrade").success();
}

/// InnoDB knows who holds a row.
#[test]
fn whoever_holds_a_row_is_named_for_certain() {
    let (project, database) = project(Engine::Mariadb);
    script(&project, "auth", "2", &["1"], &[], "UPDATE auth_1 SET id = 8;\n", "SELECT 1;\n");
    database.execute("INSERT INTO auth_1 VALUES (7)");
    database.execute("BEGIN");
    database.execute("UPDATE auth_1 SET id = 9 WHERE id = 7");
    let connection = database.query_value("SELECT CAST(connection_id() AS CHAR)");
    let failed = json(&project, "upgrade --lock-timeout 2s --lock-retries 0").expect(1);
    let hint = failed.json()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains(&format!("it waited for connection {connection} of ")), "{failed}");
    database.execute("ROLLBACK");
}

/// What lost is tried again from where it stands, and what was done before is not done twice.
#[test]
fn what_lost_to_a_lock_is_tried_again() {
    for engine in ENGINES {
        let (project, database) = project(engine);
        block(&database);
        let run = start(&project, "upgrade --lock-timeout 1s --lock-retries 20 --format json");
        until("the first attempt is lost", || {
            let events = json(&project, "events auth").success().json();
            events["events"].as_array().unwrap().iter().any(|event| event["outcome"] == "failed")
        });
        database.execute("ROLLBACK");
        let done = end(run).success();
        assert_eq!(steps(&done), ["auth@2 up applied"], "{engine}\n{done}");
        assert!(done.stderr.contains("trying again in"), "{engine}\n{done}");
        assert_eq!(tables(&database), ["auth_1", "made"], "{engine}");
        let runs = json(&project, "runs --last 1").success().json();
        assert_eq!(runs["runs"][0]["outcome"], "done", "{engine}: {runs}");
    }
}

/// A variable keeps what it was given, though what is written of a failure changes what the session says of its last row.
#[test]
fn what_a_session_has_kept_is_not_asked_for_again() {
    let (project, database) = project(Engine::Mariadb);
    let up = "CREATE TABLE made (id INTEGER AUTO_INCREMENT PRIMARY KEY, a BIGINT) AUTO_INCREMENT = 1000;\n\
              INSERT INTO made (a) VALUES (0);\nSET @id = LAST_INSERT_ID();\nALTER TABLE auth_1 ADD COLUMN n INTEGER;\n\
              INSERT INTO made (a) VALUES (@id);\n";
    script(&project, "auth", "2", &["1"], &[], up, "DROP TABLE made;\nALTER TABLE auth_1 DROP COLUMN n;\n");
    block(&database);
    let run = start(&project, "upgrade --lock-timeout 1s --lock-retries 20 --format json");
    until("the first attempt is lost", || {
        let events = json(&project, "events auth").success().json();
        events["events"].as_array().unwrap().iter().any(|event| event["outcome"] == "failed")
    });
    database.execute("ROLLBACK");
    end(run).success();
    assert_eq!(database.query_value("SELECT group_concat(a ORDER BY id) FROM made"), "0,1000");
    json(&project, "downgrade auth@1 --yes").success();
    // Where the session itself is asked, it is not tried again, and another one is not asked at all.
    script(&project, "auth", "2", &["1"], &[], &up.replace("@id);", "LAST_INSERT_ID());"), "DROP TABLE made;\n");
    block(&database);
    let failed = json(&project, "upgrade --lock-timeout 300ms --lock-retries 2").expect(1);
    database.execute("ROLLBACK");
    assert!(!failed.stderr.contains("trying again"), "{failed}");
    for line in ["resume auth", "resume auth --from 4"] {
        let refused = json(&project, line).expect(6);
        let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("statement 3 has given a variable what it found then"), "{refused}");
    }
    assert_eq!(database.query_value("SELECT count(*) FROM made"), "1");
    // What the script says itself needs no session.
    let edited = up.replace("LAST_INSERT_ID()", "1000");
    script(&project, "auth", "2", &["1"], &[], &edited, "DROP TABLE made;\n");
    json(&project, "resume auth --accept-edited --yes").success();
    assert_eq!(database.query_value("SELECT group_concat(a ORDER BY id) FROM made"), "0,1000");
}

/// So it is with one that is interrupted.
#[test]
fn what_may_have_done_a_part_is_asked_for_where_it_is_interrupted() {
    let (project, database) = project(Engine::Mariadb);
    let up = "CREATE TABLE made (id INTEGER);\n\
              CREATE PROCEDURE part() BEGIN INSERT INTO made VALUES (1); INSERT INTO made SELECT sleep(61); END;\nCALL part();\n";
    script(&project, "auth", "2", &["1"], &[], up, "DROP TABLE made;\n");
    let run = start(&project, "upgrade --format json");
    let count =
        "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO made SELECT sleep(61)%'";
    until("the procedure sleeps", || database.query_value(count) != "0");
    let process = run.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    end(run).expect(130);
    let refused = json(&project, "resume auth").expect(6);
    assert!(refused.json()["error"]["hint"].as_str().unwrap().contains("--from 3"), "{refused}");
    assert_eq!(database.query_value("SELECT count(*) FROM made"), "1");
}

/// What a procedure has committed before it lost would be done twice.
#[test]
fn what_may_have_done_a_part_is_not_tried_again() {
    for (engine, procedure) in [
        (
            Engine::Postgres,
            "CREATE PROCEDURE part() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO made VALUES (1); COMMIT; \
             ALTER TABLE auth_1 ADD COLUMN n INTEGER; END $$",
        ),
        (
            Engine::Mariadb,
            "CREATE PROCEDURE part() BEGIN INSERT INTO made VALUES (1); ALTER TABLE auth_1 ADD COLUMN n INTEGER; END",
        ),
    ] {
        let (project, database) = project(engine);
        let up = format!("CREATE TABLE made (id INTEGER);\n{procedure};\nCALL part();\n");
        let files = [("up.sql", up.as_str()), ("down.sql", "DROP TABLE made;\n")];
        project.revision("auth", "2_revision", "parents = [\"1\"]\ntransaction = false\n", &files);
        block(&database);
        let failed = json(&project, "upgrade --lock-timeout 300ms --lock-retries 2").expect(1);
        database.execute("ROLLBACK");
        assert_eq!(kind(&failed), "blocked", "{engine}\n{failed}");
        assert_eq!(database.query_value("SELECT count(*) FROM made"), "1", "{engine}\n{failed}");
        let hint = failed.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("`branchline resume auth --from 3`"), "{engine}: {hint}");
        assert_eq!(state(&failed, "auth"), "dirty 1", "{engine}\n{failed}");
        assert_eq!(kind(&json(&project, "resume auth").expect(6)), "unfinished", "{engine}");
    }
}

/// A procedure may fail by itself, behind what it has committed; one that is not there has done nothing.
#[test]
fn what_has_committed_a_part_before_it_failed_is_asked_for() {
    for (engine, procedure) in [
        (
            Engine::Postgres,
            "CREATE PROCEDURE part() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO made VALUES (1); COMMIT; PERFORM 1 / 0; END $$",
        ),
        (Engine::Mariadb, "CREATE PROCEDURE part() BEGIN INSERT INTO made VALUES (1); SELECT * FROM missing; END"),
    ] {
        let (project, database) = project(engine);
        let revision = |calls: &str| {
            let up = format!("CREATE TABLE made (id INTEGER);\n{procedure};\nCALL {calls}();\n");
            let files = [("up.sql", up.as_str()), ("down.sql", "DROP TABLE made;\n")];
            project.revision("auth", "2_revision", "parents = [\"1\"]\ntransaction = false\n", &files);
        };
        revision("nowhere");
        let failed = json(&project, "upgrade").expect(1);
        let hint = failed.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("goes on with the one that failed"), "{engine}\n{failed}");
        revision("part");
        let failed = json(&project, "resume auth --accept-edited").expect(1);
        let hint = failed.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("`branchline resume auth --from 3`"), "{engine}\n{failed}");
        assert_eq!(kind(&json(&project, "resume auth").expect(6)), "unfinished", "{engine}");
        assert_eq!(database.query_value("SELECT count(*) FROM made"), "1", "{engine}");
    }
}

#[test]
fn after_so_many_attempts_it_is_given_up() {
    for engine in ENGINES {
        let (project, database) = project(engine);
        block(&database);
        let failed = json(&project, "upgrade --lock-timeout 200ms --lock-retries 1").expect(1);
        assert_eq!(kind(&failed), "blocked", "{engine}\n{failed}");
        let attempts = "SELECT count(*) FROM branchline_event WHERE kind = 'apply' AND outcome = 'failed'";
        database.execute("ROLLBACK");
        assert_eq!(database.query_value(attempts), "2", "{engine}");
        // What the file says holds where nothing else is said.
        project.branch("auth", "[session]\nlock_timeout = \"200ms\"\nlock_retries = 0\n");
        if engine == Engine::Postgres {
            block(&database);
            json(&project, "upgrade").expect(1);
            database.execute("ROLLBACK");
            assert_eq!(database.query_value(attempts), "3");
            assert_eq!(state(&json(&project, "upgrade").success(), "auth"), "current 1,2");
        }
    }
}

/// Who waits long is told for whom.
#[test]
fn whoever_is_waited_for_is_told_at_once() {
    for engine in ENGINES {
        let (project, database) = project(engine);
        let blocker = block(&database);
        let run = start(&project, "upgrade --lock-timeout 6s");
        std::thread::sleep(std::time::Duration::from_millis(4500));
        database.execute("ROLLBACK");
        let done = end(run).success();
        assert!(done.stderr.contains("auth@2: waiting for ") && done.stderr.contains(&blocker), "{engine}\n{done}");
    }
}

#[test]
fn a_limit_of_time_for_statements() {
    for (engine, wait) in
        [(Engine::Postgres, "SELECT pg_sleep(60)"), (Engine::Mariadb, "INSERT INTO made SELECT sleep(60)")]
    {
        let (project, database) = project(engine);
        let up = format!("CREATE TABLE made (id INTEGER);\n{wait};\n");
        script(&project, "auth", "2", &["1"], &[], &up, "DROP TABLE made;\n");
        let failed = json(&project, "upgrade --statement-timeout 300ms").expect(1);
        assert_eq!(kind(&failed), "query_failed", "{engine}\n{failed}");
        let hint = failed.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("statement_timeout"), "{engine}\n{failed}");
        assert_eq!(database.query_value("SELECT count(*) FROM branchline_revision WHERE state = 'applied'"), "1");
    }
}

/// The kernel knows who holds a file.
#[test]
fn whoever_holds_a_file_is_named() {
    use sqlx::Connection as _;
    let (project, database) = project(Engine::Sqlite);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut holder = runtime.block_on(sqlx::SqliteConnection::connect(database.url())).unwrap();
    runtime.block_on(sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder)).unwrap();
    let locked = json(&project, "upgrade --lock-timeout 300ms").expect(4);
    let hint = locked.json()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.starts_with(&format!("process {} (", std::process::id())), "{locked}");
}
