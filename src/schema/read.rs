//! From the text of a portable script to its steps: which operation each step is, and what its short forms mean.
//!
//! No I/O, and no dialect: what a dialect cannot say is found when it is asked to.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::error::{Error, Problem};
use super::name::{ColumnPath, TableName};
use super::operation::{
    Column, Constraint, ConstraintKind, Index, IndexKey, KeyOf, Operation, Position, Row, Rule, Table,
};
use super::raw;
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
        for item in items {
            steps.push(reader.step(item)?);
        }
    }
    if steps.is_empty() {
        return Err(reader.error(0, "there is no `[[step]]`".to_owned(), None));
    }
    Ok(PortableScript { file: file.to_owned(), steps })
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
        let $step: raw::$shape = $reader.shape($value)?;
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
        T::deserialize(ValueDeserializer::from(value)).map_err(|error| {
            let mut explained = explain(self.file, self.text, &error);
            if explained.location.line.is_none() {
                explained.location = Location::of_offset(self.file, self.text, start);
            }
            Error::Toml(explained)
        })
    }

    fn step(&self, value: Value<'_>) -> Result<Step, Error> {
        let start = value.span().start;
        let operation = self.operation_key(&value)?;
        self.refuse_nul(&value)?;
        let (line, _) = line_and_column(self.text, start);
        let (common, meant) = self.meaning(operation, value)?;
        let meant = meant.map_err(|message| Problem::senseless(message).at(self.file, line))?;
        check_names(&meant).map_err(|message| Problem::senseless(message).at(self.file, line))?;
        Ok(Step { line, key: operation, operation: meant, down: common.down, dialects: common.dialects })
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
                let parts = TableParts {
                    columns: step.columns,
                    primary_key: step.primary_key,
                    unique: step.unique,
                    checks: step.checks,
                    foreign_keys: step.foreign_keys,
                    indexes: step.indexes,
                    comment: step.comment,
                };
                parts.resolve(step.create_table, step.if_not_exists).map(Operation::CreateTable)
            }),
            "drop_table" => meaning!(reader, value, DropTable, |step| {
                let name = step.drop_table.clone();
                let table = match step.columns {
                    Some(columns) => TableParts {
                        columns,
                        primary_key: step.primary_key,
                        unique: step.unique,
                        checks: step.checks,
                        foreign_keys: step.foreign_keys,
                        indexes: step.indexes,
                        comment: step.comment,
                    }
                    .resolve(step.drop_table, false)
                    .map(Some),
                    None => Ok(None),
                };
                table.map(|table| Operation::DropTable { name, if_exists: step.if_exists, table })
            }),
            "rename_table" => meaning!(reader, value, RenameTable, |step| {
                Ok(Operation::RenameTable { name: step.rename_table, to: step.to })
            }),
            "add_column" => meaning!(reader, value, AddColumn, |step| {
                let backfill = step.backfill.clone();
                let ColumnPath { table, column: name } = step.add_column;
                let raw = raw::RawColumn {
                    name,
                    r#type: step.r#type,
                    null: step.null,
                    default: step.default,
                    primary_key: step.primary_key,
                    unique: step.unique,
                    identity: step.identity,
                    comment: step.comment,
                    check: step.check,
                    collation: step.collation,
                    references: step.references,
                    on_delete: step.on_delete,
                    on_update: step.on_update,
                    native: step.native,
                    values: step.values,
                    generated: step.generated,
                    stored: step.stored,
                };
                resolve_column(&table, raw).map(|column| Operation::AddColumn { table, column, backfill })
            }),
            "drop_column" => meaning!(reader, value, DropColumn, |step| {
                let ColumnPath { table, column: name } = step.drop_column;
                let column = match step.r#type {
                    Some(r#type) => resolve_column(
                        &table,
                        raw::RawColumn {
                            name: name.clone(),
                            r#type,
                            null: step.null,
                            default: step.default,
                            primary_key: step.primary_key,
                            unique: step.unique,
                            identity: step.identity,
                            comment: step.comment,
                            check: step.check,
                            collation: step.collation,
                            references: step.references,
                            on_delete: step.on_delete,
                            on_update: step.on_update,
                            native: step.native,
                            values: step.values,
                            generated: step.generated,
                            stored: step.stored,
                        },
                    )
                    .map(Some),
                    None => Ok(None),
                };
                column.map(|column| Operation::DropColumn { table, name, if_exists: step.if_exists, column })
            }),
            "rename_column" => meaning!(reader, value, RenameColumn, |step| {
                let ColumnPath { table, column: name } = step.rename_column;
                Ok(Operation::RenameColumn { table, name, to: step.to })
            }),
            "alter_column" => meaning!(reader, value, AlterColumn, |step| {
                let change = raw::RawChange {
                    r#type: step.r#type,
                    native: step.native,
                    values: step.values,
                    null: step.null,
                    default: step.default,
                    drop_default: step.drop_default,
                    comment: step.comment,
                    using: step.using,
                    backfill: step.backfill,
                };
                resolve_alter(step.alter_column, change, step.from)
            }),
            "create_index" => meaning!(reader, value, CreateIndex, |step| {
                let index = resolve_index(raw::RawIndex {
                    name: step.create_index,
                    columns: step.columns,
                    unique: step.unique,
                    method: step.method,
                    r#where: step.r#where,
                    include: step.include,
                    fallback: step.fallback,
                });
                index.map(|index| Operation::CreateIndex {
                    table: step.table,
                    index,
                    concurrently: step.concurrently,
                    if_not_exists: step.if_not_exists,
                })
            }),
            "drop_index" => meaning!(reader, value, DropIndex, |step| {
                let name = step.drop_index.clone();
                let index = match step.columns {
                    Some(columns) => resolve_index(raw::RawIndex {
                        name: step.drop_index,
                        columns,
                        unique: step.unique,
                        method: step.method,
                        r#where: step.r#where,
                        include: step.include,
                        fallback: step.fallback,
                    })
                    .map(Some),
                    None => Ok(None),
                };
                let (table, if_exists, concurrently) = (step.table, step.if_exists, step.concurrently);
                index.map(|index| Operation::DropIndex { name, table, if_exists, concurrently, index })
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
                let columns = step.columns.into_iter().map(|path| (path.table, path.column)).collect();
                let (name, value) = (step.add_enum_value, step.value);
                position.map(|position| Operation::AddEnumValue { name, value, position, columns })
            }),
            "insert" => meaning!(reader, value, Insert, |step| {
                let rows: Vec<Row> = step.rows.into_iter().map(|row| row.into_iter().collect()).collect();
                resolve_insert(step.insert, rows, step.key)
            }),
            _ => meaning!(reader, value, Sql, |step| Ok(Operation::Sql(step.sql))),
        })
    }
}

