//! The keys of deleted parents, and what was done about them: three tables beside the others, made when they are first wanted.
//!
//! A key waits in `branchline_deleted` until every live reference to its table has dealt with it; `branchline_swept` says which
//! have. No mark is ever set by counting up to an id: transactions do not commit in the order of their ids.

use std::time::Duration;

use sea_query::{ColumnDef, Expr, ExprTrait, Index, IndexType, OnConflict, Order, Query, SelectStatement, SimpleExpr};

use crate::revision::Checksum;

use super::super::capture::{CaptureRow, KeyBatch, Mark};
use super::Flavor;
use super::journal::derived;

pub(in super::super) const DELETED: &str = "branchline_deleted";
const CAPTURE: &str = "branchline_capture";
const SWEPT: &str = "branchline_swept";

/// The outcome of a key that a reference has dealt with.
const DONE: &str = "done";
/// The outcome of a key whose rows were only reported.
const REPORTED: &str = "reported";

/// The columns of a capture as they are read, in this order; every one comes as text.
const CAPTURE_COLUMNS: [&str; 7] =
    ["source", "table_schema", "table_name", "key_columns", "trigger_name", "installed_at", "gaps"];

/// Which recorded keys are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Of {
    /// Those that the reference has not looked at, behind this id.
    New(i64),
    /// Those whose rows it has only reported, behind this id.
    Reported(i64),
}

impl Flavor {
    /// Creates what is missing of the tables.
    pub(in super::super) fn create_capture_tables(&self) -> Vec<String> {
        let timestamp = self.timestamp_type();
        let hash = |name: &'static str| ColumnDef::new(name).string_len(64).not_null().to_owned();
        let mut capture = self.create(CAPTURE);
        capture
            .col(hash("source").primary_key())
            .col(ColumnDef::new("table_schema").text())
            .col(ColumnDef::new("table_name").text().not_null())
            .col(ColumnDef::new("key_columns").text().not_null())
            .col(ColumnDef::new("trigger_name").string_len(64).not_null())
            .col(ColumnDef::new("installed_at").custom(timestamp).not_null())
            .col(ColumnDef::new("gaps").text().not_null());
        let mut deleted = self.create(DELETED);
        deleted
            .col(self.deleted_id())
            .col(hash("source"))
            .col(ColumnDef::new("kind").string_len(16).not_null())
            .col(ColumnDef::new("parent_key").custom(if *self == Self::Mysql { "longtext" } else { "text" }))
            .col(ColumnDef::new("deleted_at").custom(timestamp).not_null());
        let mut swept = self.create(SWEPT);
        swept
            .col(ColumnDef::new("deleted").big_integer().not_null())
            .col(hash("reference"))
            .col(ColumnDef::new("outcome").string_len(16).not_null())
            .col(ColumnDef::new("referring_rows").big_integer().not_null())
            .col(ColumnDef::new("at").custom(timestamp).not_null())
            .primary_key(Index::create().name("branchline_swept_pkey").col("deleted").col("reference"));
        // By the source for those who sweep it; by the key for those who ask whether one is known to be gone.
        let mut by_source = Index::create().name("branchline_deleted_source").col("source").col("id").to_owned();
        let mut by_key = Index::create().name("branchline_deleted_key").to_owned();
        let mut statements = Vec::new();
        match self {
            Self::Mysql => {
                by_key.col(("parent_key", 64));
                deleted.index(&mut by_source).index(&mut by_key);
            }
            Self::Postgres { .. } => {
                // Of any length: a key that is too long for an index must not stop whoever deletes its row.
                by_key.col("parent_key").index_type(IndexType::Hash);
            }
            Self::Sqlite => {
                by_key.col("parent_key");
            }
        }
        statements.extend([&capture, &deleted, &swept].map(|table| self.created(table)));
        for mut index in [by_source, by_key] {
            index.table(self.table(DELETED)).if_not_exists();
            match self {
                Self::Mysql => {}
                Self::Postgres { .. } => statements.push(index.to_string(sea_query::PostgresQueryBuilder)),
                Self::Sqlite => statements.push(index.to_string(sea_query::SqliteQueryBuilder)),
            }
        }
        statements
    }

    /// Counts up, and gives no number twice: a mark must not be taken for that of another key.
    fn deleted_id(&self) -> ColumnDef {
        let mut id = ColumnDef::new("id");
        match self {
            Self::Postgres { .. } | Self::Mysql => id.big_integer(),
            Self::Sqlite => id.integer(),
        };
        id.auto_increment().not_null().primary_key().take()
    }

    /// Where something of ours is called by its whole name: with its schema, where there are schemas.
    pub(in super::super) fn qualified(&self, name: &str) -> String {
        match self {
            Self::Postgres { schema } => format!("\"{}\".\"{name}\"", schema.replace('"', "\"\"")),
            Self::Mysql | Self::Sqlite => name.to_owned(),
        }
    }

