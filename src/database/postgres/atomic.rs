//! A script that is one transaction: sent in as few messages as it takes, which is one unless it brings data for COPY along.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sea_query::Expr;
use sqlx::postgres::PgErrorPosition;
use sqlx::{AssertSqlSafe, Executor};
use tokio_util::sync::CancellationToken;

use crate::failpoint;
use crate::script::{Place, Program};

use super::super::copy_data::CopyData;
use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::record::{Event, Left, StepEnd, StepFailure, StepRecord};
use super::bundle::{Bundle, Message};
use super::{Postgres, context, copy, postgres_error};

/// What went wrong, in which message, and how many results had come back for that one.
struct Failed {
    /// None where it was interrupted before that message was sent.
    error: Option<sqlx::Error>,
    message: usize,
    results: usize,
}

impl Postgres {
    pub(super) async fn execute_at_once(
        &mut self,
        program: &Program,
        record: &StepRecord,
        cancel: &CancellationToken,
    ) -> Result<StepEnd, StepFailure> {
        let started = Instant::now();
        let bundle = Bundle::new(program, record, self);
        let Err(failed) = self.send(&bundle, cancel).await else { return Ok(StepEnd::Done(started.elapsed())) };
        let place = place(&bundle, program, &failed);
        let mut failure = StepFailure {
            error: match &failed.error {
                Some(error) => self.explain(error),
                None => DatabaseError::new(DatabaseErrorKind::Interrupted, &self.database, "interrupted"),
            },
            location: place.as_ref().map(|place| program.location(place)),
            statement: place.as_ref().map(|place| program.excerpt(place)),
            left: Left::Untouched,
        };
        if failed.error.is_some() && bundle.is_at_commit(failed.message, failed.results) {
            failure.error.context = Some(context::at_commit(failure.error.context.take()));
        }
        let open = bundle.leaves_transaction(failed.message, failed.results);
        Err(self.give_up(failure, record, started, open).await)
    }

    /// Rolls back what is `open`, and tells the journal where that is still possible.
    pub(super) async fn give_up(
        &mut self,
        mut failure: StepFailure,
        record: &StepRecord,
        started: Instant,
        open: bool,
    ) -> StepFailure {
        if failure.error.kind == DatabaseErrorKind::ConnectionLost {
            failure.left = Left::Unknown;
            return failure;
        }
        let event = Event::failed(record.direction, failure.error.message.clone());
        let note = self.flavor.insert_event(record, &event, Expr::value(millis(started.elapsed())));
        // The failure itself is what the user must hear. A ROLLBACK of nothing would only make the server warn.
        if open {
            let _ = self.run("ROLLBACK").await;
        }
        if self.run(&note).await.is_err() {
            let _ = self.run("ROLLBACK").await;
            let _ = self.run(&note).await;
        }
        failure
    }

    async fn send(&mut self, bundle: &Bundle<'_>, cancel: &CancellationToken) -> Result<(), Failed> {
        for (message, sent) in bundle.messages.iter().enumerate() {
            // The server is asked once to stop, and forgets it where it has just nothing to do.
            if cancel.is_cancelled() {
                return Err(Failed { error: None, message, results: 0 });
            }
            let (results, outcome) = match sent {
                Message::Query(query) => self.query(&query.text).await,
                Message::Copy(copy) => (0, self.copy(copy.sql, &mut CopyData::held(copy.data)).await),
            };
            outcome.map_err(|error| Failed { error: Some(error), message, results })?;
        }
        Ok(())
    }

    /// Runs a text of several statements, and counts the results that came back.
    pub(super) async fn query(&mut self, text: &Arc<str>) -> (usize, Result<(), sqlx::Error>) {
        failpoint::pass();
        let mut results = 0;
        let mut stream = self.connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(Arc::clone(text))));
        let outcome = loop {
            match stream.next().await {
                Some(Ok(sqlx::Either::Left(_))) => results += 1,
                Some(Ok(sqlx::Either::Right(_))) => {}
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            }
        };
        failpoint::pass();
        (results, outcome)
    }
}

/// Where in the user's script it failed.
fn place(bundle: &Bundle<'_>, program: &Program, failed: &Failed) -> Option<Place> {
    match bundle.messages.get(failed.message)? {
        Message::Query(query) => query.place(failed.results, failed.error.as_ref().and_then(position)),
        Message::Copy(copied) => Some(program.refine(&copied.place, failed.error.as_ref().and_then(copy::pointer))),
    }
}

/// The character that an error points at in what was sent.
pub(super) fn position(error: &sqlx::Error) -> Option<usize> {
    match postgres_error(error)?.position()? {
        PgErrorPosition::Original(position) => Some(position),
        PgErrorPosition::Internal { .. } => None,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
