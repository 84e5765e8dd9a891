//! A project with its databases, and what is known of them: whatever was done, the tables and the databases must agree with each
//! other, and with what the model allows.

use serde_json::Value;

use crate::graph::{BRANCHES, Graph, Set};
use crate::random::Random;
use crate::support::pair::{json, tables};
use crate::support::{Engine, Outcome, TestDatabase, TestProject};

pub struct World {
    pub graph: Graph,
    pub project: TestProject,
    pub databases: Vec<TestDatabase>,
    /// What is applied.
    pub applied: Set,
    /// Whose gates are open.
    pub open: Set,
}

/// A revision that was left half-way.
#[derive(Debug, Clone, Copy)]
pub struct HalfWay {
    pub at: usize,
    pub up: bool,
}

/// What the tables say.
pub struct Found {
    pub applied: Set,
    pub half_way: Vec<HalfWay>,
    pub status: Outcome,
}

impl World {
    pub fn new(random: &mut Random) -> Self {
        let graph = Graph::new(random);
        let databases: Vec<TestDatabase> = graph.engines.iter().map(|&engine| TestDatabase::new(engine)).collect();
        let mut project = TestProject::new();
        for (branch, database) in BRANCHES.into_iter().zip(&databases) {
            project.database(branch, database);
        }
        for at in 0..graph.revisions.len() {
            write(&project, &graph, at);
        }
        Self { graph, project, databases, applied: Set::new(), open: Set::new() }
    }

    /// What the tables say, which must be what is there.
    #[track_caller]
    pub fn look(&self) -> Found {
        self.databases.iter().for_each(TestDatabase::until_alone);
        let status = json(&self.project, "status").success();
        let (mut applied, mut half_way) = (Set::new(), Vec::new());
        for branch in status.json()["branches"].as_array().expect("branches") {
            assert!(branch["unknown"].as_array().is_some_and(Vec::is_empty), "{status}");
            for id in branch["applied"].as_array().expect("applied") {
                applied.insert(self.graph.find(id.as_str().unwrap()));
            }
            for left in branch["unfinished"].as_array().expect("unfinished") {
                let at = self.graph.find(left["revision"].as_str().unwrap());
                half_way.push(HalfWay { at, up: left["state"] == "applying" });
            }
        }
        let found = Found { applied, half_way, status };
        for branch in 0..self.databases.len() {
            self.agrees(branch, &found);
            self.journal_agrees(branch, &found);
        }
        // Nothing stands without what it stands on, not even half of it.
        let standing = found.applied.iter().copied().chain(found.half_way.iter().map(|half| half.at));
        for at in self.graph.with_ancestors(standing, true) {
            let is_there = found.applied.contains(&at) || found.half_way.iter().any(|half| half.at == at);
            assert!(is_there, "{} is missing under others\n{}", self.graph.name(at), found.status);
        }
        found
    }

    /// Whether a database holds each revision that it says is applied once, and no other.
    #[track_caller]
    fn agrees(&self, branch: usize, found: &Found) {
        let database = &self.databases[branch];
        let half: Vec<&str> = found
            .half_way
            .iter()
            .map(|half| &self.graph.revisions[half.at])
            .filter(|half| half.branch == branch)
            .map(|half| half.id.as_str())
            .collect();
        let applied = self.graph.of_branch(&found.applied, branch);
        let is_root = |at: &usize| self.graph.revisions[*at].parents.is_empty();
        let Some(_) = applied.iter().find(|at| is_root(at)) else {
            let there: Vec<String> = tables(database).into_iter().filter(|table| !table.starts_with("gate_")).collect();
            assert!(applied.is_empty() && (!half.is_empty() || there.is_empty()), "{there:?}\n{}", found.status);
            return;
        };
        let mut expected: Vec<&str> =
            applied.iter().filter(|at| !is_root(at)).map(|&at| self.graph.revisions[at].id.as_str()).collect();
        expected.sort_unstable();
        let text = |sql: &str| -> Vec<String> {
            database
                .query_strings(sql)
                .into_iter()
                .map(|row| row[0].clone().unwrap())
                .filter(|id| !half.contains(&id.as_str()))
                .collect()
        };
        assert_eq!(
            text("SELECT what FROM ledger ORDER BY what"),
            expected,
            "the ledger of {}\n{}",
            BRANCHES[branch],
            found.status
        );
        let mut there: Vec<String> =
            tables(database).iter().filter_map(|table| table.strip_prefix("t_").map(str::to_owned)).collect();
        there.retain(|id| !half.contains(&id.as_str()));
        assert_eq!(there, expected, "the tables of {}\n{}", BRANCHES[branch], found.status);
        let cast = if database.engine() == Engine::Mariadb { "CAST(n AS CHAR)" } else { "n" };
        let tally: usize = database.query_value(&format!("SELECT {cast} FROM tally")).parse().unwrap();
        let most = expected.len() + half.len();
        assert!(
            (expected.len()..=most).contains(&tally),
            "{tally} in {} of {}\n{}",
            BRANCHES[branch],
            expected.len(),
            found.status
        );
    }

