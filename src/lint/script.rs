//! A script as the rules see it: its statements, and which tables are new where each of them runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::dialect::{Capabilities, Dialect};
use crate::direction::Direction;
use crate::names::RevisionKey;
use crate::sql::{
    Action, AlterTable, Change, ChangeKind, DataType, Ddl, Effect, ObjectKind, ObjectName, ReadStatement,
    ScriptReading, TableItem,
};

use super::code::Code;
use super::finding::Found;
use super::table::Table;
use super::tables::Tables;

/// A script that was read: what [`Script`] looks at.
#[derive(Debug, Clone)]
pub struct ReadScript {
    /// The file, relative to the project's folder.
    pub file: PathBuf,
    /// Whether it is one transaction.
    pub transaction: bool,
    /// Whether it was derived from the way up.
    pub derived: bool,
    /// What it says.
    pub reading: ScriptReading,
}

/// A script that is looked at.
pub struct Script<'a> {
    /// Whose it is.
    pub revision: &'a RevisionKey,
    /// Which way.
    pub direction: Direction,
    /// For which dialect.
    pub dialect: Dialect,
    /// The script.
    pub read: &'a ReadScript,
    /// The tables that it makes, with the place of the statement.
    made: BTreeMap<ObjectName, usize>,
    /// Those of them that cannot have been there before.
    surely: BTreeMap<ObjectName, usize>,
    /// The tables of the branch that earlier steps of the same run make.
    made_before: &'a BTreeSet<ObjectName>,
    /// What the revisions before it have made, where somebody has read them.
    known: Option<&'a Tables>,
}

/// A statement of a script, for a rule.
#[derive(Clone, Copy)]
pub struct Line<'s, 'a> {
    script: &'s Script<'a>,
    place: usize,
    /// The statement.
    pub statement: &'a ReadStatement,
}

impl<'a> Script<'a> {
    /// `made_before` names the tables of the branch that earlier steps of the same run make.
    #[must_use]
    pub fn new(
        revision: &'a RevisionKey,
        direction: Direction,
        dialect: Dialect,
        read: &'a ReadScript,
        made_before: &'a BTreeSet<ObjectName>,
    ) -> Self {
        let mut made = BTreeMap::new();
        let mut surely = BTreeMap::new();
        let own = |name: &ObjectName| own(dialect, name);
        for (place, statement) in read.reading.statements.iter().enumerate() {
            for effect in &statement.reading.effects.known {
                if effect.action == Action::Creates && matches!(effect.kind, ObjectKind::Table | ObjectKind::View) {
                    made.entry(own(&effect.name)).or_insert(place);
                    // What is made IF NOT EXISTS may have been there, with all that is in it.
                    let anew = match &statement.reading.ddl {
                        Some(Ddl::CreateTable(create)) => create.temporary || create.replaces,
                        _ => false,
                    };
                    if anew || !effect.lenient {
                        surely.entry(own(&effect.name)).or_insert(place);
                    }
                }
                // A table that was made here stays new under another name.
                if effect.action == Action::Renames
                    && effect.kind == ObjectKind::Table
                    && let Some(to) = &effect.to
                {
                    let (from, to) =
                        (own(&effect.name), ObjectName { schema: effect.name.schema.clone(), name: to.clone() });
                    if made.contains_key(&from) || made_before.contains(&from) {
                        made.insert(own(&to), place);
                    }
                    if surely.contains_key(&from) || made_before.contains(&from) {
                        surely.insert(own(&to), place);
                    }
                }
            }
        }
        Self { revision, direction, dialect, read, made, surely, made_before, known: None }
    }

    /// The same for one who knows what the revisions before it have made.
    #[must_use]
    pub fn knowing(self, known: &'a Tables) -> Self {
        Self { known: Some(known), ..self }
    }

    /// What the dialect can do.
    #[must_use]
    pub const fn can(&self) -> Capabilities {
        self.dialect.can()
    }

    /// Its statements, but for those that only write rows which they name.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_, 'a>> {
        let statements: &'a [ReadStatement] = &self.read.reading.statements;
        statements.iter().enumerate().map(|(place, statement)| Line { script: self, place, statement })
    }

    /// The tables that it makes, be it IF NOT EXISTS, under the names that [`own`] gives them.
    pub fn makes(&self) -> impl Iterator<Item = &ObjectName> + '_ {
        self.made.keys()
    }

    /// Those of them that cannot have been there before.
    pub fn surely_makes(&self) -> impl Iterator<Item = &ObjectName> + '_ {
        self.surely.keys()
    }

    /// What ALTER TABLE does to tables that others may use already, action by action.
    pub fn changes(&self) -> impl Iterator<Item = (Line<'_, 'a>, &'a AlterTable, &'a Change)> {
        self.lines().flat_map(|line| {
            let alter = match line.ddl() {
                Some(Ddl::AlterTable(alter)) if !line.is_new(&alter.name) => Some(alter),
                _ => None,
            };
            alter.into_iter().flat_map(move |alter| alter.changes.iter().map(move |change| (line, alter, change)))
        })
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &'a Path {
        &self.read.file
    }
}

