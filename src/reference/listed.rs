//! What can be said of a reference beside the catalogs of both ends: whether its columns are there, may be NULL, have an index,
//! agree in type; whether the target is unique, and whether a foreign key could do.
//!
//! Pure. What is not known, because a database was not asked, is none and not no.

use super::agreement::{Agreement, agreement};
use super::known::Known;
use crate::catalog::{Catalog, Column, ForeignKey, Table};
use crate::names::BranchName;
use crate::revision::{Columns, ReferenceTarget, ReferenceTo};

/// A reference, and what the databases say of it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The reference.
    pub known: Known,
    /// Whether the referring columns may be NULL, one of them at least.
    pub nullable: Option<bool>,
    /// Whether an index finds the rows that refer to a parent.
    pub indexed: Option<bool>,
    /// How many rows the referring table has, as statistics say.
    pub rows: Option<u64>,
    /// What is not there, in words: `specs has no column user_id of projects`.
    pub missing: Vec<String>,
    /// Where it points.
    pub targets: Vec<ListedTarget>,
    /// Whether it could be a foreign key.
    pub foreign_key: Option<Possible>,
    /// Deletions that a sweep has not come to yet, where they are recorded.
    pub backlog: Option<Backlog>,
}

/// Where a reference points, and what the databases say of that end.
#[derive(Debug, Clone)]
pub struct ListedTarget {
    /// The columns.
    pub target: ReferenceTarget,
    /// The discriminator's value, of a polymorphic reference.
    pub value: Option<String>,
    /// Whether no two of its rows agree in the columns.
    pub unique: Option<bool>,
    /// The type of the referring columns.
    pub from_type: Option<String>,
    /// The type of the columns that it points to.
    pub to_type: Option<String>,
    /// Whether the two agree.
    pub agreement: Agreement,
}

/// Whether something is possible, and why or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible {
    /// Whether it is.
    pub possible: bool,
    /// Why, or why not.
    pub why: String,
}

/// Deletions that a sweep has not come to yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// How many.
    pub pending: u64,
    /// When the oldest of them was recorded: RFC 3339.
    pub oldest: Option<String>,
}

/// A real foreign key from a table of one branch to one of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crossing {
    /// The branch of the referring table.
    pub branch: BranchName,
    /// Its table and columns, as in `projects.user_id`.
    pub from: String,
    /// The branch of the other table.
    pub to_branch: BranchName,
    /// That table and its columns.
    pub to: String,
    /// The key's name, where it has one.
    pub name: Option<String>,
}

/// Looks a reference up in the catalogs of its ends. `catalog` gives those of branches that were asked.
#[must_use]
pub fn listed<'c>(known: Known, catalog: impl Fn(&BranchName) -> Option<&'c Catalog>) -> Listed {
    let own = catalog(&known.branch);
    let mut missing = Vec::new();
    let from = own.and_then(|own| End::find(own, &known.branch, &known.from, &mut missing));
    if let (Some(own), ReferenceTo::Polymorphic { by, .. }) = (own, &known.to) {
        End::find(own, &known.branch, by, &mut missing);
    }
    let values: Vec<Option<String>> = match &known.to {
        ReferenceTo::One(_) => vec![None],
        ReferenceTo::Polymorphic { targets, .. } => targets.keys().cloned().map(Some).collect(),
    };
    let mut targets = Vec::new();
    for (target, value) in known.targets().zip(values) {
        let to =
            catalog(&target.branch).and_then(|other| End::find(other, &target.branch, &target.columns, &mut missing));
        targets.push(of_target(target, value, from.as_ref(), to.as_ref()));
    }
    let foreign_key = own.zip(from.as_ref()).and_then(|(own, from)| possible(&known, own, from, &catalog, &targets));
    Listed {
        nullable: from.as_ref().map(|from| from.columns.iter().any(|column| column.nullable)),
        indexed: from.as_ref().map(|from| is_indexed(&known, from)),
        rows: from.as_ref().and_then(|from| from.table.rows),
        missing,
        targets,
        foreign_key,
        backlog: None,
        known,
    }
}

impl Listed {
    /// The target whose types say most: one that does not agree, where there is one.
    #[must_use]
    pub fn decisive(&self) -> Option<&ListedTarget> {
        let rank = |target: &&ListedTarget| match target.agreement.agrees {
            Some(false) => 0,
            None => 1,
            Some(true) => 2,
        };
        self.targets.iter().min_by_key(rank)
    }

    /// Whether all targets are unique, as far as they are known.
    #[must_use]
    pub fn unique(&self) -> Option<bool> {
        if self.targets.iter().any(|target| target.unique == Some(false)) {
            return Some(false);
        }
        self.targets.iter().all(|target| target.unique.is_some()).then_some(true)
    }

    /// What somebody should look at, a phrase each.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = self.missing.clone();
        remarks.extend(self.known.drift.as_ref().map(|drift| drift.what.clone()));
        for target in &self.targets {
            let at = target.value.as_ref().map_or_else(String::new, |value| format!("{value}: "));
            if target.agreement.agrees == Some(false) {
                let why = target.agreement.why.clone().unwrap_or_default();
                remarks.push(format!("{at}types differ: {why}"));
            }
            if target.unique == Some(false) {
                remarks.push(format!("{} is not unique", target.target));
            }
        }
        if self.indexed == Some(false) {
            remarks.push("no index".to_owned());
        }
        if let Some(Possible { possible: true, why }) = &self.foreign_key {
            remarks.push(format!("could be a foreign key: {why}"));
        }
        remarks
    }
}

/// Columns that are there.
struct End<'c> {
    catalog: &'c Catalog,
    table: &'c Table,
    columns: Vec<&'c Column>,
}

