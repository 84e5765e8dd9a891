//! Every portable operation, up and down on three engines: what was before is what is after, and rows stay where they may.

mod support;

use std::path::Path;

use branchline::dialect::Dialect;
use branchline::schema::{
    ColumnInfo, PortableScript, Statement, TableChange, TableDefinition, complete_mysql, complete_sqlite, parse,
};

use support::dump::schema;
use support::{Engine, TestDatabase};

fn dialect(engine: Engine) -> Dialect {
    engine.name().parse().unwrap()
}

fn script(text: &str) -> PortableScript {
    parse(Path::new("up.toml"), text).unwrap_or_else(|error| panic!("{error} ({:?})\n{text}", error.hint()))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What the engine would do with the statements, without its transactions.
fn run(database: &TestDatabase, statements: &[Statement]) {
    try_run(database, statements).unwrap_or_else(|error| panic!("{}: {error}", database.engine()));
}

fn try_run(database: &TestDatabase, statements: &[Statement]) -> Result<(), String> {
    for statement in statements {
        match statement {
            Statement::Sql { sql, .. } => {
                database.try_execute(sql).map_err(|error| format!("{error}\n{sql}"))?;
            }
            Statement::Alter(change) => {
                let completed = complete(database, change)?;
                let text = if database.engine() == Engine::Sqlite {
                    format!("PRAGMA foreign_keys = OFF; BEGIN; {}; COMMIT", completed.join(";\n"))
                } else {
                    completed.join(";\n")
                };
                if !completed.is_empty() {
                    database.try_execute(&text).map_err(|error| format!("{error}\n{text}"))?;
                }
            }
        }
    }
    if database.engine() == Engine::Sqlite {
        let broken = database.query_strings("PRAGMA foreign_key_check");
        assert!(broken.is_empty(), "{broken:?}");
    }
    Ok(())
}

fn complete(database: &TestDatabase, change: &TableChange) -> Result<Vec<String>, String> {
    let name = change.table.name();
    if database.engine() == Engine::Mariadb {
        let shown = database.query_strings(&format!("SHOW CREATE TABLE `{}`", name.replace('`', "``")));
        return complete_mysql(change, shown[0][1].as_deref().unwrap()).map_err(|error| error.to_string());
    }
    complete_sqlite(change, &definition(database, name)).map_err(|error| error.to_string())
}

fn definition(database: &TestDatabase, name: &str) -> TableDefinition {
    let name = literal(name);
    let text = |cell: &Option<String>| cell.clone().unwrap();
    let columns = database.query_strings(&format!("SELECT name, hidden FROM pragma_table_xinfo({name}) ORDER BY cid"));
    let indexes = database.query_strings(&format!(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = {name} COLLATE NOCASE AND sql IS NOT NULL"
    ));
    let triggers = database.query_strings(&format!(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = {name} COLLATE NOCASE"
    ));
    TableDefinition {
        sql: database.query_value(&format!(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = {name} COLLATE NOCASE"
        )),
        columns: columns
            .iter()
            .map(|row| ColumnInfo { name: text(&row[0]), hidden: text(&row[1]).parse().unwrap() })
            .collect(),
        indexes: indexes.iter().map(|row| (text(&row[0]), text(&row[1]))).collect(),
        triggers: triggers.iter().map(|row| text(&row[0])).collect(),
        readers: Vec::new(),
    }
}

/// Goes up and down, twice; the schema and the rows of `people` are what they were.
fn there_and_back(before: &str, steps: &str) {
    for engine in Engine::ALL {
        let dialect = dialect(engine);
        let database = TestDatabase::new(engine);
        if !before.is_empty() {
            run(&database, &script(before).up(dialect).unwrap());
        }
        let script = script(steps);
        assert_eq!(script.check(&[dialect]), []);
        let was = schema(&database);
        for round in 0..2 {
            run(&database, &script.up(dialect).unwrap());
            let changed = schema(&database);
            assert!(
                round == 1 || changed != was || nothing_to_do(&script, dialect),
                "{engine}: nothing changed\n{steps}"
            );
            run(&database, &script.down(dialect).unwrap());
            pretty_equal(engine, &was, &schema(&database));
        }
    }
}

fn nothing_to_do(script: &PortableScript, dialect: Dialect) -> bool {
    let statements = script.up(dialect).unwrap();
    statements.iter().all(|statement| matches!(statement, Statement::Sql { sql, .. } if !sql.starts_with("ALTER")))
}

fn pretty_equal(engine: Engine, was: &[String], is: &[String]) {
    assert!(was == is, "{engine}: the schema is not what it was:\n{}\n---\n{}", was.join("\n"), is.join("\n"));
}

const PEOPLE: &str = r#"
[[step]]
create_table = "teams"
columns = [{ name = "id", type = "integer", primary_key = true }, { name = "name", type = "string(50)" }]

[[step]]
create_table = "people"
comment = "who is here"
columns = [
  { name = "id", type = "bigint", identity = true, primary_key = true },
  { name = "name", type = "string(100)", comment = "it's a name" },
  { name = "email", type = "string(255)", null = true, unique = true },
  { name = "age", type = "integer", null = true, check = "age >= 0" },
  { name = "team_id", type = "integer", null = true, references = "teams.id", on_delete = "set_null" },
  { name = "score", type = "decimal(10, 2)", default = 1.5 },
  { name = "active", type = "boolean", default = true },
  { name = "data", type = "json", null = true, default = "{}" },
  { name = "created_at", type = "timestamptz", default = { function = "now" } },
]
indexes = [
  { name = "ix_people_name", columns = ["name"] },
  { name = "ix_people_team", columns = ["team_id", { column = "name", order = "desc" }] },
]

[[step]]
insert = "teams"
rows = [{ id = 1, name = "red" }, { id = 2, name = "it's \"blue\" \\" }]

[[step]]
insert = "people"
rows = [{ name = "Ada", email = "ada@example.org", age = 36, team_id = 1 }, { name = "Bob", score = 2.25, active = false }]
"#;

#[test]
fn tables() {
    there_and_back("", PEOPLE);
    there_and_back(PEOPLE, "[[step]]\nrename_table = \"people\"\nto = \"persons\"\n");
    there_and_back(
        PEOPLE,
        r#"
[[step]]
create_table = "everything"
columns = [
  { name = "a", type = "boolean", default = false }, { name = "b", type = "smallint", default = 7 },
  { name = "c", type = "bigint", default = -1 }, { name = "d", type = "decimal" },
  { name = "e", type = "real", null = true }, { name = "f", type = "double", default = "0.8" },
  { name = "g", type = "string", default = "it's" }, { name = "h", type = "char(3)", default = "USD" },
  { name = "i", type = "text", default = "long \\ 'text'" }, { name = "j", type = "binary(20)", null = true },
  { name = "k", type = "bytes", null = true }, { name = "l", type = "date", default = { function = "today" } },
  { name = "m", type = "time", default = { function = "now" } },
  { name = "n", type = "timestamp", default = { function = "now" } },
  { name = "o", type = "uuid", default = { function = "random_uuid" }, primary_key = true },
  { name = "p", type = "json", default = "{}" }, { name = "q", type = "enum(mood)", default = "good" },
  { name = "r", type = "string[]", default = [] }, { name = "s", type = "integer[]", default = [1, 2] },
  { name = "t", type = "string(36)", default = { function = "random_uuid" } },
  { name = "u", type = "integer", generated = "b * 2" }, { name = "v", type = "timestamptz", default = 2024-02-03T04:05:06+01:00 },
  { name = "w", type = "integer", default = { sql = "1 + 2" } },
]
unique = [{ name = "uq_everything", columns = ["a", "b"] }]
checks = [{ name = "ck_everything", expression = "c < d" }]
foreign_keys = [{ name = "fk_everything", columns = ["c"], references = { table = "people", columns = ["id"] }, on_delete = "cascade" }]
indexes = [
  { name = "ix_partial", columns = ["g"], where = "b > 3", fallback = "plain" },
  { name = "ix_lower", columns = [{ expression = "lower(g)" }], fallback = "skip" },
  { name = "ix_gin", columns = ["p"], method = "gin", fallback = "skip" },
  { name = "ix_text", columns = [{ column = "i", length = 50 }] },
  { name = "ix_include", columns = ["h"], include = ["n"], fallback = "plain" },
]
"#
        .replacen("[[step]]", "[[step]]\ncreate_enum = \"mood\"\nvalues = [\"good\", \"it's bad\"]\n\n[[step]]", 1)
        .as_str(),
    );
    there_and_back(
        PEOPLE,
        "[[step]]\ndrop_table = \"things\"\nif_exists = true\ndown = \"\"\n[[step]]\ncreate_table = \"x\"\ncolumns = [{ name = \"a\", type = \"integer\", primary_key = true }]\nif_not_exists = true\n",
    );
}

#[test]
fn columns() {
    for (definition, backfill) in [
        ("type = \"text\"\nnull = true", ""),
        ("type = \"string(20)\"\ndefault = \"it's\"", ""),
        ("type = \"integer\"\nnull = true\ncheck = \"extra > 0\"", ""),
        ("type = \"integer\"\nnull = true\nunique = true", ""),
        ("type = \"integer\"\nnull = true\nreferences = \"teams.id\"", ""),
        ("type = \"integer\"\ndefault = 1\nreferences = \"teams.id\"\non_delete = \"cascade\"", ""),
        ("type = \"uuid\"\ndefault = { function = \"random_uuid\" }", ""),
        ("type = \"timestamptz\"\ndefault = { function = \"now\" }", ""),
        ("type = \"string(100)\"", "name"),
        ("type = \"integer\"\ndefault = 3\nunique = true", "id"),
        ("type = \"integer\"\ngenerated = \"age + 1\"\nnull = true", ""),
        (
            "type = \"integer\"\ngenerated.sqlite = \"age + 1\"\ngenerated.mysql = \"age + 1\"\ngenerated.postgres = \"age + 1\"\nstored = true\nnull = true",
            "",
        ),
        (
            "type = \"enum(mood)\"\nvalues = [\"a\", \"b\"]\nnative.postgres = \"text\"\ndefault = \"a\"\ncomment = \"c\"",
            "",
        ),
    ] {
        let backfill = if backfill.is_empty() { String::new() } else { format!("backfill = \"{backfill}\"\n") };
        there_and_back(PEOPLE, &format!("[[step]]\nadd_column = \"people.extra\"\n{definition}\n{backfill}"));
    }
    there_and_back(PEOPLE, "[[step]]\nrename_column = \"people.email\"\nto = \"mail\"\n");
}

#[test]
fn a_not_null_column_needs_rows_to_get_something() {
    let step = "[[step]]\nadd_column = \"people.extra\"\ntype = \"integer\"\n";
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        run(&database, &script(PEOPLE).up(dialect(engine)).unwrap());
        assert!(try_run(&database, &script(step).up(dialect(engine)).unwrap()).is_err(), "{engine}");
        let database = TestDatabase::new(engine);
        run(&database, &script(PEOPLE).up(dialect(engine)).unwrap());
        database.execute("DELETE FROM people");
        run(&database, &script(step).up(dialect(engine)).unwrap());
    }
}

