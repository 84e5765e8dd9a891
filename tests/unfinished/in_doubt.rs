//! Statements that were under way when the run died: looked for in the database, and gone on with, so that nothing is done
//! twice and nothing is left out.

use serde_json::Value;

use crate::support::running::{end, start, until};
use crate::support::{Engine, TestDatabase, TestProject};

/// What is there before, on MariaDB.
const BEFORE: &str = "CREATE TABLE old (id int NOT NULL, a int);\nCREATE TABLE other (id int PRIMARY KEY);\n\
                      CREATE VIEW seen AS SELECT id FROM old;\nCREATE INDEX ix_there ON old (a);\n";

/// Statements that the catalog tells of on MariaDB, what takes them back, and what is said where they took effect.
const TOLD: &[(&str, &str, &str)] = &[
    (
        "CREATE TABLE made (id int, CONSTRAINT c_made CHECK (id > 0), KEY k_made (id), PRIMARY KEY (id))",
        "DROP TABLE made",
        "the table made is there",
    ),
    ("DROP TABLE old", "CREATE TABLE old (id int)", "the table old is not there"),
    ("RENAME TABLE old TO renamed", "RENAME TABLE renamed TO old", "the table old is not there"),
    ("ALTER TABLE old RENAME TO renamed", "RENAME TABLE renamed TO old", "the table old is not there"),
    ("ALTER TABLE old ADD COLUMN b int", "ALTER TABLE old DROP COLUMN b", "the column b of old is there"),
    ("ALTER TABLE old DROP COLUMN id", "ALTER TABLE old ADD COLUMN id int", "the column id of old is not there"),
    (
        "ALTER TABLE old CHANGE id number bigint",
        "ALTER TABLE old CHANGE number id int",
        "the column id of old is not there",
    ),
    ("CREATE INDEX ix_old ON old (id)", "DROP INDEX ix_old ON old", "the index ix_old is there"),
    ("DROP INDEX ix_there ON old", "CREATE INDEX ix_there ON old (a)", "the index ix_there is not there"),
    (
        "ALTER TABLE old ADD CONSTRAINT fk_old FOREIGN KEY (a) REFERENCES other (id)",
        "ALTER TABLE old DROP FOREIGN KEY fk_old",
        "the constraint fk_old of old is there",
    ),
    (
        "ALTER TABLE old ADD CONSTRAINT c_old CHECK (a > 0)",
        "ALTER TABLE old DROP CONSTRAINT c_old",
        "the constraint c_old of old is there",
    ),
    ("ALTER TABLE old ADD PRIMARY KEY (id)", "ALTER TABLE old DROP PRIMARY KEY", "the primary key of old is there"),
    ("CREATE VIEW v AS SELECT 1 AS one", "DROP VIEW v", "the view v is there"),
    ("DROP VIEW seen", "CREATE VIEW seen AS SELECT id FROM old", "the view seen is not there"),
    ("CREATE TRIGGER tr BEFORE INSERT ON old FOR EACH ROW SET NEW.a = 1", "DROP TRIGGER tr", "the trigger tr is there"),
    ("CREATE FUNCTION f() RETURNS int RETURN 1", "DROP FUNCTION f", "the function f is there"),
    ("CREATE PROCEDURE p() SELECT 1", "DROP PROCEDURE p", "the procedure p is there"),
    ("CREATE SEQUENCE s", "DROP SEQUENCE s", "the sequence s is there"),
    (
        "ALTER TABLE `old` ADD COLUMN `b\"; DROP TABLE x; --` int",
        "ALTER TABLE old DROP COLUMN `b\"; DROP TABLE x; --`",
        "is there",
    ),
];

/// A branch whose revision 2 is a script of three statements that go one by one.
fn three(engine: Engine, before: &str, statement: &str) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.branch("auth", "");
    project.database("auth", &database);
    project.revision("auth", "1_before", "parents = []\n", &[("up.sql", before)]);
    let up = format!("CREATE TABLE first (id int);\n{statement};\nCREATE TABLE last (id int);\n");
    let manifest = "parents = [\"1\"]\ntransaction = false\n";
    project.revision(
        "auth",
        "2_three",
        manifest,
        &[("up.sql", &up), ("down.sql", "DROP TABLE last;\nDROP TABLE first;\n")],
    );
    (project, database)
}

