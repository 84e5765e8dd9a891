//! What the verbs that look at scripts share: which branches are read for which dialects, and how findings are shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use branchline::error::{Exit, Failure, Failures};
use branchline::graph::{Graph, RevisionSet, Target, find_one};
use branchline::listing;
use branchline::names::{BranchName, RevisionKey};
use branchline::report::{Finding, junit, sarif};
use branchline::workspace::{Inspection, Runs, Workspace};
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::global::Format;
use super::output::note;

/// What some branches were found to be, offline.
pub struct Looked<'a> {
    /// What was read of them.
    pub inspection: Inspection<'a>,
    /// What lint finds in it, scripts that cannot run among it.
    pub findings: Vec<Finding>,
}

/// What each branch runs on, as far as the files and the environment tell.
pub fn runs(context: &Context, workspace: &Workspace) -> Result<BTreeMap<BranchName, Runs>, Failures> {
    Ok(workspace.runs(&context.urls(workspace, |_| false)?))
}

/// What of the scripts is looked at.
#[derive(Debug, Clone, Args)]
pub struct Scope {
    /// Say nothing of this revision and what it comes after: what is old and meant
    #[arg(long, value_name = "TARGET")]
    after: Vec<Target>,
}

impl Scope {
    /// The revisions of which nothing is said.
    fn old(&self, graph: &Graph) -> Result<RevisionSet, Failures> {
        let mut old = RevisionSet::new();
        let mut waiting = Vec::new();
        for target in &self.after {
            waiting.push(find_one(graph, target)?);
        }
        waiting.retain(|&index| old.insert(index));
        while let Some(index) = waiting.pop() {
            waiting.extend(graph.parents(index).filter(|&parent| old.insert(parent)));
        }
        Ok(old)
    }
}

/// Reads the scripts of these branches, and those of the others for what they say of these, and runs all rules.
pub fn look<'a>(
    context: &Context,
    workspace: &'a Workspace,
    runs: &'a BTreeMap<BranchName, Runs>,
    branches: &[BranchName],
    scope: &Scope,
) -> Result<Looked<'a>, Failures> {
    let old = scope.old(&workspace.graph)?;
    let (own, others): (Vec<_>, Vec<_>) = runs.iter().partition(|(branch, _)| branches.contains(branch));
    let inspection = workspace.inspect(own);
    let others = workspace.inspect(others);
    let findings = workspace.lint(&inspection, &others);
    let is_old = |key: &RevisionKey| workspace.graph.find(key).is_some_and(|index| old.contains(index));
    let findings = findings.iter().filter(|finding| !is_old(&finding.revision)).map(Finding::from).collect();
    if context.cancel.is_cancelled() {
        return Err(Failure::new("interrupted", Exit::Interrupted, "interrupted while the scripts were read").into());
    }
    Ok(Looked { inspection, findings })
}

/// What is found in a file says where, and what to write there.
pub fn line(finding: &Finding) -> String {
    let Finding { kind, message, hint, severity, .. } = finding;
    let kind = match severity {
        Some(severity) => format!("{}[{kind}]", colored(severity)),
        None => (*kind).to_owned(),
    };
    let Some(file) = &finding.file else { return format!("{kind}: {message}") };
    let number = |number: Option<usize>| number.map_or_else(String::new, |number| format!(":{number}"));
    let (row, column) = (number(finding.line), number(finding.column));
    let hint = hint.as_ref().map_or_else(String::new, |hint| format!("\n  help: {hint}"));
    format!("{kind}: {}{row}{column}: {message}{hint}", file.display())
}

fn colored(severity: &str) -> String {
    let color = if severity == "error" { anstyle::AnsiColor::Red } else { anstyle::AnsiColor::Yellow };
    let style = anstyle::Style::new().bold().fg_color(Some(color.into()));
    format!("{style}{severity}{style:#}")
}

/// How many errors and warnings there are, or that there are none.
pub fn counted(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    match (errors, findings.len() - errors) {
        (0, 0) => "sound".to_owned(),
        (0, warnings) => number(warnings, "warning", "warnings"),
        (errors, 0) => number(errors, "error", "errors"),
        (errors, warnings) => {
            format!("{}, {}", number(errors, "error", "errors"), number(warnings, "warning", "warnings"))
        }
    }
}

/// A number with its noun.
pub fn number(number: usize, one: &str, several: &str) -> String {
    listing::number(number as u64, one, several)
}

/// An answer that says what was found, with the exit code that it deserves.
pub fn answer(context: &Context, text: String, findings: &[Finding]) -> Result<Answer, Failures> {
    answer_about(context, text, findings, "lint", &[], &[])
}

/// The same for one who can say what was looked at, and what was not: within its branch each.
pub fn answer_about(
    context: &Context,
    text: String,
    findings: &[Finding],
    suite: &str,
    looked_at: &[(String, String)],
    not_looked_at: &[(String, String)],
) -> Result<Answer, Failures> {
    let text = match context.global.format {
        Format::Junit => junit(suite, findings, looked_at, not_looked_at),
        Format::Sarif => {
            let document = sarif(findings, &folder_as_seen(context)?);
            serde_json::to_string_pretty(&document).unwrap_or_default()
        }
        _ => text,
    };
    let answer = Answer::text(text).with("findings", findings);
    Ok(if findings.is_empty() { answer } else { answer.exit(Exit::Found) })
}

/// The project's folder as seen from the current one, where it is below it.
pub fn folder_as_seen(context: &Context) -> Result<PathBuf, Failures> {
    let root = context.root()?;
    let current = Context::current_folder()?;
    let absolute = if root.is_absolute() { root } else { current.join(root) };
    let normal = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Ok(normal(&absolute).strip_prefix(normal(&current)).map(Path::to_owned).unwrap_or_default())
}

/// As many warnings as are read.
const SHOWN: usize = 20;

/// Tells people what lint warns of in the scripts of a plan; gives what machines are told.
pub fn warn(context: &Context, warnings: &[branchline::lint::Finding]) -> Vec<Finding> {
    let findings: Vec<Finding> = warnings.iter().map(Finding::from).collect();
    if context.global.quiet || context.is_json() {
        return findings;
    }
    findings.iter().take(SHOWN).for_each(|finding| note(&line(finding)));
    if findings.len() > SHOWN {
        note(&format!(
            "and {} more; `branchline lint` lists all",
            number(findings.len() - SHOWN, "warning", "warnings")
        ));
    }
    findings
}
