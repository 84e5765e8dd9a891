//! A script and its record as one transaction.
//!
//! Where no table's definition has to be read in between, all of it is one send, from BEGIN to COMMIT: each send is a change of
//! threads and back, and the writing thread has nothing to do meanwhile. A statement behind BEGIN fails if another run was
//! here since we last looked; then the state is looked at before anything of the script runs.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt;
use sea_query::Expr;
use sqlx::{AssertSqlSafe, Executor, Row};

use crate::direction::Direction;
use crate::failpoint;
use crate::names::BranchName;
use crate::plan::Snapshot;
use crate::schema::TableChange;
use crate::script::{LongScript, Piece, Place, Program, ScriptChanged, SqlPiece};

use super::super::error::{DatabaseError, DatabaseErrorKind, explain};
use super::super::record::{Event, Left, StepEnd, StepFailure, StepRecord};
use super::super::stepwise::Stepwise;
use super::bundle::{Bundle, parts};
use super::{FLAVOR, PRAGMAS, Sqlite, known};

/// How many statements [`Sqlite::opening`] has.
const OPENING: usize = 4;

/// The one of them that waits for whoever else writes to the file.
const BEGIN: usize = 1;

/// The one that may find another run.
const GUARD: usize = 3;

/// How long SQLite waits by itself before BEGIN gives up: meanwhile it hears nobody.
const WAIT_FOR_BEGIN: Duration = Duration::from_millis(100);

/// How long whoever interrupts waits for what is to be recorded, while another process holds the file.
const GRACE: Duration = Duration::from_secs(1);

impl Sqlite {
    pub(super) async fn execute_at_once(
        &mut self,
        program: &Program,
        record: &StepRecord,
    ) -> Result<StepEnd, StepFailure> {
        let started = Instant::now();
        let outcome = if program.alters() || program.drops_by_steps() || program.long().is_some() {
            self.go_by_pieces(program, record).await
        } else {
            self.send_at_once(program, record).await
        };
        if let Ok(Some(event)) = outcome {
            self.last_event = Some(event);
            return Ok(StepEnd::Done(started.elapsed()));
        }
        self.stop.store(false, Ordering::Relaxed);
        let _ = self.run("ROLLBACK").await;
        // A rebuild switches one on for its rename; where it failed in between, it is still on.
        let _ = self.run(PRAGMAS).await;
        self.last_event = None;
        let outcome = match outcome {
            Ok(_) => Ok(StepEnd::AlreadyDone),
            Err(failure) => {
                let event = Event::failed(record.direction, failure.error.message.clone());
                let _ = self.run(&FLAVOR.insert_event(record, &event, Expr::value(millis(started)))).await;
                Err(failure)
            }
        };
        // Where BEGIN gave up, the journal was not waited for either.
        let _ = self.run(&busy_timeout(self.busy)).await;
        outcome
    }

    /// Runs a program of which no piece needs to look at the database; says which event records it, or none where another run
    /// has done it.
    async fn send_at_once(&mut self, program: &Program, record: &StepRecord) -> Result<Option<i64>, StepFailure> {
        let waiting = Instant::now();
        let (began, sent) = loop {
            let began = SystemTime::now();
            let mut bundle = Bundle::opened_by(self.opening(&record.branch), OPENING);
            bundle.add_script(program);
            bundle.add_record(program, record, began);
            match self.send(program, &mut bundle).await {
                Err((failure, BEGIN)) if self.may_wait(&failure.error, waiting).map_err(nowhere)? => {}
                sent => break (began, sent),
            }
        };
        match sent {
            Err((failure, GUARD)) if failure.error.kind != DatabaseErrorKind::Interrupted => {
                let newest = self.newest_event(&record.branch).await.map_err(nowhere)?;
                if newest == self.last_event {
                    return Err(failure);
                }
                if self.is_done(record).await? {
                    return Ok(None);
                }
                let mut bundle = Bundle::default();
                bundle.add_script(program);
                bundle.add_record(program, record, began);
                self.send(program, &mut bundle).await.map(Some).map_err(|(failure, _)| failure)
            }
            sent => sent.map(Some).map_err(|(failure, _)| failure),
        }
    }

    /// The same for a program that changes tables by their definitions, after which foreign keys are looked at, or that is too
    /// long to be held.
    async fn go_by_pieces(&mut self, program: &Program, record: &StepRecord) -> Result<Option<i64>, StepFailure> {
        if program.alters() {
            // Inside a transaction it would do nothing, and a rebuild would delete the rows that point to its table.
            self.run(PRAGMAS).await.map_err(|error| nowhere(self.explain(&error)))?;
        }
        self.begin().await.map_err(nowhere)?;
        let began = SystemTime::now();
        let newest = self.newest_event(&record.branch).await.map_err(nowhere)?;
        if newest != self.last_event && self.is_done(record).await? {
            return Ok(None);
        }
        let lost = if program.drops_by_steps() { self.lost_tables().await.map_err(nowhere)? } else { Vec::new() };
        for (index, piece) in program.pieces.iter().enumerate() {
            match piece {
                Piece::Sql(sql) => self.run_sql(program, index, sql).await?,
                Piece::Alter(change) => self.run_change(program, index, change).await?,
                Piece::Long(script) => self.run_long(program, script).await?,
            }
        }
        if program.drops_by_steps() {
            self.check_lost_tables(&lost).await.map_err(nowhere)?;
        }
        if program.alters() {
            self.check_foreign_keys().await.map_err(nowhere)?;
        }
        let mut bundle = Bundle::default();
        bundle.add_record(program, record, began);
        self.send(program, &mut bundle).await.map(Some).map_err(|(failure, _)| failure)
    }

