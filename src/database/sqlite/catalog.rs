//! What SQLite says of its tables. It keeps no comments, but the text of each CREATE TABLE as it was written, so that what
//! stands beside a column there is the column's comment. No statistics are there before the first ANALYZE.

use std::collections::{BTreeMap, HashMap};

use crate::catalog::{Catalog, Column, ColumnKind};
use crate::dialect::Dialect;
use crate::sql::{self, Ddl, ObjectName, TableItem};

use super::super::catalog::{ForeignKeyPart, Gathering, IndexPart, Texts};
use super::super::error::DatabaseError;
use super::Sqlite;

/// The tables that are looked at: no views, nothing virtual, nothing of ours or of SQLite itself.
const OWN: &str = "pragma_table_list AS t WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE \
                   '\\' AND t.name NOT LIKE 'branchline\\_%' ESCAPE '\\'";

/// How each row of a query begins: its make, and the table.
const TABLES: &str =
    "SELECT 'table', t.name, (SELECT m.sql FROM sqlite_schema m WHERE m.type = 'table' AND m.name = t.name) FROM ";

const COLUMNS: &str = "SELECT 'column', t.name, x.name, x.type, CAST(x.\"notnull\" AS text), CAST(x.pk AS text) FROM \
                       pragma_table_list AS t JOIN pragma_table_xinfo(t.name, 'main') AS x ON x.hidden <> 1 AND t.name IN ";

const INDEXES: &str = "SELECT 'index', t.name, i.name, x.name, CAST(i.\"unique\" AS text), CAST(i.partial AS text), x.coll, \
                       i.origin FROM pragma_table_list AS t JOIN pragma_index_list(t.name, 'main') AS i JOIN \
                       pragma_index_xinfo(i.name, 'main') AS x ON x.key = 1 AND t.name IN ";

const FOREIGN_KEYS: &str = "SELECT 'foreign key', t.name, CAST(f.id AS text), f.\"from\", f.\"table\", f.\"to\" FROM \
                            pragma_table_list AS t JOIN pragma_foreign_key_list(t.name, 'main') AS f ON t.name IN ";

const STATISTICS: &str = "SELECT 'statistics', tbl, idx, CAST(stat AS text) FROM sqlite_stat1";

/// Looked at before it is asked for: it is there after the first ANALYZE.
const HAS_STATISTICS: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'";

/// What compares texts byte by byte.
const BINARY: &str = "BINARY";

/// The rowid's own order, where the primary key is that.
const ROWID: &str = "rowid";

/// What the text of a CREATE TABLE says.
#[derive(Default)]
struct Written {
    collations: HashMap<String, String>,
    comments: HashMap<Option<String>, String>,
}

impl Sqlite {
    pub(in super::super) async fn catalog(&mut self) -> Result<Catalog, DatabaseError> {
        let mut gathering = Gathering::new();
        let file = self.file.file();
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let server = file.canonicalize().unwrap_or(file).display().to_string();
        gathering.database(Dialect::Sqlite, name, server);
        // A file that is not there has no tables.
        if self.connection.is_none() {
            return Ok(gathering.finish());
        }
        let mut queries = vec![format!("{TABLES}{OWN}")];
        let within =
            |query, order| format!("{query}(SELECT t.name FROM {OWN}) AND t.schema = 'main' ORDER BY t.name, {order}");
        queries.push(within(COLUMNS, "x.cid"));
        queries.push(within(INDEXES, "i.name, x.seqno"));
        queries.push(within(FOREIGN_KEYS, "f.id, f.seq"));
        if !self.rows(HAS_STATISTICS).await?.is_empty() {
            queries.push(STATISTICS.to_owned());
        }
        let rows = self.rows(&queries.join(";")).await?;
        let mut reading = Reading { gathering, written: HashMap::new(), keys: HashMap::new() };
        for row in &rows {
            let mut texts = Texts::of(&self.database, row)?;
            reading.take(&mut texts);
        }
        Ok(reading.finish())
    }
}

struct Reading {
    gathering: Gathering,
    written: HashMap<String, Written>,
    /// The columns of each primary key, by their places in it.
    keys: HashMap<String, BTreeMap<u32, String>>,
}

impl Reading {
    fn take(&mut self, row: &mut Texts) {
        let make = row.text(0);
        let name = row.text(1);
        let table = ObjectName { schema: None, name: name.clone() };
        match make.as_str() {
            "table" => {
                let written = Written::read(&row.text(2));
                self.gathering.table(table, true, written.comments.get(&None).cloned(), None);
                self.written.insert(name, written);
            }
            "column" => {
                let column = self.column(&name, row);
                if let Some(place) = row.number(5).filter(|place| *place > 0) {
                    self.keys.entry(name).or_default().insert(place, column.name.clone());
                }
                self.gathering.column(&table, column);
            }
            "index" => {
                let collation = row.text(6);
                let own = |column: &String| self.collation(&name, column).eq_ignore_ascii_case(&collation);
                let part = IndexPart {
                    index: row.text(2),
                    column: row.maybe(3).filter(own),
                    unique: row.is_true(4),
                    partial: row.is_true(5),
                    valid: true,
                    ordered: true,
                    // What `finish` says of all tables.
                    primary: false,
                };
                if row.text(7) == "pk" {
                    self.has_index_of_key(&table);
                }
                self.gathering.index_part(&table, part);
            }
            "foreign key" => {
                let part = ForeignKeyPart {
                    key: row.text(2),
                    name: None,
                    column: row.text(3),
                    to_database: None,
                    to_table: self.as_kept(&row.text(4)),
                    to_column: row.maybe(5),
                };
                self.gathering.foreign_key_part(&table, part);
            }
            _ => self.statistics(&table, row.maybe(2), &row.text(3)),
        }
    }

