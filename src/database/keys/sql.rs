//! The SQL that reads keys: one text for all engines, whose words each brings along.

use crate::catalog::ColumnKind;
use crate::reference::keys::{Condition, KeyColumn, KeyKind, KeySource, Range, Reading, SourceColumn, Value};
use crate::sql::ObjectName;

/// What an engine's SQL is made of.
pub(in super::super) trait Words {
    /// A name, quoted.
    fn name(&self, name: &str) -> String;

    /// A value to compare the column with; none where the column cannot have it.
    fn literal(&self, value: &Value, column: &SourceColumn) -> Option<String>;

    /// The column as it is read.
    fn selected(&self, column: &SourceColumn) -> String {
        self.name(&column.name)
    }

    /// The column as it is compared with a literal.
    fn compared(&self, column: &SourceColumn) -> String {
        self.name(&column.name)
    }

    /// A text column as it tells any two values apart, where its own comparison does not.
    fn told_apart(&self, _column: &SourceColumn) -> Option<String> {
        None
    }

    /// Whether the engine leaps from key to key by itself, where it is asked for each key once.
    fn leaps_by_itself(&self) -> bool {
        false
    }

    /// The ways in which the column may have a key's value that an index can find.
    fn forms(&self, column: &KeyColumn, value: &Value) -> Vec<Value> {
        column.forms(value)
    }

    /// Whether these are all: whatever else the column may hold is another key, or none.
    fn finds_every_form(&self, column: &KeyColumn) -> bool {
        column.tells_value()
    }

    /// What tells rows apart where nothing numbers them, and what it is.
    fn row_number(&self) -> Option<SourceColumn> {
        None
    }

    /// A table, quoted.
    fn table(&self, table: &ObjectName) -> String {
        let parts = table.schema.iter().chain([&table.name]);
        parts.map(|part| self.name(part)).collect::<Vec<_>>().join(".")
    }
}

/// The name of the column by which leaping goes on.
const LEAP: &str = "branchline_key";

/// The name of what it goes through: none of a table.
const LEAPS: &str = "branchline_leaps";

/// The columns that a reading's order is by.
fn order(source: &KeySource, reading: Reading) -> Vec<&SourceColumn> {
    match reading {
        Reading::ByRow => source.row.iter().collect(),
        _ => source.columns.iter().map(|key| &key.column).collect(),
    }
}

/// A value behind which a reading cannot go on, since no literal stands for it.
pub(in super::super) fn dead_end<'v>(
    words: &dyn Words,
    source: &KeySource,
    reading: Reading,
    range: &'v Range,
) -> Option<&'v Value> {
    let after = range.after.as_ref()?;
    let dead = |(column, value): &(&SourceColumn, &Value)| {
        // Of numbers it is known where those stand that a column cannot have.
        let is_number = matches!((column.kind, value), (ColumnKind::Integer { .. }, Value::Integer(_)));
        !is_number && words.literal(value, column).is_none()
    };
    order(source, reading).into_iter().zip(after).find(dead).map(|(_, value)| value)
}

/// A reading of keys: the columns of the key, then the number of rows where they are grouped, or the columns that number
/// the rows where it goes by row.
pub(in super::super) fn read(words: &dyn Words, source: &KeySource, reading: Reading, range: &Range) -> String {
    if reading == Reading::Leaping && !words.leaps_by_itself() {
        return leap(words, source, range);
    }
    let keys: Vec<String> = source.columns.iter().map(|key| words.selected(&key.column)).collect();
    let names: Vec<String> = source.columns.iter().map(|key| words.name(&key.column.name)).collect();
    let order = order(source, reading);
    let more = match reading {
        Reading::Grouped => ", count(*)".to_owned(),
        Reading::ByRow => source.row.iter().map(|column| format!(", {}", words.selected(column))).collect(),
        Reading::Leaping | Reading::Ordered | Reading::Whole => String::new(),
    };
    let mut conditions = conditions(words, source);
    if let Some(after) = &range.after {
        conditions.push(behind(words, &order, after));
    }
    if let Some(until) = &range.until {
        conditions.extend(up_to(words, source, until));
    }
    let mut sql = format!("SELECT {}{more} FROM {}", keys.join(", "), words.table(&source.table));
    sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
    if matches!(reading, Reading::Grouped | Reading::Leaping) {
        sql.push_str(&format!(" GROUP BY {}", names.join(", ")));
    }
    if reading != Reading::Whole {
        let order: Vec<String> = order.iter().map(|column| words.name(&column.name)).collect();
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
    }
    if let Some(limit) = range.limit {
        sql.push_str(&format!(" LIMIT {limit}"));
    }
    sql
}

