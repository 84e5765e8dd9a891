//! The dialects, and a table of what each can do.
//!
//! Nothing outside `database`, `schema` and `sql` may ask which dialect it talks to; it asks for a [`Capabilities`] field.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The SQL a database speaks. MariaDB is not MySQL: types, defaults and locks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// SQLite.
    Sqlite,
}

/// What a dialect can do, where callers must know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// A script of schema changes and its state row can be one transaction.
    pub transactional_ddl: bool,
    /// Several runs can hold a session-wide lock that names no table.
    pub session_lock: bool,
    /// Indexes can be built while others write.
    pub concurrent_indexes: bool,
    /// What others wait for while a table is altered.
    pub altering: Altering,
    /// What stands before the dot of a table's name is a database of the server.
    pub schemas_are_databases: bool,
    /// What stands around a name so that it can be any.
    pub quotes_names_with: char,
    /// There are points in time with a time zone and without one.
    pub zoned_timestamps: bool,
    /// The schema of a name that says none, where that is the same in every database.
    pub default_schema: Option<&'static str>,
    /// A column's type says only what its values are turned into: `int` and `bigint` hold the same.
    pub loose_types: bool,
    /// There is a type of their own for UUIDs.
    pub uuids: bool,
    /// UUIDs of a type of their own are in the order of their bytes.
    pub uuids_in_byte_order: bool,
    /// Every table numbers its rows, but for those that are their primary key.
    pub numbers_rows: bool,
    /// The columns of a foreign key get an index if they have none.
    pub indexes_foreign_keys: bool,
    /// A new column that must hold something gets a value of its type in the rows that are there, where it has no default.
    pub fills_new_columns: bool,
}

/// What others wait for while a table is altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Altering {
    /// For what reads or writes all rows: readers and writers.
    Scans,
    /// For what copies the table: writers.
    Copies,
    /// All writers wait for each other anyway.
    Alone,
}

impl Dialect {
    /// All dialects, in the order in which they are listed to people.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Mysql, Self::Mariadb, Self::Sqlite];

    /// The name in files, URLs and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
            Self::Sqlite => "sqlite",
        }
    }

    /// What this dialect can do.
    #[must_use]
    pub const fn can(self) -> Capabilities {
        match self {
            Self::Postgres => Capabilities {
                transactional_ddl: true,
                session_lock: true,
                concurrent_indexes: true,
                altering: Altering::Scans,
                schemas_are_databases: false,
                quotes_names_with: '"',
                zoned_timestamps: true,
                default_schema: Some("public"),
                loose_types: false,
                uuids: true,
                uuids_in_byte_order: true,
                numbers_rows: false,
                indexes_foreign_keys: false,
                fills_new_columns: false,
            },
            Self::Mysql | Self::Mariadb => Capabilities {
                transactional_ddl: false,
                session_lock: true,
                concurrent_indexes: false,
                altering: Altering::Copies,
                schemas_are_databases: true,
                quotes_names_with: '`',
                zoned_timestamps: false,
                default_schema: None,
                loose_types: false,
                uuids: matches!(self, Self::Mariadb),
                uuids_in_byte_order: false,
                numbers_rows: false,
                indexes_foreign_keys: true,
                fills_new_columns: true,
            },
            Self::Sqlite => Capabilities {
                transactional_ddl: true,
                session_lock: false,
                concurrent_indexes: false,
                altering: Altering::Alone,
                schemas_are_databases: false,
                quotes_names_with: '"',
                zoned_timestamps: false,
                default_schema: Some("main"),
                loose_types: true,
                uuids: false,
                uuids_in_byte_order: false,
                numbers_rows: true,
                indexes_foreign_keys: false,
                fills_new_columns: false,
            },
        }
    }

    /// A name in quotes, so that it can be any.
    #[must_use]
    pub fn quoted(self, name: &str) -> String {
        let mark = self.can().quotes_names_with;
        format!("{mark}{}{mark}", name.replace(mark, &format!("{mark}{mark}")))
    }

    /// The dialects whose scripts run here, the best first: MariaDB takes what is written for MySQL.
    #[must_use]
    pub const fn script_names(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgres"],
            Self::Mysql => &["mysql"],
            Self::Mariadb => &["mariadb", "mysql"],
            Self::Sqlite => &["sqlite"],
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == text).ok_or_else(|| UnknownDialect(text.to_owned()))
    }
}

/// A name that is no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no dialect; there are postgres, mysql, mariadb and sqlite")]
pub struct UnknownDialect(pub String);
