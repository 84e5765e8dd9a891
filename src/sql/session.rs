//! Settings of a session that are taken back behind each script, whatever the script did with them.
//!
//! The engines take them back; lint need not speak of them. Both read it here, so that neither says what the other does not do.

use crate::dialect::Dialect;

/// What scripts, and dumps above all, set for their session on MySQL and MariaDB. There is no RESET ALL there, and a new
/// connection would not hold the lock.
pub const MYSQL_SETTINGS: [&str; 13] = [
    "sql_mode",
    "foreign_key_checks",
    "unique_checks",
    "time_zone",
    "sql_notes",
    "sql_safe_updates",
    "sql_auto_is_null",
    "sql_big_selects",
    "default_storage_engine",
    "group_concat_max_len",
    "lc_time_names",
    "lock_wait_timeout",
    "innodb_lock_wait_timeout",
];

/// The settings of a transaction, which go by other names on MySQL.
pub const MARIADB_OF_TRANSACTIONS: [&str; 3] = ["tx_isolation", "tx_read_only", "max_statement_time"];

/// The same on MySQL.
pub const MYSQL_OF_TRANSACTIONS: [&str; 3] = ["transaction_isolation", "transaction_read_only", "max_execution_time"];

/// What SET NAMES sets.
const NAMES: [&str; 5] =
    ["names", "character_set_client", "character_set_results", "character_set_connection", "collation_connection"];

/// What a script may have switched on SQLite, where all of it is off before and after.
pub const SQLITE_SWITCHES: [&str; 6] = [
    "foreign_keys",
    "defer_foreign_keys",
    "ignore_check_constraints",
    "recursive_triggers",
    "legacy_alter_table",
    "writable_schema",
];

/// Whether a setting, given in small letters, is taken back behind a script. PostgreSQL takes all of them back.
#[must_use]
pub fn is_taken_back(dialect: Dialect, setting: &str) -> bool {
    let mysql = || MYSQL_SETTINGS.iter().chain(&NAMES).chain(&MYSQL_OF_TRANSACTIONS).chain(&MARIADB_OF_TRANSACTIONS);
    match dialect {
        Dialect::Postgres => true,
        // The names of the other make are the same settings, where they are settings at all.
        Dialect::Mysql | Dialect::Mariadb => mysql().any(|taken| *taken == setting),
        Dialect::Sqlite => SQLITE_SWITCHES.contains(&setting),
    }
}
