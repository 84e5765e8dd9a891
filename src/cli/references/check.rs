//! `references check`: orphans, proved.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use branchline::database::DatabaseError;
use branchline::error::{Failure, Failures};
use branchline::names::BranchName;
use branchline::reference::{CheckReport, Known, Orphan, Part, Skipped, pick};
use branchline::report::{CheckFindings, Finding, checked_documents, unbound_note, unrecorded_why};
use branchline::revision::LoadOptions;
use branchline::run::{CheckOptions, Checkpoint, Coordinator, OpenSessions, Progress, ReferenceList, RunOptions};
use branchline::workspace::Workspace;
use clap::Args;
use serde_json::{Value, json};

use super::orphan_file::OrphanFile;
use super::{candidates, check_text, checkpoint};
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::findings;
use crate::cli::global::Format;
use crate::cli::output::note;
use crate::cli::progress::Watcher;
use crate::cli::streams;

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
    /// References by their columns (projects.user_id) or ids, or branches that they come from or lead to [default: all]
    #[arg(value_name = "REFERENCE|BRANCH")]
    which: Vec<String>,
    /// As many orphans of each reference are shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    samples: usize,
    /// Show no keys at all
    #[arg(long, conflicts_with = "samples")]
    no_samples: bool,
    /// Write all orphans into a file, as CSV; - is the standard output, and the result goes to stderr then. Values are exact: what
    /// looks like a formula stays one, so import it into a spreadsheet as text
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
    /// Look at one of N parts of the keys only: for as many jobs as there are parts
    #[arg(long, value_name = "I/N", conflicts_with = "candidates")]
    part: Option<Part>,
    /// Prove the candidates in a file that another engine has written, and look at nothing else; - is the standard input
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    /// Keep how far the check has come in a file; where it is there, go on from it. It is removed once all is done
    #[arg(long, value_name = "FILE", conflicts_with_all = ["candidates", "orphans"])]
    checkpoint: Option<PathBuf>,
    /// Take every suspect for an orphan
    #[arg(long, hide = true)]
    no_proof: bool,
}

/// What a check has to do, and the files that it does it with.
struct Work {
    chosen: Vec<Known>,
    candidates: Option<candidates::Candidates>,
    checkpoint: Option<checkpoint::File>,
    orphans: Option<OrphanFile>,
}

