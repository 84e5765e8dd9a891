//! Who keeps a session of ours waiting.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::super::blockers::{Blocker, Lookout};
use super::Postgres;

/// A second connection, opened where it is needed first.
pub(super) struct PostgresLookout {
    options: PgConnectOptions,
    backend: Option<i32>,
    connection: Option<PgConnection>,
}

impl Postgres {
    pub(super) fn lookout(&self) -> PostgresLookout {
        PostgresLookout { options: self.options.clone(), backend: self.backend, connection: None }
    }
}

impl Lookout for PostgresLookout {
    async fn blockers(&mut self) -> Vec<Blocker> {
        let Some(backend) = self.backend else { return Vec::new() };
        if self.connection.is_none() {
            self.connection = self.options.connect().await.ok();
        }
        let Some(connection) = &mut self.connection else { return Vec::new() };
        let query = format!(
            "SELECT a.pid::text, concat_ws(', ', coalesce(nullif(a.application_name, ''), a.backend_type), a.usename || coalesce('@' || \
             host(a.client_addr), '')), coalesce(a.state, ''), extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, \
             coalesce(a.query, '') FROM pg_catalog.pg_stat_activity a WHERE a.pid = ANY(pg_catalog.pg_blocking_pids({backend})) \
             ORDER BY a.pid"
        );
        let rows = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(query))).await.unwrap_or_default();
        let text = |row: &sqlx::postgres::PgRow, column: usize| row.try_get::<String, _>(column).unwrap_or_default();
        rows.iter()
            .map(|row| Blocker {
                session: format!("server process {}", text(row, 0)),
                who: text(row, 1),
                state: text(row, 2),
                seconds: row.try_get::<Option<i64>, _>(3).ok().flatten(),
                sql: text(row, 4),
                is_certain: true,
            })
            .collect()
    }

    async fn close(self) {
        if let Some(connection) = self.connection {
            let _ = connection.close().await;
        }
    }
}
