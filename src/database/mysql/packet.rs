//! How much the server takes at once. It ends the connection of whoever sends more, which then looks as if it was lost.

use sea_query::Expr;

use crate::script::Program;

use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::record::{Event, Left, StepFailure, StepRecord};
use super::super::stepwise::Stepwise as _;
use super::{BEGIN, FLAVOR, Mysql};

/// No server is set up to take less than this, and so none is asked about a shorter text.
const ASKED_ABOVE: usize = 512 * 1024;

/// What a message has besides its text, and one byte less than that must fit.
const AROUND: usize = 2;

impl Mysql {
    /// Refuses a script with a statement that is too long, before anything of it is written.
    pub(super) async fn refuse_too_long(&mut self, program: &Program, record: &StepRecord) -> Result<(), StepFailure> {
        let Some((location, bytes)) = program.longest() else { return Ok(()) };
        let Err(error) = self.fits(BEGIN.len() + bytes).await else { return Ok(()) };
        let event = Event::failed(record.direction, error.message.clone());
        let note = FLAVOR.insert_event(record, &event, Expr::value(Option::<i64>::None));
        // The failure itself is what the user must hear.
        let _ = self.write_together(&[note]).await;
        Err(StepFailure { error, location: Some(location), statement: None, left: Left::Untouched })
    }

    /// Whether a text of so many bytes may be sent.
    pub(super) async fn fits(&mut self, bytes: usize) -> Result<(), DatabaseError> {
        if bytes < ASKED_ABOVE {
            return Ok(());
        }
        let limit = match self.packet {
            Some(limit) => limit,
            None => {
                let said = self.text("SELECT CAST(@@max_allowed_packet AS char)").await?;
                let limit = said.and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
                *self.packet.insert(limit)
            }
        };
        if bytes.saturating_add(AROUND) <= limit {
            return Ok(());
        }
        let message =
            format!("a statement of {bytes} bytes is more than the server takes: its max_allowed_packet is {limit}");
        Err(DatabaseError::new(DatabaseErrorKind::Query, &self.database, message)
            .hint("raise max_allowed_packet on the server, or divide the statement"))
    }
}