    /// The current time in UTC, as the body of a trigger has it.
    pub(in super::super) const fn now_text(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "clock_timestamp()",
            Self::Mysql => "utc_timestamp(6)",
            Self::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ','now')",
        }
    }

    /// All captures.
    pub(in super::super) fn captures(&self) -> String {
        let mut select = Query::select();
        select.exprs(CAPTURE_COLUMNS.map(|column| self.as_text(column))).from(self.table(CAPTURE));
        self.written(select.order_by("source", Order::Asc))
    }

    /// Notes that a table's deleted keys are recorded.
    pub(in super::super) fn insert_capture(&self, row: &CaptureRow) -> Vec<String> {
        let mut insert = Query::insert();
        insert.into_table(self.table(CAPTURE)).columns(CAPTURE_COLUMNS).values_panic([
            row.source.to_string().into(),
            row.table.schema.clone().into(),
            row.table.name.as_str().into(),
            serde_json::Value::from(row.columns.clone()).to_string().into(),
            row.trigger.as_str().into(),
            self.now(),
            serde_json::Value::from(row.gaps.clone()).to_string().into(),
        ]);
        vec![self.delete_capture(&row.source), self.written(&insert)]
    }

    /// Forgets a capture; the keys that it has recorded stay.
    pub(in super::super) fn delete_capture(&self, source: &Checksum) -> String {
        let mut delete = Query::delete();
        delete.from_table(self.table(CAPTURE)).and_where(Expr::col("source").eq(source.to_string()));
        self.written(&delete)
    }

    /// Forgets the keys of a table that nobody records any more.
    pub(in super::super) fn forget_deleted(&self, source: &Checksum) -> Vec<String> {
        let of_source = || Query::select().column("id").from(self.table(DELETED)).and_where(is_of(source)).take();
        let mut marks = Query::delete();
        marks.from_table(self.table(SWEPT)).and_where(Expr::col("deleted").in_subquery(of_source()));
        let mut keys = Query::delete();
        keys.from_table(self.table(DELETED)).and_where(is_of(source));
        vec![self.written(&marks), self.written(&keys)]
    }

    /// Keys that a reference is to deal with, by their ids: `id`, `kind`, `parent_key`, `deleted_at`.
    pub(in super::super) fn deleted(&self, batch: &KeyBatch<'_>, of: Of) -> String {
        let KeyBatch { source, reference, until, grace, most, .. } = *batch;
        let mut select = Query::select();
        select
            .exprs(["id", "kind", "parent_key", "deleted_at"].map(|column| self.as_text(column)))
            .from(self.table(DELETED))
            .and_where(is_of(source))
            .and_where(self.is_older(grace))
            .order_by((DELETED, "id"), Order::Asc)
            .limit(most);
        let (after, waits) = match of {
            Of::New(after) => (after, Expr::exists(self.marks(reference)).not()),
            Of::Reported(after) => {
                let reported = self.marks(reference).and_where(Expr::col("outcome").eq(REPORTED)).take();
                (after, Expr::exists(reported))
            }
        };
        let id = || Expr::col((DELETED, "id"));
        select.and_where(id().gt(after)).and_where(id().lte(until)).and_where(waits);
        self.written(&select)
    }

    /// The newest key on record.
    pub(in super::super) fn newest_deleted(&self, source: &Checksum) -> String {
        let mut select = Query::select();
        select.expr(self.as_text("id")).from(self.table(DELETED)).and_where(is_of(source));
        self.written(select.order_by((DELETED, "id"), Order::Desc).limit(1))
    }

    /// The marks that a reference has set on the key of the query around it.
    fn marks(&self, reference: &Checksum) -> SelectStatement {
        Query::select()
            .expr(Expr::value(1))
            .from(self.table(SWEPT))
            .and_where(Expr::col((SWEPT, "deleted")).equals((DELETED, "id")))
            .and_where(Expr::col((SWEPT, "reference")).eq(reference.to_string()))
            .take()
    }

    fn is_older(&self, grace: Duration) -> SimpleExpr {
        let now = self.now_text();
        let micros = grace.as_micros();
        Expr::cust(match self {
            Self::Postgres { .. } => format!("deleted_at <= {now} - {micros} * interval '1 microsecond'"),
            Self::Mysql => format!("deleted_at <= {now} - INTERVAL {micros} MICROSECOND"),
            Self::Sqlite => {
                let seconds = grace.as_secs_f64();
                format!("deleted_at <= strftime('%Y-%m-%dT%H:%M:%fZ','now','-{seconds:.3} seconds')")
            }
        })
    }

    /// Notes what a reference has done about keys.
    pub(in super::super) fn insert_marks(&self, reference: &Checksum, marks: &[Mark]) -> String {
        let mut insert = Query::insert();
        insert.into_table(self.table(SWEPT)).columns(["deleted", "reference", "outcome", "referring_rows", "at"]);
        for mark in marks {
            let (outcome, rows) =
                mark.rows.map_or((DONE, 0), |rows| (REPORTED, i64::try_from(rows).unwrap_or(i64::MAX)));
            let reference = reference.to_string();
            insert.values_panic([mark.id.into(), reference.into(), outcome.into(), rows.into(), self.now()]);
        }
        insert.on_conflict(
            OnConflict::columns(["deleted", "reference"])
                .update_columns(["outcome", "referring_rows", "at"])
                .to_owned(),
        );
        self.written(&insert)
    }

    /// Keys that all of these references are done with: of these ids, or of any.
    pub(in super::super) fn finished(
        &self,
        source: &Checksum,
        references: &[Checksum],
        ids: Option<&[i64]>,
        most: u64,
    ) -> String {
        let mut select = Query::select();
        select
            .expr(self.as_text("deleted"))
            .from(self.table(SWEPT))
            .and_where(Expr::col("outcome").eq(DONE))
            .and_where(Expr::col("reference").is_in(references.iter().map(ToString::to_string)))
            .group_by_col("deleted")
            .and_having(Expr::cust("count(*)").eq(i64::try_from(references.len()).unwrap_or(i64::MAX)))
            .limit(most);
        match ids {
            Some(ids) => select.and_where(Expr::col("deleted").is_in(ids.iter().copied())),
            None => {
                let of_source = Query::select().column("id").from(self.table(DELETED)).and_where(is_of(source)).take();
                select.and_where(Expr::col("deleted").in_subquery(of_source))
            }
        };
        self.written(&select)
    }

    /// Takes keys away, with all marks on them.
    pub(in super::super) fn delete_keys(&self, ids: &[i64]) -> Vec<String> {
        let mut keys = Query::delete();
        keys.from_table(self.table(DELETED)).and_where(Expr::col("id").is_in(ids.iter().copied()));
        let mut marks = Query::delete();
        marks.from_table(self.table(SWEPT)).and_where(Expr::col("deleted").is_in(ids.iter().copied()));
        vec![self.written(&keys), self.written(&marks)]
    }

    /// Takes marks away whose keys are gone: another sweep has set them after this one took the key away.
    pub(in super::super) fn delete_lost_marks(&self) -> String {
        let keys = Query::select().column("id").from(self.table(DELETED)).take();
        let mut marks = Query::delete();
        marks.from_table(self.table(SWEPT)).and_where(Expr::col("deleted").not_in_subquery(derived("id", keys)));
        self.written(&marks)
    }

    /// What waits for a reference: how many keys, when the oldest was deleted, how many seconds ago, and how many markers of
    /// emptied tables are among them.
    pub(in super::super) fn backlog(&self, source: &Checksum, reference: &Checksum) -> String {
        let mut select = Query::select();
        select
            .exprs(self.ages())
            .from(self.table(DELETED))
            .and_where(is_of(source))
            .and_where(Expr::exists(self.marks(reference)).not());
        self.written(&select)
    }

    /// The same of the keys whose rows a reference has only reported; with the number of those rows.
    pub(in super::super) fn reported(&self, source: &Checksum, reference: &Checksum) -> String {
        let mut select = Query::select();
        select
            .exprs(self.ages())
            .expr(self.cast("sum(referring_rows)"))
            .from(self.table(DELETED))
            .inner_join(self.table(SWEPT), Expr::col((SWEPT, "deleted")).equals((DELETED, "id")))
            .and_where(is_of(source))
            .and_where(Expr::col((SWEPT, "reference")).eq(reference.to_string()))
            .and_where(Expr::col("outcome").eq(REPORTED));
        self.written(&select)
    }

    fn ages(&self) -> [SimpleExpr; 4] {
        let oldest = match self {
            Self::Postgres { .. } => r#"to_char(min(deleted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#,
            Self::Mysql => "concat(left(date_format(min(deleted_at), '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')",
            Self::Sqlite => "min(deleted_at)",
        };
        let age = match self {
            Self::Postgres { .. } => "greatest(0, floor(extract(epoch FROM clock_timestamp() - min(deleted_at))))",
            Self::Mysql => "greatest(0, timestampdiff(SECOND, min(deleted_at), utc_timestamp(6)))",
            Self::Sqlite => "max(0, CAST((julianday('now') - julianday(min(deleted_at))) * 86400 AS integer))",
        };
        let emptied = "sum(CASE WHEN kind = 'truncate' THEN 1 ELSE 0 END)";
        [self.cast("count(*)"), Expr::cust(oldest), self.cast(age), self.cast(emptied)]
    }

    fn cast(&self, expression: &str) -> SimpleExpr {
        let text = if *self == Self::Mysql { "char" } else { "text" };
        Expr::cust(format!("CAST({expression} AS {text})"))
    }

    /// Which of these keys are recorded as deleted, and not dealt with by this reference; the keys are expressions of this engine.
    pub(in super::super) fn known_deleted(&self, source: &Checksum, reference: &Checksum, keys: &[String]) -> String {
        let mut select = Query::select();
        select
            .distinct()
            .expr(self.as_text("parent_key"))
            .from(self.table(DELETED))
            .and_where(is_of(source))
            .and_where(Expr::exists(self.marks(reference)).not())
            .and_where(Expr::cust(format!("parent_key IN ({})", keys.join(", "))));
        self.written(&select)
    }
}

fn is_of(source: &Checksum) -> SimpleExpr {
    Expr::col("source").eq(source.to_string())
}
