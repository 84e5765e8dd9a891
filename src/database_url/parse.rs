//! Reading a database URL.
//!
//! A password may stand in it as it is, with `@`, `:`, `/`, `?`, `#`, `[`, `]` and `%`: so the user info ends at the *last*
//! `@`, and only what follows is read as a URL. That is also what keeps a password out of errors and of the redacted form:
//! nothing behind the last `@` can be a part of it.

use std::path::PathBuf;

use super::error::UrlError;
use super::parameters::{MysqlParameters, PostgresParameters, SqliteMode, pairs};
use super::percent::decode;
use super::{DatabaseUrl, Host, SCHEMES, Secret, Server, SqliteFile, Target};
use crate::dialect::Dialect;

pub(super) fn parse(text: &str) -> Result<DatabaseUrl, UrlError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.contains(['\n', '\r']) {
        return Err(UrlError::SeveralLines);
    }
    let (dialect, rest) = scheme(text)?;
    let target = match dialect {
        Dialect::Sqlite => Target::Sqlite(sqlite(rest)?),
        Dialect::Postgres => postgres(authority(rest)?)?,
        Dialect::Mysql | Dialect::Mariadb => mysql(authority(rest)?)?,
    };
    Ok(DatabaseUrl { dialect, target })
}

fn scheme(text: &str) -> Result<(Dialect, &str), UrlError> {
    let (name, rest) = text.split_once(':').ok_or(UrlError::NoScheme)?;
    let lower = name.to_ascii_lowercase();
    if let Some((_, dialect)) = SCHEMES.iter().find(|(known, _)| *known == lower) {
        return Ok((*dialect, rest));
    }
    // `app:secret@host` begins with a user, not a scheme: only what `//` follows may be named.
    if rest.starts_with("//") && looks_like_a_scheme(&lower) {
        return Err(UrlError::UnknownScheme(lower));
    }
    Err(UrlError::NoScheme)
}

fn looks_like_a_scheme(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
}

fn authority(rest: &str) -> Result<&str, UrlError> {
    rest.strip_prefix("//").ok_or(UrlError::NoSlashes)
}

fn sqlite(rest: &str) -> Result<SqliteFile, UrlError> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mode = SqliteMode::read(pairs(query))?;
    match decode(path).as_str() {
        "" => Err(UrlError::NoFile),
        ":memory:" => Err(UrlError::Memory),
        path if path.contains('\0') => Err(UrlError::NoFile),
        path => Ok(SqliteFile { path: PathBuf::from(path), base: None, mode }),
    }
}

fn postgres(rest: &str) -> Result<Target, UrlError> {
    let (server, query) = server(rest)?;
    postgres_target(server, PostgresParameters::read(pairs(query))?)
}

pub(super) fn postgres_target(mut server: Server, mut parameters: PostgresParameters) -> Result<Target, UrlError> {
    if let Some(host) = parameters.host.take() {
        server.host_is_default = host.is_empty();
        server.host = host_of(host)?;
    }
    Ok(Target::Postgres { server, parameters })
}

fn mysql(rest: &str) -> Result<Target, UrlError> {
    let (server, query) = server(rest)?;
    Ok(mysql_target(server, MysqlParameters::read(pairs(query))?))
}

pub(super) fn mysql_target(mut server: Server, mut parameters: MysqlParameters) -> Target {
    if let Some(socket) = parameters.socket.take() {
        server.host_is_default = false;
        server.host = Host::Socket(socket);
    }
    Target::Mysql { server, parameters }
}

/// `[USER[:PASSWORD]@][HOST][:PORT]/DATABASE[?PARAMETERS]`, and the parameters as text.
fn server(rest: &str) -> Result<(Server, &str), UrlError> {
    let (credentials, place) = match rest.rsplit_once('@') {
        Some((credentials, place)) => (Some(credentials), place),
        None => (None, rest),
    };
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    let (address, database) = match place.split_once('/') {
        Some((address, database)) => (address, Some(database)),
        None => (place, None),
    };
    let (host, port) = address_of(address)?;
    let host_is_default = address.is_empty() || address.starts_with(':');
    let database = database_of(database)?;
    let (user, password) = credentials.map_or((None, None), credentials_of);
    let written = credentials.and_then(|credentials| credentials.split_once(':')).map(|(_, password)| password);
    let password_was_decoded = password.as_ref().map(Secret::expose) != written;
    Ok((Server { host, host_is_default, port, user, password, password_was_decoded, database }, query))
}

fn credentials_of(credentials: &str) -> (Option<String>, Option<Secret>) {
    let (user, password) = match credentials.split_once(':') {
        Some((user, password)) => (user, Some(Secret::new(decode(password)))),
        None => (credentials, None),
    };
    ((!user.is_empty()).then(|| decode(user)), password)
}

fn address_of(address: &str) -> Result<(Host, Option<u16>), UrlError> {
    let (host, port) = if address.starts_with('[') {
        let end = address.find(']').ok_or(UrlError::BadHost)?;
        let port = match &address[end + 1..] {
            "" => None,
            rest => Some(rest.strip_prefix(':').ok_or(UrlError::BadHost)?),
        };
        (&address[..=end], port)
    } else {
        match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        }
    };
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(port_of(port)?),
    };
    Ok((host_of(decode(host))?, port))
}

fn port_of(text: &str) -> Result<u16, UrlError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port != 0);
    port.ok_or(UrlError::BadPort)
}

pub(super) fn host_of(host: String) -> Result<Host, UrlError> {
    if host.is_empty() {
        return Ok(Host::Tcp("localhost".to_owned()));
    }
    if host.starts_with('/') {
        return Ok(Host::Socket(PathBuf::from(host)));
    }
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let address = inside.unwrap_or(&host);
    if address.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(Host::Tcp(address.to_owned()));
    }
    let legal = |character: char| character.is_alphanumeric() || "-._".contains(character);
    if inside.is_some() || !host.chars().all(legal) {
        return Err(UrlError::BadHost);
    }
    Ok(Host::Tcp(host))
}

fn database_of(database: Option<&str>) -> Result<String, UrlError> {
    let raw = database.filter(|name| !name.is_empty()).ok_or(UrlError::NoDatabase)?;
    if raw.contains(['/', '#']) {
        return Err(UrlError::BadDatabase);
    }
    let name = decode(raw);
    if name.contains('\0') { Err(UrlError::BadDatabase) } else { Ok(name) }
}
