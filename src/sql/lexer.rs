//! The scanner: text in, tokens out, one byte after the other, by the table of the dialect.
//!
//! It decides where strings, names and comments begin and end, as the engines' own scanners do, and knows nothing of
//! statements. It never copies the text and looks at each byte at most a few times. All its marks are ASCII, so that
//! its ranges lie on character boundaries.

use std::ops::Range;

use super::error::{Construct, ScriptError, ScriptErrorKind};
use super::lexicon::Lexicon;
use super::position::BYTE_ORDER_MARK;
use super::token::{Token, TokenKind};
use crate::dialect::Dialect;

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
}

type Failure = (usize, ScriptErrorKind);

impl<'a> Tokens<'a> {
    /// The tokens that begin within a range. The range must begin outside of tokens and code comments; what comes after
    /// it is seen, so that its last token is what it is in the whole text.
    pub(super) fn within(dialect: Dialect, text: &'a str, range: Range<usize>) -> Self {
        Self { text, lexicon: Lexicon::of(dialect), at: range.start, end: range.end, code_comment: None }
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

    fn begins_line_comment(&self, byte: u8) -> bool {
        match byte {
            b'#' => self.lexicon.hash_comments,
            b'-' if self.byte(self.at + 1) == Some(b'-') => {
                !self.lexicon.dashes_need_space
                    || self.byte(self.at + 2).is_none_or(|next| next <= b' ' || next == 0x7f)
            }
            _ => false,
        }
    }

    fn line_end(&self, from: usize) -> usize {
        let ends = |&byte: &u8| byte == b'\n' || (byte == b'\r' && self.lexicon.carriage_return_ends_comment);
        self.text.as_bytes()[from..].iter().position(ends).map_or(self.text.len(), |length| from + length)
    }

    fn block_comment(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        let lexicon = self.lexicon;
        if let Some(mark) = lexicon.code_comments.iter().find(|mark| self.starts_with(mark)) {
            let digits = self.version_digits(start + mark.len());
            let version = self.text[digits.clone()].parse::<u32>().ok();
            let skipped = version.zip(lexicon.skipped_versions.as_ref()).is_some_and(|(v, range)| range.contains(&v));
            if *mark == "/*!" && skipped {
                return self.plain_comment(2);
            }
            self.at = digits.end;
            self.code_comment.get_or_insert(start);
            return Ok(TokenKind::CodeCommentStart);
        }
        self.plain_comment(if lexicon.nested_comments { usize::MAX } else { 1 })
    }

    /// The version after the mark of a code comment: five or six digits, or none.
    fn version_digits(&self, from: usize) -> Range<usize> {
        let count = self.text.as_bytes()[from..].iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
        from..from + if count < 5 { 0 } else { count }
    }

    /// A comment in which others nest so many levels deep.
    fn plain_comment(&mut self, levels: usize) -> Result<TokenKind, Failure> {
        let start = self.at;
        let mut depth = 1;
        let mut at = start + 2;
        while let Some(byte) = self.byte(at) {
            match (byte, self.byte(at + 1)) {
                (b'*', Some(b'/')) => {
                    at += 2;
                    depth -= 1;
                    if depth == 0 {
                        self.at = at;
                        return Ok(TokenKind::Comment);
                    }
                }
                (b'/', Some(b'*')) if depth < levels => {
                    at += 2;
                    depth += 1;
                }
                _ => at += 1,
            }
        }
        Err((start, ScriptErrorKind::Unterminated(Construct::Comment)))
    }

    fn string(&mut self, escapes: bool) -> Result<TokenKind, Failure> {
        let start = self.at;
        let mut quote = self.at;
        loop {
            let end = self.quote_end(quote, b'\'', escapes);
            let end = end.ok_or((start, ScriptErrorKind::Unterminated(Construct::String)))?;
            match self.continuation(end) {
                Some(next) => quote = next,
                None => {
                    self.at = end;
                    return Ok(TokenKind::String);
                }
            }
        }
    }

    fn double_quoted(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        if self.lexicon.double_quoted == TokenKind::QuotedIdentifier {
            return self.quoted_identifier(b'"');
        }
        let end = self.quote_end(start, b'"', self.lexicon.backslash_escapes);
        self.at = end.ok_or((start, ScriptErrorKind::Unterminated(Construct::String)))?;
        Ok(TokenKind::String)
    }

    fn quoted_identifier(&mut self, quote: u8) -> Result<TokenKind, Failure> {
        let end = self.quote_end(self.at, quote, false);
        self.at = end.ok_or((self.at, ScriptErrorKind::Unterminated(Construct::QuotedIdentifier)))?;
        Ok(TokenKind::QuotedIdentifier)
    }

    /// The offset behind the quote that ends what begins with the quote at `start`; a doubled quote does not end it.
    fn quote_end(&self, start: usize, quote: u8, escapes: bool) -> Option<usize> {
        let mut at = start + 1;
        loop {
            let byte = self.byte(at)?;
            if byte == quote {
                if self.byte(at + 1) != Some(quote) {
                    return Some(at + 1);
                }
                at += 2;
            } else if byte == b'\\' && escapes {
                at += 2;
            } else {
                at += 1;
            }
        }
    }

    /// The quote with which a string goes on after its end: white space and line comments with a line end in between.
    fn continuation(&self, end: usize) -> Option<usize> {
        if !self.lexicon.strings_continue {
            return None;
        }
        let mut at = end;
        let mut new_line = false;
        loop {
            match self.byte(at)? {
                b'\'' if new_line => return Some(at),
                byte if is_space(byte) => {
                    new_line |= byte == b'\n' || byte == b'\r';
                    at += 1;
                }
                b'-' if self.byte(at + 1) == Some(b'-') => at = self.line_end(at),
                _ => return None,
            }
        }
    }

    fn bracketed(&mut self) -> Result<TokenKind, Failure> {
        let length = self.text[self.at..].find(']');
        self.at += length.ok_or((self.at, ScriptErrorKind::Unterminated(Construct::QuotedIdentifier)))? + 1;
        Ok(TokenKind::QuotedIdentifier)
    }

    fn dollar(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        let Some(mark) = self.dollar_mark() else {
            self.at += 1;
            return Ok(TokenKind::Punctuation);
        };
        let inside = start + mark.len();
        let length = self.text[inside..].find(mark);
        let length = length.ok_or((start, ScriptErrorKind::Unterminated(Construct::DollarQuote)))?;
        self.at = inside + length + mark.len();
        Ok(TokenKind::String)
    }

    /// `$tag$`, if that is what stands here.
    fn dollar_mark(&self) -> Option<&'a str> {
        let mut at = self.at + 1;
        if self.byte(at)?.is_ascii_digit() {
            return None;
        }
        while let Some(byte) = self.byte(at) {
            if byte == b'$' {
                return Some(&self.text[self.at..=at]);
            }
            if !is_word_byte(byte) {
                return None;
            }
            at += 1;
        }
        None
    }

