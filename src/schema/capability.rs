//! What a dialect cannot say, found before anything is rendered: names too long, keys too long, indexes of a kind it lacks.
//!
//! A database would find most of it too, but late, half-way through a script, or (names on PostgreSQL) would say nothing.

use super::error::Problem;
use super::operation::{Constraint, Fallback, Index, KeyOf, Method, Operation, Table};
use super::types::ColumnType;
use crate::dialect::Dialect;

/// InnoDB's longest key, in bytes.
const LONGEST_MYSQL_KEY: u32 = 3072;

/// The names that an operation gives to things, or calls them by.
pub(super) fn names(operation: &Operation) -> Vec<&str> {
    match operation {
        Operation::CreateTable(table) | Operation::DropTable { table: Some(table), .. } => table_names(table),
        Operation::DropTable { name, .. } => vec![name.name()],
        Operation::RenameTable { name, to } => vec![name.name(), to],
        Operation::AddColumn { table, column, .. } => {
            let mut names = vec![table.name(), &column.name];
            names.extend(column.constraints.iter().filter_map(|constraint| constraint.name.as_deref()));
            names
        }
        Operation::DropColumn { table, name, .. } | Operation::AlterColumn { table, name, .. } => {
            vec![table.name(), name]
        }
        Operation::RenameColumn { table, name, to } | Operation::RenameIndex { table, name, to } => {
            vec![table.name(), name, to]
        }
        Operation::CreateIndex { table, index, .. } => vec![table.name(), &index.name],
        Operation::DropIndex { name, .. } => vec![name],
        Operation::AddConstraint { table, constraint: Constraint { name, .. } }
        | Operation::DropConstraint { table, name, .. } => {
            std::iter::once(table.name()).chain(name.as_deref()).collect()
        }
        Operation::Comment { table, .. } => vec![table.name()],
        Operation::CreateEnum { name, .. } | Operation::DropEnum { name, .. } => vec![name.name()],
        Operation::AddEnumValue { name, .. } => vec![name.name()],
        Operation::Insert { table, rows, .. } | Operation::Delete { table, rows, .. } => {
            let columns = rows.iter().flatten().map(|(column, _)| column.as_str());
            std::iter::once(table.name()).chain(columns).collect()
        }
        Operation::Sql(_) => Vec::new(),
    }
}

fn table_names(table: &Table) -> Vec<&str> {
    let mut names = vec![table.name.name()];
    names.extend(table.columns.iter().map(|column| column.name.as_str()));
    names.extend(table.constraints.iter().filter_map(|constraint| constraint.name.as_deref()));
    names.extend(table.indexes.iter().map(|index| index.name.as_str()));
    names
}

/// PostgreSQL cuts a name off after 63 bytes and says so in a notice only; MySQL refuses more than 64 characters.
pub(super) fn check_names(operation: &Operation, dialect: Dialect) -> Result<(), Problem> {
    let (too_long, limit): (fn(&str) -> bool, &'static str) = match dialect {
        Dialect::Postgres => (|name| name.len() > 63, "63 bytes"),
        Dialect::Mysql | Dialect::Mariadb => (|name| name.chars().count() > 64, "64 characters"),
        Dialect::Sqlite => return Ok(()),
    };
    match names(operation).into_iter().find(|name| too_long(name)) {
        Some(name) => Err(Problem::NameTooLong { dialect, name: name.to_owned(), limit }),
        None => Ok(()),
    }
}

/// An index as a dialect can build it; none where it is to be left out.
pub(super) fn index_for(index: &Index, dialect: Dialect) -> Result<Option<Index>, Problem> {
    let lacks = lacking(index, dialect);
    let Some(first) = lacks.first() else {
        return Ok(Some(index.clone()));
    };
    match index.fallback {
        Fallback::Skip => Ok(None),
        Fallback::Plain => plain(index, &lacks, dialect).map(Some),
        Fallback::Error => Err(unsupported(dialect, first, &index.name)),
    }
}

/// What of an index a dialect cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Method(Method),
    Partial,
    Include,
    Expression,
    Nulls,
}

