//! Portable column types: how they are written in a file, and what each dialect calls them.
//!
//! The table in docs/operations.md is this module in words.

use serde::de::{Deserialize, Deserializer, Error as _};

use super::name::TableName;
use crate::dialect::Dialect;

/// A portable type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnType {
    /// True or false.
    Boolean,
    /// 16 bits.
    SmallInteger,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInteger,
    /// Exact, with all its digits and those behind the point; without: as the database likes.
    Decimal(Option<(u32, u32)>),
    /// 32 bits, inexact.
    Real,
    /// 64 bits, inexact.
    Double,
    /// Text of at most so many characters.
    String(Option<u32>),
    /// Text of exactly so many characters.
    Char(u32),
    /// Text of any length.
    Text,
    /// At most so many bytes.
    Binary(u32),
    /// Any number of bytes.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time, without a zone.
    Timestamp,
    /// A moment.
    TimestampTz,
    /// A span of time.
    Interval,
    /// A UUID.
    Uuid,
    /// JSON.
    Json,
    /// One of some values.
    Enum(TableName),
    /// Many of one type.
    Array(Box<Self>),
    /// So many numbers.
    Vector(u32),
}

/// The names of the types, for who mistypes one.
const NAMES: &[&str] = &[
    "boolean",
    "smallint",
    "integer",
    "bigint",
    "decimal",
    "real",
    "double",
    "string",
    "char",
    "text",
    "binary",
    "bytes",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "enum",
    "vector",
];

/// The most dimensions of an array that PostgreSQL has.
const MOST_DIMENSIONS: usize = 6;

impl ColumnType {
    /// Reads a type as files write it, `decimal(10, 2)` or `string(20)[]`.
    ///
    /// # Errors
    ///
    /// What is wrong with it: an unknown name, or arguments that do not belong to it.
    pub fn parse(text: &str) -> Result<Self, TypeError> {
        let mut element = text.trim();
        let mut dimensions = 0;
        while let Some(inner) = element.strip_suffix("[]") {
            element = inner.trim_end();
            dimensions += 1;
        }
        if dimensions > MOST_DIMENSIONS {
            return Err(TypeError::Wrong(format!("`{text}` has more than {MOST_DIMENSIONS} dimensions")));
        }
        let mut found = Self::parse_element(element)?;
        for _ in 0..dimensions {
            found = Self::Array(Box::new(found));
        }
        Ok(found)
    }

