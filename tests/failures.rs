//! What a failing script leaves behind, what the tables and the documents say of it, and what does not run because of it.

mod support;

use support::pair::{events, json, kind, script, state, steps, table, tables};
use support::{Engine, Pair, TestDatabase, TestProject};

/// One branch, `auth`, with an applied revision `1` and a revision `2` that fails at its third statement of four.
fn failing(engine: Engine) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    table(&project, "auth", "1", &[], &[]);
    json(&project, "upgrade").success();
    let up = "CREATE TABLE a (id INTEGER);\nINSERT INTO a (id) VALUES (1);\nINSERT INTO missing (id) VALUES (1);\n\
              CREATE TABLE b (id INTEGER);\n";
    script(&project, "auth", "2", &["1"], &[], up, "DROP TABLE b;\nDROP TABLE a;\n");
    table(&project, "auth", "3", &["2"], &[]);
    (project, database)
}

#[test]
fn a_failure_takes_everything_back_where_the_database_can() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let (project, database) = failing(engine);
        let failed = json(&project, "upgrade").expect(1);
        assert_eq!(steps(&failed), ["auth@2 up failed", "auth@3 up not_started"], "{engine}");
        let error = &failed.json()["error"];
        assert_eq!(error["kind"], "query_failed", "{engine}\n{failed}");
        assert_eq!((&error["branch"], &error["revision"]), (&"auth".into(), &"2".into()), "{engine}");
        assert_eq!(error["file"], "migrations/auth/2_revision/up.sql", "{engine}");
        assert_eq!(error["line"], 3, "{engine}\n{failed}");
        assert!(error["message"].as_str().unwrap().contains("missing"), "{engine}\n{failed}");
        assert_eq!(failed.json()["steps"][1]["blocked_by"], "auth@2", "{engine}\n{failed}");
        assert_eq!(tables(&database), ["auth_1"], "{engine}");
        assert_eq!(state(&failed, "auth"), "behind 1", "{engine}");
        assert_eq!(database.query_value("SELECT count(*) FROM branchline_revision"), "1", "{engine}");
        let event = "SELECT kind, outcome, revision, detail FROM branchline_event WHERE revision = '2' ORDER BY id DESC LIMIT 1";
        let event = database.query_strings(event)[0].clone();
        assert_eq!(event[..3], [Some("apply".into()), Some("failed".into()), Some("2".into())], "{engine}");
        assert!(event[3].as_ref().unwrap().contains("missing"), "{engine}: {event:?}");
        // It is as if it had not been tried: mended, it goes on.
        script(&project, "auth", "2", &["1"], &[], "CREATE TABLE a (id INTEGER);\n", "DROP TABLE a;\n");
        json(&project, "upgrade").success();
        assert_eq!(tables(&database), ["a", "auth_1", "auth_3"], "{engine}");
    }
}

#[test]
fn a_failure_stays_half_way_where_the_database_cannot() {
    let (project, database) = failing(Engine::Mariadb);
    let failed = json(&project, "upgrade --on-failure continue").expect(1);
    assert_eq!(steps(&failed), ["auth@2 up failed", "auth@3 up not_started"]);
    assert_eq!(failed.json()["error"]["line"], 3, "{failed}");
    assert_eq!(tables(&database), ["a", "auth_1"]);
    assert_eq!(state(&failed, "auth"), "dirty 1");
    let status = json(&project, "status").success();
    assert_eq!(state(&status, "auth"), "dirty 1");
    let left = &status.json()["branches"][0]["unfinished"][0];
    assert_eq!((&left["revision"], &left["state"]), (&"2".into(), &"applying".into()), "{status}");
    assert_eq!((&left["done"], &left["total"]), (&2.into(), &4.into()), "{status}");
    assert!(left["error"].as_str().unwrap().contains("missing"), "{status}");
    let text = project.run_line("status").success().stdout;
    assert!(text.contains("2 was left half-way, 2 of 4 statements done"), "{text}");
    let before = events(&database);
    for line in
        ["upgrade", "plan", "upgrade --dry-run", "downgrade auth@base --yes", "stamp auth@3", "plan --down auth@base"]
    {
        let refused = json(&project, line).expect(6);
        assert_eq!(kind(&refused), "unfinished", "{line}\n{refused}");
        assert!(refused.json()["error"]["message"].as_str().unwrap().contains("2 of 4"), "{line}\n{refused}");
    }
    let check = json(&project, "check").expect(3);
    assert_eq!(check.json()["findings"][0]["kind"], "unfinished", "{check}");
    assert_eq!((events(&database), tables(&database)), (before, vec!["a".to_owned(), "auth_1".to_owned()]));
}

