//! What the short forms of steps mean: keys written at columns, names that nobody gave, lists that must not be empty.

use super::name::{ColumnPath, TableName};
use super::operation::{
    Action, Column, ColumnTypes, Constraint, ConstraintKind, DefaultChange, Index, IndexKey, KeyOf, Operation, Row,
    Rule, Table,
};
use super::raw;
use super::types::ColumnType;
use crate::suggest::did_you_mean;

/// A table, of what `create_table` or `drop_table` says.
pub(super) fn resolve_table(
    name: TableName,
    raw_columns: Vec<raw::RawColumn>,
    keys: raw::TableKeys,
    if_not_exists: bool,
) -> Result<Table, String> {
    if raw_columns.is_empty() {
        return Err("a table needs a column".to_owned());
    }
    let mut columns = Vec::with_capacity(raw_columns.len());
    for mut raw in raw_columns {
        let keys = raw.keys();
        columns.push(resolve_column(&name, raw.name, raw.r#type, keys)?);
    }
    let mut inline_key: Vec<String> = Vec::new();
    let mut others: Vec<Constraint> = Vec::new();
    for column in &mut columns {
        for constraint in column.constraints.drain(..) {
            match constraint.rule {
                Rule::PrimaryKey(key) => inline_key.extend(key),
                _ => others.push(constraint),
            }
        }
    }
    let primary_key = match (keys.primary_key, inline_key.is_empty()) {
        (Some(_), false) => return Err("the primary key is said twice, at a column and at the table".to_owned()),
        (Some(key), true) => Some(Constraint { name: key.name, rule: Rule::PrimaryKey(key.columns) }),
        (None, false) => Some(Constraint { name: None, rule: Rule::PrimaryKey(inline_key) }),
        (None, true) => None,
    };
    if let Some(Constraint { rule: Rule::PrimaryKey(key), .. }) = &primary_key {
        // SQLite alone would let it be.
        columns.iter_mut().filter(|column| key.contains(&column.name)).for_each(|column| column.null = false);
    }
    others.extend(keys.unique.into_iter().map(|raw| named(&name, raw.name, Rule::Unique(raw.columns))));
    others.extend(keys.foreign_keys.into_iter().map(|raw| {
        let rule = foreign_key(raw.columns, raw.references, raw.on_delete, raw.on_update);
        named(&name, raw.name, rule)
    }));
    others.extend(
        keys.checks.into_iter().map(|raw| Constraint { name: Some(raw.name), rule: Rule::Check(raw.expression) }),
    );
    // What identifies rows comes first, then what points elsewhere, then what is only checked.
    others.sort_by_key(Constraint::kind);
    let constraints: Vec<Constraint> = primary_key.into_iter().chain(others).collect();
    let indexes = keys.indexes.into_iter().map(index_of_table).collect::<Result<Vec<_>, _>>()?;
    let table = Table { name, columns, constraints, indexes, comment: keys.comment, if_not_exists };
    check_table(&table)?;
    Ok(table)
}

fn check_table(table: &Table) -> Result<(), String> {
    let mut names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0].eq_ignore_ascii_case(pair[1])) {
        return Err(format!("column `{}` is there twice", pair[0]));
    }
    let known = |column: &String| {
        if names.binary_search(&column.as_str()).is_ok() {
            Ok(())
        } else {
            let hint = did_you_mean(column, names.iter().copied()).map_or_else(String::new, |hint| format!("; {hint}"));
            Err(format!("table `{}` has no column `{column}`{hint}", table.name))
        }
    };
    for constraint in &table.constraints {
        match &constraint.rule {
            Rule::PrimaryKey(columns) | Rule::Unique(columns) | Rule::ForeignKey { columns, .. } => {
                columns.iter().try_for_each(known)?;
            }
            Rule::Check(_) => {}
        }
    }
    for index in &table.indexes {
        for key in &index.keys {
            if let KeyOf::Column(column) = &key.of {
                known(column)?;
            }
        }
        index.include.iter().try_for_each(known)?;
    }
    let key = table.constraints.iter().find_map(|constraint| match &constraint.rule {
        Rule::PrimaryKey(columns) => Some(columns.as_slice()),
        _ => None,
    });
    for column in table.columns.iter().filter(|column| column.identity) {
        if key != Some(std::slice::from_ref(&column.name)) {
            return Err(format!("column `{}` has `identity`, so it must be the primary key, and alone", column.name));
        }
    }
    Ok(())
}

