//! What the commands that change a database share: options, the destructive question, and the report of a run.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use branchline::direction::Direction;
use branchline::error::{Exit, Failure, Failures};
use branchline::graph::{Target, branches_named};
use branchline::listing::{joined, listed};
use branchline::names::BranchName;
use branchline::plan::{Plan, PlanFile, Refusal, RefusalKind, Request};
use branchline::report::{BranchStatus, plan_steps};
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, OnFailure, Outcome, RunOptions, StepReport};
use branchline::workspace::{Urls, Workspace};
use clap::{Args, ValueEnum};

use super::answer::Answer;
use super::context::{Context, user_of_process};
use super::findings::warn;
use super::output::note;
use super::plan::plan_text;
use super::progress::Watcher;
use super::streams;

/// Options of the commands that change a database.
#[derive(Debug, Clone, Args)]
pub struct RunArguments {
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How long to wait for locks: another run's, and the database's own, as in 10s or 2min
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub lock_timeout: Option<Duration>,
    /// How often a statement is tried again that lost to another session's lock [default: 3, or what the branch's file says]
    #[arg(long, value_name = "N")]
    pub lock_retries: Option<u32>,
    /// How long a statement may run
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub statement_timeout: Option<Duration>,
    /// How long to wait for databases that do not answer yet
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "0s")]
    pub wait: Duration,
    /// How many steps may run at the same time [default: one a branch]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// What to do when a step fails
    #[arg(long, value_enum, default_value_t)]
    pub on_failure: OnFailureArgument,
    /// Agree to steps that drop tables or columns
    #[arg(short, long)]
    pub yes: bool,
}

/// What to do when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OnFailureArgument {
    /// Start nothing new
    #[default]
    Stop,
    /// Go on with what does not depend on it
    Continue,
    /// Start nothing new, and take back what this run has applied, by its ways down (upgrades only)
    Compensate,
}

impl RunArguments {
    /// Refuses `--on-failure compensate`, with a reason, where there is nothing that could be taken back.
    pub fn refuse_to_compensate(&self, why: &str) -> Result<(), Failures> {
        if self.on_failure != OnFailureArgument::Compensate {
            return Ok(());
        }
        let failure = Failure::usage(format!("{why} by --on-failure compensate"));
        let hint = "it takes back what an upgrade has applied; here there are stop and continue";
        Err(failure.with_hint(Some(hint.to_owned())).into())
    }

    /// The same as the library takes it.
    pub fn options(&self) -> RunOptions {
        let defaults = RunOptions { actor: actor(), ..RunOptions::default() };
        RunOptions {
            lock_timeout: self.lock_timeout,
            lock_retries: self.lock_retries,
            statement_timeout: self.statement_timeout,
            wait: self.wait,
            jobs: self.jobs.map_or(defaults.jobs, usize::from),
            on_failure: match self.on_failure {
                OnFailureArgument::Stop => OnFailure::Stop,
                OnFailureArgument::Continue => OnFailure::Continue,
                OnFailureArgument::Compensate => OnFailure::Compensate,
            },
            ..defaults
        }
    }
}

/// Who runs this, for the journal.
pub fn actor() -> String {
    let variable = |names: [&str; 2]| names.into_iter().find_map(|name| std::env::var(name).ok());
    let user = variable(["USER", "LOGNAME"]).or_else(user_of_process).unwrap_or_else(id_of_user);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    format!("{user}@{}", host.as_deref().unwrap_or("unknown").trim())
}

/// What is left to say of a user without a name, as in many containers.
fn id_of_user() -> String {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").map_or_else(|_| "unknown".to_owned(), |process| format!("uid {}", process.uid()))
}

/// Targets as they were written; none means `fallback`.
pub fn parse_targets(texts: &[String], fallback: &str) -> Result<Vec<Target>, Failures> {
    let fallback = [fallback.to_owned()];
    let texts = if texts.is_empty() { &fallback } else { texts };
    let parsed: Vec<_> = texts.iter().map(|text| text.parse::<Target>()).collect();
    let failures: Vec<Failure> = parsed.iter().filter_map(|target| target.as_ref().err()).map(Failure::from).collect();
    if failures.is_empty() {
        return Ok(parsed.into_iter().filter_map(Result::ok).collect());
    }
    Err(failures.into_iter().collect())
}

