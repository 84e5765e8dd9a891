//! What a guard must refuse, on every engine: exit code 6, a named reason, a way out, and nothing changed.

mod support;

use support::pair::{events, json, kind, script, state, steps, table, tables};
use support::{Engine, Outcome, Pair, TestDatabase, TestProject};

/// All that a refusal must be.
#[track_caller]
fn refused(outcome: Outcome, expected: &str) -> (String, String) {
    let outcome = outcome.expect(6);
    assert_eq!(kind(&outcome), expected, "{outcome}");
    let error = &outcome.json()["error"];
    assert!(error["branch"].is_string(), "{outcome}");
    let text = |key: &str| error[key].as_str().unwrap_or_else(|| panic!("no {key}\n{outcome}")).to_owned();
    (text("message"), text("hint"))
}

fn swap(pair: &mut Pair) {
    let (auth, specs) = (pair.auth.url().to_owned(), pair.specs.url().to_owned());
    pair.project.variable("DATABASE_URL_AUTH", &specs).variable("DATABASE_URL_SPECS", &auth);
}

#[test]
fn swapped_urls() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        pair.json("upgrade auth@2 --with-dependencies").success();
        swap(&mut pair);
        let before = (events(&pair.auth), events(&pair.specs));
        for line in
            ["upgrade", "plan", "upgrade auth", "downgrade auth@base --yes", "stamp auth@1", "stamp specs@1 auth@1"]
        {
            let (message, hint) = refused(pair.json(line), "wrong_database");
            assert!(message.contains("specs") && message.contains("auth"), "{engine} {line}: {message}");
            assert!(hint.contains("swapped"), "{engine} {line}: {hint}");
        }
        let check = pair.json("check").expect(3);
        let document = check.json();
        let kinds = document["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]);
        assert!(kinds.eq(["wrong_database"; 2].iter()), "{engine}: nothing is known to be pending\n{check}");
        refused(pair.json("status"), "wrong_database");
        let status = pair.json("status auth").expect(6);
        let shown = &status.json()["branches"][0];
        assert_eq!((&shown["state"], &shown["pending"]), (&"wrong_database".into(), &[(); 0].into()), "{status}");
        let text = pair.project.run_line("status").expect(6);
        let words = |branch: &str| text.stdout.lines().find(|line| line.starts_with(branch)).unwrap().to_owned();
        assert!(words("auth").contains("wrong_database  ?"), "{engine}\n{text}");
        assert!(words("specs").contains("wrong_database  ?"), "{engine}\n{text}");
        assert!(text.stderr.contains("belongs to branch specs, not to auth"), "{engine}\n{text}");
        assert_eq!((events(&pair.auth), events(&pair.specs)), before, "{engine}");
        assert_eq!(
            (tables(&pair.auth), tables(&pair.specs)),
            (vec!["auth_1".into(), "auth_2".into()], vec!["specs_1".to_owned()])
        );
    }
}

#[test]
fn the_database_of_another_project() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.project.write("branchline.toml", "project = \"shop\"\n");
        pair.json("upgrade").success();
        pair.project.write("branchline.toml", "project = \"farm\"\n");
        for line in ["upgrade", "downgrade auth@base specs@base --yes", "stamp auth@1"] {
            let (message, _) = refused(pair.json(line), "wrong_database");
            assert!(message.contains("shop"), "{engine} {line}: {message}");
        }
        let status = pair.json("status").expect(6).json();
        assert_eq!(status["branches"][1]["state"], "wrong_database", "{engine}: {status}");
        // Compared only where both have a name.
        std::fs::remove_file(pair.project.path().join("branchline.toml")).unwrap();
        pair.json("upgrade").success();
    }
}

