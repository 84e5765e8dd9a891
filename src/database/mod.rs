//! One session type over three engines. All I/O with databases is here, an engine a folder; what belongs to one engine
//! stands in that engine's module, and nobody else asks which engine it is.

mod blockers;
mod capture;
mod catalog;
mod copy_data;
mod error;
mod export;
mod found;
mod holder;
mod journal;
mod key_sql;
mod keys;
mod mysql;
mod poll;
mod postgres;
mod record;
mod references;
mod row;
mod silence;
mod sqlite;
mod stepwise;
mod tables;
mod tls;
mod work;

use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::database_url::DatabaseUrl;
use crate::dialect::Dialect;
use crate::journal::Entry;
use crate::names::BranchName;
use crate::plan::{Binding, Snapshot};
use crate::reference::RecordedReference;
use crate::reference::keys::{KeyPage, KeySource, Range, Reading, Value};
use crate::revision::Checksum;
use crate::script::Program;
use crate::sql::{Answer, ObjectName, Question};

use poll::Lockable as _;
use silence::Listener;
use stepwise::Stepwise as _;

pub use capture::{Backlog, Capture, CaptureRow, DeletedKey, KeyBatch, Mark};
pub use error::{DatabaseError, DatabaseErrorKind};
pub use export::{KeyQuery, key_query};
pub use key_sql::{Key, KeyTable};
pub use keys::{KeyRow, KeysRead, Standby};
pub use record::{Begin, Left, Line, Lines, StepEnd, StepFailure, StepRecord, Watch};
pub use work::{Change, Referring};

/// How to open a session.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// How long to wait for the server to answer at all.
    pub connect_timeout: Duration,
    /// How long a statement may wait for the database's own locks; zero: for ever.
    pub lock_timeout: Duration,
    /// How long a statement may run; zero: for ever.
    pub statement_timeout: Duration,
    /// The schema of the state tables, where there are schemas.
    pub state_schema: String,
    /// Shown by the server beside our session, so that people see who it is.
    pub run_id: Uuid,
    /// Cancelled when the run is to stop: from then on the server is waited for only so long.
    pub cancel: CancellationToken,
}

/// An open connection to one branch's database, which may read.
pub struct Session {
    engine: Engine,
    listener: Listener,
}

enum Engine {
    Postgres(postgres::Postgres),
    Mysql(mysql::Mysql),
    Sqlite(sqlite::Sqlite),
}

/// Runs an engine's method, whichever it is.
macro_rules! on_engine {
    ($engine:expr, $name:ident => $call:expr) => {
        match $engine {
            Engine::Postgres($name) => $call,
            Engine::Mysql($name) => $call,
            Engine::Sqlite($name) => $call,
        }
    };
}

/// Has a session's engine ask its server, for as long as that is listened to.
macro_rules! ask {
    ($session:expr, $name:ident => $call:expr) => {{
        let Session { engine, listener } = $session;
        listener.hear(async { on_engine!(engine, $name => $call) }).await
    }};
}

use {ask, on_engine};

impl Session {
    /// Connects. One connection, no pool: a session's locks and settings belong to it.
    ///
    /// # Errors
    ///
    /// Unreachable, login refused, or no such database.
    pub async fn open(url: &DatabaseUrl, options: &SessionOptions) -> Result<Self, DatabaseError> {
        let opened = match url.dialect() {
            Dialect::Postgres => postgres::Postgres::open(url, options).await.map(Engine::Postgres),
            Dialect::Mysql | Dialect::Mariadb => mysql::Mysql::open(url, options).await.map(Engine::Mysql),
            Dialect::Sqlite => sqlite::Sqlite::open(url, options).await.map(Engine::Sqlite),
        };
        let engine = opened.map_err(|error| error.of_login(url))?;
        let cancel = match &engine {
            Engine::Postgres(_) | Engine::Mysql(_) => Some(options.cancel.clone()),
            // It works in this process, and must not be left while it writes.
            Engine::Sqlite(_) => None,
        };
        Ok(Self { engine, listener: Listener::new(url.to_string(), cancel) })
    }

