//! What several revisions of a branch do to the same name, and what stands between them: who made it, and who took it away.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::graph::{Graph, RevisionIndex, RevisionSet};
use crate::sql::{Action, Effect, ObjectKind, ObjectName};

use super::branch::BranchScripts;

/// Kinds of which there can be one of a name. Functions may differ in their arguments.
const KINDS: [ObjectKind; 7] = [
    ObjectKind::Table,
    ObjectKind::View,
    ObjectKind::Column,
    ObjectKind::Index,
    ObjectKind::Type,
    ObjectKind::Sequence,
    ObjectKind::Schema,
];

/// A thing: what it is, the table that it belongs to, and its name.
pub type Thing<'a> = (ObjectKind, Option<&'a ObjectName>, ObjectName);

/// What a revision does to a thing.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// The revision.
    pub by: RevisionIndex,
    /// The line of its script.
    pub line: usize,
    /// What it does.
    pub effect: &'a Effect,
}

/// All that the ways up of a branch do to things.
#[derive(Default)]
pub struct Acts<'a> {
    /// Who makes each, lenient or not.
    pub made: BTreeMap<Thing<'a>, Vec<Act<'a>>>,
    /// Who drops each, or gives it another name.
    pub gone: BTreeMap<Thing<'a>, Vec<Act<'a>>>,
}

impl<'a> Acts<'a> {
    /// Nothing where a script says itself where names are looked for.
    pub fn of(scripts: &'a BranchScripts<'_>) -> Self {
        let mut acts = Self::default();
        if scripts.ups().any(|(_, up)| up.reading.effects.moves_names) {
            return acts;
        }
        for (by, up) in scripts.ups() {
            for (line, effect) in &up.reading.effects.known {
                let act = Act { by, line: *line, effect };
                let thing = |name: ObjectName| (effect.kind, effect.table.as_ref(), name);
                if !KINDS.contains(&effect.kind) {
                    continue;
                }
                match effect.action {
                    Action::Creates => acts.made.entry(thing(effect.name.clone())).or_default().push(act),
                    Action::Drops => acts.gone.entry(thing(effect.name.clone())).or_default().push(act),
                    Action::Renames => {
                        acts.gone.entry(thing(effect.name.clone())).or_default().push(act);
                        if let Some(to) = effect.to.clone() {
                            let to = ObjectName { schema: effect.name.schema.clone(), name: to };
                            acts.made.entry(thing(to)).or_default().push(act);
                        }
                    }
                    _ => {}
                }
            }
        }
        acts
    }

    /// Who takes a thing away, by its own name or with its table.
    pub fn takers(&self, thing: &Thing<'a>) -> impl Iterator<Item = RevisionIndex> + '_ {
        let table = thing.1.map(|table| (ObjectKind::Table, None, table.clone()));
        let of_table = table.and_then(|table| self.gone.get(&table));
        // An index may be dropped without a word of its table.
        let alone = (thing.0 == ObjectKind::Index).then(|| (thing.0, None, thing.2.clone()));
        let alone = alone.and_then(|alone| self.gone.get(&alone));
        self.gone.get(thing).into_iter().chain(of_table).chain(alone).flatten().map(|act| act.by)
    }
}

/// What each revision comes after, found once.
pub struct Before<'g> {
    graph: &'g Graph,
    known: RefCell<HashMap<RevisionIndex, Rc<RevisionSet>>>,
}

impl<'g> Before<'g> {
    pub fn of(graph: &'g Graph) -> Self {
        Self { graph, known: RefCell::default() }
    }

    /// All that a revision comes after.
    fn all(&self, revision: RevisionIndex) -> Rc<RevisionSet> {
        if let Some(known) = self.known.borrow().get(&revision) {
            return Rc::clone(known);
        }
        let mut seen = RevisionSet::new();
        let mut waiting = vec![revision];
        while let Some(index) = waiting.pop() {
            let needs = self.graph.parents(index).chain(self.graph.dependencies(index));
            waiting.extend(needs.filter(|&next| seen.insert(next)));
        }
        let seen = Rc::new(seen);
        self.known.borrow_mut().insert(revision, Rc::clone(&seen));
        seen
    }
}

/// Two revisions, and all that each of them comes after.
pub struct Pair {
    one: RevisionIndex,
    other: RevisionIndex,
    before_one: Rc<RevisionSet>,
    before_other: Rc<RevisionSet>,
}

impl Pair {
    pub fn of(before: &Before<'_>, one: RevisionIndex, other: RevisionIndex) -> Self {
        Self { one, other, before_one: before.all(one), before_other: before.all(other) }
    }

    /// Whether nothing says which of them comes first.
    pub fn are_on_two_lines(&self) -> bool {
        self.one != self.other && !self.before_one.contains(self.other) && !self.before_other.contains(self.one)
    }

    /// Whether a revision comes before both of them, in whatever order they are applied.
    pub fn come_after(&self, revision: RevisionIndex) -> bool {
        self.before_one.contains(revision) && self.before_other.contains(revision)
    }

    /// Whether a revision comes after both of them.
    pub fn come_before(&self, before: &Before<'_>, revision: RevisionIndex) -> bool {
        let before = before.all(revision);
        before.contains(self.one) && before.contains(self.other)
    }

    /// Whether it belongs to the line of one of them, and not to the other's.
    pub fn divides(&self, revision: RevisionIndex) -> bool {
        let of = |own: RevisionIndex, before: &RevisionSet| own == revision || before.contains(revision);
        of(self.one, &self.before_one) != of(self.other, &self.before_other)
    }
}
