//! A table where it does not belong: declared on a branch that has none of that name while another has it, made beside the one
//! that others refer to, or changed by a branch that never makes it.

use std::collections::BTreeSet;

use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::references;
use crate::lint::rule::Maker;
use crate::lint::script::ReadScript;
use crate::lint::tables::Tables;
use crate::names::BranchName;
use crate::sql::{Action, Effect, ObjectKind, ObjectName};

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, tables) in project.branches() {
        declared(project, scripts, found);
        made_beside(project, scripts, tables, found);
        for (revision, script) in project.written(scripts) {
            let changed = changed(project, scripts.branch, tables, script);
            found.extend(changed.into_iter().map(|one| project.in_file(scripts, revision, &script.file, one)));
        }
    }
}

/// References to a table that the branch they name never makes, and another does.
fn declared(project: &Project<'_>, scripts: &BranchScripts<'_>, found: &mut Vec<FoundIn>) {
    for (revision, reference) in references::declared(project, scripts) {
        for target in reference.targets() {
            let table = references::name(&target.columns.table);
            let mut of_branch = project.all().filter(|(other, _)| *other.branch == target.branch).peekable();
            if of_branch.peek().is_none() || of_branch.any(|(_, tables)| tables.may_make(&table)) {
                continue;
            }
            let Some(maker) = only(project.makers(&table).filter(|maker| maker.revision.branch != target.branch))
            else {
                continue;
            };
            let message = format!(
                "the reference points to {target}, but {} never makes {table}: {} does ({})",
                target.branch,
                maker.revision,
                place(&maker)
            );
            let one = references::found(reference, Code::WrongBranch, message)
                .hint(format!("write `{}:{}`, if that is what is meant", maker.revision.branch, target.columns));
            found.push(project.in_file(scripts, revision, &reference.declared_at.file, one));
        }
    }
}

/// Tables of a branch of which another branch has one too that others refer to, while nobody refers to this one.
fn made_beside(project: &Project<'_>, scripts: &BranchScripts<'_>, tables: &Tables, found: &mut Vec<FoundIn>) {
    for (name, table) in tables.iter() {
        let pointing = |branch: &dyn Fn(&BranchName) -> bool| {
            let all = project.all().flat_map(|(other, _)| references::declared(project, other));
            all.flat_map(|(revision, reference)| reference.targets().map(move |target| (revision, reference, target)))
                .find(|(revision, _, target)| {
                    let from = &project.graph.key(*revision).branch;
                    target.branch != *from && branch(&target.branch) && references::name(&target.columns.table) == *name
                })
        };
        let Some((revision, reference, target)) = pointing(&|branch| branch != scripts.branch) else { continue };
        if pointing(&|branch| branch == scripts.branch).is_some() {
            continue;
        }
        let has_table = |(other, tables): (&BranchScripts<'_>, &Tables)| {
            *other.branch == target.branch && tables.iter().any(|(known, _)| known == name)
        };
        let maker = project.makers(name).find(|maker| maker.revision.branch == target.branch);
        let Some(maker) = maker.filter(|_| project.all().any(has_table)) else { continue };
        let message = format!(
            "{} has a table {name} too ({}), and that is the one that {} refers to ({})",
            target.branch,
            place(&maker),
            project.graph.key(revision),
            reference.declared_at,
        );
        let (by, line) = table.made_by;
        let one = Found::at_line(line, None, Code::WrongBranch, message).hint(
            "where one table is meant, make it on one branch and declare a [[reference]] to it; a copy is told apart by \
             another name",
        );
        found.extend(project.found_in(scripts, by, one));
    }
}

/// What a script does to tables that its branch never makes, and exactly one other branch does.
fn changed(project: &Project<'_>, branch: &BranchName, tables: &Tables, script: &ReadScript) -> Vec<Found> {
    let effects = &script.reading.effects;
    let made: BTreeSet<&str> = effects.known.iter().filter_map(|(_, effect)| made_here(effect)).collect();
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    if !effects.unknown.is_empty() || effects.moves_names {
        return found;
    }
    for (line, effect) in &effects.known {
        let Some(table) = acts_on(effect) else { continue };
        if made.contains(table.name.as_str()) || tables.may_make(table) || !said.insert(table) {
            continue;
        }
        let Some(maker) = only(project.makers(table).filter(|maker| maker.revision.branch != *branch)) else {
            continue;
        };
        let message =
            format!("it {effect}, but {branch} never makes {table}: {} does ({})", maker.revision, place(&maker));
        let hint = format!("put it into a revision of {}", maker.revision.branch);
        found.push(Found::at_line(*line, None, Code::WrongBranch, message).hint(hint));
    }
    found
}