    /// The journal tells how it came to be so: nothing was done that was done already.
    #[track_caller]
    fn journal_agrees(&self, branch: usize, found: &Found) {
        let database = &self.databases[branch];
        if database.try_execute("SELECT 1 FROM branchline_event").is_err() {
            return;
        }
        let mut applied = Set::new();
        let sql = "SELECT revision, kind, outcome FROM branchline_event WHERE kind IN ('apply', 'revert') AND outcome = 'done' OR \
                   kind = 'stamp' ORDER BY id";
        for row in database.query_strings(sql) {
            let [revision, kind, outcome] = row.as_slice() else { panic!("three columns") };
            let at = self.graph.find(revision.as_deref().expect("a revision"));
            let up = kind.as_deref() == Some("apply") || outcome.as_deref() == Some("up");
            let changed = if up { applied.insert(at) } else { applied.remove(&at) };
            assert!(changed || kind.as_deref() == Some("stamp"), "{row:?} was done twice\n{}", found.status);
        }
        // One that is being taken back is there until that is done.
        for half in found.half_way.iter().filter(|half| !half.up) {
            applied.remove(&half.at);
        }
        assert_eq!(
            applied,
            self.graph.of_branch(&found.applied, branch),
            "the journal of {}\n{}",
            BRANCHES[branch],
            found.status
        );
    }

    /// Opens the gates of revisions: what their scripts need is there from then on.
    pub fn open_gates(&mut self, of: &Set) {
        for &at in of {
            let revision = &self.graph.revisions[at];
            if revision.gated && self.open.insert(at) {
                self.databases[revision.branch].execute(&format!("CREATE TABLE gate_{} (n INTEGER)", revision.id));
            }
        }
    }

    /// Those whose scripts fail.
    pub fn closed(&self, of: &Set) -> Set {
        of.iter().copied().filter(|&at| self.graph.revisions[at].gated && !self.open.contains(&at)).collect()
    }

    /// What a run says of its steps must be so.
    #[track_caller]
    pub fn says_what_is_so(&self, outcome: &Outcome, found: &Found) {
        let document = outcome.json();
        assert_eq!(document["ok"], outcome.code == Some(0), "{outcome}");
        assert_eq!(document["error"].is_null(), outcome.code == Some(0), "{outcome}");
        for step in document["steps"].as_array().into_iter().flatten() {
            let at = self.graph.find(step["revision"].as_str().unwrap());
            let up = step["direction"] == "up";
            let is_half = found.half_way.iter().any(|half| half.at == at);
            let is_so = match step["outcome"].as_str().unwrap_or_default() {
                "applied" => found.applied.contains(&at) == up && !is_half,
                "failed" => is_half || found.applied.contains(&at) != up,
                "not_started" | "skipped" => !is_half && found.applied.contains(&at) != up,
                // Of a run that takes back what it has applied.
                "compensated" | "taken_back" | "reverted" => !found.applied.contains(&at),
                _ => false,
            };
            assert!(is_so, "{step}\n{outcome}\n{}", found.status);
        }
    }
}

fn write(project: &TestProject, graph: &Graph, at: usize) {
    let revision = &graph.revisions[at];
    let id = |at: &usize| Value::from(graph.revisions[*at].id.as_str());
    let parents = Value::from_iter(revision.parents.iter().map(id));
    let depends_on = Value::from_iter(revision.depends_on.iter().map(|&at| graph.name(at)));
    let transaction = if revision.stepwise { "transaction = false\n" } else { "" };
    let manifest = format!(
        "description = \"Revision {}\"\nparents = {parents}\ndepends_on = {depends_on}\n{transaction}",
        revision.id
    );
    let text = |up: bool| graph.script(at, up).iter().map(|statement| format!("{statement};\n")).collect::<String>();
    project.revision(
        BRANCHES[revision.branch],
        &format!("{}_revision", revision.id),
        &manifest,
        &[("up.sql", &text(true)), ("down.sql", &text(false))],
    );
}