fn lacking(index: &Index, dialect: Dialect) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    let postgres = dialect == Dialect::Postgres;
    let has_method = match index.method {
        Method::Btree => true,
        Method::Fulltext | Method::Spatial => mysql,
        _ => postgres,
    };
    if !has_method {
        lacks.push(Lack::Method(index.method));
    }
    if index.filter.is_some() && mysql {
        lacks.push(Lack::Partial);
    }
    if !index.include.is_empty() && !postgres {
        lacks.push(Lack::Include);
    }
    if dialect == Dialect::Mariadb && index.keys.iter().any(|key| matches!(key.of, KeyOf::Expression(_))) {
        lacks.push(Lack::Expression);
    }
    if !postgres && index.keys.iter().any(|key| key.nulls.is_some()) {
        lacks.push(Lack::Nulls);
    }
    lacks
}

fn plain(index: &Index, lacks: &[Lack], dialect: Dialect) -> Result<Index, Problem> {
    let mut plain = index.clone();
    for lack in lacks {
        match lack {
            Lack::Expression => return Err(unsupported(dialect, lack, &index.name)),
            Lack::Partial if index.unique => {
                return Err(Problem::Senseless {
                    message: format!(
                        "index `{}` is unique among some rows only; without its `where` it would refuse others",
                        index.name
                    ),
                    hint: Some("write `fallback = \"skip\"`, or `sql` for this dialect".to_owned()),
                });
            }
            Lack::Partial => plain.filter = None,
            Lack::Method(_) => plain.method = Method::Btree,
            Lack::Include => plain.include.clear(),
            Lack::Nulls => plain.keys.iter_mut().for_each(|key| key.nulls = None),
        }
    }
    Ok(plain)
}

fn unsupported(dialect: Dialect, lack: &Lack, name: &str) -> Problem {
    let what = match lack {
        Lack::Method(method) => format!("index method {} (index `{name}`)", method.name()),
        Lack::Partial => format!("partial indexes (index `{name}`)"),
        Lack::Include => format!("indexes that include columns (index `{name}`)"),
        Lack::Expression => format!("indexes on expressions (index `{name}`)"),
        Lack::Nulls => format!("order of nulls in an index (index `{name}`)"),
    };
    let hint = if *lack == Lack::Expression {
        "write `fallback = \"skip\"`, or index a generated column".to_owned()
    } else {
        "write `fallback = \"plain\"` for the index without it, or `fallback = \"skip\"` for none".to_owned()
    };
    Problem::Unsupported { dialect, what, hint }
}

/// One column of a key: its name, its type where the file says it, and how much of it is indexed.
pub(super) struct KeyPart<'a> {
    pub name: &'a str,
    pub r#type: Option<&'a ColumnType>,
    pub length: Option<u32>,
}

/// Whether InnoDB can build a key over these columns, as far as the file tells.
pub(super) fn check_key(parts: &[KeyPart<'_>], dialect: Dialect) -> Result<(), Problem> {
    if !matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
        return Ok(());
    }
    let mut total = 0_u32;
    for part in parts {
        let Some(r#type) = part.r#type else { continue };
        // The length of a text counts characters, of up to four bytes.
        let unit = if matches!(r#type, ColumnType::Binary(_) | ColumnType::Bytes) { 1 } else { 4 };
        let bytes = match (part.length, r#type.mysql_key_bytes()) {
            (Some(length), Some(all)) => length.saturating_mul(unit).min(all),
            (Some(length), None) => length.saturating_mul(unit),
            (None, Some(all)) => all,
            (None, None) => {
                let what = format!("column `{}`: what it holds has no limit", part.name);
                return Err(Problem::KeyTooLong { dialect, what });
            }
        };
        total = total.saturating_add(bytes);
    }
    if total > LONGEST_MYSQL_KEY {
        let columns: Vec<String> = parts.iter().map(|part| format!("`{}`", part.name)).collect();
        let what = format!("{}: up to {total} bytes, and a key has {LONGEST_MYSQL_KEY}", columns.join(", "));
        return Err(Problem::KeyTooLong { dialect, what });
    }
    Ok(())
}
