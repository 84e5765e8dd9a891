//! A revision's script as an engine is to run it: found among the files, read, checked and, where it is portable,
//! rendered for one dialect.
//!
//! Everything here is known without a database, so that a script which cannot run is refused before anything is opened.
//! A [`Program`] is what the engines take; it can say of every statement where in the user's files it stands.

mod doubt;
mod error;
mod long;
mod program;
mod reading;

use std::fs;
use std::path::{Path, PathBuf};

use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::revision::{Checksum, Revision, Script, ScriptKind, ScriptText, Way};
use crate::schema;
use crate::sql;

pub use error::{ScriptError, ScriptErrorKind};
pub use long::{LONG_BYTES, LongRun, LongScript, ScriptChanged, ScriptPart, Skim};
pub use program::{Piece, Place, Pointer, Program, ProgramLine, SqlPiece, Steps, What};

/// Reads and prepares a revision's script.
///
/// # Errors
///
/// There is no way on this dialect; the file is missing, not UTF-8, or says something that cannot run.
pub fn load(root: &Path, revision: &Revision, direction: Direction, dialect: Dialect) -> Result<Program, ScriptError> {
    let transaction = revision.transaction && dialect.can().transactional_ddl;
    let (script, reversed) = match revision.way(direction, dialect) {
        Way::Script(script) => (script, false),
        Way::Derived(script) => (script, true),
        Way::Nothing => {
            return Ok(Program {
                file: revision.manifest(),
                checksum: Checksum::of(""),
                transaction,
                destructive: false,
                pieces: Vec::new(),
                steps: None,
            });
        }
        Way::Irreversible(reason) => return Err(ScriptError::irreversible(revision, reason)),
        Way::Missing => return Err(ScriptError::missing(revision, direction, dialect)),
    };
    let compiler = Compiler { revision, file: revision.path_of(script), dialect, transaction };
    let path = root.join(&compiler.file);
    if script.kind() == ScriptKind::Sql && fs::metadata(&path).is_ok_and(|file| file.len() > LONG_BYTES) {
        return compiler.long(path, direction);
    }
    let ScriptText { text, checksum } =
        revision.read(root, script).map_err(|error| ScriptError::unreadable(revision, &error))?;
    let (steps, (pieces, destructive)) = match script.kind() {
        ScriptKind::Sql => (None, compiler.sql(text)?),
        ScriptKind::Portable => (Some(Steps::of(&text)), compiler.portable(&text, !reversed)?),
    };
    let program = Program { file: compiler.file, checksum, transaction, destructive, pieces, steps };
    if program.statement_count() == 0 && script.kind() == ScriptKind::Sql {
        return Err(ScriptError::empty(revision, &program.file, direction));
    }
    Ok(program)
}

/// The checksum of what [`load`] would read; none where there is nothing to read, or it is no text.
#[must_use]
pub fn checksum(root: &Path, revision: &Revision, direction: Direction, dialect: Dialect) -> Option<Checksum> {
    match revision.way(direction, dialect) {
        Way::Script(script) | Way::Derived(script) => revision.checksum(root, script),
        Way::Nothing | Way::Irreversible(_) | Way::Missing => None,
    }
}

/// A script that is not held, for one who may have read enough before its end; none where it is another.
#[must_use]
pub fn skim(root: &Path, revision: &Revision, direction: Direction, dialect: Dialect) -> Option<Skim> {
    let Way::Script(script) = revision.way(direction, dialect) else { return None };
    let path = root.join(revision.path_of(script));
    let is_long = script.kind() == ScriptKind::Sql && fs::metadata(&path).is_ok_and(|file| file.len() > LONG_BYTES);
    is_long.then(|| Skim::open(&path, dialect)).flatten()
}

/// Every step of a portable script that has no way down, where a way down meets only the last of them; nothing where the script
/// cannot be read.
#[must_use]
pub fn irreversible(root: &Path, revision: &Revision, script: &Script, dialect: Dialect) -> Option<Vec<ScriptError>> {
    let text = revision.read(root, script).ok()?.text;
    let file = revision.path_of(script);
    let steps = schema::parse(&file, &text).ok()?.irreversible(dialect);
    Some(steps.into_iter().map(|error| ScriptError::portable(revision, &file, error)).collect())
}

/// Everything in a script of SQL that lets it not run, where a run meets only the first; nothing where it cannot be read, or is
/// too long to be held.
#[must_use]
pub fn refusals(root: &Path, revision: &Revision, script: &Script, dialect: Dialect) -> Vec<ScriptError> {
    let file = revision.path_of(script);
    let is_short = std::fs::metadata(root.join(&file)).is_ok_and(|found| found.len() <= LONG_BYTES);
    if script.kind() != ScriptKind::Sql || !is_short {
        return Vec::new();
    }
    let Ok(ScriptText { text, .. }) = revision.read(root, script) else { return Vec::new() };
    let transaction = revision.transaction && dialect.can().transactional_ddl;
    let refused = sql::scan(dialect, &text).filter_map(|statement| {
        let statement = statement.map_or_else(Err, |found| sql::check_statement(dialect, &text, &found, transaction));
        statement.err().map(|error| ScriptError::sql(revision, &file, &error))
    });
    refused.collect()
}

/// What must be known to prepare a script.
struct Compiler<'a> {
    revision: &'a Revision,
    file: PathBuf,
    dialect: Dialect,
    transaction: bool,
}

impl Compiler<'_> {
    fn sql(&self, mut text: String) -> Result<(Vec<Piece>, bool), ScriptError> {
        let checked = self.check(&text).map_err(|error| ScriptError::sql(self.revision, &self.file, &error))?;
        let destructive = checked.is_destructive();
        for line in checked.client_lines {
            // As many spaces, so that every place behind it stays where it is in the file.
            text.replace_range(line.clone(), &" ".repeat(line.len()));
        }
        let piece = SqlPiece { text, statements: checked.statements, step: None, begins: (1, 1) };
        Ok((vec![Piece::Sql(piece)], destructive))
    }

    /// A script that is not held.
    fn long(self, path: PathBuf, direction: Direction) -> Result<Program, ScriptError> {
        let Self { revision, file, dialect, transaction } = self;
        let (script, destructive, checksum) = LongScript::survey(path, revision, &file, dialect, transaction)?;
        if script.statements == 0 {
            return Err(ScriptError::empty(revision, &file, direction));
        }
        Ok(Program { file, checksum, transaction, destructive, pieces: vec![Piece::Long(script)], steps: None })
    }

    fn portable(&self, text: &str, as_written: bool) -> Result<(Vec<Piece>, bool), ScriptError> {
        let failed = |error| ScriptError::portable(self.revision, &self.file, error);
        let portable = schema::parse(&self.file, text).map_err(failed)?;
        let statements = if as_written { portable.up(self.dialect) } else { portable.down(self.dialect) };
        let mut destructive = portable.is_destructive(as_written);
        let mut pieces = Vec::new();
        for statement in statements.map_err(failed)? {
            pieces.push(match statement {
                schema::Statement::Alter(change) => Piece::Alter(change),
                schema::Statement::Sql { sql: text, line } => {
                    let checked = self
                        .check(&text)
                        .map_err(|error| ScriptError::sql(self.revision, &self.file, &error).at_line(line))?;
                    destructive |= checked.is_destructive();
                    Piece::Sql(SqlPiece { text, statements: checked.statements, step: Some(line), begins: (1, 1) })
                }
            });
        }
        Ok((pieces, destructive))
    }

    fn check(&self, text: &str) -> Result<sql::Checked, sql::ScriptError> {
        sql::check(self.dialect, text, self.transaction)
    }
}
