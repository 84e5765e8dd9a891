//! MySQL and MariaDB.
//!
//! Schema changes commit by themselves here and ROLLBACK does not undo them, so every script goes statement by statement.

mod blockers;
mod capture;
mod catalog;
mod connect;
mod keys;
mod lock;
mod packet;
mod place;
mod probe;
pub(super) mod text;

use std::collections::VecDeque;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio_util::sync::CancellationToken;

use crate::database_url::DatabaseUrl;
use crate::dialect::Dialect;
use crate::failpoint;
use crate::names::BranchName;
use crate::plan::{Binding, Snapshot};
use crate::schema::{self, TableChange, TableName};
use crate::script::{Piece, Pointer, Program};
use crate::sql;
use crate::sql::ObjectName;

use connect::{charset, connect_options, known};
use lock::named_lock;

use super::SessionOptions;
use super::blockers::watched;
use super::copy_data::CopyData;
use super::error::{DatabaseError, DatabaseErrorKind, explain, explain_connect};
use super::found::Found;
use super::record::{Begin, StepEnd, StepFailure, StepRecord, Watch};
use super::stepwise::{self, StatementError, Stepwise};
use super::tables::Flavor;

pub(super) struct Mysql {
    connection: MySqlConnection,
    options: MySqlConnectOptions,
    dialect: Dialect,
    database: String,
    lock_timeout: Duration,
    statement_timeout: Duration,
    connection_id: Option<u64>,
    /// Cancelled when what is read is wanted no longer.
    cancel: CancellationToken,
    /// The branch whose lock we hold.
    locked: Option<BranchName>,
    /// How many bytes the server takes at once, where that was asked.
    packet: Option<usize>,
    /// The character set of the connection.
    charset: String,
}

const FLAVOR: Flavor = Flavor::Mysql;

/// Keeps a session that waits for other databases from being ended for it, for a day: also one with rows under way.
const STAY: &str = "SESSION wait_timeout = GREATEST(@@SESSION.wait_timeout, 86400), \
    SESSION net_write_timeout = GREATEST(@@SESSION.net_write_timeout, 86400)";

const BEGIN: &str = "START TRANSACTION;";

/// Whatever the script has set, neither another transaction begins nor the connection ends.
const COMMIT: &str = "COMMIT AND NO CHAIN NO RELEASE";

/// What the lock is called that is held while a database is bound; no branch can be called so.
const BINDING: &str = "*binding";

/// How long binding may take another run.
const BINDING_SECONDS: u32 = 60;

impl Mysql {
    pub(super) async fn open(url: &DatabaseUrl, session: &SessionOptions) -> Result<Self, DatabaseError> {
        let database = url.to_string();
        let options = connect_options(url)?;
        let connecting = options.connect();
        let connection = match tokio::time::timeout(session.connect_timeout, connecting).await {
            Ok(connected) => connected.map_err(|error| explain_connect(&database, &error, known))?,
            Err(_) => return Err(super::timed_out(&database, session.connect_timeout)),
        };
        Ok(Self {
            connection,
            options,
            dialect: url.dialect(),
            database,
            lock_timeout: session.lock_timeout,
            statement_timeout: session.statement_timeout,
            connection_id: None,
            cancel: session.cancel.clone(),
            locked: None,
            packet: None,
            charset: charset(url).to_owned(),
        })
    }

