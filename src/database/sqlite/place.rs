//! Where in a statement SQLite's errors point.
//!
//! It knows the byte, and the driver does not pass it on; what is left is the word that the message quotes. Where that word
//! stands several times, SQLite itself is asked which one it was: it reads from left to right, so that a beginning of the
//! statement gives the same error as soon as the word is in it. What is still not certain gets no place: a wrong one would
//! be worse than none.

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

use crate::dialect::Dialect;
use crate::script::Pointer;
use crate::sql;

use super::Sqlite;

/// What these words are, SQLite decides from those behind them: a text that ends with one tells nothing.
const LOOKING_AHEAD: [&str; 3] = ["WINDOW", "OVER", "FILTER"];

/// What stands before and behind a name in a message.
const NAMING: [(&str, &str); 9] = [
    ("no such column: ", ""),
    ("no such table: ", ""),
    ("no such index: ", ""),
    ("no such function: ", ""),
    ("no such collation sequence: ", ""),
    ("duplicate column name: ", ""),
    ("table ", " already exists"),
    ("index ", " already exists"),
    ("there is already a table named ", ""),
];

impl Sqlite {
    /// What in a statement an error points at. Runs nothing of it, and may be asked inside the transaction that failed.
    pub(super) async fn pointer(&mut self, statement: &str, message: &str) -> Option<Pointer> {
        let offset = if message == "incomplete input" {
            Some(statement.len())
        } else if let Some(word) = stumbled_over(message) {
            self.place_of_word(statement, word, message).await
        } else {
            let offset = sql::only_place_of_word(statement, named(message)?)?;
            self.runs_only_what_it_is_told().await.then_some(offset)
        };
        offset.map(Pointer::Byte)
    }

    async fn place_of_word(&mut self, statement: &str, word: &str, message: &str) -> Option<usize> {
        let places = places(statement, word)?;
        // Behind the statement comes a semicolon that is not part of it.
        let behind = (word == ";").then_some(statement.len());
        let candidates: Vec<usize> = places.into_iter().chain(behind).collect();
        let (&last, earlier) = candidates.split_last()?;
        if !earlier.is_empty() && LOOKING_AHEAD.iter().any(|ahead| word.eq_ignore_ascii_case(ahead)) {
            return None;
        }
        let (mut low, mut high) = (0, earlier.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.fails_with(&statement[..earlier[middle] + word.len()], message).await {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(earlier.get(low).copied().unwrap_or(last))
    }

    /// Whether SQLite says the same of a text, which it only reads.
    async fn fails_with(&mut self, text: &str, message: &str) -> bool {
        let Ok(connection) = self.connection() else { return false };
        let prepared = connection.prepare(AssertSqlSafe(text.to_owned()).into_sql_str()).await;
        matches!(prepared, Err(sqlx::Error::Database(error)) if error.message() == message)
    }

    /// Whether there are neither triggers nor views: what is missing may be missing in one of those.
    async fn runs_only_what_it_is_told(&mut self) -> bool {
        let schemas = "(SELECT type FROM sqlite_master UNION ALL SELECT type FROM sqlite_temp_master)";
        let found = self.rows(&format!("SELECT 1 FROM {schemas} WHERE type IN ('trigger', 'view') LIMIT 1")).await;
        found.is_ok_and(|rows| rows.is_empty())
    }
}

/// The token at which the text was no SQL any more.
fn stumbled_over(message: &str) -> Option<&str> {
    let syntax = message.strip_prefix("near \"").and_then(|rest| rest.strip_suffix("\": syntax error"));
    let token = || message.strip_prefix("unrecognized token: \"")?.strip_suffix('"');
    syntax.or_else(token).filter(|word| !word.is_empty())
}

/// The name that an error is about.
fn named(message: &str) -> Option<&str> {
    if let Some((_, column)) = message.strip_prefix("table ").and_then(|rest| rest.split_once(" has no column named "))
    {
        return Some(column);
    }
    NAMING.iter().find_map(|(before, behind)| message.strip_prefix(before)?.strip_suffix(behind))
}

/// Where a word stands in a text as code.
fn places(text: &str, word: &str) -> Option<Vec<usize>> {
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for token in sql::tokens(Dialect::Sqlite, text) {
        let token = token.ok()?;
        if token.is_code() {
            starts.push(token.range.start);
            ends.push(token.range.end);
        }
    }
    let whole =
        |start: &usize| starts.binary_search(start).is_ok() && ends.binary_search(&(start + word.len())).is_ok();
    Some(text.match_indices(word).map(|(start, _)| start).filter(whole).collect())
}

#[cfg(test)]
mod tests {
    use super::{named, places, stumbled_over};

    #[test]
    fn what_messages_quote() {
        assert_eq!(stumbled_over("near \"\"x\"\": syntax error"), Some("\"x\""));
        assert_eq!(stumbled_over("unrecognized token: \"#\""), Some("#"));
        assert_eq!(stumbled_over("fts5: syntax error near \"x\""), None);
        assert_eq!(named("table a b has no column named c"), Some("c"));
        assert_eq!(named("table a already exists"), Some("a"));
        assert_eq!(named("no such column: t.x"), Some("t.x"));
        assert_eq!(named("no way"), None);
    }

    #[test]
    fn words_are_found_as_code() {
        assert_eq!(places("id 'id' -- id\n id2 \"id\" id", "id"), Some(vec![0, 24]));
        assert_eq!(places("a || b | c", "||"), Some(vec![2]));
        assert_eq!(places("'", "a"), None);
    }
}
