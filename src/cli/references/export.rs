//! `references export`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use branchline::error::{Exit, Failure, Failures};
use branchline::names::BranchName;
use branchline::reference::export::JobEngine;
use branchline::reference::{Known, pick};
use branchline::revision::LoadOptions;
use branchline::run::{BranchReferences, Coordinator, RunOptions};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::examples;
use crate::cli::output::note;
use crate::cli::progress::Watcher;
use crate::cli::streams;

/// Hand the check to an engine that spans databases
///
/// Prints SQL, or a program, that finds candidates of orphans: the header `reference,key`, and a line a key. `references check
/// --candidates FILE` proves them. No password stands in it. A reference that cannot be compared is left out, with the reason, and the
/// exit code is 3 then.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPORT)]
pub struct Export {
    /// What is to run it
    #[arg(long, value_enum)]
    engine: EngineArgument,
    /// The references: a branch that they come from or lead to, columns as in specs:projects.user_id, or an id [default: all]
    #[arg(long, value_name = "REFERENCE")]
    reference: Vec<String>,
    /// Write it into this file; - is the standard output, as without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// An engine that spans databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum EngineArgument {
    /// PostgreSQL with foreign tables: a script for psql
    PostgresFdw,
    /// Trino: SQL
    Trino,
    /// Spark: a program in Python
    Spark,
}

impl Export {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let urls = context.urls(&workspace, |_| false)?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
        let branches: Vec<BranchName> = workspace.project.branches.keys().cloned().collect();
        let (mut read, mut unread) = (BTreeMap::<BranchName, BranchReferences>::new(), Vec::new());
        for (branch, found) in coordinator.read_references(&branches).await {
            match found {
                Ok(references) => {
                    read.insert(branch, references);
                }
                Err(error) => unread.push(Failure::from(&error).about(Some(&branch), None)),
            }
        }
        let known: Vec<Known> = read.values().flat_map(|references| references.live.clone()).collect();
        let chosen = pick(&known, &self.reference).map_err(|error| {
            if unread.is_empty() {
                return Failures::from(Failure::usage(error.to_string()).with_hint(error.hint));
            }
            unread.iter().cloned().collect()
        })?;
        let engine = match self.engine {
            EngineArgument::PostgresFdw => JobEngine::PostgresFdw,
            EngineArgument::Trino => JobEngine::Trino,
            EngineArgument::Spark => JobEngine::Spark,
        };
        let job = coordinator.export(engine, &chosen, &read);
        if !context.is_json() && !context.global.quiet {
            for (place, why) in &job.skipped {
                note(&format!("warning: {place} is left out: {why}"));
            }
        }
        let skipped: Vec<_> = job.skipped.iter().map(|(place, why)| json!({"reference": place, "why": why})).collect();
        let answer = Answer::default().with("engine", engine.name()).with("skipped", skipped).with_failures(unread);
        // Whoever runs the job would take what is not in it for sound.
        let answer = if job.skipped.is_empty() { answer } else { answer.exit(Exit::Found) };
        match self.out.as_ref().filter(|out| !streams::is_standard(out)) {
            None => Ok(Answer { text: job.text.trim_end().to_owned(), ..answer }.with("text", &job.text)),
            Some(file) => {
                streams::write(file, &job.text)?;
                let text = format!("Wrote {}", file.display());
                Ok(Answer { text, ..answer }.with("file", file))
            }
        }
    }
}
