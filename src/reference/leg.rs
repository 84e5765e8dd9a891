//! The legs of references: from one pair of tables to another, with all that is known of both ends.
//!
//! A reference has one leg; a polymorphic one has one for each value of its discriminator, and one more for the rows whose value
//! it does not name. Pure: a reference and two catalogs in, legs out, or why there are none.

use crate::catalog::{Catalog, Column, ColumnKind, Table};
use crate::dialect::Dialect;
use crate::names::BranchName;
use crate::revision::{Columns, ReferenceTarget, ReferenceTo, TablePath};

use super::keys::{Condition, KeyColumn, KeyKind, KeySource, Reading, SourceColumn, compared_as};
use super::known::Known;

/// One leg.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// The discriminator's value, of a polymorphic reference.
    pub value: Option<String>,
    /// The referring columns.
    pub child: End,
    /// The columns that they point to.
    pub parent: End,
    /// The branch that holds those.
    pub parent_branch: BranchName,
    /// Without which a parent does not count.
    pub parent_filter: Option<String>,
}

/// One end of a leg.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// What is read of it.
    pub source: KeySource,
    /// How many rows its table has, as far as the database's statistics tell.
    pub rows: Option<u64>,
    /// How many keys differ among them, as far as they tell.
    pub distinct: Option<u64>,
    /// Whether an index begins with the columns, in their order, behind the discriminator.
    pub is_indexed: bool,
    /// Whether no two rows may share a key.
    pub is_unique: bool,
    /// Whether the database tells any two keys apart.
    pub is_exact: bool,
    /// Whether the order of the index is that of the keys' bytes, as far as the types tell.
    pub is_ordered: bool,
}

impl End {
    /// How its keys are read in their own order, where an index has it.
    #[must_use]
    pub const fn in_key_order(&self) -> Option<Reading> {
        match (self.is_indexed, self.is_unique, self.is_exact) {
            (false, ..) => None,
            // No two rows are taken for the same, so that none can hide behind another.
            (true, true, _) => Some(Reading::Ordered),
            (true, false, true) => Some(Reading::Grouped),
            (true, false, false) => None,
        }
    }

    /// How its keys are read in whatever order.
    #[must_use]
    pub fn in_any_order(&self) -> Reading {
        self.in_key_order().unwrap_or(if self.goes_by_row() { Reading::ByRow } else { Reading::Whole })
    }

    /// Whether something numbers the rows, and the database goes on behind a row as it orders them: the words of an enumeration
    /// are ordered by their places, and compared as texts.
    #[must_use]
    pub fn goes_by_row(&self) -> bool {
        let by_places = |column: &SourceColumn| {
            let data_type = column.data_type.to_ascii_lowercase();
            ["enum(", "set(", "bit("].iter().any(|word| data_type.starts_with(word))
        };
        !self.source.row.is_empty() && !self.source.row.iter().any(by_places)
    }
}

/// The rows of a polymorphic reference whose discriminator has a value that it does not name.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmapped {
    /// What is read of them.
    pub source: KeySource,
}

/// Why a reference cannot be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// A table is not there.
    #[error("{branch} has no table {table}")]
    Table {
        /// The branch.
        branch: BranchName,
        /// The table.
        table: TablePath,
    },
    /// A column is not there.
    #[error("{branch} has no column {column} of {table}")]
    Column {
        /// The branch.
        branch: BranchName,
        /// The table.
        table: TablePath,
        /// The column.
        column: String,
    },
    /// The types have no common form.
    #[error("{from} is {from_type}, and {to} is {to_type}: there is no common form to compare them by")]
    Types {
        /// The referring column.
        from: String,
        /// Its type.
        from_type: String,
        /// The column that it points to.
        to: String,
        /// That one's type.
        to_type: String,
    },
}

/// The legs of a reference; the catalog of a target's branch is looked up by its name.
///
/// # Errors
///
/// [`Lack`].
pub fn legs<'c>(
    known: &Known,
    own: &Catalog,
    catalog: impl Fn(&BranchName) -> Option<&'c Catalog>,
) -> Result<(Vec<Leg>, Option<Unmapped>), Lack> {
    let child = found(own, &known.branch, &known.from)?;
    let condition = known.when.iter().map(|when| Condition::Sql(when.clone()));
    let of_target = |target: &ReferenceTarget, value: Option<(SourceColumn, String)>| -> Result<Leg, Lack> {
        let unknown = || Lack::Table { branch: target.branch.clone(), table: target.columns.table.clone() };
        let other = catalog(&target.branch).ok_or_else(unknown)?;
        let parent = found(other, &target.branch, &target.columns)?;
        let kinds = kinds(known, target, &child, &parent, own.dialect == other.dialect)?;
        let by: Vec<String> = value.iter().map(|(column, _)| column.name.clone()).collect();
        let mut end = end(own.dialect, &child, &kinds, &by);
        end.source.conditions.extend(condition.clone());
        end.source.conditions.extend(value.iter().map(|(column, value)| Condition::Is(column.clone(), value.clone())));
        Ok(Leg {
            value: value.map(|(_, value)| value),
            child: end,
            parent: self::end(other.dialect, &parent, &kinds, &[]),
            parent_branch: target.branch.clone(),
            parent_filter: known.parent_filter.clone(),
        })
    };
    match &known.to {
        ReferenceTo::One(target) => Ok((vec![of_target(target, None)?], None)),
        ReferenceTo::Polymorphic { by, targets } => {
            let by = found(own, &known.branch, by)?;
            let [by] = by.columns.as_slice() else { return Ok((Vec::new(), None)) };
            let by = source_column(by);
            let legs = targets.iter().map(|(value, target)| of_target(target, Some((by.clone(), value.clone()))));
            let legs = legs.collect::<Result<Vec<Leg>, Lack>>()?;
            let texts: Vec<KeyKind> = child.columns.iter().map(|_| KeyKind::Text).collect();
            let mut source = end(own.dialect, &child, &texts, &[]).source;
            source.conditions.extend(condition);
            source.conditions.push(Condition::IsNone(by, targets.keys().cloned().collect()));
            Ok((legs, Some(Unmapped { source })))
        }
    }
}

