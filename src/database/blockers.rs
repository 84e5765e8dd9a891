//! Who keeps a statement waiting for a lock of the database itself, as opposed to the branch's: another session, of an
//! application or of a person.
//!
//! The session that waits cannot ask while it waits, and afterwards there is nothing to be seen any more. So a second one asks,
//! and only where a statement takes as long as half of what it may wait.

use std::fmt;
use std::time::Duration;

use super::holder::{HIDDEN, excerpt};

/// How often it is asked where a statement may wait for long, or for ever.
const RARELY: Duration = Duration::from_secs(5);

/// The shortest time between two questions.
const OFTEN: Duration = Duration::from_millis(100);

/// A session that holds what a statement of ours waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blocker {
    /// What the server calls it: `server process 4711`.
    pub session: String,
    /// Who that is: an application, a user, a host.
    pub who: String,
    /// What it is doing: `idle in transaction`.
    pub state: String,
    /// How long its transaction has been open.
    pub seconds: Option<i64>,
    /// Its statement, or its last one.
    pub sql: String,
    /// Whether the server says that it holds the lock; else it only may.
    pub is_certain: bool,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_certain {
            f.write_str("perhaps ")?;
        }
        write!(f, "{} of {}", self.session, self.who)?;
        let since = self.seconds.map(|seconds| {
            let open = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
            format!("in a transaction for {}", humantime::format_duration(open))
        });
        let said: Vec<String> = [Some(self.state.clone()).filter(|state| !state.is_empty()), since]
            .into_iter()
            .flatten()
            .chain(
                (!self.sql.trim().is_empty() && self.sql != HIDDEN)
                    .then(|| format!("last statement: {}", excerpt(&self.sql))),
            )
            .collect();
        if said.is_empty() { Ok(()) } else { write!(f, " ({})", said.join(", ")) }
    }
}

/// What an engine must be able to do for it, on a connection of its own.
pub(super) trait Lookout: Sized {
    /// Who blocks the session that is watched, as far as that can be known.
    async fn blockers(&mut self) -> Vec<Blocker>;

    /// Says goodbye to the server, where it was spoken to.
    async fn close(self);
}

/// Lets `work` go on, and looks meanwhile who blocks it. Tells whenever that is somebody else, and gives what was seen last.
pub(super) async fn watched<T>(
    work: impl Future<Output = T>,
    lock_timeout: Duration,
    mut lookout: impl Lookout,
    tell: &dyn Fn(&str),
) -> (T, Option<String>) {
    let period = if lock_timeout.is_zero() { RARELY } else { (lock_timeout / 2).clamp(OFTEN, RARELY) };
    tokio::pin!(work);
    let mut seen = None;
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(period) => {}
        }
        tokio::select! {
            done = &mut work => break done,
            blockers = lookout.blockers() => {
                let blockers = blockers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                if !blockers.is_empty() && seen.as_ref() != Some(&blockers) {
                    tell(&blockers);
                    seen = Some(blockers);
                }
            }
        }
    };
    lookout.close().await;
    (done, seen)
}

#[cfg(test)]
mod tests {
    use super::Blocker;

    #[test]
    fn what_is_known_is_said() {
        let mut blocker = Blocker {
            session: "server process 7".to_owned(),
            who: "psql, app@10.0.0.1".to_owned(),
            state: "idle in transaction".to_owned(),
            seconds: Some(75),
            sql: "SELECT *\n FROM users".to_owned(),
            is_certain: true,
        };
        assert_eq!(
            blocker.to_string(),
            "server process 7 of psql, app@10.0.0.1 (idle in transaction, in a transaction for 1m 15s, last statement: SELECT * \
             FROM users)"
        );
        blocker = Blocker { state: String::new(), seconds: None, sql: String::new(), is_certain: false, ..blocker };
        assert_eq!(blocker.to_string(), "perhaps server process 7 of psql, app@10.0.0.1");
    }
}
