//! `references sweep`.

mod shown;

use std::collections::BTreeSet;
use std::time::Duration;

use branchline::error::{Exit, Failure, Failures};
use branchline::names::BranchName;
use branchline::plan::{Refusal, RefusalKind};
use branchline::reference::{Known, pick};
use branchline::revision::{LoadOptions, OnDelete};
use branchline::run::{Coordinator, Live, Problem, RunOptions, SweepOptions, Waiting, Way};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::examples;
use crate::cli::output::note;
use crate::cli::progress::Watcher;
use crate::cli::run_arguments::{actor, can_ask, is_agreed};

/// Apply `on_delete` to the rows whose parent was deleted
///
/// Triggers on the parents' tables record the keys of deleted rows: --install puts them there. A sweep then takes the keys in
/// batches. Of rows that refer to one, `cascade` deletes, `set_null` sets the referring columns to NULL, `restrict` only reports,
/// `ignore` does nothing. A parent that is there again keeps its rows. Stopped anywhere, it loses nothing: run it again.
#[derive(Debug, Args)]
#[command(after_help = examples::SWEEP)]
pub struct Sweep {
    /// The references: a branch that they come from or lead to, columns as in specs:projects.user_id, or an id [default: all]
    #[arg(value_name = "REFERENCE")]
    references: Vec<String>,
    /// Record the keys of deleted parents from now on, by triggers in the parents' databases
    #[arg(long, conflicts_with_all = ["uninstall", "status", "dry_run", "follow"])]
    install: bool,
    /// Record them no longer, and forget those that wait
    #[arg(long, conflicts_with_all = ["status", "dry_run", "follow"])]
    uninstall: bool,
    /// Show what is recorded and what waits
    #[arg(long, conflicts_with_all = ["dry_run", "follow"])]
    status: bool,
    /// With --status: exit with 3 where more keys than this wait for a reference
    #[arg(long, value_name = "KEYS", requires = "status")]
    max_backlog: Option<u64>,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "follow")]
    dry_run: bool,
    /// Sweep again and again, until a signal
    #[arg(long)]
    follow: bool,
    /// With --follow: how long to wait between two sweeps
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10s")]
    every: Duration,
    /// How many keys to look at together, and how many rows to change in one transaction
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    batch: u64,
    /// How many keys of each reference at most
    #[arg(long, value_name = "KEYS")]
    limit: Option<u64>,
    /// How many rows to change a second, at most
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
    /// How long to wait for locks: another run's, and the database's own
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    lock_timeout: Option<Duration>,
    /// Agree to rows being deleted, or their columns set to NULL; with --uninstall, to recorded keys being forgotten
    #[arg(short, long)]
    yes: bool,
}

