//! The rules, a file each.

mod index_not_concurrent;
mod loss;
mod made_twice;
mod update_without_where;

use super::finding::{Found, FoundIn};
use super::project::Project;
use super::script::Script;
use crate::direction::Direction;

/// A rule over one script. It says nothing where it is not certain.
type ScriptRule = fn(&Script<'_>, &mut Vec<Found>);

/// Rules that hold for every script.
const EITHER_WAY: &[ScriptRule] = &[];

/// Rules for ways up. The way down loses data and locks tables by its nature, and is asked for by a person.
const UP: &[ScriptRule] = &[loss::check, update_without_where::check, index_not_concurrent::check];

/// A rule over the scripts of a whole project.
type ProjectRule = fn(&Project<'_>, &mut Vec<FoundIn>);

/// Rules that look at several scripts, or at what revision.toml declares.
const PROJECT: &[ProjectRule] = &[made_twice::check];

/// What the rules find in several scripts.
pub fn project(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for rule in PROJECT {
        rule(project, found);
    }
}

/// What the rules find in one script.
#[must_use]
pub fn script(script: &Script<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let of_way = if script.direction == Direction::Up { UP } else { &[] };
    for rule in EITHER_WAY.iter().chain(of_way) {
        rule(script, &mut found);
    }
    found
}
