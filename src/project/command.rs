//! Running the command that prints a branch's URL or password. What it prints is a secret: nothing of it is ever quoted, not
//! even what it says on its way to fail.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::database_url::Secret;

/// How long a command may take: a vault that asks a person answers within that, and a deploy job does not hang on it.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// More than any URL or password.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// How often to look whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Runs a command by the shell in a folder, with the environment of this process and nothing on its standard input; gives what
/// it prints without the line's end.
///
/// # Errors
///
/// Why there is no output, in words that follow "the command".
pub(super) fn output(command: &str, folder: &Path, limit: Duration) -> Result<Secret, String> {
    let deadline = Instant::now() + limit;
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    // Its words may hold the secret as well, so nobody hears them.
    let spawned = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| format!("cannot be started: {error}"))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // Not waited for where the time is over: what the shell has started may hold the pipe open.
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(LONGEST_OUTPUT + 1).read_to_end(&mut bytes);
            let _ = sender.send(read.map(|_| bytes));
        });
    }
    let over = || format!("did not end within {}", humantime::format_duration(limit));
    let read = receiver.recv_timeout(limit);
    let ended = ended(&mut child, deadline);
    if !matches!(ended, Ok(Some(_))) {
        // Where it cannot be killed it has ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
    let status = ended.map_err(|error| format!("cannot be waited for: {error}"))?.ok_or_else(over)?;
    let bytes = read.map_err(|_| over())?.map_err(|error| format!("cannot be read from: {error}"))?;
    // Whoever prints on and on is ended by the pipe that nobody reads any more.
    if bytes.len() as u64 > LONGEST_OUTPUT {
        return Err("printed far more than a URL or a password".to_owned());
    }
    if !status.success() {
        return Err(status
            .code()
            .map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with {code}")));
    }
    let text = String::from_utf8(bytes).map_err(|_| "printed what is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\n', '\r']);
    if text.trim().is_empty() { Err("printed nothing".to_owned()) } else { Ok(Secret::new(text)) }
}

/// How it ended; nothing where it did not in time.
fn ended(child: &mut Child, deadline: Instant) -> std::io::Result<Option<std::process::ExitStatus>> {
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if Instant::now() >= deadline => return Ok(None),
            None => thread::sleep(LOOK_EVERY),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::output;

    fn said(command: &str) -> String {
        match output(command, Path::new("/"), Duration::from_secs(60)) {
            Ok(secret) => format!("[{}]", secret.expose()),
            Err(problem) => problem,
        }
    }

    #[test]
    fn what_a_command_prints() {
        for (command, expected) in [
            ("echo ' a b '", "[ a b ]"),
            ("printf 'x\\r\\n\\n'", "[x]"),
            ("pwd", "[/]"),
            ("cat", "printed nothing"),
            ("echo; echo SEKRET >&2", "printed nothing"),
            ("echo SEKRET; exit 3", "ended with 3"),
            ("kill -9 $$", "was ended by a signal"),
            ("no-such-program-anywhere", "ended with 127"),
            ("printf '\\377'", "printed what is not UTF-8"),
            ("yes", "printed far more than a URL or a password"),
        ] {
            assert_eq!(said(command), expected, "{command}");
        }
    }

    #[test]
    fn one_that_does_not_end() {
        for command in ["sleep 600", "echo x; sleep 600", "sleep 5 & echo x; sleep 600", "sleep 5 & echo x"] {
            let problem = output(command, Path::new("/"), Duration::from_millis(50)).unwrap_err();
            assert_eq!(problem, "did not end within 50ms", "{command}");
        }
    }
}
