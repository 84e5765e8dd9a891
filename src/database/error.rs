//! What a database says when it says no, told apart by what a user can do about it.

use crate::database_url::DatabaseUrl;

/// What went wrong, as far as callers act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseErrorKind {
    /// Nobody answers there.
    Unreachable,
    /// Wrong user, wrong password, or not allowed in.
    LoginRefused,
    /// No encrypted connection, or the server is not who it should be.
    Tls,
    /// The server is there, the database is not.
    NoSuchDatabase,
    /// A statement failed.
    Query,
    /// A statement ran longer than it may.
    TimedOut,
    /// A statement lost to another session: it waited for a lock for as long as it may, or was the victim of a deadlock.
    Blocked,
    /// The connection broke; what was under way is in doubt.
    ConnectionLost,
    /// Another run holds the lock of the branch, and did not let go in time.
    Locked,
    /// The database belongs to another branch, or to another project.
    WrongDatabase,
    /// The database takes no writes: a standby, or one that was set so.
    ReadOnly,
    /// The disk is full.
    DiskFull,
    /// The branch's lock, taken before, is no longer ours.
    LockLost,
    /// Something between us and the database shares its sessions, so that no lock can be held.
    NoSessions,
    /// Cancelled on request.
    Interrupted,
    /// The script is no longer the one that was planned.
    ScriptChanged,
    /// The state tables hold what they must not.
    State,
}

impl DatabaseErrorKind {
    const fn is_of_connecting(self) -> bool {
        matches!(self, Self::Unreachable | Self::LoginRefused | Self::Tls | Self::NoSuchDatabase)
    }
}

/// An error of one database. Names the database without its password.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}{message}", named(database))]
pub struct DatabaseError {
    /// What went wrong.
    pub kind: DatabaseErrorKind,
    /// The database, redacted.
    pub database: String,
    /// What the database said, in one line or a few.
    pub message: String,
    /// The server's own code (SQLSTATE, MySQL's number, SQLite's extended code).
    pub code: Option<String>,
    /// What the cause is, where it is known, and what helps.
    pub hint: Option<String>,
    /// Where it happened in what the statement made the database run: functions, triggers, a line of data. In the server's
    /// words, the innermost first, a line each.
    pub context: Option<String>,
}

/// Some errors are known before there is a database to be named.
fn named(database: &str) -> String {
    if database.is_empty() { String::new() } else { format!("{database}: ") }
}

impl DatabaseError {
    pub(crate) fn new(kind: DatabaseErrorKind, database: &str, message: impl Into<String>) -> Self {
        Self { kind, database: database.to_owned(), message: message.into(), code: None, hint: None, context: None }
    }

    /// The same with something that may help.
    pub(crate) fn hint_of(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// The same, where a refused password may not be the one that was meant: escapes in a URL are decoded.
    pub(super) fn of_login(mut self, url: &DatabaseUrl) -> Self {
        let decoded = url.server().is_some_and(|server| server.password_was_decoded);
        if self.kind == DatabaseErrorKind::LoginRefused && decoded {
            let escapes = "the URL's password has escapes such as %40, which were decoded: a `%` of the password itself is written %25";
            self.hint = Some(self.hint.map_or_else(|| escapes.to_owned(), |hint| format!("{hint}; {escapes}")));
        }
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What an engine knows about an error of its own, from its code and message.
pub(super) struct Known {
    /// What went wrong.
    pub kind: DatabaseErrorKind,
    /// What helps.
    pub hint: Option<&'static str>,
}

impl Known {
    pub(super) const fn query(hint: Option<&'static str>) -> Self {
        Self { kind: DatabaseErrorKind::Query, hint }
    }

    pub(super) const fn of(kind: DatabaseErrorKind, hint: &'static str) -> Self {
        Self { kind, hint: Some(hint) }
    }
}

/// Turns what sqlx says into ours; `known` is the engine's own table of codes.
pub(super) fn explain(database: &str, error: &sqlx::Error, known: fn(&str, &str) -> Known) -> DatabaseError {
    match error {
        sqlx::Error::Database(inner) => {
            let code = inner.code().map(|code| code.into_owned());
            let message = inner.message().to_owned();
            let known = known(code.as_deref().unwrap_or_default(), &message);
            let hint = known.hint.map(str::to_owned);
            // A statement that is told so speaks of something else than our own connection.
            let kind = if known.kind.is_of_connecting() { DatabaseErrorKind::Query } else { known.kind };
            DatabaseError { kind, database: database.to_owned(), message, code, hint, context: None }
        }
        sqlx::Error::Io(inner) => DatabaseError::new(DatabaseErrorKind::ConnectionLost, database, io_message(inner)),
        sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
            DatabaseError::new(DatabaseErrorKind::ConnectionLost, database, "the connection is gone")
        }
        // Whether what was under way took effect cannot be told from such an answer.
        sqlx::Error::Protocol(said) => {
            // Behind it sqlx names a place in its own source.
            let said = said.rsplit_once(" (sqlx_").map_or(said.as_str(), |(said, _)| said);
            let message = format!("what came back is no answer of such a server: {said}");
            DatabaseError::new(DatabaseErrorKind::ConnectionLost, database, message)
        }
        other => DatabaseError::new(DatabaseErrorKind::Query, database, other.to_string()),
    }
}

fn io_message(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => {
            format!("the connection was lost ({error})")
        }
        _ => error.to_string(),
    }
}

/// Turns what happened while connecting into ours: an I/O error there means that nobody answers, and an answer that is none that
/// somebody else does.
pub(super) fn explain_connect(database: &str, error: &sqlx::Error, known: fn(&str, &str) -> Known) -> DatabaseError {
    if let Some(refused) = super::tls::refused(database, error) {
        return refused;
    }
    let mut explained = explain(database, error, known);
    match error {
        sqlx::Error::Database(inner) => {
            explained.kind = known(inner.code().as_deref().unwrap_or_default(), inner.message()).kind;
        }
        // No statement was sent, so none has failed.
        _ if explained.kind == DatabaseErrorKind::Query => explained.kind = DatabaseErrorKind::Unreachable,
        _ => {}
    }
    if let sqlx::Error::Io(inner) = error {
        explained.kind = DatabaseErrorKind::Unreachable;
        explained.hint = Some(match inner.kind() {
            std::io::ErrorKind::ConnectionRefused => {
                "nothing listens there: is the server running, and are host and port right?".to_owned()
            }
            std::io::ErrorKind::TimedOut => "no answer in time: is a firewall in between?".to_owned(),
            _ => "is the host name right, and reachable from here?".to_owned(),
        });
    }
    if let sqlx::Error::Protocol(_) = error {
        explained.kind = DatabaseErrorKind::Unreachable;
        explained.hint = Some("does a server of another kind listen there, or something in between?".to_owned());
    }
    explained
}
