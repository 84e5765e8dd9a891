//! Scripts that are too long to be held: run a few statements at a time, and all else as with any other.

mod support;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use support::running::{end, start, until};
use support::{Engine, TestDatabase, TestProject};

const UP: &str = "migrations/shop/0001_seed/up.sql";

/// Scripts longer than this are not held.
const LONG: usize = 1024 * 1024;

fn project(database: &TestDatabase, transaction: bool, up: &str) -> TestProject {
    assert!(up.len() > LONG, "{}", up.len());
    let mut project = TestProject::new();
    project.database("shop", database);
    let manifest = format!("description = \"Seed\"\nparents = []\ntransaction = {transaction}\n");
    project.revision("shop", "0001_seed", &manifest, &[("up.sql", up), ("down.sql", "DROP TABLE t;\n")]);
    project
}

/// A table and rows, a statement a line with so many bytes of text; the first row is on line 2.
fn rows(range: std::ops::RangeInclusive<usize>, bytes: usize) -> String {
    let mut script = String::new();
    for row in range {
        writeln!(script, "INSERT INTO t VALUES ({row}, 'é; -- {}');", "x".repeat(bytes)).unwrap();
    }
    script
}

fn seed(count: usize, bytes: usize) -> String {
    format!("CREATE TABLE t (a int PRIMARY KEY, b text);\n{}", rows(1..=count, bytes))
}

fn counted(database: &TestDatabase) -> String {
    database.query_value("SELECT count(*) FROM t")
}

#[test]
fn up_and_down() {
    for (engine, count) in [(Engine::Postgres, 20_000), (Engine::Sqlite, 20_000), (Engine::Mariadb, 60)] {
        let database = TestDatabase::new(engine);
        let bytes = 3 * LONG / count;
        let project = project(&database, true, &seed(count, bytes));
        let planned = project.run_line("plan --format json").success().json();
        assert_eq!(planned["steps"][0]["destructive"], false);
        project.run_line("upgrade").success();
        assert_eq!(counted(&database), count.to_string(), "{engine}");
        let last = database.query_value(&format!("SELECT b FROM t WHERE a = {count}"));
        assert_eq!(last, format!("é; -- {}", "x".repeat(bytes)), "{engine}");
        project.run_line("check").success();
        project.run_line("downgrade shop@base --yes").success();
        project.run_line("upgrade").success();
        assert_eq!(counted(&database), count.to_string(), "{engine}");
    }
}

#[test]
fn an_error_in_the_middle_leaves_nothing() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let database = TestDatabase::new(engine);
        let script = format!("{}  SELECT 'ö', nothing FROM t;\n{}", seed(10_000, 100), rows(10_001..=20_000, 100));
        let project = project(&database, true, &script);
        let failed = project.run_line("upgrade --format json").expect(1);
        let error = &failed.json()["error"];
        assert_eq!((&error["file"], &error["line"]), (&UP.into(), &10_002.into()), "{failed}");
        assert_eq!(error["column"], 15, "{failed}");
        assert!(database.try_execute("SELECT * FROM t").is_err(), "{engine}");
        assert_eq!(database.query_value("SELECT count(*) FROM branchline_revision"), "0", "{engine}");
        let journal = "SELECT kind || ' ' || outcome FROM branchline_event WHERE kind = 'apply'";
        assert_eq!(database.query_value(journal), "apply failed", "{engine}");
        // As people read it: with the line itself.
        let read = project.run_line("upgrade").expect(1);
        assert!(read.stderr.contains("10002") && read.stderr.contains("SELECT 'ö', nothing FROM t;"), "{read}");
        project.write(UP, script.replace("nothing", "a"));
        project.run_line("upgrade").success();
        assert_eq!(counted(&database), "20000", "{engine}");
    }
}

