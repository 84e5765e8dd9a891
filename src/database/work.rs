//! What a sweep does to referring rows: so many of them at a time, in a transaction that its caller looks at before it is kept.

use crate::catalog::ColumnKind;

use super::capture::Recorder as _;
use super::error::DatabaseError;
use super::key_sql::{Key, KeySql, KeyTable};
use super::row::texts;
use super::{Engine, Session, ask, on_engine};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is deleted.
    Delete,
    /// Its key is set to NULL.
    Unset,
}

/// Rows that refer to one of these keys.
#[derive(Debug, Clone, Copy)]
pub struct Referring<'a> {
    /// The table of the rows.
    pub table: &'a KeyTable,
    /// What the values of the parent's columns are.
    pub parent: &'a [ColumnKind],
    /// The keys.
    pub keys: &'a [Key],
}

impl Session {
    /// Changes at most so many rows in a transaction, and leaves it open: [`Session::keep`] or [`Session::give_up`] ends it. Says
    /// how many it changed; where none, nothing is open.
    ///
    /// # Errors
    ///
    /// What the database says; then nothing is open.
    pub async fn change(&mut self, rows: Referring<'_>, change: Change, most: u64) -> Result<u64, DatabaseError> {
        let changed = self.change_openly(rows, change, most).await;
        if !matches!(changed, Ok(1..)) {
            self.give_up().await;
        }
        changed
    }

    async fn change_openly(&mut self, rows: Referring<'_>, change: Change, most: u64) -> Result<u64, DatabaseError> {
        ask!(self, engine => {
            let Some(sql) = statement(engine, rows, change, most) else { return Ok(0) };
            engine.affect(engine.begin_work()).await?;
            engine.affect(sql).await
        })
    }

    /// Commits what was changed.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn keep(&mut self) -> Result<(), DatabaseError> {
        let kept = ask!(self, engine => engine.affect("COMMIT".to_owned()).await);
        if kept.is_err() {
            self.give_up().await;
        }
        kept.map(drop)
    }

    /// Takes back what was changed.
    pub async fn give_up(&mut self) {
        // A connection that is gone has rolled back already; where nothing is open, nothing is to be taken back.
        let _ = ask!(self, engine => engine.affect("ROLLBACK".to_owned()).await);
    }

    /// How many rows there are, counted up to `most`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn count_referring(&mut self, rows: Referring<'_>, most: Option<u64>) -> Result<u64, DatabaseError> {
        ask!(self, engine => {
            let Some(sql) = count(engine, rows, most) else { return Ok(0) };
            let found = engine.rows(&sql).await?;
            let count = found.first().and_then(|row| texts(row, 1).into_iter().next().flatten());
            Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0))
        })
    }
}

fn statement<E: KeySql>(_engine: &E, rows: Referring<'_>, change: Change, most: u64) -> Option<String> {
    let condition = E::has_one_of(rows.table, rows.parent, rows.keys)?;
    Some(match change {
        Change::Delete => E::delete(rows.table, &condition, most),
        Change::Unset => E::unset(rows.table, &condition, most),
    })
}

fn count<E: KeySql>(_engine: &E, rows: Referring<'_>, most: Option<u64>) -> Option<String> {
    let condition = E::has_one_of(rows.table, rows.parent, rows.keys)?;
    let (name, text) = (E::table(&rows.table.name), E::TEXT);
    Some(match most {
        None => format!("SELECT CAST(count(*) AS {text}) FROM {name} WHERE {condition}"),
        Some(most) => format!(
            "SELECT CAST(count(*) AS {text}) FROM (SELECT 1 AS one FROM {name} WHERE {condition} LIMIT {most}) AS found"
        ),
    })
}
