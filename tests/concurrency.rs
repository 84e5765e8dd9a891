//! Runs that wait for each other, and runs that are killed or interrupted: the tables tell the truth. What is done to them at every
//! place, and what ten of them do at once, is in `tests/faults`.

mod support;

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use support::pair::{json, kind, script, state, steps, table, tables};
use support::running::{end, start, start_listening, until};
use support::{Engine, Proxy, TestDatabase, TestProject, TestServer};

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

/// A script whose second statement takes this many seconds, and one revision after it.
fn slow(engine: Engine, transaction: bool, seconds: u32) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    let wait = match engine {
        Engine::Postgres => format!("SELECT pg_sleep({seconds})"),
        Engine::Mariadb => format!("INSERT INTO a SELECT SLEEP({seconds})"),
        // As long as it takes to count this far.
        Engine::Sqlite => format!(
            "INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT max(i) FROM n",
            seconds * 4_500_000
        ),
    };
    let toml = format!("description = \"Slow\"\nparents = []\ntransaction = {transaction}\n");
    let up = format!("CREATE TABLE a (id INTEGER);\n{wait};\nCREATE TABLE b (id INTEGER);\n");
    project.revision("auth", "1_slow", &toml, &[("up.sql", &up), ("down.sql", "DROP TABLE b;\nDROP TABLE a;\n")]);
    table(&project, "auth", "2", &["1"], &[]);
    (project, database)
}

/// Whether the slow statement is under way.
fn is_under_way(database: &TestDatabase) -> bool {
    match database.engine() {
        Engine::Postgres => {
            database.query_value(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
            ) == "1"
        }
        Engine::Mariadb => {
            database.query_value(
                "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND state = 'User sleep'",
            ) == "1"
        }
        // The first statement is done, in the transaction or by itself, and the second takes long.
        Engine::Sqlite => {
            let file = database.url().strip_prefix("sqlite://").unwrap();
            let begun = std::path::Path::new(&format!("{file}-journal")).exists() || tables(database) == ["a"];
            begun && {
                std::thread::sleep(Duration::from_millis(300));
                true
            }
        }
    }
}

#[test]
fn an_interrupted_run_cancels_its_statement_and_the_next_one_completes() {
    for engine in Engine::ALL {
        for (name, transaction) in [("INT", true), ("TERM", true), ("INT", false)] {
            let (project, database) = slow(engine, transaction, 30);
            let child = start(&project, "upgrade --format json");
            until("the slow statement", || is_under_way(&database));
            let at = Instant::now();
            signal(&child, name);
            let outcome = end(child).expect(130);
            assert!(at.elapsed() < Duration::from_secs(5), "{engine} {name}: it took {:?}", at.elapsed());
            assert_eq!(kind(&outcome), "interrupted", "{engine} {name}\n{outcome}");
            assert_eq!(steps(&outcome)[1], "auth@2 up not_started", "{engine} {name}\n{outcome}");
            if engine != Engine::Sqlite {
                assert!(!is_under_way(&database), "{engine} {name}: the statement goes on in the server");
            }
            let status = json(&project, "status").success();
            if transaction && engine != Engine::Mariadb {
                assert!(tables(&database).is_empty(), "{engine} {name}");
                assert_eq!(state(&status, "auth"), "empty", "{engine} {name}");
                assert_eq!(state(&outcome, "auth"), "empty", "{engine} {name}\n{outcome}");
                let up = project.read("migrations/auth/1_slow/up.sql");
                let quick = up.lines().filter(|line| !line.contains("SELECT")).collect::<Vec<_>>().join("\n");
                project.write("migrations/auth/1_slow/up.sql", quick);
                json(&project, "upgrade").success();
                assert_eq!(tables(&database), ["a", "auth_2", "b"], "{engine} {name}");
            } else {
                assert_eq!(tables(&database), ["a"], "{engine} {name}");
                assert_eq!(state(&status, "auth"), "dirty", "{engine} {name}\n{outcome}");
                // There is nothing to mend in the script.
                let failure = outcome.json()["errors"][1]["hint"].as_str().unwrap().to_owned();
                assert!(failure.contains("`branchline resume auth` goes on") && !failure.contains("mend"), "{failure}");
                let left = &status.json()["branches"][0]["unfinished"][0];
                assert_eq!((&left["done"], &left["total"]), (&1.into(), &3.into()), "{engine} {name}\n{status}");
                // The lock was let go: the refusal comes at once.
                assert_eq!(kind(&json(&project, "upgrade").expect(6)), "unfinished", "{engine} {name}");
            }
        }
    }
}

