//! DROP, and the words for what can be made and dropped.

use super::super::words::Words;
use super::{Action, Effects, ObjectKind};

/// Takes the word for a kind of object.
pub(super) fn kind(words: &mut Words<'_>) -> Option<ObjectKind> {
    let kinds: [(&[&str], ObjectKind); 11] = [
        (&["TABLE", "TABLES"], ObjectKind::Table),
        (&["INDEX"], ObjectKind::Index),
        (&["VIEW"], ObjectKind::View),
        (&["TYPE", "DOMAIN"], ObjectKind::Type),
        (&["SEQUENCE"], ObjectKind::Sequence),
        (&["FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"], ObjectKind::Function),
        (&["TRIGGER"], ObjectKind::Trigger),
        (&["POLICY"], ObjectKind::Policy),
        (&["RULE"], ObjectKind::Rule),
        (&["SCHEMA"], ObjectKind::Schema),
        (&["EXTENSION"], ObjectKind::Extension),
    ];
    kinds.into_iter().find(|(names, _)| words.take_any(names)).map(|(_, kind)| kind)
}

/// Gives nothing where it cannot be told what is dropped.
pub(super) fn read(words: &mut Words<'_>, effects: &mut Effects) -> Option<()> {
    words.take("DROP");
    while words.take_any(&["TEMPORARY", "MATERIALIZED", "FOREIGN"]) {}
    let kind = kind(words)?;
    words.take("CONCURRENTLY");
    let lenient = words.take("IF EXISTS");
    let mut names = Vec::new();
    loop {
        names.push(words.name()?);
        // The arguments of a function tell it from others of its name.
        words.group();
        if !words.take_punctuation(",") {
            break;
        }
    }
    let table = if words.take("ON") { Some(words.name()?) } else { None };
    for name in names {
        match &table {
            Some(table) => effects.push_of(Action::Drops, kind, name.name, table, lenient),
            None => effects.push(Action::Drops, kind, name, lenient),
        }
    }
    // What depends on it goes too, and only the database knows what that is.
    effects.unknown |= words.take("CASCADE") && words.cascades();
    Some(())
}
