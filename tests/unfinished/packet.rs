//! Statements that are longer than the server takes at once.

use crate::support::{Engine, TestDatabase, TestProject};

const UP: &str = "migrations/auth/1_long/up.sql";

fn project(database: &TestDatabase, up: &str) -> TestProject {
    let mut project = TestProject::new();
    project.branch("auth", "");
    project.database("auth", database);
    project.revision("auth", "1_long", "parents = []\n", &[("up.sql", up)]);
    project
}

/// The server would end the connection, and nobody would know why.
#[test]
fn a_statement_that_is_too_long_is_refused_before_anything_is_written() {
    let database = TestDatabase::new(Engine::Mariadb);
    let limit: usize = database.query_value("SELECT @@max_allowed_packet").parse().unwrap();
    let create = "CREATE TABLE t (a longtext);\n";
    let project = project(&database, &format!("{create}INSERT INTO t VALUES ('{}');\n", "x".repeat(limit)));
    let failed = project.run_line("upgrade --format json").expect(1).json();
    let error = &failed["error"];
    assert_eq!((&error["kind"], &error["file"], &error["line"]), (&"query_failed".into(), &UP.into(), &2.into()));
    let (message, hint) = (error["message"].as_str().unwrap(), error["hint"].as_str().unwrap());
    assert!(message.contains(&format!("its max_allowed_packet is {limit}")), "{message}");
    assert!(hint.contains("raise max_allowed_packet"), "{hint}");
    let status = project.run_line("status --format json").success().json();
    assert_eq!(status["branches"][0]["state"], "empty", "{status:#}");
    assert!(database.try_execute("SELECT * FROM t").is_err(), "the first statement was not run either");
    // The longest that it takes.
    let rest = "START TRANSACTION;INSERT INTO t VALUES ('')".len() + 2;
    project.write(UP, format!("{create}INSERT INTO t VALUES ('{}');\n", "x".repeat(limit - rest)));
    project.run_line("upgrade").success();
    assert_eq!(database.query_value("SELECT length(a) FROM t"), (limit - rest).to_string());
}
