//! Orders of the engines' own that are not that of the keys: each of these tests fails where such an order is trusted.

use crate::support::Engine;
use crate::world::{World, classes, insert, keys, strategies};

/// MariaDB orders its uuids by their last segments first, PostgreSQL by their first bytes: side by side, half of the parents would
/// be missing.
#[test]
fn uuids_of_mariadb_are_not_in_the_order_of_their_bytes() {
    for (parents, children) in [(Engine::Mariadb, Engine::Postgres), (Engine::Postgres, Engine::Mariadb)] {
        let world = World::of_one(
            (parents, "CREATE TABLE parent (id uuid NOT NULL PRIMARY KEY);"),
            (
                children,
                "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent uuid);\nCREATE INDEX i ON child (parent);",
            ),
        );
        // The first segment goes up where the last one goes down.
        let uuid = |number: u32| format!("'{number:08x}-0000-4000-8000-{:012x}'", 1_000_000 - number);
        insert(&world.auth, "parent", &(0..400).map(|number| format!("({})", uuid(number))).collect::<Vec<_>>());
        let rows: Vec<String> = (0..410).map(|number| format!("({number}, {})", uuid(number))).collect();
        insert(&world.specs, "child", &rows);
        // MariaDB's own order is another one: else this says nothing.
        let mariadb =
            if parents == Engine::Mariadb { (&world.auth, "id", "parent") } else { (&world.specs, "parent", "child") };
        let first = mariadb.0.query_value(&format!("SELECT {} FROM {} ORDER BY {0} LIMIT 1", mariadb.1, mariadb.2));
        assert_ne!(format!("'{first}'"), uuid(0), "{parents}");
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 10/10"], "{parents}");
        assert_ne!(strategies(&reference), ["merge"], "{parents}");
    }
}

/// A database that takes `abc` and `ABC` for the same would show one of them only, and hide the other behind it.
#[test]
fn collations_that_take_letters_for_the_same() {
    let child = |kind: &str| {
        format!(
            "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent {kind});\nCREATE INDEX i ON child (parent);"
        )
    };
    for (engine, kind) in [
        (Engine::Mariadb, "varchar(20) COLLATE utf8mb4_general_ci"),
        (Engine::Mariadb, "varchar(20) COLLATE utf8mb4_unicode_ci"),
        (Engine::Sqlite, "varchar(20) COLLATE NOCASE"),
    ] {
        let world =
            World::of_one((Engine::Postgres, "CREATE TABLE parent (id text PRIMARY KEY);"), (engine, &child(kind)));
        insert(&world.auth, "parent", &["('abc')", "('Zebra')", "('zulu')"].map(str::to_owned));
        insert(
            &world.specs,
            "child",
            &["(1, 'abc')", "(2, 'ABC')", "(3, 'Zebra')", "(4, 'zulu')", "(5, 'none')"].map(str::to_owned),
        );
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 1/1", "case_variant 1/1"], "{kind}");
        assert_eq!(keys(&reference, "case_variant"), ["ABC"], "{kind}");
        assert_eq!(keys(&reference, "confirmed"), ["none"], "{kind}");
    }
}

/// The other way round: a parent that the database finds for a key that it has not.
#[test]
fn parents_that_only_look_the_same() {
    for (engine, kind) in
        [(Engine::Mariadb, "varchar(20) COLLATE utf8mb4_general_ci"), (Engine::Sqlite, "varchar(20) COLLATE NOCASE")]
    {
        let world = World::of_one(
            (engine, &format!("CREATE TABLE parent (id {kind} NOT NULL PRIMARY KEY);")),
            (
                Engine::Postgres,
                "CREATE TABLE child (id integer PRIMARY KEY, parent text);\nCREATE INDEX ON child (parent);",
            ),
        );
        insert(&world.auth, "parent", &["('Abc')", "('x')"].map(str::to_owned));
        insert(&world.specs, "child", &["(1, 'Abc')", "(2, 'aBC')", "(3, 'x')"].map(str::to_owned));
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["case_variant 1/1"], "{kind}");
        assert_eq!(keys(&reference, "case_variant"), ["aBC"], "{kind}");
    }
}

/// PostgreSQL's own collations put `a` before `B`; bytes do not.
#[test]
fn collations_of_a_language() {
    let world = World::of_one(
        (Engine::Postgres, "CREATE TABLE parent (id text COLLATE \"en-x-icu\" PRIMARY KEY);"),
        (
            Engine::Postgres,
            "CREATE TABLE child (id integer PRIMARY KEY, parent text COLLATE \"en-x-icu\");\nCREATE INDEX ON child (parent);",
        ),
    );
    let words = ["a", "B", "c", "D", "e", "Ä", "ä", "z", "Z"];
    insert(&world.auth, "parent", &words.map(|word| format!("('{word}')")));
    let rows: Vec<String> =
        words.iter().chain(&["q", "Q"]).enumerate().map(|(id, word)| format!("({id}, '{word}')")).collect();
    insert(&world.specs, "child", &rows);
    let reference = world.reference("", 3);
    assert_eq!(keys(&reference, "confirmed"), ["Q", "q"]);
    assert_eq!(classes(&reference), ["confirmed 2/2"]);
}

