//! CREATE TABLE, and the items that it and ADD have in common.

use super::super::effect::ObjectName;
use super::super::words::Words;
use super::column::Column;
use super::constraint::Constraint;

/// A table that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub name: ObjectName,
    /// IF NOT EXISTS, OR REPLACE, TEMPORARY: it is in the way of nothing.
    pub lenient: bool,
    /// OR REPLACE: what was there goes.
    pub replaces: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// What stands in its parentheses.
    pub items: Vec<TableItem>,
    /// The table that it is a partition of.
    pub partition_of: Option<ObjectName>,
    /// The table that it is made like.
    pub like: Option<ObjectName>,
    /// The tables that it inherits.
    pub inherits: Vec<ObjectName>,
    /// PARTITION BY: its rows are kept in others.
    pub partitioned: bool,
    /// What its rows are kept by: MySQL's ENGINE, SQLite's and PostgreSQL's USING.
    pub engine: Option<String>,
    /// There is an item that could not be read.
    pub unread: bool,
    /// How much code comes before what stands behind the columns: options, and a query.
    pub(in super::super) taken: usize,
}

/// A column, a constraint or an index of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableItem {
    /// A column.
    Column(Column),
    /// A constraint.
    Constraint(Constraint),
    /// An index within a table (MySQL, MariaDB); none where it has no name.
    Index {
        /// Its name.
        name: Option<String>,
        /// Its columns.
        columns: Vec<String>,
        /// Whether no two rows may be the same in them.
        unique: bool,
        /// Where it begins.
        offset: usize,
    },
    /// Something that has no name of its own: LIKE table, PERIOD FOR.
    Other,
}

/// What stands between CREATE and TABLE.
const BEFORE_TABLE: &[&str] = &["GLOBAL", "LOCAL", "UNLOGGED", "FOREIGN", "VIRTUAL"];

pub(super) fn read(mut words: Words<'_>) -> Option<CreateTable> {
    let all = words.rest().len();
    words.take("CREATE");
    let replaces = words.take("OR REPLACE");
    let mut temporary = false;
    loop {
        if words.take_any(&["TEMP", "TEMPORARY"]) {
            temporary = true;
        } else if !words.take_any(BEFORE_TABLE) {
            break;
        }
    }
    if !words.take("TABLE") {
        return None;
    }
    let lenient = words.take("IF NOT EXISTS") || replaces || temporary;
    let mut table = CreateTable {
        name: words.name()?,
        lenient,
        replaces,
        temporary,
        items: Vec::new(),
        partition_of: None,
        like: None,
        inherits: Vec::new(),
        partitioned: false,
        engine: None,
        unread: false,
        taken: 0,
    };
    if words.take("PARTITION OF") {
        table.partition_of = Some(words.name()?);
    }
    if words.take("LIKE") {
        table.like = Some(words.name()?);
    }
    let mut ahead = words.clone();
    let holds_query = |items: &Words<'_>| items.clone().take_any(&["SELECT", "WITH", "VALUES", "TABLE"]);
    // MySQL takes a query in parentheses where others have columns.
    if let Some(items) = ahead.group().filter(|items| !holds_query(items)) {
        for mut item in items.items() {
            let read = TableItem::read(&mut item);
            table.unread |= read.is_none();
            table.items.extend(read);
        }
        words = ahead;
    }
    if words.take("INHERITS")
        && let Some(parents) = words.group()
    {
        table.inherits = parents.items().into_iter().map(|mut parent| parent.name()).collect::<Option<_>>()?;
    }
    table.taken = all - words.rest().len();
    table.partitioned = words.clone().take_past(&["PARTITION BY"]);
    table.engine = engine(words);
    Some(table)
}

fn engine(mut options: Words<'_>) -> Option<String> {
    if !options.take_past(&["ENGINE", "USING"]) {
        return None;
    }
    options.take_punctuation("=");
    options.part().map(|engine| engine.to_lowercase())
}

impl TableItem {
    /// Takes one item to its end.
    pub(super) fn read(item: &mut Words<'_>) -> Option<Self> {
        let offset = item.peek()?.start;
        if item.take("CONSTRAINT") {
            // MySQL: the name may be missing.
            let named = !item.peek()?.is_any_word(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"]);
            let name = if named { Some(item.part()?) } else { None };
            return Constraint::read(item, name).map(Self::Constraint);
        }
        if item.peek()?.is_any_word(&["PRIMARY", "FOREIGN", "CHECK", "EXCLUDE"]) {
            return Constraint::read(item, None).map(Self::Constraint);
        }
        if item.take("LIKE") || (item.is_mysql() && item.take("PERIOD")) {
            return Some(Self::Other);
        }
        let is_mysql_index = item.is_mysql()
            && item.clone().take_any(&["UNIQUE", "FULLTEXT", "SPATIAL", "INDEX", "KEY", "VECTOR INDEX", "VECTOR KEY"]);
        if is_mysql_index {
            return Some(Self::mysql_index(item, offset));
        }
        if item.clone().take("UNIQUE") {
            return Constraint::read(item, None).map(Self::Constraint);
        }
        Column::read(item).map(Self::Column)
    }

    fn mysql_index(item: &mut Words<'_>, offset: usize) -> Self {
        let unique = item.take("UNIQUE");
        item.take_any(&["FULLTEXT", "SPATIAL", "VECTOR"]);
        item.take_any(&["INDEX", "KEY"]);
        item.take("IF NOT EXISTS");
        let is_nameless = item.peek().is_some_and(|code| code.is_punctuation("(") || code.is_word("USING"));
        let name = if is_nameless { None } else { item.part() };
        if item.take("USING") {
            item.next();
        }
        let columns = item.group().map(|group| super::columns(&group)).unwrap_or_default();
        Self::Index { name, columns, unique, offset }
    }
}
