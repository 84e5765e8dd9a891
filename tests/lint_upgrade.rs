//! Lint before the first statement, on every engine: an error stops a run, a warning is shown, and what a run makes itself is
//! as good as new.

mod support;

use support::pair::{json, kind, script, tables};
use support::{Engine, Outcome, Pair, TestDatabase, TestProject};

/// The codes that a run warned of.
fn warned(outcome: &Outcome) -> Vec<String> {
    let findings = outcome.json()["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_foreign_key_to_a_table_of_another_branch_stops_a_run() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        let up = "CREATE TABLE orders (\n  id int PRIMARY KEY,\n  buyer int REFERENCES auth_1 (id)\n);\n";
        script(&pair.project, "specs", "3", &["2"], &[], up, "DROP TABLE orders;\n");
        let before = tables(&pair.specs);
        for line in ["plan", "upgrade", "upgrade specs --dry-run"] {
            let outcome = pair.json(line).expect(2);
            assert_eq!(kind(&outcome), "references_other_branch", "{engine} {line}: {outcome}");
            let error = &outcome.json()["error"];
            assert_eq!(error["file"], "migrations/specs/3_revision/up.sql", "{outcome}");
            assert_eq!((&error["line"], &error["column"]), (&3.into(), &24.into()), "{outcome}");
            let (message, hint) = (error["message"].to_string(), error["hint"].to_string());
            assert!(message.contains("auth@1"), "{engine}: {message}");
            assert!(hint.contains("auth:auth_1.id"), "{engine}: {hint}");
        }
        assert_eq!(tables(&pair.specs), before, "{engine}");
        // Where the branch says that it is meant, the database decides.
        pair.project.branch("specs", "[lint]\nwarn = [\"references_other_branch\"]\n");
        let planned = pair.json("plan").success();
        assert_eq!(warned(&planned), ["references_other_branch"], "{engine}: {planned}");
        let text = pair.project.run_line("plan").success();
        assert!(text.stderr.contains("warning[references_other_branch]: migrations/specs/3_revision/up.sql:3:24"));
        assert!(pair.project.run_line("plan -q").success().stderr.is_empty());
    }
}

/// A foreign key to a table that the branch made long ago, or that another step of the run makes.
#[test]
fn foreign_keys_within_a_branch() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        let refers = |table: &str, to: &str| {
            format!("CREATE TABLE {table} (id int PRIMARY KEY, other int REFERENCES {to} (id));\n")
        };
        script(&pair.project, "specs", "2", &["1"], &[], &refers("second", "specs_1"), "DROP TABLE second;\n");
        pair.json("upgrade").success();
        script(&pair.project, "specs", "3", &["2"], &[], &refers("third", "specs_1"), "DROP TABLE third;\n");
        script(&pair.project, "specs", "4", &["3"], &[], &refers("fourth", "third"), "DROP TABLE fourth;\n");
        pair.json("upgrade").success();
    }
}

/// Two branches that live in one database: a foreign key between them is one like any other.
#[test]
fn foreign_keys_between_branches_of_one_database() {
    for engine in Engine::ALL {
        let (project, database) = (TestProject::new(), TestDatabase::new(engine));
        let mut project = project;
        project.share(&["auth", "specs"], &database);
        script(&project, "auth", "1", &[], &[], "CREATE TABLE users (id int PRIMARY KEY);\n", "DROP TABLE users;\n");
        let up = "CREATE TABLE orders (buyer int REFERENCES users (id));\n";
        script(&project, "specs", "1", &[], &["auth@1"], up, "DROP TABLE orders;\n");
        json(&project, "upgrade").success();
        assert!(warned(&json(&project, "lint")).iter().all(|code| code != "references_other_branch"), "{engine}");
    }
}

#[test]
fn what_the_run_makes_itself_is_new() {
    let pair = Pair::new(Engine::Postgres);
    let index = |name: &str| format!("CREATE INDEX {name} ON specs_1 (id);\n");
    script(&pair.project, "specs", "2", &["1"], &[], &index("one"), "DROP INDEX one;\n");
    assert_eq!(warned(&pair.json("plan")), [] as [&str; 0], "the plan makes the table itself");
    assert!(warned(&pair.json("upgrade").success()).is_empty());
    script(&pair.project, "specs", "3", &["2"], &[], &index("two"), "DROP INDEX two;\n");
    let run = pair.json("upgrade").success();
    assert_eq!(warned(&run), ["index_not_concurrent"], "it is in use by now");
    let finding = &run.json()["findings"][0];
    assert_eq!((&finding["severity"], &finding["line"]), (&"warning".into(), &1.into()));
}

