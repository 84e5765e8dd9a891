//! Keys as MySQL and MariaDB give them: the text protocol, in which every value is the bytes of its text.

use futures_util::TryStreamExt as _;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::catalog::ColumnKind;
use crate::hex::hex;
use crate::reference::keys::{Cell, SourceColumn, Value};

use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::key_sql::KeySql;
use super::super::keys::{Keyed, Standby, Taker, Words};
use super::{Mysql, kill_query};

/// The words of MySQL and MariaDB.
struct MysqlWords;

impl Words for MysqlWords {
    fn name(&self, name: &str) -> String {
        <Mysql as KeySql>::name(name)
    }

    fn told_apart(&self, column: &SourceColumn) -> Option<String> {
        let ColumnKind::Text { exact: false, padded, .. } = column.kind else { return None };
        let text = format!("CONVERT({} USING utf8mb4)", self.name(&column.name));
        let text = if padded { format!("TRIM(TRAILING ' ' FROM {text})") } else { text };
        Some(format!("CAST({text} AS BINARY)"))
    }

    /// A recursion would read the whole index for every key.
    fn leaps_by_itself(&self) -> bool {
        true
    }

    fn literal(&self, value: &Value, column: &SourceColumn) -> Option<String> {
        Some(match (column.kind, value) {
            (ColumnKind::Integer { bits, unsigned }, Value::Integer(number)) => {
                let (least, most) = match unsigned {
                    true => (0, 1_i128 << bits),
                    false => (-(1_i128 << (bits - 1)), 1_i128 << (bits - 1)),
                };
                if *number < least || *number >= most {
                    return None;
                }
                number.to_string()
            }
            // Two decimal numbers are compared as such only where both are.
            (ColumnKind::Decimal { .. }, value) => format!("CAST({} AS DECIMAL(65, 30))", text(&value.to_string())),
            (ColumnKind::Binary { .. }, Value::Bytes(bytes)) => bytes_of(bytes),
            (ColumnKind::Binary { .. }, Value::Uuid(uuid)) => bytes_of(uuid.as_bytes()),
            (ColumnKind::Binary { .. }, Value::Text(text)) => bytes_of(text.as_bytes()),
            (ColumnKind::Uuid, Value::Uuid(uuid)) => format!("'{uuid}'"),
            // What is no text is in no column of texts.
            (ColumnKind::Text { .. } | ColumnKind::Other | ColumnKind::Loose, Value::Bytes(_) | Value::Garbled(_)) => {
                return None;
            }
            (ColumnKind::Text { .. } | ColumnKind::Other | ColumnKind::Loose, value) => text(&value.to_string()),
            _ => return None,
        })
    }
}

fn bytes_of(bytes: &[u8]) -> String {
    <Mysql as KeySql>::bytes(&hex(bytes))
}

/// A text in which nothing can end the quotes, whatever sql_mode says of backslashes.
fn text(text: &str) -> String {
    format!("_utf8mb4 {}", bytes_of(text.as_bytes()))
}

impl Mysql {
    /// Whatever is read from now on takes no write with it; texts come as UTF-8, whatever the URL says.
    pub(in super::super) async fn begin_reading(&mut self) -> Result<Standby, DatabaseError> {
        self.set_limits().await?;
        let begin = "SET SESSION TRANSACTION READ ONLY;SET NAMES utf8mb4;\
                     SELECT CAST(CONCAT(connection_id(), ' ', @@global.read_only) AS char)";
        let found = self.text(begin).await?.unwrap_or_default();
        let (connection, read_only) = found.split_once(' ').unwrap_or_default();
        self.connection_id = connection.parse().ok();
        Ok(if matches!(read_only, "1" | "ON") { Standby::Follows } else { Standby::Leads })
    }
}

impl Keyed for Mysql {
    fn words(&self) -> &'static dyn Words {
        &MysqlWords
    }

    fn database(&self) -> &str {
        &self.database
    }

    async fn each_row(&mut self, sql: &str, kinds: &[ColumnKind], taker: &mut impl Taker) -> Result<(), DatabaseError> {
        let (options, connection, cancel) = (self.options.clone(), self.connection_id, self.cancel.clone());
        let outcome = async {
            let mut rows = self.connection.fetch(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
            while let Some(row) = rows.try_next().await? {
                let cells: Option<Vec<Cell<'_>>> =
                    kinds.iter().enumerate().map(|(at, kind)| cell(&row, at, *kind)).collect();
                let Some(cells) = cells else { return Ok(false) };
                taker.take(&cells);
                if !taker.hand_on().await {
                    break;
                }
            }
            Ok(true)
        };
        match super::super::cancellable(outcome, &cancel, || kill_query(options, connection)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(DatabaseError::new(
                DatabaseErrorKind::Query,
                &self.database,
                "the server sent a value that is not of its column's type",
            )),
            Err(error) => Err(self.explain(&error)),
        }
    }
}

fn cell(row: &MySqlRow, at: usize, kind: ColumnKind) -> Option<Cell<'_>> {
    // As text every value is bytes, whatever the type says.
    let Some(bytes) = row.try_get_unchecked::<Option<&[u8]>, _>(at).ok()? else { return Some(Cell::Null) };
    Some(match kind {
        ColumnKind::Integer { .. } => Cell::Integer(std::str::from_utf8(bytes).ok()?.parse().ok()?),
        ColumnKind::Uuid => Cell::Uuid(uuid::Uuid::try_parse_ascii(bytes).ok()?.into_bytes()),
        ColumnKind::Binary { .. } => Cell::Bytes(bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cell::Text(text),
            Err(_) => Cell::Bytes(bytes),
        },
    })
}