    fn parse_element(text: &str) -> Result<Self, TypeError> {
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => {
                let inner =
                    rest.strip_suffix(')').ok_or_else(|| TypeError::Wrong(format!("`{text}` lacks its `)`")))?;
                (name.trim_end(), Some(inner.trim()))
            }
            None => (text, None),
        };
        let wrong = |wanted: &str| TypeError::Wrong(format!("`{text}` is no {name} type: write {wanted}"));
        let bare = |found: Self| if arguments.is_none() { Ok(found) } else { Err(wrong(&format!("`{name}`"))) };
        let number = |most: u32| {
            let value: Option<u32> = arguments.and_then(|inner| inner.parse().ok());
            value.filter(|value| (1..=most).contains(value))
        };
        match name {
            "boolean" => bare(Self::Boolean),
            "smallint" => bare(Self::SmallInteger),
            "integer" => bare(Self::Integer),
            "bigint" => bare(Self::BigInteger),
            "real" => bare(Self::Real),
            "double" => bare(Self::Double),
            "text" => bare(Self::Text),
            "bytes" => bare(Self::Bytes),
            "date" => bare(Self::Date),
            "time" => bare(Self::Time),
            "timestamp" => bare(Self::Timestamp),
            "timestamptz" => bare(Self::TimestampTz),
            "interval" => bare(Self::Interval),
            "uuid" => bare(Self::Uuid),
            "json" => bare(Self::Json),
            "decimal" if arguments.is_none() => Ok(Self::Decimal(None)),
            "decimal" => decimal(arguments.unwrap_or_default())
                .ok_or_else(|| wrong("`decimal(p, s)` with 1 <= p <= 65 and s <= p, s <= 30")),
            "string" if arguments.is_none() => Ok(Self::String(None)),
            "string" => number(65_535)
                .map(|length| Self::String(Some(length)))
                .ok_or_else(|| wrong("`string` or `string(n)` with 1 <= n <= 65535")),
            "char" => number(255).map(Self::Char).ok_or_else(|| wrong("`char(n)` with 1 <= n <= 255")),
            "binary" => number(65_535).map(Self::Binary).ok_or_else(|| wrong("`binary(n)` with 1 <= n <= 65535")),
            "vector" => number(16_000).map(Self::Vector).ok_or_else(|| wrong("`vector(n)` with 1 <= n <= 16000")),
            "enum" => arguments
                .and_then(|inner| TableName::parse(inner).ok())
                .map(Self::Enum)
                .ok_or_else(|| wrong("`enum(NAME)`")),
            _ => Err(TypeError::Unknown(name.to_owned())),
        }
    }

    /// What the dialect calls it; none where it has no such type. `values` are those of an enum.
    #[must_use]
    pub fn sql(&self, dialect: Dialect, values: &[String]) -> Option<String> {
        match dialect {
            Dialect::Postgres => Some(self.postgres()),
            Dialect::Mysql | Dialect::Mariadb => self.mysql(dialect, values),
            Dialect::Sqlite => self.sqlite(),
        }
    }

    fn postgres(&self) -> String {
        match self {
            Self::Boolean => "boolean".to_owned(),
            Self::SmallInteger => "smallint".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::BigInteger => "bigint".to_owned(),
            Self::Decimal(None) => "numeric".to_owned(),
            Self::Decimal(Some((precision, scale))) => format!("numeric({precision}, {scale})"),
            Self::Real => "real".to_owned(),
            Self::Double => "double precision".to_owned(),
            Self::String(None) => "varchar".to_owned(),
            Self::String(Some(length)) => format!("varchar({length})"),
            Self::Char(length) => format!("char({length})"),
            Self::Text => "text".to_owned(),
            Self::Binary(_) | Self::Bytes => "bytea".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Time => "time".to_owned(),
            Self::Timestamp => "timestamp".to_owned(),
            Self::TimestampTz => "timestamptz".to_owned(),
            Self::Interval => "interval".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::Json => "jsonb".to_owned(),
            Self::Enum(name) => super::render::table(Dialect::Postgres, name),
            Self::Array(element) => format!("{}[]", element.postgres()),
            Self::Vector(dimensions) => format!("vector({dimensions})"),
        }
    }

    fn mysql(&self, dialect: Dialect, values: &[String]) -> Option<String> {
        Some(match self {
            Self::Boolean => "tinyint(1)".to_owned(),
            Self::SmallInteger => "smallint".to_owned(),
            Self::Integer => "int".to_owned(),
            Self::BigInteger => "bigint".to_owned(),
            Self::Decimal(None) => "decimal(65, 30)".to_owned(),
            Self::Decimal(Some((precision, scale))) => format!("decimal({precision}, {scale})"),
            Self::Real => "float".to_owned(),
            Self::Double => "double".to_owned(),
            Self::String(length) => format!("varchar({})", length.unwrap_or(255)),
            Self::Char(length) => format!("char({length})"),
            Self::Text => "longtext".to_owned(),
            Self::Binary(length) => format!("varbinary({length})"),
            Self::Bytes => "longblob".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Time => "time(6)".to_owned(),
            Self::Timestamp | Self::TimestampTz => "datetime(6)".to_owned(),
            Self::Interval => return None,
            Self::Uuid if dialect == Dialect::Mariadb => "uuid".to_owned(),
            Self::Uuid => "binary(16)".to_owned(),
            Self::Json | Self::Array(_) | Self::Vector(_) => "json".to_owned(),
            Self::Enum(_) => {
                let list: Vec<String> =
                    values.iter().map(|value| super::render::text_literal(dialect, value)).collect();
                format!("enum({})", list.join(", "))
            }
        })
    }

    fn sqlite(&self) -> Option<String> {
        Some(match self {
            Self::Boolean => "boolean".to_owned(),
            Self::SmallInteger | Self::Integer => "integer".to_owned(),
            Self::BigInteger => "bigint".to_owned(),
            Self::Decimal(None) => "numeric".to_owned(),
            Self::Decimal(Some((precision, scale))) => format!("numeric({precision}, {scale})"),
            Self::Real | Self::Double => "real".to_owned(),
            Self::String(None) => "varchar".to_owned(),
            Self::String(Some(length)) => format!("varchar({length})"),
            Self::Char(length) => format!("char({length})"),
            Self::Binary(_) | Self::Bytes => "blob".to_owned(),
            Self::Text
            | Self::Date
            | Self::Time
            | Self::Timestamp
            | Self::TimestampTz
            | Self::Uuid
            | Self::Json
            | Self::Enum(_)
            | Self::Array(_)
            | Self::Vector(_) => "text".to_owned(),
            Self::Interval => return None,
        })
    }

    /// The bytes that a value takes in an InnoDB key, where it has a limit.
    #[must_use]
    pub fn mysql_key_bytes(&self) -> Option<u32> {
        match self {
            Self::String(length) => Some(length.unwrap_or(255).saturating_mul(4)),
            Self::Char(length) => Some(length * 4),
            Self::Binary(length) => Some(*length),
            Self::Text | Self::Bytes | Self::Json | Self::Array(_) | Self::Vector(_) => None,
            _ => Some(16),
        }
    }

    /// The dialect keeps it as JSON, or as text or bytes without a limit.
    #[must_use]
    pub const fn is_large(&self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::Json | Self::Array(_) | Self::Vector(_))
    }

    /// What an array holds, or the type itself.
    pub(super) fn element(&self) -> &Self {
        let mut found = self;
        while let Self::Array(element) = found {
            found = element;
        }
        found
    }

    /// The enum that it is one of, or a list of.
    #[must_use]
    pub fn enum_name(&self) -> Option<&TableName> {
        match self {
            Self::Enum(name) => Some(name),
            _ => None,
        }
    }
}

