//! CREATE.

use super::words::Words;
use super::{Action, Effects, ObjectKind, ObjectName, data};

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
    if words.take("TABLE") {
        return table(words, effects, replaces);
    }
    if words.take("INDEX") {
        return index(words, effects, replaces);
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
    let kind = super::drop::kind(words)?;
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

fn index(words: &mut Words<'_>, effects: &mut Effects, replaces: bool) -> Option<()> {
    words.take("CONCURRENTLY");
    let lenient = words.take("IF NOT EXISTS") || replaces;
    let name = if words.peek()?.is_word("ON") { None } else { Some(words.name()?) };
    if words.take("USING") {
        words.next();
    }
    if !words.take("ON") {
        return None;
    }
    words.take("ONLY");
    let table = words.name()?;
    match name {
        Some(name) => {
            effects.push_of(Action::Creates, ObjectKind::Index, name.name, &table, lenient);
        }
        // PostgreSQL finds a name by itself.
        None => effects.push(Action::Changes, ObjectKind::Table, table, false),
    }
    Some(())
}

fn table(words: &mut Words<'_>, effects: &mut Effects, replaces: bool) -> Option<()> {
    let lenient = words.take("IF NOT EXISTS") || replaces;
    let name = words.name()?;
    effects.push(Action::Creates, ObjectKind::Table, name.clone(), lenient);
    if words.take("PARTITION OF") {
        effects.push(Action::Changes, ObjectKind::Table, words.name()?, false);
    }
    if words.take("LIKE") {
        effects.push(Action::Reads, ObjectKind::Table, words.name()?, false);
    }
    if let Some(columns) = words.group() {
        for mut item in columns.items() {
            table_item(&mut item, &name, lenient, effects);
        }
    }
    if words.take("INHERITS")
        && let Some(parents) = words.group()
    {
        for mut parent in parents.items() {
            effects.push(Action::Changes, ObjectKind::Table, parent.name()?, false);
        }
    }
    data::reads(words.rest(), words.dialect, effects);
    Some(())
}

/// A column, a constraint or an index, as it stands in CREATE TABLE or behind ADD.
pub(super) fn table_item(item: &mut Words<'_>, table: &ObjectName, lenient: bool, effects: &mut Effects) {
    let made = if item.take("CONSTRAINT") {
        // MySQL: the name may be missing.
        let named = !item.peek().is_some_and(|code| code.is_any_word(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"]));
        named.then(|| item.part()).flatten().map(|name| (ObjectKind::Constraint, name))
    } else if item.take_any(&["PRIMARY", "FOREIGN", "CHECK", "EXCLUDE", "LIKE"]) {
        None
    } else if item.take("UNIQUE")
        || (item.is_mysql() && item.clone().take_any(&["FULLTEXT", "SPATIAL", "PERIOD", "INDEX", "KEY"]))
    {
        item.take_any(&["FULLTEXT", "SPATIAL", "PERIOD"]);
        named_index(item)
    } else {
        item.part().map(|name| (ObjectKind::Column, name))
    };
    if let Some((kind, name)) = made {
        effects.push_of(Action::Creates, kind, name, table, lenient);
    }
    while item.take_past(&["REFERENCES"]) {
        if let Some(target) = item.name() {
            effects.push(Action::Reads, ObjectKind::Table, target, false);
        }
    }
}

/// MySQL: the index within a table; elsewhere an index within a table has no name of its own.
fn named_index(item: &mut Words<'_>) -> Option<(ObjectKind, String)> {
    if !item.is_mysql() {
        return None;
    }
    item.take_any(&["INDEX", "KEY"]);
    let is_nameless = item.peek().is_some_and(|code| code.is_punctuation("(") || code.is_word("USING"));
    if is_nameless { None } else { item.part().map(|name| (ObjectKind::Index, name)) }
}
