//! Scripts that cannot be one transaction, a statement at a time.
//!
//! The intent is written before the first statement, and progress with each one: in one transaction with it where the engine
//! can, right after it where not. So whatever dies, the tables say how far the script came, and which statement is in doubt
//! where one is. What was done stays done: nothing here pretends otherwise.

use std::time::Instant;

use sea_query::Expr;
use tokio_util::sync::CancellationToken;

use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::location::Location;
use crate::plan::{Progress, RecordedState};
use crate::schema::TableChange;
use crate::script::{LongRun, LongScript, Piece, Place, Pointer, Program, ScriptChanged, ScriptPart, SqlPiece};
use crate::sql::{self, Verb};

use super::copy_data::CopyData;
use super::error::{DatabaseError, DatabaseErrorKind};
use super::record::{Begin, Event, Left, StepEnd, StepFailure, StepRecord};
use super::tables::Flavor;

/// An error, and what in the statement the database pointed at.
pub(super) type StatementError = (DatabaseError, Option<Pointer>);

/// What an engine must be able to do for it.
pub(super) trait Stepwise {
    fn flavor(&self) -> &Flavor;

    fn dialect(&self) -> Dialect;

    /// Puts the session's settings in place.
    async fn begin_script(&mut self) -> Result<(), DatabaseError>;

    /// Runs one statement by itself; an error may come with what in it the server complained about.
    async fn run_statement(&mut self, sql: &str) -> Result<(), StatementError>;

    /// Runs one statement, with its data where the script brings some along, and the `note` that it is done, as one transaction:
    /// of one that fails, nothing stays.
    async fn run_noted(
        &mut self,
        sql: &str,
        data: Option<&mut CopyData<'_, '_>>,
        note: &str,
    ) -> Result<(), StatementError>;

    /// Whether a statement failed only because it was in a transaction.
    fn must_be_alone(&self, error: &DatabaseError) -> bool {
        let _ = error;
        false
    }

    /// Clears away what a statement has left half-built that was begun before and is to be run again.
    async fn clear_half_built(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let _ = sql;
        Ok(())
    }

    /// Runs what completes one change of a table, and says whether that was one transaction with the note that it is done.
    async fn run_completed(&mut self, statements: &[String], note: &str) -> Result<bool, DatabaseError> {
        let _ = note;
        for sql in statements {
            self.run_statement(sql).await.map_err(|(error, _)| error)?;
        }
        Ok(false)
    }

    /// Whether [`Stepwise::run_completed`] does all or nothing.
    fn completes_at_once(&self) -> bool {
        false
    }

    /// Whether a statement that failed, and that commits by itself on its way, may have done a part of its work.
    fn may_have_begun(&self, sql: &str, error: &DatabaseError) -> bool;

    /// Takes back what the script left changed in the session.
    async fn end_script(&mut self) -> Result<(), DatabaseError>;

    /// Writes state rows in one transaction, whatever the script has set in its session.
    async fn write_together(&mut self, statements: &[String]) -> Result<(), DatabaseError>;

    /// Completes a change that needs the table's definition as it stands in the database.
    async fn complete(&mut self, change: &TableChange) -> Result<Vec<String>, DatabaseError> {
        let _ = change;
        Err(DatabaseError::new(DatabaseErrorKind::State, "", "this engine needs no such completion"))
    }
}

/// Ends a script and writes what is to be known of it. A cancellation that comes late hits these statements instead of the
/// script's; it comes once, so they are tried again.
async fn write_surely<E: Stepwise>(engine: &mut E, rows: &[String]) -> Result<(), DatabaseError> {
    let mut outcome = end_and_write(engine, rows).await;
    if outcome.as_ref().is_err_and(|error| error.kind == DatabaseErrorKind::Interrupted) {
        outcome = end_and_write(engine, rows).await;
    }
    outcome
}

async fn end_and_write<E: Stepwise>(engine: &mut E, rows: &[String]) -> Result<(), DatabaseError> {
    engine.end_script().await?;
    engine.write_together(rows).await
}

const ALONE: &str = "the run that died ran this statement by itself, and nothing says whether it took effect";

