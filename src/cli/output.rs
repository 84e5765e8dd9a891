//! Prints: results to stdout, errors and logs to stderr.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use branchline::error::Exit;
use serde_json::{Map, Value, json};
use tracing_subscriber::EnvFilter;

use super::answer::Answer;
use super::global::{Format, Switch};
use super::show_error;

/// Whether -q was given: the thread that hears signals begins before the arguments are read.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Prints a verb's answer and gives its exit code.
pub fn print(command: &str, format: Format, root: &Path, answer: Answer) -> ExitCode {
    let exit = answer.code();
    let written = match format {
        Format::Json if answer.begun => write_out(ending(&document(command, &answer))),
        Format::Json => write_out(&document(command, &answer)),
        _ => {
            let written = if answer.text.is_empty() { Ok(()) } else { write_out(&answer.text) };
            for failure in &answer.failures {
                show_error::show(root, failure);
            }
            written
        }
    };
    match written {
        // A reader that has seen enough, such as `head`, is no error.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = writeln!(anstream::stderr(), "error: the result cannot be printed: {error}");
            ExitCode::from(Exit::Failed as u8)
        }
        _ => ExitCode::from(exit as u8),
    }
}

/// Writes a text and a newline to stdout.
pub fn write_out(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes a line to stderr.
pub fn note(line: &str) {
    // Where stderr is gone, nobody is there to be told.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// The same where a terminal may stand in the middle of a line: behind its own `^C`, or a bar.
pub fn note_over_terminal(line: &str) {
    let before = if std::io::stderr().is_terminal() { "\n" } else { "" };
    note(&format!("{before}{line}"));
}

/// Whether nobody wants to read notes.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

fn document(command: &str, answer: &Answer) -> String {
    let mut document = Map::new();
    document.insert("command".to_owned(), json!(command));
    document.insert("ok".to_owned(), Value::Bool(answer.failures.is_empty() && answer.code() == Exit::Done));
    document.extend(answer.document.clone());
    if let Some(first) = answer.failures.first() {
        document.insert("error".to_owned(), json!(first));
        if answer.failures.len() > 1 {
            document.insert("errors".to_owned(), json!(answer.failures));
        }
    }
    serde_json::to_string_pretty(&Value::Object(document)).unwrap_or_default()
}

/// A document without the bracket and the field, `command`, that it begins with.
fn ending(document: &str) -> &str {
    document.split_once(",\n").map_or(document, |(_, ending)| ending)
}

/// Colour as asked for; by itself it is used on a terminal only, and not where NO_COLOR is set.
pub fn choose_color(color: Switch) {
    match color {
        Switch::Auto => anstream::ColorChoice::Auto,
        Switch::Always => anstream::ColorChoice::Always,
        Switch::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Logs go to stderr: warnings by default, more with -v, none with -q; RUST_LOG decides where it is set. They have colour where
/// the errors have it: that is chosen before.
pub fn start_logging(verbose: u8, quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
    let level = match (quiet, verbose) {
        (true, _) => "off",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let color = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(color)
        .without_time()
        .init();
}
