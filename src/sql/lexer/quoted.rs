//! What stands in quotes: strings with their escapes and continuation, names, dollar quotes.

use super::super::error::{Construct, ScriptErrorKind};
use super::super::looked::looked_at;
use super::super::token::TokenKind;
use super::{Failure, Tokens, is_space, is_word_byte};

impl<'a> Tokens<'a> {
    pub(super) fn string(&mut self, escapes: bool) -> Result<TokenKind, Failure> {
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

    pub(super) fn double_quoted(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        if self.lexicon.double_quoted == TokenKind::QuotedIdentifier {
            return self.quoted_identifier(b'"');
        }
        let end = self.quote_end(start, b'"', self.lexicon.backslash_escapes);
        self.at = end.ok_or((start, ScriptErrorKind::Unterminated(Construct::String)))?;
        Ok(TokenKind::String)
    }

    pub(super) fn quoted_identifier(&mut self, quote: u8) -> Result<TokenKind, Failure> {
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

    pub(super) fn bracketed(&mut self) -> Result<TokenKind, Failure> {
        let length = self.text[self.at..].find(']');
        looked_at(length.unwrap_or(self.text.len() - self.at));
        self.at += length.ok_or((self.at, ScriptErrorKind::Unterminated(Construct::QuotedIdentifier)))? + 1;
        Ok(TokenKind::QuotedIdentifier)
    }

    pub(super) fn dollar(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        let Some(mark) = self.dollar_mark() else {
            self.at += 1;
            return Ok(TokenKind::Punctuation);
        };
        let inside = start + mark.len();
        let length = self.text[inside..].find(mark);
        looked_at(length.unwrap_or(self.text.len() - inside));
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
}
