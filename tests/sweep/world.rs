//! Parents in one database, and rows that refer to them in another, a table a policy.
//!
//! A key is a UUID that each engine keeps in a way of its own, another one on either side: `uuid` on PostgreSQL, `binary(16)` and
//! `char(36)` on MariaDB, a text and a blob on SQLite.

use serde_json::Value;

use crate::support::{Engine, Outcome, TestDatabase, TestProject};

/// The pairs of engines that the tests go through: parents first.
pub const PAIRS: [(Engine, Engine); 5] = [
    (Engine::Postgres, Engine::Postgres),
    (Engine::Mariadb, Engine::Mariadb),
    (Engine::Sqlite, Engine::Sqlite),
    (Engine::Postgres, Engine::Mariadb),
    (Engine::Mariadb, Engine::Sqlite),
];

pub struct World {
    pub project: TestProject,
    pub auth: TestDatabase,
    pub specs: TestDatabase,
}

/// The UUID of a number, with dashes.
pub fn uuid(number: u32) -> String {
    format!("0190a5c2-7d3e-7c11-8a55-{number:012x}")
}

const fn parent_type(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "uuid",
        Engine::Mariadb => "binary(16)",
        Engine::Sqlite => "text",
    }
}

const fn child_type(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "uuid",
        Engine::Mariadb => "char(36)",
        Engine::Sqlite => "blob",
    }
}

impl World {
    /// With everything that a reference can say.
    pub fn new(auth: Engine, specs: Engine) -> Self {
        Self::with(
            auth,
            specs,
            &[
                "from = \"projects.user_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\"",
                "from = \"settings.user_id\"\nto = \"auth:users.id\"\non_delete = \"set_null\"",
                "from = \"audits.user_id\"\nto = \"auth:users.id\"",
                "from = \"views.user_id\"\nto = \"auth:users.id\"\non_delete = \"ignore\"",
                "from = [\"members.tenant\", \"members.code\"]\nto = [\"auth:tenants.tenant\", \"auth:tenants.code\"]\n\
                 on_delete = \"cascade\"\nwhen = \"kind = 'real' -- and no other\"",
                "from = \"logs.resource\"\nby = \"logs.kind\"\nto = { user = \"auth:users.id\", project = \"projects.uid\" }\n\
                 on_delete = \"cascade\"",
            ],
        )
    }

    /// With these references.
    pub fn with(auth: Engine, specs: Engine, references: &[&str]) -> Self {
        let mut project = TestProject::new();
        let (auth, specs) = (TestDatabase::new(auth), TestDatabase::new(specs));
        project.database("auth", &auth).database("specs", &specs);
        let id = parent_type(auth.engine());
        let up = format!(
            "CREATE TABLE users (id {id} NOT NULL PRIMARY KEY, name varchar(100));\n\
             CREATE TABLE tenants (tenant int NOT NULL, code varchar(20) NOT NULL, PRIMARY KEY (tenant, code));\n"
        );
        project.revision("auth", "0001_users", "parents = []\n", &[("up.sql", &up)]);
        let (id, key) = (child_type(specs.engine()), "id int NOT NULL PRIMARY KEY");
        let up = format!(
            "CREATE TABLE projects ({key}, uid {id} UNIQUE, user_id {id});\n\
             CREATE TABLE settings ({key}, user_id {id});\n\
             CREATE TABLE audits ({key}, user_id {id});\n\
             CREATE TABLE views ({key}, user_id {id});\n\
             CREATE TABLE members ({key}, kind varchar(10), tenant int, code varchar(20));\n\
             CREATE TABLE logs (kind varchar(20), resource {id});\n\
             CREATE INDEX ix_projects_user_id ON projects (user_id);\n"
        );
        let references: String = references.iter().map(|reference| format!("[[reference]]\n{reference}\n")).collect();
        let manifest = format!("parents = []\ndepends_on = [\"auth@0001\"]\n{references}");
        project.revision("specs", "0001_tables", &manifest, &[("up.sql", &up)]);
        project.run_line("upgrade").success();
        Self { project, auth, specs }
    }

    /// A parent's key, as its engine writes it.
    pub fn parent(&self, number: u32) -> String {
        match self.auth.engine() {
            Engine::Mariadb => format!("x'{}'", uuid(number).replace('-', "")),
            _ => format!("'{}'", uuid(number)),
        }
    }

    /// A referring column's value, as its engine writes it.
    pub fn child(&self, number: u32) -> String {
        match self.specs.engine() {
            Engine::Sqlite => format!("x'{}'", uuid(number).replace('-', "")),
            _ => format!("'{}'", uuid(number)),
        }
    }

    pub fn create(&self, numbers: impl IntoIterator<Item = u32>) -> &Self {
        let rows: Vec<String> = numbers.into_iter().map(|number| format!("({}, 'u')", self.parent(number))).collect();
        self.auth.execute(&format!("INSERT INTO users (id, name) VALUES {}", rows.join(", ")));
        self
    }

    pub fn delete(&self, numbers: impl IntoIterator<Item = u32>) -> &Self {
        let ids: Vec<String> = numbers.into_iter().map(|number| self.parent(number)).collect();
        self.auth.execute(&format!("DELETE FROM users WHERE id IN ({})", ids.join(", ")));
        self
    }

    /// A row a number in each of these tables; their ids count up.
    pub fn refer(&self, tables: &[&str], numbers: impl IntoIterator<Item = u32>) -> &Self {
        let numbers: Vec<u32> = numbers.into_iter().collect();
        for table in tables {
            let next: u32 = self
                .specs
                .query_value(&format!("SELECT {} FROM {table}", self.text("coalesce(max(id), 0)")))
                .parse()
                .unwrap();
            let row =
                |(place, number): (usize, &u32)| format!("({}, {})", next as usize + 1 + place, self.child(*number));
            let rows: Vec<String> = numbers.iter().enumerate().map(row).collect();
            self.specs.execute(&format!("INSERT INTO {table} (id, user_id) VALUES {}", rows.join(", ")));
        }
        self
    }

    /// An expression as text, in the referring rows' database.
    pub fn text(&self, expression: &str) -> String {
        let text = if self.specs.engine() == Engine::Mariadb { "char" } else { "text" };
        format!("CAST({expression} AS {text})")
    }

    /// How many rows a table of the referring database has that meet a condition.
    pub fn rows(&self, table: &str, condition: &str) -> u32 {
        let count = self.text("count(*)");
        self.specs.query_value(&format!("SELECT {count} FROM {table} WHERE {condition}")).parse().unwrap()
    }

    /// How many keys are on record.
    pub fn recorded(&self) -> u32 {
        let text = if self.auth.engine() == Engine::Mariadb { "char" } else { "text" };
        self.auth.query_value(&format!("SELECT CAST(count(*) AS {text}) FROM branchline_deleted")).parse().unwrap()
    }

    pub fn install(&self) -> &Self {
        self.run("--install").success();
        self
    }

    /// Runs `references sweep`, with a document.
    pub fn run(&self, arguments: &str) -> Outcome {
        self.project.run_line(&format!("references sweep {arguments} --format json"))
    }

    /// Sweeps everything, to the end.
    pub fn sweep(&self) -> Value {
        self.run("--yes").success().json()
    }
}

/// What a document says of the reference at these columns.
#[track_caller]
pub fn of<'d>(document: &'d Value, table: &str) -> &'d Value {
    let references = document["references"].as_array().unwrap_or_else(|| panic!("{document:#}"));
    references.iter().find(|reference| reference["from"]["table"] == table).unwrap_or_else(|| panic!("{document:#}"))
}
