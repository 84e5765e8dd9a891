//! Which database a comment means: by its name, or by a word for it that stands where only a database can.

use super::{Known, Path, Place, Reading, STRONG};
use crate::reference::discover::words::{self, is_place_noun};

const NOT_PLACES: &[&str] = &[
    "the",
    "this",
    "that",
    "same",
    "own",
    "other",
    "another",
    "a",
    "an",
    "separate",
    "external",
    "different",
    "our",
    "remote",
    "main",
    "cross",
    "its",
    "any",
    "foreign",
    "shared",
    "each",
    "every",
    "per",
    "local",
    "current",
    "no",
    "not",
    "and",
    "or",
    "in",
    "from",
    "of",
    "at",
    "on",
    "to",
    "is",
    "case",
    "order",
    "which",
    "time",
    "general",
    "practice",
    "future",
    "past",
    "use",
    "addition",
    "fact",
    "here",
    "there",
    "it",
    "all",
    "table",
    "optional",
    "nullable",
    "required",
    "by",
    "with",
    "for",
    "id",
    "key",
    "vector",
    "file",
    "object",
    "blob",
    "key-value",
    "where",
    "outside",
    "microservices",
];

/// Behind these stands a place.
const BEFORE_PLACE: &[&str] = &["in", "from", "of", "at", "within", "inside", "@", "on", "by", "via"];

impl<K: Known> Reading<'_, K> {
    /// The database that is said to hold what a path names.
    pub(super) fn place(&self, path: &Path) -> Place {
        let behind = path.end..self.tokens.len();
        let before = 0..path.start;
        let mut elsewhere = Place::Unsaid;
        for range in [behind, before] {
            for at in range.clone() {
                match self.place_at(at, range.clone(), path) {
                    Some(Place::Elsewhere) => elsewhere = Place::Elsewhere,
                    Some(place) => return place,
                    None => {}
                }
            }
        }
        elsewhere
    }

    fn place_at(&self, at: usize, range: std::ops::Range<usize>, path: &Path) -> Option<Place> {
        let word = self.word(at)?;
        let next_is_noun = |at: usize| at < range.end && self.word(at).is_some_and(|word| is_place_noun(&word.folded));
        // `cross-db`, `another database`, `this database`.
        let joined = if self.mark(at + 1, &["-"]) { at + 2 } else { at + 1 };
        if next_is_noun(joined) {
            if word.is_any(&["this", "same", "own", "local", "current"]) {
                return Some(Place::Own);
            }
            if word.is_any(&["cross", "another", "other", "different", "separate", "external", "remote", "foreign"]) {
                return Some(Place::Elsewhere);
            }
        }
        // Names of up to four words, the longest first.
        for length in (1..=4).rev() {
            let Some((name, end)) = self.name(at, length, range.end) else { continue };
            let before = at.checked_sub(1).and_then(|before| self.tokens.get(before));
            let before = match before {
                Some(article) if article.is_any(&["the", "our"]) => {
                    at.checked_sub(2).and_then(|before| self.tokens.get(before))
                }
                other => other,
            };
            let is_led_to =
                before.is_some_and(|before| before.is_any(BEFORE_PLACE) || before.is_any(&["(", ",", "/", "-"]));
            let leads_to_path = end == path.start || self.mark(end, &[":", "'", "’"]) && end < path.start;
            if self.known.is_place(&words::place(&name))
                && (is_led_to || leads_to_path || next_is_noun(end) || length > 1)
            {
                return Some(Place::Named(name));
            }
        }
        self.unknown_place(at, range, path)
    }

    /// So many words that stand one behind the other, hyphens between them.
    fn name(&self, at: usize, length: usize, end: usize) -> Option<(String, usize)> {
        let mut name = self.word(at)?.text.clone();
        let mut next = at + 1;
        for _ in 1..length {
            if self.mark(next, &["-"]) && self.glued(next) && self.glued(next + 1) {
                next += 1;
            }
            let word = self.word(next).filter(|_| next < end)?;
            name = format!("{name} {}", word.text);
            next += 1;
        }
        (next <= end).then_some((name, next))
    }

    /// A name that can only be that of a database, and of none that is known.
    fn unknown_place(&self, at: usize, range: std::ops::Range<usize>, path: &Path) -> Option<Place> {
        let word = self.word(at)?;
        if word.is_any(NOT_PLACES) || is_place_noun(&word.folded) || word.is_any(STRONG) {
            return None;
        }
        let is_noun = |at: usize| at < range.end && self.word(at).is_some_and(|word| is_place_noun(&word.folded));
        let noun = if self.mark(at + 1, &["-"]) && self.glued(at + 1) { at + 2 } else { at + 1 };
        if is_noun(noun) {
            return Some(Place::Named(format!("{} {}", word.text, self.tokens[noun].text)));
        }
        let second = self.word(at + 1).filter(|second| !second.is_any(NOT_PLACES) && !second.is_any(BEFORE_PLACE));
        if second.is_some() && is_noun(at + 2) {
            return Some(Place::Named(format!(
                "{} {} {}",
                word.text,
                self.tokens[at + 1].text,
                self.tokens[at + 2].text
            )));
        }
        // `users.id in socrates_auth`, `users.id in accounts (no FK)`.
        let follows = at == path.end + 1 && self.tokens[path.end].is_any(&["in", "from", "@"]);
        let ends = at + 1 >= self.tokens.len() || self.mark(at + 1, &["(", ",", ")", "-", ":"]);
        (follows && path.parts.len() > 1 && (ends || word.text.contains('_'))).then(|| Place::Named(word.text.clone()))
    }
}
