//! `references check`: orphans, proved.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use branchline::catalog::Catalog;
use branchline::database::DatabaseError;
use branchline::error::{Exit, Failure, Failures};
use branchline::names::BranchName;
use branchline::reference::{CheckReport, Known, Orphan};
use branchline::report::{CheckFindings, Finding, checked_documents};
use branchline::revision::LoadOptions;
use branchline::run::{CheckOptions, Coordinator, RunOptions, named};
use branchline::workspace::Workspace;
use clap::Args;
use serde_json::json;

use super::check_text;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::findings;
use crate::cli::global::Format;
use crate::cli::output::note;
use crate::cli::progress::Watcher;

/// Look for orphans: referring rows whose parent is not there
///
/// Every suspect is proved before it counts: the parent is absent, and the same row is there before and after that was seen.
/// Sessions only read; SELECT on the columns of keys is all that they need. Exits with 3 where there are more orphans than
/// `max_orphans` allows, where that baseline is higher than it has to be, and where a reference could not be looked at. Formats:
/// table, json, markdown, sarif, junit.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline references check\n  \
    branchline references check specs --format junit > orphans.xml\n  \
    branchline references check projects.user_id --orphans orphans.csv\n  \
    branchline references check --explain")]
#[allow(clippy::struct_excessive_bools)]
pub struct Check {
    /// References by their columns (projects.user_id) or ids, or the branches that hold them [default: all]
    #[arg(value_name = "REFERENCE|BRANCH")]
    which: Vec<String>,
    /// As many orphans of each reference are shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    samples: usize,
    /// Show no keys at all
    #[arg(long, conflicts_with_all = ["samples", "orphans"])]
    no_samples: bool,
    /// Write all orphans into a file, as CSV
    #[arg(long, value_name = "FILE")]
    orphans: Option<PathBuf>,
    /// Say how each reference is looked at, and why so
    #[arg(long)]
    explain: bool,
    /// As many passes over parents may be under way at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// As many keys a second may be read of each table
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
    /// How long a statement may run
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    statement_timeout: Option<Duration>,
    /// How long to wait for databases that do not answer yet
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "0s")]
    wait: Duration,
    /// Do not write the result into the databases
    #[arg(long)]
    no_record: bool,
    /// Take every suspect for an orphan
    #[arg(long, hide = true)]
    no_proof: bool,
}

impl Check {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let urls = context.urls(&workspace, |_| false)?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let run = RunOptions {
            statement_timeout: self.statement_timeout,
            wait: self.wait,
            actor: crate::cli::run_arguments::actor(),
            ..RunOptions::default()
        };
        let coordinator = Coordinator::new(&workspace, &urls, run, context.cancel.clone(), &watch);
        let read = read(&coordinator, &workspace).await;
        let chosen = self.chosen(&workspace, &read.known)?;
        let known = read.known.len();
        let file = self.orphans.as_ref().map(|file| OrphanFile::create(file)).transpose()?;
        let found = |known: &Known, orphan: &Orphan| {
            if let Some(file) = &file {
                file.write(known, orphan);
            }
        };
        let options = CheckOptions {
            samples: if self.no_samples { 0 } else { self.samples },
            jobs: usize::from(self.jobs),
            rate: self.rate,
            proves: !self.no_proof,
        };
        let (report, failed) = coordinator.check_references(chosen, &read.catalogs, &options, &found).await;
        if let Some(file) = file {
            file.finish()?;
        }
        if !self.no_record {
            for (branch, error) in coordinator.record_checks(&report).await {
                if !context.global.quiet {
                    note(&format!("note: the result is not kept in the database of {branch}: {}", error.message));
                }
            }
        }
        self.answer(context, &workspace, &report, known, &read.unreachable, &failed)
    }

    fn chosen(&self, workspace: &Workspace, known: &[Known]) -> Result<Vec<Known>, Failures> {
        let branches = &workspace.project.branches;
        let (of_branches, words): (Vec<&String>, Vec<&String>) =
            self.which.iter().partition(|word| branches.contains_key(word.as_str()));
        let of_branch = |known: &&Known| of_branches.iter().any(|branch| known.branch.as_str() == branch.as_str());
        let mut chosen: Vec<&Known> = known.iter().filter(of_branch).collect();
        if of_branches.is_empty() || !words.is_empty() {
            let words: Vec<String> = words.into_iter().cloned().collect();
            let named = named(known, &words).map_err(|word| {
                let columns = known.iter().map(|known| known.from.to_string()).collect::<BTreeSet<_>>();
                let near = branchline::suggest::did_you_mean(&word, columns.iter().map(String::as_str));
                let hint = near.unwrap_or_else(|| "`branchline references list` lists them".to_owned());
                Failure::usage(format!("`{word}` is no live reference, and no branch")).with_hint(Some(hint))
            })?;
            chosen.extend(named);
        }
        let mut seen = BTreeSet::new();
        Ok(chosen.into_iter().filter(|known| seen.insert((known.branch.clone(), known.id))).cloned().collect())
    }

    fn answer(
        &self,
        context: &Context,
        workspace: &Workspace,
        report: &CheckReport,
        known: usize,
        unreachable: &[(BranchName, DatabaseError)],
        failed: &[(BranchName, DatabaseError)],
    ) -> Result<Answer, Failures> {
        let findings: Vec<Finding> = CheckFindings { workspace, report }.all();
        let text = match context.global.format {
            Format::Markdown => check_text::markdown(report, known, unreachable),
            Format::Table => check_text::table(report, known, unreachable, self.explain),
            _ => String::new(),
        };
        let failures =
            unreachable.iter().chain(failed).map(|(branch, error)| Failure::from(error).about(Some(branch), None));
        let scope = json!({
            "known": known,
            "checked": report.checked.len(),
            "skipped": report.skipped.iter().map(|skipped| json!({
                "branch": skipped.known.branch,
                "from": skipped.known.from.to_string(),
                "why": skipped.why,
            })).collect::<Vec<_>>(),
            "unreachable": unreachable.iter().map(|(branch, _)| branch).collect::<Vec<_>>(),
        });
        let named = |known: &Known| (known.branch.to_string(), format!("{}:{} ->", known.branch, known.from));
        let looked_at: Vec<_> = report.checked.iter().map(|checked| named(&checked.known)).collect();
        let not: Vec<_> =
            unreachable.iter().map(|(branch, error)| (branch.to_string(), error.message.clone())).collect();
        let answer = findings::answer_about(context, text, &findings, "references", &looked_at, &not)?
            .with("references", checked_documents(report))
            .with("scope", scope);
        let mut seen = BTreeSet::new();
        let failures = failures.filter(|failure| seen.insert(failure.message.clone()));
        Ok(answer.with_failures(failures.collect::<Vec<_>>()))
    }
}

