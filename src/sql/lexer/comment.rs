//! Comments: to the end of the line, in blocks, nested, and those whose inside is code.

use std::ops::Range;

use super::super::error::{Construct, ScriptErrorKind};
use super::super::looked::looked_at;
use super::super::token::TokenKind;
use super::{Failure, Tokens};

/// No server has such a version: what is for it is for clients, such as `/*M!999999\- enable the sandbox mode */`, with which
/// mariadb-dump begins.
const NO_SERVER: u32 = 200_000;

impl Tokens<'_> {
    pub(super) fn begins_line_comment(&self, byte: u8) -> bool {
        match byte {
            b'#' => self.lexicon.hash_comments,
            b'-' if self.byte(self.at + 1) == Some(b'-') => {
                !self.lexicon.dashes_need_space
                    || self.byte(self.at + 2).is_none_or(|next| next <= b' ' || next == 0x7f)
            }
            _ => false,
        }
    }

    pub(super) fn line_end(&self, from: usize) -> usize {
        let ends = |&byte: &u8| byte == b'\n' || (byte == b'\r' && self.lexicon.carriage_return_ends_comment);
        let end = self.text.as_bytes()[from..].iter().position(ends).map_or(self.text.len(), |length| from + length);
        looked_at(end - from);
        end
    }

    pub(super) fn block_comment(&mut self) -> Result<TokenKind, Failure> {
        let start = self.at;
        let lexicon = self.lexicon;
        if let Some(mark) = lexicon.code_comments.iter().find(|mark| self.starts_with(mark)) {
            let digits = self.version_digits(start + mark.len());
            let version = self.text[digits.clone()].parse::<u32>().ok();
            let skipped = version.zip(lexicon.skipped_versions.as_ref()).is_some_and(|(v, range)| range.contains(&v));
            let of_no_server = version.is_some_and(|version| version >= NO_SERVER);
            if of_no_server || (*mark == "/*!" && skipped) {
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
        let (mut depth, mut deepest) = (1, 1);
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
                    deepest = depth.max(deepest);
                }
                _ => at += 1,
            }
        }
        let construct = if deepest > 1 { Construct::NestedComment } else { Construct::Comment };
        Err((start, ScriptErrorKind::Unterminated(construct)))
    }
}
