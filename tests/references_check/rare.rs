//! What is rare in a table, and was missed once: each of these hid an orphan, or stopped a check.

use crate::support::Engine;
use crate::support::running::{end, start, until};
use crate::world::{World, classes, insert, keys, strategies};

/// More rows than are looked at stand before the orphan, and their key is the same to the database.
#[test]
fn an_orphan_behind_many_that_the_database_takes_for_the_same() {
    let world = World::of_one(
        (Engine::Postgres, "CREATE TABLE parent (id text PRIMARY KEY);"),
        (
            Engine::Mariadb,
            "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent varchar(20) COLLATE utf8mb4_general_ci);\n\
             CREATE INDEX i ON child (parent);",
        ),
    );
    insert(&world.auth, "parent", &["('cafe')", "('US')"].map(str::to_owned));
    world.specs.execute("INSERT INTO child SELECT seq, 'cafe' FROM seq_1_to_20500");
    world.specs.execute("INSERT INTO child SELECT seq, 'US' FROM seq_20501_to_41000");
    world.specs.execute("INSERT INTO child VALUES (90001, 'café'), (90002, 'café'), (90003, 'us'), (90004, 'US ')");
    let reference = world.reference("", 3);
    assert_eq!(classes(&reference), ["confirmed 1/2", "case_variant 2/2"]);
    assert_eq!(keys(&reference, "confirmed"), ["café"]);
}

/// A discriminator that is a number, or a type of its own, is said in words as any other.
#[test]
fn discriminators_that_are_no_texts() {
    for engine in Engine::ALL {
        let children = "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, kind smallint, parent integer);\n\
                        CREATE TABLE note (id integer NOT NULL PRIMARY KEY);";
        let reference = "[[reference]]\nfrom = \"child.parent\"\nby = \"child.kind\"\n\
                         to = { 1 = \"auth:parent.id\", 2 = \"note.id\" }\n";
        let parents = "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY);";
        let world = World::new((engine, parents), (engine, children), reference);
        world.auth.execute("INSERT INTO parent VALUES (1)");
        world.specs.execute("INSERT INTO note VALUES (2)");
        world.specs.execute("INSERT INTO child VALUES (1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 2, 3), (5, 3, 1)");
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 2/2", "unmapped 0/1"], "{engine}");
    }
}

/// Rows are numbered by a primary key whose values are no plain texts, and whose order is none of texts.
#[test]
fn rows_that_are_numbered_by_times_and_words() {
    let world = World::of_one(
        (Engine::Postgres, "CREATE TABLE parent (id integer PRIMARY KEY);"),
        (Engine::Postgres, "CREATE TABLE child (at timestamptz NOT NULL PRIMARY KEY, parent integer);"),
    );
    world.auth.execute("INSERT INTO parent VALUES (1)");
    world.specs.execute(
        "INSERT INTO child SELECT '2026-01-01T00:00:00.5Z'::timestamptz + n * interval '1 minute', CASE WHEN n = 69000 THEN 2 \
         ELSE 1 END FROM generate_series(1, 70000) AS n",
    );
    assert_eq!(classes(&world.reference("", 3)), ["confirmed 1/1"]);

    let world = World::of_one(
        (Engine::Mariadb, "CREATE TABLE parent (id integer PRIMARY KEY);"),
        (
            Engine::Mariadb,
            "CREATE TABLE child (kind enum('z', 'a') NOT NULL, id integer NOT NULL, parent integer, PRIMARY KEY (kind, id));",
        ),
    );
    world.auth.execute("INSERT INTO parent VALUES (1)");
    world.specs.execute("INSERT INTO child SELECT 'z', seq, 1 FROM seq_1_to_66000");
    world.specs.execute("INSERT INTO child SELECT 'a', seq, 2 FROM seq_1_to_3");
    assert_eq!(classes(&world.reference("", 3)), ["confirmed 1/3"]);
}

