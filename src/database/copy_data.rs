//! The data that a script brings along for a statement: held with the script, or read from it as it is sent.

use tokio_util::sync::CancellationToken;

use crate::script::{LongRun, ScriptChanged};

use super::error::DatabaseError;
use super::stepwise::interrupted;

/// How much of what is held is handed over at once: a driver copies it before it is sent.
const CHUNK_BYTES: usize = 256 * 1024;

/// Data on its way.
pub(super) struct CopyData<'a, 'p> {
    source: Source<'a, 'p>,
    /// Why no more of it comes, where it has not ended.
    pub broken: Option<DatabaseError>,
}

enum Source<'a, 'p> {
    Held(&'a [u8]),
    Read(&'a mut LongRun<'p>, &'a CancellationToken),
}

impl<'a, 'p> CopyData<'a, 'p> {
    /// The data of a script that is held.
    pub(super) const fn held(data: &'a str) -> Self {
        Self { source: Source::Held(data.as_bytes()), broken: None }
    }

    /// The data of the part of a long script that was read last. It may take long to send, so that nothing more of it comes
    /// after `cancel`.
    pub(super) const fn read(reading: &'a mut LongRun<'p>, cancel: &'a CancellationToken) -> Self {
        Self { source: Source::Read(reading, cancel), broken: None }
    }

    /// The next stretch of it. `None` where it ends, or is `broken`.
    pub(super) fn next(&mut self) -> Option<&[u8]> {
        match &mut self.source {
            Source::Held(rest) => {
                let (chunk, after) = rest.split_at(rest.len().min(CHUNK_BYTES));
                *rest = after;
                Some(chunk).filter(|chunk| !chunk.is_empty())
            }
            Source::Read(_, cancel) if cancel.is_cancelled() => {
                self.broken = Some(interrupted());
                None
            }
            Source::Read(reading, _) => match reading.data() {
                Ok(stretch) => stretch.map(str::as_bytes),
                Err(changed) => {
                    self.broken = Some(changed.into());
                    None
                }
            },
        }
    }
}

impl From<ScriptChanged> for DatabaseError {
    fn from(changed: ScriptChanged) -> Self {
        Self::new(super::DatabaseErrorKind::ScriptChanged, "", changed.to_string())
            .hint("look at what the script says now before you go on")
    }
}