    /// Begins a transaction that may write.
    pub(super) async fn begin(&mut self) -> Result<(), DatabaseError> {
        let waiting = Instant::now();
        while let Err(error) = self.run(&self.begin_patiently()).await {
            let error = self.explain(&error);
            if !self.may_wait(&error, waiting)? {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether to try again to begin, while another process holds the file.
    pub(super) fn may_wait(&self, error: &DatabaseError, since: Instant) -> Result<bool, DatabaseError> {
        let gives_up = self.cancel.is_cancelled() && since.elapsed() >= GRACE;
        if self.stop.load(Ordering::Relaxed) || gives_up {
            let message = "interrupted while another process held the file";
            return Err(DatabaseError::new(DatabaseErrorKind::Interrupted, &self.database, message));
        }
        Ok(error.kind == DatabaseErrorKind::Locked && since.elapsed() < self.busy)
    }

    /// Begins a transaction that may write, and gives up soon where it cannot; COMMIT waits for readers as long as it may.
    pub(super) fn begin_patiently(&self) -> String {
        let (soon, late) = (busy_timeout(self.busy.min(WAIT_FOR_BEGIN)), busy_timeout(self.busy));
        format!("{soon};BEGIN IMMEDIATE;{late};")
    }

    /// The same, and fails where the newest event of the branch is not the one we know: SQLite has no statement that raises an
    /// error outside a trigger, but this sum overflows.
    fn opening(&self, branch: &BranchName) -> String {
        let newest = self.last_event.map_or_else(|| "NULL".to_owned(), |event| event.to_string());
        let found = FLAVOR.last_event(branch);
        let guard = format!("CASE WHEN ({found}) IS {newest} THEN 0 ELSE abs(-9223372036854775807 - 1) END");
        format!("{}SELECT 1 WHERE {guard};\n", self.begin_patiently())
    }

    /// Whether another run has done a step meanwhile.
    async fn is_done(&mut self, record: &StepRecord) -> Result<bool, StepFailure> {
        let snapshot = self.inspect(&record.branch).await.map_err(nowhere)?;
        if snapshot.revisions.contains_key(&record.revision) == (record.direction == Direction::Up) {
            return Ok(true);
        }
        self.still_possible(&snapshot, record).map(|()| false).map_err(nowhere)
    }

    /// Another run changed the branch since our plan was made: a step goes on only where its ground is still there.
    fn still_possible(&self, snapshot: &Snapshot, record: &StepRecord) -> Result<(), DatabaseError> {
        let ground = match record.direction {
            Direction::Up => record.parents.iter().all(|parent| snapshot.revisions.contains_key(parent)),
            Direction::Down => !snapshot.revisions.values().any(|recorded| recorded.parents.contains(&record.revision)),
        };
        if ground {
            return Ok(());
        }
        Err(DatabaseError::new(
            DatabaseErrorKind::Locked,
            &self.database,
            "another run changed this branch in the meantime, and the step has lost its ground",
        )
        .hint("look at `branchline status`, and run it again"))
    }

    /// Runs a bundle; says which row was inserted last, or what failed and how many statements had succeeded before it.
    async fn send(&mut self, program: &Program, bundle: &mut Bundle) -> Result<i64, (StepFailure, usize)> {
        let (error, done) = match self.run_in_turn(std::mem::take(&mut bundle.texts)).await {
            Ok(inserted) => return Ok(inserted),
            Err(failed) => failed,
        };
        let failure = match bundle.place(done) {
            Some((piece, statement)) => self.failure_at(program, error, piece, statement).await,
            None => nowhere(error),
        };
        Err((failure, done))
    }

    /// A failure of a statement; what in it is asked for while the transaction that failed is still open.
    async fn failure_at(
        &mut self,
        program: &Program,
        error: DatabaseError,
        piece: usize,
        statement: usize,
    ) -> StepFailure {
        let place = Place { piece, statement, offset: None };
        let pointer = match program.text(&place).filter(|_| error.kind == DatabaseErrorKind::Query) {
            Some(text) => self.pointer(text, &error.message).await,
            None => None,
        };
        let place = program.refine(&place, pointer);
        StepFailure {
            error,
            location: Some(program.location(&place)),
            statement: Some(program.excerpt(&place)),
            left: Left::Untouched,
        }
    }

    async fn run_sql(&mut self, program: &Program, piece: usize, sql: &SqlPiece) -> Result<(), StepFailure> {
        match self.run_in_turn(parts(sql).map(str::to_owned).collect()).await {
            Ok(_) => Ok(()),
            Err((error, statement)) => Err(self.failure_at(program, error, piece, statement).await),
        }
    }

    async fn run_change(&mut self, program: &Program, piece: usize, change: &TableChange) -> Result<(), StepFailure> {
        let outcome = match self.complete(change).await {
            Ok(completed) => self.run_in_turn(vec![completed.join(";\n")]).await.map_err(|(error, _)| error),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failure_at(program, error, piece, 0).await),
        }
    }

    /// Runs a script that is not held. Where it is not the one that was planned, that is an error at its end at the latest, so
    /// that nothing of it stays.
    async fn run_long(&mut self, program: &Program, script: &LongScript) -> Result<(), StepFailure> {
        let changed = |changed: ScriptChanged| nowhere(changed.into());
        let mut reading = script.read(program).map_err(changed)?;
        while let Some(part) = reading.next_part().map_err(changed)? {
            for (index, sql) in part.program.sql_pieces().enumerate() {
                self.run_sql(&part.program, index, sql).await?;
            }
        }
        Ok(())
    }

    /// Runs texts one after the other; says which row was inserted last, or which statement of all failed.
    async fn run_in_turn(&mut self, texts: Vec<String>) -> Result<i64, (DatabaseError, usize)> {
        let (mut before, mut inserted) = (0, 0);
        for text in texts {
            // Statements that are short never come to the handler that looks at this.
            if self.stop.load(Ordering::Relaxed) {
                return Err((
                    DatabaseError::new(DatabaseErrorKind::Interrupted, &self.database, "interrupted"),
                    before,
                ));
            }
            match self.run_all(text).await {
                Ok((done, row)) => (before, inserted) = (before + done, row),
                Err((error, done)) => return Err((error, before + done)),
            }
        }
        Ok(inserted)
    }

    /// Runs statements; says how many there were and which row was inserted last, or which statement failed.
    pub(super) async fn run_all(&mut self, text: String) -> Result<(usize, i64), (DatabaseError, usize)> {
        failpoint::pass();
        let (mut done, mut inserted) = (0, 0);
        let outcome = {
            let connection = self.connection().map_err(|error| (explain("", &error, known), 0))?;
            let mut stream = connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(text)));
            loop {
                match stream.next().await {
                    Some(Ok(sqlx::Either::Left(result))) => {
                        done += 1;
                        inserted = result.last_insert_rowid();
                        failpoint::pass();
                    }
                    Some(Ok(sqlx::Either::Right(_))) => {}
                    Some(Err(error)) => break Err(error),
                    None => break Ok(()),
                }
            }
        };
        outcome.map(|()| (done, inserted)).map_err(|error| (self.explain(&error), done))
    }

