//! `[[reference]]` as it is written: columns as texts, targets as a text, an array or a table.
//!
//! What makes no sense in itself is refused here, where serde knows the line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::reference::{Columns, OnDelete, Reference, ReferenceTarget, ReferenceTo, TablePath};
use crate::location::Location;
use crate::names::BranchName;

/// The sentence that serde gives a place to.
type Problem = String;

impl FromStr for Columns {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let problem = || format!("`{text}` is no column: write table.column or schema.table.column");
        let parts: Vec<&str> = text.split('.').collect();
        if parts.iter().any(|part| part.trim() != *part || part.is_empty() || part.contains(char::is_control)) {
            return Err(problem());
        }
        let (schema, table, column) = match parts.as_slice() {
            [table, column] => (None, table, column),
            [schema, table, column] => (Some((*schema).to_owned()), table, column),
            _ => return Err(problem()),
        };
        let table = TablePath { schema, table: (*table).to_owned() };
        let several = column.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        if let Some(several) = several.filter(|several| several.contains(',')) {
            let each: Vec<String> = several.split(',').map(|one| format!("\"{table}.{}\"", one.trim())).collect();
            return Err(format!("`{text}` is no column: several are an array, [{}]", each.join(", ")));
        }
        Ok(Self { table, columns: vec![(*column).to_owned()] })
    }
}

impl Columns {
    fn join(parts: Vec<Self>) -> Result<Self, Problem> {
        let mut parts = parts.into_iter();
        let mut all = parts.next().ok_or("no column is named")?;
        for part in parts {
            if part.table != all.table {
                return Err(format!("the columns are of two tables, {} and {}", all.table, part.table));
            }
            if all.columns.contains(&part.columns[0]) {
                return Err(format!("{part} is named twice"));
            }
            all.columns.extend(part.columns);
        }
        Ok(all)
    }
}

/// A target as it is written, where the branch may be left out for the revision's own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawTarget {
    branch: Option<BranchName>,
    columns: Columns,
}

impl FromStr for RawTarget {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (branch, columns) = match text.split_once(':') {
            Some((branch, columns)) => (Some(branch.parse().map_err(|error| format!("{error}"))?), columns),
            None => (None, text),
        };
        Ok(Self { branch, columns: columns.parse()? })
    }
}

impl RawTarget {
    fn join(parts: Vec<Self>) -> Result<Self, Problem> {
        let branch = parts.first().and_then(|first| first.branch.clone());
        if parts.iter().any(|part| part.branch != branch) {
            return Err("the columns are of several branches".to_owned());
        }
        let columns = Columns::join(parts.into_iter().map(|part| part.columns).collect())?;
        Ok(Self { branch, columns })
    }

    fn resolve(self, own: &BranchName) -> ReferenceTarget {
        ReferenceTarget { branch: self.branch.unwrap_or_else(|| own.clone()), columns: self.columns }
    }
}

/// Columns of the revision's own branch: a text, or an array of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawColumns(pub Columns);

impl<'de> Deserialize<'de> for RawColumns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = deserializer.deserialize_any(ToVisitor { maps: false })?;
        match raw {
            RawTo::One(RawTarget { branch: None, columns }) => Ok(Self(columns)),
            _ => Err(de::Error::custom("the referring column is one of this branch: write it without a branch")),
        }
    }
}

/// What stands behind `to`: a text, an array of texts, or a table from a discriminator's values to such.
#[derive(Debug)]
pub(super) enum RawTo {
    One(RawTarget),
    ByValue(BTreeMap<String, RawTo>),
}

impl<'de> Deserialize<'de> for RawTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToVisitor { maps: true })
    }
}

struct ToVisitor {
    maps: bool,
}

