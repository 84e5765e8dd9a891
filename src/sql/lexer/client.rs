//! What is meant for a database's own client and not for the server: commands that begin with a backslash, the lines that
//! pg_dump writes for psql, and what DELIMITER said that statements end with.

use super::super::error::{Construct, ScriptErrorKind};
use super::super::looked::looked_at;
use super::super::token::TokenKind;
use super::{Failure, Tokens, is_word_byte};

impl<'a> Tokens<'a> {
    /// From here on, statements end with this too.
    pub(in super::super) const fn set_delimiter(&mut self, delimiter: Option<&'a str>) {
        self.delimiter = delimiter;
    }

    /// Goes on at an offset further on, outside of tokens and code comments.
    pub(in super::super) const fn skip_to(&mut self, offset: usize) {
        self.at = offset;
    }

    pub(super) fn delimiter(&mut self) -> Result<TokenKind, Failure> {
        // The client would end the statement here, in the middle of the comment.
        if let Some(began) = self.code_comment {
            return Err((began, ScriptErrorKind::Unterminated(Construct::Comment)));
        }
        self.at += self.delimiter.map_or(0, str::len);
        Ok(TokenKind::Delimiter)
    }

    /// Ends the word or number that was read from `start` on where the delimiter stands in it, and where what is being read
    /// ends: the client looks for a delimiter at every character, such as in `END$$`.
    pub(super) fn end_word(&mut self, start: usize) {
        self.at = self.at.min(self.end);
        let Some(delimiter) = self.delimiter else { return };
        looked_at(self.at - start);
        let text = self.text.as_bytes();
        let found = (start + 1..self.at).find(|&at| text[at..].starts_with(delimiter.as_bytes()));
        self.at = found.unwrap_or(self.at);
    }

    /// Outside of quotes no SQL has a backslash, but for `\N` on MySQL.
    pub(super) fn backslash(&mut self) -> Result<TokenKind, Failure> {
        let rest = &self.text[self.at + 1..];
        let letters = rest.bytes().take(64).take_while(|byte| is_word_byte(*byte) && byte.is_ascii()).count();
        if self.lexicon.backslash_n && rest.starts_with('N') {
            self.at += 2;
            return Ok(TokenKind::Word);
        }
        let length = if letters > 0 { letters } else { rest.chars().next().map_or(0, char::len_utf8) };
        let command = format!("\\{}", rest[..length].trim_end());
        if command != "\\restrict" && command != "\\unrestrict" {
            return Err((self.at, ScriptErrorKind::ClientCommand(command)));
        }
        match self.dump_line(self.at + command.len()) {
            Some(end) => {
                self.at = end;
                Ok(TokenKind::DumpLine)
            }
            None => Err((self.at, ScriptErrorKind::DumpRestriction(command))),
        }
    }

    /// The end of a line that holds nothing but the command, which ends at `end`, and its key.
    fn dump_line(&self, end: usize) -> Option<usize> {
        let (before, on_blank_line) = match self.text[..self.at].rsplit_once('\n') {
            Some((_, before)) => (before, true),
            None => (&self.text[..self.at], self.on_blank_line),
        };
        let line = self.text[end..].split('\n').next().unwrap_or_default();
        looked_at(before.len() + line.len());
        let key = line.trim();
        let alone = on_blank_line && is_blank(before);
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (self.lexicon.dumps && alone && is_key && line.starts_with([' ', '\t'])).then_some(end + line.len())
    }
}

/// Whether it is white space, or a byte order mark.
pub(in super::super) fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character == '\u{feff}' || character.is_ascii_whitespace())
}