impl Sweep {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let urls = context.urls(&workspace, |_| false)?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let options = RunOptions { actor: actor(), lock_timeout: self.lock_timeout, ..RunOptions::default() };
        let run_id = options.run_id;
        let coordinator = Coordinator::new(&workspace, &urls, options, context.cancel.clone(), &watch);
        let live = coordinator.read_live().await;
        let chosen = self.chosen(&live, &workspace.project.branches.keys().collect())?;
        let ways = Way::of(&chosen);
        let answer = if self.install {
            self.install(&coordinator, &ways).await
        } else if self.uninstall {
            let named = |branch: &&BranchName| self.references.iter().any(|text| text == branch.as_str());
            let all_of = workspace.project.branches.keys().filter(named).cloned().collect();
            self.uninstall(context, &coordinator, &ways, &all_of, &live).await
        } else if self.status {
            Ok(self.status(&coordinator, &ways, &live).await)
        } else if self.follow {
            self.follow(context, &coordinator, ways, live).await
        } else {
            self.sweep(context, &coordinator, &ways, &live).await
        }?;
        Ok(answer.with("run_id", run_id))
    }

    /// The references that are meant. Where all are, a branch that cannot be asked is a failure later on; where some are named, those
    /// must be there.
    fn chosen<'l>(&self, live: &'l Live, branches: &BTreeSet<&BranchName>) -> Result<Vec<&'l Known>, Failures> {
        // A branch without a reference is no mistake.
        let is_branch = |text: &&String| branches.iter().any(|branch| branch.as_str() == text.as_str());
        let leads = |text: &str| live.known.iter().any(|reference| reference.touches(text));
        let texts: Vec<String> =
            self.references.iter().filter(|text| !is_branch(text) || leads(text)).cloned().collect();
        if texts.is_empty() && !self.references.is_empty() {
            return Ok(Vec::new());
        }
        pick(&live.known, &texts).map_err(|error| match shown::unread(live) {
            failures if failures.is_empty() => Failure::usage(error.to_string()).with_hint(error.hint).into(),
            failures => failures.into_iter().collect(),
        })
    }

    /// What could not be asked, where that may have hidden something that is wanted.
    fn unread(&self, live: &Live) -> Vec<Failure> {
        if self.references.is_empty() { shown::unread(live) } else { Vec::new() }
    }

    async fn install(&self, coordinator: &Coordinator<'_>, ways: &[Way]) -> Result<Answer, Failures> {
        let wanted: Vec<Way> = ways.iter().filter(|way| way.reference.on_delete != OnDelete::Ignore).cloned().collect();
        if wanted.is_empty() {
            return Ok(Answer::text("Nothing to install: no live reference has a policy that needs it."));
        }
        match coordinator.install_captures(&wanted).await? {
            Ok(changes) => Ok(shown::changes(&changes)),
            Err(problems) => Err(problems.iter().flat_map(shown::failures).collect()),
        }
    }

    async fn uninstall(
        &self,
        context: &Context,
        coordinator: &Coordinator<'_>,
        ways: &[Way],
        all_of: &BTreeSet<BranchName>,
        live: &Live,
    ) -> Result<Answer, Failures> {
        let mut may_forget = self.yes;
        let changes = loop {
            match coordinator.uninstall_captures(ways, all_of, live, may_forget).await? {
                Ok(changes) => break changes,
                Err(waiting) => {
                    self.confirm_forgetting(context, &waiting).await?;
                    may_forget = true;
                }
            }
        };
        if changes.is_empty() {
            return Ok(Answer::text("Nothing to uninstall."));
        }
        Ok(shown::changes(&changes))
    }

    async fn status(&self, coordinator: &Coordinator<'_>, ways: &[Way], live: &Live) -> Answer {
        let reports = coordinator.capture_reports(ways).await;
        let too_many = self.max_backlog.is_some_and(|most| {
            reports.iter().filter_map(|report| report.backlog.as_ref()).any(|backlog| backlog.pending > most)
        });
        let answer = shown::status(ways, &reports, self.max_backlog).with_failures(self.unread(live));
        if too_many { answer.exit(Exit::Found) } else { answer }
    }

    fn options(&self) -> SweepOptions {
        SweepOptions { batch: self.batch, limit: self.limit, rate: self.rate, dry_run: self.dry_run }
    }

    async fn sweep(
        &self,
        context: &Context,
        coordinator: &Coordinator<'_>,
        ways: &[Way],
        live: &Live,
    ) -> Result<Answer, Failures> {
        if ways.is_empty() {
            return Ok(Answer::text("Nothing to sweep: no live reference.").with_failures(self.unread(live)));
        }
        self.confirm(context, coordinator, ways).await?;
        let reports = coordinator.sweep(ways, live, self.options()).await?;
        let is_captured = |problem: &Problem| !matches!(problem, Problem::Refused { kind: "not_captured", .. });
        let some_captured = reports.iter().any(|report| report.problem.as_ref().is_none_or(is_captured));
        // Whoever sweeps everything need not have captured everything; what is left out is said.
        let may_skip = self.references.is_empty() && some_captured;
        let mut failures: Vec<Failure> = Vec::new();
        if reports.iter().any(|report| report.interrupted) {
            failures.push(shown::interrupted());
        }
        let stopped = ways.iter().zip(&reports).filter_map(|(way, report)| Some((way, report.problem.as_ref()?)));
        let stopped = stopped.filter(|(_, problem)| !may_skip || is_captured(problem));
        failures.extend(shown::by_cause(stopped, self.unread(live)));
        Ok(shown::swept(ways, &reports, live, self.dry_run).with_failures(failures))
    }

    /// Asks before rows are changed; where nobody can be asked, `--yes` must have been given.
    async fn confirm(&self, context: &Context, coordinator: &Coordinator<'_>, ways: &[Way]) -> Result<(), Failures> {
        if self.yes || self.dry_run {
            return Ok(());
        }
        let changes = |way: &Way| way.reference.on_delete.changes_rows();
        let changing: Vec<Way> = ways.iter().filter(|way| changes(way)).cloned().collect();
        let reports = coordinator.capture_reports(&changing).await;
        let waits = |at: &usize| reports[*at].backlog.as_ref().is_some_and(|backlog| backlog.pending > 0);
        let waiting: Vec<&Way> =
            (0..changing.len()).filter(|at| self.follow || waits(at)).map(|at| &changing[at]).collect();
        let Some(first) = waiting.first() else { return Ok(()) };
        let places: BTreeSet<String> = waiting
            .iter()
            .map(|way| format!("{} ({})", way.reference.place(), way.reference.on_delete.word()))
            .collect();
        let message = format!("rows are going to be changed by {}", places.into_iter().collect::<Vec<_>>().join(", "));
        let hint = "look at it with `--dry-run`, then agree with --yes";
        agreed(context, &first.reference.branch, message, hint.to_owned()).await
    }

    /// Asks before keys are forgotten that wait for a sweep.
    async fn confirm_forgetting(&self, context: &Context, waiting: &[Waiting]) -> Result<(), Failures> {
        let Some(first) = waiting.first() else { return Ok(()) };
        let message = format!("{}, and would be forgotten", shown::waiting(waiting));
        let words = if self.references.is_empty() { String::new() } else { format!(" {}", self.references.join(" ")) };
        let hint = format!(
            "`branchline references sweep{words}` does first what they wait for; rows of `restrict` stay, and only a check \
             finds them then; or agree with --yes"
        );
        agreed(context, &first.target.branch, message, hint).await
    }

    /// Sweeps until a signal comes. A database that does not answer is asked again the next time.
    async fn follow(
        &self,
        context: &Context,
        coordinator: &Coordinator<'_>,
        mut ways: Vec<Way>,
        mut live: Live,
    ) -> Result<Answer, Failures> {
        self.confirm(context, coordinator, &ways).await?;
        let mut total = shown::Total::default();
        while !context.cancel.is_cancelled() {
            let reports = coordinator.sweep(&ways, &live, self.options()).await.unwrap_or_default();
            for line in total.add(&ways, &reports).into_iter().filter(|_| !context.global.quiet && !context.is_json()) {
                note(&line);
            }
            if !coordinator.sleep(self.every).await {
                break;
            }
            let again = coordinator.read_live().await;
            // One that cannot be asked now keeps what it had.
            if again.unread.is_empty() {
                live = again;
                let ids: BTreeSet<_> = ways.iter().map(|way| way.reference.id).collect();
                let still = |reference: &&Known| self.references.is_empty() || ids.contains(&reference.id);
                ways = Way::of(&live.known.iter().filter(still).collect::<Vec<_>>());
            } else {
                live.unread = again.unread;
            }
        }
        Ok(total.answer().with_failures([shown::interrupted()]))
    }
}

/// Asks; where nobody can be asked, or says no, it is refused.
async fn agreed(context: &Context, branch: &BranchName, message: String, hint: String) -> Result<(), Failures> {
    let refusal = |message: String| {
        Failures::from(Failure::from(&Refusal {
            kind: RefusalKind::NotConfirmed,
            branch: branch.clone(),
            revision: None,
            message,
            hint: Some(hint),
        }))
    };
    if !can_ask(context) {
        return Err(refusal(message));
    }
    note(&format!("{message}. Go on? [y/N]"));
    match is_agreed(context).await {
        None => Err(shown::interrupted().into()),
        Some(true) => Ok(()),
        Some(false) => Err(refusal("not agreed to".to_owned())),
    }
}
