//! What runs leave in the journal, and how `runs` and `events` read it back.

mod support;

use support::pair::{Pair, json, kind, script, steps, table};
use support::running::{end, start, until};
use support::{Engine, TestDatabase, TestProject};

/// Each branch of a run as `auth done: 0001 apply done, ...`.
fn told(run: &serde_json::Value) -> Vec<String> {
    let branches = run["branches"].as_array().unwrap().iter();
    branches
        .map(|branch| {
            let events = branch["events"].as_array().unwrap().iter().map(|event| {
                let text = |key: &str| event[key].as_str().unwrap_or("-").to_owned();
                format!("{} {} {}", text("revision"), text("kind"), text("outcome"))
            });
            let events = events.collect::<Vec<_>>().join(", ");
            format!("{} {}: {events}", branch["branch"].as_str().unwrap(), branch["outcome"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn a_run_has_one_id_in_all_databases() {
    for (auth, specs) in [(Engine::Postgres, Engine::Mariadb), (Engine::Sqlite, Engine::Postgres)] {
        let pair = Pair::of(auth, specs);
        assert!(pair.project.run_line("runs").success().stdout.contains("No runs."));
        let up = pair.json("upgrade").success().json();
        let down = pair.json("downgrade auth@1 --with-dependents --yes").success().json();
        let document = pair.json("runs").success().json();
        let runs = document["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 2, "{document}");
        assert_eq!((&runs[0]["run_id"], &runs[1]["run_id"]), (&up["run_id"], &down["run_id"]));
        assert_eq!(
            told(&runs[0]),
            ["auth done: 1 apply done, 2 apply done, 3 apply done", "specs done: 1 apply done, 2 apply done"]
        );
        assert_eq!(told(&runs[1])[0], "auth done: 3 revert done, 2 revert done");
        assert_eq!(runs[0]["outcome"], "done");
        let started = runs[0]["branches"][0]["start"].clone();
        assert_eq!(
            (&started["steps"], &started["direction"], &started["targets"][0]),
            (&3.into(), &"up".into(), &"heads".into())
        );
        let at = runs[0]["started_at"].as_str().unwrap();
        assert!(at.starts_with("20") && at.ends_with('Z') && at.len() == 24, "{at}");
        // One run of the two, by the beginning of its id, and the newest one.
        let id = down["run_id"].as_str().unwrap();
        let one = pair.json(&format!("runs --run {}", &id[..24])).success().json();
        assert_eq!(one["runs"][0]["run_id"], down["run_id"], "{one}");
        let last = pair.json("runs auth --last 1").success().json();
        assert_eq!((last["runs"].as_array().unwrap().len(), &last["runs"][0]["run_id"]), (1, &down["run_id"]));
        let text = pair.project.run_line("runs").success().stdout;
        assert!(text.contains("3 apply done") && text.contains("2 revert done"), "{text}");
    }
}

#[test]
fn what_became_of_every_step_of_a_run_that_failed() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        script(&pair.project, "auth", "2", &["1"], &["specs@1"], "SELECT * FROM missing;\n", "SELECT 1;\n");
        let failed = pair.json("upgrade").expect(1).json();
        let document = pair.json("runs").success().json();
        let run = &document["runs"][0];
        assert_eq!((&run["outcome"], &run["run_id"]), (&"failed".into(), &failed["run_id"]), "{engine}");
        assert_eq!(told(run)[0], "auth failed: 1 apply done, 2 apply failed, 3 apply not_started", "{engine}");
        let events = pair.json("events auth").success().json();
        let events = events["events"].as_array().unwrap().clone();
        let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["run", "apply", "apply", "apply", "run"], "{engine}");
        assert!(events[2]["detail"].as_str().unwrap().contains("missing"), "{engine}");
        assert_eq!(events[3]["detail"], "blocked by auth@2", "{engine}");
        let text = pair.project.run_line("events --last 2").success().stdout;
        assert!(text.contains("blocked by auth@2") && text.contains("failed"), "{text}");
    }
}

/// A killed run is not one that goes on for ever.
#[test]
fn a_run_that_died_and_one_that_runs() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.database("auth", &database);
        table(&project, "auth", "1", &[], &[]);
        let wait = if engine == Engine::Postgres { "SELECT pg_sleep(30)" } else { "DO sleep(30)" };
        script(&project, "auth", "2", &["1"], &[], &format!("{wait};\n"), "SELECT 1;\n");
        let outcome = |project: &TestProject| {
            let document = json(project, "runs --last 1").success().json();
            (
                document["runs"][0]["outcome"].as_str().unwrap_or_default().to_owned(),
                document["runs"][0]["run_id"].clone(),
            )
        };
        let mut child = start(&project, "upgrade --format json");
        until("the run is at its second step", || {
            json(&project, "events").json()["events"].as_array().is_some_and(|events| events.len() >= 2)
        });
        let (running, id) = outcome(&project);
        assert_eq!(running, "running", "{engine}");
        child.kill().unwrap();
        child.wait().unwrap();
        database.end_sessions();
        until("the lock is let go", || outcome(&project).0 == "died");
        assert_eq!(outcome(&project).1, id, "{engine}");
        let text = project.run_line("runs").success().stdout;
        assert!(text.contains("died"), "{text}");
    }
}

#[test]
fn an_interrupted_run_says_so() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Postgres);
    project.database("auth", &database);
    script(&project, "auth", "1", &[], &[], "SELECT pg_sleep(30);\n", "SELECT 1;\n");
    let child = start(&project, "upgrade --format json");
    until("the run has begun", || {
        json(&project, "events").json()["events"].as_array().is_some_and(|events| !events.is_empty())
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    end(child).expect(130);
    let document = json(&project, "runs").success().json();
    assert_eq!(told(&document["runs"][0]), ["auth interrupted: 1 apply failed"]);
}

#[test]
fn stamps_and_repairs_are_runs_too() {
    let pair = Pair::new(Engine::Sqlite);
    pair.json("stamp auth@1").success();
    let document = pair.json("runs").success().json();
    assert_eq!(told(&document["runs"][0]), ["auth done: 1 stamp up"]);
}

#[test]
fn questions_that_have_no_answer() {
    let pair = Pair::new(Engine::Sqlite);
    assert_eq!(kind(&pair.json("runs --run nothing-like-it!").expect(2)), "usage");
    assert_eq!(kind(&pair.json("events nowhere").expect(2)), "unknown_branch");
    pair.json("upgrade").success();
    let none = pair.json("runs --run 00000000").success().json();
    assert_eq!(none["runs"].as_array().unwrap().len(), 0);
    // Another branch's database has a journal too, which is not ours to read.
    let (auth, specs) = (pair.auth.url().to_owned(), pair.specs.url().to_owned());
    let mut project = pair.project;
    project.variable("DATABASE_URL_AUTH", &specs).variable("DATABASE_URL_SPECS", &auth);
    assert_eq!(kind(&json(&project, "events").expect(6)), "wrong_database");
}

/// Nothing to do is no run, and writes nothing.
#[test]
fn a_run_with_nothing_to_do_leaves_no_line() {
    let pair = Pair::new(Engine::Postgres);
    pair.json("upgrade").success();
    let before = pair.auth.query_value("SELECT count(*) FROM branchline_event");
    assert!(steps(&pair.json("upgrade").success()).is_empty());
    assert_eq!(pair.auth.query_value("SELECT count(*) FROM branchline_event"), before);
}

/// Numbers are no texts: the tenth line is newer than the ninth.
#[test]
fn the_newest_of_many_lines() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        for _ in 0..3 {
            pair.json("upgrade").success();
            pair.json("downgrade auth@base --with-dependents --yes").success();
        }
        let up = pair.json("upgrade").success().json();
        let last = pair.json("events auth --last 4").success().json();
        let ids: Vec<i64> =
            last["events"].as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect();
        assert!(ids.len() == 4 && ids.is_sorted() && ids[3] > 10, "{engine}: {ids:?}");
        assert_eq!(last["events"][0]["run_id"], up["run_id"], "{engine}");
    }
}

