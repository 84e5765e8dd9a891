//! All rules over whatever may stand in a script: none of them breaks.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::sample::select;
use proptest::strategy::Strategy;

use super::rule;
use super::script::Script;
use super::testing::read;
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::RevisionKey;
use crate::sql;
use crate::sql::tests::cases;

/// Looks at a script each way, with a transaction and without; whether it is one.
fn looked_at(dialect: Dialect, text: &str) -> bool {
    if sql::statements(dialect, text).is_err() {
        return false;
    }
    let key: RevisionKey = "auth@1".parse().unwrap();
    let before = BTreeSet::new();
    for transaction in [true, false] {
        let read = read(dialect, text, transaction);
        for direction in [Direction::Up, Direction::Down] {
            for found in rule::script(&Script::new(&key, direction, dialect, &read, &before)) {
                assert!(found.lines.contains(&found.line), "{found:?} in {text:?}");
                assert!(!found.message.is_empty() && found.column.is_some_and(|column| column > 0), "{found:?}");
            }
        }
    }
    true
}

#[test]
fn the_corpus() {
    let cases = cases::cases();
    assert!(cases.len() >= 340, "{}", cases.len());
    for case in &cases {
        for &dialect in &case.dialects {
            let is_script = looked_at(dialect, &case.script);
            assert_eq!(is_script, matches!(case.expected, cases::Expected::Statements(_)), "{}", case.place);
        }
    }
}

/// Words that rules and readings look for, and what stands between them.
const WORDS: &str = "CREATE TABLE INDEX UNIQUE ON ALTER ADD DROP COLUMN CONSTRAINT RENAME TO ( ) , . INSERT VALUES CHECK FOREIGN \
                     KEY PRIMARY REFERENCES NOT NULL VALID VALIDATE USING TYPE VALUE SET DEFAULT LOCAL GLOBAL SYSTEM = @ a \
                     é \"b\" 'c' 1 ; \n IF EXISTS MODIFY CHANGE int varchar text GENERATED ALWAYS AS IDENTITY STORED serial \
                     PRAGMA VACUUM FULL REINDEX CONCURRENTLY LOCK IN MODE CLUSTER REFRESH MATERIALIZED VIEW ENGINE \
                     ALGORITHM set_config random";

fn some_words(most: usize) -> impl Strategy<Value = String> {
    let words: Vec<&str> = WORDS.split(' ').collect();
    vec(select(words), 0..most).prop_map(|words| words.join(" "))
}

proptest::proptest! {
    #[test]
    fn any_words(script in some_words(40)) {
        for dialect in Dialect::ALL {
            looked_at(dialect, &script);
        }
    }

    #[test]
    fn any_changes(changes in vec((select(vec![",", ";\nALTER TABLE t", ";\nALTER TABLE s.é"]), some_words(8)), 1..6)) {
        let script: String = changes.iter().map(|(before, change)| format!("{before} {change}")).collect();
        for dialect in Dialect::ALL {
            looked_at(dialect, &format!("CREATE TABLE n (a int); ALTER TABLE t ADD a int{script}"));
        }
    }
}
