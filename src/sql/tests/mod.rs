//! The scanner against a corpus, against itself on arbitrary input, and against long scripts.

mod common;
mod destructive;
mod effect;
mod generated;
mod long;
mod mysql;
mod postgres;
mod properties;
mod refused;
mod sqlite;
mod unterminated;

use super::statements;
use crate::dialect::Dialect;

const ALL: &[Dialect] = &Dialect::ALL;
const POSTGRES: &[Dialect] = &[Dialect::Postgres];
const MYSQL: &[Dialect] = &[Dialect::Mysql];
const MARIADB: &[Dialect] = &[Dialect::Mariadb];
const BOTH_MYSQL: &[Dialect] = &[Dialect::Mysql, Dialect::Mariadb];
const SQLITE: &[Dialect] = &[Dialect::Sqlite];
const NOT_MYSQL: &[Dialect] = &[Dialect::Postgres, Dialect::Sqlite];
const NOT_POSTGRES: &[Dialect] = &[Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];

/// Dialects, a script, its statements.
type Case = (&'static [Dialect], &'static str, &'static [&'static str]);

fn holds(cases: &[Case]) {
    for (dialects, script, expected) in cases {
        for &dialect in *dialects {
            match statements(dialect, script) {
                Ok(found) => {
                    let found: Vec<&str> = found.iter().map(|statement| statement.text(script)).collect();
                    assert_eq!(&found, expected, "{dialect}: {script:?}");
                }
                Err(error) => panic!("{dialect}: {script:?}: {error} at {}:{}", error.line, error.column),
            }
        }
    }
}
