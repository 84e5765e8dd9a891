//! The lock of a branch: an advisory lock of the session, polled.
//!
//! A session that waits inside a statement keeps a snapshot, and CREATE INDEX CONCURRENTLY waits for that: the two would wait for
//! each other for ever. The lock belongs to a session of the server, and so must everything that is done under it: before every
//! script it is asked whether it is still ours.

use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use crate::names::BranchName;

use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::holder::{Holder, run_of_name};
use super::super::poll::{self, Lockable};
use super::super::record;
use super::super::tables::Flavor;
use super::Postgres;

/// The first half of our advisory locks' keys, so that they meet nobody else's.
pub(super) const LOCK_CLASS: i32 = 0x6272_6c6e;

/// A setting that there is none of: asking for it is how a statement that is sent along with others fails.
pub(super) const LOST: &str = "branchline.lock_is_lost";

/// How long to wait for a second session that shows whether sessions are what they seem.
const SECOND_SESSION: Duration = Duration::from_secs(2);

impl Lockable for Postgres {
    fn database(&self) -> &str {
        &self.database
    }

    async fn attempt(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        let key = lock_key(&self.flavor, branch);
        let taken = self.texts(&format!("SELECT pg_try_advisory_lock({LOCK_CLASS}, {key})::text")).await?;
        Ok(taken.first().map(String::as_str) == Some("true"))
    }

    async fn holder(&mut self, branch: &BranchName) -> Holder {
        let session = format!(
            "SELECT a.pid::text, a.application_name, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
             CASE WHEN a.state = 'active' THEN a.query END FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE {} LIMIT 1",
            holding(&self.flavor, branch)
        );
        let mut holder = Holder::default();
        // What cannot be read, because the tables are not there yet or another role's sessions are hidden, is not said.
        let found = self.texts(&session).await.unwrap_or_default();
        if let [process, name, since, sql] = found.as_slice() {
            holder.number = process.parse().ok();
            holder.session = Some(format!("server process {process}"));
            holder.run = run_of_name(name);
            holder.since = Some(since.clone()).filter(|since| !since.is_empty());
            holder.runs(sql);
        }
        let newest = self.rows(&self.flavor.newest_start(branch)).await.unwrap_or_default();
        let on_its_way = self.rows(&self.flavor.on_its_way(branch)).await.unwrap_or_default();
        holder.learn(&self.database, branch, newest.first(), on_its_way.first());
        holder
    }
}

impl Postgres {
    pub(in super::super) async fn lock(
        &mut self,
        branch: &BranchName,
        patience: poll::Patience<'_>,
    ) -> Result<(), DatabaseError> {
        poll::until_taken(self, branch, patience).await?;
        // Taken twice: giving it back once tells whether it is ours, and lets nobody in.
        self.attempt(branch).await?;
        if let Err(error) = self.learn_session().await {
            self.unlock(branch).await;
            return Err(error);
        }
        self.locked = Some(branch.clone());
        if self.sessions_are_shared().await? {
            self.locked = None;
            let message = "a pooler gives the session of this connection to others between two transactions, so that no lock \
                           can be held here";
            return Err(DatabaseError::new(DatabaseErrorKind::NoSessions, &self.database, message).hint(
                "use the URL of the database itself, or of a pool in session mode (PgBouncer: pool_mode = session)",
            ));
        }
        // What we write ourselves, before the first script, waits no longer than a script may.
        let limit = format!("{};SET lock_timeout = {}", super::STAY, super::milliseconds(self.lock_timeout));
        self.run(&limit).await.map_err(|error| self.explain(&error))
    }

