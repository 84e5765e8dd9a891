//! Fresh databases on both engines.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::process::{first_line, time};
use crate::{Bench, Error};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
}

impl Engine {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }

    /// The word in the names of files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }
}

/// A PostgreSQL server, and its own shell.
#[derive(Debug, Clone)]
pub struct Server {
    /// The URL up to the name of the database.
    base: String,
    admin: String,
    pub psql: PathBuf,
}

impl Server {
    pub fn from_environment() -> Result<Option<Self>, Error> {
        let Ok(admin) = std::env::var("BRANCHLINE_TEST_POSTGRES") else { return Ok(None) };
        let (base, _) = admin.rsplit_once('/').ok_or("BRANCHLINE_TEST_POSTGRES names no database")?;
        // Debian's psql on the PATH is a wrapper that costs 30 ms a start.
        let psql =
            std::env::var("BRANCHLINE_TEST_PGBIN").map_or_else(|_| "psql".into(), |bin| Path::new(&bin).join("psql"));
        Ok(Some(Self { base: base.to_owned(), admin, psql }))
    }

    fn admin(&self, sql: &str) -> Command {
        self.psql(&self.admin, sql)
    }

    pub fn psql(&self, url: &str, sql: &str) -> Command {
        let mut command = Command::new(&self.psql);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]);
        command
    }

    /// Host, port, user and password.
    pub fn login(&self) -> Result<(String, String, String, String), Error> {
        let (_, rest) = self.base.split_once("://").ok_or("BRANCHLINE_TEST_POSTGRES is no URL")?;
        let (login, server) = rest.rsplit_once('@').ok_or("BRANCHLINE_TEST_POSTGRES names no user")?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (host, port) = server.split_once(':').unwrap_or((server, "5432"));
        Ok((host.to_owned(), port.to_owned(), user.to_owned(), password.to_owned()))
    }

    /// Transactions of a database since it was made, committed or not.
    pub fn transactions(&self, database: &Database) -> Result<f64, Error> {
        let sql =
            format!("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '{}'", database.name);
        Ok(first_line(&mut self.admin(&sql))?.parse()?)
    }
}

/// A database that is there for one tool, and gone afterwards.
pub struct Database {
    pub engine: Engine,
    pub name: String,
    /// As most tools take it; for SQLite an absolute path with the scheme in front.
    pub url: String,
    /// SQLite's file.
    pub file: PathBuf,
    server: Option<Server>,
}

static NUMBER: AtomicUsize = AtomicUsize::new(0);

impl Database {
    pub fn fresh(bench: &Bench, engine: Engine) -> Result<Self, Error> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{}_{number}", std::process::id());
        let file = bench.folder.join(format!("{name}.db"));
        match (engine, &bench.server) {
            (Engine::Postgres, Some(server)) => {
                time(&mut server.admin(&format!("CREATE DATABASE {name}")))?;
                let url = format!("{}/{name}", server.base);
                Ok(Self { engine, name, url, file, server: Some(server.clone()) })
            }
            _ => {
                // An empty file: refinery creates none.
                std::fs::File::create(&file)?;
                Ok(Self { engine, name, url: format!("sqlite://{}", file.display()), file, server: None })
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What cannot be removed goes with the server, or with the folder.
        match &self.server {
            Some(server) => {
                let _ = time(&mut server.admin(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
            }
            None => {
                let _ = std::fs::remove_file(&self.file);
            }
        }
    }
}

/// A database of MariaDB, and its own shell.
pub struct MariadbDatabase {
    pub url: String,
    pub shell: Command,
}

impl MariadbDatabase {
    /// The one database of this name, made anew; none where no server is named.
    pub fn fresh(name: &str) -> Result<Option<Self>, Error> {
        let Ok(admin) = std::env::var("BRANCHLINE_TEST_MARIADB") else { return Ok(None) };
        let (base, _) = admin.rsplit_once('/').ok_or("BRANCHLINE_TEST_MARIADB names no database")?;
        let (_, server) = base.split_once("://").ok_or("BRANCHLINE_TEST_MARIADB is no URL")?;
        let (login, server) = server.rsplit_once('@').ok_or("BRANCHLINE_TEST_MARIADB names no user")?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (host, port) = server.split_once(':').unwrap_or((server, "3306"));
        let client = || {
            let mut client = Command::new("mariadb");
            client.args(["--host", host, "--port", port, "--user", user]).env("MYSQL_PWD", password);
            client
        };
        time(client().args(["-e", &format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")]))?;
        let mut shell = client();
        shell.arg(name);
        Ok(Some(Self { url: format!("{base}/{name}"), shell }))
    }
}
