//! SQL scripts: where each statement begins and ends, what must not be in them, what destroys data.
//!
//! One linear scanner with a lexical table a dialect. It decides what the engines' own scanners decide (strings, comments,
//! names, bodies) and as little of their grammar as that takes; it never parses, never rewrites and does no I/O. A script
//! is handed to the database as it stands, so that what is found here is only true where it is what the engine sees:
//! where the two could differ, the script is refused, with line and column.
//!
//! ```text
//!     lexicon (a dialect's table) -> lexer -> tokens -> scan, with body and program -> statements
//!                                                          check: refuse, destructive -> Checked
//! ```
//!
//! It describes the engines as they come: `standard_conforming_strings = on`, neither `ANSI_QUOTES`,
//! `NO_BACKSLASH_ESCAPES` nor `sql_mode = ORACLE`.

mod allow;
mod body;
mod check;
mod comments;
mod ddl;
mod destructive;
mod doubt;
mod effect;
mod error;
mod joined;
mod kept;
mod lexer;
mod lexicon;
mod looked;
mod pattern;
mod position;
mod program;
mod reading;
mod refuse;
mod remark;
mod scan;
mod segments;
mod session;
mod token;
mod verb;
mod words;

pub use allow::{Allowances, allowances, allowances_in_toml};
pub use check::{Checked, Destructive, check, check_statement};
pub use comments::{ColumnComment, column_comments};
pub use ddl::{
    AlterTable, Change, ChangeKind, Column, Constraint, ConstraintKind, CreateIndex, CreateTable, DataType, Ddl,
    DefaultValue, DropIndex, ForeignTarget, Generated, IndexItem, TableItem, Volatility, read_column, read_constraint,
    rebuilt_concurrently,
};
pub use destructive::{Loss, is_destructive};
pub use doubt::{Answer, Doubt, Question, Thing, Trace, Traces, Verdict};
pub use effect::{Action, Effect, Effects, ObjectKind, ObjectName, ScriptEffects, effects, moves_names};
pub use error::{Construct, ScriptError, ScriptErrorKind};
pub use joined::{is_all_or_nothing, joins_transaction};
pub use kept::{asks_session, is_temporary, keeps_what_it_found, sets_variables};
pub use lexer::{Tokens, tokens};
pub use position::{byte_offset_of_character, only_place_of_word, without_byte_order_mark};
pub use reading::{Allowance, Keep, ReadStatement, Reading, ScriptReading, read};
pub use remark::{KeepsOut, Remark, sets_session};
pub use scan::{Statement, Statements};
pub use segments::{SEGMENT_BYTES, Segment, SegmentError, Segments};
pub use session::{MARIADB_OF_TRANSACTIONS, MYSQL_OF_TRANSACTIONS, MYSQL_SETTINGS, SQLITE_SWITCHES, is_taken_back};
pub use token::{Token, TokenKind};
pub use verb::Verb;

use crate::dialect::Dialect;

/// The statements of a script, in order. Empty ones are left out.
///
/// # Errors
///
/// Something that does not end, a NUL character, and commands of the databases' own clients.
pub fn statements(dialect: Dialect, text: &str) -> Result<Vec<Statement>, ScriptError> {
    scan(dialect, text).collect()
}

/// The statements of a script as they are found, for those who need not keep them.
#[must_use]
pub fn scan(dialect: Dialect, text: &str) -> Statements<'_> {
    Statements::new(dialect, text)
}

#[cfg(test)]
pub(crate) mod tests;
