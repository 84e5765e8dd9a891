//! Types of keys as they compare: what is called otherwise and holds the same is one kind.

use crate::sql::DataType;

/// What a column of a key can hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Whole numbers of one size and sign.
    Integer(String),
    /// Text, of whatever length.
    Text,
    /// UUIDs as the database knows them.
    Uuid,
    /// Bytes.
    Binary,
}

/// The type of a column as a key.
#[derive(Debug, Clone)]
pub struct KeyType {
    /// What it can hold.
    pub kind: Kind,
    /// How long its values may be, or are.
    pub length: Option<usize>,
    /// MySQL means another number by `serial` than PostgreSQL.
    is_serial: bool,
}

const TEXTS: &[&str] = &[
    "character",
    "character varying",
    "text",
    "tinytext",
    "mediumtext",
    "longtext",
    "nvarchar",
    "nchar",
    "national character",
    "national varchar",
];

const BYTES: &[&str] = &["binary", "varbinary", "bytea", "blob", "tinyblob", "mediumblob", "longblob"];

const INTEGERS: &[&str] = &["tinyint", "smallint", "mediumint", "integer", "bigint"];

impl KeyType {
    /// Nothing where only the database knows what the type is.
    pub fn of(data_type: &DataType) -> Option<Self> {
        let DataType { name, arguments, is_array } = data_type.canonical();
        let length = match arguments.as_slice() {
            [length] => length.parse().ok(),
            _ => None,
        };
        let signed = name.strip_suffix(" zerofill").unwrap_or(&name);
        let size = signed.strip_suffix(" unsigned").or_else(|| signed.strip_suffix(" signed")).unwrap_or(signed);
        let kind = match size {
            _ if is_array => return None,
            "uuid" => Kind::Uuid,
            _ if TEXTS.contains(&size) => Kind::Text,
            _ if BYTES.contains(&size) => Kind::Binary,
            // Zerofill takes the sign with it.
            _ if INTEGERS.contains(&size) && signed == name => {
                Kind::Integer(signed.strip_suffix(" signed").unwrap_or(signed).to_owned())
            }
            _ => return None,
        };
        Some(Self { kind, length, is_serial: data_type.name == "serial" })
    }

    /// Whether both are one type of the same database, however they are called.
    pub fn is_same(&self, other: &Self) -> bool {
        let unsigned = Kind::Integer("bigint unsigned".to_owned());
        let is_serial = |one: &Self, other: &Self| one.is_serial && other.kind == unsigned;
        self.kind == other.kind || is_serial(self, other) || is_serial(other, self)
    }

    /// Whether what is in the one can certainly not be in the other, whatever either database calls it.
    pub fn is_strange_to(&self, other: &Self) -> bool {
        let excludes = |one: &Self, other: &Self| match (&one.kind, &other.kind) {
            (Kind::Integer(_), Kind::Integer(_)) => false,
            (Kind::Integer(_), _) => true,
            (Kind::Uuid, Kind::Text) => other.length.is_some_and(|length| length < 32),
            (Kind::Uuid, Kind::Binary) => other.length.is_some_and(|length| length < 16),
            _ => false,
        };
        excludes(self, other) || excludes(other, self)
    }
}
