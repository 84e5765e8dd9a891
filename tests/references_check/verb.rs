//! The verb as a shell and a machine see it.

use serde_json::Value;

use crate::support::running::{start, until};
use crate::support::{Engine, Outcome, branchline};
use crate::world::{World, classes, insert};

const PARENTS: &str = "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY);";
const CHILDREN: &str = "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent integer);";

fn world(more: &str) -> World {
    let reference = format!("[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n{more}");
    let world = World::new((Engine::Sqlite, PARENTS), (Engine::Postgres, CHILDREN), &reference);
    insert(&world.auth, "parent", &["(1)", "(2)"].map(str::to_owned));
    insert(&world.specs, "child", &["(1, 1)", "(2, 5)", "(3, 6)", "(4, 6)"].map(str::to_owned));
    world
}

fn kinds(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().map(|finding| finding["kind"].as_str().unwrap()).collect()
}

#[test]
fn a_baseline_is_a_ratchet() {
    for (most, code, kind) in [(2, 3, vec!["orphans"]), (3, 0, vec![]), (4, 3, vec!["baseline_too_high"])] {
        let world = world(&format!("max_orphans = {most}\n"));
        let outcome = world.check("").expect(code);
        assert_eq!(kinds(&outcome.json()), kind, "{most}");
        assert_eq!(outcome.json()["ok"], code == 0);
    }
}

