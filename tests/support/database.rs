//! A fresh database for one test, dropped with its value.

use std::env;
use std::fmt;
use std::sync::Mutex;

use sqlx::{AssertSqlSafe, Connection, Database, Decode, MySqlConnection, PgConnection, Row, SqliteConnection, Type};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// The engines that the tests run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    Postgres,
    Mariadb,
    Sqlite,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Postgres, Self::Mariadb, Self::Sqlite];

    /// The dialect's name, as in branch files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Sqlite => "sqlite",
        }
    }

    /// The administrator's URL of the test server.
    pub fn server_url(self) -> String {
        let variable = match self {
            Self::Postgres => "BRANCHLINE_TEST_POSTGRES",
            Self::Mariadb => "BRANCHLINE_TEST_MARIADB",
            Self::Sqlite => panic!("SQLite has no server"),
        };
        env::var(variable).unwrap_or_else(|_| {
            panic!("{variable} is not set: run `make test`, or one test with `.ci/servers run -- cargo test NAME`")
        })
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A row as text: what the database prints, NULL as `None`.
pub type TextRow = Vec<Option<String>>;

/// A database (a file, on SQLite) that no other test knows, gone when the value is dropped.
pub struct TestDatabase {
    engine: Engine,
    /// The administrator's URL of the server that all tests share, where it is to be dropped.
    server: Option<String>,
    name: String,
    url: String,
    runtime: Runtime,
    connection: Mutex<Option<AnyConnection>>,
    folder: Option<TempDir>,
}

enum AnyConnection {
    Postgres(PgConnection),
    Mariadb(MySqlConnection),
    Sqlite(SqliteConnection),
}

impl TestDatabase {
    /// Creates an empty database.
    pub fn new(engine: Engine) -> Self {
        if engine != Engine::Sqlite {
            let server = engine.server_url();
            let mut database = Self::on(engine, &server);
            database.server = Some(server);
            return database;
        }
        let mut database = Self::of(engine);
        let folder = tempfile::Builder::new().prefix("branchline-db-").tempdir().unwrap();
        let file = folder.path().join(format!("{}.db", database.name));
        std::fs::write(&file, "").unwrap();
        database.url = format!("sqlite://{}", file.display());
        database.folder = Some(folder);
        database
    }

    /// Creates an empty database on a server of the test's own, which is known by the URL of its administrator. It stays until
    /// that server is gone.
    pub fn on(engine: Engine, server: &str) -> Self {
        let mut database = Self::of(engine);
        let (authority, _) = server.rsplit_once('/').expect("a URL with a database");
        let create = format!("CREATE DATABASE {}", database.name);
        database.runtime.block_on(execute_once(engine, server, &create));
        database.url = format!("{authority}/{}", database.name);
        database
    }

    fn of(engine: Engine) -> Self {
        Self {
            engine,
            server: None,
            name: format!("branchline_test_{}", &Uuid::new_v4().simple().to_string()[..16]),
            url: String::new(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            connection: Mutex::new(None),
            folder: None,
        }
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The database's name on its server; on SQLite the file's name without its end.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL with another password (as it stands in a URL) or, where that is empty, with none.
    pub fn url_with_password(&self, password: &str) -> String {
        let (credentials, place) = self.url.rsplit_once('@').expect("a server's URL");
        let (user, _) = credentials.rsplit_once(':').expect("a URL with a password");
        let colon = if password.is_empty() { "" } else { ":" };
        format!("{user}{colon}{password}@{place}")
    }

    /// Runs one or more statements. Panics with the database's own words where one fails.
    pub fn execute(&self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{}: {error}\n{sql}", self.engine));
    }

    /// Ends every other session with this database, whatever it is doing.
    pub fn end_sessions(&self) {
        match self.engine {
            Engine::Postgres => self.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
            ),
            Engine::Mariadb => {
                let others = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()";
                for row in self.query_strings(others) {
                    // It may have ended meanwhile.
                    let _ = self.try_execute(&format!("KILL CONNECTION {}", row[0].as_deref().unwrap_or_default()));
                }
            }
            Engine::Sqlite => {}
        }
    }

    /// Runs one or more statements.
    pub fn try_execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        self.with_connection(async |connection| match connection {
            AnyConnection::Postgres(connection) => run(connection, sql).await,
            AnyConnection::Mariadb(connection) => run(connection, sql).await,
            AnyConnection::Sqlite(connection) => run(connection, sql).await,
        })
    }

    /// Takes out all that is in it, which is quicker than a fresh one.
    pub fn clear(&self) {
        let name = &self.name;
        match self.engine {
            Engine::Postgres => self.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public"),
            Engine::Mariadb => self.execute(&format!("DROP DATABASE {name}; CREATE DATABASE {name}; USE {name}")),
            Engine::Sqlite => {
                for entry in std::fs::read_dir(self.folder.as_ref().expect("a file is in a folder").path()).unwrap() {
                    std::fs::remove_file(entry.unwrap().path()).unwrap();
                }
                std::fs::write(self.url.trim_start_matches("sqlite://"), "").unwrap();
            }
        }
    }

    /// Waits until the server has given up every other session of it.
    #[track_caller]
    pub fn until_alone(&self) {
        let others = match self.engine {
            Engine::Postgres => format!("SELECT count(*) {}", others(self.engine)),
            Engine::Mariadb => format!("SELECT CAST(count(*) AS CHAR) {}", others(self.engine)),
            Engine::Sqlite => return,
        };
        super::running::until("the end of all sessions", || self.query_value(&others) == "0");
    }

    /// The rows of a query, every value as the database prints it.
    pub fn query_strings(&self, sql: &str) -> Vec<TextRow> {
        self.with_connection(async |connection| match connection {
            AnyConnection::Postgres(connection) => fetch(connection, sql).await,
            AnyConnection::Mariadb(connection) => fetch(connection, sql).await,
            AnyConnection::Sqlite(connection) => fetch(connection, sql).await,
        })
        .unwrap_or_else(|error| panic!("{}: {error}\n{sql}", self.engine))
    }

    /// The one value of a query that has one row of one column.
    pub fn query_value(&self, sql: &str) -> String {
        match self.query_strings(sql).as_slice() {
            [row] if row.len() == 1 => row[0].clone().unwrap_or_else(|| "NULL".to_owned()),
            rows => panic!("{}: one value was expected, not {rows:?}\n{sql}", self.engine),
        }
    }

    /// One connection is kept for the test's own questions, except on SQLite, where an open file could stand in the way
    /// of what is tested. Where it was lost, since a server of the test's own was killed meanwhile, there is another one.
    fn with_connection<T>(
        &self,
        work: impl AsyncFn(&mut AnyConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let mut slot = self.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.runtime.block_on(async {
            if slot.is_none() {
                *slot = Some(AnyConnection::open(self.engine, &self.url).await?);
            }
            let mut result = work(slot.as_mut().expect("opened above")).await;
            if self.server.is_none() && result.as_ref().is_err_and(is_of_connection) {
                let connection = slot.insert(AnyConnection::open(self.engine, &self.url).await?);
                result = work(connection).await;
            }
            if self.engine == Engine::Sqlite
                && let Some(connection) = slot.take()
            {
                connection.close().await?;
            }
            result
        })
    }
}

/// Where a server shows the other sessions of our database.
fn others(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => {
            "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        }
        _ => "FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
    }
}

/// Whether an error says that the server no longer knows us.
fn is_of_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        // PostgreSQL ends all sessions where one of its processes was killed.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let open = self.connection.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        self.runtime.block_on(async {
            if let Some(connection) = open {
                let _ = connection.close().await;
            }
            if let Some(server) = &self.server {
                let force = if self.engine == Engine::Postgres { " WITH (FORCE)" } else { "" };
                let drop = format!("DROP DATABASE IF EXISTS {}{force}", self.name);
                execute_once(self.engine, server, &drop).await;
            }
        });
    }
}

