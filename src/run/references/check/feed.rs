//! Reads a table's keys page by page, ahead of whoever compares them.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::catalog::ColumnKind;
use crate::database::{DatabaseError, DatabaseErrorKind, Session};
use crate::reference::keys::{KeyKind, KeyPage, KeySource, Range, Reading, Value};
use crate::reference::{BLOCK, Part};

/// As many rows are read by one statement at most: long enough to be worth one, short enough to hold nothing for long.
pub(super) const PAGE: usize = 65_536;

/// As many keys are leapt to by one statement: each is a descent of the index, and statements are not to last.
const LEAPS: usize = 4_096;

/// As many keys are leapt to at most.
const MOST_LEAPS: u64 = 40_000;

/// A stream of keys.
pub(super) struct Feed<'a> {
    pub(super) source: &'a KeySource,
    pub(super) reading: Reading,
    /// Which part of the keys somebody looks at; the others are leapt over where an index tells them.
    pub(super) part: Option<Part>,
    /// As many rows are read by one statement: all streams of a pass share the memory of one.
    pub(super) page: usize,
    pub(super) rate: Option<u64>,
    /// Where it begins and ends, where the order of the keys tells.
    pub(super) range: (Option<Vec<Value>>, Option<Vec<Value>>),
    pub(super) cancel: &'a CancellationToken,
}

impl Feed<'_> {
    /// Reads all pages, until nobody wants more; says how long that took, with the time in which nobody took them.
    pub(super) async fn run(&self, session: &mut Session, pages: Sender<KeyPage>) -> Result<Duration, DatabaseError> {
        let began = Instant::now();
        let mut page = session.new_page(self.source);
        if self.reading == Reading::Whole {
            let read = session.read_keys(self.source, self.reading, &Range::default(), page, Some(&pages)).await?;
            let _ = pages.send(read.page).await;
            return Ok(began.elapsed());
        }
        let (after, until) = self.range.clone();
        let mut part = Range { after, until, limit: None };
        let leaps = self.own_blocks(session);
        let mut reading = self.reading;
        let mut rows = 0;
        loop {
            part.limit = Some(if reading == Reading::Leaping { LEAPS } else { self.page });
            if let Some(own) = leaps {
                leap(own, &mut part.after);
                // A block, and where numbers are missing from it a part of what follows.
                part.limit = part.limit.min(usize::try_from(BLOCK).ok());
            }
            let read = session.read_keys(self.source, reading, &part, page, None).await?;
            page = read.page.next();
            rows += read.page.len() as u64;
            let stands_still = read.cursor.is_none();
            if pages.send(read.page).await.is_err() {
                return Ok(began.elapsed());
            }
            if let Some(cursor) = read.cursor {
                part.after = Some(cursor);
            }
            match (reading, read.is_full) {
                // Where there are more keys than the statistics said, leaping costs more than it saves. And an engine that ends a
                // recursion in silence is not asked for the same again.
                (Reading::Leaping, true) if stands_still || rows >= MOST_LEAPS => reading = Reading::Grouped,
                (_, true) => {}
                (_, false) => return Ok(began.elapsed()),
            }
            self.slow_down(began, rows, &pages).await?;
        }
    }

    /// The part, where blocks of others can be leapt over: what stands between two numbers must be a number, or be looked at by
    /// another part.
    fn own_blocks(&self, session: &Session) -> Option<Part> {
        let [key] = self.source.columns.as_slice() else { return None };
        let is_number = matches!(key.column.kind, ColumnKind::Integer { .. }) && key.compared_as == KeyKind::Integer;
        let in_order = matches!(self.reading, Reading::Grouped | Reading::Leaping);
        let has_only_numbers = !session.new_page(self.source).keeps_originals();
        self.part.filter(|part| is_number && in_order && (has_only_numbers || !part.is_first()))
    }

    /// Waits until no more has been read than may be, or nobody wants more.
    async fn slow_down(&self, began: Instant, rows: u64, pages: &Sender<KeyPage>) -> Result<(), DatabaseError> {
        let wait = self.rate.map_or(Duration::ZERO, |rate| {
            #[allow(clippy::cast_precision_loss)]
            let due = rows as f64 / rate.max(1) as f64;
            Duration::from_secs_f64(due).saturating_sub(began.elapsed())
        });
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(interrupted()),
            () = pages.closed() => Ok(()),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }
}

/// Goes on to where the next numbers of a part may stand. What is no number stands behind all of them.
fn leap(part: Part, after: &mut Option<Vec<Value>>) {
    let next = match after.as_deref() {
        None => i128::from(i64::MIN),
        Some([Value::Integer(after)]) => after + 1,
        Some(_) => return,
    };
    *after = Some(vec![Value::Integer(part.from_number(next) - 1)]);
}

/// Somebody does not want to know any longer.
pub(super) fn interrupted() -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::Interrupted, "", "interrupted while keys were read")
}
