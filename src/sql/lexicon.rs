//! The lexical table a dialect: everything in which the engines' own scanners differ, and nothing else.
//!
//! It describes the engines as they come: `standard_conforming_strings = on` on PostgreSQL, neither `ANSI_QUOTES` nor
//! `NO_BACKSLASH_ESCAPES` on MySQL and MariaDB.

use std::ops::RangeInclusive;

use super::token::TokenKind;
use crate::dialect::Dialect;

/// How a dialect is written, token by token.
pub(super) struct Lexicon {
    /// `/* /* */ */` is one comment.
    pub nested_comments: bool,
    /// Comments that begin so are code.
    pub code_comments: &'static [&'static str],
    /// ... unless a version in this range follows: MariaDB leaves out what is for newer MySQL only.
    pub skipped_versions: Option<RangeInclusive<u32>>,
    /// `# comment`
    pub hash_comments: bool,
    /// `--` is a comment only before white space or at the end.
    pub dashes_need_space: bool,
    /// A carriage return alone ends a line comment.
    pub carriage_return_ends_comment: bool,
    /// A backslash escapes in every string.
    pub backslash_escapes: bool,
    /// ... and in `E'...'`.
    pub escape_strings: bool,
    /// `'a'`, a line end, `'b'` is one string.
    pub strings_continue: bool,
    /// What `"..."` is.
    pub double_quoted: TokenKind,
    /// `` `...` `` is a name.
    pub backticks: bool,
    /// `[...]` is a name.
    pub brackets: bool,
    /// `$tag$...$tag$` is a string.
    pub dollar_quotes: bool,
    /// A name may begin with `$`.
    pub dollar_begins_word: bool,
    /// Words that, directly before a quote, belong to the string. Lower case.
    pub string_prefixes: &'static [&'static str],
    /// `_utf8mb4'...'`
    pub charset_prefixes: bool,
    /// `\N` is NULL.
    pub backslash_n: bool,
    /// A dot where a statement should begin is a command of the shell.
    pub dot_commands: bool,
    /// DELIMITER where a statement should begin says what the next ones end with.
    pub delimiter_command: bool,
    /// `\restrict` and `\unrestrict` lines are what pg_dump writes; COPY ... FROM STDIN brings its data.
    pub dumps: bool,
    /// Which statements hold others.
    pub bodies: Bodies,
}

/// Which statements hold others, with their semicolons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bodies {
    /// Functions with `BEGIN ATOMIC ... END`, and rules.
    Postgres,
    /// Stored programs.
    Mysql,
    /// Stored programs, and the same blocks outside them.
    Mariadb,
    /// Triggers.
    Sqlite,
}

static POSTGRES: Lexicon = Lexicon {
    nested_comments: true,
    code_comments: &[],
    skipped_versions: None,
    hash_comments: false,
    dashes_need_space: false,
    carriage_return_ends_comment: true,
    backslash_escapes: false,
    escape_strings: true,
    strings_continue: true,
    double_quoted: TokenKind::QuotedIdentifier,
    backticks: false,
    brackets: false,
    dollar_quotes: true,
    dollar_begins_word: false,
    string_prefixes: &["e", "b", "x", "n"],
    charset_prefixes: false,
    backslash_n: false,
    dot_commands: false,
    delimiter_command: false,
    dumps: true,
    bodies: Bodies::Postgres,
};

static MYSQL: Lexicon = Lexicon {
    nested_comments: false,
    code_comments: &["/*!"],
    skipped_versions: None,
    hash_comments: true,
    dashes_need_space: true,
    carriage_return_ends_comment: false,
    backslash_escapes: true,
    escape_strings: false,
    strings_continue: false,
    double_quoted: TokenKind::String,
    backticks: true,
    brackets: false,
    dollar_quotes: false,
    dollar_begins_word: true,
    string_prefixes: &["b", "x", "n"],
    charset_prefixes: true,
    backslash_n: true,
    dot_commands: false,
    delimiter_command: true,
    dumps: false,
    bodies: Bodies::Mysql,
};

static MARIADB: Lexicon = Lexicon {
    code_comments: &["/*!", "/*M!"],
    skipped_versions: Some(50_700..=99_999),
    bodies: Bodies::Mariadb,
    ..MYSQL
};

static SQLITE: Lexicon = Lexicon {
    nested_comments: false,
    code_comments: &[],
    skipped_versions: None,
    hash_comments: false,
    dashes_need_space: false,
    carriage_return_ends_comment: false,
    backslash_escapes: false,
    escape_strings: false,
    strings_continue: false,
    double_quoted: TokenKind::QuotedIdentifier,
    backticks: true,
    brackets: true,
    dollar_quotes: false,
    dollar_begins_word: false,
    string_prefixes: &["x"],
    charset_prefixes: false,
    backslash_n: false,
    dot_commands: true,
    delimiter_command: false,
    dumps: false,
    bodies: Bodies::Sqlite,
};

impl Lexicon {
    pub(super) const fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Postgres => &POSTGRES,
            Dialect::Mysql => &MYSQL,
            Dialect::Mariadb => &MARIADB,
            Dialect::Sqlite => &SQLITE,
        }
    }
}
