//! Statements that a script must not hold because of where it runs: inside a transaction that is not its own, in the
//! database of its branch.

use super::error::ScriptErrorKind;
use super::pattern::{begins, code};
use super::scan::Statement;
use super::token::Code;
use super::verb::Verb;
use crate::dialect::Dialect;

/// A way to begin a statement, and what to say of it.
type Rule = (&'static str, &'static str);

const POSTGRES_TRANSACTION: &[Rule] = &[
    ("BEGIN", "BEGIN"),
    ("START TRANSACTION", "START TRANSACTION"),
    ("COMMIT PREPARED", "COMMIT PREPARED"),
    ("COMMIT", "COMMIT"),
    ("END", "END"),
    ("ROLLBACK PREPARED", "ROLLBACK PREPARED"),
    ("ROLLBACK", "ROLLBACK"),
    ("ABORT", "ABORT"),
    ("SAVEPOINT", "SAVEPOINT"),
    ("RELEASE", "RELEASE"),
    ("PREPARE TRANSACTION", "PREPARE TRANSACTION"),
];

const MYSQL_TRANSACTION: &[Rule] = &[
    ("BEGIN", "BEGIN"),
    ("START TRANSACTION", "START TRANSACTION"),
    ("COMMIT", "COMMIT"),
    ("ROLLBACK", "ROLLBACK"),
    ("SAVEPOINT", "SAVEPOINT"),
    ("RELEASE", "RELEASE"),
    ("XA", "XA"),
    // They end the transaction, and between them not even our own state could be written.
    ("LOCK TABLE", "LOCK TABLES"),
    ("LOCK TABLES", "LOCK TABLES"),
    ("UNLOCK TABLE", "UNLOCK TABLES"),
    ("UNLOCK TABLES", "UNLOCK TABLES"),
];

const SQLITE_TRANSACTION: &[Rule] = &[
    ("BEGIN", "BEGIN"),
    ("COMMIT", "COMMIT"),
    ("END", "END"),
    ("ROLLBACK", "ROLLBACK"),
    ("SAVEPOINT", "SAVEPOINT"),
    ("RELEASE", "RELEASE"),
];

const POSTGRES_OUTSIDE: &[Rule] = &[
    ("VACUUM", "VACUUM cannot run"),
    ("CREATE DATABASE", "CREATE DATABASE cannot run"),
    ("DROP DATABASE", "DROP DATABASE cannot run"),
    ("ALTER DATABASE .. SET TABLESPACE", "ALTER DATABASE ... SET TABLESPACE cannot run"),
    ("CREATE TABLESPACE", "CREATE TABLESPACE cannot run"),
    ("DROP TABLESPACE", "DROP TABLESPACE cannot run"),
    ("ALTER SYSTEM", "ALTER SYSTEM cannot run"),
    ("CREATE UNIQUE? INDEX CONCURRENTLY", "CREATE INDEX CONCURRENTLY cannot run"),
    ("DROP INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY cannot run"),
    ("REINDEX .. CONCURRENTLY", "REINDEX CONCURRENTLY cannot run"),
    ("REINDEX () DATABASE|SYSTEM|SCHEMA", "REINDEX of a database or schema cannot run"),
    ("ALTER TABLE .. DETACH PARTITION .. CONCURRENTLY", "DETACH PARTITION ... CONCURRENTLY cannot run"),
    ("CLUSTER () VERBOSE? $", "CLUSTER of all tables cannot run"),
    ("DISCARD ALL", "DISCARD ALL cannot run"),
];

const SQLITE_OUTSIDE: &[Rule] =
    &[("VACUUM", "VACUUM cannot run"), ("ATTACH", "ATTACH has no place"), ("DETACH", "DETACH cannot run")];

const SQLITE_PRAGMAS: &[Rule] = &[
    ("foreign_keys", "PRAGMA foreign_keys does nothing"),
    ("journal_mode", "PRAGMA journal_mode cannot change"),
    ("synchronous", "PRAGMA synchronous cannot change"),
];

