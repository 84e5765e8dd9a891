//! Runs processes: timed, watched by strace, or weighed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// Runs a command to its end; what it prints is not looked at, unless it fails.
pub fn time(command: &mut Command) -> Result<Duration, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let started = Instant::now();
    let output = command.output()?;
    let elapsed = started.elapsed();
    if output.status.success() {
        return Ok(elapsed);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let program = Path::new(command.get_program()).display().to_string();
    Err(format!("{program} failed with {}: {}", output.status, said.trim()).into())
}

/// Runs several at the same time; the time until the last one ends.
pub fn time_together(commands: &mut [Command]) -> Result<Duration, Error> {
    let started = Instant::now();
    std::thread::scope(|scope| {
        let running: Vec<_> = commands
            .iter_mut()
            .map(|command| scope.spawn(|| time(command).map_err(|error| error.to_string())))
            .collect();
        for process in running {
            process.join().map_err(|_| "a process could not be waited for")??;
        }
        Ok::<(), Error>(())
    })?;
    Ok(started.elapsed())
}

/// The same in another order for each round: whoever always came behind the same neighbour would always pay for what that
/// one left to the disk.
pub fn in_turn<T: Copy>(items: &[T], round: usize) -> Vec<T> {
    let mut order = items.to_vec();
    if !order.is_empty() {
        order.rotate_left(round / 2 % items.len());
    }
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The same command with another program in front of it.
pub fn wrapped(wrapper: &str, arguments: &[&str], inner: &Command) -> Command {
    let mut command = Command::new(wrapper);
    command.args(arguments).arg(inner.get_program()).args(inner.get_args());
    if let Some(folder) = inner.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// Whether a program can be started at all.
pub fn is_there(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// The first line that a command prints, for versions and single values.
pub fn first_line(command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().to_owned())
}
