//! The rules, a file each.

mod backfill_under_lock;
mod column_type_change;
mod constraint_not_valid;
mod copying_alter;
mod down_does_not_restore;
mod drop_index_not_concurrent;
mod ends_no_reference;
mod exclusive_lock;
mod gone_twice;
mod index_not_concurrent;
mod local_setting;
mod loss;
mod made_twice;
mod mixed_key_types;
mod never_dropped;
mod new_enum_value_used;
mod not_idempotent;
mod not_null_without_default;
mod other_database;
mod reference_column;
mod reference_index;
mod reference_types;
mod references_other_branch;
mod remote_access;
mod rename_column;
mod rename_table;
mod server_state;
mod session_state;
mod set_not_null;
mod stored_column;
mod table_rewrite;
mod timestamp_without_time_zone;
mod unique_builds_index;
mod update_without_where;
mod vector_dimensions;
mod volatile_default;
mod wrong_branch;

use super::finding::{Found, FoundIn};
use super::project::Project;
use super::script::Script;
use crate::direction::Direction;

pub use other_database::{Databases, check_script as other_database};
pub use references_other_branch::{ForeignTable, Maker, check_script as references_other_branch, foreign_tables};

/// A rule over one script. It says nothing where it is not certain.
type ScriptRule = fn(&Script<'_>, &mut Vec<Found>);

/// Rules that hold for every script.
const EITHER_WAY: &[ScriptRule] = &[
    session_state::check,
    server_state::check,
    local_setting::check,
    not_null_without_default::check,
    new_enum_value_used::check,
    remote_access::check,
];

/// Rules for ways up. The way down loses data and locks tables by its nature, and is asked for by a person.
const UP: &[ScriptRule] = &[
    loss::check,
    update_without_where::check,
    backfill_under_lock::check,
    index_not_concurrent::check,
    drop_index_not_concurrent::check,
    constraint_not_valid::check,
    unique_builds_index::check,
    set_not_null::check,
    column_type_change::check,
    volatile_default::check,
    stored_column::check,
    table_rewrite::check,
    exclusive_lock::check,
    copying_alter::check,
    rename_table::check,
    rename_column::check,
    timestamp_without_time_zone::check,
    not_idempotent::check,
];

/// A rule over the scripts of a whole project.
type ProjectRule = fn(&Project<'_>, &mut Vec<FoundIn>);

/// Rules that look at several scripts, or at what revision.toml declares.
const PROJECT: &[ProjectRule] = &[
    references_other_branch::check,
    other_database::check,
    wrong_branch::check,
    reference_column::check,
    ends_no_reference::check,
    reference_types::check,
    reference_index::check,
    made_twice::check,
    gone_twice::check,
    down_does_not_restore::check,
    never_dropped::check,
    mixed_key_types::check,
    vector_dimensions::check,
];

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
