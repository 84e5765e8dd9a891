//! Running the command that prints a branch's URL or password. What it prints is a secret: nothing of it is ever quoted, not
//! even what it says on its way to fail.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::database_url::Secret;

/// How long a command may take: a vault that asks a person answers within that, and a deploy job does not hang on it.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// More than any URL or password.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// How often to look whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long after a command's failure it may turn out that a signal was meant for both of us: a terminal sends it to us and to the
/// command at once.
const HEARD_WITHIN: Duration = Duration::from_millis(100);

const STOPPED: &str = "was stopped, since the run is";

/// What a command is waited for.
struct Wait<'a> {
    deadline: Instant,
    /// Whether the run is to stop.
    is_stopped: &'a dyn Fn() -> bool,
}

impl Wait<'_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline || (self.is_stopped)()
    }
}

/// Runs a command by the shell in a folder, with the environment of this process and nothing on its standard input; gives what
/// it prints without the line's end. It is killed where it takes too long, and once `is_stopped`.
///
/// # Errors
///
/// Why there is no output, in words that follow "the command".
pub(super) fn output(
    command: &str,
    folder: &Path,
    limit: Duration,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Secret, String> {
    let wait = Wait { deadline: Instant::now() + limit, is_stopped };
    if is_stopped() {
        return Err(STOPPED.to_owned());
    }
    let outcome = run(command, folder, limit, &wait);
    if outcome.is_err() {
        let until = Instant::now() + HEARD_WITHIN;
        while !is_stopped() && Instant::now() < until {
            thread::sleep(LOOK_EVERY);
        }
        if is_stopped() {
            return Err(STOPPED.to_owned());
        }
    }
    outcome
}

fn run(command: &str, folder: &Path, limit: Duration, wait: &Wait<'_>) -> Result<Secret, String> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    // Its words may hold the secret as well, so nobody hears them.
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // In a group of its own all that it has started can be killed. On a terminal it stays in ours: it may ask a person there, and
    // what Ctrl-C sends reaches it as it reaches us.
    let is_group = File::open("/dev/tty").is_err();
    if is_group {
        shell.process_group(0);
    }
    let mut child = shell.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let output = child.stdout.take().map(reader);
    let over = || format!("did not end within {}", humantime::format_duration(limit));
    let read = output.and_then(|output| read(&output, wait));
    let ended = ended(&mut child, wait);
    if !matches!(ended, Ok(Some(_))) {
        // Where it cannot be killed it has ended by itself.
        if is_group {
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    let status = ended.map_err(|error| format!("cannot be waited for: {error}"))?.ok_or_else(over)?;
    let bytes = read.ok_or_else(over)?.map_err(|error| format!("cannot be read from: {error}"))?;
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

/// Reads on a thread of its own, which is not waited for where the time is over: what the shell has started may hold the pipe
/// open.
fn reader(stdout: ChildStdout) -> Receiver<std::io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(LONGEST_OUTPUT + 1).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    receiver
}

/// What it printed; nothing where it did not end that in time.
fn read(output: &Receiver<std::io::Result<Vec<u8>>>, wait: &Wait<'_>) -> Option<std::io::Result<Vec<u8>>> {
    loop {
        match output.recv_timeout(LOOK_EVERY) {
            Ok(read) => return Some(read),
            Err(RecvTimeoutError::Timeout) if !wait.is_over() => {}
            Err(_) => return None,
        }
    }
}

/// How it ended; nothing where it did not in time.
fn ended(child: &mut Child, wait: &Wait<'_>) -> std::io::Result<Option<ExitStatus>> {
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if wait.is_over() => return Ok(None),
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
        match output(command, Path::new("/"), Duration::from_secs(60), &|| false) {
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
            let problem = output(command, Path::new("/"), Duration::from_millis(50), &|| false).unwrap_err();
            assert_eq!(problem, "did not end within 50ms", "{command}");
        }
    }

    #[test]
    fn one_that_is_stopped() {
        let started = std::time::Instant::now();
        let soon = || started.elapsed() > Duration::from_millis(100);
        for command in ["echo x; sleep 600", "sleep 600 | cat", "echo x"] {
            let problem = output(command, Path::new("/"), Duration::from_secs(60), &soon);
            assert_eq!(
                problem.err().as_deref(),
                (command != "echo x" || soon()).then_some(super::STOPPED),
                "{command}"
            );
        }
    }
}
