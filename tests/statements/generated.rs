//! Scripts made at random: of pieces that close what they open, with a mark that opens or closes something put in between.
//!
//! Most of them an engine refuses. Where it takes one, the scanner must have found as many statements; where the scanner finds
//! something without an end, the engine must have refused it.

use std::cell::{Cell, RefCell};

use branchline::dialect::Dialect;
use branchline::sql::statements;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::TestRunner;

use super::judge::Judge;
use super::support::Engine;

const CASES: u32 = 1_500;

/// What every dialect takes where a value stands.
const VALUES: &[&str] =
    &["1", "';'", "'a''b;'", "'--'", "'/*'", "(SELECT 2)", "CASE WHEN 1 = 1 THEN 2 END", "1.5", "'é;'"];

/// Between tokens.
const GAPS: &[&str] =
    &[" ", "\n", "\t", " /* ; */ ", " /* ' */ ", " -- ;\n", " -- '\n", "\r\n", " /**/ ", " /*;*/--\n"];

/// Between statements.
const ENDS: &[&str] = &["; ", ";\n", " ; -- ;\n", ";/* ; */", " /* ' */;", "\n;\n"];

/// What opens or closes something, in one dialect or another.
const MARKS: &[&str] = &[
    "'",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "$",
    "\\",
    "\\'",
    "/*",
    "*/",
    "/*!",
    "/*!50000 ",
    "/*M!",
    "--",
    "-- ",
    "#",
    ";",
    "E'",
    "e'",
    "U&'",
    "x'",
    "N'",
    "\n",
    "\r",
    "'\n'",
    "'\\''",
    "E'\\'",
    "é$",
    "1$",
    "*",
    "/",
    "-",
    "(",
    ")",
    "END",
    "BEGIN ",
    "_latin1'",
    "@'",
    "@`",
    "$1",
    "::",
    "||",
    "''",
    "\"\"",
    "``",
    "$$;$$",
    "$é$",
    "\u{b}",
    "\u{c}",
    "\u{feff}",
    "/*/",
    "/*+",
    "\\N",
    "0x",
    "1e",
    "CASE ",
    "--\u{1}",
];

/// What only this engine takes where a value stands.
const fn values(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Postgres => &[
            "$$;$$",
            "$a$;$$'$a$",
            "E'\\';'",
            "e'\\\\'",
            "'\\'",
            "'a'\n';'",
            "E'a'\n'\\';'",
            "'a' -- ';\n'b;'",
            "U&'d\\0061;'",
            "1 AS \";\"",
            "1 a$b$",
            "ARRAY[1]",
            "B'1'",
            "/* /* ; */ ' */ 3",
            "2 +-- ;\n2",
            "$é$;$é$",
            "1 AS \"E\"\"'\"",
        ],
        Engine::Mariadb => &[
            "'\\';'",
            "\"\\\";\"",
            "'\\\\'",
            "\"a\"\";'\"",
            "1 AS `a``;`",
            "5--1",
            "1 # ;'\n",
            "/*! 1, */ 2",
            "/*!50000 ';' */",
            "/*!80000 ' ; */ 1",
            "/*M! ';' */",
            "_utf8mb4'\\';'",
            "N';'",
            "@a",
            "@`;`",
            "@';'",
            "\\N",
            "1 AS a$b",
            "1 AS $a",
            "/*M!999999\\- ' */ 1",
            "'a' ';'",
        ],
        Engine::Sqlite => &["'\\'", "1 AS [;']", "1 AS `;'`", "1 AS \"a\"\";\"", "x'3B'", "1 AS a$b", "1 -- ;'\r;\n"],
    }
}