pub(super) fn resolve_column(
    table: &TableName,
    name: String,
    r#type: ColumnType,
    raw: raw::ColumnKeys,
) -> Result<Column, String> {
    let one = || vec![name.clone()];
    let mut constraints = Vec::new();
    if raw.primary_key {
        constraints.push(Constraint { name: None, rule: Rule::PrimaryKey(one()) });
    }
    if raw.unique {
        constraints.push(named(table, None, Rule::Unique(one())));
    }
    if let Some(target) = raw.references {
        constraints.push(named(table, None, foreign_key(one(), target, raw.on_delete, raw.on_update)));
    } else if raw.on_delete != Default::default() || raw.on_update != Default::default() {
        return Err("`on_delete` and `on_update` belong to `references`".to_owned());
    }
    if let Some(expression) = raw.check {
        let named = Some(format!("ck_{}_{name}", table.name()));
        constraints.push(Constraint { name: named, rule: Rule::Check(expression) });
    }
    let generated = raw::generated(raw.generated, raw.stored)?;
    if generated.is_some() && raw.default.is_some() {
        return Err(format!("column `{}` is generated and has a default", name));
    }
    let column = Column {
        name,
        r#type,
        native: raw.native,
        null: raw.null && !raw.primary_key,
        default: raw.default,
        identity: raw.identity,
        comment: raw.comment,
        collation: raw.collation,
        values: raw.values.map(distinct_values).transpose()?,
        generated,
        constraints,
    };
    check_identity(&column)?;
    Ok(column)
}

fn check_identity(column: &Column) -> Result<(), String> {
    use super::types::ColumnType::{BigInteger, Integer, SmallInteger};
    if !column.identity {
        return Ok(());
    }
    if !matches!(column.r#type, SmallInteger | Integer | BigInteger) {
        return Err(format!("column `{}` has `identity`, so it must be smallint, integer or bigint", column.name));
    }
    if column.null || column.default.is_some() || column.generated.is_some() {
        return Err(format!("column `{}` has `identity`, so it has no null, default or generated", column.name));
    }
    Ok(())
}

pub(super) fn resolve_alter(
    path: ColumnPath,
    change: raw::ChangeKeys,
    from: Option<raw::ChangeKeys>,
) -> Result<Operation, String> {
    let change = change.resolve()?;
    let from = from.map(raw::ChangeKeys::resolve).transpose()?;
    let nothing = change.r#type.is_none()
        && change.null.is_none()
        && change.default == DefaultChange::Keep
        && change.comment.is_none();
    if nothing {
        return Err("alter_column changes one of `type`, `null`, `default` and `comment`".to_owned());
    }
    if change.r#type.is_none() && (change.native.is_some() || change.values.is_some() || change.using.is_some()) {
        return Err("`native`, `values` and `using` belong to `type`".to_owned());
    }
    if change.backfill.is_some() && change.null != Some(false) {
        return Err("`backfill` belongs to `null = false`".to_owned());
    }
    Ok(Operation::AlterColumn { table: path.table, name: path.column, change, from })
}

fn index_of_table(mut raw: raw::RawIndex) -> Result<Index, String> {
    let keys = raw.keys();
    resolve_index(raw.name, raw.columns, keys)
}

pub(super) fn resolve_index(
    name: String,
    columns: Vec<raw::RawIndexKey>,
    raw: raw::IndexKeys,
) -> Result<Index, String> {
    if columns.is_empty() {
        return Err(format!("index `{name}` has no columns"));
    }
    let keys = columns.into_iter().map(|key| {
        let of = match (key.column, key.expression) {
            (Some(column), None) => KeyOf::Column(column),
            (None, Some(expression)) => KeyOf::Expression(expression),
            _ => return Err("a key of an index has either `column` or `expression`".to_owned()),
        };
        if key.length == Some(0) {
            return Err("`length = 0` indexes nothing".to_owned());
        }
        Ok(IndexKey {
            of,
            descending: key.order == Some(raw::Order::Desc),
            nulls: key.nulls,
            length: key.length,
            opclass: key.opclass,
        })
    });
    Ok(Index {
        keys: keys.collect::<Result<Vec<_>, _>>()?,
        name,
        unique: raw.unique,
        method: raw.method,
        filter: raw.r#where,
        include: raw.include,
        fallback: raw.fallback.into(),
    })
}

