//! What the catalog says of a statement whose session died.
//!
//! Names are compared here and not by the server: its own comparison in the catalog takes no heed of case, even where tables
//! are told apart by it, and takes letters for the same that names do not.

use sqlx::{Executor, Row};

use crate::sql::{Answer, ObjectName, Question, Thing};

use super::super::error::DatabaseError;
use super::Mysql;

const RELATIONS: &str = "SELECT CAST(table_name AS char), CAST(table_name AS char) FROM information_schema.tables WHERE \
                         table_schema = coalesce(?, database()) AND table_name = ?";
const COLUMNS: &str = "SELECT CAST(table_name AS char), CAST(column_name AS char) FROM information_schema.columns WHERE \
                       table_schema = coalesce(?, database()) AND table_name = ?";
const INDEXES: &str = "SELECT CAST(table_name AS char), CAST(index_name AS char) FROM information_schema.statistics WHERE \
                       table_schema = coalesce(?, database()) AND table_name = ?";
const CONSTRAINTS: &str = "SELECT CAST(table_name AS char), CAST(constraint_name AS char) FROM \
                           information_schema.table_constraints WHERE table_schema = coalesce(?, database()) AND \
                           table_name = ?";
const TRIGGERS: &str = "SELECT CAST(trigger_name AS char), CAST(trigger_name AS char) FROM information_schema.triggers WHERE \
                        trigger_schema = coalesce(?, database()) AND trigger_name = ?";
const FUNCTIONS: &str = "SELECT '', CAST(routine_name AS char) FROM information_schema.routines WHERE routine_schema = \
                         coalesce(?, database()) AND routine_name = ? AND routine_type = 'FUNCTION'";
const PROCEDURES: &str = "SELECT '', CAST(routine_name AS char) FROM information_schema.routines WHERE routine_schema = \
                          coalesce(?, database()) AND routine_name = ? AND routine_type = 'PROCEDURE'";
const SCHEMAS: &str = "SELECT CAST(schema_name AS char), CAST(schema_name AS char) FROM information_schema.schemata WHERE ? IS \
                       NULL AND schema_name = ?";
/// The type says which values there are.
const TYPES: &str = "SELECT CAST(column_name AS char), CAST(column_type AS char) FROM information_schema.columns WHERE \
                     table_schema = coalesce(?, database()) AND table_name = ?";

/// What the primary key's index is called, whatever the statement called it.
const PRIMARY: &str = "PRIMARY";

/// Tables that keep rows, and whether what is written to them can be taken back.
const KEPT: &str = "information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine WHERE \
                    t.table_type NOT IN ('VIEW', 'SYSTEM VIEW', 'SEQUENCE') AND coalesce(e.transactions, 'NO')";

/// Where names are kept.
struct Catalog {
    query: &'static str,
    /// Whether the first of the two names that come back is a file's on some systems, and told apart by its case there.
    of_files: bool,
}

const fn of_files(query: &'static str) -> Catalog {
    Catalog { query, of_files: true }
}

/// What a statement that writes to a table may run besides: the table's triggers, and functions where names without a database
/// are looked for, the statement's and the triggers'.
const OTHERS: &str = "SELECT CAST(event_object_table AS char), '' FROM information_schema.triggers WHERE event_object_schema = \
                      coalesce(?, database()) AND event_object_table = ? UNION ALL SELECT CAST(routine_name AS char), '' FROM \
                      information_schema.routines WHERE routine_type = 'FUNCTION' AND routine_schema = database()";

impl Mysql {
    pub(in super::super) async fn answers(&mut self, questions: &[Question]) -> Result<Vec<Answer>, DatabaseError> {
        let mut answers = Vec::with_capacity(questions.len());
        for question in questions {
            let answer = match question {
                Question::IsThere(thing) => self.is_there(thing).await,
                Question::RowsRollBack(tables) => self.rows_roll_back(tables.as_deref()).await,
            };
            answers.push(match answer.map_err(|error| self.explain(&error))? {
                Some(true) => Answer::Yes,
                Some(false) => Answer::No,
                None => Answer::Unknown,
            });
        }
        Ok(answers)
    }

