//! The code of a statement, taken word by word.

use super::effect::ObjectName;
use super::token::{Code, TokenKind};
use crate::dialect::Dialect;

/// A statement's code, and how far it was read. What is asked for and not there is not taken.
#[derive(Clone)]
pub(super) struct Words<'a> {
    pub(super) dialect: Dialect,
    codes: &'a [Code<'a>],
}

impl<'a> Words<'a> {
    pub(super) const fn new(dialect: Dialect, codes: &'a [Code<'a>]) -> Self {
        Self { dialect, codes }
    }

    pub(super) fn peek(&self) -> Option<&'a Code<'a>> {
        self.codes.first()
    }

    pub(super) fn next(&mut self) -> Option<&'a Code<'a>> {
        let (first, rest) = self.codes.split_first()?;
        self.codes = rest;
        Some(first)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.codes.is_empty()
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'a [Code<'a>] {
        self.codes
    }

    /// Whether MySQL's or MariaDB's grammar holds.
    pub(super) const fn is_mysql(&self) -> bool {
        matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb)
    }

    /// Whether CASCADE takes more with it than what is named; MySQL, MariaDB and SQLite do nothing for the word.
    pub(super) fn cascades(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// Takes these words, if all of them stand here.
    pub(super) fn take(&mut self, words: &str) -> bool {
        let mut rest = self.codes;
        for word in words.split(' ') {
            match rest.split_first() {
                Some((first, others)) if first.is_word(word) => rest = others,
                _ => return false,
            }
        }
        self.codes = rest;
        true
    }

    /// Takes one of these words.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    pub(super) fn take_punctuation(&mut self, character: &str) -> bool {
        let is_here = self.peek().is_some_and(|code| code.is_punctuation(character));
        if is_here {
            self.next();
        }
        is_here
    }

    /// Leaves out everything before one of these words, and the word; false, and nothing taken, where there is none outside of
    /// parentheses.
    pub(super) fn take_past(&mut self, words: &[&str]) -> bool {
        let mut ahead = self.clone();
        while !ahead.is_at_end() {
            if ahead.take_any(words) {
                self.codes = ahead.codes;
                return true;
            }
            if ahead.group().is_none() {
                ahead.next();
            }
        }
        false
    }

    /// One part of a name.
    pub(super) fn part(&mut self) -> Option<String> {
        let code = self.peek()?;
        let part = match code.kind {
            TokenKind::Word => self.folded(code.text),
            // SQLite tells no letters apart by their case, quotes or not.
            TokenKind::QuotedIdentifier if self.dialect == Dialect::Sqlite => unquoted(code.text).to_ascii_lowercase(),
            TokenKind::QuotedIdentifier => unquoted(code.text),
            // SQLite takes a string for a name where only a name can stand.
            TokenKind::String if self.dialect == Dialect::Sqlite && code.text.starts_with('\'') => {
                unquoted(code.text).to_ascii_lowercase()
            }
            _ => return None,
        };
        self.next();
        Some(part)
    }

    /// A name, with its schema where there is one.
    pub(super) fn name(&mut self) -> Option<ObjectName> {
        let mut name = ObjectName { schema: None, name: self.part()? };
        while self.take_punctuation(".") {
            name = ObjectName { schema: Some(name.name), name: self.part()? };
        }
        Some(name)
    }

    /// The parts of a name that ends in a column's: the table, and the column.
    pub(super) fn column_path(&mut self) -> Option<(ObjectName, String)> {
        let mut parts = vec![self.part()?];
        while self.take_punctuation(".") {
            parts.push(self.part()?);
        }
        let column = parts.pop()?;
        let name = parts.pop()?;
        Some((ObjectName { schema: parts.pop(), name }, column))
    }

    /// As the engine keeps a name that was written without quotes; only ASCII is folded. Tables of MySQL and MariaDB are told
    /// apart by their case on some systems, so that nothing is folded there.
    fn folded(&self, word: &str) -> String {
        match self.dialect {
            Dialect::Postgres | Dialect::Sqlite => word.to_ascii_lowercase(),
            Dialect::Mysql | Dialect::Mariadb => word.to_owned(),
        }
    }

    /// PostgreSQL: whether `U&"..."` is among what is left, whose escapes, and the UESCAPE that may say otherwise, are not read.
    pub(super) fn has_escaped_name(&self) -> bool {
        self.dialect == Dialect::Postgres
            && self.codes.windows(3).any(|codes| {
                let [prefix, and, name] = codes else { return false };
                prefix.is_word("U")
                    && and.is_punctuation("&")
                    && name.kind == TokenKind::QuotedIdentifier
                    && (and.start, name.start) == (prefix.start + 1, prefix.start + 2)
            })
    }

    /// Takes a pair of parentheses; gives what is in it.
    pub(super) fn group(&mut self) -> Option<Self> {
        if !self.peek()?.is_punctuation("(") {
            return None;
        }
        let mut depth = 0_usize;
        for (at, code) in self.codes.iter().enumerate() {
            if code.is_punctuation("(") {
                depth += 1;
            } else if code.is_punctuation(")") {
                depth -= 1;
                if depth == 0 {
                    let inside = &self.codes[1..at];
                    self.codes = &self.codes[at + 1..];
                    return Some(Self { dialect: self.dialect, codes: inside });
                }
            }
        }
        let inside = &self.codes[1..];
        self.codes = &[];
        Some(Self { dialect: self.dialect, codes: inside })
    }

    /// What is left, divided at the commas that stand outside of parentheses.
    pub(super) fn items(&self) -> Vec<Self> {
        let mut items = Vec::new();
        let (mut depth, mut start) = (0_usize, 0);
        for (at, code) in self.codes.iter().enumerate() {
            if code.is_punctuation("(") {
                depth += 1;
            } else if code.is_punctuation(")") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && code.is_punctuation(",") {
                items.push(Self { dialect: self.dialect, codes: &self.codes[start..at] });
                start = at + 1;
            }
        }
        if start < self.codes.len() {
            items.push(Self { dialect: self.dialect, codes: &self.codes[start..] });
        }
        items
    }

    /// Names, with commas between them.
    pub(super) fn names(&mut self) -> Option<Vec<ObjectName>> {
        let mut names = vec![self.name()?];
        while self.take_punctuation(",") {
            names.push(self.name()?);
        }
        Some(names)
    }
}

/// A quoted name without its quotes.
fn unquoted(text: &str) -> String {
    let mut characters = text.chars();
    let Some(open) = characters.next() else { return String::new() };
    let close = if open == '[' { ']' } else { open };
    let inside = characters.as_str();
    let inside = inside.strip_suffix(close).unwrap_or(inside);
    if open == '[' { inside.to_owned() } else { inside.replace(&format!("{close}{close}"), &close.to_string()) }
}