impl<'de> Visitor<'de> for ToVisitor {
    type Value = RawTo;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column such as \"users.id\", or an array of the columns of one table")?;
        if self.maps { f.write_str(", or a table of such by the values of `by`") } else { Ok(()) }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawTo, E> {
        text.parse().map(RawTo::One).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawTo, A::Error> {
        let mut parts = Vec::new();
        while let Some(text) = items.next_element::<String>()? {
            parts.push(text.parse().map_err(de::Error::custom)?);
        }
        RawTarget::join(parts).map(RawTo::One).map_err(de::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawTo, A::Error> {
        if !self.maps {
            return Err(de::Error::custom("a column such as \"users.id\" is wanted, not a table"));
        }
        let mut targets = BTreeMap::new();
        while let Some(value) = entries.next_key::<String>()? {
            let target = entries.next_value::<Nested>()?;
            targets.insert(value, target.0);
        }
        Ok(RawTo::ByValue(targets))
    }
}

/// A target inside a table of targets, which holds no further table.
struct Nested(RawTo);

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToVisitor { maps: false }).map(Self)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceShape {
    from: RawColumns,
    to: Spanned<RawTo>,
    by: Option<RawColumns>,
    #[serde(default)]
    on_delete: OnDelete,
    owner: Option<String>,
    reason: Option<String>,
    when: Option<String>,
    parent_filter: Option<String>,
    grace: Option<String>,
    max_orphans: Option<u64>,
}

/// A `[[reference]]` that makes sense in itself.
#[derive(Debug, Deserialize)]
#[serde(try_from = "ReferenceShape")]
pub(super) struct RawReference {
    shape: ReferenceShape,
    grace: Option<Duration>,
}

impl TryFrom<ReferenceShape> for RawReference {
    type Error = Problem;

    fn try_from(shape: ReferenceShape) -> Result<Self, Problem> {
        match (shape.to.get_ref(), &shape.by) {
            (RawTo::One(target), None) => same_length(&shape.from.0, target)?,
            (RawTo::One(_), Some(_)) => {
                return Err(
                    "`by` needs a table in `to`, from its values to columns; for one value use `when`".to_owned()
                );
            }
            (RawTo::ByValue(_), None) => {
                return Err("a table in `to` needs `by`, the column whose value decides".to_owned());
            }
            (RawTo::ByValue(targets), Some(by)) => by_value(&shape.from.0, targets, &by.0)?,
        }
        for (key, text) in [("when", &shape.when), ("parent_filter", &shape.parent_filter)] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                return Err(format!("`{key}` is empty"));
            }
        }
        let grace = match &shape.grace {
            None => None,
            Some(text) => {
                let duration = humantime::parse_duration(text);
                Some(duration.map_err(|_| format!("`grace`: `{text}` is no duration such as \"10m\""))?)
            }
        };
        Ok(Self { shape, grace })
    }
}

fn by_value(from: &Columns, targets: &BTreeMap<String, RawTo>, by: &Columns) -> Result<(), Problem> {
    if targets.is_empty() {
        return Err("`to` names no target".to_owned());
    }
    if by.columns.len() != 1 || by.table != from.table {
        return Err(format!("`by` must be one column of {}", from.table));
    }
    for target in targets.values() {
        if let RawTo::One(target) = target {
            same_length(from, target)?;
        }
    }
    Ok(())
}

fn same_length(from: &Columns, to: &RawTarget) -> Result<(), Problem> {
    let (mine, theirs) = (from.columns.len(), to.columns.columns.len());
    if mine == theirs { Ok(()) } else { Err(format!("`from` names {mine} columns and `to` {theirs}")) }
}

impl RawReference {
    /// What it says in a revision of that branch; the file's text tells where.
    pub(super) fn resolve(self, own: &BranchName, file: &Path, text: &str) -> Reference {
        let Self { shape, grace } = self;
        let declared_at = Location::of_offset(file, text, shape.to.span().start);
        let to = match (shape.to.into_inner(), shape.by) {
            (RawTo::One(target), _) => ReferenceTo::One(target.resolve(own)),
            (RawTo::ByValue(targets), by) => {
                let one = |to| match to {
                    RawTo::One(target) => Some(target.resolve(own)),
                    RawTo::ByValue(_) => None,
                };
                let targets = targets.into_iter().filter_map(|(value, to)| Some((value, one(to)?))).collect();
                ReferenceTo::Polymorphic { by: by.map_or_else(|| shape.from.0.clone(), |by| by.0), targets }
            }
        };
        Reference {
            from: shape.from.0,
            to,
            on_delete: shape.on_delete,
            owner: shape.owner,
            reason: shape.reason,
            when: shape.when,
            parent_filter: shape.parent_filter,
            grace,
            max_orphans: shape.max_orphans,
            declared_at,
        }
    }
}
