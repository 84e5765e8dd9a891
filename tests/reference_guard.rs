//! What references make depend on what, and what they forbid: on every engine, and with branches on engines that differ.

mod support;

use support::pair::{json, kind, script, state, steps};
use support::{Engine, Outcome, TestDatabase, TestProject};

const PAIRS: [(Engine, Engine); 5] = [
    (Engine::Postgres, Engine::Postgres),
    (Engine::Mariadb, Engine::Mariadb),
    (Engine::Sqlite, Engine::Sqlite),
    (Engine::Postgres, Engine::Mariadb),
    (Engine::Sqlite, Engine::Postgres),
];

const REFERENCE: &str = "[[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.id\"\n";
const END: &str = "[[end_reference]]\nfrom = \"projects.user_id\"\n";

struct World {
    project: TestProject,
    auth: TestDatabase,
    specs: TestDatabase,
}

impl World {
    /// `auth@1` makes `users`, `specs@1` makes `projects` with a reference to it; no `depends_on` anywhere.
    fn new((auth, specs): (Engine, Engine)) -> Self {
        let mut project = TestProject::new();
        let (auth, specs) = (TestDatabase::new(auth), TestDatabase::new(specs));
        project.database("auth", &auth).database("specs", &specs);
        let world = Self { project, auth, specs };
        world.auth_revision(
            "1",
            &[],
            "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, mail INTEGER)",
            "DROP TABLE users",
        );
        world.specs_revision(
            "1",
            &[],
            REFERENCE,
            "CREATE TABLE projects (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER, kind VARCHAR(20))",
            "DROP TABLE projects",
        );
        world
    }

    fn auth_revision(&self, id: &str, depends_on: &[&str], up: &str, down: &str) {
        let parents = parents(id);
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        script(&self.project, "auth", id, &parents, depends_on, up, down);
    }

    fn specs_revision(&self, id: &str, depends_on: &[&str], declared: &str, up: &str, down: &str) {
        let manifest = format!("parents = {:?}\ndepends_on = {depends_on:?}\n{declared}", parents(id));
        self.project.revision("specs", &format!("{id}_revision"), &manifest, &[("up.sql", up), ("down.sql", down)]);
    }

    fn json(&self, line: &str) -> Outcome {
        json(&self.project, line)
    }

    /// The kind, the message and the hint of a refusal: exit code 6, and nothing changed.
    #[track_caller]
    fn refused(&self, line: &str) -> (String, String, String) {
        let before = self.states();
        let outcome = self.json(line);
        assert_eq!(outcome.code, Some(6), "{outcome}");
        assert_eq!(before, self.states(), "{outcome}");
        let error = &outcome.json()["error"];
        let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
        (text("kind"), text("message"), text("hint"))
    }

    fn states(&self) -> (String, String) {
        let status = self.json("status");
        (state(&status, "auth"), state(&status, "specs"))
    }

    #[track_caller]
    fn run(&self, line: &str) -> Vec<String> {
        let outcome = self.json(line).success();
        steps(&outcome)
    }
}

fn parents(id: &str) -> Vec<String> {
    let number: u32 = id.parse().unwrap();
    if number == 1 { Vec::new() } else { vec![(number - 1).to_string()] }
}

#[test]
fn a_reference_makes_its_revision_depend_on_the_one_that_provides_the_column() {
    for pair in PAIRS {
        let world = World::new(pair);
        let (kind, message, hint) = world.refused("upgrade specs");
        assert_eq!(kind, "dependency_missing");
        assert_eq!(
            message,
            "auth@1 must be applied first: specs@1 depends on auth@1, by the reference projects.user_id"
        );
        assert!(hint.contains("branchline upgrade auth@1"), "{hint}");
        assert_eq!(
            world.run("upgrade specs --with-dependencies"),
            ["auth@1 up applied", "specs@1 up applied"],
            "{pair:?}"
        );
        let recorded = world.specs.query_value("SELECT depends_on FROM branchline_revision");
        assert_eq!(recorded, "auth@1", "an older project state is guarded too");
        let (kind, message, _) = world.refused("downgrade auth@base --yes");
        assert_eq!(kind, "dependent_in_the_way");
        assert_eq!(
            message,
            "specs@1 would have to go too: specs@1 depends on auth@1, by the reference projects.user_id"
        );
        assert_eq!(
            world.run("downgrade auth@base --yes --with-dependents"),
            ["specs@1 down applied", "auth@1 down applied"]
        );
    }
}

