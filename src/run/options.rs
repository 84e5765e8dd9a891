//! How a run is to behave.

use std::time::Duration;

use uuid::Uuid;

/// What to do when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// Start nothing new anywhere.
    #[default]
    Stop,
    /// Go on with what does not depend on it.
    Continue,
    /// Start nothing new, and take back what this run has applied, in reverse. Upgrades only: what went down stays down.
    Compensate,
}

/// How a run is to behave. Where a limit is none, the branch's own file decides.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// This run's id, the same in every database that it touches.
    pub run_id: Uuid,
    /// Who runs it, for the journal: `user@host`.
    pub actor: String,
    /// How long to wait for locks: the branch's, and the database's own.
    pub lock_timeout: Option<Duration>,
    /// How often a statement is tried again that lost to another session's lock.
    pub lock_retries: Option<u32>,
    /// How long a statement may run.
    pub statement_timeout: Option<Duration>,
    /// How long to wait for databases that do not answer yet.
    pub wait: Duration,
    /// How many steps may run at the same time; at least one.
    pub jobs: usize,
    /// What to do when a step fails.
    pub on_failure: OnFailure,
}

impl RunOptions {
    /// How long a server may take to answer at all.
    pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// The same, where somebody interrupts, and what became of a step is only looked up.
    pub(super) const CONNECT_TIMEOUT_INTERRUPTED: Duration = Duration::from_secs(3);

    /// How long to wait for another run of the same branch, where nobody says: long enough for most of them to end.
    pub(super) const RUN_LOCK_TIMEOUT: Duration = Duration::from_secs(60);
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            run_id: Uuid::now_v7(),
            actor: String::new(),
            lock_timeout: None,
            lock_retries: None,
            statement_timeout: None,
            wait: Duration::ZERO,
            jobs: tokio::sync::Semaphore::MAX_PERMITS,
            on_failure: OnFailure::Stop,
        }
    }
}
