//! A script as the engines are to run it: its statements, or the first reason why it cannot be.

use std::ops::Range;

use super::destructive::{Loss, loss_of};
use super::error::{ScriptError, ScriptErrorKind};
use super::pattern::leading;
use super::refuse::{outside_transaction_only, refused};
use super::scan::{Statement, Statements};
use crate::dialect::Dialect;

/// A script that was found fit to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it does, in order; empty if it holds no statement.
    pub statements: Vec<Statement>,
    /// The statements that destroy data.
    pub destructive: Vec<Destructive>,
    /// Lines that are for a client and no server: they are to be left out of what is sent.
    pub client_lines: Vec<Range<usize>>,
}

/// A statement that destroys data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destructive {
    /// Its index in [`Checked::statements`].
    pub statement: usize,
    /// The line where it begins, from 1.
    pub line: usize,
    /// What it destroys.
    pub loss: Loss,
}

impl Checked {
    /// Whether any of it destroys data.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        !self.destructive.is_empty()
    }
}

/// Checks a script that is to run inside one transaction, or (`transaction = false`) statement by statement.
///
/// # Errors
///
/// What [`statements`](super::statements) finds, statements that control the transaction or leave the branch's database,
/// and with `transaction` those that do not work inside one.
pub fn check(dialect: Dialect, text: &str, transaction: bool) -> Result<Checked, ScriptError> {
    let mut checked = Checked { statements: Vec::new(), destructive: Vec::new(), client_lines: Vec::new() };
    let mut statements = Statements::new(dialect, text);
    for statement in &mut statements {
        let statement = statement?;
        check_statement(dialect, text, &statement, transaction)?;
        if let Some(loss) = loss_of(dialect, text, &statement) {
            checked.destructive.push(Destructive { statement: checked.statements.len(), line: statement.line, loss });
        }
        checked.statements.push(statement);
    }
    checked.client_lines = statements.into_client_lines();
    Ok(checked)
}

/// The same for one statement of a script. `text` must be the text that it was found in.
///
/// # Errors
///
/// As [`check`].
pub fn check_statement(
    dialect: Dialect,
    text: &str,
    statement: &Statement,
    transaction: bool,
) -> Result<(), ScriptError> {
    let refuse =
        |kind| ScriptError { line: statement.line, column: statement.column, offset: statement.range.start, kind };
    let leading = leading(dialect, text, statement.range.clone());
    if let Some(kind) = refused(dialect, text, statement, &leading) {
        return Err(refuse(kind));
    }
    match outside_transaction_only(dialect, &leading).filter(|_| transaction) {
        Some(what) => Err(refuse(ScriptErrorKind::OutsideTransactionOnly(what))),
        None => Ok(()),
    }
}
