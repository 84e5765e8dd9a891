//! From references to what is found of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::catalog::Catalog;
use crate::database::{DatabaseError, DatabaseErrorKind, Line, Session, Standby};
use crate::journal::CHECK;
use crate::names::BranchName;
use crate::reference::{
    CheckReport, CheckSummary, Checked, Choice, Class, Known, Leg, LegReport, Orphan, Skipped, Unmapped, legs,
};
use crate::revision::Checksum;

use super::super::super::prepare::Coordinator;
use super::super::open::OpenSessions;
use super::options::CheckOptions;
use super::pass::{Ears, Failed, Pass, PassLeg, Tally};
use super::progress::Checkpoint;
use super::proving::Sessions;

/// A reference that can be looked at.
struct Work {
    known: Known,
    legs: Vec<Leg>,
    unmapped: Option<Unmapped>,
}

/// What became of a pass.
struct Done {
    pass: Pass,
    outcome: Result<Vec<Tally>, Failed>,
    took: Duration,
}

impl Done {
    /// Takes a leg out that failed in the end: what it lacks is no failure of the others.
    fn take_out(&mut self, leg: usize, failed: Failed) -> Self {
        if let Ok(tallies) = &mut self.outcome {
            tallies.remove(leg);
        }
        Self { pass: Pass { legs: vec![self.pass.legs.remove(leg)] }, outcome: Err(failed), took: self.took }
    }
}

/// As many orphans are made suspects again at once, where they are looked at again.
const AGAIN: usize = 20_000;

/// A check that is under way.
pub(super) struct Check<'c, 'a> {
    pub(super) coordinator: &'c Coordinator<'a>,
    pub(super) options: &'c CheckOptions,
    pub(super) ears: Ears<'c>,
    pub(super) spares: &'c OpenSessions,
}