/// Why this statement is refused wherever it stands.
pub(super) fn refused(
    dialect: Dialect,
    text: &str,
    statement: &Statement,
    leading: &[Code<'_>],
) -> Option<ScriptErrorKind> {
    let rules = match dialect {
        Dialect::Postgres => POSTGRES_TRANSACTION,
        Dialect::Mysql | Dialect::Mariadb => MYSQL_TRANSACTION,
        Dialect::Sqlite => SQLITE_TRANSACTION,
    };
    let block = dialect == Dialect::Mariadb && begins(leading, "BEGIN NOT ATOMIC");
    if !block && let Some(what) = first_match(rules, leading) {
        return Some(ScriptErrorKind::TransactionControl(what));
    }
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    match statement.verb {
        Verb::Use if mysql => Some(ScriptErrorKind::LeavesDatabase("USE")),
        Verb::Set if mysql && sets_autocommit(dialect, text, statement) => {
            Some(ScriptErrorKind::TransactionControl("SET autocommit"))
        }
        Verb::Copy if statement.data.is_none() && copies_to_stdout(dialect, text, statement) => {
            Some(ScriptErrorKind::CopyToStdout)
        }
        _ => None,
    }
}

/// Why this statement cannot do its work inside a transaction.
pub(super) fn outside_transaction_only(dialect: Dialect, leading: &[Code<'_>]) -> Option<&'static str> {
    match dialect {
        Dialect::Postgres => first_match(POSTGRES_OUTSIDE, leading),
        Dialect::Mysql | Dialect::Mariadb => None,
        Dialect::Sqlite => first_match(SQLITE_OUTSIDE, leading).or_else(|| changed_pragma(leading)),
    }
}

fn first_match(rules: &[Rule], leading: &[Code<'_>]) -> Option<&'static str> {
    rules.iter().find(|(pattern, _)| begins(leading, pattern)).map(|(_, what)| *what)
}

/// `COPY table TO STDOUT`, `COPY (query) TO STDOUT`.
fn copies_to_stdout(dialect: Dialect, text: &str, statement: &Statement) -> bool {
    let mut depth = 0_usize;
    let mut to = false;
    for code in code(dialect, text, statement.range.clone()) {
        match code {
            _ if to => return code.is_word("STDOUT"),
            _ if code.is_punctuation("(") => depth += 1,
            _ if code.is_punctuation(")") => depth = depth.saturating_sub(1),
            _ => to = depth == 0 && code.is_word("TO"),
        }
    }
    false
}

/// `PRAGMA name = value`, `PRAGMA schema.name(value)`; without a value it only asks.
fn changed_pragma(leading: &[Code<'_>]) -> Option<&'static str> {
    let (pragma, mut rest) = leading.split_first()?;
    if !pragma.is_word("PRAGMA") {
        return None;
    }
    if rest.get(1).is_some_and(|dot| dot.is_punctuation(".")) {
        rest = &rest[2..];
    }
    let [name, assign, ..] = rest else { return None };
    if !assign.is_punctuation("=") && !assign.is_punctuation("(") {
        return None;
    }
    SQLITE_PRAGMAS.iter().find(|(pragma, _)| name.is_word(pragma)).map(|(_, what)| *what)
}

/// `SET autocommit = 0`, with its scopes and among others; not the user variable `@autocommit`, not its value.
fn sets_autocommit(dialect: Dialect, text: &str, statement: &Statement) -> bool {
    let mut before = [false; 2];
    let mut named = false;
    for code in code(dialect, text, statement.range.clone()) {
        if named && (code.is_punctuation("=") || code.is_punctuation(":")) {
            return true;
        }
        let user_variable = before == [false, true];
        named = code.is_word("autocommit") && !user_variable;
        before = [before[1], code.is_punctuation("@")];
    }
    false
}
