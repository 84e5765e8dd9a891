//! A database on a server in parts, for those who have them apart: a password that a vault hands out, a host that a platform
//! sets. Nothing is decoded here: a `%` or `/` in a part is that character.

use super::error::UrlError;
use super::parameters::{MysqlParameters, PostgresParameters};
use super::parse::{host_of, mysql_target, postgres_target};
use super::{DatabaseUrl, Secret, Server};
use crate::dialect::Dialect;

/// What a URL would say. SQLite has no such parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerParts {
    /// The dialect, not SQLite's.
    pub dialect: Dialect,
    /// A name, an address, or the folder of a socket; `localhost` where there is none.
    pub host: Option<String>,
    /// The port, where it is not the usual one.
    pub port: Option<u16>,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The database on the server.
    pub database: String,
    /// The parameters that would stand behind the `?`.
    pub parameters: Vec<(String, String)>,
}

impl DatabaseUrl {
    /// The URL that such parts would make.
    ///
    /// # Errors
    ///
    /// As [`DatabaseUrl::parse`].
    pub fn of_parts(parts: ServerParts) -> Result<Self, UrlError> {
        let ServerParts { dialect, host, port, user, password, database, parameters } = parts;
        if database.is_empty() {
            return Err(UrlError::NoDatabase);
        }
        if database.contains('\0') {
            return Err(UrlError::BadDatabase);
        }
        if port == Some(0) {
            return Err(UrlError::BadPort);
        }
        let has_nul = |text: &str| text.contains('\0');
        if user.as_deref().is_some_and(has_nul) || password.as_ref().map(Secret::expose).is_some_and(has_nul) {
            return Err(UrlError::BadLogin);
        }
        let server = Server {
            host_is_default: host.as_ref().is_none_or(String::is_empty),
            host: host_of(host.unwrap_or_default())?,
            port,
            user: user.filter(|user| !user.is_empty()),
            password,
            password_was_decoded: false,
            database,
        };
        let target = match dialect {
            Dialect::Postgres => postgres_target(server, PostgresParameters::read(parameters)?)?,
            Dialect::Mysql | Dialect::Mariadb => mysql_target(server, MysqlParameters::read(parameters)?),
            Dialect::Sqlite => return Err(UrlError::NoFile),
        };
        Ok(Self { dialect, target })
    }
}

#[cfg(test)]
mod tests {
    use super::{DatabaseUrl, Dialect, Secret, ServerParts, UrlError};

    fn parts(dialect: Dialect) -> ServerParts {
        ServerParts {
            dialect,
            host: Some("db".into()),
            port: Some(5433),
            user: Some("app".into()),
            password: Some(Secret::new("SEKRET%41")),
            database: "a/b#c".into(),
            parameters: Vec::new(),
        }
    }

    #[test]
    fn parts_stand_as_they_are() {
        let url = DatabaseUrl::of_parts(parts(Dialect::Postgres)).unwrap();
        assert_eq!(url.to_string(), "postgres://app@db:5433/a%2Fb%23c");
        assert_eq!(url.server().unwrap().password.as_ref().unwrap().expose(), "SEKRET%41");
        assert!(!format!("{url:?} {:?} {:?}", url.target(), parts(Dialect::Mysql)).contains("SEKRET"));
        let bare = ServerParts { host: None, port: None, user: None, password: None, ..parts(Dialect::Mariadb) };
        assert_eq!(DatabaseUrl::of_parts(bare).unwrap().to_string(), "mariadb://localhost/a%2Fb%23c");
    }

    #[test]
    fn what_is_wrong() {
        let fails = |change: &dyn Fn(&mut ServerParts)| {
            let mut parts = parts(Dialect::Postgres);
            change(&mut parts);
            DatabaseUrl::of_parts(parts).unwrap_err()
        };
        assert_eq!(fails(&|parts| parts.database.clear()), UrlError::NoDatabase);
        assert_eq!(fails(&|parts| parts.database.push('\0')), UrlError::BadDatabase);
        assert_eq!(fails(&|parts| parts.host = Some("a b".into())), UrlError::BadHost);
        assert_eq!(fails(&|parts| parts.port = Some(0)), UrlError::BadPort);
        assert_eq!(fails(&|parts| parts.user = Some("\0".into())), UrlError::BadLogin);
        assert_eq!(fails(&|parts| parts.password = Some(Secret::new("\0"))), UrlError::BadLogin);
        let unknown = fails(&|parts| parts.parameters.push(("sslmod".into(), "x".into())));
        assert_eq!(unknown.hint().as_deref(), Some("did you mean `sslmode`?"));
    }
}