fn decimal(arguments: &str) -> Option<ColumnType> {
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    let (precision, scale): (u32, u32) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    ((1..=65).contains(&precision) && scale <= precision && scale <= 30)
        .then_some(ColumnType::Decimal(Some((precision, scale))))
}

/// A text that is no type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeError {
    /// No type has this name.
    Unknown(String),
    /// The name is known, the rest is wrong.
    Wrong(String),
}

impl<'de> Deserialize<'de> for ColumnType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|error| match error {
            TypeError::Unknown(name) => D::Error::unknown_variant(&name, NAMES),
            TypeError::Wrong(message) => D::Error::custom(message),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnType, TypeError};
    use crate::dialect::Dialect;

    #[test]
    fn reads_types() {
        assert_eq!(ColumnType::parse("decimal(10, 2)"), Ok(ColumnType::Decimal(Some((10, 2)))));
        assert_eq!(ColumnType::parse("string[]"), Ok(ColumnType::Array(Box::new(ColumnType::String(None)))));
        assert_eq!(ColumnType::parse("strin"), Err(TypeError::Unknown("strin".to_owned())));
        for bad in ["uuid(3)", "string(0)", "string(x)", "char", "decimal(2, 3)", "vector", "string(3", "enum"] {
            assert!(matches!(ColumnType::parse(bad), Err(TypeError::Wrong(_))), "{bad}");
        }
    }

    #[test]
    fn every_name_is_a_type_everywhere_or_nowhere_said_so() {
        for text in super::NAMES {
            let text = match *text {
                "char" | "binary" | "vector" => format!("{text}(3)"),
                "enum" => "enum(mood)".to_owned(),
                plain => plain.to_owned(),
            };
            let found = ColumnType::parse(&text).unwrap();
            for dialect in Dialect::ALL {
                let there = found.sql(dialect, &["a".to_owned()]).is_some();
                assert_eq!(there, dialect == Dialect::Postgres || found != ColumnType::Interval, "{text} {dialect}");
            }
        }
    }
}