    pub(super) async fn check_foreign_keys(&mut self) -> Result<(), DatabaseError> {
        let rows = self.rows("PRAGMA foreign_key_check").await?;
        let Some(row) = rows.first() else { return Ok(()) };
        let table: String = row.try_get(0).unwrap_or_default();
        let parent: String = row.try_get(2).unwrap_or_default();
        let message = format!("{} rows point to nothing, the first from table {table} into {parent}", rows.len());
        Err(DatabaseError::new(DatabaseErrorKind::Query, &self.database, message)
            .hint("PRAGMA foreign_key_check lists them; a table cannot be rebuilt over broken foreign keys"))
    }

    /// Foreign keys into tables that are not there: whose they are, and which table.
    async fn lost_tables(&mut self) -> Result<Vec<(String, String)>, DatabaseError> {
        let sql = "SELECT DISTINCT m.name, f.\"table\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f \
                   WHERE m.type = 'table' AND NOT EXISTS (SELECT 1 FROM sqlite_master t WHERE t.type = 'table' \
                   AND t.name = f.\"table\" COLLATE NOCASE) ORDER BY 1, 2";
        let rows = self.rows(sql).await?;
        let pairs = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        pairs.collect::<Result<_, sqlx::Error>>().map_err(|error| self.explain(&error))
    }

    /// Other databases refuse to drop a table that a foreign key points to; SQLite leaves a table that takes no row any more.
    async fn check_lost_tables(&mut self, before: &[(String, String)]) -> Result<(), DatabaseError> {
        let lost = self.lost_tables().await?;
        let Some((table, parent)) = lost.iter().find(|pair| !before.contains(pair)) else { return Ok(()) };
        let message = format!("table {parent} is dropped, and a foreign key of table {table} points to it");
        Err(DatabaseError::new(DatabaseErrorKind::Query, &self.database, message)
            .hint("drop the foreign key, or its table, in the same script"))
    }
}

fn busy_timeout(wait: Duration) -> String {
    format!("PRAGMA busy_timeout = {}", wait.as_millis())
}

pub(super) fn nowhere(error: DatabaseError) -> StepFailure {
    StepFailure { error, location: None, statement: None, left: Left::Untouched }
}

fn millis(started: Instant) -> i64 {
    i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX)
}
