//! Revisions that cannot be one transaction and were left half-way: shown, in everybody's way, finished or settled.

#[path = "../support/mod.rs"]
mod support;

mod in_doubt;
mod packet;

use support::{Engine, TestDatabase, TestProject};

const MANIFEST: &str = "description = \"Two tables\"\nparents = []\ntransaction = false\n";
const BROKEN: &str = "CREATE TABLE one (id int);\n\nCREATE TABEL two (id int);\nCREATE TABLE three (id int);\n";
const MENDED: &str = "CREATE TABLE one (id int);\n\nCREATE TABLE two (id int);\nCREATE TABLE three (id int);\n";

fn broken(engine: Engine) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.branch("auth", "");
    project.revision(
        "auth",
        "0001_tables",
        MANIFEST,
        &[("up.sql", BROKEN), ("down.sql", "DROP TABLE three;\nDROP TABLE two;\nDROP TABLE one;\n")],
    );
    project.revision("auth", "0002_more", "parents = [\"0001\"]\n", &[("up.sql", "CREATE TABLE four (id int);\n")]);
    project.database("auth", &database);
    (project, database)
}

/// A word that only a syntax check can find is found by the database alone: Branchline hands SQL over as it stands.
fn leave_half_way(project: &TestProject) {
    let failed = project.run_line("upgrade --format json").expect(1).json();
    assert_eq!(failed["error"]["file"], "migrations/auth/0001_tables/up.sql");
    assert_eq!(failed["error"]["line"], 3);
    assert_eq!(failed["steps"][0]["outcome"], "failed");
    assert_eq!(failed["steps"][1]["outcome"], "not_started");
    let status = project.run_line("status --format json").success().json();
    assert_eq!(status["branches"][0]["state"], "dirty");
    assert_eq!(status["branches"][0]["unfinished"][0]["revision"], "0001");
    assert_eq!(status["branches"][0]["unfinished"][0]["done"], 1);
    assert_eq!(status["branches"][0]["unfinished"][0]["total"], 3);
    for refused in ["upgrade", "downgrade auth@base --yes", "stamp auth@0001", "plan"] {
        let error = project.run_line(&format!("{refused} --format json")).expect(6).json();
        assert_eq!(error["error"]["kind"], "unfinished", "{refused}");
    }
}

#[test]
fn resume_goes_on_with_the_statement_that_was_refused() {
    for engine in Engine::ALL {
        let (project, database) = broken(engine);
        leave_half_way(&project);
        project.run_line("resume auth").expect(1);
        project.write("migrations/auth/0001_tables/up.sql", MENDED);
        let refused = project.run_line("resume auth --format json").expect(6).json();
        assert_eq!(refused["error"]["kind"], "checksum_mismatch");
        let resumed = project.run_line("resume auth --accept-edited --format json").success().json();
        assert_eq!(resumed["steps"][0]["outcome"], "applied");
        assert_eq!(resumed["branches"][0]["applied"], serde_json::json!(["0001"]));
        project.run_line("upgrade").success();
        for table in ["one", "two", "three", "four"] {
            assert_eq!(database.query_value(&format!("SELECT count(*) FROM {table}")), "0");
        }
        for nothing in ["resume auth", "resume auth --from 9 --dry-run", "repair auth --applied"] {
            let refused = project.run_line(&format!("{nothing} --format json")).expect(6).json();
            assert_eq!(refused["error"]["kind"], "nothing_unfinished", "{engine} {nothing}");
        }
    }
}

/// The hint that a failure gives is the way that works.
#[test]
fn the_hint_of_a_failure_half_way() {
    for engine in Engine::ALL {
        let (project, _database) = broken(engine);
        let failed = project.run_line("upgrade --format json").expect(1).json();
        let hint = failed["error"]["hint"].as_str().unwrap();
        let way = "branchline resume auth --accept-edited";
        assert!(hint.contains("1 of its 3 statements took effect") && hint.contains(way), "{engine}: {hint}");
        let far = project.run_line("resume auth --from 9 --format json").expect(6).json();
        assert_eq!(
            far["error"]["message"], "auth@0001: there is no statement 9 to go on with: its script has 3 statements",
            "{engine}"
        );
        project.write("migrations/auth/0001_tables/up.sql", MENDED);
        project.run_line(way.strip_prefix("branchline ").unwrap()).success();
        // Down again, with a script whose checksum nobody has recorded.
        project.write("migrations/auth/0001_tables/down.sql", "DROP TABLE three;\nDROP TABEL two;\nDROP TABLE one;\n");
        let failed = project.run_line("downgrade auth@base --yes --format json").expect(1).json();
        let hint = failed["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("`branchline resume auth` goes on"), "{engine}: {hint}");
    }
}

/// Between the look and the lock, a person may take a long time to agree.
#[test]
fn resume_goes_on_only_with_what_was_looked_at() {
    use branchline::run::{Cancel, Coordinator, Event, Resume, RunError, RunOptions};
    let (project, database) = broken(Engine::Sqlite);
    leave_half_way(&project);
    let options = branchline::revision::LoadOptions { checksums: true };
    let workspace = branchline::workspace::Workspace::load(project.path(), options).unwrap();
    let auth = "auth".parse().unwrap();
    let urls = branchline::workspace::Urls::of([("auth".parse().unwrap(), database.url().parse().unwrap())]);
    let watch = |_: Event<'_>| {};
    let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), Cancel::new(), &watch);
    let resume = Resume { from: None, accept_edited: true, wait: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for change in ["the script", "the state"] {
        let planned = runtime.block_on(coordinator.plan_resume(&auth, resume)).unwrap();
        match change {
            "the script" => _ = project.write("migrations/auth/0001_tables/up.sql", MENDED),
            _ => database.execute("UPDATE branchline_revision SET statements_done = 0"),
        }
        let refused = runtime.block_on(coordinator.resume(&auth, &planned)).unwrap_err();
        assert!(matches!(&refused, RunError::Plan(_)), "{change}: {refused:?}");
        assert!(refused.to_string().contains("has changed since it was looked at"), "{change}: {refused}");
    }
}