#[test]
fn dropped_columns_come_back() {
    // At the end of the table, and without the indexes that went along: so only what can be the same is compared.
    let drop = "[[step]]\nadd_column = \"people.last\"\ntype = \"string(5)\"\ndefault = \"x\"\n[[step]]\ncreate_index = \"ix_last\"\ntable = \"people\"\ncolumns = [\"last\", \"name\"]\n";
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        let dialect = dialect(engine);
        run(&database, &script(PEOPLE).up(dialect).unwrap());
        let was = schema(&database);
        run(&database, &script(drop).up(dialect).unwrap());
        let dropped = script("[[step]]\ndrop_column = \"people.last\"\ntype = \"string(5)\"\ndefault = \"x\"\n");
        run(&database, &dropped.up(dialect).unwrap());
        pretty_equal(engine, &was, &schema(&database));
        run(&database, &dropped.down(dialect).unwrap());
        run(&database, &dropped.up(dialect).unwrap());
        pretty_equal(engine, &was, &schema(&database));
        for column in ["team_id", "age", "email", "data", "created_at"] {
            let text = format!(
                "[[step]]\ndrop_column = \"people.{column}\"\n[[step]]\ndrop_column = \"people.{column}\"\nif_exists = true\n"
            );
            run(&database, &script(&text).up(dialect).unwrap());
            assert!(
                !schema(&database).iter().any(|line| line.contains(column) && line.starts_with("people")),
                "{engine} {column}"
            );
        }
        assert_eq!(database.query_value("SELECT count(*) FROM people"), "2");
        assert_eq!(database.query_value("SELECT name FROM people WHERE id = 1"), "Ada");
    }
}

