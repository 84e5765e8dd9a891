//! Changes of a table that is there: columns, keys, checks, comments.

use sea_query::{Alias, Table as SeaTable};

use super::column::{definition, type_of, values_check};
use super::table::constraint as constraint_sql;
use super::value::{default, default_of, parenthesized};
use super::{Context, Piece, ident, is_mysql, sql, statement, table as table_name, table_ref, text_literal};
use crate::dialect::Dialect;
use crate::schema::change::{Change, ColumnEdit};
use crate::schema::error::Problem;
use crate::schema::name::TableName;
use crate::schema::operation::{Column, ColumnChange, Constraint, ConstraintKind, DefaultChange, Rule};
use crate::schema::types::ColumnType;
use crate::schema::value::{Function, Literal, PerDialect, Value};

/// Adds a column, so that rows that are there already get what they must, or the database refuses.
pub(super) fn add_column(
    table: &TableName,
    column: &Column,
    backfill: Option<&PerDialect>,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    if backfill.is_some() && (column.generated.is_some() || column.identity) {
        return Err(Problem::senseless(format!("column `{}` fills itself, so it takes no `backfill`", column.name)));
    }
    let fill = backfill.map(|fill| fill.require(context.dialect, "backfill")).transpose()?;
    match context.dialect {
        Dialect::Postgres => add_column_postgres(table, column, fill, context),
        Dialect::Mysql | Dialect::Mariadb => add_column_mysql(table, column, fill, context),
        Dialect::Sqlite => add_column_sqlite(table, column, fill, context),
    }
}

fn add_column_postgres(
    table: &TableName,
    column: &Column,
    fill: Option<&str>,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    let dialect = context.dialect;
    let start = format!("ALTER TABLE {} ", table_name(dialect, table));
    let constraints = added_constraints(table, column, context)?;
    let mut pieces = Vec::new();
    match fill {
        None => {
            let mut actions = vec![format!("ADD COLUMN {}", definition(table, column, context)?)];
            actions.extend(constraints);
            pieces.extend(sql(format!("{start}{}", actions.join(", "))));
        }
        Some(fill) => {
            pieces.extend(sql(format!("{start}ADD COLUMN {}", definition(table, &bare(column), context)?)));
            pieces.extend(sql(update(dialect, table, &column.name, fill, false)));
            let name = ident(dialect, &column.name);
            let mut actions = Vec::new();
            if let Some(value) = &column.default {
                actions.push(format!("ALTER COLUMN {name} SET DEFAULT {}", default(value, column, context)?));
            }
            if !column.null {
                actions.push(format!("ALTER COLUMN {name} SET NOT NULL"));
            }
            actions.extend(constraints);
            if !actions.is_empty() {
                pieces.extend(sql(format!("{start}{}", actions.join(", "))));
            }
        }
    }
    pieces.extend(column.comment.iter().flat_map(|text| comment(table, Some(&column.name), text, dialect)));
    Ok(pieces)
}

/// MySQL would fill a NOT NULL column without a default with zeros and empty texts; so it begins as one that may be null,
/// and becomes what it is to be afterwards, which MySQL refuses where a row still holds nothing.
fn add_column_mysql(
    table: &TableName,
    column: &Column,
    fill: Option<&str>,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    let dialect = context.dialect;
    let start = format!("ALTER TABLE {} ", table_name(dialect, table));
    let constraints = added_constraints(table, column, context)?;
    let full = definition(table, column, context)?;
    let given = column.null || column.default.is_some() || column.generated.is_some() || column.identity;
    if fill.is_none() && given {
        let actions: Vec<String> = std::iter::once(format!("ADD COLUMN {full}")).chain(constraints).collect();
        return Ok(sql(format!("{start}{}", actions.join(", "))));
    }
    let mut pieces = sql(format!("{start}ADD COLUMN {}", definition(table, &bare(column), context)?));
    if let Some(fill) = fill {
        pieces.extend(sql(update(dialect, table, &column.name, fill, false)));
    }
    let actions: Vec<String> = std::iter::once(format!("MODIFY COLUMN {full}")).chain(constraints).collect();
    pieces.extend(sql(format!("{start}{}", actions.join(", "))));
    Ok(pieces)
}

