//! The command, started so that it stops at a point of its way.

use std::process::Child;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use super::running::{end, start_with};
use super::server::send;
use super::{Outcome, TestProject};

/// A command that has stopped, and neither goes on nor ends by itself.
pub struct Stopped(Option<Child>);

/// Runs a command line up to a point: stopped there, or at its end where it never comes to that point.
pub fn run_to(project: &TestProject, line: &str, point: u64) -> Result<Stopped, Outcome> {
    let child = start_with(project, &format!("{line} --format json"), &[("BRANCHLINE_FAILPOINT", &point.to_string())]);
    let pid = Pid::from_child(&child);
    let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(pid), options).unwrap().expect("it was waited for");
    if status.stopped() { Ok(Stopped(Some(child))) } else { Err(end(child)) }
}

impl Stopped {
    /// Kills it (`kill -9`).
    pub fn kill(mut self) {
        let mut child = self.0.take().expect("it was not ended");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        send(self.0.as_ref().expect("it was not ended").id(), Signal::CONT);
    }

    /// Waits for its end.
    pub fn end(mut self) -> Outcome {
        end(self.0.take().expect("it was not ended"))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
