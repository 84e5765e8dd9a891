//! A script of which only a part is at hand: what of it is certain, and what is carried to the next part.

use super::super::error::{ScriptError, ScriptErrorKind};
use super::super::lexer::tokens;
use super::super::position::Cursor;
use super::client::LONGEST_DELIMITER;
use super::{Statement, Statements};
use crate::dialect::Dialect;

/// How far the scanner looks past what it has just read, at most: a delimiter may begin in the middle of a word.
const LOOKAHEAD: usize = LONGEST_DELIMITER;

/// What is known of a script where a part of it begins.
#[derive(Debug, Clone)]
pub(in super::super) struct Carried {
    pub line: usize,
    pub column: usize,
    /// Nothing but white space stands before it on its line.
    pub on_blank_line: bool,
    /// What DELIMITER said, before it.
    pub delimiter: Option<String>,
}

/// What was found in a part.
#[derive(Debug)]
pub(in super::super) struct Part {
    /// Whole ones, and certain.
    pub statements: Vec<Statement>,
    /// Lines that are for a client and no server.
    pub client_lines: Vec<std::ops::Range<usize>>,
    /// Up to here the part is done with.
    pub end: usize,
    /// What statements end with from there on.
    pub delimiter: Option<String>,
    /// What is wrong behind that, where it is certain.
    pub error: Option<ScriptError>,
}

impl<'a> Statements<'a> {
    /// The statements of a part, which ends with the script unless it `goes_on`.
    fn within_script(dialect: Dialect, text: &'a str, carried: &'a Carried, goes_on: bool) -> Self {
        let delimiter = carried.delimiter.as_deref();
        Self {
            tokens: tokens(dialect, text).going_on(delimiter, carried.on_blank_line),
            cursor: Cursor::going_on(text, (carried.line, carried.column)),
            // Whoever reads the script looks for NUL characters.
            started: true,
            is_part: true,
            goes_on,
            settled: (0, delimiter),
            ..Self::new(dialect, text)
        }
    }

    /// Notes that everything up to here is done with, if that is certain.
    pub(super) fn settle(&mut self) -> bool {
        let position = self.tokens.position();
        let certain = !self.goes_on || position.0 + LOOKAHEAD <= self.text.len();
        if certain && !self.tokens.in_code_comment() {
            self.settled = position;
        }
        certain
    }

    /// Whether more text could not change an error: it is not one of what has no end, and the line is there as a whole.
    fn is_certain(&self, error: &ScriptError) -> bool {
        let line_ends = || self.text[error.offset..].bytes().skip(1).any(|byte| byte == b'\n');
        let open = matches!(error.kind, ScriptErrorKind::Unterminated(_));
        !self.goes_on || !open && error.offset + LOOKAHEAD <= self.text.len() && line_ends()
    }
}

impl Part {
    /// Reads whole statements until there is enough of them, or no more that are certain. A COPY with data comes alone; the part
    /// is done with where its data begins, which is not read.
    pub(in super::super) fn read(
        dialect: Dialect,
        text: &str,
        carried: &Carried,
        goes_on: bool,
        enough: usize,
    ) -> Self {
        let mut scan = Statements::within_script(dialect, text, carried, goes_on);
        let mut statements: Vec<Statement> = Vec::new();
        let mut error = None;
        while scan.settled.0 < enough {
            match scan.next() {
                Some(Ok(statement)) => {
                    let brings_data = statement.data.is_some();
                    if (brings_data && !statements.is_empty()) || !scan.settle() {
                        break;
                    }
                    statements.push(statement);
                    if brings_data {
                        break;
                    }
                }
                Some(Err(found)) => {
                    error = Some(found).filter(|found| scan.is_certain(found));
                    break;
                }
                None if goes_on => break,
                None => {
                    scan.settled.0 = text.len();
                    break;
                }
            }
        }
        let (end, delimiter) = scan.settled;
        let mut client_lines = scan.into_client_lines();
        client_lines.retain(|line| line.end <= end);
        Self { statements, client_lines, end, delimiter: delimiter.map(str::to_owned), error }
    }
}
