//! Two branches that depend on each other both ways, and what a document says that a run did with them.

use super::{Engine, Outcome, TestDatabase, TestProject};

/// A project of `auth` and `specs`: `specs@1` needs `auth@1`, and `auth@2` needs `specs@1`. Each revision creates the table
/// `BRANCH_ID`.
pub struct Pair {
    pub project: TestProject,
    pub auth: TestDatabase,
    pub specs: TestDatabase,
}

impl Pair {
    /// Both branches on one engine.
    pub fn new(engine: Engine) -> Self {
        Self::of(engine, engine)
    }

    /// Each branch on an engine of its own.
    pub fn of(auth: Engine, specs: Engine) -> Self {
        let mut project = TestProject::new();
        let (auth, specs) = (TestDatabase::new(auth), TestDatabase::new(specs));
        project.database("auth", &auth).database("specs", &specs);
        table(&project, "auth", "1", &[], &[]);
        table(&project, "auth", "2", &["1"], &["specs@1"]);
        table(&project, "auth", "3", &["2"], &[]);
        table(&project, "specs", "1", &[], &["auth@1"]);
        table(&project, "specs", "2", &["1"], &[]);
        Self { project, auth, specs }
    }

    /// Runs a command line with `--format json`.
    pub fn json(&self, line: &str) -> Outcome {
        json(&self.project, line)
    }
}

/// Runs a command line with `--format json`.
pub fn json(project: &TestProject, line: &str) -> Outcome {
    project.run_line(&format!("{line} --format json"))
}

/// A revision that creates the table `BRANCH_ID`, and drops it.
pub fn table(project: &TestProject, branch: &str, id: &str, parents: &[&str], depends_on: &[&str]) {
    let name = format!("{branch}_{id}");
    script(
        project,
        branch,
        id,
        parents,
        depends_on,
        &format!("CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY);\n"),
        &format!("DROP TABLE {name};\n"),
    );
}

/// A revision with these scripts.
pub fn script(
    project: &TestProject,
    branch: &str,
    id: &str,
    parents: &[&str],
    depends_on: &[&str],
    up: &str,
    down: &str,
) {
    let manifest =
        format!("description = \"Revision {id} of {branch}\"\nparents = {parents:?}\ndepends_on = {depends_on:?}\n");
    project.revision(branch, &format!("{id}_revision"), &manifest, &[("up.sql", up), ("down.sql", down)]);
}

/// The steps of a document: `auth@1 up applied`; without the outcome where there is none (a plan).
#[track_caller]
pub fn steps(outcome: &Outcome) -> Vec<String> {
    let document = outcome.json();
    let steps = document["steps"].as_array().unwrap_or_else(|| panic!("no steps\n{outcome}"));
    steps
        .iter()
        .map(|step| {
            let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
            format!("{}@{} {} {}", text("branch"), text("revision"), text("direction"), text("outcome"))
                .trim_end()
                .to_owned()
        })
        .collect()
}

/// The `kind` of a document's error.
#[track_caller]
pub fn kind(outcome: &Outcome) -> String {
    outcome.json()["error"]["kind"].as_str().unwrap_or_else(|| panic!("no error\n{outcome}")).to_owned()
}

/// The state of a branch in a document, and what is applied there: `behind 1,2`.
#[track_caller]
pub fn state(outcome: &Outcome, branch: &str) -> String {
    let document = outcome.json();
    let status = document["branches"]
        .as_array()
        .and_then(|branches| branches.iter().find(|status| status["branch"] == branch))
        .unwrap_or_else(|| panic!("branch {branch} is not there\n{outcome}"))
        .clone();
    let applied: Vec<&str> = status["applied"].as_array().unwrap().iter().filter_map(|id| id.as_str()).collect();
    format!("{} {}", status["state"].as_str().unwrap(), applied.join(",")).trim_end().to_owned()
}

/// The tables that the test's scripts made, in a database, by name.
pub fn tables(database: &TestDatabase) -> Vec<String> {
    let sql = match database.engine() {
        Engine::Postgres => {
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
             AND relname NOT LIKE 'branchline%'"
        }
        Engine::Mariadb => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = database() \
             AND table_name NOT LIKE 'branchline%'"
        }
        Engine::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'branchline%' \
             AND name NOT LIKE 'sqlite%'"
        }
    };
    let mut names: Vec<String> =
        database.query_strings(sql).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
    names.sort();
    names
}

/// How many events a database's journal holds; none where there is no journal.
pub fn events(database: &TestDatabase) -> usize {
    database
        .try_execute("SELECT 1 FROM branchline_event")
        .map_or(0, |()| database.query_value("SELECT count(*) FROM branchline_event").parse().unwrap())
}
