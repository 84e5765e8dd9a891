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

/// Whether a text may hold the mark, in whatever letters: most have not even the word.
pub(super) fn mentions(text: &str) -> bool {
    text.as_bytes().windows(MARK.len()).any(|found| found.eq_ignore_ascii_case(MARK.as_bytes()))
}

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
        if !mentions(text) && self.waiting.is_empty() {
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
    if !mentions(text) {
        return Vec::new();
    }
    let lines: Vec<(&str, Option<&str>)> = toml_lines(text);
    let is_heading = |line: &(&str, Option<&str>)| line.0.trim_start().starts_with('[');
    // The last line of what begins at this one.
    let last = |number: usize| match lines[number - 1..] {
        [ref line, ref below @ ..] if is_heading(line) => {
            number + below.iter().position(is_heading).unwrap_or(below.len())
        }
        _ => number,
    };
    let mut allowances = Vec::new();
    let mut waiting: Vec<(usize, Vec<String>)> = Vec::new();
    for (place, (code, comment)) in lines.iter().enumerate() {
        let number = place + 1;
        let said = comment.and_then(codes);
        match (code.trim().is_empty(), said) {
            (true, Some(codes)) => waiting.push((number, codes)),
            (true, None) => {}
            (false, said) => {
                let target = number..=last(number);
                let reached = waiting.drain(..);
                allowances.extend(reached.map(|(line, codes)| Allowance { line, target: target.clone(), codes }));
                allowances.extend(said.map(|codes| Allowance { line: number, target: number..=number, codes }));
            }
        }
    }
    allowances.extend(waiting.into_iter().map(|(line, codes)| Allowance { line, target: line..=line, codes }));
    allowances
}

/// The lines of a TOML file, each with what is no comment, and its comment. Of a line that begins within a text only what is
/// behind the text's end is looked at.
fn toml_lines(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut open: Option<&str> = None;
    text.lines()
        .map(|line| {
            // Where a text goes on from the line before, it hides what looks like a heading.
            let mut code_from = if open.is_some() { line.len() } else { 0 };
            let mut at = 0;
            while at < line.len() {
                let rest = &line[at..];
                let step = rest.chars().next().map_or(1, char::len_utf8);
                match open {
                    Some(end) if rest.starts_with(end) => {
                        open = None;
                        at += end.len();
                        code_from = code_from.min(at);
                    }
                    Some("\"" | "\"\"\"") if rest.starts_with('\\') => {
                        at += step + rest[step..].chars().next().map_or(0, char::len_utf8);
                    }
                    Some(_) => at += step,
                    None if rest.starts_with('#') => return (&line[code_from.min(at)..at], Some(rest)),
                    None => {
                        open = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote));
                        at += open.map_or(step, str::len);
                    }
                }
            }
            // A text in single quotes ends with its line, whatever a broken file says.
            open = open.filter(|quote| quote.len() == 3);
            (&line[code_from.min(line.len())..], None)
        })
        .collect()
}

/// The codes that a comment allows, whichever of its lines says so.
fn codes(comment: &str) -> Option<Vec<String>> {
    comment.lines().find_map(codes_of_line)
}

fn codes_of_line(line: &str) -> Option<Vec<String>> {
    let mark = line.to_ascii_lowercase().find(MARK)?;
    let (before, rest) = (&line[..mark], &line[mark + MARK.len()..]);
    if !before.chars().all(|character| "-/*# \t".contains(character)) {
        return None;
    }
    let rest = rest.trim().trim_end_matches("*/").trim_end();
    let allows = rest.get(.."allow".len()).is_some_and(|word| word.eq_ignore_ascii_case("allow"));
    let Some(codes) = rest.get("allow".len()..).filter(|_| allows).filter(|codes| codes.starts_with([' ', '\t']))
    else {
        // Whoever writes this means something, and is told that it is not understood.
        return Some(vec![rest.chars().take(40).collect()]);
    };
    // What follows the codes says why, for people.
    let codes = codes.split_once("--").map_or(codes, |(codes, _)| codes);
    let words = codes.split([',', ' ', '\t', '\r']).filter(|word| !word.is_empty());
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
        assert_eq!(said(&found), ["1>4 a+b", "5>5 c", "7>7 d", "9>9 e", "10>10 allowed g", "12>12 i"]);
    }

    #[test]
    fn comments_of_several_lines() {
        let script = "/*\n * branchline: allow a\n */\nDROP TABLE t;\n/* why\n   branchline: allow b */ SELECT 1;\n-- branchline: allo c\nSELECT 2;";
        assert_eq!(said(&allowances(Dialect::Postgres, script)), ["1>4 a", "5>6 b", "7>8 allo c"]);
    }

    #[test]
    fn comments_of_toml() {
        let file = "# branchline: allow a\n[[step]]\nsql = \"x\" # branchline: allow b\n\n# branchline: allow c\n# why\n[[step]]\n";
        let found = allowances_in_toml(file);
        assert_eq!(said(&found), ["1>2 a", "3>3 b", "5>7 c"]);
        assert_eq!(found[0].target, 2..=6, "all of the step");
        let texts = "[[step]]\nsql = \"\"\"\n# branchline: allow a\n[[step]]\n\"\"\"\nup = \"x # branchline: allow b\"\n\
                     down = '# branchline: allow c' # branchline: allow d\nnote = \"\\\" # branchline: allow e\"\n";
        assert_eq!(said(&allowances_in_toml(texts)), ["7>7 d"]);
    }
}