    pub(super) async fn inspect(&mut self, branch: &BranchName) -> Result<Snapshot, DatabaseError> {
        let mut found = Found::empty(branch.clone(), self.dialect, self.database.clone());
        match self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(FLAVOR.inspect(branch)))).await {
            Ok(rows) => {
                for row in &rows {
                    found.add(row)?;
                }
            }
            // ER_NO_SUCH_TABLE: no run was here yet; the server's make is asked for by itself.
            Err(error) if number(&error) == Some(1146) => {
                let version = self.text("SELECT version()").await?.unwrap_or_default();
                let dialect = if version.contains("MariaDB") { Dialect::Mariadb } else { Dialect::Mysql };
                found = Found::empty(branch.clone(), dialect, self.database.clone());
            }
            Err(error) => return Err(self.explain(&error)),
        }
        let snapshot = found.finish();
        self.dialect = snapshot.dialect;
        Ok(snapshot)
    }

    /// A change is completed from the table as it stands now, unless a script before it may change that table.
    pub(super) async fn write_out(&mut self, programs: &[Program]) -> Result<Vec<String>, DatabaseError> {
        let mut seen = String::new();
        // What a script that is not held says of which table, nobody knows.
        let mut known = true;
        let mut texts = Vec::with_capacity(programs.len());
        for program in programs {
            let mut completed = VecDeque::new();
            for piece in &program.pieces {
                match piece {
                    Piece::Sql(sql) => seen.push_str(&sql.text.to_lowercase()),
                    Piece::Long(_) => known = false,
                    Piece::Alter(change) => {
                        let table = change.table.name().to_lowercase();
                        let sql = if !known || seen.contains(&table) { None } else { self.complete(change).await.ok() };
                        seen.push_str(&table);
                        completed.push_back(sql.map(|parts| parts.join(";\n")));
                    }
                }
            }
            texts.push(program.to_sql(|_| completed.pop_front().flatten()));
        }
        Ok(texts)
    }

    pub(super) async fn close(self) {
        let _ = self.connection.close().await;
    }

    pub(super) async fn has_table(&mut self, name: &ObjectName) -> Result<bool, DatabaseError> {
        let asked = sqlx::query_scalar(
            "SELECT count(*) > 0 FROM information_schema.tables WHERE table_schema = coalesce(?, database()) AND table_name = ?",
        );
        let asked = asked.bind(&name.schema).bind(&name.name).persistent(false);
        let found: Result<i64, _> = asked.fetch_one(&mut self.connection).await;
        found.map(|found| found > 0).map_err(|error| self.explain(&error))
    }

    pub(super) async fn bind(&mut self, binding: &Binding) -> Result<(), DatabaseError> {
        // Runs of other branches may meet us in a fresh database: it must get one identity.
        let name = named_lock(BINDING);
        if self.text(&format!("SELECT CAST(GET_LOCK({name}, {BINDING_SECONDS}) AS CHAR)")).await?.as_deref()
            != Some("1")
        {
            let message = "another run binds this database, and does not come to an end";
            return Err(DatabaseError::new(DatabaseErrorKind::Locked, &self.database, message));
        }
        let mut outcome = Ok(());
        for sql in FLAVOR.create_tables().iter().chain([&FLAVOR.insert_binding(binding)]) {
            outcome = self.run(sql).await;
            if outcome.is_err() {
                break;
            }
        }
        // A connection that is gone has let go already.
        let _ = self.run(&format!("DO RELEASE_LOCK({name})")).await;
        outcome.map_err(|error| self.explain(&error))
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
        if begin == Begin::Fresh {
            self.refuse_too_long(program, record).await?;
        }
        let cancel = watch.cancel;
        let (lookout, lock_timeout) = (self.lookout(), self.lock_timeout);
        let canceller = (self.options.clone(), self.connection_id);
        let work = stepwise::execute(self, program, record, begin, cancel);
        let work = super::cancellable(work, cancel, || kill_query(canceller.0, canceller.1));
        let (outcome, blockers) = watched(work, lock_timeout, lookout, watch.blocked).await;
        outcome.map_err(|failure| failure.blocked_by(blockers))
    }

    pub(super) async fn repair(&mut self, record: &StepRecord, applied: bool) -> Result<(), DatabaseError> {
        self.write_together(&FLAVOR.repair(record, applied)).await
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        failpoint::around(self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))).await.map(|_| ())
    }

    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<MySqlRow>, DatabaseError> {
        let rows = failpoint::around(self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))).await;
        rows.map_err(|error| self.explain(&error))
    }

    /// The server's number of this session.
    pub(super) fn number(&self) -> Option<i64> {
        self.connection_id.and_then(|id| i64::try_from(id).ok())
    }

    /// The first column of the first row, as text.
    async fn text(&mut self, sql: &str) -> Result<Option<String>, DatabaseError> {
        let rows = self.rows(sql).await?;
        Ok(rows.first().and_then(|row| row.try_get::<Option<String>, _>(0).ok().flatten()))
    }

    /// How long the session may wait for locks: the server's own default for a table's metadata is a day. And that it may wait for
    /// other databases as long.
    fn waits(&self) -> Vec<String> {
        let seconds = self.lock_timeout.as_secs().max(u64::from(!self.lock_timeout.is_zero()));
        let of_locks = ["lock_wait_timeout", "innodb_lock_wait_timeout"].into_iter().filter(|_| seconds > 0);
        of_locks.map(|name| format!("SESSION {name} = {seconds}")).chain([STAY.to_owned()]).collect()
    }

    async fn set_limits(&mut self) -> Result<(), DatabaseError> {
        let mut limits = self.waits();
        if !self.statement_timeout.is_zero() {
            limits.push(match self.dialect {
                Dialect::Mariadb => format!("SESSION max_statement_time = {}", self.statement_timeout.as_secs_f64()),
                _ => format!("SESSION max_execution_time = {}", self.statement_timeout.as_millis()),
            });
        }
        self.run(&format!("SET {}", limits.join(", "))).await.map_err(|error| self.explain(&error))
    }

    /// Whether a statement runs nothing but itself: what is missing may be missing in a trigger, a function, or a procedure.
    async fn runs_only_what_it_is_told(&mut self, statement: &str) -> bool {
        if place::runs_others(statement) {
            return false;
        }
        // Of other databases only those that it may name; a view of ours may lead anywhere.
        let within = |schema: &str| {
            let named = format!("instr(CAST(? AS BINARY), CAST(lower({schema}) AS BINARY)) > 0");
            format!("({schema} = database() OR {named})")
        };
        let others = format!(
            "SELECT count(*) FROM (SELECT 1 FROM information_schema.triggers WHERE {} UNION ALL SELECT 1 FROM \
             information_schema.routines WHERE {} UNION ALL SELECT 1 FROM information_schema.views WHERE {}) AS others",
            within("trigger_schema"),
            within("routine_schema"),
            within("table_schema")
        );
        let asked = sqlx::query_scalar(AssertSqlSafe(others)).persistent(false);
        let text = statement.to_lowercase();
        let asked = asked.bind(&text).bind(&text).bind(&text);
        asked.fetch_one(&mut self.connection).await.is_ok_and(|count: i64| count == 0)
    }

    /// What a statement failed of, and what in it the server complained about.
    async fn pointed(&mut self, sql: &str, error: &sqlx::Error) -> StatementError {
        let explained = self.explain(error);
        let offset = match place::of_syntax(sql, &explained.message) {
            None => match place::of_name(sql, &explained.message) {
                Some(offset) if self.runs_only_what_it_is_told(sql).await => Some(offset),
                _ => None,
            },
            found => found,
        };
        (explained, offset.map(Pointer::Byte))
    }

    fn explain(&self, error: &sqlx::Error) -> DatabaseError {
        let mut explained = explain(&self.database, error, known);
        // sqlx gives the SQLSTATE; people look for the number.
        if let Some(number) = number(error) {
            explained.code = Some(number.to_string());
        }
        explained
    }
}