const BETWEEN: &str = "interrupted between two statements";

pub(super) fn interrupted() -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::Interrupted, "", BETWEEN)
}

/// Whether that is what happened: then no statement is to be pointed at.
fn is_between(error: &DatabaseError) -> bool {
    error.kind == DatabaseErrorKind::Interrupted && error.message == BETWEEN
}

/// Runs a program statement by statement.
pub(super) async fn execute<E: Stepwise>(
    engine: &mut E,
    program: &Program,
    record: &StepRecord,
    begin: Begin,
    cancel: &CancellationToken,
) -> Result<StepEnd, StepFailure> {
    let total = u32::try_from(program.statement_count()).unwrap_or(u32::MAX);
    let skip = begin.done();
    let progress = Progress { done: 0, total };
    let touched = begin != Begin::Fresh;
    let runner = Runner { engine, program, record, cancel, begin, skip, progress, touched, doubt_stays: false };
    runner.run().await
}

/// A script on its way.
struct Runner<'a, E> {
    engine: &'a mut E,
    program: &'a Program,
    record: &'a StepRecord,
    cancel: &'a CancellationToken,
    begin: Begin,
    /// So many statements took effect before.
    skip: u32,
    progress: Progress,
    /// Whether anything took effect, be it a part of a statement, or may have in a run that died.
    touched: bool,
    /// Whether the statement in doubt is still that.
    doubt_stays: bool,
}

/// What failed, and where.
struct Failed {
    error: DatabaseError,
    location: Option<Location>,
    statement: Option<String>,
}

impl Failed {
    /// `program` is the script, or the part of it that the place is in.
    fn at(program: &Program, place: &Place, (error, pointer): StatementError) -> Self {
        if is_between(&error) {
            return Self { error, location: None, statement: None };
        }
        let place = program.refine(place, pointer);
        Self { error, location: Some(program.location(&place)), statement: Some(program.excerpt(&place)) }
    }
}

