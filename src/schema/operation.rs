//! The operations of portable scripts, as they are meant: every default filled in, every short form written out.

use std::collections::BTreeMap;

use super::name::TableName;
use super::types::ColumnType;
use super::value::{PerDialect, Value};

/// What a step does.
#[expect(clippy::large_enum_variant, reason = "a script has few of them, and they are never moved in bulk")]
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Makes a table.
    CreateTable(Table),
    /// Drops a table; `table` says how to bring it back.
    DropTable {
        /// Its name.
        name: TableName,
        /// Nothing happens where there is none.
        if_exists: bool,
        /// What it was, for the way down.
        table: Option<Table>,
    },
    /// Renames a table within its schema.
    RenameTable {
        /// What it is called.
        name: TableName,
        /// What it will be called.
        to: String,
    },
    /// Adds a column.
    AddColumn {
        /// To this table.
        table: TableName,
        /// The column.
        column: Column,
        /// What existing rows get.
        backfill: Option<PerDialect>,
    },
    /// Drops a column, and the indexes and constraints that hold it.
    DropColumn {
        /// From this table.
        table: TableName,
        /// The column's name.
        name: String,
        /// Nothing happens where there is none.
        if_exists: bool,
        /// What it was, for the way down.
        column: Option<Column>,
    },
    /// Renames a column.
    RenameColumn {
        /// Its table.
        table: TableName,
        /// What it is called.
        name: String,
        /// What it will be called.
        to: String,
    },
    /// Changes a column.
    AlterColumn {
        /// Its table.
        table: TableName,
        /// Its name.
        name: String,
        /// What it becomes.
        change: ColumnChange,
        /// What it was, for the way down.
        from: Option<ColumnChange>,
    },
    /// Makes an index.
    CreateIndex {
        /// On this table.
        table: TableName,
        /// The index.
        index: Index,
        /// Without a lock that stops writers, on PostgreSQL.
        concurrently: bool,
        /// Nothing happens where there is one.
        if_not_exists: bool,
        /// It comes back; what MySQL had in its place for a foreign key goes.
        restored: bool,
    },
    /// Drops an index.
    DropIndex {
        /// Its name.
        name: String,
        /// Its table, where it is known.
        table: Option<TableName>,
        /// Nothing happens where there is none.
        if_exists: bool,
        /// Without a lock that stops writers, on PostgreSQL.
        concurrently: bool,
        /// What it was, for the way down.
        index: Option<Index>,
    },
    /// Renames an index.
    RenameIndex {
        /// Its table.
        table: TableName,
        /// What it is called.
        name: String,
        /// What it will be called.
        to: String,
    },
    /// Adds a key or a check to a table.
    AddConstraint {
        /// To this table.
        table: TableName,
        /// The key or check.
        constraint: Constraint,
    },
    /// Drops a key or a check.
    DropConstraint {
        /// From this table.
        table: TableName,
        /// What it is.
        kind: ConstraintKind,
        /// Its name; a primary key may have none.
        name: Option<String>,
        /// What it was, for the way down.
        constraint: Option<Constraint>,
    },
    /// Says what a table or a column is for.
    Comment {
        /// The table.
        table: TableName,
        /// The column in it, if it is about one.
        column: Option<String>,
        /// What it says; empty removes it.
        text: String,
        /// What it said before, for the way down.
        from: Option<String>,
    },
    /// Makes an enum type, where there are such.
    CreateEnum {
        /// Its name.
        name: TableName,
        /// Its values, in order.
        values: Vec<String>,
    },
    /// Drops an enum type.
    DropEnum {
        /// Its name.
        name: TableName,
        /// Its values, for the way down.
        values: Option<Vec<String>>,
    },
    /// Adds a value to an enum type.
    AddEnumValue {
        /// Its name.
        name: TableName,
        /// The new value.
        value: String,
        /// Where it stands among the others.
        position: Position,
        /// Nothing happens where there is one.
        if_not_exists: bool,
        /// The columns that hold it, where the values belong to the column; none where nothing is said about them.
        columns: Option<Vec<(TableName, String)>>,
    },
    /// Adds rows.
    Insert {
        /// To this table.
        table: TableName,
        /// The rows, each with its columns in sorted order.
        rows: Vec<Row>,
        /// The columns that tell the rows apart.
        key: Option<Vec<String>>,
        /// The types of columns, where the step says them.
        types: ColumnTypes,
    },
    /// Removes rows; only the way down of [`Operation::Insert`] does.
    Delete {
        /// From this table.
        table: TableName,
        /// The rows, by what tells them apart.
        rows: Vec<Row>,
        /// The types of columns, where the step says them.
        types: ColumnTypes,
    },
    /// SQL as it stands.
    Sql(PerDialect),
}

/// Types of columns, by the columns' names.
pub type ColumnTypes = BTreeMap<String, ColumnType>;

/// A row: its columns, sorted by name, and their values.
pub type Row = Vec<(String, Value)>;

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its primary key, uniques, foreign keys and checks, those written at a column included.
    pub constraints: Vec<Constraint>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// What it is for.
    pub comment: Option<String>,
    /// Nothing happens where there is one.
    pub if_not_exists: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its portable type.
    pub r#type: ColumnType,
    /// What replaces the type in some dialects.
    pub native: Option<PerDialect>,
    /// It may hold nothing.
    pub null: bool,
    /// What it holds where nothing is said.
    pub default: Option<Value>,
    /// The database numbers the rows.
    pub identity: bool,
    /// What it is for.
    pub comment: Option<String>,
    /// How its text compares.
    pub collation: Option<PerDialect>,
    /// The values of its enum.
    pub values: Option<Vec<String>>,
    /// It is computed from others.
    pub generated: Option<Generated>,
    /// The keys and checks written at the column itself.
    pub constraints: Vec<Constraint>,
}

