//! All that is told of a statement, and of a script, from its tokens: what lint and reports stand on.

use super::ddl::{self, Ddl};
use super::destructive::{Loss, loss};
use super::effect::{self, Effects, ScriptEffects};
use super::pattern::code;
use super::remark::{Remark, remarks};
use super::scan::Statement;
use super::token::TokenKind;
use super::verb::Verb;
use super::words::Words;
use crate::dialect::Dialect;

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
    /// The line of the code that it is about.
    pub target: usize,
    /// What is allowed there.
    pub codes: Vec<String>,
}

/// Reads a statement. `text` must be the text that it was found in.
#[must_use]
pub fn read(dialect: Dialect, text: &str, statement: &Statement) -> Reading {
    let codes: Vec<_> = code(dialect, text, statement.range.clone()).collect();
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

impl Reading {
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
    /// Whether the next statement is kept: not where it only writes rows, unless it is the first to use an enum value that
    /// the script adds.
    pub fn takes(&mut self, statement: &ReadStatement) -> bool {
        let before = self.enum_values.len();
        self.enum_values.retain(|value| !statement.text.contains(value.as_str()));
        let uses = self.enum_values.len() < before;
        self.enum_values.extend(statement.reading.remarks.iter().filter_map(|remark| match remark {
            Remark::AddsEnumValue(value) => Some(value.clone()),
            _ => None,
        }));
        uses || !statement.reading.only_writes_rows()
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
