//! SQLite.
//!
//! SQLite has no lock that outlives a transaction, so that a file beside the database stands for it. Where that cannot be, a
//! step's lock is its own transaction, begun IMMEDIATE, and what the state was is looked at again inside it: whoever comes
//! second finds the step done. Foreign keys are not enforced while scripts run, as in SQLite's own shell: dropping a table during
//! a rebuild would otherwise delete the rows that point to it. Where a table was rebuilt, they are checked before the COMMIT
//! instead.

mod atomic;
mod blockers;
mod bundle;
mod capture;
mod catalog;
mod definition;
mod keys;
mod lock;
mod place;
mod preview;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::database_url::{DatabaseUrl, SqliteFile, SqliteMode, Target};
use crate::dialect::Dialect;
use crate::failpoint;
use crate::names::BranchName;
use crate::plan::{Binding, Snapshot};
use crate::schema::{self, TableChange};
use crate::script::Program;
use crate::sql::{Answer, ObjectName, Question, Verb};

use lock::FileLock;

use super::copy_data::CopyData;
use super::error::{DatabaseError, DatabaseErrorKind, Known, explain, explain_connect};
use super::found::Found;
use super::holder::Holder;
use super::poll::{self, Lockable};
use super::record::{Begin, StepEnd, StepFailure, StepRecord, Watch};
use super::stepwise::{self, StatementError, Stepwise};
use super::tables::Flavor;
use super::{SessionOptions, record};

const FLAVOR: Flavor = Flavor::Sqlite;

/// What a script may have switched, as every script finds it.
const PRAGMAS: &str = "PRAGMA foreign_keys = OFF;PRAGMA defer_foreign_keys = OFF;PRAGMA ignore_check_constraints = OFF;\
                       PRAGMA recursive_triggers = OFF;PRAGMA legacy_alter_table = OFF;PRAGMA writable_schema = OFF";

/// The longest that SQLite can wait: it counts milliseconds in 31 bits, and zero would be not at all.
const FOR_EVER: Duration = Duration::from_millis(i32::MAX as u64);

/// How many of SQLite's instructions pass between two looks at whether to stop.
const INSTRUCTIONS_PER_LOOK: i32 = 10_000;

pub(super) struct Sqlite {
    /// None while the file does not exist: looking at a database must not create one.
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    file: SqliteFile,
    database: String,
    /// The newest event that we know of: another one means that another run was here.
    last_event: Option<i64>,
    stop: Arc<AtomicBool>,
    /// Cancelled when the run is to end.
    cancel: CancellationToken,
    /// How long to wait for whoever else holds the file.
    busy: Duration,
    /// Whether the script that ran last may have left more in its session than what it did to the database.
    used: bool,
    /// What others read of us while we hold the lock.
    run: Uuid,
    /// Held from `lock` until the session is closed.
    lock: Option<FileLock>,
}

impl Sqlite {
    pub(super) async fn open(url: &DatabaseUrl, session: &SessionOptions) -> Result<Self, DatabaseError> {
        let database = url.to_string();
        let Target::Sqlite(file) = url.target() else {
            return Err(DatabaseError::new(DatabaseErrorKind::State, &database, "not an SQLite database"));
        };
        let busy = if session.lock_timeout.is_zero() { FOR_EVER } else { session.lock_timeout.min(FOR_EVER) };
        let options = SqliteConnectOptions::new()
            .filename(file.file())
            .busy_timeout(busy)
            .foreign_keys(false)
            .create_if_missing(false)
            .read_only(file.mode == SqliteMode::ReadOnly)
            .disable_statement_logging();
        let mut engine = Self {
            connection: None,
            options,
            file: file.clone(),
            database,
            last_event: None,
            stop: Arc::new(AtomicBool::new(false)),
            cancel: session.cancel.clone(),
            busy,
            used: false,
            run: session.run_id,
            lock: None,
        };
        match file.file().try_exists() {
            Ok(true) => engine.connect(false).await?,
            Ok(false) if engine.missing_folder().is_some() => {
                let message = "there is no such file, and no folder for it";
                return Err(DatabaseError::new(DatabaseErrorKind::Unreachable, &engine.database, message)
                    .hint_of(engine.missing_folder()));
            }
            Ok(false) if file.mode == SqliteMode::ReadWriteCreate => {}
            Ok(false) => {
                return Err(DatabaseError::new(
                    DatabaseErrorKind::NoSuchDatabase,
                    &engine.database,
                    "there is no such file",
                )
                .hint("its URL says not to create it; create it first, or take `mode` away"));
            }
            Err(error) => {
                return Err(DatabaseError::new(DatabaseErrorKind::Unreachable, &engine.database, error.to_string()));
            }
        }
        Ok(engine)
    }

