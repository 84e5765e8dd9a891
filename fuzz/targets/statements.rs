//! A script in all dialects: tokens and statements lie where they are said to lie, and are found again.

#![no_main]

use branchline::dialect::Dialect;
use branchline::sql::{self, Statement, TokenKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for dialect in Dialect::ALL {
        tokens_cover(dialect, text);
        match sql::statements(dialect, text) {
            Ok(found) => statements_are_true(dialect, text, &found),
            Err(error) => assert_eq!((error.line, error.column), line_and_column(text, error.offset), "{dialect}"),
        }
    }
});

fn tokens_cover(dialect: Dialect, text: &str) {
    let mut end = 0;
    for token in sql::tokens(dialect, text) {
        let Ok(token) = token else { return };
        assert!(token.range.start >= end && token.range.end > token.range.start, "{dialect}: {token:?} behind {end}");
        assert!(is_space(&text[end..token.range.start]), "{dialect}: {:?}", &text[end..token.range.start]);
        assert!(text.is_char_boundary(token.range.end), "{dialect}: {token:?}");
        end = token.range.end;
    }
    assert!(is_space(&text[end..]), "{dialect}: {:?}", &text[end..]);
}

fn is_space(text: &str) -> bool {
    text.chars().all(|character| matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{feff}'))
}

fn statements_are_true(dialect: Dialect, text: &str, found: &[Statement]) {
    // What DELIMITER says holds for what comes after it: no part is what it is by itself.
    let by_itself = !text.to_ascii_uppercase().contains("DELIMITER");
    let mut end = 0;
    for statement in found {
        let range = &statement.range;
        assert!(range.start >= end && range.end > range.start, "{dialect}: {statement:?} behind {end}");
        assert_eq!((statement.line, statement.column), line_and_column(text, range.start), "{dialect}: {statement:?}");
        if by_itself {
            holds_no_code(dialect, &text[end..range.start]);
            is_found_again(dialect, text, statement);
        }
        end = statement.end();
    }
    let rest = &text[end..];
    if by_itself {
        holds_no_code(dialect, rest);
    }
}

fn holds_no_code(dialect: Dialect, text: &str) {
    for token in sql::tokens(dialect, text) {
        let token = token.unwrap_or_else(|error| panic!("{dialect}: {error} between statements: {text:?}"));
        let is_end = token.kind == TokenKind::Punctuation && token.text(text) == ";";
        assert!(is_end || !token.is_code(), "{dialect}: {token:?} between statements: {text:?}");
    }
}

fn is_found_again(dialect: Dialect, text: &str, statement: &Statement) {
    // With its `;`: at the end of a text, MySQL takes `--` for a comment.
    let data = statement.data(text).map(|data| format!("{data}\\.\n")).unwrap_or_default();
    let alone = format!("{};\n{data}", statement.text(text));
    let again = sql::statements(dialect, &alone).unwrap_or_else(|error| panic!("{dialect}: {error}: {alone:?}"));
    let [one] = again.as_slice() else { panic!("{dialect}: {} statements: {alone:?}", again.len()) };
    assert_eq!(one.text(&alone), statement.text(text), "{dialect}");
    assert_eq!(one.data(&alone), statement.data(text), "{dialect}");
    assert_eq!(one.verb, statement.verb, "{dialect}: {alone:?}");
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mark = if text.starts_with('\u{feff}') { 1 } else { 0 };
    let before = &text[..offset];
    match before.rfind('\n') {
        Some(newline) => (before.matches('\n').count() + 1, before[newline + 1..].chars().count() + 1),
        None => (1, before.chars().count() + 1 - mark),
    }
}
