//! Whose database one is: a branch's own, another's, or one that two branches were led to without anybody saying so.
//!
//! Decides by what was found there and by what the project's files say; asks nobody.

use crate::names::BranchName;

use super::{Binding, Refusal, RefusalKind, SharedDatabases, Snapshot};

const SWAPPED: &str = "are two URLs swapped? Two branches share a database only where both branch files name the same \
                       source as `database`";

const CORRECT: &str = "correct one of the two; where both branches belong into one database, let both branch files name the \
                       same source as `database`";

const BOTH_BOUND: &str = "correct one of the two; where both branches belong into this database, let both branch files name \
                          the same source as `database`, and go on as before";

/// Why nothing may be written for a branch in the database that its URL leads to, if anything forbids it.
pub(super) fn wrong_database(project: Option<&str>, shared: &SharedDatabases, snapshot: &Snapshot) -> Option<Refusal> {
    let branch = &snapshot.branch;
    let refuse = |message: String, hint: &str| {
        Some(Refusal {
            kind: RefusalKind::WrongDatabase,
            branch: branch.clone(),
            revision: None,
            message,
            hint: Some(hint.to_owned()),
        })
    };
    let database = &snapshot.database;
    let sources = |other: &BranchName| {
        format!(
            "the URL of {branch} comes from {}, that of {other} from {}",
            shared.source(branch),
            shared.source(other)
        )
    };
    let neighbours = || snapshot.others.iter().filter(|other| foreign_project(project, other).is_none());
    if let Some(binding) = &snapshot.binding {
        if let Some(theirs) = foreign_project(project, binding) {
            return refuse(
                format!("{database} belongs to branch {branch} of another project, {theirs}"),
                "correct the branch's URL, or the project's name in branchline.toml",
            );
        }
        let other = neighbours().filter_map(name).find(|other| shared.collide(branch, other))?;
        return refuse(format!("{database} carries {branch} and {other}, but {}", sources(&other)), BOTH_BOUND);
    }
    if let Some(stranger) = snapshot.others.iter().find(|other| {
        foreign_project(project, other).is_some() || !name(other).is_some_and(|other| shared.share(branch, &other))
    }) {
        let message = format!("{database} belongs to branch {}, not to {branch}", stranger.branch);
        let colliding = neighbours().filter(|other| *other == stranger).find_map(name);
        return match colliding.filter(|other| shared.collide(branch, other)) {
            Some(other) => refuse(format!("{message}, and both URLs lead there: {}", sources(&other)), CORRECT),
            None => refuse(message, SWAPPED),
        };
    }
    let other = shared.colliding(branch).next()?;
    refuse(format!("two URLs lead to {database}: {}", sources(other)), CORRECT)
}

/// The project that something is bound to, where it is not this one. Compared only where both have a name.
fn foreign_project<'a>(ours: Option<&str>, bound: &'a Binding) -> Option<&'a str> {
    let theirs = bound.project.as_deref()?;
    ours.is_some_and(|ours| ours != theirs).then_some(theirs)
}

fn name(bound: &Binding) -> Option<BranchName> {
    bound.branch.parse().ok()
}
