//! The journal, `branchline_event`, as it is read back: what was done in a branch's database, by whom, and in which run.
//!
//! A run writes a `run started` line into every database that it is going to change, before its first step, and a `run ended`
//! one where not every step came to be done; between them stands a line a step. A run whose lines break off was killed, or is
//! still under way: the lines alone cannot tell, so whoever reads them says whether the branch is locked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::direction::Direction;
use crate::names::{BranchName, RevisionId};

/// The kind of the lines that say how a run began and ended.
pub const RUN: &str = "run";

/// The kind of the lines that say what a check of a reference found.
pub const CHECK: &str = "check";

/// The kind of the lines of steps that go this way.
#[must_use]
pub const fn kind_of(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "apply",
        Direction::Down => "revert",
    }
}

/// The kind of the lines that say what a sweep has done to the rows of a reference.
pub const SWEEP: &str = "sweep";

/// The outcome of the line that a run begins with.
pub const STARTED: &str = "started";

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Counts up within a database.
    pub id: i64,
    /// The branch.
    pub branch: BranchName,
    /// The revision; none for what is about the run.
    pub revision: Option<RevisionId>,
    /// What was done: `run`, `apply`, `revert`, `stamp`, `repair`, `check`, `sweep`.
    pub kind: String,
    /// How it ended. Of `apply` and `revert`: `done`, `failed`, `not_started`; of `run`: `started`, `failed`, `interrupted`; of
    /// `sweep`: `done`, `failed`, `interrupted`; of `stamp` and `repair`: `up` where the revision counts as applied from then on,
    /// `down` where it does not.
    pub outcome: String,
    /// The run, the same in every database that it touched.
    pub run_id: Uuid,
    /// Who ran it, as `user@host`.
    pub actor: String,
    /// When, by the database's clock: RFC 3339, in UTC.
    pub at: String,
    /// How long it took, in milliseconds, where that was measured.
    pub duration_ms: Option<i64>,
    /// The version of the tool that wrote the line.
    pub tool_version: String,
    /// What the database said; of a run's first line, a [`RunStart`].
    pub detail: Option<String>,
}

/// What a run says of itself before its first step: the `detail` of its first line, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The id of the process, on the actor's host.
    pub process: u32,
    /// The database's number of the session that holds the branch's lock, where it numbers them.
    pub session: Option<i64>,
    /// Which way it goes.
    pub direction: Direction,
    /// How many steps it is to take on this branch.
    pub steps: usize,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
}

impl Entry {
    /// What a run said of itself, where this is its first line.
    #[must_use]
    pub fn start(&self) -> Option<RunStart> {
        if self.kind != RUN || self.outcome != STARTED {
            return None;
        }
        serde_json::from_str(self.detail.as_deref()?).ok()
    }

    /// Whether it is about a step.
    fn is_step(&self) -> bool {
        matches!(self.kind.as_str(), "apply" | "revert")
    }
}

/// How a run ended, or that it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Every step was done.
    Done,
    /// Stopped by a signal.
    Interrupted,
    /// A step failed.
    Failed,
    /// Its lines break off: it was killed, or lost its database.
    Died,
    /// It holds the branch's lock.
    Running,
}

impl RunOutcome {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Died => "died",
            Self::Running => "running",
        }
    }
}

/// A run, over all databases that were asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The run.
    pub run_id: Uuid,
    /// Who ran it, as `user@host`.
    pub actor: String,
    /// Its first line, by the clock of the database that holds it.
    pub started_at: String,
    /// Its last line.
    pub last_at: String,
    /// The worst of its branches.
    pub outcome: RunOutcome,
    /// What became of it on each branch, by name.
    pub branches: Vec<BranchRun>,
}

/// What a run did on one branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BranchRun {
    /// The branch.
    pub branch: BranchName,
    /// How it ended there.
    pub outcome: RunOutcome,
    /// What it said of itself; none for `stamp` and `repair`, which are over at once.
    pub start: Option<RunStart>,
    /// Its lines, but for those about the run itself.
    pub events: Vec<Entry>,
}

/// The lines of some branches, and of each whether its lock is held now, as the runs that wrote them: the newest last.
#[must_use]
pub fn runs(entries: Vec<Entry>, locked: &BTreeMap<BranchName, bool>) -> Vec<Run> {
    let mut newest: BTreeMap<BranchName, Uuid> = BTreeMap::new();
    let mut of_runs: BTreeMap<Uuid, BTreeMap<BranchName, Vec<Entry>>> = BTreeMap::new();
    for entry in entries {
        // What looks on holds no lock.
        if entry.kind != CHECK {
            newest.insert(entry.branch.clone(), entry.run_id);
        }
        of_runs.entry(entry.run_id).or_default().entry(entry.branch.clone()).or_default().push(entry);
    }
    let mut runs: Vec<Run> = of_runs
        .into_iter()
        .filter_map(|(run_id, branches)| {
            // Only the run that wrote last can be the one that holds the lock.
            let holds = |branch: &BranchName| newest.get(branch) == Some(&run_id) && locked.get(branch) == Some(&true);
            run(run_id, branches, &holds)
        })
        .collect();
    runs.sort_by(|one, other| (&one.started_at, one.run_id).cmp(&(&other.started_at, other.run_id)));
    runs
}

