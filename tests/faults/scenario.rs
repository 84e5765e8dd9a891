//! What is run, and what the database looks like at every moment of it.
//!
//! Data has no unique keys, so that whatever is applied twice shows; and nearly every statement changes something that can be
//! seen, so that the database alone tells how far a script came.

use std::collections::BTreeMap;

use crate::support::pair::json;
use crate::support::{Engine, TestDatabase, TestProject, TestServer};
use crate::truth::Picture;

/// A way to run the revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Up,
    Down,
}

impl Way {
    /// The command line that goes it.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Up => "upgrade --wait 60s",
            // The first revision stays, and with it the table in which the others say what they did.
            Self::Down => "downgrade auth@1 --yes --wait 60s",
        }
    }
}

/// A revision of the scenario.
struct Chapter {
    id: &'static str,
    manifest: &'static str,
    up: Script,
    down: Script,
}

enum Script {
    /// Statements, each by itself.
    Sql(Vec<&'static str>),
    /// A portable file, and the statements that it comes to where they do not come to one transaction.
    Portable(&'static str, Vec<&'static str>),
    /// What takes the portable file back.
    Derived(Vec<&'static str>),
}

impl Script {
    fn statements(&self) -> &[&'static str] {
        match self {
            Self::Sql(statements) | Self::Portable(_, statements) | Self::Derived(statements) => statements,
        }
    }
}

/// A statement that brings its data along, and what it comes to where there is no such way to send it.
const COPY: &str = "COPY people (name, visits) FROM stdin;\nDee\t4\nEve\t5\n\\.\n";
const COPIED: &str = "INSERT INTO people (name, visits) VALUES ('Dee', 4), ('Eve', 5)";

const ATOMIC: &str = "";
const STEPWISE: &str = "transaction = false\n";

/// How much of it there is: a server that is killed needs its time to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Long,
    Short,
}

/// Revisions that belong to one branch, `auth`.
pub struct Scenario {
    pub engine: Engine,
    pub project: TestProject,
    chapters: Vec<Chapter>,
    /// What the database looks like behind so many statements of a revision on its way.
    moments: BTreeMap<(Way, String, usize), Picture>,
}

impl Scenario {
    pub fn new(engine: Engine, length: Length) -> Self {
        Self::on(engine, length, &TestDatabase::new(engine))
    }

    /// The same on a server of the test's own.
    pub fn on_server(server: &TestServer, length: Length) -> Self {
        Self::on(server.engine(), length, &server.database())
    }

    fn on(engine: Engine, length: Length, scratch: &TestDatabase) -> Self {
        let mut chapters = chapters(engine);
        if length == Length::Short {
            chapters.truncate(3);
        }
        let mut project = TestProject::new();
        let mut parent = String::new();
        for chapter in &chapters {
            chapter.write(&project, &parent);
            parent = format!("{:?}", chapter.id);
        }
        project.database("auth", scratch);
        let mut scenario = Self { engine, chapters, project, moments: BTreeMap::new() };
        scenario.learn(scratch);
        scenario
    }

    /// Gives the project this database.
    pub fn point_at(&mut self, url: &str) {
        self.project.variable("DATABASE_URL_AUTH", url);
    }

    /// What the database looks like behind so many statements of a revision, where they are known one by one.
    pub fn moment(&self, way: Way, revision: &str, done: usize) -> Option<&Picture> {
        self.moments.get(&(way, revision.to_owned(), done))
    }

    /// What it looks like with so many revisions applied, on that way.
    pub fn boundary(&self, way: Way, applied: usize) -> &Picture {
        let behind = |way: Way, chapter: &Chapter| {
            let mut moments =
                self.moments.range((way, chapter.id.to_owned(), 0)..=(way, chapter.id.to_owned(), usize::MAX));
            moments.next_back().expect("every revision was gone through").1
        };
        match (way, self.chapters.get(applied)) {
            (Way::Down, Some(taken_back)) => behind(way, taken_back),
            _ if applied == 0 => &self.moments[&(Way::Up, self.chapters[0].id.to_owned(), 0)],
            _ => behind(Way::Up, &self.chapters[applied - 1]),
        }
    }

    /// Goes up and down again without a fault, a statement at a time where scripts are no transaction.
    fn learn(&mut self, scratch: &TestDatabase) {
        for index in 0..self.chapters.len() {
            self.learn_one(scratch, Way::Up, index);
        }
        for index in (1..self.chapters.len()).rev() {
            self.learn_one(scratch, Way::Down, index);
        }
    }

