//! The lock of a branch: GET_LOCK, polled with no wait, since a negative wait returns NULL on MariaDB and locks nothing. Its
//! names are known to the whole server, so they hold the database's name.

use crate::names::BranchName;

use super::super::error::DatabaseError;
use super::super::poll;
use super::{FLAVOR, Mysql};

impl Mysql {
    pub(in super::super) async fn lock(
        &mut self,
        branch: &BranchName,
        patience: poll::Patience<'_>,
    ) -> Result<(), DatabaseError> {
        let name = lock_name(branch);
        let attempt = format!(
            "SELECT CASE GET_LOCK({name}, 0) WHEN 1 THEN '' ELSE coalesce((SELECT concat('connection ', p.id, ' of ', \
             p.user, '@', p.host) FROM information_schema.processlist p WHERE p.id = IS_USED_LOCK({name})), 'another \
             run') END"
        );
        let mut run = None;
        let database = self.database.clone();
        poll::until_taken(&database, branch, patience, async || {
            let connection = self.text(&attempt).await?.unwrap_or_else(|| "another run".to_owned());
            Ok(if connection.is_empty() { Ok(()) } else { Err(self.holder(branch, connection, &mut run).await) })
        })
        .await?;
        self.connection_id = self.text("SELECT CAST(CONNECTION_ID() AS CHAR)").await?.and_then(|id| id.parse().ok());
        Ok(())
    }

    /// Who holds the lock, as far as that can be known: the server shows a connection only, and which run it belongs to stands
    /// in the state tables while that run applies a revision. Between two of them, it is still `known`.
    async fn holder(
        &mut self,
        branch: &BranchName,
        connection: String,
        known: &mut Option<(String, String)>,
    ) -> String {
        // Before the first run there are no tables.
        if let Ok(Some(run)) = self.text(&FLAVOR.run_under_way(branch)).await {
            *known = Some((connection.clone(), run));
        }
        match known {
            Some((of, run)) if *of == connection => format!("{run}, {connection}"),
            _ => connection,
        }
    }

    /// Whether anybody holds the branch's lock.
    pub(in super::super) async fn is_locked(&mut self, branch: &BranchName) -> Result<bool, DatabaseError> {
        Ok(self.text(&format!("SELECT CAST(IS_USED_LOCK({}) AS CHAR)", lock_name(branch))).await?.is_some())
    }

    pub(in super::super) async fn unlock(&mut self, branch: &BranchName) {
        // A connection that is gone has let go already.
        let _ = self.run(&format!("DO RELEASE_LOCK({})", lock_name(branch))).await;
    }
}

/// An expression for the lock's name: at most 64 characters, case-folded by the server, so it is a hash of what it stands for.
fn lock_name(branch: &BranchName) -> String {
    named_lock(branch.as_str())
}

pub(super) fn named_lock(what: &str) -> String {
    format!("concat('branchline:', left(sha2(concat(database(), char(10), '{what}'), 256), 40))")
}