impl Stepwise for Mysql {
    fn flavor(&self) -> &Flavor {
        &FLAVOR
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    async fn begin_script(&mut self) -> Result<(), DatabaseError> {
        self.check_lock().await?;
        self.set_limits().await
    }

    fn may_have_begun(&self, sql: &str, error: &DatabaseError) -> bool {
        // No such procedure, other arguments, not allowed: what is said of the one that the statement calls. What is wrong in
        // the statement's own text is found before it begins.
        let is_of_call = matches!(error.code.as_deref(), Some("1305" | "1318" | "1370"))
            && place::names_what_it_calls(sql, &error.message);
        !is_of_call && place::of_syntax(sql, &error.message).is_none()
    }

    async fn run_statement(&mut self, sql: &str) -> Result<(), StatementError> {
        self.fits(sql.len()).await.map_err(|error| (error, None))?;
        let Err(error) = self.run(sql).await else { return Ok(()) };
        Err(self.pointed(sql, &error).await)
    }

    /// No statement here brings data along. It is sent as the last of its message: the server's messages quote what follows.
    async fn run_noted(
        &mut self,
        sql: &str,
        _data: Option<&mut CopyData<'_, '_>>,
        note: &str,
    ) -> Result<(), StatementError> {
        self.fits(BEGIN.len() + sql.len()).await.map_err(|error| (error, None))?;
        let failed = match self.run(&format!("{BEGIN}{sql}")).await {
            Ok(()) => match self.run(&format!("{note};{COMMIT}")).await {
                Ok(()) => return Ok(()),
                Err(error) => (self.explain(&error), None),
            },
            Err(error) => self.pointed(sql, &error).await,
        };
        // A connection that is gone has rolled back already.
        let _ = self.run("ROLLBACK").await;
        Err(failed)
    }

    async fn end_script(&mut self) -> Result<(), DatabaseError> {
        // A transaction's settings go by other names on the two makes.
        let own = match self.dialect {
            Dialect::Mariadb => sql::MARIADB_OF_TRANSACTIONS,
            _ => sql::MYSQL_OF_TRANSACTIONS,
        };
        let mut settings: Vec<String> =
            sql::MYSQL_SETTINGS.iter().chain(&own).map(|setting| format!("SESSION {setting} = DEFAULT")).collect();
        // What is written from here on must not wait for a day either.
        settings.extend(self.waits());
        let names = format!("NAMES '{}'", self.charset.replace('\'', "''"));
        let reset = format!("UNLOCK TABLES;SET {names}, {}", settings.join(", "));
        self.run(&reset).await.map_err(|error| self.explain(&error))
    }

    async fn write_together(&mut self, statements: &[String]) -> Result<(), DatabaseError> {
        // A single statement is a transaction by itself.
        let work = match statements {
            [single] => single.clone(),
            several => format!("{BEGIN}{};{COMMIT}", several.join(";")),
        };
        if let Err(error) = self.run(&work).await {
            let _ = self.run("ROLLBACK").await;
            return Err(self.explain(&error));
        }
        Ok(())
    }

    async fn complete(&mut self, change: &TableChange) -> Result<Vec<String>, DatabaseError> {
        let show = format!("SHOW CREATE TABLE {}", quoted(&change.table));
        let rows = self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(show))).await;
        let rows = rows.map_err(|error| self.explain(&error))?;
        let definition: String = rows.first().and_then(|row| row.try_get(1).ok()).unwrap_or_default();
        schema::complete_mysql(change, &definition).map_err(|error| {
            let hint = error.hint();
            DatabaseError::new(DatabaseErrorKind::Query, &self.database, error.to_string()).hint_of(hint)
        })
    }
}

fn quoted(table: &TableName) -> String {
    let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
    let name = quote(table.name());
    table.schema().map_or_else(|| name.clone(), |schema| format!("{}.{name}", quote(schema)))
}

async fn kill_query(options: MySqlConnectOptions, connection_id: Option<u64>) {
    let Some(connection_id) = connection_id else { return };
    if let Ok(mut connection) = options.connect().await {
        let kill = format!("KILL QUERY {connection_id}");
        let _ = connection.execute(sqlx::raw_sql(AssertSqlSafe(kill))).await;
        let _ = connection.close().await;
    }
}

fn number(error: &sqlx::Error) -> Option<u16> {
    error
        .as_database_error()
        .and_then(|inner| inner.try_downcast_ref::<MySqlDatabaseError>())
        .map(MySqlDatabaseError::number)
}