/// What the database orders by case, and what it compares as another type.
#[test]
fn rows_that_are_numbered_by_citext() {
    let child = "CREATE EXTENSION IF NOT EXISTS citext;\nCREATE TABLE child (code citext NOT NULL PRIMARY KEY, parent integer);";
    let world =
        World::of_one((Engine::Postgres, "CREATE TABLE parent (id integer PRIMARY KEY);"), (Engine::Postgres, child));
    world.auth.execute("INSERT INTO parent VALUES (1)");
    world.specs.execute(
        "INSERT INTO child SELECT 'a/' || lpad(n::text, 6, '0'), 1 FROM generate_series(1, 65536) AS n UNION ALL \
         SELECT 'B/' || n, 2 FROM generate_series(1, 3) AS n",
    );
    assert_eq!(classes(&world.reference("", 3)), ["confirmed 1/3"]);
}

/// Few keys among many rows, of a type that comes as text.
#[test]
fn leaps_over_decimals() {
    for (name, key) in [("child", "numeric(10)"), ("d", "integer")] {
        let world = World::new(
            (Engine::Postgres, "CREATE TABLE parent (id bigint PRIMARY KEY);"),
            (
                Engine::Postgres,
                &format!(
                    "CREATE TABLE {name} (id integer PRIMARY KEY, parent {key});\nCREATE INDEX ON {name} (parent);"
                ),
            ),
            &format!("[[reference]]\nfrom = \"{name}.parent\"\nto = \"auth:parent.id\"\n"),
        );
        world.auth.execute("INSERT INTO parent SELECT n FROM generate_series(1, 50) AS n");
        world.specs.execute(&format!("INSERT INTO {name} SELECT n, n % 52 FROM generate_series(1, 60000) AS n"));
        world.specs.execute(&format!("ANALYZE {name}"));
        let reference = world.reference("", 3);
        assert_eq!(strategies(&reference), ["leap"], "{name}");
        assert_eq!(keys(&reference, "confirmed"), ["0", "51"], "{name}");
    }
}

/// Where there are far more keys than the statistics say, leaping goes on from statement to statement, and then gives up.
#[test]
fn leaps_over_more_keys_than_were_known() {
    for engine in Engine::ALL {
        let world = World::of_one(
            (engine, "CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY);"),
            (
                engine,
                "CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, parent bigint);\nCREATE INDEX i ON child (parent);",
            ),
        );
        let (known, unknown) = (60_000, 46_000);
        world.specs.execute(match engine {
            Engine::Postgres => "ALTER TABLE child SET (autovacuum_enabled = false)",
            _ => "DELETE FROM child",
        });
        insert(&world.auth, "parent", &(0..unknown).map(|id| format!("({id})")).collect::<Vec<_>>());
        insert(&world.specs, "child", &(0..known).map(|id| format!("({id}, {})", id % 50)).collect::<Vec<_>>());
        world.specs.execute(if engine == Engine::Mariadb { "ANALYZE TABLE child" } else { "ANALYZE" });
        let late = |id: i32| format!("({}, {})", known + id, if id % 9_000 == 0 { unknown + id } else { id });
        insert(&world.specs, "child", &(50..unknown).map(late).collect::<Vec<_>>());
        world.auth.execute("DELETE FROM parent WHERE id IN (7, 4095, 4096, 4097, 40959, 40960, 40961, 45999)");
        let reference = world.reference("--samples 100", 3);
        let mut expected = vec!["7", "4095", "4096", "4097", "40959", "40960", "40961", "45999"];
        expected.extend(["55000", "64000", "73000", "82000", "91000"]);
        expected.sort_unstable();
        assert_eq!(keys(&reference, "confirmed"), expected, "{engine}\n{reference:#}");
        if engine != Engine::Mariadb {
            assert_eq!(strategies(&reference), ["leap"], "{engine}");
        }
    }
}

/// Servers end sessions that do nothing for longer than they allow: those that prove wait for the next suspect, and those that
/// read wait where no more may be read yet.
#[test]
fn sessions_that_wait() {
    let world = World::of_one(
        (Engine::Postgres, "CREATE TABLE parent (id integer PRIMARY KEY);"),
        (
            Engine::Postgres,
            "CREATE TABLE child (id integer PRIMARY KEY, parent integer);\nCREATE INDEX i ON child (parent);",
        ),
    );
    world.auth.execute("INSERT INTO parent SELECT n FROM generate_series(1, 200000) AS n");
    world.auth.execute("DELETE FROM parent WHERE id IN (1, 199999)");
    world.specs.execute("INSERT INTO child SELECT n, n FROM generate_series(1, 200000) AS n");
    for database in [&world.auth, &world.specs] {
        database.execute(&format!("ALTER DATABASE {} SET idle_session_timeout = '300ms'", database.name()));
    }
    assert_eq!(keys(&world.reference("--rate 100000", 3), "confirmed"), ["1", "199999"]);
}

