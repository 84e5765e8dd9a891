//! The command, run as a user would, in an environment that holds nothing of the machine it runs on.

use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

use super::TestProject;

/// What a run of the command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The command in the project's folder, its environment sealed: `PATH`, a home of its own, no colour, UTC, and the
/// variables that the project sets (the branches' URLs among them).
pub fn branchline(project: &TestProject) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("branchline");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", project.home())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120")
        .env("TZ", "UTC")
        .envs(project.variables())
        .current_dir(project.path())
        .timeout(Duration::from_secs(120));
    command
}

impl Outcome {
    /// Runs a command to its end.
    pub fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Panics, with all that was printed, unless the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert!(self.code == Some(code), "exit code {code} was expected\n{self}");
        self
    }

    /// Panics, with all that was printed, unless the command succeeded.
    #[track_caller]
    pub fn success(self) -> Self {
        self.expect(0)
    }

    /// Stdout as the one JSON document that it must be.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("stdout is no JSON: {error}\n{self}"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit code: {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        write!(f, "----- stdout -----\n{}----- stderr -----\n{}", self.stdout, self.stderr)
    }
}

/// Settings for snapshots: what varies from run to run and machine to machine becomes a name in brackets.
pub fn snapshot_settings(project: &TestProject) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    for (value, name) in project.names_of_values() {
        settings.add_filter(&escape(&value), name.replace('$', "$$"));
    }
    settings.add_filter(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[uuid]");
    settings.add_filter(r"branchline_test_[0-9a-f]{16}", "[database]");
    settings.add_filter(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d(:?\d\d)?| UTC)?", "[time]");
    settings.add_filter(r#"("duration_ms": ?)\d+(\.\d+)?"#, "$1[ms]");
    settings.add_filter(r"\b\d+(\.\d+)? ?(ns|us|µs|ms|s)\b", "[duration]");
    settings.add_filter(r"(127\.0\.0\.1|localhost):\d+", "$1:[port]");
    settings
}

/// A text as a regular expression that means just it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_alphanumeric() && character.is_ascii() {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