pub(super) fn resolve_insert(
    table: TableName,
    rows: Vec<Row>,
    key: Option<Vec<String>>,
    types: ColumnTypes,
) -> Result<Operation, String> {
    if rows.is_empty() || rows.iter().any(Vec::is_empty) {
        return Err("`insert` needs rows, and each row a column".to_owned());
    }
    for column in key.iter().flatten() {
        if rows.iter().any(|row| row.iter().all(|(name, _)| name != column)) {
            return Err(format!("a row lacks `{column}`, which is part of `key`"));
        }
    }
    let columns = || rows.iter().flatten().map(|(name, _)| name.as_str());
    if let Some(unused) = types.keys().find(|name| columns().all(|column| column != name.as_str())) {
        let hint = did_you_mean(unused, columns()).map_or_else(String::new, |hint| format!("; {hint}"));
        return Err(format!("`types` names `{unused}`, which no row holds{hint}"));
    }
    Ok(Operation::Insert { table, rows, key, types })
}

pub(super) fn distinct_values(values: Vec<String>) -> Result<Vec<String>, String> {
    if values.is_empty() {
        return Err("an enum needs values".to_owned());
    }
    let mut sorted: Vec<&String> = values.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("the value `{}` is there twice", pair[0])),
        None => Ok(values),
    }
}

pub(super) fn foreign_key(columns: Vec<String>, target: raw::Target, on_delete: Action, on_update: Action) -> Rule {
    Rule::ForeignKey { columns, table: target.table, references: target.columns, on_delete, on_update }
}

pub(super) fn add(table: TableName, name: Option<String>, rule: Rule) -> Operation {
    let constraint = named(&table, name, rule);
    Operation::AddConstraint { table, constraint }
}

/// A constraint under its own name, or the one that it gets everywhere: only a primary key stays without.
fn named(table: &TableName, name: Option<String>, rule: Rule) -> Constraint {
    let name = name.or_else(|| match &rule {
        Rule::PrimaryKey(_) | Rule::Check(_) => None,
        Rule::Unique(columns) => Some(format!("uq_{}_{}", table.name(), columns.join("_"))),
        Rule::ForeignKey { columns, .. } => Some(format!("fk_{}_{}", table.name(), columns.join("_"))),
    });
    Constraint { name, rule }
}

pub(super) fn drop_constraint(
    table: TableName,
    kind: ConstraintKind,
    name: Option<String>,
    rule: Option<Rule>,
) -> Result<Operation, String> {
    let constraint = rule.map(|rule| named(&table, name.clone(), rule));
    let name = name.or_else(|| constraint.as_ref().and_then(|constraint| constraint.name.clone()));
    if name.is_none() && kind != ConstraintKind::PrimaryKey {
        return Err("which one is to be dropped? Give its `name` or its `columns`".to_owned());
    }
    Ok(Operation::DropConstraint { table, kind, name, constraint })
}

/// Names that no database takes, and keys without columns.
pub(super) fn check_names(operation: &Operation) -> Result<(), String> {
    let names: Vec<&str> = super::capability::names(operation);
    if names.iter().any(|name| name.is_empty()) {
        return Err("a name is empty".to_owned());
    }
    let constraints: &[Constraint] = match operation {
        Operation::CreateTable(table) | Operation::DropTable { table: Some(table), .. } => &table.constraints,
        Operation::AddConstraint { constraint, .. }
        | Operation::DropConstraint { constraint: Some(constraint), .. } => std::slice::from_ref(constraint),
        _ => &[],
    };
    for constraint in constraints {
        match &constraint.rule {
            Rule::PrimaryKey(columns) | Rule::Unique(columns) if columns.is_empty() => {
                return Err(format!("a {} without columns", constraint.kind().words()));
            }
            Rule::ForeignKey { columns, references, .. } if columns.is_empty() || columns.len() != references.len() => {
                return Err("a foreign key has as many columns here as there".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}