/// The keys that make a table, in `create_table` and `drop_table`.
struct TableParts {
    columns: Vec<raw::RawColumn>,
    primary_key: Option<raw::RawPrimaryKey>,
    unique: Vec<raw::RawUnique>,
    checks: Vec<raw::RawCheck>,
    foreign_keys: Vec<raw::RawForeignKey>,
    indexes: Vec<raw::RawIndex>,
    comment: Option<String>,
}

impl TableParts {
    fn resolve(self, name: TableName, if_not_exists: bool) -> Result<Table, String> {
        if self.columns.is_empty() {
            return Err("a table needs a column".to_owned());
        }
        let mut columns = Vec::with_capacity(self.columns.len());
        for raw in self.columns {
            columns.push(resolve_column(&name, raw)?);
        }
        let mut inline_key: Vec<String> = Vec::new();
        let mut others: Vec<Constraint> = Vec::new();
        for column in &mut columns {
            for constraint in column.constraints.drain(..) {
                match constraint.rule {
                    Rule::PrimaryKey(key) => inline_key.extend(key),
                    _ => others.push(constraint),
                }
            }
        }
        let primary_key = match (self.primary_key, inline_key.is_empty()) {
            (Some(_), false) => return Err("the primary key is said twice, at a column and at the table".to_owned()),
            (Some(key), true) => Some(Constraint { name: key.name, rule: Rule::PrimaryKey(key.columns) }),
            (None, false) => Some(Constraint { name: None, rule: Rule::PrimaryKey(inline_key) }),
            (None, true) => None,
        };
        others.extend(self.unique.into_iter().map(|raw| named(&name, raw.name, Rule::Unique(raw.columns))));
        others.extend(self.foreign_keys.into_iter().map(|raw| {
            let rule = foreign_key(raw.columns, raw.references, raw.on_delete, raw.on_update);
            named(&name, raw.name, rule)
        }));
        others.extend(
            self.checks.into_iter().map(|raw| Constraint { name: Some(raw.name), rule: Rule::Check(raw.expression) }),
        );
        // What identifies rows comes first, then what points elsewhere, then what is only checked.
        others.sort_by_key(Constraint::kind);
        let constraints: Vec<Constraint> = primary_key.into_iter().chain(others).collect();
        let indexes = self.indexes.into_iter().map(resolve_index).collect::<Result<Vec<_>, _>>()?;
        let table = Table { name, columns, constraints, indexes, comment: self.comment, if_not_exists };
        check_table(&table)?;
        Ok(table)
    }
}