#[test]
fn interrupted_while_waiting_for_another_run() {
    for engine in Engine::ALL {
        let (project, database) = slow(engine, true, 4);
        let first = start(&project, "upgrade --format json");
        let pid = first.id();
        until("the slow statement", || is_under_way(&database));
        // One that gives up, one that is interrupted, one that waits.
        let locked = json(&project, "upgrade --lock-timeout 300ms").expect(4);
        assert_eq!(kind(&locked), "locked", "{engine}\n{locked}");
        let said = locked.json()["error"]["message"].as_str().unwrap().to_owned();
        let second = start(&project, "upgrade --format json");
        let third = start(&project, "upgrade --format json");
        std::thread::sleep(Duration::from_millis(700));
        signal(&second, "INT");
        let second = end(second).expect(130);
        assert_eq!(kind(&second), "interrupted", "{engine}\n{second}");
        let first = end(first).success();
        assert_eq!(steps(&first), ["auth@1 up applied", "auth@2 up applied"], "{engine}");
        let run = first.json()["run_id"].as_str().unwrap().to_owned();
        assert!(said.contains(&format!("is locked by run {run}")), "{engine}: {said}");
        let actor = database.query_value("SELECT applied_by FROM branchline_revision WHERE id = '1'");
        for part in [format!("of {actor} (process {pid}"), ", since 20".to_owned(), ", at auth@1".to_owned()] {
            assert!(said.contains(&part), "{engine}: {part}: {said}");
        }
        if engine == Engine::Mariadb {
            assert!(said.contains(", statement 2 of 3: INSERT INTO a SELECT SLEEP("), "{said}");
        }
        let third = end(third).success();
        assert!(third.stderr.contains("waiting for"), "{engine}\n{third}");
        assert!(steps(&third).is_empty(), "{engine}\n{third}");
    }
}

/// What another run is working on is not half-way; what a run left behind when it died is.
#[test]
fn a_revision_that_another_run_is_working_on() {
    for engine in Engine::ALL {
        let (project, database) = slow(engine, false, 4);
        let child = start(&project, "upgrade --format json");
        until("the slow statement", || is_under_way(&database));
        let status = json(&project, "status").success();
        assert_eq!(state(&status, "auth"), "running", "{engine}\n{status}");
        let under_way = &status.json()["branches"][0]["unfinished"][0];
        assert_eq!((&under_way["done"], &under_way["total"]), (&1.into(), &3.into()), "{engine}\n{status}");
        let shown = project.run_line("status").success();
        assert!(shown.stdout.contains("auth: 1 is on its way, 1 of 3 statements done"), "{engine}\n{shown}");
        for line in ["plan", "resume auth --dry-run", "resume auth --dry-run --from 2"] {
            let refused = json(&project, line).expect(6);
            assert_eq!(kind(&refused), "unfinished", "{engine} {line}\n{refused}");
            let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("another run") && !message.contains("half-way"), "{engine} {line}\n{refused}");
        }
        // Who wants to finish it waits for that run, and finds nothing to do.
        let waited = json(&project, "resume auth").expect(6);
        assert_eq!(kind(&waited), "nothing_unfinished", "{engine}\n{waited}");
        assert!(waited.stderr.contains("waiting for"), "{engine}\n{waited}");
        end(child).success();
        assert_eq!(state(&json(&project, "status").success(), "auth"), "current 1,2", "{engine}");
        // As a run leaves it that died: its row is there, and nobody holds the lock.
        database.execute("UPDATE branchline_revision SET state = 'applying', statements_done = 1 WHERE id = '2'");
        let status = json(&project, "status").success();
        assert!(state(&status, "auth").starts_with("dirty"), "{engine}\n{status}");
    }
}

