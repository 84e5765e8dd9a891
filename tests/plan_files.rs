//! A plan file runs as it was looked at, or not at all.

mod support;

use support::pair::{events, json, kind, steps, table, tables};
use support::{Engine, Pair, TestDatabase};

/// A pair with a saved plan of everything.
fn planned(engine: Engine) -> Pair {
    let pair = Pair::new(engine);
    pair.json("plan --out p.plan").success();
    pair
}

#[track_caller]
fn outdated(pair: &Pair, says: &str) {
    let before = (events(&pair.auth), events(&pair.specs), tables(&pair.auth), tables(&pair.specs));
    for line in ["apply p.plan --yes", "apply p.plan --dry-run"] {
        let refused = pair.json(line).expect(6);
        assert_eq!(kind(&refused), "plan_outdated", "{line}\n{refused}");
        let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(says), "{line}\n{refused}");
        assert!(refused.json()["error"]["hint"].as_str().unwrap().contains("plan --out"), "{refused}");
    }
    assert_eq!((events(&pair.auth), events(&pair.specs), tables(&pair.auth), tables(&pair.specs)), before);
}

#[test]
fn runs_as_it_was_planned() {
    for engine in Engine::ALL {
        let pair = planned(engine);
        let plan: Vec<String> =
            steps(&pair.json("plan").success()).into_iter().map(|step| format!("{step} applied")).collect();
        let done = pair.json("apply p.plan").success();
        assert_eq!(steps(&done), plan, "{engine}");
        assert_eq!(done.json()["command"], "apply");
        // Once.
        outdated(&pair, "changed since the plan was made");
        // Downward too, with what it needs on the other branch.
        pair.json("plan --down specs@base --with-dependents --out p.plan").success();
        let taken = steps(&pair.json("apply p.plan --yes").success());
        assert!(taken.contains(&"auth@2 down applied".to_owned()), "{engine}: {taken:?}");
    }
}

#[test]
fn a_relative_target_means_what_it_meant() {
    let pair = Pair::new(Engine::Sqlite);
    pair.json("plan auth@+1 --out p.plan").success();
    assert_eq!(steps(&pair.json("apply p.plan").success()), ["auth@1 up applied"]);
    outdated(&pair, "changed since");
}

#[test]
fn a_script_that_was_edited() {
    for engine in Engine::ALL {
        let pair = planned(engine);
        let file = "migrations/specs/2_revision/up.sql";
        let original = pair.project.read(file);
        pair.project.write(file, format!("{original}-- more\n"));
        outdated(&pair, "has changed since");
        pair.project.write(file, original.replace('\n', "\r\n"));
        pair.json("apply p.plan").success();
    }
}

#[test]
fn revisions_that_came_since() {
    for engine in Engine::ALL {
        let pair = planned(engine);
        table(&pair.project, "specs", "3", &["2"], &[]);
        outdated(&pair, "no longer the same");
    }
}

#[test]
fn a_state_that_has_changed() {
    for engine in Engine::ALL {
        let pair = planned(engine);
        pair.json("upgrade auth@1").success();
        outdated(&pair, "");
        // Changed and changed back is where it was, but no longer the unbound database that was looked at.
        let pair = Pair::new(engine);
        pair.json("upgrade auth@1").success();
        pair.json("plan auth@2 --with-dependencies --out p.plan").success();
        pair.json("upgrade specs@1").success();
        outdated(&pair, "");
    }
}

#[test]
fn another_database() {
    for engine in Engine::ALL {
        let mut pair = Pair::new(engine);
        pair.json("upgrade auth@1").success();
        pair.json("plan auth@2 --with-dependencies --out p.plan").success();
        // As far along as the other, but another one.
        let other = TestDatabase::new(engine);
        pair.project.database("auth", &other);
        pair.json("upgrade auth@1").success();
        outdated(&pair, "another database");
        assert_eq!(tables(&other), ["auth_1"], "{engine}");
        // Neither was ever used: then the name tells them apart.
        let mut pair = planned(engine);
        let other = TestDatabase::new(engine);
        pair.project.database("specs", &other);
        outdated(&pair, "another database");
        assert!(tables(&other).is_empty(), "{engine}");
    }
}

/// What a pipe or a device would give is not read first: it might never end. An empty file, as mktemp makes one, is no loss.
#[test]
fn a_plan_goes_to_stdout_or_into_an_empty_file() {
    let pair = planned(Engine::Sqlite);
    let written = pair.project.run_line("plan auth@1 --out /dev/stdout").success();
    assert!(written.stdout.contains("\"layout\": 1"), "{written}");
    pair.project.run_line("plan auth@1 --out /dev/full").expect(2);
    pair.project.write("empty.plan", "").write("other.txt", "mine");
    pair.project.run_line("plan auth@1 --out empty.plan").success();
    pair.project.run_line("plan auth@1 --out other.txt").expect(2);
    assert_eq!(pair.project.read("other.txt"), "mine");
    pair.project.run_line("apply empty.plan").success();
}

#[test]
fn a_file_that_is_no_plan() {
    let pair = planned(Engine::Sqlite);
    pair.json("apply no-such.plan").expect(2);
    for text in ["", "{}", "[1]", "{\"layout\": 99}", "{\"layout\": 1, \"plan\": {}}"] {
        pair.project.write("bad.plan", text);
        let refused = json(&pair.project, "apply bad.plan").expect(2);
        assert!(refused.json()["error"]["message"].as_str().unwrap().contains("bad.plan"), "{refused}");
    }
    assert_eq!((events(&pair.auth), events(&pair.specs)), (0, 0));
}
