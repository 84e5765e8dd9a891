//! The tables of a branch as its revisions leave them, as far as scripts tell: who made which column, of which type.

use std::collections::BTreeMap;

use crate::graph::RevisionIndex;
use crate::sql::{
    Action, AlterTable, ChangeKind, Column, ConstraintKind, CreateTable, DataType, Ddl, ObjectKind, ObjectName,
    TableItem,
};

use super::branch::BranchScripts;

/// The tables of a branch when all its revisions are applied, on one dialect.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: BTreeMap<ObjectName, Table>,
    /// There may be other tables, or other columns, since a script does more than can be told.
    pub more: bool,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The revision that made it, and the line of its script.
    pub made_by: (RevisionIndex, usize),
    /// Its columns by name.
    pub columns: BTreeMap<String, TableColumn>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// The columns of each index and unique key, by its name; names of our own where it has none.
    pub indexes: BTreeMap<String, Vec<String>>,
    /// It may have columns that are not known: it is made from a query, or like another.
    pub more: bool,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct TableColumn {
    /// The revision that provides it under this name, and the line of its script.
    pub made_by: (RevisionIndex, usize),
    /// Its type, where it has one.
    pub data_type: Option<DataType>,
}

impl Tables {
    /// As the ways up of a branch leave them.
    #[must_use]
    pub fn of(scripts: &BranchScripts<'_>) -> Self {
        let mut tables = Self::default();
        for (revision, ways) in &scripts.revisions {
            let Some(up) = &ways.up else {
                tables.more |= ways.unread;
                continue;
            };
            tables.more |= !up.reading.effects.unknown.is_empty() || up.reading.effects.moves_names;
            for statement in &up.reading.statements {
                let by = (*revision, statement.line);
                match &statement.reading.ddl {
                    Some(ddl) => tables.follow(ddl, by),
                    None => {
                        for effect in &statement.reading.effects.known {
                            tables.follow_effect(effect.action, effect.kind, &effect.name, effect.to.as_deref());
                        }
                    }
                }
            }
        }
        tables
    }

    /// A table by its name; one that is written in other letters is found too, where there is only one.
    #[must_use]
    pub fn find(&self, schema: Option<&str>, name: &str) -> Option<(&ObjectName, &Table)> {
        let same_schema = |found: &ObjectName| match (&found.schema, schema) {
            (Some(found), Some(asked)) => found.eq_ignore_ascii_case(asked),
            _ => true,
        };
        let named = |exact: bool| {
            self.tables.iter().filter(move |(found, _)| {
                same_schema(found) && (found.name == name || (!exact && found.name.eq_ignore_ascii_case(name)))
            })
        };
        named(true).next().or_else(|| named(false).next().filter(|_| named(false).count() == 1))
    }

    /// All tables, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectName, &Table)> {
        self.tables.iter()
    }

    fn follow(&mut self, ddl: &Ddl, by: (RevisionIndex, usize)) {
        match ddl {
            Ddl::CreateTable(create) if create.temporary => {}
            Ddl::CreateTable(create) => {
                if !self.tables.contains_key(&create.name) || create.replaces {
                    self.tables.insert(create.name.clone(), Table::of(create, by));
                }
            }
            Ddl::AlterTable(alter) => self.alter(alter, by),
            Ddl::CreateIndex(create) => {
                let Some(table) = self.tables.get_mut(&create.table) else { return };
                let columns = create.items.iter().map_while(|item| item.column.clone()).collect();
                let name = create.name.as_ref().map(|name| name.name.clone());
                table.index(name, columns);
            }
            Ddl::DropIndex(drop) => {
                for table in self.tables.values_mut() {
                    table.indexes.retain(|name, _| !drop.names.iter().any(|dropped| dropped.name == *name));
                }
            }
        }
    }

    fn follow_effect(&mut self, action: Action, kind: ObjectKind, name: &ObjectName, to: Option<&str>) {
        match (action, kind, to) {
            (Action::Drops, ObjectKind::Table, _) => {
                self.tables.remove(name);
            }
            (Action::Renames, ObjectKind::Table, Some(to)) => {
                self.rename(name, ObjectName { schema: name.schema.clone(), name: to.to_owned() });
            }
            _ => {}
        }
    }

    fn rename(&mut self, from: &ObjectName, to: ObjectName) {
        if let Some(table) = self.tables.remove(from) {
            self.tables.insert(to, table);
        }
    }

    fn alter(&mut self, alter: &AlterTable, by: (RevisionIndex, usize)) {
        for change in &alter.changes {
            if let ChangeKind::RenameTable(to) = &change.kind {
                let schema = to.schema.clone().or_else(|| alter.name.schema.clone());
                self.rename(&alter.name, ObjectName { schema, name: to.name.clone() });
            } else if let Some(table) = self.tables.get_mut(&alter.name) {
                table.change(&change.kind, by);
            }
        }
    }
}

impl Table {
    fn of(create: &CreateTable, by: (RevisionIndex, usize)) -> Self {
        let mut table = Self {
            made_by: by,
            columns: BTreeMap::new(),
            primary_key: Vec::new(),
            indexes: BTreeMap::new(),
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

    fn index(&mut self, name: Option<String>, columns: Vec<String>) {
        let name = name.unwrap_or_else(|| format!("\0{}", self.indexes.len()));
        self.indexes.insert(name, columns);
    }

    fn add(&mut self, item: &TableItem, by: (RevisionIndex, usize)) {
        match item {
            TableItem::Column(column) => self.add_column(column, by),
            TableItem::Constraint(constraint) => {
                let columns = constraint.columns.clone();
                match constraint.kind {
                    ConstraintKind::PrimaryKey => {
                        self.primary_key.clone_from(&columns);
                        self.index(constraint.name.clone(), columns);
                    }
                    ConstraintKind::Unique => self.index(constraint.name.clone(), columns),
                    _ => {}
                }
            }
            TableItem::Index { name, columns, .. } => self.index(name.clone(), columns.clone()),
            TableItem::Other => self.more = true,
        }
    }

    fn add_column(&mut self, column: &Column, by: (RevisionIndex, usize)) {
        if column.primary_key {
            self.primary_key = vec![column.name.clone()];
        }
        if column.primary_key || column.unique {
            self.index(None, vec![column.name.clone()]);
        }
        let made = TableColumn { made_by: by, data_type: column.data_type.clone() };
        self.columns.entry(column.name.clone()).or_insert(made);
    }

    fn change(&mut self, change: &ChangeKind, by: (RevisionIndex, usize)) {
        match change {
            ChangeKind::Add(item, _) => self.add(item, by),
            ChangeKind::DropColumn { name, .. } => {
                self.columns.remove(name);
                self.indexes.retain(|_, columns| !columns.contains(name));
            }
            ChangeKind::DropConstraint { name, .. } | ChangeKind::DropIndex { name, .. } => {
                self.indexes.remove(name);
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

    fn rename_column(&mut self, from: &str, to: &str, by: (RevisionIndex, usize)) {
        if from == to {
            return;
        }
        let Some(column) = self.columns.remove(from) else { return };
        self.columns.insert(to.to_owned(), TableColumn { made_by: by, ..column });
        let keys = self.indexes.values_mut().chain([&mut self.primary_key]);
        for name in keys.flatten().filter(|name| **name == from) {
            to.clone_into(name);
        }
    }

    /// Whether an index, or a key, begins with these columns in any order.
    #[must_use]
    pub fn is_indexed(&self, columns: &[String]) -> bool {
        self.indexes.values().any(|index| {
            index.len() >= columns.len() && index[..columns.len()].iter().all(|column| columns.contains(column))
        })
    }
}
