//! What upgrade and downgrade do to two branches that need each other, on every engine.

mod support;

use support::pair::{events, json, kind, script, state, steps, table, tables};
use support::{Engine, Pair, TestDatabase, TestProject};

#[test]
fn dependencies_both_ways_are_interleaved() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        let expected = ["auth@1", "specs@1", "auth@2", "auth@3", "specs@2"];
        let mut plan = steps(&pair.json("plan").success());
        plan.sort();
        let mut named: Vec<String> = expected.iter().map(|step| format!("{step} up")).collect();
        named.sort();
        assert_eq!(plan, named, "{engine}");
        let taken = steps(&pair.json("upgrade").success());
        let place = |step: &str| taken.iter().position(|taken| *taken == format!("{step} up applied")).unwrap();
        assert!(place("auth@1") < place("specs@1") && place("specs@1") < place("auth@2"), "{engine}: {taken:?}");
        assert_eq!(tables(&pair.auth), ["auth_1", "auth_2", "auth_3"], "{engine}");
        assert_eq!(tables(&pair.specs), ["specs_1", "specs_2"], "{engine}");
        let status = pair.json("status").success();
        assert_eq!((state(&status, "auth"), state(&status, "specs")), ("current 1,2,3".into(), "current 1,2".into()));
    }
}

#[test]
fn down_to_base_and_up_again() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        let down = steps(&pair.json("downgrade auth@base specs@base --yes").success());
        assert_eq!(down.len(), 5, "{engine}: {down:?}");
        let place = |step: &str| down.iter().position(|taken| *taken == format!("{step} down applied")).unwrap();
        assert!(place("auth@2") < place("specs@1") && place("specs@1") < place("auth@1"), "{engine}: {down:?}");
        assert!(tables(&pair.auth).is_empty() && tables(&pair.specs).is_empty(), "{engine}");
        let status = pair.json("status").success();
        assert_eq!((state(&status, "auth"), state(&status, "specs")), ("empty".into(), "empty".into()), "{engine}");
        assert_eq!(pair.auth.query_value("SELECT count(*) FROM branchline_revision"), "0", "{engine}");
        assert_eq!(steps(&pair.json("upgrade").success()).len(), 5, "{engine}");
    }
}

#[test]
fn exactly_what_is_needed_of_another_branch() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        let refused = pair.json("upgrade specs").expect(6);
        assert_eq!(kind(&refused), "dependency_missing", "{engine}");
        let error = &refused.json()["error"];
        assert!(error["message"].as_str().unwrap().contains("auth@1"), "{engine}\n{refused}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("branchline upgrade auth@1") && hint.contains("--with-dependencies"), "{engine}: {hint}");
        assert_eq!((events(&pair.auth), events(&pair.specs)), (0, 0), "{engine}");
        assert_eq!(steps(&pair.json("plan specs --with-dependencies").success())[0], "auth@1 up", "{engine}");
        // To the revision that is needed, not to auth's head.
        let taken = steps(&pair.json("upgrade specs --with-dependencies").success());
        assert_eq!(taken, ["auth@1 up applied", "specs@1 up applied", "specs@2 up applied"], "{engine}");
        assert_eq!(tables(&pair.auth), ["auth_1"], "{engine}");
    }
}

#[test]
fn the_command_of_the_refusal_brings_what_is_missing() {
    let pair = Pair::new(Engine::Sqlite);
    pair.json("upgrade auth@1").success();
    pair.json("upgrade specs").success();
    assert_eq!(steps(&pair.json("upgrade auth").success()), ["auth@2 up applied", "auth@3 up applied"]);
}

#[test]
fn a_part_of_the_way() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        let up = |line: &str| steps(&pair.json(line).success());
        assert_eq!(up("upgrade auth@+1"), ["auth@1 up applied"], "{engine}");
        assert_eq!(up("upgrade specs@1"), ["specs@1 up applied"], "{engine}");
        assert_eq!(up("upgrade auth@1+1"), ["auth@2 up applied"], "{engine}");
        let beyond = pair.json("upgrade auth@+2").expect(2);
        assert!(beyond.json()["error"]["message"].as_str().is_some(), "{engine}\n{beyond}");
        assert_eq!(up("upgrade auth@+1 specs@+1"), ["auth@3 up applied", "specs@2 up applied"], "{engine}");
        assert_eq!(up("downgrade auth@-1 --yes"), ["auth@3 down applied"], "{engine}");
        assert_eq!(up("downgrade specs@1 --yes"), ["specs@2 down applied"], "{engine}");
        let status = pair.json("status").success();
        assert_eq!((state(&status, "auth"), state(&status, "specs")), ("behind 1,2".into(), "behind 1".into()));
    }
}

