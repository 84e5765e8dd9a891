//! The pieces of a script: words, names, strings, numbers, punctuation and comments, each with its place.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A keyword or an unquoted name.
    Word,
    /// `"..."`, `` `...` `` or `[...]`, where the dialect has them for names.
    QuotedIdentifier,
    /// A string of any make, its prefix included: `'...'`, `E'...'`, `$$...$$`, MySQL's `"..."`.
    String,
    /// A number.
    Number,
    /// One character of anything else; operators come as several.
    Punctuation,
    /// A line or block comment.
    Comment,
    /// `/*!50003` or `/*M!`: what follows, up to [`TokenKind::CodeCommentEnd`], is code (MySQL, MariaDB).
    CodeCommentStart,
    /// The `*/` of a comment whose inside is code.
    CodeCommentEnd,
    /// A `\restrict` or `\unrestrict` line, with which pg_dump talks to psql alone.
    DumpLine,
    /// What a DELIMITER command said that statements end with, where that is not `;` (MySQL, MariaDB).
    Delimiter,
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Byte offsets into the text that was given.
    pub range: Range<usize>,
}

impl Token {
    /// The token as it is written in `text`, which must be the text it was found in.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether it is this unquoted word, in any case.
    #[must_use]
    pub fn is_word(&self, text: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(text).eq_ignore_ascii_case(word)
    }

    /// Whether the engine reads it as code: anything but comments, the brackets of code comments, and what is the client's.
    #[must_use]
    pub const fn is_code(&self) -> bool {
        !matches!(
            self.kind,
            TokenKind::Comment
                | TokenKind::CodeCommentStart
                | TokenKind::CodeCommentEnd
                | TokenKind::DumpLine
                | TokenKind::Delimiter
        )
    }
}

/// A code token with its text at hand: what the parts that follow the grammar look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    pub start: usize,
}

impl<'a> Code<'a> {
    pub(super) fn of(token: &Token, text: &'a str) -> Self {
        Self { kind: token.kind, text: token.text(text), start: token.range.start }
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is written like this, in any case: a word, a number, a string with its quotes.
    pub(super) const fn is(&self, text: &str) -> bool {
        self.text.eq_ignore_ascii_case(text)
    }

    pub(super) fn is_any_word(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    pub(super) fn is_punctuation(&self, character: &str) -> bool {
        self.kind == TokenKind::Punctuation && self.text == character
    }
}