    async fn connect(&mut self, create: bool) -> Result<(), DatabaseError> {
        let options = self.options.clone().create_if_missing(create);
        match options.connect().await {
            Ok(connection) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => {
                let mut explained = explain(&self.database, &error, known);
                explained.kind = DatabaseErrorKind::Unreachable;
                // The folder may have gone since it was looked for.
                let hint = self.missing_folder().or_else(|| explained.hint.take());
                Err(explained.hint_of(hint))
            }
        }
    }

    /// A file is created where it is missing, its folder is not: a path that leads nowhere is more likely a wrong one.
    fn missing_folder(&self) -> Option<String> {
        let file = self.file.file();
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())?;
        Some(format!("the folder {} does not exist; create it first", folder.display()))
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    pub(super) async fn inspect(&mut self, branch: &BranchName) -> Result<Snapshot, DatabaseError> {
        let mut found = Found::empty(branch.clone(), Dialect::Sqlite, self.database.clone());
        let Some(connection) = &mut self.connection else { return Ok(found.finish()) };
        match connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(in_one_row(&FLAVOR.inspect(branch))))).await {
            Ok(row) => found.add_json(row.try_get(0).map_err(|error| self.explain(&error))?)?,
            Err(sqlx::Error::Database(error)) if error.message().starts_with("no such table: branchline_") => {}
            // The file is opened on the first look only: that is when SQLite finds that it is no database.
            Err(error) => return Err(explain_connect(&self.database, &error, known)),
        }
        Ok(found.finish())
    }

    /// Whether anybody holds the branch's lock.
    #[allow(clippy::unused_async)]
    pub(super) async fn is_locked(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        Ok(lock::is_held(&lock::path(&self.file.file(), branch)))
    }

    pub(super) async fn lock(
        &mut self,
        branch: &BranchName,
        patience: poll::Patience<'_>,
    ) -> Result<(), DatabaseError> {
        self.cancel = patience.cancel.clone();
        poll::until_taken(self, branch, patience).await?;
        if self.connection.is_none() {
            self.connect(self.file.mode == SqliteMode::ReadWriteCreate).await?;
        }
        self.listen_for_stop().await?;
        self.last_event = self.newest_event(branch).await?;
        Ok(())
    }

    async fn listen_for_stop(&mut self) -> Result<(), DatabaseError> {
        let stop = Arc::clone(&self.stop);
        let connection = self.connection().map_err(|error| explain("", &error, known))?;
        if let Ok(mut handle) = connection.lock_handle().await {
            handle.set_progress_handler(INSTRUCTIONS_PER_LOOK, move || !stop.load(Ordering::Relaxed));
        }
        Ok(())
    }

    /// A new connection: what a script has set, and its temporary tables, must not reach the next one.
    async fn renew(&mut self) -> Result<(), DatabaseError> {
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
        self.connect(false).await?;
        self.listen_for_stop().await
    }

    /// None where there is no event, or no table yet.
    async fn newest_event(&mut self, branch: &BranchName) -> Result<Option<i64>, DatabaseError> {
        match self.fetch(&FLAVOR.last_event(branch)).await {
            Ok(rows) => Ok(rows.first().and_then(|row| row.try_get(0).ok())),
            Err(sqlx::Error::Database(error)) if error.message().starts_with("no such table: branchline_") => Ok(None),
            Err(error) => Err(self.explain(&error)),
        }
    }

    pub(super) async fn write_out(&mut self, programs: &[Program]) -> Result<Vec<String>, DatabaseError> {
        let written = preview::write_out(self.connection.as_mut(), programs).await;
        written.map_err(|error| self.explain(&error))
    }

    pub(super) async fn close(self) {
        if let Some(connection) = self.connection {
            let _ = connection.close().await;
        }
    }

    /// Several runs may come here at once on a fresh file: whoever is second finds the binding and keeps it.
    pub(super) async fn bind(&mut self, binding: &Binding) -> Result<(), DatabaseError> {
        let mut statements = FLAVOR.create_tables();
        statements.push(FLAVOR.insert_binding(binding).replacen("INSERT", "INSERT OR IGNORE", 1));
        self.write_together(&statements).await
    }

    /// Adds lines to the journal. Whether another run was here before them must still be seen afterwards.
    pub(super) async fn append(&mut self, lines: &[record::Line]) -> Result<(), DatabaseError> {
        let Some(first) = lines.first() else { return Ok(()) };
        self.begin().await?;
        let before = self.newest_event(&first.branch).await?;
        if let Err(error) = self.run(&format!("{};COMMIT", FLAVOR.insert_lines(lines))).await {
            let _ = self.run("ROLLBACK").await;
            return Err(self.explain(&error));
        }
        self.last_event = if before == self.last_event { self.newest_event(&first.branch).await? } else { None };
        Ok(())
    }

    pub(super) async fn stamp(&mut self, records: &[StepRecord]) -> Result<(), DatabaseError> {
        let statements: Vec<String> = records.iter().flat_map(|record| FLAVOR.stamp(record)).collect();
        self.write_together(&statements).await
    }

    pub(super) async fn execute(
        &mut self,
        program: &Program,
        record: &StepRecord,
        begin: Begin,
        watch: &Watch<'_>,
    ) -> Result<StepEnd, StepFailure> {
        let cancel = watch.cancel;
        let stop = Arc::clone(&self.stop);
        let at_once = program.transaction && begin == Begin::Fresh;
        let work = async {
            self.look_at_lock(record).map_err(atomic::nowhere)?;
            if std::mem::replace(&mut self.used, !at_once || uses_session(program)) {
                self.renew().await.map_err(atomic::nowhere)?;
            }
            if at_once {
                self.execute_at_once(program, record).await
            } else {
                stepwise::execute(self, program, record, begin, cancel).await
            }
        };
        let outcome = super::cancellable(work, cancel, || async move { stop.store(true, Ordering::Relaxed) }).await;
        // What is asked afterwards is to be answered.
        self.stop.store(false, Ordering::Relaxed);
        outcome
    }

    /// Whether others still meet our lock, and tells them what it is held for.
    fn look_at_lock(&mut self, record: &StepRecord) -> Result<(), DatabaseError> {
        let run = self.run;
        let Some(lock) = &mut self.lock else { return Ok(()) };
        if lock.is_ours() {
            lock.is_at(run, &record.branch, record.revision.as_str());
            return Ok(());
        }
        let message = "the file that stands for the branch's lock was removed, or another one put into its place";
        Err(DatabaseError::new(DatabaseErrorKind::LockLost, &self.database, message)
            .hint("leave the file beside the database alone while a run is under way, and run it again"))
    }

    pub(super) async fn repair(&mut self, record: &StepRecord, applied: bool) -> Result<(), DatabaseError> {
        self.write_together(&FLAVOR.repair(record, applied)).await
    }

    pub(super) async fn has_table(&mut self, name: &ObjectName) -> Result<bool, DatabaseError> {
        // A file that is not there has none.
        let Ok(connection) = self.connection() else { return Ok(false) };
        let asked = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
        );
        let found: Result<i64, _> = asked.bind(&name.name).persistent(false).fetch_one(connection).await;
        found.map(|found| found > 0).map_err(|error| self.explain(&error))
    }

    /// Nothing is ever asked here: whatever leaves a trace is one transaction with the note that it is done.
    #[allow(clippy::unused_async)]
    pub(super) async fn answers(&mut self, questions: &[Question]) -> Result<Vec<Answer>, DatabaseError> {
        Ok(vec![Answer::Unknown; questions.len()])
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        failpoint::around(self.connection()?.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))).await.map(|_| ())
    }

    /// Nobody numbers sessions here.
    pub(super) const fn number(&self) -> Option<i64> {
        None
    }

    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<SqliteRow>, DatabaseError> {
        self.fetch(sql).await.map_err(|error| self.explain(&error))
    }

    async fn fetch(&mut self, sql: &str) -> Result<Vec<SqliteRow>, sqlx::Error> {
        self.connection()?.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await
    }

    /// An error of a statement, with what in it SQLite complains about.
    async fn pointed(&mut self, sql: &str, error: DatabaseError) -> StatementError {
        let pointer = self.pointer(sql, &error.message).await;
        (error, pointer)
    }

    fn explain(&self, error: &sqlx::Error) -> DatabaseError {
        let mut explained = explain(&self.database, error, known);
        // "Error or missing database" says nothing that the message does not.
        explained.code = explained.code.filter(|code| code != "1");
        if explained.kind == DatabaseErrorKind::Locked
            && let Some(holders) = blockers::holders(&self.file.file())
        {
            explained.hint = Some(format!("{holders} holds the file; lock_timeout in [session] says how long to wait"));
        }
        explained
    }
}