/// How a column is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression.
    pub expression: PerDialect,
    /// Kept in the table, rather than computed when read.
    pub stored: bool,
}

/// What a column becomes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnChange {
    /// Its new type.
    pub r#type: Option<ColumnType>,
    /// What replaces the type in some dialects.
    pub native: Option<PerDialect>,
    /// The values of its enum.
    pub values: Option<Vec<String>>,
    /// Whether it may hold nothing.
    pub null: Option<bool>,
    /// What it holds where nothing is said.
    pub default: DefaultChange,
    /// What it is for; empty removes it.
    pub comment: Option<String>,
    /// How old values become new ones.
    pub using: Option<PerDialect>,
    /// What rows get that hold nothing.
    pub backfill: Option<PerDialect>,
}

/// What becomes of a column's default.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum DefaultChange {
    /// It stays.
    #[default]
    Keep,
    /// There is none any more.
    Drop,
    /// It is this.
    Set(Value),
}

/// What kind a constraint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConstraintKind {
    /// A primary key.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A check.
    Check,
}

impl ConstraintKind {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::PrimaryKey => "primary key",
            Self::Unique => "unique constraint",
            Self::ForeignKey => "foreign key",
            Self::Check => "check",
        }
    }
}

/// A key or a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name; only a primary key may have none.
    pub name: Option<String>,
    /// What it demands.
    pub rule: Rule,
}

/// What a key or a check demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The columns identify a row.
    PrimaryKey(Vec<String>),
    /// No two rows are alike in these columns.
    Unique(Vec<String>),
    /// The columns are found in another table.
    ForeignKey {
        /// The columns here.
        columns: Vec<String>,
        /// The table there.
        table: TableName,
        /// The columns there.
        references: Vec<String>,
        /// What happens here when a row there is deleted.
        on_delete: Action,
        /// What happens here when a key there changes.
        on_update: Action,
    },
    /// The expression is not false.
    Check(PerDialect),
}

impl Constraint {
    /// What kind it is.
    #[must_use]
    pub const fn kind(&self) -> ConstraintKind {
        match self.rule {
            Rule::PrimaryKey(_) => ConstraintKind::PrimaryKey,
            Rule::Unique(_) => ConstraintKind::Unique,
            Rule::ForeignKey { .. } => ConstraintKind::ForeignKey,
            Rule::Check(_) => ConstraintKind::Check,
        }
    }
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It refuses, at the end of the statement.
    #[default]
    #[serde(rename = "no_action")]
    Nothing,
    /// It refuses at once.
    Restrict,
    /// It follows.
    Cascade,
    /// It lets go.
    SetNull,
    /// It points to the default.
    SetDefault,
}

impl Action {
    /// In SQL.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Nothing => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// What it orders by.
    pub keys: Vec<IndexKey>,
    /// No two rows are alike in it.
    pub unique: bool,
    /// How it is built.
    pub method: Method,
    /// Which rows it holds.
    pub filter: Option<PerDialect>,
    /// What it carries besides.
    pub include: Vec<String>,
    /// What to do where a dialect cannot.
    pub fallback: Fallback,
}

/// One thing that an index orders by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// A column or an expression.
    pub of: KeyOf,
    /// Greatest first.
    pub descending: bool,
    /// Where rows stand that hold nothing.
    pub nulls: Option<Nulls>,
    /// Only so many characters or bytes, on MySQL and MariaDB.
    pub length: Option<u32>,
    /// How it compares, on PostgreSQL.
    pub opclass: Option<String>,
}

/// A column or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOf {
    /// A column.
    Column(String),
    /// An expression.
    Expression(PerDialect),
}

/// Where rows stand that hold nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Before all others.
    First,
    /// After all others.
    Last,
}

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A sorted tree.
    #[default]
    Btree,
    /// By hash.
    Hash,
    /// Inverted, for what holds many values.
    Gin,
    /// A search tree for shapes and ranges.
    Gist,
    /// The same, partitioned.
    Spgist,
    /// Summaries of blocks.
    Brin,
    /// Near vectors, by a graph.
    Hnsw,
    /// Near vectors, by lists.
    Ivfflat,
    /// Words of a text, on MySQL and MariaDB.
    Fulltext,
    /// Shapes, on MySQL and MariaDB.
    Spatial,
}

impl Method {
    /// The name in files, and in PostgreSQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Btree => "btree",
            Self::Hash => "hash",
            Self::Gin => "gin",
            Self::Gist => "gist",
            Self::Spgist => "spgist",
            Self::Brin => "brin",
            Self::Hnsw => "hnsw",
            Self::Ivfflat => "ivfflat",
            Self::Fulltext => "fulltext",
            Self::Spatial => "spatial",
        }
    }
}

/// What to do where a dialect cannot build an index as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Say so.
    #[default]
    Error,
    /// Build it without what the dialect lacks.
    Plain,
    /// Build none.
    Skip,
}

/// Where a new value of an enum stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// After all others.
    End,
    /// Before this one.
    Before(String),
    /// After this one.
    After(String),
}
