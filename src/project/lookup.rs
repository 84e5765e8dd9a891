//! Looking up a branch's URL, where its file says.
//!
//! Done only when asked for, so that offline commands need neither variables nor secrets, and run no program.

use std::fmt;
use std::fs;

use super::branch::Branch;
use super::command;
use super::error::ProjectError;
use super::source::{DatabaseSource, SecretSource};
use crate::database_url::{DatabaseUrl, Secret, ServerParts};
use crate::redact;

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The whole URL.
    Url,
    /// Its password alone.
    Password,
}

impl Wanted {
    /// The same, where a place to take it from is named.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Url => "database",
            Self::Password => "password",
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "database URL",
            Self::Password => "database password",
        })
    }
}

/// What a look-up is told from outside.
struct Surroundings<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    /// Whether whoever wants to know has given up.
    is_stopped: &'a dyn Fn() -> bool,
}

impl Branch {
    /// The branch's URL, with relative paths in it taken from the project's folder. Waits for the command that prints it, where
    /// there is one.
    ///
    /// # Errors
    ///
    /// [`ProjectError`] where there is none, it cannot be read, or it is of a dialect that the branch does not run on.
    pub fn database_url(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<DatabaseUrl, ProjectError> {
        self.database_url_unless(env, &|| false)
    }

    /// The same, and a command is killed once `is_stopped`.
    ///
    /// # Errors
    ///
    /// As [`Branch::database_url`].
    pub fn database_url_unless(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<DatabaseUrl, ProjectError> {
        let url = self.url(&Surroundings { env, is_stopped })?.relative_to(&self.root);
        if self.runs_on(url.dialect()) {
            return Ok(url);
        }
        Err(ProjectError::Dialect {
            branch: self.name.clone(),
            file: self.file.clone(),
            url: Box::new(url),
            dialects: self.dialects.clone(),
        })
    }

    fn url(&self, around: &Surroundings<'_>) -> Result<DatabaseUrl, ProjectError> {
        if let Some(prefix) = self.database.url_behind_prefix() {
            return Err(ProjectError::UrlBehindPrefix {
                branch: self.name.clone(),
                file: Some(self.file.clone()),
                prefix,
            });
        }
        let (url, origin) = match &self.database {
            DatabaseSource::Url(source) => {
                let (text, origin) = self.secret(source, Wanted::Url, around)?;
                (DatabaseUrl::parse(text.expose()), origin)
            }
            DatabaseSource::Parts(parts) => {
                let password = match &parts.password {
                    Some(source) => Some(self.secret(source, Wanted::Password, around)?.0),
                    None => None,
                };
                let parts = ServerParts { password, ..parts.parts.clone() };
                (DatabaseUrl::of_parts(parts), format!("[database] in {}", self.file.display()))
            }
        };
        url.map_err(|error| ProjectError::Url { branch: self.name.clone(), origin, error })
    }

    /// A secret text, and where it comes from in words.
    fn secret(
        &self,
        source: &SecretSource,
        wanted: Wanted,
        around: &Surroundings<'_>,
    ) -> Result<(Secret, String), ProjectError> {
        match source {
            SecretSource::Text(text) => Ok((text.clone(), format!("`database` in {}", self.file.display()))),
            SecretSource::Variable(variable) => match (around.env)(variable) {
                Some(value) if !value.trim().is_empty() => Ok((Secret::new(value), format!("the variable {variable}"))),
                value => Err(ProjectError::Unset {
                    branch: self.name.clone(),
                    variable: variable.clone(),
                    file: self.file.clone(),
                    empty: value.is_some(),
                    wanted,
                }),
            },
            SecretSource::File(path) => {
                let text = fs::read_to_string(self.root.join(path)).map_err(|source| ProjectError::UrlFile {
                    branch: self.name.clone(),
                    path: path.clone(),
                    source,
                    wanted,
                })?;
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\n', '\r']);
                Ok((Secret::new(text), format!("the file {}", redact::path(path))))
            }
            SecretSource::Command(line) => {
                let text =
                    command::output(line, &self.root, command::TIME_LIMIT, around.is_stopped).map_err(|problem| {
                        ProjectError::Command {
                            branch: self.name.clone(),
                            file: self.file.clone(),
                            command: source.to_string(),
                            problem,
                            wanted,
                        }
                    })?;
                Ok((text, format!("what `{source}` prints")))
            }
        }
    }
}
