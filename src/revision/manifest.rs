//! revision.toml: what a revision is.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::raw_reference::{RawColumns, RawReference};
use super::reference::EndedReference;
use crate::location::Location;
use crate::names::{RevisionId, RevisionKey};
use crate::toml_file::{self, TomlError};

/// revision.toml as it is written, each value already legal in itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub description: Option<String>,
    /// Required; optional here so that its absence gets an error of its own.
    pub parents: Option<Unique<Parent>>,
    #[serde(default)]
    pub depends_on: Unique<Dependency>,
    #[serde(default = "yes")]
    pub transaction: bool,
    #[serde(default)]
    pub replaces: Unique<Parent>,
    pub irreversible: Option<Reason>,
    #[serde(default)]
    pub reference: Vec<RawReference>,
    #[serde(default)]
    pub end_reference: Vec<RawEnd>,
    #[serde(default)]
    pub verify: Vec<Verify>,
}

const fn yes() -> bool {
    true
}

/// Reads revision.toml, without its byte order mark.
pub(super) fn parse(file: &Path, text: &str) -> Result<Manifest, TomlError> {
    toml_file::parse(file, text)
}

/// `[[end_reference]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEnd {
    pub from: Spanned<RawColumns>,
}

impl RawEnd {
    /// The end that it says; the file's text tells where.
    pub(super) fn resolve(self, file: &Path, text: &str) -> EndedReference {
        let declared_at = Location::of_offset(file, text, self.from.span().start);
        EndedReference { from: self.from.into_inner().0, declared_at }
    }
}

/// A query that must give one value after the revision was applied.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// The query.
    #[serde(deserialize_with = "some_text")]
    pub query: String,
    /// The value.
    pub equals: Value,
}

/// A value of TOML that a database can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An integer.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Boolean(value) => value.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;

        impl Visitor<'_> for Scalar {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text, true or false")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Integer(value))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Float(value))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Boolean(value))
            }
        }

        deserializer.deserialize_any(Scalar)
    }
}

/// Why a revision cannot be taken back.
#[derive(Debug, Deserialize)]
pub(super) struct Reason(#[serde(deserialize_with = "some_text")] pub String);

fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(de::Error::custom("this text is empty")) } else { Ok(text) }
}

/// The id of a revision of the same branch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parent(pub RevisionId);

/// A revision, of whichever branch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dependency(pub RevisionKey);

macro_rules! read_text {
    ($name:ident, $expecting:literal, $parse:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $parse(text).map($name).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}

read_text!(Parent, "a revision's id in quotes, such as \"0001\"", parent);
read_text!(Dependency, "a revision such as \"auth@0001\"", dependency);

fn parent(text: &str) -> Result<RevisionId, String> {
    if let Ok(key) = text.parse::<RevisionKey>() {
        return Err(format!(
            "`{text}` names a branch, and only ids of this one stand here: for a revision of this branch write \"{}\", \
             for one of another branch use depends_on",
            key.id
        ));
    }
    text.parse().map_err(|error| format!("{error}"))
}

fn dependency(text: &str) -> Result<RevisionKey, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// A list in its written order, with nothing in it twice.
#[derive(Debug)]
pub(super) struct Unique<T>(pub Vec<T>);

impl<T> Default for Unique<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Unique<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<T>::deserialize(deserializer)?;
        // Nearly all lists have one item.
        if items.len() > 1 && items.iter().collect::<BTreeSet<_>>().len() < items.len() {
            return Err(de::Error::custom("a revision is named twice"));
        }
        Ok(Self(items))
    }
}
