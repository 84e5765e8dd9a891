//! What lint finds in the scripts of a plan's steps, before the first of them runs.
//!
//! Only in what is about to run: an upgrade is not held up by what is wrong elsewhere. A table that an earlier step of the plan
//! makes is as good as new. Other scripts are read only where a foreign key points to a table that the plan does not make:
//! whether it is one of the branch's own, or another branch's, stands in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::Session;
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::lint::{self, Databases, Finding, FoundIn, Maker, Meant, ReadScript, Scope, Script, Severity, Tables};
use crate::names::{BranchName, RevisionKey};
use crate::plan::{Lost, Plan};
use crate::script::Program;
use crate::sql::ObjectName;
use crate::workspace::{Inspection, Runs, Urls, Workspace, read_script};

use super::error::RunError;
use super::prepare::Coordinator;

/// How many losses a step tells of: nobody reads more.
const LOSSES_TOLD: usize = 20;

/// The scripts of a plan's steps, as they are looked at in the order of the plan.
pub(super) struct StepLint<'a> {
    workspace: &'a Workspace,
    runs: BTreeMap<BranchName, Runs>,
    /// The scripts of the branches that were asked for, and what they leave.
    read: BTreeMap<BranchName, (Inspection<'a>, Vec<Tables>)>,
    /// Where another branch makes a table that is none of the branch's own, as far as it was asked for.
    makers: BTreeMap<(BranchName, ObjectName), Option<Maker>>,
    /// The tables that the steps so far make and that were not there before.
    made: BTreeMap<BranchName, BTreeSet<ObjectName>>,
    /// Those that they make, or that were there.
    there: BTreeMap<BranchName, BTreeSet<ObjectName>>,
    found: Vec<FoundIn>,
    /// The scripts that allow something.
    meant: Vec<(RevisionKey, ReadScript)>,
}

impl<'a> StepLint<'a> {
    pub(super) fn new(workspace: &'a Workspace, urls: &Urls) -> Self {
        let mut runs = workspace.runs(urls);
        for (branch, runs) in &mut runs {
            // What runs now runs on one of them.
            if let Some(url) = urls.known(branch) {
                runs.dialects = vec![url.dialect()];
            }
        }
        let (read, makers) = (BTreeMap::new(), BTreeMap::new());
        let (made, there) = (BTreeMap::new(), BTreeMap::new());
        Self { workspace, runs, read, makers, made, there, found: Vec::new(), meant: Vec::new() }
    }

    /// Looks at the script of the next step; says what it destroys.
    pub(super) fn look(
        &mut self,
        revision: &RevisionKey,
        direction: Direction,
        dialect: Dialect,
        program: &Program,
    ) -> Vec<Lost> {
        let read = read_script(program, dialect, false);
        let branch = &revision.branch;
        let made = self.made.entry(branch.clone()).or_default();
        let script = Script::new(revision, direction, dialect, &read, made);
        let mut found = lint::script_rules(&script);
        let makes: Vec<ObjectName> = script.surely_makes().cloned().collect();
        let leaves: Vec<ObjectName> = script.makes().cloned().collect();
        if dialect.can().schemas_are_databases {
            lint::other_database(&read, &self.databases(branch), &mut found);
        }
        let is_made = |lint: &Self, table: &ObjectName| {
            lint.there.get(branch).is_some_and(|there| there.contains(&lint::own(dialect, table)))
        };
        let mut maker = |table: &ObjectName| if is_made(self, table) { None } else { self.elsewhere(branch, table) };
        lint::references_other_branch(&read, &mut maker, &mut found);
        self.made.entry(branch.clone()).or_default().extend(makes);
        self.there.entry(branch.clone()).or_default().extend(leaves);
        self.found.push(FoundIn { revision: revision.clone(), file: read.file.clone(), dialect, found });
        let losses = losses(&read);
        if !read.reading.allowances.is_empty() {
            self.meant.push((revision.clone(), read));
        }
        losses
    }

