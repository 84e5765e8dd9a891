//! Where things are: lines and columns as people count them, characters as PostgreSQL counts them, bytes as we do.

use super::looked::looked_at;

/// The mark that some editors put before the text; it is no part of it.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text without the byte order mark at its start: what is to be sent when a script is sent whole.
#[must_use]
pub fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// The byte offset of a character counted from 1, as PostgreSQL gives the place of an error in what was sent.
///
/// One past the last character is the end of the text; anything else outside it is `None`.
#[must_use]
pub fn byte_offset_of_character(text: &str, index: usize) -> Option<usize> {
    let wanted = index.checked_sub(1)?;
    text.char_indices().map(|(offset, _)| offset).chain([text.len()]).nth(wanted)
}

/// Where a word stands that stands only once in a text, in whatever case, be it code, a string or a comment; none where it
/// stands more often.
#[must_use]
pub fn only_place_of_word(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    let of_word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
    let mut found = text.match_indices(&word).map(|(start, _)| start).filter(|start| {
        let before = text[..*start].chars().next_back();
        let behind = text[start + word.len()..].chars().next();
        !before.is_some_and(of_word) && !behind.is_some_and(of_word)
    });
    let only = found.next().filter(|_| !word.is_empty());
    if found.next().is_some() { None } else { only }
}

/// Line and column of a byte offset, both from 1; a byte order mark at the start is not counted.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut cursor = Cursor::new(text);
    cursor.advance_to(offset);
    (cursor.line, cursor.column)
}

/// Counts lines and columns along a text, forward only, so that many places cost one walk together.
pub(super) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let offset = text.len() - without_byte_order_mark(text).len();
        Self { text, offset, line: 1, column: 1 }
    }

    /// The same for a text that goes on at a place within a longer one.
    pub(super) const fn going_on(text: &'a str, (line, column): (usize, usize)) -> Self {
        Self { text, offset: 0, line, column }
    }

    /// Moves to a byte offset on a character boundary; never backwards.
    pub(super) fn advance_to(&mut self, offset: usize) {
        let Some(passed) = self.text.get(self.offset..offset) else { return };
        looked_at(passed.len());
        match passed.rfind('\n') {
            Some(newline) => {
                self.line += passed.bytes().filter(|&byte| byte == b'\n').count();
                self.column = passed[newline + 1..].chars().count() + 1;
            }
            None => self.column += passed.chars().count(),
        }
        self.offset = offset;
    }
}

#[cfg(test)]
mod tests {
    use super::{byte_offset_of_character, line_and_column, only_place_of_word};

    #[test]
    fn characters_count_from_one() {
        let text = "aö€b";
        assert_eq!(byte_offset_of_character(text, 0), None);
        assert_eq!(byte_offset_of_character(text, 1), Some(0));
        assert_eq!(byte_offset_of_character(text, 2), Some(1));
        assert_eq!(byte_offset_of_character(text, 3), Some(3));
        assert_eq!(byte_offset_of_character(text, 4), Some(6));
        assert_eq!(byte_offset_of_character(text, 5), Some(7));
        assert_eq!(byte_offset_of_character(text, 6), None);
    }

    #[test]
    fn a_word_that_stands_once() {
        assert_eq!(only_place_of_word("id2 = t.id", "id"), Some(8));
        assert_eq!(only_place_of_word("id = 'id'", "id"), None);
        assert_eq!(only_place_of_word("id = ID", "id"), None);
        assert_eq!(only_place_of_word("é ID", "id"), Some(3));
        assert_eq!(only_place_of_word("aid", "id"), None);
        assert_eq!(only_place_of_word("id", ""), None);
    }

    #[test]
    fn a_byte_order_mark_has_no_column() {
        assert_eq!(line_and_column("\u{feff}ab", 4), (1, 2));
        assert_eq!(line_and_column("\u{feff}ab\r\nöc", 9), (2, 2));
    }
}
