//! `plan --sql`: what is printed does what the run would do.

mod support;

use support::{Engine, TestDatabase, TestProject, dump};

/// The sample project's SQL, run by other means, makes the schema that the run makes.
#[test]
fn the_printed_sql_makes_the_same_schema() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let (ran, by_hand) = (schemas(engine, true), schemas(engine, false));
        assert_eq!(ran, by_hand);
    }
}

fn schemas(engine: Engine, run: bool) -> Vec<Vec<String>> {
    let mut project = TestProject::sample();
    let databases = [("auth", TestDatabase::new(engine)), ("specs", TestDatabase::new(engine))];
    for (branch, database) in &databases {
        project.database(branch, database);
    }
    if run {
        project.run_line("upgrade").success();
    } else {
        let document = project.run_line("plan --sql --format json").success().json();
        for (branch, database) in &databases {
            database.execute(document["sql"][branch].as_str().unwrap());
        }
    }
    databases.iter().map(|(_, database)| without_state(dump::schema(database))).collect()
}

fn without_state(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| !line.contains("branchline_")).collect()
}

/// MariaDB's changes are completed from the table: where that is not there yet, no database takes what stands there instead.
#[test]
fn what_cannot_be_written_yet_is_no_sql() {
    let mut project = TestProject::sample();
    let (auth, specs, by_hand) =
        (TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Mariadb));
    project.database("auth", &auth).database("specs", &specs);
    let document = project.run_line("plan --sql --format json").success().json();
    assert!(by_hand.try_execute(document["sql"]["specs"].as_str().unwrap()).is_err());
    project.run_line("upgrade specs@013 auth").success();
    let document = project.run_line("plan specs@014 --sql --format json").success().json();
    let sql = document["sql"]["specs"].as_str().unwrap();
    assert!(sql.contains("MODIFY COLUMN `user_id`"), "{sql}");
    specs.execute(sql);
}
