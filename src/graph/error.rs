//! What can be wrong with the revisions of a project, before any database is asked.

use std::fmt;
use std::path::PathBuf;

use crate::listing::listed;
use crate::location::Location;
use crate::names::{BranchName, RevisionId, RevisionKey};

use super::node::Edge;

/// Something wrong with the graph. Each names the revision, its file, and where it can what was meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Several folders hold a revision of one id.
    #[error("{revision} is defined {} times: {}", files.len(), listed(files.iter().map(|file| file.display())))]
    Duplicate {
        /// The revision.
        revision: RevisionKey,
        /// The files that say so, sorted.
        files: Vec<PathBuf>,
    },
    /// A revision belongs to a branch that the project does not have.
    #[error("{}: {revision} belongs to the branch `{}`, which the project does not have", file.display(), revision.branch)]
    UnknownBranch {
        /// The first such revision of that branch.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A parent that its branch does not have, nor any other.
    #[error("{}: {revision} names the parent `{parent}`, which branch {} does not have", file.display(), revision.branch)]
    UnknownParent {
        /// The revision that names it.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
        /// The parent.
        parent: RevisionId,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A parent that is a revision of other branches only.
    #[error("{}: {revision} names the parent `{parent}`, which is a revision of another branch: {}", file.display(), listed(elsewhere))]
    ParentInOtherBranch {
        /// The revision that names it.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
        /// The parent.
        parent: RevisionId,
        /// The revisions that have this id, by branch.
        elsewhere: Vec<RevisionKey>,
        /// What else was probably meant.
        suggestion: Option<String>,
    },
    /// A parent is named twice.
    #[error("{}: {revision} names the parent `{parent}` twice", file.display())]
    RepeatedParent {
        /// The revision that names it.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
        /// The parent.
        parent: RevisionId,
    },
    /// A dependency on a branch that the project does not have.
    #[error("{}: {revision} depends on {dependency}, but the project has no branch `{}`", file.display(), dependency.branch)]
    DependencyOnUnknownBranch {
        /// The revision that names it.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
        /// The dependency.
        dependency: RevisionKey,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A reference into a branch that the project does not have.
    #[error("{at}: {revision} declares a reference to {target}, but the project has no branch `{branch}`")]
    ReferenceToUnknownBranch {
        /// The revision that declares it.
        revision: RevisionKey,
        /// Where it does.
        at: Location,
        /// Where it points.
        target: String,
        /// The branch that is not there.
        branch: BranchName,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A dependency on a revision that its branch does not have.
    #[error("{}: {revision} depends on {dependency}, but branch {} has no revision `{}`", file.display(), dependency.branch, dependency.id)]
    UnknownDependency {
        /// The revision that names it.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
        /// The dependency.
        dependency: RevisionKey,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A revision is its own parent or dependency.
    #[error("{}: {revision} {}", file.display(), match edge { Edge::Parent => "is its own parent", Edge::DependsOn => "depends on itself" })]
    SelfLoop {
        /// The revision.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
        /// As what it names itself.
        edge: Edge,
    },
    /// A revision says that it replaces itself.
    #[error("{}: {revision} replaces itself", file.display())]
    ReplacesItself {
        /// The revision.
        revision: RevisionKey,
        /// Its file.
        file: PathBuf,
    },
    /// Revisions that each need the next, and the last the first.
    #[error("a cycle of revisions: {}", CyclePath(path))]
    Cycle {
        /// The way round, each revision once. The first is the lowest by branch and id.
        path: Vec<CycleStep>,
    },
}

/// A revision on a cycle, and how it needs the one after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleStep {
    /// The revision.
    pub revision: RevisionKey,
    /// Its file.
    pub file: PathBuf,
    /// Whether the next one is its parent or its dependency.
    pub edge: Edge,
    /// The referring columns, where it is a reference that needs the next one.
    pub reference: Option<String>,
}

impl GraphError {
    /// The revision that the error is about; the first one of a cycle.
    #[must_use]
    pub fn revision(&self) -> Option<&RevisionKey> {
        match self {
            Self::Duplicate { revision, .. }
            | Self::UnknownBranch { revision, .. }
            | Self::UnknownParent { revision, .. }
            | Self::ParentInOtherBranch { revision, .. }
            | Self::RepeatedParent { revision, .. }
            | Self::ReferenceToUnknownBranch { revision, .. }
            | Self::DependencyOnUnknownBranch { revision, .. }
            | Self::UnknownDependency { revision, .. }
            | Self::SelfLoop { revision, .. }
            | Self::ReplacesItself { revision, .. } => Some(revision),
            Self::Cycle { path } => path.first().map(|step| &step.revision),
        }
    }

    /// The branch that the error is about.
    #[must_use]
    pub fn branch(&self) -> Option<&BranchName> {
        self.revision().map(|revision| &revision.branch)
    }

    /// The file to look into first.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        let file = match self {
            Self::Duplicate { files, .. } => files.first(),
            Self::UnknownBranch { file, .. }
            | Self::UnknownParent { file, .. }
            | Self::ParentInOtherBranch { file, .. }
            | Self::RepeatedParent { file, .. }
            | Self::DependencyOnUnknownBranch { file, .. }
            | Self::UnknownDependency { file, .. }
            | Self::SelfLoop { file, .. }
            | Self::ReplacesItself { file, .. } => Some(file),
            Self::ReferenceToUnknownBranch { at, .. } => return Some(at.clone()),
            Self::Cycle { path } => path.first().map(|step| &step.file),
        };
        file.map(Location::of_file)
    }

    /// What to do about it, where that can be known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Duplicate { .. } => {
                Some("give one of them another id: what stands before the first `_` of the folder's name".to_owned())
            }
            Self::UnknownBranch { suggestion, .. }
            | Self::UnknownParent { suggestion, .. }
            | Self::ReferenceToUnknownBranch { suggestion, .. }
            | Self::DependencyOnUnknownBranch { suggestion, .. }
            | Self::UnknownDependency { suggestion, .. } => suggestion.clone(),
            Self::ParentInOtherBranch { elsewhere, suggestion, .. } => {
                let keys = listed(elsewhere.iter().map(|key| format!("\"{key}\"")));
                let use_depends_on =
                    format!("parents are of the same branch; for another one use depends_on = [{keys}]");
                Some(match suggestion {
                    Some(suggestion) => format!("{use_depends_on}; or {suggestion}"),
                    None => use_depends_on,
                })
            }
            Self::RepeatedParent { .. } => Some("name it once".to_owned()),
            Self::SelfLoop { edge: Edge::Parent, .. } => {
                Some("name the revision before it, or parents = [] if it starts the branch".to_owned())
            }
            Self::SelfLoop { edge: Edge::DependsOn, .. } | Self::ReplacesItself { .. } => {
                Some("leave it out".to_owned())
            }
            Self::Cycle { path } => cycle_hint(path),
        }
    }
}

