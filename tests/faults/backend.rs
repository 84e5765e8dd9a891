//! The session is ended in the server at every point of the way; the client lives on, and says what became of it.

use rustix::process::Signal;

use crate::figures::Tally;
use crate::points::{Points, at_every_point};
use crate::scenario::{Length, Scenario};
use crate::support::server::{children, send};
use crate::support::{Engine, TestDatabase, TestServer};

/// As an administrator ends it, or a server that is told to stop.
fn ended(engine: Engine) {
    let mut tally = Tally::new(engine, "session ended");
    let mut scenario = Scenario::new(engine, Length::Long);
    at_every_point(&mut scenario, &mut tally, &TestDatabase::new(engine), Points::All, |stopped, database| {
        database.end_sessions();
        database.until_alone();
        stopped.go_on();
        Some(stopped.end())
    });
    tally.finish();
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
        let sessions: Vec<u32> = database
            .query_strings(sessions)
            .iter()
            .map(|row| row[0].as_ref().expect("a process").parse().unwrap())
            .collect();
        // The others end with the first; by then their numbers may be another's.
        if let Some(session) = children(server.pid()).into_iter().find(|process| sessions.contains(process)) {
            send(session, Signal::KILL);
        }
        stopped.go_on();
        let outcome = stopped.end();
        server.answers();
        Some(outcome)
    });
    tally.finish();
}
