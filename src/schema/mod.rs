//! Portable operations: reading `up.toml`, checking it, saying it in a dialect, and deriving the way down.
//!
//! Pure: it reads text and gives SQL. What cannot be written without the table as the database holds it (SQLite's
//! rebuilds, MySQL's MODIFY COLUMN) comes out as a [`TableChange`]; the engine reads the definition, hands it to
//! [`complete_sqlite`] or [`complete_mysql`], and runs what comes back. So that which the file does not know of a table
//! (collations, comments, checks, triggers) is kept.
//!
//! The contract is docs/operations.md.

mod capability;
mod change;
mod definition;
mod error;
mod mysql_modify;
mod name;
mod operation;
mod place;
mod raw;
mod read;
mod render;
mod resolve;
mod reverse;
mod sqlite_rebuild;
mod types;
mod value;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use change::{Change, ColumnEdit, NewValue, TableChange};
pub use error::{Error, Problem};
pub use mysql_modify::complete_mysql;
pub use name::{ColumnPath, TableName};
pub use operation::{ConstraintKind, Position};
pub use sqlite_rebuild::{ColumnInfo, TableDefinition, complete_sqlite};

use operation::Operation;
use render::{Context, Piece};
use value::PerDialect;

use crate::dialect::Dialect;

/// A portable script: ordered steps.
#[derive(Debug, Clone, PartialEq)]
pub struct PortableScript {
    file: PathBuf,
    /// The file's text, to point at what is wrong in it.
    text: Box<str>,
    steps: Vec<Step>,
}

/// One `[[step]]`.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    /// Its place among the steps.
    index: usize,
    line: usize,
    key: &'static str,
    operation: Operation,
    down: Option<PerDialect>,
    dialects: Option<Vec<Dialect>>,
}

/// What the engine is to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// SQL to send as it stands: one statement, or for a raw step what the step says, which may be several.
    Sql {
        /// The text.
        sql: String,
        /// The line of the step that it comes from.
        line: usize,
    },
    /// A change that cannot be written without the table's definition as the database holds it.
    Alter(TableChange),
}

impl Statement {
    /// The line of the step that it comes from.
    #[must_use]
    pub const fn line(&self) -> usize {
        match self {
            Self::Sql { line, .. } => *line,
            Self::Alter(change) => change.line,
        }
    }
}

/// Reads a portable script.
///
/// # Errors
///
/// What is wrong with it: not TOML, an unknown key, a step that makes no sense; with file, line and column.
pub fn parse(file: &Path, text: &str) -> Result<PortableScript, Error> {
    read::read(file, text)
}

impl PortableScript {
    /// What the script does in a dialect.
    ///
    /// # Errors
    ///
    /// The first step that the dialect cannot do.
    pub fn up(&self, dialect: Dialect) -> Result<Vec<Statement>, Error> {
        let mut context = self.context(dialect);
        let mut statements = Vec::new();
        for step in self.steps.iter().filter(|step| step.runs_on(dialect)) {
            let pieces = step.up(&context).map_err(|problem| self.error(step, problem))?;
            context.pass(&step.operation);
            push(&mut statements, pieces, step.line, dialect);
        }
        Ok(statements)
    }

    /// What takes the script back in a dialect: every step's own way down, in reverse order.
    ///
    /// # Errors
    ///
    /// The first step, from the end, that has no way down, or whose way down the dialect cannot go.
    pub fn down(&self, dialect: Dialect) -> Result<Vec<Statement>, Error> {
        let context = self.context(dialect);
        let mut statements = Vec::new();
        for step in self.steps.iter().rev().filter(|step| step.runs_on(dialect)) {
            let pieces = step.down(&context).map_err(|problem| self.error(step, problem))?;
            push(&mut statements, pieces, step.line, dialect);
        }
        Ok(statements)
    }

