//! `references report`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use branchline::database::Lines;
use branchline::error::{Failure, Failures};
use branchline::journal::{CHECK, Entry};
use branchline::names::BranchName;
use branchline::reference::CheckSummary;
use branchline::reference::discover::{Found, Points};
use branchline::report::{LineKind, Page, PageBranch, Picture, PictureLine, RecordedCheck, unbound_note};
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, DiscoverOptions, ReferenceList, RunOptions};
use branchline::workspace::Workspace;
use clap::Args;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::list::answer;
use super::list_text;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::findings::number;
use crate::cli::progress::Watcher;
use crate::cli::status::branches_or_all;
use crate::cli::streams;

/// As many lines of each journal are looked through for checks.
const JOURNAL_LINES: u32 = 5000;

/// As many checks of a reference are shown.
const CHECKS_SHOWN: usize = 20;

/// Write a report for whoever has to sign it
///
/// One page that needs nothing else: what was looked at and what was skipped, a picture of branches, tables and references, a table
/// to filter and sort, and of each reference its declaration, its history, its checks, and the SQL that would repair it. It prints.
/// Reads the databases and changes nothing; where one cannot be asked, the report says so, and the exit code is 5.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline references report --html references.html\n  \
    branchline references report specs --markdown - >> \"$GITHUB_STEP_SUMMARY\"")]
pub struct Report {
    /// The branches that hold the referring columns [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// Write the page into this file; - is the standard output
    #[arg(long, value_name = "FILE", required_unless_present = "markdown")]
    html: Option<PathBuf>,
    /// Write a short form of it as Markdown; - is the standard output
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// What the files declare, as if all revisions were applied; asks no database
    #[arg(long)]
    offline: bool,
}

/// What a page has besides the list.
#[derive(Debug, Default)]
pub struct Beside {
    /// The checks that the journals tell of, by the reference's id.
    pub checks: BTreeMap<String, Vec<RecordedCheck>>,
    /// What looks like a reference, and nobody declared; none where nobody looked for that.
    pub found: Option<Vec<Found>>,
}

impl Report {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        self.refuse_streams(context)?;
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let urls = context.urls(&workspace, |_| false)?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
        let mut beside = Beside::default();
        let list = if self.offline {
            coordinator.list_declared(&branches)
        } else {
            let list = coordinator.list_references(&branches).await;
            let asked: BTreeSet<BranchName> = list.databases.keys().cloned().collect();
            for journal in coordinator.read_journal(&asked, &Lines::Last(JOURNAL_LINES)).await.into_values().flatten() {
                collect(&mut beside.checks, &journal.entries);
            }
            let others: Vec<BranchName> =
                list.catalogs.keys().filter(|branch| !asked.contains(*branch)).cloned().collect();
            let asked: Vec<BranchName> = asked.into_iter().collect();
            let discovered = coordinator.discover(&asked, &others, DiscoverOptions { sample: None }).await;
            beside.found = Some(discovered.discovery.found);
            list
        };
        let now = OffsetDateTime::now_utc();
        let mut written = Vec::new();
        let mut text = String::new();
        let forms = [
            (&self.html, page as fn(&Workspace, &ReferenceList, &Beside, OffsetDateTime) -> String),
            (&self.markdown, |_: &Workspace, list: &ReferenceList, _: &Beside, now| short(list, now)),
        ];
        for (file, form) in forms {
            let Some(file) = file else { continue };
            let content = form(&workspace, &list, &beside, now);
            if streams::is_standard(file) {
                text.push_str(&content);
                continue;
            }
            streams::write(file, content + "\n")?;
            written.push(file);
        }
        if text.is_empty() {
            let names: Vec<String> = written.iter().map(|file| file.display().to_string()).collect();
            let of = number(list.listed.len(), "reference", "references");
            text = format!("Written to {}: {of}.\n{}", names.join(" and "), list_text::scope(&list));
        }
        Ok(answer(text, &list).with("written", written))
    }

    fn refuse_streams(&self, context: &Context) -> Result<(), Failures> {
        let named = [("--html", &self.html), ("--markdown", &self.markdown)];
        let standard = named.iter().filter(|(_, file)| file.as_deref().is_some_and(streams::is_standard)).count();
        if standard > 1 {
            let both = Failure::usage("--html - and --markdown - would both write to the standard output");
            return Err(both.with_hint(Some("name a file for one of them".to_owned())).into());
        }
        for (option, file) in named {
            if let Some(file) = file {
                streams::refuse_format(option, file, context.global.format)?;
            }
        }
        Ok(())
    }
}

/// The detail of a check's line.
#[derive(Deserialize)]
struct CheckLine {
    reference: String,
    check: CheckSummary,
}