impl AnyConnection {
    async fn open(engine: Engine, url: &str) -> Result<Self, sqlx::Error> {
        Ok(match engine {
            Engine::Postgres => Self::Postgres(PgConnection::connect(url).await?),
            Engine::Mariadb => Self::Mariadb(MySqlConnection::connect(url).await?),
            Engine::Sqlite => Self::Sqlite(SqliteConnection::connect(url).await?),
        })
    }

    async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres(connection) => connection.close().await,
            Self::Mariadb(connection) => connection.close().await,
            Self::Sqlite(connection) => connection.close().await,
        }
    }
}

/// A statement for the server itself. Failing in `drop`, while a test already panics, would hide why: it only reports then.
async fn execute_once(engine: Engine, url: &str, sql: &str) {
    let result = async {
        let mut connection = AnyConnection::open(engine, url).await?;
        match &mut connection {
            AnyConnection::Postgres(connection) => run(connection, sql).await?,
            AnyConnection::Mariadb(connection) => run(connection, sql).await?,
            AnyConnection::Sqlite(connection) => run(connection, sql).await?,
        }
        connection.close().await
    }
    .await;
    match result {
        Err(error) if !std::thread::panicking() => panic!("{engine}: {sql}: {error}"),
        _ => {}
    }
}

/// Whether a server lets this URL in.
pub fn can_connect(engine: Engine, url: &str) -> bool {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { AnyConnection::open(engine, url).await.is_ok() })
}

async fn run<C>(connection: &mut C, sql: &str) -> Result<(), sqlx::Error>
where
    C: Connection,
    for<'c> &'c mut C: sqlx::Executor<'c, Database = C::Database>,
{
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

/// Over the text protocols every value already is text; SQLite makes it so.
async fn fetch<C>(connection: &mut C, sql: &str) -> Result<Vec<TextRow>, sqlx::Error>
where
    C: Connection,
    for<'c> &'c mut C: sqlx::Executor<'c, Database = C::Database>,
    for<'r> String: Decode<'r, C::Database> + Type<C::Database>,
    usize: sqlx::ColumnIndex<<C::Database as Database>::Row>,
{
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await?;
    rows.iter()
        .map(|row| (0..row.len()).map(|index| row.try_get_unchecked::<Option<String>, _>(index)).collect())
        .collect()
}
