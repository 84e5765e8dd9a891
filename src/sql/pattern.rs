//! How statements begin, written as they are read: `CREATE UNIQUE? INDEX CONCURRENTLY`.
//!
//! | in a pattern | stands for |
//! | --- | --- |
//! | `WORD`, `ONE\|OTHER` | that unquoted word, in any case |
//! | `WORD?` | the word, or nothing |
//! | `()` | a pair of parentheses with what is in it, or nothing |
//! | `..` | whatever comes before the next word of the pattern |
//! | `$` | the end of the statement |

use std::ops::Range;

use super::lexer::Tokens;
use super::token::Code;
use crate::dialect::Dialect;

/// As many tokens as any pattern needs to see.
const LEADING: usize = 24;

/// The code tokens of a statement.
pub(super) fn code(dialect: Dialect, text: &str, statement: Range<usize>) -> impl Iterator<Item = Code<'_>> {
    Tokens::within(dialect, text, statement)
        .map_while(Result::ok)
        .filter(super::token::Token::is_code)
        .map(move |token| Code::of(&token, text))
}

/// The first tokens of a statement.
pub(super) fn leading(dialect: Dialect, text: &str, statement: Range<usize>) -> Vec<Code<'_>> {
    code(dialect, text, statement).take(LEADING).collect()
}

/// Whether a statement begins as the pattern says.
pub(super) fn begins(leading: &[Code<'_>], pattern: &str) -> bool {
    let mut rest = leading;
    let mut anywhere = false;
    for part in pattern.split(' ') {
        let word = part.trim_end_matches('?');
        let is_word = |code: &Code<'_>| word.split('|').any(|word| code.is_word(word));
        match part {
            "$" => return rest.is_empty(),
            ".." => anywhere = true,
            "()" => rest = after_parentheses(rest),
            _ if std::mem::take(&mut anywhere) => match rest.iter().position(is_word) {
                Some(found) => rest = &rest[found + 1..],
                None => return false,
            },
            _ if rest.first().is_some_and(is_word) => rest = &rest[1..],
            _ if part.ends_with('?') => {}
            _ => return false,
        }
    }
    true
}

fn after_parentheses<'a, 'b>(tokens: &'a [Code<'b>]) -> &'a [Code<'b>] {
    if !tokens.first().is_some_and(|first| first.is_punctuation("(")) {
        return tokens;
    }
    tokens.iter().position(|code| code.is_punctuation(")")).map_or(&[], |end| &tokens[end + 1..])
}