/// Statements of more than a line, with others inside. What they make is gone before the next script.
const fn wholes(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Postgres => &[
            "DO $$ BEGIN NULL; END $$",
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT CASE WHEN true THEN 1 END; END",
            "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC END",
            "CREATE OR REPLACE RULE r AS ON DELETE TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
        ],
        Engine::Mariadb => &[
            "BEGIN NOT ATOMIC SET @x = 1; SET @y = CASE WHEN 1 THEN 2 END; END",
            "IF 1 THEN SET @x = 1; ELSE SET @x = IF(1, 2, 3); END IF",
            "l: LOOP SET @x = 1; LEAVE l; END LOOP l",
            "REPEAT SET @x = REPEAT('a;', 2); UNTIL 1 END REPEAT",
            "FOR i IN 1..2 DO SET @x = i; END FOR",
        ],
        Engine::Sqlite => &[
            "CREATE TRIGGER IF NOT EXISTS z AFTER INSERT ON a BEGIN SELECT 1 AS end; SELECT CASE WHEN 1 THEN 2 END; END",
            "EXPLAIN CREATE TRIGGER z AFTER INSERT ON a BEGIN DELETE FROM b; END",
        ],
    }
}

fn script(engine: Engine) -> impl Strategy<Value = String> {
    let value = Union::new([prop::sample::select(VALUES), prop::sample::select(values(engine))]);
    let gap = || prop::sample::select(GAPS);
    let select = (gap(), prop::collection::vec((value, gap()), 1..4)).prop_map(|(first, values)| {
        let values: Vec<String> = values.into_iter().map(|(value, gap)| format!("{value}{gap}")).collect();
        format!("SELECT{first}{}", values.join(","))
    });
    let statement = prop_oneof![5 => select, 1 => prop::sample::select(wholes(engine)).prop_map(str::to_owned)];
    let parts = prop::collection::vec((statement, prop::sample::select(ENDS)), 1..5);
    let text = parts.prop_map(|parts| parts.into_iter().map(|(statement, end)| format!("{statement}{end}")).collect());
    let mark = (prop::sample::select(MARKS), any::<prop::sample::Index>());
    (text, prop::collection::vec(mark, 0..3)).prop_map(|(text, marks): (String, _)| {
        marks.into_iter().fold(text, |text, (mark, at)| {
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
            let (before, after) = text.split_at(places[at.index(places.len())]);
            format!("{before}{mark}{after}")
        })
    })
}

fn agrees(engine: Engine, dialect: Dialect) {
    let judge = RefCell::new(Judge::new(engine));
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let taken = Cell::new(0);
    let outcome = TestRunner::new(config).run(&script(engine), |text| {
        let found = statements(dialect, &text);
        // An empty text is an error on MariaDB, and our runs never send one.
        let sent = match &found {
            Ok(found) if found.is_empty() => return Ok(()),
            Ok(found) if engine == Engine::Mariadb => found.last().map_or("", |last| &text[..last.range.end]),
            _ => text.as_str(),
        };
        let seen = judge.borrow_mut().whole(sent);
        match (&found, &seen.outcome) {
            (Ok(found), Ok(())) => {
                prop_assert_eq!(found.len(), seen.statements);
                let parts: Vec<_> = found.iter().map(|statement| (statement.text(&text), None)).collect();
                for (alone, (sql, _)) in judge.borrow_mut().each(&parts).iter().zip(&parts) {
                    prop_assert!(alone.statements == 1 && alone.outcome.is_ok(), "{sql:?}: {}", alone.shown());
                }
            }
            (Ok(found), Err(error)) => {
                prop_assert!(seen.statements <= found.len(), "{} seen, {error}", seen.statements)
            }
            // SQLite takes a comment that does not end.
            (Err(error), Ok(())) => {
                prop_assert!(engine == Engine::Sqlite && error.to_string().starts_with("a comment"), "{error}");
            }
            (Err(_), Err(_)) => {}
        }
        taken.set(taken.get() + u32::from(seen.outcome.is_ok()));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{engine}: {error}"));
    let taken = taken.get();
    assert!(taken > CASES / 5, "{engine}: only {taken} of {CASES} were taken");
}

#[test]
fn postgres_sees_what_the_scanner_sees() {
    agrees(Engine::Postgres, Dialect::Postgres);
}

#[test]
fn mariadb_sees_what_the_scanner_sees() {
    agrees(Engine::Mariadb, Dialect::Mariadb);
}

#[test]
fn sqlite_sees_what_the_scanner_sees() {
    agrees(Engine::Sqlite, Dialect::Sqlite);
}
