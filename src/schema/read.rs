//! From the text of a portable script to its steps: which operation each step is, and what its short forms mean.
//!
//! No I/O, and no dialect: what a dialect cannot say is found when it is asked to.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::error::{Error, Problem};
use super::name::{ColumnPath, TableName};
use super::operation::{ConstraintKind, Operation, Position, Row, Rule};
use super::place;
use super::raw;
use super::resolve::{
    add, check_names, distinct_values, drop_constraint, foreign_key, resolve_alter, resolve_column, resolve_index,
    resolve_insert, resolve_table,
};
use super::value::PerDialect;
use super::{PortableScript, Step};
use crate::dialect::Dialect;
use crate::location::{Location, line_and_column};
use crate::suggest::did_you_mean;
use crate::toml_file::{TomlError, explain};

/// The operations' keys.
pub(super) const OPERATIONS: &[&str] = &[
    "create_table",
    "drop_table",
    "rename_table",
    "add_column",
    "drop_column",
    "rename_column",
    "alter_column",
    "create_index",
    "drop_index",
    "rename_index",
    "add_primary_key",
    "drop_primary_key",
    "add_unique",
    "drop_unique",
    "add_foreign_key",
    "drop_foreign_key",
    "add_check",
    "drop_check",
    "comment_on",
    "create_enum",
    "drop_enum",
    "add_enum_value",
    "insert",
    "sql",
];

type Value<'text> = Spanned<DeValue<'text>>;

/// Reads a portable script.
///
/// # Errors
///
/// What is wrong with it, with line and column.
pub(super) fn read(file: &Path, text: &str) -> Result<PortableScript, Error> {
    let text_without_bom = text.strip_prefix('\u{feff}').unwrap_or(text);
    let reader = Reader { file, text: text_without_bom };
    let document = DeTable::parse(reader.text).map_err(|error| explain(file, reader.text, &error))?;
    let mut steps = Vec::new();
    for (key, value) in document.into_inner() {
        if key.get_ref() != "step" {
            let hint = did_you_mean(key.get_ref(), ["step"])
                .or_else(|| Some("a portable script is a list of `[[step]]`".to_owned()));
            return Err(reader.error(key.span().start, format!("unknown key `{}`", key.get_ref()), hint));
        }
        let span = value.span();
        let DeValue::Array(items) = value.into_inner() else {
            return Err(reader.error(span.start, "`step` is no list".to_owned(), Some("write `[[step]]`".to_owned())));
        };
        for (index, item) in items.into_iter().enumerate() {
            steps.push(reader.step(index, item)?);
        }
    }
    if steps.is_empty() {
        return Err(reader.error(0, "there is no `[[step]]`".to_owned(), None));
    }
    Ok(PortableScript { file: file.to_owned(), text: reader.text.into(), steps })
}

struct Reader<'text> {
    file: &'text Path,
    text: &'text str,
}

/// What any step may say besides its operation.
struct Common {
    down: Option<PerDialect>,
    dialects: Option<Vec<Dialect>>,
}

/// Splits a raw step into what it shares with the others and its operation.
macro_rules! meaning {
    ($reader:ident, $value:ident, $shape:ident, |$step:ident| $operation:expr) => {{
        #[allow(unused_mut, reason = "only some have keys to take out")]
        let mut $step: raw::$shape = $reader.shape($value)?;
        let common = Common { down: $step.down.clone(), dialects: $step.dialects.clone() };
        let operation: Result<Operation, String> = $operation;
        (common, operation)
    }};
}

