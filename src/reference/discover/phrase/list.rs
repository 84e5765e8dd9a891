//! Several columns that a comment names at once, before or behind the table that they lead to.

use super::super::tokens::{Token, clauses};
use super::{Known, Path, Place, Reading, STRONG};

/// A key of several columns that a comment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Listed {
    /// The parts of the table's name, the last one first.
    pub(in super::super) parts: Vec<String>,
    /// The columns that stand in parentheses behind it; none where only the table is named.
    pub(in super::super) columns: Vec<String>,
    /// What stands around it: the names of the referring columns, among other words.
    pub(in super::super) words: Vec<String>,
    /// Where that is.
    pub(in super::super) place: Place,
    /// It says that they refer to it, in so many words.
    pub(in super::super) strong: bool,
}

/// The keys of several columns that a comment names.
pub(in super::super) fn lists(comment: &str, known: &impl Known) -> Vec<Listed> {
    clauses(comment).iter().flat_map(|clause| Reading { tokens: clause, known }.lists()).collect()
}

impl<K: Known> Reading<'_, K> {
    fn lists(&self) -> Vec<Listed> {
        let mut found = Vec::new();
        let mut at = 0;
        // What stands before the first of them, or between two, is about the one behind it.
        let mut from = 0;
        while at < self.tokens.len() {
            let Some((path, columns)) = self.table_with_columns(at) else {
                at += 1;
                continue;
            };
            let before = &self.tokens[from..path.start];
            (at, from) = (path.end, path.end);
            if self.is_denied(before) || self.is_copied(before) {
                continue;
            }
            let behind = &self.tokens[path.end..];
            let words = |tokens: &[Token]| -> Vec<String> {
                tokens.iter().filter(|token| token.is_word).map(|token| token.text.clone()).collect()
            };
            found.push(Listed {
                strong: before.iter().any(|token| token.is_any(STRONG)),
                place: path.place.clone().map_or_else(|| self.place(&path), Place::Named),
                words: if before.is_empty() { words(behind) } else { words(before) },
                parts: path.parts,
                columns,
            });
        }
        found
    }

    /// `shop.orders(tenant_id, no)`; and `shop.orders` behind an arrow or `references` that a list in parentheses leads to.
    fn table_with_columns(&self, start: usize) -> Option<(Path, Vec<String>)> {
        let (parts, place, end) = self.name_with_dots(start)?;
        let is_name = parts.len() > 1 || place.is_some() || self.known.is_table(&parts[0]);
        // `orders.(a, b)` is how declarations write it.
        let list = if self.mark(end, &["."]) && self.glued(end) { end + 1 } else { end };
        let (columns, end) = match self.list(list) {
            Some((columns, end)) => (columns, end),
            None if self.follows_list(start) => (Vec::new(), end),
            None => return None,
        };
        let parts = parts.into_iter().rev().collect();
        is_name.then_some((Path { parts, ends_in_column: false, place, start, end }, columns))
    }

    /// Names in parentheses, two of them or more, and where they end.
    fn list(&self, open: usize) -> Option<(Vec<String>, usize)> {
        let mut at = open + 1;
        let mut names = vec![self.word(at).filter(|_| self.mark(open, &["("]))?.text.clone()];
        while self.mark(at + 1, &[",", "+", "/"]) {
            at += 2;
            names.push(self.word(at)?.text.clone());
        }
        (names.len() > 1 && self.mark(at + 1, &[")"])).then_some((names, at + 2))
    }

    /// Whether a list in parentheses stands before a name, and says that it refers.
    fn follows_list(&self, start: usize) -> bool {
        let before = &self.tokens[..start];
        let Some(close) = before.iter().rposition(|token| token.is(")")) else { return false };
        let Some(open) = before[..close].iter().rposition(|token| token.is("(")) else { return false };
        let between = &before[close + 1..];
        let refers = between.first().is_some_and(|token| token.is_any(STRONG));
        refers && between.len() <= 3 && self.list(open).is_some_and(|(_, end)| end == close + 1)
    }
}