fn made_here(effect: &Effect) -> Option<&str> {
    let is_table = matches!(effect.kind, ObjectKind::Table | ObjectKind::View);
    match effect.action {
        Action::Creates if is_table => Some(&effect.name.name),
        Action::Renames if is_table => effect.to.as_deref(),
        _ => None,
    }
}

/// The table that must be there for the statement to do anything.
fn acts_on(effect: &Effect) -> Option<&ObjectName> {
    let asks = effect.action == Action::Reads || (effect.action == Action::Drops && effect.lenient);
    if asks || made_here(effect).is_some() && effect.action == Action::Creates {
        return None;
    }
    effect.table()
}

fn place(maker: &Maker) -> String {
    format!("{}:{}", maker.file.display(), maker.line)
}

fn only<T>(mut of: impl Iterator<Item = T>) -> Option<T> {
    of.next().filter(|_| of.next().is_none())
}

#[cfg(test)]
mod tests {
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, hints_of_project, revision, said_of_project};

    const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, name text)";

    fn said(revisions: &[Written]) -> Vec<String> {
        said_of_project(revisions, Code::WrongBranch)
    }

    #[test]
    fn a_reference_to_a_branch_that_has_no_such_table() {
        let specs = "CREATE TABLE p (u int)";
        let revisions = [
            revision("auth@1", USERS),
            revision("billing@1", "CREATE TABLE bills (id int)"),
            revision("specs@1", specs).refers("p.u", "billing:users.id"),
        ];
        assert_eq!(
            said(&revisions),
            [
                "specs/1.toml:10 the reference points to billing:users.id, but billing never makes users: auth@1 does (auth/1.sql:1)"
            ]
        );
        assert_eq!(
            hints_of_project(&revisions, Code::WrongBranch),
            ["write `auth:users.id`, if that is what is meant"]
        );
        for billing in ["DO $$ BEGIN NULL; END $$", "CREATE VIEW users AS SELECT 1"] {
            let unclear = [
                revision("auth@1", USERS),
                revision("billing@1", billing),
                revision("specs@1", specs).refers("p.u", "billing:users.id"),
            ];
            assert_eq!(said(&unclear), [] as [String; 0], "{billing}");
        }
        let nowhere = [revision("auth@1", "SELECT 1"), revision("specs@1", specs).refers("p.u", "auth:users.id")];
        assert_eq!(said(&nowhere), [] as [String; 0]);
    }

    #[test]
    fn a_table_beside_the_one_that_others_refer_to() {
        let projects = |to| revision("specs@1", "CREATE TABLE p (u int)").refers("p.u", to);
        let copy = || revision("specs@2", &format!("\n{USERS}")).after(&["1"]);
        assert_eq!(
            said(&[revision("auth@1", USERS), projects("auth:users.id"), copy()]),
            [
                "specs/2.sql:2 auth has a table users too (auth/1.sql:1), and that is the one that specs@1 refers to (specs/1.toml:10)"
            ]
        );
        assert_eq!(said(&[revision("auth@1", USERS), revision("specs@1", USERS)]), [] as [String; 0]);
        let both = [
            revision("auth@1", USERS),
            projects("auth:users.id"),
            copy(),
            revision("billing@1", "CREATE TABLE b (u int)").refers("b.u", "specs:users.id"),
        ];
        assert_eq!(said(&both), [] as [String; 0]);
    }

    #[test]
    fn a_statement_about_a_table_of_another_branch() {
        let found = |script: &str| said(&[revision("auth@1", USERS), revision("specs@1", script)]);
        let of = "but specs never makes users: auth@1 does (auth/1.sql:1)";
        for (script, does) in [
            ("ALTER TABLE users ADD c int", "creates column c of users"),
            ("CREATE INDEX i ON users (id)", "creates index i of users"),
            ("UPDATE users SET id = 1 WHERE id = 2; DELETE FROM users WHERE id = 3", "writes table users"),
            ("DROP TABLE users", "drops table users"),
            ("ALTER TABLE users RENAME TO people", "renames table users to people"),
        ] {
            assert_eq!(found(script), [format!("specs/1.sql:1 it {does}, {of}")], "{script}");
        }
        for script in [
            "DROP TABLE IF EXISTS users",
            "CREATE VIEW users AS SELECT 1; DELETE FROM users WHERE true",
            "CREATE TEMP TABLE users (a int); INSERT INTO users VALUES (1)",
            "SELECT install_users(); ALTER TABLE users ADD c int",
            "ALTER TABLE strangers ADD c int",
        ] {
            assert_eq!(found(script), [] as [String; 0], "{script}");
        }
        let two = [revision("auth@1", USERS), revision("billing@1", USERS), revision("specs@1", "DROP TABLE users")];
        assert_eq!(said(&two), [] as [String; 0]);
    }
}
