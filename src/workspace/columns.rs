//! What the scripts of a plan's steps do to the columns that references have an end at, and what was taken away before.
//!
//! Only for branches that have such columns, and of these only the scripts that hold the name of such a table.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::graph::{RevisionIndex, RevisionSet};
use crate::lint::{ReadScript, Tables};
use crate::names::BranchName;
use crate::reference::{ColumnChanges, Known, TouchKind};
use crate::revision::{Columns, ReferenceTo};

use super::Workspace;
use super::providers::{BranchFiles, names};

/// The columns of each branch at which references have an end.
type Ends<'a> = BTreeMap<&'a BranchName, BTreeSet<Columns>>;

impl Workspace {
    /// What these steps do to columns that references have an end at. `applied` is what is applied on the branches in `dialects`,
    /// each with what its database speaks; `recorded` are references that databases hold.
    #[must_use]
    pub fn column_changes<'a>(
        &'a self,
        steps: &[RevisionIndex],
        direction: Direction,
        applied: &RevisionSet,
        dialects: &BTreeMap<&'a BranchName, Dialect>,
        recorded: impl IntoIterator<Item = &'a Known>,
    ) -> ColumnChanges {
        let mut changes = ColumnChanges::default();
        if steps.is_empty() {
            return changes;
        }
        let ends = self.ends_of_references(recorded);
        for (branch, wanted) in ends {
            let Some(&dialect) = dialects.get(branch) else { continue };
            let files = BranchFiles { root: &self.project.root, graph: &self.graph, revisions: &self.revisions };
            let names = names(&wanted);
            let of_branch = steps.iter().copied().filter(|&step| self.graph.key(step).branch == *branch);
            let scripts: Vec<(RevisionIndex, ReadScript)> =
                of_branch.filter_map(|step| Some((step, files.read(step, direction, dialect, &names)?))).collect();
            let begins = direction == Direction::Up && steps.iter().any(|&step| self.begins_in(step, branch));
            if scripts.is_empty() && !begins {
                continue;
            }
            let mut follow =
                Follow { branch, wanted: &wanted, tables: Tables::none(dialect, None), made: BTreeSet::new() };
            for &index in self.graph.revisions(branch).iter().filter(|&&index| applied.contains(index)) {
                if let Some(script) = files.read(index, Direction::Up, dialect, &names) {
                    follow.applied(index, &script, &mut changes);
                }
            }
            follow.assume(&scripts, &changes);
            for (step, script) in &scripts {
                let touches = follow.tables.touches(*step, script, &wanted);
                if !touches.is_empty() {
                    changes.touches.insert(*step, touches);
                }
            }
        }
        changes
    }

    /// The branches with references to one of these columns, but for the branches of the columns themselves.
    #[must_use]
    pub fn referrers(&self, columns: &BTreeSet<(BranchName, Columns)>) -> BTreeSet<BranchName> {
        let refers = |target: &crate::revision::ReferenceTarget| {
            columns.contains(&(target.branch.clone(), target.columns.clone()))
        };
        let all = self.revisions.iter().filter(|revision| {
            revision
                .references
                .iter()
                .flat_map(|reference| reference.targets())
                .any(|target| target.branch != revision.key.branch && refers(target))
        });
        all.map(|revision| revision.key.branch.clone()).collect()
    }

    fn begins_in(&self, step: RevisionIndex, branch: &BranchName) -> bool {
        let mut targets = self.revision(step).references.iter().flat_map(|reference| reference.targets());
        targets.any(|target| target.branch == *branch)
    }

    fn ends_of_references<'a>(&'a self, recorded: impl IntoIterator<Item = &'a Known>) -> Ends<'a> {
        let mut ends = Ends::new();
        let mut add = |branch: &'a BranchName, from: &Columns, to: &'a ReferenceTo| {
            let own = ends.entry(branch).or_default();
            own.insert(from.clone());
            if let ReferenceTo::Polymorphic { by, .. } = to {
                own.insert(by.clone());
            }
            for target in to.targets() {
                ends.entry(&target.branch).or_default().insert(target.columns.clone());
            }
        };
        for revision in &self.revisions {
            for reference in &revision.references {
                add(&revision.key.branch, &reference.from, &reference.to);
            }
        }
        for known in recorded {
            add(&known.branch, &known.from, &known.to);
        }
        ends
    }
}

/// A branch's tables, as its scripts are followed.
struct Follow<'a> {
    branch: &'a BranchName,
    wanted: &'a BTreeSet<Columns>,
    tables: Tables,
    made: BTreeSet<Columns>,
}

impl Follow<'_> {
    /// Follows the way up of an applied revision.
    fn applied(&mut self, index: RevisionIndex, script: &ReadScript, changes: &mut ColumnChanges) {
        for touch in self.tables.touches(index, script, self.wanted) {
            let columns = (self.branch.clone(), touch.columns.clone());
            match touch.kind {
                TouchKind::Made => {
                    self.made.insert(touch.columns);
                    changes.gone.remove(&columns);
                }
                TouchKind::Gone => {
                    changes.gone.insert(columns, (index, touch));
                }
                TouchKind::Retyped => {}
            }
        }
    }

    /// What no script was seen to make, neither an applied one nor one of the steps, is taken to be there: made by hand, or by what
    /// nobody can read.
    fn assume(&mut self, steps: &[(RevisionIndex, ReadScript)], changes: &ColumnChanges) {
        let mut ahead = self.tables.clone();
        let mut made = self.made.clone();
        for (step, script) in steps {
            let touches = ahead.touches(*step, script, self.wanted).into_iter();
            made.extend(touches.filter(|touch| touch.kind == TouchKind::Made).map(|touch| touch.columns));
        }
        let is_gone = |columns: &Columns| changes.gone.contains_key(&(self.branch.clone(), columns.clone()));
        let unseen = self.wanted.iter().filter(|&columns| !made.contains(columns) && !is_gone(columns)).cloned();
        let unseen: BTreeSet<Columns> = unseen.collect();
        if let Some((first, _)) = steps.first() {
            self.tables.assume_all(&unseen, *first);
        }
    }
}
