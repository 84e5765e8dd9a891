//! A script as the rules see it: its statements, and which tables are new where each of them runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::dialect::{Capabilities, Dialect};
use crate::direction::Direction;
use crate::names::RevisionKey;
use crate::sql::{Action, Ddl, ObjectKind, ObjectName, ReadStatement, ScriptReading};

use super::code::Code;
use super::finding::Found;

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
    made: BTreeMap<&'a ObjectName, usize>,
    /// The tables of the branch that earlier steps of the same run make.
    made_before: &'a BTreeSet<ObjectName>,
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
        for (place, statement) in read.reading.statements.iter().enumerate() {
            for effect in &statement.reading.effects.known {
                if effect.action == Action::Creates && effect.kind == ObjectKind::Table {
                    made.entry(&effect.name).or_insert(place);
                }
            }
        }
        Self { revision, direction, dialect, read, made, made_before }
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

    /// The tables that it makes.
    pub fn makes(&self) -> impl Iterator<Item = &'a ObjectName> + '_ {
        self.made.keys().copied()
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

    /// Whether a table is new here: made by an earlier statement of the script, or by an earlier step of the run. Nobody uses
    /// it yet, and there is little in it.
    #[must_use]
    pub fn is_new(&self, table: &ObjectName) -> bool {
        self.script.made.get(table).is_some_and(|made| *made < self.place) || self.script.made_before.contains(table)
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
}

/// A finding at one of the offsets of a statement's reading.
#[must_use]
pub fn found_at(statement: &ReadStatement, offset: usize, code: Code, message: impl Into<String>) -> Found {
    let (line, column) = statement.place(offset);
    let lines = statement.line..=statement.last_line;
    Found { code, line, column, lines, message: message.into(), hint: None }
}
