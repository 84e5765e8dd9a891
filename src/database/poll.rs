//! Waiting for a branch's lock, the same way on every engine that has one.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::names::BranchName;

use super::error::{DatabaseError, DatabaseErrorKind};

/// Often enough that nobody notices, rarely enough that a server does not.
const EVERY: Duration = Duration::from_millis(100);

/// Waits a moment before the next attempt, or gives up.
#[allow(clippy::too_many_arguments)]
pub(super) async fn again(
    database: &str,
    branch: &BranchName,
    holder: String,
    told: &mut Option<String>,
    started: Instant,
    timeout: Duration,
    cancel: &CancellationToken,
    waiting: &mut dyn FnMut(String),
) -> Result<(), DatabaseError> {
    if started.elapsed() >= timeout {
        let message = format!(
            "branch {branch} is locked by {holder}, and was not let go within {}",
            humantime::format_duration(timeout)
        );
        return Err(DatabaseError::new(DatabaseErrorKind::Locked, database, message)
            .hint("wait for the other run, or give it longer with --lock-timeout"));
    }
    if told.as_ref() != Some(&holder) {
        waiting(holder.clone());
        *told = Some(holder);
    }
    tokio::select! {
        () = tokio::time::sleep(EVERY) => Ok(()),
        () = cancel.cancelled() => {
            Err(DatabaseError::new(DatabaseErrorKind::Interrupted, database, "interrupted while waiting for the lock"))
        }
    }
}
