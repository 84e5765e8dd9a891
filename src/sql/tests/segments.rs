//! A script read through a window, however narrow, against the same script as a whole.

use std::io::{self, Read};

use proptest::prelude::*;

use super::cases::cases;
use super::properties::{any_dialect, closed, sqlish};
use crate::dialect::Dialect;
use crate::sql::looked::counted;
use crate::sql::segments::{Segment, SegmentError, Segments};
use crate::sql::{Allowances, ScriptError, Verb, allowances, check, read, statements};

const WINDOWS: [usize; 7] = [1, 2, 3, 7, 16, 64, 100_000];

/// What is found, with all that is said of it.
type Found = (String, usize, usize, Verb, Option<String>);

/// A source that gives a few bytes at a time, so that characters are cut anywhere.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(self.1).min(buffer.len());
        let (given, rest) = self.0.split_at(length);
        buffer[..length].copy_from_slice(given);
        self.0 = rest;
        Ok(length)
    }
}

fn as_a_whole(dialect: Dialect, text: &str) -> Result<Vec<Found>, ScriptError> {
    let found = statements(dialect, text)?;
    let all = found.iter().map(|found| {
        let data = found.data(text).map(str::to_owned);
        (found.text(text).to_owned(), found.line, found.column, found.verb, data)
    });
    Ok(all.collect())
}

fn through_a_window(dialect: Dialect, text: &str, window: usize) -> Result<Vec<Found>, ScriptError> {
    let mut segments = Segments::with_window(dialect, Drip(text.as_bytes(), window), window);
    let script = |error| match error {
        SegmentError::Script(error) => error,
        other => panic!("{other}"),
    };
    let mut all = Vec::new();
    while let Some(Segment { text, statements, data, .. }) = segments.next_segment().map_err(script)? {
        assert!(!statements.is_empty() && (data.is_none() || statements.len() == 1));
        let found = |found: &crate::sql::Statement| {
            (found.text(&text).to_owned(), found.line, found.column, found.verb, None::<String>)
        };
        all.extend(statements.iter().map(found));
        if data.is_some() {
            let mut whole = String::new();
            while let Some(stretch) = segments.data().map_err(script)? {
                assert!(!stretch.is_empty());
                whole.push_str(stretch);
            }
            all.last_mut().unwrap().4 = Some(whole);
        }
    }
    assert!(segments.next_segment().unwrap().is_none(), "the end stays the end");
    Ok(all)
}

fn the_same(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    let whole = as_a_whole(dialect, text);
    for window in WINDOWS {
        let found = through_a_window(dialect, text, window);
        prop_assert_eq!(&found, &whole, "{}: a window of {}: {:?}", dialect, window, text);
    }
    Ok(())
}

#[test]
fn every_case_of_the_corpus() {
    for case in cases() {
        for &dialect in &case.dialects {
            the_same(dialect, &case.script).unwrap_or_else(|error| panic!("{}: {error}", case.place));
            // Whatever follows a script, and stands before it.
            let script = format!("SELECT 1; {}\n;SELECT 'ö'\n;{}", case.script, case.script);
            the_same(dialect, &script).unwrap_or_else(|error| panic!("{}: {error}", case.place));
        }
    }
}

/// The lines that a client's are replaced by leave every place where it is.
#[test]
fn segments_are_the_script() {
    let script = "-- é\n\\restrict a\nSELECT 1;\n\\unrestrict a\nSELECT 2; -- b\n\\restrict b\nCOPY t FROM stdin;\n1\n\\.\nSELECT 3";
    let mut segments = Segments::new(Dialect::Postgres, script.as_bytes());
    let first = segments.next_segment().unwrap().unwrap();
    assert_eq!(first.text, "-- é\n           \nSELECT 1;\n             \nSELECT 2; -- b\n           ");
    let copy = segments.next_segment().unwrap().unwrap();
    assert_eq!((copy.text.as_str(), copy.begins, copy.data), ("\nCOPY t FROM stdin;\n", (6, 12), Some(8)));
    let last = segments.next_segment().unwrap().unwrap();
    assert_eq!((last.text.as_str(), last.begins, last.data), ("\nSELECT 3", (9, 3), None), "the data was passed over");
    assert!(segments.next_segment().unwrap().is_none());
}

#[test]
fn what_is_no_text() {
    let mut segments =
        Segments::with_window(Dialect::Sqlite, &b"SELECT 1;\nSELECT 'a string that goes on, \xff';"[..], 3);
    segments.next_segment().unwrap().unwrap();
    let error = segments.next_segment().unwrap_err();
    assert!(matches!(error, SegmentError::NotUtf8 { line: 2, column: 32, offset: 41 }), "{error:?}");
    let mut segments = Segments::new(Dialect::Sqlite, &b"SELECT '\xe2\x82"[..]);
    let error = segments.next_segment().unwrap_err();
    assert!(matches!(error, SegmentError::NotUtf8 { line: 1, column: 9, .. }), "{error:?}");
}

