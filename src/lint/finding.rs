//! Findings: what a rule says, and what becomes of it where the files have a word in it.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::location::Location;
use crate::names::RevisionKey;
use crate::sql::ObjectName;

use super::code::{Code, Severity};

/// What a rule says of a place in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub code: Code,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1, where it is known.
    pub column: Option<usize>,
    /// The lines of the statement or the step: a comment at one of them may allow it.
    pub lines: RangeInclusive<usize>,
    /// What was found, in a sentence.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// The table without which there is nothing wrong: where the database has it all the same, the finding falls.
    pub about: Option<ObjectName>,
}

impl Found {
    /// The same with what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A finding at a line of a file, where there is no statement to point at.
    #[must_use]
    pub fn at_line(line: usize, column: Option<usize>, code: Code, message: impl Into<String>) -> Self {
        Self { code, line, column, lines: line..=line, message: message.into(), hint: None, about: None }
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// Whose script.
    pub revision: RevisionKey,
    /// Where.
    pub location: Location,
    /// The dialects on which it holds.
    pub dialects: Vec<Dialect>,
    /// What was found, in a sentence.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// The table without which there is nothing wrong.
    pub about: Option<ObjectName>,
}

/// What rules found in one file.
#[derive(Debug, Clone)]
pub struct FoundIn {
    /// Whose file.
    pub revision: RevisionKey,
    /// The file.
    pub file: PathBuf,
    /// The dialect that it was read for.
    pub dialect: Dialect,
    /// What was found.
    pub found: Vec<Found>,
}
