//! Lint: whatever a script says, the rules come to an end, and point at lines that are there.

#![no_main]

use std::collections::BTreeSet;

use branchline::dialect::Dialect;
use branchline::direction::Direction;
use branchline::lint::{self, ReadScript, Script};
use branchline::names::RevisionKey;
use branchline::sql::{self, ReadStatement, ScriptReading};
use libfuzzer_sys::fuzz_target;

fn read(dialect: Dialect, text: &str, transaction: bool) -> Option<ReadScript> {
    let mut reading = ScriptReading { allowances: sql::allowances(dialect, text), ..ScriptReading::default() };
    for statement in sql::statements(dialect, text).ok()? {
        let read = sql::read(dialect, text, &statement);
        reading.effects.known.extend(read.effects.known.iter().map(|effect| (statement.line, effect.clone())));
        reading.effects.unknown.extend(read.effects.unknown.then_some(statement.line));
        let own = statement.text(text).to_owned();
        reading.statements.push(ReadStatement {
            line: statement.line,
            column: Some(statement.column),
            last_line: statement.line + own.matches('\n').count(),
            text: own,
            start: statement.range.start,
            reading: read,
        });
    }
    Some(ReadScript { file: "up.sql".into(), transaction, derived: false, reading })
}

fuzz_target!(|text: &str| {
    let revision: RevisionKey = "auth@1".parse().expect("a revision");
    let lines = text.matches('\n').count() + 1;
    let _ = sql::allowances_in_toml(text);
    let before = BTreeSet::new();
    for dialect in Dialect::ALL {
        for transaction in [true, false] {
            let Some(script) = read(dialect, text, transaction) else { continue };
            for direction in [Direction::Up, Direction::Down] {
                for found in lint::script_rules(&Script::new(&revision, direction, dialect, &script, &before)) {
                    assert!((1..=lines).contains(&found.line), "{dialect}: {found:?}");
                    assert!(!found.message.is_empty());
                }
            }
        }
    }
});