/// What is to be run: a request, and perhaps the plan file that it must match.
pub struct Job<'a> {
    pub request: Request,
    pub plan_file: Option<&'a PlanFile>,
    pub arguments: &'a RunArguments,
}

/// Plans and runs, and reports.
pub async fn run(context: &Context, job: Job<'_>) -> Result<Answer, Failures> {
    if job.request.direction == Direction::Down {
        job.arguments.refuse_to_compensate("what was taken down cannot be brought back")?;
    }
    let workspace = context.workspace(LoadOptions { checksums: true })?;
    let named = branches_named(&workspace.graph, job.request.direction, &job.request.targets)?;
    let urls = context.urls(&workspace, |branch| named.contains(branch))?;
    let watcher = Watcher::new(context);
    let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
    let coordinator = Coordinator::new(&workspace, &urls, job.arguments.options(), context.cancel.clone(), &watch)
        .expecting(job.plan_file);
    if job.arguments.dry_run {
        let prepared = coordinator.prepare(&job.request).await?;
        let warnings = warn(context, &prepared.warnings);
        let refusals = job.plan_file.map(|file| file.differences(&prepared.plan)).unwrap_or_default();
        let answer =
            planned(&prepared.plan).with("findings", warnings).with_failures(refusals.iter().map(Failure::from));
        prepared.close().await;
        return Ok(answer);
    }
    let prepared = coordinator.prepare_to_run(&job.request).await?;
    let warnings = warn(context, &prepared.warnings);
    if let Err(refusal) = confirm(context, &prepared.plan, job.arguments.yes).await {
        prepared.close().await;
        return Err(refusal);
    }
    let accept = |plan: &Plan| job.plan_file.map(|file| file.differences(plan)).unwrap_or_default();
    let outcome = coordinator.execute(prepared, &accept).await?;
    Ok(report(&workspace, &urls, job.request.direction, &outcome).with("findings", warnings))
}

/// The answer of a dry run.
pub fn planned(plan: &Plan) -> Answer {
    Answer::text(plan_text(plan)).with("dry_run", true).with("steps", plan_steps(plan))
}

/// Asks before a destructive step; where nobody can be asked, `--yes` must have been given.
pub async fn confirm(context: &Context, plan: &Plan, yes: bool) -> Result<(), Failures> {
    let destructive: Vec<_> = plan.steps.iter().filter(|step| step.destructive).collect();
    let (Some(first), false) = (destructive.first(), yes) else { return Ok(()) };
    let names = listed(destructive.iter().map(|step| step.key()));
    let losses = destructive.iter().flat_map(|step| {
        step.losses.iter().map(|lost| format!("  {}:{}: {}", step.file.display(), lost.line, lost.what))
    });
    let losses = joined(losses, "\n");
    let refusal = |message: String| {
        Failures::from(Failure::from(&Refusal {
            kind: RefusalKind::NotConfirmed,
            branch: first.branch.clone(),
            revision: Some(first.revision.clone()),
            message,
            hint: Some("look at it with `--dry-run`, then agree with --yes".to_owned()),
        }))
    };
    if !can_ask(context) {
        if !context.is_json() && !context.global.quiet && !losses.is_empty() {
            note(&losses);
        }
        return Err(refusal(format!("these steps drop tables, columns or rows: {names}")));
    }
    note(&plan_text(plan));
    if !losses.is_empty() {
        note(&losses);
    }
    note(&format!("These steps drop tables, columns or rows: {names}. Go on? [y/N]"));
    match is_agreed(context).await {
        None => Err(Failure::new("interrupted", Exit::Interrupted, "interrupted before the first step").into()),
        Some(true) => Ok(()),
        Some(false) => Err(refusal("not agreed to".to_owned())),
    }
}

