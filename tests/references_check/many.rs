//! Many orphans: what is looked at once for all of them, and what is read of the parents.

use uuid::Uuid;

use crate::support::{Engine, TestDatabase};
use crate::world::{World, classes, insert, keys, strategies};

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number.wrapping_add(7).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

/// How many rows of the parents were read in all, once the server has counted them.
fn rows_read(database: &TestDatabase) -> u64 {
    let read = "SELECT (t.seq_tup_read + i.idx_tup_read)::text FROM pg_stat_user_tables AS t JOIN pg_stat_user_indexes AS i \
                USING (relid) WHERE t.relname = 'parent'";
    let mut last = None;
    loop {
        std::thread::sleep(std::time::Duration::from_millis(500));
        let now = database.query_value(read).parse().expect("a number");
        if last == Some(now) {
            return now;
        }
        last = Some(now);
    }
}

/// Parents whose forms no index can be asked for, and texts that may have a variant: all parents are read for many orphans at a
/// time, and not for each lot of them.
#[test]
fn parents_are_not_read_for_every_few_orphans() {
    const PARENTS: u64 = 5_000;
    for children in ["uuid", "text"] {
        let world = World::of_one(
            (Engine::Postgres, "CREATE TABLE parent (id text PRIMARY KEY);"),
            (
                Engine::Postgres,
                &format!(
                    "CREATE TABLE child (id integer PRIMARY KEY, parent {children});\nCREATE INDEX ON child (parent);"
                ),
            ),
        );
        insert(&world.auth, "parent", &(0..PARENTS.into()).map(|id| format!("('{}')", uuid(id))).collect::<Vec<_>>());
        let orphans: Vec<String> = (0..4_000).map(|id| format!("({id}, '{}')", uuid(1_000_000 + id))).collect();
        insert(&world.specs, "child", &orphans);
        world.auth.execute("ANALYZE parent");
        // Few parents are read through for less than that.
        world.auth.execute(&format!("ALTER DATABASE {} SET enable_seqscan = off", world.auth.name()));
        let before = rows_read(&world.auth);
        assert_eq!(classes(&world.reference("", 3)), ["confirmed 4000/4000"], "{children}");
        let read = rows_read(&world.auth) - before;
        assert!(read <= 3 * PARENTS, "{children}: {read}");
    }
}

/// Of many suspects some have a parent in a form of its own: it is found for each of them.
#[test]
fn parents_in_forms_of_their_own_among_many_orphans() {
    for (engine, filter) in
        [(Engine::Sqlite, ""), (Engine::Mariadb, ""), (Engine::Postgres, "parent_filter = \"gone = 0\"\n")]
    {
        let reference = format!("[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n{filter}");
        let world = World::new(
            (engine, "CREATE TABLE parent (id varchar(60) NOT NULL PRIMARY KEY, gone integer);"),
            (
                Engine::Postgres,
                "CREATE TABLE child (id integer PRIMARY KEY, parent uuid);\nCREATE INDEX ON child (parent);",
            ),
            &reference,
        );
        // So many parents that each referring key is looked up.
        let parent = |id: u128| match id % 10 {
            0 => format!("('{{{}}}', {})", uuid(id).to_string().to_uppercase(), id % 20 / 10),
            _ => format!("('{}', 0)", uuid(id)),
        };
        insert(&world.auth, "parent", &(0..15_000).map(parent).collect::<Vec<_>>());
        let children =
            (0..1_500_u128).map(|id| format!("({id}, '{}')", uuid(if id < 500 { id } else { 100_000 + id })));
        insert(&world.specs, "child", &children.collect::<Vec<_>>());
        world.auth.execute(if engine == Engine::Mariadb { "ANALYZE TABLE parent" } else { "ANALYZE" });
        world.specs.execute("ANALYZE");
        let reference = world.reference("", 3);
        assert_eq!(strategies(&reference), ["probe"], "{engine}\n{reference:#}");
        let expected: &[&str] = match filter {
            "" => &["confirmed 1000/1000", "transient 50/50"],
            _ => &["confirmed 1000/1000", "transient 25/25", "soft_deleted 25/25"],
        };
        assert_eq!(classes(&reference), expected, "{engine}");
    }
}

/// A column of texts may hold bytes, and what SQLite takes for a text need not be UTF-8: such parents are found, and such orphans
/// too.
#[test]
fn texts_that_are_none() {
    for index in ["", "\nCREATE INDEX i ON child (parent);"] {
        let world = World::of_one(
            (Engine::Sqlite, "CREATE TABLE parent (id text NOT NULL PRIMARY KEY);"),
            (Engine::Sqlite, &format!("CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent text);{index}")),
        );
        world.auth.execute("INSERT INTO parent VALUES (CAST(x'ff01' AS text)), (x'ff02'), (x'616461'), ('it''s')");
        world.specs.execute(
            "INSERT INTO child VALUES (1, CAST(x'ff01' AS text)), (2, CAST(x'ff02' AS text)), (3, x'ff01'), (4, 'ada'), \
             (5, 'it''s'), (6, CAST(x'ff03' AS text)), (7, x'ff03'), (8, x'ff03'), (10, 'it''s not')",
        );
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 3/4"], "{index}");
        assert_eq!(keys(&reference, "confirmed"), ["ff03", "ff03", "it's not"], "{index}");
    }
}

/// A database that keeps its texts otherwise is asked for the same texts.
#[test]
fn texts_of_two_bytes_a_letter() {
    let [auth, specs] = [(), ()].map(|()| {
        let database = TestDatabase::new(Engine::Sqlite);
        database.execute("PRAGMA encoding = 'UTF-16'; CREATE TABLE first (id integer)");
        assert_eq!(database.query_value("PRAGMA encoding"), "UTF-16le");
        database
    });
    let world = World::within(
        (auth, specs),
        "CREATE TABLE parent (id text NOT NULL PRIMARY KEY);",
        "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent text);",
        "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n",
    );
    world.auth.execute("INSERT INTO parent VALUES ('ada')");
    world.specs.execute("INSERT INTO child VALUES (1, 'ada'), (2, 'bob')");
    assert_eq!(keys(&world.reference("", 3), "confirmed"), ["bob"]);
}