/// An error of the house stops a run too, and a comment in the script lets it pass.
#[test]
fn what_the_branch_denies() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        pair.project.branch("specs", "[lint]\ndeny = [\"drop_table\"]\n");
        script(&pair.project, "specs", "3", &["2"], &[], "SELECT 1;\nDROP TABLE specs_1;\n", "");
        let outcome = pair.json("upgrade specs --yes").expect(2);
        assert_eq!((kind(&outcome), &outcome.json()["error"]["line"]), ("drop_table".into(), &2.into()), "{outcome}");
        assert!(tables(&pair.specs).contains(&"specs_1".to_owned()), "{engine}");
        let meant = "SELECT 1;\n-- branchline: allow drop_table\nDROP TABLE specs_1;\n";
        script(&pair.project, "specs", "3", &["2"], &[], meant, "");
        pair.json("upgrade specs --yes").success();
        assert!(!tables(&pair.specs).contains(&"specs_1".to_owned()), "{engine}");
    }
}

#[test]
fn other_databases_are_out_of_reach() {
    let pair = Pair::new(Engine::Mariadb);
    pair.json("upgrade").success();
    let up = format!("DELETE FROM `{}`.auth_1 WHERE id = 1;\n", pair.auth.name());
    script(&pair.project, "specs", "3", &["2"], &[], &up, "");
    let outcome = pair.json("upgrade").expect(2);
    assert_eq!(kind(&outcome), "other_database", "{outcome}");
    assert!(outcome.json()["error"]["message"].as_str().unwrap().contains("branch auth"), "{outcome}");
    // Its own database may be named.
    let own = format!("DELETE FROM `{}`.specs_1 WHERE id = 1;\n", pair.specs.name());
    script(&pair.project, "specs", "3", &["2"], &[], &own, "");
    pair.json("upgrade").success();

    let pair = Pair::new(Engine::Sqlite);
    pair.json("upgrade").success();
    script(&pair.project, "specs", "3", &["2"], &[], "ATTACH 'other.db' AS other;\n", "");
    let manifest = "description = \"x\"\nparents = [\"2\"]\ntransaction = false\n";
    pair.project.write("migrations/specs/3_revision/revision.toml", manifest);
    let outcome = pair.json("upgrade").expect(2);
    assert_eq!(kind(&outcome), "remote_access", "{outcome}");

    let pair = Pair::new(Engine::Postgres);
    pair.json("upgrade").success();
    script(&pair.project, "specs", "3", &["2"], &[], "SELECT dblink_exec('dbname=x', 'DELETE FROM y');\n", "");
    let outcome = pair.json("upgrade").expect(2);
    assert_eq!(kind(&outcome), "remote_access", "{outcome}");
}

/// A table that no script makes may be there all the same: the database is asked before a run is stopped.
#[test]
fn a_table_that_was_there_before_the_first_revision() {
    for engine in Engine::ALL {
        let pair = Pair::new(engine);
        pair.json("upgrade").success();
        let up = "CREATE TABLE orders (id int PRIMARY KEY, buyer int REFERENCES auth_1 (id));\n";
        script(&pair.project, "specs", "3", &["2"], &[], up, "DROP TABLE orders;\n");
        assert_eq!(kind(&pair.json("upgrade").expect(2)), "references_other_branch", "{engine}");
        pair.specs.execute("CREATE TABLE auth_1 (id int PRIMARY KEY)");
        pair.json("upgrade").success();
    }
}

/// What stops a way up is only shown on the way down: whoever goes down has trouble enough.
#[test]
fn a_way_down_is_not_stopped() {
    let pair = Pair::new(Engine::Postgres);
    let down = "DO $$ BEGIN IF false THEN PERFORM dblink('x', 'y'); END IF; END $$;\nDROP TABLE specs_2;\nCOPY (SELECT 1 FROM \
                specs_1 WHERE false) TO '/dev/null';\nCREATE FOREIGN TABLE IF NOT EXISTS f (a int) SERVER none;\n";
    script(&pair.project, "specs", "2", &["1"], &[], "CREATE TABLE specs_2 (id int);\n", down);
    pair.json("upgrade").success();
    let planned = pair.json("plan --down specs@1").success();
    assert_eq!(warned(&planned), ["remote_access"], "{planned}");
}

/// What is made IF NOT EXISTS may have been there, with its rows.
#[test]
fn if_not_exists_makes_nothing_new() {
    let pair = Pair::new(Engine::Sqlite);
    pair.json("upgrade").success();
    pair.project.branch("specs", "[lint]\ndeny = [\"delete_without_where\"]\n");
    let up = "CREATE TABLE IF NOT EXISTS specs_1 (id INTEGER);\nDELETE FROM specs_1;\n";
    script(&pair.project, "specs", "3", &["2"], &[], up, "");
    assert_eq!(kind(&pair.json("upgrade --yes").expect(2)), "delete_without_where");
}
