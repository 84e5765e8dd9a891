//! `-- branchline: allow CODE, CODE`: findings that a script says are meant, and the code that each of them is about.
//!
//! Behind code on its own line, a comment speaks of that line; anywhere else, of the next line that has code. Whether there are
//! findings of that name is lint's to know.

use super::lexer::tokens;
use super::position::Cursor;
use super::reading::Allowance;
use super::token::TokenKind;
use crate::dialect::Dialect;

const MARK: &str = "branchline:";

/// What a script allows; nothing behind what cannot be read.
#[must_use]
pub fn allowances(dialect: Dialect, text: &str) -> Vec<Allowance> {
    let mut reader = Allowances::default();
    reader.read(dialect, text, (1, 1));
    reader.finish()
}

/// What a script allows, of which a part is read after the other.
#[derive(Debug, Default)]
pub struct Allowances {
    found: Vec<Allowance>,
    /// Where the last code ended.
    code_line: usize,
    /// The allowances that wait for the next.
    waiting: Vec<(usize, Vec<String>)>,
}

impl Allowances {
    /// Reads the next part, which begins at this line and column. It must end outside of tokens.
    pub fn read(&mut self, dialect: Dialect, text: &str, begins: (usize, usize)) {
        // Only a comment at its beginning may speak of code before it, and only a waiting one of the code in it.
        if !text.contains(MARK) && self.waiting.is_empty() {
            self.code_line = begins.0 + text.trim_end().bytes().filter(|&byte| byte == b'\n').count();
            return;
        }
        let mut cursor = Cursor::going_on(text, begins);
        for token in tokens(dialect, text).map_while(Result::ok) {
            cursor.advance_to(token.range.start);
            let line = cursor.line;
            if token.kind == TokenKind::Comment {
                let Some(codes) = codes(token.text(text)) else { continue };
                if self.code_line == line {
                    self.found.push(Allowance { line, target: line..=line, codes });
                } else {
                    self.waiting.push((line, codes));
                }
                continue;
            }
            let reached = self.waiting.drain(..);
            self.found.extend(reached.map(|(written, codes)| Allowance { line: written, target: line..=line, codes }));
            cursor.advance_to(token.range.end);
            self.code_line = cursor.line;
        }
    }

    /// All of them, in the order in which it was clear what each is about.
    #[must_use]
    pub fn finish(mut self) -> Vec<Allowance> {
        let waiting = self.waiting.into_iter().map(|(line, codes)| Allowance { line, target: line..=line, codes });
        self.found.extend(waiting);
        self.found
    }
}

/// The same for a TOML file, whose comments begin with `#`. Before the heading of a table, a comment speaks of all that is
/// below it.
#[must_use]
pub fn allowances_in_toml(text: &str) -> Vec<Allowance> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_heading = |line: &&str| line.trim_start().starts_with('[');
    // The last line of what begins at this one.
    let last = |number: usize| match lines[number - 1..] {
        [ref line, ref below @ ..] if is_heading(line) => {
            number + below.iter().position(is_heading).unwrap_or(below.len())
        }
        _ => number,
    };
    let mut allowances = Vec::new();
    let mut waiting: Vec<(usize, Vec<String>)> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let number = place + 1;
        let is_comment = line.trim_start().starts_with('#');
        let said = line.rsplit_once('#').and_then(|(_, comment)| codes(comment));
        match (is_comment, said) {
            (true, Some(codes)) => waiting.push((number, codes)),
            (true, None) => {}
            (false, said) if !line.trim().is_empty() => {
                let target = number..=last(number);
                let reached = waiting.drain(..);
                allowances.extend(reached.map(|(line, codes)| Allowance { line, target: target.clone(), codes }));
                allowances.extend(said.map(|codes| Allowance { line: number, target: number..=number, codes }));
            }
            (false, _) => {}
        }
    }
    allowances.extend(waiting.into_iter().map(|(line, codes)| Allowance { line, target: line..=line, codes }));
    allowances
}

/// The codes that a comment allows.
fn codes(comment: &str) -> Option<Vec<String>> {
    let (before, rest) = comment.split_once(MARK)?;
    if !before.chars().all(|character| "-/*# \t".contains(character)) {
        return None;
    }
    let rest = rest.trim_start().strip_prefix("allow")?;
    if !rest.starts_with([' ', '\t']) {
        return None;
    }
    // What follows the codes says why, for people.
    let codes = rest.trim_end_matches("*/").split_once("--").map_or(rest, |(codes, _)| codes);
    let is_code = |word: &&str| !word.is_empty();
    let words = codes.trim_end_matches("*/").split([',', ' ', '\t', '\r', '\n']).filter(is_code);
    Some(words.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(found: &[Allowance]) -> Vec<String> {
        found.iter().map(|found| format!("{}>{} {}", found.line, found.target.start(), found.codes.join("+"))).collect()
    }

    #[test]
    fn a_comment_speaks_of_code() {
        let script = "-- branchline: allow a, b -- the table is small\n\n-- and so on\nDROP TABLE t;\nSELECT 1; -- branchline: \
                      allow c\nSELECT\n  2, -- branchline: allow d\n  3;\n/* branchline: allow e */ SELECT 4;\n\
                      SELECT '-- branchline: allow f'; -- branchline: allowed g\n-- see branchline: allow h\n-- branchline: allow i";
        let found = allowances(Dialect::Postgres, script);
        assert_eq!(said(&found), ["1>4 a+b", "5>5 c", "7>7 d", "9>9 e", "12>12 i"]);
    }

    #[test]
    fn comments_of_toml() {
        let file = "# branchline: allow a\n[[step]]\nsql = \"x\" # branchline: allow b\n\n# branchline: allow c\n# why\n[[step]]\n";
        let found = allowances_in_toml(file);
        assert_eq!(said(&found), ["1>2 a", "3>3 b", "5>7 c"]);
        assert_eq!(found[0].target, 2..=6, "all of the step");
    }
}
