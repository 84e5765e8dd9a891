//! A script with its state row, its event and the COMMIT, as the few messages that are sent: one simple query, unless data for
//! COPY stands in between.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use sea_query::{Expr, SimpleExpr};

use crate::direction::Direction;
use crate::plan::{Progress, RecordedState};
use crate::script::{Place, Program, SqlPiece};

use super::super::holder;
use super::super::record::{Event, StepRecord};
use super::copy;
use super::{Postgres, RESET, STAY};

/// Ends a comment and a statement that a piece's text may end with.
const END_OF_TEXT: &str = "\n;\n";

/// A script and all that goes with it.
pub(super) struct Bundle<'a> {
    pub messages: Vec<Message<'a>>,
    /// Results of the last message that come back before that of the COMMIT.
    results_before_commit: usize,
}

/// What is sent to the server at once.
pub(super) enum Message<'a> {
    Query(Query<'a>),
    Copy(Copy<'a>),
}

/// A simple query of several statements.
pub(super) struct Query<'a> {
    pub text: Arc<str>,
    parts: Vec<Part<'a>>,
}

/// A COPY and its data.
pub(super) struct Copy<'a> {
    pub sql: &'a str,
    pub data: &'a str,
    pub place: Place,
}

/// A stretch of a piece's text within a query.
struct Part<'a> {
    piece: usize,
    sql: &'a SqlPiece,
    /// The bytes of the piece's text.
    range: Range<usize>,
    /// The piece's statements in it.
    statements: Range<usize>,
    /// Where it begins in the query.
    begin: usize,
    /// The results that come back before that of its first statement.
    results_before: usize,
}

/// A bundle that is being made.
#[derive(Default)]
struct Draft<'a> {
    messages: Vec<Message<'a>>,
    text: String,
    parts: Vec<Part<'a>>,
    /// How many results the text gives so far.
    results: usize,
    /// Since a COPY, the server says nothing but errors.
    quiet: bool,
}

/// What comes before a script: BEGIN and the session's settings.
pub(super) struct Opening {
    pub text: String,
    results: usize,
}

/// What comes after it: what takes back its own settings, the state row, the event, the references and COMMIT.
pub(super) struct Closing {
    pub text: String,
    /// Results that come back before that of the COMMIT.
    pub results_before_commit: usize,
}

impl Opening {
    pub(super) fn of(record: &StepRecord, session: &Postgres) -> Self {
        // BEGIN, the lock, the two limits, and each of the server's own settings.
        let results = 4 + session.defaults.len();
        let comment = holder::comment(&record.branch, record.revision.as_str());
        Self { text: format!("{comment}BEGIN;{}\n", session.settings("LOCAL")), results }
    }
}

impl Closing {
    pub(super) fn of(program: &Program, record: &StepRecord, session: &Postgres) -> Self {
        let total = u32::try_from(program.statement_count()).unwrap_or(u32::MAX);
        let row = match record.direction {
            Direction::Up => session.flavor.insert_revision(
                record,
                RecordedState::Applied,
                Progress { done: total, total },
                server_duration(),
            ),
            Direction::Down => session.flavor.delete_revision(&record.branch, &record.revision),
        };
        let event = session.flavor.insert_event(record, &Event::done(record.direction), server_duration());
        let mut text = format!("{RESET}{STAY};{row};{event};");
        let changes = session.flavor.change_references(record);
        for change in &changes {
            let _ = write!(text, "{change};");
        }
        text.push_str("COMMIT");
        // Taking back what the script changed in its session, staying, the row and the event.
        let results_before_commit = RESET.matches(';').count() + 3 + changes.len();
        Self { text, results_before_commit }
    }
}

impl<'a> Bundle<'a> {
    pub(super) fn new(program: &'a Program, record: &StepRecord, session: &Postgres) -> Self {
        let opening = Opening::of(record, session);
        let mut draft = Draft { text: opening.text, results: opening.results, ..Draft::default() };
        for (index, piece) in program.sql_pieces().enumerate() {
            draft.add_piece(index, piece);
        }
        let closing = Closing::of(program, record, session);
        draft.text.push_str(&closing.text);
        let results_before_commit = draft.results + closing.results_before_commit;
        draft.end_query();
        Self { messages: draft.messages, results_before_commit }
    }

