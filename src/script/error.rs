//! Why a script cannot be run as it stands.

use std::path::Path;

use super::long::ScriptChanged;
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::location::Location;
use crate::names::RevisionKey;
use crate::revision::{Revision, RevisionError};
use crate::{schema, sql};

/// A script that cannot be run. Found before any database is touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{location}: {message}")]
pub struct ScriptError {
    /// What kind of trouble it is.
    pub kind: ScriptErrorKind,
    /// The code of the finding that it is for lint.
    pub code: &'static str,
    /// Whose script.
    pub revision: RevisionKey,
    /// Where.
    pub location: Location,
    /// What is wrong.
    pub message: String,
    /// What helps.
    pub hint: Option<String>,
}

/// What kind of trouble a script is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptErrorKind {
    /// There is no such file.
    Missing,
    /// There is no way down.
    Irreversible,
    /// The file cannot be read, or is no text.
    Unreadable,
    /// It says something that cannot run.
    Invalid,
    /// It says nothing.
    Empty,
}

impl ScriptErrorKind {
    /// A stable name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing_script",
            Self::Irreversible => "irreversible",
            Self::Unreadable | Self::Invalid | Self::Empty => "invalid_script",
        }
    }
}

impl ScriptError {
    fn new(kind: ScriptErrorKind, key: &RevisionKey, location: Location, message: impl Into<String>) -> Self {
        Self { kind, code: "invalid_script", revision: key.clone(), location, message: message.into(), hint: None }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn missing(revision: &Revision, direction: Direction, dialect: Dialect) -> Self {
        let message = match direction {
            Direction::Up => format!("{} has no way up for {dialect}", revision.key),
            Direction::Down => format!("{} has no way down for {dialect}", revision.key),
        };
        let kind = if direction == Direction::Up { ScriptErrorKind::Missing } else { ScriptErrorKind::Irreversible };
        Self::new(kind, &revision.key, Location::of_file(&revision.folder), message).with_hint(format!(
            "write {direction}.sql or {direction}.{dialect}.sql there{}",
            if direction == Direction::Down { ", or say `irreversible = \"...\"` in revision.toml" } else { "" }
        ))
    }

    pub(super) fn irreversible(revision: &Revision, reason: &str) -> Self {
        let location = Location::of_file(revision.folder.join("revision.toml"));
        let message = format!("{} cannot be taken back: {reason}", revision.key);
        Self::new(ScriptErrorKind::Irreversible, &revision.key, location, message)
    }

    pub(super) fn unreadable(revision: &Revision, error: &RevisionError) -> Self {
        Self {
            kind: ScriptErrorKind::Unreadable,
            code: "invalid_script",
            revision: revision.key.clone(),
            location: error.location().clone(),
            message: error.problem().to_string(),
            hint: error.hint(),
        }
    }

    pub(super) fn not_read(revision: &Revision, file: &Path, error: &std::io::Error) -> Self {
        let message = format!("cannot be read: {error}");
        Self::new(ScriptErrorKind::Unreadable, &revision.key, Location::of_file(file), message)
    }

    pub(super) fn not_utf8(revision: &Revision, file: &Path, (line, column): (usize, usize), offset: usize) -> Self {
        let location = Location { file: file.to_owned(), line: Some(line), column: Some(column) };
        let message = format!("not UTF-8, at byte {offset}");
        Self::new(ScriptErrorKind::Unreadable, &revision.key, location, message).with_hint("save the file as UTF-8")
    }

    /// The file is no longer what it was when the plan was made.
    pub(crate) fn changed(key: &RevisionKey, file: &Path) -> Self {
        let message = ScriptChanged.to_string();
        Self::new(ScriptErrorKind::Unreadable, key, Location::of_file(file), message)
            .with_hint("it was not run; plan and run again with the script as it stands now".to_owned())
    }

    pub(super) fn sql(revision: &Revision, file: &Path, error: &sql::ScriptError) -> Self {
        let location = Location { file: file.to_owned(), line: Some(error.line), column: Some(error.column) };
        let described = Self::new(ScriptErrorKind::Invalid, &revision.key, location, error.kind.to_string());
        let described = Self { code: error.kind.code(), ..described };
        match error.hint() {
            Some(hint) => described.with_hint(hint),
            None => described,
        }
    }

    /// The same error, where only the line of the `[[step]]` is known.
    pub(super) fn at_line(mut self, line: usize) -> Self {
        self.location.line = Some(line);
        self.location.column = None;
        self
    }

    pub(super) fn portable(revision: &Revision, file: &Path, error: schema::Error) -> Self {
        let location = error.location().cloned().unwrap_or_else(|| Location::of_file(file));
        let message = match &error {
            schema::Error::Toml(error) => error.message.clone(),
            schema::Error::Step { problem, .. } | schema::Error::Table(problem) => problem.to_string(),
        };
        let kind = match &error {
            schema::Error::Step { problem: schema::Problem::Irreversible { .. }, .. } => ScriptErrorKind::Irreversible,
            _ => ScriptErrorKind::Invalid,
        };
        let described = Self::new(kind, &revision.key, location, message);
        match error.hint() {
            Some(hint) => described.with_hint(hint),
            None => described,
        }
    }

    pub(super) fn empty(revision: &Revision, file: &Path, direction: Direction) -> Self {
        let (kind, hint) = match direction {
            Direction::Up => (ScriptErrorKind::Empty, "write at least one statement"),
            Direction::Down => (
                ScriptErrorKind::Irreversible,
                "write the way down, or delete the file and say `irreversible = \"...\"` in revision.toml",
            ),
        };
        let message = "says nothing: there is no statement in it";
        Self::new(kind, &revision.key, Location::of_file(file), message).with_hint(hint)
    }
}
