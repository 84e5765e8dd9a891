//! Places where a test can have the process stop, so that it does its damage just there: before and after each of our sends to a
//! database that may change something.
//!
//! The process stops itself (SIGSTOP) at the point that was asked for, counted from the first one it comes to; whoever asked
//! kills it, its session or the server, and lets it go on where it still can. A release has none of this: in somebody's
//! deployment a variable of the environment must not be able to stop a run half-way.

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU64, Ordering};

/// How many points are left until the process stops; zero: it does not.
#[cfg(debug_assertions)]
static LEFT: AtomicU64 = AtomicU64::new(0);

/// Has the process stop at the point of this number, from 1.
#[cfg(debug_assertions)]
pub fn arm(point: u64) {
    LEFT.store(point, Ordering::Relaxed);
}

/// A point.
#[inline]
pub(crate) fn pass() {
    #[cfg(debug_assertions)]
    {
        let counted = LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if counted == Ok(1) {
            // Of a process that may not stop itself, the test finds out.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
        }
    }
}

/// A point before some work, and one after it.
#[inline]
pub(crate) async fn around<T>(work: impl Future<Output = T>) -> T {
    pass();
    let done = work.await;
    pass();
    done
}
