//! PostgreSQL.
//!
//! A script that can be a transaction is sent together with its state row, its event and the COMMIT as one simple query:
//! one round trip and one transaction a revision. The results that came back before an error tell which statement failed,
//! and the error's position, a count of characters into what was sent, tells where. A session's own settings are put
//! back before the state row is written, so that a script that changed them cannot disturb the next one.

mod atomic;
mod blockers;
mod bundle;
mod capture;
mod catalog;
mod connect;
mod context;
mod copy;
mod half_built;
mod keys;
mod lock;
mod long;
mod noted;
mod probe;

use std::fmt::Write as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio_util::sync::CancellationToken;

use crate::database_url::DatabaseUrl;
use crate::dialect::Dialect;
use crate::failpoint;
use crate::names::BranchName;
use crate::plan::{Binding, Snapshot};
use crate::script::{Pointer, Program};
use crate::sql::ObjectName;

use atomic::position;
use connect::{allows_encryption, connect_options, known, unprepared};
use lock::LOCK_CLASS;

use super::SessionOptions;
use super::blockers::watched;
use super::copy_data::CopyData;
use super::error::{DatabaseError, DatabaseErrorKind, explain, explain_connect};
use super::found::Found;
use super::record::{Begin, StepEnd, StepFailure, StepRecord, Watch};
use super::stepwise::{self, StatementError, Stepwise};
use super::tables::Flavor;

/// The first half of the lock's key that is held while a database is bound.
const BINDING_CLASS: i32 = LOCK_CLASS + 1;

/// Takes back what a script may have changed in its session: who it is, and every setting.
const RESET: &str = "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;";

/// Keeps a session that waits for other databases from being ended for it. Older servers than 14 have no such setting.
const STAY: &str = "SELECT pg_catalog.set_config('idle_session_timeout', '0', false) WHERE \
    pg_catalog.current_setting('idle_session_timeout', true) <> '0'";

/// The time zone and date style of the server's configuration files.
const FILE_SETTINGS: &str = "SELECT \
     coalesce((SELECT setting FROM pg_catalog.pg_file_settings WHERE lower(name) = 'timezone' ORDER BY seqno DESC LIMIT 1), ''), \
     coalesce((SELECT setting FROM pg_catalog.pg_file_settings WHERE lower(name) = 'datestyle' ORDER BY seqno DESC LIMIT 1), '')";

pub(super) struct Postgres {
    connection: PgConnection,
    options: PgConnectOptions,
    flavor: Flavor,
    database: String,
    lock_timeout: Duration,
    statement_timeout: Duration,
    /// The server's own defaults for what sqlx sets on connecting, known once the lock is held.
    defaults: Vec<(&'static str, String)>,
    backend: Option<i32>,
    /// Cancelled when what is read is wanted no longer.
    cancel: CancellationToken,
    /// The branch whose lock we hold.
    locked: Option<BranchName>,
    /// Whether answers to a statement may still come: to the next one they would be wrong ones.
    is_spent: bool,
}

impl Postgres {
    pub(super) async fn open(url: &DatabaseUrl, session: &SessionOptions) -> Result<Self, DatabaseError> {
        let database = url.to_string();
        let mut options = connect_options(url, session)?;
        let connecting = async {
            match options.connect().await {
                // The driver takes `allow` for `disable`.
                Err(sqlx::Error::Database(error))
                    if allows_encryption(url) && error.code().as_deref() == Some("28000") =>
                {
                    options = options.clone().ssl_mode(PgSslMode::Require);
                    options.connect().await
                }
                connected => connected,
            }
        };
        let connection = match tokio::time::timeout(session.connect_timeout, connecting).await {
            Ok(connected) => connected.map_err(|error| {
                unprepared(&database, &error).unwrap_or_else(|| explain_connect(&database, &error, known))
            })?,
            Err(_) => return Err(super::timed_out(&database, session.connect_timeout)),
        };
        Ok(Self {
            connection,
            options,
            flavor: Flavor::Postgres { schema: session.state_schema.clone() },
            database,
            lock_timeout: session.lock_timeout,
            statement_timeout: session.statement_timeout,
            defaults: Vec::new(),
            backend: None,
            cancel: session.cancel.clone(),
            locked: None,
            is_spent: false,
        })
    }

