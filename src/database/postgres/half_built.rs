//! Indexes that were built concurrently, and not to their end: they are in the way of the next attempt, and are kept up to date
//! though nobody reads them.

use sqlx::Row;

use crate::dialect::Dialect;
use crate::sql::{self, Ddl};

use super::super::error::DatabaseError;
use super::{Postgres, probe};

/// The names, quoted and with their schemas, of indexes that are not valid.
const INVALID: &str = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND c.relkind = 'i'";

/// Those that are there before a statement that may leave one behind.
pub(super) async fn before(session: &mut Postgres, sql: &str) -> Vec<String> {
    if builds_concurrently(sql) { invalid(session, "").await.unwrap_or_default() } else { Vec::new() }
}

/// Drops what a statement that failed has left behind.
pub(super) async fn clear_after(session: &mut Postgres, sql: &str, before: &[String]) {
    if !builds_concurrently(sql) {
        return;
    }
    for index in invalid(session, "").await.unwrap_or_default() {
        if !before.contains(&index) && names(sql, &index) {
            let _ = session.run(&dropping(&index)).await;
        }
    }
}

/// Drops what a run that died has left behind of a statement that is to be run again: an invalid index of the same name on the
/// same table, or what REINDEX builds beside the index. Nobody else builds it while the branch is locked.
pub(super) async fn clear(session: &mut Postgres, sql: &str) -> Result<(), DatabaseError> {
    let Some(of_statement) = left_by(sql) else { return Ok(()) };
    for index in invalid(session, &of_statement).await? {
        session.run(&dropping(&index)).await.map_err(|error| session.explain(&error))?;
    }
    Ok(())
}

fn dropping(index: &str) -> String {
    format!("DROP INDEX CONCURRENTLY IF EXISTS {index}")
}

async fn invalid(session: &mut Postgres, of_statement: &str) -> Result<Vec<String>, DatabaseError> {
    let rows = session.rows(&format!("{INVALID}{of_statement}")).await?;
    Ok(rows.iter().filter_map(|row| row.try_get::<String, _>(0).ok()).collect())
}

/// Which invalid indexes a statement leaves, as a condition.
fn left_by(sql: &str) -> Option<String> {
    if !builds_concurrently(sql) {
        return None;
    }
    let statement = sql::statements(Dialect::Postgres, sql).ok()?.into_iter().next()?;
    if let Some(Ddl::CreateIndex(create)) = sql::read(Dialect::Postgres, sql, &statement).ddl {
        let (name, table) = (literal(&create.name?.name), literal(&probe::quoted(&create.table)));
        return Some(format!(" AND c.relname = {name} AND i.indrelid = to_regclass({table})"));
    }
    let rebuilt = sql::rebuilt_concurrently(sql)?;
    let name = literal(&probe::quoted(&rebuilt));
    Some(format!(
        " AND c.relname ~ '_cc(new|old)[0-9]*$' AND (i.indrelid = to_regclass({name}) OR i.indrelid = (SELECT x.indrelid FROM \
         pg_index x WHERE x.indexrelid = to_regclass({name})))"
    ))
}

/// Whether a statement speaks of an index, given quoted and with its schema: what others build meanwhile is not ours to drop.
fn names(sql: &str, index: &str) -> bool {
    let name = index.rsplit('.').next().unwrap_or(index).trim_matches('"').replace("\"\"", "\"");
    // REINDEX builds `NAME_ccnew`, with a number where that is taken.
    let rebuilt = name.trim_end_matches(|last: char| last.is_ascii_digit());
    let name = rebuilt.strip_suffix("_ccnew").or_else(|| rebuilt.strip_suffix("_ccold")).unwrap_or(&name);
    let is_part_of_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
    sql.to_lowercase().split(|character| !is_part_of_name(character)).any(|word| word == name.to_lowercase())
}

/// Whether a statement may leave an invalid index behind where it fails.
fn builds_concurrently(sql: &str) -> bool {
    let mut words = sql.split_whitespace().map(str::to_ascii_uppercase);
    words.next().is_some_and(|verb| verb == "CREATE" || verb == "REINDEX") && words.any(|word| word == "CONCURRENTLY")
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
