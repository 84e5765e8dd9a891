//! `references list`: what the databases say of live references, on every engine, in every form; and what was not looked at.

mod support;

use serde_json::{Value, json};
use support::{Engine, Outcome, TestDatabase, TestProject};

struct World {
    project: TestProject,
    auth: TestDatabase,
    specs: TestDatabase,
}

const DECLARED: &str = "parents = []\n\
    [[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.id\"\nowner = \"the accounts | team\"\nreason = \"who pays, and \\\"why\\\"\"\n\
    [[reference]]\nfrom = \"projects.lead\"\nto = \"auth:users.id\"\non_delete = \"set_null\"\nmax_orphans = 2\ngrace = \"10m\"\n\
    [[reference]]\nfrom = \"logs.target\"\nby = \"logs.kind\"\nto = { project = \"projects.id\", user = \"auth:users.mail\" }\n";

impl World {
    fn new(auth: Engine, specs: Engine) -> Self {
        let mut project = TestProject::new();
        let (auth, specs) = (TestDatabase::new(auth), TestDatabase::new(specs));
        project.database("auth", &auth).database("specs", &specs);
        let world = Self { project, auth, specs };
        world.files();
        world
    }

    fn files(&self) {
        let up = "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, mail VARCHAR(40))";
        self.project.revision("auth", "1_users", "parents = []\n", &[("up.sql", up)]);
        let up = "CREATE TABLE projects (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, lead BIGINT);\n\
                  CREATE INDEX ix_projects_user_id ON projects (user_id);\n\
                  CREATE TABLE logs (target VARCHAR(20), kind VARCHAR(20));\n";
        self.project.revision("specs", "1_projects", DECLARED, &[("up.sql", up)]);
    }

    fn list(&self, line: &str) -> Outcome {
        self.project.run_line(&format!("references list {line}"))
    }

    /// A reference of the document, by its first column.
    fn one(&self, line: &str, column: &str) -> Value {
        find(&self.list(&format!("{line} --format json")).json(), column)
    }
}

fn find(document: &Value, column: &str) -> Value {
    let all = document["references"].as_array().unwrap();
    let found = all.iter().find(|one| one["from"]["columns"][0] == column);
    found.unwrap_or_else(|| panic!("{column} is not in {document:#}")).clone()
}

#[test]
fn what_the_databases_say() {
    for (auth, specs) in [
        (Engine::Postgres, Engine::Postgres),
        (Engine::Mariadb, Engine::Mariadb),
        (Engine::Sqlite, Engine::Sqlite),
        (Engine::Mariadb, Engine::Postgres),
        (Engine::Postgres, Engine::Sqlite),
    ] {
        let world = World::new(auth, specs);
        world.project.run_line("upgrade").success();
        let document = world.list("--format json").success().json();
        assert_eq!(document["command"], "references");
        assert_eq!(document["scope"]["known"], 3);
        assert_eq!(document["scope"]["listed"], 3);
        let user = find(&document, "user_id");
        assert_eq!(user["from"], json!({"branch": "specs", "table": "projects", "columns": ["user_id"]}));
        assert_eq!(user["to"][0]["branch"], "auth");
        assert_eq!((&user["to"][0]["table"], &user["to"][0]["columns"]), (&json!("users"), &json!(["id"])));
        for (field, expected) in [
            ("kind", json!("cross_database")),
            ("source", json!("declared")),
            ("since", json!("specs@1")),
            ("on_delete", json!("restrict")),
            ("nullable", json!(false)),
            ("indexed", json!(true)),
            ("unique", json!(true)),
            ("missing", json!([])),
            ("check", json!(null)),
            ("owner", json!("the accounts | team")),
        ] {
            assert_eq!(user[field], expected, "{field} on {auth} and {specs}");
        }
        assert_eq!(user["types"]["match"], true, "{user:#}");
        let lead = find(&document, "lead");
        assert_eq!((&lead["nullable"], &lead["indexed"]), (&json!(true), &json!(false)));
        // SQLite's types say nothing of how large a number may be.
        let loose = auth == Engine::Sqlite || specs == Engine::Sqlite;
        assert_eq!(lead["types"]["match"], loose, "{lead:#}");
        assert_eq!((&lead["grace"], &lead["max_orphans"]), (&json!("10m"), &json!(2)));
        let target = find(&document, "target");
        assert_eq!(target["kind"], "polymorphic");
        assert_eq!(target["by"], "logs.kind");
        let values: Vec<&Value> = target["to"].as_array().unwrap().iter().map(|to| &to["value"]).collect();
        assert_eq!(values, ["project", "user"]);
        assert_eq!(target["unique"], false, "users.mail is not");
        // Two databases on one server of MariaDB's: a foreign key could do.
        let could = &user["could_be_foreign_key"];
        let one_server = (auth, specs) == (Engine::Mariadb, Engine::Mariadb);
        assert_eq!(could["possible"], one_server, "{could}");
        world.project.run_line("references check --wait 0s");
        let checked = world.one("", "user_id");
        assert_eq!(checked["check"]["orphan_rows"], 0, "{checked:#}");
        assert!(checked["check"]["at"].as_str().unwrap().ends_with('Z'));
        let text = world.list("").success();
        assert!(text.stdout.contains("clean, just now"), "{text}");
        assert!(text.stdout.ends_with("3 of 3 live references listed, of auth, specs\n"), "{text}");
    }
}