impl<'c> End<'c> {
    /// The columns; else what of them is missing is told.
    fn find(catalog: &'c Catalog, branch: &BranchName, columns: &Columns, missing: &mut Vec<String>) -> Option<Self> {
        let path = &columns.table;
        let Some(table) = catalog.table(path.schema.as_deref(), &path.table) else {
            missing.push(format!("{branch} has no table {path}"));
            return None;
        };
        let mut found = Vec::new();
        for name in &columns.columns {
            match table.column(name) {
                Some(column) => found.push(column),
                None => missing.push(format!("{branch} has no column {name} of {path}")),
            }
        }
        (found.len() == columns.columns.len()).then_some(Self { catalog, table, columns: found })
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    fn types(&self) -> String {
        self.columns.iter().map(|column| column.data_type.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn of_target(
    target: &ReferenceTarget,
    value: Option<String>,
    from: Option<&End<'_>>,
    to: Option<&End<'_>>,
) -> ListedTarget {
    let unknown = Agreement { agrees: None, why: None };
    let agreement = from.zip(to).map_or(unknown, |(from, to)| {
        let pairs = from.columns.iter().zip(&to.columns);
        let all = pairs.map(|(own, other)| agreement((from.catalog.dialect, own), (to.catalog.dialect, other)));
        // The worst of them is that of all.
        all.min_by_key(|one| match one.agrees {
            Some(false) => 0,
            None => 1,
            Some(true) => 2 + u8::from(one.why.is_none()),
        })
        .unwrap_or(Agreement { agrees: None, why: None })
    });
    ListedTarget {
        target: target.clone(),
        value,
        unique: to.map(|to| to.table.is_unique(&to.names())),
        from_type: from.map(End::types),
        to_type: to.map(End::types),
        agreement,
    }
}

/// Whether an index begins with the columns; of a polymorphic reference it may hold the discriminator too.
fn is_indexed(known: &Known, from: &End<'_>) -> bool {
    let names = from.names();
    let with = match &known.to {
        ReferenceTo::Polymorphic { by, .. } => Some([names.as_slice(), &by.columns].concat()),
        ReferenceTo::One(_) => None,
    };
    from.table.is_indexed(&names) || with.is_some_and(|columns| from.table.is_indexed(&columns))
}

fn possible<'c>(
    known: &Known,
    own: &Catalog,
    from: &End<'_>,
    catalog: &impl Fn(&BranchName) -> Option<&'c Catalog>,
    targets: &[ListedTarget],
) -> Option<Possible> {
    let no = |why: String| Some(Possible { possible: false, why });
    let ReferenceTo::One(target) = &known.to else {
        return no("another column decides where it points".to_owned());
    };
    let other = catalog(&target.branch)?;
    let Some(place) = common_place(own, other) else {
        return no("the two ends are in databases that no foreign key spans".to_owned());
    };
    let [of_target] = targets else { return None };
    if let Some(key) = from.table.foreign_key(&from.names()).filter(|key| leads_to(key, target)) {
        let name = key.name.as_ref().map_or_else(String::new, |name| format!(": {name}"));
        return no(format!("there is one already{name}"));
    }
    let unique = of_target.unique?;
    if !unique {
        return no(format!("{place}, but {} is not unique", target.columns));
    }
    if of_target.agreement.agrees != Some(true) {
        return no(format!("{place}, but the types differ"));
    }
    if known.when.is_some() || known.parent_filter.is_some() {
        return no(format!("{place}, but it has a condition"));
    }
    Some(Possible { possible: true, why: place.to_owned() })
}

/// What both ends are in, where a foreign key can lead from one to the other.
fn common_place(own: &Catalog, other: &Catalog) -> Option<&'static str> {
    if own.dialect != other.dialect || own.server != other.server {
        return None;
    }
    if own.name == other.name {
        return Some("both ends are in one database");
    }
    own.dialect.can().schemas_are_databases.then_some("both ends are on one server")
}

fn leads_to(key: &ForeignKey, target: &ReferenceTarget) -> bool {
    key.to_table.name.eq_ignore_ascii_case(&target.columns.table.table)
}

/// The real foreign keys that lead from a branch to another. `owner` says whose a table is that stands in a database of several
/// branches, where that is known.
#[must_use]
pub fn crossings<'c>(
    catalogs: &[(&'c BranchName, &'c Catalog)],
    owner: impl Fn(&BranchName, &str) -> Option<BranchName>,
) -> Vec<Crossing> {
    let mut found = Vec::new();
    for &(branch, catalog) in catalogs {
        for table in &catalog.tables {
            let mine = owner(branch, &table.name.name).unwrap_or_else(|| branch.clone());
            if mine != *branch {
                continue;
            }
            for key in &table.foreign_keys {
                let to = match &key.to_database {
                    Some(database) => {
                        let is_there = |other: &Catalog| other.server == catalog.server && other.name == *database;
                        catalogs.iter().find(|(_, other)| is_there(other)).map(|(other, _)| (*other).clone())
                    }
                    None => owner(branch, &key.to_table.name),
                };
                let Some(to_branch) = to.filter(|to| *to != mine) else { continue };
                found.push(Crossing {
                    branch: mine.clone(),
                    from: shown(&table.name.name, &key.columns),
                    to_branch,
                    to: shown(&key.to_table.name, &key.to_columns),
                    name: key.name.clone(),
                });
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn shown(table: &str, columns: &[String]) -> String {
    match columns {
        [column] => format!("{table}.{column}"),
        columns => format!("{table}.({})", columns.join(", ")),
    }
}
