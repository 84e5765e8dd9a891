//! The shape of branchline.toml and of branches/NAME.toml as they are written: every key optional, none unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::ProjectName;
use crate::database_url::Secret;
use crate::dialect::Dialect;

/// branchline.toml. Spelled out key by key, since serde cannot both flatten and deny unknown keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProject {
    pub project: Option<ProjectName>,
    pub database: Option<RawDatabase>,
    pub dialects: Option<Dialects>,
    pub migrations: Option<FolderName>,
    pub ids: Option<IdScheme>,
    #[serde(default)]
    pub session: RawSession,
    #[serde(default)]
    pub lint: RawLint,
}

/// branches/NAME.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBranch {
    pub database: Option<RawDatabase>,
    #[serde(default)]
    pub aliases: Vec<Alias>,
    pub dialects: Option<Dialects>,
    pub migrations: Option<FolderName>,
    pub ids: Option<IdScheme>,
    #[serde(default)]
    pub session: RawSession,
    #[serde(default)]
    pub lint: RawLint,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSession {
    pub lock_timeout: Option<Limit>,
    pub lock_retries: Option<u32>,
    pub statement_timeout: Option<Limit>,
    pub state_schema: Option<SchemaName>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLint {
    #[serde(default)]
    pub deny: BTreeSet<String>,
    #[serde(default)]
    pub warn: BTreeSet<String>,
    #[serde(default)]
    pub allow: BTreeSet<String>,
}

/// Where the database is: a text, which may be a URL with a password in it, or a table.
#[derive(Debug)]
pub(super) enum RawDatabase {
    Text(Secret),
    Parts(Box<RawParts>),
}

impl<'de> Deserialize<'de> for RawDatabase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;

        impl<'de> Visitor<'de> for TextOrTable {
            type Value = RawDatabase;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text such as \"env:DATABASE_URL\", or a table of the URL's parts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawDatabase, E> {
                Ok(RawDatabase::Text(Secret::new(text)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawDatabase, A::Error> {
                RawParts::deserialize(MapAccessDeserializer::new(map)).map(Box::new).map(RawDatabase::Parts)
            }
        }

        deserializer.deserialize_any(TextOrTable)
    }
}

/// `[database]`: the parts of a URL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParts {
    pub dialect: ServerDialect,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    /// The password itself, or the place that holds it.
    pub password: Option<Secret>,
    /// The database's name on the server.
    pub name: String,
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// A dialect whose databases are on a server.
#[derive(Debug)]
pub(super) struct ServerDialect(pub Dialect);

impl<'de> Deserialize<'de> for ServerDialect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Dialect::deserialize(deserializer)? {
            Dialect::Sqlite => {
                Err(de::Error::custom("an SQLite database has no such parts: write database = \"sqlite:FILE\""))
            }
            dialect => Ok(Self(dialect)),
        }
    }
}

/// How ids of new revisions are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdScheme {
    /// The time in UTC: `20261120143105`.
    #[default]
    Timestamp,
    /// The next number: `0004`.
    Sequence,
}

/// At least one dialect, none twice.
#[derive(Debug, Clone)]
pub(super) struct Dialects(pub Vec<Dialect>);

impl<'de> Deserialize<'de> for Dialects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut dialects = Vec::<Dialect>::deserialize(deserializer)?;
        if dialects.is_empty() {
            return Err(de::Error::custom("`dialects` names none; leave it out to take the database's"));
        }
        dialects.sort_unstable();
        dialects.dedup();
        Ok(Self(dialects))
    }
}

/// A limit of time; `0s` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit(pub Option<Duration>);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"10s\", or \"0s\" for none")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Limit, E> {
                let duration = humantime::parse_duration(text)
                    .map_err(|_| E::custom(format!("`{text}` is no duration such as \"10s\", or \"0s\" for none")))?;
                Ok(Limit((!duration.is_zero()).then_some(duration)))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $visibility:vis $name:ident, $problem:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $visibility struct $name(pub String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                if text.trim().is_empty() || text.contains(char::is_control) {
                    return Err(de::Error::custom($problem));
                }
                Ok(Self(text))
            }
        }
    };
}

checked_text!(
    /// A folder.
    pub(super) FolderName,
    "not a folder's name: empty, or with control characters in it"
);
checked_text!(
    /// A schema in the database.
    pub(super) SchemaName,
    "not a schema's name: empty, or with control characters in it"
);
checked_text!(
    /// Another name of a database.
    pub(super) Alias,
    "not a name of a database: empty, or with control characters in it"
);
