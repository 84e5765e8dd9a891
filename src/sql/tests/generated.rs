//! Stored programs made from their grammar: however deep they nest, each is one statement, and the next one is the next.

use proptest::prelude::*;

use crate::dialect::Dialect;
use crate::sql::statements;

/// Statements full of words that open blocks elsewhere.
const LEAVES: &[&str] = &[
    "SELECT 1",
    "SET x = IF(a, 1, 2)",
    "SET x = REPEAT('; END', 2)",
    "SELECT CASE WHEN a THEN b ELSE CASE c WHEN 1 THEN 2 END END AS end",
    "SELECT t.end, t.case, t.begin FROM t WHERE t.if = CASE a WHEN b THEN c END",
    "DO SLEEP(1)",
    "DO IF(a, 1, 2)",
    "INSERT INTO t VALUES (1), ('BEGIN')",
    "UPDATE t SET a = CASE WHEN b THEN 1 END WHERE c /* BEGIN */",
    "DROP TABLE IF EXISTS t -- IF;\n",
    "CREATE TABLE IF NOT EXISTS t (a INT)",
    "SELECT REPLACE(a, 'x', 'y'), TRUNCATE(b, 1) INTO x FROM t FOR UPDATE",
    "SET x = @end + @case",
    "BEGIN END",
];

fn statement() -> impl Strategy<Value = String> {
    prop::sample::select(LEAVES).prop_map(str::to_owned).prop_recursive(5, 40, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4).prop_map(|list| list.join("; ") + "; ");
        prop_oneof![
            list.clone().prop_map(|list| format!("BEGIN {list}END")),
            list.clone().prop_map(|list| format!("l: BEGIN {list}END l")),
            (list.clone(), list.clone()).prop_map(|(a, b)| format!("IF a THEN {a}ELSE {b}END IF")),
            (list.clone(), list.clone())
                .prop_map(|(a, b)| format!("IF CASE WHEN a THEN b END THEN {a}ELSEIF IF(a, b, c) THEN {b}END IF")),
            (list.clone(), list.clone())
                .prop_map(|(a, b)| format!("CASE WHEN a = CASE b WHEN 1 THEN 2 END THEN {a}ELSE {b}END CASE")),
            list.clone().prop_map(|list| format!("CASE a WHEN 1 THEN {list}END CASE")),
            list.clone().prop_map(|list| format!("l: LOOP {list}LEAVE l; END LOOP l")),
            list.clone().prop_map(|list| format!("WHILE a < CASE b WHEN 1 THEN 2 END DO {list}END WHILE")),
            list.clone().prop_map(|list| format!("REPEAT {list}UNTIL CASE a WHEN 1 THEN 2 END END REPEAT")),
            (inner.clone(), list.clone()).prop_map(|(handler, list)| format!(
                "BEGIN DECLARE y INT DEFAULT CASE a WHEN 1 THEN 2 END; DECLARE EXIT HANDLER FOR NOT FOUND, SQLSTATE '23000' {handler}; {list}END"
            )),
        ]
    })
}

/// What stands before the body.
const HEADS: &[&str] = &[
    "CREATE PROCEDURE p(a INT, b INT, c INT, INOUT x TEXT)",
    "CREATE OR REPLACE DEFINER=`a`@`%` PROCEDURE p(a INT, b INT, c INT, INOUT x TEXT) MODIFIES SQL DATA COMMENT 'BEGIN'",
    "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY ENABLE DO",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stored_programs(head in prop::sample::select(HEADS), body in statement(), mariadb in any::<bool>()) {
        let dialect = if mariadb { Dialect::Mariadb } else { Dialect::Mysql };
        let script = format!("{head} {body};\nSELECT 99;");
        let found = statements(dialect, &script);
        let found = found.map_err(|error| TestCaseError::fail(format!("{script}: {error}")))?;
        prop_assert_eq!(found.len(), 2, "{}", script);
        prop_assert_eq!(found[1].text(&script), "SELECT 99");
    }
}
