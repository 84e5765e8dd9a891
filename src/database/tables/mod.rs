//! The four state tables, written once for all engines through sea-query.
//!
//! Statements come with their values in place, quoted by sea-query: PostgreSQL then takes a script, its state row and its
//! event in one round trip. No value here is SQL; scripts never pass through this module.

mod deleted;
mod journal;
mod references;

pub(super) use deleted::{DELETED, Of};

use sea_query::{
    Alias, ColumnDef, Expr, ExprTrait, Func, Index, IntoTableRef, MysqlQueryBuilder, PostgresQueryBuilder, Query,
    QueryStatementBuilder, SimpleExpr, SqliteQueryBuilder, Table, TableCreateStatement, TableRef,
};

use crate::direction::Direction;
use crate::names::{BranchName, LONGEST, RevisionId};
use crate::plan::{Binding, Progress, RecordedState};
use crate::redact;

use super::mysql::text::MysqlText;
use super::record::{Event, StepRecord};

/// The layout of the tables, kept in every binding so that a later version knows what it finds.
pub(super) const LAYOUT: i32 = 1;

const NAME_LENGTH: u32 = LONGEST as u32;

const BINDING: &str = "branchline_binding";
const REVISION: &str = "branchline_revision";
const REFERENCE: &str = "branchline_reference";
const EVENT: &str = "branchline_event";

/// How an engine writes what the tables need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flavor {
    /// PostgreSQL, with the schema that holds the tables.
    Postgres { schema: String },
    /// MySQL and MariaDB.
    Mysql,
    /// SQLite.
    Sqlite,
}

impl Flavor {
    fn created(&self, table: &TableCreateStatement) -> String {
        match self {
            Self::Postgres { .. } => table.to_string(PostgresQueryBuilder),
            Self::Mysql => table.to_string(MysqlQueryBuilder),
            Self::Sqlite => table.to_string(SqliteQueryBuilder),
        }
    }

    /// A statement in the flavor's own SQL, with its values in place.
    fn written(&self, statement: &impl QueryStatementBuilder) -> String {
        let mut text = String::new();
        match self {
            Self::Postgres { .. } => statement.build_collect_any_into(&PostgresQueryBuilder, &mut text),
            Self::Sqlite => statement.build_collect_any_into(&SqliteQueryBuilder, &mut text),
            Self::Mysql => {
                let mut mysql = MysqlText::default();
                statement.build_collect_any_into(&MysqlQueryBuilder, &mut mysql);
                text = mysql.into_text();
            }
        }
        text
    }

    fn table(&self, name: &'static str) -> TableRef {
        match self {
            Self::Postgres { schema } => (Alias::new(schema), name).into_table_ref(),
            Self::Mysql | Self::Sqlite => name.into_table_ref(),
        }
    }