#[test]
fn an_error_in_the_middle_is_resumed() {
    for (engine, transaction) in [(Engine::Mariadb, true), (Engine::Postgres, false), (Engine::Sqlite, false)] {
        let database = TestDatabase::new(engine);
        let bytes = LONG / 20;
        let broken = format!("{}INSERT INTO t VALUES (16, '', 1);\n{}", seed(15, bytes), rows(17..=40, bytes));
        let project = project(&database, transaction, &broken);
        let failed = project.run_line("upgrade --format json").expect(1);
        let error = &failed.json()["error"];
        assert_eq!((&error["file"], &error["line"]), (&UP.into(), &17.into()), "{failed}");
        let status = project.run_line("status --format json").success().json();
        let unfinished = &status["branches"][0]["unfinished"][0];
        assert_eq!((&unfinished["done"], &unfinished["total"]), (&16.into(), &41.into()), "{engine}");
        project.write(UP, broken.replace("(16, '', 1)", "(16, '')"));
        project.run_line("resume shop --accept-edited").success();
        assert_eq!(counted(&database), "40", "{engine}");
        assert_eq!(project.run_line("status --format json").success().json()["branches"][0]["state"], "current");
    }
}

/// Statements before, between and behind; what looks like the end of the data and is none; CSV; CRLF.
fn with_data(count: usize) -> String {
    let mut script = seed(3, 10);
    script.push_str("COPY t FROM STDIN;\n");
    for row in 4..=count {
        writeln!(script, "{row}\t\\\\. é {}", "y".repeat(100)).unwrap();
    }
    script.push_str("\\.\nUPDATE t SET b = 'changed' WHERE a = 4;\nCOPY t (b, a) FROM STDIN WITH (FORMAT csv);\r\n");
    write!(script, "\"two\nlines\",{}\n\\.\nCOPY t FROM STDIN;\n\\.\nINSERT INTO t VALUES (0, '')", count + 1).unwrap();
    script
}

#[test]
fn data_of_copy() {
    for transaction in [true, false] {
        let database = TestDatabase::new(Engine::Postgres);
        let project = project(&database, transaction, &with_data(30_000));
        project.run_line("upgrade").success();
        assert_eq!(counted(&database), "30002");
        assert_eq!(database.query_value("SELECT b FROM t WHERE a = 4"), "changed");
        assert_eq!(database.query_value("SELECT b FROM t WHERE a = 5"), format!("\\. é {}", "y".repeat(100)));
        assert_eq!(database.query_value("SELECT b FROM t WHERE a = 30001"), "two\nlines");
    }
}

#[test]
fn an_error_in_data() {
    let script = with_data(30_000).replace("\n20000\t", "\nmany\t");
    let line = script.lines().position(|line| line.starts_with("many\t")).unwrap() + 1;
    for transaction in [true, false] {
        let database = TestDatabase::new(Engine::Postgres);
        let project = project(&database, transaction, &script);
        let failed = project.run_line("upgrade --format json").expect(1);
        let error = &failed.json()["error"];
        assert_eq!((&error["line"], &error["column"]), (&line.into(), &1.into()), "{failed}");
        assert!(error["message"].as_str().unwrap().contains("many"), "{failed}");
        if transaction {
            assert!(database.try_execute("SELECT * FROM t").is_err());
        } else {
            assert_eq!(counted(&database), "3", "a COPY is one statement");
            project.write(UP, with_data(30_000));
            project.run_line("resume shop --accept-edited").success();
            assert_eq!(counted(&database), "30002");
        }
    }
}

#[test]
fn what_cannot_run_is_refused_with_its_place() {
    let database = TestDatabase::new(Engine::Postgres);
    let long = seed(20_000, 100);
    for (behind, line, column) in [
        ("  COMMIT;\n", 20_002, 3),
        ("\\connect other\n", 20_002, 1),
        ("SELECT 'a\n", 20_002, 8),
        ("SELECT 1;\nCOPY t FROM STDIN;\n1\ta\n", 20_003, 1),
        ("SELECT 1; VACUUM;\n", 20_002, 11),
        ("SELECT 1; -- \0\n", 20_002, 14),
    ] {
        let project = project(&database, true, &format!("{long}{behind}"));
        let refused = project.run_line("upgrade --format json").expect(2);
        let error = &refused.json()["error"];
        assert_eq!((&error["line"], &error["column"]), (&line.into(), &column.into()), "{behind}\n{refused}");
        assert_eq!(error["kind"], "invalid_script", "{refused}");
    }
    let nothing = project(&database, true, &"-- nothing\n".repeat(200_000));
    let refused = nothing.run_line("upgrade --format json").expect(2);
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("says nothing"), "{refused}");
}

