//! Statements about rows: which tables they write, and which they read.

use std::collections::BTreeSet;

use super::super::token::{Code, TokenKind};
use super::super::words::Words;
use super::{Action, Effects, ObjectKind};
use crate::dialect::Dialect;

/// INSERT, REPLACE, UPDATE, DELETE, MERGE, COPY, TRUNCATE. Gives nothing where it cannot be told which table is meant.
pub(super) fn write(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    let codes = words.rest();
    let is_copy = words.peek().is_some_and(|first| first.is_word("COPY"));
    written(words, effects)?;
    // The FROM of a COPY is a file.
    if !is_copy || codes.get(1).is_some_and(|second| second.is_punctuation("(")) {
        reads(codes, words.dialect, effects);
    }
    Some(())
}

/// Takes the table that is written.
fn written(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    if words.take("TRUNCATE") {
        words.take("TABLE");
        words.take("ONLY");
        for table in words.names()? {
            effects.push(Action::Writes, ObjectKind::Table, table, false);
        }
        effects.unknown |= words.take_past(&["CASCADE"]) && words.cascades();
        return Some(());
    }
    if words.take("COPY") {
        return copy(words, effects);
    }
    let is_delete = words.take("DELETE");
    let is_update = !is_delete && words.take("UPDATE");
    if !is_delete && !is_update {
        words.take_any(&["INSERT", "REPLACE", "MERGE"]);
    }
    while words.take_any(&["OR", "IGNORE", "REPLACE", "ROLLBACK", "ABORT", "FAIL"])
        || words.take_any(&["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK"])
    {}
    // MySQL: DELETE a, b FROM a JOIN b: which of the names is which only the grammar tells.
    if is_delete && !words.take("FROM") {
        return None;
    }
    if !is_delete && !is_update {
        words.take("INTO");
    }
    words.take("ONLY");
    let table = words.name()?;
    // MySQL: UPDATE a, b SET: what is written is told by the columns.
    if is_update && words.is_mysql() && words.clone().take_past(&["JOIN"]) {
        return None;
    }
    if words.peek().is_some_and(|code| code.is_punctuation(",")) {
        return None;
    }
    effects.push(Action::Writes, ObjectKind::Table, table, false);
    Some(())
}

/// COPY: what is read by a query in it is found with the rest.
fn copy(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    if words.group().is_some() {
        return Some(());
    }
    let table = words.name()?;
    words.group();
    let action = if words.take("FROM") { Action::Writes } else { Action::Reads };
    effects.push(action, ObjectKind::Table, table, false);
    Some(())
}

/// REFRESH MATERIALIZED VIEW.
pub(super) fn refresh(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    if !words.take("REFRESH MATERIALIZED VIEW") {
        return None;
    }
    words.take("CONCURRENTLY");
    effects.push(Action::Writes, ObjectKind::View, words.name()?, false);
    Some(())
}

/// Functions of the engines that leave every object as it is.
const HARMLESS: &[&str] = &[
    "set_config",
    "setval",
    "nextval",
    "currval",
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "coalesce",
    "nullif",
    "now",
    "lower",
    "upper",
    "length",
    "abs",
    "round",
    "cast",
    "extract",
    "substring",
    "trim",
    "position",
    "overlay",
    "date",
    "datetime",
    "strftime",
    "version",
    "current_setting",
    "pg_advisory_xact_lock",
    "exists",
    "row",
    "values",
    "generate_series",
    "pg_get_serial_sequence",
    "concat",
    "ifnull",
    "if",
    "to_char",
    "array_agg",
    "string_agg",
    "json_agg",
    "unnest",
];

/// SELECT and WITH. What a function does that is called there is unknown.
pub(super) fn select(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    let codes = words.rest();
    let mut writes = false;
    for (at, code) in codes.iter().enumerate() {
        if code.is_any_word(&["INSERT", "UPDATE", "DELETE", "MERGE"]) && begins_statement(codes, at) {
            written(&mut Words::new(words.dialect, &codes[at..]), effects)?;
            writes = true;
        }
    }
    if writes {
        reads(codes, words.dialect, effects);
        return Some(());
    }
    if codes.iter().any(|code| code.is_word("INTO")) && !words.is_mysql() {
        // SELECT INTO makes a table.
        return None;
    }
    let calls = codes.windows(2).any(|pair| {
        let is_call = pair[0].kind == TokenKind::Word && pair[1].is_punctuation("(");
        is_call && !is_keyword(&pair[0]) && !HARMLESS.iter().any(|name| pair[0].is_word(name))
    });
    effects.unknown |= calls;
    reads(codes, words.dialect, effects);
    Some(())
}