/// What a run leaves that died when it was at the second statement, whatever became of that.
fn die_at_the_second(project: &TestProject, database: &TestDatabase) {
    project.run_line("upgrade --yes").success();
    database.execute("DROP TABLE last");
    database.execute("UPDATE branchline_revision SET state = 'applying', statements_done = 1 WHERE id = '2'");
}

fn why(outcome: &Value) -> String {
    outcome["steps"][0]["why"].as_str().unwrap_or_default().to_owned()
}

/// Resumes; says what was found of the statement.
#[track_caller]
fn resume(project: &TestProject, database: &TestDatabase) -> String {
    let shown = project.run_line("resume auth --dry-run --format json").success().json();
    let resumed = project.run_line("resume auth --yes --format json").success().json();
    assert_eq!(why(&shown), why(&resumed), "what is shown is what is done");
    assert_eq!(resumed["branches"][0]["state"], "current", "{resumed:#}");
    assert_eq!(database.query_value("SELECT count(*) FROM last"), "0");
    why(&resumed)
}

#[test]
fn what_took_effect_is_not_done_again() {
    for (statement, _, shown) in TOLD {
        let (project, database) = three(Engine::Mariadb, BEFORE, statement);
        die_at_the_second(&project, &database);
        let found = resume(&project, &database);
        assert!(found.contains("2 of 3 statements done; statement 2 took effect: "), "{statement}: {found}");
        assert!(found.ends_with(shown), "{statement}: {found}");
    }
}

#[test]
fn what_took_no_effect_is_done() {
    for (statement, back, _) in TOLD {
        let (project, database) = three(Engine::Mariadb, BEFORE, statement);
        die_at_the_second(&project, &database);
        database.execute(back);
        let found = resume(&project, &database);
        assert!(found.contains("1 of 3 statements done; statement 2 took no effect: "), "{statement}: {found}");
        // It can be taken back once more: it was done.
        database.execute(back);
    }
}

/// Another table of the same name is not taken for a temporary one that went with its session.
#[test]
fn a_temporary_table_is_not_mistaken() {
    let (project, database) = three(Engine::Mariadb, BEFORE, "SELECT 1");
    let up = "CREATE TEMPORARY TABLE old (id int);\nINSERT INTO old VALUES (1);\nDROP TABLE old;\n";
    project.write("migrations/auth/2_three/up.sql", up);
    project.run_line("upgrade --yes").success();
    let die = "UPDATE branchline_revision SET state = 'applying', statements_done = 2 WHERE id = '2'";
    database.execute(die);
    for line in ["resume auth --yes", "resume auth --from 3 --yes"] {
        let refused = project.run_line(&format!("{line} --format json")).expect(6).json();
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("statement 3 works on a temporary table"), "{message}");
    }
    assert_eq!(database.query_value("SELECT count(*) FROM old"), "0");
    // From its beginning it makes its own.
    project.run_line("resume auth --from 1 --yes").success();
    assert_eq!(database.query_value("SELECT count(*) FROM old"), "0");
    database.execute(die);
    project.run_line("repair auth --applied").success();
}

#[test]
fn what_does_no_harm_is_done_again() {
    for (engine, statement) in [
        (Engine::Mariadb, "ALTER TABLE old MODIFY a bigint"),
        (Engine::Mariadb, "CREATE TABLE IF NOT EXISTS old (id int)"),
        (Engine::Mariadb, "CREATE OR REPLACE VIEW seen AS SELECT 1 AS one"),
        (Engine::Mariadb, "ANALYZE TABLE old"),
        (Engine::Postgres, "VACUUM old"),
        (Engine::Postgres, "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_new ON old (a)"),
        (Engine::Sqlite, "VACUUM"),
    ] {
        let (project, database) = three(engine, BEFORE, statement);
        die_at_the_second(&project, &database);
        let found = resume(&project, &database);
        assert!(found.ends_with("statement 2 is run again, which does no harm"), "{statement}: {found}");
    }
}

