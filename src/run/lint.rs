//! What lint finds in the scripts of a plan's steps, before the first of them runs.
//!
//! Only in what is about to run, and only by the rules that look at one script: an upgrade is not held up by what is wrong
//! elsewhere. A table that an earlier step of the plan makes is as good as new.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::lint::{self, Finding, FoundIn, Meant, ReadScript, Scope, Script, Severity};
use crate::names::{BranchName, RevisionKey};
use crate::script::Program;
use crate::sql::ObjectName;
use crate::workspace::{Workspace, read_script};

use super::error::RunError;

/// The scripts of a plan's steps, as they are looked at in the order of the plan.
#[derive(Default)]
pub(super) struct StepLint {
    /// The tables that the steps so far make.
    made: BTreeMap<BranchName, BTreeSet<ObjectName>>,
    found: Vec<FoundIn>,
    /// The scripts that allow something.
    meant: Vec<(RevisionKey, ReadScript)>,
}

impl StepLint {
    /// Looks at the script of the next step.
    pub(super) fn look(&mut self, revision: &RevisionKey, direction: Direction, dialect: Dialect, program: &Program) {
        let read = read_script(program, dialect, false);
        let made = self.made.entry(revision.branch.clone()).or_default();
        let script = Script::new(revision, direction, dialect, &read, made);
        let found = lint::script_rules(&script);
        let makes: Vec<ObjectName> = script.makes().cloned().collect();
        made.extend(makes);
        self.found.push(FoundIn { revision: revision.clone(), file: read.file.clone(), dialect, found });
        if !read.reading.allowances.is_empty() {
            self.meant.push((revision.clone(), read));
        }
    }

    /// The warnings.
    ///
    /// # Errors
    ///
    /// [`RunError::Lint`], all findings, where one of them is an error.
    pub(super) fn finish(self, workspace: &Workspace) -> Result<Vec<Finding>, RunError> {
        let meant = self.meant.iter().map(|(revision, read)| Meant {
            revision,
            file: read.file.clone(),
            allowances: &read.reading.allowances,
        });
        let mut findings = lint::settle(&workspace.levels, self.found, &meant.collect::<Vec<_>>(), Scope::Some);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            findings.sort_by_key(|finding| finding.severity);
            return Err(RunError::Lint(findings));
        }
        Ok(findings)
    }
}