/// The first statement failed: nothing took effect, so nothing is half-way.
#[test]
fn a_failure_of_the_first_statement_leaves_nothing() {
    for engine in Engine::ALL {
        let (project, database) = failing(engine);
        script(&project, "auth", "2", &["1"], &[], "CREATE TABEL a (id INTEGER);\nCREATE TABLE b (id INTEGER);\n", "");
        let failed = json(&project, "upgrade auth@2").expect(1);
        assert_eq!(state(&failed, "auth"), "behind 1", "{engine}\n{failed}");
        assert_eq!(tables(&database), ["auth_1"], "{engine}");
        table(&project, "auth", "2", &["1"], &[]);
        json(&project, "upgrade").success();
    }
}

#[test]
fn a_failed_way_down() {
    for engine in Engine::ALL {
        let (project, database) = failing(engine);
        let down = "DROP TABLE auth_2;\nDROP TABLE never_there;\n";
        script(&project, "auth", "2", &["1"], &[], "CREATE TABLE auth_2 (id INTEGER);\n", down);
        json(&project, "upgrade auth@2").success();
        let failed = json(&project, "downgrade auth@base --yes").expect(1);
        assert_eq!(steps(&failed), ["auth@2 down failed", "auth@1 down not_started"], "{engine}");
        assert_eq!(failed.json()["error"]["line"], 2, "{engine}\n{failed}");
        assert_eq!(failed.json()["error"]["file"], "migrations/auth/2_revision/down.sql", "{engine}");
        if engine == Engine::Mariadb {
            assert_eq!(tables(&database), ["auth_1"], "{engine}");
            let left = json(&project, "status").success().json()["branches"][0]["unfinished"][0].clone();
            assert_eq!((&left["state"], &left["done"]), (&"reverting".into(), &1.into()), "{engine}: {left}");
        } else {
            assert_eq!(tables(&database), ["auth_1", "auth_2"], "{engine}");
            assert_eq!(state(&json(&project, "status").success(), "auth"), "behind 1,2", "{engine}");
        }
    }
}

/// What a script says, and where the error must point.
fn points_at(engine: Engine, up: &str, line: u64, column: Option<u64>) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    script(&project, "auth", "1", &[], &[], up, "");
    let failed = json(&project, "upgrade").expect(1);
    let error = failed.json()["error"].clone();
    assert_eq!(error["line"], line, "{engine} {up:?}\n{failed}");
    if let Some(column) = column {
        assert_eq!(error["column"], column, "{engine} {up:?}\n{failed}");
    }
    let text = {
        json(&project, "status").success();
        let again = TestDatabase::new(engine);
        project.database("auth", &again);
        project.run_line("upgrade").expect(1).stderr
    };
    assert!(text.contains(&format!("up.sql:{line}:")), "{engine}\n{text}");
}

