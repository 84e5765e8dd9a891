//! Types of columns, as they are written and as they compare.

use std::fmt;

use super::super::token::TokenKind;
use super::super::words::Words;

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataType {
    /// Its words in small letters, without arguments and without a schema: `character varying`.
    pub name: String,
    /// What stands in its parentheses.
    pub arguments: Vec<String>,
    /// `int[]`, `int ARRAY`.
    pub is_array: bool,
}

/// Words that end a type: what follows is said of the column.
const ENDS: &[&str] = &[
    "CONSTRAINT",
    "NOT",
    "NULL",
    "DEFAULT",
    "PRIMARY",
    "UNIQUE",
    "REFERENCES",
    "CHECK",
    "GENERATED",
    "COLLATE",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "COMMENT",
    "KEY",
    "ON",
    "STORAGE",
    "COMPRESSION",
    "COMPRESSED",
    "FIRST",
    "AFTER",
    "VIRTUAL",
    "STORED",
    "PERSISTENT",
    "INVISIBLE",
    "VISIBLE",
    "AS",
    "DEFERRABLE",
    "INITIALLY",
    "CHARSET",
    "USING",
    "OPTIONS",
    "SRID",
    "COLUMN_FORMAT",
    "ENGINE_ATTRIBUTE",
    "REF_SYSTEM_ID",
];

/// Names of one type that are the same type. The second is the one that compares.
const ALIASES: &[(&str, &str)] = &[
    ("int", "integer"),
    ("int4", "integer"),
    ("serial", "integer"),
    ("serial4", "integer"),
    ("int8", "bigint"),
    ("bigserial", "bigint"),
    ("serial8", "bigint"),
    ("int2", "smallint"),
    ("smallserial", "smallint"),
    ("serial2", "smallint"),
    ("varchar", "character varying"),
    ("char varying", "character varying"),
    ("national character varying", "character varying"),
    ("char", "character"),
    ("bpchar", "character"),
    ("bool", "boolean"),
    ("timestamptz", "timestamp with time zone"),
    ("timestamp without time zone", "timestamp"),
    ("timetz", "time with time zone"),
    ("time without time zone", "time"),
    ("float8", "double precision"),
    ("double", "double precision"),
    ("float4", "real"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("bit varying", "varbit"),
];

/// Types whose arguments are only how many digits are shown, where MySQL's grammar holds.
const SHOWN_WIDTH: &[&str] = &["tinyint", "smallint", "mediumint", "integer", "bigint"];

/// What is said behind the arguments of a type.
const BEHIND_ARGUMENTS: &[&str] =
    &[" unsigned zerofill", " unsigned", " signed", " zerofill", " without time zone", " with time zone"];

impl DataType {
    /// Takes a type; nothing where none stands here, as SQLite allows.
    pub(super) fn read(words: &mut Words<'_>) -> Option<Self> {
        let mut parts: Vec<String> = Vec::new();
        let mut read = Self { name: String::new(), arguments: Vec::new(), is_array: false };
        while let Some(next) = words.peek() {
            if next.is_punctuation("(") {
                let group = words.group()?;
                if read.arguments.is_empty() && !parts.is_empty() {
                    read.arguments = group.items().iter().map(|item| text_of(item)).collect();
                }
                continue;
            }
            if next.is_punctuation("[") {
                read.is_array = true;
                while words.next().is_some_and(|code| !code.is_punctuation("]")) {}
                continue;
            }
            if next.is_punctuation(".") {
                // What came before was a schema.
                parts.clear();
                words.next();
                continue;
            }
            let is_charset = !parts.is_empty() && next.is_word("CHARACTER");
            let is_name = matches!(next.kind, TokenKind::Word | TokenKind::QuotedIdentifier);
            if !is_name || is_charset || (next.kind == TokenKind::Word && next.is_any_word(ENDS)) {
                break;
            }
            if words.take("ARRAY") {
                read.is_array = true;
            } else if words.take("WITH OPTIONS") {
                break;
            } else {
                parts.push(words.part()?.to_lowercase());
            }
        }
        read.name = parts.join(" ");
        (!parts.is_empty()).then_some(read)
    }

    /// The type under one name, whatever it was called: what two columns are compared by.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let (name, suffix) = match self.name.strip_suffix(" unsigned") {
            Some(name) => (name, " unsigned"),
            None => (self.name.as_str(), ""),
        };
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
        let arguments = if SHOWN_WIDTH.contains(&name) { Vec::new() } else { self.arguments.clone() };
        Self { name: format!("{name}{suffix}"), arguments, is_array: self.is_array }
    }

    /// Whether each row takes the next number of a sequence of the column's own.
    #[must_use]
    pub fn is_serial(&self) -> bool {
        matches!(self.name.as_str(), "serial" | "serial2" | "serial4" | "serial8" | "bigserial" | "smallserial")
    }
}

fn text_of(words: &Words<'_>) -> String {
    words.rest().iter().map(|code| code.text).collect::<Vec<_>>().join(" ")
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let behind = BEHIND_ARGUMENTS.iter().find_map(|words| Some((self.name.strip_suffix(words)?, *words)));
        let (name, behind) = behind.unwrap_or((&self.name, ""));
        f.write_str(name)?;
        if !self.arguments.is_empty() {
            write!(f, "({})", self.arguments.join(", "))?;
        }
        f.write_str(behind)?;
        if self.is_array { f.write_str("[]") } else { Ok(()) }
    }
}
