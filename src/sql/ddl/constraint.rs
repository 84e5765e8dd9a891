//! Keys, checks and foreign keys of a table.

use super::super::effect::ObjectName;
use super::super::words::Words;
use super::columns;

/// A constraint that stands by itself in CREATE TABLE or behind ADD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Where it begins.
    pub offset: usize,
    /// What it asks for.
    pub kind: ConstraintKind,
    /// The columns that it names.
    pub columns: Vec<String>,
    /// NOT VALID, NOT ENFORCED: rows that are there already are not looked at.
    pub not_valid: bool,
    /// USING INDEX: it takes an index that is there.
    pub using_index: bool,
}

/// What a constraint asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    /// PRIMARY KEY.
    PrimaryKey,
    /// UNIQUE.
    Unique,
    /// FOREIGN KEY.
    ForeignKey(Option<ForeignTarget>),
    /// CHECK, with its code.
    Check(Vec<String>),
    /// EXCLUDE.
    Exclude,
    /// NOT NULL, as a constraint of the table.
    NotNull,
}

/// Where a foreign key points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTarget {
    /// The table.
    pub table: ObjectName,
    /// Where its name stands.
    pub offset: usize,
    /// The columns in it; empty where the primary key is meant.
    pub columns: Vec<String>,
}

impl ForeignTarget {
    /// Takes what stands behind REFERENCES, up to the columns.
    pub(super) fn read(words: &mut Words<'_>) -> Option<Self> {
        let offset = words.peek()?.start;
        let table = words.name()?;
        let columns = words.group().map(|group| columns(&group)).unwrap_or_default();
        Some(Self { table, offset, columns })
    }
}

impl Constraint {
    /// Takes a constraint to its end; the name, and the word CONSTRAINT before it, were taken.
    pub(super) fn read(words: &mut Words<'_>, name: Option<String>) -> Option<Self> {
        let offset = words.peek()?.start;
        let mut columns = Vec::new();
        let kind = if words.take("PRIMARY KEY") {
            ConstraintKind::PrimaryKey
        } else if words.take("FOREIGN KEY") {
            ConstraintKind::ForeignKey(None)
        } else if words.take("CHECK") {
            let check = words.group()?;
            ConstraintKind::Check(check.rest().iter().map(|code| code.text.to_owned()).collect())
        } else if words.take("EXCLUDE") {
            ConstraintKind::Exclude
        } else if words.take("NOT NULL") {
            columns.extend(words.part());
            ConstraintKind::NotNull
        } else if words.take("UNIQUE") {
            ConstraintKind::Unique
        } else {
            return None;
        };
        let mut read = Self { name, offset, kind, columns, not_valid: false, using_index: false };
        read.read_rest(words);
        Some(read)
    }

    fn read_rest(&mut self, words: &mut Words<'_>) {
        let takes_columns = !matches!(self.kind, ConstraintKind::Check(_) | ConstraintKind::NotNull);
        while !words.is_at_end() {
            if words.take_any(&["NOT VALID", "NOT ENFORCED"]) {
                self.not_valid = true;
            } else if words.take("USING INDEX") && !words.take("TABLESPACE") {
                self.using_index = true;
            } else if words.take("REFERENCES") {
                self.kind = ConstraintKind::ForeignKey(ForeignTarget::read(words));
            } else if takes_columns
                && self.columns.is_empty()
                && let Some(group) = words.group()
            {
                self.columns = columns(&group);
            } else if words.group().is_none() {
                words.next();
            }
        }
    }
}