fn check_table(table: &Table) -> Result<(), String> {
    let mut names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0].eq_ignore_ascii_case(pair[1])) {
        return Err(format!("column `{}` is there twice", pair[0]));
    }
    let known = |column: &String| {
        if names.binary_search(&column.as_str()).is_ok() {
            Ok(())
        } else {
            let hint = did_you_mean(column, names.iter().copied()).map_or_else(String::new, |hint| format!("; {hint}"));
            Err(format!("table `{}` has no column `{column}`{hint}", table.name))
        }
    };
    for constraint in &table.constraints {
        match &constraint.rule {
            Rule::PrimaryKey(columns) | Rule::Unique(columns) | Rule::ForeignKey { columns, .. } => {
                columns.iter().try_for_each(known)?;
            }
            Rule::Check(_) => {}
        }
    }
    for index in &table.indexes {
        for key in &index.keys {
            if let KeyOf::Column(column) = &key.of {
                known(column)?;
            }
        }
        index.include.iter().try_for_each(known)?;
    }
    let key = table.constraints.iter().find_map(|constraint| match &constraint.rule {
        Rule::PrimaryKey(columns) => Some(columns.as_slice()),
        _ => None,
    });
    for column in table.columns.iter().filter(|column| column.identity) {
        if key != Some(std::slice::from_ref(&column.name)) {
            return Err(format!("column `{}` has `identity`, so it must be the primary key, and alone", column.name));
        }
    }
    Ok(())
}

fn resolve_column(table: &TableName, raw: raw::RawColumn) -> Result<Column, String> {
    let one = || vec![raw.name.clone()];
    let mut constraints = Vec::new();
    if raw.primary_key {
        constraints.push(Constraint { name: None, rule: Rule::PrimaryKey(one()) });
    }
    if raw.unique {
        constraints.push(named(table, None, Rule::Unique(one())));
    }
    if let Some(target) = raw.references {
        constraints.push(named(table, None, foreign_key(one(), target, raw.on_delete, raw.on_update)));
    } else if raw.on_delete != Default::default() || raw.on_update != Default::default() {
        return Err("`on_delete` and `on_update` belong to `references`".to_owned());
    }
    if let Some(expression) = raw.check {
        let name = Some(format!("ck_{}_{}", table.name(), raw.name));
        constraints.push(Constraint { name, rule: Rule::Check(expression) });
    }
    let generated = raw::generated(raw.generated, raw.stored)?;
    if generated.is_some() && raw.default.is_some() {
        return Err(format!("column `{}` is generated and has a default", raw.name));
    }
    let column = Column {
        name: raw.name,
        r#type: raw.r#type,
        native: raw.native,
        null: raw.null,
        default: raw.default,
        identity: raw.identity,
        comment: raw.comment,
        collation: raw.collation,
        values: raw.values.map(distinct_values).transpose()?,
        generated,
        constraints,
    };
    check_identity(&column)?;
    Ok(column)
}

fn check_identity(column: &Column) -> Result<(), String> {
    use super::types::ColumnType::{BigInteger, Integer, SmallInteger};
    if !column.identity {
        return Ok(());
    }
    if !matches!(column.r#type, SmallInteger | Integer | BigInteger) {
        return Err(format!("column `{}` has `identity`, so it must be smallint, integer or bigint", column.name));
    }
    if column.null || column.default.is_some() || column.generated.is_some() {
        return Err(format!("column `{}` has `identity`, so it has no null, default or generated", column.name));
    }
    Ok(())
}

fn resolve_alter(path: ColumnPath, change: raw::RawChange, from: Option<raw::RawChange>) -> Result<Operation, String> {
    let change = change.resolve()?;
    let from = from.map(raw::RawChange::resolve).transpose()?;
    let nothing = change.r#type.is_none()
        && change.null.is_none()
        && change.default == super::operation::DefaultChange::Keep
        && change.comment.is_none();
    if nothing {
        return Err("alter_column changes one of `type`, `null`, `default` and `comment`".to_owned());
    }
    if change.r#type.is_none() && (change.native.is_some() || change.values.is_some() || change.using.is_some()) {
        return Err("`native`, `values` and `using` belong to `type`".to_owned());
    }
    if change.backfill.is_some() && change.null != Some(false) {
        return Err("`backfill` belongs to `null = false`".to_owned());
    }
    Ok(Operation::AlterColumn { table: path.table, name: path.column, change, from })
}

