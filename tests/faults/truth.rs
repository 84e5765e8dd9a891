//! What a database holds, and what Branchline's tables say of it: after a fault they must agree, and a second run must reach what
//! an undisturbed one does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scenario::{Scenario, Way};
use crate::support::pair::{json, tables};
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

/// Whether the tables say that a revision was left half-way; whatever they say must be what is there.
#[track_caller]
fn is_half_way(scenario: &Scenario, database: &TestDatabase, way: Way) -> bool {
    let status = json(&scenario.project, "status").success();
    let document = status.json();
    let branch = &document["branches"][0];
    let there = Picture::of(database);
    if branch["state"] != "dirty" {
        let applied = branch["applied"].as_array().expect("applied").len();
        assert_eq!(&there, scenario.boundary(way, applied), "{applied} revisions are applied\n{status}");
        return false;
    }
    let left = &branch["unfinished"][0];
    assert_eq!(left["state"] == "reverting", way == Way::Down, "{status}");
    let revision = left["revision"].as_str().expect("a revision");
    let done = usize::try_from(left["done"].as_u64().expect("a count")).unwrap();
    // The one after those that are known to be done may have taken effect.
    let is_there = |done: &usize| scenario.moment(way, revision, *done).is_some_and(|moment| *moment == there);
    assert!(
        [done, done + 1].iter().any(is_there),
        "neither {done} nor {} statements of {revision} have taken effect: {there:#?}\n{status}",
        done + 1,
    );
    true
}

/// Goes on where a fault has left off, to the end; nobody has to look at the database for that.
#[track_caller]
pub fn recover(scenario: &Scenario, database: &TestDatabase, way: Way) {
    let project = &scenario.project;
    if is_half_way(scenario, database, way) {
        json(project, "resume auth --yes").success();
    }
    json(project, way.line()).success();
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
