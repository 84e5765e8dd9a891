//! A comment as words and marks: what people write, not what a language would have them write.

/// A word or a mark of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// As it is written, without quotes.
    pub(super) text: String,
    /// In small letters.
    pub(super) folded: String,
    /// Whether it is a word.
    pub(super) is_word: bool,
    /// Nothing stands between it and what comes before.
    pub(super) glued: bool,
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        self.folded == text
    }

    pub(super) fn is_any(&self, texts: &[&str]) -> bool {
        texts.contains(&self.folded.as_str())
    }
}

/// The clauses of a comment, each by its tokens. Addresses of the web and of people are left out.
#[must_use]
pub(super) fn clauses(text: &str) -> Vec<Vec<Token>> {
    let text: Vec<&str> = text.split_whitespace().filter(|word| !is_address(word)).collect();
    let characters: Vec<char> = text.join(" ").chars().collect();
    let mut clauses = vec![Vec::new()];
    let mut glued = false;
    let mut at = 0;
    while at < characters.len() {
        let character = characters[at];
        let next = characters.get(at + 1).copied();
        if character == '.' && is_abbreviated(&clauses) {
            // The sentence goes on.
        } else if character == ';' || (matches!(character, '.' | '!' | '?') && next.is_none_or(char::is_whitespace)) {
            clauses.push(Vec::new());
        } else if is_word(character) {
            let end = (at..characters.len()).find(|&at| !is_word(characters[at])).unwrap_or(characters.len());
            push(&mut clauses, characters[at..end].iter().collect(), true, glued);
            glued = true;
            at = end;
            continue;
        } else if let Some((end, arrow)) = arrow(&characters, at) {
            push(&mut clauses, arrow.to_owned(), false, glued);
            glued = true;
            at = end;
            continue;
        } else if !character.is_whitespace() && !matches!(character, '`' | '"' | '[' | ']' | '*') {
            push(&mut clauses, character.to_string(), false, glued);
        }
        // Quotes around a name are none of it: what stands behind them follows the name.
        glued = !character.is_whitespace();
        at += 1;
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

/// Whether the point behind the last word belongs to it.
fn is_abbreviated(clauses: &[Vec<Token>]) -> bool {
    let last = clauses.last().and_then(|clause| clause.last());
    last.is_some_and(|last| last.is_any(&["ref", "refs", "no", "incl", "resp", "cf"]))
}

fn push(clauses: &mut [Vec<Token>], text: String, is_word: bool, glued: bool) {
    if let Some(clause) = clauses.last_mut() {
        let glued = glued && !clause.is_empty();
        clause.push(Token { folded: text.to_lowercase(), text, is_word, glued });
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// `->`, `=>`, `-->` and the character for it.
fn arrow(characters: &[char], at: usize) -> Option<(usize, &'static str)> {
    if matches!(characters[at], '→' | '⇒' | '➜') {
        return Some((at + 1, "->"));
    }
    let shaft = characters[at..].iter().take_while(|character| matches!(character, '-' | '=')).count();
    (shaft > 0 && characters.get(at + shaft) == Some(&'>')).then_some((at + shaft + 1, "->"))
}

fn is_address(word: &str) -> bool {
    word.contains("://") || word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}