    /// Whether what we take for our session is given to others while we have no transaction open: a second connection, which keeps
    /// one open, then has our session or has driven us out of it. Lets go of the lock where that is so. A connection that is lost
    /// meanwhile tells nothing of the kind.
    async fn sessions_are_shared(&mut self) -> Result<bool, DatabaseError> {
        let Some(branch) = self.locked.clone() else { return Ok(false) };
        let options = self.options.clone();
        let second = async {
            let mut second = options.connect().await.ok()?;
            let row = second.fetch_all(sqlx::raw_sql("BEGIN;SELECT pg_backend_pid()")).await.ok()?;
            let process: i32 = row.first()?.try_get(0).ok()?;
            Some((second, process))
        };
        // Where there is no second connection to be had, what is asked before every script must do.
        let Ok(Some((mut second, process))) = tokio::time::timeout(SECOND_SESSION, second).await else {
            return Ok(false);
        };
        let release = release(&self.flavor, &branch);
        let shared = if Some(process) == self.backend {
            let _ = second.execute(sqlx::raw_sql(AssertSqlSafe(release))).await;
            Ok(true)
        } else {
            // A statement that fails here takes nothing along: there is no transaction.
            match self.run(&self.ownership()).await.map_err(|error| self.explain(&error)) {
                Ok(()) => Ok(false),
                Err(error) if error.message.contains(LOST) => {
                    let _ = self.run(&release).await;
                    Ok(true)
                }
                Err(error) => Err(error),
            }
        };
        if !matches!(shared, Ok(false)) {
            // Whoever has that session next must not find our transaction.
            let _ = second.execute(sqlx::raw_sql("ROLLBACK")).await;
        }
        let _ = second.close().await;
        shared
    }

    /// A statement that fails where the lock is not held by the session that it runs in.
    pub(super) fn ownership(&self) -> String {
        match &self.locked {
            Some(branch) => {
                let key = lock_key(&self.flavor, branch);
                // Asking the list of all locks would tell the same, at the price of a revision.
                format!(
                    "SELECT CASE WHEN pg_catalog.pg_advisory_unlock({LOCK_CLASS}, {key}) THEN CASE WHEN \
                     pg_catalog.pg_try_advisory_lock({LOCK_CLASS}, {key}) THEN '' ELSE pg_catalog.current_setting('{LOST}') END \
                     ELSE pg_catalog.current_setting('{LOST}') END"
                )
            }
            None => "SELECT ''".to_owned(),
        }
    }

    /// Whether anybody holds the branch's lock.
    pub(in super::super) async fn is_locked(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        let query = format!("SELECT count(*)::text FROM pg_locks l WHERE {}", holding(&self.flavor, branch));
        Ok(self.texts(&query).await?.first().is_some_and(|count| count != "0"))
    }

    pub(in super::super) async fn unlock(&mut self, branch: &BranchName) {
        let release = release(&self.flavor, branch);
        // A connection that is gone has let go already.
        let _ = self.run(&release).await;
    }

    pub(in super::super) async fn append(&mut self, lines: &[record::Line]) -> Result<(), DatabaseError> {
        let rows = self.flavor.insert_lines(lines);
        self.run(&rows).await.map_err(|error| self.explain(&error))
    }
}

/// Gives the lock back, which was taken twice.
fn release(flavor: &Flavor, branch: &BranchName) -> String {
    let once = format!("pg_advisory_unlock({LOCK_CLASS}, {})", lock_key(flavor, branch));
    format!("SELECT {once}, {once}")
}

/// The condition on `pg_locks l` for the row of whoever holds a branch's lock.
fn holding(flavor: &Flavor, branch: &BranchName) -> String {
    let key = i64::from(lock_key(flavor, branch)) & 0xffff_ffff;
    format!(
        "l.locktype = 'advisory' AND l.classid = {LOCK_CLASS} AND l.objid::bigint = {key} AND l.objsubid = 2 AND l.granted AND \
         l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"
    )
}

/// The second half of the lock's key: state in two schemas of one database is two states.
fn lock_key(flavor: &Flavor, branch: &BranchName) -> i32 {
    use sha2::{Digest, Sha256};
    let schema = match flavor {
        Flavor::Postgres { schema } => schema.as_str(),
        Flavor::Mysql | Flavor::Sqlite => "",
    };
    let digest = Sha256::digest(format!("{schema}\n{branch}"));
    i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