#[test]
fn one_database_of_two_branches() {
    for engine in Engine::ALL {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.share(&["auth", "specs"], &database);
        let world =
            World { project, auth: TestDatabase::new(Engine::Sqlite), specs: TestDatabase::new(Engine::Sqlite) };
        world.files();
        world.project.run_line("upgrade").success();
        let user = world.one("", "user_id");
        assert_eq!(user["could_be_foreign_key"]["possible"], true, "{engine} {user:#}");
        assert_eq!(user["could_be_foreign_key"]["why"], "both ends are in one database");
        let lead = world.one("", "lead");
        assert_eq!(lead["could_be_foreign_key"]["possible"], engine == Engine::Sqlite, "the types differ: {lead:#}");
        // A real one crosses the border of the branches.
        let up =
            "CREATE TABLE notes (user_id INTEGER, CONSTRAINT fk_notes FOREIGN KEY (user_id) REFERENCES users (id));\n";
        world.project.revision(
            "specs",
            "2_notes",
            "parents = [\"1\"]\n[[reference]]\nfrom = \"notes.user_id\"\nto = \"auth:users.id\"\n",
            &[("up.sql", up)],
        );
        world.project.run_line("upgrade").success();
        let document = world.list("--format json").success().json();
        let crossing = &document["foreign_keys_across_branches"];
        assert_eq!(crossing.as_array().unwrap().len(), 1, "{engine} {crossing:#}");
        assert_eq!(crossing[0]["from"], "notes.user_id");
        assert_eq!((&crossing[0]["branch"], &crossing[0]["to_branch"]), (&json!("specs"), &json!("auth")));
        assert!(world.list("").stdout.contains("a foreign key crosses branches: specs:notes.user_id -> auth:users.id"));
        let all = document["references"].as_array().unwrap();
        let notes = all.iter().find(|one| one["from"]["table"] == "notes").unwrap();
        assert!(
            notes["could_be_foreign_key"]["why"].as_str().unwrap().starts_with("there is one already"),
            "{notes:#}"
        );
        assert_eq!(notes["indexed"], engine == Engine::Mariadb, "MariaDB makes an index for a foreign key");
    }
}

#[test]
fn two_databases_of_one_server_with_a_real_key() {
    let world = World::new(Engine::Mariadb, Engine::Mariadb);
    world.project.run_line("upgrade").success();
    let auth = world.auth.query_value("SELECT database()");
    world.specs.execute(&format!(
        "ALTER TABLE projects ADD CONSTRAINT fk_x FOREIGN KEY (user_id) REFERENCES `{auth}`.users (id)"
    ));
    let document = world.list("--format json").success().json();
    let crossing = &document["foreign_keys_across_branches"][0];
    assert_eq!(
        (&crossing["name"], &crossing["to_branch"], &crossing["to"]),
        (&json!("fk_x"), &json!("auth"), &json!("users.id"))
    );
    // The databases go one after the other.
    world.specs.execute("ALTER TABLE projects DROP FOREIGN KEY fk_x");
}