/// Words that stand before a parenthesis without being a function's name.
fn is_keyword(code: &Code<'_>) -> bool {
    code.is_any_word(&[
        "SELECT",
        "FROM",
        "JOIN",
        "AS",
        "IN",
        "ANY",
        "ALL",
        "SOME",
        "NOT",
        "AND",
        "OR",
        "ON",
        "USING",
        "WHERE",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "BY",
        "OVER",
        "FILTER",
        "WITH",
        "MATERIALIZED",
        "THEN",
        "ELSE",
        "WHEN",
        "CASE",
        "DISTINCT",
        "LATERAL",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "BETWEEN",
        "LIKE",
        "IS",
        "ARRAY",
        "VALUES",
        "RETURNING",
        "SET",
        "INTO",
    ])
}

fn begins_statement(codes: &[Code<'_>], at: usize) -> bool {
    at > 0 && (codes[at - 1].is_punctuation("(") || codes[at - 1].is_punctuation(")"))
}

/// The names that WITH gives to queries: they are no tables.
fn common(codes: &[Code<'_>], dialect: Dialect) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if !codes.iter().any(|code| code.is_word("WITH")) {
        return names;
    }
    // For each open parenthesis, what stands before it: `name (a, b) AS (`.
    let mut before = Vec::new();
    let mut last = None;
    for at in 0..codes.len() {
        let mut words = Words::new(dialect, &codes[at..]);
        if words.take_punctuation("(") {
            before.push(last.take());
        } else if words.take_punctuation(")") {
            last = before.pop().flatten();
        } else if words.take("AS") {
            words.take("NOT");
            words.take("MATERIALIZED");
            let begins_query = words.peek().is_some_and(|code| code.is_punctuation("("));
            names.extend(last.take().filter(|_| begins_query));
        } else {
            last = words.part();
        }
    }
    names
}

/// Functions that have a FROM of their own between their parentheses.
const WITH_FROM: &[&str] = &["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION", "SUBSTR"];

/// What ends a list of tables.
const ENDS_FROM: &[&str] = &[
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "SET",
    "RETURNING",
    "WINDOW",
    "FOR",
    "WHEN",
    "SELECT",
    "VALUES",
    // ON DUPLICATE KEY UPDATE
    "DUPLICATE",
];

/// The tables behind FROM, JOIN and USING.
pub(super) fn reads(codes: &[Code<'_>], dialect: Dialect, effects: &mut Effects) {
    let common = common(codes, dialect);
    // For each open parenthesis: whether a FROM in it is a function's, and whether a list of tables is open in it.
    let mut groups: Vec<(bool, bool)> = vec![(false, false)];
    let mut at = 0;
    while at < codes.len() {
        let code = &codes[at];
        at += 1;
        let Some(group) = groups.last_mut() else { return };
        let expects = if code.is_punctuation("(") {
            // A parenthesis within a list of tables may hold tables itself, or a query.
            let is_function = at >= 2 && codes[at - 2].is_any_word(WITH_FROM);
            let holds_tables = group.1
                && at >= 2
                && (codes[at - 2].is_any_word(&["FROM", "JOIN"]) || codes[at - 2].is_punctuation(","));
            groups.push((is_function, holds_tables));
            holds_tables
        } else if code.is_punctuation(")") {
            if groups.len() > 1 {
                groups.pop();
            }
            false
        } else if code.is_word("FROM") {
            // What is deleted from is written; IS DISTINCT FROM compares.
            let other = at >= 2 && codes[at - 2].is_any_word(&["DISTINCT", "DELETE"]);
            group.1 = !group.0 && !other;
            group.1
        } else if code.is_word("JOIN") || (code.is_word("USING") && dialect == Dialect::Postgres) {
            group.1 = true;
            true
        } else if code.is_any_word(ENDS_FROM) {
            group.1 = false;
            false
        } else {
            group.1 && code.is_punctuation(",")
        };
        if expects {
            let mut words = Words::new(dialect, &codes[at..]);
            while words.take_any(&["ONLY", "LATERAL"]) {}
            let is_query = words.peek().is_some_and(|code| code.is_any_word(&["SELECT", "WITH", "VALUES", "TABLE"]));
            let Some(name) = words.name().filter(|_| !is_query) else { continue };
            at = codes.len() - words.rest().len();
            let is_call = words.peek().is_some_and(|code| code.is_punctuation("("));
            let is_common = name.schema.is_none() && common.contains(&name.name);
            let is_new = |known: &super::Effect| known.action != Action::Reads || known.name != name;
            if !is_call && !is_common && effects.known.iter().all(is_new) {
                effects.push(Action::Reads, ObjectKind::Table, name, false);
            }
        }
    }
}
