//! The proof under load: parents and referring rows are created, moved and deleted, always in an order that leaves no orphan, while
//! the check runs. What was planted is found, and nothing else; without the proof, more is.
//!
//! `BRANCHLINE_CHURN_RUNS` says how many checks in a row: twenty on PostgreSQL, fewer elsewhere, where nobody says.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, PgConnection};

use crate::support::{Engine, TestDatabase};
use crate::world::{World, classes};

/// Rows that nobody touches: what is read between two looks at those that move.
const STILL: u64 = 60_000;
const PLANTED: u64 = 25;
const WORKERS: u64 = 3;

/// What one connection of the application does.
enum Application {
    Postgres(PgConnection),
    Mariadb(MySqlConnection),
}

impl Application {
    async fn connect(database: &TestDatabase) -> Self {
        match database.engine() {
            Engine::Postgres => {
                let mut connection = PgConnection::connect(database.url()).await.unwrap();
                connection.execute("SET synchronous_commit = off").await.unwrap();
                Self::Postgres(connection)
            }
            _ => Self::Mariadb(
                MySqlConnection::connect(&database.url().replace("mariadb://", "mysql://")).await.unwrap(),
            ),
        }
    }

    async fn run(&mut self, sql: String) {
        match self {
            Self::Postgres(connection) => connection.execute(AssertSqlSafe(sql)).await.map(drop),
            Self::Mariadb(connection) => connection.execute(AssertSqlSafe(sql)).await.map(drop),
        }
        .unwrap();
    }
}

/// Creates, moves and deletes, until it is told to stop: first the parent and then who refers to it, and the other way round.
async fn work(worker: u64, auth: &TestDatabase, specs: &TestDatabase, stop: &AtomicBool, done: &AtomicU64) {
    let (mut parents, mut children) = (Application::connect(auth).await, Application::connect(specs).await);
    // All over the range of those that stay, and never one of them.
    let key = |number: u64| ((number * 2_654_435_761) % 100_000_000 * WORKERS + worker) * 10 + 25_000_000_005;
    let mut live: Vec<(u64, u64)> = Vec::new();
    let mut next = 0;
    while !stop.load(Ordering::Relaxed) {
        next += 1;
        let (row, parent) = (10_000_000 + next * WORKERS + worker, key(next));
        match next % 3 {
            _ if live.len() < 50 => {
                parents.run(format!("INSERT INTO parent VALUES ({parent})")).await;
                children.run(format!("INSERT INTO child VALUES ({row}, {parent})")).await;
                live.push((row, parent));
                done.fetch_add(2, Ordering::Relaxed);
            }
            0 => {
                let (row, old) = live.remove(0);
                children.run(format!("DELETE FROM child WHERE id = {row}")).await;
                parents.run(format!("DELETE FROM parent WHERE id = {old}")).await;
                done.fetch_add(2, Ordering::Relaxed);
            }
            _ => {
                let place = usize::try_from(next).unwrap() % live.len();
                let (row, old) = live[place];
                parents.run(format!("INSERT INTO parent VALUES ({parent})")).await;
                children.run(format!("UPDATE child SET parent = {parent} WHERE id = {row}")).await;
                parents.run(format!("DELETE FROM parent WHERE id = {old}")).await;
                live[place].1 = parent;
                done.fetch_add(3, Ordering::Relaxed);
            }
        }
    }
}

fn world(parents: Engine, children: Engine) -> World {
    let world = World::of_one(
        (parents, "CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY);"),
        (
            children,
            "CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, parent bigint);\nCREATE INDEX i ON child (parent);",
        ),
    );
    // Keys that stay stand among those that move.
    let still = |number: u64| number * 50_000 + 25_000_000_000;
    let rows = |render: &dyn Fn(u64) -> String| (0..STILL).map(render).collect::<Vec<_>>();
    crate::world::insert(&world.auth, "parent", &rows(&|number| format!("({})", still(number))));
    crate::world::insert(&world.specs, "child", &rows(&|number| format!("({number}, {})", still(number))));
    let planted = |number: u64| format!("({}, {})", STILL + number, 25_000_000_001 + number * 100_000_000);
    crate::world::insert(&world.specs, "child", &(0..PLANTED).map(planted).collect::<Vec<_>>());
    world
}

/// Runs `checks` while the application works; gives what it did a second.
fn under_load(world: &World, checks: impl FnOnce()) -> f64 {
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let began = Instant::now();
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (stop, done) = (&stop, &done);
            let (auth, specs) = (&world.auth, &world.specs);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(work(worker, auth, specs, stop, done));
            });
        }
        let stop_at_end = StopAtEnd(&stop);
        while done.load(Ordering::Relaxed) < 500 {
            thread::sleep(Duration::from_millis(10));
        }
        checks();
        drop(stop_at_end);
    });
    #[allow(clippy::cast_precision_loss)]
    let done = done.load(Ordering::Relaxed) as f64;
    done / began.elapsed().as_secs_f64()
}

/// Stops the application, also where a check fails.
struct StopAtEnd<'s>(&'s AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn runs(otherwise: u32) -> u32 {
    std::env::var("BRANCHLINE_CHURN_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(otherwise)
}

/// How many keys a check calls confirmed, and how many it had suspected besides.
fn found(world: &World, options: &str) -> (u64, u64) {
    let reference = world.reference(options, 3);
    let classes = &reference["check"]["classes"];
    let keys = |class: &str| classes[class]["keys"].as_u64().unwrap();
    (keys("confirmed"), keys("transient"))
}

#[allow(clippy::print_stdout)]
fn exactly_the_planted(parents: Engine, children: Engine, otherwise: u32) {
    let world = world(parents, children);
    let (mut transient, mut without_proof) = (0, 0);
    let rate = under_load(&world, || {
        for run in 0..runs(otherwise) {
            let (confirmed, suspected) = found(&world, "--no-record");
            assert_eq!(confirmed, PLANTED, "{children} -> {parents}, run {run}");
            transient += suspected;
            without_proof += found(&world, "--no-record --no-proof").0 - PLANTED;
        }
    });
    println!(
        "{children} -> {parents}: {rate:.0} transactions a second, {transient} suspects that came to nothing, \
         {without_proof} false orphans without the proof"
    );
    assert!(transient > 0, "{children} -> {parents}: nothing moved under the check, so that it proves nothing");
    assert!(without_proof > 0, "{children} -> {parents}: the proof is not needed?");
    assert_eq!(classes(&world.reference("--no-record", 3)), [format!("confirmed {PLANTED}/{PLANTED}")]);
}

#[test]
fn on_postgres() {
    exactly_the_planted(Engine::Postgres, Engine::Postgres, 20);
}

#[test]
fn on_mariadb() {
    exactly_the_planted(Engine::Mariadb, Engine::Mariadb, 8);
}

#[test]
fn on_both() {
    exactly_the_planted(Engine::Postgres, Engine::Mariadb, 4);
    exactly_the_planted(Engine::Mariadb, Engine::Postgres, 4);
}