#[test]
fn altered_columns() {
    for change in [
        "alter_column = \"people.name\"\nnull = true",
        "alter_column = \"people.email\"\nnull = false\nbackfill = \"name\"",
        "alter_column = \"people.name\"\ntype = \"string(200)\"\nfrom = { type = \"string(100)\" }",
        "alter_column = \"people.name\"\ndefault = \"it's\"\nfrom = { drop_default = true }",
        "alter_column = \"people.score\"\ndrop_default = true\nfrom = { default = 1.5 }",
        "alter_column = \"people.data\"\ndefault = '{\"a\": \"b\\\\\"}'\nfrom = { default = \"{}\", type = \"json\" }\ntype = \"json\"",
        "alter_column = \"people.name\"\ncomment = \"other\"\nfrom = { comment = \"it's a name\" }",
        "alter_column = \"people.age\"\ntype = \"bigint\"\nnull = false\nbackfill = \"0\"\nfrom = { type = \"integer\" }",
        "alter_column = \"people.active\"\nnull = true\ndefault = false\nfrom = { default = true, type = \"boolean\" }\ntype = \"boolean\"",
    ] {
        there_and_back(PEOPLE, &format!("[[step]]\n{change}\n"));
    }
}

#[test]
fn indexes() {
    for step in [
        "create_index = \"ix\"\ntable = \"people\"\ncolumns = [\"age\", { column = \"name\", order = \"desc\" }]\nunique = true",
        "create_index = \"ix\"\ntable = \"people\"\ncolumns = [\"age\"]\nwhere = \"age > 3\"\nfallback = \"plain\"",
        "create_index = \"ix\"\ntable = \"people\"\ncolumns = [\"age\"]\nif_not_exists = true",
        "create_index = \"ix\"\ntable = \"people\"\ncolumns = [{ expression = \"lower(name)\" }]\nfallback = \"skip\"",
        "create_index = \"ix\"\ntable = \"people\"\ncolumns = [\"team_id\"]",
        "drop_index = \"ix_people_name\"\ntable = \"people\"\ncolumns = [\"name\"]",
        "drop_index = \"ix_people_team\"\ntable = \"people\"\ncolumns = [\"team_id\", { column = \"name\", order = \"desc\" }]",
        "rename_index = \"ix_people_name\"\ntable = \"people\"\nto = \"other\"",
    ] {
        there_and_back(PEOPLE, &format!("[[step]]\n{step}\n"));
    }
}

