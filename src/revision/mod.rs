//! Revisions, as their folders hold them.
//!
//! Reads `migrations/BRANCH/<id>_<slug>/` and says everything that is wrong with a folder by itself. What revisions are to each
//! other (unknown parents, cycles) is the graph's to know, and what is in a script is `sql`'s and `schema`'s.

mod checksum;
mod error;
mod folder;
mod hashed;
mod load;
mod manifest;
mod raw_reference;
mod reference;
mod scaffold;
mod script;
mod text;

use std::path::PathBuf;

pub use self::checksum::{Checksum, NotAChecksum};
pub use self::error::{RevisionError, RevisionProblem};
pub use self::hashed::Hashed;
pub use self::load::{LoadOptions, load};
pub use self::manifest::{Value, Verify};
pub use self::reference::{Columns, EndedReference, OnDelete, Reference, ReferenceTarget, ReferenceTo, TablePath};
pub use self::scaffold::{DraftRevision, NewRevision};
pub use self::script::{MANIFEST, Script, ScriptKind, Scripts};
pub use self::text::ScriptText;
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::{RevisionId, RevisionKey};

/// A revision: one step of a branch's schema, with the way there and, mostly, the way back.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Its branch and id.
    pub key: RevisionKey,
    /// What follows the id in the folder's name; may be empty, and may change.
    pub slug: String,
    /// Its folder, relative to the project unless the branch's folder is absolute.
    pub folder: PathBuf,
    /// What it does, for people; from the slug where revision.toml does not say.
    pub description: String,
    /// The revisions of the same branch right before it; two or more make it a merge.
    pub parents: Vec<RevisionId>,
    /// Revisions that must be applied before, mostly of other branches.
    pub depends_on: Vec<RevisionKey>,
    /// Whether the script and its state row are one transaction.
    pub transaction: bool,
    /// The revisions that a squashed one stands for.
    pub replaces: Vec<RevisionId>,
    /// Why there is no way back.
    pub irreversible: Option<String>,
    /// The references that begin here.
    pub references: Vec<Reference>,
    /// The references that end here.
    pub ended_references: Vec<EndedReference>,
    /// What must hold after it, beyond what is derived from the script.
    pub verify: Vec<Verify>,
    /// The files.
    pub scripts: Scripts,
}

/// How a revision is applied or taken back on a dialect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way<'a> {
    /// By running a script.
    Script(&'a Script),
    /// By taking back, in reverse, the portable operations of this way up.
    Derived(&'a Script),
    /// By doing nothing: without scripts, a merge, or references that begin or end.
    Nothing,
    /// Not at all, for this reason.
    Irreversible(&'a str),
    /// Not at all: the files hold no way on this dialect.
    Missing,
}

impl Revision {
    /// How it is applied or taken back on a dialect.
    #[must_use]
    pub fn way(&self, direction: Direction, dialect: Dialect) -> Way<'_> {
        if let Some(script) = self.scripts.script(direction, dialect) {
            return Way::Script(script);
        }
        if self.runs_nothing() {
            return Way::Nothing;
        }
        if direction == Direction::Up {
            return Way::Missing;
        }
        if let Some(reason) = &self.irreversible {
            return Way::Irreversible(reason);
        }
        match self.scripts.script(Direction::Up, dialect) {
            Some(up) if up.kind() == ScriptKind::Portable => Way::Derived(up),
            _ => Way::Missing,
        }
    }

    /// Whether it has several parents.
    #[must_use]
    pub const fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }

    /// Whether it runs nothing, and need not: a merge joins lines, and references that begin or end are recorded.
    #[must_use]
    pub fn runs_nothing(&self) -> bool {
        let says_enough = self.is_merge() || !self.references.is_empty() || !self.ended_references.is_empty();
        says_enough && self.scripts.is_empty()
    }

    /// A script's path, relative as the folder is.
    #[must_use]
    pub fn path_of(&self, script: &Script) -> PathBuf {
        self.folder.join(script.file_name())
    }

    /// The path of its revision.toml, relative as the folder is.
    #[must_use]
    pub fn manifest(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }
}

#[cfg(test)]
mod tests;
