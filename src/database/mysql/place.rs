//! Where in a statement the errors of MySQL and MariaDB point.
//!
//! Neither gives a position. A syntax error quotes the statement from the place where the server stopped, 80 characters of it,
//! and counts the line; other errors name what is missing. What is not certain gets no place: a wrong one would be worse
//! than none.

use crate::dialect::Dialect;
use crate::sql::{self, TokenKind};

/// How much of a statement the servers quote.
const QUOTED_CHARACTERS: usize = 80;

/// What MariaDB puts behind a quote that it has cut.
const CUT: &str = "...";

/// Statements that run others, whose texts they make: an error may be of one of those.
const RUNNING: [&str; 3] = ["CALL", "EXECUTE", "PREPARE"];

/// What stands before and behind a name in a message.
const NAMING: [(&str, &str); 11] = [
    ("Unknown column '", "' in "),
    ("Key column '", "' doesn't exist"),
    ("Duplicate column name '", "'"),
    ("Duplicate key name '", "'"),
    ("Can't DROP COLUMN `", "`; "),
    ("Can't DROP INDEX `", "`; "),
    ("Can't DROP FOREIGN KEY `", "`; "),
    ("Can't DROP CONSTRAINT `", "`; "),
    ("FUNCTION ", " does not exist"),
    ("Table '", "' doesn't exist"),
    ("Table '", "' already exists"),
];

/// The byte where the server stopped reading, from `... near 'REST OF THE STATEMENT' at line N`.
pub(super) fn of_syntax(statement: &str, message: &str) -> Option<usize> {
    let (_, rest) = message.split_once(" near '")?;
    let (rest, line) = rest.rsplit_once("' at line ")?;
    let line: usize = line.parse().ok()?;
    if runs_others(statement) {
        return None;
    }
    let mut candidates: Vec<usize> = tail(statement, rest).into_iter().collect();
    let cut = rest.strip_suffix(CUT).or_else(|| (rest.chars().count() >= QUOTED_CHARACTERS).then_some(rest));
    if let Some(cut) = cut {
        let found = statement.char_indices().map(|(start, _)| start).filter(|&start| continues(statement, start, cut));
        candidates.extend(found.filter(|start| !candidates.contains(start)).collect::<Vec<_>>());
    }
    if candidates.len() > 1 {
        let lines = Lines::of(statement)?;
        candidates.retain(|&start| lines.at(start) == line);
    }
    match candidates[..] {
        [start] => Some(behind_comma(statement, start)),
        _ => None,
    }
}

/// The byte of what an error names, where it stands only once. Whoever asks must know that the statement runs nothing else.
pub(super) fn of_name(statement: &str, message: &str) -> Option<usize> {
    let name = NAMING.iter().find_map(|(before, behind)| Some(message.strip_prefix(before)?.split_once(behind)?.0))?;
    let place = |name: &str| sql::only_place_of_word(statement, name);
    // Tables and functions are named with their database.
    place(name).or_else(|| place(name.split_once('.')?.1))
}

/// Whether the statement runs what is not written in it, or not as SQL.
pub(super) fn runs_others(statement: &str) -> bool {
    let words = || sql::tokens(Dialect::Mariadb, statement).map_while(Result::ok).filter(|token| token.is_code());
    let creates = words().next().is_some_and(|first| first.is_word(statement, "CREATE"));
    !creates && words().any(|token| RUNNING.iter().any(|running| token.is_word(statement, running)))
}

/// Where the end of a statement begins that the server quoted whole.
fn tail(statement: &str, rest: &str) -> Option<usize> {
    let start = match rest.chars().count().checked_sub(1) {
        None => statement.len(),
        Some(last) => statement.char_indices().rev().nth(last)?.0,
    };
    continues(statement, start, rest).then_some(start)
}

/// Whether a text goes on so. The servers' messages know no character beyond the first 65536, and show a question mark.
fn continues(text: &str, start: usize, quoted: &str) -> bool {
    let mut found = text[start..].chars();
    quoted.chars().all(|wanted| found.next().is_some_and(|c| c == wanted || (wanted == '?' && c > '\u{ffff}')))
}

/// A comma that the server stumbles over, it quotes without: what then begins with white space, or comes where no comma can
/// be, or is nothing at all, is behind that comma.
fn behind_comma(statement: &str, start: usize) -> usize {
    let Some(before) = statement[..start].strip_suffix(',') else { return start };
    let rest = &statement[start..];
    let begins_with_space = rest.is_empty() || rest.starts_with(char::is_whitespace);
    if begins_with_space || before.trim_end().ends_with([',', '(']) { before.len() } else { start }
}

/// Lines as the servers count them: not those within strings and quoted names.
struct Lines {
    breaks: Vec<usize>,
}