/// After a kill the server may finish what it was told; whatever it did, the tables must say so.
#[test]
fn a_killed_run_leaves_the_truth() {
    for engine in Engine::ALL {
        for transaction in [true, false] {
            let (project, database) = slow(engine, transaction, 3);
            let child = start(&project, "upgrade");
            until("the slow statement", || is_under_way(&database));
            signal(&child, "KILL");
            assert_eq!(end(child).code, Some(-9));
            // A run right after it: it waits for what the server still does, and then sees what came of it.
            let next = json(&project, "upgrade --lock-timeout 30s");
            let status = json(&project, "status").success();
            let there = tables(&database);
            match state(&status, "auth").as_str() {
                "current 1,2" => {
                    next.success();
                    assert_eq!(there, ["a", "auth_2", "b"], "{engine} {transaction}");
                }
                "dirty" => {
                    assert!(engine == Engine::Mariadb || !transaction, "{engine} {transaction}\n{status}");
                    assert_eq!(kind(&next.expect(6)), "unfinished", "{engine} {transaction}");
                    assert_eq!(there, ["a"], "{engine} {transaction}");
                    let left = &status.json()["branches"][0]["unfinished"][0];
                    // PostgreSQL goes to the end of what it was told, the note included.
                    let done = if engine == Engine::Postgres { 2 } else { 1 };
                    assert_eq!(
                        (&left["done"], &left["total"]),
                        (&done.into(), &3.into()),
                        "{engine} {transaction}\n{status}"
                    );
                    json(&project, "resume auth").success();
                    json(&project, "upgrade").success();
                    assert_eq!(tables(&database), ["a", "auth_2", "b"], "{engine} {transaction}");
                }
                other => panic!("{engine} {transaction}: {other} with {there:?}\n{next}\n{status}"),
            }
        }
    }
}

/// Where two branches run side by side, the interrupt stops both.
#[test]
fn an_interrupt_stops_every_branch() {
    for engine in Engine::ALL {
        let (mut project, database) = slow(engine, true, 30);
        let other = TestDatabase::new(engine);
        project.database("other", &other);
        let up = project.read("migrations/auth/1_slow/up.sql");
        script(&project, "other", "1", &[], &[], &up, "");
        let child = start(&project, "upgrade --format json");
        until("both slow statements", || is_under_way(&database) && is_under_way(&other));
        signal(&child, "INT");
        let outcome = end(child).expect(130);
        let interrupted = steps(&outcome).iter().filter(|step| step.ends_with(" failed")).count();
        assert_eq!(interrupted, 2, "{engine}\n{outcome}");
        if engine != Engine::Mariadb {
            assert!(tables(&database).is_empty() && tables(&other).is_empty(), "{engine}\n{outcome}");
        }
    }
}

/// A branch that is only read must not lose, meanwhile, what is being built upon it.
#[test]
fn what_is_built_upon_is_not_taken_away_meanwhile() {
    for engine in Engine::ALL {
        let (mut project, database) = slow(engine, true, 3);
        let other = TestDatabase::new(engine);
        project.database("core", &other);
        table(&project, "core", "1", &[], &[]);
        json(&project, "upgrade core").success();
        let manifest = "description = \"Slow\"\nparents = []\ndepends_on = [\"core@1\"]\n";
        project.write("migrations/auth/1_slow/revision.toml", manifest);
        let upgrade = start(&project, "upgrade auth --format json");
        until("the slow statement", || is_under_way(&database));
        let refused = json(&project, "downgrade core@base --yes").expect(6);
        assert_eq!(kind(&refused), "dependent_in_the_way", "{engine}\n{refused}");
        end(upgrade).success();
        assert_eq!(tables(&other), ["core_1"], "{engine}");
    }
}

/// What was planned is what runs: a script that is edited while it waits for its turn does not run.
#[test]
fn a_script_that_is_edited_during_the_run() {
    for engine in Engine::ALL {
        let (project, database) = slow(engine, true, 2);
        let child = start(&project, "upgrade --format json");
        until("the slow statement", || is_under_way(&database));
        let file = "migrations/auth/2_revision/up.sql";
        project.write(file, project.read(file).replace("auth_2", "auth_two"));
        // Exit code 2 would say that no database was changed.
        let outcome = end(child).expect(1);
        assert_eq!(steps(&outcome), ["auth@1 up applied", "auth@2 up failed"], "{engine}");
        let error = &outcome.json()["error"];
        assert!(error["message"].as_str().unwrap().contains("edited"), "{engine}\n{outcome}");
        assert_eq!((&error["revision"], &error["file"]), (&"2".into(), &file.into()), "{engine}\n{outcome}");
        assert_eq!(tables(&database), ["a", "b"], "{engine}");
        json(&project, "upgrade").success();
        assert_eq!(tables(&database), ["a", "auth_two", "b"], "{engine}");
    }
}

