//! What holds for any text: nothing panics, places are true, and what was found is found again.

use proptest::prelude::*;

use crate::dialect::Dialect;
use crate::sql::looked::counted;
use crate::sql::{Statement, TokenKind, byte_offset_of_character, check, is_destructive, statements, tokens};

const FRAGMENTS: &[&str] = &[
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "$1",
    "a$b$",
    "E'",
    "e'\\'",
    "\\",
    "\\N",
    "\\G",
    "--",
    "-- ",
    "#",
    "/*",
    "*/",
    "/*!",
    "/*!50003 ",
    "/*!80000 ",
    "/*M!",
    "\n",
    "\r",
    " ",
    "\t",
    "\u{feff}",
    ";",
    ";",
    ";",
    "(",
    ")",
    ",",
    ".",
    ":",
    "=",
    "@",
    "*",
    "/",
    "-",
    "BEGIN ",
    "END ",
    "ATOMIC ",
    "NOT ",
    "CASE ",
    "WHEN ",
    "THEN ",
    "ELSE ",
    "IF ",
    "LOOP ",
    "WHILE ",
    "DO ",
    "REPEAT ",
    "UNTIL ",
    "FOR ",
    "CREATE ",
    "OR ",
    "REPLACE ",
    "FUNCTION ",
    "PROCEDURE ",
    "TRIGGER ",
    "EVENT ",
    "RULE ",
    "EACH ROW ",
    "DECLARE x HANDLER FOR ",
    "SELECT ",
    "FROM ",
    "STDIN ",
    "COPY ",
    "DELETE ",
    "WHERE ",
    "DROP ",
    "TABLE ",
    "ALTER ",
    "COLUMN ",
    "SET ",
    "autocommit",
    "DEFINER",
    "DELIMITER ",
    "DELIMITER $$\n",
    "$$",
    "\n\\.\n",
    "COPY t FROM STDIN;\n",
    "\n\\restrict a\n",
    "x",
    "é",
    "€",
    "1",
    "1.5e",
    "_u",
    "N'",
    "x'",
    "U&'",
    "WITH ",
    "PRAGMA ",
    "CONCURRENTLY ",
    "INDEX ",
    "\0",
    "\u{b}",
    "AS ",
];

pub(super) fn sqlish() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(FRAGMENTS), 0..60).prop_map(|parts| parts.concat())
}

/// Pieces that are closed, so that most texts are taken.
pub(super) fn closed() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "'a;b'",
        "'it''s'",
        "\"c;d\"",
        "-- e;f\n",
        "/* g;h */",
        ";",
        ";",
        "\n",
        " ",
        " SELECT ",
        " 1 ",
        " x ",
        "(",
        ")",
        " END ",
        " CASE ",
        "\u{feff}",
        "é",
        " BEGIN ",
        " CREATE ",
        " TABLE ",
        "-",
        "*",
        "@",
        ":",
        " IF ",
        " THEN ",
        ",",
        " CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW BEGIN SELECT 1; END",
        "/*! 1 */",
        "$a",
        "$",
        " DROP ",
        " DELETE ",
        " FUNCTION f() ",
        " BEGIN ATOMIC SELECT 1; END",
        " PROCEDURE p() ",
        " RULE ",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|parts| parts.concat())
}

pub(super) fn any_dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(&Dialect::ALL[..])
}

/// Whatever a text holds, and however often: each byte of it is looked at a few times, also by what looks for dangers.
#[test]
fn work_grows_with_the_text_only() {
    const TIMES: usize = 100;
    let all = FRAGMENTS.iter().flat_map(|first| FRAGMENTS.iter().map(move |second| format!("{first}{second}")));
    for unit in all {
        let text = unit.repeat(TIMES);
        for dialect in Dialect::ALL {
            let looked = counted(|| drop(check(dialect, &text, false)));
            assert!(looked <= 20 * text.len() + 200, "{dialect}: {unit:?}: {looked} of {}", text.len());
        }
    }
}

fn places_are_true(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    let _ = check(dialect, text, true);
    let _ = check(dialect, text, false);
    let _ = is_destructive(dialect, text);
    let mut end = 0;
    for token in tokens(dialect, text) {
        let Ok(token) = token else { break };
        prop_assert!(token.range.start >= end && token.range.end > token.range.start);
        prop_assert!(text.is_char_boundary(token.range.start) && text.is_char_boundary(token.range.end));
        prop_assert!(text[end..token.range.start].chars().all(is_space), "{:?}", &text[end..token.range.start]);
        end = token.range.end;
    }
    let found = match statements(dialect, text) {
        Ok(found) => found,
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.offset) && error.offset <= text.len());
            return Ok(());
        }
    };
    // What DELIMITER says holds for what comes after it: no part is what it is by itself.
    let by_itself = !text.to_uppercase().contains("DELIMITER");
    let mut end = 0;
    for statement in &found {
        prop_assert!(statement.range.start >= end && statement.range.end > statement.range.start);
        if by_itself {
            only_space_and_comments(dialect, &text[end..statement.range.start])?;
            prop_assert!(!is_line_comment_open(dialect, statement.text(text)));
        }
        end = statement.end();
        prop_assert!(end <= text.len() && (statement.data.is_none() || text[..end].ends_with("\\.")));
    }
    if !by_itself {
        return Ok(());
    }
    only_space_and_comments(dialect, &text[end..])?;
    found_again(dialect, text)
}

fn is_space(character: char) -> bool {
    character.is_ascii_whitespace() || character == '\u{b}' || character == '\u{feff}'
}

/// A statement ends with a token of its own, never with a comment.
fn is_line_comment_open(dialect: Dialect, statement: &str) -> bool {
    let ended = format!("{statement};");
    tokens(dialect, &ended).flatten().last().is_some_and(|last| last.kind == TokenKind::Comment)
}

fn only_space_and_comments(dialect: Dialect, between: &str) -> Result<(), TestCaseError> {
    for token in tokens(dialect, between) {
        let token = token.map_err(|error| TestCaseError::fail(format!("{between:?}: {error}")))?;
        prop_assert!(!token.is_code() || token.text(between) == ";", "{between:?}");
    }
    Ok(())
}

fn found_again(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    let texts = |text: &str| -> Option<Vec<(String, Option<String>)>> {
        let pair = |found: &Statement| (found.text(text).to_owned(), found.data(text).map(str::to_owned));
        Some(statements(dialect, text).ok()?.iter().map(pair).collect())
    };
    let found = texts(text);
    let with_data = |data: &Option<String>| data.as_ref().map(|data| format!("{data}\\.\n")).unwrap_or_default();
    let joined: String =
        found.iter().flatten().map(|(statement, data)| format!("{statement};\n{}", with_data(data))).collect();
    prop_assert_eq!(&texts(&joined), &found, "{}", joined);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_arbitrary_text(dialect in any_dialect(), text in any::<String>()) {
        places_are_true(dialect, &text)?;
    }

    #[test]
    fn of_fragments(dialect in any_dialect(), text in sqlish()) {
        places_are_true(dialect, &text)?;
    }

    #[test]
    fn of_closed_fragments(dialect in any_dialect(), text in closed()) {
        places_are_true(dialect, &text)?;
    }

    #[test]
    fn of_characters(text in any::<String>(), index in 0_usize..40) {
        let offset = byte_offset_of_character(&text, index);
        prop_assert!(offset.is_none_or(|offset| text[..offset].chars().count() + 1 == index));
        prop_assert_eq!(offset.is_some(), index >= 1 && index <= text.chars().count() + 1);
    }
}
