//! Triggers that are taken away, and with them what they have recorded; and databases that keep a sweep from its work.

use serde_json::{Value, json};

use crate::support::{Engine, Outcome};
use crate::world::World;

const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nowhere";

#[track_caller]
fn refused(outcome: &Outcome) -> String {
    let document = outcome.json();
    assert_eq!(document["error"]["kind"], "not_confirmed", "{outcome}");
    assert!(document["error"]["hint"].as_str().unwrap().contains("`branchline references sweep"), "{outcome}");
    document["error"]["message"].as_str().unwrap().to_owned()
}

/// Tables and keys of what was forgotten.
fn forgotten(document: &Value) -> Vec<(String, u64)> {
    let captures = document["captures"].as_array().unwrap();
    let all = captures.iter().flat_map(|capture| capture["forgotten"].as_array().unwrap());
    all.map(|one| (one["from"]["table"].as_str().unwrap().to_owned(), one["keys"].as_u64().unwrap())).collect()
}

#[test]
fn keys_that_wait_are_not_forgotten_unasked() {
    for engine in Engine::ALL {
        let world = World::new(engine, engine);
        world.install().create([1, 2]).refer(&["audits"], [1]).delete([1, 2]);
        // Also where only a reference is named that wants none of them: its trigger is that of others.
        for arguments in ["--uninstall", "--uninstall auth", "--uninstall specs:views.user_id"] {
            let message = refused(&world.run(arguments).expect(6));
            for reference in ["specs:projects.user_id (cascade)", "specs:settings.user_id (set_null)"] {
                let waits = format!("2 recorded keys of auth:users.id wait for {reference}");
                assert!(message.contains(&waits), "{engine}: {message}");
            }
            assert!(!message.contains("views"), "{engine}: {message}");
        }
        assert_eq!(world.recorded(), 2, "{engine}");
        world.sweep();
        let message = refused(&world.run("--uninstall auth").expect(6));
        let waits = "1 recorded key of auth:users.id waits for specs:audits.user_id (restrict), and would be forgotten";
        assert_eq!(message, waits, "{engine}");
        let uninstalled = world.run("--uninstall auth --yes").success().json();
        assert_eq!(forgotten(&uninstalled), [("audits".to_owned(), 1)], "{engine}");
        assert_eq!(world.recorded(), 0, "{engine}");
        world.install().create([3]).delete([3]);
        let text = world.project.run_line("references sweep --uninstall --yes").success().stdout;
        assert!(
            text.contains("  forgotten: 1 recorded key of auth:users.id waits for specs:audits"),
            "{engine}: {text}"
        );
        world.install();
        let uninstalled = world.run("--uninstall").success().json();
        assert!(forgotten(&uninstalled).is_empty(), "{engine}: nothing waits, nothing is asked");
    }
}

/// Whoever cannot be asked may want what is recorded: the files say so.
#[test]
fn keys_of_references_that_cannot_be_read_are_not_forgotten_unasked() {
    let mut world = World::new(Engine::Sqlite, Engine::Postgres);
    world.install().create([1]).delete([1]);
    world.project.variable("DATABASE_URL_SPECS", NOWHERE);
    let message = refused(&world.run("--uninstall auth").expect(6));
    assert!(
        message.contains("1 recorded key of auth:users.id waits for specs:projects.user_id (cascade)"),
        "{message}"
    );
    assert_eq!(world.recorded(), 1);
    world.run("--uninstall auth --yes").success();
    assert_eq!(world.recorded(), 0);
}

#[test]
fn one_cause_is_said_once() {
    let mut world = World::new(Engine::Postgres, Engine::Sqlite);
    world.project.variable("DATABASE_URL_AUTH", NOWHERE);
    let of_users = ["specs:audits.user_id", "specs:projects.user_id", "specs:settings.user_id"];
    let outcome = world.run("--yes").expect(5);
    let document = outcome.json();
    assert_eq!(document["errors"], json!(null), "{outcome}");
    let message = document["error"]["message"].as_str().unwrap();
    assert!(of_users.iter().all(|place| message.contains(place)), "{message}");
    let status = world.project.run_line("references sweep --status").expect(5);
    assert_eq!(status.stdout.matches("it concerns specs:").count(), 1, "{status}");
    let document = world.run("--status").expect(5).json();
    let errors =
        document["references"].as_array().unwrap().iter().filter(|reference| reference["error"] != json!(null));
    assert!(errors.count() >= of_users.len(), "each reference says for itself why: {document:#}");
}
