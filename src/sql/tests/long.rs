//! Long scripts: what would take minutes if anything were looked at again and again, or overflow the stack.

use crate::dialect::Dialect;
use crate::sql::{check, statements, tokens};

/// Twice the text, twice the steps: a scanner that is quadratic does not come back from these in a test's time.
const MANY: usize = 100_000;

#[test]
fn many_statements_on_one_line() {
    let script = "INSERT INTO t VALUES (1);".repeat(MANY);
    for dialect in Dialect::ALL {
        let found = statements(dialect, &script).unwrap();
        assert_eq!(found.len(), MANY);
        assert_eq!(found[MANY - 1].column, (MANY - 1) * 25 + 1);
    }
    assert_eq!(check(Dialect::Postgres, &script, true).unwrap().statements.len(), MANY);
}

#[test]
fn deep_nesting() {
    for dialect in Dialect::ALL {
        let script = format!("SELECT {}1{};", "(".repeat(MANY), ")".repeat(MANY));
        assert_eq!(statements(dialect, &script).unwrap().len(), 1);
    }
    let comment = format!("{}{}SELECT 1", "/*".repeat(MANY), "*/".repeat(MANY));
    assert_eq!(statements(Dialect::Postgres, &comment).unwrap().len(), 1);
    let program = format!("CREATE PROCEDURE p() {}{};", "BEGIN ".repeat(MANY), "END;".repeat(MANY - 1) + "END");
    assert_eq!(statements(Dialect::Mysql, &program).unwrap().len(), 1);
    let delete = format!("WITH a AS {} SELECT 1", "(DELETE FROM ".repeat(MANY));
    assert_eq!(statements(Dialect::Postgres, &delete).unwrap().len(), 1);
}

#[test]
fn what_never_closes_is_read_once() {
    for unit in ["$a ", "$a$b$c", "a$", "'a'\n-- b\n", "/ *", "-", "E'' ", "1e", "$1"] {
        let script = unit.repeat(MANY);
        for dialect in Dialect::ALL {
            assert!(tokens(dialect, &script).count() > 0, "{unit:?}");
        }
    }
}

#[test]
fn what_is_for_clients_is_read_once() {
    let copies = "COPY t FROM stdin;\n\\.x\n\\.\n".repeat(MANY);
    assert_eq!(statements(Dialect::Postgres, &copies).unwrap().len(), MANY);
    let lines = "\\restrict a\n".repeat(MANY);
    assert_eq!(check(Dialect::Postgres, &lines, true).unwrap().client_lines.len(), MANY);
    let delimiters = format!("DELIMITER aaaaaaaaaaaaaab\n{}", "DELIMITER //\nSELECT a//\n".repeat(MANY));
    assert_eq!(statements(Dialect::Mariadb, &delimiters).unwrap().len(), MANY);
    let word = format!("DELIMITER aaaaaaaaaaaaaab\nSELECT {};", "a".repeat(MANY * 10));
    assert_eq!(statements(Dialect::Mysql, &word).unwrap().len(), 1);
}
