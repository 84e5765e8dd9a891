//! Waiting for a branch's lock, the same way on every engine that has one.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::names::BranchName;

use super::error::{DatabaseError, DatabaseErrorKind};

/// Often enough that nobody notices, rarely enough that a server does not.
const EVERY: Duration = Duration::from_millis(100);

/// How long to wait for a lock, and who hears of it.
pub(super) struct Patience<'a> {
    pub timeout: Duration,
    pub cancel: &'a CancellationToken,
    /// Told who holds the lock, whenever that is somebody else.
    pub waiting: &'a mut dyn FnMut(String),
}

/// Tries to take a branch's lock until it is taken, or given up. An attempt gives what was taken, or who holds it.
pub(super) async fn until_taken<T>(
    database: &str,
    branch: &BranchName,
    patience: Patience<'_>,
    mut attempt: impl AsyncFnMut() -> Result<Result<T, String>, DatabaseError>,
) -> Result<T, DatabaseError> {
    let Patience { timeout, cancel, waiting } = patience;
    let started = Instant::now();
    let mut told: Option<String> = None;
    loop {
        let holder = match attempt().await? {
            Ok(taken) => return Ok(taken),
            Err(holder) => holder,
        };
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
            told = Some(holder);
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = cancel.cancelled() => {
                let message = "interrupted while waiting for the lock";
                return Err(DatabaseError::new(DatabaseErrorKind::Interrupted, database, message));
            }
        }
    }
}
