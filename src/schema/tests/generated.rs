//! Whatever a file says, nothing panics: not reading it, not saying it in a dialect, not completing it.

use std::path::Path;

use proptest::prelude::*;

use crate::dialect::Dialect;
use crate::schema::{ColumnInfo, Statement, TableDefinition, complete_mysql, complete_sqlite, parse};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("t".to_owned()),
        Just("s.t".to_owned()),
        Just("t.c".to_owned()),
        Just("c".to_owned()),
        Just("mood".to_owned()),
        "[a-z.'\"`\\\\\\[\\](),;?$ -]{0,8}",
        "\\PC{0,5}",
    ]
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn a_type() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "decimal",
        "decimal(10, 2)",
        "real",
        "double",
        "string",
        "string(20)",
        "string(20000)",
        "char(3)",
        "text",
        "binary(3)",
        "bytes",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "interval",
        "uuid",
        "json",
        "enum(mood)",
        "integer[]",
        "enum(mood)[]",
        "vector(3)",
    ])
    .prop_map(quoted_str)
}

fn quoted_str(text: &str) -> String {
    quoted(text)
}

/// A value of about any kind, for about any key.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text().prop_map(|text| quoted(&text)),
        1 => any::<bool>().prop_map(|truth| truth.to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:?}")),
        1 => Just("2024-02-03T04:05:60.123456789-13:30".to_owned()),
        1 => Just("0000-01-01T00:00:00+13:00".to_owned()),
        1 => Just("12:30:00".to_owned()),
        2 => prop::collection::vec(text().prop_map(|text| quoted(&text)), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
        1 => prop::sample::select(vec!["now", "today", "random_uuid"]).prop_map(|name| format!("{{ function = \"{name}\" }}")),
        1 => text().prop_map(|text| format!("{{ sql = {} }}", quoted(&text))),
        1 => text().prop_map(|text| format!("{{ postgres = {0}, sqlite = {0} }}", quoted(&text))),
        1 => Just("{ uuid = \"6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11\" }".to_owned()),
        1 => Just("{ table = \"u\", columns = [\"id\"] }".to_owned()),
    ]
}

fn column_keys() -> impl Strategy<Value = String> {
    let flags = prop::sample::subsequence(
        vec![
            "null = true",
            "primary_key = true",
            "unique = true",
            "identity = true",
            "comment = \"it's\"",
            "check = \"c > 1\"",
            "collation = \"x\"",
            "references = \"u.id\"",
            "generated = \"1\"",
            "stored = false",
            "values = [\"a\", \"b'\"]",
            "native.mysql = \"x\"",
            "on_delete = \"set_default\"",
            "backfill = \"1\"",
        ],
        0..4,
    );
    (a_type(), prop::option::of(value()), flags).prop_map(|(r#type, default, flags)| {
        let mut keys = vec![format!("type = {type}")];
        keys.extend(default.map(|value| format!("default = {value}")));
        keys.extend(flags.into_iter().map(str::to_owned));
        keys.join("\n")
    })
}