struct Found<'c> {
    table: &'c Table,
    columns: Vec<&'c Column>,
}

fn found<'c>(catalog: &'c Catalog, branch: &BranchName, columns: &Columns) -> Result<Found<'c>, Lack> {
    let path = &columns.table;
    let missing = || Lack::Table { branch: branch.clone(), table: path.clone() };
    let table = catalog.table(path.schema.as_deref(), &path.table).ok_or_else(missing)?;
    let column = |name: &String| {
        let missing = || Lack::Column { branch: branch.clone(), table: path.clone(), column: name.clone() };
        table.column(name).ok_or_else(missing)
    };
    Ok(Found { table, columns: columns.columns.iter().map(column).collect::<Result<_, _>>()? })
}

fn kinds(
    known: &Known,
    target: &ReferenceTarget,
    child: &Found<'_>,
    parent: &Found<'_>,
    same_dialect: bool,
) -> Result<Vec<KeyKind>, Lack> {
    let pairs = child.columns.iter().zip(&parent.columns);
    pairs
        .map(|(own, other)| {
            // How another engine writes a date is not how this one does.
            let is_other = |column: &Column| column.kind == ColumnKind::Other;
            if (is_other(own) || is_other(other)) && !(same_dialect || is_text(own) || is_text(other)) {
                return Err(Lack::Types {
                    from: format!("{}:{}.{}", known.branch, known.from.table, own.name),
                    from_type: own.data_type.clone(),
                    to: format!("{}:{}.{}", target.branch, target.columns.table, other.name),
                    to_type: other.data_type.clone(),
                });
            }
            Ok(compared_as(own.kind, other.kind))
        })
        .collect()
}

const fn is_text(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Text { .. })
}

fn source_column(column: &Column) -> SourceColumn {
    SourceColumn { name: column.name.clone(), kind: column.kind, data_type: column.data_type.clone() }
}

fn end(dialect: Dialect, found: &Found<'_>, kinds: &[KeyKind], by: &[String]) -> End {
    let Found { table, columns } = found;
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let keys = columns
        .iter()
        .zip(kinds)
        .map(|(column, &compared_as)| KeyColumn { column: source_column(column), compared_as });
    let key: Vec<&Column> = table.primary_key.iter().filter_map(|name| table.column(name)).collect();
    let mut row: Vec<SourceColumn> = key.iter().map(|column| source_column(column)).collect();
    // Where a primary key may be NULL it does not number the rows.
    if dialect.can().numbers_rows && (key.is_empty() || key.iter().any(|column| column.nullable)) {
        row = row_number(table).into_iter().collect();
    }
    let distinct = match columns.as_slice() {
        [column] => column.distinct,
        _ => None,
    };
    End {
        source: KeySource { table: table.name.clone(), columns: keys.collect(), conditions: Vec::new(), row },
        rows: table.rows,
        distinct,
        is_indexed: is_indexed(table, by, &names),
        is_unique: table.is_unique(&names),
        is_exact: columns.iter().all(|column| is_exact(column.kind)),
        is_ordered: columns.iter().zip(kinds).all(|(column, &kind)| is_ordered(dialect, column.kind, kind)),
    }
}

/// What numbers the rows of a table that has no primary key, where the engine does. It goes by several names, and a column of the
/// table's own that has one of them is found instead: then by another, if there is one.
fn row_number(table: &Table) -> Option<SourceColumn> {
    let is_free = |name: &&str| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let name = ["rowid", "_rowid_", "oid"].into_iter().find(is_free)?;
    let kind = ColumnKind::Integer { bits: 64, unsigned: false };
    Some(SourceColumn { name: name.to_owned(), kind, data_type: String::new() })
}

/// Whether an index of all rows begins with the columns in this order, perhaps behind those whose values are given.
fn is_indexed(table: &Table, given: &[String], columns: &[String]) -> bool {
    table.indexes.iter().filter(|index| index.valid && index.ordered && !index.partial).any(|index| {
        let rest = index.columns.strip_prefix(given).unwrap_or(&index.columns);
        rest.starts_with(columns) || index.columns.starts_with(columns)
    })
}

/// Whether the database tells any two values apart, and groups only those that are the same.
const fn is_exact(kind: ColumnKind) -> bool {
    match kind {
        ColumnKind::Text { exact, .. } => exact,
        ColumnKind::Uuid | ColumnKind::Integer { .. } | ColumnKind::Decimal { .. } | ColumnKind::Binary { .. } => true,
        ColumnKind::Loose | ColumnKind::Other => false,
    }
}

/// Whether the database's order of the column is that of the keys' bytes. What only mostly is counts too: the order is looked
/// at as the keys come.
const fn is_ordered(dialect: Dialect, kind: ColumnKind, compared_as: KeyKind) -> bool {
    match (kind, compared_as) {
        (ColumnKind::Uuid, KeyKind::Uuid) => dialect.can().uuids_in_byte_order,
        (ColumnKind::Integer { .. }, KeyKind::Integer)
        | (ColumnKind::Binary { .. }, KeyKind::Bytes | KeyKind::Uuid) => true,
        (ColumnKind::Text { bytewise, .. }, KeyKind::Text | KeyKind::Uuid) => bytewise,
        _ => false,
    }
}
