//! The command line: one file a verb, and what the verbs share.
//!
//! A verb takes its arguments and the [`Context`], calls the library, and gives an [`Answer`]: a JSON document and a text for
//! people, of which one is printed. Results go to stdout; progress, logs and errors to stderr.

mod answer;
mod apply;
mod arguments;
mod check;
mod context;
mod downgrade;
mod events;
mod examples;
mod findings;
mod global;
mod offline;
mod output;
mod plan;
mod progress;
mod references;
mod repair;
mod resume;
mod run_arguments;
mod runs;
mod secret_argument;
mod show_error;
mod stamp;
mod status;
mod streams;
mod table;
mod upgrade;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use branchline::error::{Exit, Failure, Failures};
use branchline::run::Cancel;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use answer::Answer;
use arguments::{Arguments, Command};
use context::Context;
use global::{Format, Switch};

/// Runs the command: parses, dispatches, prints; gives the documented exit code.
pub async fn run(arguments: impl Iterator<Item = OsString>, cancel: Cancel) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => return refuse_arguments(&arguments, &error),
    };
    output::choose_color(parsed.global.color);
    output::start_logging(parsed.global.verbose, parsed.global.quiet);
    let name = parsed.command.name();
    let format = parsed.global.format;
    let refusal = secret_argument::refuse(&arguments, parsed.global.project.as_deref(), name);
    let context = Context::new(parsed.global, cancel);
    let allowed = refusal.map_or_else(|| parsed.command.check_format(format), Err);
    let answer = match allowed {
        Ok(()) => dispatch(&context, parsed.command).await.unwrap_or_else(Answer::failed),
        Err(failure) => Answer::failed(failure.into()),
    };
    if context.cancel.is_cancelled() {
        // What was that quick has ended before the other thread came to it.
        tell_once();
    }
    output::print(name, format, &context.root_for_display(), answer)
}

async fn dispatch(context: &Context, command: Command) -> Result<Answer, Failures> {
    match command {
        Command::Init(verb) => verb.run(context),
        Command::Revision(verb) => verb.run(context),
        Command::Merge(verb) => verb.run(context),
        Command::Branches(verb) => verb.run(context),
        Command::Heads(verb) => verb.run(context),
        Command::History(verb) => verb.run(context),
        Command::Show(verb) => verb.run(context),
        Command::Statements(verb) => verb.run(context),
        Command::Lint(verb) => verb.run(context),
        Command::Graph(verb) => verb.run(context),
        Command::Status(verb) => verb.run(context).await,
        Command::Plan(verb) => verb.run(context).await,
        Command::Upgrade(verb) => verb.run(context).await,
        Command::Downgrade(verb) => verb.run(context).await,
        Command::Apply(verb) => verb.run(context).await,
        Command::Stamp(verb) => verb.run(context).await,
        Command::Resume(verb) => verb.run(context).await,
        Command::Repair(verb) => verb.run(context).await,
        Command::Runs(verb) => verb.run(context).await,
        Command::Events(verb) => verb.run(context).await,
        Command::Check(verb) => verb.run(context).await,
        Command::References(verb) => verb.run(context).await,
        Command::Completions(verb) => verb.run(),
        Command::Man(verb) => verb.run(),
    }
}

/// Help and version are answers; anything else that clap says is wrong usage, also for those who read JSON.
fn refuse_arguments(arguments: &[OsString], error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Nothing is left to do where even this cannot be printed.
        let _ = error.print();
        return ExitCode::from(Exit::Done as u8);
    }
    let verbs = Arguments::command();
    let name = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    let name = name.filter_map(|argument| verbs.find_subcommand(argument)).map(clap::Command::get_name).next();
    let name = name.unwrap_or_default();
    let says = |option: &str, value: &str| {
        arguments.windows(2).any(|pair| pair[0] == *option && pair[1] == *value)
            || arguments.iter().any(|argument| *argument == *format!("{option}={value}"))
    };
    let wants_json = says("--format", "json");
    for (value, color) in [("never", Switch::Never), ("always", Switch::Always)] {
        if says("--color", value) {
            output::choose_color(color);
        }
    }
    let format = if wants_json { Format::Json } else { Format::Table };
    let failure = match secret_argument::refuse(arguments, None, name) {
        Some(failure) => failure,
        None if wants_json => usage(&secret_argument::redact(arguments, &error.render().to_string())),
        None => {
            let text = secret_argument::redact(arguments, &error.render().ansi().to_string());
            let _ = write!(anstream::stderr(), "{text}");
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    output::print(name, format, std::path::Path::new(""), Answer::failed(failure.into()))
}

/// What clap says, as a message and a hint.
fn usage(text: &str) -> Failure {
    let (message, rest) = text.trim().trim_start_matches("error: ").split_once("\n\n").unwrap_or((text, ""));
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = rest.split("\n\n").next().map(|hint| one_line(hint.trim().trim_start_matches("tip: ")));
    Failure::usage(one_line(message)).with_hint(hint.filter(|hint| !hint.is_empty()))
}

/// Says why the command could not even begin.
pub fn cannot_start(error: &std::io::Error) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "error: cannot start: {error}");
    ExitCode::from(Exit::Failed as u8)
}

/// Says what the first signal does. A thread of its own says it: the command's may be reading a script, and the one that hears
/// signals must hear the second one even where nobody takes what is written to stderr.
pub fn tell_of_signal() {
    let _ = std::thread::Builder::new().spawn(tell_once);
}

/// The same, said once, and said when this comes back.
fn tell_once() {
    static TOLD: std::sync::Once = std::sync::Once::new();
    if !output::is_quiet() {
        let line = "interrupted: the databases are asked to stop; a second signal ends this at once";
        TOLD.call_once(|| output::note_over_terminal(line));
    }
}

/// Ends the process: the user asked twice.
#[allow(clippy::exit)]
pub fn end_at_once() {
    std::process::exit(i32::from(Exit::Interrupted as u8));
}