#[test]
fn nothing_to_do_writes_nothing() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        let before = (events(&pair.auth), events(&pair.specs));
        let file = pair.auth.url().strip_prefix("sqlite://").map(std::path::PathBuf::from);
        let modified = |file: &std::path::PathBuf| std::fs::metadata(file).unwrap().modified().unwrap();
        let bytes_before = file.as_ref().map(|file| (modified(file), std::fs::read(file).unwrap()));
        let outcome = pair.json("upgrade").success();
        assert_eq!(outcome.json()["ok"], true);
        assert!(steps(&outcome).is_empty(), "{engine}");
        assert_eq!((events(&pair.auth), events(&pair.specs)), before, "{engine}");
        if let (Some(file), Some((time, bytes))) = (file, bytes_before) {
            assert_eq!(modified(&file), time);
            assert!(std::fs::read(&file).unwrap() == bytes);
        }
        assert!(pair.project.run_line("upgrade").success().stdout.contains("Nothing to do"), "{engine}");
    }
}

#[test]
fn looking_at_an_empty_database_leaves_it_empty() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("status").success();
        pair.json("plan").success();
        pair.json("upgrade --dry-run").success();
        pair.json("check").expect(3);
        assert_eq!(tables(&pair.auth), Vec::<String>::new(), "{engine}");
        assert!(pair.auth.try_execute("SELECT 1 FROM branchline_event").is_err(), "{engine}");
    }
    let mut project = TestProject::new();
    project.branch("auth", "dialects = [\"sqlite\"]\n").chain("auth", 1);
    let file = project.path().join("not-there.db");
    project.variable("DATABASE_URL_AUTH", &format!("sqlite://{}", file.display()));
    json(&project, "status").success();
    json(&project, "plan").success();
    assert!(!file.exists());
}

/// A branch that needs no other opens no other: here the other one cannot be reached, or has no URL at all.
#[test]
fn a_database_that_is_not_needed_is_never_opened() {
    for engine in Engine::ALL {
        for url in [None, Some("postgres://u:p@127.0.0.1:1/nowhere")] {
            let mut project = TestProject::new();
            let auth = TestDatabase::new(engine);
            project.database("auth", &auth).branch("specs", "dialects = [\"postgres\"]\n");
            if let Some(url) = url {
                project.variable("DATABASE_URL_SPECS", url);
            }
            project.chain("auth", 3);
            let (up, down) = ("CREATE TABLE specs_1 (id int);\n", "DROP TABLE specs_1;\n");
            script(&project, "specs", "1", &[], &["auth@0002"], up, down);
            assert_eq!(steps(&json(&project, "plan auth").success()).len(), 3, "{engine} {url:?}");
            json(&project, "upgrade auth").success();
            json(&project, "status auth").success();
            json(&project, "check auth").success();
            assert_eq!(steps(&json(&project, "upgrade auth").success()).len(), 0, "{engine} {url:?}");
            // Nothing depends on 0003.
            let down = steps(&json(&project, "downgrade auth@0002 --yes").success());
            assert_eq!(down, ["auth@0003 down applied"], "{engine} {url:?}");
            // 0002 has a dependent on specs; whether it is applied there must be known before 0002 may go.
            let blind = json(&project, "downgrade auth@0001 --yes").expect(if url.is_some() { 5 } else { 2 });
            assert_eq!(blind.json()["error"]["branch"], "specs", "{engine} {url:?}\n{blind}");
            assert_eq!(tables(&auth), ["auth_0001", "auth_0002"], "{engine} {url:?}");
        }
    }
}