    /// Whether an error in that message, behind so many results, has left a transaction open: not where the first text could
    /// not even be read, and so the BEGIN was not, nor where the COMMIT itself failed.
    pub(super) const fn leaves_transaction(&self, message: usize, results: usize) -> bool {
        let begun = message > 0 || results > 0;
        begun && !self.is_at_commit(message, results)
    }

    /// Whether an error in that message, behind so many results, is the COMMIT's.
    pub(super) const fn is_at_commit(&self, message: usize, results: usize) -> bool {
        message + 1 == self.messages.len() && results >= self.results_before_commit
    }
}

impl<'a> Draft<'a> {
    fn add_piece(&mut self, piece: usize, sql: &'a SqlPiece) {
        let mut range = 0..sql.text.len();
        let mut statements = 0..sql.statements.len();
        for (index, statement) in sql.statements.iter().enumerate() {
            let Some(data) = statement.data(&sql.text) else { continue };
            self.add_text(piece, sql, range.start..statement.range.start, statements.start..index);
            if !std::mem::replace(&mut self.quiet, true) {
                self.text.push_str(copy::QUIET);
                self.results += copy::QUIET_RESULTS;
            }
            self.end_query();
            let place = Place { piece, statement: index, offset: None };
            self.messages.push(Message::Copy(Copy { sql: statement.text(&sql.text), data, place }));
            range.start = statement.end();
            statements.start = index + 1;
        }
        self.add_text(piece, sql, range, statements);
    }

    fn add_text(&mut self, piece: usize, sql: &'a SqlPiece, range: Range<usize>, statements: Range<usize>) {
        if statements.is_empty() {
            return;
        }
        if std::mem::take(&mut self.quiet) {
            self.text.push_str(copy::LOUD);
            self.results += copy::LOUD_RESULTS;
        }
        let (begin, results_before) = (self.text.len(), self.results);
        self.results += statements.len();
        self.text.push_str(&sql.text[range.clone()]);
        self.text.push_str(END_OF_TEXT);
        self.parts.push(Part { piece, sql, range, statements, begin, results_before });
    }

    fn end_query(&mut self) {
        let text = std::mem::take(&mut self.text);
        let parts = std::mem::take(&mut self.parts);
        self.results = 0;
        if !text.is_empty() {
            self.messages.push(Message::Query(Query { text: text.into(), parts }));
        }
    }
}

impl<'a> Query<'a> {
    /// A part of a script; `quiet` where the server says nothing but errors since a COPY before it.
    pub(super) fn of_part(sql: &'a SqlPiece, quiet: bool) -> Self {
        let mut draft = Draft { quiet, ..Draft::default() };
        draft.add_text(0, sql, 0..sql.text.len(), 0..sql.statements.len());
        Self { text: draft.text.into(), parts: draft.parts }
    }

    /// The statement that failed, from the results before it, and the byte in it, from the error's position.
    pub(super) fn place(&self, results: usize, position: Option<usize>) -> Option<Place> {
        if let Some(character) = position {
            let offset = crate::sql::byte_offset_of_character(&self.text, character)?;
            let part = self.parts.iter().rev().find(|part| part.begin <= offset)?;
            let within = part.range.start + (offset - part.begin);
            let statement = part.sql.statements.iter().rposition(|statement| statement.range.start <= within)?;
            // A last statement that is not complete fails at what we put behind it.
            let end = part.sql.statements[statement].range.end;
            let offset = if within > part.range.end { end } else { within };
            return (within <= part.range.end + END_OF_TEXT.len()).then_some(Place {
                piece: part.piece,
                statement,
                offset: Some(offset),
            });
        }
        let part = self.parts.iter().rev().find(|part| part.results_before <= results)?;
        let statement = part.statements.start + (results - part.results_before);
        (statement < part.statements.end).then_some(Place { piece: part.piece, statement, offset: None })
    }
}

fn server_duration() -> SimpleExpr {
    Expr::cust("(extract(epoch FROM clock_timestamp() - transaction_timestamp()) * 1000)::bigint")
}
