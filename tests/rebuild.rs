//! SQLite's rebuilds keep what the portable file does not know.

mod support;

use std::path::Path;

use branchline::dialect::Dialect;
use branchline::schema::{ColumnInfo, Statement, TableDefinition, complete_sqlite, parse};

use support::{Engine, TestDatabase};

/// Runs a script on SQLite in one transaction a change, as the engine does.
fn run(database: &TestDatabase, text: &str) -> Result<(), String> {
    let script = parse(Path::new("up.toml"), text).map_err(|error| error.to_string())?;
    for statement in script.up(Dialect::Sqlite).map_err(|error| error.to_string())? {
        let sql = match statement {
            Statement::Sql { sql, .. } => sql,
            Statement::Alter(change) => {
                let completed = complete_sqlite(&change, &definition(database, change.table.name()));
                completed.map_err(|error| error.to_string())?.join(";\n")
            }
        };
        let all = format!("PRAGMA foreign_keys = OFF; BEGIN; {sql}; COMMIT; PRAGMA foreign_keys = ON");
        database.try_execute(&all).map_err(|error| format!("{error}\n{all}"))?;
    }
    let broken = database.query_strings("PRAGMA foreign_key_check");
    if broken.is_empty() { Ok(()) } else { Err(format!("{broken:?}")) }
}

fn definition(database: &TestDatabase, name: &str) -> TableDefinition {
    let texts = |sql: String| -> Vec<Vec<String>> {
        let rows = database.query_strings(&sql).into_iter();
        rows.map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
    };
    TableDefinition {
        sql: database.query_value(&format!("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{name}' COLLATE NOCASE")),
        columns: texts(format!("SELECT name, hidden FROM pragma_table_xinfo('{name}') ORDER BY cid"))
            .into_iter()
            .map(|row| ColumnInfo { name: row[0].clone(), hidden: row[1].parse().unwrap() })
            .collect(),
        indexes: texts(format!(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{name}' COLLATE NOCASE AND sql IS NOT NULL"
        ))
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect(),
        triggers: texts(format!("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{name}' COLLATE NOCASE"))
            .into_iter()
            .map(|row| row[0].clone())
            .collect(),
        readers: texts(format!(
            "SELECT name, sql FROM sqlite_master WHERE type = 'view' OR type = 'trigger' AND tbl_name <> '{name}' COLLATE NOCASE"
        ))
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect(),
    }
}

fn sql_of(database: &TestDatabase, name: &str) -> String {
    database.query_value(&format!("SELECT sql FROM sqlite_master WHERE name = '{name}'"))
}