/// A session that read the catalogs may be gone before the keys are read: another is opened.
#[test]
fn sessions_that_were_ended_meanwhile() {
    use branchline::run::{Cancel, CheckOptions, Coordinator, Event, OpenSessions, RunOptions};
    for (parents, children) in [(Engine::Postgres, Engine::Mariadb), (Engine::Mariadb, Engine::Postgres)] {
        let world = World::of_one(
            (parents, "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY);"),
            (children, "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent integer);"),
        );
        world.specs.execute("INSERT INTO child VALUES (1, 7)");
        let options = branchline::revision::LoadOptions { checksums: false };
        let workspace = branchline::workspace::Workspace::load(world.project.path(), options).unwrap();
        let branches: [branchline::names::BranchName; 2] = ["auth", "specs"].map(|branch| branch.parse().unwrap());
        let url = |database: &crate::support::TestDatabase| database.url().parse().unwrap();
        let urls = [(branches[0].clone(), url(&world.auth)), (branches[1].clone(), url(&world.specs))];
        let urls = branchline::workspace::Urls::of(urls);
        let watch = |_: Event<'_>| {};
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), Cancel::new(), &watch);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let open = OpenSessions::default();
        let list = runtime.block_on(coordinator.read_list(&branches, &open));
        world.auth.end_sessions();
        world.specs.end_sessions();
        let known = list.listed.into_iter().map(|listed| listed.known).collect();
        let options = CheckOptions::default();
        let check = coordinator.check_references(known, &list.catalogs, open, &options, &|_, _| {}, None);
        let (report, failed) = runtime.block_on(check);
        assert!(failed.is_empty(), "{failed:?}");
        assert_eq!(report.checked[0].summary.orphan_keys, 1);
    }
}

/// Numbers without a sign, of which half are more than an integer of that size holds.
#[test]
fn object_ids() {
    let world = World::of_one(
        (Engine::Postgres, "CREATE TABLE parent (id oid PRIMARY KEY);"),
        (
            Engine::Postgres,
            "CREATE TABLE child (id integer PRIMARY KEY, parent oid);\nCREATE INDEX i ON child (parent);",
        ),
    );
    world.auth.execute("INSERT INTO parent VALUES (7), (3000000000), (4294967295)");
    world.specs.execute("INSERT INTO child VALUES (1, 7), (2, 3000000000), (3, 4000000000), (4, 4294967295), (5, 0)");
    assert_eq!(keys(&world.reference("", 3), "confirmed"), ["0", "4000000000"]);
    let mut found = Vec::new();
    for part in ["1/2", "2/2"] {
        let document = world.check(&format!("--part {part}")).json();
        found.extend(keys(&document["references"][0], "confirmed"));
    }
    found.sort_unstable();
    assert_eq!(found, ["0", "4000000000"]);
}

/// A condition may end with a remark, here as in a sweep.
#[test]
fn conditions_that_end_with_a_remark() {
    for engine in Engine::ALL {
        let world = World::new(
            (engine, "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY, gone integer);"),
            (engine, "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent integer, kind integer);"),
            "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\nwhen = \"kind = 1 -- no other\"\n\
             parent_filter = \"gone = 0 -- those that are there\"\n",
        );
        world.auth.execute("INSERT INTO parent VALUES (1, 0), (2, 1)");
        world.specs.execute("INSERT INTO child VALUES (1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 2)");
        assert_eq!(classes(&world.reference("", 3)), ["confirmed 1/1", "soft_deleted 1/1"], "{engine}");
    }
}

/// What is no key is in no range of keys: the first part looks at it, wherever it would stand.
#[test]
fn bytes_of_another_length_in_parts() {
    let world = World::of_one(
        (Engine::Postgres, "CREATE TABLE parent (id uuid PRIMARY KEY);"),
        (
            Engine::Postgres,
            "CREATE TABLE child (id integer PRIMARY KEY, parent bytea);\nCREATE INDEX ON child (parent);",
        ),
    );
    world.specs.execute("INSERT INTO child VALUES (1, '\\xffff'), (2, '\\x0001')");
    let rows = |part: &str| {
        let reference = world.reference(&format!("--part {part}"), 3);
        classes(&reference)
    };
    assert_eq!(rows("1/2"), ["malformed 2/2"]);
}

