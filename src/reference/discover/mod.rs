//! References that nobody declared: found by what comments say, by names and types, and by pairs of columns.
//!
//! It decides which columns of some databases look like references, to what, and how surely, from nothing but what their
//! catalogs and the scripts say. A finding tells what it stands on. What a comment names and nobody knows is said to be
//! unresolved, and never guessed; a type that does not fit is no reference, whatever the name.

mod arrays;
mod comments;
mod composite;
mod key_names;
mod names;
mod pairs;
mod people;
mod phrase;
#[cfg(test)]
mod phrase_tests;
mod placed;
mod remarks;
mod roles;
mod test;
mod things;
mod tokens;
mod types;
mod vocabulary;
mod words;
mod world;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Table};
use crate::names::BranchName;
use crate::revision::{Columns, ReferenceTarget, ReferenceTo, TablePath};
use crate::sql::ObjectName;

use super::known::{Known, Source};

pub use pairs::with_values;
pub use remarks::{in_portable_script, in_sql_script};
pub use write::lines;

use names::Pointed;
use world::{Spot, World};

/// A branch and its database, as far as they are looked at.
#[derive(Debug, Clone)]
pub struct Site {
    /// The branch.
    pub branch: BranchName,
    /// Other names of its database that comments may use.
    pub aliases: Vec<String>,
    /// Its tables.
    pub catalog: Catalog,
    /// What the scripts of applied revisions say beside columns and tables.
    pub remarks: Vec<Remark>,
    /// The references that are declared, in the files or in the database.
    pub declared: Vec<Known>,
}

/// A comment in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The table that it stands beside.
    pub table: ObjectName,
    /// The column; none where it stands beside the table.
    pub column: Option<String>,
    /// What it says.
    pub text: String,
    /// Where it stands: the file, and the line.
    pub place: String,
}

/// Where a finding points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Points {
    /// To these columns.
    One(ReferenceTarget),
    /// By the value of another column.
    ByType {
        /// That column.
        by: Columns,
        /// The targets of the values that are known.
        targets: BTreeMap<String, ReferenceTarget>,
        /// Values that no table fits.
        unknown: BTreeSet<String>,
        /// Tables that it could point to by their type.
        candidates: Vec<ReferenceTarget>,
    },
    /// Each element of a list: no reference that can be declared.
    Each(ReferenceTarget),
}

/// Something that looks like a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The branch of the referring columns.
    pub branch: BranchName,
    /// The referring columns.
    pub from: Columns,
    /// Where they point.
    pub points: Points,
    /// What says so.
    pub source: Source,
    /// How surely, from 0 to 1.
    pub confidence: f64,
    /// What it stands on, a sentence each.
    pub evidence: Vec<String>,
}

/// A comment that names something which nobody knows, or a name that fits several tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The branch of the column.
    pub branch: BranchName,
    /// The column.
    pub from: Columns,
    /// Why it could not be told where it points.
    pub reason: String,
    /// What it stands on, a sentence each.
    pub evidence: Vec<String>,
    /// What it may point to.
    pub candidates: Vec<ReferenceTarget>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Discovery {
    /// What looks like a reference, by branch, table and column.
    pub found: Vec<Found>,
    /// What could not be told.
    pub unresolved: Vec<Unresolved>,
}

impl Found {
    /// The word for how surely it is one.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.confidence {
            sure if sure >= 0.8 => "high",
            likely if likely >= 0.5 => "medium",
            _ => "low",
        }
    }

    /// It as a reference, where it could be declared as one.
    #[must_use]
    pub fn known(&self) -> Option<Known> {
        let to = match &self.points {
            Points::One(target) => ReferenceTo::One(target.clone()),
            Points::ByType { by, targets, .. } if !targets.is_empty() => {
                ReferenceTo::Polymorphic { by: by.clone(), targets: targets.clone() }
            }
            Points::ByType { .. } | Points::Each(_) => return None,
        };
        Some(Known::found(&self.branch, self.source, self.from.clone(), to))
    }

    /// The targets that are known.
    pub fn targets(&self) -> impl Iterator<Item = &ReferenceTarget> {
        let (one, several) = match &self.points {
            Points::One(target) | Points::Each(target) => (Some(target), None),
            Points::ByType { targets, .. } => (None, Some(targets.values())),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }
}

/// Looks at the columns of the branches that are asked for; the other branches are only what they may point to.
#[must_use]
pub fn discover(sites: &[Site], asked: &[BranchName]) -> Discovery {
    let world = World::new(sites);
    let mut discovery = Discovery::default();
    let mut settled: BTreeSet<Spot> = BTreeSet::new();
    let looked_at = || world.spots().filter(|spot| asked.contains(&world.site(*spot).branch));
    let tables: BTreeSet<_> = looked_at().map(|spot| (spot.0, spot.1)).collect();
    let together: Vec<_> =
        tables.into_iter().flat_map(|table| composite::look(&world, table, &mut discovery)).collect();
    settled.extend(together.iter().flat_map(|together| &together.columns));
    for spot in looked_at().filter(|spot| !world.is_known(*spot)) {
        if comments::look(&world, spot, &together, &mut discovery)
            || !settled.contains(&spot) && placed::look(&world, spot, &mut discovery)
        {
            settled.insert(spot);
        }
    }
    for spot in looked_at().filter(|spot| !world.is_known(*spot)) {
        if !settled.contains(&spot) && pairs::look(&world, spot, &mut discovery) {
            settled.insert(spot);
        }
    }
    // What is said of some columns tells more of those of which nothing is said.
    let left = looked_at().filter(|spot| !world.is_known(*spot) && !settled.contains(spot));
    let (said, unsaid): (Vec<Spot>, Vec<Spot>) = left.partition(|spot| !comments::of_column(&world, *spot).is_empty());
    for spots in [said, unsaid] {
        let pointed = Pointed::new(&world, &discovery.found);
        for spot in spots {
            names::look(&world, spot, &pointed, &mut discovery);
            arrays::look(&world, spot, &mut discovery);
        }
    }
    discovery.found.sort_by(|one, other| (&one.branch, &one.from).cmp(&(&other.branch, &other.from)));
    discovery.unresolved.sort_by(|one, other| (&one.branch, &one.from).cmp(&(&other.branch, &other.from)));
    discovery
}

/// A table as files name it: with its schema only where it is not found without.
#[must_use]
pub fn path_of(table: &Table) -> TablePath {
    let schema = table.name.schema.clone().filter(|_| !table.visible);
    TablePath { schema, table: table.name.name.clone() }
}

/// Two decimals: more would pretend to be measured.
fn rounded(confidence: f64) -> f64 {
    (confidence.clamp(0.05, 0.99) * 100.0).round() / 100.0
}
