//! The corpus, on which the engines are asked too: `tests/statements`.

use super::cases::{Expected, cases};
use crate::sql::{check, statements};

#[test]
fn every_case_falls_into_its_statements() {
    let cases = cases();
    assert!(cases.len() >= 340, "{}", cases.len());
    for case in &cases {
        for &dialect in &case.dialects {
            let found = statements(dialect, &case.script);
            let context = format!("{}: {dialect}: {:?}", case.place, case.script);
            match (&case.expected, found) {
                (Expected::Statements(expected), Ok(found)) => {
                    let shown = |range: &std::ops::Range<usize>| &case.script[range.clone()];
                    let found: Vec<_> =
                        found.iter().map(|found| (shown(&found.range), found.data(&case.script))).collect();
                    let expected: Vec<_> =
                        expected.iter().map(|(range, data)| (shown(range), data.as_ref().map(shown))).collect();
                    assert_eq!(found, expected, "{context}");
                }
                (Expected::Refused(offset, message), Err(error)) => {
                    assert_eq!((error.offset, &error.to_string()), (*offset, message), "{context}");
                    assert_eq!(
                        error.hint().is_some(),
                        !message.contains("a quoted name") && !message.contains("a rule's")
                    );
                    assert_eq!(check(dialect, &case.script, false), Err(error), "{context}");
                }
                (Expected::Statements(_), Err(error)) => {
                    panic!("{context}: {error} at {}:{}", error.line, error.column)
                }
                (Expected::Refused(_, message), Ok(_)) => panic!("{context}: not refused: {message}"),
            }
        }
    }
}
