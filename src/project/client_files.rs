//! What the servers' own clients would add to a URL: libpq's password file, the option file of MySQL and MariaDB, the system's
//! user. Each is read once, and only where a URL lacks what it may say.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::branch::Branch;
use super::error::ProjectError;
use crate::database_url::{DatabaseUrl, OptionFile, PasswordFile, Target};
use crate::dialect::Dialect;
use crate::redact;

/// Where the value of a variable is asked for.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Who is told what was passed over.
pub type Warn = Box<dyn Fn(&str) + Send + Sync>;

/// The files of the servers' own clients, as far as they were asked for.
pub struct ClientFiles {
    variables: Variables,
    system_user: Option<String>,
    warn: Warn,
    passwords: OnceLock<PasswordFile>,
    options: OnceLock<Option<(PathBuf, String)>>,
}

impl ClientFiles {
    /// The files that HOME and PGPASSFILE lead to. `warn` is told of one that is passed over.
    #[must_use]
    pub fn new(variables: Variables, system_user: Option<String>, warn: Warn) -> Self {
        Self { variables, system_user, warn, passwords: OnceLock::new(), options: OnceLock::new() }
    }

    /// A branch's URL with what it does not say itself.
    ///
    /// # Errors
    ///
    /// [`ProjectError`] where an option file makes no sense, and for a variable of libpq's that would count unseen.
    pub fn complete(&self, branch: &Branch, url: DatabaseUrl) -> Result<DatabaseUrl, ProjectError> {
        match url.target() {
            Target::Sqlite(_) => Ok(url),
            Target::Postgres { .. } => {
                let url = url.with_system_user(self.system_user.as_deref());
                self.refuse_variables(branch, &url)?;
                if !url.wants_password_file() {
                    return Ok(url);
                }
                Ok(url.with_password_file(self.passwords.get_or_init(|| self.read_passwords())))
            }
            Target::Mysql { .. } => {
                let origin = || redact::path(&self.home_file(".my.cnf").unwrap_or_default());
                let wrong =
                    |error, place: String| ProjectError::Url { branch: branch.name.clone(), origin: place, error };
                let options = self.options_for(url.dialect()).map_err(|(line, error)| {
                    let place = format!("line {line} of {}", origin());
                    wrong(error, place)
                })?;
                url.with_option_file(&options).map_err(|error| wrong(error, format!("the branch, with {},", origin())))
            }
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    fn home_file(&self, name: &str) -> Option<PathBuf> {
        self.variable("HOME").map(|home| Path::new(&home).join(name))
    }

    /// The driver takes these from the environment by itself, and cannot be told not to. No other variable of libpq's counts,
    /// since one that is meant for one server would be for all that the project has.
    fn refuse_variables(&self, branch: &Branch, url: &DatabaseUrl) -> Result<(), ProjectError> {
        let Target::Postgres { server, parameters } = url.target() else { return Ok(()) };
        let has_certificate = parameters.ssl_cert.is_some() && parameters.ssl_key.is_some();
        let counted = [
            ("PGOPTIONS", true, "options"),
            ("PGSSLCERT", !has_certificate, "sslcert"),
            ("PGSSLKEY", !has_certificate, "sslkey"),
            ("PGUSER", server.user.is_none(), "USER@"),
        ];
        match counted.into_iter().find(|(name, counts, _)| *counts && self.variable(name).is_some()) {
            Some((variable, _, instead)) => {
                Err(ProjectError::AmbientVariable { branch: branch.name.clone(), variable, instead })
            }
            None => Ok(()),
        }
    }

    /// As libpq has it: what PGPASSFILE names, and otherwise the one at home; not where anybody else can read it.
    fn read_passwords(&self) -> PasswordFile {
        let file = self.variable("PGPASSFILE").map(PathBuf::from).or_else(|| self.home_file(".pgpass"));
        let text = file.and_then(|file| self.read(&file, 0o077, "group or others can read it; `chmod 600` it"));
        text.map(|text| PasswordFile::parse(&text)).unwrap_or_default()
    }

    fn options_for(&self, dialect: Dialect) -> Result<OptionFile, (usize, crate::database_url::UrlError)> {
        let read = || {
            let file = self.home_file(".my.cnf")?;
            let text = self.read(&file, 0o002, "anybody can write it; `chmod 600` it")?;
            Some((file.parent().map(Path::to_owned).unwrap_or_default(), text))
        };
        match self.options.get_or_init(read) {
            Some((folder, text)) => OptionFile::parse(text, folder, dialect),
            None => Ok(OptionFile::default()),
        }
    }

    /// A file's text, unless these permissions are given to others, who could read the password or write one of theirs.
    fn read(&self, file: &Path, forbidden: u32, why: &str) -> Option<String> {
        let pass_over = |why: &str| (self.warn)(&format!("{} is passed over: {why}", redact::path(file)));
        let read = || -> io::Result<Option<String>> {
            let metadata = fs::metadata(file)?;
            if !metadata.is_file() {
                pass_over("it is no plain file");
                return Ok(None);
            }
            #[cfg(unix)]
            if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & forbidden != 0 {
                pass_over(why);
                return Ok(None);
            }
            fs::read(file).map(|bytes| Some(String::from_utf8_lossy(&bytes).into_owned()))
        };
        match read() {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
            Err(error) => {
                pass_over(&error.to_string());
                None
            }
        }
    }
}
