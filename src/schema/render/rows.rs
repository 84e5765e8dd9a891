//! Seed rows, and their removal on the way down.

use sea_query::{Alias, Expr, ExprTrait, MysqlQueryBuilder, PostgresQueryBuilder, Query, SqliteQueryBuilder};

use super::value::row_value;
use super::{Context, Piece, table_ref};
use crate::dialect::Dialect;
use crate::schema::error::Problem;
use crate::schema::name::TableName;
use crate::schema::operation::{ColumnTypes, Row};
use crate::schema::value::Value;

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

/// A value in the form that its column's type has: the type that the step says, or else the one that the file does.
fn cell(
    table: &TableName,
    column: &str,
    value: &Value,
    types: &ColumnTypes,
    context: &Context,
) -> Result<Expr, Problem> {
    let r#type = types.get(column).or_else(|| context.portable_type(table, column));
    row_value(value, column, r#type, context.dialect).map(Expr::cust)
}

fn insert_run(table: &TableName, rows: &[Row], types: &ColumnTypes, context: &Context) -> Result<Piece, Problem> {
    let mut insert = Query::insert();
    insert.into_table(table_ref(context.dialect, table));
    insert.columns(rows.iter().take(1).flatten().map(|(column, _)| Alias::new(column.as_str())));
    for row in rows {
        let values = row
            .iter()
            .map(|(column, value)| cell(table, column, value, types, context))
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

fn delete_row(table: &TableName, row: &Row, types: &ColumnTypes, context: &Context) -> Result<Piece, Problem> {
    let mut delete = Query::delete();
    delete.from_table(table_ref(context.dialect, table));
    for (column, value) in row {
        delete.and_where(Expr::col(Alias::new(column.as_str())).eq(cell(table, column, value, types, context)?));
    }
    Ok(Piece::Sql(match context.dialect {
        Dialect::Postgres => delete.to_string(PostgresQueryBuilder),
        Dialect::Mysql | Dialect::Mariadb => delete.to_string(MysqlQueryBuilder),
        Dialect::Sqlite => delete.to_string(SqliteQueryBuilder),
    }))
}
