//! A declared reference from or to a column that no revision makes: mostly a word that is spelt otherwise.

use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::FoundIn;
use crate::lint::project::Project;
use crate::lint::references;
use crate::lint::tables::Tables;
use crate::names::BranchName;
use crate::revision::{Columns, ReferenceTo};
use crate::suggest::did_you_mean;

/// What no revision makes.
struct Lack {
    what: String,
    hint: Option<String>,
}

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, tables) in project.branches() {
        for (revision, reference) in references::declared(project, scripts) {
            let by = match &reference.to {
                ReferenceTo::Polymorphic { by, .. } => Some(by),
                ReferenceTo::One(_) => None,
            };
            let of_branch = |branch: &BranchName| -> Vec<&Tables> {
                let same = |(other, _): &(&BranchScripts<'_>, &Tables)| other.branch == branch;
                project.all().filter(same).map(|(_, tables)| tables).collect()
            };
            let own = [Some(("from", &reference.from)), by.map(|by| ("by", by))].into_iter().flatten();
            let own = own.filter_map(|(key, columns)| Some((key, scripts.branch, columns, lack(tables, columns)?)));
            // Which dialect the other branch has where this one has its own is not known: it must lack it on all.
            let targets = reference.targets().filter_map(|target| {
                let lacks = of_branch(&target.branch).into_iter().map(|tables| lack(tables, &target.columns));
                let lack = lacks.reduce(Option::and).flatten()?;
                Some(("to", &target.branch, &target.columns, lack))
            });
            for (key, branch, columns, Lack { what, hint }) in own.chain(targets) {
                let message = format!("`{key}` names {columns}, but no revision of {branch} makes {what}");
                let mut one = references::found(reference, Code::ReferenceColumn, message);
                one.hint = hint;
                found.push(project.in_file(scripts, revision, &reference.declared_at.file, one));
            }
        }
    }
}

/// What is certainly not there of the columns, nor ever was.
fn lack(tables: &Tables, columns: &Columns) -> Option<Lack> {
    if tables.more {
        return None;
    }
    let table = &columns.table;
    let Some((_, ever)) = tables.find_ever(table.schema.as_deref(), &table.table) else {
        if tables.may_make(&references::name(table)) {
            return None;
        }
        let names = tables.iter().map(|(name, _)| name.name.as_str());
        return Some(Lack { what: format!("a table {table}"), hint: did_you_mean(&table.table, names) });
    };
    if ever.more {
        return None;
    }
    let is_known = |column: &String| ever.columns.iter().any(|known| known.eq_ignore_ascii_case(column));
    let missing = columns.columns.iter().find(|column| !is_known(column))?;
    let hint = did_you_mean(missing, ever.columns.iter().map(String::as_str));
    Some(Lack { what: format!("a column {missing} of {table}"), hint })
}

#[cfg(test)]
mod tests {
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, hints_of_project, revision, said_of_project};

    fn project(specs: &str, from: &str, to: &str) -> Vec<Written> {
        vec![
            revision("auth@1", "CREATE TABLE users (id int PRIMARY KEY, email text)"),
            revision("specs@1", specs).refers(from, to),
        ]
    }

    fn found(specs: &str, from: &str, to: &str) -> Vec<String> {
        said_of_project(&project(specs, from, to), Code::ReferenceColumn)
    }

    const PROJECTS: &str = "CREATE TABLE projects (id int, user_id int, kind text)";

    #[test]
    fn what_no_revision_makes() {
        assert_eq!(
            found(PROJECTS, "projects.usr_id", "auth:users.id"),
            [
                "specs/1.toml:10 `from` names projects.usr_id, but no revision of specs makes a column usr_id of projects"
            ]
        );
        assert_eq!(
            found(PROJECTS, "project.user_id", "auth:users.uid"),
            [
                "specs/1.toml:10 `from` names project.user_id, but no revision of specs makes a table project",
                "specs/1.toml:10 `to` names users.uid, but no revision of auth makes a column uid of users"
            ]
        );
        let hints = |from| hints_of_project(&project(PROJECTS, from, "auth:users.id"), Code::ReferenceColumn);
        assert_eq!(hints("projects.usr_id"), ["did you mean `user_id`?"]);
        assert_eq!(hints("project.user_id"), ["did you mean `projects`?"]);
        let polymorphic = [
            revision("auth@1", "CREATE TABLE users (id int)"),
            revision("specs@1", PROJECTS).refers("projects.user_id", "auth:users.id").by("projects.type", "user"),
        ];
        assert_eq!(
            said_of_project(&polymorphic, Code::ReferenceColumn),
            ["specs/1.toml:10 `by` names projects.type, but no revision of specs makes a column type of projects"]
        );
    }

    #[test]
    fn what_is_there_or_may_be() {
        for specs in [
            PROJECTS,
            "CREATE TABLE Projects (id int); ALTER TABLE projects ADD user_id int",
            "CREATE TABLE projects (id int, owner_id int); ALTER TABLE projects RENAME owner_id TO user_id",
            "CREATE TABLE projects (user_id int); ALTER TABLE projects DROP user_id",
            "CREATE TABLE projects AS SELECT 1 AS user_id",
            "CREATE TABLE projects (LIKE other)",
            "CREATE VIEW projects AS SELECT 1 AS user_id",
            "SELECT make_projects()",
            "CREATE TABLE s.projects (user_id int)",
            "CREATE TABLE old (user_id int); ALTER TABLE old RENAME TO projects",
        ] {
            assert_eq!(found(specs, "projects.user_id", "auth:users.id"), [] as [String; 0], "{specs}");
        }
    }
}
