//! Which statements destroy data, told from their tokens alone.
//!
//! Coarse and true: what is named here does destroy data (or the table that holds it) where it finds any. What hides in
//! functions, DO blocks and prepared text is not seen.

use super::ddl::{ChangeKind, Ddl, ddl};
use super::pattern::{begins, code, leading};
use super::scan::Statement;
use super::token::Code;
use super::verb::Verb;
use crate::dialect::Dialect;

/// What a statement destroys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// DROP TABLE.
    #[error("drops a table")]
    Table,
    /// CREATE OR REPLACE TABLE (MariaDB).
    #[error("replaces a table")]
    ReplacedTable,
    /// DROP DATABASE, and what replaces one.
    #[error("drops a database")]
    Database,
    /// DROP SCHEMA.
    #[error("drops a schema")]
    Schema,
    /// DROP OWNED.
    #[error("drops all that a role owns")]
    Owned,
    /// DROP TYPE, DOMAIN or EXTENSION with CASCADE: columns of the type go with it.
    #[error("drops a type and the columns that have it")]
    TypeCascade,
    /// ALTER TABLE ... DROP COLUMN, ALTER TYPE ... DROP ATTRIBUTE.
    #[error("drops a column")]
    Column,
    /// ALTER TABLE ... DROP, TRUNCATE or DISCARD of partitions or tablespaces (MySQL, MariaDB).
    #[error("drops the rows of a partition")]
    Partition,
    /// TRUNCATE.
    #[error("empties a table")]
    Truncate,
    /// DELETE without WHERE.
    #[error("deletes all rows of a table")]
    AllRows,
}

const LOSSES: &[(&str, Loss)] = &[
    ("DROP TABLE|TABLES", Loss::Table),
    ("DROP DATABASE", Loss::Database),
    ("DROP SCHEMA", Loss::Schema),
    ("DROP OWNED", Loss::Owned),
    ("TRUNCATE", Loss::Truncate),
    ("CREATE OR REPLACE TABLE", Loss::ReplacedTable),
    ("CREATE OR REPLACE DATABASE|SCHEMA", Loss::Database),
    ("ALTER TYPE .. DROP ATTRIBUTE", Loss::Column),
];

/// Whether a statement, given without anything around it, destroys data.
#[must_use]
pub fn is_destructive(dialect: Dialect, statement: &str) -> bool {
    super::scan::Statements::new(dialect, statement)
        .map_while(Result::ok)
        .any(|found| loss(dialect, statement, &found, &leading(dialect, statement, found.range.clone())).is_some())
}

/// What a statement destroys.
pub(super) fn loss(dialect: Dialect, text: &str, statement: &Statement, leading: &[Code<'_>]) -> Option<Loss> {
    if let Some((_, loss)) = LOSSES.iter().find(|(pattern, _)| begins(leading, pattern)) {
        return Some(*loss);
    }
    let code = || code(dialect, text, statement.range.clone());
    match statement.verb {
        Verb::Alter => dropped_by_alter(ddl(dialect, text, statement)),
        Verb::Drop if begins(leading, "DROP TYPE|DOMAIN|EXTENSION") => {
            code().last().is_some_and(|last| last.is_word("CASCADE")).then_some(Loss::TypeCascade)
        }
        Verb::Begin => dropped_within_block(code()),
        Verb::Delete | Verb::With => deletes_all_rows(code()).then_some(Loss::AllRows),
        _ => None,
    }
}

/// What a block outside of stored programs (MariaDB) drops or empties.
fn dropped_within_block<'a>(code: impl Iterator<Item = Code<'a>>) -> Option<Loss> {
    let mut dropping = false;
    for code in code {
        match code {
            _ if code.is_word("TRUNCATE") => return Some(Loss::Truncate),
            _ if dropping && code.is_any_word(&["TABLE", "TABLES"]) => return Some(Loss::Table),
            _ if dropping && code.is_any_word(&["DATABASE", "SCHEMA"]) => return Some(Loss::Database),
            _ if dropping && code.is_word("COLUMN") => return Some(Loss::Column),
            _ => dropping = code.is_word("DROP"),
        }
    }
    None
}

fn dropped_by_alter(ddl: Option<Ddl>) -> Option<Loss> {
    let Some(Ddl::AlterTable(alter)) = ddl else { return None };
    alter.changes.iter().find_map(|change| match change.kind {
        ChangeKind::DropColumn { .. } => Some(Loss::Column),
        ChangeKind::DropPartition => Some(Loss::Partition),
        _ => None,
    })
}

/// Whether a DELETE, the statement's own or one within WITH, has no WHERE of its own.
fn deletes_all_rows<'a>(code: impl Iterator<Item = Code<'a>>) -> bool {
    let mut code = code.peekable();
    let mut depth = 0_usize;
    // The depths at which a DELETE waits for its WHERE.
    let mut waiting: Vec<usize> = Vec::new();
    let mut previous: Option<Code<'a>> = None;
    while let Some(token) = code.next() {
        if token.is_punctuation("(") {
            depth += 1;
        } else if token.is_punctuation(")") {
            if waiting.last() == Some(&depth) {
                return true;
            }
            depth = depth.saturating_sub(1);
        } else if token.is_word("WHERE") && waiting.last() == Some(&depth) {
            waiting.pop();
        } else if token.is_word("DELETE") {
            let first = previous.is_none();
            let nested = previous.is_some_and(|before| before.is_punctuation("(") || before.is_punctuation(")"));
            if first || (nested && code.peek().is_some_and(|next| next.is_word("FROM"))) {
                waiting.push(depth);
            }
        }
        previous = Some(token);
    }
    !waiting.is_empty()
}