    /// Reads the state of a branch: one query, no lock, nothing written.
    ///
    /// # Errors
    ///
    /// What the database says; state tables that were tampered with.
    pub async fn inspect(&mut self, branch: &BranchName) -> Result<Snapshot, DatabaseError> {
        ask!(self, engine => engine.inspect(branch).await)
    }

    /// The same, and whether a run is working on what looks half-way: it holds the branch's lock then. That costs a query more,
    /// and only where a revision is on its way.
    ///
    /// # Errors
    ///
    /// As [`Session::inspect`].
    pub async fn observe(&mut self, branch: &BranchName) -> Result<Snapshot, DatabaseError> {
        let mut snapshot = self.inspect(branch).await?;
        while snapshot.is_on_its_way() {
            if self.is_locked(branch).await? {
                snapshot.running = true;
                break;
            }
            // The run may have ended between the two looks; who left it half-way does not come back to change it.
            let again = self.inspect(branch).await?;
            if again.revisions == snapshot.revisions {
                break;
            }
            snapshot = again;
        }
        Ok(snapshot)
    }

    /// Takes the branch's lock, polling: a session that waits inside a statement would hold a snapshot that CREATE INDEX
    /// CONCURRENTLY waits for. `waiting` is told, once, who holds it.
    ///
    /// # Errors
    ///
    /// [`DatabaseErrorKind::Locked`] after `timeout`.
    pub async fn lock(
        mut self,
        branch: &BranchName,
        timeout: Duration,
        cancel: &CancellationToken,
        waiting: &mut dyn FnMut(String),
    ) -> Result<LockedSession, DatabaseError> {
        let patience = poll::Patience { timeout, cancel, waiting };
        match ask!(&mut self, engine => engine.lock(branch, patience).await) {
            Ok(()) => Ok(LockedSession { session: self, branch: branch.clone() }),
            Err(error) => {
                self.close().await;
                Err(error)
            }
        }
    }

