//! Where an error points: a table of scripts that fail, an engine after the other. `»` stands where the error must point, at
//! the trouble where the engine tells, at the statement's beginning where it does not; it is no part of the script.

mod support;

use support::pair::{json, script};
use support::{Engine, Outcome, TestDatabase, TestProject};

const MARK: char = '»';

/// A script, and words of what is said about it.
type Row = (&'static str, &'static [&'static str]);

/// Scripts that fail on all engines in the same place.
const EVERYWHERE: [Row; 14] = [
    ("CREATE TABLE a (\n  id INTEGER,\n  x INTEGER,»,\n  y INTEGER\n);\n", &["syntax"]),
    ("SELECT 1;\n\nSELECT 1\nFROM »,;\n", &["syntax"]),
    ("SELECT 1; SELECT 2; »SELEC 3; SELECT 4;\n", &["syntax", "SELEC"]),
    ("SELECT 1;\nINSERT INTO »gone (id)\nVALUES (1);\n", &["gone"]),
    ("CREATE TABLE a (id INTEGER);\nSELECT id,\n  1, »nosuch\nFROM a;\n", &["nosuch"]),
    ("CREATE TABLE a (id INTEGER);\nINSERT INTO a (id, »nosuch) VALUES (1, 2);\n", &["nosuch"]),
    ("CREATE TABLE a (id INTEGER NOT NULL);\nSELECT 1; »INSERT INTO a\nVALUES (NULL);\n", &["id"]),
    ("CREATE TABLE a (id INTEGER UNIQUE);\n»INSERT INTO a VALUES (1), (1);\n", &["1"]),
    ("CREATE TABLE a (id INTEGER CHECK (id > 0));\r\n»INSERT INTO a VALUES (-1);\r\n", &["a"]),
    ("\u{feff}SELECT '😀é'; /* é😀 */ »SELEC 1;\r\n", &["SELEC"]),
    ("\u{feff}»SELEC 1;\n", &["SELEC"]),
    ("SELECT 1;\r\nSELECT 'é',\r\n  '😀', »nosuch;\r\n", &["nosuch"]),
    // Several times the same word: which one it is, only the engine knows.
    ("CREATE TABLE a (\n  id INTEGER,\n  id2 INTEGER NOT »id\n);\n", &["id"]),
    ("SELECT ')', ((1)\n  )»);\n", &[]),
];

const POSTGRES: [Row; 18] = [
    ("SELECT 1;\nSELECT (1 +»", &["syntax"]),
    ("SELECT 1;\n»SELECT 1 / 0;\n", &["division by zero"]),
    ("CREATE TABLE a (id integer);\nINSERT INTO a VALUES (1),\n  (»'x');\n", &["invalid input syntax"]),
    ("CREATE TABLE a (id integer);\n»CREATE TABLE a (id integer);\n", &["already exists", "stamp"]),
    (
        "CREATE TABLE a (id integer PRIMARY KEY);\nCREATE TABLE b (a integer REFERENCES a);\n»INSERT INTO b VALUES (7);\n",
        &["b_a_fkey", "Key (a)=(7) is not present"],
    ),
    ("SELECT »nosuch(1);\n", &["No function matches"]),
    // What a statement makes the server run has places of its own.
    ("SELECT 1;\n»DO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$;\n", &["division", "inline_code_block line 3 at PERFORM"]),
    ("»DO $$\nBEGIN\n  INSERT INTO gone VALUES (1);\nEND $$;\n", &["in \"INSERT INTO gone VALUES (1)\"", "line 3"]),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN nosuch + 1;\nEND $$;\nSELECT 1; »SELECT f();\n",
        &["nosuch", "in \"nosuch + 1\"", "function f() line 3 at RETURN"],
    ),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT »nosuch\n$$;\n", &["nosuch"]),
    (
        "CREATE TABLE a (id integer);\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no \
         way' USING DETAIL = 'because', HINT = 'do not'; END $$;\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE \
         FUNCTION f();\n»INSERT INTO a VALUES (1);\n",
        &["no way", "because", "do not", "function f() line 1 at RAISE"],
    ),
    ("CREATE TABLE a (id integer, t text);\nCOPY a FROM STDIN;\n1\té\n»x\té\n\\.\nSELECT 1;\n", &["COPY a, line 2"]),
    ("CREATE TABLE a (id integer);\n»COPY a (id, nosuch) FROM STDIN;\n1\t2\n\\.\n", &["nosuch"]),
    ("SET statement_timeout = '50ms';\n»SELECT pg_sleep(60);\n", &["statement timeout"]),
    ("SELECT 1;\n»SELECT pg_cancel_backend(pg_backend_pid());\n", &["user request"]),
    ("SELECT 1;\n»SELECT pg_terminate_backend(pg_backend_pid());\n", &["administrator command"]),
    ("SELECT 1;\nCREATE ROLE r LOGIN PASSWORD 's3kr3t' »NOSUCH;\n", &["nosuch", "PASSWORD '***'"]),
    ("SELECT 1;\nCREATE ROLE r LOGIN\n  PASSWORD 's3kr3t'\n  »NOSUCH;\n", &["nosuch", "PASSWORD '***'"]),
];

const MARIADB: [Row; 17] = [
    ("SELECT 1;\nSELECT (1 +»", &["syntax"]),
    ("SELECT 1;\nSELECT (1 +» ;\n", &["syntax"]),
    ("CREATE TABLE a (id INTEGER);\nCREATE TABLE »a (id INTEGER);\n", &["already exists", "stamp"]),
    ("CREATE TABLE a (id INTEGER);\n»INSERT INTO a VALUES (1),\n  ('x');\n", &["Incorrect integer value"]),
    ("CREATE TABLE a (id INTEGER);\n»INSERT INTO a VALUES (1 / 0);\n", &["Division by 0"]),
    (
        "CREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABLE b (a INTEGER REFERENCES a (id));\n»INSERT INTO b VALUES (7);\n",
        &["a foreign key constraint fails"],
    ),
    ("CREATE TABLE a (id INTEGER);\nCREATE INDEX i ON a (»usr_id);\n", &["usr_id"]),
    ("CREATE TABLE a (id INTEGER);\nALTER TABLE a\n  DROP COLUMN »nosuch;\n", &["nosuch"]),
    ("CREATE TABLE a (id INTEGER);\nALTER TABLE a ADD COLUMN »id INTEGER;\n", &["Duplicate column"]),
    // The name stands twice, and the server does not say which one it is.
    ("CREATE TABLE a (id INTEGER);\n»SELECT nosuch FROM a ORDER BY nosuch;\n", &["nosuch"]),
    // It quotes 80 characters, and counts the lines, but not those within strings.
    (
        "INSERT INTO a VALUES ('a\nb', 1),\n  (1, 2,»,\n   'the same text in all of these rows, of more characters than are \
         quoted in a message'),\n  (1, 2,,\n   'the same text in all of these rows, of more characters than are quoted in a \
         message');\n",
        &["syntax"],
    ),
    ("CREATE PROCEDURE p()\nBEGIN\n  SELECT 1;\n  SELECT »FROM;\n  SELECT 2;\nEND;\n", &["syntax"]),
    ("BEGIN NOT ATOMIC\n  SELECT 1;\n  SELEC »2;\nEND;\n", &["syntax"]),
    (
        "CREATE TABLE a (id INTEGER);\nCREATE PROCEDURE p(gone INTEGER) INSERT INTO gone VALUES (1);\n»CALL p(1);\n",
        &["gone"],
    ),
    // Its text is not the statement's, though the statement ends as it does.
    ("SELECT 1;\n»EXECUTE IMMEDIATE concat('SELECT (', 1);\n", &["syntax"]),
    (
        "CREATE TABLE a (id INTEGER, x INTEGER);\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @n = (SELECT x FROM \
         (SELECT 1) AS s);\n»INSERT INTO a (id, x) VALUES (1, 2);\n",
        &["Unknown column 'x'"],
    ),
    ("SET max_statement_time = 0.05;\n»SELECT sleep(60);\n", &["max_statement_time"]),
];

const SQLITE: [Row; 11] = [
    ("SELECT 1;\nSELECT (1 +»", &[]),
    ("SELECT 1;\nSELECT (1 +» ;\n", &[]),
    ("SELECT »#;\n", &["unrecognized token"]),
    ("CREATE TABLE a (id INTEGER);\nCREATE TABLE »a (id INTEGER);\n", &["already exists", "stamp"]),
    ("CREATE TABLE a (id INTEGER);\nALTER TABLE a ADD COLUMN »id INTEGER;\n", &["duplicate column"]),
    ("CREATE TABLE a (id INTEGER);\n»SELECT nosuch FROM a ORDER BY nosuch;\n", &["nosuch"]),
    ("SELECT 1; »CREATE TABLE a (id INTEGER, id INTEGER);\n", &["duplicate column"]),
    (
        "CREATE TABLE a (id INTEGER);\nCREATE TRIGGER t BEFORE INSERT ON a BEGIN SELECT RAISE(ABORT, 'no way'); END;\n\
         »INSERT INTO a VALUES (1);\n",
        &["no way"],
    ),
    // The word of the statement is not the one that is missing.
    (
        "CREATE TABLE a (id INTEGER, x INTEGER);\nCREATE TRIGGER t BEFORE INSERT ON a BEGIN INSERT INTO a (id) SELECT x FROM \
         (SELECT 1); END;\n»INSERT INTO a (id, x) VALUES (1, 2);\n",
        &["no such column: x"],
    ),
    (
        "CREATE TABLE a (b);\nCREATE TRIGGER t BEFORE INSERT ON a BEGIN\n  SELECT 1;\n  SELECT »;\n  SELECT 2;\nEND;\n",
        &["syntax"],
    ),
    ("CREATE TABLE a (id INTEGER) STRICT;\n»INSERT INTO a VALUES ('x');\n", &["cannot store TEXT"]),
];

/// A project of one branch, and its database.
fn fresh(engine: Engine) -> (TestProject, TestDatabase) {
    let (mut project, database) = (TestProject::new(), TestDatabase::new(engine));
    project.database("auth", &database);
    (project, database)
}

/// The script without the mark, and line and column of the mark.
fn marked(row: &str) -> (String, (usize, usize)) {
    let (before, behind) = row.split_once(MARK).unwrap_or_else(|| panic!("no mark in {row:?}"));
    let last = before.rsplit('\n').next().unwrap();
    // The byte order mark is no character of the file.
    let column = last.chars().filter(|&c| c != '\u{feff}').count() + 1;
    (format!("{before}{behind}"), (before.matches('\n').count() + 1, column))
}

/// What an upgrade with this script says, as JSON and as text. Where a script that fails leaves nothing, one database will do
/// for all of them.
struct Bench {
    engine: Engine,
    manifest: &'static str,
    kept: Option<(TestProject, TestDatabase)>,
}

impl Bench {
    fn new(engine: Engine, manifest: &'static str) -> Self {
        let leaves_nothing = engine != Engine::Mariadb && manifest.is_empty();
        Self { engine, manifest, kept: leaves_nothing.then(|| fresh(engine)) }
    }

    fn failed(&self, up: &str, options: &str) -> Outcome {
        let manifest = format!("description = \"Fails\"\nparents = []\n{}", self.manifest);
        let run = |project: &TestProject| {
            project.revision("auth", "1_fails", &manifest, &[("up.sql", up), ("down.sql", "SELECT 1;\n")]);
            project.run_line(&format!("upgrade --yes {options}"))
        };
        match &self.kept {
            Some((project, _)) => run(project),
            None => {
                let (project, _database) = fresh(self.engine);
                run(&project)
            }
        }
    }
}

/// What is wrong with what is said of a script, as JSON and as text.
fn complaints(bench: &Bench, (row, words): &Row) -> Vec<String> {
    let engine = bench.engine;
    let (up, (line, column)) = marked(row);
    let document = bench.failed(&up, "--format json");
    let text = bench.failed(&up, "").stderr;
    let error = document.json()["error"].clone();
    let field = |key: &str| error[key].as_str().unwrap_or_default();
    let told = ["message", "hint", "context", "statement"].map(field).join("\n");
    let begin = field("statement").lines().next().unwrap_or_default();
    let shown = begin.get(..20).unwrap_or(begin);
    let mut wrong = Vec::new();
    let mut must = |is: bool, what: &str| {
        if !is {
            wrong.push(format!("{engine} {up:?}: {what}\n{error:#}\n{text}"));
        }
    };
    must(field("file") == "migrations/auth/1_fails/up.sql", "the file");
    must((&error["line"], &error["column"]) == (&line.into(), &column.into()), &format!("not at {line}:{column}"));
    must(text.contains(&format!("up.sql:{line}:{column}")), "the place in the text");
    must(!begin.is_empty() && (up.contains(begin) || begin.contains("***")), "the statement");
    must(text.contains(shown), "the statement's beginning in the text");
    for word in *words {
        must(told.contains(word), &format!("{word:?} in the document"));
        must(text.contains(word), &format!("{word:?} in the text"));
    }
    must(!document.stdout.contains("s3kr3t") && !text.contains("s3kr3t"), "the secret");
    wrong
}

fn check_all(engine: Engine, rows: &[Row], manifest: &'static str) {
    let bench = Bench::new(engine, manifest);
    let wrong: Vec<String> = rows.iter().chain(&EVERYWHERE).flat_map(|row| complaints(&bench, row)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn on_postgres() {
    check_all(Engine::Postgres, &POSTGRES, "");
}

#[test]
fn on_mariadb() {
    check_all(Engine::Mariadb, &MARIADB, "");
}

#[test]
fn on_sqlite() {
    check_all(Engine::Sqlite, &SQLITE, "");
}

/// Where each statement commits by itself, the places are the same.
#[test]
fn on_postgres_statement_by_statement() {
    check_all(Engine::Postgres, &POSTGRES, "transaction = false\n");
}

#[test]
fn on_sqlite_statement_by_statement() {
    check_all(Engine::Sqlite, &SQLITE, "transaction = false\n");
}

/// What fails with the COMMIT is no statement's, and is said to be the COMMIT's.
#[test]
fn at_commit() {
    let (project, database) = fresh(Engine::Postgres);
    let up = "CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE b (a int CONSTRAINT b_to_a REFERENCES a DEFERRABLE \
              INITIALLY DEFERRED);\nINSERT INTO b VALUES (7);\n";
    script(&project, "auth", "1", &[], &[], up, "");
    let failed = json(&project, "upgrade").expect(1);
    let error = failed.json()["error"].clone();
    assert!(error["line"].is_null() && error["statement"].is_null(), "{failed}");
    assert!(error["message"].as_str().unwrap().contains("\"b_to_a\": Key (a)=(7)"), "{failed}");
    assert!(error["context"].as_str().unwrap().starts_with("at COMMIT"), "{failed}");
    let text = project.run_line("upgrade").expect(1).stderr;
    assert!(text.contains("error: migrations/auth/1_revision/up.sql: "), "{text}");
    assert!(text.contains("\n  note: at COMMIT"), "{text}");
    // One that fails before is not.
    script(&project, "auth", "1", &[], &[], &format!("{up}SELECT 1 / 0;\n"), "");
    let failed = json(&project, "upgrade").expect(1);
    assert_eq!(failed.json()["error"]["line"], 4, "{failed}");
    assert!(failed.json()["error"]["context"].is_null(), "{failed}");
    assert!(!database.query_strings("SELECT 1 FROM branchline_event WHERE outcome = 'failed'").is_empty());
}

/// A way down points into its own file.
#[test]
fn on_the_way_down() {
    for engine in Engine::ALL {
        let (project, _database) = fresh(engine);
        let down = "SELECT 1;\nDELETE FROM\n  never_there WHERE 1 = 1;\n";
        script(&project, "auth", "1", &[], &[], "CREATE TABLE a (id INTEGER);\n", down);
        json(&project, "upgrade").success();
        let failed = json(&project, "downgrade auth@base --yes").expect(1);
        let error = &failed.json()["error"];
        assert_eq!(error["file"], "migrations/auth/1_revision/down.sql", "{engine}\n{failed}");
        assert_eq!((&error["line"], &error["column"]), (&3.into(), &3.into()), "{engine}\n{failed}");
        assert_eq!(error["statement"], "DELETE FROM\n  never_there WHERE 1 = 1", "{engine}\n{failed}");
    }
}

/// A step of a portable script is the place, and the SQL that was made of it is shown.
#[test]
fn of_a_portable_step() {
    let column = |name: &str| format!("{{ name = \"{name}\", type = \"integer\", null = true }}");
    for (second, says) in [
        ("create_table = \"a\"\ncolumns = [COLUMN]\n", "CREATE TABLE"),
        ("rename_column = \"a.nosuch\"\nto = \"y\"\n", "RENAME COLUMN"),
        ("sql = \"SELECT nosuch FROM a\"\ndown = \"SELECT 1\"\n", "SELECT nosuch FROM a"),
    ] {
        let second = second.replace("COLUMN", &column("id"));
        let up = format!("[[step]]\ncreate_table = \"a\"\ncolumns = [{}]\n\n[[step]]\n{second}", column("id"));
        for engine in Engine::ALL {
            let run = |options: &str| {
                let (project, _database) = fresh(engine);
                project.revision("auth", "1_fails", "description = \"Fails\"\nparents = []\n", &[("up.toml", &up)]);
                project.run_line(&format!("upgrade {options}")).expect(1)
            };
            let document = run("--format json");
            let error = &document.json()["error"];
            assert_eq!(error["file"], "migrations/auth/1_fails/up.toml", "{engine}\n{document}");
            assert_eq!((&error["line"], error.get("column")), (&5.into(), None), "{engine}\n{document}");
            assert!(error["statement"].as_str().unwrap().contains(says), "{engine}\n{document}");
            let text = run("").stderr;
            assert!(text.contains("up.toml:5") && text.contains("\n  statement: "), "{engine}\n{text}");
            assert!(text.contains(says), "{engine}\n{text}");
        }
    }
}

/// Another session holds the lock that a statement waits for.
#[test]
fn waiting_for_a_lock() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let (project, database) = fresh(engine);
        script(&project, "auth", "1", &[], &[], "CREATE TABLE a (id INTEGER);\n", "SELECT 1;\n");
        json(&project, "upgrade").success();
        let up = "SELECT 1;\n ALTER TABLE a\n  ADD COLUMN b INTEGER;\n";
        script(&project, "auth", "2", &["1"], &[], up, "SELECT 1;\n");
        database.execute(if engine == Engine::Postgres {
            "BEGIN; LOCK TABLE a IN ACCESS SHARE MODE"
        } else {
            "START TRANSACTION; SELECT * FROM a"
        });
        let failed = json(&project, "upgrade --lock-timeout 1s").expect(1);
        database.execute("ROLLBACK");
        let error = &failed.json()["error"];
        assert_eq!((&error["line"], &error["column"]), (&2.into(), &2.into()), "{engine}\n{failed}");
        assert_eq!(error["statement"], "ALTER TABLE a\n  ADD COLUMN b INTEGER", "{engine}\n{failed}");
        assert!(error["hint"].as_str().unwrap().contains("another session holds the lock"), "{engine}\n{failed}");
    }
}