#[test]
fn a_database_that_carries_a_branch_of_another_project() {
    for engine in Engine::ALL {
        let (one, mut other) = (Pair::new(engine), TestProject::new());
        one.json("upgrade").success();
        // A branch of another name, in the same database.
        other.branch("billing", "");
        other.variable("DATABASE_URL_BILLING", one.auth.url());
        table(&other, "billing", "1", &[], &[]);
        let (message, _) = refused(json(&other, "upgrade"), "wrong_database");
        assert!(message.contains("auth") && message.contains("billing"), "{engine}: {message}");
        assert_eq!(tables(&one.auth), ["auth_1", "auth_2", "auth_3"], "{engine}");
    }
}

#[test]
fn two_branches_in_one_database_are_kept_apart() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        pair.project.share(&["auth", "specs"], &pair.auth);
        let done = pair.json("upgrade").success();
        assert_eq!(steps(&done).len(), 5, "{engine}");
        assert_eq!(tables(&pair.auth), ["auth_1", "auth_2", "auth_3", "specs_1", "specs_2"], "{engine}");
        let status = pair.json("status").success();
        assert_eq!((state(&status, "auth"), state(&status, "specs")), ("current 1,2,3".into(), "current 1,2".into()));
        let identities = "SELECT count(DISTINCT identity) FROM branchline_binding";
        assert_eq!(pair.auth.query_value(identities), "1", "{engine}: one database, one identity");
        let down = steps(&pair.json("downgrade specs@1 --yes").success());
        assert_eq!(down, ["specs@2 down applied"], "{engine}");
        let status = pair.json("status").success();
        assert_eq!((state(&status, "auth"), state(&status, "specs")), ("current 1,2,3".into(), "behind 1".into()));
        pair.json("downgrade specs@base auth@base --yes").success();
        assert!(tables(&pair.auth).is_empty(), "{engine}");
    }
}

/// All lines that a branch whose URL leads elsewhere by mistake must be refused.
const WRITING: [&str; 5] = [
    "upgrade specs@1",
    "plan specs@1",
    "stamp specs@1",
    "downgrade specs@base --yes",
    "upgrade --on-failure compensate",
];

/// `export DATABASE_URL_SPECS=$DATABASE_URL_AUTH` is no word of the project's files that the two belong together.
#[test]
fn a_url_that_was_copied_to_another_branch() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        pair.json("upgrade auth@1").success();
        let url = pair.auth.url().to_owned();
        pair.project.variable("DATABASE_URL_SPECS", &url);
        let before = events(&pair.auth);
        for line in WRITING {
            let (message, hint) = refused(pair.json(line), "wrong_database");
            assert!(message.contains("belongs to branch auth, not to specs"), "{engine} {line}: {message}");
            for source in ["env:DATABASE_URL_AUTH", "env:DATABASE_URL_SPECS"] {
                assert!(message.contains(source), "{engine} {line}: {message}");
            }
            assert!(hint.contains("correct one") && hint.contains("name the same source"), "{engine} {line}: {hint}");
        }
        let status = pair.json("status").expect(6).json();
        let states = ["auth", "specs"].map(|branch| {
            let found = status["branches"].as_array().unwrap().iter().find(|status| status["branch"] == branch);
            found.unwrap()["state"].as_str().unwrap().to_owned()
        });
        assert_eq!(states, ["behind", "wrong_database"], "{engine}: auth is where it belongs\n{status}");
        assert!(pair.json("check").expect(3).stdout.contains("\"wrong_database\""), "{engine}");
        assert_eq!(events(&pair.auth), before, "{engine}");
        assert_eq!(pair.auth.query_value("SELECT count(*) FROM branchline_binding"), "1", "{engine}");
        assert_eq!(tables(&pair.auth), ["auth_1"], "{engine}");
        // What is right goes on, and so does what the files say.
        pair.json("stamp auth@1").success();
        pair.project.share(&["auth", "specs"], &pair.auth);
        pair.json("upgrade specs@1").success();
        assert_eq!(tables(&pair.auth), ["auth_1", "specs_1"], "{engine}");
    }
}