/// Where nothing tells, a person does.
#[test]
fn what_cannot_be_told_is_asked_for() {
    let half = "DROP TABLE one, two";
    for (statement, after, because) in [
        ("ALTER TABLE old ADD INDEX (id)", "", "leaves nothing to look for"),
        (
            "CREATE TABLE made AS SELECT 1 AS a",
            "",
            "the table made is there, and nothing says whether all its rows are",
        ),
        ("CALL prepare()", "", "cannot be told from its text"),
        ("TRUNCATE TABLE old", "", "rows may have been written since"),
        ("CREATE OR REPLACE TABLE old (id int)", "", "rows may have been written since"),
        (half, "CREATE TABLE one (id int)", "the table two is not there, but the table one is there"),
        ("INSERT INTO plain VALUES (1)", "", "a table whose engine takes nothing back"),
    ] {
        let before = format!(
            "{BEFORE}CREATE TABLE one (id int);\nCREATE TABLE two (id int);\nCREATE TABLE plain (id int) ENGINE = MyISAM;\n\
             CREATE PROCEDURE prepare() INSERT INTO one VALUES (1);\n"
        );
        let (project, database) = three(Engine::Mariadb, &before, statement);
        die_at_the_second(&project, &database);
        if !after.is_empty() {
            database.execute(after);
        }
        for line in ["resume auth --dry-run", "resume auth"] {
            let refused = project.run_line(&format!("{line} --yes --format json")).expect(6).json();
            let (message, hint) = (refused["error"]["message"].as_str().unwrap(), &refused["error"]["hint"]);
            assert!(message.contains("nobody knows whether statement 2 of 3 took effect"), "{statement}: {message}");
            assert!(message.contains(because), "{statement}: {message}");
            assert!(hint.as_str().unwrap().contains("`branchline resume auth --from 2`"), "{statement}: {hint}");
        }
        let status = project.run_line("status --format json").success().json();
        assert_eq!(status["branches"][0]["state"], "dirty");
        project.run_line("resume auth --from 3 --yes").success();
        assert_eq!(database.query_value("SELECT count(*) FROM last"), "0");
    }
}

/// The word of whoever looked is worth more than what we find.
#[test]
fn from_still_wins() {
    let (project, database) = three(Engine::Mariadb, BEFORE, "CREATE TABLE made (id int)");
    die_at_the_second(&project, &database);
    let again = project.run_line("resume auth --from 2 --format json").expect(1).json();
    assert!(again["error"]["message"].as_str().unwrap().contains("already exists"), "{again:#}");
}

#[test]
fn tables_are_told_apart_by_their_case_where_the_server_does() {
    let (project, database) = three(Engine::Mariadb, "CREATE TABLE Made (id int);\n", "CREATE TABLE made (id int)");
    if database.query_value("SELECT @@lower_case_table_names") != "0" {
        return;
    }
    die_at_the_second(&project, &database);
    database.execute("DROP TABLE made");
    let found = resume(&project, &database);
    assert!(found.ends_with("the table made is not there"), "{found}");
}

/// Of a statement that is one transaction with its note, nothing is there without the note.
#[test]
fn rows_are_written_once() {
    for engine in Engine::ALL {
        let (project, database) = three(engine, "CREATE TABLE t (id int);\n", "INSERT INTO t VALUES (1)");
        die_at_the_second(&project, &database);
        database.execute("DELETE FROM t");
        let found = resume(&project, &database);
        assert!(
            found.ends_with("statement 2 took no effect: it is one transaction with the note that it is done"),
            "{found}"
        );
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "1", "{engine}");
    }
}

/// What takes rows back is asked of the tables, and of all that may be written besides.
#[test]
fn a_table_of_another_engine_is_no_matter_where_nobody_writes_to_it() {
    let before = "CREATE TABLE t (id int);\nCREATE TABLE plain (id int) ENGINE = Aria;\n";
    let (project, database) = three(Engine::Mariadb, before, "INSERT INTO t VALUES (1)");
    die_at_the_second(&project, &database);
    database.execute("DELETE FROM t");
    let routines = "SELECT count(*) FROM information_schema.routines WHERE routine_schema NOT IN ('sys', 'mysql')";
    let triggers = "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema NOT IN ('sys', 'mysql')";
    // Other tests of this server may have made some at this moment.
    let alone =
        |database: &TestDatabase| database.query_value(routines) == "0" && database.query_value(triggers) == "0";
    if alone(&database) && project.run_line("resume auth --yes").code == Some(0) {
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "1");
    }
    let triggered = format!("{before}CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO plain VALUES (1);\n");
    let (project, database) = three(Engine::Mariadb, &triggered, "INSERT INTO t VALUES (1)");
    die_at_the_second(&project, &database);
    let refused = project.run_line("resume auth --yes --format json").expect(6).json();
    assert_eq!(refused["error"]["kind"], "unfinished", "{refused:#}");
}

