//! What is wrong with a database URL, said without quoting it: any part of it may turn out to be the password.

use crate::suggest::did_you_mean;

/// A text that is no database URL. It never holds a part of the URL but its scheme and a parameter's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// No text at all.
    #[error("the database URL is empty")]
    Empty,
    /// More than one line: what else stands there must not come to be a part of the URL, and be shown.
    #[error("the database URL goes over several lines")]
    SeveralLines,
    /// Nothing that looks like `SCHEME://`.
    #[error("the database URL does not begin with a scheme")]
    NoScheme,
    /// A scheme of something else.
    #[error("unknown scheme `{0}` in the database URL")]
    UnknownScheme(String),
    /// A server's scheme without `//`.
    #[error("the database URL's scheme is not followed by `//`")]
    NoSlashes,
    /// A host that cannot be one.
    #[error("the database URL's host is no host name or address")]
    BadHost,
    /// A port that is no number from 1 to 65535.
    #[error("the database URL's port is no number from 1 to 65535")]
    BadPort,
    /// No database after the host.
    #[error("the database URL names no database")]
    NoDatabase,
    /// More than one name after the host.
    #[error("the database URL's database name holds a `/`, `#` or NUL")]
    BadDatabase,
    /// SQLite without a file.
    #[error("the sqlite URL names no file")]
    NoFile,
    /// A database that vanishes with its connection.
    #[error("an in-memory database cannot be migrated")]
    Memory,
    /// A parameter that the dialect does not have.
    #[error("unknown parameter{} in the database URL", quoted(.name))]
    UnknownParameter {
        /// Its name, where it looks like one.
        name: Option<String>,
        /// Those that are known.
        known: &'static [&'static str],
    },
    /// A parameter given twice.
    #[error("the parameter `{0}` is given twice in the database URL")]
    RepeatedParameter(&'static str),
    /// A parameter with a value that it cannot have.
    #[error("the parameter `{name}` has a value that it cannot have in the database URL")]
    BadParameter {
        /// Its name.
        name: &'static str,
        /// What it can be.
        expected: &'static str,
    },
    /// A client's certificate without its key, or a key without its certificate.
    #[error("the database URL gives only one of `{certificate}` and `{key}`")]
    HalfClientCertificate {
        /// The parameter of the certificate.
        certificate: &'static str,
        /// That of the key.
        key: &'static str,
    },
    /// A certificate is to be checked against an authority that is not named.
    #[error("the database URL says `{mode}` and names no authority")]
    NoAuthority {
        /// The parameter and its value.
        mode: &'static str,
        /// The parameter that names the authority.
        authority: &'static str,
        /// The mode that does without.
        full: &'static str,
    },
    /// A user's name that no server could be sent.
    #[error("the database URL's user or password holds a NUL")]
    BadLogin,
}

fn quoted(name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!(" `{name}`"))
}

const EXAMPLES: &str = "write postgres://USER:PASSWORD@HOST/DATABASE, mysql://..., mariadb://..., or sqlite:FILE";

impl UrlError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::SeveralLines => {
                "nothing but the URL may stand there, on one line; in a password a line's end is written %0A".to_owned()
            }
            Self::Empty | Self::NoScheme | Self::NoSlashes => EXAMPLES.to_owned(),
            Self::UnknownScheme(scheme) => {
                let plain = scheme.split('+').next().unwrap_or(scheme);
                did_you_mean(plain, super::SCHEMES.map(|(name, _)| name)).unwrap_or_else(|| EXAMPLES.to_owned())
            }
            Self::BadHost | Self::BadPort => {
                "the password ends at the last `@`, so an `@` behind it, as in a parameter, is written %40".to_owned()
            }
            Self::NoDatabase => "end it with the database's name, as in postgres://HOST/DATABASE; \
                 the password ends at the last `@`, so an `@` behind it is written %40"
                .to_owned(),
            Self::BadDatabase => "write / as %2F and # as %23 in a database's name".to_owned(),
            Self::NoFile => "write sqlite:FILE".to_owned(),
            Self::Memory => {
                "it would vanish when the command ends: name a file, as in sqlite:data/auth.sqlite".to_owned()
            }
            Self::UnknownParameter { name, known } => {
                let near = name.as_ref().and_then(|name| did_you_mean(name, known.iter().copied()));
                match name.as_deref() {
                    Some("user" | "password") => {
                        "user and password stand before the host: USER:PASSWORD@HOST".to_owned()
                    }
                    _ => near.unwrap_or_else(|| format!("known here: {}", known.join(", "))),
                }
            }
            Self::HalfClientCertificate { .. } => "a client shows a certificate and proves it with its key".to_owned(),
            Self::NoAuthority { authority, full, .. } => format!(
                "name the file of its certificate with `{authority}`, or say {full}: without either, a certificate that any \
                 public authority has given to anybody would do"
            ),
            Self::RepeatedParameter(_) | Self::BadLogin => return None,
            Self::BadParameter { expected, .. } => format!("expected {expected}"),
        };
        Some(hint)
    }
}
