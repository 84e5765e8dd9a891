//! The session is ended in the server at every point of the way; the client lives on, and says what became of it.

use rustix::process::Signal;

use crate::figures::Tally;
use crate::points::{Points, at_every_point};
use crate::scenario::{Length, Scenario};
use crate::stopped::Stopped;
use crate::support::server::send;
use crate::support::{Engine, Outcome, TestDatabase, TestServer};
use crate::truth::nobody_is_connected;

/// As an administrator ends it, or a server that is told to stop.
fn ended(engine: Engine) {
    let mut tally = Tally::new(engine, "session ended");
    let mut scenario = Scenario::new(engine, Length::Long);
    at_every_point(&mut scenario, &mut tally, &TestDatabase::new(engine), Points::All, end_sessions);
    tally.finish();
}

#[expect(clippy::unnecessary_wraps)]
fn end_sessions(stopped: Stopped, database: &TestDatabase) -> Option<Outcome> {
    match database.engine() {
        Engine::Postgres => database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> \
             pg_backend_pid() AND backend_type = 'client backend'",
        ),
        _ => {
            let sessions = "SELECT CAST(id AS CHAR) FROM information_schema.processlist WHERE db = database() AND id <> \
                            connection_id()";
            for row in database.query_strings(sessions) {
                let session = row[0].clone().expect("an id");
                // It may be on its way out.
                let _ = database.try_execute(&format!("KILL CONNECTION {session}"));
            }
        }
    }
    nobody_is_connected(database);
    stopped.go_on();
    Some(stopped.end())
}

#[test]
fn ended_on_postgres() {
    ended(Engine::Postgres);
}

#[test]
fn ended_on_mariadb() {
    ended(Engine::Mariadb);
}

/// `kill -9` of its process: PostgreSQL then ends all sessions, and recovers as after a crash.
#[test]
fn killed_on_postgres() {
    let server = TestServer::new(Engine::Postgres);
    let mut tally = Tally::new(Engine::Postgres, "backend killed");
    let mut scenario = Scenario::on_server(&server, Length::Short);
    at_every_point(&mut scenario, &mut tally, &server.database(), Points::Even, |stopped, database| {
        let sessions = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND \
                        backend_type = 'client backend'";
        for row in database.query_strings(sessions) {
            send(row[0].as_ref().expect("a process").parse().unwrap(), Signal::KILL);
        }
        stopped.go_on();
        let outcome = stopped.end();
        server.answers();
        Some(outcome)
    });
    tally.finish();
}
