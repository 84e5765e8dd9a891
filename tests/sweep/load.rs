//! Sweeps while parents and rows come and go: what belongs to a living parent is never touched, and in the end nothing is left
//! that refers to a dead one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::support::Engine;
use crate::support::running::{end, start};
use crate::world::{World, of};

const WRITERS: u32 = 3;
const SWEEPS: u32 = 12;
const KEYS: u32 = 4;

const REFERENCE: [&str; 1] = ["from = \"projects.user_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\""];

/// One of those who write: its parents are its own, so that it knows which rows must be there.
fn write(world: &World, writer: u32, ids: &AtomicU32, done: &AtomicBool) {
    let mut living: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for round in 0.. {
        if done.load(Ordering::Relaxed) {
            break;
        }
        let number = writer * KEYS + round % KEYS;
        match living.remove(&number) {
            Some(rows) => {
                all_are_there(world, number, &rows);
                world.delete([number]);
            }
            None => {
                world.create([number]);
                let rows: Vec<u32> = (0..3).map(|_| ids.fetch_add(1, Ordering::Relaxed)).collect();
                for row in &rows {
                    let values = format!("({row}, {})", world.child(number));
                    world.specs.execute(&format!("INSERT INTO projects (id, user_id) VALUES {values}"));
                }
                living.insert(number, rows);
            }
        }
        // Some keys are gone for longer than others.
        std::thread::sleep(std::time::Duration::from_millis(if round % 7 == 0 { 30 } else { 5 }));
    }
    living.iter().for_each(|(number, rows)| all_are_there(world, *number, rows));
}

fn all_are_there(world: &World, number: u32, rows: &[u32]) {
    let ids: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let found = world.rows("projects", &format!("id IN ({})", ids.join(", ")));
    assert_eq!(found as usize, rows.len(), "rows of the living parent {number}");
}

fn under_load(auth: Engine, specs: Engine) {
    let world = World::with(auth, specs, &REFERENCE);
    world.install();
    let (ids, done) = (AtomicU32::new(1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (world, ids, done) = (&world, &ids, &done);
            scope.spawn(move || write(world, writer, ids, done));
        }
        for sweep in 0..SWEEPS {
            // Two at once, one of which dies.
            let mut dying = start(&world.project, "references sweep --yes --batch 20 --format json");
            let other = start(&world.project, "references sweep --yes --batch 30 --format json");
            std::thread::sleep(std::time::Duration::from_millis(u64::from(sweep * 37 % 290)));
            let _ = dying.kill();
            let _ = dying.wait();
            let outcome = end(other);
            if outcome.code != Some(0) {
                done.store(true, Ordering::Relaxed);
                outcome.success();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    world.sweep();
    let number = |row: Vec<Option<String>>| row[0].clone().unwrap().to_lowercase().replace('-', "");
    let hex = |database: &crate::support::TestDatabase, column: &str, table: &str| -> Vec<String> {
        let column = match database.engine() {
            Engine::Postgres => format!("{column}::text"),
            Engine::Mariadb if table == "users" => format!("hex({column})"),
            Engine::Mariadb => column.to_owned(),
            Engine::Sqlite => format!("CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE {column} END"),
        };
        database.query_strings(&format!("SELECT DISTINCT {column} FROM {table}")).into_iter().map(number).collect()
    };
    let parents = hex(&world.auth, "id", "users");
    let orphans: Vec<String> =
        hex(&world.specs, "user_id", "projects").into_iter().filter(|key| !parents.contains(key)).collect();
    assert!(orphans.is_empty(), "{auth} -> {specs}: {orphans:?}");
    assert_eq!(world.recorded(), 0, "{auth} -> {specs}");
}

#[test]
fn under_load_on_postgres() {
    under_load(Engine::Postgres, Engine::Postgres);
}

#[test]
fn under_load_on_mariadb() {
    under_load(Engine::Mariadb, Engine::Mariadb);
}

#[test]
fn under_load_on_sqlite() {
    under_load(Engine::Sqlite, Engine::Sqlite);
}

#[test]
fn under_load_across_engines() {
    under_load(Engine::Postgres, Engine::Mariadb);
}

/// Four sweeps of the same keys: each row is changed once, and nothing stays on record.
#[test]
fn four_at_once() {
    for engine in Engine::ALL {
        let world = World::with(engine, engine, &REFERENCE);
        world.create(1..=300).install();
        for _ in 0..10 {
            world.refer(&["projects"], 1..=300);
        }
        world.delete(1..=290);
        let line = "references sweep --yes --batch 50 --format json";
        let sweeps: Vec<_> = (0..4).map(|_| start(&world.project, line)).collect();
        let rows: u64 = sweeps
            .into_iter()
            .map(|child| of(&end(child).success().json(), "projects")["rows"].as_u64().unwrap())
            .sum();
        assert_eq!(rows, 2_900, "{engine}");
        assert_eq!((world.rows("projects", "1 = 1"), world.recorded()), (100, 0), "{engine}");
    }
}

/// Recording costs whoever deletes little, and stays whole where many rows go at once.
#[test]
fn tens_of_thousands() {
    for engine in Engine::ALL {
        let world = World::with(engine, engine, &REFERENCE);
        for thousand in 0..20 {
            world.create(thousand * 1_000 + 1..=thousand * 1_000 + 1_000);
        }
        world.install();
        for thousand in 0..20 {
            world.refer(&["projects"], thousand * 1_000 + 1..=thousand * 1_000 + 1_000);
        }
        world.auth.execute("DELETE FROM users");
        assert_eq!(world.recorded(), 20_000, "{engine}");
        world.create([1]);
        let swept = world.run("--yes --batch 2000").success().json();
        assert_eq!(
            (of(&swept, "projects")["rows"].as_u64(), of(&swept, "projects")["back"].as_u64()),
            (Some(19_999), Some(1))
        );
        assert_eq!((world.rows("projects", "1 = 1"), world.recorded()), (1, 0), "{engine}");
    }
}
