//! What a suspect can come to be.

use crate::support::{Engine, TestDatabase};
use crate::world::{World, classes, insert, keys};

const PARENTS: &str =
    "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY, gone integer NOT NULL DEFAULT 0, kind varchar(9));";
const CHILDREN: &str =
    "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent integer, kind varchar(9), other integer);";

fn world(parents: Engine, children: Engine, more: &str) -> World {
    let reference = format!("[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n{more}");
    World::new((parents, PARENTS), (children, CHILDREN), &reference)
}

fn pairs() -> impl Iterator<Item = (Engine, Engine)> {
    Engine::ALL.into_iter().flat_map(|parents| Engine::ALL.into_iter().map(move |children| (parents, children)))
}

fn rows(database: &TestDatabase, into: &str, rows: &[&str]) {
    insert(database, into, &rows.iter().map(|row| format!("({row})")).collect::<Vec<_>>());
}

#[test]
fn a_parent_that_does_not_count() {
    for (parents, children) in pairs() {
        let world = world(parents, children, "parent_filter = \"gone = 0\"\n");
        rows(&world.auth, "parent", &["1, 0, NULL", "2, 1, NULL"]);
        rows(&world.specs, "child", &["1, 1, NULL, 0", "2, 2, NULL, 0", "3, 2, NULL, 0"]);
        assert_eq!(classes(&world.reference("", 0)), ["soft_deleted 1/2"], "{children} -> {parents}");
        rows(&world.specs, "child", &["4, 3, NULL, 0"]);
        assert_eq!(classes(&world.reference("", 3)), ["confirmed 1/1", "soft_deleted 1/2"], "{children} -> {parents}");
    }
}

#[test]
fn rows_that_the_reference_does_not_speak_of() {
    for (parents, children) in pairs() {
        let world = world(parents, children, "when = \"kind = 'a' AND other > 0\"\n");
        rows(&world.auth, "parent", &["1, 0, NULL"]);
        rows(
            &world.specs,
            "child",
            &["1, 7, 'a', 1", "2, 8, 'b', 1", "3, 9, 'a', 0", "4, 1, 'a', 1", "5, NULL, 'a', 1"],
        );
        let reference = world.reference("", 3);
        assert_eq!(keys(&reference, "confirmed"), ["7"], "{children} -> {parents}");
        assert_eq!(reference["check"]["rows"], 2);
    }
}

#[test]
fn values_that_are_no_keys() {
    for (children, kind) in [(Engine::Postgres, "text"), (Engine::Mariadb, "varchar(40)"), (Engine::Sqlite, "text")] {
        let world = World::of_one(
            (Engine::Postgres, "CREATE TABLE parent (id uuid PRIMARY KEY);"),
            (children, &format!("CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent {kind});")),
        );
        let uuid = "0b8e6c9e-7d3f-4f5a-9c1e-2a4b6c8d0e1f";
        world.auth.execute(&format!("INSERT INTO parent VALUES ('{uuid}')"));
        rows(&world.specs, "child", &[&format!("1, '{uuid}'"), "2, 'anonymous'", "3, 'anonymous'", "4, ''"]);
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["malformed 2/3"], "{children}");
        assert_eq!(keys(&reference, "malformed"), ["", "anonymous"], "{children}");
        assert_eq!(reference["check"]["orphan_rows"], 3, "{children}");
    }
}

#[test]
fn polymorphic_references() {
    for (parents, children) in pairs() {
        let reference = "[[reference]]\nfrom = \"child.parent\"\nby = \"child.kind\"\n\
                         to = { user = \"auth:parent.id\", note = \"note.id\" }\n";
        let children_sql = format!("{CHILDREN}\nCREATE TABLE note (id integer NOT NULL PRIMARY KEY);");
        let world = World::new((parents, PARENTS), (children, &children_sql), reference);
        rows(&world.auth, "parent", &["1, 0, NULL"]);
        rows(&world.specs, "note", &["2"]);
        rows(
            &world.specs,
            "child",
            &[
                "1, 1, 'user', 0",
                "2, 2, 'user', 0",
                "3, 2, 'note', 0",
                "4, 1, 'note', 0",
                "5, 9, 'team', 0",
                "6, 9, NULL, 0",
            ],
        );
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 2/2", "unmapped 0/1"], "{children} -> {parents}");
        let samples = reference["samples"].as_array().unwrap();
        let mut found: Vec<String> =
            samples.iter().map(|sample| format!("{} {}", sample["value"], sample["key"][0])).collect();
        found.sort();
        assert_eq!(found, ["\"note\" \"1\"", "\"user\" \"2\""], "{children} -> {parents}");
        // Rows that point nowhere are no clean result, for nobody.
        world.specs.execute("DELETE FROM child WHERE id IN (2, 4)");
        world.reference("", 3);
        let list = world.project.run_line("references list").success();
        assert!(list.stdout.contains("1 unmapped, just now") && !list.stdout.contains("clean"), "{list}");
        let outcome = "SELECT outcome FROM branchline_event WHERE kind = 'check' ORDER BY id DESC LIMIT 1";
        assert_eq!(world.specs.query_value(outcome), "unmapped", "{children} -> {parents}");
    }
}

#[test]
fn keys_of_several_columns() {
    for (parents, children) in pairs() {
        let parent_sql =
            "CREATE TABLE parent (tenant varchar(20) NOT NULL, id integer NOT NULL, PRIMARY KEY (tenant, id));";
        let child_sql = "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, tenant varchar(20), parent integer);\n\
                         CREATE INDEX i ON child (tenant, parent);";
        let reference = "[[reference]]\nfrom = [\"child.tenant\", \"child.parent\"]\n\
                         to = [\"auth:parent.tenant\", \"auth:parent.id\"]\n";
        let world = World::new((parents, parent_sql), (children, child_sql), reference);
        rows(&world.auth, "parent", &["'a', 1", "'a', 2", "'b', 1", "'it''s \"', 3"]);
        rows(
            &world.specs,
            "child",
            &["1, 'a', 1", "2, 'b', 2", "3, 'b', 2", "4, NULL, 9", "5, 'c', NULL", "6, 'it''s \"', 3", "7, 'b', 1"],
        );
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 1/2"], "{children} -> {parents}");
        assert_eq!(keys(&reference, "confirmed"), ["b:2"], "{children} -> {parents}");
    }
}

/// Rows that nothing tells apart.
#[test]
fn tables_without_a_primary_key() {
    for engine in Engine::ALL {
        let world = World::of_one(
            (engine, "CREATE TABLE parent (id integer);"),
            (engine, "CREATE TABLE child (parent integer);"),
        );
        rows(&world.auth, "parent", &["1", "2", "2"]);
        rows(&world.specs, "child", &["1", "2", "3", "3", "NULL"]);
        assert_eq!(classes(&world.reference("", 3)), ["confirmed 1/2"], "{engine}");
    }
}

/// A key with more rows than are looked at by themselves.
#[test]
fn an_orphan_with_many_rows() {
    for engine in Engine::ALL {
        let world = world(engine, engine, "");
        let many: Vec<String> = (0..21_000).map(|id| format!("({id}, 7, NULL, 0)")).collect();
        insert(&world.specs, "child", &many);
        assert_eq!(classes(&world.reference("", 3)), ["confirmed 1/21000"], "{engine}");
    }
}
