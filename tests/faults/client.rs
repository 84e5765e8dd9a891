//! The client is killed (`kill -9`) at every point of its way.

use crate::figures::Tally;
use crate::points::{Points, at_every_point};
use crate::scenario::{Length, Scenario};
use crate::support::{Engine, TestDatabase};

fn killed(engine: Engine) {
    let mut tally = Tally::new(engine, "client killed");
    let mut scenario = Scenario::new(engine, Length::Long);
    at_every_point(&mut scenario, &mut tally, &TestDatabase::new(engine), Points::All, |stopped, _| {
        stopped.kill();
        None
    });
    tally.finish();
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
