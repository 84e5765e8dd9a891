//! Indexes: their own statements, and their lines within MySQL's CREATE TABLE.

use super::value::parenthesized;
use super::{Context, Piece, ident, idents, is_mysql, sql, table as table_name};
use crate::dialect::Dialect;
use crate::schema::capability::{KeyPart, check_key, index_for};
use crate::schema::change::Change;
use crate::schema::error::Problem;
use crate::schema::name::TableName;
use crate::schema::operation::{Index, IndexKey, KeyOf, Method, Nulls};

pub(super) fn create(
    table: &TableName,
    index: &Index,
    concurrently: bool,
    if_not_exists: bool,
    context: &Context,
) -> Result<Vec<Piece>, Problem> {
    let dialect = context.dialect;
    let Some(index) = index_for(index, dialect)? else { return Ok(Vec::new()) };
    check_index(table, &index, context)?;
    let text = create_sql(table, &index, concurrently, if_not_exists, dialect)?;
    if if_not_exists && dialect == Dialect::Mysql {
        let change = Change::CreateIndex { name: index.name.clone(), sql: text, restored: Vec::new() };
        return Ok(vec![Piece::Alter(table.clone(), change)]);
    }
    Ok(sql(text))
}

fn create_sql(
    table: &TableName,
    index: &Index,
    concurrently: bool,
    if_not_exists: bool,
    dialect: Dialect,
) -> Result<String, Problem> {
    let mut text = format!("CREATE {}INDEX ", kind(index, dialect));
    if concurrently && dialect == Dialect::Postgres {
        text.push_str("CONCURRENTLY ");
    }
    if if_not_exists && dialect != Dialect::Mysql {
        text.push_str("IF NOT EXISTS ");
    }
    text.push_str(&ident(dialect, &index.name));
    text.push_str(" ON ");
    text.push_str(&table_name(dialect, table));
    if dialect == Dialect::Postgres && index.method != Method::Btree {
        text.push_str(" USING ");
        text.push_str(index.method.name());
    }
    text.push_str(&format!(" ({})", keys(index, dialect)?));
    if !index.include.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", idents(dialect, &index.include)));
    }
    if let Some(filter) = &index.filter {
        text.push_str(" WHERE ");
        text.push_str(filter.require(dialect, "where")?);
    }
    Ok(text)
}

/// MySQL may have an index for a foreign key in place of one that comes back; only the definition tells.
pub(super) fn restored(table: &TableName, index: &Index, made: Vec<Piece>) -> Vec<Piece> {
    let columns = index.keys.iter().map_while(|key| match &key.of {
        KeyOf::Column(name) if key.length.is_none() => Some(name.clone()),
        _ => None,
    });
    let columns: Vec<String> = columns.collect();
    made.into_iter()
        .map(|piece| match piece {
            Piece::Sql(sql) => {
                let change = Change::CreateIndex { name: index.name.clone(), sql, restored: columns.clone() };
                Piece::Alter(table.clone(), change)
            }
            alter => alter,
        })
        .collect()
}

/// The line of an index in MySQL's CREATE TABLE; none where it is to be left out.
pub(super) fn inline(table: &TableName, index: &Index, context: &Context) -> Result<Option<String>, Problem> {
    let dialect = context.dialect;
    let Some(index) = index_for(index, dialect)? else { return Ok(None) };
    check_index(table, &index, context)?;
    Ok(Some(format!("{}KEY {} ({})", kind(&index, dialect), ident(dialect, &index.name), keys(&index, dialect)?)))
}

fn check_index(table: &TableName, index: &Index, context: &Context) -> Result<(), Problem> {
    if matches!(index.method, Method::Fulltext | Method::Spatial) {
        return Ok(());
    }
    let parts: Vec<KeyPart<'_>> = index
        .keys
        .iter()
        .filter_map(|key| match &key.of {
            KeyOf::Column(name) => Some(KeyPart { name, r#type: context.column_type(table, name), length: key.length }),
            KeyOf::Expression(_) => None,
        })
        .collect();
    check_key(&parts, context.dialect)
}

fn kind(index: &Index, dialect: Dialect) -> &'static str {
    match index.method {
        _ if index.unique => "UNIQUE ",
        Method::Fulltext if is_mysql(dialect) => "FULLTEXT ",
        Method::Spatial if is_mysql(dialect) => "SPATIAL ",
        _ => "",
    }
}

fn keys(index: &Index, dialect: Dialect) -> Result<String, Problem> {
    let keys = index.keys.iter().map(|key| key_sql(key, dialect)).collect::<Result<Vec<_>, _>>()?;
    Ok(keys.join(", "))
}

fn key_sql(key: &IndexKey, dialect: Dialect) -> Result<String, Problem> {
    let mut text = match &key.of {
        KeyOf::Column(name) => ident(dialect, name),
        KeyOf::Expression(expression) => parenthesized(expression.require(dialect, "expression")?),
    };
    if let Some(length) = key.length.filter(|_| is_mysql(dialect)) {
        text.push_str(&format!("({length})"));
    }
    if let Some(opclass) = key.opclass.as_ref().filter(|_| dialect == Dialect::Postgres) {
        let parts: Vec<String> = opclass.split('.').map(|part| ident(dialect, part)).collect();
        text.push(' ');
        text.push_str(&parts.join("."));
    }
    if key.descending {
        text.push_str(" DESC");
    }
    match key.nulls {
        Some(Nulls::First) => text.push_str(" NULLS FIRST"),
        Some(Nulls::Last) => text.push_str(" NULLS LAST"),
        None => {}
    }
    Ok(text)
}

/// MySQL may need the index for a foreign key, so its definition is read first.
pub(super) fn drop(
    name: &str,
    table: Option<&TableName>,
    if_exists: bool,
    concurrently: bool,
    dialect: Dialect,
) -> Result<Vec<Piece>, Problem> {
    if is_mysql(dialect) {
        let Some(table) = table else {
            return Err(Problem::Senseless {
                message: format!("{dialect} must know the table of index `{name}`"),
                hint: Some("write `table = \"...\"`".to_owned()),
            });
        };
        let change = Change::DropIndex { name: name.to_owned(), if_exists };
        return Ok(vec![Piece::Alter(table.clone(), change)]);
    }
    let mut text = String::from("DROP INDEX ");
    if concurrently && dialect == Dialect::Postgres {
        text.push_str("CONCURRENTLY ");
    }
    if if_exists {
        text.push_str("IF EXISTS ");
    }
    text.push_str(&qualified(table, name, dialect));
    Ok(sql(text))
}

/// SQLite cannot rename an index, so it is made again under the other name.
pub(super) fn rename(table: &TableName, name: &str, to: &str, dialect: Dialect) -> Vec<Piece> {
    match dialect {
        Dialect::Postgres => {
            sql(format!("ALTER INDEX {} RENAME TO {}", qualified(Some(table), name, dialect), ident(dialect, to)))
        }
        Dialect::Mysql | Dialect::Mariadb => sql(format!(
            "ALTER TABLE {} RENAME INDEX {} TO {}",
            table_name(dialect, table),
            ident(dialect, name),
            ident(dialect, to)
        )),
        Dialect::Sqlite => {
            let change = Change::RenameIndex { from: name.to_owned(), to: to.to_owned() };
            vec![Piece::Alter(table.clone(), change)]
        }
    }
}

/// An index lives in the schema of its table.
fn qualified(table: Option<&TableName>, name: &str, dialect: Dialect) -> String {
    match table {
        Some(table) => table_name(dialect, &table.sibling(name)),
        None => ident(dialect, name),
    }
}