/// What a dry run shows is refused where the run would be.
#[test]
fn resume_looks_whose_database_it_is() {
    let (project, database) = broken(Engine::Sqlite);
    leave_half_way(&project);
    project.write("branchline.toml", "project = \"shop\"\n");
    database.execute("UPDATE branchline_binding SET project = 'other'");
    for line in ["resume auth --dry-run", "resume auth", "repair auth --applied"] {
        let refused = project.run_line(&format!("{line} --format json")).expect(6).json();
        assert_eq!(refused["error"]["kind"], "wrong_database", "{line}");
    }
}

#[test]
fn repair_takes_the_users_word() {
    for engine in Engine::ALL {
        let (project, database) = broken(engine);
        leave_half_way(&project);
        project.run_line("repair auth").expect(2);
        database.execute("DROP TABLE one");
        project.run_line("repair auth --not-applied").success();
        project.write("migrations/auth/0001_tables/up.sql", MENDED);
        project.run_line("upgrade").success();
        assert_eq!(
            database.query_value("SELECT count(*) FROM branchline_event WHERE kind = 'repair'"),
            "1",
            "the journal knows who said so"
        );

        let (project, database) = broken(engine);
        leave_half_way(&project);
        database.execute("CREATE TABLE two (id int)");
        database.execute("CREATE TABLE three (id int)");
        project.run_line("repair auth --applied").success();
        let status = project.run_line("status --format json").success().json();
        assert_eq!(status["branches"][0]["current"], serde_json::json!(["0001"]));
    }
}