    /// Everything that can be known to be wrong without a database: what a dialect lacks, on the way up and, where there is
    /// one, on the way down.
    #[must_use]
    pub fn check(&self, dialects: &[Dialect]) -> Vec<Error> {
        let mut errors: Vec<Error> = Vec::new();
        for dialect in dialects {
            let context = self.context(*dialect);
            for step in self.steps.iter().filter(|step| step.runs_on(*dialect)) {
                let up = step.up(&context).err();
                let down = step.down(&context).err().filter(|problem| !matches!(problem, Problem::Irreversible { .. }));
                for problem in [up, down].into_iter().flatten() {
                    let error = self.error(step, problem);
                    if !errors.contains(&error) {
                        errors.push(error);
                    }
                }
            }
        }
        errors.sort_by_key(|error| error.location().and_then(|location| location.line));
        errors
    }

    /// Every step that has no way down, among those that run on the dialect.
    #[must_use]
    pub fn irreversible(&self, dialect: Dialect) -> Vec<Error> {
        let steps = self.steps.iter().filter(|step| step.down.is_none() && step.runs_on(dialect));
        steps
            .filter_map(|step| {
                let problem = reverse::reverse(&step.operation, step.key).err()?;
                Some(self.error(step, problem))
            })
            .collect()
    }

    /// Whether it drops a table or a column, or its own SQL destroys data, on any dialect.
    #[must_use]
    pub fn is_destructive(&self, direction_up: bool) -> bool {
        self.steps.iter().any(|step| match (direction_up, &step.down) {
            (true, _) => drops(&step.operation),
            (false, Some(down)) => destroys(down),
            (false, None) => reverse::reverse(&step.operation, step.key).is_ok_and(|back| drops(&back)),
        })
    }

    fn error(&self, step: &Step, problem: Problem) -> Error {
        let begin = |step: &Step| line_begin(&self.text, step.line);
        let (from, to) = (begin(step), self.steps.get(step.index + 1).map_or(self.text.len(), begin));
        // Its own lines are enough to read, and a script may have thousands of steps that are to be pointed at.
        let own = self.text.get(from..to).filter(|own| own.starts_with("[["));
        let said = problem.to_string();
        let offset = match own {
            Some(own) => place::of(own, 0, step.key, &said).map(|offset| from + offset),
            None => place::of(&self.text, step.index, step.key, &said),
        };
        problem.at(&self.file, &self.text, offset)
    }

    fn context(&self, dialect: Dialect) -> Context {
        Context::new(dialect, self.steps.iter().map(|step| &step.operation))
    }
}

impl Step {
    fn runs_on(&self, dialect: Dialect) -> bool {
        self.dialects.as_ref().is_none_or(|dialects| dialects.contains(&dialect))
    }

    fn up(&self, context: &Context) -> Result<Vec<Piece>, Problem> {
        render::operation(&self.operation, context)
    }

    fn down(&self, context: &Context) -> Result<Vec<Piece>, Problem> {
        if let Some(down) = &self.down {
            let text = down.require(context.dialect, "down")?;
            return Ok(if text.trim().is_empty() { Vec::new() } else { vec![Piece::Sql(text.to_owned())] });
        }
        render::operation(&reverse::reverse(&self.operation, self.key)?, context)
    }
}

/// Where a line, counted from 1, begins.
fn line_begin(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum()
}

fn drops(operation: &Operation) -> bool {
    match operation {
        Operation::DropTable { .. } | Operation::DropColumn { .. } => true,
        Operation::Sql(text) => destroys(text),
        _ => false,
    }
}

fn destroys(text: &PerDialect) -> bool {
    Dialect::ALL
        .into_iter()
        .any(|dialect| text.get(dialect).is_some_and(|text| crate::sql::is_destructive(dialect, text)))
}

/// Neighbouring changes of one SQLite table become one rebuild, unless a later one reads what an earlier one makes.
fn push(statements: &mut Vec<Statement>, pieces: Vec<Piece>, line: usize, dialect: Dialect) {
    for piece in pieces {
        match piece {
            Piece::Sql(sql) => statements.push(Statement::Sql { sql, line }),
            Piece::Alter(table, change) => {
                let new = TableChange { table, changes: vec![change], line, dialect };
                match statements.last_mut() {
                    Some(Statement::Alter(last))
                        if dialect == Dialect::Sqlite
                            && last.table == new.table
                            && !new.reads_rows()
                            && !new.touches_what_is_added(last) =>
                    {
                        last.changes.extend(new.changes);
                    }
                    _ => statements.push(Statement::Alter(new)),
                }
            }
        }
    }
}
