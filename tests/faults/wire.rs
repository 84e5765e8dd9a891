//! The way to the server breaks: it ends, is late, or swallows what is sent, at bytes of either direction that are spread over a
//! whole run; and in the middle of a COMMIT.

use std::time::Duration;

use crate::figures::Tally;
use crate::points::{WAYS, goals};
use crate::scenario::{Length, Scenario};
use crate::support::pair::json;
use crate::support::proxy::{Break, Direction, Place};
use crate::support::{Engine, Proxy, TestDatabase};
use crate::truth::{Goal, recover, says_what_is_so};

/// Long enough that the server has done what it was told, where it was told.
const A_WHILE: Duration = Duration::from_millis(150);

struct Wire {
    scenario: Scenario,
    database: TestDatabase,
    proxy: Proxy,
    goals: [Goal; 2],
    tally: Tally,
}

impl Wire {
    fn new(engine: Engine, kind: &str) -> Self {
        let mut scenario = Scenario::new(engine, Length::Long);
        let database = TestDatabase::new(engine);
        let proxy = Proxy::of(database.url());
        let goals = goals(&mut scenario, &database);
        scenario.point_at(&proxy.through(database.url()));
        Self { scenario, database, proxy, goals, tally: Tally::new(engine, kind) }
    }

    /// Goes up and down again, and breaks the way at a place of each; says whether it came to one. What is late is no fault to
    /// whoever waits.
    fn run(&mut self, places: &[Place; 2], how: Break) -> bool {
        let Self { scenario, database, proxy, goals, tally } = self;
        database.clear();
        let mut broke = false;
        for ((way, goal), place) in WAYS.into_iter().zip(goals).zip(places) {
            proxy.arm(place.clone(), how);
            let outcome = json(&scenario.project, way.line());
            if !proxy.has_broken() {
                outcome.success();
                goal.is_reached(database);
                continue;
            }
            broke = true;
            let is_well = tally.fault(format!("{way:?}, {how:?} at {place:?}"), || {
                database.until_alone();
                says_what_is_so(&outcome, &scenario.project);
                if matches!(how, Break::Delay(_)) {
                    outcome.success();
                }
                recover(scenario, database, way);
                goal.is_reached(database);
            });
            if !is_well {
                break;
            }
        }
        broke
    }

    /// How many bytes go in a direction, up and down, where nothing is in their way.
    fn lengths(&mut self, direction: Direction) -> [u64; 2] {
        self.database.clear();
        WAYS.map(|way| {
            self.proxy.arm(Place::Byte(direction, u64::MAX), Break::Cut);
            json(&self.scenario.project, way.line()).success();
            self.proxy.passed(direction)
        })
    }

    /// Breaks the way at so many places, as far from each other as they can be.
    fn spread(&mut self, direction: Direction, count: u64, how: Break) {
        let lengths = self.lengths(direction);
        for number in 0..count {
            let places = lengths.map(|length| Place::Byte(direction, length * number / count));
            self.run(&places, how);
        }
    }
}

fn cut(engine: Engine) {
    let mut wire = Wire::new(engine, "connection cut");
    for direction in [Direction::ToServer, Direction::ToClient] {
        wire.spread(direction, 20, Break::Cut);
    }
    wire.tally.finish();
}

#[test]
fn cut_on_postgres() {
    cut(Engine::Postgres);
}

#[test]
fn cut_on_mariadb() {
    cut(Engine::Mariadb);
}

fn swallowed(engine: Engine) {
    let mut wire = Wire::new(engine, "network away");
    for direction in [Direction::ToServer, Direction::ToClient] {
        wire.spread(direction, 6, Break::Swallow(A_WHILE));
        wire.spread(direction, 4, Break::Delay(A_WHILE));
    }
    wire.tally.finish();
}

#[test]
fn away_on_postgres() {
    swallowed(Engine::Postgres);
}

#[test]
fn away_on_mariadb() {
    swallowed(Engine::Mariadb);
}

/// The server is told to commit, and its answer never comes.
fn lost_answers(engine: Engine) {
    let mut wire = Wire::new(engine, "answer to COMMIT lost");
    for nth in 1.. {
        let place = Place::Text("COMMIT", nth);
        if !wire.run(&[place.clone(), place], Break::Swallow(A_WHILE)) {
            break;
        }
    }
    wire.tally.finish();
}

#[test]
fn commit_on_postgres() {
    lost_answers(Engine::Postgres);
}

#[test]
fn commit_on_mariadb() {
    lost_answers(Engine::Mariadb);
}