fn add_column_sqlite(
    table: &TableName,
    column: &Column,
    fill: Option<&str>,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    let dialect = context.dialect;
    let mut text = definition(table, column, context)?;
    if fill.is_none() && sqlite_can_add(column) {
        for constraint in &column.constraints {
            text.push(' ');
            text.push_str(&at_column(&constraint_sql(table, constraint, context)?, constraint));
        }
        return Ok(sql(format!("ALTER TABLE {} ADD COLUMN {text}", table_name(dialect, table))));
    }
    let constraints = column
        .constraints
        .iter()
        .filter(|constraint| !(column.identity && constraint.kind() == ConstraintKind::PrimaryKey))
        .map(|constraint| constraint_sql(table, constraint, context))
        .collect::<Result<Vec<_>, _>>()?;
    let change =
        Change::AddColumn { name: column.name.clone(), definition: text, constraints, fill: fill.map(str::to_owned) };
    Ok(vec![Piece::Alter(table.clone(), change)])
}

/// Whether SQLite's ALTER TABLE takes it: no key, a default that is a constant, and one where nothing is not allowed; what
/// points elsewhere must begin by pointing nowhere.
fn sqlite_can_add(column: &Column) -> bool {
    let constant = matches!(column.default, None | Some(Value::Literal(_) | Value::Uuid(_)));
    let stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
    let filled = column.null || column.default.is_some() || column.generated.is_some();
    let keys = column.constraints.iter().all(|constraint| match constraint.kind() {
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => false,
        ConstraintKind::ForeignKey => column.null && column.default.is_none(),
        ConstraintKind::Check => true,
    });
    constant && !stored && filled && keys && !column.identity
}

/// A foreign key at the column itself does not name the column.
fn at_column(text: &str, constraint: &Constraint) -> String {
    match &constraint.rule {
        Rule::ForeignKey { columns, .. } => {
            let here = format!("FOREIGN KEY ({}) ", super::idents(Dialect::Sqlite, columns));
            text.replacen(&here, "", 1)
        }
        _ => text.to_owned(),
    }
}

/// A column as it begins, before its rows are filled.
fn bare(column: &Column) -> Column {
    Column { null: true, default: None, comment: None, ..column.clone() }
}

fn added_constraints(table: &TableName, column: &Column, context: &Context) -> Result<Vec<String>, Problem> {
    column
        .constraints
        .iter()
        .map(|constraint| Ok(format!("ADD {}", constraint_sql(table, constraint, context)?)))
        .collect()
}

fn update(dialect: Dialect, table: &TableName, column: &str, fill: &str, only_null: bool) -> String {
    let (table, column) = (table_name(dialect, table), ident(dialect, column));
    let rest = if only_null { format!(" WHERE {column} IS NULL") } else { String::new() };
    format!("UPDATE {table} SET {column} = {}{rest}", parenthesized(fill))
}

/// Drops a column, and as PostgreSQL does the indexes and constraints that hold it.
pub(super) fn drop_column(table: &TableName, name: &str, if_exists: bool, dialect: Dialect) -> Vec<Piece> {
    if dialect != Dialect::Postgres {
        let change = Change::DropColumn { name: name.to_owned(), if_exists };
        return vec![Piece::Alter(table.clone(), change)];
    }
    let mut alter = SeaTable::alter();
    alter.table(table_ref(dialect, table));
    if if_exists {
        alter.drop_column_if_exists(Alias::new(name));
    } else {
        alter.drop_column(Alias::new(name));
    }
    sql(statement(dialect, &alter))
}

pub(super) fn rename_column(dialect: Dialect, table: &TableName, name: &str, to: &str) -> String {
    let mut alter = SeaTable::alter();
    alter.table(table_ref(dialect, table)).rename_column(Alias::new(name), Alias::new(to));
    statement(dialect, &alter)
}

