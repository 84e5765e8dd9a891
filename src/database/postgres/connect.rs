//! How to reach a PostgreSQL server, and what it means when it says no.

use std::path::Path;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::database_url::{DatabaseUrl, Host, PostgresSslMode, Target};

use super::super::SessionOptions;
use super::super::error::{DatabaseError, DatabaseErrorKind, Known};
use super::super::tls::{self, Pem};
use super::lock::LOST;

/// The options of a session; the statements are not logged, since they are the users' own.
///
/// The driver begins with what libpq's variables say: all that it lets us set is set, so that none of them counts unseen. What
/// cannot be taken back (PGOPTIONS, PGSSLCERT, PGSSLKEY) is refused where the environment is known. Password files are ours:
/// `database_url/password_file.rs` says why.
pub(super) fn connect_options(url: &DatabaseUrl, session: &SessionOptions) -> Result<PgConnectOptions, DatabaseError> {
    let mut options = PgConnectOptions::new_without_pgpass()
        .password("")
        .ssl_root_cert_from_pem(Vec::new())
        .application_name(&format!("branchline {}", session.run_id))
        .extra_float_digits(None);
    let Target::Postgres { server, parameters } = url.target() else { return Ok(options) };
    options = match &server.host {
        Host::Tcp(host) => options.host(host),
        // The name is for certificates, which nobody shows there.
        Host::Socket(folder) => options.host("localhost").socket(folder),
    };
    options = options.port(server.port.unwrap_or(5432)).database(&server.database);
    if let Some(user) = &server.user {
        options = options.username(user);
    }
    if let Some(password) = &server.password {
        options = options.password(password.expose());
    }
    options = options.ssl_mode(match parameters.ssl_mode {
        Some(PostgresSslMode::Disable) => PgSslMode::Disable,
        Some(PostgresSslMode::Allow) => PgSslMode::Allow,
        Some(PostgresSslMode::Prefer) | None => PgSslMode::Prefer,
        Some(PostgresSslMode::Require) => PgSslMode::Require,
        Some(PostgresSslMode::VerifyCa) => PgSslMode::VerifyCa,
        Some(PostgresSslMode::VerifyFull) => PgSslMode::VerifyFull,
    });
    let read = |name, file: &Path, holds| tls::read(&url.to_string(), name, file, holds);
    if let Some(file) = &parameters.ssl_root_cert {
        options = options.ssl_root_cert_from_pem(read("sslrootcert", file, Pem::Certificate)?);
    }
    if let Some(file) = &parameters.ssl_cert {
        options = options.ssl_client_cert_from_pem(read("sslcert", file, Pem::Certificate)?);
    }
    if let Some(file) = &parameters.ssl_key {
        options = options.ssl_client_key_from_pem(read("sslkey", file, Pem::Key)?);
    }
    options = options.options(server_options(parameters.options.as_deref().unwrap_or_default()));
    if let Some(name) = &parameters.application_name {
        options = options.application_name(name);
    }
    Ok(options.disable_statement_logging())
}

/// Whether a server that refuses us unencrypted is to be asked again, encrypted.
pub(super) fn allows_encryption(url: &DatabaseUrl) -> bool {
    matches!(url.target(), Target::Postgres { parameters, .. } if parameters.ssl_mode == Some(PostgresSslMode::Allow))
}

/// The settings in a text such as `-c search_path=app --work_mem=64MB`, as the server reads its command line; a backslash keeps
/// the space behind it.
fn server_options(text: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => push_last(&mut words, characters.next()),
            space if space.is_whitespace() => words.push(String::new()),
            other => push_last(&mut words, Some(other)),
        }
    }
    let mut settings = Vec::new();
    let mut expects_setting = false;
    for word in words.iter().filter(|word| !word.is_empty()) {
        let setting = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some(setting) => setting,
            None if expects_setting => word,
            None => continue,
        };
        expects_setting = word == "-c";
        if let Some((name, value)) = setting.split_once('=') {
            settings.push((name.to_owned(), value.to_owned()));
        }
    }
    settings
}