#[test]
fn constraints() {
    for step in [
        "add_unique = \"people\"\ncolumns = [\"name\", \"age\"]",
        "add_check = \"people\"\nname = \"ck\"\nexpression = \"age < 200\"",
        "drop_unique = \"people\"\nname = \"uq_people_email\"\ncolumns = [\"email\"]",
        "drop_foreign_key = \"people\"\nname = \"fk_people_team_id\"\ncolumns = [\"team_id\"]\nreferences = \"teams.id\"\non_delete = \"set_null\"",
        "drop_check = \"people\"\nname = \"ck_people_age\"\nexpression = \"age >= 0\"",
        "drop_primary_key = \"teams\"\ncolumns = [\"id\"]\n[[step]]\nadd_primary_key = \"teams\"\ncolumns = [\"id\", \"name\"]",
    ] {
        let before = if step.contains("_primary_key") {
            "[[step]]\ncreate_table = \"teams\"\ncolumns = [{ name = \"id\", type = \"integer\", primary_key = true }, { name = \"name\", type = \"string(50)\" }]\n".to_owned()
        } else {
            PEOPLE.to_owned()
        };
        there_and_back(&before, &format!("[[step]]\n{step}\n"));
    }
    let before = PEOPLE.replace("age = 36, ", "age = 1, ");
    there_and_back(
        &before,
        "[[step]]\nadd_foreign_key = \"people\"\ncolumns = [\"age\"]\nreferences = \"teams.id\"\non_delete = \"cascade\"\n",
    );
}