/// A window that grows for a long statement, and one that goes along many short ones, do what the whole does, a few times.
#[test]
fn work_grows_with_the_text_only() {
    let copy = |lines: usize| format!("COPY t FROM stdin;\n{}\\.\n", "\\.x\t1\n".repeat(lines));
    let scripts = [
        "INSERT INTO t VALUES (1);\n".repeat(4_000),
        format!("INSERT INTO t VALUES {}(1);\nSELECT 1;", "(1),".repeat(25_000)),
        format!("INSERT INTO t VALUES {}(1);\n", "(1),".repeat(100)).repeat(200),
        "-- a comment\n".repeat(8_000),
        ";\n".repeat(50_000),
        copy(10_000),
        copy(1).repeat(3_000),
        "\\restrict a\n".repeat(8_000),
    ];
    for script in &scripts {
        let looked = counted(|| drop(through_a_window(Dialect::Postgres, script, 256)));
        assert!(looked <= 40 * script.len() + 10_000, "{looked} of {}: {:.40}", script.len(), script);
        assert!(check(Dialect::Postgres, script, true).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text(dialect in any_dialect(), text in any::<String>()) {
        the_same(dialect, &text)?;
    }

    #[test]
    fn fragments(dialect in any_dialect(), text in sqlish()) {
        the_same(dialect, &text)?;
    }

    #[test]
    fn closed_fragments(dialect in any_dialect(), text in closed()) {
        the_same(dialect, &text)?;
    }

    /// Data with what looks like its end.
    #[test]
    fn data(parts in prop::collection::vec(prop::sample::select(vec!["\\.", "\\", ".", "\r", "\n", "\n\\.\n", "a", "é", ";",
        "COPY t FROM stdin;", "\nCOPY t FROM stdin; -- a\n", "\n\\.\r\n"]), 0..30)) {
        the_same(Dialect::Postgres, &parts.concat())?;
    }

    /// Delimiters, and what looks like them.
    #[test]
    fn delimiters(dialect in prop::sample::select(vec![Dialect::Mysql, Dialect::Mariadb]),
        parts in prop::collection::vec(prop::sample::select(vec!["DELIMITER ;;\n", "\nDELIMITER a;b\r\n", ";", "a", "b", ";;",
        "DELIMITER $$\n", "$$", "$", "\nDELIMITER ;\n", " SELECT ", "'a'", "/*!50003 ", "*/", "\n", "END", "DELIMITER", "\r"]), 0..30)) {
        the_same(dialect, &parts.concat())?;
    }
}

/// Comments speak of code wherever the parts of a script end.
#[test]
fn allowances_across_parts() {
    let filler = "INSERT INTO t VALUES (1);\n";
    for number in 0..40 {
        let script = format!(
            "{}{}-- branchline: allow a\nDROP TABLE t; -- branchline: allow b\n{filler}/* branchline: allow c */",
            filler.repeat(4),
            "\n".repeat(number)
        );
        let mut segments = Segments::with_window(Dialect::Sqlite, script.as_bytes(), 100);
        let mut read = Allowances::default();
        while let Some(segment) = segments.next_segment().unwrap() {
            read.read(Dialect::Sqlite, &segment.text, segment.begins);
        }
        let (behind, begins) = segments.rest();
        read.read(Dialect::Sqlite, behind, begins);
        assert_eq!(read.finish(), allowances(Dialect::Sqlite, &script), "{script}");
    }
}

/// What is left out of the rows of a long INSERT is nothing that counts.
#[test]
fn long_inserts_are_read_as_short_ones() {
    let rows = |row: &str, count: usize| vec![row; count].join(", ");
    for (row, end) in [
        ("(1, -2.5, 'a', NULL)", ""),
        ("(1, now())", " ON CONFLICT DO NOTHING"),
        ("(1, other(2))", ""),
        ("((SELECT max(a) FROM b, c), 1)", ""),
        ("(1, nextval('s'), (2))", " RETURNING a"),
    ] {
        let read_of = |count: usize| {
            let text = format!("INSERT INTO t (a, b) VALUES {}{end}", rows(row, count));
            let statement = statements(Dialect::Postgres, &text).unwrap().remove(0);
            read(Dialect::Postgres, &text, &statement)
        };
        assert_eq!(read_of(20_000), read_of(2), "{row}{end}");
    }
}