    const fn timestamp_type(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "timestamptz",
            Self::Mysql => "datetime(6)",
            Self::Sqlite => "text",
        }
    }

    /// The current time in UTC, by the server's clock.
    fn now(&self) -> SimpleExpr {
        Expr::cust(match self {
            Self::Postgres { .. } => "clock_timestamp()",
            Self::Mysql => "utc_timestamp(6)",
            Self::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ','now')",
        })
    }

    /// A column of the state tables as text; a time as RFC 3339, in UTC.
    fn as_text(&self, column: &str) -> SimpleExpr {
        let is_time = column == "at" || column.ends_with("_at");
        Expr::cust(match self {
            Self::Postgres { .. } if is_time => {
                format!(r#"to_char("{column}" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#)
            }
            Self::Mysql if is_time => format!("concat(left(date_format(`{column}`, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')"),
            Self::Postgres { .. } | Self::Sqlite => format!("CAST(\"{column}\" AS text)"),
            Self::Mysql => format!("CAST(`{column}` AS char)"),
        })
    }

    fn create(&self, name: &'static str) -> TableCreateStatement {
        let mut table = Table::create();
        table.table(self.table(name)).if_not_exists();
        if matches!(self, Self::Mysql) {
            // Ids are compared byte by byte: `0001a` and `0001A` are two revisions.
            table.engine("InnoDB").character_set("utf8mb4").collate("utf8mb4_bin");
        }
        table
    }

    /// Counts up by itself. In SQLite a key that is an integer does; AUTOINCREMENT would keep the count in one more table, a page
    /// more to write for every step.
    fn event_id(&self) -> ColumnDef {
        let mut id = ColumnDef::new("id");
        match self {
            Self::Postgres { .. } | Self::Mysql => id.big_integer().auto_increment(),
            Self::Sqlite => id.integer(),
        };
        id
    }

    /// Creates what is missing of the four tables.
    pub(super) fn create_tables(&self) -> Vec<String> {
        let timestamp = self.timestamp_type();
        let mut binding = self.create(BINDING);
        binding
            .col(key("branch").primary_key())
            .col(ColumnDef::new("project").string_len(255))
            .col(ColumnDef::new("identity").string_len(36).not_null())
            .col(ColumnDef::new("layout").integer().not_null())
            .col(ColumnDef::new("bound_at").custom(timestamp).not_null());
        let mut revision = self.create(REVISION);
        revision
            .col(key("branch"))
            .col(key("id"))
            .col(ColumnDef::new("parents").text().not_null())
            .col(ColumnDef::new("depends_on").text().not_null())
            .col(ColumnDef::new("checksum").string_len(64))
            .col(ColumnDef::new("state").string_len(16).not_null())
            .col(ColumnDef::new("statements_done").integer().not_null())
            .col(ColumnDef::new("statements_total").integer().not_null())
            .col(ColumnDef::new("run_id").string_len(36).not_null())
            .col(ColumnDef::new("applied_by").string_len(255).not_null())
            .col(ColumnDef::new("applied_at").custom(timestamp).not_null())
            .col(ColumnDef::new("duration_ms").big_integer())
            .col(ColumnDef::new("tool_version").string_len(32).not_null())
            .col(ColumnDef::new("error").text())
            .primary_key(Index::create().name("branchline_revision_pkey").col("branch").col("id"));
        if matches!(self, Self::Sqlite) {
            // The key is the table, and not one more page to write for every step.
            revision.extra("WITHOUT ROWID");
        }
        let mut reference = self.create(REFERENCE);
        reference
            .col(key("branch"))
            .col(ColumnDef::new("id").string_len(64).not_null())
            .col(ColumnDef::new("from_columns").text().not_null())
            .col(key("since"))
            .col(ColumnDef::new("declared").text().not_null())
            .col(ColumnDef::new("on_delete").string_len(16).not_null())
            .col(ColumnDef::new("checked_at").custom(timestamp))
            .col(ColumnDef::new("check_result").text())
            .primary_key(Index::create().name("branchline_reference_pkey").col("branch").col("id"));
        let mut event = self.create(EVENT);
        event
            .col(self.event_id().not_null().primary_key())
            .col(key("branch"))
            .col(ColumnDef::new("revision").string_len(NAME_LENGTH))
            .col(ColumnDef::new("kind").string_len(16).not_null())
            .col(ColumnDef::new("outcome").string_len(16).not_null())
            .col(ColumnDef::new("run_id").string_len(36).not_null())
            .col(ColumnDef::new("actor").string_len(255).not_null())
            .col(ColumnDef::new("at").custom(timestamp).not_null())
            .col(ColumnDef::new("duration_ms").big_integer())
            .col(ColumnDef::new("tool_version").string_len(32).not_null())
            .col(ColumnDef::new("detail").text());
        [binding, revision, reference, event].iter().map(|table| self.created(table)).collect()
    }

    /// The one query that tells everything about a branch: the columns that [`super::found`] reads, in its order.
    ///
    /// Without a binding there is still one row, so that the server's make is known.
    pub(super) fn inspect(&self, branch: &BranchName) -> String {
        let (make, text) = match self {
            Self::Postgres { .. } => ("''", "text"),
            Self::Mysql => ("CASE WHEN version() LIKE '%MariaDB%' THEN 'mariadb' ELSE 'mysql' END", "char"),
            Self::Sqlite => ("''", "text"),
        };
        let as_text = |table: &str, column: &str| Expr::cust(format!("CAST({table}.{column} AS {text})"));
        let mut query = Query::select();
        query
            .expr(Expr::cust("s.make"))
            .exprs(["branch", "project", "identity", "layout"].map(|column| as_text("b", column)))
            .exprs(
                ["id", "parents", "depends_on", "checksum", "state", "statements_done", "statements_total", "error"]
                    .map(|column| as_text("r", column)),
            )
            .from_subquery(Query::select().expr_as(Expr::cust(make), "make").take(), "s")
            .join_as(sea_query::JoinType::LeftJoin, self.table(BINDING), "b", Expr::cust("1 = 1"))
            .join_as(
                sea_query::JoinType::LeftJoin,
                self.table(REVISION),
                "r",
                Expr::col(("r", "branch")).equals(("b", "branch")).and(Expr::col(("r", "branch")).eq(branch.as_str())),
            );
        self.written(&query)
    }

    /// Binds a branch to this database. Where another branch is bound to it already, the identity is that one's.
    pub(super) fn insert_binding(&self, binding: &Binding) -> String {
        let mut known = Query::select();
        known.expr(Expr::cust("min(identity)")).from(self.table(BINDING));
        let identity = Func::coalesce([Expr::from(known), Expr::value(binding.identity.to_string())]);
        let mut row = Query::select();
        row.expr(Expr::value(binding.branch.as_str()))
            .expr(Expr::value(binding.project.clone()))
            .expr(identity)
            .expr(Expr::value(LAYOUT))
            .expr(self.now());
        let mut insert = Query::insert();
        insert.into_table(self.table(BINDING)).columns(["branch", "project", "identity", "layout", "bound_at"]);
        // Five columns, five values: it cannot fail.
        let _ = insert.select_from(row);
        self.written(&insert)
    }

    /// Writes a revision's row.
    pub(super) fn insert_revision(
        &self,
        record: &StepRecord,
        state: RecordedState,
        statements: Progress,
        duration: SimpleExpr,
    ) -> String {
        let mut insert = Query::insert();
        insert
            .into_table(self.table(REVISION))
            .columns([
                "branch",
                "id",
                "parents",
                "depends_on",
                "checksum",
                "state",
                "statements_done",
                "statements_total",
                "run_id",
                "applied_by",
                "applied_at",
                "duration_ms",
                "tool_version",
            ])
            .values_panic([
                record.branch.as_str().into(),
                record.revision.as_str().into(),
                joined(&record.parents).into(),
                joined(&record.depends_on).into(),
                record.checksum.as_ref().map(ToString::to_string).into(),
                state.as_str().into(),
                statements.done.into(),
                statements.total.into(),
                record.run_id.to_string().into(),
                record.actor.as_str().into(),
                self.now(),
                duration,
                record.tool_version.into(),
            ]);
        self.written(&insert)
    }

    /// Moves a revision that is there to another state, statement or error.
    pub(super) fn update_revision(
        &self,
        record: &StepRecord,
        state: RecordedState,
        statements: Progress,
        error: Option<&str>,
        duration_ms: Option<i64>,
    ) -> String {
        let mut update = Query::update();
        update
            .table(self.table(REVISION))
            .value("state", state.as_str())
            .value("statements_done", statements.done)
            .value("statements_total", statements.total)
            .value("error", error.map(|error| redact::said(error).into_owned()))
            .and_where(Expr::col("branch").eq(record.branch.as_str()))
            .and_where(Expr::col("id").eq(record.revision.as_str()));
        // The row tells which run applied the revision; who takes it back is told by the event.
        if record.direction == Direction::Up {
            update.value("run_id", record.run_id.to_string()).value("applied_by", record.actor.as_str());
        }
        // Of a script that was mended after it had been begun.
        if let Some(checksum) = &record.checksum {
            update.value("checksum", checksum.to_string());
        }
        if let Some(duration_ms) = duration_ms {
            update.value("duration_ms", duration_ms).value("applied_at", self.now());
        }
        self.written(&update)
    }

    /// Notes a statement of a script as done.
    pub(super) fn update_progress(&self, record: &StepRecord, done: u32) -> String {
        let mut update = Query::update();
        update
            .table(self.table(REVISION))
            .value("statements_done", done)
            .and_where(Expr::col("branch").eq(record.branch.as_str()))
            .and_where(Expr::col("id").eq(record.revision.as_str()));
        self.written(&update)
    }

    /// Takes a revision's row away.
    pub(super) fn delete_revision(&self, branch: &BranchName, revision: &RevisionId) -> String {
        let mut delete = Query::delete();
        delete
            .from_table(self.table(REVISION))
            .and_where(Expr::col("branch").eq(branch.as_str()))
            .and_where(Expr::col("id").eq(revision.as_str()));
        self.written(&delete)
    }

    /// What records a revision as applied, or as not, where nothing is run.
    pub(super) fn stamp(&self, record: &StepRecord) -> Vec<String> {
        let none = || Expr::value(Option::<i64>::None);
        let event = Event { kind: "stamp", outcome: record.direction.name(), detail: None };
        // Deleted first: an applied revision is stamped again to accept an edit of its script.
        let mut statements = vec![self.delete_revision(&record.branch, &record.revision)];
        if record.direction == Direction::Up {
            statements.push(self.insert_revision(record, RecordedState::Applied, Progress::default(), none()));
        }
        statements.push(self.insert_event(record, &event, none()));
        statements.extend(self.change_references(record));
        statements
    }

    /// What settles a revision that was left half-way, by the word of whoever looked at the database.
    pub(super) fn repair(&self, record: &StepRecord, applied: bool) -> Vec<String> {
        let outcome = if applied { Direction::Up } else { Direction::Down };
        let event = Event { kind: "repair", outcome: outcome.name(), detail: None };
        let row = if applied {
            let mut update = Query::update();
            update
                .table(self.table(REVISION))
                .value("state", RecordedState::Applied.as_str())
                .value("statements_done", Expr::col("statements_total"))
                .value("error", Option::<String>::None)
                .value("run_id", record.run_id.to_string())
                .and_where(Expr::col("branch").eq(record.branch.as_str()))
                .and_where(Expr::col("id").eq(record.revision.as_str()));
            self.written(&update)
        } else {
            self.delete_revision(&record.branch, &record.revision)
        };
        let mut statements = vec![row, self.insert_event(record, &event, Expr::value(Option::<i64>::None))];
        statements.extend(self.change_references(record));
        statements
    }
}

