//! CREATE INDEX and DROP INDEX.

use super::super::effect::ObjectName;
use super::super::words::Words;

/// An index that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// Its name; PostgreSQL finds one by itself.
    pub name: Option<ObjectName>,
    /// The table.
    pub table: ObjectName,
    /// No two rows may be the same in it.
    pub unique: bool,
    /// CONCURRENTLY.
    pub concurrently: bool,
    /// IF NOT EXISTS, OR REPLACE.
    pub lenient: bool,
    /// What it is kept by: `btree`, `hnsw`.
    pub method: Option<String>,
    /// What it holds.
    pub items: Vec<IndexItem>,
}

/// One of the things that an index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexItem {
    /// The column, where it is one and no expression.
    pub column: Option<String>,
    /// Its code.
    pub code: Vec<String>,
}

/// Indexes that are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIndex {
    /// Their names.
    pub names: Vec<ObjectName>,
    /// The table, where it is said.
    pub table: Option<ObjectName>,
    /// CONCURRENTLY.
    pub concurrently: bool,
    /// IF EXISTS.
    pub lenient: bool,
}

pub(super) fn read(mut words: Words<'_>) -> Option<CreateIndex> {
    words.take("CREATE");
    let replaces = words.take("OR REPLACE");
    let mut unique = false;
    loop {
        if words.take("UNIQUE") {
            unique = true;
        } else if !words.take_any(&["FULLTEXT", "SPATIAL", "VECTOR", "ONLINE", "OFFLINE"]) {
            break;
        }
    }
    if !words.take("INDEX") {
        return None;
    }
    let concurrently = words.take("CONCURRENTLY");
    let lenient = words.take("IF NOT EXISTS") || replaces;
    let name = if words.peek()?.is_word("ON") { None } else { Some(words.name()?) };
    let mut method = None;
    if words.take("USING") {
        method = words.part();
    }
    if !words.take("ON") {
        return None;
    }
    words.take("ONLY");
    let table = words.name()?;
    if words.take("USING") {
        method = words.part();
    }
    let items = words.group().map(|group| group.items().iter().map(item).collect()).unwrap_or_default();
    let method = method.map(|method| method.to_lowercase());
    Some(CreateIndex { name, table, unique, concurrently, lenient, method, items })
}

fn item(item: &Words<'_>) -> IndexItem {
    let mut ahead = item.clone();
    let column =
        ahead.part().filter(|_| !ahead.peek().is_some_and(|next| next.is_punctuation("(") && !ahead.is_mysql()));
    IndexItem { column, code: item.rest().iter().map(|code| code.text.to_owned()).collect() }
}

pub(super) fn read_drop(mut words: Words<'_>) -> Option<DropIndex> {
    words.take("DROP");
    if !words.take("INDEX") {
        return None;
    }
    let concurrently = words.take("CONCURRENTLY");
    let lenient = words.take("IF EXISTS");
    let names = words.names()?;
    let table = if words.take("ON") { Some(words.name()?) } else { None };
    Some(DropIndex { names, table, concurrently, lenient })
}
