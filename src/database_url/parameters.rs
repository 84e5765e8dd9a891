//! The parameters behind a URL's `?`: a closed set for each dialect, so that a misspelt `sslmode` cannot switch off TLS in
//! silence. Values are never quoted in errors.

use std::path::PathBuf;

use super::error::UrlError;
use super::percent::decode;

/// How PostgreSQL's connection is encrypted (libpq's `sslmode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostgresSslMode {
    /// Never.
    Disable,
    /// Only where the server insists.
    Allow,
    /// Where the server can.
    Prefer,
    /// Always, whoever the server is.
    Require,
    /// Always, and the certificate is of a known authority.
    VerifyCa,
    /// Always, and the certificate is this host's.
    VerifyFull,
}

/// How MySQL's or MariaDB's connection is encrypted (`ssl-mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MysqlSslMode {
    /// Never.
    Disabled,
    /// Where the server can.
    Preferred,
    /// Always, whoever the server is.
    Required,
    /// Always, and the certificate is of a known authority.
    VerifyCa,
    /// Always, and the certificate is this host's.
    VerifyIdentity,
}

/// How SQLite opens its file (`mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SqliteMode {
    /// To read only.
    ReadOnly,
    /// To read and write a file that is there.
    ReadWrite,
    /// To read and write, and the file is created where it is missing.
    #[default]
    ReadWriteCreate,
}

/// PostgreSQL's parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostgresParameters {
    /// `sslmode`.
    pub ssl_mode: Option<PostgresSslMode>,
    /// `sslrootcert`: the authority's certificate.
    pub ssl_root_cert: Option<PathBuf>,
    /// `sslcert`: the client's certificate.
    pub ssl_cert: Option<PathBuf>,
    /// `sslkey`: the client's key.
    pub ssl_key: Option<PathBuf>,
    /// `application_name`.
    pub application_name: Option<String>,
    /// `options`, as on the server's command line.
    pub options: Option<String>,
    /// `host`: a name, or a socket's folder; it wins over the host before the `/`.
    pub(super) host: Option<String>,
}

/// MySQL's and MariaDB's parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MysqlParameters {
    /// `ssl-mode`.
    pub ssl_mode: Option<MysqlSslMode>,
    /// `ssl-ca`: the authority's certificate.
    pub ssl_ca: Option<PathBuf>,
    /// `ssl-cert`: the client's certificate.
    pub ssl_cert: Option<PathBuf>,
    /// `ssl-key`: the client's key.
    pub ssl_key: Option<PathBuf>,
    /// `charset` of the connection.
    pub charset: Option<String>,
    /// `socket`: the server's socket; it wins over the host.
    pub(super) socket: Option<PathBuf>,
}

const POSTGRES: &[&str] = &["sslmode", "sslrootcert", "sslcert", "sslkey", "application_name", "options", "host"];
const MYSQL: &[&str] = &["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "socket", "charset"];
const SQLITE: &[&str] = &["mode"];

impl PostgresParameters {
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.ssl_root_cert, &mut self.ssl_cert, &mut self.ssl_key].into_iter().flatten()
    }

    pub(super) fn read(pairs: Pairs) -> Result<Self, UrlError> {
        let mut parameters = Self::default();
        for (name, value) in known(pairs, POSTGRES)? {
            match name {
                "sslmode" => parameters.ssl_mode = Some(postgres_ssl_mode(&value)?),
                "sslrootcert" => parameters.ssl_root_cert = Some(path(name, value)?),
                "sslcert" => parameters.ssl_cert = Some(path(name, value)?),
                "sslkey" => parameters.ssl_key = Some(path(name, value)?),
                "application_name" => parameters.application_name = Some(value),
                "options" => parameters.options = Some(value),
                _ => parameters.host = Some(value),
            }
        }
        if parameters.ssl_cert.is_some() != parameters.ssl_key.is_some() {
            return Err(UrlError::HalfClientCertificate { certificate: "sslcert", key: "sslkey" });
        }
        if parameters.ssl_root_cert.is_some() {
            parameters.ssl_mode = match parameters.ssl_mode {
                // As libpq has it: who names an authority wants it asked.
                None | Some(PostgresSslMode::Require) => Some(PostgresSslMode::VerifyCa),
                verified @ Some(PostgresSslMode::VerifyCa | PostgresSslMode::VerifyFull) => verified,
                Some(_) => {
                    let expected = "verify-ca or verify-full, since `sslrootcert` is given";
                    return Err(UrlError::BadParameter { name: "sslmode", expected });
                }
            };
        } else if parameters.ssl_mode == Some(PostgresSslMode::VerifyCa) {
            return Err(UrlError::NoAuthority {
                mode: "sslmode=verify-ca",
                authority: "sslrootcert",
                full: "verify-full",
            });
        }
        Ok(parameters)
    }
}

