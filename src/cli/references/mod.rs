//! `references`: what points into another database, or without a foreign key.

mod candidates;
mod check;
mod check_text;
mod checkpoint;
mod csv;
mod discover;
mod discover_text;
mod discover_write;
mod export;
mod list;
mod list_text;
mod orphan_file;
mod report;
mod sweep;

use branchline::error::Failures;
use clap::{Args, Subcommand};

use super::answer::Answer;
use super::context::Context;
use super::global::Format;

/// References that no foreign key can hold: list, find, check, enforce, report
///
/// A reference is declared in the revision that makes its column (`[[reference]]`), and lives until one ends it.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline references list\n  \
    branchline references check\n  \
    branchline references report --html references.html")]
pub struct References {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Discover(discover::Discover),
    Check(check::Check),
    Sweep(sweep::Sweep),
    Export(export::Export),
    Report(report::Report),
}

impl References {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        match self.verb {
            Verb::List(verb) => verb.run(context).await,
            Verb::Discover(verb) => verb.run(context).await,
            Verb::Check(verb) => verb.run(context).await,
            Verb::Sweep(verb) => verb.run(context).await,
            Verb::Export(verb) => verb.run(context).await,
            Verb::Report(verb) => verb.run(context).await,
        }
    }

    /// The verb, as it is written.
    pub const fn name(&self) -> &'static str {
        match self.verb {
            Verb::List(_) => "list",
            Verb::Discover(_) => "discover",
            Verb::Check(_) => "check",
            Verb::Sweep(_) => "sweep",
            Verb::Export(_) => "export",
            Verb::Report(_) => "report",
        }
    }

    /// The formats that the result of its verb can have.
    pub const fn formats(&self) -> &'static [Format] {
        match self.verb {
            Verb::List(_) => &[Format::Table, Format::Json, Format::Csv, Format::Markdown, Format::Html],
            Verb::Discover(_) => &[Format::Table, Format::Json, Format::Markdown, Format::Sarif],
            Verb::Check(_) => &[Format::Table, Format::Json, Format::Markdown, Format::Sarif, Format::Junit],
            Verb::Sweep(_) | Verb::Export(_) | Verb::Report(_) => &[Format::Table, Format::Json],
        }
    }
}
