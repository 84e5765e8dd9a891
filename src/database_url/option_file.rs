//! The option file of MySQL's and MariaDB's clients (`~/.my.cnf`), as far as it says how to log in: user, password, host, port,
//! socket and TLS. What it says besides, `!include` among it, is not looked at.

use std::path::{Path, PathBuf};

use super::error::UrlError;
use super::parameters::mysql_ssl_mode;
use super::{MysqlSslMode, Secret};
use crate::dialect::Dialect;

/// What an option file says for one dialect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionFile {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) socket: Option<PathBuf>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) ssl_mode: Option<MysqlSslMode>,
    pub(super) ssl_ca: Option<PathBuf>,
    pub(super) ssl_cert: Option<PathBuf>,
    pub(super) ssl_key: Option<PathBuf>,
}

impl OptionFile {
    /// Reads the text of an option file in a folder, from which relative paths are taken. Of what is said twice the last counts.
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with it: a misspelt `ssl-mode` must not switch off TLS in silence.
    pub fn parse(text: &str, folder: &Path, dialect: Dialect) -> Result<Self, (usize, UrlError)> {
        let mut options = Self::default();
        let mut is_ours = false;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(group) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
                is_ours = groups(dialect).contains(&group.0.trim());
            } else if is_ours && !line.is_empty() && !line.starts_with(['#', ';', '!']) {
                options.option(line, folder).map_err(|error| (number + 1, error))?;
            }
        }
        Ok(options)
    }

    fn option(&mut self, line: &str, folder: &Path) -> Result<(), UrlError> {
        let line = without_comment(line);
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(unquoted(value.trim()))),
            None => (line, None),
        };
        // Dashes and underscores are the same; `loose-` only tells a client not to mind.
        let name = name.trim().replace('_', "-");
        let name = name.strip_prefix("loose-").unwrap_or(&name);
        let path = |value: &String| folder.join(value);
        match (name, value) {
            ("host", Some(value)) => self.host = Some(value).filter(|host| !host.is_empty()),
            ("port", Some(value)) => {
                self.port = Some(value.parse().ok().filter(|port| *port != 0).ok_or(UrlError::BadPort)?);
            }
            ("socket", Some(value)) => self.socket = Some(PathBuf::from(value)),
            ("user", Some(value)) => self.user = Some(value),
            ("password", Some(value)) => self.password = Some(Secret::new(value)),
            ("ssl-ca", Some(value)) => self.ssl_ca = Some(path(&value)),
            ("ssl-cert", Some(value)) => self.ssl_cert = Some(path(&value)),
            ("ssl-key", Some(value)) => self.ssl_key = Some(path(&value)),
            ("ssl-mode", Some(value)) => self.ssl_mode = Some(mysql_ssl_mode(&value)?),
            ("ssl" | "skip-ssl" | "disable-ssl", value) => {
                let is_on = is_on("ssl", value.as_deref())?;
                self.switch(is_on == (name == "ssl"));
            }
            ("ssl-verify-server-cert", value) if is_on("ssl-verify-server-cert", value.as_deref())? => {
                self.ssl_mode = Some(MysqlSslMode::VerifyIdentity);
            }
            _ => {}
        }
        Ok(())
    }

    /// `ssl` asks for TLS, and takes nothing back from one who asked for more.
    fn switch(&mut self, is_on: bool) {
        match (is_on, self.ssl_mode) {
            (false, _) => self.ssl_mode = Some(MysqlSslMode::Disabled),
            (true, None | Some(MysqlSslMode::Disabled | MysqlSslMode::Preferred)) => {
                self.ssl_mode = Some(MysqlSslMode::Required);
            }
            (true, _) => {}
        }
    }
}

/// The groups that every client of the dialect reads.
const fn groups(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Mariadb => &["client", "client-server", "client-mariadb"],
        _ => &["client"],
    }
}

fn is_on(name: &'static str, value: Option<&str>) -> Result<bool, UrlError> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None | Some("1" | "on" | "true") => Ok(true),
        Some("0" | "off" | "false") => Ok(false),
        Some(_) => Err(UrlError::BadParameter { name, expected: "1 or 0" }),
    }
}