#[test]
fn what_is_not_there() {
    for engine in Engine::ALL {
        let world = World::new(engine, engine);
        world.project.run_line("upgrade").success();
        world.auth.execute("DROP TABLE users");
        world.specs.execute("ALTER TABLE projects RENAME COLUMN lead TO leader");
        let lead = world.one("", "lead");
        assert_eq!(lead["missing"], json!(["specs has no column lead of projects", "auth has no table users"]));
        assert_eq!((&lead["nullable"], &lead["types"]["match"]), (&json!(null), &json!(null)));
        assert!(world.list("").stdout.contains("specs has no column lead of projects; auth has no table users"));
    }
}

/// Something skipped is never a clean result: the rest is printed all the same.
#[test]
fn a_database_that_cannot_be_asked() {
    let mut world = World::new(Engine::Sqlite, Engine::Sqlite);
    world.project.run_line("upgrade").success();
    let files = world.project.path().join("branches");
    world.project.branch("auth", "dialects = [\"sqlite\", \"postgres\"]\n");
    world.project.branch("specs", "dialects = [\"sqlite\", \"postgres\"]\n");
    assert!(files.is_dir());
    let nowhere = "postgres://nobody@127.0.0.1:1/nowhere";
    let auth = world.auth.url().to_owned();
    world.project.variable("DATABASE_URL_AUTH", nowhere);
    let outcome = world.list("--format json").expect(5);
    let document = outcome.json();
    assert_eq!(document["references"].as_array().unwrap().len(), 3, "{outcome}");
    assert_eq!(find(&document, "user_id")["types"]["to"], json!(null));
    assert_eq!(find(&document, "user_id")["unique"], json!(null));
    assert_eq!(document["scope"]["skipped"][0]["branch"], "auth");
    world.project.variable("DATABASE_URL_AUTH", &auth).variable("DATABASE_URL_SPECS", nowhere);
    let outcome = world.list("").expect(5);
    assert!(outcome.stdout.contains("0 of 3 live references listed, of auth"), "{outcome}");
    assert!(outcome.stdout.contains("skipped: specs, with 3 references in its files: "), "{outcome}");
    let outcome = world.list("--offline").success();
    assert!(
        outcome.stdout.contains("3 of 3 declared references listed, of auth, specs, from the files alone"),
        "{outcome}"
    );
    let outcome = world.list("auth").success();
    assert!(outcome.stdout.contains("0 of 0 live references listed, of auth"), "{outcome}");
}

#[test]
fn forms_for_others() {
    let world = World::new(Engine::Sqlite, Engine::Sqlite);
    let formula = DECLARED.replace("\"set_null\"\n", "\"set_null\"\nowner = \"=1+1\"\n");
    world.project.write("migrations/specs/1_projects/revision.toml", formula);
    world.project.run_line("upgrade").success();
    let listed = world.list("--format csv").success();
    let csv = listed.stdout;
    // What it begins with stays as it is; that a spreadsheet would run it is said.
    assert!(csv.contains(",=1+1,"), "{csv}");
    assert!(listed.stderr.contains("the list has 1 cell that begins like a formula"), "{}", listed.stderr);
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert!(lines[0].starts_with("branch,from,to,by,kind,source,since,on_delete,"), "{csv}");
    let user = lines.iter().find(|line| line.starts_with("specs,projects.user_id,")).unwrap();
    assert!(user.contains("auth:users.id,,cross_database,declared,specs@1,restrict,false,true,"), "{user}");
    assert!(user.contains(",the accounts | team,\"who pays, and \"\"why\"\"\","), "{user}");
    let markdown = world.list("--format markdown").success().stdout;
    assert!(markdown.contains("| the accounts \\| team |"), "{markdown}");
    assert!(markdown.lines().filter(|line| line.starts_with('|')).count() == 5, "{markdown}");
    let html = world.list("--format html").success().stdout;
    assert!(html.starts_with("<!doctype html>") && html.contains("projects.user_id"), "{html}");
    let wide = world.list("--wide").success().stdout;
    assert!(wide.contains("the accounts | team") && wide.contains("grace 10m; at most 2"), "{wide}");
}