/// A lock that somebody else holds keeps the script's first statement waiting; meanwhile the file is written anew.
#[test]
fn edited_while_it_runs() {
    for (engine, lock, unlock, waiting) in [
        (
            Engine::Postgres,
            "BEGIN; LOCK TABLE gate",
            "COMMIT",
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND database = (SELECT oid FROM \
             pg_database WHERE datname = current_database())",
        ),
        (
            Engine::Mariadb,
            "LOCK TABLES gate WRITE",
            "UNLOCK TABLES",
            "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND info LIKE 'INSERT INTO gate%'",
        ),
    ] {
        let database = TestDatabase::new(engine);
        database.execute("CREATE TABLE gate (a int)");
        let (count, bytes) = if engine == Engine::Mariadb { (40, LONG / 20) } else { (20_000, 100) };
        let script = format!("INSERT INTO gate VALUES (1);\n{}", seed(count, bytes));
        let project = project(&database, true, &script);
        database.execute(lock);
        let child = start(&project, "upgrade --format json");
        until("the statement that waits", || database.query_value(waiting) != "0");
        project.write(UP, script.replace(&format!("({count}, "), &format!("({}, ", count + 1)));
        database.execute(unlock);
        let failed = end(child).expect(1);
        let error = &failed.json()["error"];
        assert!(error["message"].as_str().unwrap().contains("edited while the run was under way"), "{failed}");
        assert_eq!((&error["kind"], &error["file"]), (&"invalid_script".into(), &UP.into()), "{failed}");
        if engine == Engine::Postgres {
            assert!(database.try_execute("SELECT * FROM t").is_err(), "it was rolled back");
            project.run_line("upgrade").success();
            assert_eq!(counted(&database), count.to_string());
        } else {
            let status = project.run_line("status --format json").success().json();
            assert_eq!(status["branches"][0]["state"], "dirty", "{engine}");
            // No statement has failed: it is the script that is another one.
            let hint = error["hint"].as_str().unwrap();
            assert!(hint.contains("`branchline resume shop --accept-edited` with the edited one"), "{failed}");
            project.run_line("resume shop --accept-edited").success();
            assert_eq!(counted(&database), count.to_string());
        }
    }
}

/// The same on SQLite, where the script waits for one of another branch and is edited meanwhile; the project with both
/// databases.
fn edited_while_it_waits(edit: impl Fn(String) -> String) -> (TestProject, [TestDatabase; 2]) {
    let (database, other) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Postgres));
    let mut project = project(&database, true, &seed(20_000, 100));
    other.execute("CREATE TABLE gate (a int)");
    other.execute("BEGIN; LOCK TABLE gate");
    project.database("core", &other);
    project.revision("core", "0001_gate", "parents = []\n", &[("up.sql", "INSERT INTO gate VALUES (1);\n")]);
    let manifest = "parents = []\ndepends_on = [\"core@0001\"]\n";
    project.write("migrations/shop/0001_seed/revision.toml", manifest);
    let child = start(&project, "upgrade --format json");
    until("the statement that waits", || {
        other.query_value(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND database = (SELECT oid FROM \
             pg_database WHERE datname = current_database())",
        ) != "0"
    });
    let before = project.read(UP);
    let edited = edit(before.clone());
    assert_ne!(edited, before);
    project.write(UP, edited);
    other.execute("COMMIT");
    let failed = end(child).expect(1);
    assert!(failed.json()["error"]["message"].as_str().unwrap().contains("edited"), "{failed}");
    assert!(database.try_execute("SELECT * FROM t").is_err(), "it was rolled back");
    (project, [database, other])
}

