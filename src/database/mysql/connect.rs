//! How to reach a MySQL or MariaDB server, and what it means when it says no.

use std::path::Path;

use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use crate::database_url::{DatabaseUrl, Host, MysqlSslMode, Target};

use super::super::error::{DatabaseError, DatabaseErrorKind, Known};
use super::super::tls::{self, Pem};

/// What sqlx would set on connecting (sql_mode, time zone) is left as the server has it: a script means what it means elsewhere.
pub(super) fn connect_options(url: &DatabaseUrl) -> Result<MySqlConnectOptions, DatabaseError> {
    let mut options = MySqlConnectOptions::new()
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(true)
        .charset(charset(url))
        .disable_statement_logging();
    let Target::Mysql { server, parameters } = url.target() else { return Ok(options) };
    options = match &server.host {
        Host::Tcp(host) => options.host(host),
        Host::Socket(socket) => options.socket(socket),
    };
    options = options.port(server.port.unwrap_or(3306)).database(&server.database);
    if let Some(user) = &server.user {
        options = options.username(user);
    }
    if let Some(password) = &server.password {
        options = options.password(password.expose());
    }
    options = options.ssl_mode(match parameters.ssl_mode {
        Some(MysqlSslMode::Disabled) => MySqlSslMode::Disabled,
        Some(MysqlSslMode::Preferred) | None => MySqlSslMode::Preferred,
        Some(MysqlSslMode::Required) => MySqlSslMode::Required,
        Some(MysqlSslMode::VerifyCa) if parameters.ssl_ca.is_some() => MySqlSslMode::VerifyCa,
        // Without an authority of its own, any certificate of any public one would do.
        Some(MysqlSslMode::VerifyCa | MysqlSslMode::VerifyIdentity) => MySqlSslMode::VerifyIdentity,
    });
    let read = |name, file: &Path, holds| tls::read(&url.to_string(), name, file, holds);
    if let Some(file) = &parameters.ssl_ca {
        options = options.ssl_ca_from_pem(read("ssl-ca", file, Pem::Certificate)?);
    }
    if let Some(file) = &parameters.ssl_cert {
        options = options.ssl_client_cert_from_pem(read("ssl-cert", file, Pem::Certificate)?);
    }
    if let Some(file) = &parameters.ssl_key {
        options = options.ssl_client_key_from_pem(read("ssl-key", file, Pem::Key)?);
    }
    Ok(options)
}

pub(super) fn charset(url: &DatabaseUrl) -> &str {
    match url.target() {
        Target::Mysql { parameters, .. } => parameters.charset.as_deref().unwrap_or("utf8mb4"),
        _ => "utf8mb4",
    }
}

/// The numbers of <https://mariadb.com/kb/en/mariadb-error-codes/> that have a known cause.
pub(super) fn known(code: &str, message: &str) -> Known {
    use DatabaseErrorKind as Kind;
    // sqlx passes the SQLSTATE; only a few of the causes have one of their own.
    match code {
        _ if message.contains("insecure transport") => {
            Known::of(Kind::Tls, "the server wants encryption: write ssl-mode=verify-identity, or required, in the URL")
        }
        "28000" => Known::of(
            Kind::LoginRefused,
            "the user, its host or its password is wrong, or the server wants encryption or a certificate of ours \
             (`ssl-mode`, `ssl-cert`, `ssl-key`)",
        ),
        "42S01" => Known::query(Some(
            "it is there already: made by hand, or by another tool? If the database already holds what this revision makes, \
             `branchline stamp` records it",
        )),
        "42S02" => Known::query(Some("no such table: does an earlier revision create it, perhaps on another branch?")),
        "42000" if message.starts_with("Unknown database") => {
            Known::of(Kind::NoSuchDatabase, "create the database first, or correct the URL")
        }
        "42000" if message.starts_with("Access denied") => Known::of(
            Kind::LoginRefused,
            "the user of the URL lacks the privilege; grant it, or connect as another user",
        ),
        "42000" if message.contains("command denied to user") => {
            Known::query(Some("the user of the URL lacks the privilege; grant it, or connect as another user"))
        }
        "HY000" if message.contains("read-only option") || message.contains("read_only") => Known::of(
            Kind::ReadOnly,
            "is this a replica? Use the URL of the server that it follows, or switch read_only off",
        ),
        "HY000"
            if message.contains("No space left")
                || (message.starts_with("The table '") && message.ends_with("' is full")) =>
        {
            Known::of(Kind::DiskFull, "the server's disk is full: make room, and run it again")
        }
        "08004" => {
            Known::of(Kind::Unreachable, "the server has no connection left; try again, or raise max_connections")
        }
        "70100" if message.contains("max_statement_time") => Known::of(
            Kind::TimedOut,
            "it ran longer than --statement-timeout, or statement_timeout in [session], allows",
        ),
        // ER_CONNECTION_KILLED: not the statement alone.
        "70100" if message.contains("Connection was killed") => {
            Known::of(Kind::ConnectionLost, "somebody ended the session")
        }
        "70100" => Known { kind: Kind::Interrupted, hint: None },
        "08S01" => Known::of(Kind::ConnectionLost, "the server ended the session"),
        "40001" => Known::of(Kind::Blocked, "two sessions waited for each other; run it again"),
        "HY000" if message.starts_with("Lock wait timeout") => Known::of(
            Kind::Blocked,
            "another session holds the lock; lock_timeout and lock_retries in [session] say how long and how often to wait",
        ),
        _ => Known::query(None),
    }
}
