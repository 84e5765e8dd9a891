//! The arguments of the command: the verbs, and what all of them share.

use branchline::error::Failure;
use clap::{Parser, Subcommand};

use super::global::{Format, Global};
use super::offline::{
    branches, completions, graph, heads, history, init, lint, man, merge, revision, show, statements,
};
use super::{
    apply, check, downgrade, events, examples, plan, references, repair, resume, runs, stamp, status, upgrade,
};

/// Migrations for many databases that belong together.
///
/// Revisions live on named branches; each branch has its own database and its own revision graph. Branchline brings each
/// branch up or down to a target, in an order that respects the dependencies between them.
#[derive(Debug, Parser)]
#[command(
    name = "branchline",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 done, 1 a step failed in a database, 2 wrong usage, configuration, graph or script, 3 a check \
                        found something, 4 another run holds a lock, 5 a database cannot be reached, 6 refused and nothing \
                        changed, 130 interrupted."
)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs, in the order in which help lists them: laying out, looking at the files, the databases, the shell.
#[derive(Debug, Subcommand)]
pub enum Command {
    Init(init::Init),
    Revision(revision::Revision),
    Merge(merge::Merge),
    Branches(branches::Branches),
    Heads(heads::Heads),
    History(history::History),
    Show(show::Show),
    Statements(statements::Statements),
    Lint(lint::Lint),
    Graph(graph::Graph),
    #[command(visible_alias = "current", after_long_help = examples::STATUS)]
    Status(status::Status),
    #[command(after_long_help = examples::PLAN)]
    Plan(plan::Plan),
    #[command(after_long_help = examples::UPGRADE)]
    Upgrade(upgrade::Upgrade),
    #[command(after_long_help = examples::DOWNGRADE)]
    Downgrade(downgrade::Downgrade),
    #[command(after_long_help = examples::APPLY)]
    Apply(apply::Apply),
    #[command(after_long_help = examples::STAMP)]
    Stamp(stamp::Stamp),
    #[command(after_long_help = examples::RESUME)]
    Resume(resume::Resume),
    #[command(after_long_help = examples::REPAIR)]
    Repair(repair::Repair),
    #[command(after_long_help = examples::RUNS)]
    Runs(runs::Runs),
    #[command(after_long_help = examples::EVENTS)]
    Events(events::Events),
    #[command(after_long_help = examples::CHECK)]
    Check(check::Check),
    References(references::References),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// The verb's name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Revision(_) => "revision",
            Self::Merge(_) => "merge",
            Self::Branches(_) => "branches",
            Self::Heads(_) => "heads",
            Self::History(_) => "history",
            Self::Show(_) => "show",
            Self::Statements(_) => "statements",
            Self::Lint(_) => "lint",
            Self::Graph(_) => "graph",
            Self::Status(_) => "status",
            Self::Plan(_) => "plan",
            Self::Upgrade(_) => "upgrade",
            Self::Downgrade(_) => "downgrade",
            Self::Apply(_) => "apply",
            Self::Stamp(_) => "stamp",
            Self::Resume(_) => "resume",
            Self::Repair(_) => "repair",
            Self::Runs(_) => "runs",
            Self::Events(_) => "events",
            Self::Check(_) => "check",
            Self::References(_) => "references",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }

    /// The formats that its result can have.
    pub const fn formats(&self) -> &'static [Format] {
        match self {
            Self::Graph(_) => &[Format::Table, Format::Json, Format::Text, Format::Dot, Format::Mermaid],
            Self::Lint(_) | Self::Check(_) => &[Format::Table, Format::Json, Format::Sarif, Format::Junit],
            Self::References(verb) => verb.formats(),
            _ => &[Format::Table, Format::Json],
        }
    }

    /// Refuses a format that the verb does not have.
    pub fn check_format(&self, format: Format) -> Result<(), Failure> {
        let formats = self.formats();
        if formats.contains(&format) {
            return Ok(());
        }
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        let known = match names.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => names.join(", "),
        };
        let verb = match self {
            Self::References(references) => format!("references {}", references.name()),
            _ => self.name().to_owned(),
        };
        let message = format!("`{verb}` has no format `{}`", format.name());
        Err(Failure::usage(message).with_hint(Some(format!("it has {known}"))))
    }
}