#[test]
fn it_is_shown_where_dependencies_are() {
    let world = World::new((Engine::Sqlite, Engine::Sqlite));
    let shows = |line: &str, expected: &str| {
        let outcome = world.project.run_line(line).success();
        assert!(outcome.stdout.contains(expected), "{outcome}");
    };
    shows("show specs@1", "depends on   auth@1 (by the reference projects.user_id)");
    shows("graph", "needs auth@1 (by the reference projects.user_id)");
    shows("history specs", "auth@1 (by the reference projects.user_id)");
    shows("plan", "specs@1");
    let plan = world.json("plan specs");
    assert_eq!(kind(&plan), "dependency_missing");
    let plan = world.json("plan");
    assert_eq!(plan.json()["steps"][1]["waits_for"][0], "auth@1", "{plan}");
    let show = world.json("show specs@1").json();
    assert_eq!(show["depends_on"][0], "auth@1");
    assert_eq!(show["depends_on_by_reference"][0]["reference"], "projects.user_id");
}

/// Who says it himself is believed, and not told twice.
#[test]
fn what_depends_on_says_already() {
    let world = World::new((Engine::Sqlite, Engine::Sqlite));
    world.specs_revision("1", &["auth@1"], REFERENCE, "CREATE TABLE projects (user_id INTEGER)", "DROP TABLE projects");
    let show = world.json("show specs@1").json();
    assert_eq!(show["depends_on"].as_array().unwrap().len(), 1);
    assert_eq!(show["depends_on_by_reference"].as_array().unwrap().len(), 0);
}

/// A column that came later, one that got its name later, and columns that several revisions made.
#[test]
fn who_provides_what() {
    for (to, needs) in [
        ("\"auth:users.id\"", "auth@1"),
        ("\"auth:users.code\"", "auth@2"),
        ("\"auth:users.email\"", "auth@3"),
        ("\"auth:people.id\"", "auth@4"),
    ] {
        let world = World::new((Engine::Sqlite, Engine::Sqlite));
        world.auth_revision(
            "2",
            &[],
            "ALTER TABLE users ADD COLUMN code INTEGER",
            "ALTER TABLE users DROP COLUMN code",
        );
        world.auth_revision(
            "3",
            &[],
            "ALTER TABLE users RENAME COLUMN mail TO email",
            "ALTER TABLE users RENAME COLUMN email TO mail",
        );
        world.auth_revision("4", &[], "ALTER TABLE users RENAME TO people", "ALTER TABLE people RENAME TO users");
        let declared = format!("[[reference]]\nfrom = \"projects.user_id\"\nto = {to}\n");
        world.specs_revision("1", &[], &declared, "CREATE TABLE projects (user_id INTEGER)", "DROP TABLE projects");
        let show = world.json("show specs@1").json();
        let found: Vec<&str> = show["depends_on"].as_array().unwrap().iter().filter_map(|key| key.as_str()).collect();
        assert_eq!(found, [needs], "{to}");
    }
    let world = World::new((Engine::Sqlite, Engine::Sqlite));
    world.auth_revision(
        "2",
        &[],
        "ALTER TABLE users ADD COLUMN tenant INTEGER",
        "ALTER TABLE users DROP COLUMN tenant",
    );
    let composite = "[[reference]]\nfrom = [\"projects.user_id\", \"projects.tenant\"]\nto = [\"auth:users.id\", \"auth:users.tenant\"]\n";
    world.specs_revision(
        "1",
        &[],
        composite,
        "CREATE TABLE projects (user_id INTEGER, tenant INTEGER)",
        "DROP TABLE projects",
    );
    assert_eq!(world.json("show specs@1").json()["depends_on"], serde_json::json!(["auth@2"]), "2 follows 1");
}

#[test]
fn revisions_that_need_each_other_by_references() {
    let world = World::new((Engine::Sqlite, Engine::Sqlite));
    let back = "parents = []\n[[reference]]\nfrom = \"users.mail\"\nto = \"specs:projects.id\"\n";
    world.project.revision("auth", "1_revision", back, &[("up.sql", "CREATE TABLE users (id INTEGER, mail INTEGER)")]);
    let outcome = world.json("plan");
    assert_eq!(outcome.code, Some(2), "{outcome}");
    let error = &outcome.json()["error"];
    assert_eq!(
        error["message"],
        "a cycle of revisions: auth@1 depends, by the reference users.mail, on specs@1 depends, by the reference \
         projects.user_id, on auth@1"
    );
    assert!(error["hint"].as_str().unwrap().contains("can be declared in a later revision"), "{error}");
}

