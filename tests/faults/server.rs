//! The server is killed (`kill -9`) at every point of the way, and started again: by turns before the client finds out, and while
//! it looks what became of its work.

use crate::figures::Tally;
use crate::points::{Points, at_every_point};
use crate::scenario::{Length, Scenario};
use crate::support::{Engine, TestServer};

fn killed(engine: Engine) {
    let mut server = TestServer::new(engine);
    let database = server.database();
    let mut tally = Tally::new(engine, "server killed");
    let mut by_turns = false;
    let mut scenario = Scenario::on_server(&server, Length::Short);
    at_every_point(&mut scenario, &mut tally, &database, Points::Odd, |stopped, _| {
        server.kill();
        by_turns = !by_turns;
        if by_turns {
            stopped.go_on();
            server.start();
        } else {
            server.start();
            stopped.go_on();
        }
        Some(stopped.end())
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
