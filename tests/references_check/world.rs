//! Two branches, a table of parents and one of referring rows, and what a check says of them.

use serde_json::Value;

use crate::support::{Engine, Outcome, TestDatabase, TestProject};

pub struct World {
    pub project: TestProject,
    pub auth: TestDatabase,
    pub specs: TestDatabase,
}

impl World {
    /// `auth` has `parents` made, `specs` `children`; `reference` is what its revision declares.
    pub fn new(parents: (Engine, &str), children: (Engine, &str), reference: &str) -> Self {
        let databases = (TestDatabase::new(parents.0), TestDatabase::new(children.0));
        Self::within(databases, parents.1, children.1, reference)
    }

    /// The same, in databases that are there already.
    pub fn within(databases: (TestDatabase, TestDatabase), parents: &str, children: &str, reference: &str) -> Self {
        let mut project = TestProject::new();
        let (auth, specs) = databases;
        project.database("auth", &auth).database("specs", &specs);
        project.revision("auth", "0001_parents", "parents = []\n", &[("up.sql", parents), ("down.sql", "SELECT 1;")]);
        let manifest = format!("parents = []\ndepends_on = [\"auth@0001\"]\n{reference}");
        project.revision("specs", "0001_children", &manifest, &[("up.sql", children), ("down.sql", "SELECT 1;")]);
        project.run_line("upgrade").success();
        Self { project, auth, specs }
    }

    /// One column against another: `child.parent` to `parent.id`.
    pub fn of_one(parents: (Engine, &str), children: (Engine, &str)) -> Self {
        Self::new(parents, children, "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n")
    }

    pub fn check(&self, options: &str) -> Outcome {
        self.project.run_line(&format!("references check --format json {options}"))
    }

    /// The one reference of the document, where the check ended with this code.
    #[track_caller]
    pub fn reference(&self, options: &str, code: i32) -> Value {
        let outcome = self.check(options).expect(code);
        let document = outcome.json();
        let references = document["references"].as_array().unwrap_or_else(|| panic!("no references\n{outcome}"));
        assert_eq!(references.len(), 1, "{outcome}");
        references[0].clone()
    }
}

/// `confirmed 2/3`, keys and rows, of the classes that are not empty.
pub fn classes(reference: &Value) -> Vec<String> {
    let classes = reference["check"]["classes"].as_object().expect("classes");
    classes
        .iter()
        .filter(|(_, count)| count["rows"] != 0 || count["keys"] != 0)
        .map(|(class, count)| format!("{class} {}/{}", count["keys"], count["rows"]))
        .collect()
}

/// The keys of the samples of a class, sorted.
pub fn keys(reference: &Value, class: &str) -> Vec<String> {
    let samples = reference["samples"].as_array().expect("samples");
    let mut keys: Vec<String> = samples
        .iter()
        .filter(|sample| sample["class"] == class)
        .map(|sample| {
            let parts = sample["key"].as_array().expect("key").iter().filter_map(Value::as_str);
            parts.collect::<Vec<_>>().join(":")
        })
        .collect();
    keys.sort();
    keys
}

/// How the legs were looked at in the end.
pub fn strategies(reference: &Value) -> Vec<String> {
    let legs = reference["legs"].as_array().expect("legs");
    legs.iter().map(|leg| leg["strategy"].as_str().unwrap_or("-").to_owned()).collect()
}

/// An INSERT of these rows, in pieces that any server takes.
pub fn insert(database: &TestDatabase, into: &str, rows: &[String]) {
    for rows in rows.chunks(500) {
        database.execute(&format!("INSERT INTO {into} VALUES {}", rows.join(", ")));
    }
}