/// What a database says of a statement quotes it; a password in it is neither kept nor shown.
#[test]
fn no_password_is_kept() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let pair = Pair::new(engine);
        let up = match engine {
            Engine::Postgres => "CREATE ROLE nobody PASWORD 'hush-hush';\n",
            _ => "CREATE TABLE made (id int);\nCREATE USER nobody IDENTFIED BY 'hush-hush';\n",
        };
        script(&pair.project, "auth", "1", &[], &[], up, "SELECT 1;\n");
        pair.json("upgrade auth@1").expect(1);
        for line in ["events", "runs", "status", "events --format json", "runs --format json", "status --format json"] {
            let shown = pair.project.run_line(line);
            assert!(!shown.stdout.contains("hush-hush") && !shown.stderr.contains("hush-hush"), "{engine}\n{shown}");
        }
        let kept = "SELECT count(*) FROM branchline_event WHERE detail LIKE '%hush-hush%'";
        assert_eq!(pair.auth.query_value(kept), "0", "{engine}");
        let kept = "SELECT count(*) FROM branchline_revision WHERE error LIKE '%hush-hush%'";
        assert_eq!(pair.auth.query_value(kept), "0", "{engine}");
    }
}

/// A session that is ended takes no journal along: what became of the run is written on another one.
#[test]
fn a_run_that_lost_its_session_says_so() {
    for (engine, ends) in [
        (Engine::Postgres, "SELECT pg_terminate_backend(pg_backend_pid());\n"),
        (Engine::Mariadb, "KILL CONNECTION connection_id();\n"),
    ] {
        let pair = Pair::new(engine);
        script(&pair.project, "auth", "1", &[], &[], ends, "SELECT 1;\n");
        assert_eq!(kind(&pair.json("upgrade auth@1").expect(1)), "connection_lost", "{engine}");
        let run = pair.json("runs auth").success().json()["runs"][0].clone();
        assert_eq!(run["outcome"], "failed", "{engine}: {run}");
        assert_eq!(told(&run), ["auth failed: 1 apply failed"], "{engine}");
    }
}