/// What is known of references before any is looked at.
struct Read {
    known: Vec<Known>,
    catalogs: BTreeMap<BranchName, Catalog>,
    unreachable: Vec<(BranchName, DatabaseError)>,
}

async fn read(coordinator: &Coordinator<'_>, workspace: &Workspace) -> Read {
    let branches: Vec<BranchName> = workspace.project.branches.keys().cloned().collect();
    let mut read = Read { known: Vec::new(), catalogs: BTreeMap::new(), unreachable: Vec::new() };
    for (branch, found) in coordinator.read_references(&branches).await {
        match found {
            Ok(found) => {
                read.known.extend(found.live);
                read.catalogs.insert(branch, found.catalog);
            }
            Err(error) => read.unreachable.push((branch, error)),
        }
    }
    read
}

/// The file of all orphans.
struct OrphanFile {
    name: PathBuf,
    out: Mutex<(std::io::BufWriter<std::fs::File>, std::io::Result<()>)>,
}

impl OrphanFile {
    fn create(name: &PathBuf) -> Result<Self, Failures> {
        let failed = |error: std::io::Error| {
            let message = format!("{} cannot be written: {error}", name.display());
            Failures::from(Failure::new("io", Exit::Usage, message))
        };
        let mut out = std::io::BufWriter::new(std::fs::File::create(name).map_err(failed)?);
        writeln!(out, "branch,from,reference,value,class,key,rows,row_ids").map_err(failed)?;
        Ok(Self { name: name.clone(), out: Mutex::new((out, Ok(()))) })
    }

    fn write(&self, known: &Known, orphan: &Orphan) {
        let row_ids: Vec<String> = orphan.row_ids.iter().map(|id| id.join(":")).collect();
        let cells = [
            known.branch.to_string(),
            known.from.to_string(),
            known.id.to_string(),
            orphan.value.clone().unwrap_or_default(),
            orphan.class.word().to_owned(),
            orphan.key.join(":"),
            orphan.rows.to_string(),
            row_ids.join(" "),
        ];
        let line = cells.map(|cell| check_text::csv_cell(&cell)).join(",");
        if let Ok(mut out) = self.out.lock() {
            let (writer, outcome) = &mut *out;
            // The first error is told, once all is done.
            if outcome.is_ok() {
                *outcome = writeln!(writer, "{line}");
            }
        }
    }

    fn finish(self) -> Result<(), Failures> {
        let (mut out, outcome) = self.out.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        outcome.and_then(|()| out.flush()).map_err(|error| {
            let message = format!("{} is not complete: {error}", self.name.display());
            Failure::new("io", Exit::Failed, message).into()
        })
    }
}
