//! The SQL that scripts would come to on SQLite, told by SQLite itself: the database's schema is copied, without its rows, into
//! memory, and the scripts run there.

use std::collections::VecDeque;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use crate::schema;
use crate::script::{Piece, Program};

use super::definition;

/// What makes the schema, in an order in which it can be made: what an object needs was made before it.
const SCHEMA: &str = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY \
                      CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid";

/// Each program as the SQL that would run, from the schema of `original`, which may not be there yet.
///
/// A script that needs rows, or more than the schema, may fail in memory though it would run: then its changes of tables
/// are only named, by [`Program::to_sql`].
pub(super) async fn write_out(
    original: Option<&mut SqliteConnection>,
    programs: &[Program],
) -> Result<Vec<String>, sqlx::Error> {
    let mut memory =
        SqliteConnectOptions::new().in_memory(true).foreign_keys(false).disable_statement_logging().connect().await?;
    if let Some(original) = original {
        for row in original.fetch_all(sqlx::raw_sql(SCHEMA)).await? {
            // What cannot be made again, such as the tables behind a virtual one, is not what a rebuild needs.
            let _ = run(&mut memory, row.try_get::<String, _>(0)?).await;
        }
    }
    let mut texts = Vec::with_capacity(programs.len());
    // From the first script on that did not run here, nobody knows what the tables will be.
    let mut known = true;
    for program in programs {
        let mut completed = VecDeque::new();
        for piece in &program.pieces {
            let sql = match piece {
                Piece::Sql(sql) => sql.text.clone(),
                Piece::Long(_) => {
                    known = false;
                    continue;
                }
                Piece::Alter(change) => {
                    let definition = definition::read(&mut memory, &change.table).await?;
                    let parts = schema::complete_sqlite(change, &definition).ok().filter(|_| known);
                    let sql = parts.map(|parts| parts.join(";\n"));
                    completed.push_back(sql.clone());
                    sql.unwrap_or_default()
                }
            };
            // What must be outside a transaction may reach beyond the memory: ATTACH, VACUUM INTO.
            known = known && program.transaction && run(&mut memory, sql).await.is_ok();
        }
        texts.push(program.to_sql(|_| completed.pop_front().flatten()));
    }
    memory.close().await?;
    Ok(texts)
}

async fn run(memory: &mut SqliteConnection, sql: String) -> Result<(), sqlx::Error> {
    memory.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(|_| ())
}
