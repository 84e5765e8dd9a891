//! Reads the live references, whose columns all come as text.

use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::reference::RecordedReference;

use super::error::{DatabaseError, DatabaseErrorKind};

/// Takes one row of the query that `Flavor::references` makes.
pub(super) fn recorded<'r, R>(database: &str, row: &'r R) -> Result<RecordedReference, DatabaseError>
where
    R: Row,
    usize: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
{
    let corrupt = |what: &str| {
        let message = format!("the table branchline_reference holds {what}");
        DatabaseError::new(DatabaseErrorKind::State, database, message)
            .hint("the tables were changed by hand, or by a newer version of this tool")
    };
    let text = |index: usize| -> Result<Option<String>, DatabaseError> {
        let text: Option<&str> = row.try_get(index).map_err(|error| corrupt(&error.to_string()))?;
        Ok(text.map(str::to_owned))
    };
    let needed = |index: usize| text(index)?.ok_or_else(|| corrupt("nothing where something must be"));
    let (id, since) = (needed(0)?, needed(2)?);
    Ok(RecordedReference {
        id: id.parse().map_err(|_| corrupt(&format!("the id `{id}`")))?,
        from: needed(1)?,
        since: since.parse().map_err(|_| corrupt(&format!("the revision `{since}`")))?,
        declared: needed(3)?,
        on_delete: needed(4)?,
        checked_at: text(5)?,
        check_result: text(6)?,
    })
}
