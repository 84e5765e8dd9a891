//! What a statement says of tables and indexes: their columns, types, keys and checks, read from its tokens.
//!
//! It is as much of the grammar as effects and lint need, and no parser: whatever stands in an expression is skipped, and
//! what is not understood is left out of the reading or makes it [`ChangeKind::Other`], so that a rule which looks for
//! something finds it for certain or not at all. Places are byte offsets into the text that was given.

mod alter;
mod column;
mod constraint;
mod create;
mod data_type;
mod index;

use super::effect::ObjectName;
use super::pattern::code;
use super::token::Code;
use super::verb::Verb;
use super::words::Words;
use crate::dialect::Dialect;

pub use alter::{AlterTable, Change, ChangeKind};
pub use column::{Column, DefaultValue, Generated, Volatility};
pub use constraint::{Constraint, ConstraintKind, ForeignTarget};
pub use create::{CreateTable, TableItem};
pub use data_type::DataType;
pub use index::{CreateIndex, DropIndex, IndexItem};

/// A statement about a table or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ddl {
    /// CREATE TABLE.
    CreateTable(CreateTable),
    /// ALTER TABLE.
    AlterTable(AlterTable),
    /// CREATE INDEX.
    CreateIndex(CreateIndex),
    /// DROP INDEX.
    DropIndex(DropIndex),
}

/// Reads a statement from its code; nothing where it is about something else, or cannot be read.
pub(super) fn read(words: &Words<'_>, verb: Verb) -> Option<Ddl> {
    if words.has_escaped_name() {
        return None;
    }
    let words = || words.clone();
    match verb {
        Verb::Create => {
            create::read(words()).map(Ddl::CreateTable).or_else(|| index::read(words()).map(Ddl::CreateIndex))
        }
        Verb::Alter => alter::read(words()).map(Ddl::AlterTable),
        Verb::Drop => index::read_drop(words()).map(Ddl::DropIndex),
        _ => None,
    }
}

/// A column's definition by itself, name and all.
#[must_use]
pub fn read_column(dialect: Dialect, definition: &str) -> Option<Column> {
    Column::read(&mut Words::new(dialect, &codes_of(dialect, definition)))
}

/// A constraint's definition by itself, name and all.
#[must_use]
pub fn read_constraint(dialect: Dialect, definition: &str) -> Option<Constraint> {
    match TableItem::read(&mut Words::new(dialect, &codes_of(dialect, definition)))? {
        TableItem::Constraint(constraint) => Some(constraint),
        _ => None,
    }
}

/// The index that PostgreSQL's REINDEX ... CONCURRENTLY builds anew, or the table of which it does all.
#[must_use]
pub fn rebuilt_concurrently(statement: &str) -> Option<ObjectName> {
    let codes = codes_of(Dialect::Postgres, statement);
    let mut words = Words::new(Dialect::Postgres, &codes);
    words.take("REINDEX");
    words.group();
    (words.take_any(&["INDEX", "TABLE"]) && words.take("CONCURRENTLY")).then(|| words.name())?
}

fn codes_of(dialect: Dialect, text: &str) -> Vec<Code<'_>> {
    code(dialect, text, 0..text.len()).collect()
}

/// Names of columns in parentheses; an expression among them is left out.
fn columns(group: &Words<'_>) -> Vec<String> {
    group.items().into_iter().filter_map(|mut item| item.part()).collect()
}

impl Ddl {
    /// The table that it is about; none for DROP INDEX, which mostly does not say.
    #[must_use]
    pub const fn table(&self) -> Option<&ObjectName> {
        match self {
            Self::CreateTable(create) => Some(&create.name),
            Self::AlterTable(alter) => Some(&alter.name),
            Self::CreateIndex(create) => Some(&create.table),
            Self::DropIndex(drop) => drop.table.as_ref(),
        }
    }
}