/// A key column: branch names and revision ids are ASCII of at most [`LONGEST`] characters.
fn key(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.string_len(NAME_LENGTH).not_null();
    column
}

/// Names in one column; none of their alphabets holds a comma.
fn joined<T: ToString>(names: &[T]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::record::{Event, StepRecord};
    use super::Flavor;
    use crate::direction::Direction;
    use crate::plan::{Binding, Progress, RecordedState};
    use crate::reference::ReferenceChanges;

    /// Neither a quote nor a backslash of somebody's text is left to a server's settings.
    #[test]
    fn texts_stand_in_no_statement_for_mysql_as_they_are() {
        let hostile = "it's \\' \"; DROP TABLE users; -- ";
        let record = StepRecord {
            branch: "auth".parse().unwrap(),
            revision: "0001".parse().unwrap(),
            direction: Direction::Up,
            parents: Vec::new(),
            depends_on: Vec::new(),
            checksum: None,
            references: ReferenceChanges { ended: vec![hostile.to_owned()], ..ReferenceChanges::default() },
            run_id: Uuid::nil(),
            actor: hostile.to_owned(),
            tool_version: "1",
        };
        let binding = Binding { branch: "auth".to_owned(), project: Some(hostile.to_owned()), identity: Uuid::nil() };
        let failed = Event::failed(Direction::Up, hostile.to_owned());
        let flavor = Flavor::Mysql;
        let mut statements = flavor.stamp(&record);
        statements.extend([
            flavor.insert_binding(&binding),
            flavor.insert_event(&record, &failed, sea_query::Expr::value(1)),
            flavor.update_revision(&record, RecordedState::Applying, Progress::default(), Some(hostile), None),
            flavor.inspect(&record.branch),
        ]);
        for statement in statements {
            assert!(!statement.contains('\\') && !statement.contains("DROP TABLE"), "{statement}");
        }
    }
}
