//! What a statement is told by: its line, its column, its verb.

use crate::dialect::Dialect;
use crate::sql::{Verb, statements};

#[test]
fn lines_columns_and_verbs() {
    let script =
        "\u{feff}-- ö\nCREATE TABLE a (b int); /* c */ insert into a\nvalues ('ö'); 'x'; (select 1);\r\n  drop table a";
    let found = statements(Dialect::Postgres, script).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.line, found.column, found.verb)).collect();
    let expected =
        [(2, 1, Verb::Create), (2, 33, Verb::Insert), (3, 15, Verb::Other), (3, 20, Verb::Select), (4, 3, Verb::Drop)];
    assert_eq!(found, expected);
}
