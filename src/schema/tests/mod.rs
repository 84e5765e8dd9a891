//! What every operation is in every dialect, as text.

mod generated;
mod others;
mod refused;
mod tables;

use std::path::Path;

use super::{Error, PortableScript, Statement, parse};
use crate::dialect::Dialect;

fn read(text: &str) -> Result<PortableScript, Error> {
    parse(Path::new("up.toml"), text)
}

/// The way up, and behind `--` the way down, dialect by dialect.
fn all(text: &str) -> String {
    let script = read(&format!("[[step]]\n{text}")).unwrap();
    let mut lines = String::new();
    for dialect in Dialect::ALL {
        lines.push_str(&format!("[{dialect}]\n{}-- down\n{}", said(script.up(dialect)), said(script.down(dialect))));
    }
    lines
}

fn said(statements: Result<Vec<Statement>, Error>) -> String {
    match statements {
        Ok(statements) => statements
            .iter()
            .map(|statement| match statement {
                Statement::Sql { sql, .. } => format!("{sql};\n"),
                Statement::Alter(change) => format!("<{change}>\n"),
            })
            .collect(),
        Err(error) => format!("error: {error}\n  hint: {}\n", error.hint().unwrap_or_default()),
    }
}

#[test]
fn rows_are_deleted_only_by_what_finds_them_again() {
    for row in ["at = { function = \"now\" }", "data = { a = 1 }", "n = { sql = \"1\" }"] {
        let all = read(&format!("[[step]]\ninsert = \"t\"\nrows = [{{ id = 1, {row} }}]\n")).unwrap();
        assert_eq!(all.irreversible(Dialect::Postgres).len(), 1, "{row}");
        let keyed = read(&format!("[[step]]\ninsert = \"t\"\nkey = [\"id\"]\nrows = [{{ id = 1, {row} }}]\n")).unwrap();
        assert_eq!(keyed.irreversible(Dialect::Postgres), [], "{row}");
    }
}

#[test]
fn rows_are_not_sought_by_what_a_database_keeps_otherwise() {
    let down = |row: &str, r#type: &str| {
        let types = if r#type.is_empty() { String::new() } else { format!("types = {{ a = \"{type}\" }}\n") };
        let script = read(&format!("[[step]]\ninsert = \"t\"\nrows = [{{ a = {row} }}]\n{types}")).unwrap();
        script.down(Dialect::Postgres)
    };
    for (row, r#type, found) in [
        ("1.5", "", false),
        ("1.5", "real", false),
        ("1.5", "double", true),
        ("1.5", "decimal(10, 2)", true),
        ("1", "", true),
        ("'{}'", "json", false),
        ("'x'", "", true),
    ] {
        assert_eq!(down(row, r#type).is_ok(), found, "{row} {type}: {:?}", down(row, r#type));
    }
}

#[test]
fn an_enum_value_names_the_columns_that_hold_it() {
    let unnamed = read("[[step]]\nadd_enum_value = \"mood\"\nvalue = \"b\"\n").unwrap();
    assert!(unnamed.up(Dialect::Postgres).is_ok());
    assert!(unnamed.up(Dialect::Sqlite).is_err());
}

#[test]
fn a_type_that_changes_later_is_not_held_against_an_index() {
    let text = "[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"text\" }]\n\
                [[step]]\nalter_column = \"t.a\"\ntype = \"string(20)\"\nfrom = { type = \"text\" }\n\
                [[step]]\ncreate_index = \"i\"\ntable = \"t\"\ncolumns = [\"a\"]\n";
    assert_eq!(read(text).unwrap().check(&Dialect::ALL), []);
}

#[test]
fn finds_the_steps_without_a_way_down() {
    let script = read(
        "[[step]]\nsql = \"a\"\ndown = \"\"\n[[step]]\ndrop_column = \"t.c\"\n[[step]]\nsql = \"b\"\ndialects = [\"sqlite\"]\n",
    )
    .unwrap();
    let lines = |dialect: Dialect| -> Vec<Option<usize>> {
        script.irreversible(dialect).iter().map(|error| error.location().unwrap().line).collect()
    };
    assert_eq!(lines(Dialect::Postgres), [Some(5)]);
    assert_eq!(lines(Dialect::Sqlite), [Some(5), Some(7)]);
    assert_eq!(script.check(&Dialect::ALL), []);
    assert!(script.is_destructive(true));
    let whole = read("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"date\" }]\n").unwrap();
    assert_eq!(whole.irreversible(Dialect::Sqlite), []);
    assert!(!whole.is_destructive(true));
    assert!(whole.is_destructive(false));
    let raw = read("[[step]]\nsql = \"SELECT 1\"\ndown.postgres = \"TRUNCATE t\"\n").unwrap();
    assert!(raw.is_destructive(false) && !raw.is_destructive(true));
}

#[test]
fn marks_of_parameters_are_text() {
    let script = read(
        "[[step]]\ninsert = \"t\"\nrows = [{ a = \"?\", b = \"$1\", \"c?\" = \":x\", d = { sql = \"'?'\" } }]\nkey = [\"a\"]\n",
    );
    let script = script.unwrap();
    for dialect in Dialect::ALL {
        let up = said(script.up(dialect));
        assert!(up.ends_with("VALUES ('?', '$1', ':x', ('?'));\n"), "{up}");
        let down = said(script.down(dialect));
        assert!(down.contains("'?'") && down.len() < 60, "{down}");
    }
}

#[test]
fn statements_know_their_lines() {
    let script = read("\u{feff}# c\n[[step]]\nsql = \"a\"\n\n[[step]]\nrename_column = \"t.a\"\nto = \"b\"\n").unwrap();
    let lines: Vec<usize> = script.up(Dialect::Sqlite).unwrap().iter().map(Statement::line).collect();
    assert_eq!(lines, [2, 5]);
}

#[test]
fn neighbouring_changes_of_a_table_are_one_rebuild() {
    let text = "[[step]]\nalter_column = \"t.a\"\nnull = true\n[[step]]\nadd_unique = \"t\"\ncolumns = [\"a\"]\n\
                [[step]]\nadd_column = \"t.b\"\ntype = \"integer\"\nbackfill = \"a\"\n[[step]]\nadd_unique = \"u\"\ncolumns = [\"a\"]\n";
    let statements = read(text).unwrap().up(Dialect::Sqlite).unwrap();
    let counts: Vec<usize> = statements
        .iter()
        .map(|statement| match statement {
            Statement::Alter(change) => change.changes.len(),
            Statement::Sql { .. } => 0,
        })
        .collect();
    assert_eq!(counts, [2, 1, 1]);
}

#[test]
fn the_documentation_holds() {
    let page = include_str!("../../../docs/operations.md");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        assert_eq!(read(example).unwrap().check(&Dialect::ALL), []);
    }
    for operation in super::read::OPERATIONS {
        assert!(page.contains(&format!("| `{operation} = ")) || *operation == "sql", "{operation} is not in the table");
    }
}