/// Up to a `#` that stands in no quotes.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    for (at, character) in line.char_indices() {
        match character {
            '#' if quote.is_none() => return line[..at].trim_end(),
            '\'' | '"' if !escaped && quote.is_none() => quote = Some(character),
            _ if !escaped && quote == Some(character) => quote = None,
            _ => {}
        }
        escaped = character == '\\' && quote.is_some() && !escaped;
    }
    line
}

/// Without the quotes around it, and with its escapes read.
fn unquoted(value: &str) -> String {
    let inside = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let value = inside.unwrap_or(value);
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('s') => text.push(' '),
            Some(plain @ ('\\' | '"' | '\'')) => text.push(plain),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Dialect, MysqlSslMode, OptionFile, UrlError};

    fn read(text: &str, dialect: Dialect) -> OptionFile {
        OptionFile::parse(text, Path::new("/home/app"), dialect).unwrap()
    }

    fn password(line: &str) -> String {
        let text = format!("[client]\n{line}\n");
        read(&text, Dialect::Mysql).password.map_or_else(|| "none".to_owned(), |secret| secret.expose().to_owned())
    }

    #[test]
    fn only_the_groups_of_every_client() {
        let text = "user=early\n[mysqld]\nuser=server\n[client]\nuser = all\nhost=h\r\n[ client-mariadb ]\nuser=maria\n\
                    [mysql]\nuser=shell\n!include /x\n";
        assert_eq!(read(text, Dialect::Mysql).user.as_deref(), Some("all"));
        let maria = read(text, Dialect::Mariadb);
        assert_eq!((maria.user.as_deref(), maria.host.as_deref()), (Some("maria"), Some("h")));
    }

    #[test]
    fn values_as_the_clients_read_them() {
        for (line, expected) in [
            ("password=plain", "plain"),
            ("  password  =  a b  ", "a b"),
            ("password=a#b", "a"),
            ("password=\"a#b\" # comment", "a#b"),
            ("password='it\\'s #1'", "it's #1"),
            ("password=a\\sb\\x\\\\", "a b\\x\\"),
            ("password=a=b", "a=b"),
            ("password=", ""),
            ("password", "none"),
            ("loose_password=x", "x"),
            ("# password=x", "none"),
            ("; password=x", "none"),
        ] {
            assert_eq!(password(line), expected, "{line}");
        }
    }

    #[test]
    fn tls() {
        let mode = |text: &str| read(&format!("[client]\n{text}"), Dialect::Mariadb).ssl_mode;
        assert_eq!(mode("ssl-mode=VERIFY_IDENTITY"), Some(MysqlSslMode::VerifyIdentity));
        assert_eq!(mode("ssl"), Some(MysqlSslMode::Required));
        assert_eq!(mode("ssl=0"), Some(MysqlSslMode::Disabled));
        assert_eq!(mode("skip-ssl"), Some(MysqlSslMode::Disabled));
        assert_eq!(mode("ssl-verify-server-cert\nssl"), Some(MysqlSslMode::VerifyIdentity));
        assert_eq!(mode("ssl_verify_server_cert=0"), None);
        let files = read("[client]\nssl-ca=ca.pem\nssl_key=/k.pem", Dialect::Mysql);
        assert_eq!(files.ssl_ca.as_deref(), Some(Path::new("/home/app/ca.pem")));
        assert_eq!(files.ssl_key.as_deref(), Some(Path::new("/k.pem")));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        let wrong = |text: &str| OptionFile::parse(text, Path::new("/"), Dialect::Mysql).unwrap_err();
        assert_eq!(wrong("[client]\n\nport=abc"), (3, UrlError::BadPort));
        let (line, error) = wrong("[client]\npassword=SEKRET\nssl-mode=SEKRET");
        assert!(matches!(error, UrlError::BadParameter { name: "ssl-mode", .. }) && line == 3);
        assert!(!format!("{error} {error:?}").contains("SEKRET"));
        assert!(!format!("{:?}", read("[client]\npassword=SEKRET", Dialect::Mysql)).contains("SEKRET"));
    }
}
