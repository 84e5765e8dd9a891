//! The scanner: text in, tokens out, one byte after the other, by the table of the dialect.
//!
//! It decides where strings, names and comments begin and end, as the engines' own scanners do, and knows nothing of
//! statements. It never copies the text and looks at each byte at most a few times. All its marks are ASCII, so that
//! its ranges lie on character boundaries.

mod client;
mod comment;
mod quoted;

use std::ops::Range;

use super::error::{Construct, ScriptError, ScriptErrorKind};
use super::lexicon::Lexicon;
use super::looked::looked_at;
use super::position::BYTE_ORDER_MARK;
use super::token::{Token, TokenKind};
use crate::dialect::Dialect;

pub(super) use client::is_blank;

/// The tokens of a text, comments included, white space left out.
#[must_use]
pub fn tokens(dialect: Dialect, text: &str) -> Tokens<'_> {
    Tokens::within(dialect, text, 0..text.len())
}

/// An iterator over tokens; it ends after an error.
pub struct Tokens<'a> {
    text: &'a str,
    lexicon: &'static Lexicon,
    at: usize,
    end: usize,
    /// Where the comment began whose inside is being read as code.
    code_comment: Option<usize>,
    /// What ends statements besides `;`.
    delimiter: Option<&'a str>,
    /// Whether the text begins on a line that holds nothing but white space so far.
    on_blank_line: bool,
}

type Failure = (usize, ScriptErrorKind);

impl<'a> Tokens<'a> {
    /// The tokens that begin within a range. The range must begin outside of tokens and code comments; what comes after
    /// it is seen, so that its last token is what it is in the whole text.
    pub(super) fn within(dialect: Dialect, text: &'a str, range: Range<usize>) -> Self {
        Self {
            text,
            lexicon: Lexicon::of(dialect),
            at: range.start,
            end: range.end,
            code_comment: None,
            delimiter: None,
            on_blank_line: true,
        }
    }

    /// The same text as one that goes on where others were read before it.
    pub(super) const fn going_on(mut self, delimiter: Option<&'a str>, on_blank_line: bool) -> Self {
        self.delimiter = delimiter;
        self.on_blank_line = on_blank_line;
        self
    }

    /// Behind the last token, and what ends statements from there on.
    pub(super) const fn position(&self) -> (usize, Option<&'a str>) {
        (self.at, self.delimiter)
    }

    pub(super) const fn in_code_comment(&self) -> bool {
        self.code_comment.is_some()
    }

    /// Ends the iteration.
    pub(super) fn stop(&mut self) {
        self.at = self.text.len();
        self.code_comment = None;
    }

    fn byte(&self, offset: usize) -> Option<u8> {
        looked_at(1);
        self.text.as_bytes().get(offset).copied()
    }

    fn starts_with(&self, mark: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(mark.as_bytes())
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            if is_space(byte) {
                self.at += 1;
            } else if byte == 0xef && self.starts_with("\u{feff}") {
                self.at += BYTE_ORDER_MARK.len_utf8();
            } else {
                return;
            }
        }
    }

    /// Reads the token that begins at `self.at` with `byte`, and moves behind it.
    fn read(&mut self, byte: u8) -> Result<TokenKind, Failure> {
        let start = self.at;
        if self.delimiter.is_some_and(|delimiter| self.starts_with(delimiter)) {
            return self.delimiter();
        }
        if self.code_comment.is_some() && self.starts_with("*/") {
            self.code_comment = None;
            self.at += 2;
            return Ok(TokenKind::CodeCommentEnd);
        }
        if self.begins_line_comment(byte) {
            self.at = self.line_end(start);
            return Ok(TokenKind::Comment);
        }
        match byte {
            b'/' if self.starts_with("/*") => self.block_comment(),
            b'\'' => self.string(self.lexicon.backslash_escapes),
            b'"' => self.double_quoted(),
            b'`' if self.lexicon.backticks => self.quoted_identifier(b'`'),
            b'[' if self.lexicon.brackets => self.bracketed(),
            b'$' if self.lexicon.dollar_quotes => self.dollar(),
            b'\\' => self.backslash(),
            b'0'..=b'9' => Ok(self.number()),
            _ if self.begins_word(byte) => self.word(),
            _ => {
                self.at += 1;
                Ok(TokenKind::Punctuation)
            }
        }
    }

    /// A number, with whatever letters hang on to it: `1`, `1.5e-3`, `0xFF`, MySQL's `1st_table`.
    fn number(&mut self) -> TokenKind {
        let start = self.at;
        let mut word = false;
        let mut previous = 0;
        while let Some(byte) = self.byte(self.at) {
            let goes_on = match byte {
                b'0'..=b'9' => true,
                b'.' => !word && self.byte(self.at + 1) != Some(b'.'),
                b'+' | b'-' => {
                    matches!(previous, b'e' | b'E') && self.byte(self.at + 1).is_some_and(|b| b.is_ascii_digit())
                }
                b'$' => word,
                _ => is_word_byte(byte),
            };
            if !goes_on {
                break;
            }
            word |= is_word_byte(byte) && !matches!(byte, b'0'..=b'9' | b'e' | b'E');
            previous = byte;
            self.at += 1;
        }
        self.end_word(start);
        TokenKind::Number
    }

    const fn begins_word(&self, byte: u8) -> bool {
        is_word_byte(byte) || (byte == b'$' && self.lexicon.dollar_begins_word)
    }

    fn word(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        let length =
            self.text.as_bytes()[start..].iter().take_while(|&&byte| is_word_byte(byte) || byte == b'$').count();
        looked_at(length);
        self.at += length;
        let word = &self.text[start..self.at];
        if self.byte(self.at) != Some(b'\'') || !self.is_string_prefix(word) {
            self.end_word(start);
            return Ok(TokenKind::Word);
        }
        let escapes = self.lexicon.backslash_escapes || (self.lexicon.escape_strings && word.eq_ignore_ascii_case("e"));
        self.string(escapes).map_err(|(_, kind)| (start, kind))
    }

    fn is_string_prefix(&self, word: &str) -> bool {
        (self.lexicon.charset_prefixes && word.starts_with('_'))
            || self.lexicon.string_prefixes.iter().any(|prefix| word.eq_ignore_ascii_case(prefix))
    }
}

impl Iterator for Tokens<'_> {
    type Item = Result<Token, ScriptError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_space();
        let start = self.at;
        let read = match self.byte(start) {
            Some(byte) if start < self.end => self.read(byte),
            _ => match self.code_comment.take() {
                Some(began) if self.end == self.text.len() => {
                    Err((began, ScriptErrorKind::Unterminated(Construct::Comment)))
                }
                _ => return None,
            },
        };
        Some(match read {
            Ok(kind) => Ok(Token { kind, range: start..self.at }),
            Err((offset, kind)) => {
                self.stop();
                Err(ScriptError::at(self.text, offset, kind))
            }
        })
    }
}

/// White space, as the engines have it. SQLite and older PostgreSQL refuse a vertical tab, wherever it is.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// A byte that a name goes on with, besides `$`; all but a digit also begin one. Every character outside ASCII may.
const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
