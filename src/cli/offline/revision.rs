//! `revision`: begins a new revision.

use branchline::error::{Failure, Failures};
use branchline::graph::{Graph, RevisionIndex, Target, TargetError, find_one};
use branchline::listing::{joined, listed};
use branchline::names::{BranchName, RevisionId, RevisionKey};
use branchline::revision::{DraftRevision, LoadOptions, NewRevision};
use branchline::workspace::Workspace;
use clap::Args;
use time::OffsetDateTime;

use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Begin a new revision on a branch's head
///
/// Writes its folder: revision.toml, and scripts to fill in, one for each dialect of the branch, up and down; with --portable
/// one `up.toml` for all of them, from which the way down is derived. Needs no database.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline revision auth \"sessions of users\"\n  \
    branchline revision specs \"owners of projects\" --portable --depends-on auth@0002")]
pub struct Revision {
    /// The branch
    branch: String,
    /// What the revision does, in a few words
    description: String,
    /// One script of portable operations instead of SQL
    #[arg(long)]
    portable: bool,
    /// The revision, or revisions, that it follows; `base` for none [default: the branch's one head]
    #[arg(long = "parent", value_name = "ID", num_args = 1..)]
    parents: Vec<String>,
    /// Revisions, mostly of other branches, that must be applied before it
    #[arg(long, value_name = "BRANCH@ID", num_args = 1..)]
    depends_on: Vec<String>,
}

impl Revision {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let branch = &workspace.project.branch(&self.branch)?.name;
        let parents = match &self.parents[..] {
            [] => only_head(&workspace.graph, branch)?,
            [base] if base == "base" => Vec::new(),
            named => named_parents(&workspace.graph, branch, named)?,
        };
        let mut depends_on: Vec<RevisionKey> = Vec::new();
        for text in &self.depends_on {
            let found = find_one(&workspace.graph, &text.parse()?)?;
            let key = workspace.graph.key(found);
            if !depends_on.contains(key) {
                depends_on.push(key.clone());
            }
        }
        write(&workspace, &New { branch, description: &self.description, parents, depends_on, portable: self.portable })
    }
}

/// What is to be written.
pub struct New<'a> {
    pub branch: &'a BranchName,
    pub description: &'a str,
    pub parents: Vec<RevisionId>,
    pub depends_on: Vec<RevisionKey>,
    pub portable: bool,
}

/// Writes a new revision's folder and says so.
pub fn write(workspace: &Workspace, new: &New<'_>) -> Result<Answer, Failures> {
    if new.description.trim().is_empty() {
        return Err(Failure::usage("the description is empty").into());
    }
    let graph = &workspace.graph;
    let existing: Vec<&RevisionId> = graph.revisions(new.branch).iter().map(|&index| &graph.key(index).id).collect();
    let revision = NewRevision {
        branch: workspace.project.branch(new.branch.as_str())?,
        existing: &existing,
        description: new.description,
        parents: &new.parents,
        depends_on: &new.depends_on,
        portable: new.portable,
        now: OffsetDateTime::now_utc(),
    }
    .draft();
    revision.draft.write(&workspace.project.root)?;
    let files: Vec<_> = revision.draft.files.iter().map(|file| &file.path).collect();
    Ok(Answer::text(text(new, &revision))
        .with("branch", &revision.key.branch)
        .with("revision", &revision.key.id)
        .with("parents", &new.parents)
        .with("depends_on", &new.depends_on)
        .with("folder", &revision.folder)
        .with("files", files))
}

fn text(new: &New<'_>, revision: &DraftRevision) -> String {
    let follows = match &new.parents[..] {
        [] => "the first revision".to_owned(),
        parents => format!("follows {}", joined(parents, " and ")),
    };
    let mut lines = vec![format!("{}: {follows}", revision.key)];
    lines.extend(revision.draft.files.iter().map(|file| format!("  {}", file.path.display())));
    lines.join("\n")
}

/// The one head of a branch; none where it has no revision yet.
fn only_head(graph: &Graph, branch: &BranchName) -> Result<Vec<RevisionId>, Failures> {
    let heads = ids(graph, graph.heads(branch));
    if heads.len() < 2 {
        return Ok(heads);
    }
    let names: Vec<&str> = heads.iter().map(RevisionId::as_str).collect();
    let message = format!("branch {branch} has {} heads: {}", heads.len(), listed(&names));
    let hint =
        format!("join them with `branchline merge {branch}`, or name the one to follow with --parent {}", names[0]);
    Err(Failure::usage(message).with_hint(Some(hint)).about(Some(branch), None).into())
}

/// The revisions of a branch that are named by ids or beginnings of ids, each once.
pub fn named_parents(graph: &Graph, branch: &BranchName, names: &[String]) -> Result<Vec<RevisionId>, Failures> {
    let mut found: Vec<RevisionIndex> = Vec::new();
    for name in names {
        let text = if name.contains('@') { name.clone() } else { format!("{branch}@{name}") };
        let target: Target = text.parse().map_err(|error: TargetError| error)?;
        let index = find_one(graph, &target)?;
        let key = graph.key(index);
        if key.branch != *branch {
            let hint = format!(
                "a revision follows others of its branch only; what else must be applied before it is `--depends-on {key}`"
            );
            let message = format!("{key} cannot be a parent of a revision of branch {branch}");
            return Err(Failure::usage(message).with_hint(Some(hint)).about(Some(branch), None).into());
        }
        if !found.contains(&index) {
            found.push(index);
        }
    }
    Ok(ids(graph, &found))
}

/// The ids of some revisions.
pub fn ids(graph: &Graph, revisions: &[RevisionIndex]) -> Vec<RevisionId> {
    revisions.iter().map(|&revision| graph.key(revision).id.clone()).collect()
}
