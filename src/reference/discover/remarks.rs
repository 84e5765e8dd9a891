//! The comments of scripts that speak of columns: of SQL, and of portable scripts.

use super::Remark;
use crate::dialect::Dialect;
use crate::sql::{self, ObjectName};

/// What an SQL script says beside columns.
#[must_use]
pub fn in_sql_script(dialect: Dialect, text: &str, file: &str) -> Vec<Remark> {
    let mut lines = Lines { text, at: 0, line: 1 };
    let comments = sql::column_comments(dialect, text).into_iter();
    let remark = |comment: sql::ColumnComment| Remark {
        place: format!("{file}:{}", lines.of(comment.offset)),
        table: comment.table,
        column: comment.column,
        text: comment.text,
    };
    comments.map(remark).collect()
}

/// Counts lines once, however many places are asked for in their order.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> usize {
        if let Some(between) = self.text.get(self.at..offset) {
            self.line += between.matches('\n').count();
            self.at = offset;
        }
        self.line
    }
}

/// What a portable script says beside columns: behind a `#`, on their line or above it, and as their `comment`.
#[must_use]
pub fn in_portable_script(text: &str, file: &str) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut table: Option<String> = None;
    let mut column: Option<String> = None;
    let mut above: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let (code, comment) = split(line);
        let comment =
            comment.map(|comment| comment.trim_start_matches('#').trim().to_owned()).filter(|text| !text.is_empty());
        if code.is_empty() {
            above = comment.map(|text| match above.take() {
                Some((first, before)) => (first, format!("{before} {text}")),
                None => (number, text),
            });
            continue;
        }
        if code.starts_with("[[") {
            (table, column) = (None, None);
            // What stands above a step is about the step.
            continue;
        }
        let mut names_something = false;
        if let Some(name) = value(code, "create_table") {
            (table, column, names_something) = (Some(name), None, true);
        }
        for step in ["add_column", "alter_column"] {
            if let Some((of, name)) = value(code, step)
                .and_then(|path| path.rsplit_once('.').map(|(of, name)| (of.to_owned(), name.to_owned())))
            {
                (table, column, names_something) = (Some(of), Some(name), true);
            }
        }
        let in_line =
            if code.contains('{') { value(code, "name").filter(|_| value(code, "type").is_some()) } else { None };
        names_something |= in_line.is_some();
        let of = in_line.or_else(|| column.clone());
        if let Some(table) = &table {
            let (schema, name) = match table.rsplit_once('.') {
                Some((schema, name)) => (Some(schema.to_owned()), name.to_owned()),
                None => (None, table.clone()),
            };
            let said = [
                above.take().filter(|_| names_something),
                comment.map(|text| (number, text)),
                value(code, "comment").map(|text| (number, text)),
            ];
            remarks.extend(said.into_iter().flatten().map(|(number, text)| Remark {
                table: ObjectName { schema: schema.clone(), name: name.clone() },
                column: of.clone(),
                text,
                place: format!("{file}:{}", number + 1),
            }));
        }
        above = None;
    }
    remarks
}

/// A line of TOML without its comment, and the comment.
fn split(line: &str) -> (&str, Option<&str>) {
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == '#' => return (line[..at].trim_end(), Some(&line[at..])),
            None => {}
        }
    }
    (line, None)
}

/// The text behind `key =`, outside of texts.
fn value(code: &str, key: &str) -> Option<String> {
    let at = code.match_indices(key).map(|(at, _)| at).find(|&at| {
        let before = code[..at].trim_end();
        let begins = before.is_empty() || before.ends_with(['{', ',']);
        begins && code[at + key.len()..].trim_start().starts_with('=')
    })?;
    let rest = code[at + key.len()..].trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut text = String::new();
    let mut characters = rest[1..].chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quote == '"' => text.extend(characters.next()),
            end if end == quote => return Some(text),
            other => text.push(other),
        }
    }
    None
}