/// SQLite's numbers of rows go by three names, and a table may have columns of these names.
#[test]
fn columns_that_are_called_like_the_number_of_a_row() {
    for (columns, rows) in [
        ("rowid integer", "5"),
        ("RowId integer, oid integer", "5, 5"),
        ("rowid text, _rowid_ text, oid text", "'x', 'x', 'x'"),
    ] {
        let world = World::of_one(
            (Engine::Sqlite, &format!("CREATE TABLE parent (id integer, {columns});")),
            (Engine::Sqlite, &format!("CREATE TABLE child (parent integer, {columns});")),
        );
        // More than one page of them, all with the same number.
        let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 66000)";
        world.auth.execute(&format!("INSERT INTO parent {many} SELECT n, {rows} FROM n"));
        world.specs.execute(&format!("INSERT INTO child {many} SELECT n, {rows} FROM n"));
        world.specs.execute(&format!("INSERT INTO child VALUES (70001, {rows}), (70002, {rows}), (70002, {rows})"));
        assert_eq!(classes(&world.reference("", 3)), ["confirmed 2/3"], "{columns}");
    }
}

/// Where no proof is to be had, nothing else is read: what could be read of these rows takes days.
#[test]
fn a_proof_that_fails_ends_the_check() {
    let world = World::of_one(
        (Engine::Sqlite, "CREATE TABLE parent (id uuid NOT NULL PRIMARY KEY);"),
        (
            Engine::Sqlite,
            "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent uuid);\nCREATE INDEX i ON child (parent);",
        ),
    );
    let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 140000)";
    world.specs.execute(&format!("INSERT INTO child {many} SELECT n, 'x' || n FROM n"));
    world.specs.execute("INSERT INTO child VALUES (0, -9e999)");
    let outcome = world.check("--rate 1").expect(1);
    assert!(outcome.to_string().contains("cannot be asked for"), "{outcome}");
}

/// What cannot be looked at again is no failure of what is looked at after it: neither of those with the same parent, nor of others
/// in the same databases.
#[test]
fn a_table_that_goes_within_the_grace() {
    let tables = [("one", "a"), ("two", "a"), ("three", "b"), ("four", "c"), ("five", "d")];
    let of_each = |text: &dyn Fn(&str, &str) -> String| -> String {
        tables.iter().map(|(table, parent)| text(table, parent)).collect()
    };
    let children = of_each(&|table, _| format!("CREATE TABLE {table} (id integer PRIMARY KEY, parent integer);\n"));
    let references = of_each(&|table, parent| {
        let grace = if table == "one" { "3s" } else { "4s" };
        format!("[[reference]]\nfrom = \"{table}.parent\"\nto = \"auth:{parent}.id\"\ngrace = \"{grace}\"\n")
    });
    let parents: String =
        ["a", "b", "c", "d"].map(|parent| format!("CREATE TABLE {parent} (id integer PRIMARY KEY);\n")).concat();
    let world = World::new((Engine::Postgres, &parents), (Engine::Postgres, &children), &references);
    for (id, (table, _)) in tables.iter().enumerate() {
        world.specs.execute(&format!("INSERT INTO {table} VALUES ({id}, {id})"));
    }
    let check = start(&world.project, "references check --format json");
    let looked_at = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' \
                     AND query LIKE '%LIMIT 20000)%'";
    until("the first look", || world.specs.query_value(looked_at) != "0");
    std::thread::sleep(std::time::Duration::from_secs(1));
    world.specs.execute("ALTER TABLE one RENAME TO gone");
    let outcome = end(check).expect(1);
    let document = outcome.json();
    assert_eq!(document["scope"]["skipped"].as_array().unwrap().len(), 1, "{outcome}");
    let found: Vec<Vec<String>> = document["references"].as_array().unwrap().iter().map(classes).collect();
    assert_eq!(found, vec![["confirmed 1/1"]; 4], "{outcome}");
}
