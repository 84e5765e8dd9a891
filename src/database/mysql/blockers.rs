//! Who keeps a session of ours waiting.
//!
//! InnoDB says who holds a row. Who holds a table's metadata, neither server says by itself: MariaDB where the plugin
//! `metadata_lock_info` is installed, MySQL in performance_schema. Without them the sessions with open transactions are named,
//! of which one must be it.

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::super::blockers::{Blocker, Lookout};
use super::Mysql;

/// What a processlist says while a statement waits for a table's metadata.
const WAITS_FOR_METADATA: &str = "Waiting for table metadata lock";

/// A second connection, opened where it is needed first.
pub(super) struct MysqlLookout {
    options: MySqlConnectOptions,
    watched: Option<u64>,
    connection: Option<MySqlConnection>,
}

impl Mysql {
    pub(super) fn lookout(&self) -> MysqlLookout {
        MysqlLookout { options: self.options.clone(), watched: self.connection_id, connection: None }
    }
}

impl Lookout for MysqlLookout {
    async fn blockers(&mut self) -> Vec<Blocker> {
        let Some(watched) = self.watched else { return Vec::new() };
        if self.connection.is_none() {
            self.connection = self.options.connect().await.ok();
        }
        let rows = format!(
            "SELECT b.trx_mysql_thread_id FROM information_schema.innodb_lock_waits w JOIN information_schema.innodb_trx b ON \
             b.trx_id = w.blocking_trx_id JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id WHERE \
             r.trx_mysql_thread_id = {watched}"
        );
        let rows_of_mysql = format!(
            "SELECT b.processlist_id FROM performance_schema.data_lock_waits w JOIN performance_schema.threads b ON b.thread_id \
             = w.blocking_thread_id JOIN performance_schema.threads r ON r.thread_id = w.requesting_thread_id WHERE \
             r.processlist_id = {watched}"
        );
        for holders in [rows, rows_of_mysql] {
            let found = self.sessions(&holders, true).await;
            if !found.is_empty() {
                return found;
            }
        }
        let waiting = format!(
            "SELECT id FROM information_schema.processlist WHERE id = {watched} AND state = '{WAITS_FOR_METADATA}'"
        );
        if self.rows(&waiting).await.is_empty() {
            return Vec::new();
        }
        let of_plugin = "SELECT thread_id FROM information_schema.metadata_lock_info".to_owned();
        let of_mysql = "SELECT t.processlist_id FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON \
                        t.thread_id = m.owner_thread_id WHERE m.object_type = 'TABLE' AND m.lock_status = 'GRANTED' AND \
                        m.object_schema = database()"
            .to_owned();
        let open = "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx".to_owned();
        for holders in [of_plugin, of_mysql, open] {
            let found = self.sessions(&holders, false).await;
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    async fn close(self) {
        if let Some(connection) = self.connection {
            let _ = connection.close().await;
        }
    }
}

impl MysqlLookout {
    /// What a query finds; nothing where it asks for what this server does not have, or may not be asked.
    async fn rows(&mut self, query: &str) -> Vec<MySqlRow> {
        let Some(connection) = &mut self.connection else { return Vec::new() };
        connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(query.to_owned()))).await.unwrap_or_default()
    }

    /// The sessions whose numbers a query gives, without the one that is watched and our own.
    async fn sessions(&mut self, numbers: &str, is_certain: bool) -> Vec<Blocker> {
        let watched = self.watched.unwrap_or_default();
        let query = format!(
            "SELECT CAST(p.id AS CHAR), concat(p.user, '@', p.host), p.command, CAST(timestampdiff(SECOND, t.trx_started, now()) AS \
             CHAR), CAST(coalesce(p.info, '') AS CHAR) FROM information_schema.processlist p LEFT JOIN \
             information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id WHERE p.id IN ({numbers}) AND p.id NOT IN ({watched}, \
             connection_id()) ORDER BY p.id"
        );
        let text =
            |row: &MySqlRow, column: usize| row.try_get::<Option<String>, _>(column).ok().flatten().unwrap_or_default();
        let found = self.rows(&query).await;
        found
            .iter()
            .map(|row| Blocker {
                session: format!("connection {}", text(row, 0)),
                who: text(row, 1),
                state: text(row, 2).to_lowercase(),
                seconds: text(row, 3).parse().ok(),
                sql: text(row, 4),
                is_certain,
            })
            .collect()
    }
}