#[test]
fn comments_enums_rows_and_sql() {
    there_and_back(
        PEOPLE,
        "[[step]]\ncomment_on = \"people\"\ncomment = \"it's \\\\ other\"\nfrom = \"who is here\"\n",
    );
    there_and_back(PEOPLE, "[[step]]\ncomment_on = \"people.age\"\ncolumn = true\ncomment = \"years\"\n");
    let enums = r#"
[[step]]
create_enum = "mood"
values = ["a", "c"]
[[step]]
create_table = "moody"
columns = [{ name = "id", type = "integer", primary_key = true }, { name = "mood", type = "enum(mood)", default = "a" }]
"#;
    there_and_back(PEOPLE, enums);
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        let dialect = dialect(engine);
        run(&database, &script(enums).up(dialect).unwrap());
        let add = script(
            "[[step]]\nadd_enum_value = \"mood\"\nvalue = \"it's b\"\nafter = \"a\"\ncolumns = [\"moody.mood\"]\n",
        );
        assert_eq!(add.irreversible(dialect).len(), 1);
        run(&database, &add.up(dialect).unwrap());
        let text = "[[step]]\ninsert = \"moody\"\nrows = [{ id = 1, mood = \"it's b\" }, { id = 2 }]\nkey = [\"id\"]\n";
        run(&database, &script(text).up(dialect).unwrap());
        assert_eq!(database.query_value("SELECT mood FROM moody WHERE id = 1"), "it's b");
        run(&database, &script(text).down(dialect).unwrap());
        assert_eq!(database.query_value("SELECT count(*) FROM moody"), "0");
    }
}

#[test]
fn an_enum_value_is_added_once() {
    let mood = "[[step]]\ncreate_enum = \"mood\"\nvalues = [\"a\", \"it's c\"]\n[[step]]\ncreate_table = \"moody\"\n\
                columns = [{ name = \"mood\", type = \"enum(mood)\", default = \"a\" }]\n";
    let add = |value: &str, more: &str| {
        script(&format!("[[step]]\nadd_enum_value = \"mood\"\nvalue = \"{value}\"\ncolumns = [\"moody.mood\"]\n{more}"))
    };
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        let dialect = dialect(engine);
        run(&database, &script(mood).up(dialect).unwrap());
        run(&database, &add("b", "before = \"it's c\"").up(dialect).unwrap());
        let was = schema(&database);
        for value in ["a", "b", "it's c"] {
            let error = try_run(&database, &add(value, "").up(dialect).unwrap()).unwrap_err();
            assert!(error.contains("already") && error.contains(&value[..1]), "{engine}: {error}");
            assert!(try_run(&database, &add(value, "after = \"a\"").up(dialect).unwrap()).is_err(), "{engine}");
            run(&database, &add(value, "if_not_exists = true").up(dialect).unwrap());
            pretty_equal(engine, &was, &schema(&database));
        }
        assert!(try_run(&database, &add("x", "after = \"none\"").up(dialect).unwrap()).is_err(), "{engine}");
        run(&database, &add("d", "if_not_exists = true").up(dialect).unwrap());
        database.execute("INSERT INTO moody VALUES ('b'), ('d')");
    }
}

