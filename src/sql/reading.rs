//! All that is told of a statement, and of a script, from its tokens: what lint and reports stand on.

use std::ops::RangeInclusive;

use super::ddl::{self, Ddl};
use super::destructive::{Loss, loss};
use super::effect::{self, Action, Effect, Effects, ObjectKind, ScriptEffects};
use super::pattern::code;
use super::remark::{Remark, remarks};
use super::scan::Statement;
use super::token::{Code, TokenKind};
use super::verb::Verb;
use super::words::Words;
use crate::dialect::Dialect;
use crate::listing::listed;

/// A statement as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it begins with.
    pub verb: Verb,
    /// What it says of a table or an index.
    pub ddl: Option<Ddl>,
    /// What it does.
    pub effects: Effects,
    /// What it destroys.
    pub loss: Option<Loss>,
    /// What else is to be known of it.
    pub remarks: Vec<Remark>,
}

/// A script as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptReading {
    /// Its statements, but for those that only write rows which they name or choose: of these there may be millions.
    /// Which of them stay, [`Keep`] says.
    pub statements: Vec<ReadStatement>,
    /// What all of them do.
    pub effects: ScriptEffects,
    /// The findings that the script says are meant.
    pub allowances: Vec<Allowance>,
}

/// A statement within a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadStatement {
    /// The line of the user's file where it, or the step that it was rendered from, begins; from 1.
    pub line: usize,
    /// The column there, in characters from 1; none where it was rendered.
    pub column: Option<usize>,
    /// The last line of it, or of its step.
    pub last_line: usize,
    /// The statement; nothing where it is completed only once the table's definition is known.
    pub text: String,
    /// The byte offset of its text within what the reading's own offsets count in.
    pub start: usize,
    /// What was read.
    pub reading: Reading,
}

/// `branchline: allow CODE` in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The line where it stands, from 1.
    pub line: usize,
    /// The lines of the code that it is about.
    pub target: RangeInclusive<usize>,
    /// What is allowed there.
    pub codes: Vec<String>,
}

/// Reads a statement. `text` must be the text that it was found in.
#[must_use]
pub fn read(dialect: Dialect, text: &str, statement: &Statement) -> Reading {
    let codes = codes(dialect, text, statement);
    let words = Words::new(dialect, &codes);
    let ddl = ddl::read(&words, statement.verb);
    Reading {
        verb: statement.verb,
        effects: effect::of(&words, statement.verb, ddl.as_ref()),
        loss: loss(&words, statement.verb, ddl.as_ref()),
        remarks: remarks(&words, statement.verb),
        ddl,
    }
}

/// A statement that is longer than this is read without what is only a value in it.
const LONG_STATEMENT: usize = 64 * 1024;

/// The code of a statement. Of the rows of a long INSERT, only what could be more than a value: there may be megabytes of them.
fn codes<'a>(dialect: Dialect, text: &'a str, statement: &Statement) -> Vec<Code<'a>> {
    let all = code(dialect, text, statement.range.clone());
    if statement.range.len() <= LONG_STATEMENT || !matches!(statement.verb, Verb::Insert | Verb::Replace) {
        return all.collect();
    }
    let mut codes: Vec<Code<'a>> = Vec::new();
    let (mut among_values, mut in_query) = (false, false);
    for code in all {
        in_query |= code.is_any_word(&["SELECT", "WITH", "TABLE", "SET"]);
        if among_values && !in_query && (is_value(&code) || closes_nothing(&code, &mut codes)) {
            continue;
        }
        among_values |= code.is_word("VALUES");
        codes.push(code);
    }
    codes
}

fn is_value(code: &Code<'_>) -> bool {
    match code.kind {
        TokenKind::String | TokenKind::Number => true,
        TokenKind::Punctuation => matches!(code.text, "," | "-" | "+"),
        _ => code.is_any_word(&["NULL", "TRUE", "FALSE", "DEFAULT"]),
    }
}

/// Takes back a parenthesis that opened a row, where this one closes it and nothing of the row was kept.
fn closes_nothing(code: &Code<'_>, codes: &mut Vec<Code<'_>>) -> bool {
    let [.., before, open] = codes.as_slice() else { return false };
    let is_row = code.is_punctuation(")") && open.is_punctuation("(") && before.is_punctuation(")");
    if is_row {
        codes.pop();
    }
    is_row
}

impl Reading {
    /// What it destroys, in words: `drops a table: users`.
    #[must_use]
    pub fn losses_told(&self) -> Option<String> {
        let names: Vec<String> = self.lost().map(|effect| effect.name.to_string()).collect();
        let of = if names.is_empty() { String::new() } else { format!(": {}", listed(names)) };
        Some(format!("{}{of}", self.loss?))
    }

    /// The things that go with what it destroys.
    pub fn lost(&self) -> impl Iterator<Item = &Effect> {
        self.effects.known.iter().filter(|effect| match effect.action {
            Action::Drops => true,
            Action::Writes | Action::Creates => effect.kind == ObjectKind::Table,
            _ => false,
        })
    }

    /// Whether it only writes rows that it names or chooses.
    #[must_use]
    pub fn only_writes_rows(&self) -> bool {
        let of_rows =
            matches!(self.verb, Verb::Insert | Verb::Replace | Verb::Copy | Verb::Update | Verb::Delete | Verb::Merge);
        of_rows && self.loss.is_none() && self.remarks.is_empty()
    }
}

/// Which statements of a script its reading keeps, one after the other.
#[derive(Debug, Default)]
pub struct Keep {
    /// The enum values that were added and not used since, as literals.
    enum_values: Vec<String>,
}

impl Keep {
    /// Whether the next statement, of which this is the text, is kept: not where it only writes rows, unless it is the first to use an enum value that
    /// the script adds.
    pub fn takes(&mut self, text: &str, reading: &Reading) -> bool {
        let before = self.enum_values.len();
        self.enum_values.retain(|value| !text.contains(value.as_str()));
        let uses = self.enum_values.len() < before;
        self.enum_values.extend(reading.remarks.iter().filter_map(|remark| match remark {
            Remark::AddsEnumValue(value) => Some(value.clone()),
            _ => None,
        }));
        uses || !reading.only_writes_rows()
    }
}

impl ReadStatement {
    /// The first of its strings that is written like this, quotes and all: its offset among the reading's own.
    #[must_use]
    pub fn literal(&self, dialect: Dialect, literal: &str) -> Option<usize> {
        let found = code(dialect, &self.text, 0..self.text.len())
            .find(|code| code.kind == TokenKind::String && code.text == literal)?;
        Some(self.start + found.start)
    }

    /// Line and column, both from 1, of one of the reading's offsets; only the line where the statement was rendered.
    #[must_use]
    pub fn place(&self, offset: usize) -> (usize, Option<usize>) {
        let Some(column) = self.column else { return (self.line, None) };
        let Some(before) = offset.checked_sub(self.start).and_then(|within| self.text.get(..within)) else {
            return (self.line, Some(column));
        };
        match before.rfind('\n') {
            Some(newline) => {
                let line = self.line + before.bytes().filter(|&byte| byte == b'\n').count();
                (line, Some(before[newline + 1..].chars().count() + 1))
            }
            None => (self.line, Some(column + before.chars().count())),
        }
    }
}