/// What was run then is not what the script says now: nothing is looked for.
#[test]
fn a_statement_in_doubt_of_an_edited_script_is_asked_for() {
    for engine in Engine::ALL {
        let (project, database) = broken(engine);
        leave_half_way(&project);
        // What a killed client leaves: progress, and no word from the database.
        database.execute("UPDATE branchline_revision SET error = NULL");
        let refused = project.run_line("upgrade --format json").expect(6).json();
        let hint = refused["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("`branchline resume auth` looks in the database"), "{engine}: {hint}");
        project.write("migrations/auth/0001_tables/up.sql", MENDED);
        let refused = project.run_line("resume auth --accept-edited --format json").expect(6).json();
        assert_eq!(refused["error"]["kind"], "unfinished");
        let (message, hint) = (&refused["error"]["message"], refused["error"]["hint"].as_str().unwrap());
        assert!(message.as_str().unwrap().ends_with("its script was edited since"), "{engine}: {message}");
        assert!(hint.contains("resume auth --from 2") && hint.contains("--from 3"), "{engine}: {hint}");
        project.run_line("resume auth --accept-edited --from 2").success();
        assert_eq!(database.query_value("SELECT count(*) FROM three"), "0");
    }
}

/// The first statement may have taken effect in the run that died: where it then fails, nobody can call it not applied.
#[test]
fn a_first_statement_in_doubt_stays_half_way_where_it_fails_again() {
    for engine in Engine::ALL {
        let (project, database) = broken(engine);
        leave_half_way(&project);
        database.execute("UPDATE branchline_revision SET error = NULL, statements_done = 0");
        project.run_line("resume auth --from 1").expect(1);
        let status = project.run_line("status --format json").success().json();
        assert_eq!(status["branches"][0]["state"], "dirty", "{engine}: table `one` is there");
        project.write("migrations/auth/0001_tables/up.sql", MENDED);
        project.run_line("resume auth --from 2 --accept-edited").success();
        assert_eq!(database.query_value("SELECT count(*) FROM three"), "0");
    }
}

/// It would be in the way, and IF NOT EXISTS would take it for the one that is meant.
#[test]
fn an_index_half_built_by_a_run_that_died_is_built_anew() {
    for built in ["ux_one", "IF NOT EXISTS ux_one", "IF NOT EXISTS \"Ux\"\"One\""] {
        let mut project = TestProject::new();
        let database = TestDatabase::new(Engine::Postgres);
        project.branch("auth", "");
        project.database("auth", &database);
        let index = format!("CREATE UNIQUE INDEX CONCURRENTLY {built} ON one(id)");
        let script = format!("{index};\nINSERT INTO later VALUES (1);\n");
        project.revision("auth", "0001_table", "parents = []\n", &[("up.sql", "CREATE TABLE one (id int);\n")]);
        let manifest = "parents = [\"0001\"]\ntransaction = false\n";
        project.revision("auth", "0002_index", manifest, &[("up.sql", &script)]);
        project.run_line("upgrade").expect(1);
        // As it is after a kill: the index is invalid, and nobody has come to write down how the statement ended.
        for sql in [
            "UPDATE branchline_revision SET error = NULL, statements_done = 0 WHERE id = '0002'".to_owned(),
            "DO $$ DECLARE i text; BEGIN SELECT indexrelid::regclass INTO i FROM pg_index WHERE indrelid = 'one'::regclass; \
             EXECUTE 'DROP INDEX ' || i; END $$"
                .to_owned(),
            "CREATE TABLE later (id int); INSERT INTO one VALUES (1), (1)".to_owned(),
            "CREATE SCHEMA other; CREATE TABLE other.one AS SELECT * FROM one".to_owned(),
        ] {
            database.execute(&sql);
        }
        database.try_execute(&index).unwrap_err();
        database.try_execute(&index.replace("ON one", "ON other.one")).unwrap_err();
        database.execute("DELETE FROM one");
        project.run_line("resume auth --from 1").success();
        let valid = "SELECT string_agg(n.nspname || ' ' || i.indisvalid, ', ' ORDER BY n.nspname) FROM pg_index i JOIN pg_class c ON \
                     c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'one'";
        assert_eq!(database.query_value(valid), "other false, public true", "{index}");
    }
}

#[test]
fn a_script_whose_first_statement_is_refused_leaves_nothing() {
    for engine in Engine::ALL {
        let (project, database) = broken(engine);
        project.write("migrations/auth/0001_tables/up.sql", "CREATE TABEL one (id int);\nCREATE TABLE two (id int);\n");
        project.run_line("upgrade").expect(1);
        let status = project.run_line("status --format json").success().json();
        assert_eq!(status["branches"][0]["state"], "empty");
        assert_eq!(
            database.query_value("SELECT count(*) FROM branchline_event WHERE kind = 'apply' AND outcome = 'failed'"),
            "1",
            "the journal knows of the attempt"
        );
        project.write("migrations/auth/0001_tables/up.sql", MENDED);
        project.run_line("upgrade").success();
    }
}

#[test]
fn a_failed_concurrent_index_leaves_no_invalid_one_behind() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Postgres);
    project.branch("auth", "");
    project.database("auth", &database);
    let index = "CREATE UNIQUE INDEX CONCURRENTLY ux_one ON one (id);\n";
    project.revision("auth", "0001_table", "parents = []\n", &[("up.sql", "CREATE TABLE one (id int);\n")]);
    project.revision("auth", "0002_index", "parents = [\"0001\"]\ntransaction = false\n", &[("up.sql", index)]);
    project.run_line("upgrade auth@0001").success();
    database.execute("INSERT INTO one VALUES (1), (1)");
    project.run_line("upgrade").expect(1);
    assert_eq!(database.query_value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    database.execute("DELETE FROM one");
    project.run_line("upgrade").success();
}

#[test]
fn state_tables_of_a_newer_version_are_left_alone() {
    for engine in Engine::ALL {
        let (project, database) = broken(engine);
        project.write("migrations/auth/0001_tables/up.sql", MENDED);
        project.run_line("upgrade").success();
        database.execute("UPDATE branchline_binding SET layout = 99");
        let refused = project.run_line("status --format json").expect(1).json();
        assert_eq!(refused["error"]["kind"], "invalid_state");
    }
}

/// What the statements before the failure have set in their session holds for those that are resumed: zero stays zero.
#[test]
fn what_the_session_had_set_is_set_again() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Mariadb);
    project.branch("auth", "");
    let up = |name: &str| {
        format!(
            "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY);\nSET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\n\
             {name} INTO t VALUES (7);\nINSERT INTO t VALUES (0);\n"
        )
    };
    project.revision("auth", "0001_t", MANIFEST, &[("up.sql", &up("INSRET"))]);
    project.database("auth", &database);
    project.run_line("upgrade").expect(1);
    project.write("migrations/auth/0001_t/up.sql", up("INSERT"));
    project.run_line("resume auth --accept-edited").success();
    assert_eq!(database.query_value("SELECT min(id) FROM t"), "0");
}