#[test]
fn an_enum_has_the_values_that_were_added_before() {
    let steps = "[[step]]\ncreate_enum = \"mood\"\nvalues = [\"a\"]\n\
                 [[step]]\nadd_enum_value = \"mood\"\nvalue = \"b\"\ncolumns = []\ndown = \"\"\n\
                 [[step]]\ncreate_table = \"moody\"\ncolumns = [{ name = \"mood\", type = \"enum(mood)\" }]\n\
                 [[step]]\nadd_enum_value = \"mood\"\nvalue = \"c\"\ncolumns = [\"moody.mood\"]\ndown = \"\"\n";
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        run(&database, &script(steps).up(dialect(engine)).unwrap());
        database.execute("INSERT INTO moody VALUES ('b'), ('c')");
        assert!(database.try_execute("INSERT INTO moody VALUES ('d')").is_err(), "{engine}");
    }
}

#[test]
fn a_primary_key_holds_something() {
    let columns = "columns = [{ name = \"a\", type = \"string(9)\", null = true }, { name = \"b\", type = \"integer\", null = true }]\n";
    let key = "primary_key = [\"a\", \"b\"]\n";
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        let go = |text: &str| try_run(&database, &script(text).up(dialect(engine)).unwrap());
        go(&format!("[[step]]\ncreate_table = \"made\"\n{columns}{key}")).unwrap();
        assert!(database.try_execute("INSERT INTO made VALUES ('x', NULL)").is_err(), "{engine}");
        go(&format!("[[step]]\ncreate_table = \"added\"\n{columns}")).unwrap();
        database.execute("INSERT INTO added VALUES ('x', NULL)");
        assert!(go("[[step]]\nadd_primary_key = \"added\"\ncolumns = [\"a\", \"b\"]\n").is_err(), "{engine}");
        if engine == Engine::Sqlite {
            database.execute("PRAGMA legacy_alter_table = OFF");
        }
        database.execute("DELETE FROM added");
        go("[[step]]\nadd_primary_key = \"added\"\ncolumns = [\"a\", \"b\"]\n").unwrap();
        assert!(database.try_execute("INSERT INTO added VALUES ('x', NULL)").is_err(), "{engine}");
    }
}

const NOTES: &str = r#"
[[step]]
create_table = "notes"
columns = [
  { name = "id", type = "integer", primary_key = true },
  { name = "tags", type = "string[]", default = ["it's", "a \\ \"b\", c"] },
  { name = "grid", type = "integer[][]", default = [[1, 2], [3, 4]] },
  { name = "data", type = "json", default = [1, "b"] },
  { name = "day", type = "date", default = { function = "today" } },
  { name = "clock", type = "time", default = { function = "now" } },
  { name = "local", type = "timestamp", default = { function = "now" } },
  { name = "moment", type = "timestamptz", default = { function = "now" } },
]
"#;

/// The values of row 2 in the words of its columns' defaults, which row 1 gets.
const SAME_AS_DEFAULTS: &str = r#"
insert = "notes"
key = ["id"]
rows = [{ id = 1 }, { id = 2, tags = ["it's", "a \\ \"b\", c"], grid = [[1, 2], [3, 4]], data = [1, "b"], \
day = { function = "today" }, clock = { function = "now" }, local = { function = "now" }, moment = { function = "now" } }]
"#;

#[test]
fn a_row_holds_what_a_default_would() {
    let insert = SAME_AS_DEFAULTS.replace("\\\n", "");
    let types = "types = { tags = \"string[]\", grid = \"integer[][]\", data = \"json\", clock = \"time\", local = \"timestamp\", moment = \"timestamptz\" }";
    for engine in Engine::ALL {
        for (before, step) in [
            ("", format!("{NOTES}\n[[step]]{insert}")),
            (NOTES, format!("[[step]]{insert}{types}\n")),
            (
                NOTES,
                format!(
                    "[[step]]\nrename_table = \"notes\"\nto = \"old\"\n{NOTES}\n[[step]]{insert}[[step]]\ndrop_table = \"old\"\n"
                ),
            ),
        ] {
            let database = TestDatabase::new(engine);
            match engine {
                Engine::Mariadb => database.execute("SET time_zone = '+05:00'"),
                Engine::Postgres => database.execute("SET time zone '+05:00'"),
                Engine::Sqlite => {}
            }
            if !before.is_empty() {
                run(&database, &script(before).up(dialect(engine)).unwrap());
            }
            run(&database, &script(&step).up(dialect(engine)).unwrap());
            let rows = database.query_strings("SELECT * FROM notes ORDER BY id");
            let shape = |row: &[Option<String>]| -> Vec<String> {
                row[1..].iter().map(|cell| without_seconds(cell.as_deref().unwrap())).collect()
            };
            assert_eq!(shape(&rows[0]), shape(&rows[1]), "{engine}");
        }
        // The type decides, and nobody says it.
        let unknown = script(&format!("[[step]]{insert}"));
        assert!(unknown.up(dialect(engine)).is_err(), "{engine}");
    }
}

