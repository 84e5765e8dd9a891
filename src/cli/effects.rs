//! What the scripts of a branch do, read for the verbs that look for it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use branchline::dialect::Dialect;
use branchline::direction::Direction;
use branchline::graph::RevisionIndex;
use branchline::lint::made_twice;
use branchline::names::BranchName;
use branchline::report::Finding;
use branchline::script::{self, Program, ScriptErrorKind};
use branchline::sql::ScriptEffects;
use branchline::workspace::Workspace;

use super::context::Context;

/// What the ways up of a branch do, a dialect.
pub type BranchEffects = BTreeMap<Dialect, DialectEffects>;

/// What they do on one of them.
#[derive(Default)]
pub struct DialectEffects {
    /// By revision, in the order of the graph.
    pub scripts: BTreeMap<RevisionIndex, ScriptEffects>,
    files: BTreeMap<RevisionIndex, PathBuf>,
}

impl DialectEffects {
    /// Takes a way up.
    pub fn add(&mut self, index: RevisionIndex, dialect: Dialect, program: Program) {
        self.scripts.insert(index, program.effects(dialect));
        self.files.insert(index, program.file);
    }
}

/// Reads the ways up of a branch, for each of its dialects. Of a script that cannot run there, all is unknown.
pub fn of_branch(context: &Context, workspace: &Workspace, branch: &BranchName) -> BranchEffects {
    let mut effects = BranchEffects::new();
    for dialect in context.dialects(&workspace.project.branches[branch]) {
        let read = effects.entry(dialect).or_default();
        for &index in workspace.graph.revisions(branch) {
            match script::load(&workspace.project.root, workspace.revision(index), Direction::Up, dialect) {
                Ok(program) => read.add(index, dialect, program),
                Err(error) if error.kind == ScriptErrorKind::Missing => {}
                Err(error) => {
                    let unknown = vec![error.location.line.unwrap_or(1)];
                    read.scripts.insert(index, ScriptEffects { unknown, ..ScriptEffects::default() });
                }
            }
        }
    }
    effects
}

/// What two revisions of a branch both make.
pub fn findings(workspace: &Workspace, branch: &BranchName, effects: &BranchEffects) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for read in effects.values() {
        for twice in made_twice(&read.scripts) {
            let (first, second) = (workspace.graph.key(twice.first.0), workspace.graph.key(twice.second.0));
            let place = format!("{}:{}", read.files[&twice.first.0].display(), twice.first.1);
            let finding = Finding {
                kind: "made_twice",
                branch: branch.clone(),
                revision: Some(second.id.clone()),
                message: format!("{second} {}, and so does {first} ({place})", twice.effect),
                hint: Some(
                    "where both are applied the second one fails: take it out of one of them, rename it, or let one say IF NOT \
                     EXISTS"
                        .to_owned(),
                ),
                file: Some(read.files[&twice.second.0].clone()),
                line: Some(twice.second.1),
            };
            if !findings.iter().any(|known| known.message == finding.message) {
                findings.push(finding);
            }
        }
    }
    findings
}
