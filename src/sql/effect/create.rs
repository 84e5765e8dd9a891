//! CREATE of anything but tables and indexes.

use super::super::words::Words;
use super::{Action, Effects, ObjectKind, data};

/// Words that may stand between CREATE and what is created.
const MODIFIERS: &[&str] = &[
    "GLOBAL",
    "LOCAL",
    "UNLOGGED",
    "UNIQUE",
    "FULLTEXT",
    "SPATIAL",
    "MATERIALIZED",
    "RECURSIVE",
    "VIRTUAL",
    "CONSTRAINT",
    "AGGREGATE",
    "TRUSTED",
    "PROCEDURAL",
    "FOREIGN",
    "DEFAULT",
    "EVENT",
];

/// Gives nothing where it cannot be told what is created.
pub(super) fn read(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    words.take("CREATE");
    let mut replaces = words.take("OR REPLACE");
    skip_definer(words);
    loop {
        // What is temporary is in the way of nothing.
        let is_temporary = words.take_any(&["TEMP", "TEMPORARY"]);
        replaces |= is_temporary;
        if !is_temporary && !words.take_any(MODIFIERS) {
            break;
        }
    }
    if words.is_mysql() {
        words.take("SQL SECURITY DEFINER");
        words.take("SQL SECURITY INVOKER");
    }
    if words.take("VIEW") {
        let lenient = words.take("IF NOT EXISTS") || replaces;
        effects.push(Action::Creates, ObjectKind::View, words.name()?, lenient);
        data::reads(words.rest(), words.dialect, effects);
        return Some(());
    }
    simple(words, effects, replaces)
}

/// MySQL: `DEFINER = user@host`, `ALGORITHM = MERGE`.
fn skip_definer(words: &mut Words<'_>) {
    if !words.is_mysql() {
        return;
    }
    loop {
        if words.take("DEFINER") {
            words.take_punctuation("=");
            words.next();
            if words.take_punctuation("@") {
                words.next();
            }
            words.group();
        } else if words.take("ALGORITHM") {
            words.take_punctuation("=");
            words.next();
        } else {
            return;
        }
    }
}

/// What is told by its kind and its name alone.
fn simple(words: &mut Words<'_>, effects: &mut Effects, replaces: bool) -> Option<()> {
    // A table or an index that could not be read.
    let kind = super::drop::kind(words).filter(|kind| !matches!(kind, ObjectKind::Table | ObjectKind::Index))?;
    let lenient = words.take("IF NOT EXISTS") || replaces;
    if kind == ObjectKind::Schema && words.take("AUTHORIZATION") {
        let name = words.name()?;
        effects.push(Action::Creates, kind, name, lenient);
        return words.is_at_end().then_some(());
    }
    let name = words.name()?;
    let before_table: &[&str] = match kind {
        ObjectKind::Trigger | ObjectKind::Policy => &["ON"],
        // CREATE RULE name AS ON INSERT TO table
        ObjectKind::Rule => &["TO"],
        _ => &[],
    };
    if !before_table.is_empty() {
        // PostgreSQL has triggers that belong to the whole database.
        match words.take_past(before_table).then(|| words.name()).flatten() {
            Some(table) => effects.push_of(Action::Creates, kind, name.name, &table, lenient),
            None => effects.push(Action::Creates, kind, name, lenient),
        }
        return Some(());
    }
    effects.push(Action::Creates, kind, name, lenient);
    // A schema may be made together with what is in it.
    let more = kind == ObjectKind::Schema && words.take_past(&["CREATE", "GRANT"]);
    (!more).then_some(())
}