/// Drops, renames and another type: refused while the reference lives, whichever way it is known.
#[test]
fn what_takes_a_column_away_from_a_live_reference() {
    for pair in PAIRS {
        let retype = match pair.0 {
            Engine::Postgres => Some("ALTER TABLE users ALTER COLUMN id TYPE bigint"),
            Engine::Mariadb => Some("ALTER TABLE users MODIFY id bigint NOT NULL"),
            Engine::Sqlite => None,
        };
        let takes = [
            Some(("ALTER TABLE users RENAME COLUMN id TO uid", "renames users.id to uid")),
            Some(("ALTER TABLE users RENAME TO people", "renames users to people")),
            Some(("DROP TABLE users", "drops users")),
            retype.map(|sql| (sql, "changes the type of users.id from integer to bigint")),
        ];
        let world = World::new(pair);
        world.run("upgrade");
        for (sql, what) in takes.into_iter().flatten() {
            world.auth_revision("2", &[], &format!("SELECT 1;\n{sql}"), "SELECT 1");
            let (kind, message, hint) = world.refused("upgrade auth --yes");
            assert_eq!(kind, "reference_in_the_way", "{message}");
            let place = format!(
                "auth@2 {what} (migrations/auth/2_revision/up.sql:2), to which specs's projects.user_id refers"
            );
            assert!(message.starts_with(&place), "{message}");
            assert!(message.contains("since specs@1"), "{message}");
            assert!(hint.contains("[[end_reference]]"), "{hint}");
            assert_eq!(world.refused("plan auth").0, "reference_in_the_way");
        }
    }
}

/// The same table made anew under its name loses nothing; nor does what no reference points to.
#[test]
fn what_takes_nothing_away() {
    for pair in PAIRS {
        let world = World::new(pair);
        world.run("upgrade");
        let up = "CREATE TABLE users_new (id INTEGER NOT NULL PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\n\
                  DROP TABLE users;\nALTER TABLE users_new RENAME TO users;\n";
        world.auth_revision("2", &[], up, "SELECT 1");
        assert_eq!(world.run("upgrade auth --yes"), ["auth@2 up applied"], "{pair:?}");
        // One revision makes and fills it, the next puts it into its place.
        world.auth_revision("3", &[], "CREATE TABLE incoming (id INTEGER NOT NULL PRIMARY KEY)", "SELECT 1");
        world.auth_revision("4", &[], "DROP TABLE users;\nALTER TABLE incoming RENAME TO users", "SELECT 1");
        assert_eq!(world.run("upgrade auth --yes"), ["auth@3 up applied", "auth@4 up applied"], "{pair:?}");
    }
}

#[test]
fn a_reference_that_ends_first_is_in_nobodys_way() {
    for pair in PAIRS {
        let world = World::new(pair);
        world.specs_revision(
            "2",
            &[],
            END,
            "ALTER TABLE projects DROP COLUMN user_id",
            "ALTER TABLE projects ADD COLUMN user_id INTEGER",
        );
        world.auth_revision(
            "2",
            &["specs@2"],
            "ALTER TABLE users RENAME COLUMN id TO uid",
            "ALTER TABLE users RENAME COLUMN uid TO id",
        );
        assert_eq!(
            world.run("upgrade --yes"),
            ["auth@1 up applied", "specs@1 up applied", "specs@2 up applied", "auth@2 up applied"],
            "{pair:?}"
        );
        // Down again, in the other order.
        let (kind, message, _) = world.refused("downgrade specs@1 --yes");
        assert_eq!(kind, "dependent_in_the_way", "{message}");
        assert_eq!(
            world.run("downgrade specs@1 --yes --with-dependents"),
            ["auth@2 down applied", "specs@2 down applied"]
        );
        // A plan of its own ends it first.
        world.run("upgrade specs --yes");
        assert_eq!(world.run("upgrade auth --yes"), ["auth@2 up applied"]);
    }
}

