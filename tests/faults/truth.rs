//! What a database holds, and what Branchline's tables say of it: after a fault they must agree, and a second run must reach what
//! an undisturbed one does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scenario::{Scenario, Way};
use crate::support::pair::{json, tables};
use crate::support::running::until;
use crate::support::{Engine, Outcome, TestDatabase, TestProject, dump};

/// The schema and all rows of the tables that the scenario makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    schema: Vec<String>,
    rows: BTreeMap<String, Vec<String>>,
}

impl Picture {
    pub fn of(database: &TestDatabase) -> Self {
        let mut rows = BTreeMap::new();
        for table in tables(database) {
            let found = lines(database, &format!("SELECT * FROM {table}"));
            rows.insert(table, found);
        }
        Self { schema: dump::schema(database), rows }
    }
}

/// Rows as lines, sorted: without a key they have no order.
fn lines(database: &TestDatabase, sql: &str) -> Vec<String> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
    let rows = database.query_strings(sql).into_iter();
    let mut lines: Vec<String> = rows.map(|row| row.into_iter().map(text).collect::<Vec<_>>().join("|")).collect();
    lines.sort();
    lines
}

/// What stands in the state tables, but for who, when, and how long.
#[derive(Debug, PartialEq, Eq)]
pub struct Recorded {
    revisions: Vec<String>,
    /// The steps that were done, as often as they were.
    done: Vec<String>,
}

impl Recorded {
    fn of(database: &TestDatabase) -> Self {
        let revisions = "SELECT id, parents, depends_on, checksum, state, statements_done, statements_total, error FROM \
                         branchline_revision";
        let done = "SELECT kind, revision FROM branchline_event WHERE kind IN ('apply', 'revert') AND outcome = 'done'";
        let text = |sql: &str| {
            if database.engine() == Engine::Mariadb {
                sql.replace("statements_done", "CAST(statements_done AS CHAR)")
                    .replace("statements_total", "CAST(statements_total AS CHAR)")
            } else {
                sql.to_owned()
            }
        };
        Self { revisions: lines(database, &text(revisions)), done: lines(database, done) }
    }
}

/// What an undisturbed run comes to.
pub struct Goal {
    picture: Picture,
    recorded: Recorded,
}

impl Goal {
    pub fn of(database: &TestDatabase) -> Self {
        Self { picture: Picture::of(database), recorded: Recorded::of(database) }
    }

    /// Panics where a database is not just so.
    #[track_caller]
    pub fn is_reached(&self, database: &TestDatabase) {
        assert_eq!(Picture::of(database), self.picture, "what a second run came to");
        assert_eq!(Recorded::of(database), self.recorded, "what is recorded of a second run");
    }
}

/// A statement of a revision that was left half-way.
#[derive(Debug, Clone)]
pub struct HalfWay {
    revision: String,
    way: Way,
    done: usize,
}

/// What the tables say, which must be what is there.
#[track_caller]
pub fn told(scenario: &Scenario, database: &TestDatabase, way: Way) -> Option<HalfWay> {
    let status = json(&scenario.project, "status").success();
    let document = status.json();
    let branch = &document["branches"][0];
    let there = Picture::of(database);
    if branch["state"] != "dirty" {
        let applied = branch["applied"].as_array().expect("applied").len();
        assert_eq!(&there, scenario.boundary(way, applied), "{applied} revisions are applied\n{status}");
        return None;
    }
    let left = &branch["unfinished"][0];
    let half = HalfWay {
        revision: left["revision"].as_str().expect("a revision").to_owned(),
        way: if left["state"] == "reverting" { Way::Down } else { Way::Up },
        done: usize::try_from(left["done"].as_u64().expect("a count")).unwrap(),
    };
    assert_eq!(half.way, way, "{status}");
    let moments = [half.done, half.done + 1];
    assert!(
        moments.iter().any(|&done| is_at(scenario, &half, done, &there)),
        "neither {} nor {} statements of {} have taken effect: {there:#?}\n{status}",
        half.done,
        half.done + 1,
        half.revision
    );
    Some(half)
}

fn is_at(scenario: &Scenario, half: &HalfWay, done: usize, there: &Picture) -> bool {
    scenario.has_moment(half.way, &half.revision, done)
        && scenario.moment(half.way, &half.revision, Some(done)) == there
}

/// Goes on where a fault has left off, to the end; says whether a person had to look at the database.
#[track_caller]
pub fn recover(scenario: &Scenario, database: &TestDatabase, way: Way) -> bool {
    let project = &scenario.project;
    let mut asked = false;
    if let Some(half) = told(scenario, database, way) {
        let resumed = json(project, "resume auth --yes");
        if resumed.code == Some(6) {
            asked = true;
            // What a person would do: look which of the two it is.
            let next =
                if is_at(scenario, &half, half.done, &Picture::of(database)) { half.done } else { half.done + 1 };
            json(project, &format!("resume auth --yes --from {}", next + 1)).success();
        } else {
            resumed.success();
        }
    }
    json(project, way.line()).success();
    asked
}

/// What a run says that lived on: a documented exit code, one document, an error that says what is wrong, and of each step what
/// is so.
#[track_caller]
pub fn says_what_is_so(outcome: &Outcome, project: &TestProject) {
    let code = outcome.code.unwrap_or(-1);
    assert!([0, 1, 5].contains(&code), "an exit code that says something else\n{outcome}");
    let document = outcome.json();
    assert_eq!(document["ok"], code == 0, "{outcome}");
    let error = &document["error"];
    assert_eq!(error.is_null(), code == 0, "{outcome}");
    if code != 0 {
        let kind = error["kind"].as_str().unwrap_or_default();
        assert!(["connection_lost", "unreachable", "query_failed", "locked"].contains(&kind), "{outcome}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{outcome}");
        assert!(
            code == 1 || document["steps"].as_array().is_none_or(Vec::is_empty),
            "5 says that nothing was done\n{outcome}"
        );
    }
    let status = json(project, "status").success().json();
    let half_way = &status["branches"][0]["unfinished"][0]["revision"];
    let applied = |id: &Value| status["branches"][0]["applied"].as_array().is_some_and(|all| all.contains(id));
    for step in document["steps"].as_array().into_iter().flatten() {
        let up = step["direction"] == "up";
        let is_so = match step["outcome"].as_str().unwrap_or_default() {
            "applied" => applied(&step["revision"]) == up,
            "failed" if *half_way == step["revision"] => true,
            "failed" | "not_started" | "skipped" => applied(&step["revision"]) != up,
            _ => false,
        };
        assert!(is_so, "{step}\n{outcome}\n{status:#}");
    }
    let said = &document["branches"][0];
    if said.is_object() {
        for key in ["applied", "state", "pending"] {
            assert_eq!(said[key], status["branches"][0][key], "{key}\n{outcome}");
        }
    }
}

/// Waits until the server has given up every session that was connected to a database.
#[track_caller]
pub fn nobody_is_connected(database: &TestDatabase) {
    let others = match database.engine() {
        Engine::Postgres => {
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND \
             backend_type = 'client backend'"
        }
        Engine::Mariadb => {
            "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
        }
        Engine::Sqlite => return,
    };
    until("the end of all sessions", || database.query_value(others) == "0");
}