/// The connection breaks while a step is under way, and nobody can be asked for a while; the server goes on and commits. What
/// became of the step is looked up as soon as the server can be asked again.
#[test]
fn a_network_that_is_away_for_a_moment() {
    let (mut project, database) = slow(Engine::Postgres, true, 2);
    let proxy = Proxy::of(database.url());
    project.variable("DATABASE_URL_AUTH", &proxy.through(database.url()));
    let child = start(&project, "upgrade auth@1 --format json");
    until("the slow statement", || is_under_way(&database));
    proxy.go_away(Duration::from_millis(1500));
    let outcome = end(child).success();
    assert_eq!(steps(&outcome), ["auth@1 up applied"], "{outcome}");
    assert_eq!(tables(&database), ["a", "b"]);
}

/// Servers end sessions that do nothing for longer than they allow. One that waits for another branch does nothing.
#[test]
fn a_session_that_waits_for_another_branch() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let server = TestServer::new(engine);
        let waiting = server.database();
        waiting.execute(&match engine {
            Engine::Postgres => format!("ALTER DATABASE {} SET idle_session_timeout = '800ms'", waiting.name()),
            _ => "SET GLOBAL wait_timeout = 1".to_owned(),
        });
        let (mut project, _slow) = slow(Engine::Postgres, true, 3);
        project.database("core", &waiting);
        table(&project, "core", "1", &[], &[]);
        table(&project, "core", "2", &["1"], &["auth@1"]);
        let outcome = json(&project, "upgrade").success();
        assert_eq!(steps(&outcome).len(), 4, "{engine}\n{outcome}");
        assert_eq!(tables(&waiting), ["core_1", "core_2"], "{engine}");
    }
}

/// Whoever is to write candidates to the standard input, and does not, does not hold up an interrupt.
#[test]
fn interrupted_while_candidates_are_awaited() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Sqlite);
    project.database("auth", &database);
    table(&project, "auth", "1", &[], &[]);
    let mut child = start_listening(&project, "references check --candidates - --format json");
    let open = child.stdin.take();
    until("signals are heard", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
        u64::from_str_radix(caught.trim(), 16).is_ok_and(|caught| caught & 0b10 != 0)
    });
    signal(&child, "INT");
    until("it ends", || child.try_wait().unwrap().is_some());
    let outcome = end(child).expect(130);
    assert_eq!(kind(&outcome), "interrupted", "{outcome}");
    drop(open);
}

/// A server that accepts and never answers does not hold up an interrupt.
#[test]
fn interrupted_while_connecting() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = silent.local_addr().unwrap();
    for scheme in ["postgres", "mariadb"] {
        let mut project = TestProject::new();
        project.branch("auth", "");
        project.variable("DATABASE_URL_AUTH", &format!("{scheme}://app:secret@{place}/shop"));
        table(&project, "auth", "1", &[], &[]);
        for line in ["upgrade --format json", "status --format json", "upgrade --wait 60s --format json"] {
            let child = start(&project, line);
            let client = silent.accept().unwrap();
            let at = Instant::now();
            signal(&child, "INT");
            let outcome = end(child).expect(130);
            assert!(at.elapsed() < Duration::from_secs(3), "{line}: it took {:?}", at.elapsed());
            assert_eq!(kind(&outcome), "interrupted", "{line}\n{outcome}");
            drop(client);
        }
    }
}

/// Data for COPY goes in messages of its own; an interrupt stops all that would follow.
#[test]
fn a_long_script_of_short_copies_hears_an_interrupt() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Postgres);
    let mut script = String::from("CREATE TABLE seed (id integer);\n");
    for row in 0..40_000 {
        script.push_str(&format!("COPY seed (id) FROM stdin;\n{row}\n\\.\n"));
    }
    project.branch("auth", "");
    project.revision("auth", "1_seed", "parents = []\n", &[("up.sql", &script)]);
    project.database("auth", &database);
    let child = start(&project, "upgrade --format json");
    let under_way = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < \
                     clock_timestamp() - interval '300 ms' AND pid <> pg_backend_pid()";
    until("many copies", || database.query_value(under_way) == "1");
    let at = Instant::now();
    signal(&child, "INT");
    let outcome = end(child).expect(130);
    assert!(at.elapsed() < Duration::from_secs(2), "it took {:?}", at.elapsed());
    assert_eq!(steps(&outcome), ["auth@1 up failed"], "{outcome}");
    assert_eq!(state(&json(&project, "status"), "auth"), "empty");
}

