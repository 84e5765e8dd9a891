//! Why a target cannot be followed, with the names of what could have been meant.

use crate::direction::Direction;
use crate::listing::listed;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::redact;

use super::target::Target;

/// A target that means nothing, several things, or something that cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not written as a target is.
    #[error("`{target}` is no target: {why}")]
    Syntax {
        /// What was written.
        target: String,
        /// What is wrong with it.
        why: String,
        /// What to write instead.
        suggestion: Option<String>,
    },
    /// Neither a branch nor a revision has this name.
    #[error("{}no branch and no revision is called `{name}`", Prefix(target, name))]
    UnknownName {
        /// The target.
        target: String,
        /// The name in it.
        name: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// The branch has no revision whose id is, or begins, so.
    #[error("`{target}`: branch {branch} has no revision `{id}`")]
    UnknownRevision {
        /// The target.
        target: String,
        /// The branch.
        branch: BranchName,
        /// The id in it.
        id: RevisionId,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// Several revisions are meant by what should be one.
    #[error("{}`{name}` is more than one revision: {}", Prefix(target, name), listed(candidates))]
    Ambiguous {
        /// The target.
        target: String,
        /// The id, or the beginning of one.
        name: String,
        /// All that it can be.
        candidates: Vec<RevisionKey>,
        /// The target with each of these that it makes sense with.
        instead: Vec<Target>,
    },
    /// Something else than one revision, where one is wanted.
    #[error("`{target}` does not name one revision: {why}")]
    NotOne {
        /// The target.
        target: String,
        /// What it means.
        why: &'static str,
    },
    /// The one head of a branch that has several.
    #[error("`{target}`: branch {branch} has {} heads{}: {}", heads.len(), through(line.as_ref()), listed(heads))]
    SeveralHeads {
        /// The target.
        target: String,
        /// The branch.
        branch: BranchName,
        /// The revision through which the line goes, where the target names one.
        line: Option<RevisionKey>,
        /// The heads.
        heads: Vec<RevisionKey>,
        /// Which way was to be gone.
        direction: Direction,
        /// The target with each head that it can be followed to.
        instead: Vec<Target>,
    },
    /// Relative to what is applied, where several heads are.
    #[error("`{target}` is relative to what is applied, but branch {branch} has {} applied heads{}: {}", heads.len(), through(line.as_ref()), listed(heads))]
    SeveralCurrentHeads {
        /// The target.
        target: String,
        /// The branch.
        branch: BranchName,
        /// The revision through which the line goes, where the target names one.
        line: Option<RevisionKey>,
        /// The applied heads.
        heads: Vec<RevisionKey>,
        /// Which way was to be counted.
        direction: Direction,
        /// The target counted from each head from which it can be.
        instead: Vec<Target>,
    },
    /// The way up forks.
    #[error("`{target}`: the way up from {} forks: {}", match from { Some(from) => from.to_string(), None => format!("the base of {branch}") }, listed(candidates))]
    SeveralChildren {
        /// The target.
        target: String,
        /// The branch.
        branch: BranchName,
        /// Where it forks; none before the first revision.
        from: Option<RevisionKey>,
        /// Where it could go on.
        candidates: Vec<RevisionKey>,
        /// The rest of the way from each of these from which it can be gone.
        instead: Vec<Target>,
    },
    /// The way down forks, and it matters which one is taken.
    #[error("`{target}`: the way down from the merge {from} forks: {}", listed(candidates))]
    SeveralParents {
        /// The target.
        target: String,
        /// The merge.
        from: RevisionKey,
        /// Its parents.
        candidates: Vec<RevisionKey>,
        /// The rest of the way from each of these from which it can be gone.
        instead: Vec<Target>,
    },
    /// More steps than there are.
    #[error("`{target}` goes too far: {}", too_far(branch, from.as_ref(), *left, *direction))]
    TooFar {
        /// The target.
        target: String,
        /// The branch.
        branch: BranchName,
        /// Where it starts; none before the first revision.
        from: Option<RevisionKey>,
        /// How many steps there are.
        left: usize,
        /// Which way.
        direction: Direction,
    },
    /// A target of an upgrade for a downgrade, or the reverse.
    #[error("`{target}` is no target for {}: {why}", match direction { Direction::Up => "an upgrade", Direction::Down => "a downgrade" })]
    WrongWay {
        /// The target.
        target: String,
        /// Which way was to be gone.
        direction: Direction,
        /// What the target means.
        why: &'static str,
        /// What to write instead.
        suggestion: String,
    },
    /// Down to, or along a line through, what is not applied.
    #[error("`{target}`: {revision} is not applied")]
    NotApplied {
        /// The target.
        target: String,
        /// The revision.
        revision: RevisionKey,
    },
    /// Down to what the line does not lead to.
    #[error("`{target}`: {revision} is not on the line through {line}")]
    NotOnLine {
        /// The target.
        target: String,
        /// Where the line was to go.
        revision: RevisionKey,
        /// What it goes through.
        line: RevisionKey,
    },
    /// One target takes down where another wants to stay.
    #[error("`{target}` keeps {revision} applied, but another target takes it down")]
    Contradiction {
        /// The target that wants to stay.
        target: String,
        /// The revision.
        revision: RevisionKey,
    },
    /// Relative to a database, where none is asked.
    #[error("`{target}` is relative to what a database has applied, and no database is asked here")]
    NeedsDatabase {
        /// The target.
        target: String,
    },
    /// The ends of a range of history are of two branches, or one is not below the other.
    #[error("`{range}`: {from} is not below {to}")]
    NotARange {
        /// The range.
        range: String,
        /// Its lower end.
        from: RevisionKey,
        /// Its upper end.
        to: RevisionKey,
    },
}

impl TargetError {
    pub(super) fn syntax(target: &str, why: &str, suggestion: Option<String>) -> Self {
        Self::Syntax { target: redact::value(target).into_owned(), why: why.to_owned(), suggestion }
    }

    /// The branch that the error is about, where one is known.
    #[must_use]
    pub fn branch(&self) -> Option<&BranchName> {
        match self {
            Self::UnknownRevision { branch, .. }
            | Self::SeveralHeads { branch, .. }
            | Self::SeveralCurrentHeads { branch, .. }
            | Self::SeveralChildren { branch, .. }
            | Self::TooFar { branch, .. } => Some(branch),
            _ => self.revision().map(|revision| &revision.branch),
        }
    }

    /// The revision that the error is about, where one is known.
    #[must_use]
    pub fn revision(&self) -> Option<&RevisionKey> {
        match self {
            Self::SeveralChildren { from, .. } | Self::TooFar { from, .. } => from.as_ref(),
            Self::SeveralParents { from, .. } => Some(from),
            Self::NotApplied { revision, .. }
            | Self::NotOnLine { revision, .. }
            | Self::Contradiction { revision, .. } => Some(revision),
            Self::NotARange { from, .. } => Some(from),
            _ => None,
        }
    }

    /// Where several things could be meant: targets that mean one of them each, and can be followed as far as that is known
    /// where the error was found.
    #[must_use]
    pub fn instead(&self) -> &[Target] {
        match self {
            Self::Ambiguous { instead, .. }
            | Self::SeveralHeads { instead, .. }
            | Self::SeveralCurrentHeads { instead, .. }
            | Self::SeveralChildren { instead, .. }
            | Self::SeveralParents { instead, .. } => instead,
            _ => &[],
        }
    }

    /// What to write instead, where that can be known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { suggestion, .. } => suggestion.clone(),
            Self::UnknownName { suggestion, .. } => {
                let list = || "`branchline branches` lists the branches, `branchline history` the revisions".to_owned();
                Some(suggestion.clone().unwrap_or_else(list))
            }
            Self::UnknownRevision { branch, suggestion, .. } => {
                Some(suggestion.clone().unwrap_or_else(|| format!("`branchline history {branch}` lists them")))
            }
            Self::WrongWay { suggestion, .. } => Some(suggestion.clone()),
            Self::Ambiguous { instead, .. } => Some(one_of(instead).unwrap_or_else(history)),
            Self::SeveralChildren { branch, instead, .. } => {
                Some(one_of(instead).unwrap_or_else(|| name_revision(branch)))
            }
            Self::SeveralParents { from, instead, .. } => {
                Some(one_of(instead).unwrap_or_else(|| name_revision(&from.branch)))
            }
            Self::SeveralHeads { branch, direction: Direction::Up, instead, .. } => {
                let all = format!("take all with {branch}@heads, or `branchline merge {branch}`");
                Some(one_of(instead).map_or(all.clone(), |one| format!("{one}; or {all}")))
            }
            Self::SeveralHeads { branch, direction: Direction::Down, instead, .. } => {
                Some(one_of(instead).unwrap_or_else(|| name_revision(branch)))
            }
            Self::SeveralCurrentHeads { branch, direction, instead, .. } => {
                let name = name_revision(branch);
                Some(match (one_of(instead), direction) {
                    (None, _) => name,
                    (Some(one), Direction::Up) => one,
                    (Some(one), Direction::Down) => format!("for one line, {one}; or {name}"),
                })
            }
            Self::TooFar { from: None, direction: Direction::Down, .. } => None,
            Self::TooFar { branch, direction: Direction::Down, .. } => {
                Some(format!("{branch}@base takes everything down"))
            }
            Self::TooFar { branch, direction: Direction::Up, .. } => {
                Some(format!("{branch}@heads is as far as it goes"))
            }
            Self::NotApplied { revision, .. } => Some(format!(
                "a downgrade ends at a revision that is applied; `branchline status {}` lists them",
                revision.branch
            )),
            Self::Contradiction { .. } => Some("leave one of the targets out".to_owned()),
            Self::NotOne { .. } => Some(history()),
            Self::NeedsDatabase { .. } => Some("name a revision".to_owned()),
            Self::NotARange { from, to, .. } if from.branch != to.branch => {
                Some("both ends are of one branch".to_owned())
            }
            Self::NotOnLine { .. } | Self::NotARange { .. } => None,
        }
    }
}

