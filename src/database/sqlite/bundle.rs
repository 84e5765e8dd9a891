//! A script with its record and the COMMIT, as the few texts that are sent.

use std::time::{SystemTime, UNIX_EPOCH};

use sea_query::{Expr, SimpleExpr};

use crate::direction::Direction;
use crate::plan::{Progress, RecordedState};
use crate::script::{Program, SqlPiece};

use super::super::record::{Event, StepRecord};
use super::FLAVOR;

/// How much is sent at once: SQLite copies all that is left of a text for each statement that it prepares.
const PART_BYTES: usize = 32 * 1024;

/// A piece's text in parts of whole statements.
pub(super) fn parts(piece: &SqlPiece) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let mut cuts = Vec::new();
    for pair in piece.statements.windows(2) {
        if pair[0].range.end - start >= PART_BYTES {
            cuts.push(start..pair[1].range.start);
            start = pair[1].range.start;
        }
    }
    cuts.push(start..piece.text.len());
    cuts.into_iter().map(|cut| &piece.text[cut])
}

/// A script, its record and the COMMIT, as a few texts; mostly as one.
#[derive(Default)]
pub(super) struct Bundle {
    pub texts: Vec<String>,
    /// The index of each piece's first statement.
    firsts: Vec<usize>,
    /// How many statements come before the script.
    opening: usize,
    /// How many statements the script has; what comes after them is the record.
    statements: usize,
}

impl Bundle {
    /// Begins with so many statements that are not the script's.
    pub(super) fn opened_by(text: String, statements: usize) -> Self {
        Self { texts: vec![text], opening: statements, ..Self::default() }
    }

    pub(super) fn add_script(&mut self, program: &Program) {
        for piece in program.sql_pieces() {
            self.firsts.push(self.statements);
            self.statements += piece.statements.len();
            for part in parts(piece) {
                // The newline ends a comment that the part may end with.
                self.open().push_str(&format!("{part}\n;\n"));
            }
        }
    }

    /// The event comes last: its id is what the connection then knows as the row that was inserted last.
    pub(super) fn add_record(&mut self, program: &Program, record: &StepRecord, started: SystemTime) {
        let total = u32::try_from(program.statement_count()).unwrap_or(u32::MAX);
        let row = match record.direction {
            Direction::Up => FLAVOR.insert_revision(
                record,
                RecordedState::Applied,
                Progress { done: total, total },
                duration_since(started),
            ),
            Direction::Down => FLAVOR.delete_revision(&record.branch, &record.revision),
        };
        let mut rows = vec![row];
        rows.extend(FLAVOR.change_references(record));
        rows.push(FLAVOR.insert_event(record, &Event::done(record.direction), duration_since(started)));
        self.open().push_str(&format!("{};COMMIT", rows.join(";")));
    }

    /// The text to go on with: the last one, unless it is long enough.
    fn open(&mut self) -> &mut String {
        if self.texts.last().is_none_or(|text| text.len() >= PART_BYTES) {
            self.texts.push(String::new());
        }
        let last = self.texts.len() - 1;
        &mut self.texts[last]
    }

    /// The piece and the statement in it that come after this many.
    pub(super) fn place(&self, done: usize) -> Option<(usize, usize)> {
        let done = done.checked_sub(self.opening).filter(|&done| done < self.statements)?;
        let piece = self.firsts.iter().rposition(|&first| first <= done)?;
        Some((piece, done - self.firsts[piece]))
    }
}

/// The milliseconds from a time to that of the statement that this stands in.
fn duration_since(started: SystemTime) -> SimpleExpr {
    let started = started.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Expr::cust(format!("max(0, CAST(unixepoch('now', 'subsec') * 1000 AS integer) - {started})"))
}
