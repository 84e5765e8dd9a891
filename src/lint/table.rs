//! A table as the statements about it leave it: its columns, its keys, its indexes, and who provides each column.

use std::collections::BTreeMap;

use crate::graph::RevisionIndex;
use crate::sql::{ChangeKind, Column, Constraint, ConstraintKind, CreateTable, DataType, TableItem};

/// A revision, and the line of its script.
pub type By = (RevisionIndex, usize);

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The revision that made it, or gave it its name, and the line of its script.
    pub made_by: By,
    /// Its columns by name.
    pub columns: BTreeMap<String, TableColumn>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// The columns of each index and unique key, by its name; names of our own where it has none.
    pub indexes: BTreeMap<String, Vec<String>>,
    /// The columns of its foreign keys.
    pub foreign_keys: Vec<Vec<String>>,
    /// Its checks; those that are not valid yet say so.
    pub checks: Vec<Constraint>,
    /// Its rows are kept in partitions.
    pub partitioned: bool,
    /// It may have columns that are not known: it is made from a query, or like another.
    pub more: bool,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct TableColumn {
    /// The revision that provides it under this name, of the column and of the table, and the line of its script.
    pub made_by: By,
    /// Its type, where it has one.
    pub data_type: Option<DataType>,
}

impl Table {
    pub(super) fn of(create: &CreateTable, by: By) -> Self {
        let mut table = Self {
            made_by: by,
            columns: BTreeMap::new(),
            primary_key: Vec::new(),
            indexes: BTreeMap::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            partitioned: create.partitioned,
            more: create.items.is_empty()
                || create.like.is_some()
                || create.partition_of.is_some()
                || !create.inherits.is_empty()
                || create.items.contains(&TableItem::Other),
        };
        for item in &create.items {
            table.add(item, by);
        }
        table
    }

