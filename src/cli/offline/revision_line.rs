//! A revision in a list: the fields of its JSON object, and its row in a table.

use branchline::graph::draw::marks;
use branchline::graph::{Graph, RevisionIndex};
use branchline::listing::listed;
use branchline::names::{BranchName, RevisionId, RevisionKey};
use serde::Serialize;

use crate::cli::table::Table;

/// What a list says of a revision.
#[derive(Debug, Serialize)]
pub struct RevisionLine<'a> {
    pub branch: &'a BranchName,
    pub revision: &'a RevisionId,
    pub description: &'a str,
    pub parents: Vec<&'a RevisionId>,
    pub depends_on: Vec<&'a RevisionKey>,
    /// The same in words, with the references that they follow from.
    #[serde(skip)]
    needed: Vec<String>,
    /// Of `head`, `base` and `merge`.
    pub marks: Vec<&'static str>,
}

impl<'a> RevisionLine<'a> {
    pub fn of(graph: &'a Graph, index: RevisionIndex) -> Self {
        let node = graph.node(index);
        Self {
            branch: &node.key.branch,
            revision: &node.key.id,
            description: &node.description,
            parents: graph.parents(index).map(|parent| &graph.key(parent).id).collect(),
            depends_on: graph.dependencies(index).map(|needed| graph.key(needed)).collect(),
            needed: graph.needed(index).collect(),
            marks: marks(graph, index),
        }
    }
}

/// Some revisions as a table.
pub fn table_of(lines: &[RevisionLine<'_>]) -> Table {
    let mut table = Table::new(["REVISION", "DESCRIPTION", "PARENTS", "DEPENDS ON", "MARKS"]);
    for line in lines {
        table.row([
            format!("{}@{}", line.branch, line.revision),
            line.description.to_owned(),
            joined(&line.parents),
            joined(&line.needed),
            joined(&line.marks),
        ]);
    }
    table
}

/// Some names, or a dash for none.
pub fn joined(names: &[impl ToString]) -> String {
    if names.is_empty() {
        return "-".to_owned();
    }
    listed(names.iter().map(ToString::to_string))
}
