//! The command: arguments, runtime, signals, exit code.

mod cli;

use std::process::ExitCode;

use branchline::run::Cancel;

fn main() -> ExitCode {
    let cancel = Cancel::new();
    // One thread: all waiting is for databases, and those work in processes and threads of their own.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cli::cannot_start(&error),
    };
    let code = runtime.block_on(async {
        tokio::spawn(cancel_on_signal(cancel.clone()));
        cli::run(std::env::args_os(), cancel).await
    });
    // Whatever still waits for a database that does not answer must not hold up the exit.
    runtime.shutdown_background();
    code
}

/// The first SIGINT or SIGTERM asks the run to stop; the second ends the process at once.
///
/// Signals are caught from the call on, not from when the future is first polled: by then a connection may be under way.
fn cancel_on_signal(cancel: Cancel) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return };
        let mut signalled = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        signalled().await;
        cancel.cancel();
        signalled().await;
        cli::end_at_once();
    }
}