const RICH: &str = "
CREATE TABLE other (id INTEGER PRIMARY KEY, t INTEGER REFERENCES rich(id) ON DELETE CASCADE);
CREATE TABLE rich (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key, and a comma
    [odd name] TEXT COLLATE NOCASE DEFAULT 'a,b' CHECK (\"odd name\" <> 'x)'), /* (, */
    parent INTEGER CONSTRAINT up REFERENCES rich(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    n INT NOT NULL ON CONFLICT IGNORE DEFAULT -1,
    twice INT GENERATED ALWAYS AS (n * 2) STORED,
    CONSTRAINT small CHECK (n < 100), UNIQUE (n, parent)
);
CREATE INDEX ix ON rich (n DESC) WHERE n > 0;
CREATE INDEX ix_name ON rich (lower([odd name]));
CREATE VIEW seen AS SELECT id, n FROM rich;
CREATE TABLE log (what TEXT);
CREATE TRIGGER told AFTER UPDATE ON rich BEGIN INSERT INTO log VALUES (new.n); END;
CREATE TRIGGER asks AFTER INSERT ON log BEGIN UPDATE rich SET n = n + 1 WHERE id = 1; END;
INSERT INTO rich (id, \"odd name\", n) VALUES (1, 'one', 1), (2, NULL, 2), (9, 'nine', 9);
DELETE FROM rich WHERE id = 9;
INSERT INTO other VALUES (1, 1), (2, 2);
";

#[test]
fn everything_around_a_changed_column_stays() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(RICH);
    run(
        &database,
        "[[step]]\nalter_column = \"rich.n\"\ntype = \"bigint\"\nnull = true\ndefault = 5\n\
         [[step]]\nadd_unique = \"rich\"\ncolumns = [\"id\", \"n\"]\nname = \"uq\"\n\
         [[step]]\nadd_column = \"rich.token\"\ntype = \"uuid\"\ndefault = { function = \"random_uuid\" }\n",
    )
    .unwrap();
    insta::assert_snapshot!(sql_of(&database, "rich"), @r#"
CREATE TABLE "rich" (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key, and a comma
    [odd name] TEXT COLLATE NOCASE DEFAULT 'a,b' CHECK ("odd name" <> 'x)'), /* (, */
    parent INTEGER CONSTRAINT up REFERENCES rich(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    n bigint DEFAULT 5,
    twice INT GENERATED ALWAYS AS (n * 2) STORED,
    "token" text NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    CONSTRAINT small CHECK (n < 100), UNIQUE (n, parent), CONSTRAINT "uq" UNIQUE ("id", "n")
)
"#);
    assert_eq!(database.query_value("SELECT group_concat(id || ' ' || n || ' ' || twice) FROM rich"), "1 1 2,2 2 4");
    assert_eq!(
        database.query_value("SELECT count(*) FROM sqlite_master WHERE name IN ('ix', 'ix_name', 'told', 'asks')"),
        "4"
    );
    assert_eq!(
        database.query_value(
            "SELECT count(DISTINCT token) FROM rich WHERE token LIKE '________-____-4___-____-____________'"
        ),
        "2"
    );
    // The next number is one that no row ever had.
    database.execute("INSERT INTO rich (n) VALUES (10)");
    assert_eq!(database.query_value("SELECT max(id) FROM rich"), "10");
    database.execute("UPDATE rich SET n = 50 WHERE id = 2");
    assert_eq!(database.query_value("SELECT count(*) FROM log"), "1");
    assert_eq!(database.query_value("SELECT count(*) FROM seen"), "3");
    database.execute("PRAGMA foreign_keys = ON; DELETE FROM rich WHERE id = 2");
    assert_eq!(database.query_value("SELECT count(*) FROM other"), "1");
}

#[test]
fn constraints_of_a_dropped_column_go_with_it() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(RICH);
    let drop = "[[step]]\ndrop_column = \"rich.n\"\n";
    let read = run(&database, drop).unwrap_err();
    assert!(read.contains("`seen` reads column `n`"), "{read}");
    database.execute("DROP VIEW seen");
    let read = run(&database, drop).unwrap_err();
    assert!(read.contains("`asks` reads column `n`"), "{read}");
    database.execute("DROP TRIGGER asks");
    let read = run(&database, drop).unwrap_err();
    assert!(read.contains("a trigger of the table reads column `n`"), "{read}");
    database.execute("DROP TRIGGER told");
    let computed = run(&database, drop).unwrap_err();
    assert!(computed.contains("a generated column"), "{computed}");
    run(&database, "[[step]]\ndrop_column = \"rich.twice\"\n").unwrap();
    run(&database, "[[step]]\ndrop_column = \"rich.n\"\n[[step]]\ndrop_foreign_key = \"rich\"\nname = \"up\"\n")
        .unwrap();
    insta::assert_snapshot!(sql_of(&database, "rich"), @r#"
CREATE TABLE "rich" (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key, and a comma
    [odd name] TEXT COLLATE NOCASE DEFAULT 'a,b' CHECK ("odd name" <> 'x)'), /* (, */
    parent INTEGER
)
"#);
    assert_eq!(database.query_value("SELECT group_concat(name) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'rich' AND sql IS NOT NULL"), "ix_name");
}

#[test]
fn strict_and_without_rowid_stay() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(
        "CREATE TABLE pair (a TEXT, b INT, c ANY, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID; INSERT INTO pair VALUES ('x', 1, 2.5)",
    );
    run(&database, "[[step]]\nalter_column = \"pair.c\"\nnull = false\ndefault = \"d\"\n").unwrap();
    insta::assert_snapshot!(sql_of(&database, "pair"), @r#"CREATE TABLE "pair" (a TEXT, b INT, c ANY NOT NULL DEFAULT 'd', PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID"#);
    assert_eq!(database.query_value("SELECT a || b || c FROM pair"), "x12.5");
}

#[test]
fn a_rebuild_that_rows_refuse_leaves_the_table() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(RICH);
    let was = sql_of(&database, "rich");
    let refused = run(&database, "[[step]]\nalter_column = \"rich.parent\"\nnull = false\n").unwrap_err();
    assert!(refused.contains("NOT NULL constraint failed"), "{refused}");
    assert_eq!(sql_of(&database, "rich"), was);
    assert_eq!(database.query_value("SELECT count(*) FROM rich"), "2");
}

#[test]
fn fills_what_must_not_be_null_and_converts_what_gets_another_type() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(RICH);
    run(
        &database,
        "[[step]]\nalter_column = \"rich.parent\"\nnull = false\nbackfill = \"id -- itself\"\n\
         [[step]]\nalter_column = \"rich.odd name\"\ntype = \"integer\"\nusing = \"length([odd name])\"\ndrop_default = true\n",
    )
    .unwrap();
    assert_eq!(database.query_value("SELECT group_concat(parent || coalesce(\"odd name\", '-')) FROM rich"), "13,2-");
}

/// A column that is added with what rows get, and changed right after: the rows get that, and not the column's name.
#[test]
fn a_column_that_is_added_and_changed_at_once_keeps_its_rows() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO people VALUES (1, 'a@x'), (2, 'b@x')",
    );
    run(
        &database,
        "[[step]]\nadd_column = \"people.slug\"\ntype = \"string(100)\"\nbackfill = \"email\"\n\
         [[step]]\nalter_column = \"people.slug\"\ntype = \"string(150)\"\nfrom = { type = \"string(100)\" }\n",
    )
    .unwrap();
    assert_eq!(database.query_value("SELECT group_concat(slug) FROM people"), "a@x,b@x");
}