impl Coordinator<'_> {
    /// Looks for orphans of these references. `found` is told of each, and of every other suspect that did not come to nothing.
    ///
    /// A reference that cannot be looked at is skipped, and says why; the others are looked at. Databases that failed come with
    /// their errors. With a `checkpoint`, what an earlier check had done is not done again. Sessions that are `open` already are
    /// gone on with, and closed.
    pub async fn check_references(
        &self,
        references: Vec<Known>,
        catalogs: &BTreeMap<BranchName, Catalog>,
        open: OpenSessions,
        options: &CheckOptions,
        found: &(dyn Fn(&Known, &Orphan) + Sync),
        checkpoint: Option<&Checkpoint<'_>>,
    ) -> (CheckReport, Vec<Failed>) {
        let clock = Clock::start();
        let (works, skipped) = sort_out(references, catalogs);
        let tell = |reference: usize, orphan: &Orphan| tell(&works, found, reference, orphan);
        let check = Check { coordinator: self, options, ears: Ears { tell: &tell, checkpoint }, spares: &open };
        let passes = stream::iter(Pass::group(pass_legs(&works))).map(|pass| check.time_pass(pass));
        let done: Vec<Vec<Done>> = passes.buffer_unordered(options.jobs.max(1)).collect().await;
        let mut done: Vec<Done> = done.into_iter().flatten().collect();
        check.look_again(&mut done, clock.began).await;
        let mut parts = Parts::of(done);
        parts.is_whole = options.part.is_none();
        for (reference, work) in works.iter().enumerate() {
            if let Some(unmapped) = &work.unmapped
                && options.part.is_none_or(|part| part.is_first())
                && !parts.failed.contains_key(&reference)
            {
                parts.count_unmapped(reference, check.count_unmapped(&work.known.branch, unmapped).await);
            }
        }
        open.close_all().await;
        parts.report(works, skipped, &clock)
    }

    /// Proves keys of which somebody else thinks that they have no parent, and looks at nothing else: the keys of each reference,
    /// as texts a column.
    pub async fn prove_candidates(
        &self,
        references: Vec<Known>,
        candidates: BTreeMap<Checksum, Vec<Vec<String>>>,
        catalogs: &BTreeMap<BranchName, Catalog>,
        open: OpenSessions,
        options: &CheckOptions,
        found: &(dyn Fn(&Known, &Orphan) + Sync),
    ) -> (CheckReport, Vec<Failed>) {
        let clock = Clock::start();
        let references = references.into_iter().filter(|known| candidates.contains_key(&known.id)).collect();
        let (works, skipped) = sort_out(references, catalogs);
        let tell = |reference: usize, orphan: &Orphan| tell(&works, found, reference, orphan);
        let check = Check { coordinator: self, options, ears: Ears { tell: &tell, checkpoint: None }, spares: &open };
        let mut done = Vec::new();
        for (reference, work) in works.iter().enumerate() {
            let began = Instant::now();
            let legs: Vec<PassLeg> = pass_legs(&works).into_iter().filter(|leg| leg.reference == reference).collect();
            let keys = candidates.get(&work.known.id).map(Vec::as_slice).unwrap_or_default();
            let pass = Pass { legs };
            let outcome = check.run_candidates(&pass, keys).await;
            done.push(Done { pass, outcome, took: began.elapsed() });
        }
        check.look_again(&mut done, clock.began).await;
        open.close_all().await;
        Parts::of(done).report(works, skipped, &clock)
    }

    /// Keeps the results in the databases that hold the referring columns, and in their journals. Gives those that could not be
    /// written to, and why: a role that may only read, above all.
    pub async fn record_checks(&self, report: &CheckReport) -> Vec<Failed> {
        let mut by_branch: BTreeMap<&BranchName, Vec<&Checked>> = BTreeMap::new();
        for checked in report.checked.iter().filter(|checked| checked.known.since.is_some()) {
            by_branch.entry(&checked.known.branch).or_default().push(checked);
        }
        let written = join_all(by_branch.into_iter().map(async |(branch, checked)| {
            let (mut session, _) =
                self.open_unless_interrupted(branch).await.map_err(|error| (branch.clone(), error))?;
            let results: Vec<_> = checked.iter().map(|checked| (checked.known.id, to_json(&checked.summary))).collect();
            let lines: Vec<Line> = checked.iter().map(|checked| self.line_of_check(checked)).collect();
            let written = session.record_checks(branch, &results, &lines).await;
            session.close().await;
            written.map_err(|error| (branch.clone(), error))
        }));
        written.await.into_iter().filter_map(Result::err).collect()
    }

    fn line_of_check(&self, checked: &Checked) -> Line {
        let outcome = match (checked.over_baseline(), checked.summary.classes.unmapped.rows) {
            (0, 0) => "clean",
            (0, _) => "unmapped",
            _ => "orphans",
        };
        let detail = json!({ "reference": checked.known.id, "check": checked.summary });
        Line {
            revision: checked.known.since.clone(),
            detail: Some(detail.to_string()),
            ..self.line(&checked.known.branch, CHECK, outcome)
        }
    }
}

impl Check<'_, '_> {
    pub(super) fn is_interrupted(&self) -> bool {
        self.coordinator.cancel.is_cancelled()
    }

    /// A session that reads, on a database that takes the writes: one that follows another proves nothing.
    pub(super) async fn open_reading(&self, branch: &BranchName) -> Result<Session, Failed> {
        if let Some(mut spare) = self.spares.take(branch) {
            match spare.begin_reading().await {
                Ok(Standby::Leads) => return Ok(spare),
                // Somebody has ended it meanwhile, or it has something to say that a new one will say too.
                Ok(Standby::Follows) | Err(_) => spare.close().await,
            }
        }
        let failed = |error| (branch.clone(), error);
        let (mut session, snapshot) = self.coordinator.open_unless_interrupted(branch).await.map_err(failed)?;
        match session.begin_reading().await {
            Ok(Standby::Leads) => Ok(session),
            Ok(Standby::Follows) => {
                session.close().await;
                let message = "it follows another server and may lag behind: what it lacks is no proof";
                let error = DatabaseError::new(DatabaseErrorKind::ReadOnly, &snapshot.database, message);
                Err(failed(error.hint_of(Some("use the URL of the server that it follows".to_owned()))))
            }
            Err(error) => {
                session.close().await;
                Err(failed(error))
            }
        }
    }

    /// Looks at a pass. Where it fails, each of its legs is looked at by itself: what one lacks is no failure of the others.
    async fn time_pass(&self, pass: Pass) -> Vec<Done> {
        let done = self.time_one(pass).await;
        if done.outcome.is_ok() || done.pass.legs.len() == 1 || self.is_interrupted() {
            return vec![done];
        }
        let mut each = Vec::with_capacity(done.pass.legs.len());
        for leg in done.pass.legs {
            each.push(self.time_one(Pass { legs: vec![leg] }).await);
        }
        each
    }