#[test]
fn an_error_points_into_the_file() {
    for engine in Engine::ALL {
        // A statement that does not parse: at the word.
        points_at(engine, "CREATE TABLE a (id INTEGER);\n\n  CREATE TABEL b (id INTEGER);\n", 3, Some(10));
        // One that fails when it runs: at its statement.
        points_at(
            engine,
            "CREATE TABLE a (id INTEGER PRIMARY KEY);\nINSERT INTO a VALUES (1);\n\n  INSERT INTO a VALUES (1);\n",
            4,
            Some(3),
        );
        // Columns are characters, not bytes; the file may have CRLF line ends.
        let multibyte = "-- ünïcödé 😀\r\nCREATE TABLE a (id INTEGER); /* 😀é */ CREATE TABEL b (id INTEGER);\r\n";
        points_at(engine, multibyte, 2, Some(46));
        // A statement over several lines, after strings that hold semicolons and multi-byte characters.
        let inside = "CREATE TABLE a (t VARCHAR(20));\nINSERT INTO a VALUES ('é;😀;');\nINSERT INTO a\nVALUES ('é',\n  nonsense);\n";
        points_at(engine, inside, 5, Some(3));
    }
    // The byte order mark is no character of the file.
    points_at(Engine::Postgres, "\u{feff}CREATE TABEL a (id INTEGER);\n", 1, Some(8));
    // What fails when the transaction is to be committed belongs to no statement, and must not point at a wrong one.
    let deferred = "CREATE TABLE a (id int PRIMARY KEY);\n\
                    CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO b VALUES (1);\n";
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Postgres);
    project.database("auth", &database);
    script(&project, "auth", "1", &[], &[], deferred, "");
    let failed = json(&project, "upgrade").expect(1);
    let error = &failed.json()["error"];
    assert!(error["line"].is_null(), "{failed}");
    assert_eq!(error["file"], "migrations/auth/1_revision/up.sql");
    assert!(tables(&database).is_empty());
}

#[test]
fn an_error_of_a_portable_step_points_at_the_step() {
    for engine in Engine::ALL {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.database("auth", &database);
        let up = "[[step]]\ncreate_table = \"a\"\ncolumns = [{ name = \"id\", type = \"integer\" }]\n\n\
                  [[step]]\ncreate_table = \"a\"\ncolumns = [{ name = \"id\", type = \"integer\" }]\n\n\
                  [[step]]\nsql = \"SELECT 1\"\ndown = \"SELECT 1\"\n";
        project.revision("auth", "1_twice", "description = \"Twice\"\nparents = []\n", &[("up.toml", up)]);
        let failed = json(&project, "upgrade").expect(1);
        let error = &failed.json()["error"];
        assert_eq!(
            (&error["file"], &error["line"]),
            (&"migrations/auth/1_twice/up.toml".into(), &5.into()),
            "{failed}"
        );
        assert!(error["hint"].as_str().unwrap().contains("stamp"), "{engine}\n{failed}");
        let sql = up
            .replace("create_table = \"a\"\ncolumns = [{ name = \"id\", type = \"integer\" }]\n\n[[step]]\nsql", "sql")
            .replace("SELECT 1\"\ndown", "SELECT nonsense FROM nowhere\"\ndown");
        project.revision("auth", "1_twice", "description = \"Twice\"\nparents = []\n", &[("up.toml", &sql)]);
        let fresh = TestDatabase::new(engine);
        project.database("auth", &fresh);
        let failed = json(&project, "upgrade").expect(1);
        assert_eq!(failed.json()["error"]["line"], 5, "{engine}\n{sql}\n{failed}");
    }
}

#[test]
fn what_depends_on_a_failure_is_blocked_and_the_rest_goes_on() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        let other = TestDatabase::new(engine);
        pair.project.database("other", &other);
        table(&pair.project, "other", "1", &[], &["auth@1"]);
        table(&pair.project, "other", "2", &["1"], &[]);
        script(&pair.project, "specs", "1", &[], &["auth@1"], "SELECT nonsense FROM nowhere;\n", "");
        let failed = pair.json("upgrade --on-failure continue").expect(1);
        let mut taken = steps(&failed);
        taken.sort();
        let expected = [
            "auth@1 up applied",
            "auth@2 up not_started",
            "auth@3 up not_started",
            "other@1 up applied",
            "other@2 up applied",
            "specs@1 up failed",
            "specs@2 up not_started",
        ];
        assert_eq!(taken, expected, "{engine}");
        let document = failed.json();
        let blocked = |name: &str| {
            let all = document["steps"].as_array().unwrap().iter();
            let step = all.clone().find(|step| {
                format!("{}@{}", step["branch"].as_str().unwrap(), step["revision"].as_str().unwrap()) == name
            });
            step.unwrap()["blocked_by"].as_str().map(str::to_owned)
        };
        assert_eq!(blocked("auth@2").as_deref(), Some("specs@1"), "{engine}");
        assert_eq!(blocked("auth@3").as_deref(), Some("auth@2"), "{engine}");
        assert_eq!(blocked("specs@2").as_deref(), Some("specs@1"), "{engine}");
        assert_eq!(blocked("other@2"), None, "{engine}");
        assert_eq!(tables(&other), ["other_1", "other_2"], "{engine}");
    }
}

