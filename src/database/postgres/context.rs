//! Where an error happened in what a statement made the server run: functions, triggers, rules, a line of data.
//!
//! Such an error has no place in the statement itself, or one in a text that the server made; its own words say where it is.

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

/// How much of a text that a function made is shown.
const QUERY_CHARACTERS: usize = 200;

/// The server's lines, the innermost first, behind the text that it stumbled over where they do not quote it.
pub(super) fn of(error: &PgDatabaseError) -> Option<String> {
    let stack = error.r#where().unwrap_or_default().trim();
    let query = match error.position() {
        Some(PgErrorPosition::Internal { query, .. }) if !stack.contains(query) => {
            let shown: String = query.trim().chars().take(QUERY_CHARACTERS).collect();
            format!("in \"{shown}\"\n")
        }
        _ => String::new(),
    };
    let context = format!("{query}{stack}").trim().to_owned();
    (!context.is_empty()).then_some(context)
}

/// The same of an error that came with the COMMIT.
pub(super) fn at_commit(context: Option<String>) -> String {
    let commit =
        "at COMMIT, when what was put off until then was looked at: a deferred constraint, or a deferred trigger";
    context.map_or_else(|| commit.to_owned(), |context| format!("{context}\n{commit}"))
}
