//! What is written into the journal, and how it is read back.

use sea_query::{Expr, ExprTrait, Order, Query, SimpleExpr};

use crate::journal::{CHECK, RUN, STARTED};
use crate::names::{BranchName, RevisionId};
use crate::plan::RecordedState;

use super::super::record::{Event, Line, Lines, StepRecord};
use super::{EVENT, Flavor, REVISION};

/// The columns of a line as they are read, in this order; every one comes as text.
const COLUMNS: [&str; 11] =
    ["id", "branch", "revision", "kind", "outcome", "run_id", "actor", "at", "duration_ms", "tool_version", "detail"];

impl Flavor {
    /// Appends what became of a step.
    pub(in super::super) fn insert_event(&self, record: &StepRecord, event: &Event, duration: SimpleExpr) -> String {
        let line = Line {
            branch: record.branch.clone(),
            revision: Some(record.revision.clone()),
            kind: event.kind,
            outcome: event.outcome,
            run_id: record.run_id,
            actor: record.actor.clone(),
            tool_version: record.tool_version,
            detail: event.detail.clone(),
        };
        self.insert([(&line, duration)])
    }

    /// Appends lines that say no duration.
    pub(in super::super) fn insert_lines(&self, lines: &[Line]) -> String {
        self.insert(lines.iter().map(|line| (line, Expr::value(Option::<i64>::None))))
    }

    fn insert<'l>(&self, lines: impl IntoIterator<Item = (&'l Line, SimpleExpr)>) -> String {
        let mut insert = Query::insert();
        // All but the id, which counts up by itself.
        insert.into_table(self.table(EVENT)).columns(COLUMNS.into_iter().skip(1));
        for (line, duration) in lines {
            insert.values_panic([
                line.branch.as_str().into(),
                line.revision.as_ref().map(RevisionId::as_str).into(),
                line.kind.into(),
                line.outcome.into(),
                line.run_id.to_string().into(),
                line.actor.as_str().into(),
                self.now(),
                duration,
                line.tool_version.into(),
                line.detail.clone().into(),
            ]);
        }
        self.written(&insert)
    }

    /// The newest event of a branch: whoever knows it knows whether another run was here since.
    pub(in super::super) fn last_event(&self, branch: &BranchName) -> String {
        let mut select = Query::select();
        select
            .column("id")
            .from(self.table(EVENT))
            .and_where(Expr::col("branch").eq(branch.as_str()))
            // What looks on changes no revision.
            .and_where(Expr::col("kind").ne(CHECK))
            .order_by("id", Order::Desc)
            .limit(1);
        self.written(&select)
    }

    /// Lines of a branch, the oldest first.
    pub(in super::super) fn journal(&self, branch: &BranchName, lines: &Lines) -> String {
        let mut wanted = Query::select();
        wanted.from(self.table(EVENT)).and_where(Expr::col("branch").eq(branch.as_str()));
        match lines {
            Lines::OfRun(id) => {
                wanted.column("id").and_where(Expr::col("run_id").like(format!("{id}%")));
            }
            Lines::Last(count) => {
                wanted.column("id").order_by("id", Order::Desc).limit(u64::from(*count));
            }
            Lines::OfLastRuns(count) => {
                let mut runs = Query::select();
                runs.column("run_id")
                    .from(self.table(EVENT))
                    .and_where(Expr::col("branch").eq(branch.as_str()))
                    .group_by_col("run_id")
                    .order_by_expr(Expr::cust("max(id)"), Order::Desc)
                    .limit(u64::from(*count));
                wanted.column("id").and_where(Expr::col("run_id").in_subquery(derived("run_id", runs)));
            }
        }
        let mut select = Query::select();
        select
            .exprs(COLUMNS.map(|column| self.as_text(column)))
            .from(self.table(EVENT))
            .and_where(Expr::col("id").in_subquery(derived("id", wanted)))
            .order_by((EVENT, "id"), Order::Asc);
        self.written(&select)
    }

    /// The line with which the newest run of a branch began.
    pub(in super::super) fn newest_start(&self, branch: &BranchName) -> String {
        let mut select = Query::select();
        select
            .exprs(COLUMNS.map(|column| self.as_text(column)))
            .from(self.table(EVENT))
            .and_where(Expr::col("branch").eq(branch.as_str()))
            .and_where(Expr::col("kind").eq(RUN))
            .and_where(Expr::col("outcome").eq(STARTED))
            // By the column, and not by what is made of it: as text, 9 comes behind 48.
            .order_by((EVENT, "id"), Order::Desc)
            .limit(1);
        self.written(&select)
    }

    /// The revision of a branch that is on its way statement by statement, and how far it is.
    pub(in super::super) fn on_its_way(&self, branch: &BranchName) -> String {
        let mut select = Query::select();
        select
            .exprs(["id", "statements_done", "statements_total"].map(|column| self.as_text(column)))
            .from(self.table(REVISION))
            .and_where(Expr::col("branch").eq(branch.as_str()))
            .and_where(Expr::col("state").ne(RecordedState::Applied.as_str()))
            .limit(1);
        self.written(&select)
    }
}

/// A query as MySQL takes it behind IN although it has a LIMIT: as a table that is read once.
pub(super) fn derived(column: &'static str, query: sea_query::SelectStatement) -> sea_query::SelectStatement {
    Query::select().column(column).from_subquery(query, "wanted").take()
}
