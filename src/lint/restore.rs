//! What a way up changes and a way down does not change back, told from what both say of names.
//!
//! Both are followed one after the other, and each name that was there before, or was not, is held against whether it is
//! there afterwards. Of a name that either way is lenient about (IF EXISTS, OR REPLACE) nobody knows how it was; where
//! something may go with something else, nothing is said of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Action, ChangeKind, Ddl, Effect, ObjectKind, ReadStatement, ScriptReading, TableItem};

/// A thing: its kind, the table that it belongs to, as [`Follower::table`] knows it, and its name, in small letters and without
/// schemas.
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
    /// What the tables of these names are: a table keeps what belongs to it when it gets another name, and a new one of its old
    /// name has nothing to do with it.
    tables: BTreeMap<String, String>,
    /// How many of these names there were.
    renamings: usize,
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
                    self.shaken.insert(self.table(&alter.name.name));
                }
            }
            _ => {}
        }
    }

    fn follow(&mut self, line: usize, effect: &'a Effect) {
        let thing = self.thing(effect);
        match effect.action {
            Action::Creates => self.set(thing, true, line, effect),
            Action::Drops => {
                if matches!(effect.kind, ObjectKind::Table | ObjectKind::View) {
                    self.drop_members(thing.2.clone());
                }
                // MySQL drops what a unique constraint is by its index, and PostgreSQL the index with its constraint.
                if matches!(effect.kind, ObjectKind::Index | ObjectKind::Constraint) {
                    self.drop_namesakes(&thing);
                }
                self.set(thing, false, line, effect);
            }
            Action::Renames => {
                let Some(to) = effect.to.as_ref().map(|to| to.to_lowercase()) else { return };
                if matches!(effect.kind, ObjectKind::Table | ObjectKind::View) {
                    let table = self.table(&thing.2);
                    self.forget(&thing.2);
                    self.tables.insert(to.clone(), table);
                }
                let renamed = (thing.0, thing.1.clone(), to);
                self.set(thing, false, line, effect);
                self.set(renamed, true, line, effect);
            }
            _ => {}
        }
    }

    /// What the table of this name is.
    fn table(&self, name: &str) -> String {
        let name = name.to_lowercase();
        self.tables.get(&name).cloned().unwrap_or(name)
    }

    /// The next table of this name is another one.
    fn forget(&mut self, name: &str) {
        self.renamings += 1;
        self.tables.insert(name.to_lowercase(), format!("{name}\0{}", self.renamings));
    }

    fn thing(&self, effect: &Effect) -> Thing {
        // An index is dropped without a word of its table.
        let table = effect.table.as_ref().filter(|_| effect.kind != ObjectKind::Index);
        (effect.kind, table.map(|table| self.table(&table.name)), effect.name.name.to_lowercase())
    }

    fn set(&mut self, thing: Thing, is_there: bool, line: usize, effect: &'a Effect) {
        let under = match effect.kind {
            ObjectKind::Index => effect.table.as_ref().map(|table| self.table(&table.name)),
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

    /// What belongs to a table, or a view, goes with it, and so do its partitions.
    fn drop_members(&mut self, name: String) {
        let mut names = vec![name];
        while let Some(name) = names.pop() {
            let table = self.table(&name);
            for (thing, known) in &mut self.known {
                let is_part = thing.0 == ObjectKind::Table && thing.2 == name;
                let of_index = self.met.get(thing).filter(|_| thing.0 == ObjectKind::Index);
                if is_part || thing.1.as_ref() == Some(&table) || of_index == Some(&Some(table.clone())) {
                    known.is_there = false;
                }
            }
            names.extend(self.parts.remove(&name).unwrap_or_default());
            self.forget(&name);
        }
    }

    fn drop_namesakes(&mut self, (_, _, name): &Thing) {
        for (thing, known) in &mut self.known {
            if matches!(thing.0, ObjectKind::Index | ObjectKind::Constraint) && thing.2 == *name {
                known.is_there = false;
            }
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