/// Changes a column's type, whether it may be null, its default and its comment.
pub(super) fn alter_column(
    table: &TableName,
    name: &str,
    change: &ColumnChange,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    let dialect = context.dialect;
    let edit = edit(table, name, change, context)?;
    let fill = edit.fill.as_ref().map(|fill| update(dialect, table, name, fill, true));
    let mut pieces: Vec<Piece> = Vec::new();
    match dialect {
        Dialect::Postgres => {
            pieces.extend(fill.map(Piece::Sql));
            pieces.extend(alter_column_postgres(table, &edit));
            pieces.extend(change.comment.iter().flat_map(|text| comment(table, Some(name), text, dialect)));
        }
        Dialect::Mysql | Dialect::Mariadb => {
            pieces.extend(fill.map(Piece::Sql));
            pieces.push(Piece::Alter(table.clone(), Change::AlterColumn(ColumnEdit { fill: None, ..edit })));
        }
        Dialect::Sqlite => {
            // Comments are all that SQLite does not keep.
            let something = edit.r#type.is_some() || edit.null.is_some() || edit.default.is_some();
            pieces.extend(
                something
                    .then(|| Piece::Alter(table.clone(), Change::AlterColumn(ColumnEdit { comment: None, ..edit }))),
            );
        }
    }
    Ok(pieces)
}