    /// Whether anybody holds the branch's lock.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn is_locked(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        ask!(self, engine => engine.is_locked(branch).await)
    }

    /// Lines of a branch's journal, the oldest first. The database must be bound.
    ///
    /// # Errors
    ///
    /// What the database says; state tables that were tampered with.
    pub async fn journal(&mut self, branch: &BranchName, lines: &Lines) -> Result<Vec<Entry>, DatabaseError> {
        ask!(self, engine => {
            let rows = engine.rows(&engine.flavor().journal(branch, lines)).await?;
            rows.iter().map(|row| journal::entry(engine.database(), row)).collect()
        })
    }

    /// The live references of a branch, as the state tables hold them. The database must be bound.
    ///
    /// # Errors
    ///
    /// What the database says; state tables that were tampered with.
    pub async fn references(&mut self, branch: &BranchName) -> Result<Vec<RecordedReference>, DatabaseError> {
        ask!(self, engine => {
            let rows = engine.rows(&engine.flavor().references(branch)).await?;
            rows.iter().map(|row| references::recorded(engine.database(), row)).collect()
        })
    }

    /// What the database says of its tables: one round trip, or two, whatever their number.
    ///
    /// # Errors
    ///
    /// What the database says when it is asked.
    pub async fn catalog(&mut self) -> Result<Catalog, DatabaseError> {
        ask!(self, engine => engine.catalog().await)
    }

    /// Keeps what checks of a branch's references found, all of it or nothing, with lines for the journal. Takes no lock: a
    /// reference that has ended meanwhile is left alone.
    ///
    /// # Errors
    ///
    /// What the database says: a role that may only read, above all.
    pub async fn record_checks(
        &mut self,
        branch: &BranchName,
        results: &[(Checksum, String)],
        lines: &[Line],
    ) -> Result<(), DatabaseError> {
        ask!(self, engine => {
            let flavor = engine.flavor();
            let mut statements: Vec<String> =
                results.iter().map(|(id, result)| flavor.update_check(branch, id, result)).collect();
            if !lines.is_empty() {
                statements.push(flavor.insert_lines(lines));
            }
            engine.write_together(&statements).await
        })
    }

    /// From now on the session reads, and cannot write. Says whether the database follows another one, and may lag behind it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn begin_reading(&mut self) -> Result<Standby, DatabaseError> {
        ask!(self, engine => engine.begin_reading().await)
    }

    /// An empty page for keys of this source.
    #[must_use]
    pub fn new_page(&self, source: &KeySource) -> KeyPage {
        on_engine!(&self.engine, engine => keys::new_page(engine, source))
    }

    /// Whether [`probe_keys`](Self::probe_keys) finds a key in every form that its columns may have it in.
    #[must_use]
    pub fn finds_every_form(&self, source: &KeySource) -> bool {
        on_engine!(&self.engine, engine => keys::finds_every_form(engine, source))
    }

    /// The forms in which each column may have its value of a key, as far as they can be asked for.
    #[must_use]
    pub fn forms_of_key(&self, source: &KeySource, key: &[Value]) -> Vec<Vec<Value>> {
        on_engine!(&self.engine, engine => keys::forms_of_key(engine, source, key))
    }

    /// Reads keys of a table into `page`. Where no limit is set the whole is read, and full pages go to `pages`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn read_keys(
        &mut self,
        source: &KeySource,
        reading: Reading,
        range: &Range,
        page: KeyPage,
        pages: Option<&Sender<KeyPage>>,
    ) -> Result<KeysRead, DatabaseError> {
        ask!(self, engine => keys::read(engine, source, reading, range, page, pages).await)
    }

    /// Which of these keys are there, and whether `filter`, an SQL condition, holds for each.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn probe_keys(
        &mut self,
        source: &KeySource,
        keys: &[Vec<Value>],
        filter: Option<&str>,
    ) -> Result<Vec<(Vec<Value>, bool)>, DatabaseError> {
        ask!(self, engine => keys::probe(engine, source, keys, filter).await)
    }

    /// The rows that have one of these keys, each column in one of its forms; no more than `limit`. Values that `were_read` from the
    /// columns must be ones that can be asked for; others are not there.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn rows_of_keys(
        &mut self,
        source: &KeySource,
        keys: &[Vec<Vec<Value>>],
        limit: usize,
        were_read: bool,
    ) -> Result<Vec<KeyRow>, DatabaseError> {
        ask!(self, engine => keys::rows_of(engine, source, keys, limit, were_read).await)
    }

    /// How many rows of the source there are, or have this key.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn count_rows(&mut self, source: &KeySource, key: Option<&[Vec<Value>]>) -> Result<u64, DatabaseError> {
        ask!(self, engine => keys::count(engine, source, key).await)
    }

    /// The keys of one text column that are these, but for the case of their letters and the spaces at their ends.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn variants_of_keys(
        &mut self,
        source: &KeySource,
        folded: &[String],
    ) -> Result<Vec<Vec<Value>>, DatabaseError> {
        ask!(self, engine => keys::variants(engine, source, folded).await)
    }

    /// Whether the database has a table, or a view, of this name.
    ///
    /// # Errors
    ///
    /// What the database says when it is asked.
    pub async fn has_table(&mut self, name: &ObjectName) -> Result<bool, DatabaseError> {
        ask!(self, engine => engine.has_table(name).await)
    }

    /// What the database says of a statement whose session died: an answer a question.
    ///
    /// # Errors
    ///
    /// What the database says when it is asked.
    pub async fn answers(&mut self, questions: &[Question]) -> Result<Vec<Answer>, DatabaseError> {
        ask!(self, engine => engine.answers(questions).await)
    }

    /// The SQL that these programs, one after the other, would come to here. Nothing is run, and nothing written.
    ///
    /// # Errors
    ///
    /// What the database says when it is asked for its tables.
    pub async fn write_out(&mut self, programs: &[Program]) -> Result<Vec<String>, DatabaseError> {
        ask!(self, engine => engine.write_out(programs).await)
    }

    /// Says goodbye to the server. One that is only dropped looks to it like one that died; one that was given up is that.
    pub async fn close(self) {
        let Self { engine, mut listener } = self;
        let goodbye = async {
            on_engine!(engine, engine => engine.close().await);
            Ok(())
        };
        let _ = listener.hear(goodbye).await;
    }
}

/// A session that holds its branch's lock: only this one writes.
pub struct LockedSession {
    session: Session,
    branch: BranchName,
}