/// Nobody wrote `depends_on`, but the plan ends the reference before: the run keeps that order.
#[test]
fn the_order_of_a_plan_is_kept() {
    for pair in PAIRS {
        let world = World::new(pair);
        world.run("upgrade");
        world.specs_revision(
            "2",
            &["auth@2"],
            END,
            "ALTER TABLE projects DROP COLUMN user_id",
            "ALTER TABLE projects ADD COLUMN user_id INTEGER",
        );
        world.auth_revision("2", &[], "CREATE TABLE others (id INTEGER)", "DROP TABLE others");
        world.auth_revision("3", &["specs@2"], "DROP TABLE users", "CREATE TABLE users (id INTEGER)");
        let plan = world.json("plan");
        assert_eq!(steps(&plan), ["auth@2 up", "specs@2 up", "auth@3 up"], "{plan}");
        assert_eq!(plan.json()["steps"][2]["waits_for"], serde_json::json!(["specs@2"]));
        world.run("upgrade --yes");
    }
    // In a wrong order it is refused, and told which revision ends it.
    let world = World::new((Engine::Sqlite, Engine::Sqlite));
    world.run("upgrade");
    world.auth_revision("2", &[], "DROP TABLE users", "CREATE TABLE users (id INTEGER)");
    world.specs_revision("2", &[], END, "CREATE TABLE more (id INTEGER)", "DROP TABLE more");
    let (kind, _, hint) = world.refused("upgrade");
    assert_eq!(kind, "reference_in_the_way");
    assert!(hint.contains("specs@2 ends it: write depends_on = [\"specs@2\"]"), "{hint}");
}

#[test]
fn a_reference_begins_where_its_column_is() {
    for pair in PAIRS {
        let world = World::new(pair);
        world.auth_revision(
            "2",
            &[],
            "ALTER TABLE users RENAME COLUMN id TO uid",
            "ALTER TABLE users RENAME COLUMN uid TO id",
        );
        world.run("upgrade auth");
        let (kind, message, hint) = world.refused("upgrade specs");
        assert_eq!(kind, "reference_target_gone", "{pair:?} {message}");
        assert_eq!(
            message,
            "specs@1 begins the reference projects.user_id to auth:users.id, but auth@2 renames users.id to uid \
             (migrations/auth/2_revision/up.sql:1)"
        );
        assert!(hint.contains("point to what is there now"), "{hint}");
        // A branch that is made anew goes through what was so in between.
        world.specs_revision(
            "2",
            &[],
            &format!("{END}[[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.uid\"\n"),
            "CREATE TABLE more (id INTEGER)",
            "DROP TABLE more",
        );
        assert_eq!(world.refused("upgrade specs@1").0, "reference_target_gone");
        assert_eq!(world.run("upgrade specs"), ["specs@1 up applied", "specs@2 up applied"]);
    }
}

#[test]
fn the_referring_column_does_not_go_alone() {
    for pair in PAIRS {
        let world = World::new(pair);
        world.run("upgrade");
        for (sql, what) in [
            ("ALTER TABLE projects DROP COLUMN user_id", "drops projects.user_id"),
            ("ALTER TABLE projects RENAME COLUMN user_id TO owner_id", "renames projects.user_id to owner_id"),
            ("DROP TABLE projects", "drops projects"),
        ] {
            world.specs_revision("2", &[], "", sql, "SELECT 1");
            let (kind, message, hint) = world.refused("upgrade specs --yes");
            assert_eq!(kind, "reference_not_ended", "{message}");
            assert!(
                message.starts_with(&format!("specs@2 {what} (migrations/specs/2_revision/up.sql:1)")),
                "{message}"
            );
            assert!(hint.contains("[[end_reference]] for projects.user_id"), "{hint}");
        }
        world.specs_revision(
            "2",
            &[],
            END,
            "ALTER TABLE projects DROP COLUMN user_id",
            "ALTER TABLE projects ADD COLUMN user_id INTEGER",
        );
        world.run("upgrade specs --yes");
        world.run("downgrade specs@1 --yes");
        assert_eq!(world.specs.query_value("SELECT from_columns FROM branchline_reference"), "projects.user_id");
    }
}

/// What the way down takes away, whatever the way up did.
#[test]
fn a_way_down_that_drops_what_is_pointed_to() {
    for pair in PAIRS {
        let world = World::new(pair);
        world.auth_revision("2", &[], "CREATE TABLE others (id INTEGER)", "DROP TABLE others;\nDROP TABLE users;\n");
        world.run("upgrade");
        let (kind, message, hint) = world.refused("downgrade auth@1 --yes");
        assert_eq!(kind, "reference_in_the_way", "{message}");
        assert!(
            message.starts_with("auth@2 drops users (migrations/auth/2_revision/down.sql:2), to which specs's"),
            "{message}"
        );
        assert!(hint.contains("branchline downgrade specs@1-1"), "{hint}");
        world.run("downgrade specs@1-1 --yes");
        assert_eq!(world.run("downgrade auth@1 --yes"), ["auth@2 down applied"]);
    }
}