/// Digits of minutes, seconds and their fractions as `#`, so that what was done a moment later looks alike.
fn without_seconds(value: &str) -> String {
    let from = value.find(':').unwrap_or(value.len());
    let (hours, rest) = value.split_at(from);
    let rest: String = rest.chars().map(|character| if character.is_ascii_digit() { '#' } else { character }).collect();
    // PostgreSQL leaves out zeros at the end of a fraction.
    let (seconds, fraction) = rest.split_once('.').unwrap_or((&rest, ""));
    format!("{hours}{seconds}.{}", fraction.trim_start_matches('#'))
}

#[test]
fn names_and_texts_stay_what_they_are() {
    let evil = r#"a"; DROP TABLE teams; --`]["#;
    let toml = toml_text(evil);
    there_and_back(
        "[[step]]\ncreate_table = \"teams\"\ncolumns = [{ name = \"id\", type = \"integer\", primary_key = true }]\n",
        &format!(
            r#"
[[step]]
create_table = {toml}
comment = {toml}
columns = [
  {{ name = {toml}, type = "integer", comment = {toml} }},
  {{ name = "text", type = "string(50)", default = {toml}, unique = true, null = true }},
  {{ name = "id", type = "integer", references = "teams.id", null = true }},
]
indexes = [{{ name = {index}, columns = [{toml}] }}]
checks = [{{ name = {check}, expression = "1 = 1" }}]

[[step]]
insert = {toml}
rows = [{{ {toml} = 1, text = {toml} }}]

[[step]]
rename_index = {index}
table = {toml}
to = {renamed}

[[step]]
add_unique = {toml}
columns = [{toml}]
name = {unique}

[[step]]
rename_column = {path}
to = "plain"
"#,
            index = toml_text(&format!("i{evil}")),
            check = toml_text(&format!("c{evil}")),
            renamed = toml_text(&format!("r{evil}")),
            unique = toml_text(&format!("u{evil}")),
            path = toml_text(&format!("{evil}.{evil}")),
        ),
    );
}

fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The sample project, revision by revision: up, down to nothing, and up again.
#[test]
fn the_sample_project() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for branch in ["auth", "specs"] {
        let mut folders: Vec<_> =
            std::fs::read_dir(root.join(branch)).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        let files: Vec<_> = folders.iter().map(|folder| folder.join("up.toml")).filter(|file| file.exists()).collect();
        assert!(files.len() >= 3);
        let scripts: Vec<PortableScript> = files
            .iter()
            .map(|file| parse(file, &std::fs::read_to_string(file).unwrap()).unwrap_or_else(|error| panic!("{error}")))
            .collect();
        for script in &scripts {
            assert_eq!(script.check(&Dialect::ALL), []);
        }
        for engine in Engine::ALL {
            let dialect = dialect(engine);
            let database = TestDatabase::new(engine);
            let mut before = Vec::new();
            for script in &scripts {
                before.push(schema(&database));
                run(&database, &script.up(dialect).unwrap());
            }
            let all = schema(&database);
            for (script, was) in scripts.iter().zip(&before).rev() {
                run(&database, &script.down(dialect).unwrap());
                pretty_equal(engine, was, &schema(&database));
            }
            for script in &scripts {
                run(&database, &script.up(dialect).unwrap());
            }
            pretty_equal(engine, &all, &schema(&database));
        }
    }
}
