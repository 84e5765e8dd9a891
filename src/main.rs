//! The command: arguments, runtime, signals, exit code.

mod cli;

use std::process::ExitCode;

use branchline::run::Cancel;

fn main() -> ExitCode {
    #[cfg(debug_assertions)]
    if let Some(point) = std::env::var("BRANCHLINE_FAILPOINT").ok().and_then(|point| point.parse().ok()) {
        branchline::failpoint::arm(point);
    }
    let cancel = Cancel::new();
    // One thread: all waiting is for databases, and those work in processes and threads of their own.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cli::cannot_start(&error),
    };
    hear_signals(cancel.clone());
    let code = runtime.block_on(cli::run(std::env::args_os(), cancel));
    // Whatever still waits for a database that does not answer must not hold up the exit.
    runtime.shutdown_background();
    code
}

/// Waits for signals on a thread of its own: while a long script is read, nothing is waited for on this one. Where that thread
/// cannot be had, signals end the process as they always do.
fn hear_signals(cancel: Cancel) {
    let (caught, ready) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let signalled = cancel_on_signal(cancel);
            let _ = caught.send(());
            signalled.await;
        });
    });
    let _ = ready.recv();
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
        cli::tell_of_signal();
        signalled().await;
        cli::end_at_once();
    }
}
