//! A table as SQLite holds it, for changes that need to know.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Executor, Row};

use crate::schema::{ColumnInfo, TableDefinition, TableName};

const TABLE: &str = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
const COLUMNS: &str = "SELECT name, hidden FROM pragma_table_xinfo(?1) ORDER BY cid";
const INDEXES: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 COLLATE NOCASE AND sql \
                       IS NOT NULL ORDER BY rowid";
const TRIGGERS: &str =
    "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY rowid";
const READERS: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'view' OR type = 'trigger' AND tbl_name <> ?1 \
                       COLLATE NOCASE ORDER BY rowid";

/// Reads what the schema module needs to rebuild a table; a table that is not there has an empty definition.
pub(super) async fn read(connection: &mut SqliteConnection, table: &TableName) -> Result<TableDefinition, sqlx::Error> {
    let name = table.name();
    let table = rows(connection, TABLE, name).await?;
    let columns = rows(connection, COLUMNS, name).await?;
    let indexes = rows(connection, INDEXES, name).await?;
    let triggers = rows(connection, TRIGGERS, name).await?;
    let readers = rows(connection, READERS, name).await?;
    let text = |row: &SqliteRow, index: usize| row.try_get::<String, _>(index);
    Ok(TableDefinition {
        sql: table.first().map_or_else(|| Ok(String::new()), |row| text(row, 0))?,
        columns: columns
            .iter()
            .map(|row| Ok(ColumnInfo { name: text(row, 0)?, hidden: row.try_get(1)? }))
            .collect::<Result<_, sqlx::Error>>()?,
        indexes: indexes.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?))).collect::<Result<_, sqlx::Error>>()?,
        triggers: triggers.iter().map(|row| text(row, 0)).collect::<Result<_, sqlx::Error>>()?,
        readers: readers.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?))).collect::<Result<_, sqlx::Error>>()?,
    })
}

async fn rows(connection: &mut SqliteConnection, sql: &'static str, name: &str) -> Result<Vec<SqliteRow>, sqlx::Error> {
    connection.fetch_all(sqlx::query(sql).bind(name.to_owned()).persistent(false)).await
}