/// The next key behind each one is looked up in the index; all that lies between is never read. Behind the last stands NULL: who
/// does not see it has not come to the end.
fn leap(words: &dyn Words, source: &KeySource, range: &Range) -> String {
    let [key] = source.columns.as_slice() else { return String::new() };
    let (name, table) = (words.name(&key.column.name), words.table(&source.table));
    // As it is selected of the table, where it comes as another type.
    let found = words.selected(&SourceColumn { name: LEAP.to_owned(), ..key.column.clone() });
    let mut first = conditions(words, source);
    let next = [first.join(" AND "), format!("{name} > {LEAPS}.{LEAP}")].join(" AND ");
    if let Some(after) = &range.after {
        first.push(behind(words, &[&key.column], after));
    }
    let of = |conditions: &str| format!("(SELECT {name} FROM {table} WHERE {conditions} ORDER BY {name} LIMIT 1)");
    let limit = range.limit.unwrap_or(super::PAGE);
    format!(
        "WITH RECURSIVE {LEAPS}({LEAP}, branchline_count) AS (SELECT {}, 1 UNION ALL SELECT {}, branchline_count + 1 FROM {LEAPS} \
         WHERE {LEAPS}.{LEAP} IS NOT NULL AND branchline_count < {limit}) SELECT {found} FROM {LEAPS}",
        of(&first.join(" AND ")),
        of(&next),
    )
}

/// Which of these keys are there, each with the forms that its columns may have: the columns of the key, and whether `filter`
/// holds for the row. None where no column can have any of them.
pub(in super::super) fn probe(
    words: &dyn Words,
    source: &KeySource,
    keys: &[Vec<Vec<Value>>],
    filter: Option<&str>,
) -> Option<String> {
    let condition = any_of(words, source, keys, false)?;
    let selected: Vec<String> = source.columns.iter().map(|key| words.selected(&key.column)).collect();
    let counts = filter.map_or_else(|| "1".to_owned(), |filter| format!("CASE WHEN (\n{filter}\n) THEN 1 ELSE 0 END"));
    let table = words.table(&source.table);
    Some(format!("SELECT {}, {counts} FROM {table} WHERE {condition}", selected.join(", ")))
}

/// The rows that have one of these keys: the columns of the key, and what tells the rows apart.
pub(in super::super) fn rows_of(
    words: &dyn Words,
    source: &KeySource,
    row: &[SourceColumn],
    keys: &[Vec<Vec<Value>>],
    limit: usize,
) -> Option<String> {
    let mut conditions = conditions(words, source);
    conditions.push(any_of(words, source, keys, true)?);
    let columns = source.columns.iter().map(|key| &key.column).chain(row);
    let selected: Vec<String> = columns.map(|column| words.selected(column)).collect();
    let (table, conditions) = (words.table(&source.table), conditions.join(" AND "));
    let order = match row {
        [] => String::new(),
        row => {
            format!(" ORDER BY {}", row.iter().map(|column| words.name(&column.name)).collect::<Vec<_>>().join(", "))
        }
    };
    Some(format!("SELECT {} FROM {table} WHERE {conditions}{order} LIMIT {limit}", selected.join(", ")))
}

/// How many rows there are, or have this key.
pub(in super::super) fn count(words: &dyn Words, source: &KeySource, key: Option<&[Vec<Value>]>) -> Option<String> {
    let mut conditions = conditions(words, source);
    if let Some(key) = key {
        conditions.push(any_of(words, source, &[key.to_vec()], true)?);
    }
    Some(format!("SELECT count(*) FROM {} WHERE {}", words.table(&source.table), conditions.join(" AND ")))
}

/// The keys of one text column that are these but for their letters' case and the spaces at their ends.
pub(in super::super) fn variants(words: &dyn Words, source: &KeySource, folded: &[String]) -> Option<String> {
    let [key] = source.columns.as_slice() else { return None };
    let literals: Vec<String> =
        folded.iter().filter_map(|text| words.literal(&Value::Text(text.clone()), &key.column)).collect();
    if literals.is_empty() {
        return None;
    }
    let compared = words.compared(&key.column);
    let (selected, table) = (words.selected(&key.column), words.table(&source.table));
    Some(format!("SELECT {selected} FROM {table} WHERE lower(rtrim({compared})) IN ({})", literals.join(", ")))
}

/// A value that was read from its column as it is, and that no literal stands for.
pub(in super::super) fn without_literal<'v>(
    words: &dyn Words,
    source: &KeySource,
    keys: &'v [Vec<Vec<Value>>],
) -> Option<&'v Value> {
    let of_columns = |key: &'v Vec<Vec<Value>>| source.columns.iter().zip(key);
    keys.iter().flat_map(of_columns).find_map(|(column, forms)| match forms.as_slice() {
        [only] if words.literal(only, &column.column).is_none() => Some(only),
        _ => None,
    })
}

