//! What a statement keeps in its session, or asks it for: all that is gone with the session, and that nobody can give back by
//! running the statement again, since it would find something else.

use super::pattern::{begins, code, leading};
use super::token::Code;
use super::words::Words;
use crate::dialect::Dialect;

/// What a session says of the rows that it wrote last, in words that nothing else goes by.
const fn last_rows(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Mysql | Dialect::Mariadb => &["LAST_INSERT_ID", "ROW_COUNT", "FOUND_ROWS"],
        Dialect::Postgres => &["LASTVAL"],
        Dialect::Sqlite => &["LAST_INSERT_ROWID"],
    }
}

/// The same as variables of the server: `@@identity`.
const LAST_ROWS_OF_SERVER: &[&str] = &["IDENTITY", "LAST_INSERT_ID", "INSERT_ID"];

/// Whether a statement asks its session for what an earlier one has done in it: `LAST_INSERT_ID()`.
#[must_use]
pub fn asks_session(dialect: Dialect, statement: &str) -> bool {
    let codes: Vec<_> = code(dialect, statement, 0..statement.len()).collect();
    let is_call = |pair: &[Code<'_>]| pair[0].is_any_word(last_rows(dialect)) && pair[1].is_punctuation("(");
    let is_variable = |of: &[Code<'_>]| {
        of[0].is_punctuation("@") && of[1].is_punctuation("@") && of[2].is_any_word(LAST_ROWS_OF_SERVER)
    };
    codes.windows(2).any(is_call) || codes.windows(3).any(is_variable)
}

/// Whether a statement gives variables of its session what it finds: `SET @id = LAST_INSERT_ID()`, `SELECT max(id) INTO @id`. One
/// that gives what the script itself says may be run again.
#[must_use]
pub fn keeps_what_it_found(dialect: Dialect, statement: &str) -> bool {
    if !matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
        return false;
    }
    let codes: Vec<_> = code(dialect, statement, 0..statement.len()).collect();
    let is_set = codes.first().is_some_and(|first| first.is_word("SET"));
    let finds = codes.iter().any(|code| code.is_punctuation("("));
    variables(&codes).any(|at| {
        let is_assigned = codes.get(at + 2).is_some_and(|next| next.is_punctuation(":"));
        let is_target = at > 0 && codes[at - 1].is_word("INTO");
        is_target || if is_set { finds } else { is_assigned }
    })
}

/// Whether a statement gives values to variables of its session, and to nothing else.
#[must_use]
pub fn sets_variables(dialect: Dialect, statement: &str) -> bool {
    if !matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
        return false;
    }
    let is_set = leading(dialect, statement, 0..statement.len()).first().is_some_and(|first| first.is_word("SET"));
    let codes: Vec<_> = code(dialect, statement, 0..statement.len()).skip(1).collect();
    is_set && Words::new(dialect, &codes).items().iter().all(|item| variables(item.rest()).next() == Some(0))
}

/// Whether a statement makes something that lasts as long as its session.
#[must_use]
pub fn is_temporary(dialect: Dialect, statement: &str) -> bool {
    let leading = leading(dialect, statement, 0..statement.len());
    begins(&leading, "CREATE OR? REPLACE? GLOBAL|LOCAL? TEMP|TEMPORARY")
}

/// Where a variable of the session begins: `@name`, which is no `@@name`.
fn variables<'c>(codes: &'c [Code<'_>]) -> impl Iterator<Item = usize> + 'c {
    let is_at = |at: usize| codes.get(at).is_some_and(|code| code.is_punctuation("@"));
    (0..codes.len()).filter(move |&at| is_at(at) && !is_at(at + 1) && (at == 0 || !is_at(at - 1)))
}

#[cfg(test)]
mod tests {
    use super::{asks_session, is_temporary, keeps_what_it_found, sets_variables};
    use crate::dialect::Dialect;

    #[test]
    fn variables_that_hold_what_was_found() {
        for text in [
            "SET @id = LAST_INSERT_ID()",
            "SET @a = 1, @b = (SELECT max(id) FROM t)",
            "SELECT max(id) INTO @id FROM t",
            "SELECT @id := max(id) FROM t",
            "INSERT INTO t VALUES (@n := @n + 1)",
        ] {
            assert!(keeps_what_it_found(Dialect::Mariadb, text), "{text}");
            assert!(!keeps_what_it_found(Dialect::Postgres, text), "{text}");
        }
        for text in [
            "SET @a = 1",
            "SET @old = @@sql_mode",
            "SET sql_mode = concat(@@sql_mode, ',ANSI')",
            "INSERT INTO t VALUES (@id)",
            "CREATE USER 'u'@'h'",
            "SELECT 'INTO @id'",
        ] {
            assert!(!keeps_what_it_found(Dialect::Mysql, text), "{text}");
        }
    }

    #[test]
    fn variables_alone() {
        assert!(sets_variables(Dialect::Mysql, "SET @a = 1, @b = f(1, 2)"));
        for text in ["SET @a = 1, sql_mode = ''", "SET sql_mode = @old", "SET @@sql_mode = ''", "SET NAMES utf8mb4"] {
            assert!(!sets_variables(Dialect::Mysql, text), "{text}");
        }
        assert!(!sets_variables(Dialect::Postgres, "SET a = 1"));
    }

    #[test]
    fn what_is_temporary() {
        assert!(is_temporary(Dialect::Mysql, "CREATE OR REPLACE TEMPORARY TABLE t (a int)"));
        assert!(is_temporary(Dialect::Postgres, "create local temp table t (a int)"));
        assert!(!is_temporary(Dialect::Sqlite, "CREATE TABLE temp (a)"));
    }

    #[test]
    fn what_is_asked_of_the_session() {
        assert!(asks_session(Dialect::Mysql, "INSERT INTO t VALUES (last_insert_id())"));
        assert!(asks_session(Dialect::Mysql, "INSERT INTO t VALUES (@@identity)"));
        assert!(asks_session(Dialect::Postgres, "INSERT INTO t VALUES (lastval())"));
        assert!(asks_session(Dialect::Sqlite, "INSERT INTO t VALUES (last_insert_rowid())"));
        assert!(!asks_session(Dialect::Mysql, "INSERT INTO t VALUES ('LAST_INSERT_ID()')"));
    }
}