#[test]
fn edited_before_it_ran() {
    let (project, [database, _other]) = edited_while_it_waits(|script| script.replace("(20000, ", "(20001, "));
    project.run_line("upgrade").success();
    assert_eq!(counted(&database), "20000");
}

/// An edited script that would end the transaction which takes it back: nothing of it runs that stays.
#[test]
fn edited_to_commit_by_itself() {
    let commits = "COMMIT;\nINSERT INTO t VALUES (10000, ";
    edited_while_it_waits(|script| script.replacen("INSERT INTO t VALUES (10000, ", commits, 1));
}

#[test]
fn a_signal_is_heard() {
    for (engine, transaction) in [(Engine::Postgres, true), (Engine::Postgres, false), (Engine::Sqlite, true)] {
        let database = TestDatabase::new(engine);
        let mut script = seed(3, 10);
        if engine == Engine::Postgres {
            // So slow that it lasts for ever, were it not stopped.
            script.push_str(
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$;\n\
                 CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow();\nCOPY t FROM STDIN;\n",
            );
            (4..20_000).for_each(|row| writeln!(script, "{row}\t{}", "y".repeat(200)).unwrap());
            script.push_str("\\.\n");
        } else {
            let slow = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000000) SELECT max(n) FROM c;\n";
            script.push_str(&slow.repeat(12_000));
        }
        let project = project(&database, transaction, &script);
        let child = start(&project, "upgrade --format json");
        until("the run", || match engine {
            Engine::Postgres => {
                database.query_value(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY t%'",
                ) != "0"
            }
            _ => database.try_execute("BEGIN IMMEDIATE; ROLLBACK").is_err(),
        });
        let signalled = Instant::now();
        assert!(Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap().success());
        let outcome = end(child).expect(130);
        assert!(signalled.elapsed() < Duration::from_secs(60), "{outcome}");
        if transaction {
            assert!(database.try_execute("SELECT * FROM t").is_err(), "{engine}");
        } else {
            assert_eq!(counted(&database), "3", "{engine}");
        }
    }
}

#[test]
fn what_pg_dump_writes() {
    let source = TestDatabase::new(Engine::Postgres);
    source.execute(
        "CREATE TABLE items (id int PRIMARY KEY, note text); CREATE TABLE more (id int REFERENCES items); \
         CREATE FUNCTION doubled(int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; END; \
         INSERT INTO items SELECT n, E'a\\tb\\\\. ' || repeat('ö', 50) || n FROM generate_series(1, 30000) n; \
         INSERT INTO more SELECT n FROM generate_series(1, 1000) n",
    );
    let programs = PathBuf::from(std::env::var("BRANCHLINE_TEST_PGBIN").expect("the servers' runner sets it"));
    for arguments in [&["--no-owner"][..], &["--no-owner", "--inserts"]] {
        let dump = Command::new(programs.join("pg_dump")).args(arguments).arg(source.url()).output().unwrap();
        let target = TestDatabase::new(Engine::Postgres);
        let project = project(&target, true, &String::from_utf8(dump.stdout).unwrap());
        project.run_line("upgrade").success();
        for query in
            ["SELECT count(*), sum(length(note)), max(note) FROM items", "SELECT count(*), doubled(4) FROM more"]
        {
            assert_eq!(target.query_strings(query), source.query_strings(query), "{query}");
        }
    }
}