/// A wrong `depends_on` makes more cycles than a wrong parent; where there is none, the first file is as good as any.
fn cycle_hint(path: &[CycleStep]) -> Option<String> {
    let after = |index: usize| &path[(index + 1) % path.len()].revision;
    let dependencies: Vec<String> = path
        .iter()
        .enumerate()
        .filter(|(_, step)| step.edge == Edge::DependsOn)
        .take(3)
        .map(|(index, step)| match &step.reference {
            Some(reference) => format!("the reference {reference} in {}", step.file.display()),
            None => format!("depends_on \"{}\" in {}", after(index), step.file.display()),
        })
        .collect();
    if dependencies.is_empty() {
        let first = path.first()?;
        return Some(format!("correct a parent of one of them, such as that in {}", first.file.display()));
    }
    let later = if path.iter().any(|step| step.reference.is_some()) {
        "; a reference can be declared in a later revision"
    } else {
        ""
    };
    Some(format!("take one of them back, such as {}{later}", dependencies.join(", or ")))
}

struct CyclePath<'a>(&'a [CycleStep]);

impl fmt::Display for CyclePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.0 {
            match (step.edge, &step.reference) {
                (Edge::Parent, _) => write!(f, "{} follows ", step.revision)?,
                (Edge::DependsOn, None) => write!(f, "{} depends on ", step.revision)?,
                (Edge::DependsOn, Some(reference)) => {
                    write!(f, "{} depends, by the reference {reference}, on ", step.revision)?;
                }
            }
        }
        self.0.first().map_or(Ok(()), |first| write!(f, "{}", first.revision))
    }
}