/// So many targets are offered; who needs more of them looks at the history.
const OFFERED: usize = 5;

fn one_of(instead: &[Target]) -> Option<String> {
    let offered: Vec<String> = instead.iter().take(OFFERED).map(|target| format!("`{target}`")).collect();
    let more = if instead.len() > OFFERED { ", and so on" } else { "" };
    (!offered.is_empty()).then(|| format!("write {}{more}", offered.join(", or ")))
}

fn history() -> String {
    "write BRANCH@ID; `branchline history` lists the revisions".to_owned()
}

fn name_revision(branch: &BranchName) -> String {
    format!("name the revision to go to; `branchline history {branch}` lists them")
}

fn through(line: Option<&RevisionKey>) -> String {
    line.map(|line| format!(" on the line through {line}")).unwrap_or_default()
}

/// The target before a message about a name in it, unless the name is all of it.
struct Prefix<'a>(&'a str, &'a str);

impl std::fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == self.1 { Ok(()) } else { write!(f, "`{}`: ", self.0) }
    }
}

fn too_far(branch: &BranchName, from: Option<&RevisionKey>, left: usize, direction: Direction) -> String {
    let steps = match left {
        0 => "no step is left".to_owned(),
        1 => "only 1 step is left".to_owned(),
        left => format!("only {left} steps are left"),
    };
    match (from, direction) {
        (None, Direction::Down) => format!("nothing is applied on branch {branch}"),
        (None, Direction::Up) => format!("{steps} on branch {branch}"),
        (Some(from), Direction::Down) => format!("{steps} down from {from}"),
        (Some(from), Direction::Up) => format!("{steps} up from {from}"),
    }
}
