//! What `references discover` found, for people: a table, or Markdown for a pull request.

use std::fmt::Write as _;

use branchline::names::BranchName;
use branchline::reference::discover::{Found, Points, Site, Unresolved};
use branchline::run::Discovered;

use super::check_text::markdown_cell;
use crate::cli::findings::number;
use crate::cli::table::Table;

/// As many tables are named that a pair of columns may point to.
const NAMED: usize = 3;

/// The findings, each with what it stands on.
pub fn table(discovered: &Discovered, looked_at: &[&BranchName]) -> String {
    let discovery = &discovered.discovery;
    let mut lines = Vec::new();
    if !discovery.found.is_empty() {
        let mut table = Table::new(["FROM", "TO", "SURE", "SOURCE", "BECAUSE"]);
        for found in &discovery.found {
            table.row(row(found));
        }
        lines.push(table.to_string());
    }
    lines.extend(discovery.unresolved.iter().map(|unresolved| format!("unresolved: {}", told(unresolved))));
    lines.push(scope(discovered, looked_at));
    lines.join("\n")
}

/// The same for a pull request.
pub fn markdown(discovered: &Discovered, looked_at: &[&BranchName]) -> String {
    let discovery = &discovered.discovery;
    let mut text = String::new();
    if !discovery.found.is_empty() {
        text.push_str("| from | to | sure | source | because |\n| --- | --- | --- | --- | --- |\n");
        for found in &discovery.found {
            let [from, to, sure, source, because] = row(found).map(|cell| markdown_cell(&cell));
            let _ = writeln!(text, "| {from} | {to} | {sure} | {source} | {because} |");
        }
        text.push('\n');
    }
    for unresolved in &discovery.unresolved {
        let _ = writeln!(text, "- unresolved: {}", markdown_cell(&told(unresolved)));
    }
    let _ = write!(text, "\n{}", scope(discovered, looked_at));
    text
}

fn row(found: &Found) -> [String; 5] {
    [
        format!("{}:{}", found.branch, found.from),
        to(found),
        format!("{:.2} {}", found.confidence, found.word()),
        found.source.word().to_owned(),
        found.evidence.join("; "),
    ]
}

fn to(found: &Found) -> String {
    match &found.points {
        Points::One(target) => target.to_string(),
        Points::Each(target) => format!("list of {target}"),
        Points::ByType { by, targets, candidates, .. } if targets.is_empty() => {
            let named = candidates.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let more = if candidates.len() > NAMED { ", ..." } else { "" };
            format!("by {}: perhaps {named}{more}", by.columns.join(", "))
        }
        Points::ByType { by, targets, .. } => {
            let targets = targets.iter().map(|(value, target)| format!("{value} = {target}")).collect::<Vec<_>>();
            format!("by {}: {}", by.columns.join(", "), targets.join(", "))
        }
    }
}

fn told(unresolved: &Unresolved) -> String {
    let Unresolved { branch, from, reason, evidence, candidates } = unresolved;
    let candidates = candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let candidates = if candidates.is_empty() { candidates } else { format!(" (perhaps {candidates})") };
    format!("{branch}:{from}: {}: {reason}{candidates}", evidence.join("; "))
}

/// How many tables of these branches were looked at.
pub fn tables(sites: &[Site], looked_at: &[&BranchName]) -> usize {
    sites.iter().filter(|site| looked_at.contains(&&site.branch)).map(|site| site.catalog.tables.len()).sum()
}

/// What was looked at, and what was not.
fn scope(discovered: &Discovered, looked_at: &[&BranchName]) -> String {
    let discovery = &discovered.discovery;
    let names = looked_at.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let names = if names.is_empty() { "no database".to_owned() } else { names };
    let mut text = format!(
        "{} found and {} unresolved in {} of {names}",
        discovery.found.len(),
        discovery.unresolved.len(),
        number(tables(&discovered.sites, looked_at), "table", "tables"),
    );
    for (branch, error) in &discovered.errors {
        let _ = write!(text, "\nskipped: {branch}: {}", error.message);
    }
    for skipped in &discovered.skipped {
        let _ = write!(text, "\nskipped: {skipped}");
    }
    text
}
