//! What never ends is refused where it began.

use super::{ALL, BOTH_MYSQL, MARIADB, NOT_POSTGRES, POSTGRES, SQLITE};
use crate::dialect::Dialect;
use crate::sql::{Construct, ScriptErrorKind, statements};

type Case = (&'static [Dialect], &'static str, usize, usize, Construct);

#[test]
fn is_refused_where_it_began() {
    let cases: &[Case] = &[
        (ALL, "SELECT 1;\n  SELECT 'a; b\n", 2, 10, Construct::String),
        (ALL, "'", 1, 1, Construct::String),
        (ALL, "'''", 1, 1, Construct::String),
        (ALL, "SELECT 1 /* a\n;", 1, 10, Construct::Comment),
        (ALL, "/*/", 1, 1, Construct::Comment),
        (ALL, "SELECT x'00", 1, 8, Construct::String),
        (POSTGRES, "/* a /* b */ ;", 1, 1, Construct::NestedComment),
        (NOT_POSTGRES, "/* a /* b", 1, 1, Construct::Comment),
        (POSTGRES, "SELECT \"a;", 1, 8, Construct::QuotedIdentifier),
        (POSTGRES, "ö;SELECT E'a\\'; ", 1, 10, Construct::String),
        (POSTGRES, "SELECT E'a'\n'\\'; ", 1, 8, Construct::String),
        (POSTGRES, "\r\nSELECT $x$ $$ $X$;", 2, 8, Construct::DollarQuote),
        (POSTGRES, "SELECT $$ $ $", 1, 8, Construct::DollarQuote),
        (POSTGRES, "CREATE FUNCTION f()\nBEGIN ATOMIC SELECT 1; SELECT 2;", 2, 1, Construct::Body),
        (POSTGRES, "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 END;", 1, 21, Construct::Body),
        (POSTGRES, "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2", 1, 36, Construct::RuleBody),
        (POSTGRES, "SELECT 1;\n COPY t FROM stdin;\n1\n", 2, 2, Construct::CopyData),
        (POSTGRES, "COPY t FROM stdin", 1, 1, Construct::CopyData),
        (POSTGRES, "COPY t FROM stdin;", 1, 1, Construct::CopyData),
        (POSTGRES, "COPY t FROM stdin;\n1\\.\n \\.\n\\. \n\\.x", 1, 1, Construct::CopyData),
        (POSTGRES, "COPY a.t (b, c) FROM STDIN WITH (FORMAT csv);\n1,2\n", 1, 1, Construct::CopyData),
        (BOTH_MYSQL, "SELECT \"a;", 1, 8, Construct::String),
        (BOTH_MYSQL, "DELIMITER //\nCREATE PROCEDURE p()\nBEGIN SELECT 1;//\n", 3, 1, Construct::Body),
        (BOTH_MYSQL, "DELIMITER //\nSELECT 1 /*! // */\n", 2, 10, Construct::Comment),
        (BOTH_MYSQL, "DELIMITER //\nSELECT '//\n", 2, 8, Construct::String),
        (BOTH_MYSQL, r"SELECT 'a\'; ", 1, 8, Construct::String),
        (BOTH_MYSQL, "SELECT /*!40000 1; SELECT 2;", 1, 8, Construct::Comment),
        (BOTH_MYSQL, "CREATE PROCEDURE p()\n BEGIN BEGIN SELECT 1; END; SELECT 2;", 2, 2, Construct::Body),
        (BOTH_MYSQL, "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF a THEN SELECT 1;", 1, 50, Construct::Body),
        (MARIADB, "SELECT 1; BEGIN NOT ATOMIC SELECT 1;", 1, 11, Construct::Body),
        (NOT_POSTGRES, "SELECT `a;", 1, 8, Construct::QuotedIdentifier),
        (SQLITE, "SELECT \"a;", 1, 8, Construct::QuotedIdentifier),
        (SQLITE, "SELECT [a;", 1, 8, Construct::QuotedIdentifier),
        (SQLITE, "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN SELECT 1; SELECT 2;", 2, 1, Construct::Body),
    ];
    for (dialects, script, line, column, construct) in cases {
        for &dialect in *dialects {
            let error = statements(dialect, script).expect_err(script);
            let found = (error.line, error.column, error.kind.clone());
            assert_eq!(found, (*line, *column, ScriptErrorKind::Unterminated(*construct)), "{dialect}: {script:?}");
        }
    }
}