    async fn time_one(&self, pass: Pass) -> Done {
        let began = Instant::now();
        let outcome = self.run_pass(&pass).await;
        Done { pass, outcome, took: began.elapsed() }
    }

    /// Proves again what was found of references with a grace period, once it is over for whatever was there when we began.
    async fn look_again(&self, done: &mut Vec<Done>, began: Instant) {
        let mut sessions = Sessions { check: self, open: BTreeMap::new() };
        let mut failures: Vec<(usize, usize, Failed)> = Vec::new();
        let mut waiting: Vec<(Duration, usize, usize)> = Vec::new();
        for (place, done) in done.iter().enumerate() {
            let Ok(tallies) = &done.outcome else { continue };
            for (leg, _) in tallies.iter().enumerate().filter(|(_, tally)| tally.held.len() > 0) {
                waiting.push((done.pass.legs[leg].grace, place, leg));
            }
        }
        // The shortest first: who waits for the longest has waited for all.
        waiting.sort();
        for (grace, place, leg) in waiting {
            let wait = grace.saturating_sub(began.elapsed());
            tokio::select! {
                () = self.coordinator.cancel.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            let Done { pass, outcome, .. } = &mut done[place];
            let Ok(tallies) = outcome else { continue };
            let (held, pass_leg) = (std::mem::take(&mut tallies[leg].held), &pass.legs[leg]);
            let shape = pass_leg.leg.child.source.shape();
            for from in (0..held.len()).step_by(AGAIN) {
                let proved = if self.is_interrupted() {
                    Err((pass_leg.branch.clone(), super::feed::interrupted()))
                } else {
                    let some = held.some(from..held.len().min(from + AGAIN), leg, &shape);
                    sessions.prove(pass_leg, some).await
                };
                match proved {
                    Ok(verdicts) => tallies[leg].take(pass_leg, verdicts, self.options, self.ears.tell),
                    Err(failed) => {
                        failures.push((place, leg, failed));
                        break;
                    }
                }
            }
        }
        sessions.close().await;
        // The last first: those before it stay where they are.
        failures.sort_by_key(|&(place, leg, _)| std::cmp::Reverse((place, leg)));
        for (place, leg, failed) in failures {
            let failed = done[place].take_out(leg, failed);
            done.push(failed);
        }
    }

    async fn count_unmapped(&self, branch: &BranchName, unmapped: &Unmapped) -> Result<u64, Failed> {
        let mut session = self.open_reading(branch).await?;
        let counted = session.count_rows(&unmapped.source, None).await;
        session.close().await;
        counted.map_err(|error| (branch.clone(), error))
    }
}

/// Those that can be looked at, and those that cannot.
fn sort_out(references: Vec<Known>, catalogs: &BTreeMap<BranchName, Catalog>) -> (Vec<Work>, Vec<Skipped>) {
    let (mut works, mut skipped) = (Vec::new(), Vec::new());
    for known in references {
        let Some(own) = catalogs.get(&known.branch) else {
            let why = format!("the database of {} was not read", known.branch);
            skipped.push(Skipped { known, why });
            continue;
        };
        let unread = known.targets().find(|target| !catalogs.contains_key(&target.branch));
        if let Some(branch) = unread.map(|target| target.branch.clone()) {
            let why = format!("the database of {branch} was not read");
            skipped.push(Skipped { known, why });
            continue;
        }
        match legs(&known, own, |branch| catalogs.get(branch)) {
            Ok((legs, unmapped)) => works.push(Work { known, legs, unmapped }),
            Err(lack) => skipped.push(Skipped { known, why: lack.to_string() }),
        }
    }
    (works, skipped)
}

fn tell(works: &[Work], found: &(dyn Fn(&Known, &Orphan) + Sync), reference: usize, orphan: &Orphan) {
    if let Some(work) = works.get(reference) {
        found(&work.known, orphan);
    }
}

fn pass_legs(works: &[Work]) -> Vec<PassLeg> {
    let of_work = |(reference, work): (usize, &Work)| {
        let leg = |leg: &Leg| PassLeg {
            reference,
            id: work.known.id,
            branch: work.known.branch.clone(),
            leg: leg.clone(),
            grace: work.known.grace.unwrap_or_default(),
            swept: work.known.on_delete.changes_rows().then_some(work.known.id),
            choice: Choice::of(leg),
        };
        work.legs.iter().map(leg).collect::<Vec<_>>()
    };
    works.iter().enumerate().flat_map(of_work).collect()
}

/// When a check began, for those who read and for those who wait.
struct Clock {
    began: Instant,
    began_at: String,
}

impl Clock {
    fn start() -> Self {
        Self { began: Instant::now(), began_at: now() }
    }
}

/// What the passes came to, a reference at a time.
#[derive(Default)]
struct Parts {
    failed: BTreeMap<usize, Failed>,
    tallies: BTreeMap<usize, Vec<(Option<String>, Tally)>>,
    took: BTreeMap<usize, Duration>,
    unmapped: BTreeMap<usize, u64>,
    is_whole: bool,
}

impl Parts {
    fn of(done: Vec<Done>) -> Self {
        let mut parts = Self::default();
        done.into_iter().for_each(|done| parts.take(done));
        parts
    }

