//! Keys as they are read: SQL that all engines share but for its words, and what comes back.

mod sql;

use tokio::sync::mpsc::Sender;

use crate::catalog::ColumnKind;
use crate::reference::keys::{Cell, KeyPage, KeySource, Range, Reading, SourceColumn, Value};

use super::error::{DatabaseError, DatabaseErrorKind};

pub(super) use sql::Words;

/// As many keys go into a page where nobody says how many are read.
pub(super) const PAGE: usize = 65_536;

/// What a reading came to.
#[derive(Debug, Clone)]
pub struct KeysRead {
    /// The last page.
    pub page: KeyPage,
    /// The values of the columns that the order is by, in the last row.
    pub cursor: Option<Vec<Value>>,
    /// Whether there may be more.
    pub is_full: bool,
}

/// Whether a database follows another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standby {
    /// It does, and may lag behind.
    Follows,
    /// It takes the writes itself.
    Leads,
}

/// A row that has a key: the key's values, what tells the row apart, and, of a parent, whether it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRow {
    /// The values of the key.
    pub key: Vec<Value>,
    /// What tells the row apart from others, as texts; nothing where the engine has nothing.
    pub row: Vec<String>,
}

/// Takes rows as they come.
pub(super) trait Taker {
    /// Takes a row.
    fn take(&mut self, cells: &[Cell<'_>]);

    /// Hands on what is full; false where nobody wants more.
    async fn hand_on(&mut self) -> bool {
        true
    }
}

/// What an engine does to read keys.
pub(super) trait Keyed {
    /// The words of its SQL.
    fn words(&self) -> &'static dyn Words;

    /// The database, for errors.
    fn database(&self) -> &str;

    /// Whether it keeps to the types of its columns.
    fn is_strict(&self) -> bool {
        true
    }

    /// Runs a query and hands over its rows, whose columns are of these kinds.
    async fn each_row(&mut self, sql: &str, kinds: &[ColumnKind], taker: &mut impl Taker) -> Result<(), DatabaseError>;
}

const COUNT: ColumnKind = ColumnKind::Integer { bits: 64, unsigned: false };

/// A page that keys of this source go into.
pub(super) fn new_page(engine: &impl Keyed, source: &KeySource) -> KeyPage {
    KeyPage::new(source.shape(), !engine.is_strict() || !source.tells_values())
}

/// Reads keys into `page`; full ones go to `pages`, where a whole table is read.
pub(super) async fn read(
    engine: &mut impl Keyed,
    source: &KeySource,
    reading: Reading,
    range: &Range,
    page: KeyPage,
    pages: Option<&Sender<KeyPage>>,
) -> Result<KeysRead, DatabaseError> {
    let mut kinds: Vec<ColumnKind> = source.columns.iter().map(|key| key.column.kind).collect();
    match reading {
        Reading::Grouped => kinds.push(COUNT),
        Reading::ByRow => kinds.extend(source.row.iter().map(|column| column.kind)),
        Reading::Leaping | Reading::Ordered | Reading::Whole => {}
    }
    if let Some(value) = sql::dead_end(engine.words(), source, reading, range) {
        // The database would find nothing behind it, and that would be taken for the end.
        let message = format!("{} cannot be read on behind the value {value}", source.table);
        return Err(DatabaseError::new(DatabaseErrorKind::Query, engine.database(), message));
    }
    let leaps = reading == Reading::Leaping && !engine.words().leaps_by_itself();
    let mut taker =
        PageTaker { page, keys: source.columns.len(), reading, cursor: Vec::new(), rows: 0, has_ended: false, pages };
    let sql = sql::read(engine.words(), source, reading, range);
    engine.each_row(&sql, &kinds, &mut taker).await?;
    Ok(KeysRead {
        is_full: match leaps {
            true => !taker.has_ended,
            false => range.limit.is_some_and(|limit| taker.rows >= limit),
        },
        cursor: (taker.rows > 0 && reading != Reading::Whole).then_some(taker.cursor),
        page: taker.page,
    })
}

struct PageTaker<'s> {
    page: KeyPage,
    keys: usize,
    reading: Reading,
    cursor: Vec<Value>,
    rows: usize,
    /// Whether the end of leaping was seen.
    has_ended: bool,
    pages: Option<&'s Sender<KeyPage>>,
}

impl Taker for PageTaker<'_> {
    fn take(&mut self, cells: &[Cell<'_>]) {
        if self.reading == Reading::Leaping && cells == [Cell::Null] {
            self.has_ended = true;
            return;
        }
        self.rows += 1;
        let (key, more) = cells.split_at(self.keys);
        let (rows, order) = match (self.reading, more) {
            (Reading::Grouped, [Cell::Integer(rows)]) => (u64::try_from(*rows).ok(), key),
            (Reading::ByRow, row) => (None, row),
            _ => (None, key),
        };
        if self.reading != Reading::Whole {
            keep(&mut self.cursor, order);
        }
        self.page.push(key, rows);
    }

    async fn hand_on(&mut self) -> bool {
        let Some(pages) = self.pages else { return true };
        if self.page.len() + self.page.odd().len() < PAGE {
            return true;
        }
        let next = self.page.next();
        pages.send(std::mem::replace(&mut self.page, next)).await.is_ok()
    }
}

/// Keeps values, in the memory of those that were kept before where that can be.
fn keep(kept: &mut Vec<Value>, cells: &[Cell<'_>]) {
    if kept.len() != cells.len() {
        *kept = cells.iter().map(|cell| cell.to_value().unwrap_or(Value::Integer(0))).collect();
        return;
    }
    for (kept, cell) in kept.iter_mut().zip(cells) {
        match (kept, cell) {
            (Value::Text(text), Cell::Text(new)) => {
                text.clear();
                text.push_str(new);
            }
            (kept, cell) => {
                if let Some(value) = cell.to_value() {
                    *kept = value;
                }
            }
        }
    }
}

/// Takes all rows.
#[derive(Default)]
struct AllRows {
    rows: Vec<Vec<Option<Value>>>,
}

impl Taker for AllRows {
    fn take(&mut self, cells: &[Cell<'_>]) {
        self.rows.push(cells.iter().map(|cell| cell.to_value()).collect());
    }
}

async fn all(
    engine: &mut impl Keyed,
    sql: Option<String>,
    kinds: Vec<ColumnKind>,
) -> Result<Vec<Vec<Option<Value>>>, DatabaseError> {
    // No column can have any of the values that were asked for.
    let Some(sql) = sql else { return Ok(Vec::new()) };
    let mut taker = AllRows::default();
    engine.each_row(&sql, &kinds, &mut taker).await?;
    Ok(taker.rows)
}

fn kinds<'c>(columns: impl Iterator<Item = &'c SourceColumn>) -> Vec<ColumnKind> {
    columns.map(|column| column.kind).collect()
}

/// Whether the database can be asked for a key in every form that the columns may have it in.
pub(super) fn finds_every_form(engine: &impl Keyed, source: &KeySource) -> bool {
    source.columns.iter().all(|column| engine.words().finds_every_form(column))
}

/// The forms in which each column may have its value of a key, as far as they can be asked for.
pub(super) fn forms_of_key(engine: &impl Keyed, source: &KeySource, key: &[Value]) -> Vec<Vec<Value>> {
    source.columns.iter().zip(key).map(|(column, value)| engine.words().forms(column, value)).collect()
}

/// Which of these keys are there, and whether `filter` holds for each.
pub(super) async fn probe(
    engine: &mut impl Keyed,
    source: &KeySource,
    keys: &[Vec<Value>],
    filter: Option<&str>,
) -> Result<Vec<(Vec<Value>, bool)>, DatabaseError> {
    let forms: Vec<Vec<Vec<Value>>> = keys.iter().map(|key| forms_of_key(engine, source, key)).collect();
    let sql = sql::probe(engine.words(), source, &forms, filter);
    let mut kinds = kinds(source.columns.iter().map(|key| &key.column));
    kinds.push(COUNT);
    let rows = all(engine, sql, kinds).await?;
    Ok(rows
        .into_iter()
        .filter_map(|mut row| {
            let counts = row.pop()? == Some(Value::Integer(1));
            Some((row.into_iter().collect::<Option<Vec<Value>>>()?, counts))
        })
        .collect())
}

/// The rows that have one of these keys, each column in one of its forms, but no more than `limit`. Values that `were_read` from the
/// columns must be ones that can be asked for.
pub(super) async fn rows_of(
    engine: &mut impl Keyed,
    source: &KeySource,
    keys: &[Vec<Vec<Value>>],
    limit: usize,
    were_read: bool,
) -> Result<Vec<KeyRow>, DatabaseError> {
    let row = match source.row.as_slice() {
        [] => engine.words().row_number().into_iter().collect(),
        row => row.to_vec(),
    };
    if were_read && let Some(value) = sql::without_literal(engine.words(), source, keys) {
        // It was read here, and would be taken for gone.
        let message = format!("the value {value} of {} was read, and cannot be asked for", source.table);
        return Err(DatabaseError::new(DatabaseErrorKind::Query, engine.database(), message));
    }
    let sql = sql::rows_of(engine.words(), source, &row, keys, limit);
    let kinds = kinds(source.columns.iter().map(|key| &key.column).chain(&row));
    let rows = all(engine, sql, kinds).await?;
    Ok(rows
        .into_iter()
        .filter_map(|mut row| {
            let number = row.split_off(source.columns.len());
            let row_number = number.into_iter().map(|value| value.map_or_else(String::new, |value| value.to_string()));
            Some(KeyRow { key: row.into_iter().collect::<Option<Vec<Value>>>()?, row: row_number.collect() })
        })
        .collect())
}

/// How many rows there are, or have this key.
pub(super) async fn count(
    engine: &mut impl Keyed,
    source: &KeySource,
    key: Option<&[Vec<Value>]>,
) -> Result<u64, DatabaseError> {
    let sql = sql::count(engine.words(), source, key);
    let rows = all(engine, sql, vec![COUNT]).await?;
    let count = rows.first().and_then(|row| row.first()).cloned().flatten();
    Ok(match count {
        Some(Value::Integer(count)) => u64::try_from(count).unwrap_or_default(),
        _ => 0,
    })
}

/// The keys that are these but for the case of their letters and the spaces at their ends.
pub(super) async fn variants(
    engine: &mut impl Keyed,
    source: &KeySource,
    folded: &[String],
) -> Result<Vec<Vec<Value>>, DatabaseError> {
    let sql = sql::variants(engine.words(), source, folded);
    let rows = all(engine, sql, kinds(source.columns.iter().map(|key| &key.column))).await?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().collect()).collect())
}
