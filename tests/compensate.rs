//! `--on-failure compensate`: where a step fails, what the run has applied is taken back.

mod support;

use support::pair::{Pair, kind, script, state, steps, table, tables};
use support::{Engine, Outcome};

const FAILS: &str = "CREATE TABLE half (id INTEGER);\nSELECT * FROM missing;\n";

/// The steps that took back, as `auth@1 down applied`.
fn taken_back(outcome: &Outcome) -> Vec<String> {
    let mut document = outcome.json();
    document["steps"] = document["taken_back"].take();
    steps(&Outcome { stdout: document.to_string(), ..outcome.clone() })
}

#[test]
fn all_databases_are_as_they_were_before() {
    for (auth, specs) in
        [(Engine::Postgres, Engine::Postgres), (Engine::Mariadb, Engine::Sqlite), (Engine::Sqlite, Engine::Mariadb)]
    {
        let pair = Pair::of(auth, specs);
        pair.json("upgrade auth@1").success();
        // The third of auth fails, when all the others are there.
        script(&pair.project, "auth", "3", &["2"], &["specs@2"], "SELECT * FROM missing;\n", "SELECT 1;\n");
        let failed = pair.json("upgrade --on-failure compensate").expect(1);
        assert_eq!(kind(&failed), "query_failed", "{failed}");
        let mut taken = steps(&failed);
        assert_eq!(taken.pop().as_deref(), Some("auth@3 up failed"), "{failed}");
        // In reverse, whatever the order was.
        let reverse: Vec<String> =
            taken.iter().rev().map(|step| step.replace("up taken_back", "down applied")).collect();
        assert_eq!(taken_back(&failed), reverse, "{failed}");
        taken.sort();
        assert_eq!(taken, ["auth@2 up taken_back", "specs@1 up taken_back", "specs@2 up taken_back"], "{failed}");
        assert_eq!(failed.json()["kept"].as_array().unwrap().len(), 0, "{failed}");
        // What was there before the run stays.
        assert_eq!((state(&failed, "auth"), state(&failed, "specs")), ("behind 1".to_owned(), "empty".to_owned()));
        assert_eq!((tables(&pair.auth), tables(&pair.specs)), (vec!["auth_1".to_owned()], vec![]));
        let run = pair.json("runs --last 1").success().json();
        assert_eq!(run["runs"].as_array().unwrap().last().unwrap()["outcome"], "failed", "{run}");
        // Mended, the same command goes through.
        table(&pair.project, "auth", "3", &["2"], &["specs@2"]);
        assert_eq!(steps(&pair.json("upgrade --on-failure compensate").success()).len(), 4);
    }
}

#[test]
fn what_has_no_way_down_stays_and_what_it_stands_upon() {
    let pair = Pair::of(Engine::Postgres, Engine::Sqlite);
    let manifest = "description = \"Final\"\nparents = []\ndepends_on = [\"auth@1\"]\nirreversible = \"it is final\"\n";
    pair.project.revision("specs", "1_final", manifest, &[("up.sql", "CREATE TABLE specs_1 (id INTEGER);\n")]);
    std::fs::remove_dir_all(pair.project.path().join("migrations/specs/1_revision")).unwrap();
    script(&pair.project, "auth", "3", &["2"], &["specs@2"], FAILS, "SELECT 1;\n");
    let failed = pair.project.run_line("upgrade --on-failure compensate").expect(1);
    assert!(failed.stdout.contains("specs@1 was not taken back: "), "{failed}");
    assert!(failed.stdout.contains("auth@1 was not taken back: specs@1 stays, which needs it"), "{failed}");
    assert!(failed.stdout.contains("auth: 1 applied, 1 taken back, 1 failed; now at 1"), "{failed}");
    assert_eq!((tables(&pair.auth), tables(&pair.specs)), (vec!["auth_1".to_owned()], vec!["specs_1".to_owned()]));
}

/// A script that was left half-way still needs what it stands upon; what it does not need is taken back all the same.
#[test]
fn what_was_left_half_way_keeps_its_ground() {
    let pair = Pair::of(Engine::Mariadb, Engine::Postgres);
    script(&pair.project, "auth", "3", &["2"], &["specs@1"], FAILS, "SELECT 1;\n");
    let failed = pair.json("upgrade --on-failure compensate").expect(1);
    assert_eq!(state(&failed, "auth"), "dirty 1,2", "{failed}");
    assert_eq!(state(&failed, "specs"), "behind 1", "{failed}");
    let document = failed.json();
    let kept = document["kept"].as_array().unwrap().iter();
    let kept: Vec<&str> = kept.map(|kept| kept["revision"].as_str().unwrap()).collect();
    assert!(["auth@1", "auth@2", "specs@1"].iter().all(|key| kept.contains(key)), "{failed}");
    assert!(!kept.contains(&"specs@2"), "{failed}");
}

/// The session that is lost with a killed backend is no reason to leave anything.
#[test]
fn a_lost_session_is_replaced() {
    let pair = Pair::new(Engine::Postgres);
    let suicide = "SELECT pg_terminate_backend(pg_backend_pid());\n";
    script(&pair.project, "auth", "3", &["2"], &["specs@2"], suicide, "SELECT 1;\n");
    let failed = pair.json("upgrade --on-failure compensate").expect(1);
    assert_eq!(kind(&failed), "connection_lost", "{failed}");
    assert_eq!((state(&failed, "auth"), state(&failed, "specs")), ("empty".to_owned(), "empty".to_owned()), "{failed}");
}

/// A way down that loses its session is looked up, as a way up is, and the rest is taken back on a new one.
#[test]
fn what_became_of_a_way_down_is_looked_up() {
    let pair = Pair::new(Engine::Postgres);
    let suicide = "DROP TABLE specs_2;\nSELECT pg_terminate_backend(pg_backend_pid());\n";
    let up = "CREATE TABLE specs_2 (id INTEGER);\n";
    script(&pair.project, "specs", "2", &["1"], &[], up, suicide);
    script(&pair.project, "auth", "3", &["2"], &["specs@2"], FAILS, "SELECT 1;\n");
    let failed = pair.json("upgrade --on-failure compensate").expect(1);
    let errors = failed.json()["errors"].as_array().unwrap().clone();
    let lost = errors.iter().find(|error| error["kind"] == "connection_lost").unwrap();
    assert!(!lost["hint"].to_string().contains("could not be asked"), "{failed}");
    let kept = failed.json()["kept"].clone();
    assert_eq!(kept[0]["revision"], "specs@2", "{failed}");
    assert_eq!(tables(&pair.specs), ["specs_1", "specs_2"], "what it dropped is there again");
}

#[test]
fn a_downgrade_is_not_compensated() {
    let pair = Pair::new(Engine::Sqlite);
    assert_eq!(kind(&pair.json("downgrade auth@base --on-failure compensate").expect(2)), "usage");
    assert_eq!(kind(&pair.json("resume auth --on-failure compensate").expect(2)), "usage");
}
