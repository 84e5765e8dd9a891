//! What was found, tested against the data.

use serde_json::Value;

use super::support::{Engine, Outcome, TestDatabase};
use super::{foreign, found};

/// A look at the data tells a name that fits from one that only seems to.
#[test]
fn tested_against_the_data() {
    for (auth_engine, engine) in [
        (Engine::Postgres, Engine::Postgres),
        (Engine::Mariadb, Engine::Postgres),
        (Engine::Postgres, Engine::Sqlite),
        (Engine::Sqlite, Engine::Mariadb),
    ] {
        let (auth, work) = (TestDatabase::new(auth_engine), TestDatabase::new(engine));
        let uuid = |number: usize| format!("{number:08x}-0000-4000-8000-0000000000ab");
        let users: Vec<String> = (1..=20).map(|number| format!("('{}')", uuid(number))).collect();
        let of = |engine: Engine| if engine == Engine::Sqlite { "text" } else { "uuid" };
        auth.execute(&format!(
            "CREATE TABLE users (id {} PRIMARY KEY); INSERT INTO users VALUES {}",
            of(auth_engine),
            users.join(",")
        ));
        let rows = |first: usize| {
            (0..10)
                .map(|at| format!("({at}, '{}', '{}', 'user', '{}')", uuid(at + 1), uuid(at + first), uuid(at + 2)))
                .collect::<Vec<_>>()
                .join(",")
        };
        work.execute(&format!(
            "CREATE TABLE jobs (id int PRIMARY KEY, owner_id {0}, user_id {0}, subject_type varchar(20), subject_id {0}); INSERT INTO jobs VALUES {1}",
            of(engine), rows(1_000)
        ));
        let project = foreign(&[("auth", &auth, "SELECT 1"), ("work", &work, "SELECT 1")]);
        let plain = project.run_line("references discover work --format json").success();
        let tested = project.run_line("references discover work --sample 100 --format json").success();
        let of = |outcome: &Outcome, column: &str| {
            let document = outcome.json();
            let all = document["references"].as_array().unwrap().clone();
            all.into_iter()
                .find(|found| found["from"]["columns"][0] == column)
                .unwrap_or_else(|| panic!("{column}\n{outcome}"))
        };
        let sure = |outcome: &Outcome, column: &str| of(outcome, column)["confidence"].as_f64().unwrap();
        assert!(sure(&tested, "owner_id") > sure(&plain, "owner_id"), "{auth_engine} {engine} {tested}");
        assert!(sure(&tested, "user_id") < sure(&plain, "user_id"), "{auth_engine} {engine} {tested}");
        assert!(sure(&tested, "user_id") < 0.5, "{tested}");
        let evidence = of(&tested, "owner_id")["evidence"].to_string();
        assert!(evidence.contains("of 10 values that differ, 10 are keys of auth:users.id"), "{evidence}");
        let pair = of(&tested, "subject_id");
        assert_eq!(pair["values"]["user"]["branch"], "auth", "{pair}");
        let low = project
            .run_line("references discover work --sample 100 --min-confidence 0.5 --exit-code --format json")
            .expect(3);
        assert!(!found(&low).iter().any(|line| line.contains("user_id")), "{low}");
    }
    let empty = TestDatabase::new(Engine::Sqlite);
    let project = foreign(&[("work", &empty, "CREATE TABLE t (id int PRIMARY KEY)")]);
    project.run_line("references discover --exit-code").success();
}

/// A table that may not be read is told, and the next ones are tested all the same, by their own values.
#[test]
fn tested_behind_a_table_that_may_not_be_read() {
    let tables = ["a_closed", "b", "c", "d"];
    let (auth, work) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Postgres));
    auth.execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1), (2), (3), (4)");
    for (at, table) in tables.iter().enumerate() {
        work.execute(&format!("CREATE TABLE {table} (id int PRIMARY KEY, user_id int)"));
        work.execute(&format!("INSERT INTO {table} SELECT n, n FROM generate_series(1, {at} + 1) AS n"));
    }
    let mut project = foreign(&[("auth", &auth, "SELECT 1"), ("work", &work, "SELECT 1")]);
    let role = format!("reader_{}", work.name());
    work.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'; GRANT SELECT ON b, c, d TO {role}"));
    let (_, server) = work.url().split_once('@').unwrap();
    project.variable("DATABASE_URL_WORK", &format!("postgres://{role}:reader@{server}"));
    let outcome = project.run_line("references discover work --sample 100 --format json").success();
    work.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    let document = outcome.json();
    let skipped: Vec<&str> =
        document["scope"]["skipped"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(matches!(skipped.as_slice(), [one] if one.contains("a_closed.user_id was not sampled")), "{outcome}");
    for (at, table) in tables.iter().enumerate().skip(1) {
        let all = document["references"].as_array().unwrap();
        let found = all.iter().find(|found| found["from"]["table"] == *table).unwrap_or_else(|| panic!("{outcome}"));
        let count = at + 1;
        let said = format!("of {count} values that differ, {count} are keys of auth:users.id");
        assert!(found["evidence"].to_string().contains(&said), "{table}: {outcome}");
    }
}