#[test]
fn a_url_that_was_copied_before_the_database_was_used() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        let url = pair.auth.url().to_owned();
        pair.project.variable("DATABASE_URL_SPECS", &url);
        for line in WRITING.into_iter().chain(["upgrade", "upgrade auth@1", "stamp auth@1"]) {
            let (message, hint) = refused(pair.json(line), "wrong_database");
            for source in ["auth", "specs", "env:DATABASE_URL_AUTH", "env:DATABASE_URL_SPECS"] {
                assert!(message.contains(source), "{engine} {line}: {message}");
            }
            assert!(hint.contains("correct one") && hint.contains("name the same source"), "{engine} {line}: {hint}");
            assert!(!format!("{message}{hint}").contains(&url), "{engine} {line}: {message}");
        }
        let status = pair.json("status").expect(6).json();
        for found in status["branches"].as_array().unwrap() {
            assert_eq!(found["state"], "wrong_database", "{engine}: {status}");
        }
        assert!(pair.json("check").expect(3).stdout.contains("\"wrong_database\""), "{engine}");
        assert!(pair.auth.try_execute("SELECT 1 FROM branchline_binding").is_err(), "{engine}: nothing was written");
        assert!(tables(&pair.auth).is_empty(), "{engine}");
        let url = pair.specs.url().to_owned();
        pair.project.variable("DATABASE_URL_SPECS", &url);
        pair.json("upgrade").success();
    }
}

/// Bound to both by one source, and then two: refused until the files agree again, or one URL leads elsewhere.
#[test]
fn a_shared_database_stays_usable_only_where_the_files_say_so() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        pair.project.share(&["auth", "specs"], &pair.auth);
        pair.json("upgrade specs@1 --with-dependencies").success();
        let (before, url) = (events(&pair.auth), pair.auth.url().to_owned());
        pair.project.branch("specs", "database = \"env:OTHER\"\n");
        pair.project.variable("OTHER", &url);
        for line in
            ["upgrade", "upgrade auth", "plan specs", "events specs", "downgrade specs@base --yes", "stamp auth@1"]
        {
            let (message, hint) = refused(pair.json(line), "wrong_database");
            assert!(
                message.contains("env:OTHER") && message.contains("env:DATABASE_URL_SHARED"),
                "{engine}: {message}"
            );
            assert!(
                message.contains("carries") && hint.contains("go on as before"),
                "{engine} {line}: {message} {hint}"
            );
        }
        assert_eq!(events(&pair.auth), before, "{engine}");
        // Specs moves out: what is left behind of it is in nobody's way.
        let elsewhere = pair.specs.url().to_owned();
        pair.project.variable("OTHER", &elsewhere);
        pair.json("plan auth@1").success();
        pair.project.share(&["auth", "specs"], &pair.auth);
        pair.json("upgrade").success();
    }
}

/// Equal URLs in two files are the project's own word, and so are two ways to write one SQLite file.
#[test]
fn literal_urls_that_say_the_same() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        let url = pair.auth.url();
        let other =
            if engine == Engine::Sqlite { url.replacen("sqlite:///", "sqlite:///./", 1) } else { url.to_owned() };
        pair.project.branch("auth", &format!("database = \"{url}\"\n"));
        pair.project.branch("specs", &format!("database = \"{other}\"\n"));
        pair.json("upgrade").success();
        assert_eq!(tables(&pair.auth).len(), 5, "{engine}");
        // The defaults of all branches are the files' word too.
        pair.project.branch("auth", "").branch("specs", "");
        pair.project.write("branchline.toml", format!("database = \"{url}\"\n"));
        pair.json("status").success();
        // The same URL, once in the file and once from a variable.
        pair.project.branch("specs", "database = \"env:DATABASE_URL_AUTH\"\n");
        let (message, _) = refused(pair.json("upgrade"), "wrong_database");
        assert!(message.contains("env:DATABASE_URL_AUTH"), "{engine}: {message}");
    }
}

