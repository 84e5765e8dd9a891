//! The scripts of a revision: which files there can be, and which of them a dialect runs.
//!
//! File names are a closed set. What looks like one of them and is none is an error: a misspelt `up.postgress.sql` must not
//! lead to `up.sql` being run instead.

use super::checksum::Checksum;
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::suggest::nearest;

/// How a script is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptKind {
    /// SQL, handed to the database as it stands.
    Sql,
    /// Portable operations, rendered for each dialect.
    Portable,
}

/// A script that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    name: &'static ScriptName,
    /// The checksum; none of a way down, nor where checksums were not asked for.
    pub checksum: Option<Checksum>,
}

/// One of the names that a script can have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScriptName {
    file: &'static str,
    direction: Direction,
    /// As in the file's name; none serves every dialect.
    dialect: Option<&'static str>,
    kind: ScriptKind,
}

impl ScriptName {
    /// Its place in the table, for an order that no folder's listing decides.
    pub(super) fn position(&self) -> usize {
        NAMES.iter().position(|name| name == self).unwrap_or(NAMES.len())
    }
}

const fn sql(file: &'static str, direction: Direction, dialect: Option<&'static str>) -> ScriptName {
    ScriptName { file, direction, dialect, kind: ScriptKind::Sql }
}

const fn portable(file: &'static str, direction: Direction) -> ScriptName {
    ScriptName { file, direction, dialect: None, kind: ScriptKind::Portable }
}

static NAMES: [ScriptName; 12] = [
    sql("up.sql", Direction::Up, None),
    portable("up.toml", Direction::Up),
    sql("up.postgres.sql", Direction::Up, Some("postgres")),
    sql("up.mysql.sql", Direction::Up, Some("mysql")),
    sql("up.mariadb.sql", Direction::Up, Some("mariadb")),
    sql("up.sqlite.sql", Direction::Up, Some("sqlite")),
    sql("down.sql", Direction::Down, None),
    portable("down.toml", Direction::Down),
    sql("down.postgres.sql", Direction::Down, Some("postgres")),
    sql("down.mysql.sql", Direction::Down, Some("mysql")),
    sql("down.mariadb.sql", Direction::Down, Some("mariadb")),
    sql("down.sqlite.sql", Direction::Down, Some("sqlite")),
];

/// What a file in a revision's folder is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileName {
    Manifest,
    Script(&'static ScriptName),
    /// Looks like a script and is none.
    Suspicious,
    /// Something else, which is none of our business.
    Other,
}

/// The file that says what a revision is.
pub const MANIFEST: &str = "revision.toml";

impl FileName {
    pub(super) fn of(name: &str) -> Self {
        if name == MANIFEST {
            return Self::Manifest;
        }
        if let Some(script) = NAMES.iter().find(|script| script.file == name) {
            return Self::Script(script);
        }
        if looks_like_a_script(name) { Self::Suspicious } else { Self::Other }
    }
}

fn looks_like_a_script(name: &str) -> bool {
    let lower = name.to_lowercase();
    let Some(stem) = lower.strip_suffix(".sql").or_else(|| lower.strip_suffix(".toml")) else { return false };
    let begins = |word: &str| stem.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    let stems = ["up", "down", "upgrade", "downgrade", "revision"];
    begins("up") || begins("down") || !nearest(stem, stems).is_empty()
}

/// The script that was probably meant by a file's name.
pub(super) fn nearest_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let meant = match lower.as_str() {
        "upgrade.sql" => "up.sql",
        "downgrade.sql" => "down.sql",
        other => other,
    };
    let known: Vec<&str> = std::iter::once(MANIFEST).chain(NAMES.iter().map(|script| script.file)).collect();
    match nearest(meant, known.iter().copied()).first() {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("scripts are called {}", known.join(", ")),
    }
}

impl Script {
    pub(super) const fn new(name: &'static ScriptName, checksum: Option<Checksum>) -> Self {
        Self { name, checksum }
    }

    /// The file's name within the revision's folder.
    #[must_use]
    pub const fn file_name(&self) -> &'static str {
        self.name.file
    }

    /// Whether it applies or takes back.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.name.direction
    }

    /// How it is read.
    #[must_use]
    pub const fn kind(&self) -> ScriptKind {
        self.name.kind
    }
}

/// The scripts of a revision, in the order of their names' table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scripts(pub(super) Vec<Script>);

impl Scripts {
    /// The script that a dialect runs: its own, for MariaDB then MySQL's, then the one for all.
    #[must_use]
    pub fn script(&self, direction: Direction, dialect: Dialect) -> Option<&Script> {
        let own = dialect.script_names().iter().find_map(|name| self.find(direction, Some(name)));
        own.or_else(|| self.find(direction, None))
    }