/// A step that is well formed more often than not.
fn step() -> impl Strategy<Value = String> {
    let index = "columns = [\"c\", { column = \"d\", order = \"desc\", nulls = \"last\", length = 5 }]";
    prop_oneof![
        (text(), column_keys()).prop_map(|(table, keys)| {
            let keys = keys.replace('\n', ", ").replace("backfill = \"1\"", "comment = \"x\"");
            format!("create_table = {}\ncolumns = [{{ name = \"c\", {keys} }}]", quoted(&table))
        }),
        (text(), column_keys())
            .prop_map(|(column, keys)| format!("add_column = {}\n{keys}", quoted(&format!("t.{column}")))),
        (text(), column_keys())
            .prop_map(|(column, keys)| format!("drop_column = {}\n{keys}", quoted(&format!("t.{column}")))),
        (a_type(), value()).prop_map(|(r#type, value)| format!(
            "alter_column = \"t.c\"\ntype = {type}\ndefault = {value}\nnull = false"
        )),
        value().prop_map(|value| format!("alter_column = \"t.c\"\ndefault = {value}")),
        (text(), prop::sample::select(vec!["btree", "hash", "gin", "hnsw", "fulltext", "spatial"]), any::<bool>())
            .prop_map(move |(name, method, plain)| {
                let fallback = if plain { "fallback = \"plain\"\nwhere = \"c > 1\"" } else { "unique = true" };
                format!("create_index = {}\ntable = \"t\"\n{index}\nmethod = \"{method}\"\n{fallback}", quoted(&name))
            }),
        (text(), value())
            .prop_map(|(column, value)| format!("insert = \"t\"\nrows = [{{ {} = {value} }}]", quoted(&column))),
        prop::sample::select(vec![
            "drop_table",
            "drop_index",
            "drop_column",
            "drop_unique",
            "drop_check",
            "drop_foreign_key",
            "drop_primary_key",
            "rename_table",
            "rename_column",
            "rename_index",
            "comment_on",
            "create_enum",
            "add_enum_value",
            "sql",
            "add_unique",
            "add_check"
        ])
        .prop_flat_map(|key| {
            (text(), text(), prop::collection::vec(value(), 3)).prop_map(move |(name, other, values)| {
                let more = [("to", &values[0]), ("columns", &values[1]), ("name", &values[2])];
                let rest: Vec<String> = more.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!(
                    "{key} = {}\ntable = {}\n{}",
                    quoted(&name),
                    quoted(&other),
                    rest[..values[0].len() % 4].join("\n")
                )
            })
        }),
        (text(), value()).prop_map(|(key, value)| format!("{} = {value}", quoted(&key))),
    ]
}

fn definition(sql: String) -> TableDefinition {
    TableDefinition {
        sql,
        columns: vec![ColumnInfo { name: "c".to_owned(), hidden: 0 }, ColumnInfo { name: "d".to_owned(), hidden: 3 }],
        indexes: vec![("i".to_owned(), "CREATE INDEX i ON t (c)".to_owned())],
        ..TableDefinition::default()
    }
}

fn go_everywhere(text: &str, table: &str) {
    let Ok(script) = parse(Path::new("up.toml"), text) else { return };
    let _ = (script.check(&Dialect::ALL), script.is_destructive(true), script.is_destructive(false));
    for dialect in Dialect::ALL {
        let _ = script.irreversible(dialect);
        for statement in [script.up(dialect), script.down(dialect)].into_iter().flatten().flatten() {
            let Statement::Alter(change) = statement else { continue };
            let _ = change.to_string();
            let _ = if dialect == Dialect::Sqlite {
                complete_sqlite(&change, &definition(table.to_owned()))
            } else {
                complete_mysql(&change, table)
            };
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn nothing_panics(steps in prop::collection::vec(step(), 1..4), table in "CREATE TABLE t \\((c|`c`|[a-z`\"'(),]|NOT NULL|DEFAULT|CHECK|d | ){0,20}\\)") {
        let text: String = steps.iter().map(|step| format!("[[step]]\n{step}\n\n")).collect();
        go_everywhere(&text, "CREATE TABLE `t` (`c` int NOT NULL DEFAULT 1 CHECK (c > 0), `d` int, KEY `i` (`c`), CONSTRAINT `x` UNIQUE (`d`))");
        go_everywhere(&text, &table);
    }

    /// Names are never more than names: what is between the quotes is all there is.
    #[test]
    fn names_stay_names(name in "\\PC{1,12}") {
        for dialect in Dialect::ALL {
            let quoted = crate::schema::render::ident(dialect, &name);
            let tokens: Vec<_> = crate::sql::tokens(dialect, &quoted).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(tokens.len(), 1);
            prop_assert_eq!(tokens[0].range.clone(), 0..quoted.len());
            let literal = crate::schema::render::text_literal(dialect, &name);
            let tokens: Vec<_> = crate::sql::tokens(dialect, &literal).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(tokens.len(), 1);
        }
    }
}