fn resolve_index(raw: raw::RawIndex) -> Result<Index, String> {
    if raw.columns.is_empty() {
        return Err(format!("index `{}` has no columns", raw.name));
    }
    let keys = raw.columns.into_iter().map(|key| {
        let of = match (key.column, key.expression) {
            (Some(column), None) => KeyOf::Column(column),
            (None, Some(expression)) => KeyOf::Expression(expression),
            _ => return Err("a key of an index has either `column` or `expression`".to_owned()),
        };
        if key.length == Some(0) {
            return Err("`length = 0` indexes nothing".to_owned());
        }
        Ok(IndexKey {
            of,
            descending: key.order == Some(raw::Order::Desc),
            nulls: key.nulls,
            length: key.length,
            opclass: key.opclass,
        })
    });
    Ok(Index {
        keys: keys.collect::<Result<Vec<_>, _>>()?,
        name: raw.name,
        unique: raw.unique,
        method: raw.method,
        filter: raw.r#where,
        include: raw.include,
        fallback: raw.fallback.into(),
    })
}

fn resolve_insert(table: TableName, rows: Vec<Row>, key: Option<Vec<String>>) -> Result<Operation, String> {
    if rows.is_empty() || rows.iter().any(Vec::is_empty) {
        return Err("`insert` needs rows, and each row a column".to_owned());
    }
    for column in key.iter().flatten() {
        if rows.iter().any(|row| row.iter().all(|(name, _)| name != column)) {
            return Err(format!("a row lacks `{column}`, which is part of `key`"));
        }
    }
    Ok(Operation::Insert { table, rows, key })
}

fn distinct_values(values: Vec<String>) -> Result<Vec<String>, String> {
    if values.is_empty() {
        return Err("an enum needs values".to_owned());
    }
    let mut sorted: Vec<&String> = values.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("the value `{}` is there twice", pair[0])),
        None => Ok(values),
    }
}

fn foreign_key(
    columns: Vec<String>,
    target: raw::Target,
    on_delete: super::operation::Action,
    on_update: super::operation::Action,
) -> Rule {
    Rule::ForeignKey { columns, table: target.table, references: target.columns, on_delete, on_update }
}

fn add(table: TableName, name: Option<String>, rule: Rule) -> Operation {
    let constraint = named(&table, name, rule);
    Operation::AddConstraint { table, constraint }
}

/// A constraint under its own name, or the one that it gets everywhere: only a primary key stays without.
fn named(table: &TableName, name: Option<String>, rule: Rule) -> Constraint {
    let name = name.or_else(|| match &rule {
        Rule::PrimaryKey(_) | Rule::Check(_) => None,
        Rule::Unique(columns) => Some(format!("uq_{}_{}", table.name(), columns.join("_"))),
        Rule::ForeignKey { columns, .. } => Some(format!("fk_{}_{}", table.name(), columns.join("_"))),
    });
    Constraint { name, rule }
}

fn drop_constraint(
    table: TableName,
    kind: ConstraintKind,
    name: Option<String>,
    rule: Option<Rule>,
) -> Result<Operation, String> {
    let constraint = rule.map(|rule| named(&table, name.clone(), rule));
    let name = name.or_else(|| constraint.as_ref().and_then(|constraint| constraint.name.clone()));
    if name.is_none() && kind != ConstraintKind::PrimaryKey {
        return Err("which one is to be dropped? Give its `name` or its `columns`".to_owned());
    }
    Ok(Operation::DropConstraint { table, kind, name, constraint })
}

/// Names that no database takes, and keys without columns.
fn check_names(operation: &Operation) -> Result<(), String> {
    let names: Vec<&str> = super::capability::names(operation);
    if names.iter().any(|name| name.is_empty()) {
        return Err("a name is empty".to_owned());
    }
    let constraints: &[Constraint] = match operation {
        Operation::CreateTable(table) | Operation::DropTable { table: Some(table), .. } => &table.constraints,
        Operation::AddConstraint { constraint, .. }
        | Operation::DropConstraint { constraint: Some(constraint), .. } => std::slice::from_ref(constraint),
        _ => &[],
    };
    for constraint in constraints {
        match &constraint.rule {
            Rule::PrimaryKey(columns) | Rule::Unique(columns) if columns.is_empty() => {
                return Err(format!("a {} without columns", constraint.kind().words()));
            }
            Rule::ForeignKey { columns, references, .. } if columns.is_empty() || columns.len() != references.len() => {
                return Err("a foreign key has as many columns here as there".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}