#[test]
fn an_index_that_is_built_beside_the_table() {
    let before = "CREATE TABLE old (id int, a int);\nCREATE INDEX ix_there ON old (a);\n";
    for (statement, back, took, none) in [
        (
            "CREATE INDEX CONCURRENTLY ix_a ON old (a)",
            "DROP INDEX ix_a",
            "the index ix_a is there",
            "the index ix_a is not there",
        ),
        (
            "DROP INDEX CONCURRENTLY ix_there",
            "CREATE INDEX ix_there ON old (a)",
            "the index ix_there is not there",
            "the index ix_there is there",
        ),
    ] {
        let (project, database) = three(Engine::Postgres, before, statement);
        die_at_the_second(&project, &database);
        let found = resume(&project, &database);
        assert!(found.ends_with(&format!("statement 2 took effect: {took}")), "{found}");
        let (project, database) = three(Engine::Postgres, before, statement);
        die_at_the_second(&project, &database);
        database.execute(back);
        let found = resume(&project, &database);
        assert!(found.ends_with(&format!("statement 2 took no effect: {none}")), "{found}");
        database.execute(back);
    }
}

/// Beside the index that is to take its place, a rebuild that died leaves one that is of no use.
#[test]
fn what_a_rebuild_has_left_goes() {
    let before = "CREATE TABLE old (id int);\nCREATE UNIQUE INDEX ux ON old (id);\n";
    let (project, database) = three(Engine::Postgres, before, "REINDEX INDEX CONCURRENTLY ux");
    die_at_the_second(&project, &database);
    database.execute("INSERT INTO old VALUES (1)");
    // As the server leaves it: under the name that it builds under, and not valid.
    database.execute("CREATE INDEX ux_ccnew ON old (id)");
    database.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ux_ccnew'::regclass");
    resume(&project, &database);
    let there = "SELECT string_agg(indexrelid::regclass::text, ' ') FROM pg_index WHERE indrelid = 'old'::regclass";
    assert_eq!(database.query_value(there), "ux");
}

/// A name without a schema is looked for where the script says, and only its own session knew.
#[test]
fn an_index_of_a_script_that_moves_names_is_asked_for() {
    let before = "CREATE SCHEMA s;\nCREATE TABLE s.old (a int);\n";
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Postgres);
    project.branch("auth", "");
    project.database("auth", &database);
    project.revision("auth", "1_before", "parents = []\n", &[("up.sql", before)]);
    let up = "SET search_path = s;\nCREATE INDEX CONCURRENTLY ix_a ON old (a);\nCREATE TABLE last (id int);\n";
    let manifest = "parents = [\"1\"]\ntransaction = false\n";
    project.revision("auth", "2_three", manifest, &[("up.sql", up)]);
    project.run_line("upgrade --yes").success();
    database.execute("UPDATE branchline_revision SET state = 'applying', statements_done = 1 WHERE id = '2'");
    let refused = project.run_line("resume auth --format json").expect(6).json();
    assert!(refused["error"]["message"].as_str().unwrap().contains("where names are looked for"), "{refused:#}");
}