    /// Outside of quotes no SQL has a backslash, but for `\N` on MySQL.
    fn backslash(&mut self) -> Result<TokenKind, Failure> {
        let rest = &self.text[self.at + 1..];
        let letters = rest.bytes().take(64).take_while(|byte| is_word_byte(*byte) && byte.is_ascii()).count();
        if self.lexicon.backslash_n && &rest[..letters] == "N" {
            self.at += 2;
            return Ok(TokenKind::Word);
        }
        let length = if letters > 0 { letters } else { rest.chars().next().map_or(0, char::len_utf8) };
        let command = format!("\\{}", rest[..length].trim_end());
        Err((
            self.at,
            match command.as_str() {
                "\\restrict" | "\\unrestrict" => ScriptErrorKind::DumpRestriction(command),
                _ => ScriptErrorKind::ClientCommand(command),
            },
        ))
    }

    /// A number, with whatever letters hang on to it: `1`, `1.5e-3`, `0xFF`, MySQL's `1st_table`.
    fn number(&mut self) -> TokenKind {
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
        TokenKind::Number
    }

    const fn begins_word(&self, byte: u8) -> bool {
        is_word_byte(byte) || (byte == b'$' && self.lexicon.dollar_begins_word)
    }

    fn word(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        let length =
            self.text.as_bytes()[start..].iter().take_while(|&&byte| is_word_byte(byte) || byte == b'$').count();
        self.at += length;
        let word = &self.text[start..self.at];
        if self.byte(self.at) != Some(b'\'') || !self.is_string_prefix(word) {
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

/// White space, as all four engines have it.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// A byte that a name goes on with, besides `$`; all but a digit also begin one. Every character outside ASCII may.
const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