fn push_last(words: &mut [String], character: Option<char>) {
    if let (Some(word), Some(character)) = (words.last_mut(), character) {
        word.push(character);
    }
}

/// What SCRAM cannot take: it prepares user and password first (SASLprep), and sqlx says which character that forbids, which
/// may be one of the password.
pub(super) fn unprepared(database: &str, error: &sqlx::Error) -> Option<DatabaseError> {
    let sqlx::Error::Configuration(inner) = error else { return None };
    let said = inner.to_string();
    let said = said.strip_prefix("Failed to saslprep ")?;
    let what = if said.starts_with("username") { "user's name" } else { "password" };
    let message = format!("the {what} has a character that SCRAM, by which the server checks it, cannot take");
    let hint = "no emoji, tabs or other control characters: set another one with ALTER ROLE";
    Some(DatabaseError::new(DatabaseErrorKind::LoginRefused, database, message).hint(hint))
}

/// The codes of <https://www.postgresql.org/docs/current/errcodes-appendix.html> that have a known cause.
pub(super) fn known(code: &str, message: &str) -> Known {
    use DatabaseErrorKind as Kind;
    match code {
        "28P01" => Known::of(Kind::LoginRefused, "the password is wrong, or the user does not exist"),
        "28000" if message.contains("valid client certificate") => Known::of(
            Kind::LoginRefused,
            "the server wants a certificate of ours: name it with `sslcert`, and its key with `sslkey`, in the URL",
        ),
        "28000" if message.contains("no encryption") => Known::of(
            Kind::LoginRefused,
            "the server may want encryption: write sslmode=verify-full, or require, in the URL",
        ),
        "28000" => Known::of(Kind::LoginRefused, "the server's pg_hba.conf does not let this user in from here"),
        "3D000" => Known::of(Kind::NoSuchDatabase, "create the database first (createdb), or correct the URL"),
        "42704" if message.contains(LOST) => Known::of(
            Kind::LockLost,
            "is there a pooler in between that shares sessions? Use the URL of the database itself",
        ),
        "25006" => Known::of(Kind::ReadOnly, "is this a standby? Use the URL of the server that it follows"),
        "53100" => Known::of(Kind::DiskFull, "the server's disk is full: make room, and run it again"),
        "53300" => {
            Known::of(Kind::Unreachable, "the server has no connection left; try again, or raise max_connections")
        }
        "57P03" => Known::of(Kind::Unreachable, "the server is starting up or shutting down; try again"),
        "57P01" | "57P02" => Known::of(Kind::ConnectionLost, "the server ended the session"),
        "57014" if message.contains("statement timeout") => Known::of(
            Kind::TimedOut,
            "it ran longer than --statement-timeout, or statement_timeout in [session], allows",
        ),
        "57014" => Known { kind: Kind::Interrupted, hint: None },
        "55P03" => Known::of(
            Kind::Blocked,
            "another session holds the lock; lock_timeout and lock_retries in [session] say how long and how often to wait",
        ),
        "42501" => Known::query(Some("the user of the URL lacks the privilege; grant it, or connect as the owner")),
        "42P07" => Known::query(Some(
            "it is there already: made by hand, or by another tool? If the database already holds what this revision makes, \
             `branchline stamp` records it",
        )),
        "3F000" => Known::query(Some(
            "no such schema: create it first; `state_schema` in [session] names the state tables' own",
        )),
        "42P01" => Known::query(Some("no such table: does an earlier revision create it, perhaps on another branch?")),
        "25001" => Known::query(Some("it cannot run inside a transaction: set `transaction = false` in revision.toml")),
        "40P01" | "40001" => Known::of(Kind::Blocked, "two sessions waited for each other; run it again"),
        _ => Known::query(None),
    }
}
