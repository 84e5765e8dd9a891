//! From tokens to statements: where each begins and ends.
//!
//! A pull iterator, so that a reader of long files can take statements as they come, and begin again behind the last one
//! that it took when more text has arrived.

mod client;
mod part;

use std::ops::Range;

use super::body::Body;
use super::error::{ScriptError, ScriptErrorKind};
use super::lexer::Tokens;
use super::lexicon::Lexicon;
use super::position::Cursor;
use super::token::{Code, Token, TokenKind};
use super::verb::Verb;
use crate::dialect::Dialect;

pub(super) use client::{END_OF_DATA, end_of_data};
pub(super) use part::{Carried, Part};

/// A statement within a script; ranges are byte offsets into the text that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// From its first token to its last, without the `;` and without comments around it.
    pub range: Range<usize>,
    /// The line where it begins, from 1.
    pub line: usize,
    /// The column where it begins, in characters, from 1.
    pub column: usize,
    /// What it begins with.
    pub verb: Verb,
    /// The data of a COPY ... FROM STDIN: the lines between it and the line that ends them.
    pub data: Option<Range<usize>>,
}

impl Statement {
    /// The statement as it is written in `text`, which must be the text it was found in.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.range.clone()).unwrap_or_default()
    }

    /// The offset behind it, its data and the mark that ends them; what ends a statement without data is not counted.
    #[must_use]
    pub fn end(&self) -> usize {
        self.data.as_ref().map_or(self.range.end, |data| data.end + client::END_OF_DATA.len())
    }

    /// The data that goes with it, as it is written in `text`.
    #[must_use]
    pub fn data<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.get(self.data.clone()?)
    }
}

/// An iterator over the statements of a script; it ends after an error.
pub struct Statements<'a> {
    text: &'a str,
    lexicon: &'static Lexicon,
    tokens: Tokens<'a>,
    cursor: Cursor<'a>,
    started: bool,
    client_lines: Vec<Range<usize>>,
    /// The data of COPY is for whoever reads the parts.
    is_part: bool,
    /// More text may follow.
    goes_on: bool,
    /// The last place between statements that stays what it is, whatever follows the text.
    settled: (usize, Option<&'a str>),
}

/// A statement that is being read.
struct Open<'a> {
    range: Range<usize>,
    /// Something other than the brackets of code comments was seen.
    has_code: bool,
    verb: Option<Verb>,
    body: Body<'a>,
    copy: CopyWords,
}

/// How far `FROM STDIN` has come in a COPY.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CopyWords {
    No,
    Depth(usize),
    From,
    FromStdin,
}

impl<'a> Statements<'a> {
    pub(super) fn new(dialect: Dialect, text: &'a str) -> Self {
        Self {
            text,
            lexicon: Lexicon::of(dialect),
            tokens: super::lexer::tokens(dialect, text),
            cursor: Cursor::new(text),
            started: false,
            client_lines: Vec::new(),
            is_part: false,
            goes_on: false,
            settled: (0, None),
        }
    }

    /// The lines so far that are for a client and no server: they are to be left out of what is sent.
    pub(super) fn into_client_lines(self) -> Vec<Range<usize>> {
        self.client_lines
    }

    /// Reads up to the next `;` that ends something, or to the end of the text; `None` when there is nothing left.
    fn read(&mut self) -> Result<Option<Statement>, ScriptError> {
        if !std::mem::replace(&mut self.started, true)
            && let Some(offset) = self.text.find('\0')
        {
            return Err(self.error(offset, ScriptErrorKind::NulCharacter));
        }
        let mut open: Option<Open<'a>> = None;
        loop {
            if open.is_none() {
                self.settle();
            }
            let Some(token) = self.tokens.next().transpose()? else { break };
            if token.kind == TokenKind::Comment {
                continue;
            }
            let code = Code::of(&token, self.text);
            if self.is_for_client(&token, &code, open.as_ref())? {
                open = None;
            } else if self.ends_statement(&code, open.as_ref()) {
                if let Some(open) = open.take()
                    && let Some(statement) = self.end(open, Some(token.range.end))?
                {
                    return Ok(Some(statement));
                }
            } else {
                self.accept(open.get_or_insert_with(|| Open::at(&token, self.lexicon)), &token, code)?;
            }
        }
        open.map_or(Ok(None), |open| self.end(open, None))
    }

    fn ends_statement(&self, code: &Code<'_>, open: Option<&Open<'_>>) -> bool {
        code.kind == TokenKind::Delimiter
            || code.is_punctuation(";")
                && !self.tokens.in_code_comment()
                && open.is_none_or(|open| !open.body.holds_semicolon())
    }

    fn accept(&self, open: &mut Open<'a>, token: &Token, code: Code<'a>) -> Result<(), ScriptError> {
        open.range.end = token.range.end;
        if !token.is_code() {
            return Ok(());
        }
        if !std::mem::replace(&mut open.has_code, true) {
            self.refuse_client_commands(&code)?;
        }
        if open.verb.is_none() {
            open.begin(&code, self.lexicon);
        } else {
            open.copy = open.copy.after(&code);
        }
        open.body.step(code);
        Ok(())
    }

    /// A statement that ends here; `ended` is the offset behind what ended it, unless that was the end of the text.
    fn end(&mut self, open: Open<'_>, ended: Option<usize>) -> Result<Option<Statement>, ScriptError> {
        if let Some((offset, construct)) = open.body.unfinished() {
            return Err(self.error(offset, ScriptErrorKind::Unterminated(construct)));
        }
        if !open.has_code {
            return Ok(None);
        }
        let data = match open.copy {
            CopyWords::FromStdin => Some(self.take_copy_data(open.range.start, ended)?),
            _ => None,
        };
        let verb = open.verb.unwrap_or(Verb::Other);
        self.cursor.advance_to(open.range.start);
        Ok(Some(Statement { range: open.range, line: self.cursor.line, column: self.cursor.column, verb, data }))
    }

    fn error(&self, offset: usize, kind: ScriptErrorKind) -> ScriptError {
        ScriptError::at(self.text, offset, kind)
    }
}

impl<'a> Open<'a> {
    fn at(token: &Token, lexicon: &Lexicon) -> Self {
        Self {
            range: token.range.clone(),
            has_code: false,
            verb: None,
            body: Body::new(lexicon.bodies),
            copy: CopyWords::No,
        }
    }

    /// Takes the verb from the first word; parentheses before it say nothing.
    fn begin(&mut self, first: &Code<'_>, lexicon: &Lexicon) {
        if first.is_punctuation("(") {
            return;
        }
        let verb = if first.kind == TokenKind::Word { Verb::of_word(first.text) } else { Verb::Other };
        if verb == Verb::Copy && lexicon.dumps {
            self.copy = CopyWords::Depth(0);
        }
        self.verb = Some(verb);
    }
}

impl CopyWords {
    fn after(self, code: &Code<'_>) -> Self {
        match self {
            Self::From if code.is_word("STDIN") => Self::FromStdin,
            Self::No | Self::From => Self::No,
            Self::FromStdin => Self::FromStdin,
            Self::Depth(0) if code.is_word("FROM") => Self::From,
            Self::Depth(depth) if code.is_punctuation("(") => Self::Depth(depth + 1),
            Self::Depth(depth) if code.is_punctuation(")") => Self::Depth(depth.saturating_sub(1)),
            Self::Depth(depth) => Self::Depth(depth),
        }
    }
}

impl Iterator for Statements<'_> {
    type Item = Result<Statement, ScriptError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if read.is_err() {
            self.tokens.stop();
        }
        read.transpose()
    }
}
