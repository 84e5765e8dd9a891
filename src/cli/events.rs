//! `events`: the journal, line by line.

use branchline::database::Lines;
use branchline::error::Failures;
use branchline::journal::Entry;
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::runs::{Which, read};
use super::table::Table;

/// Show the journal: what was done in the databases, by whom, when, and how it ended
///
/// A line for each step of each run, for stamps and repairs, and for runs that began or broke off. Times are those of the
/// databases' clocks, in UTC.
#[derive(Debug, Args)]
pub struct Events {
    #[command(flatten)]
    which: Which,
    /// How many lines of each branch, the newest
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    last: u32,
}

impl Events {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let lines = self.which.lines(Lines::Last(self.last))?;
        let (journals, failures) = read(context, &self.which.branches, &lines).await?;
        let mut entries: Vec<Entry> = journals.into_values().flat_map(|journal| journal.entries).collect();
        entries.sort_by(|one, other| (&one.at, &one.branch, one.id).cmp(&(&other.at, &other.branch, other.id)));
        Ok(Answer::text(text(&entries)).with("events", &entries).with_failures(failures))
    }
}

fn text(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "No events.".to_owned();
    }
    let mut table = Table::new(["AT", "BRANCH", "REVISION", "EVENT", "OUTCOME", "TIME", "RUN", "BY", "DETAIL"]);
    for entry in entries {
        table.row([
            entry.at.clone(),
            entry.branch.to_string(),
            entry.revision.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            entry.kind.clone(),
            entry.outcome.clone(),
            entry.duration_ms.map(|millis| format!("{millis} ms")).unwrap_or_default(),
            entry.run_id.to_string(),
            entry.actor.clone(),
            detail(entry),
        ]);
    }
    table.to_string()
}

fn detail(entry: &Entry) -> String {
    match entry.start() {
        Some(start) => {
            let steps = if start.steps == 1 { "1 step".to_owned() } else { format!("{} steps", start.steps) };
            // What goes on with a revision that was left half-way has no target.
            let to = if start.targets.is_empty() { String::new() } else { format!(", to {}", start.targets.join(" ")) };
            format!("process {}, {steps} {}{to}", start.process, start.direction)
        }
        None => entry.detail.clone().unwrap_or_default(),
    }
}
