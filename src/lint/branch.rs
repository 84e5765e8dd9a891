//! The scripts of a branch, as they were read for one dialect.

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::graph::RevisionIndex;
use crate::names::BranchName;

use super::script::ReadScript;

/// The scripts of a branch on one dialect.
#[derive(Debug)]
pub struct BranchScripts<'a> {
    /// The branch.
    pub branch: &'a BranchName,
    /// The dialect.
    pub dialect: Dialect,
    /// The branch's database on its server, where names tell databases apart and it is known.
    pub database: Option<String>,
    /// The branches whose database is the same one, as far as that is known.
    pub shared_with: BTreeSet<BranchName>,
    /// Its revisions, in the order of the graph.
    pub revisions: Vec<(RevisionIndex, Ways)>,
}

/// The two ways of a revision.
#[derive(Debug, Default)]
pub struct Ways {
    /// The way up, where there is one that could be read.
    pub up: Option<ReadScript>,
    /// The way down, where there is one that could be read.
    pub down: Option<ReadScript>,
    /// There is a way up, and it could not be read.
    pub unread: bool,
    /// revision.toml says that there is no way back, or there is none.
    pub one_way: bool,
}

impl BranchScripts<'_> {
    /// The ways up that could be read, in the order of the graph.
    pub fn ups(&self) -> impl Iterator<Item = (RevisionIndex, &ReadScript)> {
        self.revisions.iter().filter_map(|(index, ways)| Some((*index, ways.up.as_ref()?)))
    }

    /// The way up of a revision.
    #[must_use]
    pub fn up(&self, revision: RevisionIndex) -> Option<&ReadScript> {
        self.ups().find(|(index, _)| *index == revision).map(|(_, up)| up)
    }
}
