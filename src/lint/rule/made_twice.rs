//! Two revisions of a branch that make the same thing: mostly a table that was added on two lines.
//!
//! Each of them runs alone; together the second one fails. Nothing is said where a revision drops or renames a thing of
//! that name, or says where names are looked for, since then both may be right.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::RevisionIndex;
use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::sql::{Action, Effect, ObjectKind, ObjectName, ScriptEffects};

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

/// A thing that two revisions make: the effect, and the revision and the line of each.
type Twice<'a> = (&'a Effect, (RevisionIndex, usize), (RevisionIndex, usize));

fn key(effect: &Effect) -> Key<'_> {
    (effect.kind, effect.table.as_ref(), &effect.name)
}

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for scripts in project.looked_at {
        for (effect, first, second) in made_twice(scripts) {
            let (one, other) = (project.graph.key(first.0), project.graph.key(second.0));
            let file = scripts.up(first.0).map(|up| up.file.display().to_string()).unwrap_or_default();
            let message = format!("{other} {effect}, and so does {one} ({file}:{})", first.1);
            let finding = Found::at_line(second.1, None, Code::MadeTwice, message).hint(
                "where both are applied the second one fails: take it out of one of them, rename it, or let one say IF NOT EXISTS",
            );
            found.extend(project.found_in(scripts, second.0, finding));
        }
    }
}

/// What revisions of one branch make twice, in the order of the revisions.
fn made_twice<'a>(scripts: &'a BranchScripts<'_>) -> Vec<Twice<'a>> {
    let effects: Vec<(RevisionIndex, &ScriptEffects)> =
        scripts.ups().map(|(revision, up)| (revision, &up.reading.effects)).collect();
    if effects.iter().any(|(_, script)| script.moves_names) {
        return Vec::new();
    }
    let all = || effects.iter().flat_map(|(_, script)| script.known.iter().map(|(_, effect)| effect));
    let goes = |effect: &&Effect| matches!(effect.action, Action::Drops | Action::Renames);
    let gone: BTreeSet<Key<'_>> = all().filter(goes).map(key).collect();
    let gone_tables: BTreeSet<&ObjectName> =
        all().filter(goes).filter(|effect| effect.kind == ObjectKind::Table).map(|effect| &effect.name).collect();
    let mut first: BTreeMap<Key<'_>, (RevisionIndex, usize)> = BTreeMap::new();
    let mut twice: Vec<Twice<'a>> = Vec::new();
    for &(revision, script) in &effects {
        for (line, effect) in &script.known {
            let makes = effect.action == Action::Creates && !effect.lenient && KINDS.contains(&effect.kind);
            let may_go = gone.contains(&key(effect)) || effect.table().is_some_and(|table| gone_tables.contains(table));
            if !makes || may_go {
                continue;
            }
            match first.get(&key(effect)) {
                Some(&earlier) if earlier.0 != revision => twice.push((effect, earlier, (revision, *line))),
                Some(_) => {}
                None => {
                    first.insert(key(effect), (revision, *line));
                }
            }
        }
    }
    // Of a table that is made twice, its columns need not be told.
    let tables: BTreeSet<&ObjectName> = twice
        .iter()
        .map(|(effect, ..)| *effect)
        .filter(|effect| effect.kind == ObjectKind::Table)
        .map(|effect| &effect.name)
        .collect();
    twice.retain(|(effect, ..)| effect.table.as_ref().is_none_or(|table| !tables.contains(table)));
    twice
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::findings_of_revisions;

    /// Revisions of one branch, each the parent of none; what is found.
    fn found(scripts: [&str; 3]) -> Vec<String> {
        findings_of_revisions(&scripts, "made_twice")
    }

    #[test]
    fn what_is_made_twice() {
        let table = "CREATE TABLE t (a int);";
        assert_eq!(
            found([table, "SELECT 1;", "\nCREATE TABLE t (a int);"]),
            ["auth@3 creates table t, and so does auth@1 (1.sql:1)"]
        );
        assert_eq!(
            found([table, "ALTER TABLE t ADD b int", "ALTER TABLE t ADD b int"]),
            ["auth@3 creates column b of t, and so does auth@2 (2.sql:1)"]
        );
        assert_eq!(
            found(["CREATE INDEX i ON t (a)", "", "CREATE INDEX i ON t (a)"]),
            ["auth@3 creates index i of t, and so does auth@1 (1.sql:1)"]
        );
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
