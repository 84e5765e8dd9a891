//! CREATE TABLE with all that belongs to it, DROP TABLE, RENAME.

use sea_query::{Alias, Table as SeaTable};

use super::column::definition;
use super::value::parenthesized;
use super::{
    Context, Piece, ident, idents, index, is_mysql, sql, statement, table as table_name, table_ref, text_literal,
};
use crate::dialect::Dialect;
use crate::schema::capability::{KeyPart, check_key};
use crate::schema::error::Problem;
use crate::schema::name::TableName;
use crate::schema::operation::{Constraint, ConstraintKind, Rule, Table};

/// The statements that make a table. MySQL and MariaDB get one, indexes and comments within it, because they cannot
/// take back half a table.
pub(super) fn create(table: &Table, context: &Context) -> Result<Vec<Piece>, Problem> {
    let dialect = context.dialect;
    let mut body = Vec::new();
    for column in &table.columns {
        body.push(definition(&table.name, column, context)?);
    }
    let sqlite_identity = dialect == Dialect::Sqlite && table.columns.iter().any(|column| column.identity);
    for constraint in &table.constraints {
        // It stands at the column already.
        if sqlite_identity && matches!(constraint.rule, Rule::PrimaryKey(_)) {
            continue;
        }
        body.push(self::constraint(&table.name, constraint, context)?);
    }
    if is_mysql(dialect) {
        for index in &table.indexes {
            body.extend(index::inline(&table.name, index, context)?);
        }
    }
    let mut text = String::from("CREATE TABLE ");
    if table.if_not_exists {
        text.push_str("IF NOT EXISTS ");
    }
    text.push_str(&table_name(dialect, &table.name));
    text.push_str(" (\n    ");
    text.push_str(&body.join(",\n    "));
    text.push_str("\n)");
    if let Some(comment) = table.comment.as_ref().filter(|_| is_mysql(dialect)) {
        text.push_str(" COMMENT = ");
        text.push_str(&text_literal(dialect, comment));
    }
    let mut pieces = sql(text);
    if !is_mysql(dialect) {
        for index in &table.indexes {
            pieces.extend(index::create(&table.name, index, false, table.if_not_exists, context)?);
        }
    }
    if dialect == Dialect::Sqlite
        && table.constraints.iter().any(|constraint| constraint.kind() == ConstraintKind::ForeignKey)
    {
        // Others refuse a foreign key to columns that are not unique at once; SQLite when a row comes, unless it is asked.
        pieces.extend(sql(format!("PRAGMA foreign_key_check({})", ident(dialect, table.name.name()))));
    }
    if dialect == Dialect::Postgres {
        pieces.extend(table.comment.iter().flat_map(|text| super::alter::comment(&table.name, None, text, dialect)));
        for column in &table.columns {
            let comment = column.comment.iter();
            pieces
                .extend(comment.flat_map(|text| super::alter::comment(&table.name, Some(&column.name), text, dialect)));
        }
    }
    Ok(pieces)
}

/// A key or check, as it stands in CREATE TABLE or behind ADD.
pub(super) fn constraint(table: &TableName, constraint: &Constraint, context: &Context) -> Result<String, Problem> {
    let dialect = context.dialect;
    let mut text = match &constraint.name {
        Some(name) => format!("CONSTRAINT {} ", ident(dialect, name)),
        None => String::new(),
    };
    match &constraint.rule {
        Rule::PrimaryKey(columns) => {
            check_columns(table, columns, context)?;
            text.push_str(&format!("PRIMARY KEY ({})", idents(dialect, columns)));
        }
        Rule::Unique(columns) => {
            check_columns(table, columns, context)?;
            text.push_str(&format!("UNIQUE ({})", idents(dialect, columns)));
        }
        Rule::ForeignKey { columns, table: other, references, on_delete, on_update } => {
            check_columns(table, columns, context)?;
            text.push_str(&format!(
                "FOREIGN KEY ({}) REFERENCES {} ({})",
                idents(dialect, columns),
                table_name(dialect, other),
                idents(dialect, references)
            ));
            if *on_delete != Default::default() {
                text.push_str(&format!(" ON DELETE {}", on_delete.sql()));
            }
            if *on_update != Default::default() {
                text.push_str(&format!(" ON UPDATE {}", on_update.sql()));
            }
            if is_mysql(dialect) && [*on_delete, *on_update].contains(&crate::schema::operation::Action::SetDefault) {
                return Err(Problem::Unsupported {
                    dialect,
                    what: "set_default for foreign keys".to_owned(),
                    hint: "write `set_null`, `cascade` or `restrict`".to_owned(),
                });
            }
        }
        Rule::Check(expression) => {
            let expression = expression.require(dialect, "expression")?;
            text.push_str("CHECK ");
            text.push_str(&parenthesized(expression));
        }
    }
    Ok(text)
}

/// MySQL and MariaDB index what a key or foreign key names.
fn check_columns(table: &TableName, columns: &[String], context: &Context) -> Result<(), Problem> {
    let parts: Vec<KeyPart<'_>> = columns
        .iter()
        .map(|column| KeyPart { name: column, r#type: context.column_type(table, column), length: None })
        .collect();
    check_key(&parts, context.dialect)
}

pub(super) fn drop(dialect: Dialect, name: &TableName, if_exists: bool) -> String {
    let mut drop = SeaTable::drop();
    drop.table(table_ref(dialect, name));
    if if_exists {
        drop.if_exists();
    }
    statement(dialect, &drop)
}

/// A table keeps its schema: PostgreSQL wants the new name without it, MySQL would move the table without it.
pub(super) fn rename(dialect: Dialect, name: &TableName, to: &str) -> String {
    let mut rename = SeaTable::rename();
    if is_mysql(dialect) {
        rename.table(table_ref(dialect, name), table_ref(dialect, &name.sibling(to)));
    } else {
        rename.table(table_ref(dialect, name), Alias::new(to));
    }
    statement(dialect, &rename)
}
