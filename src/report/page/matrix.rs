//! How many references lead from which branch to which, as a table: what stays readable where a picture would be a tangle.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{LineKind, Page};

/// The table: a row a branch that refers, a column a branch that is pointed to.
#[derive(Debug, Serialize)]
pub(super) struct Matrix {
    columns: Vec<String>,
    rows: Vec<MatrixRow>,
}

#[derive(Debug, Serialize)]
struct MatrixRow {
    branch: String,
    cells: Vec<MatrixCell>,
    declared: usize,
}

#[derive(Debug, Default, Clone, Serialize)]
struct MatrixCell {
    declared: usize,
    /// Of them, how many have orphans beyond what is allowed.
    orphaned: usize,
    found: usize,
    /// What the filter of the references is to be for these.
    filter: String,
}

impl Page<'_> {
    pub(super) fn matrix(&self) -> Matrix {
        let mut cells: BTreeMap<(String, String), MatrixCell> = BTreeMap::new();
        for listed in self.listed {
            let from = listed.known.branch.to_string();
            let to: BTreeSet<String> = listed.known.targets().map(|target| target.branch.to_string()).collect();
            for to in to {
                let cell = cells.entry((from.clone(), to)).or_default();
                cell.declared += 1;
                cell.orphaned += usize::from(super::is_orphaned(listed));
            }
        }
        for line in self.picture.lines.iter().filter(|line| line.kind == LineKind::Found) {
            cells.entry((line.from.0.clone(), line.to.0.clone())).or_default().found += 1;
        }
        let columns: BTreeSet<&String> = cells.keys().map(|(_, to)| to).collect();
        let rows: BTreeSet<&String> = cells.keys().map(|(from, _)| from).collect();
        let row = |from: &String| {
            let cell = |to: &&String| {
                let cell = cells.get(&(from.clone(), (*to).clone())).cloned().unwrap_or_default();
                // Branches' names are letters, digits, and what needs no escape in an address.
                MatrixCell { filter: format!("{from}%3E{to}"), ..cell }
            };
            MatrixRow {
                branch: from.clone(),
                cells: columns.iter().map(cell).collect(),
                declared: self.listed.iter().filter(|listed| listed.known.branch.as_str() == from).count(),
            }
        };
        Matrix { columns: columns.iter().map(ToString::to_string).collect(), rows: rows.into_iter().map(row).collect() }
    }
}