impl MysqlParameters {
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.ssl_ca, &mut self.ssl_cert, &mut self.ssl_key].into_iter().flatten()
    }

    pub(super) fn read(pairs: Pairs) -> Result<Self, UrlError> {
        let mut parameters = Self::default();
        for (name, value) in known(pairs, MYSQL)? {
            match name {
                "ssl-mode" => parameters.ssl_mode = Some(mysql_ssl_mode(&value)?),
                "ssl-ca" => parameters.ssl_ca = Some(path(name, value)?),
                "ssl-cert" => parameters.ssl_cert = Some(path(name, value)?),
                "ssl-key" => parameters.ssl_key = Some(path(name, value)?),
                "socket" => parameters.socket = Some(path(name, value)?),
                _ => parameters.charset = Some(value),
            }
        }
        parameters.check_together()?;
        Ok(parameters)
    }

    /// What the parameters mean together. Who `verify-ca` is to ask, an option file may still say.
    pub(super) fn check_together(&mut self) -> Result<(), UrlError> {
        if self.ssl_cert.is_some() != self.ssl_key.is_some() {
            return Err(UrlError::HalfClientCertificate { certificate: "ssl-cert", key: "ssl-key" });
        }
        if self.ssl_ca.is_some() {
            self.ssl_mode = match self.ssl_mode {
                None => Some(MysqlSslMode::VerifyCa),
                verified @ Some(MysqlSslMode::VerifyCa | MysqlSslMode::VerifyIdentity) => verified,
                Some(_) => {
                    let expected = "verify-ca or verify-identity, since `ssl-ca` is given";
                    return Err(UrlError::BadParameter { name: "ssl-mode", expected });
                }
            };
        }
        Ok(())
    }
}

impl SqliteMode {
    pub(super) fn read(pairs: Pairs) -> Result<Self, UrlError> {
        let mut mode = Self::default();
        for (_, value) in known(pairs, SQLITE)? {
            mode = match value.as_str() {
                "ro" => Self::ReadOnly,
                "rw" => Self::ReadWrite,
                "rwc" => Self::ReadWriteCreate,
                "memory" => return Err(UrlError::Memory),
                _ => return Err(UrlError::BadParameter { name: "mode", expected: "ro, rw or rwc" }),
            };
        }
        Ok(mode)
    }
}

fn postgres_ssl_mode(value: &str) -> Result<PostgresSslMode, UrlError> {
    Ok(match value {
        "disable" => PostgresSslMode::Disable,
        "allow" => PostgresSslMode::Allow,
        "prefer" => PostgresSslMode::Prefer,
        "require" => PostgresSslMode::Require,
        "verify-ca" => PostgresSslMode::VerifyCa,
        "verify-full" => PostgresSslMode::VerifyFull,
        _ => {
            let expected = "disable, allow, prefer, require, verify-ca or verify-full";
            return Err(UrlError::BadParameter { name: "sslmode", expected });
        }
    })
}

pub(super) fn mysql_ssl_mode(value: &str) -> Result<MysqlSslMode, UrlError> {
    Ok(match value.to_ascii_lowercase().replace('_', "-").as_str() {
        "disabled" => MysqlSslMode::Disabled,
        "preferred" => MysqlSslMode::Preferred,
        "required" => MysqlSslMode::Required,
        "verify-ca" => MysqlSslMode::VerifyCa,
        "verify-identity" => MysqlSslMode::VerifyIdentity,
        _ => {
            let expected = "disabled, preferred, required, verify-ca or verify-identity";
            return Err(UrlError::BadParameter { name: "ssl-mode", expected });
        }
    })
}

fn path(name: &'static str, value: String) -> Result<PathBuf, UrlError> {
    if value.is_empty() {
        return Err(UrlError::BadParameter { name, expected: "the path of a file" });
    }
    Ok(PathBuf::from(value))
}

/// Names and values, as they were written.
pub(super) type Pairs = Vec<(String, String)>;

/// What stands behind the `?`, in its order.
pub(super) fn pairs(query: &str) -> Pairs {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The same, each known and given once.
fn known(pairs: Pairs, known: &'static [&'static str]) -> Result<Vec<(&'static str, String)>, UrlError> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in pairs {
        let Some(&name) = known.iter().find(|known| **known == name) else {
            let name = looks_like_a_name(&name).then_some(name);
            return Err(UrlError::UnknownParameter { name, known });
        };
        if found.iter().any(|(earlier, _)| *earlier == name) {
            return Err(UrlError::RepeatedParameter(name));
        }
        found.push((name, value));
    }
    Ok(found)
}

fn looks_like_a_name(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-".contains(&byte))
}
