//! A column as it is defined in CREATE TABLE, behind ADD COLUMN, MODIFY and CHANGE.

use super::super::token::{Code, TokenKind};
use super::super::words::Words;
use super::constraint::ForeignTarget;
use super::data_type::DataType;

/// A column's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the engine keeps it.
    pub name: String,
    /// Where its name stands.
    pub offset: usize,
    /// Its type; SQLite allows none.
    pub data_type: Option<DataType>,
    /// It says NOT NULL, or is the primary key.
    pub not_null: bool,
    /// What rows get that say nothing.
    pub default: Option<DefaultValue>,
    /// It is the primary key by itself.
    pub primary_key: bool,
    /// It is unique by itself.
    pub unique: bool,
    /// Numbers come from a sequence of its own: IDENTITY, AUTO_INCREMENT, serial.
    pub identity: bool,
    /// It is computed from others.
    pub generated: Option<Generated>,
    /// Where its rows point to.
    pub references: Option<ForeignTarget>,
    /// Where its CHECK stands, with the code between the parentheses.
    pub check: Option<Vec<String>>,
}

/// How a computed column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// In the table.
    Stored,
    /// Computed when it is read.
    Virtual,
}

/// The default of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultValue {
    /// The expression, its tokens with spaces between them.
    pub text: String,
    /// Whether it differs from row to row.
    pub volatility: Volatility,
}

/// Whether an expression can differ from row to row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// It is one value for all rows.
    Same,
    /// It is another value for each row.
    Differs,
    /// It calls something that only the database knows.
    Unknown,
}

/// What may follow a type, and so ends a default.
const OPTIONS: &[&str] = &[
    "CONSTRAINT",
    "NOT",
    "NULL",
    "PRIMARY",
    "UNIQUE",
    "REFERENCES",
    "CHECK",
    "GENERATED",
    "COLLATE",
    "AUTO_INCREMENT",
    "COMMENT",
    "KEY",
    "ON",
    "FIRST",
    "AFTER",
    "DEFERRABLE",
    "INITIALLY",
    "INVISIBLE",
    "VISIBLE",
    "STORAGE",
    "DEFAULT",
    "AS",
];

/// Functions of the engines that give another value each time they are called.
const DIFFERS: &[&str] = &[
    "random",
    "rand",
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "uuid",
    "uuid_v4",
    "uuid_v7",
    "sys_guid",
    "uuid_short",
    "gen_random_bytes",
    "random_bytes",
    "clock_timestamp",
    "timeofday",
    "nextval",
    "sysdate",
    "randomblob",
    "hex",
];

/// Functions that give one value throughout a statement.
const SAME: &[&str] = &[
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtime",
    "localtimestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "timezone",
    "date_trunc",
    "to_timestamp",
    "lower",
    "upper",
    "coalesce",
    "concat",
    "md5",
    "abs",
    "round",
    "length",
    "current_setting",
    "jsonb_build_object",
    "json_build_object",
    "jsonb_build_array",
    "json_object",
    "json_array",
    "array",
    "row",
    "strftime",
    "datetime",
    "date",
    "unixepoch",
    "julianday",
    "utc_timestamp",
    "unix_timestamp",
    "curdate",
    "cast",
    "interval",
    "make_interval",
    "decode",
    "to_tsvector",
    "session_user",
    "current_user",
    "user",
    "version",
    "schema",
    "database",
];

impl Column {
    /// Takes a column's definition to its end.
    pub(super) fn read(words: &mut Words<'_>) -> Option<Self> {
        let offset = words.peek()?.start;
        let name = words.part()?;
        let data_type = DataType::read(words);
        let mut column = Self {
            name,
            offset,
            not_null: false,
            default: None,
            primary_key: false,
            unique: false,
            identity: data_type.as_ref().is_some_and(DataType::is_serial),
            generated: None,
            references: None,
            check: None,
            data_type,
        };
        while !words.is_at_end() {
            column.read_option(words);
        }
        Some(column)
    }

    fn read_option(&mut self, words: &mut Words<'_>) {
        if words.take("CONSTRAINT") {
            words.part();
        } else if words.take("NOT NULL") {
            self.not_null = true;
        } else if words.take("DEFAULT") {
            self.default = Some(default_value(words));
        } else if words.take("PRIMARY KEY") || (words.is_mysql() && words.take("KEY")) {
            self.primary_key = true;
            self.not_null = true;
        } else if words.take("UNIQUE") {
            words.take("KEY");
            self.unique = true;
        } else if words.take_any(&["AUTO_INCREMENT", "AUTOINCREMENT"]) || words.take("AS IDENTITY") {
            self.identity = true;
        } else if words.take("REFERENCES") {
            self.references = ForeignTarget::read(words);
        } else if words.take("CHECK") {
            let check = words.group();
            self.check = check.map(|check| check.rest().iter().map(|code| code.text.to_owned()).collect());
        } else if words.take("AS") {
            if words.group().is_some() {
                let is_stored = words.take_any(&["STORED", "PERSISTENT"]);
                self.generated = Some(if is_stored { Generated::Stored } else { Generated::Virtual });
            }
        } else if words.group().is_none() {
            words.next();
        }
    }
}

/// Takes the expression of a default.
pub(super) fn default_value(words: &mut Words<'_>) -> DefaultValue {
    let mut codes: Vec<&Code<'_>> = Vec::new();
    while let Some(next) = words.peek() {
        if !codes.is_empty() && next.is_any_word(OPTIONS) {
            break;
        }
        let before = words.rest();
        if words.group().is_none() {
            words.next();
        }
        codes.extend(&before[..before.len() - words.rest().len()]);
    }
    let text = codes.iter().map(|code| code.text).collect::<Vec<_>>().join(" ");
    DefaultValue { volatility: volatility(&codes), text }
}

fn volatility(codes: &[&Code<'_>]) -> Volatility {
    let mut volatility = Volatility::Same;
    for pair in codes.windows(2) {
        let is_call =
            matches!(pair[0].kind, TokenKind::Word | TokenKind::QuotedIdentifier) && pair[1].is_punctuation("(");
        if !is_call {
            continue;
        }
        if DIFFERS.iter().any(|name| pair[0].is_word(name)) {
            return Volatility::Differs;
        }
        // A type with its arguments, as behind a cast, is written like a call.
        if !SAME.iter().any(|name| pair[0].is_word(name)) {
            volatility = Volatility::Unknown;
        }
    }
    volatility
}
