//! `lint`: what is wrong with the scripts, or will be where they run.

use branchline::error::Failures;
use branchline::lint::{Code, Group, Level};
use branchline::names::BranchName;
use branchline::revision::LoadOptions;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::findings::{self, Scope, counted, line, look, number};
use crate::cli::output::note;
use crate::cli::status::branches_or_all;
use crate::cli::table::Table;

/// Look for what is wrong with the scripts, or will be where they run
///
/// What cannot run, loses data, keeps others waiting, reaches into another database, does not fit with other revisions, or is
/// against the rules of the house, in every revision, on every dialect of its branch. A way down is looked at for what cannot run
/// and what reaches into another database: it loses data and locks tables by its nature. `[lint]` of a branch's file
/// says which findings are errors (deny), warnings (warn) or not looked for (allow); `-- branchline: allow CODE` before a
/// statement says that it is meant. Needs no database. Exits with 3 where something is found. Formats: table, json, sarif,
/// junit.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline lint\n  \
    branchline lint auth --format sarif > lint.sarif\n  \
    branchline lint --after auth@0042 --after specs@0017    only what is newer\n  \
    branchline lint --codes")]
pub struct Lint {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// List the codes of findings, and what each means
    #[arg(long, conflicts_with = "branches")]
    codes: bool,
    #[command(flatten)]
    scope: Scope,
}

impl Lint {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        if self.codes {
            return Ok(codes());
        }
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let runs = findings::runs(context, &workspace)?;
        let unknown: Vec<&BranchName> = branches.iter().filter(|branch| runs[*branch].dialects.is_empty()).collect();
        if !context.global.quiet {
            for branch in unknown {
                note(&format!(
                    "warning: nothing says what {branch} runs on, so its scripts are read for every dialect; `dialects` in its \
                     file would say"
                ));
            }
        }
        let looked = look(context, &workspace, &runs, &branches, &self.scope)?;
        let revisions = branches.iter().map(|branch| workspace.graph.revisions(branch).len()).sum::<usize>();
        let mut lines: Vec<String> = looked.findings.iter().map(line).collect();
        lines.push(format!(
            "{} ({} on {})",
            counted(&looked.findings),
            number(revisions, "revision", "revisions"),
            number(branches.len(), "branch", "branches")
        ));
        findings::answer(context, lines.join("\n"), &looked.findings)
    }
}

fn codes() -> Answer {
    let mut table = Table::new(["CODE", "DEFAULT", "ABOUT", "FINDS"]);
    let mut documents: Vec<Value> = Vec::new();
    for &code in Code::ALL {
        let level = match code.default_level() {
            Level::Fixed => "error, always",
            Level::Deny => "error",
            Level::Warn => "warning",
            Level::Allow => "allowed",
        };
        let about = about(code.group());
        table.row([code.name().to_owned(), level.to_owned(), about.to_owned(), code.summary().to_owned()]);
        documents.push(json!({
            "code": code.name(),
            "default": match code.default_level() {
                Level::Fixed | Level::Deny => "deny",
                Level::Warn => "warn",
                Level::Allow => "allow",
            },
            "fixed": !code.can_be_allowed(),
            "group": about,
            "finds": code.summary(),
        }));
    }
    Answer::text(table.to_string()).with("codes", documents)
}

const fn about(group: Group) -> &'static str {
    match group {
        Group::Run => "running",
        Group::Loss => "data",
        Group::Locks => "locks",
        Group::Databases => "databases",
        Group::Revisions => "revisions",
        Group::House => "house",
        Group::Lint => "lint",
    }
}
