//! Puts together what an engine says of its tables. Every engine answers with rows of texts of the same few makes, in any order
//! but that of parts: tables before what is in them, and the columns of a key or an index as they follow each other.

use std::collections::{HashMap, HashSet};

use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::catalog::{Catalog, Column, ForeignKey, Index, Table};
use crate::dialect::Dialect;
use crate::sql::ObjectName;

use super::error::{DatabaseError, DatabaseErrorKind};

/// The columns of one row.
pub(super) struct Texts(Vec<Option<String>>);

impl Texts {
    /// Takes a row whose columns are all texts.
    pub(super) fn of<'r, R>(database: &str, row: &'r R) -> Result<Self, DatabaseError>
    where
        R: Row,
        usize: ColumnIndex<R>,
        &'r str: Decode<'r, R::Database> + Type<R::Database>,
    {
        let text = |index| row.try_get::<Option<&'r str>, usize>(index).map(|text| text.map(str::to_owned));
        let texts = (0..row.len()).map(text).collect::<Result<_, _>>();
        texts.map(Self).map_err(|error| {
            let message = format!("the database's catalog cannot be read: {error}");
            DatabaseError::new(DatabaseErrorKind::Query, database, message)
        })
    }

    /// A column that always says something.
    pub(super) fn text(&mut self, index: usize) -> String {
        self.maybe(index).unwrap_or_default()
    }

    pub(super) fn maybe(&mut self, index: usize) -> Option<String> {
        self.0.get_mut(index).and_then(Option::take)
    }

    /// A text that says something, if it is not empty.
    pub(super) fn said(&mut self, index: usize) -> Option<String> {
        self.maybe(index).filter(|text| !text.is_empty())
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, index: usize) -> Option<T> {
        self.maybe(index)?.parse().ok()
    }

    /// Whether it says yes, in any engine's words.
    pub(super) fn is_true(&mut self, index: usize) -> bool {
        self.maybe(index).is_some_and(|text| matches!(text.as_str(), "1" | "t" | "true" | "YES"))
    }
}

/// One column of an index.
pub(super) struct IndexPart {
    pub(super) index: String,
    /// None where rows are not found by a column's values there.
    pub(super) column: Option<String>,
    pub(super) unique: bool,
    pub(super) partial: bool,
    pub(super) valid: bool,
    pub(super) ordered: bool,
    /// It is of the primary key.
    pub(super) primary: bool,
}

/// One column of a foreign key.
pub(super) struct ForeignKeyPart {
    /// What tells it apart from the others of its table.
    pub(super) key: String,
    pub(super) name: Option<String>,
    pub(super) column: String,
    pub(super) to_database: Option<String>,
    pub(super) to_table: ObjectName,
    /// None where it is not said: then it is a column of the primary key.
    pub(super) to_column: Option<String>,
}

/// A catalog that is being put together.
pub(super) struct Gathering {
    catalog: Catalog,
    places: HashMap<ObjectName, usize>,
    /// Indexes whose columns end before the index does.
    ended: HashSet<(usize, String)>,
    keys: HashMap<(usize, String), usize>,
    implicit: Vec<(usize, usize)>,
}

impl Gathering {
    pub(super) fn new() -> Self {
        let catalog =
            Catalog { dialect: Dialect::Postgres, name: String::new(), server: String::new(), tables: Vec::new() };
        Self { catalog, places: HashMap::new(), ended: HashSet::new(), keys: HashMap::new(), implicit: Vec::new() }
    }

    pub(super) fn database(&mut self, dialect: Dialect, name: String, server: String) {
        self.catalog.dialect = dialect;
        self.catalog.name = name;
        self.catalog.server = server;
    }

    pub(super) fn table(&mut self, name: ObjectName, visible: bool, comment: Option<String>, rows: Option<u64>) {
        self.places.insert(name.clone(), self.catalog.tables.len());
        self.catalog.tables.push(Table {
            name,
            visible,
            comment,
            rows,
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
        });
    }

    pub(super) fn get(&mut self, name: &ObjectName) -> Option<&mut Table> {
        self.places.get(name).map(|place| &mut self.catalog.tables[*place])
    }

    pub(super) fn column(&mut self, table: &ObjectName, column: Column) {
        if let Some(table) = self.get(table) {
            table.columns.push(column);
        }
    }

    pub(super) fn index_part(&mut self, table: &ObjectName, part: IndexPart) {
        let Some(&place) = self.places.get(table) else { return };
        let table = &mut self.catalog.tables[place];
        let IndexPart { index: name, column, unique, partial, valid, ordered, primary } = part;
        if primary {
            table.primary_key.extend(column.clone());
        }
        let at = table.indexes.iter().position(|index| index.name == name).unwrap_or_else(|| {
            table.indexes.push(Index { name: name.clone(), columns: Vec::new(), unique, ordered, partial, valid });
            table.indexes.len() - 1
        });
        let index = &mut table.indexes[at];
        match column {
            Some(column) if !self.ended.contains(&(place, name.clone())) => index.columns.push(column),
            // What is unique with more than these columns is not so in them alone.
            _ => {
                index.unique = false;
                self.ended.insert((place, name));
            }
        }
    }

    pub(super) fn foreign_key_part(&mut self, table: &ObjectName, part: ForeignKeyPart) {
        let Some(&place) = self.places.get(table) else { return };
        let keys = &mut self.catalog.tables[place].foreign_keys;
        let at = *self.keys.entry((place, part.key)).or_insert_with(|| {
            let (name, to_database, to_table) = (part.name, part.to_database, part.to_table);
            keys.push(ForeignKey { name, columns: Vec::new(), to_database, to_table, to_columns: Vec::new() });
            keys.len() - 1
        });
        keys[at].columns.push(part.column);
        match part.to_column {
            Some(column) => keys[at].to_columns.push(column),
            None => self.implicit.push((place, at)),
        }
    }

    /// Says how many values of a column differ.
    pub(super) fn distinct(&mut self, table: &ObjectName, column: &str, distinct: Option<u64>) {
        if let Some(table) = self.get(table)
            && let Some(column) = table.columns.iter_mut().find(|known| known.name == column)
        {
            column.distinct = column.distinct.or(distinct);
        }
    }

    pub(super) fn finish(mut self) -> Catalog {
        for (place, at) in std::mem::take(&mut self.implicit) {
            let target = self.catalog.tables[place].foreign_keys[at].to_table.clone();
            let columns = self.get(&target).map(|table| table.primary_key.clone()).unwrap_or_default();
            self.catalog.tables[place].foreign_keys[at].to_columns = columns;
        }
        self.catalog.tables.sort_by(|one, other| one.name.cmp(&other.name));
        self.catalog
    }
}
