//! What a way up changes and a way down does not change back, told from what both say of names.
//!
//! Both are followed one after the other, and each name that was there before, or was not, is held against whether it is
//! there afterwards. Of a name that either way is lenient about (IF EXISTS, OR REPLACE) nobody knows how it was; where
//! something may go with something else, nothing is said of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Action, ChangeKind, Ddl, Effect, ObjectKind, ReadStatement, ScriptReading, TableItem};

/// A thing: its kind, the table that it belongs to, and its name, in small letters and without schemas.
type Thing = (ObjectKind, Option<String>, String);

/// What is not as it was.
#[derive(Debug, Default)]
pub struct Rest<'a> {
    /// What the way up made and is still there, with its line.
    pub left: Vec<(usize, &'a Effect)>,
    /// What the way up took away and is not there, with its line.
    pub lost: Vec<(usize, &'a Effect)>,
}

/// A name as it was and as it is.
struct Known<'a> {
    was_there: bool,
    is_there: bool,
    /// What was done to it first.
    line: usize,
    effect: &'a Effect,
}

#[derive(Default)]
struct Follower<'a> {
    known: BTreeMap<Thing, Known<'a>>,
    /// Names of which nothing is said.
    unsure: BTreeSet<Thing>,
    /// The schema, or the table of an index, under which a name was met.
    met: BTreeMap<Thing, Option<String>>,
    /// The tables that go with a table.
    parts: BTreeMap<String, Vec<String>>,
    /// Tables of which some constraint or index may have gone with something else.
    shaken: BTreeSet<String>,
    sequences_are_owned: bool,
    is_down: bool,
}

/// What is left of the way up when the way down has followed it; nothing where either does more than can be told.
pub fn rest<'a>(up: &'a ScriptReading, down: &'a ScriptReading) -> Rest<'a> {
    let is_clear = |of: &ScriptReading| of.effects.unknown.is_empty() && !of.effects.moves_names;
    if !is_clear(up) || !is_clear(down) {
        return Rest::default();
    }
    let mut follower = Follower::default();
    for (reading, is_down) in [(up, false), (down, true)] {
        follower.is_down = is_down;
        for statement in &reading.statements {
            follower.look(statement);
            for effect in &statement.reading.effects.known {
                follower.follow(statement.line, effect);
            }
        }
    }
    follower.rest()
}

impl<'a> Follower<'a> {
    /// What only the statement itself tells.
    fn look(&mut self, statement: &ReadStatement) {
        self.sequences_are_owned |= statement.text.to_uppercase().contains("OWNED");
        match &statement.reading.ddl {
            Some(Ddl::CreateTable(create)) => {
                if let Some(parent) = &create.partition_of {
                    let part = create.name.name.to_lowercase();
                    self.parts.entry(parent.name.to_lowercase()).or_default().push(part);
                }
            }
            Some(Ddl::AlterTable(alter)) => {
                let shakes = |kind: &ChangeKind| match kind {
                    // The indexes and constraints of a column go with it.
                    ChangeKind::DropColumn { .. } | ChangeKind::DropPrimaryKey => true,
                    // The index goes with the constraint.
                    ChangeKind::Add(TableItem::Constraint(constraint), _) => constraint.using_index,
                    _ => false,
                };
                if alter.changes.iter().any(|change| shakes(&change.kind)) {
                    self.shaken.insert(alter.name.name.to_lowercase());
                }
            }
            _ => {}
        }
    }

    fn follow(&mut self, line: usize, effect: &'a Effect) {
        let thing = thing(effect);
        match effect.action {
            Action::Creates => self.set(thing, true, line, effect),
            Action::Drops => {
                self.drop_members(&thing);
                // MySQL drops what a unique constraint is by its index, and PostgreSQL the index with its constraint.
                if matches!(effect.kind, ObjectKind::Index | ObjectKind::Constraint) {
                    self.drop_namesakes(&thing);
                }
                self.set(thing, false, line, effect);
            }
            Action::Renames => {
                let Some(to) = effect.to.as_ref().map(|to| to.to_lowercase()) else { return };
                let renamed = (thing.0, thing.1.clone(), to.clone());
                if thing.0 == ObjectKind::Table {
                    self.move_members(&thing.2, &to, line, effect);
                }
                self.set(thing, false, line, effect);
                self.set(renamed, true, line, effect);
            }
            _ => {}
        }
    }

