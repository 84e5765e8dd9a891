//! Databases that are not the branch's own: what they say is nothing about it, and never a clean result.

use serde_json::Value;

use crate::support::{Engine, TestDatabase, TestProject};
use crate::world::World;

const PARENTS: &str = "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY);";
const CHILDREN: &str = "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent integer);";

fn world(engine: Engine) -> World {
    let world = World::of_one((engine, PARENTS), (engine, CHILDREN));
    world.auth.execute("INSERT INTO parent VALUES (7)");
    world.specs.execute("INSERT INTO child VALUES (1, 7)");
    world
}

/// A table of the same name in somebody else's database would make an orphan of every row.
#[test]
fn a_database_of_another_project() {
    for engine in Engine::ALL {
        let mut world = world(engine);
        let (mut other, theirs) = (TestProject::new(), TestDatabase::new(engine));
        other.write("branchline.toml", "project = \"theirs\"\n");
        other.database("other", &theirs);
        other.revision("other", "1_parents", "parents = []\n", &[("up.sql", PARENTS)]);
        other.run_line("upgrade").success();
        world.project.variable("DATABASE_URL_AUTH", theirs.url());
        let refused = world.check("").expect(6).json();
        assert_eq!(refused["error"]["kind"], "wrong_database", "{engine}: {refused:#}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("belongs to branch other"), "{refused:#}");
        assert_eq!(refused["references"].as_array().unwrap().len(), 0, "{engine}");
        let why = refused["scope"]["skipped"][0]["why"].as_str().unwrap();
        assert!(why.contains("the database of auth was not read"), "{engine}: {why}");
        let kept = world.specs.query_strings("SELECT check_result FROM branchline_reference");
        assert_eq!(kept, [[None]], "{engine}: nothing is kept of it");
        let line = "references report --html page.html --format json";
        let report = world.project.run_line(line).expect(6).json();
        assert_eq!(report["error"]["kind"], "wrong_database", "{engine}: {report:#}");
        for line in ["references list --format json", "references discover --format json"] {
            let answer = world.project.run_line(line).expect(6).json();
            assert_eq!(answer["error"]["kind"], "wrong_database", "{engine} {line}: {answer:#}");
        }
    }
}

#[test]
fn swapped_databases() {
    for engine in Engine::ALL {
        let mut world = world(engine);
        let urls = (world.auth.url().to_owned(), world.specs.url().to_owned());
        world.project.variable("DATABASE_URL_AUTH", &urls.1).variable("DATABASE_URL_SPECS", &urls.0);
        let refused = world.check("").expect(6);
        assert_eq!(refused.json()["error"]["kind"], "wrong_database", "{engine}: {refused}");
    }
}

/// A new database, where the old one was meant.
#[test]
fn a_database_to_which_nothing_was_applied() {
    for engine in Engine::ALL {
        let mut world = world(engine);
        let fresh = TestDatabase::new(engine);
        world.project.variable("DATABASE_URL_SPECS", fresh.url());
        let document = world.check("").expect(3).json();
        let skipped = document["scope"]["skipped"].as_array().unwrap();
        assert_eq!(skipped.len(), 1, "{engine}: {document:#}");
        assert!(skipped[0]["why"].as_str().unwrap().contains("nothing of specs was ever applied"), "{document:#}");
    }
}

/// A name that cannot be looked up is no wrong name.
#[test]
fn a_reference_of_a_database_that_cannot_be_asked() {
    let mut world = world(Engine::Postgres);
    world.project.variable("DATABASE_URL_SPECS", "postgres://nobody@127.0.0.1:1/none");
    let refused = world.check("child.parent").expect(5).json();
    assert_eq!(refused["error"]["kind"], "unreachable", "{refused:#}");
    let refused: Value = world.check("specs").expect(5).json();
    assert_eq!(refused["error"]["kind"], "unreachable", "{refused:#}");
}
