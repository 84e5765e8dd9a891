//! Servers that fall silent while a run is to stop. As long as nobody interrupts, a server may think for as long as its limits let
//! it; whoever interrupts waits for it only so long.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error::{DatabaseError, DatabaseErrorKind};

/// How long a server may take to answer once it was asked to stop: longer than it takes most of them to roll back, shorter than a
/// deploy job waits before it kills.
const LIMIT: Duration = Duration::from_secs(30);

/// Listens for one session's server.
pub(super) struct Listener {
    database: String,
    /// Cancelled when the run is to stop; none where the engine works in this process and hears of that by itself.
    cancel: Option<CancellationToken>,
    /// Whether it was given up: then its connection is in the middle of an answer, and takes no question.
    given_up: bool,
}

impl Listener {
    pub(super) const fn new(database: String, cancel: Option<CancellationToken>) -> Self {
        Self { database, cancel, given_up: false }
    }

    /// Lets `work` with the server come to its end. Where the run is to stop, and the server then stays silent, drops it, and every
    /// later one of this session at once.
    pub(super) async fn hear<T>(
        &mut self,
        work: impl Future<Output = Result<T, DatabaseError>>,
    ) -> Result<T, DatabaseError> {
        let Some(cancel) = &self.cancel else { return work.await };
        if !self.given_up {
            let silence = async {
                cancel.cancelled().await;
                tokio::time::sleep(LIMIT).await;
            };
            tokio::select! {
                biased;
                heard = work => return heard,
                () = silence => self.given_up = true,
            }
        }
        let message = format!(
            "the run was to stop, and the server has not answered for {} since: the connection was given up",
            humantime::format_duration(LIMIT)
        );
        Err(DatabaseError::new(DatabaseErrorKind::Interrupted, &self.database, message)
            .hint("the server may still be working on what it was asked for"))
    }
}