    fn set(&mut self, thing: Thing, is_there: bool, line: usize, effect: &'a Effect) {
        let under = match effect.kind {
            ObjectKind::Index => effect.table.as_ref().map(|table| table.name.to_lowercase()),
            _ => effect.name.schema.as_ref().map(|schema| schema.to_lowercase()),
        };
        // Two of one name in different places.
        let met = self.met.entry(thing.clone()).or_insert_with(|| under.clone());
        let differs = met.is_some() && under.is_some() && *met != under;
        *met = met.take().or(under);
        if differs {
            self.unsure.insert(thing.clone());
        }
        if let Some(known) = self.known.get_mut(&thing) {
            // Functions may differ in their arguments.
            if effect.kind == ObjectKind::Function && known.is_there != is_there && !self.is_down {
                self.unsure.insert(thing);
            }
            known.is_there = is_there;
            return;
        }
        // What the way down alone is about was as the way up left it, and how that was nobody knows.
        if effect.lenient || self.is_down {
            self.unsure.insert(thing.clone());
        }
        self.known.insert(thing, Known { was_there: !is_there, is_there, line, effect });
    }

    /// What belongs to a table, or a view, goes with it.
    fn drop_members(&mut self, (kind, _, name): &Thing) {
        if !matches!(kind, ObjectKind::Table | ObjectKind::View) {
            return;
        }
        let mut tables = vec![name.clone()];
        while let Some(table) = tables.pop() {
            for (thing, known) in &mut self.known {
                let is_part = thing.0 == ObjectKind::Table && thing.2 == table;
                let of_index = thing.0 == ObjectKind::Index
                    && known.effect.table.as_ref().is_some_and(|of| of.name.eq_ignore_ascii_case(&table));
                if is_part || of_index || thing.1.as_ref() == Some(&table) {
                    known.is_there = false;
                }
            }
            tables.extend(self.parts.remove(&table).unwrap_or_default());
        }
    }

    fn drop_namesakes(&mut self, (_, _, name): &Thing) {
        for (thing, known) in &mut self.known {
            if matches!(thing.0, ObjectKind::Index | ObjectKind::Constraint) && thing.2 == *name {
                known.is_there = false;
            }
        }
    }

    fn move_members(&mut self, from: &str, to: &str, line: usize, effect: &'a Effect) {
        let members: Vec<(Thing, bool)> = self
            .known
            .iter()
            .filter(|(thing, _)| thing.1.as_deref() == Some(from))
            .map(|(thing, known)| (thing.clone(), known.is_there))
            .collect();
        for (thing, is_there) in members {
            let moved = (thing.0, Some(to.to_owned()), thing.2.clone());
            if self.unsure.contains(&thing) {
                self.unsure.insert(moved.clone());
            }
            if let Some(known) = self.known.get_mut(&thing) {
                known.is_there = false;
            }
            match self.known.get_mut(&moved) {
                Some(known) => known.is_there = is_there,
                None => {
                    self.known.insert(moved, Known { was_there: false, is_there, line, effect });
                }
            }
        }
        if self.shaken.contains(from) {
            self.shaken.insert(to.to_owned());
        }
    }

    fn rest(self) -> Rest<'a> {
        let mut rest = Rest::default();
        let goes = |thing: &Thing| {
            let table = |of: &Option<String>| of.as_ref().is_some_and(|of| self.shaken.contains(of));
            match thing.0 {
                ObjectKind::Sequence => self.sequences_are_owned,
                ObjectKind::Constraint => table(&thing.1),
                ObjectKind::Index => self.met.get(thing).is_some_and(table),
                _ => false,
            }
        };
        for (thing, known) in &self.known {
            if known.was_there == known.is_there || self.unsure.contains(thing) || goes(thing) {
                continue;
            }
            let list = if known.is_there { &mut rest.left } else { &mut rest.lost };
            list.push((known.line, known.effect));
        }
        // Of a table that is left, or lost, what belongs to it need not be told.
        for list in [&mut rest.left, &mut rest.lost] {
            let tables: BTreeSet<String> = list
                .iter()
                .filter(|(_, effect)| matches!(effect.kind, ObjectKind::Table | ObjectKind::View))
                .flat_map(|(_, effect)| [Some(effect.name.name.clone()), effect.to.clone()])
                .flatten()
                .collect();
            list.retain(|(_, effect)| effect.table.as_ref().is_none_or(|table| !tables.contains(&table.name)));
            list.sort_by_key(|(line, _)| *line);
            list.dedup();
        }
        // A rename that is not taken back leaves one name and loses another: it is told once.
        rest.lost.retain(|lost| lost.1.action != Action::Renames || !rest.left.contains(lost));
        rest
    }
}

fn thing(effect: &Effect) -> Thing {
    // An index is dropped without a word of its table.
    let table = effect.table.as_ref().filter(|_| effect.kind != ObjectKind::Index);
    (effect.kind, table.map(|table| table.name.to_lowercase()), effect.name.name.to_lowercase())
}