/// With `exactly`, none of those that a text column only takes for the same: there may be millions of them.
fn any_of(words: &dyn Words, source: &KeySource, keys: &[Vec<Vec<Value>>], exactly: bool) -> Option<String> {
    let literals = |column: usize, forms: &[Value]| -> Vec<String> {
        forms.iter().filter_map(|form| words.literal(form, &source.columns[column].column)).collect()
    };
    let one_of = |column: &KeyColumn, literals: &[String]| {
        let (compared, literals) = (words.compared(&column.column), literals.join(", "));
        let told_apart = (exactly && column.compared_as == KeyKind::Text).then(|| words.told_apart(&column.column));
        let told_apart = told_apart.flatten().map(|column| format!(" AND {column} IN ({literals})"));
        format!("{compared} IN ({literals}){}", told_apart.unwrap_or_default())
    };
    if let [key] = source.columns.as_slice() {
        let all: Vec<String> = keys.iter().flat_map(|key| literals(0, &key[0])).collect();
        return (!all.is_empty()).then(|| one_of(key, &all));
    }
    let is = |key: &Vec<Vec<Value>>| -> Option<String> {
        let columns = source.columns.iter().zip(key).enumerate().map(|(at, (column, forms))| {
            let literals = literals(at, forms);
            (!literals.is_empty()).then(|| one_of(column, &literals))
        });
        let columns: Option<Vec<String>> = columns.collect();
        Some(format!("({})", columns?.join(" AND ")))
    };
    let all: Vec<String> = keys.iter().filter_map(is).collect();
    (!all.is_empty()).then(|| format!("({})", all.join(" OR ")))
}

fn conditions(words: &dyn Words, source: &KeySource) -> Vec<String> {
    let present = source.columns.iter().map(|key| format!("{} IS NOT NULL", words.name(&key.column.name)));
    let declared = source.conditions.iter().map(|condition| match condition {
        // On a line of its own: it may end with a comment.
        Condition::Sql(sql) => format!("(\n{sql}\n)"),
        Condition::Is(column, value) => is(words, column, value).unwrap_or_else(|| NEVER.to_owned()),
        Condition::IsNone(column, values) => {
            let name = words.name(&column.name);
            let each = values.iter().filter_map(|value| is(words, column, value)).map(|is| format!(" AND NOT ({is})"));
            format!("({name} IS NOT NULL{})", each.collect::<String>())
        }
    });
    present.chain(declared).collect()
}

/// What holds for every row.
const ALWAYS: &str = "1 = 1";

/// What holds for no row.
const NEVER: &str = "1 = 0";

fn is(words: &dyn Words, column: &SourceColumn, value: &str) -> Option<String> {
    // A number, or a UUID, was declared in words.
    let typed = || match column.kind {
        ColumnKind::Integer { .. } => value.trim().parse().ok().map(Value::Integer),
        ColumnKind::Uuid => uuid::Uuid::try_parse(value).ok().map(Value::Uuid),
        _ => None,
    };
    let literal = words.literal(&Value::Text(value.to_owned()), column);
    let literal = literal.or_else(|| words.literal(&typed()?, column))?;
    Some(format!("{} = {literal}", words.compared(column)))
}

/// Rows behind these values, in the order of the columns.
fn behind(words: &dyn Words, columns: &[&SourceColumn], values: &[Value]) -> String {
    further(words, columns, values, ">", false)
}

/// None where the columns cannot have the values: whatever they have is then read.
fn up_to(words: &dyn Words, source: &KeySource, values: &[Value]) -> Option<String> {
    let columns: Vec<&SourceColumn> = source.columns.iter().map(|key| &key.column).collect();
    let can_have = columns.iter().zip(values).all(|(column, value)| words.literal(value, column).is_some());
    can_have.then(|| further(words, &columns, values, "<", true))
}

/// `a > 1`, or `a >= 1 AND (a > 1 OR (a = 1 AND (b > 2)))`: every engine finds the first in an index.
fn further(words: &dyn Words, columns: &[&SourceColumn], values: &[Value], than: &str, or_equal: bool) -> String {
    let ([column, columns @ ..], [value, values @ ..]) = (columns, values) else { return NEVER.to_owned() };
    let name = words.name(&column.name);
    let Some(literal) = words.literal(value, column) else {
        let is_below_all = matches!(value, Value::Integer(number) if *number < 0);
        return if is_below_all && than == ">" { ALWAYS } else { NEVER }.to_owned();
    };
    if columns.is_empty() {
        return format!("{name} {than}{} {literal}", if or_equal { "=" } else { "" });
    }
    let rest = further(words, columns, values, than, or_equal);
    format!("{name} {than}= {literal} AND ({name} {than} {literal} OR ({name} = {literal} AND {rest}))")
}
