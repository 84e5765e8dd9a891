//! Waiting for a branch's lock, the same way on every engine.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::names::BranchName;

use super::error::{DatabaseError, DatabaseErrorKind};
use super::holder::Holder;

/// Often enough that nobody notices, rarely enough that a server does not.
const EVERY: Duration = Duration::from_millis(100);

/// How often whoever holds the lock is looked at, which takes a few queries.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long to wait for a lock, and who hears of it.
pub(super) struct Patience<'a> {
    pub timeout: Duration,
    pub cancel: &'a CancellationToken,
    /// Told who holds the lock, whenever that is somebody else.
    pub waiting: &'a mut dyn FnMut(String),
}

/// What an engine must be able to do for it.
pub(super) trait Lockable {
    /// The database, redacted.
    fn database(&self) -> &str;

    /// Takes the lock if it is free, and says whether it was; waits for nobody.
    async fn attempt(&mut self, branch: &BranchName) -> Result<bool, DatabaseError>;

    /// Who holds it, as far as that can be known.
    async fn holder(&mut self, branch: &BranchName) -> Holder;
}

/// Tries to take a branch's lock until it is taken, or given up.
pub(super) async fn until_taken<E: Lockable>(
    engine: &mut E,
    branch: &BranchName,
    patience: Patience<'_>,
) -> Result<(), DatabaseError> {
    let Patience { timeout, cancel, waiting } = patience;
    let started = Instant::now();
    let mut looked: Option<(Instant, Holder)> = None;
    loop {
        if engine.attempt(branch).await? {
            return Ok(());
        }
        if started.elapsed() >= timeout {
            let message = format!(
                "branch {branch} is locked by {}, and was not let go within {}",
                engine.holder(branch).await,
                humantime::format_duration(timeout)
            );
            return Err(DatabaseError::new(DatabaseErrorKind::Locked, engine.database(), message)
                .hint("wait for the other run, or give it longer with --lock-timeout"));
        }
        if looked.as_ref().is_none_or(|(at, _)| at.elapsed() >= LOOK_EVERY) {
            let holder = engine.holder(branch).await;
            if looked.is_none_or(|(_, told)| told.who() != holder.who()) {
                waiting(holder.to_string());
            }
            looked = Some((Instant::now(), holder));
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = cancel.cancelled() => {
                let message = "interrupted while waiting for the lock";
                return Err(DatabaseError::new(DatabaseErrorKind::Interrupted, engine.database(), message));
            }
        }
    }
}
