//! One pass over the parents of one or several references: streams on one side, proof on the other, all at the same time.

use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use tokio::sync::mpsc::channel;

use crate::catalog::ColumnKind;
use crate::database::{DatabaseError, Session};
use crate::names::BranchName;
use crate::reference::keys::{Condition, Reading, Value};
use crate::reference::{Choice, Class, Classes, End, Leg, Orphan, Part, Strategy};
use crate::revision::Checksum;

use super::compare::{Comparison, Stream};
use super::feed::{Feed, PAGE, interrupted};
use super::held::Held;
use super::options::CheckOptions;
use super::progress::{Checkpoint, Progress};
use super::prove::Verdict;
use super::run::Check;

/// A leg of a reference, and how it is to be looked at.
pub(super) struct PassLeg {
    /// The reference, by its place.
    pub(super) reference: usize,
    /// Its id.
    pub(super) id: Checksum,
    /// The branch of the referring columns.
    pub(super) branch: BranchName,
    pub(super) leg: Leg,
    /// How long a row may be without its parent.
    pub(super) grace: Duration,
    /// The reference's id, where a sweep changes rows for it.
    pub(super) swept: Option<Checksum>,
    pub(super) choice: Choice,
}

/// Legs with the same parent, looked at in the same way.
pub(super) struct Pass {
    pub(super) legs: Vec<PassLeg>,
}

/// What one leg came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) rows: Option<u64>,
    pub(super) distinct: Option<u64>,
    pub(super) classes: Classes,
    pub(super) choices: Vec<Choice>,
    /// How long it took to read all referring keys.
    pub(super) keys: Option<Duration>,
    pub(super) samples: Vec<Orphan>,
    /// Proved orphans that are to be proved again, where the reference has a grace period.
    pub(super) held: Held,
}

/// A database that failed.
pub(super) type Failed = (BranchName, DatabaseError);

/// As many pages wait for whoever compares them: one is read while one is compared.
const AHEAD: usize = 1;

/// As many referring columns are read at the same time: each has a session of its own, and pages in memory.
const STREAMS: usize = 8;

/// As many lots of suspects wait to be proved.
pub(super) const SUSPECTS_AHEAD: usize = 4;

/// What is told of every orphan, and of every suspect that came to be something else than transient.
pub(super) type Tell<'t> = dyn Fn(usize, &Orphan) + Sync + 't;

/// Who hears of what happens.
#[derive(Clone, Copy)]
pub(super) struct Ears<'e> {
    pub(super) tell: &'e Tell<'e>,
    pub(super) checkpoint: Option<&'e Checkpoint<'e>>,
}

impl Pass {
    /// Legs with the same parent that can share a pass over it.
    pub(super) fn group(legs: Vec<PassLeg>) -> Vec<Self> {
        let mut passes: Vec<Self> = Vec::new();
        for leg in legs {
            match passes.iter_mut().find(|pass| pass.takes(&leg)) {
                Some(pass) => pass.legs.push(leg),
                None => passes.push(Self { legs: vec![leg] }),
            }
        }
        passes
    }

    fn takes(&self, other: &PassLeg) -> bool {
        let shares = matches!(other.choice.strategy, Strategy::Merge | Strategy::Hash);
        self.legs.first().is_some_and(|first| {
            shares
                && self.legs.len() < STREAMS
                && first.choice.strategy == other.choice.strategy
                && first.leg.parent_branch == other.leg.parent_branch
                && first.leg.parent.source == other.leg.parent.source
                && first.leg.parent_filter == other.leg.parent_filter
        })
    }

    /// The parents that count.
    fn parents(&self) -> Option<End> {
        let first = self.legs.first()?;
        let mut parents = first.leg.parent.clone();
        parents.source.conditions.extend(first.leg.parent_filter.iter().map(|sql| Condition::Sql(sql.clone())));
        Some(parents)
    }
}