impl Lines {
    fn of(statement: &str) -> Option<Self> {
        let mut quoted = Vec::new();
        for token in sql::tokens(Dialect::Mariadb, statement) {
            let token = token.ok()?;
            if matches!(token.kind, TokenKind::String | TokenKind::QuotedIdentifier) {
                quoted.push(token.range);
            }
        }
        let mut breaks = Vec::new();
        let mut quoted = quoted.into_iter().peekable();
        for (offset, _) in statement.match_indices('\n') {
            while quoted.next_if(|range| range.end <= offset).is_some() {}
            if quoted.peek().is_none_or(|range| !range.contains(&offset)) {
                breaks.push(offset);
            }
        }
        Some(Self { breaks })
    }

    fn at(&self, offset: usize) -> usize {
        self.breaks.partition_point(|&line_break| line_break < offset) + 1
    }
}

/// Whether an error speaks of the procedure that a statement calls, and not of one that is called from within:
/// `PROCEDURE db.name does not exist`.
pub(super) fn names_what_it_calls(statement: &str, message: &str) -> bool {
    let plain = |text: &str| text.replace('`', "").to_lowercase();
    let called = plain(statement);
    let Some(called) = called.trim_start().strip_prefix("call").map(str::trim_start) else { return false };
    let called = called.split(|end: char| end == '(' || end == ';' || end.is_whitespace()).next().unwrap_or_default();
    let name = called.rsplit('.').next().unwrap_or_default();
    let ends_so = |word: &str| word.trim_matches(['\'', ';']).rsplit('.').next() == Some(name);
    !name.is_empty() && plain(message).split_whitespace().any(ends_so)
}

#[cfg(test)]
mod tests {
    use super::{of_name, of_syntax};

    fn near(statement: &str, rest: &str, line: usize) -> Option<usize> {
        let message = format!("You have an error in your SQL syntax; use near '{rest}' at line {line}");
        of_syntax(statement, &message)
    }

    #[test]
    fn what_is_said_of_a_call() {
        let missing = "PROCEDURE shop.part does not exist";
        for call in ["CALL part()", "call `shop`.`part` (1)", " CALL shop.part"] {
            assert!(super::names_what_it_calls(call, missing), "{call}");
        }
        assert!(!super::names_what_it_calls("CALL whole()", missing));
        assert!(!super::names_what_it_calls("BEGIN NOT ATOMIC CALL part(); END", missing));
    }

    #[test]
    fn the_rest_is_the_end_of_the_statement() {
        assert_eq!(near("CREATE TABEL x (a int)", "TABEL x (a int)", 1), Some(7));
        assert_eq!(near("SELECT x x x", "x", 1), Some(11));
        assert_eq!(near("SELECT (1 +", "", 1), Some(11));
        assert_eq!(near("SELECT 😀 FROM FROM '😀'", "FROM '?'", 1), Some(17));
        assert_eq!(near("SELECT 1", "of another text", 1), None);
    }

    #[test]
    fn a_rest_that_was_cut_is_found_by_its_line() {
        let row = ",\n  (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, x y)";
        let statement = format!("INSERT INTO t VALUES ('a\nb'){}", row.repeat(9));
        let cut: String = row.trim_start_matches(",\n  ").chars().take(77).collect();
        let third = statement.match_indices("(1").nth(2).unwrap().0;
        assert_eq!(near(&statement, &format!("{cut}..."), 4), Some(third));
        assert_eq!(near(&statement, &format!("{cut}..."), 99), None);
    }

    #[test]
    fn a_comma_is_quoted_without_itself() {
        assert_eq!(near("CREATE TABLE x (a INT,,\n b INT)", "\n b INT)", 1), Some(22));
        assert_eq!(near("VALUES (1,,2)", "2)", 1), Some(10));
        assert_eq!(near("SELECT a,FROM t", "FROM t", 1), Some(9));
        assert_eq!(near("SELECT a,", "", 1), Some(8));
    }

    #[test]
    fn a_text_that_the_statement_made_is_none_of_ours() {
        assert_eq!(near("CALL f('x')", "", 1), None);
        assert_eq!(near("EXECUTE IMMEDIATE concat('SELEC ', 1)", "1)", 1), None);
        assert_eq!(near("CREATE PROCEDURE f() BEGIN CALL g(); SELEC 1; END", "1; END", 1), Some(43));
    }

    #[test]
    fn names() {
        let unknown = "Unknown column 'usr_id' in 'SELECT'";
        assert_eq!(of_name("SELECT `usr_id`, usr_id2", unknown), Some(8));
        assert_eq!(of_name("SELECT usr_id, 'usr_id'", unknown), None);
        assert_eq!(of_name("SELECT 1 FROM gone", "Table 'db.gone' doesn't exist"), Some(14));
        assert_eq!(of_name("CREATE INDEX i ON t (usr_id)", "Key column 'usr_id' doesn't exist in table"), Some(21));
        assert_eq!(of_name("SELECT 1", "no way"), None);
    }
}
