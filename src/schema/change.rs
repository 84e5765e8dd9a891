//! Changes that cannot be written without the table's definition as the database holds it.
//!
//! They are made for one dialect: every piece of SQL in them is rendered already, only its place is not known.

use std::fmt;

use super::error::Problem;
use super::name::TableName;
use super::operation::{ConstraintKind, Position};
use crate::dialect::Dialect;

/// Changes to one table, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableChange {
    /// The table.
    pub table: TableName,
    /// What becomes of it.
    pub changes: Vec<Change>,
    /// The line of the step that asks for it; the first, where several steps became one change.
    pub line: usize,
    pub(super) dialect: Dialect,
}

/// One change of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A column is added.
    AddColumn {
        /// Its name.
        name: String,
        /// Its definition, name and all.
        definition: String,
        /// Keys and checks that come with it.
        constraints: Vec<String>,
        /// What existing rows get.
        fill: Option<String>,
    },
    /// A column is dropped, with the indexes and constraints that hold it.
    DropColumn {
        /// Its name.
        name: String,
        /// Nothing happens where there is none.
        if_exists: bool,
    },
    /// A column is changed.
    AlterColumn(ColumnEdit),
    /// A key or check is added.
    AddConstraint {
        /// Its definition, name and all.
        definition: String,
        /// The columns of a primary key, which hold something from then on, as everywhere else.
        key: Vec<String>,
    },
    /// A key or check is dropped.
    DropConstraint {
        /// What it is.
        kind: ConstraintKind,
        /// Its name.
        name: Option<String>,
        /// The columns of a primary key or unique, or what a check says, where the file tells.
        columns: Vec<String>,
    },
    /// An index is made, unless there is one; or it comes back, and must not be there.
    CreateIndex {
        /// Its name.
        name: String,
        /// The statement that makes it.
        sql: String,
        /// Its columns, where it comes back: what MySQL had in its place for a foreign key goes.
        restored: Vec<String>,
    },
    /// An index is dropped.
    DropIndex {
        /// Its name.
        name: String,
        /// Nothing happens where there is none.
        if_exists: bool,
    },
    /// An index is renamed.
    RenameIndex {
        /// What it is called.
        from: String,
        /// What it will be called.
        to: String,
    },
    /// A value is added to the enum that a column holds.
    AddEnumValue {
        /// The column.
        column: String,
        /// The value.
        new: NewValue,
    },
}

/// A new value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValue {
    /// What it says.
    pub value: String,
    /// Where it stands.
    pub position: Position,
    /// Nothing happens where there is one.
    pub if_not_exists: bool,
}

impl NewValue {
    /// Puts it among the values that a column of the table has, given in the words of `write`. False where it is there.
    pub(super) fn put_into(
        &self,
        values: &mut Vec<String>,
        table: &str,
        write: impl Fn(&str) -> String,
    ) -> Result<bool, Problem> {
        let new = write(&self.value);
        if values.contains(&new) {
            let what = format!("the value `{}`", self.value);
            return if self.if_not_exists {
                Ok(false)
            } else {
                Err(Problem::AlreadyInTable { table: table.to_owned(), what })
            };
        }
        let beside = |other: &str| {
            let place = values.iter().position(|value| *value == write(other));
            place.ok_or_else(|| Problem::NotInTable { table: table.to_owned(), what: format!("value `{other}`") })
        };
        let at = match &self.position {
            Position::End => values.len(),
            Position::Before(other) => beside(other)?,
            Position::After(other) => beside(other)? + 1,
        };
        values.insert(at, new);
        Ok(true)
    }
}

/// What becomes of a column; what is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnEdit {
    /// Its name.
    pub name: String,
    /// Its new type.
    pub r#type: Option<String>,
    /// A check that the new type brings along.
    pub type_check: Option<String>,
    /// Whether it may hold nothing.
    pub null: Option<bool>,
    /// Its default: none any more, or this.
    pub default: Option<Option<String>>,
    /// Its comment, as a literal of the dialect.
    pub comment: Option<String>,
    /// How old values become new ones.
    pub using: Option<String>,
    /// What rows get that hold nothing.
    pub fill: Option<String>,
}

impl TableChange {
    /// Whether it may speak of a column that `last` adds: the rows of one rebuild are read from the table as it was before
    /// both, where SQLite takes the name of a column that is not there for a text.
    pub(super) fn touches_what_is_added(&self, last: &Self) -> bool {
        let adds = |change: &Change| matches!(change, Change::AddColumn { .. });
        last.changes.iter().any(adds) && !self.changes.iter().all(adds)
    }

    /// It reads other columns of a row, so that it sees the table as it is before.
    pub(super) fn reads_rows(&self) -> bool {
        self.changes.iter().any(|change| match change {
            Change::AddColumn { fill, .. } => fill.is_some(),
            Change::AlterColumn(edit) => edit.using.is_some() || edit.fill.is_some(),
            _ => false,
        })
    }
}

impl fmt::Display for TableChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alter table {}: ", self.table)?;
        for (place, change) in self.changes.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            change.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddColumn { name, .. } => write!(f, "add column {name}"),
            Self::DropColumn { name, .. } => write!(f, "drop column {name}"),
            Self::AlterColumn(edit) => edit.fmt(f),
            Self::AddConstraint { definition, .. } => write!(f, "add {definition}"),
            Self::DropConstraint { kind, name: Some(name), .. } => write!(f, "drop {} {name}", kind.words()),
            Self::DropConstraint { kind, name: None, .. } => write!(f, "drop {}", kind.words()),
            Self::CreateIndex { name, .. } => write!(f, "create index {name}"),
            Self::DropIndex { name, .. } => write!(f, "drop index {name}"),
            Self::RenameIndex { from, to } => write!(f, "rename index {from} to {to}"),
            Self::AddEnumValue { column, new } => write!(f, "add value {} to column {column}", new.value),
        }
    }
}

impl fmt::Display for ColumnEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alter column {}", self.name)?;
        if let Some(r#type) = &self.r#type {
            write!(f, " type {type}")?;
        }
        match self.null {
            Some(true) => f.write_str(" null")?,
            Some(false) => f.write_str(" not null")?,
            None => {}
        }
        match &self.default {
            Some(Some(default)) => write!(f, " default {default}")?,
            Some(None) => f.write_str(" drop default")?,
            None => {}
        }
        if let Some(comment) = &self.comment {
            write!(f, " comment {comment}")?;
        }
        Ok(())
    }
}
