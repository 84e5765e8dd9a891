//! `references list`.

use branchline::error::{Failure, Failures};
use branchline::report::{ListedDocument, crossing_document};
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, ReferenceList, RunOptions};
use clap::Args;
use serde_json::{Value, json};

use super::{csv, list_text, report};
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::global::Format;
use crate::cli::output::note;
use crate::cli::progress::Watcher;
use crate::cli::status::branches_or_all;

/// Show every live reference, and what the databases say of it
///
/// Live is what is on record in a branch's database. Of each reference: where it points and since which revision, what becomes of
/// orphans, whether the column may be NULL and has an index, whether both ends agree in type, whether the target is unique, whether a
/// foreign key could do, and the last check. Also foreign keys that lead from one branch to another. Where a database cannot be
/// asked, its references are missing, the list says so, and the exit code is 5. Values in csv are exact: import them into a
/// spreadsheet as text. Formats: table, json, csv, markdown, html.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline references list\n  \
    branchline references list specs --wide\n  \
    branchline references list --format csv > references.csv\n  \
    branchline references list --offline")]
pub struct List {
    /// The branches that hold the referring columns [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// What the files declare, as if all revisions were applied; asks no database
    #[arg(long)]
    offline: bool,
    /// More columns: owner, rows, whether a foreign key could do
    #[arg(long)]
    wide: bool,
}

impl List {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let urls = context.urls(&workspace, |_| false)?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
        let list = if self.offline {
            coordinator.list_declared(&branches)
        } else {
            coordinator.list_references(&branches).await
        };
        let now = time::OffsetDateTime::now_utc();
        let text = match context.global.format {
            Format::Csv => {
                let (text, formulas) = list_text::csv(&list);
                if let Some(warning) = csv::warning(formulas, "the list").filter(|_| !context.global.quiet) {
                    note(&warning);
                }
                text
            }
            Format::Markdown => list_text::markdown(&list),
            Format::Html => report::page(&workspace, &list, &report::Beside::default(), now),
            Format::Json => String::new(),
            _ => list_text::table(&list, self.wide, now),
        };
        Ok(answer(text, &list))
    }
}

/// The list with its scope; what could not be asked is an error, and the rest is there all the same.
pub fn answer(text: String, list: &ReferenceList) -> Answer {
    let documents: Vec<ListedDocument> = list.listed.iter().map(ListedDocument::from).collect();
    let skipped = list.skipped.iter().map(|skipped| (&skipped.branch, &skipped.error));
    let failures: Vec<Failure> = skipped
        .chain(list.unread.iter().map(|(branch, error)| (branch, error)))
        .map(|(branch, error)| Failure::from(error).about(Some(branch), None))
        .collect();
    Answer::text(text)
        .with("references", documents)
        .with("foreign_keys_across_branches", list.crossings.iter().map(crossing_document).collect::<Vec<_>>())
        .with("scope", scope_document(list))
        .with_failures(failures)
}

/// How many references there are, how many were looked at, and what was not.
pub fn scope_document(list: &ReferenceList) -> Value {
    let skipped: usize = list.skipped.iter().map(|skipped| skipped.declared).sum();
    json!({
        "known": list.listed.len() + skipped,
        "listed": list.listed.len(),
        "offline": list.databases.values().any(Option::is_none),
        "databases": list.databases,
        "skipped": list.skipped.iter().map(|skipped| json!({
            "branch": skipped.branch,
            "declared": skipped.declared,
            "why": skipped.error.message,
        })).collect::<Vec<_>>(),
        "unrecorded": list.unrecorded.iter().map(branchline::reference::Known::place).collect::<Vec<_>>(),
        "unbound": list.unbound.iter().map(|(branch, declared)| json!({
            "branch": branch,
            "declared": declared.len(),
        })).collect::<Vec<_>>(),
        "unread": list.unread.iter().map(|(branch, error)| json!({
            "branch": branch,
            "why": error.message,
        })).collect::<Vec<_>>(),
    })
}
