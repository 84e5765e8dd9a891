//! An engine that is asked how many statements a text is.
//!
//! PostgreSQL and SQLite give a result for each statement. MariaDB's results are no measure, since a procedure may give many:
//! its own count of questions is.

use std::time::Duration;

use futures_util::StreamExt as _;
use sqlx::{
    AssertSqlSafe, Connection as _, Either, Executor, MySqlConnection, PgConnection, Row as _, SqliteConnection,
};
use tokio::runtime::{Builder, Runtime};

use super::support::{Engine, TestDatabase};

/// What a text came to.
#[derive(Debug)]
pub struct Verdict {
    /// The statements that the engine saw; up to and, on MariaDB, with the one that failed.
    pub statements: usize,
    pub outcome: Result<(), sqlx::Error>,
}

impl Verdict {
    pub fn shown(&self) -> String {
        self.outcome.as_ref().map_or_else(ToString::to_string, |()| "taken".to_owned())
    }
}

/// What the scripts of the corpus speak of.
const TABLES: &str = "CREATE TABLE t (a INT, b INT, c INT, x INT, y INT);CREATE TABLE a (b INT, c INT);\
                      CREATE TABLE b (a INT, c INT)";

/// What they leave behind where nothing can be rolled back.
const LEFT: &str = "DROP PROCEDURE IF EXISTS p;DROP FUNCTION IF EXISTS f;DROP VIEW IF EXISTS v;DROP EVENT IF EXISTS e;\
                    DROP TABLE IF EXISTS t, a, b, l, begin, event, d";

pub struct Judge {
    runtime: Runtime,
    connection: Connection,
    /// Gone with the judge.
    _database: Option<TestDatabase>,
}

enum Connection {
    Postgres(PgConnection),
    /// Whether anything may be left of the last texts.
    Mariadb(MySqlConnection, bool),
    /// One for each text: nothing else takes back what one leaves.
    Sqlite,
}

impl Judge {
    pub fn new(engine: Engine) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let database = (engine != Engine::Sqlite).then(|| TestDatabase::new(engine));
        let connection = runtime.block_on(async {
            match (engine, &database) {
                (Engine::Postgres, Some(database)) => {
                    let mut connection = PgConnection::connect(database.url()).await.unwrap();
                    run(&mut connection, TABLES).await.outcome.unwrap();
                    Connection::Postgres(connection)
                }
                (Engine::Mariadb, Some(database)) => {
                    let mut connection = MySqlConnection::connect(database.url()).await.unwrap();
                    run(&mut connection, "SET default_storage_engine = MEMORY").await.outcome.unwrap();
                    Connection::Mariadb(connection, true)
                }
                _ => Connection::Sqlite,
            }
        });
        Self { runtime, connection, _database: database }
    }

    /// Sends a text as it is.
    pub fn whole(&mut self, text: &str) -> Verdict {
        self.each(&[(text, None)]).pop().unwrap()
    }

    /// Sends texts one after the other, with the data that goes with them, and takes back what they did.
    pub fn each(&mut self, texts: &[(&str, Option<&str>)]) -> Vec<Verdict> {
        let Self { runtime, connection, .. } = self;
        runtime.block_on(async {
            let mut verdicts = Vec::new();
            match connection {
                Connection::Postgres(connection) => {
                    run(connection, "BEGIN").await.outcome.unwrap();
                    for (text, data) in texts {
                        let asked = async {
                            match data {
                                None => run(connection, text).await,
                                Some(data) => copy(connection, text, data).await,
                            }
                        };
                        let asked = tokio::time::timeout(Duration::from_secs(10), asked).await;
                        verdicts.push(asked.unwrap_or_else(|_| panic!("no answer to {text:?}")));
                    }
                    run(connection, "ROLLBACK").await.outcome.unwrap();
                }
                Connection::Mariadb(connection, touched) => {
                    if std::mem::take(touched) {
                        run(connection, LEFT).await.outcome.unwrap();
                        run(connection, TABLES).await.outcome.unwrap();
                    }
                    for (text, _) in texts {
                        *touched |= ["CREATE", "INSERT", "DROP"].iter().any(|word| text.contains(word));
                        verdicts.push(ask(connection, text).await);
                    }
                }
                Connection::Sqlite => {
                    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
                    run(&mut connection, TABLES).await.outcome.unwrap();
                    for (text, _) in texts {
                        verdicts.push(run(&mut connection, text).await);
                    }
                    connection.close().await.unwrap();
                }
            }
            verdicts
        })
    }
}

/// Runs a text and counts what comes back.
async fn run<C>(connection: &mut C, text: &str) -> Verdict
where
    for<'c> &'c mut C: Executor<'c>,
{
    let mut results = connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(text.to_owned())));
    let mut statements = 0;
    loop {
        match results.next().await {
            Some(Ok(Either::Left(_))) => statements += 1,
            Some(Ok(Either::Right(_))) => {}
            Some(Err(error)) => return Verdict { statements, outcome: Err(error) },
            None => return Verdict { statements, outcome: Ok(()) },
        }
    }
}

async fn copy(connection: &mut PgConnection, text: &str, data: &str) -> Verdict {
    let outcome = async {
        let mut copy = connection.copy_in_raw(text).await?;
        copy.send(data.as_bytes()).await?;
        copy.finish().await.map(drop)
    };
    Verdict { outcome: outcome.await, statements: 1 }
}

/// Runs a text and lets the server count.
async fn ask(connection: &mut MySqlConnection, text: &str) -> Verdict {
    let before = questions(connection).await;
    let outcome = run(connection, text).await.outcome;
    // The question itself is one.
    Verdict { statements: questions(connection).await - before - 1, outcome }
}

async fn questions(connection: &mut MySqlConnection) -> usize {
    let row = connection.fetch_one(sqlx::raw_sql("SHOW SESSION STATUS LIKE 'Questions'")).await.unwrap();
    row.get::<String, _>(1).parse().unwrap()
}