#[test]
fn what_was_found_is_kept_where_the_reference_is() {
    let world = world("");
    world.check("").expect(3);
    let result: Value =
        serde_json::from_str(&world.specs.query_value("SELECT check_result FROM branchline_reference")).unwrap();
    assert_eq!((result["rows"].as_u64(), result["orphan_rows"].as_u64()), (Some(4), Some(3)));
    let events = "SELECT outcome FROM branchline_event WHERE kind = 'check'";
    assert_eq!(world.specs.query_value(events), "orphans");
    // The run that applied the revision is still the one that did.
    let runs = world.project.run_line("runs --format json").success().json();
    let outcomes: Vec<&str> =
        runs["runs"].as_array().unwrap().iter().map(|run| run["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "done"]);
    world.specs.execute("UPDATE child SET parent = 1");
    world.check("--no-record").success();
    assert_eq!(world.specs.query_value(events), "orphans");
}

/// A text joined with others by a sign that it may have itself would be another key.
#[test]
fn keys_in_files_and_samples_are_exact() {
    let children =
        "CREATE TABLE child (a varchar(9), b varchar(9), parent varchar(9), other varchar(9), PRIMARY KEY (a, b));";
    let parents = "CREATE TABLE parent (id varchar(9) NOT NULL, other varchar(9) NOT NULL, PRIMARY KEY (id, other));";
    let reference =
        "[[reference]]\nfrom = [\"child.parent\", \"child.other\"]\nto = [\"auth:parent.id\", \"auth:parent.other\"]\n";
    for engine in Engine::ALL {
        let world = World::new((engine, parents), (engine, children), reference);
        let rows: Vec<String> = (1..=4).map(|number| format!("('x:{number}', 'y z', 'p:q', '')")).collect();
        insert(&world.specs, "child", &rows);
        let outcome = world.project.run_line("references check --orphans orphans.csv").expect(3);
        assert!(outcome.stdout.contains(r#"confirmed = "p:q", "", 4 rows"#), "{outcome}");
        let file = world.project.read("orphans.csv");
        let line = file.lines().nth(1).unwrap();
        // SQLite tells rows apart by their rowid.
        let ids = match engine {
            Engine::Sqlite => r#""[[""1""],[""2""],[""3""]]""#,
            _ => r#""[[""x:1"",""y z""],[""x:2"",""y z""],[""x:3"",""y z""]]""#,
        };
        assert!(line.ends_with(&format!(r#",confirmed,"[""p:q"",""""]",4,{ids}"#)), "{engine}: {file}");
    }
}

/// Whoever would follow a hint to remove it has lost a file of his own.
#[test]
fn what_is_no_checkpoint_is_not_to_be_removed() {
    let world = world("");
    for text in [b"root:x:0:0\n".as_slice(), b"", b"{}", b"\xff\xfe"] {
        std::fs::write(world.project.path().join("own.txt"), text).unwrap();
        let outcome = world.project.run_line("references check --checkpoint own.txt").expect(2);
        assert!(outcome.stderr.contains("own.txt is no checkpoint"), "{outcome}");
        assert!(!outcome.stderr.contains("remove"), "{outcome}");
        assert_eq!(std::fs::read(world.project.path().join("own.txt")).unwrap(), text);
    }
    world.project.write("kept.json", r#"{"version":"0.0.0","part":null,"passes":[{"of":"another time"}]}"#);
    let outcome = world.project.run_line("references check --checkpoint kept.json").expect(2);
    assert!(outcome.stderr.contains("another version"), "{outcome}");
}

#[test]
fn samples_files_and_none_of_them() {
    let world = world("");
    let outcome = world.project.run_line("references check --samples 1").expect(3);
    assert_eq!(outcome.stdout.lines().filter(|line| line.contains("confirmed = ")).count(), 1, "{outcome}");
    let outcome = world.project.run_line("references check --no-samples --format json").expect(3);
    assert!(outcome.json()["references"][0]["samples"].as_array().unwrap().is_empty(), "{outcome}");
    world.project.run_line("references check --orphans orphans.csv").expect(3);
    let file = world.project.read("orphans.csv");
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines[0], "branch,from,reference,value,class,key,rows,row_ids");
    assert_eq!(lines.len(), 3, "{file}");
    assert!(
        lines[1].starts_with("specs,child.parent,") && lines[1].ends_with(",,confirmed,5,1,\"[[\"\"2\"\"]]\""),
        "{file}"
    );
    assert!(lines[2].ends_with(",,confirmed,6,2,\"[[\"\"3\"\"],[\"\"4\"\"]]\""), "{file}");
}

/// What is in a database is in the file, to the letter: whoever repairs by it must find the rows. That some of it looks like a
/// formula is said.
#[test]
fn a_file_of_orphans_is_exact() {
    const TEXTS: [&str; 7] = ["=1+1", "+a", "-b", "@SUM(A1)", "\t=2", "-5", "plain"];
    let parents = "CREATE TABLE parent (id varchar(40) NOT NULL PRIMARY KEY);";
    let children = "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent varchar(40));";
    let reference = "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n";
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let world = World::new((Engine::Sqlite, parents), (engine, children), reference);
        let rows: Vec<String> =
            TEXTS.iter().enumerate().map(|(number, text)| format!("({}, '{text}')", number as i64 - 3)).collect();
        insert(&world.specs, "child", &rows);
        let outcome = world.project.run_line("references check --orphans orphans.csv").expect(3);
        assert!(outcome.stderr.contains("orphans.csv has 5 cells that begin like a formula"), "{engine}: {outcome}");
        let file = world.project.read("orphans.csv");
        for (number, text) in TEXTS.iter().enumerate() {
            let line = format!(r#",,confirmed,{text},1,"[[""{}""]]""#, number as i64 - 3);
            assert!(file.lines().any(|found| found.ends_with(&line)), "{engine}: {line}\n{file}");
        }
        world.specs.execute("DELETE FROM child WHERE parent NOT IN ('-5', 'plain')");
        let outcome = world.project.run_line("references check --orphans orphans.csv").expect(3);
        assert!(!outcome.stderr.contains("formula"), "a number with a sign is none: {outcome}");
    }
}

/// `-` is the standard output or input, or is refused; it is never a file.
#[test]
fn a_dash_is_a_stream() {
    let world = world("");
    let outcome = world.project.run_line("references check --orphans -").expect(3);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!((lines[0], lines.len()), ("branch,from,reference,value,class,key,rows,row_ids", 3), "{outcome}");
    assert!(outcome.stderr.contains("1 of 1 live reference looked at"), "{outcome}");
    for format in ["json", "markdown", "sarif", "junit"] {
        let outcome = world.project.run_line(&format!("references check --orphans - --format {format}")).expect(2);
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(said.contains("--orphans FILE"), "{said}");
    }
    let outcome = world.project.run_line("references check --checkpoint -").expect(2);
    assert!(outcome.stderr.contains("--checkpoint - names no file"), "{outcome}");
    assert!(world.project.run_line("plan --out -").expect(2).stderr.contains("--out - names no file"));
    let id = world.specs.query_value("SELECT id FROM branchline_reference");
    let csv = format!("reference,key\n{id},1\n{id},5\n");
    let mut command = branchline(&world.project);
    command.args("references check --candidates - --format json".split(' ')).write_stdin(csv);
    let document = Outcome::of(command).expect(3).json();
    assert_eq!(classes(&document["references"][0]), ["confirmed 1/1", "transient 1/0"]);
    let mut command = branchline(&world.project);
    command.args("references check --candidates -".split(' ')).write_stdin("");
    assert!(Outcome::of(command).expect(2).stderr.contains("the standard input is empty"));
    assert!(!world.project.path().join("-").exists());
}

#[test]
fn only_what_is_named() {
    let world = world("");
    let id = world.specs.query_value("SELECT id FROM branchline_reference");
    for which in ["specs", "auth", "child.parent", "specs:child.parent", &id[..8]] {
        assert_eq!(classes(&world.reference(which, 3)), ["confirmed 2/3"], "{which}");
    }
    let outcome = world.check("specs:child.parents").expect(2);
    assert!(outcome.json()["error"]["hint"].as_str().unwrap().contains("specs:child.parent"), "{outcome}");
}

/// What is skipped is never a clean result.
#[test]
fn what_cannot_be_looked_at() {
    let world = world("");
    world.specs.execute("ALTER TABLE child DROP COLUMN parent");
    let outcome = world.check("").expect(3);
    assert_eq!(kinds(&outcome.json()), ["reference_skipped"]);
    assert_eq!(outcome.json()["scope"]["skipped"][0]["why"], "specs has no column parent of child");

    let mut world = self::world("");
    world.project.variable("DATABASE_URL_AUTH", "sqlite:nowhere/auth.db");
    let outcome = world.check("").expect(5);
    assert_eq!(outcome.json()["scope"]["unreachable"][0], "auth");
    assert_eq!(kinds(&outcome.json()), ["reference_skipped"]);
}

/// SELECT on the columns of keys is all that it needs, and nothing is ever written but the result.
#[test]
fn a_role_that_may_only_read_keys() {
    let mut world = World::of_one((Engine::Postgres, PARENTS), (Engine::Postgres, CHILDREN));
    insert(&world.auth, "parent", &["(1)".to_owned()]);
    insert(&world.specs, "child", &["(1, 1)", "(2, 5)"].map(str::to_owned));
    let role = format!("reader_{}", world.specs.name());
    world.specs.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'"));
    world.auth.execute(&format!("GRANT SELECT (id) ON parent TO {role}"));
    world.specs.execute(&format!("GRANT SELECT (id, parent) ON child TO {role}"));
    for database in [&world.auth, &world.specs] {
        database.execute(&format!(
            "GRANT SELECT ON branchline_binding, branchline_revision, branchline_reference TO {role}"
        ));
    }
    for (branch, database) in [("AUTH", &world.auth), ("SPECS", &world.specs)] {
        let (_, server) = database.url().split_once('@').unwrap();
        let url = format!("postgres://{role}:reader@{server}");
        world.project.variable(&format!("DATABASE_URL_{branch}"), &url);
    }
    let outcome = world.check("").expect(3);
    assert_eq!(classes(&outcome.json()["references"][0]), ["confirmed 1/1"]);
    assert!(outcome.stderr.contains("the result is not kept in the database of specs"), "{outcome}");
    world.specs.execute(&format!("DROP OWNED BY {role}"));
    world.auth.execute(&format!("DROP OWNED BY {role}"));
    world.specs.execute(&format!("DROP ROLE {role}"));
}

/// What the statistics say decides how, and never what is found.
#[test]
fn every_way_finds_the_same() {
    let parents = "CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY);";
    let children =
        "CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, parent bigint);\nCREATE INDEX i ON child (parent);";
    let world = World::of_one((Engine::Postgres, parents), (Engine::Postgres, children));
    world.auth.execute("INSERT INTO parent SELECT generate_series(1, 3000)");
    world.specs.execute("INSERT INTO child SELECT n, 1 + n % 3000 FROM generate_series(1, 9000) n");
    world.specs.execute("UPDATE child SET parent = 4000 + id % 5 WHERE id % 100 = 0");
    let strategy = |expected: &str| {
        let reference = world.reference("", 3);
        assert_eq!(classes(&reference), ["confirmed 1/90"], "{expected}");
        assert_eq!(reference["legs"][0]["strategy"], expected, "{reference:#}");
    };
    strategy("merge");
    world.auth.execute("ANALYZE parent");
    world.specs.execute("ANALYZE child");
    strategy("merge");
    world.specs.execute("DROP INDEX i");
    strategy("hash");
    world.specs.execute("CREATE INDEX i ON child (parent)");
    world.specs.execute("INSERT INTO child SELECT n, 1 FROM generate_series(9001, 60000) n");
    let few = "UPDATE child SET parent = CASE WHEN id % 100 = 0 AND id <= 9000 THEN 4000 ELSE id % 5 + 1 END";
    world.specs.execute(few);
    world.specs.execute("ANALYZE child");
    let reference = world.reference("", 3);
    assert_eq!(reference["legs"][0]["strategy"], "leap", "{reference:#}");
    assert_eq!(classes(&reference), ["confirmed 1/90"]);
    assert_eq!((&reference["check"]["rows"], &reference["check"]["distinct"]), (&Value::Null, &6.into()));
    world.specs.execute("DELETE FROM child WHERE (id % 100 <> 0 AND id > 40) OR id > 9000");
    world.specs.execute("ANALYZE child");
    let reference = world.reference("", 3);
    assert_eq!(reference["legs"][0]["strategy"], "probe", "{reference:#}");
    assert_eq!(classes(&reference), ["confirmed 1/90"]);
}

/// References with the same parent share one pass over it.
#[test]
fn several_references_to_one_parent() {
    let children = "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, a integer, b integer, c integer);\n\
                    CREATE INDEX ia ON child (a);\nCREATE INDEX ib ON child (b);\nCREATE INDEX ic ON child (c);";
    let one = |column: &str| format!("[[reference]]\nfrom = \"child.{column}\"\nto = \"auth:parent.id\"\n");
    for engine in Engine::ALL {
        let world = World::new((engine, PARENTS), (engine, children), &["a", "b", "c"].map(one).concat());
        insert(&world.auth, "parent", &(1..=500).map(|id| format!("({id})")).collect::<Vec<_>>());
        let row = |id: u32| format!("({id}, {}, {}, NULL)", id % 500 + 1, id % 510 + 1);
        insert(&world.specs, "child", &(1..=2000).map(row).collect::<Vec<_>>());
        let document = world.check("").expect(3).json();
        let references = document["references"].as_array().unwrap();
        let found: Vec<Vec<String>> = references.iter().map(classes).collect();
        assert_eq!(found, [vec![], vec!["confirmed 10/30".to_owned()], vec![]], "{engine}\n{document:#}");
    }
}

/// More keys than go into one page.
#[test]
fn pages_that_follow_each_other() {
    for parents in Engine::ALL {
        for children in Engine::ALL {
            let world = World::of_one(
                (parents, "CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY);"),
                (
                    children,
                    "CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, parent bigint);\nCREATE INDEX i ON child (parent);",
                ),
            );
            insert(&world.auth, "parent", &(0..70_000).map(|id| format!("({})", id * 10)).collect::<Vec<_>>());
            let mut rows: Vec<String> = (0..70_000).map(|id| format!("({id}, {})", id * 10)).collect();
            rows.extend((0..25).map(|id| format!("({}, {})", 70_000 + id, id * 28_000 + 1)));
            insert(&world.specs, "child", &rows);
            let reference = world.reference("", 3);
            assert_eq!(classes(&reference), ["confirmed 25/25"], "{children} -> {parents}\n{reference:#}");
            // MariaDB, which has not looked yet, thinks that there are two keys, and leaps.
            let rows = &reference["check"]["rows"];
            assert!(rows.is_null() || *rows == 70_025, "{children} -> {parents}\n{reference:#}");
        }
    }
}

/// Jobs that share the work find together what one finds alone.
#[test]
fn parts_fit_together() {
    for (engine, kind) in [
        (Engine::Postgres, "uuid"),
        (Engine::Postgres, "bigint"),
        (Engine::Mariadb, "uuid"),
        (Engine::Mariadb, "binary(16)"),
        (Engine::Sqlite, "text"),
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
        let key = |number: u64| match kind {
            "bigint" => (number * 1_000_003).to_string(),
            _ => {
                let random = (u128::from(number) + 7).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
                let uuid = uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid();
                if kind == "binary(16)" { format!("x'{}'", uuid.simple()) } else { format!("'{uuid}'") }
            }
        };
        insert(&world.auth, "parent", &(0..200).map(|number| format!("({})", key(number))).collect::<Vec<_>>());
        let rows: Vec<String> = (0..240).map(|number| format!("({number}, {})", key(number))).collect();
        insert(&world.specs, "child", &rows);
        let mut found = Vec::new();
        let mut rows = 0;
        for part in 1..=3 {
            let document = world.check(&format!("--part {part}/3 --samples 100")).json();
            let reference = &document["references"][0];
            assert_eq!(document["scope"]["part"], format!("{part}/3"));
            rows += reference["check"]["rows"].as_u64().unwrap();
            found.extend(crate::world::keys(reference, "confirmed"));
        }
        let mut together = found.clone();
        together.sort();
        together.dedup();
        assert_eq!((rows, found.len(), together.len()), (240, 40, 40), "{engine} {kind}");
        // A part is no result for the whole.
        let kept = world.specs.query_strings("SELECT check_result FROM branchline_reference");
        assert_eq!(kept[0][0], None, "{engine} {kind}");
    }
}

/// Another engine's answer is a list of suspects, and no more.
#[test]
fn candidates_are_proved() {
    for engine in Engine::ALL {
        let reference = "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n\
                         [[reference]]\nfrom = [\"child.a\", \"child.b\"]\nto = [\"auth:two.a\", \"auth:two.b\"]\n";
        let parents = "CREATE TABLE parent (id integer NOT NULL PRIMARY KEY);\n\
                       CREATE TABLE two (a varchar(9) NOT NULL, b integer NOT NULL, PRIMARY KEY (a, b));";
        let children = "CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent integer, a varchar(9), b integer);";
        let world = World::new((Engine::Postgres, parents), (engine, children), reference);
        insert(&world.auth, "parent", &["(1)".to_owned()]);
        insert(&world.auth, "two", &["('x', 1)".to_owned()]);
        let rows = ["(1, 1, 'x', 1)", "(2, 5, 'x', 2)", "(3, 5, NULL, 1)", "(4, 6, 'y', NULL)"];
        insert(&world.specs, "child", &rows.map(str::to_owned));
        let id = |from: &str| {
            world.specs.query_value(&format!("SELECT id FROM branchline_reference WHERE from_columns = '{from}'"))
        };
        let (one, two) = (id("child.parent"), id("child.(a, b)"));
        let lines = [
            format!("{one},5\n{one},5\n\n{}", &one[..8]) + ",1",
            format!("{one},7\n{one},five\n{one},99999999999999999999"),
            format!("{two},\"[\"\"x\"\",\"\"2\"\"]\"\n{two},\"[\"\"x\"\",\"\"1\"\"]\""),
        ];
        world.project.write("candidates.csv", format!("reference,key\n{}\n", lines.join("\n")));
        let document = world.check("--candidates candidates.csv").expect(3).json();
        let found: Vec<(String, Vec<String>)> = document["references"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["from"]["columns"].to_string(), crate::world::keys(one, "confirmed")))
            .collect();
        let expected = [("[\"a\",\"b\"]", "x:2"), ("[\"parent\"]", "5")];
        assert_eq!(found, expected.map(|(from, key)| (from.to_owned(), vec![key.to_owned()])), "{engine}");
        for wrong in ["", "reference\n", "key,reference\n", "reference,key\nabc\n", "reference,key\nffff,5\n"] {
            world.project.write("candidates.csv", wrong);
            world.check("--candidates candidates.csv").expect(2);
        }
        world.project.write("candidates.csv", "reference,key\n");
        world.check("--candidates candidates.csv").success();
    }
}

/// A part, or what somebody has picked, is not enough to say that there are fewer orphans than allowed.
#[test]
fn a_part_does_not_lower_a_baseline() {
    let world = world("max_orphans = 3\n");
    for part in 1..=3 {
        world.check(&format!("--part {part}/3")).success();
    }
    world.project.write("candidates.csv", "reference,key\nchild.parent,1\n");
    world.check("--candidates candidates.csv").success();
}

/// What a sweep will see to is no orphan yet.
#[test]
fn a_sweep_that_is_due() {
    for engine in Engine::ALL {
        let reference = "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\non_delete = \"cascade\"\n";
        let world = World::new((engine, PARENTS), (engine, CHILDREN), reference);
        insert(&world.auth, "parent", &["(1)", "(2)"].map(str::to_owned));
        insert(&world.specs, "child", &["(1, 1)", "(2, 2)"].map(str::to_owned));
        world.project.run_line("references sweep --install").success();
        world.auth.execute("DELETE FROM parent WHERE id = 2");
        assert_eq!(classes(&world.reference("", 0)), ["pending 1/1"], "{engine}");
        world.project.run_line("references sweep --yes").success();
        assert_eq!(classes(&world.reference("", 0)), [] as [String; 0], "{engine}");
    }
}

/// Nobody will see to the rows that a sweep only tells of, nor to those that come after it: they are orphans.
#[test]
fn what_a_sweep_leaves_alone() {
    let first = "[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\non_delete = \"cascade\"\n";
    let second = "[[reference]]\nfrom = \"guest.parent\"\nto = \"auth:parent.id\"\n";
    let tables = format!("{CHILDREN};\nCREATE TABLE guest (id INT PRIMARY KEY, parent INT)");
    for engine in Engine::ALL {
        let world = World::new((engine, PARENTS), (engine, &tables), &format!("{first}{second}"));
        insert(&world.auth, "parent", &["(1)", "(2)"].map(str::to_owned));
        for table in ["child", "guest"] {
            insert(&world.specs, table, &["(1, 1)", "(2, 2)"].map(str::to_owned));
        }
        world.project.run_line("references sweep --install").success();
        world.auth.execute("DELETE FROM parent WHERE id = 2");
        assert_eq!(classes(&world.reference("child.parent", 0)), ["pending 1/1"], "{engine}");
        assert_eq!(classes(&world.reference("guest.parent", 3)), ["confirmed 1/1"], "{engine}: restrict");
        world.project.run_line("references sweep --yes").success();
        assert_eq!(classes(&world.reference("guest.parent", 3)), ["confirmed 1/1"], "{engine}: restrict, reported");
        insert(&world.specs, "child", &["(3, 2)".to_owned()]);
        assert_eq!(classes(&world.reference("child.parent", 3)), ["confirmed 1/1"], "{engine}: after the sweep");
    }
}

/// A row may be without its parent for so long; after that it is looked at again.
#[test]
fn a_grace_period() {
    let world = world("grace = \"1s\"\n");
    let began = std::time::Instant::now();
    assert_eq!(classes(&world.reference("", 3)), ["confirmed 2/3"]);
    assert!(began.elapsed() >= std::time::Duration::from_secs(1));
}

#[test]
fn forms_for_ci_servers() {
    let world = world("");
    let junit = world.project.run_line("references check --format junit").expect(3);
    assert!(junit.stdout.contains("<failure type=\"orphans\""), "{junit}");
    assert!(junit.stdout.contains("3 rows without a parent (2 keys)"), "{junit}");
    let sarif = world.project.run_line("references check --format sarif").expect(3).json();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "orphans", "{sarif:#}");
    let place = &result["locations"][0]["physicalLocation"];
    assert!(
        place["artifactLocation"]["uri"].as_str().unwrap().ends_with("specs/0001_children/revision.toml"),
        "{sarif:#}"
    );
    let markdown = world.project.run_line("references check --format markdown").expect(3);
    assert!(markdown.stdout.starts_with("| reference |"), "{markdown}");
}

/// A check that is killed goes on where it was, and comes to the same.
#[test]
fn a_check_that_was_stopped_goes_on() {
    for (parents, children) in [(Engine::Postgres, Engine::Postgres), (Engine::Mariadb, Engine::Sqlite)] {
        let world = World::of_one(
            (parents, "CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY);"),
            (
                children,
                "CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, parent bigint);\nCREATE INDEX i ON child (parent);",
            ),
        );
        insert(&world.auth, "parent", &(0..200_000).map(|id| format!("({id})")).collect::<Vec<_>>());
        let rows: Vec<String> =
            (0..200_100).map(|id| format!("({id}, {})", if id % 4_000 == 0 { -id - 1 } else { id })).collect();
        insert(&world.specs, "child", &rows);
        let whole = world.reference("", 3);
        // So slow that it is stopped on its way.
        let line = "references check --checkpoint check.json --rate 60000 --format json";
        let kept = || std::fs::read_to_string(world.project.path().join("check.json")).unwrap_or_default();
        let mut child = start(&world.project, line);
        until("the check has come somewhere", || kept().contains("\"border\":\""));
        child.kill().unwrap();
        child.wait().unwrap();
        let outcome = world.project.run_line("references check --checkpoint check.json --part 1/2").expect(2);
        assert!(outcome.stderr.contains("by another check"), "{outcome}");
        let again = world.reference("--checkpoint check.json", 3);
        for field in ["rows", "distinct", "orphan_keys", "orphan_rows", "classes"] {
            assert_eq!(again["check"][field], whole["check"][field], "{children} -> {parents}: {field}");
        }
        assert!(!world.project.path().join("check.json").exists());
    }
}

/// What one reference lacks is no failure of others that have the same parent.
#[test]
fn one_table_that_may_not_be_read() {
    let children = "CREATE TABLE child (id integer PRIMARY KEY, parent integer);\nCREATE TABLE closed (id integer PRIMARY KEY, parent integer);";
    let one = |table: &str| format!("[[reference]]\nfrom = \"{table}.parent\"\nto = \"auth:parent.id\"\n");
    let mut world =
        World::new((Engine::Sqlite, PARENTS), (Engine::Postgres, children), &["child", "closed"].map(one).concat());
    insert(&world.specs, "child", &["(1, 5)".to_owned()]);
    let role = format!("reader_{}", world.specs.name());
    world.specs.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'"));
    world.specs.execute(&format!(
        "GRANT SELECT ON child, branchline_binding, branchline_revision, branchline_reference TO {role}"
    ));
    let (_, server) = world.specs.url().split_once('@').unwrap();
    let url = format!("postgres://{role}:reader@{server}");
    world.project.variable("DATABASE_URL_SPECS", &url);
    let document = world.check("").expect(1).json();
    assert_eq!(document["scope"]["checked"], 1, "{document:#}");
    assert_eq!(classes(&document["references"][0]), ["confirmed 1/1"], "{document:#}");
    assert_eq!(document["scope"]["skipped"][0]["from"], "closed.parent", "{document:#}");
    world.specs.execute(&format!("DROP OWNED BY {role}"));
    world.specs.execute(&format!("DROP ROLE {role}"));
}

/// What is written into the file of a revision that is applied already is in no database.
#[test]
fn a_declaration_that_comes_too_late() {
    let world = world("");
    let file = "migrations/specs/0001_children/revision.toml";
    let manifest = world.project.read(file);
    world.project.write(file, format!("{manifest}[[reference]]\nfrom = \"child.id\"\nto = \"auth:parent.id\"\n"));
    let document = world.check("").expect(3).json();
    assert_eq!(kinds(&document), ["orphans", "reference_skipped"], "{document:#}");
    assert_eq!(document["scope"]["skipped"][0]["from"], "child.id", "{document:#}");
    let list = world.project.run_line("references list").success();
    assert!(list.stdout.contains("not live: specs:child.id: specs@0001 declares it so"), "{list}");
}
