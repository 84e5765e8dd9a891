//! What references forbid: that a step takes away, or gives another type, what a live reference points to; that one begins whose
//! target was taken away; that the referring columns go and the reference stays.
//!
//! The plan's steps are gone through in their order, and with each of them the references that live and the columns that are
//! there. Pure: what scripts do to columns, and what is on record, is given to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::direction::Direction;
use crate::graph::{Graph, RevisionIndex, RevisionSet, Selection};
use crate::listing::listed;
use crate::names::{BranchName, RevisionKey};
use crate::reference::{Captured, ColumnChanges, Known, Touch, TouchKind, live};
use crate::revision::{Columns, ReferenceTo, Revision};

use super::{Refusal, RefusalKind};

/// What the guard finds.
#[derive(Debug, Default)]
pub struct Guarded {
    /// What must not happen.
    pub refusals: Vec<Refusal>,
    /// Steps, each with another that must be done before it: the one that ends the reference which would be in its way.
    pub waits: Vec<(RevisionIndex, RevisionIndex)>,
}

/// Holds the steps of a selection against the references that live. `applied` is what is applied on the branches that were read,
/// `recorded` what their state tables hold, `revisions` stand by their index in the graph.
#[must_use]
pub fn guard(
    graph: &Graph,
    revisions: &[Revision],
    selection: &Selection,
    applied: &RevisionSet,
    recorded: &BTreeMap<BranchName, Vec<Known>>,
    changes: &ColumnChanges,
) -> Guarded {
    let up = selection.direction == Direction::Up;
    let has_references = |step: &RevisionIndex| {
        let revision = &revisions[step.as_usize()];
        !revision.references.is_empty() || !revision.ended_references.is_empty()
    };
    if changes.touches.is_empty() && !(up && !changes.gone.is_empty() && selection.steps.iter().any(has_references)) {
        return Guarded::default();
    }
    let branches: BTreeSet<BranchName> = graph.branches().cloned().collect();
    let mut walk = Walk {
        graph,
        revisions,
        direction: selection.direction,
        applied: applied.clone(),
        live: BTreeMap::new(),
        strangers: BTreeMap::new(),
        gone: changes.gone.clone(),
        taken_here: RevisionSet::new(),
        ended: Vec::new(),
        begun_without: Vec::new(),
        found: Guarded::default(),
    };
    for branch in branches {
        let live = walk.live_of(&branch);
        let is_known = |reference: &Known| live.iter().any(|known| known.id == reference.id);
        let on_record = recorded.get(&branch).into_iter().flatten();
        walk.strangers.insert(branch.clone(), on_record.filter(|reference| !is_known(reference)).cloned().collect());
        walk.live.insert(branch, live);
    }
    for &step in &selection.steps {
        walk.take(step, changes.touches.get(&step).map(Vec::as_slice).unwrap_or_default());
    }
    walk.finish()
}

/// Refuses steps that take away columns which triggers record the deleted keys of: with such a trigger, every DELETE would fail.
#[must_use]
pub fn guard_captures(
    graph: &Graph,
    captured: &BTreeMap<BranchName, Vec<Captured>>,
    changes: &ColumnChanges,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (step, touches) in &changes.touches {
        let key = graph.key(*step);
        let of_branch = captured.get(&key.branch).map(Vec::as_slice).unwrap_or_default();
        for touch in touches.iter().filter(|touch| of_branch.iter().any(|captured| captured.is_hit_by(touch))) {
            refusals.push(Refusal {
                kind: RefusalKind::CaptureInTheWay,
                branch: key.branch.clone(),
                revision: Some(key.id.clone()),
                message: format!(
                    "{key} {} ({}:{}), and a trigger records the deleted keys of {}: every DELETE would fail",
                    touch.what,
                    touch.file.display(),
                    touch.line,
                    touch.columns
                ),
                hint: Some(format!(
                    "sweep what is recorded first: `branchline references sweep {0}`; then `branchline references sweep --uninstall \
                     {0}` takes the trigger away; what other references need is put back by --install",
                    key.branch
                )),
            });
        }
    }
    refusals
}

