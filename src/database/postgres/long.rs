//! A script that is one transaction and too long to be held: a message for every few statements, and the data of COPY as it is
//! read, between BEGIN and COMMIT.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::location::Location;
use crate::script::{LongRun, LongScript, Program, ScriptPart};

use super::super::copy_data::CopyData;
use super::super::error::DatabaseError;
use super::super::record::{Left, StepEnd, StepFailure, StepRecord};
use super::super::stepwise::interrupted;
use super::Postgres;
use super::atomic::position;
use super::bundle::{Closing, Opening, Query};
use super::context;
use super::copy;
use crate::script::{Place, Pointer};

/// What went wrong, and whether a transaction is open.
type Failed = (StepFailure, bool);

impl Postgres {
    pub(super) async fn execute_long(
        &mut self,
        program: &Program,
        script: &LongScript,
        record: &StepRecord,
        cancel: &CancellationToken,
    ) -> Result<StepEnd, StepFailure> {
        let started = Instant::now();
        match self.send_long(program, script, record, cancel).await {
            Ok(()) => Ok(StepEnd::Done(started.elapsed())),
            Err((failure, open)) => Err(self.give_up(failure, record, started, open).await),
        }
    }

    async fn send_long(
        &mut self,
        program: &Program,
        script: &LongScript,
        record: &StepRecord,
        cancel: &CancellationToken,
    ) -> Result<(), Failed> {
        let mut reading = script.read(program).map_err(|changed| (nowhere(changed), false))?;
        let (results, begun) = self.query(&Opening::of(record, self).text.into()).await;
        begun.map_err(|error| (nowhere(self.explain(&error)), results > 0))?;
        let quiet = self.send_parts(&mut reading, cancel).await.map_err(|failure| (*failure, true))?;
        let closing = Closing::of(program, record, self);
        let text = if quiet { format!("{}{}", copy::LOUD, closing.text) } else { closing.text };
        let before_commit = closing.results_before_commit + if quiet { copy::LOUD_RESULTS } else { 0 };
        let (results, ended) = self.query(&text.into()).await;
        ended.map_err(|error| {
            let mut error = self.explain(&error);
            let at_commit = results >= before_commit;
            if at_commit {
                error.context = Some(context::at_commit(error.context.take()));
            }
            (nowhere(error), !at_commit)
        })
    }

    /// Sends the script, which is the one that was planned if that succeeds; says whether the server was told to be quiet last.
    async fn send_parts(
        &mut self,
        reading: &mut LongRun<'_>,
        cancel: &CancellationToken,
    ) -> Result<bool, Box<StepFailure>> {
        let mut quiet = false;
        while let Some(part) = reading.next_part().map_err(|changed| Box::new(nowhere(changed)))? {
            // The server is asked once to stop, and forgets it where it has just nothing to do.
            if cancel.is_cancelled() {
                return Err(Box::new(nowhere(interrupted())));
            }
            if part.copies {
                self.send_copy(&part, reading, quiet, cancel).await?;
            } else {
                self.send_part(&part, quiet).await?;
            }
            quiet = part.copies;
        }
        Ok(quiet)
    }

    async fn send_part(&mut self, part: &ScriptPart, quiet: bool) -> Result<(), Box<StepFailure>> {
        for sql in part.program.sql_pieces() {
            let query = Query::of_part(sql, quiet);
            let (results, outcome) = self.query(&query.text).await;
            outcome.map_err(|error| {
                let place = query.place(results, position(&error));
                Box::new(failure_at(&part.program, self.explain(&error), place))
            })?;
        }
        Ok(())
    }

    async fn send_copy(
        &mut self,
        part: &ScriptPart,
        reading: &mut LongRun<'_>,
        quiet: bool,
        cancel: &CancellationToken,
    ) -> Result<(), Box<StepFailure>> {
        if !quiet {
            let (_, outcome) = self.query(&Arc::from(copy::QUIET)).await;
            outcome.map_err(|error| Box::new(nowhere(self.explain(&error))))?;
        }
        for (statement, sql) in
            part.program.sql_pieces().flat_map(|sql| sql.statements.iter().map(move |one| (one, sql)))
        {
            let mut data = CopyData::read(reading, cancel);
            let outcome = self.copy(statement.text(&sql.text), &mut data).await;
            if let Some(broken) = data.broken {
                return Err(Box::new(nowhere(broken)));
            }
            outcome.map_err(|error| {
                let pointer = copy::pointer(&error);
                let place = Place { piece: 0, statement: 0, offset: None };
                let place = part.program.refine(&place, pointer);
                let mut failure = failure_at(&part.program, self.explain(&error), Some(place));
                if let Some(Pointer::DataLine(line)) = pointer {
                    failure.location = part.location_of_data(reading, line).or(failure.location);
                }
                Box::new(failure)
            })?;
        }
        Ok(())
    }
}

fn nowhere(error: impl Into<DatabaseError>) -> StepFailure {
    StepFailure { error: error.into(), location: None, statement: None, left: Left::Untouched }
}

fn failure_at(program: &Program, error: DatabaseError, place: Option<Place>) -> StepFailure {
    let location: Option<Location> = place.as_ref().map(|place| program.location(place));
    let statement = place.as_ref().map(|place| program.excerpt(place));
    StepFailure { error, location, statement, left: Left::Untouched }
}
