//! Scripts that cannot be one transaction, a statement at a time.
//!
//! The intent is written before the first statement and progress after each one, so that whatever dies, the tables say
//! which statement is in doubt. What was done stays done: nothing here pretends otherwise.

use std::time::Instant;

use sea_query::Expr;
use tokio_util::sync::CancellationToken;

use crate::direction::Direction;
use crate::plan::{Progress, RecordedState};
use crate::script::{Piece, Place, Program};

use super::error::{DatabaseError, DatabaseErrorKind};
use super::record::{Event, Left, StepEnd, StepFailure, StepRecord};
use super::tables::Flavor;

/// What an engine must be able to do for it.
pub(super) trait Stepwise {
    fn flavor(&self) -> &Flavor;

    /// Puts the session's settings in place.
    async fn begin_script(&mut self) -> Result<(), DatabaseError>;

    /// Runs one statement by itself; an error may come with the position in it that the server complained about,
    /// counted in characters from 1.
    async fn run_statement(&mut self, sql: &str) -> Result<(), (DatabaseError, Option<usize>)>;

    /// Takes back what the script left changed in the session.
    async fn end_script(&mut self) -> Result<(), DatabaseError>;

    /// Writes state rows in one transaction, whatever the script has set in its session.
    async fn write_together(&mut self, statements: &[String]) -> Result<(), DatabaseError>;

    /// Completes a change that needs the table's definition as it stands in the database.
    async fn complete(&mut self, change: &crate::schema::TableChange) -> Result<Vec<String>, DatabaseError> {
        let _ = change;
        Err(DatabaseError::new(DatabaseErrorKind::State, "", "this engine needs no such completion"))
    }
}

/// Runs a program statement by statement.
pub(super) async fn execute<E: Stepwise>(
    engine: &mut E,
    program: &Program,
    record: &StepRecord,
    cancel: &CancellationToken,
) -> Result<StepEnd, StepFailure> {
    let started = Instant::now();
    let total = u32::try_from(program.statement_count()).unwrap_or(u32::MAX);
    let mut progress = Progress { done: 0, total };
    let before = |error| StepFailure { error, location: None, statement: None, left: Left::Untouched };
    let intent = match record.direction {
        Direction::Up => {
            engine.flavor().insert_revision(record, RecordedState::Applying, progress, Expr::value(Option::<i64>::None))
        }
        Direction::Down => engine.flavor().update_revision(record, RecordedState::Reverting, progress, None, None),
    };
    engine.write_together(&[intent]).await.map_err(before)?;
    engine.begin_script().await.map_err(before)?;

    for (index, piece) in program.pieces.iter().enumerate() {
        let statements: Vec<(String, Place)> = match piece {
            Piece::Sql(sql) => sql
                .statements
                .iter()
                .enumerate()
                .map(|(number, statement)| {
                    let place = Place { piece: index, statement: number, offset: None };
                    (sql.text[statement.range.clone()].to_owned(), place)
                })
                .collect(),
            Piece::Alter(change) => {
                let place = Place { piece: index, statement: 0, offset: None };
                match engine.complete(change).await {
                    Ok(completed) => completed.into_iter().map(|sql| (sql, place)).collect(),
                    Err(error) => return Err(failed(engine, program, record, progress, (error, None), &place).await),
                }
            }
        };
        let counted = statements.len();
        for (number, (sql, place)) in statements.into_iter().enumerate() {
            if cancel.is_cancelled() {
                let error =
                    DatabaseError::new(DatabaseErrorKind::Interrupted, "", "interrupted between two statements");
                return Err(failed(engine, program, record, progress, (error, None), &place).await);
            }
            if let Err(error) = engine.run_statement(&sql).await {
                return Err(failed(engine, program, record, progress, error, &place).await);
            }
            // A completed change counts as one statement of the script, done when its last part is.
            let whole = matches!(piece, Piece::Sql(_)) || number + 1 == counted;
            if whole {
                progress.done += 1;
            }
            if whole && progress.done < progress.total {
                let note = engine.flavor().update_progress(record, progress.done);
                if let Err(error) = engine.write_together(&[note]).await {
                    return Err(failed(engine, program, record, progress, (error, None), &place).await);
                }
            }
        }
    }
    finish(engine, record, progress, started).await
}

async fn finish<E: Stepwise>(
    engine: &mut E,
    record: &StepRecord,
    progress: Progress,
    started: Instant,
) -> Result<StepEnd, StepFailure> {
    let duration = started.elapsed();
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let row = match record.direction {
        Direction::Up => engine.flavor().update_revision(record, RecordedState::Applied, progress, None, Some(millis)),
        Direction::Down => engine.flavor().delete_revision(&record.branch, &record.revision),
    };
    let event = engine.flavor().insert_event(record, &Event::done(record.direction), Expr::value(millis));
    let written = match engine.end_script().await {
        Ok(()) => engine.write_together(&[row, event]).await,
        Err(error) => Err(error),
    };
    written.map_err(|error| StepFailure {
        left: if error.kind == DatabaseErrorKind::ConnectionLost { Left::Unknown } else { Left::Unfinished(progress) },
        error,
        location: None,
        statement: None,
    })?;
    Ok(StepEnd::Done(duration))
}

/// Notes where the script stands, as far as the database still listens.
async fn failed<E: Stepwise>(
    engine: &mut E,
    program: &Program,
    record: &StepRecord,
    progress: Progress,
    (error, position): (DatabaseError, Option<usize>),
    place: &Place,
) -> StepFailure {
    let place = program.refine(place, position);
    let mut left = Left::Unfinished(progress);
    if error.kind == DatabaseErrorKind::ConnectionLost {
        left = Left::Unknown;
    } else {
        let event = engine.flavor().insert_event(
            record,
            &Event::failed(record.direction, error.message.clone()),
            Expr::value(Option::<i64>::None),
        );
        // Nothing took effect: then the revision is what it was before.
        let row = match (progress.done, record.direction) {
            (0, Direction::Up) => engine.flavor().delete_revision(&record.branch, &record.revision),
            (0, Direction::Down) => {
                let whole = Progress { done: progress.total, total: progress.total };
                engine.flavor().update_revision(record, RecordedState::Applied, whole, None, None)
            }
            (_, Direction::Up) => {
                engine.flavor().update_revision(record, RecordedState::Applying, progress, Some(&error.message), None)
            }
            (_, Direction::Down) => {
                engine.flavor().update_revision(record, RecordedState::Reverting, progress, Some(&error.message), None)
            }
        };
        let _ = engine.end_script().await;
        if engine.write_together(&[row, event]).await.is_ok() && progress.done == 0 {
            left = Left::Untouched;
        }
    }
    StepFailure { error, location: Some(program.location(&place)), statement: Some(program.excerpt(&place)), left }
}