#[test]
fn a_branch_on_another_engine() {
    for (auth, specs) in
        [(Engine::Postgres, Engine::Sqlite), (Engine::Mariadb, Engine::Postgres), (Engine::Sqlite, Engine::Mariadb)]
    {
        let pair = Pair::of(auth, specs);
        pair.json("upgrade").success();
        assert_eq!(tables(&pair.auth), ["auth_1", "auth_2", "auth_3"], "{auth} {specs}");
        assert_eq!(tables(&pair.specs), ["specs_1", "specs_2"], "{auth} {specs}");
        let run = |database: &TestDatabase| database.query_value("SELECT count(DISTINCT run_id) FROM branchline_event");
        assert_eq!((run(&pair.auth), run(&pair.specs)), ("1".to_owned(), "1".to_owned()));
        assert_eq!(
            pair.auth.query_value("SELECT min(run_id) FROM branchline_event"),
            pair.specs.query_value("SELECT min(run_id) FROM branchline_event"),
            "one run, one id in both databases"
        );
        pair.json("downgrade auth@base specs@base --yes").success();
        assert!(tables(&pair.auth).is_empty() && tables(&pair.specs).is_empty(), "{auth} {specs}");
    }
}

/// 1 -> a2 -> m, 1 -> b2 -> m.
fn diamond(engine: Engine) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.database("auth", &database);
    table(&project, "auth", "1", &[], &[]);
    table(&project, "auth", "a2", &["1"], &[]);
    table(&project, "auth", "b2", &["1"], &[]);
    (project, database)
}

#[test]
fn two_heads_and_their_merge() {
    for engine in Engine::ALL {
        let (project, database) = diamond(engine);
        let several = json(&project, "upgrade auth").expect(2);
        let message = format!("{}", several.json()["error"]);
        assert!(message.contains("a2") && message.contains("b2"), "{engine}: {message}");
        assert!(tables(&database).is_empty(), "{engine}");
        json(&project, "upgrade auth@heads").success();
        let status = json(&project, "status").success();
        assert_eq!(state(&status, "auth"), "current 1,a2,b2", "{engine}");
        assert_eq!(status.json()["branches"][0]["current"], serde_json::json!(["a2", "b2"]), "{engine}");
        let relative = json(&project, "downgrade auth@-1 --yes").expect(2);
        let message = format!("{}", relative.json()["error"]);
        assert!(message.contains("a2") && message.contains("b2"), "{engine}: {message}");
        // One line alone.
        let line = steps(&json(&project, "downgrade b2@1 --yes").success());
        assert_eq!(line, ["auth@b2 down applied"], "{engine}");
        assert_eq!(tables(&database), ["auth_1", "auth_a2"], "{engine}");
        table(&project, "auth", "m", &["a2", "b2"], &[]);
        assert_eq!(
            steps(&json(&project, "upgrade auth").success()),
            ["auth@b2 up applied", "auth@m up applied"],
            "{engine}"
        );
        // Across the merge: the other parent's line stays.
        let across = steps(&json(&project, "downgrade auth@a2 --yes").success());
        assert_eq!(across, ["auth@m down applied"], "{engine}");
        assert_eq!(state(&json(&project, "status").success(), "auth"), "behind 1,a2,b2", "{engine}");
    }
}

#[test]
fn every_target_that_is_offered_works_as_it_stands() {
    let mut project = TestProject::new();
    let databases = ["auth", "specs"].map(|branch| (branch, TestDatabase::new(Engine::Sqlite)));
    for (branch, database) in &databases {
        project.database(branch, database);
        table(&project, branch, "1", &[], &[]);
        table(&project, branch, "2", &["1"], &[]);
        table(&project, branch, "3", &["2"], &[]);
        table(&project, branch, "4", &["2"], &[]);
    }
    let mut tried = 0;
    for (line, target) in [
        ("downgrade {} --yes", "3@2"),
        ("downgrade {} --yes", "auth@-1"),
        ("downgrade {} --yes", "2@base"),
        ("downgrade {} --yes", "3-1"),
        ("plan --down {}", "4@-1"),
        ("plan {}", "specs"),
        ("upgrade {} --dry-run", "1+1"),
        ("stamp {} --dry-run", "auth@head"),
        ("show {}", "3"),
        ("history {}", "4"),
    ] {
        let line = |target: &str| line.replace("{}", target);
        json(&project, "upgrade").success();
        let refused = json(&project, &line(target)).expect(2).json();
        let hint = refused["error"]["hint"].as_str().unwrap();
        let offered = hint.split('`').skip(1).step_by(2).filter(|offered| !offered.starts_with("branchline "));
        for offered in offered {
            json(&project, "upgrade").success();
            json(&project, &line(offered)).success();
            tried += 1;
        }
    }
    assert_eq!(tried, 20, "two each");
}