/// What no URL tells, the first binding does.
#[test]
fn one_file_by_two_names() {
    let mut project = TestProject::new();
    for branch in ["auth", "specs"] {
        project.branch(branch, "");
        table(&project, branch, "1", &[], &[]);
    }
    std::fs::create_dir(project.path().join("data")).unwrap();
    std::os::unix::fs::symlink("data", project.path().join("link")).unwrap();
    project.variable("DATABASE_URL_AUTH", "sqlite:data/a").variable("DATABASE_URL_SPECS", "sqlite:link/a");
    let (message, hint) = refused(json(&project, "upgrade"), "wrong_database");
    assert!(message.contains("belongs to branch auth, not to specs"), "{message}");
    assert!(hint.contains("name the same source"), "{hint}");
    let status = json(&project, "status").expect(6);
    assert_eq!(state(&status, "auth"), "empty", "no step was run\n{status}");
}

#[test]
fn an_edited_script() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade auth@1").success();
        let file = "migrations/auth/1_revision/up.sql";
        let original = pair.project.read(file);
        // Line ends and a byte order mark are no edit.
        pair.project.write(file, format!("\u{feff}{}", original.replace('\n', "\r\n")));
        pair.json("upgrade auth@1").success();
        pair.json("plan auth@1").success();
        pair.project.write(file, format!("{original}-- and more\n"));
        for line in ["upgrade auth@1", "upgrade", "plan", "upgrade specs", "downgrade auth@base --yes"] {
            let (message, _) = refused(pair.json(line), "checksum_mismatch");
            assert!(message.contains("auth@1"), "{engine} {line}: {message}");
        }
        let check = pair.json("check").expect(3);
        assert!(check.stdout.contains("checksum_mismatch"), "{engine}\n{check}");
        assert_eq!(tables(&pair.auth), ["auth_1"], "{engine}");
        // The way down may be mended: only what was run is held to its checksum.
        pair.project.write(file, &original);
        pair.project.write("migrations/auth/1_revision/down.sql", "DROP TABLE auth_1;\n-- mended\n");
        pair.json("downgrade auth@base --yes").success();
    }
}

#[test]
fn a_revision_inserted_below_an_applied_one() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        table(&pair.project, "auth", "2b", &["2"], &[]);
        table(&pair.project, "auth", "3", &["2b"], &[]);
        let (message, hint) = refused(pair.json("upgrade"), "out_of_order");
        assert!(message.contains("auth@2b") && message.contains("auth@3"), "{engine}: {message}");
        assert!(hint.contains("--allow-out-of-order"), "{engine}: {hint}");
        refused(pair.json("plan"), "out_of_order");
        assert_eq!(steps(&pair.json("plan --allow-out-of-order").success()), ["auth@2b up"], "{engine}");
        assert_eq!(steps(&pair.json("upgrade --allow-out-of-order").success()), ["auth@2b up applied"], "{engine}");
        let status = pair.json("status").success();
        assert_eq!(state(&status, "auth"), "current 1,2,2b,3", "{engine}");
        // The record of 3 is older than 2b; the files say that 3 follows it.
        assert_eq!(status.json()["branches"][0]["current"], serde_json::json!(["3"]), "{engine}");
        assert_eq!(steps(&pair.json("plan --down auth@-1").success()), ["auth@3 down"], "{engine}");
    }
}

#[test]
fn a_database_ahead_of_the_project_holds_up_its_own_branch_only() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        std::fs::remove_dir_all(pair.project.path().join("migrations/auth/3_revision")).unwrap();
        table(&pair.project, "specs", "3", &["2"], &["auth@2"]);
        let status = pair.json("status").success();
        assert_eq!(state(&status, "auth"), "ahead 1,2,3", "{engine}");
        assert_eq!(status.json()["branches"][0]["unknown"], serde_json::json!(["3"]), "{engine}");
        assert_eq!(steps(&pair.json("upgrade").success()), ["specs@3 up applied"], "{engine}");
        // What is not known here would stay, although the command says where the branch is to be.
        refused(pair.json("downgrade auth@2 --yes"), "ahead");
        table(&pair.project, "auth", "4", &["2"], &[]);
        let (message, _) = refused(pair.json("upgrade auth"), "ahead");
        assert!(message.contains('3'), "{engine}: {message}");
        refused(pair.json("downgrade auth@1 --with-dependents --yes"), "ahead");
        assert!(pair.json("check").expect(3).stdout.contains("\"ahead\""), "{engine}");
        assert_eq!(tables(&pair.auth), ["auth_1", "auth_2", "auth_3"], "{engine}");
    }
}