    /// A column by its name, in other letters where there is only one such.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.get(name).or_else(|| {
            let mut alike = self.columns.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            alike.next().filter(|_| alike.next().is_none()).map(|(_, column)| column)
        })
    }

    /// Whether an index, or a key, begins with these columns in any order.
    #[must_use]
    pub fn is_indexed(&self, columns: &[String]) -> bool {
        self.indexes.values().any(|index| begins_with(index, columns))
    }

    /// Whether a foreign key begins with these columns in any order.
    #[must_use]
    pub fn has_foreign_key(&self, columns: &[String]) -> bool {
        self.foreign_keys.iter().any(|key| begins_with(key, columns))
    }

    /// A table of which nothing is known but that it is there.
    pub(super) const fn assumed(made_by: By) -> Self {
        Self {
            made_by,
            columns: BTreeMap::new(),
            primary_key: Vec::new(),
            indexes: BTreeMap::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            partitioned: false,
            more: false,
        }
    }

    /// Takes it that these columns are there.
    pub(super) fn assume(&mut self, columns: &[String], made_by: By) {
        for column in columns {
            if self.column(column).is_none() {
                self.columns.insert(column.clone(), TableColumn { made_by, data_type: None });
            }
        }
    }

    pub(super) fn index(&mut self, name: Option<String>, columns: Vec<String>) {
        let name = name.unwrap_or_else(|| format!("\0{}", self.indexes.len()));
        self.indexes.insert(name, columns);
    }

    /// The table gets its name from `by`; what a table of that name had before, within the same revision, was there already.
    pub(super) fn named(&mut self, by: By, before: Option<&Self>) {
        self.made_by = before.map_or(by, |before| before.made_by);
        for (name, column) in &mut self.columns {
            let known = before.and_then(|before| before.columns.get(name));
            column.made_by = known.map_or(by, |known| known.made_by);
        }
    }

    fn add(&mut self, item: &TableItem, by: By) {
        match item {
            TableItem::Column(column) => self.add_column(column, by),
            TableItem::Constraint(constraint) => self.add_constraint(constraint),
            TableItem::Index { name, columns, .. } => self.index(name.clone(), columns.clone()),
            TableItem::Other => self.more = true,
        }
    }

    fn add_constraint(&mut self, constraint: &Constraint) {
        let columns = constraint.columns.clone();
        match constraint.kind {
            // The columns are those of an index that was there.
            _ if constraint.using_index => {}
            ConstraintKind::PrimaryKey => {
                self.primary_key.clone_from(&columns);
                self.index(constraint.name.clone(), columns);
            }
            ConstraintKind::Unique => self.index(constraint.name.clone(), columns),
            ConstraintKind::ForeignKey(_) => self.foreign_keys.push(columns),
            ConstraintKind::Check(_) => self.checks.push(constraint.clone()),
            _ => {}
        }
    }

    fn add_column(&mut self, column: &Column, by: By) {
        if column.primary_key {
            self.primary_key = vec![column.name.clone()];
        }
        if column.primary_key || column.unique {
            self.index(None, vec![column.name.clone()]);
        }
        if column.references.is_some() {
            self.foreign_keys.push(vec![column.name.clone()]);
        }
        let made = TableColumn { made_by: by, data_type: column.data_type.clone() };
        self.columns.entry(column.name.clone()).or_insert(made);
    }

    pub(super) fn change(&mut self, change: &ChangeKind, by: By) {
        match change {
            ChangeKind::Add(item, _) => self.add(item, by),
            ChangeKind::DropColumn { name, .. } => {
                self.columns.remove(name);
                self.indexes.retain(|_, columns| !columns.contains(name));
                self.foreign_keys.retain(|columns| !columns.contains(name));
                if self.primary_key.contains(name) {
                    self.primary_key.clear();
                }
            }
            ChangeKind::DropConstraint { name, .. } => {
                self.checks.retain(|check| check.name.as_ref() != Some(name));
                self.drop_index(name);
            }
            ChangeKind::DropIndex { name, .. } => self.drop_index(name),
            ChangeKind::ValidateConstraint(name) => {
                let named = self.checks.iter_mut().filter(|check| check.name.as_ref() == Some(name));
                named.for_each(|check| check.not_valid = false);
            }
            ChangeKind::RenameConstraint { from, to } | ChangeKind::RenameIndex { from, to } => {
                self.rename_index(from, to);
            }
            ChangeKind::SetType { column, data_type, .. } => {
                if let Some(found) = self.columns.get_mut(column) {
                    found.data_type = Some(data_type.clone());
                }
            }
            ChangeKind::Redefine { from, column } => {
                self.rename_column(from, &column.name, by);
                if let Some(found) = self.columns.get_mut(&column.name) {
                    found.data_type.clone_from(&column.data_type);
                }
            }
            ChangeKind::RenameColumn { from, to } => self.rename_column(from, to, by),
            ChangeKind::DropPrimaryKey => self.primary_key.clear(),
            _ => {}
        }
    }

    pub(super) fn drop_index(&mut self, name: &str) {
        self.indexes.remove(name);
    }

    pub(super) fn rename_index(&mut self, from: &str, to: &str) {
        if let Some(columns) = self.indexes.remove(from) {
            self.indexes.insert(to.to_owned(), columns);
        }
    }

    fn rename_column(&mut self, from: &str, to: &str, by: By) {
        if from == to {
            return;
        }
        let Some(column) = self.columns.remove(from) else { return };
        self.columns.insert(to.to_owned(), TableColumn { made_by: by, ..column });
        let keys = self.indexes.values_mut().chain(&mut self.foreign_keys).chain([&mut self.primary_key]);
        for name in keys.flatten().filter(|name| **name == from) {
            to.clone_into(name);
        }
    }
}

fn begins_with(index: &[String], columns: &[String]) -> bool {
    index.get(..columns.len()).is_some_and(|first| {
        columns.iter().all(|column| first.iter().any(|indexed| indexed.eq_ignore_ascii_case(column)))
    })
}