/// A constraint that drops or replaces rows in silence must not do so with those that are there.
#[test]
fn a_conflict_while_copying_is_an_error_whatever_the_table_says() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(
        "CREATE TABLE t (a TEXT UNIQUE ON CONFLICT REPLACE, b INT NOT NULL ON CONFLICT IGNORE DEFAULT 1);
         INSERT INTO t VALUES ('aa', 1), ('ab', 2)",
    );
    for (using, expected) in [("a", "UNIQUE"), ("b", "NOT NULL")] {
        let using = if using == "a" { "a\"\nusing = \"substr(a, 1, 1)" } else { "b\"\nusing = \"nullif(b, 1)" };
        let refused = run(&database, &format!("[[step]]\nalter_column = \"t.{using}\"\ntype = \"string(9)\"\n"));
        assert!(refused.unwrap_err().contains(expected), "{expected}");
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "2");
    }
}

#[test]
fn a_table_called_in_other_letters_keeps_its_name_and_its_counter() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(
        "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT);
         INSERT INTO people (n) VALUES (1), (2); DELETE FROM people WHERE id = 2",
    );
    let was = sql_of(&database, "people");
    // Only an INTEGER is numbered: as another whole number it stays what it is, and the table is not touched.
    run(&database, "[[step]]\nalter_column = \"People.ID\"\ntype = \"bigint\"\n").unwrap();
    assert_eq!(sql_of(&database, "people"), was);
    run(&database, "[[step]]\nalter_column = \"People.N\"\ntype = \"bigint\"\n").unwrap();
    assert!(sql_of(&database, "people").contains("n bigint"));
    database.execute("INSERT INTO people (n) VALUES (3)");
    assert_eq!(database.query_value("SELECT max(id) FROM people"), "3");
}

#[test]
fn a_function_is_no_column() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(
        "CREATE TABLE t (a TEXT, lower INT, length INT, CHECK (length(a) > 0)); CREATE INDEX ix ON t (lower(a))",
    );
    run(&database, "[[step]]\ndrop_column = \"t.length\"\n[[step]]\ndrop_column = \"t.lower\"\n").unwrap();
    assert!(sql_of(&database, "t").contains("CHECK (length(a) > 0)"), "{}", sql_of(&database, "t"));
    assert_eq!(sql_of(&database, "ix"), "CREATE INDEX ix ON t (lower(a))");
}