/// The checks of a journal, the newest first. A line that makes no sense says nothing.
fn collect(checks: &mut BTreeMap<String, Vec<RecordedCheck>>, entries: &[Entry]) {
    for entry in entries.iter().rev().filter(|entry| entry.kind == CHECK) {
        let line = entry.detail.as_deref().and_then(|detail| serde_json::from_str::<CheckLine>(detail).ok());
        let Some(CheckLine { reference, check }) = line else { continue };
        let of_reference = checks.entry(reference).or_default();
        if of_reference.len() < CHECKS_SHOWN {
            of_reference.push(RecordedCheck { at: entry.at.clone(), by: entry.actor.clone(), summary: check });
        }
    }
}

fn short(list: &ReferenceList, now: OffsetDateTime) -> String {
    let at = now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default();
    format!("# References\n\nMade {at} by branchline {}\n\n{}", env!("CARGO_PKG_VERSION"), list_text::markdown(list))
}

/// The page.
pub fn page(workspace: &Workspace, list: &ReferenceList, beside: &Beside, now: OffsetDateTime) -> String {
    let of_branch = |branch: &BranchName| list.listed.iter().filter(|listed| listed.known.branch == *branch).count();
    let mut branches: Vec<PageBranch> = list
        .databases
        .iter()
        .map(|(branch, database)| PageBranch {
            branch: branch.clone(),
            dialect: list.catalogs.get(branch).map(|catalog| catalog.dialect),
            database: database.clone(),
            references: of_branch(branch),
            skipped: None,
        })
        .collect();
    branches.extend(list.skipped.iter().map(|skipped| PageBranch {
        branch: skipped.branch.clone(),
        dialect: None,
        database: None,
        references: skipped.declared,
        skipped: Some(skipped.error.message.clone()),
    }));
    let page = Page {
        workspace,
        branches,
        listed: &list.listed,
        crossings: &list.crossings,
        checks: beside.checks.clone(),
        unbound: list.unbound.iter().map(|(branch, declared)| unbound_note(branch, declared.len())).collect(),
        unrecorded: &list.unrecorded,
        unread: list.unread.iter().map(|(branch, error)| (branch.clone(), error.message.clone())).collect(),
        found: beside.found.as_ref().map(Vec::len),
        picture: picture(list, beside.found.as_deref().unwrap_or_default()),
        generated: now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default(),
    };
    // The template is ours; a test holds that it has no error.
    page.to_html().unwrap_or_else(|error| format!("<!doctype html><title>References</title><p>{error:?}"))
}

/// Every declared reference and every one that was found, and the foreign keys between the tables at their ends.
fn picture(list: &ReferenceList, found: &[Found]) -> Picture {
    let mut picture = Picture::default();
    for (branch, catalog) in &list.catalogs {
        picture.branches.insert(branch.to_string(), Some(catalog.tables.len()));
    }
    for listed in &list.listed {
        let known = &listed.known;
        for target in known.targets() {
            picture.lines.push(PictureLine {
                from: (known.branch.to_string(), known.from.table.table.clone()),
                to: (target.branch.to_string(), target.columns.table.table.clone()),
                kind: LineKind::Declared,
                label: format!("{}:{} \u{2192} {target}", known.branch, known.from),
            });
        }
    }
    for one in found {
        let targets: Vec<_> = match &one.points {
            Points::One(target) => vec![target],
            Points::ByType { targets, .. } => targets.values().collect(),
            Points::Each(_) => Vec::new(),
        };
        for target in targets {
            picture.lines.push(PictureLine {
                from: (one.branch.to_string(), one.from.table.table.clone()),
                to: (target.branch.to_string(), target.columns.table.table.clone()),
                kind: LineKind::Found,
                label: format!("found, not declared: {}:{} \u{2192} {target}", one.branch, one.from),
            });
        }
    }
    let table = |columns: &str| columns.split('.').next().unwrap_or_default().to_owned();
    for crossing in &list.crossings {
        picture.lines.push(PictureLine {
            from: (crossing.branch.to_string(), table(&crossing.from)),
            to: (crossing.to_branch.to_string(), table(&crossing.to)),
            kind: LineKind::ForeignKey,
            label: format!(
                "foreign key {}:{} \u{2192} {}:{}",
                crossing.branch, crossing.from, crossing.to_branch, crossing.to
            ),
        });
    }
    let drawn: BTreeSet<(String, String)> =
        picture.lines.iter().flat_map(|line| [line.from.clone(), line.to.clone()]).collect();
    for (branch, catalog) in &list.catalogs {
        for table in &catalog.tables {
            let from = (branch.to_string(), table.name.name.clone());
            for key in table.foreign_keys.iter().filter(|key| key.to_database.is_none()) {
                let to = (branch.to_string(), key.to_table.name.clone());
                if drawn.contains(&from) && drawn.contains(&to) {
                    let columns = key.columns.join(", ");
                    let label = format!("foreign key {}.{columns} \u{2192} {}", table.name.name, key.to_table.name);
                    picture.lines.push(PictureLine { from: from.clone(), to, kind: LineKind::ForeignKey, label });
                }
            }
        }
    }
    picture
}
