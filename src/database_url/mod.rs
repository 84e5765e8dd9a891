//! A database URL in parts, whose secret cannot be printed.
//!
//! Decides what a URL means and how it is shown; opens nothing. `Display` and `Debug` both give the redacted form, so that a
//! URL may stand in any error, event or report: scheme, user, host, port and database, never a password or a parameter.

mod complete;
mod error;
mod option_file;
mod parameters;
mod parse;
mod parts;
mod password_file;
mod percent;
mod secret;

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

pub use self::error::UrlError;
pub use self::option_file::OptionFile;
pub use self::parameters::{MysqlParameters, MysqlSslMode, PostgresParameters, PostgresSslMode, SqliteMode};
pub use self::parts::ServerParts;
pub use self::password_file::PasswordFile;
pub use self::secret::Secret;
use crate::dialect::Dialect;

/// The schemes, and the dialect that each stands for.
const SCHEMES: [(&str, Dialect); 5] = [
    ("postgres", Dialect::Postgres),
    ("postgresql", Dialect::Postgres),
    ("mysql", Dialect::Mysql),
    ("mariadb", Dialect::Mariadb),
    ("sqlite", Dialect::Sqlite),
];

/// Where a database is, and how to log in.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    dialect: Dialect,
    target: Target,
}

/// The parts of a URL, by what they lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A PostgreSQL server.
    Postgres {
        /// The server and the login.
        server: Server,
        /// What stands behind the `?`.
        parameters: PostgresParameters,
    },
    /// A MySQL or MariaDB server; [`DatabaseUrl::dialect`] says which.
    Mysql {
        /// The server and the login.
        server: Server,
        /// What stands behind the `?`.
        parameters: MysqlParameters,
    },
    /// An SQLite file.
    Sqlite(SqliteFile),
}

/// A database on a server, and the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where the server listens.
    pub host: Host,
    /// Whether nobody named it, so that it is `localhost`.
    pub host_is_default: bool,
    /// Its port, where one is given. For PostgreSQL also the one in the socket's name.
    pub port: Option<u16>,
    /// The user, where one is given.
    pub user: Option<String>,
    /// The password, where one is given.
    pub password: Option<Secret>,
    /// Whether it was written with escapes such as `%40`, and so is not what stands in the URL.
    pub password_was_decoded: bool,
    /// The database on the server.
    pub database: String,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name or an address, IPv6 without brackets.
    Tcp(String),
    /// A Unix socket: the folder that holds it (PostgreSQL), or the socket itself (MySQL, MariaDB).
    Socket(PathBuf),
}

/// An SQLite file, and how it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFile {
    path: PathBuf,
    base: Option<PathBuf>,
    /// How it is opened.
    pub mode: SqliteMode,
}

impl DatabaseUrl {
    /// Reads a URL. The password may be percent-encoded or stand there as it is: the user info ends at the last `@`.
    ///
    /// # Errors
    ///
    /// [`UrlError`], which never quotes the URL beyond its scheme and a parameter's name.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        parse::parse(text)
    }

    /// The same, where an SQLite file or a certificate with a relative path is looked for in `folder`.
    #[must_use]
    pub fn relative_to(mut self, folder: &Path) -> Self {
        match &mut self.target {
            Target::Sqlite(file) => file.base = Some(folder.to_owned()),
            Target::Postgres { parameters, .. } => parameters.files().for_each(|file| *file = folder.join(&*file)),
            Target::Mysql { parameters, .. } => parameters.files().for_each(|file| *file = folder.join(&*file)),
        }
        self
    }

    /// The SQL that the database speaks, by the scheme.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The parts.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// The server and the login; none for SQLite.
    #[must_use]
    pub const fn server(&self) -> Option<&Server> {
        match &self.target {
            Target::Postgres { server, .. } | Target::Mysql { server, .. } => Some(server),
            Target::Sqlite(_) => None,
        }
    }

    /// Where it leads. Two URLs lead to the same database where this is equal, as far as the URLs themselves can tell.
    #[must_use]
    pub fn place(&self) -> DatabasePlace {
        match &self.target {
            Target::Sqlite(file) => DatabasePlace(Place::File(normal(&file.file()))),
            Target::Postgres { server, .. } => DatabasePlace(server.place("postgres", 5432)),
            Target::Mysql { server, .. } => DatabasePlace(server.place("mysql", 3306)),
        }
    }
}

impl SqliteFile {
    /// The file to open.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.base.as_ref().map_or_else(|| self.path.clone(), |base| base.join(&self.path))
    }

    /// The path as it was written.
    #[must_use]
    pub fn written(&self) -> &Path {
        &self.path
    }
}

/// Where a URL leads: a file, or a database on a host and port, whoever logs in and however it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabasePlace(Place);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    File(PathBuf),
    Server { engine: &'static str, host: PlaceHost, port: u16, database: String },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum PlaceHost {
    ThisMachine,
    Tcp(String),
    Socket(PathBuf),
}

impl Server {
    fn place(&self, engine: &'static str, default_port: u16) -> Place {
        let host = match &self.host {
            Host::Tcp(name) => match name.to_ascii_lowercase() {
                name if matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1") => PlaceHost::ThisMachine,
                name => PlaceHost::Tcp(name),
            },
            Host::Socket(path) => PlaceHost::Socket(normal(path)),
        };
        Place::Server { engine, host, port: self.port.unwrap_or(default_port), database: self.database.clone() }
    }
}

/// The path without `.` and `x/..`; by its text alone, since the file may not be there yet.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Sqlite(file) => write!(f, "sqlite:{}", percent::encode_path(&file.path.to_string_lossy())),
            Target::Postgres { server, .. } | Target::Mysql { server, .. } => write!(f, "{}://{server}", self.dialect),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `app@db:5432/auth`, without the password.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{}@", percent::encode(user))?;
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", percent::encode(&self.database))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) if address.contains(':') => write!(f, "[{address}]"),
            Self::Tcp(name) => f.write_str(name),
            Self::Socket(path) => f.write_str(&percent::encode(&path.to_string_lossy())),
        }
    }
}

#[cfg(test)]
mod tests;
