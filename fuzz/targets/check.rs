//! Scripts as the engines are to run them, in all dialects: what is accepted holds the statements that the scanner sees.

#![no_main]

use branchline::dialect::Dialect;
use branchline::sql;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for dialect in Dialect::ALL {
        let by_statement = sql::check(dialect, text, false);
        let in_transaction = sql::check(dialect, text, true);
        let Ok(checked) = &by_statement else {
            assert!(in_transaction.is_err(), "{dialect}: a transaction allows more: {in_transaction:?}");
            continue;
        };
        assert!(in_transaction.is_err() || in_transaction == by_statement, "{dialect}");
        assert_eq!(Ok(&checked.statements), sql::statements(dialect, text).as_ref(), "{dialect}");
        for lost in &checked.destructive {
            let statement = &checked.statements[lost.statement];
            assert_eq!(lost.line, statement.line, "{dialect}");
        }
        let mut end = 0;
        for line in &checked.client_lines {
            assert!(line.start >= end && text.get(line.clone()).is_some(), "{dialect}: {line:?}");
            let apart = |statement: &sql::Statement| statement.end() <= line.start || line.end <= statement.range.start;
            assert!(checked.statements.iter().all(apart), "{dialect}: {line:?} is within a statement");
            end = line.end;
        }
    }
});