    /// All scripts.
    pub fn iter(&self) -> impl Iterator<Item = &Script> {
        self.0.iter()
    }

    /// Those of one direction.
    pub fn of(&self, direction: Direction) -> impl Iterator<Item = &Script> {
        self.0.iter().filter(move |script| script.direction() == direction)
    }

    /// Whether there is none, as in a merge.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Two scripts of one direction that both serve every dialect.
    pub(super) fn ambiguous(&self, direction: Direction) -> Option<(&'static str, &'static str)> {
        let mut for_all = self.of(direction).filter(|script| script.name.dialect.is_none());
        let (first, second) = (for_all.next()?, for_all.next()?);
        Some((first.file_name(), second.file_name()))
    }

    fn find(&self, direction: Direction, dialect: Option<&str>) -> Option<&Script> {
        self.of(direction).find(|script| script.name.dialect == dialect)
    }
}

#[cfg(test)]
mod tests {
    use super::{FileName, MANIFEST, NAMES, Script, ScriptKind, Scripts, nearest_name};
    use crate::dialect::Dialect;
    use crate::direction::Direction;

    fn scripts(names: &[&str]) -> Scripts {
        let found = NAMES.iter().filter(|name| names.contains(&name.file));
        Scripts(found.map(|name| Script::new(name, None)).collect())
    }

    fn picks(names: &[&str], dialect: Dialect) -> Option<&'static str> {
        scripts(names).script(Direction::Up, dialect).map(Script::file_name)
    }

    #[test]
    fn the_specific_script_wins() {
        use Dialect::{Mariadb, Mysql, Postgres, Sqlite};

        let all = ["up.sql", "up.mysql.sql", "up.mariadb.sql", "up.postgres.sql", "down.sqlite.sql"];
        assert_eq!(picks(&all, Postgres), Some("up.postgres.sql"));
        assert_eq!(picks(&all, Mysql), Some("up.mysql.sql"));
        assert_eq!(picks(&all, Mariadb), Some("up.mariadb.sql"));
        assert_eq!(picks(&all, Sqlite), Some("up.sql"));
        assert_eq!(picks(&["up.mysql.sql"], Mariadb), Some("up.mysql.sql"));
        assert_eq!(picks(&["up.mariadb.sql"], Mysql), None);
        assert_eq!(picks(&["up.toml", "up.mysql.sql"], Postgres), Some("up.toml"));
        assert_eq!(picks(&["down.sql"], Postgres), None);
        assert_eq!(scripts(&["up.toml"]).iter().next().unwrap().kind(), ScriptKind::Portable);
    }

    #[test]
    fn two_for_all_are_ambiguous() {
        assert_eq!(scripts(&["up.sql", "up.toml"]).ambiguous(Direction::Up), Some(("up.sql", "up.toml")));
        assert_eq!(scripts(&["up.sql", "down.toml"]).ambiguous(Direction::Up), None);
        assert_eq!(scripts(&["up.sql", "up.postgres.sql"]).ambiguous(Direction::Up), None);
        assert_eq!(scripts(&["down.sql", "down.toml"]).ambiguous(Direction::Down), Some(("down.sql", "down.toml")));
    }

    #[test]
    fn names() {
        assert_eq!(FileName::of(MANIFEST), FileName::Manifest);
        assert!(matches!(FileName::of("up.mariadb.sql"), FileName::Script(_)));
        for suspicious in [
            "up.postgress.sql",
            "upp.sql",
            "UP.sql",
            "up.SQL",
            "donw.sql",
            "up.mssql.sql",
            "revison.toml",
            "upgrade.sql",
            "up_2.sql",
            "up.postgres.toml",
            "downgrade.sql",
            "p.sql",
        ] {
            assert_eq!(FileName::of(suspicious), FileName::Suspicious, "{suspicious}");
        }
        for other in ["README.md", "setup.sql", "data.csv", "up.sql.bak", "up", "notes.toml", "dump.sql", "update.py"] {
            assert_eq!(FileName::of(other), FileName::Other, "{other}");
        }
    }

    #[test]
    fn hints() {
        assert_eq!(nearest_name("up.postgress.sql"), "did you mean `up.postgres.sql`?");
        assert_eq!(nearest_name("upp.sql"), "did you mean `up.sql`?");
        assert_eq!(nearest_name("upgrade.sql"), "did you mean `up.sql`?");
        assert!(nearest_name("up_something_long_2.sql").starts_with("scripts are called revision.toml, up.sql"));
    }
}