/// Whether somebody is there to answer a question.
pub fn can_ask(context: &Context) -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !context.is_json()
}

/// Whether the answer is yes; none where a signal came instead.
pub async fn is_agreed(context: &Context) -> Option<bool> {
    let reply = streams::heard(&context.cancel, || {
        let mut text = String::new();
        // A stdin that is closed is no agreement.
        let _ = std::io::stdin().lock().read_line(&mut text);
        text
    });
    Some(matches!(reply.await?.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// The answer of a run: its steps, and where its branches stand.
pub fn report(workspace: &Workspace, urls: &Urls, direction: Direction, outcome: &Outcome) -> Answer {
    let mut statuses: BTreeMap<BranchName, BranchStatus> = outcome
        .snapshots
        .iter()
        .map(|(branch, snapshot)| (branch.clone(), BranchStatus::of(workspace, snapshot)))
        .collect();
    // Steps were taken there, so that it is part of the report even if it no longer answers.
    for branch in outcome.steps.iter().map(|report| &report.step.branch) {
        if let Some(url) = urls.known(branch).filter(|_| !statuses.contains_key(branch)) {
            let (database, error) = (url.to_string(), "it could not be asked after the run");
            let status = BranchStatus::unreachable(workspace, branch, url.dialect(), &database, error);
            statuses.insert(branch.clone(), status);
        }
    }
    let statuses: Vec<BranchStatus> = statuses.into_values().collect();
    let mut failures: Vec<Failure> =
        outcome.steps.iter().chain(&outcome.taken_back).filter_map(Failure::of_step).collect();
    if outcome.interrupted {
        let message = "interrupted; what is recorded is what was done";
        failures.insert(0, Failure::new("interrupted", Exit::Interrupted, message));
    }
    let documents = |reports: &[StepReport]| reports.iter().map(StepReport::document).collect::<Vec<_>>();
    let mut answer = Answer::text(summary(direction, outcome, &statuses))
        .with("run_id", outcome.run_id)
        .with("steps", documents(&outcome.steps));
    if !outcome.taken_back.is_empty() || !outcome.kept.is_empty() {
        answer = answer.with("taken_back", documents(&outcome.taken_back)).with("kept", &outcome.kept);
    }
    answer.with("branches", &statuses).with_failures(failures)
}

/// A line a branch: what was done there, and where it stands now.
fn summary(direction: Direction, outcome: &Outcome, statuses: &[BranchStatus]) -> String {
    let ahead = statuses.iter().filter(|status| !status.unknown.is_empty()).map(|status| {
        let unknown = listed(&status.unknown);
        format!("{} is ahead: it has applied {unknown}, which this project does not know", status.branch)
    });
    if outcome.steps.is_empty() {
        return std::iter::once("Nothing to do.".to_owned()).chain(ahead).collect::<Vec<_>>().join("\n");
    }
    let done_word = if direction == Direction::Up { "applied" } else { "reverted" };
    let mut lines = Vec::new();
    for status in statuses {
        let of_branch: Vec<_> = outcome.steps.iter().filter(|report| report.step.branch == status.branch).collect();
        if of_branch.is_empty() {
            continue;
        }
        let count = |word: &str| of_branch.iter().filter(|report| report.outcome.word() == word).count();
        let mut parts = vec![format!("{} {done_word}", count("applied"))];
        let others = [
            ("skipped", "done by another run"),
            ("taken_back", "taken back"),
            ("failed", "failed"),
            ("not_started", "not started"),
        ];
        for (word, says) in others {
            if count(word) > 0 {
                parts.push(format!("{} {says}", count(word)));
            }
        }
        let current = listed(&status.current);
        let at = if !status.is_known() {
            "where it stands now could not be asked".to_owned()
        } else if current.is_empty() {
            "now at base".to_owned()
        } else {
            format!("now at {current}")
        };
        lines.push(format!("{}: {}; {at}", status.branch, parts.join(", ")));
    }
    lines.extend(outcome.kept.iter().map(|kept| format!("{} was not taken back: {}", kept.revision, kept.why)));
    lines.join("\n")
}