/// A column whose bytes are in order by its type, and whose values are not: the merge must see it and take another way.
#[test]
fn an_order_that_breaks_on_the_way_is_seen() {
    for columns in ["varchar(36) COLLATE \"C\"", "char(36) COLLATE \"C\""] {
        let world = World::of_one(
            (Engine::Postgres, "CREATE TABLE parent (id uuid PRIMARY KEY);"),
            (
                Engine::Postgres,
                &format!(
                    "CREATE TABLE child (id integer PRIMARY KEY, parent {columns});\nCREATE INDEX ON child (parent);"
                ),
            ),
        );
        let uuid = |number: u32| format!("{:08x}-0000-4000-8000-000000000000", number * 0x0101_0101);
        insert(&world.auth, "parent", &(0..200).map(|number| format!("('{}')", uuid(number))).collect::<Vec<_>>());
        // Every second one in capitals: those come before all others.
        let text = |number: u32| if number.is_multiple_of(2) { uuid(number) } else { uuid(number).to_uppercase() };
        let rows: Vec<String> = (0..220).map(|number| format!("({number}, '{}')", text(number))).collect();
        insert(&world.specs, "child", &rows);
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 20/20"], "{columns}");
        let choices = reference["legs"][0]["choices"].as_array().unwrap();
        assert_eq!(choices[0]["strategy"], "merge", "{columns}");
        assert_eq!(choices[1]["strategy"], "hash", "{columns}");
    }
}

/// `char(n)` is filled up with spaces on PostgreSQL, not on SQLite, and on MariaDB neither is told from the other.
#[test]
fn padded_texts() {
    let of = |engine: Engine, kind: &str| {
        let child = format!(
            "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent {kind});\nCREATE INDEX i ON child (parent);"
        );
        (engine, child)
    };
    for (engine, parent) in [
        (Engine::Postgres, "char(8)"),
        (Engine::Mariadb, "char(8)"),
        (Engine::Postgres, "varchar(8)"),
        (Engine::Mariadb, "varchar(8)"),
        (Engine::Sqlite, "char(8)"),
    ] {
        for (other, child) in [
            (Engine::Postgres, "char(10)"),
            (Engine::Mariadb, "char(10)"),
            (Engine::Sqlite, "varchar(10)"),
            (Engine::Mariadb, "varchar(10)"),
        ] {
            let (other, children) = of(other, child);
            let world = World::of_one(
                (engine, &format!("CREATE TABLE parent (id {parent} NOT NULL PRIMARY KEY);")),
                (other, &children),
            );
            insert(&world.auth, "parent", &["('ab')", "('ab!')", "('b')"].map(str::to_owned));
            insert(&world.specs, "child", &["(1, 'ab')", "(2, 'ab!')", "(3, 'b')", "(4, 'c')"].map(str::to_owned));
            let reference = world.reference("", 3);
            assert_eq!(classes(&reference), ["confirmed 1/1"], "{other} {child} -> {engine} {parent}");
        }
    }
    // What is no char(n) keeps its spaces, and they count.
    let (engine, children) = of(Engine::Mariadb, "varchar(10) COLLATE utf8mb4_bin");
    let world = World::of_one((Engine::Postgres, "CREATE TABLE parent (id text PRIMARY KEY);"), (engine, &children));
    insert(&world.auth, "parent", &["('ab')", "('b')"].map(str::to_owned));
    insert(&world.specs, "child", &["(1, 'ab')", "(2, 'ab ')", "(3, 'b')"].map(str::to_owned));
    assert_eq!(classes(&world.reference("", 3)), ["case_variant 1/1"]);
}

/// Whatever looks at them says the same: the check, what it records, the list, the file, the report, and the journal.
#[test]
fn variants_are_orphans_for_every_reader() {
    let world = World::of_one(
        (Engine::Sqlite, "CREATE TABLE parent (id text PRIMARY KEY);"),
        (Engine::Sqlite, "CREATE TABLE child (id integer PRIMARY KEY, parent text);"),
    );
    world.auth.execute("INSERT INTO parent VALUES ('ada')");
    world.specs.execute("INSERT INTO child VALUES (1, 'Ada'), (2, 'Ada'), (3, 'ADA'), (4, 'ada')");
    let checked = world.reference("", 3);
    let counts = |check: &serde_json::Value| (check["orphan_keys"].as_u64(), check["orphan_rows"].as_u64());
    assert_eq!(counts(&checked["check"]), (Some(2), Some(3)));
    let recorded = world.specs.query_value("SELECT check_result FROM branchline_reference");
    assert_eq!(counts(&serde_json::from_str(&recorded).unwrap()), (Some(2), Some(3)));
    let journal = |what: &str| world.specs.query_value(&format!("{what} FROM branchline_event WHERE kind = 'check'"));
    assert_eq!(journal("SELECT outcome"), "orphans");
    let detail: serde_json::Value = serde_json::from_str(&journal("SELECT detail")).unwrap();
    assert_eq!(counts(&detail["check"]), (Some(2), Some(3)));
    let listed = world.project.run_line("references list --format json").success().json();
    assert_eq!(counts(&listed["references"][0]["check"]), (Some(2), Some(3)));
    let table = world.project.run_line("references list").success().stdout;
    assert!(table.contains("3 orphans"), "{table}");
    let csv = world.project.run_line("references list --format csv").success().stdout;
    let column = |name: &str| {
        let cells: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
        let at = cells[0].iter().position(|cell| *cell == name).unwrap();
        cells[1][at].to_owned()
    };
    assert_eq!((column("orphan_keys"), column("orphan_rows")), ("2".to_owned(), "3".to_owned()), "{csv}");
    for format in ["junit", "sarif", "markdown"] {
        let text = world.project.run_line(&format!("references check --no-record --format {format}")).expect(3).stdout;
        assert!(text.contains("3 rows"), "{format}: {text}");
    }
    world.project.run_line("references report --html report.html").success();
    let page = world.project.read("report.html");
    let of_check = r#"<td class="number">3</td><td class="number">2</td></tr>"#;
    assert!(page.contains(of_check), "{page}");
}