    /// A foreign key may name a table in other letters.
    fn as_kept(&self, name: &str) -> ObjectName {
        let kept = self.written.keys().find(|kept| kept.eq_ignore_ascii_case(name));
        ObjectName { schema: None, name: kept.map_or_else(|| name.to_owned(), Clone::clone) }
    }

    fn collation(&self, table: &str, column: &str) -> &str {
        let written = self.written.get(table);
        written.and_then(|written| written.collations.get(&column.to_lowercase())).map_or(BINARY, String::as_str)
    }

    fn column(&self, table: &str, row: &mut Texts) -> Column {
        let (name, data_type) = (row.text(2), row.text(3));
        let collation = self.collation(table, &name).to_owned();
        let kind = kind(&data_type, collation.eq_ignore_ascii_case(BINARY));
        let written = self.written.get(table);
        let comment = written.and_then(|written| written.comments.get(&Some(name.to_lowercase())).cloned());
        let is_text = matches!(kind, ColumnKind::Text { .. });
        let collation = Some(collation).filter(|_| is_text);
        Column { name, data_type, kind, nullable: !row.is_true(4), comment, collation, distinct: None }
    }

    /// The key has an index of its own: it is not the rowid.
    fn has_index_of_key(&mut self, table: &ObjectName) {
        let columns = self.keys.remove(&table.name).unwrap_or_default().into_values().collect::<Vec<_>>();
        if let Some(table) = self.gathering.get(table)
            && table.primary_key.is_empty()
        {
            table.primary_key = columns;
        }
    }

    /// `100 10 1`: that many rows, of which so many have the same first column, and so many the same first two.
    fn statistics(&mut self, table: &ObjectName, index: Option<String>, stat: &str) {
        let mut numbers = stat.split_whitespace().map_while(|number| number.parse::<u64>().ok());
        let Some(table) = self.gathering.get(table) else { return };
        let Some(rows) = numbers.next() else { return };
        table.rows = table.rows.max(Some(rows));
        let index = index.and_then(|name| table.indexes.iter().find(|index| index.name == name));
        let column = index.filter(|index| !index.partial).and_then(|index| index.columns.first()).cloned();
        let distinct = numbers.next().filter(|same| *same > 0).map(|same| (rows / same).max(1));
        if let Some(column) = column.and_then(|name| table.columns.iter_mut().find(|column| column.name == name)) {
            column.distinct = column.distinct.or(distinct);
        }
    }

    fn finish(mut self) -> Catalog {
        // What is left has no index of its own: it is the rowid, in whose order the rows are kept.
        for (name, key) in std::mem::take(&mut self.keys) {
            let table = ObjectName { schema: None, name };
            for name in key.into_values() {
                if let Some(column) = self
                    .gathering
                    .get(&table)
                    .and_then(|table| table.columns.iter_mut().find(|known| known.name == name))
                {
                    column.nullable = false;
                }
                let part = IndexPart {
                    index: ROWID.to_owned(),
                    column: Some(name),
                    unique: true,
                    partial: false,
                    valid: true,
                    ordered: true,
                    primary: true,
                };
                self.gathering.index_part(&table, part);
            }
        }
        self.gathering.finish()
    }
}

impl Written {
    fn read(text: &str) -> Self {
        let mut written = Self::default();
        for comment in sql::column_comments(Dialect::Sqlite, text) {
            let column = comment.column.map(|column| column.to_lowercase());
            written.comments.entry(column).or_insert(comment.text);
        }
        let statement = sql::scan(Dialect::Sqlite, text).next().and_then(Result::ok);
        let ddl = statement.and_then(|statement| sql::read(Dialect::Sqlite, text, &statement).ddl);
        let Some(Ddl::CreateTable(create)) = ddl else { return written };
        for item in create.items {
            if let TableItem::Column(column) = item
                && let Some(collation) = column.collation
            {
                written.collations.insert(column.name.to_lowercase(), collation.to_uppercase());
            }
        }
        written
    }
}

/// What SQLite makes of a declared type, and of the words in it that say what can be no key.
fn kind(declared: &str, bytewise: bool) -> ColumnKind {
    let upper = declared.to_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if has(&["UUID", "GUID"]) {
        ColumnKind::Uuid
    } else if has(&["INT"]) {
        ColumnKind::Integer { bits: 64, unsigned: false }
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        let length = upper.split_once('(').and_then(|(_, length)| length.trim_end_matches(')').trim().parse().ok());
        ColumnKind::Text { bytewise, exact: bytewise, padded: false, length }
    } else if has(&["BLOB"]) {
        ColumnKind::Binary { length: None }
    } else if has(&["REAL", "FLOA", "DOUB", "DATE", "TIME", "BOOL", "JSON"]) {
        ColumnKind::Other
    } else {
        ColumnKind::Loose
    }
}