impl Lockable for Sqlite {
    fn database(&self) -> &str {
        &self.database
    }

    async fn attempt(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        self.lock = FileLock::attempt(&lock::path(&self.file.file(), branch), self.run);
        Ok(self.lock.is_some())
    }

    async fn holder(&mut self, branch: &BranchName) -> Holder {
        let mut holder = lock::holder(&lock::path(&self.file.file(), branch));
        // A file that is not there yet, or that somebody writes to for long, tells no more.
        let newest = self.rows(&FLAVOR.newest_start(branch)).await.unwrap_or_default();
        let on_its_way = self.rows(&FLAVOR.on_its_way(branch)).await.unwrap_or_default();
        holder.learn(&self.database, branch, newest.first(), on_its_way.first());
        holder
    }
}

impl Stepwise for Sqlite {
    fn flavor(&self) -> &Flavor {
        &FLAVOR
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn begin_script(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn may_have_begun(&self, _sql: &str, _error: &DatabaseError) -> bool {
        // Nothing here commits on its way.
        false
    }

    async fn run_statement(&mut self, sql: &str) -> Result<(), StatementError> {
        let Err(error) = self.run(sql).await else { return Ok(()) };
        Err(self.pointed(sql, self.explain(&error)).await)
    }

    /// No statement here brings data along.
    async fn run_noted(
        &mut self,
        sql: &str,
        _data: Option<&mut CopyData<'_, '_>>,
        note: &str,
    ) -> Result<(), StatementError> {
        let Err((error, done)) = self.run_all(format!("BEGIN IMMEDIATE;{sql}\n;{note};COMMIT")).await else {
            return Ok(());
        };
        let _ = self.run("ROLLBACK").await;
        // Before it stands the BEGIN alone.
        Err(if done == 1 { self.pointed(sql, error).await } else { (error, None) })
    }

    async fn end_script(&mut self) -> Result<(), DatabaseError> {
        // What is written from here on is the record of what was stopped.
        self.stop.store(false, Ordering::Relaxed);
        self.run(PRAGMAS).await.map_err(|error| self.explain(&error))
    }

    fn completes_at_once(&self) -> bool {
        true
    }

    /// A rebuild is several statements, of which no part may stay without the others.
    async fn run_completed(&mut self, statements: &[String], note: &str) -> Result<bool, DatabaseError> {
        let script = format!("{PRAGMAS};BEGIN IMMEDIATE;{}", statements.join(";\n"));
        let outcome = match self.run(&script).await {
            Ok(()) => self.check_foreign_keys().await,
            Err(error) => Err(self.explain(&error)),
        };
        let outcome = match outcome {
            Ok(()) => self.run(&format!("{note};COMMIT")).await.map_err(|error| self.explain(&error)),
            failed => failed,
        };
        if outcome.is_err() {
            let _ = self.run("ROLLBACK").await;
            let _ = self.run(PRAGMAS).await;
        }
        outcome.map(|()| true)
    }

    async fn write_together(&mut self, statements: &[String]) -> Result<(), DatabaseError> {
        let script = format!("{}{};COMMIT", self.begin_patiently(), statements.join(";"));
        let waiting = Instant::now();
        while let Err(error) = self.run(&script).await {
            let _ = self.run("ROLLBACK").await;
            let error = self.explain(&error);
            if !self.may_wait(&error, waiting)? {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn complete(&mut self, change: &TableChange) -> Result<Vec<String>, DatabaseError> {
        let connection = self.connection().map_err(|error| explain("", &error, known))?;
        let definition = definition::read(connection, &change.table).await.map_err(|error| self.explain(&error))?;
        schema::complete_sqlite(change, &definition).map_err(|error| {
            let hint = error.hint();
            DatabaseError::new(DatabaseErrorKind::Query, &self.database, error.to_string()).hint_of(hint)
        })
    }
}

/// Whether a script may leave something in its session: settings, or temporary tables.
fn uses_session(program: &Program) -> bool {
    // Of a script that is not held, nobody looks for it.
    program.long().is_some()
        || program.sql_pieces().any(|piece| {
            piece.statements.iter().any(|statement| match statement.verb {
                Verb::Pragma => true,
                Verb::Create => {
                    let word = piece.text[statement.range.clone()].split_whitespace().nth(1).unwrap_or_default();
                    word.eq_ignore_ascii_case("TEMP") || word.eq_ignore_ascii_case("TEMPORARY")
                }
                _ => false,
            })
        })
}

/// A query of texts as one row, a JSON array of arrays: each row of its own would wake us up.
fn in_one_row(query: &str) -> String {
    let columns = (0..super::found::COLUMNS).map(|column| format!("c{column}")).collect::<Vec<_>>().join(",");
    format!("WITH found({columns}) AS ({query}) SELECT json_group_array(json_array({columns})) FROM found")
}

/// The codes of <https://www.sqlite.org/rescode.html> that have a known cause.
fn known(code: &str, message: &str) -> Known {
    use DatabaseErrorKind as Kind;
    match code {
        "5" | "6" | "261" | "517" => {
            Known::of(Kind::Locked, "another process holds the file; lock_timeout in [session] says how long to wait")
        }
        "9" => Known { kind: Kind::Interrupted, hint: None },
        "8" | "264" | "520" | "776" | "1032" | "1288" | "1544" => {
            Known::of(Kind::ReadOnly, "may this user write the file, and the folder that it is in?")
        }
        "13" => Known::of(Kind::DiskFull, "the disk is full: make room, and run it again"),
        "14" => Known::of(Kind::Unreachable, "the file cannot be opened: does its folder exist, and may we read it?"),
        "26" => Known::of(Kind::Unreachable, "this file is no SQLite database"),
        _ if message.contains("already exists") => Known::query(Some(
            "it is there already: made by hand, or by another tool? If the database already holds what this revision makes, \
             `branchline stamp` records it",
        )),
        _ if message.starts_with("no such table") => {
            Known::query(Some("no such table: does an earlier revision create it, perhaps on another branch?"))
        }
        _ => Known::query(None),
    }
}

#[cfg(test)]
mod tests {
    use super::PRAGMAS;
    use crate::sql::SQLITE_SWITCHES;

    /// Lint says nothing of them, since they are taken back.
    #[test]
    fn all_switches_are_switched_off() {
        let off: Vec<&str> = PRAGMAS.split(';').collect();
        let named: Vec<String> = SQLITE_SWITCHES.iter().map(|switch| format!("PRAGMA {switch} = OFF")).collect();
        assert_eq!(off.iter().map(|pragma| pragma.trim()).collect::<Vec<_>>(), named);
    }
}