    async fn is_there(&mut self, thing: &Thing) -> Result<Option<bool>, sqlx::Error> {
        let by_name = |name: &ObjectName| (name.clone(), name.name.clone());
        let (catalog, (place, name)) = match thing {
            Thing::Relation(_, name) => (of_files(RELATIONS), by_name(name)),
            Thing::Column { table, name } => (of_files(COLUMNS), (table.clone(), name.clone())),
            Thing::Index { table: Some(table), name } => (of_files(INDEXES), (table.clone(), name.name.clone())),
            Thing::Constraint { table, name } => (of_files(CONSTRAINTS), (table.clone(), name.clone())),
            Thing::PrimaryKey(table) => (of_files(INDEXES), (table.clone(), PRIMARY.to_owned())),
            Thing::Trigger(name) => (of_files(TRIGGERS), by_name(name)),
            Thing::Function(name) => (Catalog { query: FUNCTIONS, of_files: false }, by_name(name)),
            Thing::Procedure(name) => (Catalog { query: PROCEDURES, of_files: false }, by_name(name)),
            Thing::Schema(name) => (of_files(SCHEMAS), (ObjectName { schema: None, name: name.clone() }, name.clone())),
            Thing::EnumValue { table, column, value } => return self.has_value(table, column, value).await.map(Some),
            Thing::Index { table: None, .. } => return Ok(None),
        };
        let case_counts =
            catalog.of_files && self.text_of("SELECT CAST(@@lower_case_table_names AS char)").await? == "0";
        let found = self.names(catalog.query, &place).await?;
        Ok(Some(found.iter().any(|(kept, found)| {
            let is_place = if case_counts { *kept == place.name } else { !catalog.of_files || same(kept, &place.name) };
            is_place && same(found, &name)
        })))
    }

    async fn has_value(&mut self, table: &ObjectName, column: &str, value: &str) -> Result<bool, sqlx::Error> {
        let literal = format!("'{}'", value.replace('\'', "''"));
        let found = self.names(TYPES, table).await?;
        // enum('one','two')
        Ok(found.iter().filter(|(name, _)| same(name, column)).any(|(_, kind)| {
            kind.match_indices(&literal)
                .any(|(at, _)| kind[..at].ends_with(['(', ',']) && kind[at + literal.len()..].starts_with([')', ',']))
        }))
    }

    /// Whether what these tables were given goes with a ROLLBACK. A trigger or a function may write to others.
    async fn rows_roll_back(&mut self, tables: Option<&[ObjectName]>) -> Result<Option<bool>, sqlx::Error> {
        let keeping = format!(
            "SELECT CAST(count(*) AS char) FROM {KEPT} <> 'YES' AND t.table_schema NOT IN ('mysql', 'sys', \
             'performance_schema', 'information_schema')"
        );
        if self.text_of(&keeping).await? == "0" {
            return Ok(Some(true));
        }
        let Some(tables) = tables else { return Ok(Some(false)) };
        let giving = format!(
            "SELECT CAST(t.table_name AS char), '' FROM {KEPT} = 'YES' AND t.table_schema = coalesce(?, database()) AND \
             t.table_name = ?"
        );
        for table in tables {
            let gives = self.names(&giving, table).await?.iter().any(|(found, _)| *found == table.name);
            if !gives || !self.names(OTHERS, table).await?.is_empty() {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    /// Two columns of text, of what is kept under this name.
    async fn names(&mut self, query: &str, name: &ObjectName) -> Result<Vec<(String, String)>, sqlx::Error> {
        let asked = sqlx::query(sqlx::AssertSqlSafe(query.to_owned())).bind(&name.schema).bind(&name.name);
        let rows = self.connection.fetch_all(asked.persistent(false)).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    async fn text_of(&mut self, query: &str) -> Result<String, sqlx::Error> {
        let row = self.connection.fetch_one(sqlx::raw_sql(sqlx::AssertSqlSafe(query.to_owned()))).await?;
        row.try_get(0)
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