impl LockedSession {
    /// Reads the state again, now that nobody else changes it.
    ///
    /// # Errors
    ///
    /// As [`Session::inspect`].
    pub async fn inspect(&mut self) -> Result<Snapshot, DatabaseError> {
        let branch = self.branch.clone();
        self.session.inspect(&branch).await
    }

    /// As [`Session::answers`], now that nobody else changes what is asked for, and the session that died has ended.
    ///
    /// # Errors
    ///
    /// As [`Session::answers`].
    pub async fn answers(&mut self, questions: &[Question]) -> Result<Vec<Answer>, DatabaseError> {
        self.session.answers(questions).await
    }

    /// Creates the state tables and writes the binding, where there is none.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn bind(&mut self, binding: &Binding) -> Result<(), DatabaseError> {
        ask!(&mut self.session, engine => engine.bind(binding).await)
    }

    /// Runs a script up or down and records it. Every engine does what it can to make that one transaction. Where a statement
    /// waits for another session, `watch` is told who that is.
    ///
    /// # Errors
    ///
    /// [`StepFailure`], which says where the database stands now.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future does not stop the server. Cancel `watch` and wait.
    pub async fn execute(
        &mut self,
        program: &Program,
        record: &StepRecord,
        begin: Begin,
        watch: &Watch<'_>,
    ) -> Result<StepEnd, StepFailure> {
        let executed = ask!(&mut self.session, engine => Ok(engine.execute(program, record, begin, watch).await));
        executed.unwrap_or_else(|error| {
            // For its step, a connection that was given up is one that was lost.
            let error = DatabaseError { kind: DatabaseErrorKind::ConnectionLost, ..error };
            Err(StepFailure { error, location: None, statement: None, left: Left::Unknown })
        })
    }

    /// The dialect that the database speaks, as far as it was asked.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        on_engine!(&self.session.engine, engine => engine.dialect())
    }

    /// The database's own number of this session, where it numbers them.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        on_engine!(&self.session.engine, engine => engine.number())
    }

    /// Adds lines to the journal, all of them or none.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn write_journal(&mut self, lines: &[Line]) -> Result<(), DatabaseError> {
        if lines.is_empty() {
            return Ok(());
        }
        ask!(&mut self.session, engine => engine.append(lines).await)
    }

    /// Settles a revision that was left half-way, without running anything.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn repair(&mut self, record: &StepRecord, applied: bool) -> Result<(), DatabaseError> {
        ask!(&mut self.session, engine => engine.repair(record, applied).await)
    }

    /// Records revisions as applied, or as not, without running anything: all of them or none.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn stamp(&mut self, records: &[StepRecord]) -> Result<(), DatabaseError> {
        ask!(&mut self.session, engine => engine.stamp(records).await)
    }

    /// Gives the lock back and says goodbye.
    pub async fn close(mut self) {
        let Session { engine, listener } = &mut self.session;
        let unlocked = async {
            match engine {
                Engine::Postgres(engine) => engine.unlock(&self.branch).await,
                Engine::Mysql(engine) => engine.unlock(&self.branch).await,
                // Its lock is let go of with the file.
                Engine::Sqlite(_) => {}
            }
            Ok(())
        };
        let _ = listener.hear(unlocked).await;
        self.session.close().await;
    }
}

/// How long asking a server to stop a statement may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);

/// Lets `work` finish; on the first sign of `cancel` asks the server, on another way, to stop the statement.
///
/// Dropping a query's future would not stop the server: the work must come back with what the server made of it.
async fn cancellable<T, C: Future<Output = ()>>(
    work: impl Future<Output = T>,
    cancel: &CancellationToken,
    canceller: impl FnOnce() -> C,
) -> T {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        () = cancel.cancelled() => {
            // Both go on: the work must be polled while the server is asked.
            let (done, _) = tokio::join!(work, tokio::time::timeout(CANCEL_TIMEOUT, canceller()));
            done
        }
    }
}

fn timed_out(database: &str, after: Duration) -> DatabaseError {
    let message = format!("no answer within {}", humantime::format_duration(after));
    DatabaseError::new(DatabaseErrorKind::Unreachable, database, message)
        .hint("is a firewall in between, or the host name wrong?")
}
