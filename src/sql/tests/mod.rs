//! The scanner against a corpus, against itself on arbitrary input, and against long scripts.

#[allow(dead_code, reason = "the flags are for the engines")]
#[path = "../../../tests/support/corpus.rs"]
pub(crate) mod cases;
mod corpus;
mod destructive;
mod doubt;
mod dump;
mod effect;
mod generated;
mod long;
mod places;
mod properties;
mod refused;
mod segments;

use crate::dialect::Dialect;

const ALL: &[Dialect] = &Dialect::ALL;
const POSTGRES: &[Dialect] = &[Dialect::Postgres];
const MYSQL: &[Dialect] = &[Dialect::Mysql];
const MARIADB: &[Dialect] = &[Dialect::Mariadb];
const BOTH_MYSQL: &[Dialect] = &[Dialect::Mysql, Dialect::Mariadb];
const SQLITE: &[Dialect] = &[Dialect::Sqlite];
const NOT_MYSQL: &[Dialect] = &[Dialect::Postgres, Dialect::Sqlite];
