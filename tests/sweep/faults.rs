//! A sweep that is killed (`kill -9`) at every place where it speaks to a database: the next one comes to the same end.

use rustix::process::Signal;

use crate::support::running::{end, start, until};
use crate::support::server::send;
use crate::support::stopped::run_to;
use crate::support::{Engine, Outcome};
use crate::world::{World, of};

const REFERENCES: [&str; 2] = [
    "from = \"projects.user_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\"",
    "from = \"audits.user_id\"\nto = \"auth:users.id\"",
];

/// Parents 1 to 4, of which 1 and 2 are gone, and 3 has come back.
fn begin(world: &World) {
    world.auth.execute("DELETE FROM users; DELETE FROM branchline_swept; DELETE FROM branchline_deleted");
    world.specs.execute("DELETE FROM projects; DELETE FROM audits");
    world.create(1..=4);
    world.refer(&["projects"], [1, 1, 1, 2, 3, 4]).refer(&["audits"], [1, 3]);
    world.delete([1, 2, 3]).create([3]);
}

/// What a sweep must never touch, however it ends.
fn the_living_are_left_alone(world: &World, place: &str) {
    for table in ["projects", "audits"] {
        let of_living = format!("user_id IN ({}, {})", world.child(3), world.child(4));
        let expected = if table == "audits" { 1 } else { 2 };
        assert_eq!(world.rows(table, &of_living), expected, "{table} {place}");
    }
}

fn is_swept(world: &World, place: &str) {
    the_living_are_left_alone(world, place);
    assert_eq!(world.rows("projects", "1 = 1"), 2, "{place}");
    assert_eq!(world.rows("audits", "1 = 1"), 2, "{place}");
    // The one that is reported.
    assert_eq!(world.recorded(), 1, "{place}");
}

fn killed(engine: Engine) {
    let world = World::with(engine, engine, &REFERENCES);
    world.install();
    let mut killed = 0;
    // What is behind one send is what is before the next, but for what is in this process.
    let step = if engine == Engine::Sqlite { 1 } else { 2 };
    for point in (1..).step_by(step) {
        begin(&world);
        let place = format!("{engine} at point {point}");
        match run_to(&world.project, "references sweep --yes --batch 3", point) {
            Err(undisturbed) => {
                undisturbed.success();
                is_swept(&world, &place);
                break;
            }
            Ok(stopped) => {
                stopped.kill();
                killed += 1;
                world.specs.until_alone();
                world.auth.until_alone();
                the_living_are_left_alone(&world, &place);
                world.sweep();
                is_swept(&world, &place);
            }
        }
    }
    assert!(killed > 20, "{engine}: it was killed {killed} times");
}

#[test]
fn killed_on_postgres() {
    killed(Engine::Postgres);
}

#[test]
fn killed_on_mariadb() {
    killed(Engine::Mariadb);
}

#[test]
fn killed_on_sqlite() {
    killed(Engine::Sqlite);
}

/// An installation that is killed records nothing wrong, and is completed by the next one.
#[test]
fn killed_while_it_is_installed() {
    for engine in Engine::ALL {
        let world = World::with(engine, engine, &REFERENCES);
        for point in (1..).step_by(2) {
            let place = format!("{engine} at point {point}");
            let Ok(stopped) = run_to(&world.project, "references sweep --install", point) else { break };
            stopped.kill();
            world.auth.until_alone();
            world.create([1]).delete([1]);
            world.install();
            world.create([2]).delete([2]);
            let status = world.run("--status").success().json();
            assert_eq!(of(&status, "projects")["state"], "captured", "{place}");
            let text = if engine == Engine::Mariadb { "char" } else { "text" };
            let keys = world.auth.query_value(&format!(
                "SELECT CAST(count(DISTINCT parent_key) AS {text}) FROM branchline_deleted WHERE parent_key LIKE '%2'"
            ));
            assert_eq!(keys, "1", "{place}");
            world.run("--uninstall --yes").success();
        }
    }
}

/// A parent that comes back while its rows are being deleted: nothing is kept of that.
#[test]
fn a_parent_that_comes_back_under_the_sweep() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let world = World::with(engine, engine, &REFERENCES[..1]);
        world.install();
        let (mut kept, mut swept) = (0, 0);
        for point in 1.. {
            world.auth.execute("DELETE FROM users; DELETE FROM branchline_swept; DELETE FROM branchline_deleted");
            world.specs.execute("DELETE FROM projects");
            world.create([1]).refer(&["projects"], [1, 1]).delete([1]);
            let Ok(stopped) = run_to(&world.project, "references sweep --yes", point) else { break };
            world.create([1]);
            world.specs.execute(&format!("INSERT INTO projects (id, user_id) VALUES (3, {})", world.child(1)));
            stopped.go_on();
            stopped.end().success();
            match world.rows("projects", "1 = 1") {
                3 => kept += 1,
                1 => swept += 1,
                rows => panic!("{engine} at point {point}: {rows} rows"),
            }
            assert_eq!(
                world.rows("projects", "id = 3"),
                1,
                "{engine} at point {point}: written after the parent was back"
            );
        }
        assert!(kept > 0 && swept > 0, "{engine}: {kept} kept, {swept} swept");
    }
}

#[test]
fn a_signal_ends_it_between_two_batches() {
    for engine in Engine::ALL {
        let world = World::with(engine, engine, &REFERENCES[..1]);
        world.create([1, 2]).install().refer(&["projects"], vec![1; 500]).delete([1]);
        let child = start(&world.project, "references sweep --yes --batch 10 --rate 50 --format json");
        until("the first batch", || world.rows("projects", "1 = 1") < 500);
        send(child.id(), Signal::INT);
        let outcome: Outcome = end(child).expect(130);
        let document = outcome.json();
        assert_eq!(document["error"]["kind"], "interrupted", "{engine}");
        let left = world.rows("projects", "1 = 1");
        assert_eq!(u64::from(left) + of(&document, "projects")["rows"].as_u64().unwrap(), 500, "{engine}");
        assert!(left > 0, "{engine}");
        assert_eq!(world.recorded(), 1, "{engine}: a key of which rows are left is not done with");
        world.sweep();
        assert_eq!((world.rows("projects", "1 = 1"), world.recorded()), (0, 0), "{engine}");
    }
}
