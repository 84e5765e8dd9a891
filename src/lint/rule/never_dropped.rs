//! A thing that no script of the branch ever drops, although the revision that makes it can be taken back: it stays behind,
//! and is in the way of the next run up.
//!
//! What a way down of its own leaves is said by `down_does_not_restore`. An extension or a schema that is made IF NOT EXISTS
//! may belong to others, and is left with good reason.

use std::collections::BTreeSet;

use crate::lint::branch::{BranchScripts, Ways};
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::script::ReadScript;
use crate::sql::{Action, Ddl, Effect, ObjectKind, ReadStatement};

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for scripts in project.looked_at {
        let Some(gone) = gone(scripts) else { continue };
        let mut said = BTreeSet::new();
        for (revision, ways) in &scripts.revisions {
            let Ways { up: Some(up), down: Some(down), .. } = ways else { continue };
            for (statement, effect) in up.reading.statements.iter().flat_map(made) {
                let is_shared = matches!(effect.kind, ObjectKind::Extension | ObjectKind::Schema) && effect.lenient;
                let is_said_elsewhere = !down.derived && !effect.lenient;
                let is_gone = gone.contains(&(effect.kind, effect.name.name.to_lowercase()));
                if is_shared || is_said_elsewhere || is_gone || !said.insert((effect.kind, &effect.name)) {
                    continue;
                }
                let message = format!(
                    "no script of {} ever drops the {} {}, though {} can be taken back",
                    scripts.branch,
                    effect.kind.word(),
                    effect.name,
                    project.graph.key(*revision),
                );
                let hint = format!("drop it in {}", way_down(down, statement));
                let one = Found { lines: statement.line..=statement.last_line, ..at(statement, message) };
                found.push(project.in_file(scripts, *revision, &up.file, one.hint(hint)));
            }
        }
    }
}

fn at(statement: &ReadStatement, message: String) -> Found {
    Found::at_line(statement.line, statement.column, Code::NeverDropped, message)
}

fn way_down(down: &ReadScript, statement: &ReadStatement) -> String {
    if down.derived {
        format!("the way down of the step at line {}", statement.line)
    } else {
        down.file.display().to_string()
    }
}

/// All that any script drops or renames; nothing where it cannot be told.
fn gone(scripts: &BranchScripts<'_>) -> Option<BTreeSet<(ObjectKind, String)>> {
    let mut gone = BTreeSet::new();
    for (_, ways) in &scripts.revisions {
        if ways.unread {
            return None;
        }
        for script in ways.up.iter().chain(&ways.down) {
            let effects = &script.reading.effects;
            if !effects.unknown.is_empty() {
                return None;
            }
            let goes = effects.known.iter().map(|(_, effect)| effect);
            let goes = goes.filter(|effect| matches!(effect.action, Action::Drops | Action::Renames));
            gone.extend(goes.map(|effect| (effect.kind, effect.name.name.to_lowercase())));
            // What a rename makes is dropped under the name that it gets, if at all.
            let named = effects.known.iter().filter_map(|(_, effect)| Some((effect.kind, effect.to.clone()?)));
            gone.extend(named.map(|(kind, to)| (kind, to.to_lowercase())));
        }
    }
    Some(gone)
}

/// What a statement makes that lasts, and does not go with something else.
fn made(statement: &ReadStatement) -> impl Iterator<Item = (&ReadStatement, &Effect)> {
    const KINDS: [ObjectKind; 7] = [
        ObjectKind::Type,
        ObjectKind::Function,
        ObjectKind::Sequence,
        ObjectKind::Extension,
        ObjectKind::Schema,
        ObjectKind::View,
        ObjectKind::Table,
    ];
    let goes_with_another = match &statement.reading.ddl {
        Some(Ddl::CreateTable(create)) => create.partition_of.is_some(),
        _ => false,
    };
    let begins = statement.text.split_whitespace().take(5).map(str::to_uppercase).collect::<Vec<_>>();
    let is_temporary = begins.iter().any(|word| matches!(word.as_str(), "TEMP" | "TEMPORARY"));
    let is_owned = statement.text.to_uppercase().contains("OWNED");
    let effects = statement.reading.effects.known.iter();
    effects
        .filter(move |effect| {
            let goes = goes_with_another || is_temporary || (is_owned && effect.kind == ObjectKind::Sequence);
            effect.action == Action::Creates && KINDS.contains(&effect.kind) && !goes
        })
        .map(move |effect| (statement, effect))
}

#[cfg(test)]
mod tests {
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, revision, said_of_project};

    fn said(revisions: &[Written]) -> Vec<String> {
        said_of_project(revisions, Code::NeverDropped)
    }

    #[test]
    fn what_stays_behind() {
        for (script, thing) in [
            ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function f"),
            ("CREATE TABLE IF NOT EXISTS t (a int)", "table t"),
            ("CREATE OR REPLACE VIEW s.v AS SELECT 1", "view s.v"),
        ] {
            assert_eq!(
                said(&[revision("auth@1", script).down("DROP TABLE other")]),
                [format!("auth/1.sql:1 no script of auth ever drops the {thing}, though auth@1 can be taken back")]
            );
        }
        assert_eq!(
            said(&[
                revision("auth@1", "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (a mood)").derived("DROP TABLE t")
            ]),
            ["auth/1.sql:1 no script of auth ever drops the type mood, though auth@1 can be taken back"]
        );
    }

    #[test]
    fn what_is_dropped_or_meant_to_stay() {
        let function = "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'";
        let nothing = [] as [String; 0];
        assert_eq!(said(&[revision("auth@1", function)]), nothing, "there is no way down");
        assert_eq!(said(&[revision("auth@1", function).down("DROP FUNCTION f()")]), nothing);
        assert_eq!(said(&[revision("auth@1", function).down("DO $$ BEGIN NULL; END $$")]), nothing);
        let later = [
            revision("auth@1", function).down("SELECT 1"),
            revision("auth@2", "DROP FUNCTION IF EXISTS f").after(&["1"]),
        ];
        assert_eq!(said(&later), nothing);
        let renamed = "CREATE TABLE IF NOT EXISTS t (a int); ALTER TABLE t RENAME TO u";
        for script in [
            "CREATE EXTENSION IF NOT EXISTS vector",
            "CREATE SCHEMA IF NOT EXISTS shop",
            "CREATE TEMP TABLE t (a int)",
            "CREATE TEMPORARY VIEW v AS SELECT 1",
            "CREATE SEQUENCE IF NOT EXISTS s OWNED BY t.a",
            "CREATE TABLE IF NOT EXISTS p1 PARTITION OF p DEFAULT",
            "CREATE TYPE mood AS ENUM ('a')",
            renamed,
        ] {
            assert_eq!(said(&[revision("auth@1", script).down("SELECT 1")]), nothing, "{script}");
        }
    }
}
