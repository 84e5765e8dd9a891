//! A script with its state row, its event and the COMMIT, as one simple query.

use std::fmt::Write as _;
use std::sync::Arc;

use sea_query::{Expr, SimpleExpr};

use crate::direction::Direction;
use crate::plan::{Progress, RecordedState};
use crate::script::{Place, Program, SqlPiece};

use super::super::record::{Event, StepRecord};
use super::{Postgres, RESET};

/// A script and all that goes with it, as one simple query.
pub(super) struct Bundle<'a> {
    pub text: Arc<str>,
    /// Results that come back before the script's own.
    results_before: usize,
    /// Results that come back before that of the COMMIT.
    results_before_commit: usize,
    /// Where each piece begins in the text, in bytes, and the index of its first statement.
    pieces: Vec<(usize, usize, &'a SqlPiece)>,
}

impl<'a> Bundle<'a> {
    pub(super) fn new(program: &'a Program, record: &StepRecord, session: &Postgres) -> Self {
        let mut text = format!("BEGIN;{}\n", session.settings("LOCAL"));
        // BEGIN, the two limits, and each of the server's own settings.
        let results_before = 3 + session.defaults.len();
        let mut pieces = Vec::new();
        let mut statements = 0;
        for piece in program.sql_pieces() {
            pieces.push((text.len(), statements, piece));
            statements += piece.statements.len();
            text.push_str(&piece.text);
            text.push_str("\n;\n");
        }
        text.push_str(RESET);
        let total = u32::try_from(statements).unwrap_or(u32::MAX);
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
        let _ = write!(text, "{row};{event};");
        let changes = session.flavor.change_references(record);
        for change in &changes {
            let _ = write!(text, "{change};");
        }
        // Taking back what the script changed in its session, the row and the event.
        let results_before_commit = results_before + statements + RESET.matches(';').count() + 2 + changes.len();
        text.push_str("COMMIT");
        Self { text: text.into(), results_before, results_before_commit, pieces }
    }

    /// Whether an error behind so many results has left a transaction open: not where the text could not even be read, and so
    /// the BEGIN was not, nor where the COMMIT itself failed.
    pub(super) const fn leaves_transaction(&self, results: usize) -> bool {
        results > 0 && results < self.results_before_commit
    }

    /// The statement that failed, from the results before it, and the byte in it, from the error's position.
    pub(super) fn place(&self, results: usize, position: Option<usize>) -> Option<Place> {
        if let Some(character) = position {
            let offset = crate::sql::byte_offset_of_character(&self.text, character)?;
            let (piece, (begin, _, found)) =
                self.pieces.iter().enumerate().rev().find(|(_, (begin, _, _))| *begin <= offset)?;
            let within = offset - begin;
            let statement = found.statements.iter().rposition(|statement| statement.range.start <= within)?;
            return (within <= found.text.len()).then_some(Place { piece, statement, offset: Some(within) });
        }
        let index = results.checked_sub(self.results_before)?;
        let (piece, (_, first, found)) =
            self.pieces.iter().enumerate().rev().find(|(_, (_, first, _))| *first <= index)?;
        (index - first < found.statements.len()).then_some(Place { piece, statement: index - first, offset: None })
    }
}

fn server_duration() -> SimpleExpr {
    Expr::cust("(extract(epoch FROM clock_timestamp() - transaction_timestamp()) * 1000)::bigint")
}
