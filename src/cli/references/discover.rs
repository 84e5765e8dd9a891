//! `references discover`.

use branchline::error::{Exit, Failure, Failures};
use branchline::names::BranchName;
use branchline::reference::discover::{Found, Points};
use branchline::report::{discovered_findings, found_document, sarif, unresolved_document};
use branchline::revision::{Columns, LoadOptions};
use branchline::run::{Coordinator, DiscoverOptions, Discovered, RunOptions};
use branchline::workspace::{Urls, Workspace};
use clap::Args;
use serde_json::{Value, json};

use super::{discover_text, discover_write};
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::findings::folder_as_seen;
use crate::cli::global::Format;
use crate::cli::progress::Watcher;
use crate::cli::status::branches_or_all;

/// Find references that nobody declared
///
/// It looks at the comments that the databases keep and that stand in the scripts, at names and types of columns, at pairs of a
/// type and an id, and at foreign keys that are missing inside one database. What it finds comes with what it stands on and how
/// surely it is one: from 0.8 high, from 0.5 medium, else low. A name that a comment uses for a database is that of a branch,
/// of its database, or one of `aliases` in its file; what nobody knows is told, and never guessed. Nothing is written without
/// --write. Formats: table, json, markdown, sarif.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline references discover\n  \
    branchline references discover specs --sample 1000\n  \
    branchline references discover --min-confidence 0.8 --write\n  \
    branchline references discover --exit-code --format markdown")]
pub struct Discover {
    /// The branches whose columns are looked at [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// Test each finding: look up as many values of its column
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    sample: Option<u32>,
    /// Leave out what is less sure, from 0 to 1
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = confidence)]
    min_confidence: f64,
    /// Add `[[reference]]` to the revision.toml of the revisions that make the columns
    #[arg(long)]
    write: bool,
    /// Exit with 3 where something is found
    #[arg(long)]
    exit_code: bool,
}

fn confidence(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("a number from 0 to 1 is needed".to_owned()),
    }
}

impl Discover {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let urls = context.urls(&workspace, |branch| branches.contains(branch))?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
        let (others, unknown) =
            others(&workspace.project.branches.keys().cloned().collect::<Vec<_>>(), &branches, &urls);
        let options = DiscoverOptions { sample: self.sample.map(|sample| sample as usize) };
        let mut discovered = coordinator.discover(&branches, &others, options).await;
        discovered.skipped.extend(unknown);
        discovered.discovery.found.retain(|found| found.confidence >= self.min_confidence);
        let mut answer = answer(context, &workspace, &discovered, &branches)?;
        if self.write {
            let written = discover_write::write(context, &workspace, &discovered)?;
            answer.text.push_str(&discover_write::text(&written));
            answer = answer.with("written", written);
        }
        let discovery = &discovered.discovery;
        let is_found = !discovery.found.is_empty() || !discovery.unresolved.is_empty();
        Ok(if self.exit_code && is_found { answer.exit(Exit::Found) } else { answer })
    }
}

/// The branches that are only pointed to, and those of them whose database is not known.
fn others(all: &[BranchName], asked: &[BranchName], urls: &Urls) -> (Vec<BranchName>, Vec<String>) {
    let (known, unknown): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(|branch| !asked.contains(branch))
        .cloned()
        .partition(|branch| urls.get(branch).is_some_and(Result::is_ok));
    let told = unknown.iter().map(|branch| format!("{branch} is not known as a target: its URL is not known"));
    (known, told.collect())
}

fn answer(
    context: &Context,
    workspace: &Workspace,
    discovered: &Discovered,
    asked: &[BranchName],
) -> Result<Answer, Failures> {
    let Discovered { discovery, sites, made_by, errors, skipped } = discovered;
    let document =
        |found: &&Found| found_document(found, sites, made_by.get(&(found.branch.clone(), found.from.to_string())));
    let (lists, references): (Vec<&Found>, Vec<&Found>) =
        discovery.found.iter().partition(|found| matches!(found.points, Points::Each(_)));
    let looked_at: Vec<&BranchName> =
        asked.iter().filter(|branch| sites.iter().any(|site| site.branch == **branch)).collect();
    let text = match context.global.format {
        Format::Markdown => discover_text::markdown(discovered, &looked_at),
        Format::Sarif => {
            let made_by =
                |branch: &BranchName, from: &Columns| made_by.get(&(branch.clone(), from.to_string())).cloned();
            let findings = discovered_findings(workspace, discovery, made_by);
            serde_json::to_string_pretty(&sarif(&findings, &folder_as_seen(context)?)).unwrap_or_default()
        }
        _ => discover_text::table(discovered, &looked_at),
    };
    let scope =
        json!({ "branches": looked_at, "tables": discover_text::tables(sites, &looked_at), "skipped": skipped });
    let unresolved: Vec<Value> = discovery.unresolved.iter().map(unresolved_document).collect();
    let failures = errors.iter().map(|(branch, error)| Failure::from(error).about(Some(branch), None));
    Ok(Answer::text(text)
        .with("references", references.iter().map(document).collect::<Vec<_>>())
        .with("lists", lists.iter().map(document).collect::<Vec<_>>())
        .with("unresolved", unresolved)
        .with("scope", scope)
        .with_failures(failures))
}