fn edit(table: &TableName, name: &str, change: &ColumnChange, context: &Context) -> Result<ColumnEdit, Problem> {
    let dialect = context.dialect;
    let (native, values) = (change.native.as_ref(), change.values.as_deref());
    let (mut r#type, mut type_check) = (None, None);
    if let Some(new) = &change.r#type {
        r#type = Some(type_of(new, native, values, context)?);
        type_check = values_check(name, new, native, values, table.name(), context)?;
    }
    let using = change.using.as_ref().and_then(|using| using.get(dialect));
    if using.is_some() && is_mysql(dialect) {
        return Err(Problem::Unsupported {
            dialect,
            what: "way to say how old values become new ones (`using`); it converts by its own rules".to_owned(),
            hint: "write `using.postgres` and `using.sqlite` only, and an `update` in `sql` for this dialect"
                .to_owned(),
        });
    }
    Ok(ColumnEdit {
        name: name.to_owned(),
        r#type,
        type_check,
        null: change.null,
        default: match &change.default {
            DefaultChange::Keep => None,
            DefaultChange::Drop => Some(None),
            DefaultChange::Set(value) => {
                let r#type = type_for_default(table, name, value, change, context)?;
                Some(Some(default_of(value, name, &r#type, context)?))
            }
        },
        comment: change.comment.as_ref().map(|text| text_literal(dialect, text)),
        using: using.map(str::to_owned),
        fill: change.backfill.as_ref().map(|fill| fill.require(dialect, "backfill")).transpose()?.map(str::to_owned),
    })
}

/// The type that a default is for: the new one, the one that the file gives the column, or the one that such a value has.
fn type_for_default(
    table: &TableName,
    name: &str,
    value: &Value,
    change: &ColumnChange,
    context: &Context,
) -> Result<ColumnType, Problem> {
    if let Some(known) = change.r#type.as_ref().or_else(|| context.column_type(table, name)) {
        return Ok(known.clone());
    }
    Ok(match value {
        Value::Function(Function::Now) => ColumnType::TimestampTz,
        Value::Function(Function::Today) => ColumnType::Date,
        Value::Function(Function::RandomUuid) => ColumnType::Uuid,
        Value::Literal(Literal::List(_)) => {
            return Err(Problem::Senseless {
                message: format!(
                    "the type of column `{name}` is not known here, so neither is the form of its default"
                ),
                hint: Some("give its `type` too, or write the default as `{ sql = \"...\" }`".to_owned()),
            });
        }
        Value::Literal(Literal::Table(_)) => ColumnType::Json,
        _ => ColumnType::String(None),
    })
}

fn alter_column_postgres(table: &TableName, edit: &ColumnEdit) -> Vec<Piece> {
    let dialect = Dialect::Postgres;
    let column = format!("ALTER COLUMN {}", ident(dialect, &edit.name));
    let mut actions = Vec::new();
    if let Some(r#type) = &edit.r#type {
        // The old default need not fit the new type.
        if edit.default.is_some() {
            actions.push(format!("{column} DROP DEFAULT"));
        }
        let using = edit.using.as_ref().map_or_else(String::new, |using| format!(" USING {}", parenthesized(using)));
        actions.push(format!("{column} TYPE {type}{using}"));
    }
    match edit.null {
        Some(true) => actions.push(format!("{column} DROP NOT NULL")),
        Some(false) => actions.push(format!("{column} SET NOT NULL")),
        None => {}
    }
    match &edit.default {
        Some(Some(value)) => actions.push(format!("{column} SET DEFAULT {value}")),
        Some(None) if edit.r#type.is_none() => actions.push(format!("{column} DROP DEFAULT")),
        _ => {}
    }
    if actions.is_empty() {
        return Vec::new();
    }
    sql(format!("ALTER TABLE {} {}", table_name(dialect, table), actions.join(", ")))
}

pub(super) fn add_constraint(
    table: &TableName,
    constraint: &Constraint,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    let definition = constraint_sql(table, constraint, context)?;
    Ok(match context.dialect {
        Dialect::Sqlite => {
            let key = match &constraint.rule {
                Rule::PrimaryKey(columns) => columns.clone(),
                _ => Vec::new(),
            };
            vec![Piece::Alter(table.clone(), Change::AddConstraint { definition, key })]
        }
        dialect => sql(format!("ALTER TABLE {} ADD {definition}", table_name(dialect, table))),
    })
}

pub(super) fn drop_constraint(
    table: &TableName,
    kind: ConstraintKind,
    name: Option<&str>,
    constraint: Option<&Constraint>,
    dialect: Dialect,
) -> Vec<Piece> {
    let start = format!("ALTER TABLE {} ", table_name(dialect, table));
    match (dialect, kind) {
        (Dialect::Postgres, _) => {
            let name = name.map_or_else(|| format!("{}_pkey", table.name()), str::to_owned);
            sql(format!("{start}DROP CONSTRAINT {}", ident(dialect, &name)))
        }
        (Dialect::Mysql | Dialect::Mariadb, ConstraintKind::PrimaryKey) => sql(format!("{start}DROP PRIMARY KEY")),
        (Dialect::Mysql | Dialect::Mariadb, ConstraintKind::Check) => {
            sql(format!("{start}DROP CONSTRAINT {}", ident(dialect, name.unwrap_or_default())))
        }
        _ => {
            let columns = match constraint.map(|constraint| &constraint.rule) {
                Some(Rule::PrimaryKey(columns) | Rule::Unique(columns) | Rule::ForeignKey { columns, .. }) => {
                    columns.clone()
                }
                _ => Vec::new(),
            };
            let change = Change::DropConstraint { kind, name: name.map(str::to_owned), columns };
            vec![Piece::Alter(table.clone(), change)]
        }
    }
}

/// Says what a table or column is for; SQLite keeps no such thing.
pub(super) fn comment(table: &TableName, column: Option<&str>, text: &str, dialect: Dialect) -> Vec<Piece> {
    let literal = text_literal(dialect, text);
    match (dialect, column) {
        (Dialect::Postgres, column) => {
            let literal = if text.is_empty() { "NULL".to_owned() } else { literal };
            let table = table_name(dialect, table);
            sql(match column {
                Some(column) => format!("COMMENT ON COLUMN {table}.{} IS {literal}", ident(dialect, column)),
                None => format!("COMMENT ON TABLE {table} IS {literal}"),
            })
        }
        (Dialect::Mysql | Dialect::Mariadb, None) => {
            sql(format!("ALTER TABLE {} COMMENT = {literal}", table_name(dialect, table)))
        }
        (Dialect::Mysql | Dialect::Mariadb, Some(column)) => {
            let edit = ColumnEdit { name: column.to_owned(), comment: Some(literal), ..ColumnEdit::default() };
            vec![Piece::Alter(table.clone(), Change::AlterColumn(edit))]
        }
        (Dialect::Sqlite, _) => Vec::new(),
    }
}