#[test]
fn by_default_a_failure_lets_nothing_new_begin() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        // specs@1 needs auth@1, so that nothing of specs can have begun when it fails.
        script(&pair.project, "auth", "1", &[], &[], "SELECT nonsense FROM nowhere;\n", "");
        let other = TestDatabase::new(engine);
        let mut project = pair.project;
        project.database("zoo", &other).chain("zoo", 30);
        let failed = json(&project, "upgrade --jobs 1").expect(1);
        let taken = steps(&failed);
        assert_eq!(taken.iter().filter(|step| step.ends_with(" failed")).count(), 1, "{engine}: {taken:?}");
        let not_started = taken.iter().filter(|step| step.starts_with("zoo") && step.ends_with("not_started")).count();
        assert!(not_started >= 28, "{engine}: {taken:?}");
        assert!(tables(&pair.specs).is_empty(), "{engine}");
    }
}

/// The server ends the session and lets nobody in again: the report still tells of the branch.
#[test]
fn a_branch_that_can_no_longer_be_asked_is_in_the_report() {
    let database = TestDatabase::new(Engine::Postgres);
    let role = format!("{}_role", database.name());
    database.execute(&format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'p'"));
    let (_, place) = database.url().rsplit_once('@').unwrap();
    let mut project = support::TestProject::new();
    project.database("zoo", &database).chain("zoo", 1);
    project.variable("DATABASE_URL_ZOO", &format!("postgres://{role}:p@{place}"));
    let up = format!("ALTER ROLE {role} NOLOGIN;\nSELECT pg_terminate_backend(pg_backend_pid());\n");
    project.revision("zoo", "2_gone", "parents = [\"0001\"]\ntransaction = false\n", &[("up.sql", &up)]);
    let failed = json(&project, "upgrade").expect(1);
    let text = project.run_line("upgrade").expect(5);
    database.execute(&format!("ALTER ROLE {role} LOGIN"));
    project.run_line("repair zoo --not-applied").success();
    let again = project.run_line("upgrade").expect(1);
    database.execute(&format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}"));
    let branches = &failed.json()["branches"];
    assert_eq!(branches[0]["branch"], "zoo", "{failed}");
    assert_eq!(branches[0]["state"], "unreachable", "{failed}");
    assert!(text.stdout.is_empty(), "nothing was run: {text}");
    assert!(again.stdout.contains("zoo: 0 applied, 1 failed; where it stands now could not be asked"), "{again}");
}

/// A long row of steps that were never begun does not bury the error; JSON has them all.
#[test]
fn what_was_never_begun_is_told_in_a_few_lines() {
    let database = TestDatabase::new(Engine::Sqlite);
    let mut project = support::TestProject::new();
    project.database("zoo", &database).chain("zoo", 30);
    database.execute("CREATE TABLE zoo_0001 (id int)");
    let failed = project.run_line("upgrade").expect(1);
    assert_eq!(failed.stdout.matches("blocked by").count(), 5, "{failed}");
    assert!(failed.stdout.contains("... and 24 more of zoo, not started"), "{failed}");
    assert_eq!(steps(&json(&project, "upgrade").expect(1)).len(), 30);
}

/// What the server warns of goes to stderr: there must be no warning of ours, and no colour that nobody asked for.
#[test]
fn what_the_server_says_beside_an_error() {
    for (up, says) in [
        ("CREATE TABLE a (id int);\nCREATE TABEL b (id int);\n", "syntax error"),
        ("CREATE TABLE a (id int);\nINSERT INTO nowhere VALUES (1);\n", "does not exist"),
        (
            "CREATE TABLE a (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);;\nINSERT INTO a VALUES (1, 2);\n",
            "foreign key",
        ),
        ("DO $$ BEGIN RAISE WARNING 'look out'; END $$;\nSELECT 1/0;\n", "look out"),
    ] {
        let mut project = TestProject::new();
        let database = TestDatabase::new(Engine::Postgres);
        project.database("auth", &database);
        script(&project, "auth", "1", &[], &[], up, "");
        for color in ["never", "auto", "always"] {
            let mut command = support::branchline(&project);
            command.env_remove("NO_COLOR").args(["upgrade", "--color", color]);
            let failed = support::Outcome::of(command).expect(1);
            assert!(failed.stderr.contains(says), "{failed}");
            assert!(!failed.stderr.contains("transaction"), "{failed}");
            assert_eq!(failed.stderr.contains('\u{1b}'), color == "always", "{color}\n{failed}");
        }
        let journal = "SELECT outcome FROM branchline_event WHERE kind = 'apply' ORDER BY id";
        assert_eq!(database.query_strings(journal).len(), 3, "{up}");
    }
}

/// PostgreSQL and MariaDB say so themselves; SQLite would keep a table that takes no row any more.
#[test]
fn a_table_that_a_foreign_key_points_to_is_not_dropped() {
    for engine in Engine::ALL {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.database("auth", &database);
        let manifest = |parents: &str| format!("description = \"x\"\nparents = [{parents}]\n");
        let table = |name: &str, more: &str| {
            format!(
                "[[step]]\ncreate_table = \"{name}\"\ncolumns = [{{ name = \"id\", type = \"integer\", primary_key = true }}{more}]\n"
            )
        };
        let child = table("child", ", { name = \"parent_id\", type = \"integer\", references = \"parent.id\" }");
        let both = format!("{}{child}", table("parent", ""));
        project.revision("auth", "1_both", &manifest(""), &[("up.toml", &both)]);
        project.run_line("upgrade").success();
        let drop = |name: &str| format!("[[step]]\ndrop_table = \"{name}\"\ndown = \"\"\n");
        project.revision("auth", "2_drop", &manifest("\"1\""), &[("up.toml", &drop("parent"))]);
        let refused = json(&project, "upgrade --yes").expect(1);
        assert_eq!(kind(&refused), "query_failed", "{engine}");
        assert_eq!(tables(&database), ["child", "parent"], "{engine}");
        if engine == Engine::Mariadb {
            continue;
        }
        let all = format!("{}{}", drop("child"), drop("parent"));
        project.revision("auth", "2_drop", &manifest("\"1\""), &[("up.toml", &all)]);
        json(&project, "upgrade --yes").success();
        assert!(tables(&database).is_empty(), "{engine}");
    }
}

/// SQLite would make it, and fail with every row, and with every rebuild after it.
#[test]
fn a_foreign_key_points_to_what_is_unique() {
    for engine in Engine::ALL {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.database("auth", &database);
        let steps = |unique: &str| {
            format!(
                "[[step]]\ncreate_table = \"parent\"\ncolumns = [{{ name = \"code\", type = \"integer\"{unique} }}]\n\
                 [[step]]\ncreate_table = \"child\"\ncolumns = [{{ name = \"code\", type = \"integer\", references = \"parent.code\" }}]\n"
            )
        };
        let manifest = "description = \"x\"\nparents = []\n";
        project.revision("auth", "1_both", manifest, &[("up.toml", &steps(""))]);
        assert_eq!(kind(&json(&project, "upgrade").expect(1)), "query_failed", "{engine}");
        assert!(!tables(&database).contains(&"child".to_owned()), "{engine}");
        if engine != Engine::Mariadb {
            project.revision("auth", "1_both", manifest, &[("up.toml", &steps(", unique = true"))]);
            json(&project, "upgrade").success();
        }
    }
}
