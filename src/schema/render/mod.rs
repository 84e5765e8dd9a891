//! From operations to the SQL of a dialect.
//!
//! sea-query says what it says right: identifiers, tables, renames, dropped columns, rows. The rest is written here,
//! because sea-query 1.0 panics on what a dialect lacks, puts the names of indexes and constraints between quotes
//! without escaping them, and leaves things out in silence: PostgreSQL's comments, SQLite's names of foreign keys,
//! methods of indexes. Every name from a file passes through [`ident`] or [`table`], every text through
//! [`text_literal`]; only what the file gives as SQL is written as it stands.

mod alter;
mod column;
mod index;
mod rows;
mod table;
mod value;

use std::collections::BTreeMap;

use sea_query::{
    Alias, IntoIden, MysqlQueryBuilder, PostgresQueryBuilder, QuotedBuilder, SchemaStatementBuilder,
    SqliteQueryBuilder, TableRef,
};

use super::capability::check_names;
use super::change::{Change, NewValue};
use super::error::Problem;
use super::name::TableName;
use super::operation::{Operation, Position};
use super::types::ColumnType;
use crate::dialect::Dialect;

/// A piece of a script: SQL, or a change that needs the table's definition first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// SQL that can be sent as it is.
    Sql(String),
    /// A change of this table.
    Alter(TableName, Change),
}

/// What is known about a script besides the operation at hand.
#[derive(Debug)]
pub(super) struct Context {
    pub dialect: Dialect,
    enums: BTreeMap<TableName, Vec<String>>,
    /// The types of columns that the script itself makes; none where it is not one type all through the script.
    columns: BTreeMap<TableName, BTreeMap<String, Option<KnownType>>>,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KnownType {
    portable: ColumnType,
    /// Another stands in its place in this dialect.
    replaced: bool,
}

impl Context {
    /// What the operations of a script say about enums and columns.
    pub(super) fn new<'a>(dialect: Dialect, operations: impl Iterator<Item = &'a Operation>) -> Self {
        let mut context = Self { dialect, enums: BTreeMap::new(), columns: BTreeMap::new() };
        for operation in operations {
            context.learn(operation);
        }
        context
    }

    /// What comes behind an operation finds the values that it adds.
    pub(super) fn pass(&mut self, operation: &Operation) {
        let Operation::AddEnumValue { name, value, position, if_not_exists, .. } = operation else { return };
        let Some(values) = self.enums.get_mut(name) else { return };
        let new = NewValue { value: value.clone(), position: position.clone(), if_not_exists: *if_not_exists };
        // What does not fit is found where it is added.
        let _ = new.put_into(values, name.name(), str::to_owned);
    }

