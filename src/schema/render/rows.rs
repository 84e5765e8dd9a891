//! Seed rows, and their removal on the way down.

use sea_query::{Alias, Expr, ExprTrait, MysqlQueryBuilder, PostgresQueryBuilder, Query, SqliteQueryBuilder};

use super::value::row_value;
use super::{Context, Piece, table_ref};
use crate::dialect::Dialect;
use crate::schema::error::Problem;
use crate::schema::name::TableName;
use crate::schema::operation::{ColumnTypes, Row};
use crate::schema::types::ColumnType;
use crate::schema::value::{Literal, Value};

/// One statement for every run of rows with the same columns.
pub(super) fn insert(
    table: &TableName,
    rows: &[Row],
    types: &ColumnTypes,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    let same = |one: &Row, other: &Row| one.iter().map(|cell| &cell.0).eq(other.iter().map(|cell| &cell.0));
    rows.chunk_by(same).map(|run| insert_run(table, run, types, context)).collect()
}

/// The type that the step says, or else the one that the file does.
fn type_of<'a>(
    table: &TableName,
    column: &str,
    types: &'a ColumnTypes,
    context: &'a Context,
) -> Option<&'a ColumnType> {
    types.get(column).or_else(|| context.portable_type(table, column))
}

fn insert_run(table: &TableName, rows: &[Row], types: &ColumnTypes, context: &Context) -> Result<Piece, Problem> {
    let mut insert = Query::insert();
    insert.into_table(table_ref(context.dialect, table));
    insert.columns(rows.iter().take(1).flatten().map(|(column, _)| Alias::new(column.as_str())));
    for row in rows {
        let values = row
            .iter()
            .map(|(column, value)| {
                let r#type = type_of(table, column, types, context);
                row_value(value, column, r#type, context.dialect).map(Expr::cust)
            })
            .collect::<Result<Vec<_>, Problem>>()?;
        insert.values(values).map_err(|error| Problem::senseless(error.to_string()))?;
    }
    Ok(Piece::Sql(match context.dialect {
        Dialect::Postgres => insert.to_string(PostgresQueryBuilder),
        Dialect::Mysql | Dialect::Mariadb => insert.to_string(MysqlQueryBuilder),
        Dialect::Sqlite => insert.to_string(SqliteQueryBuilder),
    }))
}

/// A statement a row, the last row first.
pub(super) fn delete(
    table: &TableName,
    rows: &[Row],
    types: &ColumnTypes,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    rows.iter().rev().map(|row| delete_row(table, row, types, context)).collect()
}

/// Whether a database finds a row by what was written to it: not by a number that it rounds, nor by JSON in its own words.
const fn found_again(value: &Value, r#type: Option<&ColumnType>) -> bool {
    match value {
        Value::Literal(Literal::Number(_)) => matches!(r#type, Some(ColumnType::Double | ColumnType::Decimal(_))),
        Value::Literal(_) => !matches!(r#type, Some(ColumnType::Json)),
        _ => true,
    }
}

fn delete_row(table: &TableName, row: &Row, types: &ColumnTypes, context: &Context) -> Result<Piece, Problem> {
    let mut delete = Query::delete();
    delete.from_table(table_ref(context.dialect, table));
    for (column, value) in row {
        let r#type = type_of(table, column, types, context);
        if !found_again(value, r#type) {
            let hint = format!(
                "`{column}` need not compare as it is written: give the `key` of the rows, or the step its own `down`"
            );
            return Err(Problem::Irreversible { operation: "insert", hint });
        }
        let value = row_value(value, column, r#type, context.dialect)?;
        delete.and_where(Expr::col(Alias::new(column.as_str())).eq(Expr::cust(value)));
    }
    Ok(Piece::Sql(match context.dialect {
        Dialect::Postgres => delete.to_string(PostgresQueryBuilder),
        Dialect::Mysql | Dialect::Mariadb => delete.to_string(MysqlQueryBuilder),
        Dialect::Sqlite => delete.to_string(SqliteQueryBuilder),
    }))
}