    fn databases(&self, branch: &BranchName) -> Databases {
        let known = self.runs.iter().filter(|(other, _)| *other != branch);
        let known = known.filter_map(|(other, runs)| Some((runs.database.clone()?, other.clone())));
        Databases { own: self.runs.get(branch).and_then(|runs| runs.database.clone()), others: known.collect() }
    }

    /// The revision of another branch that makes a table which the branch itself never makes.
    fn elsewhere(&mut self, branch: &BranchName, table: &ObjectName) -> Option<Maker> {
        let asked = (branch.clone(), table.clone());
        if let Some(known) = self.makers.get(&asked) {
            return known.clone();
        }
        let own = self.read(branch).1.iter().any(|tables| tables.may_have(table));
        let maker = if own { None } else { self.maker(branch, table) };
        self.makers.insert(asked, maker.clone());
        maker
    }

    /// The first of the other branches that makes a table, unless it lives in the same database.
    fn maker(&mut self, branch: &BranchName, table: &ObjectName) -> Option<Maker> {
        let shared = self.runs.get(branch).map(|runs| runs.shared_with.clone()).unwrap_or_default();
        let others: Vec<BranchName> = self.runs.keys().filter(|other| *other != branch).cloned().collect();
        let elsewhere = others.iter().filter(|other| !shared.contains(*other));
        elsewhere.into_iter().find_map(|other| {
            let graph = &self.workspace.graph;
            let (inspection, tables) = self.read(other);
            let mut of_dialects = inspection.scripts.iter().zip(tables);
            let maker = of_dialects.find_map(|(scripts, tables)| lint::maker(graph, scripts, tables, table));
            maker.filter(|maker| maker.stays)
        })
    }

    /// What the revisions of a branch say, and what they leave.
    fn read(&mut self, branch: &BranchName) -> &(Inspection<'a>, Vec<Tables>) {
        let (workspace, runs) = (self.workspace, self.runs.get(branch));
        self.read.entry(branch.clone()).or_insert_with(|| {
            let known = workspace.project.branches.get_key_value(branch).zip(runs);
            let inspection = workspace.inspect(known.map(|((branch, _), runs)| (branch, runs)));
            let tables = inspection.scripts.iter().map(Tables::of).collect();
            (inspection, tables)
        })
    }

    /// All findings.
    pub(super) fn finish(self) -> Vec<Finding> {
        let meant = self.meant.iter().map(|(revision, read)| Meant {
            revision,
            file: read.file.clone(),
            allowances: &read.reading.allowances,
        });
        lint::settle(&self.workspace.levels, self.found, &meant.collect::<Vec<_>>(), Scope::Some)
    }
}

impl Coordinator<'_> {
    /// Judges what was found in the scripts of a plan: errors stop the way up. The way down is what people take when something
    /// is wrong already, so that there they are only shown.
    ///
    /// # Errors
    ///
    /// [`RunError::Lint`], all findings, errors first; a database that cannot be asked whether it has a table.
    pub(super) async fn judge(
        &self,
        plan: &Plan,
        findings: Vec<Finding>,
        sessions: &mut BTreeMap<BranchName, Session>,
    ) -> Result<Vec<Finding>, RunError> {
        let mut standing = Vec::with_capacity(findings.len());
        for finding in findings {
            let branch = &finding.revision.branch;
            // A table that no script makes may be there all the same, made by hand or before the first revision.
            if let (Some(table), Some(session)) = (&finding.about, sessions.get_mut(branch))
                && session.has_table(table).await.map_err(|error| RunError::database(branch, error))?
            {
                continue;
            }
            standing.push(finding);
        }
        let stops = standing.iter().any(|finding| finding.severity == Severity::Error);
        if stops && plan.direction == Direction::Up {
            standing.sort_by_key(|finding| finding.severity);
            return Err(RunError::Lint(standing));
        }
        Ok(standing)
    }
}

/// What a script destroys, by line.
fn losses(read: &ReadScript) -> Vec<Lost> {
    let lost = read.reading.statements.iter().filter_map(|statement| {
        let what = statement.reading.losses_told()?;
        Some(Lost { line: statement.line, what })
    });
    lost.take(LOSSES_TOLD).collect()
}
