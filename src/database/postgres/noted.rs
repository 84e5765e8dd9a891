//! A statement and the note that it is done as one transaction, which is one message unless data for COPY comes along.

use std::sync::Arc;

use crate::script::Pointer;

use super::super::copy_data::CopyData;
use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::stepwise::StatementError;
use super::atomic::position;
use super::{Postgres, copy};

const BEGIN: &str = "BEGIN;";

/// Ends a statement, and lets what was put off to the COMMIT happen now: as the role that the script has set, and not as the
/// one that keeps our tables.
const END: &str = "\n;SET CONSTRAINTS ALL IMMEDIATE;SET LOCAL ROLE NONE;";

pub(super) async fn run(
    session: &mut Postgres,
    sql: &str,
    data: Option<&mut CopyData<'_, '_>>,
    note: &str,
) -> Result<(), StatementError> {
    let outcome = match data {
        None => at_once(session, sql, note).await,
        Some(data) => with_data(session, sql, data, note).await,
    };
    if let Err((error, _)) = &outcome
        && error.kind != DatabaseErrorKind::ConnectionLost
    {
        let _ = session.run("ROLLBACK").await;
    }
    outcome
}

/// "active SQL transaction", and "invalid transaction termination" of what ends its own: all was taken back, and it is done by
/// itself only.
pub(super) fn must_be_alone(error: &DatabaseError) -> bool {
    matches!(error.code.as_deref(), Some("25001" | "2D000"))
}

async fn at_once(session: &mut Postgres, sql: &str, note: &str) -> Result<(), StatementError> {
    let text: Arc<str> = format!("{BEGIN}{sql}{END}{note};COMMIT").into();
    let (_, outcome) = session.query(&text).await;
    outcome.map_err(|error| {
        // One that is not complete fails at what stands behind it.
        let within = position(&error).and_then(|place| place.checked_sub(BEGIN.len()));
        let pointer = within.map(|place| Pointer::Character(place.min(sql.chars().count() + 1)));
        (session.explain(&error), pointer)
    })
}

async fn with_data(
    session: &mut Postgres,
    sql: &str,
    data: &mut CopyData<'_, '_>,
    note: &str,
) -> Result<(), StatementError> {
    let alone = |error: DatabaseError| (error, None);
    let opening = format!("{BEGIN}{}", copy::QUIET);
    session.run(&opening).await.map_err(|error| alone(session.explain(&error)))?;
    session.copy(sql, data).await.map_err(|error| (session.explain(&error), copy::pointer(&error)))?;
    let closing = format!("{END}{note};COMMIT");
    session.run(&closing).await.map_err(|error| alone(session.explain(&error)))
}
