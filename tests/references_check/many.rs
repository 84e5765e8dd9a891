//! Many orphans: what is looked at once for all of them, and what is read of the parents.

use uuid::Uuid;

use crate::support::{Engine, TestDatabase};
use crate::world::{World, classes, insert, keys, strategies};

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number.wrapping_add(7).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

/// How many rows of a table were read in all, once the server has counted them.
fn rows_read(database: &TestDatabase, table: &str) -> u64 {
    let read = format!(
        "SELECT (t.seq_tup_read + (SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes AS i WHERE i.relid = t.relid))::text \
         FROM pg_stat_user_tables AS t WHERE t.relname = '{table}'"
    );
    let mut last = None;
    loop {
        std::thread::sleep(std::time::Duration::from_millis(500));
        let now = database.query_value(&read).parse().expect("a number");
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
        let before = rows_read(&world.auth, "parent");
        assert_eq!(classes(&world.reference("", 3)), ["confirmed 4000/4000"], "{children}");
        let read = rows_read(&world.auth, "parent") - before;
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

/// Parts of whole numbers: every number is in one of them, what is none in the first, and none reads all of them.
#[test]
fn parts_of_whole_numbers() {
    const ROWS: i64 = 120_000;
    for (engine, kind, first) in [
        (Engine::Postgres, "bigint", -50_000_i64),
        (Engine::Postgres, "smallint", -32_768),
        (Engine::Mariadb, "bigint unsigned", 0),
        (Engine::Mariadb, "integer", -50_000),
        (Engine::Sqlite, "integer", -50_000),
    ] {
        let world = World::of_one(
            (engine, &format!("CREATE TABLE parent (id {kind} NOT NULL PRIMARY KEY);")),
            (
                engine,
                &format!(
                    "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent {kind});\nCREATE INDEX i ON child (parent);"
                ),
            ),
        );
        let rows = if kind == "smallint" { 65_536 } else { ROWS };
        let numbers = match engine {
            Engine::Postgres => format!("SELECT n FROM generate_series(0, {}) AS n", rows - 1),
            Engine::Mariadb => format!("SELECT CAST(seq AS signed) AS n FROM seq_0_to_{}", rows - 1),
            Engine::Sqlite => {
                format!(
                    "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {}) SELECT n FROM s",
                    rows - 1
                )
            }
        };
        world.auth.execute(&format!("INSERT INTO parent SELECT n + {first} FROM ({numbers}) AS n WHERE n % 9999 <> 7"));
        world.specs.execute(&format!("INSERT INTO child SELECT n, n + {first} FROM ({numbers}) AS n"));
        let mut expected: Vec<String> = (0..rows).filter(|n| n % 9_999 == 7).map(|n| (n + first).to_string()).collect();
        let mut others = Vec::new();
        match kind {
            "bigint unsigned" => {
                world
                    .specs
                    .execute("INSERT INTO child VALUES (900001, 18446744073709551615), (900002, 9223372036854775808)");
                expected.extend(["18446744073709551615", "9223372036854775808"].map(str::to_owned));
            }
            "bigint" => {
                world
                    .specs
                    .execute("INSERT INTO child VALUES (900001, 9223372036854775807), (900002, -9223372036854775808)");
                expected.extend(["9223372036854775807", "-9223372036854775808"].map(str::to_owned));
            }
            "integer" if engine == Engine::Sqlite => {
                world.specs.execute(
                    "INSERT INTO child VALUES (900001, 77000.5), (900002, 'x'), (900003, x'01'), (900004, 3e30)",
                );
                others = ["77000.5", "x", "01", "3000000000000000000000000000000"].map(str::to_owned).to_vec();
            }
            _ => {}
        }
        let all = rows + if kind == "smallint" || (kind, engine) == ("integer", Engine::Mariadb) { 0 } else { 2 };
        let all = all + if others.is_empty() { 0 } else { 2 };
        world.specs.execute(if engine == Engine::Mariadb { "ANALYZE TABLE child" } else { "ANALYZE" });
        let before = (engine == Engine::Postgres).then(|| rows_read(&world.specs, "child"));
        let (mut found, mut malformed, mut seen) = (Vec::new(), Vec::new(), 0);
        for part in 1..=4 {
            let document = world.check(&format!("--part {part}/4 --samples 100")).json();
            let reference = &document["references"][0];
            seen += reference["check"]["rows"].as_i64().unwrap();
            found.extend(keys(reference, "confirmed"));
            let odd = keys(reference, "malformed");
            assert!(part == 1 || odd.is_empty(), "{odd:?}");
            malformed.extend(odd);
        }
        for keys in [&mut found, &mut expected, &mut malformed, &mut others] {
            keys.sort();
        }
        assert_eq!((&found, &malformed, seen), (&expected, &others, all), "{engine} {kind}");
        if let Some(before) = before {
            let read = rows_read(&world.specs, "child") - before;
            assert!(read < 2 * rows.unsigned_abs(), "{kind}: {read}");
        }
    }
}

/// Another engine says a key in one way; the rows that have it in others are found all the same, and each once.
#[test]
fn candidates_in_forms_of_their_own() {
    let (mixed, braced) = ("0B8e6c9E-7d3F-4f5a-9C1e-2a4b6c8d0e1F", "{0b8e6c9e-7d3f-4f5a-9c1e-2a4b6c8d0e2f}");
    for engine in Engine::ALL {
        for index in ["", "\nCREATE INDEX i ON child (parent);\nCREATE INDEX j ON child (other);"] {
            let reference = "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n\
                             [[reference]]\nfrom = \"child.other\"\nto = \"auth:other.id\"\n";
            let parents = "CREATE TABLE parent (id uuid PRIMARY KEY);\nCREATE TABLE other (id integer PRIMARY KEY);";
            let children = format!(
                "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent varchar(60), other varchar(60));{index}"
            );
            let world = World::new((Engine::Postgres, parents), (engine, &children), reference);
            world.auth.execute("INSERT INTO other VALUES (8)");
            world.specs.execute(&format!(
                "INSERT INTO child VALUES (1, '{mixed}', '007'), (2, '{}', '7'), (3, '{braced}', ' 7'), (4, NULL, '008'), \
                 (5, 'ada', '09')",
                mixed.to_lowercase()
            ));
            let id = |from: &str| {
                world.specs.query_value(&format!("SELECT id FROM branchline_reference WHERE from_columns = '{from}'"))
            };
            let (one, two) = (id("child.parent"), id("child.other"));
            let lines = [
                format!("{one},{}\n{one},{}", mixed.to_lowercase(), &braced[1..37]),
                format!("{two},7\n{two},+7\n{two},8\n{two},10"),
            ];
            world.project.write("candidates.csv", format!("reference,key\n{}\n", lines.join("\n")));
            let document = world.check("--candidates candidates.csv --samples 9").expect(3).json();
            let references = document["references"].as_array().unwrap();
            let of = |column: &str| references.iter().find(|one| one["from"]["columns"][0] == column).unwrap();
            assert_eq!(classes(of("parent")), ["confirmed 3/3"], "{engine}{index}");
            assert_eq!(classes(of("other")), ["confirmed 3/3", "transient 2/1"], "{engine}{index}");
            assert_eq!(keys(of("other"), "confirmed"), [" 7", "007", "7"], "{engine}{index}");
        }
    }
}