    fn report(mut self, works: Vec<Work>, mut skipped: Vec<Skipped>, clock: &Clock) -> (CheckReport, Vec<Failed>) {
        let (mut checked, mut failures) = (Vec::new(), Vec::new());
        for (reference, work) in works.into_iter().enumerate() {
            match self.failed.remove(&reference) {
                Some((branch, error)) => {
                    let why = format!("{branch}: {}", error.message);
                    skipped.push(Skipped { known: work.known, why });
                    failures.push((branch, error));
                }
                None => checked.push(self.checked(reference, work, &clock.began_at)),
            }
        }
        (CheckReport { checked, skipped }, failures)
    }

    fn take(&mut self, done: Done) {
        match done.outcome {
            Ok(tallies) => {
                for (leg, tally) in done.pass.legs.into_iter().zip(tallies) {
                    let took = self.took.entry(leg.reference).or_default();
                    *took = done.took.max(*took);
                    self.tallies.entry(leg.reference).or_default().push((leg.leg.value, tally));
                }
            }
            Err(failed) => {
                // An interruption is one of all that was under way.
                let is_interrupted = failed.1.kind == DatabaseErrorKind::Interrupted;
                for leg in done.pass.legs {
                    if !is_interrupted || !self.failed.contains_key(&leg.reference) {
                        self.failed.insert(leg.reference, failed.clone());
                    }
                }
            }
        }
    }

    fn count_unmapped(&mut self, reference: usize, counted: Result<u64, Failed>) {
        match counted {
            Ok(rows) => {
                self.unmapped.insert(reference, rows);
            }
            Err(failed) => {
                self.failed.insert(reference, failed);
            }
        }
    }

    fn checked(&mut self, reference: usize, work: Work, began_at: &str) -> Checked {
        let mut summary = CheckSummary { rows: Some(0), distinct: Some(0), ..CheckSummary::default() };
        let (mut legs, mut samples) = (Vec::new(), Vec::new());
        for (value, tally) in self.tallies.remove(&reference).unwrap_or_default() {
            let sum = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
            summary.rows = sum(summary.rows, tally.rows);
            summary.distinct = sum(summary.distinct, tally.distinct);
            summary.classes.merge(&tally.classes);
            let keys_ms = tally.keys.map(|keys| keys.as_secs_f64() * 1000.0);
            legs.push(LegReport { value, choices: tally.choices, keys_ms });
            samples.extend(tally.samples);
        }
        if let Some(rows) = self.unmapped.remove(&reference) {
            summary.classes.unmapped.rows = rows;
        }
        let orphans = summary.classes.orphans();
        (summary.orphan_keys, summary.orphan_rows) = (orphans.keys, orphans.rows);
        began_at.clone_into(&mut summary.began_at);
        let took = self.took.remove(&reference).unwrap_or_default();
        summary.duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        samples.sort_by_key(|orphan| (orphan.class != Class::Confirmed, orphan.class));
        Checked { known: work.known, summary, legs, samples, is_whole: self.is_whole }
    }
}

fn to_json(summary: &CheckSummary) -> String {
    serde_json::to_string(summary).unwrap_or_default()
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}
