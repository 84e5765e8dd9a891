//! What the catalog says of a statement whose session died. Whatever can be in a transaction is one with the note that it is
//! done, so that only indexes are ever asked for.

use sqlx::postgres::PgRow;
use sqlx::{Executor, Row};

use crate::sql::{Answer, ObjectName, Question, Thing};

use super::super::error::DatabaseError;
use super::Postgres;

const OF_TABLE: &str = "SELECT i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE \
                        i.indrelid = pg_catalog.to_regclass($1) AND c.relname = $2";
const BY_NAME: &str = "SELECT i.indisvalid FROM pg_catalog.pg_index i WHERE i.indexrelid = pg_catalog.to_regclass($1)";

impl Postgres {
    pub(in super::super) async fn answers(&mut self, questions: &[Question]) -> Result<Vec<Answer>, DatabaseError> {
        let mut answers = Vec::with_capacity(questions.len());
        for question in questions {
            answers.push(match question {
                Question::IsThere(Thing::Index { table, name }) => {
                    self.index(table.as_ref(), name).await.map_err(|error| self.explain(&error))?
                }
                _ => Answer::Unknown,
            });
        }
        Ok(answers)
    }

    async fn index(&mut self, table: Option<&ObjectName>, name: &ObjectName) -> Result<Answer, sqlx::Error> {
        let asked = match table {
            Some(table) => sqlx::query(OF_TABLE).bind(quoted(table)).bind(&name.name),
            None => sqlx::query(BY_NAME).bind(quoted(name)),
        };
        let found: Option<PgRow> = self.connection.fetch_optional(asked.persistent(false)).await?;
        let Some(row) = found else { return Ok(Answer::No) };
        Ok(if row.try_get(0)? { Answer::Yes } else { Answer::HalfBuilt })
    }
}

/// A name as `to_regclass` reads it.
pub(super) fn quoted(name: &ObjectName) -> String {
    let quote = |part: &String| format!("\"{}\"", part.replace('"', "\"\""));
    let parts: Vec<String> = name.schema.iter().chain([&name.name]).map(quote).collect();
    parts.join(".")
}