/// A reference that began after its target got the type that it has stands in the way of the type that was.
#[test]
fn a_way_down_that_brings_back_another_type() {
    for pair in PAIRS {
        let (up, down) = match pair.0 {
            Engine::Postgres => ("ALTER TABLE users ALTER id TYPE bigint", "ALTER TABLE users ALTER id TYPE integer"),
            Engine::Mariadb => {
                ("ALTER TABLE users MODIFY id bigint NOT NULL", "ALTER TABLE users MODIFY id integer NOT NULL")
            }
            // There a table is made anew.
            Engine::Sqlite => (
                "CREATE TABLE n (id BIGINT NOT NULL PRIMARY KEY);DROP TABLE users;ALTER TABLE n RENAME TO users",
                "CREATE TABLE n (id INTEGER NOT NULL PRIMARY KEY);DROP TABLE users;ALTER TABLE n RENAME TO users",
            ),
        };
        let world = World::new(pair);
        world.auth_revision("2", &[], up, down);
        world.run("upgrade auth --yes");
        world.run("upgrade --yes");
        let (kind, message, hint) = world.refused("downgrade auth@1 --yes");
        assert_eq!(kind, "reference_in_the_way", "{message}");
        let what = "auth@2 changes the type of users.id from bigint to integer";
        assert!(message.to_lowercase().starts_with(what), "{message}");
        assert!(hint.contains("branchline downgrade specs@1-1"), "{hint}");
        world.run("downgrade specs@1-1 --yes");
        assert_eq!(world.run("downgrade auth@1 --yes"), ["auth@2 down applied"]);
    }
}

/// Of one who cannot be asked nothing is assumed; who is not concerned is not asked.
#[test]
fn a_referrer_that_cannot_be_reached() {
    for pair in PAIRS {
        let mut world = World::new(pair);
        world.run("upgrade");
        world.auth_revision("2", &[], "CREATE TABLE others (id INTEGER)", "DROP TABLE others");
        let nowhere = match pair.1 {
            Engine::Postgres => "postgres://nobody@127.0.0.1:1/nowhere",
            Engine::Mariadb => "mariadb://nobody@127.0.0.1:1/nowhere",
            Engine::Sqlite => "sqlite:///nowhere/at/all.sqlite",
        };
        world.project.variable("DATABASE_URL_SPECS", nowhere);
        assert_eq!(world.run("upgrade auth"), ["auth@2 up applied"], "no reference points to others");
        world.auth_revision(
            "3",
            &[],
            "ALTER TABLE users RENAME COLUMN id TO uid",
            "ALTER TABLE users RENAME COLUMN uid TO id",
        );
        let outcome = world.json("upgrade auth");
        assert_eq!(outcome.code, Some(5), "{outcome}");
        let message = outcome.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains("auth@3 renames users.id to uid: whether a reference of specs that is live"),
            "{message}"
        );
    }
}

#[test]
fn polymorphic_and_composite_ones() {
    for pair in PAIRS {
        let world = World::new(pair);
        let polymorphic = "[[reference]]\nfrom = \"projects.user_id\"\nby = \"projects.kind\"\nto = { user = \"auth:users.id\", own = \"projects.id\" }\n";
        world.specs_revision(
            "1",
            &[],
            polymorphic,
            "CREATE TABLE projects (id INTEGER, user_id INTEGER, kind VARCHAR(20))",
            "DROP TABLE projects",
        );
        assert_eq!(world.refused("upgrade specs").0, "dependency_missing");
        world.run("upgrade");
        world.auth_revision("2", &[], "DROP TABLE users", "SELECT 1");
        assert_eq!(world.refused("upgrade auth --yes").0, "reference_in_the_way");
        world.specs_revision("2", &[], "", "ALTER TABLE projects DROP COLUMN kind", "SELECT 1");
        assert_eq!(world.refused("upgrade specs --yes").0, "reference_not_ended");
        world.specs_revision("2", &[], "", "ALTER TABLE projects RENAME COLUMN id TO project_id", "SELECT 1");
        assert_eq!(world.refused("upgrade specs --yes").0, "reference_in_the_way", "a table of the same branch");

        let world = World::new(pair);
        world.auth_revision(
            "2",
            &[],
            "ALTER TABLE users ADD COLUMN tenant INTEGER",
            "ALTER TABLE users DROP COLUMN tenant",
        );
        let composite = "[[reference]]\nfrom = [\"projects.user_id\", \"projects.id\"]\nto = [\"auth:users.id\", \"auth:users.tenant\"]\n";
        world.specs_revision(
            "1",
            &[],
            composite,
            "CREATE TABLE projects (id INTEGER, user_id INTEGER)",
            "DROP TABLE projects",
        );
        world.run("upgrade");
        assert_eq!(world.refused("downgrade auth@1 --yes").0, "dependent_in_the_way");
        world.auth_revision("3", &[], "ALTER TABLE users DROP COLUMN tenant", "SELECT 1");
        assert_eq!(world.refused("upgrade auth --yes").0, "reference_in_the_way");
        world.specs_revision("2", &[], "", "ALTER TABLE projects DROP COLUMN user_id", "SELECT 1");
        assert_eq!(world.refused("upgrade specs --yes").0, "reference_not_ended");
    }
}

