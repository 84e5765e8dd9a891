//! A name in another database of the same server: it works where the databases happen to stand beside each other, and is in
//! the way of every backup, move and copy of one of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::script::ReadScript;
use crate::names::BranchName;
use crate::sql::{Action, Effect};

/// Databases that every server has. To read in them is to ask the server about itself.
const OF_THE_SERVER: &[&str] = &["information_schema", "mysql", "performance_schema", "sys"];

/// The databases that a script's names are held against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Databases {
    /// The branch's own, where it is known.
    pub own: Option<String>,
    /// Those of the other branches, as far as they are known.
    pub others: BTreeMap<String, BranchName>,
}

/// What is found in one script, for dialects where what stands before the dot is a database.
pub fn check_script(script: &ReadScript, databases: &Databases, found: &mut Vec<Found>) {
    let mut said = BTreeSet::new();
    for (line, effect) in &script.reading.effects.known {
        let Some(database) = database(effect) else { continue };
        let Some(whose) = databases.whose(database) else { continue };
        let asks = effect.action == Action::Reads && is_of_the_server(database);
        if asks || !said.insert((*line, database)) {
            continue;
        }
        let message = format!("it {effect}, in the database {database}, {whose}");
        let one = Found { lines: script.reading.effects.lines(*line), ..at(*line, message) };
        found.push(one.hint(
            "leave out what stands before the dot if this branch's own database is meant; what is in another one belongs in \
             a revision of its branch",
        ));
    }
}

fn at(line: usize, message: String) -> Found {
    Found::at_line(line, None, Code::OtherDatabase, message)
}

/// What stands before the dot of a name.
fn database(effect: &Effect) -> Option<&String> {
    effect.name.schema.as_ref().or_else(|| effect.table.as_ref()?.schema.as_ref())
}

fn is_of_the_server(database: &str) -> bool {
    OF_THE_SERVER.iter().any(|known| known.eq_ignore_ascii_case(database))
}

impl Databases {
    /// Those that the scripts of a branch are held against.
    #[must_use]
    pub fn of<'a>(scripts: &BranchScripts<'_>, all: impl IntoIterator<Item = &'a BranchScripts<'a>>) -> Self {
        let others = all.into_iter().filter(|other| other.branch != scripts.branch);
        let known = others.filter_map(|other| Some((other.database.clone()?, other.branch.clone())));
        Self { own: scripts.database.clone(), others: known.collect() }
    }

    /// Whose database it is, if it is certainly not the branch's own.
    fn whose(&self, database: &str) -> Option<String> {
        if self.own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(database)) {
            return None;
        }
        if let Some(branch) = self.others.get(database) {
            return Some(format!("which is that of branch {branch}"));
        }
        if is_of_the_server(database) {
            return Some("which is the server's own".to_owned());
        }
        self.own.as_ref().map(|own| format!("and that of this branch is {own}"))
    }
}

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, _) in project.branches().filter(|(scripts, _)| scripts.dialect.can().schemas_are_databases) {
        let databases = Databases::of(scripts, project.all().map(|(scripts, _)| scripts));
        for (revision, script) in project.written(scripts) {
            let mut of_script = Vec::new();
            check_script(script, &databases, &mut of_script);
            found.extend(of_script.into_iter().map(|one| project.in_file(scripts, revision, &script.file, one)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, revision, said_of_project};

    fn found(dialect: Dialect, script: &str, own: Option<&str>) -> Vec<String> {
        let specs = revision("specs@1", script).on(dialect);
        let specs = match own {
            Some(own) => specs.in_database(own),
            None => specs,
        };
        said(&[revision("auth@1", "CREATE TABLE users (id int)").on(dialect).in_database("auth_db"), specs])
    }

    fn said(revisions: &[Written]) -> Vec<String> {
        said_of_project(revisions, Code::OtherDatabase)
    }

    #[test]
    fn what_is_not_the_branchs_own() {
        let of_auth = "in the database auth_db, which is that of branch auth";
        for own in [Some("specs_db"), None] {
            assert_eq!(
                found(Dialect::Mysql, "SELECT 1;\nINSERT INTO t SELECT * FROM auth_db.users", own),
                [format!("specs/1.sql:2 it reads table auth_db.users, {of_auth}")]
            );
        }
        assert_eq!(
            found(Dialect::Mariadb, "CREATE TABLE other.t (a int, b int)", Some("specs_db")),
            ["specs/1.sql:1 it creates table other.t, in the database other, and that of this branch is specs_db"]
        );
        assert_eq!(
            found(Dialect::Mysql, "DELETE FROM mysql.user WHERE User = ''", None),
            ["specs/1.sql:1 it writes table mysql.user, in the database mysql, which is the server's own"]
        );
        let down =
            [revision("specs@1", "CREATE TABLE t (a int)").down("DROP TABLE x.t").on(Dialect::Mysql).in_database("s")];
        assert_eq!(
            said(&down),
            ["specs/1.down.sql:1 it drops table x.t, in the database x, and that of this branch is s"]
        );
    }

    #[test]
    fn what_is_its_own_or_may_be() {
        for (dialect, script, own) in [
            (Dialect::Mysql, "CREATE TABLE specs_db.t (a int)", Some("specs_db")),
            (Dialect::Mysql, "CREATE TABLE Specs_DB.t (a int)", Some("specs_db")),
            (Dialect::Mysql, "CREATE TABLE other.t (a int)", None),
            (Dialect::Mysql, "CREATE VIEW v AS SELECT * FROM information_schema.tables", Some("specs_db")),
            (
                Dialect::Mysql,
                "INSERT INTO t SELECT * FROM u ON DUPLICATE KEY UPDATE a = 1, auth_db.b = 2",
                Some("specs_db"),
            ),
            (Dialect::Postgres, "CREATE TABLE auth_db.t (a int)", Some("specs_db")),
            (Dialect::Sqlite, "CREATE TABLE main.t (a int); CREATE TABLE temp.u (a int)", None),
        ] {
            assert_eq!(found(dialect, script, own), [] as [String; 0], "{script}");
        }
    }
}
