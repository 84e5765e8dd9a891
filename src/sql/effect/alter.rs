//! ALTER of anything but tables, RENAME TABLE, COMMENT ON.

use super::super::words::Words;
use super::{Action, Effects, ObjectKind};

/// Gives nothing where it cannot be told what is changed.
pub(super) fn read(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    words.take("ALTER");
    words.take("MATERIALIZED");
    // A table that could not be read.
    let kind = super::drop::kind(words).filter(|kind| *kind != ObjectKind::Table)?;
    let lenient = words.take("IF EXISTS");
    let name = words.name()?;
    // The arguments of a function tell it from others of its name.
    words.group();
    let table = if words.take("ON") { Some(words.name()?) } else { None };
    if words.take("RENAME TO") {
        effects.rename(kind, name, table.as_ref(), words.part()?);
        return Some(());
    }
    match table {
        Some(table) => effects.push_of(Action::Changes, kind, name.name, &table, lenient),
        None => effects.push(Action::Changes, kind, name, lenient),
    }
    Some(())
}

/// MySQL, MariaDB: `RENAME TABLE a TO b, c TO d`.
pub(super) fn rename_tables(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    words.take("RENAME");
    if !words.take_any(&["TABLE", "TABLES"]) {
        return None;
    }
    words.take("IF EXISTS");
    for mut pair in words.items() {
        let from = pair.name()?;
        if !pair.take("TO") {
            return None;
        }
        effects.rename(ObjectKind::Table, from, None, pair.name()?.name);
    }
    Some(())
}

/// PostgreSQL: `COMMENT ON ... IS`.
pub(super) fn comment(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    words.take("COMMENT");
    words.take("ON");
    if words.take("COLUMN") {
        let (table, column) = words.column_path()?;
        effects.push_of(Action::Changes, ObjectKind::Column, column, &table, false);
        return Some(());
    }
    if words.take("CONSTRAINT") {
        let name = words.part()?;
        if !words.take("ON") {
            return None;
        }
        words.take("DOMAIN");
        effects.push_of(Action::Changes, ObjectKind::Constraint, name, &words.name()?, false);
        return Some(());
    }
    words.take("MATERIALIZED");
    match super::drop::kind(words) {
        Some(kind) => effects.push(Action::Changes, kind, words.name()?, false),
        // Of a role, a database, a cast: of nothing that is looked at here.
        None => return Some(()),
    }
    Some(())
}
