//! The graph as a picture: text for a terminal, and two languages that others draw.
//!
//! What is newest is on top, and an arrow leads from a revision to what it needs. Descriptions come from people: each
//! language escapes them for itself, and a line break never gets through.

mod dot;
mod mermaid;
mod text;

use std::collections::BTreeSet;

use crate::names::{BranchName, RevisionKey};

use super::Graph;
use super::node::RevisionIndex;

pub use text::text_of;

/// A reference from what one revision made to a table of another branch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReferenceEdge {
    /// The revision since which it holds.
    pub from: RevisionKey,
    /// The branch that it points into. A reference within a branch is not drawn.
    pub to: BranchName,
    /// What to write on it, such as `projects.user_id`.
    pub label: String,
}

/// What is to be drawn.
#[derive(Debug, Clone)]
pub struct Picture<'a> {
    graph: &'a Graph,
    only: Option<BTreeSet<BranchName>>,
    references: &'a [ReferenceEdge],
}

impl<'a> Picture<'a> {
    /// A picture of all branches, without references.
    #[must_use]
    pub const fn of(graph: &'a Graph) -> Self {
        Self { graph, only: None, references: &[] }
    }

    /// Some branches only; edges that lead out of them are left out, except as text.
    #[must_use]
    pub fn only(mut self, branches: impl IntoIterator<Item = BranchName>) -> Self {
        self.only = Some(branches.into_iter().collect());
        self
    }

    /// These references too: as a third kind of arrow, or in words.
    #[must_use]
    pub const fn with_references(mut self, references: &'a [ReferenceEdge]) -> Self {
        self.references = references;
        self
    }

    /// The picture for a terminal, branch after branch.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::draw(self)
    }

    /// The picture in Graphviz's language.
    #[must_use]
    pub fn to_dot(&self) -> String {
        dot::draw(self)
    }

    /// The picture in Mermaid's language.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::draw(self)
    }

    fn branches(&self) -> impl Iterator<Item = &'a BranchName> {
        self.graph.branches().filter(|name| self.draws(name))
    }

    fn draws(&self, branch: &BranchName) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(branch))
    }

    fn revisions(&self) -> impl Iterator<Item = RevisionIndex> {
        self.branches().flat_map(|branch| self.graph.revisions(branch)).copied()
    }

    /// The dependencies of a revision that are in the picture.
    fn dependencies(&self, revision: RevisionIndex) -> impl Iterator<Item = RevisionIndex> {
        self.graph.dependencies(revision).filter(|&needed| self.draws(&self.graph.key(needed).branch))
    }

    /// The references whose two ends are in the picture, in different branches, in order.
    fn references(&self) -> impl Iterator<Item = (RevisionIndex, &'a ReferenceEdge)> {
        let sorted: BTreeSet<&ReferenceEdge> = self.references.iter().collect();
        sorted.into_iter().filter_map(|edge| {
            let from = self.graph.find(&edge.from)?;
            let is_drawn = self.draws(&edge.from.branch) && self.draws(&edge.to);
            (is_drawn && edge.from.branch != edge.to && self.graph.branch(&edge.to).is_some()).then_some((from, edge))
        })
    }
}

/// The marks of a revision, of `head`, `base` and `merge`: what it is in its branch.
#[must_use]
pub fn marks(graph: &Graph, revision: RevisionIndex) -> Vec<&'static str> {
    let is_head = graph.children(revision).next().is_none();
    let is_base = graph.parents(revision).next().is_none();
    let is_merge = graph.parents(revision).nth(1).is_some();
    [(is_head, "head"), (is_base, "base"), (is_merge, "merge")]
        .into_iter()
        .filter_map(|(holds, mark)| holds.then_some(mark))
        .collect()
}

/// A text from outside on one line: what would break it, steer a terminal or turn its direction becomes a space.
fn one_line(text: &str) -> String {
    let is_unsafe = |character: char| {
        character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.split(is_unsafe).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ").trim().to_owned()
}
