//! What is wrong with a script, and where.

use super::read;
use crate::dialect::Dialect;

/// Reads what must not be read, and tells why.
fn refused(text: &str) -> String {
    let error = match read(text) {
        Err(error) => error,
        Ok(script) => script.check(&Dialect::ALL).into_iter().next().expect("an error"),
    };
    format!("{error}\n  hint: {}", error.hint().unwrap_or_default())
}

#[test]
fn says_where_and_what_is_wrong() {
    insta::assert_snapshot!(refused("[[step]]\nadd_colum = \"t.c\"\n"), @r#"
up.toml:2:1: `add_colum` is no operation
  hint: did you mean `add_column`?
"#);
    insta::assert_snapshot!(refused("[[step]]\nadd_column = \"t.c\"\ntype = \"string\"\nunqiue = true\n"), @r#"
up.toml:4:1: unknown field `unqiue`, expected one of `add_column`, `type`, `backfill`, `null`, `default`, `primary_key`, `unique`, `identity`, `comment`, `check`, `collation`, `references`, `on_delete`, `on_update`, `native`, `values`, `generated`, `stored`, `down`, `dialects`
  hint: did you mean `unique`?
"#);
    insta::assert_snapshot!(refused("[[step]]\nadd_column = \"t.c\"\ntype = \"strng\"\n"), @r#"
up.toml:3:8: unknown variant `strng`, expected one of `boolean`, `smallint`, `integer`, `bigint`, `decimal`, `real`, `double`, `string`, `char`, `text`, `binary`, `bytes`, `date`, `time`, `timestamp`, `timestamptz`, `interval`, `uuid`, `json`, `enum`, `vector`
  hint: did you mean `string`?
"#);
    insta::assert_snapshot!(refused("[[step]]\nadd_column = \"c\"\ntype = \"string\"\n"), @r#"
up.toml:2:14: `c` is no name of the form table.column or schema.table.column
  hint:
"#);
    insta::assert_snapshot!(refused("[[step]]\nadd_column = \"t.c\"\n"), @r"
up.toml:2:1: missing field `type`
  hint:
");
    insta::assert_snapshot!(refused("[[step]]\nadd_column = \"t.c\"\ntype = \"text\"\ndrop_table = \"t\"\n"), @r#"
up.toml:4:1: a step does one thing, and this one has `add_column` and `drop_table`
  hint: begin another `[[step]]`
"#);
    insta::assert_snapshot!(refused("[[steps]]\n"), @r#"
up.toml:1:3: unknown key `steps`
  hint: did you mean `step`?
"#);
    insta::assert_snapshot!(refused(""), @r#"
up.toml:1:1: there is no `[[step]]`
  hint:
"#);
    insta::assert_snapshot!(refused("step = 1"), @r#"
up.toml:1:8: `step` is no list
  hint: write `[[step]]`
"#);
    insta::assert_snapshot!(refused("[[step]]\n[[step]]\nsql = \"x\""), @r#"
up.toml:1:1: an empty step
  hint: the operations are create_table, drop_table, rename_table, add_column, drop_column, rename_column, alter_column, create_index, drop_index, rename_index, add_primary_key, drop_primary_key, add_unique, drop_unique, add_foreign_key, drop_foreign_key, add_check, drop_check, comment_on, create_enum, drop_enum, add_enum_value, insert, sql
"#);
    insta::assert_snapshot!(refused("[[step]]\nsql = \"a\\u0000b\""), @r#"
up.toml:2:7: a text holds a NUL character
  hint:
"#);
    insta::assert_snapshot!(refused("[[step]]\nsql.postgre = \"x\""), @r#"
up.toml:2:5: unknown field `postgre`, expected one of `postgres`, `mysql`, `mariadb`, `sqlite`
  hint: did you mean `postgres`?
"#);
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [\n  { name = \"a\", type = \"integer\", primary = true },\n]"), @r#"
up.toml:4:35: unknown field `primary`, expected one of `name`, `type`, `null`, `default`, `primary_key`, `unique`, `identity`, `comment`, `check`, `collation`, `references`, `on_delete`, `on_update`, `native`, `values`, `generated`, `stored`
  hint: did you mean `primary_key`?
"#);
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"integer\" }]\nprimary_key = [\"b\"]"), @r"
up.toml:4:16: table `t` has no column `b`; did you mean `a`?
  hint:
");
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"integer\", identity = true }]"), @r"
up.toml:3:44: column `a` has `identity`, so it must be the primary key, and alone
  hint:
");
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"text\", unique = true }]"), @r#"
up.toml:3:21: mysql cannot index column `a`: what it holds has no limit
  hint: index its beginning with `{ column = "...", length = 191 }`, or make it a shorter `string(n)`
"#);
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"string(800)\" }]\nindexes = [{ name = \"i\", columns = [\"a\"] }]"), @r#"
up.toml:3:21: mysql cannot index `a`: up to 3200 bytes, and a key has 3072
  hint: index its beginning with `{ column = "...", length = 191 }`, or make it a shorter `string(n)`
"#);
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"enum(mood)\" }]"), @r"
up.toml:3:33: the values of enum `mood` are not known here
  hint: give the column `values = [...]`, the values in their order
");
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"interval\" }]"), @r#"
up.toml:3:33: mysql has no type interval
  hint: write `native.mysql = "..."`, or keep it as a number of seconds
"#);
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"integer\", default = [1] }]"), @r#"
up.toml:3:26: a value of column `a` and its type do not fit: a list, integer
  hint: write it as `{ sql = "..." }` if it is meant so
"#);
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"a_name_that_is_just_a_little_longer_than_what_postgresql_keeps_of_it\"\ncolumns = [{ name = \"a\", type = \"integer\" }]"), @r"
up.toml:2:16: the name `a_name_that_is_just_a_little_longer_than_what_postgresql_keeps_of_it` is too long for postgres: at most 63 bytes
  hint: give it a shorter `name`
");
    insta::assert_snapshot!(refused("[[step]]\nsql.postgres = \"x\"\ndown = \"\""), @r#"
up.toml:2:1: nothing is said for mysql in `sql`
  hint: write `sql.mysql = "..."`, or leave the step out there with `dialects = [...]`
"#);
    insta::assert_snapshot!(refused("[[step]]\nalter_column = \"t.c\"\nusing = \"x\""), @r"
up.toml:2:1: alter_column changes one of `type`, `null`, `default` and `comment`
  hint:
");
    insta::assert_snapshot!(refused("[[step]]\ninsert = \"t\"\nrows = [{ a = 1 }]\nkey = [\"b\"]"), @r"
up.toml:4:8: a row lacks `b`, which is part of `key`
  hint:
");
    insta::assert_snapshot!(refused("[[step]]\ninsert = \"t\"\nrows = [{ a = [1] }]\nkey = [\"a\"]"), @r#"
up.toml:3:11: the type of column `a` is not known here, so neither is the form of a list in it
  hint: say it in the step: `types = { a = "string[]" }` or `types = { a = "json" }`, whichever it is
"#);
    insta::assert_snapshot!(refused("[[step]]\ninsert = \"t\"\nrows = [{ \"made at\" = { function = \"now\" } }]"), @r#"
up.toml:3:11: the type of column `made at` is not known here, so neither is the form of `now` in it
  hint: say it in the step: `types = { "made at" = "timestamptz" }` or `types = { "made at" = "timestamp" }`, whichever it is
"#);
    insta::assert_snapshot!(refused("[[step]]\ninsert = \"t\"\nrows = [{ name = 1 }]\ntypes = { nmae = \"text\" }"), @r"
up.toml:4:1: `types` names `nmae`, which no row holds; did you mean `name`?
  hint:
");
    insta::assert_snapshot!(refused("[[step]]\ncreate_table = \"t\"\ncolumns = [{ name = \"a\", type = \"double\", default = nan }]"), @r#"
up.toml:3:53: NaN is no number that every database can hold
  hint:
"#);
}

/// In a long step the place is that of the one thing that is wrong.
#[test]
fn points_at_the_key_or_the_value() {
    let table = |column: &str, rest: &str| {
        format!(
            "[[step]]\nsql = \"SELECT 1\"\ndown = \"\"\n\n[[step]]\ncomment = \"interval\"\ncolumns = [\n  \
             {{ name = \"id\", type = \"uuid\", primary_key = true }},\n  {column},\n  \
             {{ name = \"z\", type = \"integer\", default = 1 }},\n]\n{rest}\ncreate_table = \"t\"\n"
        )
    };
    for (text, place) in [
        (table("{ type = \"interval\", name = \"a\" }", ""), "9:12: mysql has no type interval"),
        (table("{ name = \"a\", type = \"integer\", identity = true }", ""), "9:35: column `a` has `identity`"),
        (table("{ name = \"a\", type = \"strng\" }", ""), "9:24: unknown variant `strng`"),
        (table("{ name = \"a\" }", ""), "9:3: missing field `type`"),
        (table("{ name = \"a\", type = \"enum(mood)\" }", ""), "9:24: the values of enum `mood`"),
        (
            table("{ name = \"a\", type = \"date\" }", "indexes = [{ name = \"i\", columns = [\"id\", \"b\"] }]"),
            "12:43: table `t` has no column `b`",
        ),
        (
            table("{ name = \"a\", type = \"date\" }", "unique = [{ columns = [\"b\"] }]"),
            "12:24: table `t` has no column `b`",
        ),
        ("[[step]]\nnull = true\nadd_column = \"t.c\"\n".to_owned(), "3:1: missing field `type`"),
        (
            "step = [{ sql = \"a\", down = \"\" }, { drop_table = \"t\", sql.x = \"\" }]".to_owned(),
            "1:55: a step does one thing",
        ),
    ] {
        let said = refused(&text);
        assert!(said.starts_with(&format!("up.toml:{place}")), "{place}\n{said}\n{text}");
    }
}
