//! Two revisions of a branch that make the same thing: mostly a table that was added on two lines.
//!
//! Each of them runs alone; together the second one fails. Nothing is said where a revision may take the thing away between
//! them, or where a script says where names are looked for, since then both may be right.

use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::twice::{Act, Acts, Before, Pair, Thing};
use crate::sql::{Action, ObjectKind, ObjectName};

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for scripts in project.looked_at {
        for (first, second) in made_twice(project.graph, scripts) {
            let (one, other) = (project.graph.key(first.by), project.graph.key(second.by));
            let file = scripts.up(first.by).map(|up| up.file.display().to_string()).unwrap_or_default();
            let does = if first.effect.action == second.effect.action {
                format!("so does {one}")
            } else {
                format!("{one} {}", first.effect)
            };
            let message = format!("{other} {}, and {does} ({file}:{})", second.effect, first.line);
            let finding = Found::at_line(second.line, None, Code::MadeTwice, message).hint(
                "where both are applied the second one fails: take it out of one of them, rename it, or let one say IF NOT EXISTS",
            );
            found.extend(project.found_in(scripts, second.by, finding));
        }
    }
}

/// What revisions of one branch make twice, in the order of the revisions.
fn made_twice<'a>(graph: &Graph, scripts: &'a BranchScripts<'_>) -> Vec<(Act<'a>, Act<'a>)> {
    let acts = Acts::of(scripts);
    let before = Before::of(graph);
    let mut twice: Vec<(&Thing<'a>, Act<'a>, Act<'a>)> = Vec::new();
    for (thing, makers) in &acts.made {
        let strict: Vec<&Act<'_>> = makers.iter().filter(|act| !act.effect.lenient).collect();
        for (place, second) in strict.iter().enumerate() {
            let first =
                strict[..place].iter().find(|first| are_in_each_others_way(&before, &acts, thing, first, second));
            twice.extend(first.map(|first| (thing, **first, **second)));
        }
    }
    // Of a table that is made twice, its columns need not be told.
    let tables: BTreeSet<&ObjectName> =
        twice.iter().filter(|(thing, ..)| thing.0 == ObjectKind::Table).map(|(thing, ..)| &thing.2).collect();
    twice.retain(|(thing, ..)| thing.1.is_none_or(|table| !tables.contains(table)));
    let mut twice: Vec<(Act<'a>, Act<'a>)> = twice.into_iter().map(|(_, first, second)| (first, second)).collect();
    let place = |of| scripts.revisions.iter().position(|(index, _)| *index == of);
    twice.sort_by_key(|(_, second)| (place(second.by), second.line));
    twice
}

fn are_in_each_others_way<'a>(
    before: &Before<'_>,
    acts: &Acts<'a>,
    thing: &Thing<'a>,
    first: &Act<'_>,
    second: &Act<'_>,
) -> bool {
    // One thing that gets the same name on two lines is gone twice.
    let renames = |act: &Act<'_>| act.effect.action == Action::Renames;
    if first.by == second.by || (renames(first) && renames(second)) {
        return false;
    }
    let pair = Pair::of(before, first.by, second.by);
    let between = |taker| !pair.come_after(taker) && !pair.come_before(before, taker);
    !acts.takers(thing).any(between)
}

#[cfg(test)]
mod tests {
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, revision, said_of_project};

    fn said(revisions: &[Written]) -> Vec<String> {
        said_of_project(revisions, Code::MadeTwice)
    }

    /// Revisions of one branch, each the parent of none; what is found.
    fn found(scripts: [&str; 3]) -> Vec<String> {
        let numbered = scripts.iter().zip(1..).map(|(script, id)| revision(&format!("auth@{id}"), script));
        said(&numbered.collect::<Vec<_>>())
    }

    #[test]
    fn what_is_made_twice() {
        let table = "CREATE TABLE t (a int);";
        assert_eq!(
            found([table, "SELECT 1;", "\nCREATE TABLE t (a int);"]),
            ["auth/3.sql:2 auth@3 creates table t, and so does auth@1 (auth/1.sql:1)"]
        );
        assert_eq!(
            found([table, "ALTER TABLE t ADD b int", "ALTER TABLE t ADD b int"]),
            ["auth/3.sql:1 auth@3 creates column b of t, and so does auth@2 (auth/2.sql:1)"]
        );
        assert_eq!(
            found(["CREATE INDEX i ON t (a)", "", "CREATE INDEX i ON t (a)"]),
            ["auth/3.sql:1 auth@3 creates index i of t, and so does auth@1 (auth/1.sql:1)"]
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

    /// Who takes it away before both, or after both, makes neither right.
    #[test]
    fn what_is_gone_before_or_after() {
        let table = "CREATE TABLE t (a int)";
        let around = [
            revision("auth@1", table),
            revision("auth@2", "DROP TABLE t").after(&["1"]),
            revision("auth@3", table).after(&["2"]),
            revision("auth@4", table).after(&["2"]),
            revision("auth@5", "DROP TABLE t").after(&["3", "4"]),
        ];
        let twice = "auth/4.sql:1 auth@4 creates table t, and so does auth@3 (auth/3.sql:1)";
        assert_eq!(said(&around), [twice], "not the first, which is dropped before them");
        assert_eq!(said(&around[..3]), [] as [String; 0]);
        let lines = [
            revision("auth@1", "CREATE TABLE t (a int); ALTER TABLE t ADD b int; ALTER TABLE t DROP b"),
            revision("auth@2", "ALTER TABLE t ADD b int").after(&["1"]),
            revision("auth@3", "ALTER TABLE t ADD b int").after(&["1"]),
            revision("auth@4", "ALTER TABLE t DROP b").after(&["2", "3"]),
        ];
        assert_eq!(said(&lines), ["auth/3.sql:1 auth@3 creates column b of t, and so does auth@2 (auth/2.sql:1)"]);
    }

    #[test]
    fn a_name_that_one_makes_and_another_takes() {
        let revisions = [
            revision("auth@1", "CREATE TABLE t (a int)"),
            revision("auth@2", "ALTER TABLE t RENAME a TO b").after(&["1"]),
            revision("auth@3", "ALTER TABLE t ADD b int").after(&["1"]),
        ];
        assert_eq!(
            said(&revisions),
            ["auth/3.sql:1 auth@3 creates column b of t, and auth@2 renames column a of t to b (auth/2.sql:1)"]
        );
    }
}