fn run(run_id: Uuid, branches: BTreeMap<BranchName, Vec<Entry>>, holds: &dyn Fn(&BranchName) -> bool) -> Option<Run> {
    let all = || branches.values().flatten();
    let actor = all().next()?.actor.clone();
    let started_at = all().map(|entry| entry.at.clone()).min()?;
    let last_at = all().map(|entry| entry.at.clone()).max()?;
    let branches: Vec<BranchRun> = branches
        .into_iter()
        .map(|(branch, entries)| {
            let outcome = outcome(&entries, holds(&branch));
            let start = entries.iter().find_map(Entry::start);
            let events = entries.into_iter().filter(|entry| entry.kind != RUN).collect();
            BranchRun { branch, outcome, start, events }
        })
        .collect();
    let outcome = branches.iter().map(|branch| branch.outcome).max()?;
    Some(Run { run_id, actor, started_at, last_at, outcome, branches })
}

/// How a run ended on a branch, from its lines there.
fn outcome(entries: &[Entry], holds_lock: bool) -> RunOutcome {
    let ended = entries.iter().rev().find(|entry| entry.kind == RUN && entry.outcome != STARTED);
    if let Some(ended) = ended {
        return if ended.outcome == "interrupted" { RunOutcome::Interrupted } else { RunOutcome::Failed };
    }
    let steps = || entries.iter().filter(|entry| entry.is_step());
    // What an upgrade took back again is not what it was to do.
    let is_done = |entry: &&Entry, direction| entry.outcome == "done" && entry.kind == kind_of(direction);
    match entries.iter().find_map(Entry::start) {
        Some(start) if steps().filter(|step| is_done(step, start.direction)).count() >= start.steps => RunOutcome::Done,
        Some(_) if holds_lock => RunOutcome::Running,
        Some(_) => RunOutcome::Died,
        // `stamp`, `repair`, sweeps, and what earlier versions wrote: a line is written once it is done.
        None if entries.iter().any(|entry| entry.outcome == "failed") => RunOutcome::Failed,
        None if entries.iter().any(|entry| entry.outcome == "interrupted") => RunOutcome::Interrupted,
        None => RunOutcome::Done,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::{Entry, RunOutcome, RunStart, runs};
    use crate::direction::Direction;

    /// `branch kind outcome`, written by a run at a second.
    fn entry(run: u128, second: i64, line: &str) -> Entry {
        let [branch, kind, outcome] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let start = RunStart {
            process: 7,
            session: None,
            direction: Direction::Up,
            steps: 2,
            targets: vec!["heads".to_owned()],
        };
        Entry {
            id: second,
            branch: branch.parse().unwrap(),
            revision: (kind != "run").then(|| "0001".parse().unwrap()),
            kind: kind.to_owned(),
            outcome: outcome.to_owned(),
            run_id: Uuid::from_u128(run),
            actor: "deploy@ci".to_owned(),
            at: format!("2026-11-27T10:00:{second:02}Z"),
            duration_ms: None,
            tool_version: "1".to_owned(),
            detail: (outcome == "started").then(|| serde_json::to_string(&start).unwrap()),
        }
    }

    fn outcomes(lines: &[&str], locked: bool) -> Vec<RunOutcome> {
        let entries = lines.iter().enumerate().map(|(at, line)| {
            let (run, line) = line.split_once(' ').unwrap();
            entry(run.parse().unwrap(), i64::try_from(at).unwrap(), line)
        });
        let locked = BTreeMap::from([("auth".parse().unwrap(), locked), ("specs".parse().unwrap(), false)]);
        runs(entries.collect(), &locked).into_iter().map(|run| run.outcome).collect()
    }

    #[test]
    fn how_a_run_ended() {
        let done = ["1 auth run started", "1 auth apply done", "1 auth apply done"];
        assert_eq!(outcomes(&done, true), [RunOutcome::Done]);
        let failed = ["1 auth run started", "1 auth apply failed", "1 auth apply not_started", "1 auth run failed"];
        assert_eq!(outcomes(&failed, false), [RunOutcome::Failed]);
        let stopped = ["1 auth run started", "1 auth run interrupted"];
        assert_eq!(outcomes(&stopped, true), [RunOutcome::Interrupted]);
        let broken_off = ["1 auth run started", "1 auth apply done"];
        assert_eq!(outcomes(&broken_off, false), [RunOutcome::Died]);
        assert_eq!(outcomes(&broken_off, true), [RunOutcome::Running]);
        let taking_back = ["1 auth run started", "1 auth apply done", "1 auth apply failed", "1 auth revert done"];
        assert_eq!(outcomes(&taking_back, false), [RunOutcome::Died]);
        assert_eq!(outcomes(&["1 auth stamp up", "1 auth repair down"], true), [RunOutcome::Done]);
        assert_eq!(outcomes(&["1 auth sweep done", "1 auth sweep interrupted"], true), [RunOutcome::Interrupted]);
        assert_eq!(outcomes(&["1 auth sweep interrupted", "1 auth sweep failed"], true), [RunOutcome::Failed]);
    }

    #[test]
    fn only_the_last_run_can_hold_the_lock() {
        let lines = ["1 auth run started", "2 auth run started", "2 auth apply done"];
        assert_eq!(outcomes(&lines, true), [RunOutcome::Died, RunOutcome::Running]);
    }

    #[test]
    fn a_run_is_what_its_worst_branch_is() {
        let lines = [
            "1 auth run started",
            "1 auth apply done",
            "1 auth apply done",
            "1 specs run started",
            "1 specs run failed",
        ];
        assert_eq!(outcomes(&lines, false), [RunOutcome::Failed]);
    }
}
