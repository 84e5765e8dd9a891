//! From tokens to statements: where each begins and ends.
//!
//! A pull iterator, so that a reader of long files can take statements as they come, and begin again behind the last one
//! that it took when more text has arrived.

use std::ops::Range;

use super::body::Body;
use super::error::{ScriptError, ScriptErrorKind};
use super::lexer::Tokens;
use super::lexicon::Lexicon;
use super::position::Cursor;
use super::token::{Code, Token, TokenKind};
use super::verb::Verb;
use crate::dialect::Dialect;

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
}

impl Statement {
    /// The statement as it is written in `text`, which must be the text it was found in.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.range.clone()).unwrap_or_default()
    }
}

/// An iterator over the statements of a script; it ends after an error.
pub struct Statements<'a> {
    text: &'a str,
    lexicon: &'static Lexicon,
    tokens: Tokens<'a>,
    cursor: Cursor<'a>,
    started: bool,
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
}

impl<'a> Statements<'a> {
    pub(super) fn new(dialect: Dialect, text: &'a str) -> Self {
        Self {
            text,
            lexicon: Lexicon::of(dialect),
            tokens: super::lexer::tokens(dialect, text),
            cursor: Cursor::new(text),
            started: false,
        }
    }

    /// Reads up to the next `;` that ends something, or to the end of the text; `None` when there is nothing left.
    fn read(&mut self) -> Result<Option<Statement>, ScriptError> {
        if !std::mem::replace(&mut self.started, true)
            && let Some(offset) = self.text.find('\0')
        {
            return Err(self.error(offset, ScriptErrorKind::NulCharacter));
        }
        let mut open: Option<Open<'a>> = None;
        while let Some(token) = self.tokens.next().transpose()? {
            if token.kind == TokenKind::Comment {
                continue;
            }
            let code = Code::of(&token, self.text);
            if self.ends_statement(&code, open.as_ref()) {
                match open.take().and_then(|open| self.finish(open)) {
                    Some(statement) => return Ok(Some(statement)),
                    None => continue,
                }
            }
            self.accept(open.get_or_insert_with(|| Open::at(&token, self.lexicon)), &token, code)?;
        }
        let Some(open) = open else { return Ok(None) };
        if let Some((offset, construct)) = open.body.unfinished() {
            return Err(self.error(offset, ScriptErrorKind::Unterminated(construct)));
        }
        Ok(self.finish(open))
    }

    fn ends_statement(&self, code: &Code<'_>, open: Option<&Open<'_>>) -> bool {
        code.is_punctuation(";")
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
        } else if open.copies_from_stdin(&code) {
            return Err(self.error(open.range.start, ScriptErrorKind::CopyFromStdin));
        }
        open.body.step(code);
        Ok(())
    }

    /// Commands of clients that stand where a statement begins and do not end with a semicolon.
    fn refuse_client_commands(&self, first: &Code<'_>) -> Result<(), ScriptError> {
        if first.is_word("DELIMITER") {
            return Err(self.error(first.start, ScriptErrorKind::Delimiter));
        }
        if first.is_punctuation(".") && self.lexicon.dot_commands {
            let word = self.text[first.start..].split_whitespace().next().unwrap_or(".");
            return Err(self.error(first.start, ScriptErrorKind::DotCommand(word.chars().take(32).collect())));
        }
        Ok(())
    }

    fn finish(&mut self, open: Open<'_>) -> Option<Statement> {
        if !open.has_code {
            return None;
        }
        let verb = open.verb.unwrap_or(Verb::Other);
        self.cursor.advance_to(open.range.start);
        Some(Statement { range: open.range, line: self.cursor.line, column: self.cursor.column, verb })
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
        if verb == Verb::Copy && lexicon.dollar_quotes {
            self.copy = CopyWords::Depth(0);
        }
        self.verb = Some(verb);
    }

    fn copies_from_stdin(&mut self, code: &Code<'_>) -> bool {
        self.copy = match self.copy {
            CopyWords::No => CopyWords::No,
            CopyWords::From if code.is_word("STDIN") => return true,
            CopyWords::From => CopyWords::No,
            CopyWords::Depth(0) if code.is_word("FROM") => CopyWords::From,
            CopyWords::Depth(depth) if code.is_punctuation("(") => CopyWords::Depth(depth + 1),
            CopyWords::Depth(depth) if code.is_punctuation(")") => CopyWords::Depth(depth.saturating_sub(1)),
            CopyWords::Depth(depth) => CopyWords::Depth(depth),
        };
        false
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
