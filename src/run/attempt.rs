//! Runs a step's script, and runs it again where it lost to another session: a statement that waits for a lock longer than it
//! may, and the victim of a deadlock, have done nothing. Between two attempts nothing is held, so that whoever was in the way
//! can get on.

use std::time::Duration;

use uuid::Uuid;

use crate::database::{Begin, DatabaseErrorKind, Left, LockedSession, StepEnd, StepFailure, StepRecord, Watch};
use crate::plan::Step;
use crate::script::Program;

use super::event::Event;
use super::prepare::Coordinator;

/// The pause after the first attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Coordinator<'_> {
    /// Runs a step's script from where it is to begin.
    pub(super) async fn attempt(
        &self,
        step: &Step,
        session: &mut LockedSession,
        program: &Program,
        record: &StepRecord,
        begin: Begin,
    ) -> Result<StepEnd, StepFailure> {
        let blocked = |by: &str| (self.watch)(Event::Blocked { step, by });
        let watch = Watch { cancel: &self.cancel, blocked: &blocked };
        let retries = self.lock_retries(&step.branch);
        let (mut begin, mut attempt) = (begin, 0);
        loop {
            let failure = match session.execute(program, record, begin, &watch).await {
                Err(failure) if failure.error.kind == DatabaseErrorKind::Blocked && attempt < retries => failure,
                ended => return ended,
            };
            begin = match failure.left {
                Left::Untouched => begin,
                // What is in doubt stays that until it is done.
                Left::Unfinished(progress) if begin == Begin::InDoubtAfter(progress.done) => begin,
                // What was written of the failure has changed what the session says of its last rows.
                Left::Unfinished(progress) if asks_session(session, program, progress.done) => return Err(failure),
                Left::Unfinished(progress) => Begin::AgainAfter(progress.done),
                Left::InDoubt(_) | Left::Untold(_) | Left::Unknown => return Err(failure),
            };
            let after = pause(attempt);
            (self.watch)(Event::Retrying { step, message: failure.error.message.clone(), after });
            tokio::select! {
                () = tokio::time::sleep(after) => {}
                () = self.cancel.cancelled() => return Err(failure),
            }
            attempt += 1;
        }
    }
}

/// Whether what is left of a script asks its session for what a statement before it has done there.
fn asks_session(session: &LockedSession, program: &Program, done: u32) -> bool {
    !matches!(program.leans_on_session(session.dialect(), done, false), Ok(None))
}

/// How long to wait after so many attempts before: between half of it and one and a half, so that two runs that were in each
/// other's way do not meet again.
fn pause(attempt: u32) -> Duration {
    let full = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_PAUSE);
    let millis = u64::try_from(full.as_millis()).unwrap_or(u64::MAX);
    let random = u64::from_le_bytes(Uuid::new_v4().into_bytes()[..8].try_into().unwrap_or_default());
    Duration::from_millis(millis / 2 + random % millis.max(1))
}

#[cfg(test)]
mod tests {
    use super::{FIRST_PAUSE, LONGEST_PAUSE, pause};

    #[test]
    fn pauses_grow_and_differ() {
        for attempt in 0..40 {
            let pauses: Vec<_> = (0..50).map(|_| pause(attempt)).collect();
            let full = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_PAUSE);
            assert!(pauses.iter().all(|&pause| pause >= full / 2 && pause < full * 3 / 2), "{attempt}: {pauses:?}");
            assert!(pauses.iter().any(|&pause| pause != pauses[0]), "{attempt}");
        }
    }
}
