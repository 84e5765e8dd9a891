//! What a dump of PostgreSQL brings along besides SQL.

use crate::dialect::Dialect;
use crate::sql::{check, statements};

#[test]
fn copy_with_its_data() {
    let script = "\u{feff}\\restrict aB1\r\nCOPY t (a, b) FROM stdin;\r\n1\t'\r\n$$;\t\\\\.\r\n\\.\r\n\r\nSELECT 1;\n                  copy a.b from\nSTDIN (FORMAT csv) ; -- now\n\\.\nCOPY c FROM STDIN;\n;\n\\.";
    let found = statements(Dialect::Postgres, script).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.line, found.text(script), found.data(script))).collect();
    let expected = [
        (2, "COPY t (a, b) FROM stdin", Some("1\t'\r\n$$;\t\\\\.\r\n")),
        (7, "SELECT 1", None),
        (8, "copy a.b from\nSTDIN (FORMAT csv)", Some("")),
        (11, "COPY c FROM STDIN", Some(";\n")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn lines_for_psql_are_left_out() {
    let script = "\\restrict aB1\nSELECT 1;\n  \\unrestrict aB1 \r\n-- end\n";
    let checked = check(Dialect::Postgres, script, true).unwrap();
    let lines: Vec<&str> = checked.client_lines.iter().map(|range| &script[range.clone()]).collect();
    assert_eq!(lines, ["\\restrict aB1", "\\unrestrict aB1 \r"]);
    assert_eq!(checked.statements.len(), 1);
}
