//! `check`: everything a CI job wants to know.

use branchline::dialect::Dialect;
use branchline::error::{Exit, Failure, Failures};
use branchline::listing::listed;
use branchline::names::BranchName;
use branchline::report::Finding;
use branchline::revision::{LoadOptions, Revision};
use branchline::run::{Coordinator, RunOptions};
use branchline::script::{self, Program, ScriptError, ScriptErrorKind};
use branchline::workspace::Workspace;
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::effects::{self, BranchEffects};
use super::progress::Watcher;
use super::status::{branches_or_all, statuses};

/// Check the graph, the scripts and the databases: what a CI job wants to know
///
/// Offline: the graph, every script on every dialect of its branch, both ways, portable steps that cannot be taken back, and
/// what two revisions both make. With the databases: what is pending, edited checksums, unknown and unfinished revisions,
/// lost dependencies. Exits with 3 where something is found.
#[derive(Debug, Args)]
pub struct Check {
    /// The branches [default: all]
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// Look at the files only
    #[arg(long)]
    offline: bool,
}

impl Check {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: true })?;
        let branches = branches_or_all(&workspace, &self.branches)?;
        let (read, effects): (Vec<_>, Vec<_>) =
            branches.iter().map(|branch| read_scripts(context, &workspace, branch)).unzip();
        let (one_way, errors): (Vec<ScriptError>, Vec<ScriptError>) =
            read.into_iter().flatten().partition(|error| error.kind == ScriptErrorKind::Irreversible);
        if !errors.is_empty() {
            return Err(errors.iter().chain(&one_way).map(Failure::from).collect());
        }
        let mut findings: Vec<Finding> = one_way.iter().map(finding).collect();
        let made = branches.iter().zip(&effects);
        findings.extend(made.flat_map(|(branch, effects)| effects::findings(&workspace, branch, effects)));
        let of_files = findings.len();
        let revisions = branches.iter().map(|branch| workspace.graph.revisions(branch).len()).sum::<usize>();
        let files = match (one_way.len(), of_files - one_way.len()) {
            (0, 0) => "sound".to_owned(),
            (steps, 0) => format!("{} without a way down", counted(steps, "step", "steps")),
            (0, twice) => format!("{} made twice", counted(twice, "thing", "things")),
            (steps, twice) => format!(
                "{} without a way down, {} made twice",
                counted(steps, "step", "steps"),
                counted(twice, "thing", "things")
            ),
        };
        let mut lines = vec![format!(
            "files: {files} ({} on {})",
            counted(revisions, "revision", "revisions"),
            counted(branches.len(), "branch", "branches")
        )];
        if self.offline {
            lines.extend(findings.iter().map(line));
            return Ok(found(Answer::text(lines.join("\n")).with("findings", &findings), &findings));
        }
        let urls = context.urls(&workspace, |branch| branches.contains(branch))?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
        let (snapshots, unreachable) = coordinator.read_states(&branches).await;
        findings.extend(coordinator.findings(&snapshots));
        let wrong = coordinator.wrong_databases(&snapshots);
        let statuses = statuses(&workspace, &urls, &snapshots, &wrong, &unreachable);
        findings.extend(statuses.iter().filter(|status| !status.pending.is_empty()).map(|status| {
            let ids = listed(&status.pending);
            Finding::pending(status.branch.clone(), format!("{} has not applied {ids}", status.branch))
        }));
        lines.extend(findings.iter().map(line));
        if findings.len() == of_files && unreachable.is_empty() {
            lines.push("databases: nothing pending, nothing edited, nothing lost between these branches".to_owned());
        }
        let answer = Answer::text(lines.join("\n"))
            .with("findings", &findings)
            .with("branches", statuses)
            .with_failures(unreachable.iter().map(|(branch, error)| Failure::from(error).about(Some(branch), None)));
        Ok(found(answer, &findings))
    }
}

/// What is wrong with a script, where the script runs all the same.
fn finding(error: &ScriptError) -> Finding {
    Finding {
        kind: error.kind.name(),
        branch: error.revision.branch.clone(),
        revision: Some(error.revision.id.clone()),
        message: error.message.clone(),
        hint: error.hint.clone(),
        file: Some(error.location.file.clone()),
        line: error.location.line,
    }
}

fn found(answer: Answer, findings: &[Finding]) -> Answer {
    if findings.is_empty() { answer } else { answer.exit(Exit::Found) }
}

/// What is found in a file says where, and what to write there.
fn line(finding: &Finding) -> String {
    let Finding { kind, message, hint, .. } = finding;
    let Some(file) = &finding.file else { return format!("{kind}: {message}") };
    let place = finding.line.map_or_else(String::new, |line| format!(":{line}"));
    let hint = hint.as_ref().map_or_else(String::new, |hint| format!("\n  help: {hint}"));
    format!("{kind}: {}{place}: {message}{hint}", file.display())
}

/// What is wrong with a branch's scripts, and what they do: on the dialects that it names, or else on that of its database,
/// where it is known.
fn read_scripts(context: &Context, workspace: &Workspace, branch: &BranchName) -> (Vec<ScriptError>, BranchEffects) {
    let (root, graph) = (&workspace.project.root, &workspace.graph);
    let revisions: Vec<&Revision> = graph.revisions(branch).iter().map(|&index| workspace.revision(index)).collect();
    let mut effects = BranchEffects::new();
    let mut seen = |revision: &Revision, dialect: Dialect, program: Program| {
        if let Some(index) = graph.find(&revision.key) {
            effects.entry(dialect).or_default().add(index, dialect, program);
        }
    };
    let dialects = context.known_dialects(&workspace.project.branches[branch]);
    let errors = if dialects.is_empty() {
        script::check_any(root, &revisions, &mut seen)
    } else {
        script::check(root, &revisions, &dialects, &mut seen)
    };
    (errors, effects)
}

fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