    pub(super) async fn inspect(&mut self, branch: &BranchName) -> Result<Snapshot, DatabaseError> {
        let mut found = Found::empty(branch.clone(), Dialect::Postgres, self.database.clone());
        match self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(self.flavor.inspect(branch)))).await {
            Ok(rows) => {
                for row in &rows {
                    found.add(row)?;
                }
            }
            // undefined_table: no run was here yet.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => {}
            Err(error) => return Err(self.explain(&error)),
        }
        Ok(found.finish())
    }

    /// What sqlx set on connecting hides the server's own time zone and date style; a script must mean what it means in psql.
    async fn learn_session(&mut self) -> Result<(), DatabaseError> {
        let of_role = |name: &str| {
            format!(
                "coalesce((SELECT substr(c, strpos(c, '=') + 1) FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE \
                 lower(split_part(c, '=', 1)) = '{name}' AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE \
                 datname = current_database())) AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = \
                 session_user)) ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC LIMIT 1), '')"
            )
        };
        let query = format!(
            "SELECT pg_backend_pid()::text, CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE current_setting('transaction_read_only') \
             END, {}, {}, (has_table_privilege('pg_catalog.pg_file_settings', 'select') AND \
             has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'execute'))::text",
            of_role("timezone"),
            of_role("datestyle")
        );
        let found = self.texts(&query).await?;
        let [backend, read_only, time_zone, date_style, may_read_file] = found.as_slice() else {
            return Err(self.state_error("the server did not say who we are"));
        };
        if read_only != "off" {
            return Err(self.read_only(read_only == "standby"));
        }
        self.backend = backend.parse().ok();
        // Named only where it may be read: PostgreSQL checks the privilege even where a CASE would never come to it.
        let of_file = if may_read_file == "true" { self.texts(FILE_SETTINGS).await? } else { Vec::new() };
        let of_file = |index: usize| of_file.get(index).cloned().unwrap_or_default();
        self.defaults = [("TimeZone", time_zone, of_file(0)), ("DateStyle", date_style, of_file(1))]
            .into_iter()
            .map(|(name, of_role, of_file)| (name, if of_role.is_empty() { of_file } else { of_role.clone() }))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Ok(())
    }

    /// The columns of the first row, as text.
    async fn texts(&mut self, query: &str) -> Result<Vec<String>, DatabaseError> {
        let rows = self.rows(query).await?;
        let Some(row) = rows.first() else { return Ok(Vec::new()) };
        Ok((0..row.len()).map(|index| row.try_get::<String, _>(index).unwrap_or_default()).collect())
    }

    /// Nothing here needs a table's definition.
    #[allow(clippy::unused_async)]
    pub(super) async fn write_out(&mut self, programs: &[Program]) -> Result<Vec<String>, DatabaseError> {
        Ok(programs.iter().map(|program| program.to_sql(|_| None)).collect())
    }

    pub(super) async fn close(self) {
        let _ = self.connection.close().await;
    }

    pub(super) async fn bind(&mut self, binding: &Binding) -> Result<(), DatabaseError> {
        // Held for as long as this takes: runs of other branches may meet us in a fresh database, and even IF NOT EXISTS
        // fails where two sessions create a table at once.
        let mut script = format!("BEGIN;SELECT pg_advisory_xact_lock({BINDING_CLASS}, {BINDING_CLASS});");
        for create in self.flavor.create_tables() {
            let _ = write!(script, "{create};");
        }
        let _ = write!(script, "{};COMMIT", self.flavor.insert_binding(binding));
        self.run(&script).await.map_err(|error| self.explain(&error))
    }

    pub(super) async fn stamp(&mut self, records: &[StepRecord]) -> Result<(), DatabaseError> {
        let statements: Vec<String> = records.iter().flat_map(|record| self.flavor.stamp(record)).collect();
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
        let (lookout, lock_timeout) = (self.lookout(), self.lock_timeout);
        let canceller = (self.options.clone(), self.backend);
        let work = async {
            if program.transaction && begin == Begin::Fresh {
                match program.long() {
                    Some(script) => self.execute_long(program, script, record, cancel).await,
                    None => self.execute_at_once(program, record, cancel).await,
                }
            } else {
                stepwise::execute(self, program, record, begin, cancel).await
            }
        };
        let work = super::cancellable(work, cancel, || cancel_backend(canceller.0, canceller.1));
        let (outcome, blockers) = watched(work, lock_timeout, lookout, watch.blocked).await;
        outcome.map_err(|failure| failure.blocked_by(blockers))
    }

    pub(super) async fn repair(&mut self, record: &StepRecord, applied: bool) -> Result<(), DatabaseError> {
        let statements = self.flavor.repair(record, applied);
        self.write_together(&statements).await
    }

    pub(super) async fn has_table(&mut self, name: &ObjectName) -> Result<bool, DatabaseError> {
        let asked = sqlx::query_scalar("SELECT pg_catalog.to_regclass($1) IS NOT NULL").bind(probe::quoted(name));
        let found = asked.persistent(false).fetch_one(&mut self.connection).await;
        found.map_err(|error| self.explain(&error))
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        failpoint::around(self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))).await.map(|_| ())
    }

    /// The server's number of this session.
    pub(super) fn number(&self) -> Option<i64> {
        self.backend.map(i64::from)
    }

    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<sqlx::postgres::PgRow>, DatabaseError> {
        let rows = failpoint::around(self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))).await;
        rows.map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &sqlx::Error) -> DatabaseError {
        let mut explained = explain(&self.database, error, known);
        if let Some(inner) = postgres_error(error) {
            if let Some(detail) = inner.detail() {
                explained.message = format!("{}: {detail}", explained.message);
            }
            explained.hint = explained.hint.or_else(|| inner.hint().map(str::to_owned));
            explained.context = context::of(inner);
        }
        if explained.kind == DatabaseErrorKind::LockLost {
            "the lock of the branch is held no longer by the session that took it".clone_into(&mut explained.message);
        }
        explained
    }

    /// Refused before anything is tried: each statement would only say so by itself.
    fn read_only(&self, standby: bool) -> DatabaseError {
        let (message, hint) = if standby {
            ("it is a standby, which takes no writes", "use the URL of the server that it follows")
        } else {
            (
                "its sessions take no writes",
                "is default_transaction_read_only set for the server, the database or the role?",
            )
        };
        DatabaseError::new(DatabaseErrorKind::ReadOnly, &self.database, message).hint(hint)
    }

    fn state_error(&self, message: &str) -> DatabaseError {
        DatabaseError::new(DatabaseErrorKind::State, &self.database, message)
    }

    /// What stands before every script: whether the lock is ours, and the session's settings.
    fn settings(&self, scope: &str) -> String {
        let mut text = format!(
            "{};SET {scope} lock_timeout = {};SET {scope} statement_timeout = {};",
            self.ownership(),
            milliseconds(self.lock_timeout),
            milliseconds(self.statement_timeout)
        );
        for (name, value) in &self.defaults {
            let _ = write!(text, "SET {scope} {name} = '{}';", value.replace('\'', "''"));
        }
        text
    }
}

