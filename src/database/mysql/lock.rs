//! The lock of a branch: GET_LOCK, polled with no wait, since a negative wait returns NULL on MariaDB and locks nothing. Its
//! names are known to the whole server, so they hold the database's name.

use sqlx::Row;

use crate::names::BranchName;

use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::holder::Holder;
use super::super::poll::{self, Lockable};
use super::super::record;
use super::{FLAVOR, Mysql};

impl Lockable for Mysql {
    fn database(&self) -> &str {
        &self.database
    }

    async fn attempt(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        let taken = self.text(&format!("SELECT CAST(GET_LOCK({}, 0) AS CHAR)", lock_name(branch))).await?;
        Ok(taken.as_deref() == Some("1"))
    }

    async fn holder(&mut self, branch: &BranchName) -> Holder {
        let session = format!(
            "SELECT CAST(p.id AS CHAR), p.user, p.host, CAST(p.info AS CHAR) FROM information_schema.processlist p WHERE p.id = \
             IS_USED_LOCK({})",
            lock_name(branch)
        );
        let mut holder = Holder::default();
        // What cannot be read, because the tables are not there yet or the privilege is missing, is not said.
        if let Ok(rows) = self.rows(&session).await
            && let Some(row) = rows.first()
        {
            let text = |column: usize| row.try_get::<Option<String>, _>(column).ok().flatten().unwrap_or_default();
            holder.number = text(0).parse().ok();
            holder.session = Some(format!("connection {} of {}@{}", text(0), text(1), text(2)));
            holder.runs(&text(3));
        }
        let newest = self.rows(&FLAVOR.newest_start(branch)).await.unwrap_or_default();
        let on_its_way = self.rows(&FLAVOR.on_its_way(branch)).await.unwrap_or_default();
        holder.learn(&self.database, branch, newest.first(), on_its_way.first());
        holder
    }
}

impl Mysql {
    pub(in super::super) async fn lock(
        &mut self,
        branch: &BranchName,
        patience: poll::Patience<'_>,
    ) -> Result<(), DatabaseError> {
        poll::until_taken(self, branch, patience).await?;
        self.connection_id = self.text("SELECT CAST(CONNECTION_ID() AS CHAR)").await?.and_then(|id| id.parse().ok());
        self.locked = Some(branch.clone());
        self.check_lock().await?;
        self.set_limits().await
    }

    /// Whether the lock is still held by the session that this runs in: a proxy may have given us another one.
    pub(super) async fn check_lock(&mut self) -> Result<(), DatabaseError> {
        let Some(branch) = &self.locked else { return Ok(()) };
        let ours = format!("SELECT CAST(IS_USED_LOCK({}) <=> CONNECTION_ID() AS CHAR)", lock_name(branch));
        if self.text(&ours).await?.as_deref() == Some("1") {
            return Ok(());
        }
        let message = "the lock of the branch is held no longer by the session that took it";
        Err(DatabaseError::new(DatabaseErrorKind::LockLost, &self.database, message)
            .hint("is there a proxy in between that shares sessions? Use the URL of the database itself"))
    }

    /// Whether anybody holds the branch's lock.
    pub(in super::super) async fn is_locked(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        Ok(self.text(&format!("SELECT CAST(IS_USED_LOCK({}) AS CHAR)", lock_name(branch))).await?.is_some())
    }

    pub(in super::super) async fn unlock(&mut self, branch: &BranchName) {
        // A connection that is gone has let go already.
        let _ = self.run(&format!("DO RELEASE_LOCK({})", lock_name(branch))).await;
    }

    pub(in super::super) async fn append(&mut self, lines: &[record::Line]) -> Result<(), DatabaseError> {
        let rows = FLAVOR.insert_lines(lines);
        self.run(&rows).await.map_err(|error| self.explain(&error))
    }
}

/// An expression for the lock's name: at most 64 characters, case-folded by the server, so it is a hash of what it stands for.
fn lock_name(branch: &BranchName) -> String {
    named_lock(branch.as_str())
}

pub(super) fn named_lock(what: &str) -> String {
    format!("concat('branchline:', left(sha2(concat(database(), char(10), '{what}'), 256), 40))")
}