/// What a database holds counts even where the files no longer say so.
#[test]
fn what_is_on_record_counts() {
    let world = World::new((Engine::Sqlite, Engine::Postgres));
    world.run("upgrade");
    world.specs_revision(
        "1",
        &[],
        "[[reference]]\nfrom = \"projects.id\"\nto = \"auth:users.id\"\n",
        "CREATE TABLE projects (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER, kind VARCHAR(20))",
        "DROP TABLE projects",
    );
    world.auth_revision("2", &[], "DROP TABLE users", "SELECT 1");
    let outcome = world.json("upgrade auth --yes");
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(outcome.stdout.contains("specs's projects.user_id refers since specs@1"), "{outcome}");
    let _ = &world.auth;
}

/// Nothing in the graph says which comes first; the plan does, and the run keeps to it.
#[test]
fn what_ends_a_reference_is_waited_for() {
    for (parents, children) in PAIRS {
        let mut project = TestProject::new();
        let (books, authors) = (TestDatabase::new(children), TestDatabase::new(parents));
        project.database("books", &books).database("people", &authors);
        script(
            &project,
            "people",
            "1",
            &[],
            &[],
            "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY)",
            "DROP TABLE users",
        );
        let declared = "parents = []\n[[reference]]\nfrom = \"books.author\"\nto = \"people:users.id\"\n";
        project.revision("books", "1_a", declared, &[("up.sql", "CREATE TABLE books (author INTEGER)")]);
        project.run_line("upgrade").success();
        script(&project, "people", "2", &["1"], &[], "DROP TABLE users", "CREATE TABLE users (id INTEGER)");
        let ends = "parents = [\"1\"]\n[[end_reference]]\nfrom = \"books.author\"\n";
        project.revision("books", "2_b", ends, &[("up.sql", "CREATE TABLE more (id INTEGER)")]);
        let plan = json(&project, "plan");
        assert_eq!(steps(&plan), ["books@2 up", "people@2 up"]);
        assert_eq!(plan.json()["steps"][1]["waits_for"], serde_json::json!(["books@2"]), "{plan}");
        // What it waits for fails: it is not begun.
        project.revision("books", "2_b", ends, &[("up.sql", "INSERT INTO nowhere VALUES (1)")]);
        let failed = json(&project, "upgrade --yes --on-failure continue");
        assert_eq!(steps(&failed), ["books@2 up failed", "people@2 up not_started"], "{failed}");
        project.revision("books", "2_b", ends, &[("up.sql", "CREATE TABLE more (id INTEGER)")]);
        let line = if children == Engine::Mariadb { "resume books --accept-edited" } else { "upgrade books" };
        project.run_line(line);
        assert_eq!(steps(&json(&project, "upgrade --yes").success()).last().unwrap(), "people@2 up applied");
    }
}

/// A table at the beginning of a script that nobody holds in memory.
#[test]
fn a_long_script_that_provides_it() {
    let world = World::new((Engine::Sqlite, Engine::Sqlite));
    let rows = "INSERT INTO users VALUES (1, 2);\n".repeat(60_000);
    assert!(rows.len() > 1024 * 1024);
    let up = format!("CREATE TABLE users (id INTEGER);\n{rows}CREATE TABLE late (id INTEGER);\n");
    world.auth_revision("1", &[], &up, "DROP TABLE users");
    assert_eq!(world.json("show specs@1").json()["depends_on"], serde_json::json!(["auth@1"]));
    let late = REFERENCE.replace("users", "late");
    world.specs_revision("1", &[], &late, "CREATE TABLE projects (user_id INTEGER)", "DROP TABLE projects");
    assert_eq!(world.json("show specs@1").json()["depends_on"], serde_json::json!(["auth@1"]));
}