impl<E: Stepwise> Runner<'_, E> {
    async fn run(mut self) -> Result<StepEnd, StepFailure> {
        let started = Instant::now();
        let before = |error| StepFailure { error, location: None, statement: None, left: Left::Untouched };
        self.engine.begin_script().await.map_err(before)?;
        let intent = self.intent(self.begin, self.skip);
        self.engine.write_together(&[intent]).await.map_err(|error| {
            let lost = error.kind == DatabaseErrorKind::ConnectionLost;
            StepFailure { left: if lost { Left::Unknown } else { Left::Untouched }, ..before(error) }
        })?;
        match self.pieces().await {
            Ok(()) => self.finish(started).await,
            Err(failed) => Err(self.failed(failed).await),
        }
    }

    async fn pieces(&mut self) -> Result<(), Failed> {
        let program = self.program;
        for (index, piece) in program.pieces.iter().enumerate() {
            match piece {
                Piece::Sql(sql) => self.held(program, index, sql).await?,
                Piece::Long(script) => self.long(script).await?,
                Piece::Alter(_) if self.progress.done < self.skip => self.progress.done += 1,
                Piece::Alter(change) => {
                    let place = Place { piece: index, statement: 0, offset: None };
                    self.alter(change).await.map_err(|error| Failed::at(program, &place, error))?;
                }
            }
        }
        Ok(())
    }

    async fn held(&mut self, program: &Program, piece: usize, sql: &SqlPiece) -> Result<(), Failed> {
        for (number, statement) in sql.statements.iter().enumerate() {
            let place = Place { piece, statement: number, offset: None };
            let mut data = statement.data(&sql.text).map(CopyData::held);
            let outcome = self.statement(statement.verb, statement.text(&sql.text), data.as_mut()).await;
            outcome.map_err(|error| Failed::at(program, &place, error))?;
        }
        Ok(())
    }

    /// A script that is not held. It was looked at right before; where it is changed on the way, its end tells.
    async fn long(&mut self, script: &LongScript) -> Result<(), Failed> {
        let file = Location::of_file(&self.program.file);
        let changed =
            |changed: ScriptChanged| Failed { error: changed.into(), location: Some(file.clone()), statement: None };
        let mut reading = script.read(self.program).map_err(changed)?;
        while let Some(part) = reading.next_part().map_err(changed)? {
            for (index, sql) in part.program.sql_pieces().enumerate() {
                if part.copies {
                    self.copy(&part, &mut reading, index, sql).await?;
                } else {
                    self.held(&part.program, index, sql).await?;
                }
            }
        }
        Ok(())
    }

    async fn copy(
        &mut self,
        part: &ScriptPart,
        reading: &mut LongRun<'_>,
        piece: usize,
        sql: &SqlPiece,
    ) -> Result<(), Failed> {
        for (number, statement) in sql.statements.iter().enumerate() {
            let mut data = CopyData::read(reading, self.cancel);
            let outcome = self.statement(statement.verb, statement.text(&sql.text), Some(&mut data)).await;
            let broken = data.broken;
            let Err((error, pointer)) = outcome else { continue };
            let place = Place { piece, statement: number, offset: None };
            let failed = Failed::at(&part.program, &place, (broken.unwrap_or(error), pointer));
            let of_data = match pointer {
                Some(Pointer::DataLine(line)) => part.location_of_data(reading, line),
                _ => None,
            };
            return Err(Failed { location: of_data.or(failed.location), ..failed });
        }
        Ok(())
    }

    /// Runs the next statement, unless it was run before, and notes it.
    async fn statement(
        &mut self,
        verb: Verb,
        text: &str,
        mut data: Option<&mut CopyData<'_, '_>>,
    ) -> Result<(), StatementError> {
        let dialect = self.engine.dialect();
        if self.progress.done < self.skip {
            // What was done before was done in another session, or was put back: what it has set is set again. A variable that
            // is still there is left alone: it may hold what is found otherwise by now.
            let is_kept = matches!(self.begin, Begin::AgainAfter(_)) && sql::sets_variables(dialect, text);
            if data.is_none() && !is_kept && sql::sets_session(dialect, text) {
                self.engine.run_statement(text).await?;
            }
            self.progress.done += 1;
            return Ok(());
        }
        let alone = |error| (error, None);
        if self.begin != Begin::Fresh && self.progress.done == self.skip {
            self.engine.clear_half_built(text).await.map_err(alone)?;
        }
        if self.cancel.is_cancelled() {
            return Err((interrupted(), None));
        }
        if sql::joins_transaction(dialect, verb, text) {
            let note = self.engine.flavor().update_progress(self.record, self.progress.done + 1);
            match self.engine.run_noted(text, data.as_deref_mut(), &note).await {
                Ok(()) => {
                    self.touched = true;
                    self.progress.done += 1;
                    return Ok(());
                }
                Err((error, _)) if data.is_none() && self.engine.must_be_alone(&error) => {
                    // Then it was alone in the run that died, too.
                    if self.begin == Begin::InDoubtAfter(self.progress.done) {
                        self.doubt_stays = true;
                        return Err((
                            DatabaseError { message: ALONE.to_owned(), code: None, hint: None, ..error },
                            None,
                        ));
                    }
                }
                failed => return failed,
            }
        }
        if let Err((error, pointer)) = self.engine.run_statement(text).await {
            // What it has committed before it failed would be done twice.
            self.doubt_stays = !sql::is_all_or_nothing(dialect, verb, text) && self.engine.may_have_begun(text, &error);
            return Err((error, pointer));
        }
        self.touched = true;
        self.count_one().await.map_err(alone)
    }

    fn intent(&self, begin: Begin, skip: u32) -> String {
        let progress = Progress { done: skip, ..self.progress };
        let flavor = self.engine.flavor();
        match (begin, self.record.direction) {
            (Begin::Fresh, Direction::Up) => {
                let no_duration = Expr::value(Option::<i64>::None);
                flavor.insert_revision(self.record, RecordedState::Applying, progress, no_duration)
            }
            (Begin::After(_) | Begin::AgainAfter(_) | Begin::InDoubtAfter(_), Direction::Up) => {
                flavor.update_revision(self.record, RecordedState::Applying, progress, None, None)
            }
            (_, Direction::Down) => flavor.update_revision(self.record, RecordedState::Reverting, progress, None, None),
        }
    }

    /// A change that is completed from the table's definition counts as one statement of the script.
    async fn alter(&mut self, change: &TableChange) -> Result<(), StatementError> {
        if self.cancel.is_cancelled() {
            return Err((interrupted(), None));
        }
        let parts = self.engine.complete(change).await.map_err(|error| (error, None))?;
        // Where several statements complete a change, some of them may have taken effect before one fails.
        self.touched |= parts.len() > 1 && !self.engine.completes_at_once();
        let note = self.engine.flavor().update_progress(self.record, self.progress.done + 1);
        let noted = self.engine.run_completed(&parts, &note).await.map_err(|error| (error, None))?;
        self.touched = true;
        if noted {
            self.progress.done += 1;
            return Ok(());
        }
        self.count_one().await.map_err(|error| (error, None))
    }

    /// Notes a statement that ran alone; the last one is noted together with the script's end.
    async fn count_one(&mut self) -> Result<(), DatabaseError> {
        self.progress.done += 1;
        if self.progress.done == self.progress.total {
            return Ok(());
        }
        let note = self.engine.flavor().update_progress(self.record, self.progress.done);
        self.engine.write_together(&[note]).await
    }

    async fn finish(self, started: Instant) -> Result<StepEnd, StepFailure> {
        let Self { engine, record, progress, .. } = self;
        let duration = started.elapsed();
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let row = match record.direction {
            Direction::Up => {
                engine.flavor().update_revision(record, RecordedState::Applied, progress, None, Some(millis))
            }
            Direction::Down => engine.flavor().delete_revision(&record.branch, &record.revision),
        };
        let event = engine.flavor().insert_event(record, &Event::done(record.direction), Expr::value(millis));
        let mut rows = vec![row, event];
        rows.extend(engine.flavor().change_references(record));
        write_surely(engine, &rows).await.map_err(|error| StepFailure {
            left: if error.kind == DatabaseErrorKind::ConnectionLost {
                Left::Unknown
            } else {
                Left::Unfinished(progress)
            },
            error,
            location: None,
            statement: None,
        })?;
        Ok(StepEnd::Done(duration))
    }

    /// Notes where the script stands, as far as the database still listens.
    async fn failed(self, Failed { error, location, statement }: Failed) -> StepFailure {
        if error.kind == DatabaseErrorKind::ConnectionLost {
            return StepFailure { error, location, statement, left: Left::Unknown };
        }
        let left = self.note_failure(&error.message).await;
        StepFailure { error, location, statement, left }
    }

    async fn note_failure(self, message: &str) -> Left {
        let Self { engine, record, progress, touched, doubt_stays, .. } = self;
        let event = Event::failed(record.direction, message.to_owned());
        let event = engine.flavor().insert_event(record, &event, Expr::value(Option::<i64>::None));
        let whole = Progress { done: progress.total, total: progress.total };
        if doubt_stays {
            let outcome = write_surely(engine, &[event]).await;
            return outcome.map_or(Left::Unknown, |()| Left::Untold(progress));
        }
        let flavor = engine.flavor();
        let row = match (touched, record.direction) {
            // Nothing took effect: then the revision is what it was before.
            (false, Direction::Up) => flavor.delete_revision(&record.branch, &record.revision),
            (false, Direction::Down) => flavor.update_revision(record, RecordedState::Applied, whole, None, None),
            (true, Direction::Up) => {
                flavor.update_revision(record, RecordedState::Applying, progress, Some(message), None)
            }
            (true, Direction::Down) => {
                flavor.update_revision(record, RecordedState::Reverting, progress, Some(message), None)
            }
        };
        match write_surely(engine, &[row, event]).await {
            Ok(()) if touched => Left::Unfinished(progress),
            Ok(()) => Left::Untouched,
            // What is recorded is not what was meant, or nobody knows: it has to be looked up.
            Err(_) => Left::Unknown,
        }
    }
}
