//! The lock of a branch: an advisory lock of the session, polled.

use sqlx::Row;

use crate::names::BranchName;

use super::super::error::DatabaseError;
use super::super::poll;
use super::super::tables::Flavor;
use super::Postgres;

/// The first half of our advisory locks' keys, so that they meet nobody else's.
pub(super) const LOCK_CLASS: i32 = 0x6272_6c6e;

impl Postgres {
    pub(in super::super) async fn lock(
        &mut self,
        branch: &BranchName,
        patience: poll::Patience<'_>,
    ) -> Result<(), DatabaseError> {
        let key = lock_key(&self.flavor, branch);
        let attempt = format!(
            "SELECT CASE WHEN pg_try_advisory_lock({LOCK_CLASS}, {key}) THEN '' ELSE coalesce((SELECT format('%s, process \
             %s, since %s', coalesce(nullif(a.application_name, ''), a.usename), a.pid, date_trunc('second', \
             a.backend_start)) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND \
             l.classid = {LOCK_CLASS} AND l.objid::bigint = {} AND l.database = (SELECT oid FROM pg_database WHERE datname \
             = current_database()) AND l.granted LIMIT 1), 'another run') END",
            i64::from(key) & 0xffff_ffff
        );
        let database = self.database.clone();
        poll::until_taken(&database, branch, patience, async || {
            let row = self.rows(&attempt).await?;
            let holder: String = row.first().and_then(|row| row.try_get(0).ok()).unwrap_or_default();
            Ok(if holder.is_empty() { Ok(()) } else { Err(holder) })
        })
        .await?;
        self.learn_session().await
    }

    /// Whether anybody holds the branch's lock.
    pub(in super::super) async fn is_locked(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        let key = i64::from(lock_key(&self.flavor, branch)) & 0xffff_ffff;
        let query = format!(
            "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS} AND objid::bigint \
             = {key} AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted"
        );
        Ok(self.texts(&query).await?.first().is_some_and(|count| count != "0"))
    }

    pub(in super::super) async fn unlock(&mut self, branch: &BranchName) {
        let release = format!("SELECT pg_advisory_unlock({LOCK_CLASS}, {})", lock_key(&self.flavor, branch));
        // A connection that is gone has let go already.
        let _ = self.run(&release).await;
    }
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