/// An older backup of auth was restored: what specs has applied has lost its ground.
#[test]
fn a_lost_dependency() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        pair.json("upgrade").success();
        let backup = TestDatabase::new(engine);
        pair.project.database("auth", &backup);
        table(&pair.project, "specs", "3", &["2"], &["auth@1"]);
        for line in ["upgrade specs", "upgrade", "plan"] {
            let (message, hint) = refused(pair.json(line), "dependency_lost");
            assert!(message.contains("specs@1") && message.contains("auth@1"), "{engine} {line}: {message}");
            assert!(hint.contains("backup"), "{engine}: {hint}");
        }
        assert!(pair.json("check").expect(3).stdout.contains("dependency_lost"), "{engine}");
        assert_eq!(tables(&pair.specs), ["specs_1", "specs_2"], "{engine}");
    }
}

#[test]
fn a_dependent_in_the_way() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        let (message, hint) = refused(pair.json("downgrade auth@base --yes"), "dependent_in_the_way");
        assert!(message.contains("specs@1") && message.contains("auth@1"), "{engine}: {message}");
        assert!(hint.contains("--with-dependents"), "{engine}: {hint}");
        refused(pair.json("plan --down auth@base"), "dependent_in_the_way");
        assert_eq!(steps(&pair.json("downgrade auth@2 --yes").success()), ["auth@3 down applied"], "{engine}");
        let down = steps(&pair.json("downgrade auth@base --with-dependents --yes").success());
        let place = |step: &str| down.iter().position(|taken| *taken == format!("{step} down applied")).unwrap();
        assert_eq!(down.len(), 4, "{engine}: {down:?}");
        assert!(place("specs@1") < place("auth@1") && place("auth@2") < place("specs@1"), "{engine}: {down:?}");
    }
}

#[test]
fn an_irreversible_revision() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        let manifest = "description = \"Drops the log\"\nparents = [\"2\"]\nirreversible = \"drops the audit log\"\n";
        pair.project.revision("specs", "3_last", manifest, &[("up.sql", "CREATE TABLE specs_3 (id INTEGER);\n")]);
        table(&pair.project, "specs", "4", &["3"], &[]);
        pair.json("upgrade").success();
        for line in ["downgrade specs@1 --yes", "plan --down specs@2"] {
            let outcome = pair.json(line).expect(6);
            assert_eq!(kind(&outcome), "irreversible", "{engine} {line}\n{outcome}");
            assert!(outcome.json()["error"]["message"].as_str().unwrap().contains("drops the audit log"), "{outcome}");
        }
        assert_eq!(tables(&pair.specs).len(), 4, "{engine}");
        pair.json("downgrade specs@3 --yes").success();
    }
}

#[test]
fn destructive_steps_need_a_yes() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        for line in ["downgrade auth@2", "downgrade specs@1"] {
            let (_, hint) = refused(pair.json(line), "not_confirmed");
            assert!(hint.contains("--yes"), "{engine}: {hint}");
        }
        pair.json("downgrade auth@2 --dry-run").success();
        assert_eq!(tables(&pair.auth).len(), 3, "{engine}");
        // Upward too.
        script(
            &pair.project,
            "specs",
            "3",
            &["2"],
            &[],
            "DROP TABLE specs_2;\n",
            "CREATE TABLE specs_2 (id INTEGER);\n",
        );
        let plan = pair.json("plan specs").success().json();
        assert_eq!(plan["steps"][0]["destructive"], true, "{engine}: {plan}");
        refused(pair.json("upgrade specs"), "not_confirmed");
        pair.json("upgrade specs --yes").success();
        // What destroys nothing needs no yes.
        pair.json("downgrade specs@2").success();
    }
}
