//! libpq's password file (`~/.pgpass`, PGPASSFILE), by its rules: `host:port:database:user:password` a line, `*` for any, a
//! backslash before what would end a field.
//!
//! Ours and not sqlx's, which reads the environment by itself, tries the second file where the first has no line, looks at the
//! server that the environment names where the URL's is another, and logs a line that it cannot read, password and all.

use super::{DatabaseUrl, Host, Secret, Server, Target};

/// The folders in which a server's socket lies where nobody says another: to libpq such a server is `localhost`.
const SOCKET_FOLDERS: [&str; 3] = ["/tmp", "/var/run/postgresql", "/run/postgresql"];

const DEFAULT_PORT: u16 = 5432;

/// The lines of a password file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PasswordFile {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    host: Field,
    port: Field,
    database: Field,
    user: Field,
    password: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Any,
    Is(String),
}

impl PasswordFile {
    /// Reads the text of a password file. A comment, and a line that is none of its kind, says nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
        Self { lines: lines.filter(|line| !line.starts_with('#')).filter_map(line).collect() }
    }

    /// The password of the first line that is for this server, database and user.
    pub(super) fn password(&self, server: &Server) -> Option<&Secret> {
        let port = server.port.unwrap_or(DEFAULT_PORT).to_string();
        let hosts: Vec<String> = match &server.host {
            Host::Tcp(host) => vec![host.clone()],
            Host::Socket(folder) => {
                let folder = folder.to_string_lossy();
                let known = SOCKET_FOLDERS.contains(&folder.trim_end_matches('/'));
                std::iter::once(folder.into_owned()).chain(known.then(|| "localhost".to_owned())).collect()
            }
        };
        let is_for = |line: &&Line| {
            hosts.iter().any(|host| line.host.is(host))
                && line.port.is(&port)
                && line.database.is(&server.database)
                && line.user.is(server.user.as_deref().unwrap_or_default())
        };
        self.lines.iter().find(is_for).map(|line| &line.password)
    }
}

impl DatabaseUrl {
    /// Whether a password file is to be asked: a PostgreSQL server, and no password.
    #[must_use]
    pub fn wants_password_file(&self) -> bool {
        matches!(&self.target, Target::Postgres { server, .. } if server.password.is_none())
    }
}

impl Field {
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Is(this) => this == text,
        }
    }
}

fn line(text: &str) -> Option<Line> {
    let (host, rest) = field(text)?;
    let (port, rest) = field(rest)?;
    let (database, rest) = field(rest)?;
    let (user, rest) = field(rest)?;
    let (password, _) = unescaped(rest);
    Some(Line { host, port, database, user, password: Secret::new(password) })
}

/// A field, and what stands behind its colon.
fn field(text: &str) -> Option<(Field, &str)> {
    if let Some(rest) = text.strip_prefix("*:") {
        return Some((Field::Any, rest));
    }
    let (field, rest) = unescaped(text);
    Some((Field::Is(field), rest?))
}

/// Up to the first colon that no backslash stands before, without the backslashes; and what follows it.
fn unescaped(text: &str) -> (String, Option<&str>) {
    let mut field = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            ':' => return (field, Some(&text[at + 1..])),
            '\\' => field.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            other => field.push(other),
        }
    }
    (field, None)
}

#[cfg(test)]
mod tests {
    use super::{DatabaseUrl, PasswordFile};

    fn password(file: &str, url: &str) -> Option<String> {
        let url: DatabaseUrl = url.parse().unwrap();
        PasswordFile::parse(file).password(url.server().unwrap()).map(|password| password.expose().to_owned())
    }

    #[test]
    fn the_first_line_that_is_for_it() {
        let file = "# h:5432:d:u:comment\n\nnonsense\nh:5433:d:u:other port\r\nh:5432:d:u:right\r\n*:*:*:*:any\n";
        assert_eq!(password(file, "postgres://u@h/d").as_deref(), Some("right"));
        assert_eq!(password(file, "postgres://u@h:5433/d").as_deref(), Some("other port"));
        assert_eq!(password(file, "postgres://other@h/d").as_deref(), Some("any"));
        assert_eq!(password("h:*:d:u:x", "postgres://u@h/e"), None);
        assert_eq!(password("h:*:*:*", "postgres://u@h/e"), None);
        assert_eq!(password("h:*:*:*:", "postgres://u@h/e").as_deref(), Some(""));
        assert_eq!(password("*x:*:*:*:p", "postgres://u@h/e"), None);
    }

    #[test]
    fn what_a_backslash_stands_before_ends_nothing() {
        assert_eq!(password(r"h:*:a\:b:u\\:p\:q\\\r:behind", "postgres://u%5C@h/a:b").as_deref(), Some(r"p:q\r"));
        assert_eq!(password(r"h:*:\*:u:star", "postgres://u@h/d"), None);
        assert_eq!(password(r"h:*:\*:u:star", "postgres://u@h/*").as_deref(), Some("star"));
        assert_eq!(password(r"::1:*:*:*:x", "postgres://u@[::1]/d"), None);
        assert_eq!(password(r"\:\:1:*:*:*:x\", "postgres://u@[::1]/d").as_deref(), Some("x\\"));
    }

    #[test]
    fn sockets() {
        assert_eq!(password("localhost:*:*:*:x", "postgres:///d?host=/run/postgresql").as_deref(), Some("x"));
        assert_eq!(password("localhost:*:*:*:x", "postgres:///d?host=/srv/pg"), None);
        assert_eq!(password("/srv/pg:*:*:*:x", "postgres:///d?host=/srv/pg").as_deref(), Some("x"));
    }

    #[test]
    fn nothing_of_it_is_shown() {
        assert!(!format!("{:?}", PasswordFile::parse("h:*:*:*:SEKRET")).contains("SEKRET"));
    }
}
