//! The way down of an operation, where what it says is enough to derive one.

use super::error::Problem;
use super::operation::{ColumnChange, DefaultChange, Operation, Row};
use super::value::{Literal, Value};

const OWN_WAY_DOWN: &str = "write the step's own `down = \"...\"`, or `irreversible = \"why\"` in revision.toml";

/// The operation that takes this one back.
///
/// # Errors
///
/// [`Problem::Irreversible`], with what is missing.
pub(super) fn reverse(operation: &Operation, key: &'static str) -> Result<Operation, Problem> {
    let no_way = || Problem::Irreversible { operation: key, hint: OWN_WAY_DOWN.to_owned() };
    let missing = |what: &str| Problem::Irreversible { operation: key, hint: format!("{what}; or {OWN_WAY_DOWN}") };
    Ok(match operation {
        Operation::CreateTable(table) => {
            Operation::DropTable { name: table.name.clone(), if_exists: table.if_not_exists, table: None }
        }
        Operation::DropTable { table, .. } => {
            Operation::CreateTable(table.clone().ok_or_else(|| missing("give the `columns` that the table had"))?)
        }
        Operation::RenameTable { name, to } => {
            Operation::RenameTable { name: name.sibling(to), to: name.name().to_owned() }
        }
        Operation::AddColumn { table, column, .. } => {
            Operation::DropColumn { table: table.clone(), name: column.name.clone(), if_exists: false, column: None }
        }
        Operation::DropColumn { table, column, .. } => Operation::AddColumn {
            table: table.clone(),
            column: column.clone().ok_or_else(|| missing("give the `type` that the column had"))?,
            backfill: None,
        },
        Operation::RenameColumn { table, name, to } => {
            Operation::RenameColumn { table: table.clone(), name: to.clone(), to: name.clone() }
        }
        Operation::AlterColumn { table, name, change, from } => Operation::AlterColumn {
            table: table.clone(),
            name: name.clone(),
            change: alter_back(change, from.as_ref()).map_err(|what| missing(&what))?,
            from: None,
        },
        Operation::CreateIndex { table, index, concurrently, if_not_exists, .. } => Operation::DropIndex {
            name: index.name.clone(),
            table: Some(table.clone()),
            if_exists: *if_not_exists,
            concurrently: *concurrently,
            index: Some(index.clone()),
        },
        Operation::DropIndex { table, index, concurrently, .. } => Operation::CreateIndex {
            table: table.clone().ok_or_else(|| missing("give the `table` of the index"))?,
            index: index.clone().ok_or_else(|| missing("give the `columns` that the index had"))?,
            concurrently: *concurrently,
            if_not_exists: false,
            restored: true,
        },
        Operation::RenameIndex { table, name, to } => {
            Operation::RenameIndex { table: table.clone(), name: to.clone(), to: name.clone() }
        }
        Operation::AddConstraint { table, constraint } => Operation::DropConstraint {
            table: table.clone(),
            kind: constraint.kind(),
            name: constraint.name.clone(),
            constraint: Some(constraint.clone()),
        },
        Operation::DropConstraint { table, constraint, .. } => Operation::AddConstraint {
            table: table.clone(),
            constraint: constraint
                .clone()
                .ok_or_else(|| missing("say what it was, as the operation that adds it does"))?,
        },
        Operation::Comment { table, column, from, .. } => Operation::Comment {
            table: table.clone(),
            column: column.clone(),
            text: from.clone().unwrap_or_default(),
            from: None,
        },
        Operation::CreateEnum { name, .. } => Operation::DropEnum { name: name.clone(), values: None },
        Operation::DropEnum { name, values } => Operation::CreateEnum {
            name: name.clone(),
            values: values.clone().ok_or_else(|| missing("give the `values` that the enum had"))?,
        },
        Operation::AddEnumValue { .. } => return Err(no_way()),
        Operation::Insert { table, rows, key, types } => {
            let rows: Vec<Row> = rows.iter().map(|row| keyed(row, key.as_deref())).collect();
            if !rows.iter().flatten().all(|(_, value)| found_again(value)) {
                return Err(missing("give the `key` of the rows: columns with plain values, which find them again"));
            }
            Operation::Delete { table: table.clone(), rows, types: types.clone() }
        }
        Operation::Delete { .. } | Operation::Sql(_) => return Err(no_way()),
    })
}

/// What tells a row apart: its key, or all that the file says of it.
fn keyed(row: &Row, key: Option<&[String]>) -> Row {
    row.iter().filter(|(name, _)| key.is_none_or(|key| key.contains(name))).cloned().collect()
}

/// What a database compares by its value: no JSON, which MySQL compares otherwise, and nothing that is computed.
const fn found_again(value: &Value) -> bool {
    match value {
        Value::Literal(literal) => !matches!(literal, Literal::List(_) | Literal::Table(_)),
        Value::Uuid(_) => true,
        Value::Function(_) | Value::Sql(_) => false,
    }
}

/// What a column was before it was changed. What may be null was not so before; the rest the file must tell.
fn alter_back(change: &ColumnChange, from: Option<&ColumnChange>) -> Result<ColumnChange, String> {
    let empty = ColumnChange::default();
    let from = from.unwrap_or(&empty);
    if change.r#type.is_some() && from.r#type.is_none() {
        return Err("give the type that it had, `from = { type = \"...\" }`".to_owned());
    }
    if change.comment.is_some() && from.comment.is_none() {
        return Err("give the comment that it had, `from = { comment = \"...\" }`".to_owned());
    }
    if change.default != DefaultChange::Keep && from.default == DefaultChange::Keep {
        return Err(
            "give the default that it had, `from = { default = ... }` or `from = { drop_default = true }`".to_owned()
        );
    }
    Ok(ColumnChange { null: from.null.or_else(|| change.null.map(|null| !null)), ..from.clone() })
}
