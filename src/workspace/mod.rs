//! A project with all its revisions and their graph: everything that is known without a database.

mod columns;
mod inspect;
mod providers;
mod urls;

use std::collections::BTreeMap;
use std::path::Path;

use crate::direction::Direction;
use crate::graph::{Graph, GraphError, Node, RevisionIndex};
use crate::lint::{Level, LevelError, Levels};
use crate::listing::listed;
use crate::names::{BranchName, RevisionKey};
use crate::problems::Problems;
use crate::project::{Branch, Project, ProjectError};
use crate::reference::ReferenceChanges;
use crate::revision::{self, LoadOptions, Revision, RevisionError};
use crate::suggest::did_you_mean;

pub use inspect::{Inspection, Runs, read_script};
pub use urls::{Stopped, Urls};

/// Everything that is known offline.
#[derive(Debug)]
pub struct Workspace {
    /// The branch files.
    pub project: Project,
    /// The graph.
    pub graph: Graph,
    /// The revisions, in the order of their [`RevisionIndex`].
    pub revisions: Vec<Revision>,
    /// What each branch says of findings.
    pub levels: BTreeMap<BranchName, Levels>,
}

/// Why a project cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// Its branch files.
    #[error(transparent)]
    Project(#[from] Problems<ProjectError>),
    /// Its revisions.
    #[error(transparent)]
    Revisions(#[from] Problems<RevisionError>),
    /// What its revisions are to each other; at least one.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Graph(Vec<GraphError>),
}

impl Workspace {
    /// Loads a project from its folder.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with its files, or with the graph that they make.
    pub fn load(root: &Path, options: LoadOptions) -> Result<Self, WorkspaceError> {
        Self::of_project(Project::load(root)?, options)
    }

    /// The same for a project whose branch files are read already.
    ///
    /// # Errors
    ///
    /// As [`Workspace::load`].
    pub fn of_project(project: Project, options: LoadOptions) -> Result<Self, WorkspaceError> {
        let levels = levels(&project)?;
        let revisions = revision::load(&project, options)?;
        let branches: Vec<BranchName> = project.branches.keys().cloned().collect();
        let build = |nodes| Graph::build(&branches, nodes).map_err(WorkspaceError::Graph);
        let mut graph = build(revisions.iter().map(node).collect())?;
        let strangers: Vec<GraphError> =
            revisions.iter().flat_map(|revision| references_to_strangers(&project, revision)).collect();
        if !strangers.is_empty() {
            return Err(WorkspaceError::Graph(strangers));
        }
        let mut needs = providers::needs(&project, &graph, &revisions);
        if !needs.is_empty() {
            let nodes = revisions.iter().map(|revision| {
                let references = graph.find(&revision.key).and_then(|index| needs.remove(&index));
                Node { references: references.unwrap_or_default(), ..node(revision) }
            });
            graph = build(nodes.collect())?;
        }
        Ok(Self { project, graph, revisions, levels })
    }

    /// A revision of the graph.
    #[must_use]
    pub fn revision(&self, index: RevisionIndex) -> &Revision {
        &self.revisions[index.as_usize()]
    }

    /// What the files ask for and this version reads without doing it, a sentence each: nobody is to rely on it.
    #[must_use]
    pub fn unheeded(&self) -> Vec<String> {
        let that = |asks: fn(&Revision) -> bool| self.revisions.iter().filter(move |&revision| asks(revision));
        let verified = that(|revision| !revision.verify.is_empty()).map(|revision| &revision.key);
        let squashed = that(|revision| !revision.replaces.is_empty()).map(|revision| &revision.key);
        [
            ("[[verify]]", listed(verified), "its queries are not run"),
            (
                "replaces",
                listed(squashed),
                "a database that has applied what is replaced does not count as having applied it",
            ),
        ]
        .into_iter()
        .filter(|(_, of, _)| !of.is_empty())
        .map(|(key, of, lacks)| format!("`{key}` of {of} has no effect in this version: {lacks}"))
        .collect()
    }

    /// What a revision, taken one way, does to the live references of its branch.
    #[must_use]
    pub fn reference_changes(&self, key: &RevisionKey, direction: Direction) -> ReferenceChanges {
        self.graph
            .find(key)
            .map(|index| ReferenceChanges::of(&self.graph, &self.revisions, index, direction))
            .unwrap_or_default()
    }

    /// What a revision depends on: what its file says, and what follows from its references.
    #[must_use]
    pub fn depends_on(&self, key: &RevisionKey) -> Vec<RevisionKey> {
        let Some(index) = self.graph.find(key) else { return Vec::new() };
        let mut all = self.revision(index).depends_on.clone();
        for need in &self.graph.node(index).references {
            if !all.contains(&need.on) {
                all.push(need.on.clone());
            }
        }
        all
    }

    /// A revision by its name.
    #[must_use]
    pub fn find(&self, key: &RevisionKey) -> Option<&Revision> {
        self.graph.find(key).map(|index| self.revision(index))
    }
}

/// What each branch says of findings.
fn levels(project: &Project) -> Result<BTreeMap<BranchName, Levels>, Problems<ProjectError>> {
    let mut errors = Vec::new();
    let mut levels = BTreeMap::new();
    for branch in project.branches.values() {
        match levels_of(branch) {
            Ok(of_branch) => {
                levels.insert(branch.name.clone(), of_branch);
            }
            Err(error) if errors.iter().any(|known: &ProjectError| known.to_string() == error.to_string()) => {}
            Err(error) => errors.push(error),
        }
    }
    Problems::check(levels, errors)
}

fn levels_of(branch: &Branch) -> Result<Levels, ProjectError> {
    let lint = &branch.lint;
    let mut levels = Levels::default();
    for (level, said) in [(Level::Deny, &lint.deny), (Level::Warn, &lint.warn), (Level::Allow, &lint.allow)] {
        for (name, file) in said {
            levels.set(level, name).map_err(|error: LevelError| ProjectError::LintCode {
                file: file.clone(),
                hint: error.hint(),
                problem: error.to_string(),
            })?;
        }
    }
    Ok(levels)
}

/// The references of a revision into branches that the project does not have.
fn references_to_strangers<'a>(project: &'a Project, revision: &'a Revision) -> impl Iterator<Item = GraphError> + 'a {
    let targets = revision
        .references
        .iter()
        .flat_map(|reference| reference.targets().map(|target| (target, &reference.declared_at)));
    let strangers = targets.filter(|(target, _)| !project.branches.contains_key(&target.branch));
    strangers.map(|(target, at)| GraphError::ReferenceToUnknownBranch {
        revision: revision.key.clone(),
        at: at.clone(),
        target: target.to_string(),
        branch: target.branch.clone(),
        suggestion: did_you_mean(target.branch.as_str(), project.branches.keys().map(BranchName::as_str)),
    })
}

fn node(revision: &Revision) -> Node {
    Node {
        key: revision.key.clone(),
        parents: revision.parents.clone(),
        depends_on: revision.depends_on.clone(),
        references: Vec::new(),
        replaces: revision.replaces.clone(),
        file: revision.manifest(),
        description: revision.description.clone(),
    }
}
