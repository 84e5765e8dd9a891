//! The options that all verbs share.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum, ValueHint};

/// Options of every verb.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The folder that holds `branches/` [default: the nearest one, from the current folder upward]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        env = "BRANCHLINE_PROJECT",
        help_heading = "Global options"
    )]
    pub project: Option<PathBuf>,
    /// How to print the result: table or json; `graph` has text, dot and mermaid too, `lint` and `check` sarif and junit, `references`
    /// what the help of its verbs says
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub format: Format,
    /// Whether to use colour
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    pub color: Switch,
    /// Whether to show progress while a run takes long
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    pub progress: Progress,
    /// Print nothing to stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Say more on stderr; twice for still more
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

/// A result's form. Every verb has the first two; see [`Command::formats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Aligned text for people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// A picture for a terminal
    Text,
    /// A picture in Graphviz's language
    Dot,
    /// A picture in Mermaid's language
    Mermaid,
    /// Findings for code hosts
    Sarif,
    /// Findings as the results of tests, for CI servers
    Junit,
    /// Values with commas between them
    Csv,
    /// A table for pull requests
    Markdown,
    /// A page
    Html,
}

impl Format {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Text => "text",
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Switch {
    /// Where it helps
    #[default]
    Auto,
    /// In any case
    Always,
    /// Not at all
    Never,
}

/// Whether progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Progress {
    /// On a terminal
    #[default]
    Auto,
    /// Not at all
    Never,
}
