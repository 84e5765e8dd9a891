//! Reads lines of the journal, whose columns all come as text.

use std::str::FromStr;

use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::journal::Entry;

use super::error::{DatabaseError, DatabaseErrorKind};

/// Takes one row of the queries that `Flavor::journal` and `Flavor::newest_start` make.
pub(super) fn entry<'r, R>(database: &str, row: &'r R) -> Result<Entry, DatabaseError>
where
    R: Row,
    usize: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
{
    let texts = Texts { database, row };
    Ok(Entry {
        id: texts.parsed(0)?,
        branch: texts.parsed(1)?,
        revision: texts.text(2)?.map(|id| texts.parse(id)).transpose()?,
        kind: texts.needed(3)?.to_owned(),
        outcome: texts.needed(4)?.to_owned(),
        run_id: texts.parsed(5)?,
        actor: texts.needed(6)?.to_owned(),
        at: texts.needed(7)?.to_owned(),
        duration_ms: texts.text(8)?.map(|millis| texts.parse(millis)).transpose()?,
        tool_version: texts.needed(9)?.to_owned(),
        detail: texts.text(10)?.map(str::to_owned),
    })
}

/// A row and whose it is.
struct Texts<'d, 'r, R> {
    database: &'d str,
    row: &'r R,
}

impl<'r, R> Texts<'_, 'r, R>
where
    R: Row,
    usize: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
{
    fn text(&self, column: usize) -> Result<Option<&'r str>, DatabaseError> {
        self.row.try_get(column).map_err(|error| self.corrupt(&error.to_string()))
    }

    fn needed(&self, column: usize) -> Result<&'r str, DatabaseError> {
        self.text(column)?.ok_or_else(|| self.corrupt("nothing where something must be"))
    }

    fn parsed<T: FromStr>(&self, column: usize) -> Result<T, DatabaseError> {
        self.parse(self.needed(column)?)
    }

    fn parse<T: FromStr>(&self, text: &str) -> Result<T, DatabaseError> {
        text.parse().map_err(|_| self.corrupt(&format!("`{text}`")))
    }

    /// A row that makes no sense: somebody wrote to the table by hand, or a newer version did.
    fn corrupt(&self, what: &str) -> DatabaseError {
        DatabaseError::new(DatabaseErrorKind::State, self.database, format!("the table branchline_event holds {what}"))
            .hint("the tables were changed by hand, or by a newer version of this tool")
    }
}
