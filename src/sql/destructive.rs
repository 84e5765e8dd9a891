//! Which statements destroy data, told from their tokens alone.
//!
//! Coarse and true: what is named here does destroy data (or the table that holds it) where it finds any. What hides in
//! functions, DO blocks and prepared text is not seen.

use super::ddl::{self, ChangeKind, Ddl};
use super::pattern::{begins, code};
use super::scan::Statement;
use super::token::Code;
use super::verb::Verb;
use super::words::Words;
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
    #[error("deletes rows without a WHERE")]
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
        .any(|found| loss_of(dialect, statement, &found).is_some())
}

/// What a statement destroys. `text` must be the text that it was found in.
pub(super) fn loss_of(dialect: Dialect, text: &str, statement: &Statement) -> Option<Loss> {
    if !may_destroy(statement.verb) {
        return None;
    }
    let codes: Vec<_> = code(dialect, text, statement.range.clone()).collect();
    let words = Words::new(dialect, &codes);
    loss(&words, statement.verb, ddl::read(&words, statement.verb).as_ref())
}

/// What begins otherwise destroys nothing that could be seen.
const fn may_destroy(verb: Verb) -> bool {
    use Verb as V;
    matches!(verb, V::Drop | V::Truncate | V::Create | V::Alter | V::Begin | V::Delete | V::With)
}

/// The same from the statement's code, and what was read of it where it is about a table or an index.
pub(super) fn loss(words: &Words<'_>, verb: Verb, ddl: Option<&Ddl>) -> Option<Loss> {
    let codes = words.rest();
    if let Some((_, loss)) = LOSSES.iter().find(|(pattern, _)| begins(codes, pattern)) {
        return Some(*loss);
    }
    match verb {
        Verb::Alter => dropped_by_alter(ddl?),
        Verb::Drop if begins(codes, "DROP TYPE|DOMAIN|EXTENSION") => {
            codes.last().is_some_and(|last| last.is_word("CASCADE")).then_some(Loss::TypeCascade)
        }
        Verb::Begin => dropped_within_block(codes),
        Verb::Delete | Verb::With => deletes_all_rows(codes).then_some(Loss::AllRows),
        _ => None,
    }
}

/// What a block outside of stored programs (MariaDB) drops or empties.
fn dropped_within_block(codes: &[Code<'_>]) -> Option<Loss> {
    let mut dropping = false;
    for code in codes {
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

fn dropped_by_alter(ddl: &Ddl) -> Option<Loss> {
    let Ddl::AlterTable(alter) = ddl else { return None };
    alter.changes.iter().find_map(|change| match change.kind {
        ChangeKind::DropColumn { .. } => Some(Loss::Column),
        ChangeKind::DropPartition => Some(Loss::Partition),
        _ => None,
    })
}

/// Whether a DELETE, the statement's own or one within WITH, has no WHERE of its own.
fn deletes_all_rows(codes: &[Code<'_>]) -> bool {
    let mut code = codes.iter().peekable();
    let mut depth = 0_usize;
    // The depths at which a DELETE waits for its WHERE.
    let mut waiting: Vec<usize> = Vec::new();
    let mut previous: Option<&Code<'_>> = None;
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
