//! What stands between statements and is for a client: DELIMITER, pg_dump's lines for psql, the data of COPY. What a script
//! may hold of it is understood and left out; the rest is refused.

use std::ops::Range;

use super::super::error::{Construct, ScriptError, ScriptErrorKind};
use super::super::looked::looked_at;
use super::super::token::{Code, Token, TokenKind};
use super::{Open, Statements};

/// The mysql client cuts off what is longer.
pub(super) const LONGEST_DELIMITER: usize = 15;

/// What ends the data of COPY, on a line of its own.
pub(in super::super) const END_OF_DATA: &str = "\\.";

impl Statements<'_> {
    /// Whether this token, with its line, is none of the server's business. No statement is under way then.
    pub(super) fn is_for_client(
        &mut self,
        token: &Token,
        code: &Code<'_>,
        open: Option<&Open<'_>>,
    ) -> Result<bool, ScriptError> {
        let between = open.is_none_or(|open| !open.has_code);
        if token.kind == TokenKind::DumpLine {
            if !between {
                let command = code.text.split_whitespace().next().unwrap_or_default().to_owned();
                return Err(self.error(code.start, ScriptErrorKind::DumpRestriction(command)));
            }
            self.client_lines.push(token.range.clone());
            return Ok(true);
        }
        if between && self.lexicon.delimiter_command && !self.tokens.in_code_comment() && code.is_word("DELIMITER") {
            self.take_delimiter(token)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Commands of clients that stand where a statement begins and do not end with a semicolon.
    pub(super) fn refuse_client_commands(&self, first: &Code<'_>) -> Result<(), ScriptError> {
        if first.is_word("DELIMITER") {
            return Err(self.error(first.start, ScriptErrorKind::Delimiter));
        }
        if first.is_punctuation(".") && self.lexicon.dot_commands {
            let word = self.text[first.start..].split_whitespace().next().unwrap_or(".");
            return Err(self.error(first.start, ScriptErrorKind::DotCommand(word.chars().take(32).collect())));
        }
        Ok(())
    }

    /// What is in the statement is still divided at `;`, outside of stored programs, as the server divides it.
    fn take_delimiter(&mut self, command: &Token) -> Result<(), ScriptError> {
        let line = self.text[command.range.end..].split('\n').next().unwrap_or_default();
        looked_at(line.len());
        let bad = |why| self.error(command.range.start, ScriptErrorKind::BadDelimiter(why));
        let mut words = line.split_whitespace();
        let delimiter = words.next().ok_or_else(|| bad("says nothing that statements could end with"))?;
        let comment = words.next().is_none_or(|next| ["--", "#", "/*"].iter().any(|mark| next.starts_with(mark)));
        if !line.starts_with([' ', '\t']) || !comment {
            return Err(bad("takes one word, and its line holds nothing else"));
        }
        if delimiter.len() > LONGEST_DELIMITER || delimiter.contains(['\\', '\'', '"', '`']) {
            return Err(bad("takes up to 15 characters, and neither quotes nor backslashes"));
        }
        self.tokens.skip_to(command.range.end + line.len());
        self.tokens.set_delimiter(Some(delimiter).filter(|delimiter| *delimiter != ";"));
        Ok(())
    }

    /// The data of a COPY that began at `copy`: from the line after its `;` to the line that ends it, as psql has it.
    pub(super) fn take_copy_data(&mut self, copy: usize, ended: Option<usize>) -> Result<Range<usize>, ScriptError> {
        // Only where it is needed: a line is counted from the start of the text.
        let unterminated = || self.error(copy, ScriptErrorKind::Unterminated(Construct::CopyData));
        let ended = ended.ok_or_else(unterminated)?;
        let line = self.text[ended..].split('\n').next().unwrap_or_default();
        looked_at(line.len());
        if !line.trim_start().is_empty() && !line.trim_start().starts_with("--") {
            let offset = ended + line.len() - line.trim_start().len();
            return Err(self.error(offset, ScriptErrorKind::BeforeCopyData));
        }
        let start = ended + line.len() + 1;
        if self.is_part {
            // The data itself is for whoever reads on; here it is enough to know that its first line is reached.
            self.text.get(start..).ok_or_else(unterminated)?;
            self.tokens.skip_to(start);
            return Ok(start..start);
        }
        let found = self.text.get(start..).and_then(|text| end_of_data(text, true, true));
        looked_at(found.map_or(self.text.len() - ended, |(_, next)| next));
        let (end, next) = found.ok_or_else(unterminated)?;
        self.tokens.skip_to(start + next);
        Ok(start..start + end)
    }
}

/// Where the line that ends the data begins, and where it ends. `begins_line` says whether the text does, `whole` whether the
/// end of the text is that of its last line.
pub(in super::super) fn end_of_data(text: &str, begins_line: bool, whole: bool) -> Option<(usize, usize)> {
    text.match_indices(END_OF_DATA).find_map(|(at, mark)| {
        let begins_line = if at == 0 { begins_line } else { text.as_bytes()[at - 1] == b'\n' };
        let rest = &text[at + mark.len()..];
        let rest = rest.strip_prefix('\r').unwrap_or(rest);
        let ends_line = if rest.is_empty() { whole } else { rest.starts_with('\n') };
        (begins_line && ends_line).then(|| (at, text.len() - rest.len()))
    })
}
