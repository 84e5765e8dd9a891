//! A way from a reference to one of its parents' tables, and what both databases' catalogs make of it.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Column, ColumnKind, Table};
use crate::database::{Capture, DatabaseError, KeyTable};
use crate::names::BranchName;
use crate::reference::Known;
use crate::revision::{Checksum, Columns, OnDelete, ReferenceTarget, ReferenceTo};

use super::super::super::error::RunError;

/// A reference, and a table that it leads to: a polymorphic one has several.
#[derive(Debug, Clone)]
pub struct Way {
    /// The reference.
    pub reference: Known,
    /// The parent's columns.
    pub target: ReferenceTarget,
    /// The values of the deciding column that lead there, where there is one.
    pub values: Option<(Columns, Vec<String>)>,
}

/// Why a way could not be gone, or not to its end.
#[derive(Debug, Clone)]
pub enum Problem {
    /// A database that could not be asked, or said no.
    Database(BranchName, DatabaseError),
    /// A guard says no.
    Run(RunError),
    /// Something that must be put right first.
    Refused {
        /// The branch that it is about.
        branch: BranchName,
        /// A stable name for machines.
        kind: &'static str,
        /// What is wrong.
        message: String,
        /// What helps.
        hint: Option<String>,
    },
}

impl Problem {
    pub(super) fn database(branch: &BranchName, error: DatabaseError) -> Self {
        Self::Database(branch.clone(), error)
    }

    /// What is wrong, in words.
    pub(in super::super) fn why(&self) -> String {
        match self {
            Self::Database(branch, error) => format!("{branch}: {}", error.message),
            Self::Run(error) => error.to_string(),
            Self::Refused { branch, message, .. } => format!("{branch}: {message}"),
        }
    }

    fn unfit(branch: &BranchName, message: String, hint: &str) -> Self {
        Self::Refused { branch: branch.clone(), kind: "unfit_reference", message, hint: Some(hint.to_owned()) }
    }
}

impl Way {
    /// The ways of these references; a table that two values lead to is one way.
    #[must_use]
    pub fn of(references: &[&Known]) -> Vec<Self> {
        references.iter().flat_map(|reference| Self::of_one(reference)).collect()
    }

    fn of_one(reference: &Known) -> Vec<Self> {
        let way =
            |target: &ReferenceTarget, values| Self { reference: reference.clone(), target: target.clone(), values };
        match &reference.to {
            ReferenceTo::One(target) => vec![way(target, None)],
            ReferenceTo::Polymorphic { by, targets } => {
                let mut by_target: BTreeMap<&ReferenceTarget, Vec<String>> = BTreeMap::new();
                for (value, target) in targets {
                    by_target.entry(target).or_default().push(value.clone());
                }
                by_target.into_iter().map(|(target, values)| way(target, Some((by.clone(), values)))).collect()
            }
        }
    }

    /// The parent's table, by its key.
    pub(in super::super) fn parent(&self, catalog: &Catalog) -> Result<KeyTable, Problem> {
        key_table(&self.target.branch, catalog, &self.target.columns)
    }

    /// Whether a target is the table and the columns whose deleted keys are of this source.
    pub(super) fn leads_to(&self, target: &ReferenceTarget, catalog: &Catalog, source: &Checksum) -> bool {
        let is_same = || {
            let table = key_table(&target.branch, catalog, &target.columns);
            table.is_ok_and(|table| Self::capture(&table).id == *source)
        };
        target.branch == self.target.branch && is_same()
    }

    /// What records the deleted keys of the parent's table.
    pub(super) fn capture(parent: &KeyTable) -> Capture {
        Capture::new(parent.name.clone(), parent.columns.clone())
    }

    /// The referring table, by the columns that refer.
    pub(in super::super) fn child(&self, catalog: &Catalog) -> Result<KeyTable, Problem> {
        let branch = &self.reference.branch;
        let mut table = key_table(branch, catalog, &self.reference.from)?;
        table.conditions.extend(self.reference.when.clone());
        if let Some((by, values)) = &self.values {
            let found = find(branch, catalog, by)?;
            let (name, kind) = column(branch, found, &by.columns[0])?;
            table.by = Some((name, kind, values.clone()));
        }
        Ok(table)
    }

    /// Refuses to change rows by a record that the files contradict: nobody may want that any longer.
    pub(super) fn refuse_drifted(&self) -> Result<(), Problem> {
        let drift = self.reference.drift.as_ref().filter(|drift| drift.misleads);
        match drift.filter(|_| self.reference.on_delete.changes_rows()) {
            None => Ok(()),
            Some(drift) => Err(Problem::Refused {
                branch: self.reference.branch.clone(),
                kind: "reference_drifted",
                message: drift.what.clone(),
                hint: Some(drift.hint.clone()),
            }),
        }
    }

    /// Refuses to set to NULL what must hold something.
    pub(super) fn refuse_fixed(&self, catalog: &Catalog, table: &KeyTable) -> Result<(), Problem> {
        if self.reference.on_delete != OnDelete::SetNull {
            return Ok(());
        }
        let branch = &self.reference.branch;
        let found = find(branch, catalog, &self.reference.from)?;
        let is_fixed =
            |column: &&Column| !column.nullable && table.columns.iter().any(|(name, _)| *name == column.name);
        let fixed: Vec<&str> = found.columns.iter().filter(is_fixed).map(|column| column.name.as_str()).collect();
        if fixed.is_empty() {
            return Ok(());
        }
        let message = format!("on_delete = \"set_null\", and {}.{} is NOT NULL", found.name, fixed.join(", "));
        Err(Problem::unfit(branch, message, "let the column be NULL, or declare another policy"))
    }
}

fn key_table(branch: &BranchName, catalog: &Catalog, columns: &Columns) -> Result<KeyTable, Problem> {
    let table = find(branch, catalog, columns)?;
    let columns = columns.columns.iter().map(|name| column(branch, table, name)).collect::<Result<Vec<_>, _>>()?;
    if let Some((name, _)) = columns.iter().find(|(_, kind)| *kind == ColumnKind::Other) {
        let message = format!("{}.{name} is of a type that is no key", table.name);
        return Err(Problem::unfit(branch, message, "keys are whole numbers, decimals, UUIDs, texts and bytes"));
    }
    Ok(KeyTable {
        name: table.name.clone(),
        columns,
        primary_key: table.primary_key.clone(),
        conditions: Vec::new(),
        by: None,
    })
}

fn find<'c>(branch: &BranchName, catalog: &'c Catalog, columns: &Columns) -> Result<&'c Table, Problem> {
    catalog.table(columns.table.schema.as_deref(), &columns.table.table).ok_or_else(|| {
        let message = format!("there is no table {} in {}", columns.table, catalog.name);
        Problem::unfit(branch, message, "was it dropped or renamed while the reference was live?")
    })
}

fn column(branch: &BranchName, table: &Table, name: &str) -> Result<(String, ColumnKind), Problem> {
    let found = table.column(name).map(|column| (column.name.clone(), column.kind));
    found.ok_or_else(|| {
        let message = format!("the table {} has no column {name}", table.name);
        Problem::unfit(branch, message, "was it dropped or renamed while the reference was live?")
    })
}