impl Reader<'_> {
    fn error(&self, offset: usize, message: String, hint: Option<String>) -> Error {
        Error::Toml(TomlError { location: Location::of_offset(self.file, self.text, offset), message, hint })
    }

    fn shape<'de, T: Deserialize<'de>>(&self, value: Value<'de>) -> Result<T, Error> {
        let start = value.span().start;
        let keys = value.get_ref().as_table().into_iter().flat_map(|table| table.keys());
        let named = keys.filter(|key| OPERATIONS.contains(&key.get_ref().as_ref())).map(|key| key.span().start).min();
        let named = named.unwrap_or(start);
        T::deserialize(ValueDeserializer::from(value)).map_err(|error| {
            let mut explained = explain(self.file, self.text, &error);
            // What lacks a key is called by the key that names its operation.
            if error.span().is_none_or(|span| span.start == start) {
                explained.location = Location::of_offset(self.file, self.text, named);
            }
            Error::Toml(explained)
        })
    }

    fn step(&self, index: usize, value: Value<'_>) -> Result<Step, Error> {
        let start = value.span().start;
        let operation = self.operation_key(&value)?;
        self.refuse_nul(&value)?;
        let (line, _) = line_and_column(self.text, start);
        let (common, meant) = self.meaning(operation, value)?;
        let senseless = |message: String| {
            let offset = place::of(self.text, index, operation, &message);
            Problem::senseless(message).at(self.file, self.text, offset)
        };
        let meant = meant.map_err(senseless)?;
        check_names(&meant).map_err(senseless)?;
        Ok(Step { index, line, key: operation, operation: meant, down: common.down, dialects: common.dialects })
    }

    /// The one key that names the operation.
    fn operation_key(&self, value: &Value<'_>) -> Result<&'static str, Error> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.error(value.span().start, "a step is a table".to_owned(), None));
        };
        let mut keys: Vec<(usize, &str)> =
            table.iter().map(|(key, _)| (key.span().start, key.get_ref().as_ref())).collect();
        keys.sort_unstable();
        let found: Vec<(usize, &'static str)> = keys
            .iter()
            .filter_map(|(start, key)| OPERATIONS.iter().find(|known| *known == key).map(|known| (*start, *known)))
            .collect();
        match found.as_slice() {
            [(_, operation)] => Ok(operation),
            [(_, first), (start, second), ..] => Err(self.error(
                *start,
                format!("a step does one thing, and this one has `{first}` and `{second}`"),
                Some("begin another `[[step]]`".to_owned()),
            )),
            [] => {
                let (start, first) = keys.first().copied().unwrap_or((value.span().start, ""));
                let near = did_you_mean(first, OPERATIONS.iter().copied());
                Err(self.error(
                    start,
                    if first.is_empty() { "an empty step".to_owned() } else { format!("`{first}` is no operation") },
                    near.or_else(|| Some(format!("the operations are {}", OPERATIONS.join(", ")))),
                ))
            }
        }
    }

    /// No database takes a NUL in its SQL, and SQLite would take it for the end of the statement.
    fn refuse_nul(&self, value: &Value<'_>) -> Result<(), Error> {
        let mut left = vec![value];
        while let Some(value) = left.pop() {
            match value.get_ref() {
                DeValue::String(text) if text.contains('\0') => {
                    return Err(self.error(value.span().start, "a text holds a NUL character".to_owned(), None));
                }
                DeValue::Array(items) => left.extend(items.iter()),
                DeValue::Table(table) => {
                    for (key, value) in table {
                        if key.get_ref().contains('\0') {
                            return Err(self.error(key.span().start, "a key holds a NUL character".to_owned(), None));
                        }
                        left.push(value);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn meaning(&self, operation: &str, value: Value<'_>) -> Result<(Common, Result<Operation, String>), Error> {
        let reader = self;
        Ok(match operation {
            "create_table" => meaning!(reader, value, CreateTable, |step| {
                let keys = step.keys();
                resolve_table(step.create_table, step.columns, keys, step.if_not_exists).map(Operation::CreateTable)
            }),
            "drop_table" => meaning!(reader, value, DropTable, |step| {
                let (keys, name, if_exists) = (step.keys(), step.drop_table, step.if_exists);
                let table = step.columns.map(|columns| resolve_table(name.clone(), columns, keys, false));
                table.transpose().map(|table| Operation::DropTable { name, if_exists, table })
            }),
            "rename_table" => meaning!(reader, value, RenameTable, |step| {
                Ok(Operation::RenameTable { name: step.rename_table, to: step.to })
            }),
            "add_column" => meaning!(reader, value, AddColumn, |step| {
                let (keys, backfill) = (step.keys(), step.backfill);
                let ColumnPath { table, column: name } = step.add_column;
                resolve_column(&table, name, step.r#type, keys).map(|column| Operation::AddColumn {
                    table,
                    column,
                    backfill,
                })
            }),
            "drop_column" => meaning!(reader, value, DropColumn, |step| {
                let (keys, if_exists) = (step.keys(), step.if_exists);
                let ColumnPath { table, column: name } = step.drop_column;
                let column = step.r#type.map(|r#type| resolve_column(&table, name.clone(), r#type, keys));
                column.transpose().map(|column| Operation::DropColumn { table, name, if_exists, column })
            }),
            "rename_column" => meaning!(reader, value, RenameColumn, |step| {
                let ColumnPath { table, column: name } = step.rename_column;
                Ok(Operation::RenameColumn { table, name, to: step.to })
            }),
            "alter_column" => meaning!(reader, value, AlterColumn, |step| {
                let (change, from) = (step.keys(), step.from.map(|mut from| from.keys()));
                resolve_alter(step.alter_column, change, from)
            }),
            "create_index" => meaning!(reader, value, CreateIndex, |step| {
                let keys = step.keys();
                let (table, concurrently, if_not_exists) = (step.table, step.concurrently, step.if_not_exists);
                resolve_index(step.create_index, step.columns, keys).map(|index| Operation::CreateIndex {
                    table,
                    index,
                    concurrently,
                    if_not_exists,
                    restored: false,
                })
            }),
            "drop_index" => meaning!(reader, value, DropIndex, |step| {
                let (keys, name) = (step.keys(), step.drop_index);
                let index = step.columns.map(|columns| resolve_index(name.clone(), columns, keys));
                let (table, if_exists, concurrently) = (step.table, step.if_exists, step.concurrently);
                index.transpose().map(|index| Operation::DropIndex { name, table, if_exists, concurrently, index })
            }),
            "rename_index" => meaning!(reader, value, RenameIndex, |step| {
                Ok(Operation::RenameIndex { table: step.table, name: step.rename_index, to: step.to })
            }),
            "add_primary_key" => meaning!(reader, value, AddPrimaryKey, |step| {
                Ok(add(step.add_primary_key, step.name, Rule::PrimaryKey(step.columns)))
            }),
            "drop_primary_key" => meaning!(reader, value, DropPrimaryKey, |step| {
                let rule = step.columns.map(Rule::PrimaryKey);
                drop_constraint(step.drop_primary_key, ConstraintKind::PrimaryKey, step.name, rule)
            }),
            "add_unique" => meaning!(reader, value, AddUnique, |step| {
                Ok(add(step.add_unique, step.name, Rule::Unique(step.columns)))
            }),
            "drop_unique" => meaning!(reader, value, DropUnique, |step| {
                let rule = step.columns.map(Rule::Unique);
                drop_constraint(step.drop_unique, ConstraintKind::Unique, step.name, rule)
            }),
            "add_foreign_key" => meaning!(reader, value, AddForeignKey, |step| {
                let rule = foreign_key(step.columns, step.references, step.on_delete, step.on_update);
                Ok(add(step.add_foreign_key, step.name, rule))
            }),
            "drop_foreign_key" => meaning!(reader, value, DropForeignKey, |step| {
                let rule = match (step.columns, step.references) {
                    (Some(columns), Some(target)) => {
                        Ok(Some(foreign_key(columns, target, step.on_delete, step.on_update)))
                    }
                    (None, None) => Ok(None),
                    _ => Err("`columns` and `references` belong together".to_owned()),
                };
                let (table, name) = (step.drop_foreign_key, step.name);
                rule.and_then(|rule| drop_constraint(table, ConstraintKind::ForeignKey, name, rule))
            }),
            "add_check" => meaning!(reader, value, AddCheck, |step| {
                Ok(add(step.add_check, Some(step.name), Rule::Check(step.expression)))
            }),
            "drop_check" => meaning!(reader, value, DropCheck, |step| {
                let rule = step.expression.map(Rule::Check);
                drop_constraint(step.drop_check, ConstraintKind::Check, Some(step.name), rule)
            }),
            "comment_on" => meaning!(reader, value, CommentOn, |step| {
                let place = if step.column {
                    ColumnPath::parse(&step.comment_on).map(|path| (path.table, Some(path.column)))
                } else {
                    TableName::parse(&step.comment_on).map(|table| (table, None))
                };
                place.map(|(table, column)| Operation::Comment { table, column, text: step.comment, from: step.from })
            }),
            "create_enum" => meaning!(reader, value, CreateEnum, |step| {
                distinct_values(step.values).map(|values| Operation::CreateEnum { name: step.create_enum, values })
            }),
            "drop_enum" => meaning!(reader, value, DropEnum, |step| {
                let values = step.values.map(distinct_values).transpose();
                values.map(|values| Operation::DropEnum { name: step.drop_enum, values })
            }),
            "add_enum_value" => meaning!(reader, value, AddEnumValue, |step| {
                let position = match (step.before, step.after) {
                    (Some(_), Some(_)) => Err("`before` and `after` exclude each other".to_owned()),
                    (Some(before), None) => Ok(Position::Before(before)),
                    (None, Some(after)) => Ok(Position::After(after)),
                    (None, None) => Ok(Position::End),
                };
                let pairs = |paths: Vec<ColumnPath>| paths.into_iter().map(|path| (path.table, path.column)).collect();
                let columns = step.columns.map(pairs);
                let (name, value, if_not_exists) = (step.add_enum_value, step.value, step.if_not_exists);
                position.map(|position| Operation::AddEnumValue { name, value, position, if_not_exists, columns })
            }),
            "insert" => meaning!(reader, value, Insert, |step| {
                let rows: Vec<Row> = step.rows.into_iter().map(|row| row.into_iter().collect()).collect();
                resolve_insert(step.insert, rows, step.key, step.types)
            }),
            _ => meaning!(reader, value, Sql, |step| Ok(Operation::Sql(step.sql))),
        })
    }
}