    fn learn_one(&mut self, scratch: &TestDatabase, way: Way, index: usize) {
        let chapter = &self.chapters[index];
        let (script, target) = match way {
            Way::Up => (&chapter.up, chapter.id),
            Way::Down => (&chapter.down, self.chapters[index - 1].id),
        };
        let id = chapter.id.to_owned();
        self.moments.insert((way, id.clone(), 0), Picture::of(scratch));
        let by_itself = self.engine == Engine::Mariadb || chapter.manifest == STEPWISE;
        if by_itself {
            for (done, statement) in script.statements().iter().enumerate() {
                scratch.execute(if *statement == COPY { COPIED } else { statement });
                self.moments.insert((way, id.clone(), done + 1), Picture::of(scratch));
            }
            json(&self.project, &format!("stamp auth@{target}")).success();
        } else {
            let verb = if way == Way::Up { "upgrade" } else { "downgrade --yes" };
            json(&self.project, &format!("{verb} auth@{target}")).success();
            self.moments.insert((way, id, script.statements().len().max(1)), Picture::of(scratch));
        }
    }
}

impl Chapter {
    fn write(&self, project: &TestProject, parent: &str) {
        let toml = format!("description = \"Revision {}\"\nparents = [{parent}]\n{}", self.id, self.manifest);
        let mut files = Vec::new();
        for (name, script) in [("up", &self.up), ("down", &self.down)] {
            match script {
                Script::Sql(statements) => {
                    let text: Vec<String> = statements
                        .iter()
                        .map(
                            |&statement| {
                                if statement == COPY { statement.to_owned() } else { format!("{statement};\n") }
                            },
                        )
                        .collect();
                    files.push((format!("{name}.sql"), text.concat()));
                }
                Script::Portable(text, _) => files.push((format!("{name}.toml"), (*text).to_owned())),
                Script::Derived(_) => {}
            }
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        project.revision("auth", &format!("{}_revision", self.id), &toml, &files);
    }
}

fn chapters(engine: Engine) -> Vec<Chapter> {
    vec![
        Chapter {
            id: "1",
            manifest: ATOMIC,
            up: Script::Sql(vec!["CREATE TABLE ledger (what VARCHAR(20))", "INSERT INTO ledger VALUES ('1 up')"]),
            down: Script::Sql(vec!["DROP TABLE ledger"]),
        },
        Chapter {
            id: "2",
            manifest: ATOMIC,
            up: Script::Sql(vec![
                "CREATE TABLE people (name VARCHAR(20) NOT NULL, visits INTEGER NOT NULL)",
                "INSERT INTO people VALUES ('Ada', 1), ('Ben', 2), ('Cy', 3)",
                "INSERT INTO ledger VALUES ('2 up')",
            ]),
            down: Script::Sql(vec!["INSERT INTO ledger VALUES ('2 down')", "DROP TABLE people"]),
        },
        stepwise(engine),
        Chapter {
            id: "4",
            manifest: ATOMIC,
            up: Script::Portable(
                "[[step]]\nalter_column = \"people.name\"\ntype = \"string(40)\"\nfrom = { type = \"string(20)\" }\n\n\
                 [[step]]\ninsert = \"ledger\"\nrows = [{ what = \"4 up\" }]\n",
                vec![
                    "ALTER TABLE people MODIFY COLUMN name VARCHAR(40) NOT NULL",
                    "INSERT INTO ledger VALUES ('4 up')",
                ],
            ),
            down: Script::Derived(vec![
                "DELETE FROM ledger WHERE what = '4 up'",
                "ALTER TABLE people MODIFY COLUMN name VARCHAR(20) NOT NULL",
            ]),
        },
    ]
}

/// A revision that is no transaction anywhere.
fn stepwise(engine: Engine) -> Chapter {
    let (up, down) = match engine {
        Engine::Postgres => (
            vec![
                "CREATE INDEX CONCURRENTLY ix_people_name ON people (name)",
                "ALTER TABLE people ADD COLUMN age INTEGER",
                COPY,
                "INSERT INTO ledger VALUES ('3 up')",
                "UPDATE people SET visits = visits + 100",
            ],
            vec![
                "UPDATE people SET visits = visits - 100",
                "INSERT INTO ledger VALUES ('3 down')",
                "DELETE FROM people WHERE visits > 3",
                "DROP INDEX CONCURRENTLY ix_people_name",
                "ALTER TABLE people DROP COLUMN age",
            ],
        ),
        Engine::Mariadb => (
            vec![
                "CREATE INDEX ix_people_name ON people (name)",
                "ALTER TABLE people ADD COLUMN age INTEGER",
                "INSERT INTO ledger VALUES ('3 up')",
                "UPDATE people SET visits = visits + 100",
            ],
            vec![
                "UPDATE people SET visits = visits - 100",
                "INSERT INTO ledger VALUES ('3 down')",
                "DROP INDEX ix_people_name ON people",
                "ALTER TABLE people DROP COLUMN age",
            ],
        ),
        Engine::Sqlite => (
            vec![
                "INSERT INTO ledger VALUES ('3 up')",
                "VACUUM",
                "ALTER TABLE people ADD COLUMN age INTEGER",
                "UPDATE people SET visits = visits + 100",
            ],
            vec![
                "UPDATE people SET visits = visits - 100",
                "INSERT INTO ledger VALUES ('3 down')",
                "ALTER TABLE people DROP COLUMN age",
                "VACUUM",
            ],
        ),
    };
    Chapter { id: "3", manifest: STEPWISE, up: Script::Sql(up), down: Script::Sql(down) }
}