/// Another process may hold an SQLite file for as long as it likes: neither a limit nor a signal waits for it.
#[test]
fn a_file_that_another_process_holds() {
    use sqlx::Connection as _;
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Sqlite);
    project.database("auth", &database);
    table(&project, "auth", "1", &[], &[]);
    table(&project, "auth", "2", &["1"], &[]);
    table(&project, "auth", "3", &["2"], &[]);
    project.run_line("upgrade auth@1").success();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut holder = runtime.block_on(sqlx::SqliteConnection::connect(database.url())).unwrap();
    runtime.block_on(sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder)).unwrap();
    let at = Instant::now();
    let locked = json(&project, "upgrade --lock-timeout 300ms").expect(4);
    assert_eq!(kind(&locked), "locked", "{locked}");
    assert!(at.elapsed() < Duration::from_secs(3), "it took {:?}", at.elapsed());
    let child = start(&project, "upgrade --format json");
    std::thread::sleep(Duration::from_millis(700));
    let at = Instant::now();
    signal(&child, "INT");
    let outcome = end(child).expect(130);
    assert!(at.elapsed() < Duration::from_secs(3), "it took {:?}", at.elapsed());
    assert_eq!(kind(&outcome), "interrupted", "{outcome}");
    let child = start(&project, "upgrade --format json");
    std::thread::sleep(Duration::from_millis(700));
    runtime.block_on(sqlx::raw_sql("ROLLBACK").execute(&mut holder)).unwrap();
    let outcome = end(child).success();
    assert_eq!(steps(&outcome), ["auth@2 up applied", "auth@3 up applied"], "{outcome}");
}

/// Many short statements are as interruptible as one long one.
#[test]
fn a_long_script_of_short_statements_hears_an_interrupt() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Sqlite);
    let mut script = String::from("CREATE TABLE seed (id INTEGER, text TEXT);\n");
    for row in 0..100_000 {
        script.push_str(&format!("INSERT INTO seed VALUES ({row}, 'about as long as the rows of a seed are');\n"));
    }
    project.branch("auth", "");
    project.revision("auth", "1_seed", "parents = []\n", &[("up.sql", &script)]);
    project.database("auth", &database);
    let child = start(&project, "upgrade");
    let file = database.url().trim_start_matches("sqlite:").trim_start_matches("//").to_owned();
    until("so many rows that they no longer fit into memory", || {
        std::fs::metadata(&file).is_ok_and(|file| file.len() > 500_000)
    });
    signal(&child, "INT");
    end(child).expect(130);
    assert_eq!(database.query_value("SELECT count(*) FROM sqlite_master WHERE name = 'seed'"), "0");
}

/// A signal while data is being sent, more of it than the wire holds: the server is told, and nothing is left of it.
#[test]
fn a_signal_stops_a_copy_on_its_way() {
    for transaction in [true, false] {
        let database = TestDatabase::new(Engine::Postgres);
        let mut project = TestProject::new();
        let rows: String = (0..60_000).map(|row| format!("{row}\t{}\n", "y".repeat(300))).collect();
        let script = format!(
            "CREATE TABLE t (a int, b text);\nCREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;\n\
             CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow();\nCOPY t FROM stdin;\n{rows}\\.\n"
        );
        let manifest = format!("description = \"Slow\"\nparents = []\ntransaction = {transaction}\n");
        project.database("auth", &database);
        project.revision("auth", "0001_slow", &manifest, &[("up.sql", &script)]);
        let child = start(&project, "upgrade --format json");
        until("the COPY", || {
            let under_way = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND \
                             query LIKE 'COPY t%'";
            database.query_value(under_way) == "1"
        });
        let asked = Instant::now();
        signal(&child, "INT");
        let outcome = end(child).expect(130);
        assert!(asked.elapsed() < Duration::from_secs(10), "{outcome}");
        let tables = if transaction { "0" } else { "1" };
        assert_eq!(database.query_value("SELECT count(*) FROM pg_class WHERE relname = 't'"), tables, "{outcome}");
        let dirty = project.run_line("status --format json").success().json();
        let state = if transaction { "empty" } else { "dirty" };
        assert_eq!(dirty["branches"][0]["state"], state, "{dirty}");
    }
}
