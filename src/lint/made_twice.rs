//! Two revisions of a branch that make the same thing: mostly a table that was added on two lines.
//!
//! Each of them runs alone; together the second one fails. Nothing is said where a revision drops or renames a thing of
//! that name, or says where names are looked for, since then both may be right.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::RevisionIndex;
use crate::sql::{Action, Effect, ObjectKind, ObjectName, ScriptEffects};

/// A thing that two revisions make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeTwice<'a> {
    /// What is made.
    pub effect: &'a Effect,
    /// The revision that comes first in the graph's order, and the line of its script.
    pub first: (RevisionIndex, usize),
    /// The other one.
    pub second: (RevisionIndex, usize),
}

/// Kinds of which there can be one of a name. Functions may differ in their arguments.
const KINDS: [ObjectKind; 7] = [
    ObjectKind::Table,
    ObjectKind::View,
    ObjectKind::Column,
    ObjectKind::Index,
    ObjectKind::Type,
    ObjectKind::Sequence,
    ObjectKind::Schema,
];

type Key<'a> = (ObjectKind, Option<&'a ObjectName>, &'a ObjectName);

fn key(effect: &Effect) -> Key<'_> {
    (effect.kind, effect.table.as_ref(), &effect.name)
}

/// What revisions of one branch make twice, in the order of the revisions. Each revision comes with what its scripts do on
/// one dialect.
#[must_use]
pub fn made_twice(effects: &BTreeMap<RevisionIndex, ScriptEffects>) -> Vec<MadeTwice<'_>> {
    if effects.values().any(|script| script.moves_names) {
        return Vec::new();
    }
    let all = || effects.values().flat_map(|script| script.known.iter().map(|(_, effect)| effect));
    let goes = |effect: &&Effect| matches!(effect.action, Action::Drops | Action::Renames);
    let gone: BTreeSet<Key<'_>> = all().filter(goes).map(key).collect();
    let gone_tables: BTreeSet<&ObjectName> =
        all().filter(goes).filter(|effect| effect.kind == ObjectKind::Table).map(|effect| &effect.name).collect();
    let mut first: BTreeMap<Key<'_>, (RevisionIndex, usize)> = BTreeMap::new();
    let mut twice = Vec::new();
    for (&revision, script) in effects {
        for (line, effect) in &script.known {
            let makes = effect.action == Action::Creates && !effect.lenient && KINDS.contains(&effect.kind);
            let may_go = gone.contains(&key(effect)) || effect.table().is_some_and(|table| gone_tables.contains(table));
            if !makes || may_go {
                continue;
            }
            match first.get(&key(effect)) {
                Some(&earlier) if earlier.0 != revision => {
                    twice.push(MadeTwice { effect, first: earlier, second: (revision, *line) });
                }
                Some(_) => {}
                None => {
                    first.insert(key(effect), (revision, *line));
                }
            }
        }
    }
    // Of a table that is made twice, its columns need not be told.
    let tables: BTreeSet<&ObjectName> =
        twice.iter().filter(|found| found.effect.kind == ObjectKind::Table).map(|found| &found.effect.name).collect();
    twice.retain(|found| found.effect.table.as_ref().is_none_or(|table| !tables.contains(table)));
    twice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::graph::{Graph, Node};
    use crate::names::RevisionKey;
    use crate::sql::{effects, moves_names, statements};

    /// Three revisions of one branch, by their scripts; what is found.
    fn found(scripts: [&str; 3]) -> Vec<String> {
        let keys: Vec<RevisionKey> = ["auth@1", "auth@2", "auth@3"].map(|key| key.parse().unwrap()).into();
        let node = |key: &RevisionKey| Node {
            key: key.clone(),
            parents: Vec::new(),
            depends_on: Vec::new(),
            replaces: Vec::new(),
            file: "revision.toml".into(),
            description: String::new(),
        };
        let graph = Graph::build(&["auth".parse().unwrap()], keys.iter().map(node).collect()).unwrap();
        let read = |script: &str| {
            let mut read = ScriptEffects::default();
            for statement in statements(Dialect::Postgres, script).unwrap() {
                let known = effects(Dialect::Postgres, script, &statement).known;
                read.known.extend(known.into_iter().map(|effect| (statement.line, effect)));
                read.moves_names |= moves_names(Dialect::Postgres, script, &statement);
            }
            read
        };
        let scripts: BTreeMap<RevisionIndex, ScriptEffects> =
            keys.iter().zip(scripts).map(|(key, script)| (graph.find(key).unwrap(), read(script))).collect();
        let say = |found: &MadeTwice<'_>| {
            let id = |(revision, line): (RevisionIndex, usize)| format!("{}:{line}", graph.key(revision).id);
            format!("{} {} {}", found.effect, id(found.first), id(found.second))
        };
        made_twice(&scripts).iter().map(say).collect()
    }

    #[test]
    fn what_is_made_twice() {
        let table = "CREATE TABLE t (a int);";
        assert_eq!(found([table, "SELECT 1;", "\nCREATE TABLE t (a int);"]), ["creates table t 1:1 3:2"]);
        assert_eq!(
            found([table, "ALTER TABLE t ADD b int", "ALTER TABLE t ADD b int"]),
            ["creates column b of t 2:1 3:1"]
        );
        assert_eq!(found(["CREATE INDEX i ON t (a)", "", "CREATE INDEX i ON t (a)"]), ["creates index i of t 1:1 3:1"]);
    }

    #[test]
    fn what_may_be_right() {
        let table = "CREATE TABLE t (a int);";
        for scripts in [
            [table, "DROP TABLE t", table],
            [table, "ALTER TABLE t RENAME TO old", table],
            [table, "", "CREATE TABLE IF NOT EXISTS t (a int)"],
            [table, "", "CREATE TEMP TABLE t (a int)"],
            [table, "", "CREATE TABLE other.t (a int)"],
            [table, "", "SET search_path = other; CREATE TABLE t (a int)"],
            ["ALTER TABLE t ADD a int", "ALTER TABLE t DROP a", "ALTER TABLE t ADD a int"],
            [
                "CREATE FUNCTION f(int) RETURNS int AS 'x' LANGUAGE c",
                "",
                "CREATE FUNCTION f() RETURNS int AS 'x' LANGUAGE c",
            ],
        ] {
            assert_eq!(found(scripts), [] as [String; 0], "{scripts:?}");
        }
    }
}
