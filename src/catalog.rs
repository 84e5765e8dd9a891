//! What a database's own catalog says of its tables: plain data, read by `database`, compared by the rules about references.
//!
//! Names are as the database keeps them. What only one engine has is said in words that all share: a column's kind tells what
//! its values are, whatever the engine calls the type.

use crate::dialect::Dialect;
use crate::sql::ObjectName;

/// The tables of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// The dialect.
    pub dialect: Dialect,
    /// The database's own name: on SQLite that of its file, without the ending.
    pub name: String,
    /// A text that is the same for all databases of one server; for SQLite the file.
    pub server: String,
    /// Its tables, views left out, by name; those of the tool itself are left out too.
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name; the schema is said on PostgreSQL only.
    pub name: ObjectName,
    /// Whether it is found without its schema.
    pub visible: bool,
    /// What the database keeps as its comment.
    pub comment: Option<String>,
    /// How many rows it has, as the database's statistics estimate; none where nobody has counted yet.
    pub rows: Option<u64>,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in the key's order; none where it has none.
    pub primary_key: Vec<String>,
    /// Its indexes, that of the primary key among them.
    pub indexes: Vec<Index>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the database writes it; empty where SQLite was told none.
    pub data_type: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What the database keeps as its comment; SQLite keeps none.
    pub comment: Option<String>,
    /// The collation, where it is a text and has one.
    pub collation: Option<String>,
    /// How many values it has that differ, as the database's statistics estimate.
    pub distinct: Option<u64>,
}

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// UUIDs of a type of their own.
    Uuid,
    /// Whole numbers.
    Integer {
        /// How many bits.
        bits: u8,
        /// Without negative ones.
        unsigned: bool,
    },
    /// Decimal numbers, with so many digits behind the point where that is said.
    Decimal {
        /// Digits behind the point.
        scale: Option<u32>,
    },
    /// Texts.
    Text {
        /// Whether the database compares them byte by byte: then its order is that of the bytes.
        bytewise: bool,
        /// Whether the database tells apart any two that differ in a byte: not where case, accents or spaces at the end do not
        /// count.
        exact: bool,
        /// Whether spaces at the end do not count: `char(n)`.
        padded: bool,
        /// The greatest length in characters, where there is one.
        length: Option<u32>,
    },
    /// Bytes, of that length where it is fixed.
    Binary {
        /// The fixed length.
        length: Option<u32>,
    },
    /// Whatever each row holds: SQLite, where the declared type says neither integer nor text nor blob.
    Loose,
    /// Something that is no key: dates, JSON, arrays.
    Other,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The columns by which rows are found in it, in order. It ends before the first that is an expression, or only the beginning
    /// of a value, or compared otherwise than the column itself is; it is empty where rows are found by something else, such as
    /// the words of a text.
    pub columns: Vec<String>,
    /// Whether no two of its rows may agree in all of them.
    pub unique: bool,
    /// Whether rows come out of it in the order of these columns.
    pub ordered: bool,
    /// Whether it holds only some of the rows.
    pub partial: bool,
    /// Whether it is in use: not invalid, and not half-built.
    pub valid: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name; SQLite has none.
    pub name: Option<String>,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The database that it leads into, where it is not this one.
    pub to_database: Option<String>,
    /// The table that it leads to.
    pub to_table: ObjectName,
    /// The columns that it leads to.
    pub to_columns: Vec<String>,
}

impl Catalog {
    /// A table by its name, as a script would find it: in other letters where only one such is there.
    #[must_use]
    pub fn table(&self, schema: Option<&str>, name: &str) -> Option<&Table> {
        let within = |table: &&Table| match schema {
            Some(schema) => table.name.schema.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(schema)),
            None => table.visible,
        };
        let exactly = self.tables.iter().filter(within).find(|table| table.name.name == name);
        exactly.or_else(|| only(self.tables.iter().filter(within), |table| table.name.name.eq_ignore_ascii_case(name)))
    }
}

impl Table {
    /// A column by its name, in other letters where only one such is there.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        let exactly = self.columns.iter().find(|column| column.name == name);
        exactly.or_else(|| only(self.columns.iter(), |column| column.name.eq_ignore_ascii_case(name)))
    }

    /// Whether an index of all rows begins with these columns, in any order.
    #[must_use]
    pub fn is_indexed(&self, columns: &[String]) -> bool {
        let usable = self.indexes.iter().filter(|index| index.valid && !index.partial);
        usable.map(|index| &index.columns).any(|index| {
            index.len() >= columns.len() && columns.iter().all(|column| index[..columns.len()].contains(column))
        })
    }

    /// Whether no two rows may agree in all of these columns.
    #[must_use]
    pub fn is_unique(&self, columns: &[String]) -> bool {
        let unique = self.indexes.iter().filter(|index| index.unique && index.valid && !index.partial);
        unique
            .map(|index| &index.columns)
            .chain([&self.primary_key])
            .any(|key| !key.is_empty() && key.iter().all(|column| columns.contains(column)))
    }

    /// The foreign key of exactly these columns, in any order.
    #[must_use]
    pub fn foreign_key(&self, columns: &[String]) -> Option<&ForeignKey> {
        let same = |key: &&ForeignKey| {
            key.columns.len() == columns.len() && key.columns.iter().all(|column| columns.contains(column))
        };
        self.foreign_keys.iter().find(same)
    }
}

fn only<T>(mut items: impl Iterator<Item = T>, is: impl Fn(&T) -> bool) -> Option<T> {
    let first = items.find(&is)?;
    items.find(&is).is_none().then_some(first)
}