/// What the server lets into no transaction goes alone; whether it was done then, nobody can tell.
#[test]
fn what_turns_out_to_be_no_part_of_a_transaction_is_not_guessed_at() {
    // As functions of extensions do.
    let before = "CREATE TABLE t (id int);\nCREATE FUNCTION alone() RETURNS void LANGUAGE plpgsql AS $$ BEGIN IF current_query() \
                  LIKE 'BEGIN%' THEN RAISE 'cannot run inside a transaction block' USING ERRCODE = 'active_sql_transaction'; \
                  END IF; INSERT INTO t VALUES (1); END $$;\n";
    let (project, database) = three(Engine::Postgres, before, "SELECT alone()");
    die_at_the_second(&project, &database);
    assert_eq!(database.query_value("SELECT count(*) FROM t"), "1");
    for _ in 0..2 {
        let failed = project.run_line("resume auth --format json").expect(1).json();
        let (message, hint) = (failed["error"]["message"].as_str().unwrap(), &failed["error"]["hint"]);
        assert!(message.contains("nothing says whether it took effect"), "{message}");
        assert!(hint.as_str().unwrap().contains("`branchline resume auth --from 2`"), "{hint}");
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "1", "it was not run again");
    }
    project.run_line("resume auth --from 2").success();
    assert_eq!(database.query_value("SELECT count(*) FROM t"), "2", "by the word of whoever looked");
}

#[test]
fn a_way_down_goes_on_too() {
    let (project, database) = three(Engine::Mariadb, BEFORE, "CREATE TABLE made (id int)");
    project.run_line("upgrade --yes").success();
    for (undone, found_end) in
        [(false, "took effect: the table last is not there"), (true, "took no effect: the table last is there")]
    {
        database.execute(if undone { "CREATE TABLE last (id int)" } else { "DROP TABLE last" });
        database.execute("UPDATE branchline_revision SET state = 'reverting', statements_done = 0, statements_total = 2 WHERE id = '2'");
        let resumed = project.run_line("resume auth --yes --format json").success().json();
        assert!(why(&resumed).ends_with(found_end), "{resumed:#}");
        assert_eq!(resumed["branches"][0]["applied"], serde_json::json!(["1"]));
        database.execute("DROP TABLE made");
        project.run_line("upgrade --yes").success();
        database.execute("DROP TABLE last");
    }
}

/// Steps that are written out from the table's definition, on their way: by what they change.
#[test]
fn portable_steps_go_on() {
    for (step, took) in [
        ("drop_column = \"old.a\"", "statement 1 took effect: the column a of old is not there"),
        ("alter_column = \"old.a\"\ntype = \"bigint\"", "statement 1 is run again, which does no harm"),
        (
            "add_enum_value = \"mood\"\nvalue = \"it's fine\"\ncolumns = [\"moods.m\"]",
            "statement 1 took effect: the value 'it's fine' of the column m of moods is there",
        ),
        ("drop_index = \"ix_there\"\ntable = \"old\"", "statement 1 took effect: the index ix_there is not there"),
    ] {
        let mut project = TestProject::new();
        let database = TestDatabase::new(Engine::Mariadb);
        project.branch("auth", "");
        project.database("auth", &database);
        let before = format!("{BEFORE}CREATE TABLE moods (m enum('good', 'bad'));\n");
        project.revision("auth", "1_before", "parents = []\n", &[("up.sql", &before)]);
        let last = "\n[[step]]\ncreate_table = \"last\"\ncolumns = [{ name = \"id\", type = \"integer\" }]\n";
        project.revision(
            "auth",
            "2_steps",
            "parents = [\"1\"]\nirreversible = \"x\"\n",
            &[("up.toml", &format!("[[step]]\n{step}\n{last}"))],
        );
        project.run_line("upgrade --yes").success();
        database.execute("DROP TABLE last");
        database.execute("UPDATE branchline_revision SET state = 'applying', statements_done = 0 WHERE id = '2'");
        let found = resume(&project, &database);
        assert!(found.ends_with(took), "{step}: {found}");
    }
}

/// The last statement was noted, and the script's end was not.
#[test]
fn a_run_that_died_behind_its_last_statement_is_ended() {
    for engine in Engine::ALL {
        let (project, database) = three(engine, "CREATE TABLE t (id int);\n", "INSERT INTO t VALUES (1)");
        project.run_line("upgrade --yes").success();
        database.execute("UPDATE branchline_revision SET state = 'applying', statements_done = 3 WHERE id = '2'");
        let refused = project.run_line("upgrade --format json").expect(6).json();
        assert!(refused["error"]["hint"].as_str().unwrap().contains("`branchline resume auth` records that"));
        resume(&project, &database);
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "1", "{engine}");
    }
}