impl Check {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        self.refuse_streams(context)?;
        // Before any database is asked: whoever writes them may take hours.
        let candidates = match &self.candidates {
            Some(file) => Some(streams::read(file, &context.cancel).await?),
            None => None,
        };
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
        let branches: Vec<BranchName> = workspace.project.branches.keys().cloned().collect();
        let open = OpenSessions::default();
        let list = coordinator.read_list(&branches, &open).await;
        let work = match self.work(&list, candidates.as_deref()) {
            Ok(work) => work,
            Err(refused) => {
                open.close_all().await;
                return Err(refused);
            }
        };
        let found = |known: &Known, orphan: &Orphan| {
            if let Some(file) = &work.orphans {
                file.write(known, orphan);
            }
        };
        let options = CheckOptions {
            samples: if self.no_samples { 0 } else { self.samples },
            jobs: usize::from(self.jobs),
            rate: self.rate,
            part: self.part,
            proves: !self.no_proof,
        };
        let (chosen, catalogs) = (work.chosen, &list.catalogs);
        let (mut report, failed) = if let Some(candidates) = work.candidates {
            coordinator.prove_candidates(chosen, candidates, catalogs, open, &options, &found).await
        } else {
            let file = work.checkpoint;
            let keep = |progress: &Progress| {
                if let Some(file) = &file {
                    file.keep(progress);
                }
            };
            let known = file.as_ref().map(checkpoint::File::known).unwrap_or_default();
            let checkpoint = Checkpoint { known, keep: &keep };
            let checkpoint = file.as_ref().map(|_| &checkpoint);
            let outcome = coordinator.check_references(chosen, catalogs, open, &options, &found, checkpoint).await;
            if let Some(file) = file {
                file.close(outcome.1.is_empty())?;
            }
            outcome
        };
        if self.which.is_empty() && self.candidates.is_none() {
            let unrecorded = list.unrecorded.iter().cloned();
            report.skipped.extend(unrecorded.map(|known| Skipped { why: unrecorded_why(&known), known }));
            // A branch without its own database has no orphans to be found, and is no clean result.
            for (branch, declared) in &list.unbound {
                let why = unbound_note(branch, declared.len());
                report.skipped.extend(declared.iter().map(|known| Skipped { why: why.clone(), known: known.clone() }));
            }
        }
        let warning = work.orphans.map(OrphanFile::finish).transpose()?.flatten();
        if let Some(warning) = warning.filter(|_| !context.global.quiet) {
            note(&warning);
        }
        // A part, or what somebody else has picked, is no result for the whole.
        let is_whole = self.part.is_none() && self.candidates.is_none();
        if is_whole && !self.no_record {
            for (branch, error) in coordinator.record_checks(&report).await {
                if !context.global.quiet {
                    note(&format!("note: the result is not kept in the database of {branch}: {}", error.message));
                }
            }
        }
        self.answer(context, &workspace, &report, &list, &failed)
    }

    fn refuse_streams(&self, context: &Context) -> Result<(), Failures> {
        if let Some(file) = &self.orphans {
            streams::refuse_format("--orphans", file, context.global.format)?;
        }
        if let Some(file) = &self.checkpoint {
            streams::refuse("--checkpoint", file, "how far a check has come is read again")?;
        }
        Ok(())
    }

    /// What is to be done, with whatever of it can be refused.
    fn work(&self, list: &ReferenceList, candidates: Option<&str>) -> Result<Work, Failures> {
        let known: Vec<Known> = list.listed.iter().map(|listed| listed.known.clone()).collect();
        Ok(Work {
            chosen: self.chosen(&known, list)?,
            candidates: self
                .candidates
                .as_ref()
                .zip(candidates)
                .map(|(file, text)| candidates::read(file, text, &known))
                .transpose()?,
            checkpoint: self.checkpoint.as_ref().map(|file| checkpoint::File::open(file, self.part)).transpose()?,
            orphans: self.orphans.as_deref().map(OrphanFile::create).transpose()?,
        })
    }

    fn chosen(&self, known: &[Known], list: &ReferenceList) -> Result<Vec<Known>, Failures> {
        let unread = |word: &String| list.skipped.iter().any(|skipped| skipped.branch.as_str() == word);
        let words: Vec<String> = self.which.iter().filter(|word| !unread(word)).cloned().collect();
        if words.is_empty() && !self.which.is_empty() {
            return Ok(Vec::new());
        }
        let chosen = pick(known, &words).map_err(|error| {
            // It may be one of those that nobody could be asked for.
            if !list.skipped.is_empty() {
                return Failures::from_iter(
                    list.skipped.iter().map(|skipped| Failure::from(&skipped.error).about(Some(&skipped.branch), None)),
                );
            }
            let hint = error.hint.clone().unwrap_or_else(|| "`branchline references list` lists them".to_owned());
            Failure::usage(error.to_string()).with_hint(Some(hint)).into()
        })?;
        Ok(chosen.into_iter().cloned().collect())
    }

    fn answer(
        &self,
        context: &Context,
        workspace: &Workspace,
        report: &CheckReport,
        list: &ReferenceList,
        failed: &[(BranchName, DatabaseError)],
    ) -> Result<Answer, Failures> {
        let findings: Vec<Finding> = CheckFindings { workspace, report }.all();
        let shown = check_text::Shown { report, list, explain: self.explain };
        let text = match context.global.format {
            Format::Markdown => shown.markdown(),
            Format::Table => shown.table(),
            _ => String::new(),
        };
        let is_taken = self.orphans.as_deref().is_some_and(streams::is_standard);
        if is_taken && !context.global.quiet {
            note(&text);
        }
        let text = if is_taken { String::new() } else { text };
        let place = |known: &Known| (known.branch.to_string(), known.place());
        let looked_at: Vec<(String, String)> = report.checked.iter().map(|checked| place(&checked.known)).collect();
        let skipped = list.skipped.iter().map(|skipped| (&skipped.branch, &skipped.error));
        let unread = skipped.chain(list.unread.iter().map(|(branch, error)| (branch, error)));
        let not_looked_at: Vec<(String, String)> =
            unread.clone().map(|(branch, error)| (branch.to_string(), error.message.clone())).collect();
        let failures = unread.chain(failed.iter().map(|(branch, error)| (branch, error)));
        let failures = failures.map(|(branch, error)| Failure::from(error).about(Some(branch), None));
        let mut seen = BTreeSet::new();
        let failures: Vec<Failure> = failures.filter(|failure| seen.insert(failure.message.clone())).collect();
        let answer = findings::answer_about(context, text, &findings, "references check", &looked_at, &not_looked_at)?;
        let dialects = |branch: &BranchName| list.catalogs.get(branch).map(|catalog| catalog.dialect);
        Ok(answer
            .with("references", checked_documents(report, dialects))
            .with("scope", scope(report, list, self.part))
            .with_failures(failures))
    }
}

fn scope(report: &CheckReport, list: &ReferenceList, part: Option<Part>) -> Value {
    let declared: usize = list.skipped.iter().map(|skipped| skipped.declared).sum();
    json!({
        "known": list.listed.len() + declared,
        "checked": report.checked.len(),
        "part": part.map(|part| part.to_string()),
        "skipped": report.skipped.iter().map(|skipped| json!({
            "branch": skipped.known.branch,
            "from": skipped.known.from.to_string(),
            "why": skipped.why,
        })).collect::<Vec<_>>(),
        "unbound": list.unbound.keys().collect::<Vec<_>>(),
        "unreachable": list.skipped.iter().map(|skipped| &skipped.branch)
            .chain(list.unread.iter().map(|(branch, _)| branch)).collect::<Vec<_>>(),
    })
}