#[test]
fn what_is_told_of_it() {
    let database = TestDatabase::new(Engine::Postgres);
    let project = project(&database, true, &(with_data(30_000) + ";\n" + &rows(30_002..=40_000, 10)));
    let shown = project.run_line("show shop@0001 --format json").success().json();
    let up = &shown["scripts"][0]["up"];
    assert_eq!(up["statements"].as_array().unwrap().len(), 100, "{shown}");
    let fourth = serde_json::json!({ "line": 4, "sql": "INSERT INTO t VALUES (3, 'é; -- xxxxxxxxxx')" });
    assert_eq!(up["statements"][3], fourth);
    assert_eq!(up["more_statements"], 1 + 3 + 5 + 9_999 - 100);
    let effects: Vec<String> = up["effects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|effect| {
            format!("{} {} {}", effect["line"], effect["action"].as_str().unwrap(), effect["name"].as_str().unwrap())
        })
        .collect();
    assert!(effects.contains(&"2 writes t".to_owned()) && effects.len() < 10, "{effects:?}");
    assert!(project.run_line("show shop@0001").success().stdout.contains("... and 9908 more"));
    let planned = project.run_line("plan --sql").success();
    assert!(planned.stdout.contains(&format!("RUN THE SCRIPT {UP} ITSELF")), "{planned}");
    let listed = project.run_line(&format!("statements {UP} --dialect postgres")).success();
    assert_eq!(listed.stdout.lines().count(), 1 + 10_008, "a heading, and a line a statement");
    assert!(listed.stdout.contains("COPY t FROM STDIN (29997 lines of data)"));
    let listed = project.run_line(&format!("statements {UP} --dialect postgres --format json")).success().json();
    assert_eq!((&listed["ok"], &listed["command"]), (&true.into(), &"statements".into()));
    let statements = listed["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 10_008);
    assert_eq!(statements[6]["data"], "\"two\nlines\",30001\n");
    assert!(statements[4]["data"].as_str().unwrap().ends_with("yyy\n") && statements[7]["data"] == "");
    project.write(UP, project.read(UP) + "\nSELECT 'a");
    let broken = project.run_line(&format!("statements {UP} --dialect postgres --format json")).expect(2).json();
    assert_eq!((&broken["ok"], &broken["error"]["column"]), (&false.into(), &8.into()));
}

/// The most that a process held, in bytes.
fn peak(project: &TestProject, line: &str) -> u64 {
    let child = start(project, line);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    // Where the process has ended there is no such line any more.
    while let Some(now) = std::fs::read_to_string(&status).ok().and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    }) {
        peak = now * 1024;
        std::thread::sleep(Duration::from_millis(2));
    }
    end(child).success();
    peak
}

/// Eight times the script does not take more memory, but for what the allocator keeps.
#[test]
fn memory_does_not_grow_with_the_script() {
    const ALLOWED: u64 = 8 * 1024 * 1024;
    let copied = |megabytes: usize| {
        let line = format!("1\t{}\n", "y".repeat(1000));
        format!(
            "CREATE TABLE t (a int, b text);\nCOPY t FROM STDIN;\n{}\\.\n",
            line.repeat(megabytes * LONG / line.len())
        )
    };
    let inserted = |megabytes: usize| {
        let bytes = LONG / 20;
        seed(megabytes * LONG / bytes, bytes)
    };
    for (engine, megabytes) in [(Engine::Postgres, 8), (Engine::Sqlite, 4), (Engine::Mariadb, 4)] {
        let script = |megabytes| if engine == Engine::Postgres { copied(megabytes) } else { inserted(megabytes) };
        let [small, large] = [megabytes, 8 * megabytes].map(|megabytes| {
            let database = TestDatabase::new(engine);
            peak(&project(&database, true, &script(megabytes)), "upgrade")
        });
        assert!(small > 0 && large < small + ALLOWED, "{engine}: {small} bytes became {large}");
    }
}

/// What a comment allows holds however much is between it and the statement.
#[test]
fn a_comment_far_above_its_statement() {
    let database = TestDatabase::new(Engine::Sqlite);
    let between = format!("-- {}\n", "and so on ".repeat(6)).repeat(6_000);
    let script = |comment: &str| format!("{comment}\n{between}DROP TABLE old;\n{}", seed(10_000, 100));
    let found = |comment: &str| {
        let project = project(&database, true, &script(comment));
        let found = project.run_line("lint --format json").json()["findings"].as_array().cloned().unwrap_or_default();
        found
            .iter()
            .filter(|found| found["kind"] == "drop_table")
            .map(|found| found["line"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("-- nothing"), [6_002]);
    assert_eq!(found("-- branchline: allow drop_table"), [0; 0]);
}
