//! Two lines of a branch that drop or rename the same thing: each of them runs alone, and where both are applied the second one
//! fails.
//!
//! Nothing is said where one of the lines makes the thing itself, since then it may be another one of that name, nor where a
//! script says where names are looked for.

use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::twice::{Act, Acts, Before, Pair};
use crate::sql::{Action, ObjectKind};

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    let before = Before::of(project.graph);
    for scripts in project.looked_at {
        let acts = Acts::of(scripts);
        for (thing, takers) in &acts.gone {
            let strict: Vec<&Act<'_>> = takers.iter().filter(|act| !act.effect.lenient).collect();
            let of_table = thing.1.map(|table| (ObjectKind::Table, None, table.clone()));
            let makers = || {
                let of_table = of_table.iter().filter_map(|table| acts.made.get(table));
                acts.made.get(thing).into_iter().chain(of_table).flatten()
            };
            for (place, second) in strict.iter().enumerate() {
                let earlier = strict[..place].iter().find(|first| {
                    let pair = Pair::of(&before, first.by, second.by);
                    pair.are_on_two_lines() && !makers().any(|maker| pair.divides(maker.by))
                });
                let Some(first) = earlier else { continue };
                let (one, other) = (project.graph.key(first.by), project.graph.key(second.by));
                let file = scripts.up(first.by).map(|up| up.file.display().to_string()).unwrap_or_default();
                let does = if first.effect == second.effect {
                    format!("so does {one}")
                } else {
                    format!("{one} {}", first.effect)
                };
                let message = format!("{other} {}, and {does} ({file}:{})", second.effect, first.line);
                let lenient = if second.effect.action == Action::Drops { ", or let both say IF EXISTS" } else { "" };
                let hint = format!(
                    "where both are applied the second one fails: take it out of one of them and put that one behind the \
                     other (`parents`){lenient}"
                );
                let finding = Found::at_line(second.line, None, Code::GoneTwice, message).hint(hint);
                found.extend(project.found_in(scripts, second.by, finding));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, revision, said_of_project};

    fn said(revisions: &[Written]) -> Vec<String> {
        said_of_project(revisions, Code::GoneTwice)
    }

    /// Two lines from one revision.
    fn found(base: &str, one: &str, other: &str) -> Vec<String> {
        said(&[
            revision("auth@1", base),
            revision("auth@2", one).after(&["1"]),
            revision("auth@3", other).after(&["1"]),
        ])
    }

    #[test]
    fn what_two_lines_take_away() {
        let table = "CREATE TABLE t (a int)";
        for (one, does) in [
            ("DROP TABLE t", "drops table t"),
            ("ALTER TABLE t DROP a", "drops column a of t"),
            ("ALTER TABLE t RENAME a TO b", "renames column a of t to b"),
            ("ALTER TABLE t RENAME TO u", "renames table t to u"),
            ("DROP INDEX i", "drops index i"),
        ] {
            let twice = format!("auth/3.sql:2 auth@3 {does}, and so does auth@2 (auth/2.sql:1)");
            assert_eq!(found(table, one, &format!("\n{one}")), [twice], "{one}");
        }
        assert_eq!(
            found(table, "ALTER TABLE t RENAME TO u", "DROP TABLE t"),
            ["auth/3.sql:1 auth@3 drops table t, and auth@2 renames table t to u (auth/2.sql:1)"]
        );
    }

    #[test]
    fn what_may_be_right() {
        let table = "CREATE TABLE t (a int)";
        let drop = "DROP TABLE t";
        assert_eq!(found(table, drop, "DROP TABLE IF EXISTS t"), [] as [String; 0]);
        assert_eq!(found(table, drop, "DROP TABLE u"), [] as [String; 0]);
        assert_eq!(found(table, drop, "DROP TABLE t; CREATE TABLE t (a int)"), [] as [String; 0]);
        assert_eq!(found("SELECT 1", "CREATE TABLE t (a int); DROP TABLE t", drop), [] as [String; 0]);
        assert_eq!(found(table, "SET search_path = x; DROP TABLE t", drop), [] as [String; 0]);
        let one_line = [
            revision("auth@1", table),
            revision("auth@2", drop).after(&["1"]),
            revision("auth@3", table).after(&["2"]),
            revision("auth@4", drop).after(&["3"]),
        ];
        assert_eq!(said(&one_line), [] as [String; 0]);
    }
}