impl<'a> Line<'_, 'a> {
    /// What it says of a table or an index.
    #[must_use]
    pub const fn ddl(&self) -> Option<&'a Ddl> {
        self.statement.reading.ddl.as_ref()
    }

    /// Whether a table is new here, or may be: made by an earlier statement of the script, or by an earlier step of the run.
    /// Nobody uses it yet.
    #[must_use]
    pub fn is_new(&self, table: &ObjectName) -> bool {
        let was_there = self.script.known.is_some_and(|known| known.has(table));
        self.is_surely_new(table) || (!was_there && self.is_among(&self.script.made, table))
    }

    /// Whether it is new for certain, so that there is nothing in it that anybody could miss.
    #[must_use]
    pub fn is_surely_new(&self, table: &ObjectName) -> bool {
        self.is_among(&self.script.surely, table)
    }

    fn is_among(&self, made: &BTreeMap<ObjectName, usize>, table: &ObjectName) -> bool {
        let table = own(self.script.dialect, table);
        made.get(&table).is_some_and(|made| *made < self.place) || self.script.made_before.contains(&table)
    }

    /// A finding at the statement's beginning.
    #[must_use]
    pub fn found(&self, code: Code, message: impl Into<String>) -> Found {
        self.found_at(self.statement.start, code, message)
    }

    /// A finding at one of the reading's offsets.
    #[must_use]
    pub fn found_at(&self, offset: usize, code: Code, message: impl Into<String>) -> Found {
        found_at(self.statement, offset, code, message)
    }

    /// The statements before it.
    pub fn earlier(&self) -> &'a [ReadStatement] {
        let statements: &'a [ReadStatement] = &self.script.read.reading.statements;
        &statements[..self.place]
    }

    /// The statements behind it.
    pub fn later(&self) -> &'a [ReadStatement] {
        let statements: &'a [ReadStatement] = &self.script.read.reading.statements;
        &statements[self.place + 1..]
    }

    /// A table as the revisions before this one have left it, where somebody has read them.
    #[must_use]
    pub fn known(&self, table: &ObjectName) -> Option<&'a Table> {
        let (_, found) = self.script.known?.find(table.schema.as_deref(), &table.name)?;
        Some(found)
    }

    /// The type that the script itself, or a revision before it, gave to a column before this statement.
    #[must_use]
    pub fn type_of(&self, table: &ObjectName, column: &str) -> Option<&'a DataType> {
        let known = || {
            let known = self.known(table).filter(|_| !self.is_among(&self.script.made, table))?;
            known.column(column)?.data_type.as_ref()
        };
        self.type_of_script(table, column).or_else(known)
    }

    fn type_of_script(&self, table: &ObjectName, column: &str) -> Option<&'a DataType> {
        self.earlier().iter().rev().find_map(|statement| match &statement.reading.ddl {
            Some(Ddl::AlterTable(alter)) if alter.name == *table => {
                alter.changes.iter().rev().find_map(|change| match &change.kind {
                    ChangeKind::Add(TableItem::Column(added), _) if added.name == column => added.data_type.as_ref(),
                    ChangeKind::Redefine { column: made, .. } if made.name == column => made.data_type.as_ref(),
                    ChangeKind::SetType { column: changed, data_type, .. } if changed == column => Some(data_type),
                    _ => None,
                })
            }
            _ => None,
        })
    }

    /// Whether another table gets the name of one that goes here, before anybody could see that it was gone.
    #[must_use]
    pub fn comes_back_by_name(&self, lost: &Effect) -> bool {
        let unseen = self.script.read.transaction && self.script.can().transactional_ddl;
        let later = self.later().iter().flat_map(|statement| &statement.reading.effects.known);
        unseen
            && later.filter(|effect| effect.action == Action::Renames && effect.kind == ObjectKind::Table).any(
                |effect| {
                    effect.to.as_deref() == Some(lost.name.name.as_str()) && effect.name.schema == lost.name.schema
                },
            )
    }

    /// Whether clients find a table or column of that name again when what this statement took it away from them with is
    /// done: within the statement itself, or, where nobody sees what is between, within the script.
    #[must_use]
    pub fn comes_back(&self, lost: &Effect) -> bool {
        let script = self.script;
        let unseen = script.read.transaction && script.can().transactional_ddl;
        let later = if unseen { self.later() } else { &[] };
        [self.statement].into_iter().chain(later).flat_map(|statement| &statement.reading.effects.known).any(|effect| {
            let named = match effect.action {
                Action::Renames => effect.to.as_deref() == Some(lost.name.name.as_str()),
                Action::Creates => effect.name.name == lost.name.name,
                _ => false,
            };
            let same_place = if lost.kind == ObjectKind::Column {
                effect.kind == ObjectKind::Column && effect.table == lost.table
            } else {
                matches!(effect.kind, ObjectKind::Table | ObjectKind::View) && effect.name.schema == lost.name.schema
            };
            named && same_place
        })
    }
}

/// A finding at one of the offsets of a statement's reading.
#[must_use]
pub fn found_at(statement: &ReadStatement, offset: usize, code: Code, message: impl Into<String>) -> Found {
    let (line, column) = statement.place(offset);
    let lines = statement.line..=statement.last_line;
    Found { code, line, column, lines, message: message.into(), hint: None, about: None }
}

/// A table's name without a schema that says no more than none does.
pub fn own(dialect: Dialect, name: &ObjectName) -> ObjectName {
    let says_nothing =
        |schema: &&String| dialect.can().default_schema.is_some_and(|own| own.eq_ignore_ascii_case(schema));
    let schema = name.schema.as_ref().filter(|schema| !says_nothing(schema)).cloned();
    ObjectName { schema, name: name.name.clone() }
}
