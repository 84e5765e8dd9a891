//! Values as portable files write them: literals, and SQL that may differ from dialect to dialect.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::error::Problem;
use crate::dialect::Dialect;

/// SQL for all dialects, or for each its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerDialect {
    /// The same everywhere.
    All(String),
    /// Each its own; MariaDB takes what is written for MySQL.
    Each(Each),
}

/// SQL for some dialects.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    postgres: Option<String>,
    mysql: Option<String>,
    mariadb: Option<String>,
    sqlite: Option<String>,
}

impl PerDialect {
    /// What is said for the dialect.
    #[must_use]
    pub fn get(&self, dialect: Dialect) -> Option<&str> {
        match self {
            Self::All(text) => Some(text),
            Self::Each(each) => match dialect {
                Dialect::Postgres => each.postgres.as_deref(),
                Dialect::Mysql => each.mysql.as_deref(),
                Dialect::Mariadb => each.mariadb.as_deref().or(each.mysql.as_deref()),
                Dialect::Sqlite => each.sqlite.as_deref(),
            },
        }
    }

    /// What is said for the dialect, which must be something.
    ///
    /// # Errors
    ///
    /// Nothing is said for it.
    pub fn require(&self, dialect: Dialect, key: &'static str) -> Result<&str, Problem> {
        self.get(dialect).ok_or(Problem::MissingDialect { dialect, key })
    }
}

impl<'de> Deserialize<'de> for PerDialect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = PerDialect;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("SQL as a text, or a text per dialect")
            }

            fn visit_str<E>(self, text: &str) -> Result<PerDialect, E> {
                Ok(PerDialect::All(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PerDialect, A::Error> {
                Each::deserialize(MapAccessDeserializer::new(map)).map(PerDialect::Each)
            }
        }
        deserializer.deserialize_any(TextOrTable)
    }
}

/// A literal of TOML.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a point.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A date, a time or both, as TOML writes it.
    Moment(toml::value::Datetime),
    /// A list.
    List(Vec<Self>),
    /// A table of names and values, sorted by name.
    Table(Vec<(String, Self)>),
}

impl Literal {
    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Integer(number) => (*number).into(),
            Self::Number(number) => (*number).into(),
            Self::Boolean(truth) => (*truth).into(),
            Self::Moment(moment) => moment.to_string().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Table(entries) => entries.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_toml(toml::Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// TOML nests as deep as its parser lets it, which is not deep.
fn from_toml(value: toml::Value) -> Result<Literal, String> {
    Ok(match value {
        toml::Value::String(text) => Literal::Text(text),
        toml::Value::Integer(number) => Literal::Integer(number),
        toml::Value::Float(number) if number.is_finite() => Literal::Number(number),
        toml::Value::Float(number) => return Err(format!("{number} is no number that every database can hold")),
        toml::Value::Boolean(truth) => Literal::Boolean(truth),
        toml::Value::Datetime(moment) => Literal::Moment(moment),
        toml::Value::Array(items) => Literal::List(items.into_iter().map(from_toml).collect::<Result<Vec<_>, _>>()?),
        toml::Value::Table(table) => {
            let mut entries = table
                .into_iter()
                .map(|(name, value)| from_toml(value).map(|value| (name, value)))
                .collect::<Result<Vec<_>, _>>()?;
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Literal::Table(entries)
        }
    })
}

/// What a column holds where nothing is said, or what a seed row holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A literal.
    Literal(Literal),
    /// A function that every dialect has in some form.
    Function(Function),
    /// An expression.
    Sql(PerDialect),
    /// A UUID, in whatever form the dialect keeps them.
    Uuid(uuid::Uuid),
}

/// A function that every dialect has in some form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// The present moment.
    Now,
    /// The present day.
    Today,
    /// A new random UUID.
    RandomUuid,
}

impl Function {
    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Today => "today",
            Self::RandomUuid => "random_uuid",
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a literal, `{ function = ... }`, `{ sql = ... }` or `{ uuid = ... }`")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Literal(Literal::Text(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Literal(Literal::Integer(number)))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        from_toml(toml::Value::Float(number)).map(Value::Literal).map_err(E::custom)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Literal(Literal::Boolean(truth)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Literal(Literal::List(list)))
    }

    /// A table with one of the three keys says how to make the value; any other is a value itself, which becomes JSON.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        let table = toml::Value::deserialize(MapAccessDeserializer::new(map))?;
        if let toml::Value::Datetime(moment) = table {
            return Ok(Value::Literal(Literal::Moment(moment)));
        }
        let only = table.as_table().filter(|table| table.len() == 1).and_then(|table| table.iter().next());
        match only {
            Some((key, value)) if key == "function" => {
                Function::deserialize(value.clone()).map(Value::Function).map_err(A::Error::custom)
            }
            Some((key, value)) if key == "sql" => {
                PerDialect::deserialize(value.clone()).map(Value::Sql).map_err(A::Error::custom)
            }
            Some((key, toml::Value::String(text))) if key == "uuid" => {
                text.parse().map(Value::Uuid).map_err(|_| A::Error::custom(format!("`{text}` is no UUID")))
            }
            _ => from_toml(table).map(Value::Literal).map_err(A::Error::custom),
        }
    }
}
