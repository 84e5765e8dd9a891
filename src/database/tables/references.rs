//! The references that are live in a database, and the last check of each.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait, Order, Query, SimpleExpr};

use crate::names::{BranchName, RevisionId};
use crate::reference::{LiveReference, ReferenceChanges};
use crate::revision::Checksum;

use super::super::record::StepRecord;
use super::{Flavor, REFERENCE};

/// The columns of a reference as they are read, in this order; every one comes as text.
const COLUMNS: [&str; 7] = ["id", "from_columns", "since", "declared", "on_delete", "checked_at", "check_result"];

impl Flavor {
    /// What a step does to the live references, if anything.
    pub(in super::super) fn change_references(&self, record: &StepRecord) -> Vec<String> {
        let ReferenceChanges { afresh, ended, begun } = &record.references;
        let of_branch = |condition: SimpleExpr| self.delete_references(&record.branch, condition);
        let since = |revision: &RevisionId| Expr::col("since").eq(revision.as_str());
        let own = afresh.then(|| of_branch(since(&record.revision)));
        let ended = ended.iter().map(|from| of_branch(Expr::col("from_columns").eq(from.as_str())));
        // What the record holds of these revisions at these columns may be what their files said once.
        let again: BTreeSet<(&RevisionId, &str)> = begun
            .iter()
            .filter(|reference| reference.since != record.revision)
            .map(|reference| (&reference.since, reference.from.as_str()))
            .collect();
        let again = again
            .into_iter()
            .map(|(revision, from)| of_branch(since(revision).and(Expr::col("from_columns").eq(from))));
        // Deleted first: a line of the branch may have declared the same reference.
        let begun = begun.iter().flat_map(|reference| {
            let same = of_branch(Expr::col("id").eq(reference.id.to_string()));
            [same, self.insert_reference(&record.branch, reference)]
        });
        own.into_iter().chain(ended).chain(again).chain(begun).collect()
    }

    fn delete_references(&self, branch: &BranchName, condition: SimpleExpr) -> String {
        let mut delete = Query::delete();
        delete
            .from_table(self.table(REFERENCE))
            .and_where(Expr::col("branch").eq(branch.as_str()))
            .and_where(condition);
        self.written(&delete)
    }

    fn insert_reference(&self, branch: &BranchName, reference: &LiveReference) -> String {
        let mut insert = Query::insert();
        insert
            .into_table(self.table(REFERENCE))
            .columns(["branch", "id", "from_columns", "since", "declared", "on_delete"])
            .values_panic([
                branch.as_str().into(),
                reference.id.to_string().into(),
                reference.from.as_str().into(),
                reference.since.as_str().into(),
                reference.declared.as_str().into(),
                reference.on_delete.into(),
            ]);
        self.written(&insert)
    }

    /// The references of a branch, by their columns.
    pub(in super::super) fn references(&self, branch: &BranchName) -> String {
        let mut select = Query::select();
        select
            .exprs(COLUMNS.map(|column| self.as_text(column)))
            .from(self.table(REFERENCE))
            .and_where(Expr::col("branch").eq(branch.as_str()))
            .order_by("from_columns", Order::Asc)
            .order_by("id", Order::Asc);
        self.written(&select)
    }

    /// Keeps what a check of a reference found, where the reference is still live.
    pub(in super::super) fn update_check(&self, branch: &BranchName, id: &Checksum, result: &str) -> String {
        let mut update = Query::update();
        update
            .table(self.table(REFERENCE))
            .value("checked_at", self.now())
            .value("check_result", result)
            .and_where(Expr::col("branch").eq(branch.as_str()))
            .and_where(Expr::col("id").eq(id.to_string()));
        self.written(&update)
    }
}