impl Check<'_, '_> {
    /// Looks at all legs of a pass.
    pub(super) async fn run_pass(&self, pass: &Pass) -> Result<Vec<Tally>, Failed> {
        let (options, ears) = (self.options, self.ears);
        let (Some(parents), Some(first)) = (pass.parents(), pass.legs.first()) else { return Ok(Vec::new()) };
        let strategy = first.choice.strategy;
        let parent_branch = &first.leg.parent_branch;
        let earlier = ears.checkpoint.and_then(|checkpoint| checkpoint.known.iter().find(|known| known.is_of(pass)));
        if let Some(done) = earlier.filter(|earlier| earlier.is_done()) {
            return Ok(done.tallies());
        }
        // A key that may be written in several ways has no one border.
        let has_borders = |leg: &PassLeg| leg.grace.is_zero() && leg.leg.child.source.tells_values();
        let marks = ears.checkpoint.is_some() && pass.legs.iter().all(has_borders);
        // Where the earlier check went on otherwise in the end, its borders mean nothing.
        let earlier = earlier.filter(|_| marks && strategy == Strategy::Merge);
        let opened = join_all(pass.legs.iter().map(|leg| self.open_reading(&leg.branch)));
        let (opened, parent_session) = tokio::join!(opened, self.open_reading(parent_branch));
        let mut sessions = all_or_none(opened.into_iter().chain([parent_session])).await?;
        let Some(mut parent_session) = sessions.pop() else { return Ok(Vec::new()) };
        // What this pass does not need may not be needed for hours.
        self.spares.close_all().await;

        let (suspects, to_prove) = channel(SUSPECTS_AHEAD);
        let (mut streams, mut feeds) = (Vec::new(), Vec::new());
        for (pass_leg, session) in pass.legs.iter().zip(&mut sessions) {
            let reading = reading(&pass_leg.leg, strategy);
            let (sender, pages) = channel(AHEAD);
            streams.push(Stream::new(&pass_leg.leg, reading, pages, pass_leg.choice.clone(), options.part));
            let mut range = range(&pass_leg.leg.child, options.part);
            if let Some(border) = border(earlier, &pass_leg.leg.child) {
                range.0 = Some(border);
            }
            let source = &pass_leg.leg.child.source;
            let page = PAGE.div_ceil(pass.legs.len());
            let (part, rate, cancel) = (options.part, options.rate, &self.coordinator.cancel);
            let feed = Feed { source, reading, part, page, rate, range, cancel };
            feeds
                .push(async move { feed.run(session, sender).await.map_err(|error| (pass_leg.branch.clone(), error)) });
        }
        let filter = first.leg.parent_filter.as_deref();
        let parents_after = border(earlier, &parents).or_else(|| range(&parents, options.part).0);
        let mut comparison = Comparison { streams, suspects, parent: &parents, filter, parents_after, marks };
        if let Some(earlier) = earlier {
            for (stream, tally) in comparison.streams.iter_mut().zip(earlier.tallies()) {
                stream.rows = tally.rows.unwrap_or_default();
                stream.distinct = tally.distinct.unwrap_or_default();
            }
        }
        let compared = async {
            let outcome = comparison.run(&mut parent_session, strategy).await;
            let seen: Vec<Seen> = comparison.streams.iter().map(Seen::of).collect();
            // Nobody waits for more.
            drop(comparison);
            outcome.map(|()| seen).map_err(|error| (parent_branch.clone(), error))
        };
        let begun = earlier.map(Progress::tallies);
        let proved = self.prove_all(pass, to_prove, begun);
        let (fed, compared, proved) = tokio::join!(try_join_all(feeds), compared, proved);
        let branches = pass.legs.iter().map(|leg| &leg.branch).chain([parent_branch]);
        let sessions = branches.zip(sessions.into_iter().chain([parent_session]));
        // One that was stopped while it read has more to say than anybody would wait for.
        if self.is_interrupted() || fed.is_err() || compared.is_err() || proved.is_err() {
            join_all(sessions.map(|(_, session)| session.close())).await;
        } else {
            sessions.for_each(|(branch, session)| self.spares.give(branch, session));
        }
        if self.is_interrupted() {
            return Err((parent_branch.clone(), interrupted()));
        }
        // What failed first is what the others failed of.
        let (keys, seen, mut tallies) = (fed?, compared?, proved?);
        for ((tally, seen), keys) in tallies.iter_mut().zip(seen).zip(keys) {
            tally.keys = Some(keys);
            (tally.rows, tally.distinct, tally.choices) = (seen.rows, seen.distinct, seen.choices);
        }
        if let Some(checkpoint) = ears.checkpoint.filter(|_| marks) {
            (checkpoint.keep)(&Progress::done(pass, &tallies));
        }
        Ok(tallies)
    }
}

