//! The command on its way: started, waited for, and looked at from outside meanwhile.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Outcome, TestProject, branchline};

/// Starts the command and does not wait for it.
pub fn start(project: &TestProject, line: &str) -> Child {
    start_with(project, line, &[])
}

/// The same, with variables that this one run is to find.
pub fn start_with(project: &TestProject, line: &str, variables: &[(&str, &str)]) -> Child {
    sealed(project, line, variables).stdin(Stdio::null()).spawn().unwrap()
}

/// The same, where somebody may still write to its standard input.
pub fn start_listening(project: &TestProject, line: &str) -> Child {
    sealed(project, line, &[]).stdin(Stdio::piped()).spawn().unwrap()
}

fn sealed(project: &TestProject, line: &str, variables: &[(&str, &str)]) -> Command {
    let sealed = branchline(project);
    let mut command = Command::new(sealed.get_program());
    command.args(line.split_whitespace()).env_clear().current_dir(project.path());
    for (name, value) in sealed.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for a started command, which must end.
pub fn end(child: Child) -> Outcome {
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().or(output.status.signal().map(|signal| -signal)),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Looks again and again until something is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what} did not come to be");
        std::thread::sleep(Duration::from_millis(10));
    }
}
