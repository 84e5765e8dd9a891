//! What the scripts of a branch do, read for the verbs that look for it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use branchline::direction::Direction;
use branchline::graph::RevisionIndex;
use branchline::lint::made_twice;
use branchline::names::BranchName;
use branchline::report::Finding;
use branchline::script::{self, ScriptErrorKind};
use branchline::sql::ScriptEffects;
use branchline::workspace::Workspace;

use super::context::Context;

/// What the ways up of a branch do on one dialect.
pub struct BranchEffects {
    /// By revision, in the order of the graph. Of a script that cannot run there, all is unknown.
    pub scripts: BTreeMap<RevisionIndex, ScriptEffects>,
    files: BTreeMap<RevisionIndex, PathBuf>,
}

/// Reads the ways up of a branch, for each of its dialects.
pub fn of_branch(context: &Context, workspace: &Workspace, branch: &BranchName) -> Vec<BranchEffects> {
    let dialects = context.dialects(&workspace.project.branches[branch]);
    let read = |dialect| {
        let mut read = BranchEffects { scripts: BTreeMap::new(), files: BTreeMap::new() };
        for &index in workspace.graph.revisions(branch) {
            let revision = workspace.revision(index);
            match script::load(&workspace.project.root, revision, Direction::Up, dialect) {
                Ok(program) => {
                    read.scripts.insert(index, program.effects(dialect));
                    read.files.insert(index, program.file);
                }
                Err(error) if error.kind == ScriptErrorKind::Missing => {}
                Err(error) => {
                    let unknown = vec![error.location.line.unwrap_or(1)];
                    read.scripts.insert(index, ScriptEffects { unknown, ..ScriptEffects::default() });
                }
            }
        }
        read
    };
    dialects.into_iter().map(read).collect()
}

/// What two revisions of a branch both make.
pub fn findings(context: &Context, workspace: &Workspace, branch: &BranchName) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for read in of_branch(context, workspace, branch) {
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