/// All sessions; where one could not be opened, the others are closed.
async fn all_or_none(opened: impl IntoIterator<Item = Result<Session, Failed>>) -> Result<Vec<Session>, Failed> {
    let (mut sessions, mut failed) = (Vec::new(), None);
    for opened in opened {
        match opened {
            Ok(session) => sessions.push(session),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        None => Ok(sessions),
        Some(failed) => {
            join_all(sessions.into_iter().map(Session::close)).await;
            Err(failed)
        }
    }
}

/// How the referring keys of a leg are read.
fn reading(leg: &Leg, strategy: Strategy) -> Reading {
    match strategy {
        Strategy::Leap => Reading::Leaping,
        _ if leg.child.is_indexed && leg.child.is_exact => Reading::Grouped,
        _ if leg.child.goes_by_row() => Reading::ByRow,
        _ => Reading::Whole,
    }
}

/// Where the keys of a part begin and end, where the database has them in the order of their bytes.
fn range(end: &End, part: Option<Part>) -> (Option<Vec<Value>>, Option<Vec<Value>>) {
    // Bytes of any length may be none of a key, and stand outside of its range.
    let of_bytes = |kind| matches!(kind, ColumnKind::Uuid | ColumnKind::Binary { length: Some(16) });
    let has_order = end.is_ordered && end.is_indexed && end.is_exact;
    let kinds = end.source.shape().kinds().to_vec();
    match part {
        Some(part) if has_order && end.source.columns.iter().all(|column| of_bytes(column.column.kind)) => {
            let (after, until) = part.range(&kinds).unwrap_or_default();
            (after.map(|value| vec![value]), until.map(|value| vec![value]))
        }
        _ => (None, None),
    }
}

/// Where an earlier check came to, as the columns of this end have it.
fn border(earlier: Option<&Progress>, end: &End) -> Option<Vec<Value>> {
    let values = earlier?.border(&end.source.shape())?;
    // Where there are several forms, the first: what is read twice costs time only.
    Some(end.source.columns.iter().zip(values).map(|(column, value)| column.first_form(&value)).collect())
}

/// What a stream came to.
struct Seen {
    rows: Option<u64>,
    distinct: Option<u64>,
    choices: Vec<Choice>,
}

impl Seen {
    fn of(stream: &Stream<'_>) -> Self {
        let counts_rows = stream.reading != Reading::Leaping;
        let counts_keys = matches!(stream.reading, Reading::Leaping | Reading::Grouped);
        Self {
            rows: counts_rows.then_some(stream.rows),
            distinct: counts_keys.then_some(stream.distinct),
            choices: stream.choices.clone(),
        }
    }
}

impl Tally {
    /// Counts what was proved, but for orphans: they may still be within their grace.
    pub(super) fn hold(&mut self, leg: &PassLeg, verdicts: Vec<Verdict>, options: &CheckOptions, tell: &Tell<'_>) {
        let is_orphan = |verdict: &Verdict| matches!(verdict.class, Class::Confirmed | Class::CaseVariant);
        let (orphans, others): (Vec<Verdict>, Vec<Verdict>) = verdicts.into_iter().partition(is_orphan);
        orphans.into_iter().for_each(|verdict| self.held.push(verdict.suspect));
        self.take(leg, others, options, tell);
    }

    /// Counts what was proved.
    pub(super) fn take(&mut self, leg: &PassLeg, verdicts: Vec<Verdict>, options: &CheckOptions, tell: &Tell<'_>) {
        for Verdict { suspect, class, rows, row_ids } in verdicts {
            self.classes.add(class, rows);
            if class == Class::Transient {
                continue;
            }
            let first = |forms: &Vec<Value>| forms.first().map(ToString::to_string);
            let key = suspect.forms.iter().filter_map(first).collect();
            let orphan = Orphan { class, value: leg.leg.value.clone(), key, rows, row_ids };
            tell(leg.reference, &orphan);
            if self.samples.len() < options.samples {
                self.samples.push(orphan);
            }
        }
    }
}