    fn learn(&mut self, operation: &Operation) {
        let (table, columns) = match operation {
            Operation::CreateEnum { name, values } | Operation::DropEnum { name, values: Some(values) } => {
                self.enums.insert(name.clone(), values.clone());
                return;
            }
            Operation::CreateTable(table) | Operation::DropTable { table: Some(table), .. } => {
                (&table.name, table.columns.as_slice())
            }
            Operation::AddColumn { table, column, .. } | Operation::DropColumn { table, column: Some(column), .. } => {
                (table, std::slice::from_ref(column))
            }
            Operation::AlterColumn { table, name, change, .. } if change.r#type.is_some() => {
                self.learn_column(table, name, None);
                return;
            }
            Operation::RenameColumn { table, name, to } => {
                let known = self.columns.get(table).and_then(|columns| columns.get(name)).cloned().flatten();
                self.learn_column(table, to, known);
                return;
            }
            Operation::RenameTable { name, to } => {
                for (column, known) in self.columns.get(name).cloned().unwrap_or_default() {
                    self.learn_column(&name.sibling(to), &column, known);
                }
                return;
            }
            _ => return,
        };
        for column in columns {
            let replaced = column.native.as_ref().and_then(|native| native.get(self.dialect)).is_some();
            self.learn_column(table, &column.name, Some(KnownType { portable: column.r#type.clone(), replaced }));
        }
    }

    /// What has two types in one script has none that holds all through it.
    fn learn_column(&mut self, table: &TableName, column: &str, known: Option<KnownType>) {
        let columns = self.columns.entry(table.clone()).or_default();
        let known = if columns.get(column).is_some_and(|other| *other != known) { None } else { known };
        columns.insert(column.to_owned(), known);
    }

    fn known_type(&self, table: &TableName, column: &str) -> Option<&KnownType> {
        self.columns.get(table)?.get(column)?.as_ref()
    }

    /// What a column is in this dialect too.
    fn column_type(&self, table: &TableName, column: &str) -> Option<&ColumnType> {
        self.known_type(table, column).filter(|known| !known.replaced).map(|known| &known.portable)
    }

    /// What the file calls a column, whatever stands in its place.
    fn portable_type(&self, table: &TableName, column: &str) -> Option<&ColumnType> {
        self.known_type(table, column).map(|known| &known.portable)
    }

    fn enum_values(&self, name: &TableName) -> Option<&[String]> {
        self.enums.get(name).map(Vec::as_slice)
    }
}

/// What an operation is in a dialect.
pub(super) fn operation(operation: &Operation, context: &Context) -> Result<Vec<Piece>, Problem> {
    let dialect = context.dialect;
    check_names(operation, dialect)?;
    check_schema(operation, dialect)?;
    match operation {
        Operation::CreateTable(table) => table::create(table, context),
        Operation::DropTable { name, if_exists, .. } => Ok(sql(table::drop(dialect, name, *if_exists))),
        Operation::RenameTable { name, to } => Ok(sql(table::rename(dialect, name, to))),
        Operation::AddColumn { table, column, backfill } => {
            alter::add_column(table, column, backfill.as_ref(), context)
        }
        Operation::DropColumn { table, name, if_exists, .. } => {
            Ok(alter::drop_column(table, name, *if_exists, dialect))
        }
        Operation::RenameColumn { table, name, to } => Ok(sql(alter::rename_column(dialect, table, name, to))),
        Operation::AlterColumn { table, name, change, .. } => alter::alter_column(table, name, change, context),
        Operation::CreateIndex { table, index, concurrently, if_not_exists, restored } => {
            let made = index::create(table, index, *concurrently, *if_not_exists, context)?;
            Ok(if *restored && is_mysql(dialect) { index::restored(table, index, made) } else { made })
        }
        Operation::DropIndex { name, table, if_exists, concurrently, index } => {
            let skipped = match index {
                Some(index) => super::capability::index_for(index, dialect)?.is_none(),
                None => false,
            };
            if skipped { Ok(Vec::new()) } else { index::drop(name, table.as_ref(), *if_exists, *concurrently, dialect) }
        }
        Operation::RenameIndex { table, name, to } => Ok(index::rename(table, name, to, dialect)),
        Operation::AddConstraint { table, constraint } => alter::add_constraint(table, constraint, context),
        Operation::DropConstraint { table, kind, name, constraint } => {
            Ok(alter::drop_constraint(table, *kind, name.as_deref(), constraint.as_ref(), dialect))
        }
        Operation::Comment { table, column, text, .. } => Ok(alter::comment(table, column.as_deref(), text, dialect)),
        Operation::CreateEnum { name, values } => Ok(create_enum(name, values, dialect)),
        Operation::DropEnum { name, .. } if dialect == Dialect::Postgres => {
            Ok(sql(format!("DROP TYPE {}", self::table(dialect, name))))
        }
        Operation::DropEnum { .. } => Ok(Vec::new()),
        Operation::AddEnumValue { name, value, position, if_not_exists, columns } => {
            let new = NewValue { value: value.clone(), position: position.clone(), if_not_exists: *if_not_exists };
            add_enum_value(name, new, columns.as_deref(), dialect)
        }
        Operation::Insert { table, rows, types, .. } => rows::insert(table, rows, types, context),
        Operation::Delete { table, rows, types } => rows::delete(table, rows, types, context),
        Operation::Sql(text) => {
            let text = text.require(dialect, "sql")?;
            Ok(if text.trim().is_empty() { Vec::new() } else { sql(text.to_owned()) })
        }
    }
}

fn sql(text: String) -> Vec<Piece> {
    vec![Piece::Sql(text)]
}

/// SQLite has no schemas within a database; `main` is the database itself.
fn check_schema(operation: &Operation, dialect: Dialect) -> Result<(), Problem> {
    if dialect != Dialect::Sqlite {
        return Ok(());
    }
    let name = match operation {
        Operation::CreateTable(table) => &table.name,
        Operation::DropTable { name, .. } | Operation::RenameTable { name, .. } => name,
        Operation::AddColumn { table, .. }
        | Operation::DropColumn { table, .. }
        | Operation::RenameColumn { table, .. }
        | Operation::AlterColumn { table, .. }
        | Operation::CreateIndex { table, .. }
        | Operation::DropIndex { table: Some(table), .. }
        | Operation::RenameIndex { table, .. }
        | Operation::AddConstraint { table, .. }
        | Operation::DropConstraint { table, .. }
        | Operation::Comment { table, .. }
        | Operation::Insert { table, .. }
        | Operation::Delete { table, .. } => table,
        _ => return Ok(()),
    };
    match name.schema() {
        None | Some("main") => Ok(()),
        Some(schema) => Err(Problem::Unsupported {
            dialect,
            what: format!("schemas (`{schema}`)"),
            hint: "name the table without one, or leave the step out there with `dialects = [...]`".to_owned(),
        }),
    }
}

fn create_enum(name: &TableName, values: &[String], dialect: Dialect) -> Vec<Piece> {
    if dialect != Dialect::Postgres {
        return Vec::new();
    }
    let list: Vec<String> = values.iter().map(|value| text_literal(dialect, value)).collect();
    sql(format!("CREATE TYPE {} AS ENUM ({})", table(dialect, name), list.join(", ")))
}

fn add_enum_value(
    name: &TableName,
    new: NewValue,
    columns: Option<&[(TableName, String)]>,
    dialect: Dialect,
) -> Result<Vec<Piece>, Problem> {
    if dialect == Dialect::Postgres {
        let place = match &new.position {
            Position::End => String::new(),
            Position::Before(other) => format!(" BEFORE {}", text_literal(dialect, other)),
            Position::After(other) => format!(" AFTER {}", text_literal(dialect, other)),
        };
        let condition = if new.if_not_exists { "IF NOT EXISTS " } else { "" };
        let value = text_literal(dialect, &new.value);
        return Ok(sql(format!("ALTER TYPE {} ADD VALUE {condition}{value}{place}", table(dialect, name))));
    }
    let columns = columns.ok_or_else(|| Problem::Senseless {
        message: format!("{dialect} keeps the values of enum `{name}` at its columns, and none is named"),
        hint: Some("write `columns = [\"table.column\"]`, or `columns = []` where no column holds it".to_owned()),
    })?;
    let change = |column: &str| Change::AddEnumValue { column: column.to_owned(), new: new.clone() };
    Ok(columns.iter().map(|(table, column)| Piece::Alter(table.clone(), change(column))).collect())
}

/// A name in the dialect's quotes, those within it doubled.
pub(super) fn ident(dialect: Dialect, name: &str) -> String {
    let iden = Alias::new(name).into_iden();
    let mut quoted = String::with_capacity(name.len() + 2);
    match dialect {
        Dialect::Postgres => PostgresQueryBuilder.prepare_iden(&iden, &mut quoted),
        Dialect::Mysql | Dialect::Mariadb => MysqlQueryBuilder.prepare_iden(&iden, &mut quoted),
        Dialect::Sqlite => SqliteQueryBuilder.prepare_iden(&iden, &mut quoted),
    }
    quoted
}

/// Names in the dialect's quotes, with commas between.
pub(super) fn idents<'a>(dialect: Dialect, names: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| ident(dialect, name)).collect();
    quoted.join(", ")
}

/// A table's name in the dialect's quotes, with its schema where it has one.
pub(super) fn table(dialect: Dialect, name: &TableName) -> String {
    match name.schema() {
        Some(schema) if dialect != Dialect::Sqlite => {
            format!("{}.{}", ident(dialect, schema), ident(dialect, name.name()))
        }
        _ => ident(dialect, name.name()),
    }
}

/// A text as a literal. Backslashes are doubled for MySQL and MariaDB, which take them for escapes unless told
/// otherwise; told otherwise they see two, and never the end of the literal.
pub(super) fn text_literal(dialect: Dialect, text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match dialect {
        Dialect::Mysql | Dialect::Mariadb => format!("'{}'", doubled.replace('\\', "\\\\")),
        Dialect::Postgres | Dialect::Sqlite => format!("'{doubled}'"),
    }
}

/// A table as sea-query names it.
fn table_ref(dialect: Dialect, name: &TableName) -> TableRef {
    use sea_query::IntoTableRef;
    let table = Alias::new(name.name());
    match name.schema() {
        Some(schema) if dialect != Dialect::Sqlite => (Alias::new(schema), table).into_table_ref(),
        _ => table.into_table_ref(),
    }
}

/// A statement of sea-query's, as text.
fn statement(dialect: Dialect, statement: &impl SchemaStatementBuilder) -> String {
    match dialect {
        Dialect::Postgres => statement.to_string(PostgresQueryBuilder),
        Dialect::Mysql | Dialect::Mariadb => statement.to_string(MysqlQueryBuilder),
        Dialect::Sqlite => statement.to_string(SqliteQueryBuilder),
    }
}

const fn is_mysql(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
}