struct Walk<'a> {
    graph: &'a Graph,
    revisions: &'a [Revision],
    direction: Direction,
    applied: RevisionSet,
    /// What lives by the files, of what is applied.
    live: BTreeMap<BranchName, Vec<Known>>,
    /// What is on record besides: of revisions that the project does not know, or that say something else by now.
    strangers: BTreeMap<BranchName, Vec<Known>>,
    gone: BTreeMap<(BranchName, Columns), (RevisionIndex, Touch)>,
    /// The steps that took something away.
    taken_here: RevisionSet,
    /// The references that steps have ended, with the step.
    ended: Vec<(Known, RevisionIndex)>,
    /// The references that steps have begun and whose target was gone: they may end with a later step.
    begun_without: Vec<(Known, RevisionIndex, RevisionIndex, Touch)>,
    found: Guarded,
}

impl Walk<'_> {
    fn take(&mut self, step: RevisionIndex, touches: &[Touch]) {
        let revision = &self.revisions[step.as_usize()];
        let branch = &revision.key.branch;
        match self.direction {
            Direction::Up => self.applied.insert(step),
            Direction::Down => self.applied.remove(step),
        };
        let before = self.live.get(branch).cloned().unwrap_or_default();
        let changes = !revision.references.is_empty() || !revision.ended_references.is_empty();
        let after = if changes { self.live_of(branch) } else { before.clone() };
        let is_in = |list: &[Known], one: &Known| list.iter().any(|other| other.id == one.id);
        let (stays, ends): (Vec<Known>, Vec<Known>) = before.into_iter().partition(|one| is_in(&after, one));
        self.ended.extend(ends.into_iter().map(|ended| (ended, step)));
        self.end_strangers(step);
        self.live.insert(branch.clone(), stays);
        for touch in touches.iter().filter(|touch| touch.takes()) {
            self.refuse_to_take(step, touch);
        }
        for touch in touches {
            let columns = (branch.clone(), touch.columns.clone());
            match touch.kind {
                TouchKind::Made => {
                    self.gone.remove(&columns);
                }
                TouchKind::Gone => {
                    self.taken_here.insert(step);
                    self.gone.insert(columns, (step, touch.clone()));
                }
                TouchKind::Retyped => {}
            }
        }
        let stays = &self.live[branch];
        for begun in after.iter().filter(|one| !is_in(stays, one)) {
            for target in begun.targets() {
                if let Some((by, touch)) = self.gone.get(&(target.branch.clone(), target.columns.clone())) {
                    self.begun_without.push((begun.clone(), step, *by, touch.clone()));
                }
            }
        }
        self.live.insert(branch.clone(), after);
    }

    fn end_strangers(&mut self, step: RevisionIndex) {
        let revision = &self.revisions[step.as_usize()];
        let Some(strangers) = self.strangers.get_mut(&revision.key.branch) else { return };
        let ends = |known: &Known| match self.direction {
            Direction::Up => {
                let afresh = !revision.references.is_empty() && known.since.as_ref() == Some(&revision.key.id);
                afresh || revision.ended_references.iter().any(|ended| ended.from == known.from)
            }
            Direction::Down => known.since.as_ref() == Some(&revision.key.id),
        };
        let (ended, stays): (Vec<Known>, Vec<Known>) = std::mem::take(strangers).into_iter().partition(ends);
        *strangers = stays;
        self.ended.extend(ended.into_iter().map(|known| (known, step)));
    }

    /// What lives on a branch, by the files.
    fn live_of(&self, branch: &BranchName) -> Vec<Known> {
        let applied = self.graph.revisions(branch).iter().copied().filter(|&index| self.applied.contains(index));
        let live = live(self.revisions, applied);
        live.into_iter().map(|(since, one)| Known::declared(branch, &self.graph.key(since).id, one)).collect()
    }

    fn refuse_to_take(&mut self, step: RevisionIndex, touch: &Touch) {
        let key = self.graph.key(step).clone();
        let points_there = |known: &Known| {
            known.targets().any(|target| target.branch == key.branch && target.columns == touch.columns)
        };
        let all = self.live.values().chain(self.strangers.values()).flatten();
        let in_the_way: Vec<Known> = all.filter(|known| points_there(known)).cloned().collect();
        for known in &in_the_way {
            self.found.refusals.push(self.in_the_way(&key, touch, known));
        }
        let ended = self.ended.iter().filter(|(known, _)| points_there(known));
        self.found.waits.extend(ended.map(|(_, by)| (step, *by)).filter(|(_, by)| *by != step));
        if self.direction == Direction::Down || touch.kind != TouchKind::Gone {
            return;
        }
        let own = [&self.live, &self.strangers].into_iter().filter_map(|known| known.get(&key.branch)).flatten();
        let refers_from_there = |known: &&Known| {
            let by = matches!(&known.to, ReferenceTo::Polymorphic { by, .. } if *by == touch.columns);
            known.from == touch.columns || by
        };
        let not_ended: Vec<Refusal> =
            own.filter(refers_from_there).map(|known| not_ended(&key, touch, known)).collect();
        self.found.refusals.extend(not_ended);
    }

    fn in_the_way(&self, step: &RevisionKey, touch: &Touch, known: &Known) -> Refusal {
        let since = known.since.as_ref().map(|since| format!(" since {}@{since}", known.branch)).unwrap_or_default();
        let hint = match (self.direction, &known.since) {
            (Direction::Up, _) => match self.ended_later(known) {
                Some(ends) => format!("{ends} ends it: write depends_on = [\"{ends}\"] in the revision.toml of {step}"),
                None => format!(
                    "end it first, with [[end_reference]] in a revision of {} that {step} names in depends_on",
                    known.branch
                ),
            },
            (Direction::Down, Some(since)) => format!(
                "take {0}@{since} down first: `branchline downgrade {0}@{since}-1`; with depends_on = [\"{step}\"] in its \
                 revision.toml, --with-dependents does it",
                known.branch
            ),
            (Direction::Down, None) => format!("end it first, in {}", known.branch),
        };
        let gone = if touch.kind == TouchKind::Gone { "" } else { "; both ends must change together" };
        Refusal {
            kind: RefusalKind::ReferenceInTheWay,
            branch: step.branch.clone(),
            revision: Some(step.id.clone()),
            message: format!(
                "{step} {} ({}:{}), to which {}'s {} refers{since}{gone}",
                touch.what,
                touch.file.display(),
                touch.line,
                known.branch,
                known.from
            ),
            hint: Some(hint),
        }
    }

    /// The revision of the project that would end a reference, and is not applied.
    fn ended_later(&self, known: &Known) -> Option<&RevisionKey> {
        let ends = |index: &&RevisionIndex| {
            let revision = &self.revisions[index.as_usize()];
            !self.applied.contains(**index) && revision.ended_references.iter().any(|ended| ended.from == known.from)
        };
        self.graph.revisions(&known.branch).iter().find(ends).map(|&index| self.graph.key(index))
    }

    /// A reference that begins without its target, and ends within the same plan, does no harm: so a branch whose database is
    /// made anew comes up beside another that has gone on.
    fn finish(mut self) -> Guarded {
        for (known, step, by, touch) in std::mem::take(&mut self.begun_without) {
            let stays = self.live.get(&known.branch).is_some_and(|live| live.iter().any(|one| one.id == known.id));
            if stays {
                self.found.refusals.push(self.target_gone(&known, step, by, &touch));
            }
        }
        self.found
    }

    fn target_gone(&self, known: &Known, step: RevisionIndex, by: RevisionIndex, touch: &Touch) -> Refusal {
        let (step, taker) = (self.graph.key(step), self.graph.key(by));
        let earlier = if self.taken_here.contains(by) { ", earlier in this plan," } else { "" };
        let targets = listed(known.targets());
        Refusal {
            kind: RefusalKind::ReferenceTargetGone,
            branch: step.branch.clone(),
            revision: Some(step.id.clone()),
            message: format!(
                "{step} begins the reference {} to {targets}, but {taker}{earlier} {} ({}:{})",
                known.from,
                touch.what,
                touch.file.display(),
                touch.line
            ),
            hint: Some(format!(
                "let the reference point to what is there now; or end it in a revision of {}, and name that in depends_on of \
                 {taker}",
                known.branch
            )),
        }
    }
}

fn not_ended(step: &RevisionKey, touch: &Touch, known: &Known) -> Refusal {
    Refusal {
        kind: RefusalKind::ReferenceNotEnded,
        branch: step.branch.clone(),
        revision: Some(step.id.clone()),
        message: format!(
            "{step} {} ({}:{}), and the reference of {} to {} goes on",
            touch.what,
            touch.file.display(),
            touch.line,
            known.from,
            listed(known.targets())
        ),
        hint: Some(format!(
            "write an [[end_reference]] for {} into the revision.toml of {step}; where the column has another name then, declare \
             the reference again under it",
            known.from
        )),
    }
}
