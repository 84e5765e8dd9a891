//! Where a branch's URL comes from, as its file says it. Looks nothing up; shows nothing of a secret.

use std::fmt;
use std::path::{Path, PathBuf};

use super::raw::{RawDatabase, RawParts};
use crate::database_url::{DatabasePlace, DatabaseUrl, Secret, ServerParts};
use crate::dialect::Dialect;
use crate::names::BranchName;
use crate::redact;

/// Where a branch's URL comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseSource {
    /// From one place.
    Url(SecretSource),
    /// In parts.
    Parts(Box<PartsSource>),
}

/// Where a secret text comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// `env:NAME`: a variable.
    Variable(String),
    /// `file:PATH`: a file that holds it, relative to the project.
    File(PathBuf),
    /// `command:PROGRAM ...`: what a command prints, run by the shell in the project's folder.
    Command(String),
    /// The text itself.
    Text(Secret),
}

/// A URL in parts, the password from a place of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct PartsSource {
    /// All but the password.
    pub parts: ServerParts,
    /// The password, where there is one.
    pub password: Option<SecretSource>,
}

impl DatabaseSource {
    /// Reads what a file says behind `database =`, or `NAME=` on the command line.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::Url(SecretSource::parse(text))
    }

    /// Where a branch looks that says nothing: `DATABASE_URL_AUTH` for auth.
    #[must_use]
    pub fn default_of(branch: &BranchName) -> Self {
        Self::Url(SecretSource::Variable(format!("DATABASE_URL_{}", branch.as_str().to_ascii_uppercase())))
    }

    pub(super) fn of_raw(raw: &RawDatabase) -> Self {
        match raw {
            RawDatabase::Text(text) => Self::parse(text.expose()),
            RawDatabase::Parts(parts) => Self::Parts(Box::new(PartsSource::of_raw(parts))),
        }
    }

    /// Whether it is known only once a program has run.
    #[must_use]
    pub fn runs_a_command(&self) -> bool {
        let source = match self {
            Self::Url(source) => Some(source),
            Self::Parts(parts) => parts.password.as_ref(),
        };
        matches!(source, Some(SecretSource::Command(_)))
    }

    /// The prefix that a URL stands behind, where the name of the place that holds it belongs.
    pub(super) fn url_behind_prefix(&self) -> Option<&'static str> {
        match self {
            Self::Url(source) => source.url_behind_prefix(),
            Self::Parts(parts) => parts.password.as_ref().and_then(SecretSource::url_behind_prefix),
        }
    }

    /// The dialect, where it is known without looking anything up.
    pub(super) fn dialect(&self) -> Option<Dialect> {
        match self {
            Self::Url(SecretSource::Text(url)) => DatabaseUrl::parse(url.expose()).ok().map(|url| url.dialect()),
            Self::Url(_) => None,
            Self::Parts(parts) => Some(parts.parts.dialect),
        }
    }
}

impl SecretSource {
    fn parse(text: &str) -> Self {
        if let Some(variable) = text.strip_prefix("env:") {
            return Self::Variable(variable.trim().to_owned());
        }
        if let Some(command) = text.strip_prefix("command:") {
            return Self::Command(command.trim().to_owned());
        }
        match text.strip_prefix("file:") {
            Some(path) => Self::File(PathBuf::from(path)),
            None => Self::Text(Secret::new(text)),
        }
    }

    fn url_behind_prefix(&self) -> Option<&'static str> {
        match self {
            Self::Variable(variable) => redact::is_url(variable).then_some("env:"),
            Self::File(path) => redact::is_url(&path.to_string_lossy()).then_some("file:"),
            // An argument may well be one.
            Self::Command(command) => redact::is_url(program(command)).then_some("command:"),
            Self::Text(_) => None,
        }
    }
}

impl PartsSource {
    fn of_raw(raw: &RawParts) -> Self {
        Self {
            parts: ServerParts {
                dialect: raw.dialect.0,
                host: raw.host.clone(),
                port: raw.port,
                user: raw.user.clone(),
                password: None,
                database: raw.name.clone(),
                parameters: raw.parameters.clone().into_iter().collect(),
            },
            password: raw.password.as_ref().map(|password| SecretSource::parse(password.expose())),
        }
    }
}

/// A source as a file names it: equal to another where the two are written alike. An SQLite file is the same one however its
/// path is written.
#[derive(Debug)]
pub struct NamedSource<'a> {
    written: &'a DatabaseSource,
    file: Option<DatabasePlace>,
}

impl<'a> NamedSource<'a> {
    pub(super) fn new(written: &'a DatabaseSource, root: &Path) -> Self {
        let file = match written {
            DatabaseSource::Url(SecretSource::Text(url)) => DatabaseUrl::parse(url.expose()).ok(),
            _ => None,
        };
        let file = file.filter(|url| url.dialect() == Dialect::Sqlite).map(|url| url.relative_to(root).place());
        Self { written, file }
    }
}

impl PartialEq for NamedSource<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.file, &other.file) {
            (Some(one), Some(other)) => one == other,
            _ => self.written == other.written,
        }
    }
}

impl fmt::Display for NamedSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(f)
    }
}

/// The first word of a command.
fn program(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

/// As the files say it; a URL is redacted.
impl fmt::Display for DatabaseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(SecretSource::Text(text)) => match DatabaseUrl::parse(text.expose()) {
                Ok(url) => write!(f, "{url}"),
                Err(_) => f.write_str("***"),
            },
            Self::Url(source) => write!(f, "{source}"),
            Self::Parts(parts) => match DatabaseUrl::of_parts(parts.parts.clone()) {
                Ok(url) => write!(f, "{url}"),
                Err(_) => f.write_str("***"),
            },
        }
    }
}

/// The place; of a command its program only, since tokens stand among the arguments, or before it.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(variable) => write!(f, "env:{}", redact::value(variable)),
            Self::File(path) => write!(f, "file:{}", redact::path(path)),
            Self::Command(command) => {
                let program = program(command);
                let is_plain = program.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '+'));
                let rest = if program.len() < command.len() { " ..." } else { "" };
                write!(f, "command:{}{rest}", if is_plain { program } else { "***" })
            }
            Self::Text(_) => f.write_str("***"),
        }
    }
}

impl fmt::Debug for DatabaseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::DatabaseSource;

    #[test]
    fn a_command_is_shown_by_its_program() {
        for (text, shown) in [
            ("command: vault read -field=url SEKRET", "command:vault ..."),
            ("command:./url", "command:./url"),
            ("command:TOKEN=SEKRET vault read", "command:*** ..."),
            ("command:'SEKRET'", "command:***"),
        ] {
            assert_eq!(DatabaseSource::parse(text).to_string(), shown);
            assert_eq!(format!("{:?}", DatabaseSource::parse(text)), shown);
        }
    }
}
