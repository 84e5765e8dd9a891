//! ALTER, RENAME TABLE, COMMENT ON.

use super::create::table_item;
use super::words::Words;
use super::{Action, Effects, ObjectKind, ObjectName};

/// Gives nothing where it cannot be told what is changed.
pub(super) fn read(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    words.take("ALTER");
    while words.take_any(&["ONLINE", "IGNORE", "FOREIGN", "MATERIALIZED"]) {}
    let kind = super::drop::kind(words)?;
    let lenient = words.take("IF EXISTS");
    words.take("ONLY");
    let name = words.name()?;
    words.take_punctuation("*");
    words.group();
    if kind == ObjectKind::Table {
        return table(words, &name, effects);
    }
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

fn table(words: &mut Words<'_>, table: &ObjectName, effects: &mut Effects) -> Option<()> {
    let before = effects.known.len();
    for mut action in words.items() {
        one_change(&mut action, table, effects)?;
    }
    if effects.known.len() == before {
        effects.push(Action::Changes, ObjectKind::Table, table.clone(), false);
    }
    Some(())
}

/// One of the actions of ALTER TABLE.
fn one_change(action: &mut Words<'_>, table: &ObjectName, effects: &mut Effects) -> Option<()> {
    if action.take("ADD") {
        return add(action, table, effects);
    }
    if action.take("DROP") {
        return drop(action, table, effects);
    }
    if action.take("RENAME") {
        return rename(action, table, effects);
    }
    if action.is_mysql() && action.take("CHANGE") {
        action.take("COLUMN");
        action.take("IF EXISTS");
        let (from, to) = (action.part()?, action.part()?);
        if from == to {
            effects.push_of(Action::Changes, ObjectKind::Column, from, table, false);
        } else {
            effects.rename(ObjectKind::Column, ObjectName { schema: None, name: from }, Some(table), to);
        }
        return Some(());
    }
    if action.take("ALTER CONSTRAINT") || action.take("VALIDATE CONSTRAINT") || action.take("ALTER CHECK") {
        effects.push_of(Action::Changes, ObjectKind::Constraint, action.part()?, table, false);
        return Some(());
    }
    if action.is_mysql() && (action.take("ALTER INDEX") || action.take("ALTER KEY")) {
        effects.push_of(Action::Changes, ObjectKind::Index, action.part()?, table, false);
        return Some(());
    }
    if action.take("ALTER") || (action.is_mysql() && action.take("MODIFY")) {
        action.take("COLUMN");
        action.take("IF EXISTS");
        effects.push_of(Action::Changes, ObjectKind::Column, action.part()?, table, false);
        return Some(());
    }
    if action.take("ATTACH PARTITION") || action.take("DETACH PARTITION") || action.take("INHERIT") {
        effects.push(Action::Changes, ObjectKind::Table, action.name()?, false);
    }
    // Storage, owner, triggers on or off: the table, and nothing of it that has a name here.
    effects.push(Action::Changes, ObjectKind::Table, table.clone(), false);
    Some(())
}

fn add(action: &mut Words<'_>, table: &ObjectName, effects: &mut Effects) -> Option<()> {
    let is_column = action.take("COLUMN");
    if action.is_mysql() && action.take("PARTITION") {
        effects.push(Action::Changes, ObjectKind::Table, table.clone(), false);
        return Some(());
    }
    let lenient = action.take("IF NOT EXISTS");
    if let Some(columns) = action.group() {
        for mut item in columns.items() {
            table_item(&mut item, table, lenient, effects);
        }
        return Some(());
    }
    if is_column {
        let name = action.part()?;
        effects.push_of(Action::Creates, ObjectKind::Column, name, table, lenient);
        while action.take_past(&["REFERENCES"]) {
            effects.push(Action::Reads, ObjectKind::Table, action.name()?, false);
        }
        return Some(());
    }
    table_item(action, table, lenient, effects);
    Some(())
}

fn drop(action: &mut Words<'_>, table: &ObjectName, effects: &mut Effects) -> Option<()> {
    let kind = if action.take_any(&["CONSTRAINT", "CHECK"]) {
        ObjectKind::Constraint
    } else if action.is_mysql() && action.take_any(&["INDEX", "KEY"]) {
        ObjectKind::Index
    } else if action.is_mysql() && action.take("FOREIGN KEY") {
        ObjectKind::Constraint
    } else if action.is_mysql() && (action.take("PRIMARY KEY") || action.take_any(&["PARTITION", "PERIOD"])) {
        effects.push(Action::Changes, ObjectKind::Table, table.clone(), false);
        return Some(());
    } else {
        action.take("COLUMN");
        ObjectKind::Column
    };
    let lenient = action.take("IF EXISTS");
    effects.push_of(Action::Drops, kind, action.part()?, table, lenient);
    effects.unknown |= action.take("CASCADE") && action.cascades();
    Some(())
}

fn rename(action: &mut Words<'_>, table: &ObjectName, effects: &mut Effects) -> Option<()> {
    if action.take("TO") || (action.is_mysql() && action.take_any(&["AS"])) {
        effects.rename(ObjectKind::Table, table.clone(), None, action.name()?.name);
        return Some(());
    }
    let kind = if action.take("CONSTRAINT") {
        ObjectKind::Constraint
    } else if action.is_mysql() && action.take_any(&["INDEX", "KEY"]) {
        ObjectKind::Index
    } else {
        action.take("COLUMN");
        ObjectKind::Column
    };
    action.take("IF EXISTS");
    let from = ObjectName { schema: None, name: action.part()? };
    if kind == ObjectKind::Column && action.is_mysql() && action.is_at_end() {
        // MySQL: `RENAME other` is `RENAME TO other`.
        effects.rename(ObjectKind::Table, table.clone(), None, from.name);
        return Some(());
    }
    if !action.take("TO") {
        return None;
    }
    effects.rename(kind, from, Some(table), action.part()?);
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
