//! Rows whose columns all come as text.

use sqlx::{ColumnIndex, Decode, Row, Type};

/// The first columns of a row; NULL, and what is no text, as none.
pub(super) fn texts<'r, R>(row: &'r R, columns: usize) -> Vec<Option<String>>
where
    R: Row,
    usize: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
{
    let text = |column| row.try_get::<Option<&str>, _>(column).ok().flatten().map(str::to_owned);
    (0..columns).map(text).collect()
}
