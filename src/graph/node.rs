//! A revision as the graph sees it: its name and its edges. What its scripts say is not the graph's business.

use std::path::PathBuf;

use crate::names::{RevisionId, RevisionKey};

/// What the graph must know of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its branch and id.
    pub key: RevisionKey,
    /// The revisions of the same branch that it follows; none starts the branch, several make a merge.
    pub parents: Vec<RevisionId>,
    /// The revisions, usually of other branches, that must be applied before it.
    pub depends_on: Vec<RevisionKey>,
    /// The revisions of other branches that provide what its references point to, where `depends_on` does not name them.
    pub references: Vec<ReferenceNeed>,
    /// The revisions that it stands for, if it was squashed from others. Kept for the record: selection does not
    /// look at it yet.
    pub replaces: Vec<RevisionId>,
    /// Its `revision.toml`, for errors.
    pub file: PathBuf,
    /// What it does, in a line, for drawings.
    pub description: String,
}

/// A reference that needs a revision of another branch: the one that provides the columns it points to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReferenceNeed {
    /// The revision that provides them.
    pub on: RevisionKey,
    /// The referring columns, as in `projects.user_id`.
    pub from: String,
}

/// A revision's place in a [`Graph`](super::Graph). Orders as branch name, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RevisionIndex(pub(super) u32);

impl RevisionIndex {
    /// The index as a number below [`Graph::len`](super::Graph::len), to look up in a table by revision.
    #[must_use]
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// Why one revision comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edge {
    /// It follows it, within the branch.
    Parent,
    /// It needs it, and that changes nothing else.
    DependsOn,
}
