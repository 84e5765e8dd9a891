//! Ten runs at once, twenty times: all succeed, and what they say they did adds up to every revision once.

use std::process::Child;

use crate::figures::Tally;
use crate::support::pair::{steps, tables};
use crate::support::running::{end, start};
use crate::support::{Engine, Outcome, Pair, TestDatabase, TestProject};

const AT_ONCE: usize = 10;
const ROUNDS: usize = 20;

/// All succeed; gives what they say they did.
#[track_caller]
fn all_at_once(project: &TestProject, lines: &[&str]) -> Vec<String> {
    let children: Vec<Child> =
        (0..AT_ONCE).map(|number| start(project, &format!("{} --format json", lines[number % lines.len()]))).collect();
    let outcomes: Vec<Outcome> = children.into_iter().map(end).collect();
    let mut applied = Vec::new();
    for outcome in outcomes {
        let outcome = outcome.success();
        applied.extend(steps(&outcome).into_iter().filter(|step| step.ends_with(" applied")));
    }
    applied.sort();
    applied
}

fn applied_events(database: &TestDatabase) -> Vec<String> {
    let sql = "SELECT concat(branch, '@', revision) FROM branchline_event WHERE kind = 'apply' AND outcome = 'done' ORDER BY 1";
    let sql = if database.engine() == Engine::Sqlite {
        sql.replace("concat(branch, '@', revision)", "branch || '@' || revision")
    } else {
        sql.to_owned()
    };
    database.query_strings(&sql).into_iter().map(|row| row[0].clone().unwrap()).collect()
}

fn rounds(engine: Engine, kind: &str, round: impl Fn()) {
    let mut tally = Tally::new(engine, kind);
    for number in 1..=ROUNDS {
        tally.fault(format!("round {number}"), &round);
    }
    tally.finish();
}

/// Two branches that depend on each other, on fresh databases.
fn transactions(engine: Engine) {
    rounds(engine, "ten at once", || {
        let pair = Pair::new(engine);
        let applied = all_at_once(&pair.project, &["upgrade"]);
        let expected = ["auth@1", "auth@2", "auth@3", "specs@1", "specs@2"].map(|step| format!("{step} up applied"));
        assert_eq!(applied, expected);
        assert_eq!(applied_events(&pair.auth), ["auth@1", "auth@2", "auth@3"]);
        assert_eq!(applied_events(&pair.specs), ["specs@1", "specs@2"]);
        assert_eq!(pair.auth.query_value("SELECT count(*) FROM branchline_binding"), "1");
    });
}

#[test]
fn transactions_on_postgres() {
    transactions(Engine::Postgres);
}

#[test]
fn transactions_on_mariadb() {
    transactions(Engine::Mariadb);
}

#[test]
fn transactions_on_sqlite() {
    transactions(Engine::Sqlite);
}

/// Scripts that are no transaction: CREATE INDEX CONCURRENTLY would wait for ever for a run that waits for the lock inside a
/// statement.
fn indexes(engine: Engine) {
    rounds(engine, "ten at once, no transactions", || {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.database("auth", &database).chain("auth", 2);
        let concurrently = if engine == Engine::Postgres { "CONCURRENTLY " } else { "" };
        for (id, parent) in [("0003", "0002"), ("0004", "0003")] {
            let toml = format!("description = \"Index\"\nparents = [\"{parent}\"]\ntransaction = false\n");
            let up = format!(
                "CREATE INDEX {concurrently}i_{id} ON auth_0001 (name);\nCREATE INDEX {concurrently}j_{id} ON auth_0002 (name);\n"
            );
            project.revision("auth", &format!("{id}_index"), &toml, &[("up.sql", &up)]);
        }
        let applied = all_at_once(&project, &["upgrade"]);
        assert_eq!(applied, ["0001", "0002", "0003", "0004"].map(|id| format!("auth@{id} up applied")));
        assert_eq!(applied_events(&database).len(), 4);
    });
}

#[test]
fn indexes_on_postgres() {
    indexes(Engine::Postgres);
}

#[test]
fn indexes_on_mariadb() {
    indexes(Engine::Mariadb);
}

#[test]
fn indexes_on_sqlite() {
    indexes(Engine::Sqlite);
}

/// Two branches, each with runs of its own, meet in one fresh database: the tables of the state are made once, and the
/// database gets one identity.
#[test]
fn two_branches_in_one_fresh_database() {
    for engine in Engine::ALL {
        for _ in 0..3 {
            let mut project = TestProject::new();
            let database = TestDatabase::new(engine);
            project.share(&["auth", "specs"], &database).chain("auth", 3).chain("specs", 3);
            let applied = all_at_once(&project, &["upgrade auth", "upgrade specs"]);
            assert_eq!(applied.len(), 6, "{engine}: {applied:?}");
            let identities = "SELECT count(DISTINCT identity) FROM branchline_binding";
            assert_eq!(database.query_value(identities), "1", "{engine}");
            assert_eq!(database.query_value("SELECT count(*) FROM branchline_binding"), "2", "{engine}");
        }
    }
}

#[test]
fn everything_is_taken_down() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        let reverted = all_at_once(&pair.project, &["downgrade auth@base specs@base --yes"]);
        assert_eq!(reverted.len(), 5, "{engine}: {reverted:?}");
        assert!(tables(&pair.auth).is_empty() && tables(&pair.specs).is_empty(), "{engine}");
    }
}