impl Stepwise for Postgres {
    fn flavor(&self) -> &Flavor {
        &self.flavor
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn begin_script(&mut self) -> Result<(), DatabaseError> {
        let settings = self.settings("SESSION");
        self.run(&settings).await.map_err(|error| self.explain(&error))
    }

    fn may_have_begun(&self, _sql: &str, error: &DatabaseError) -> bool {
        // What goes wrong inside says where; what is stopped may be stopped anywhere.
        use DatabaseErrorKind as Kind;
        error.context.is_some() || matches!(error.kind, Kind::Blocked | Kind::Interrupted | Kind::TimedOut)
    }

    async fn run_statement(&mut self, sql: &str) -> Result<(), StatementError> {
        let before = half_built::before(self, sql).await;
        let Err(error) = self.run(sql).await else { return Ok(()) };
        half_built::clear_after(self, sql, &before).await;
        Err((self.explain(&error), position(&error).map(Pointer::Character)))
    }

    async fn clear_half_built(&mut self, sql: &str) -> Result<(), DatabaseError> {
        half_built::clear(self, sql).await
    }

    async fn run_noted(
        &mut self,
        sql: &str,
        data: Option<&mut CopyData<'_, '_>>,
        note: &str,
    ) -> Result<(), StatementError> {
        noted::run(self, sql, data, note).await
    }

    fn must_be_alone(&self, error: &DatabaseError) -> bool {
        noted::must_be_alone(error)
    }

    async fn end_script(&mut self) -> Result<(), DatabaseError> {
        self.run(&format!("{RESET}{STAY}")).await.map_err(|error| self.explain(&error))
    }

    async fn write_together(&mut self, statements: &[String]) -> Result<(), DatabaseError> {
        let script = format!("BEGIN;SET LOCAL ROLE NONE;{};COMMIT", statements.join(";"));
        if let Err(error) = self.run(&script).await {
            let _ = self.run("ROLLBACK").await;
            return Err(self.explain(&error));
        }
        Ok(())
    }
}

/// What the server takes as a limit: zero is none, and less than a millisecond is not none; 31 bits are all it has.
fn milliseconds(limit: Duration) -> u128 {
    if limit.is_zero() { 0 } else { limit.as_millis().clamp(1, i32::MAX as u128) }
}

fn postgres_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error().and_then(|inner| inner.try_downcast_ref())
}

async fn cancel_backend(options: PgConnectOptions, backend: Option<i32>) {
    let Some(backend) = backend else { return };
    if let Ok(mut connection) = options.connect().await {
        let cancel = format!("SELECT pg_cancel_backend({backend})");
        let _ = connection.execute(sqlx::raw_sql(AssertSqlSafe(cancel))).await;
        let _ = connection.close().await;
    }
}