/// The client is gone, and the server still at its statement: resume waits for that, and then sees what came of it.
#[test]
fn resume_waits_for_what_the_server_still_does() {
    let (project, database) =
        three(Engine::Mariadb, "CREATE TABLE old (id int);\n", "ALTER TABLE old ADD COLUMN b int");
    project.run_line("upgrade auth@1").success();
    database.execute("START TRANSACTION");
    database.query_value("SELECT count(*) FROM old");
    let mut child = start(&project, "upgrade");
    let waits = format!(
        "SELECT count(*) FROM information_schema.processlist WHERE db = '{}' AND state LIKE '%metadata lock%'",
        database.name()
    );
    until("the ALTER that waits", || database.query_value(&waits) == "1");
    child.kill().unwrap();
    child.wait().unwrap();
    let shown = project.run_line("resume auth --dry-run --format json").expect(6).json();
    assert!(shown["error"]["message"].as_str().unwrap().contains("another run is working on it"), "{shown:#}");
    let resumed = start(&project, "resume auth --lock-timeout 60s --format json");
    std::thread::sleep(std::time::Duration::from_millis(300));
    database.execute("COMMIT");
    let resumed = end(resumed).success().json();
    assert_eq!(resumed["branches"][0]["state"], "current", "{resumed:#}");
    assert_eq!(database.query_value("SELECT count(*) FROM last"), "0");
    database.execute("ALTER TABLE old DROP COLUMN b");
}

/// Killed in the middle of an INSERT: it is done once, whether the server went on with it or gave it up.
#[test]
fn a_killed_client_leaves_no_rows_in_doubt() {
    for (engine, insert) in [
        (Engine::Postgres, "INSERT INTO t SELECT 1 FROM (SELECT pg_sleep(2)) AS slept"),
        (Engine::Mariadb, "INSERT INTO t SELECT sleep(2) + 1"),
        (
            Engine::Sqlite,
            "INSERT INTO t SELECT sum(n) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 9000000) SELECT n FROM c)",
        ),
    ] {
        let (project, database) = three(engine, "CREATE TABLE t (id bigint);\n", insert);
        let mut child = start(&project, "upgrade");
        until("the INSERT", || match engine {
            Engine::Sqlite => project.run_line("status --format json").json()["branches"][0]["state"] == "running",
            Engine::Postgres => {
                let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(2)%' AND pid <> pg_backend_pid()";
                database.query_value(busy) == "1"
            }
            Engine::Mariadb => {
                let busy = format!(
                    "SELECT count(*) FROM information_schema.processlist WHERE db = '{}' AND info LIKE '%sleep(2)%' AND id <> connection_id()",
                    database.name()
                );
                database.query_value(&busy) == "1"
            }
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = project.run_line("resume auth --lock-timeout 30s --format json").success().json();
        assert_eq!(resumed["branches"][0]["state"], "current", "{engine}: {resumed:#}");
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "1", "{engine}");
        assert_eq!(database.query_value("SELECT count(*) FROM last"), "0", "{engine}");
    }
}

/// The session is ended by the server, not by us: what is in doubt then is looked up as well.
#[test]
fn a_session_that_the_server_ended() {
    let (project, database) = three(Engine::Mariadb, "CREATE TABLE t (id int);\n", "KILL CONNECTION_ID()");
    let failed = project.run_line("upgrade --format json").expect(1).json();
    let hint = failed["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("`branchline resume auth` looks in the database whether statement 2 took effect"), "{hint}");
    assert_eq!(project.run_line("resume auth --format json").expect(6).json()["error"]["kind"], "unfinished");
    // Once more: what became of it is looked up after a resume, too.
    let failed = project.run_line("resume auth --from 2 --format json").expect(1).json();
    let hint = failed["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("`branchline resume auth` looks in the database whether statement 2 took effect"), "{hint}");
    assert_eq!(failed["branches"][0]["state"], "dirty", "{failed:#}");
    project.run_line("resume auth --from 3").success();
    assert_eq!(database.query_value("SELECT count(*) FROM last"), "0");
}
