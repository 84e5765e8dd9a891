//! A foreign key to a table of another branch: no database knows that table, and the statement fails, or finds another one.

use std::path::PathBuf;

use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::script::{ReadScript, found_at};
use crate::names::RevisionKey;
use crate::sql::{
    Action, ChangeKind, ConstraintKind, Ddl, ForeignTarget, ObjectKind, ObjectName, ReadStatement, TableItem,
};

/// A foreign key of a script to a table that the script does not make itself.
pub struct ForeignTable<'a> {
    /// The statement.
    pub statement: &'a ReadStatement,
    /// The table that refers.
    pub from: &'a ObjectName,
    /// The columns of it.
    pub columns: &'a [String],
    /// Where they point.
    pub target: &'a ForeignTarget,
}

/// Where a table is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The revision.
    pub revision: RevisionKey,
    /// Its script.
    pub file: PathBuf,
    /// The line there.
    pub line: usize,
    /// The table's primary key; empty where it is not known.
    pub key: Vec<String>,
    /// The branch has a table of that name in the end.
    pub stays: bool,
}

/// The foreign keys of a script to tables that it does not make itself.
pub fn foreign_tables(script: &ReadScript) -> impl Iterator<Item = ForeignTable<'_>> {
    let makes = |name: &ObjectName| {
        script.reading.effects.known.iter().any(|(_, effect)| {
            let (kind, made) = (effect.kind == ObjectKind::Table, &effect.name.name);
            let is_made = effect.action == Action::Creates && made.eq_ignore_ascii_case(&name.name);
            let is_named = effect.to.as_ref().is_some_and(|to| to.eq_ignore_ascii_case(&name.name));
            kind && (is_made || is_named)
        })
    };
    script.reading.statements.iter().flat_map(of_statement).filter(move |foreign| !makes(&foreign.target.table))
}

fn of_statement(statement: &ReadStatement) -> Vec<ForeignTable<'_>> {
    let (from, items): (&ObjectName, Vec<&TableItem>) = match &statement.reading.ddl {
        Some(Ddl::CreateTable(create)) => (&create.name, create.items.iter().collect()),
        Some(Ddl::AlterTable(alter)) => {
            let added = alter.changes.iter().filter_map(|change| match &change.kind {
                ChangeKind::Add(item, _) => Some(item),
                _ => None,
            });
            (&alter.name, added.collect())
        }
        _ => return Vec::new(),
    };
    let key = |item| {
        let (columns, target) = foreign_key(item)?;
        Some(ForeignTable { statement, from, columns, target })
    };
    items.into_iter().filter_map(key).collect()
}

/// The columns of a foreign key, and where they point.
fn foreign_key(item: &TableItem) -> Option<(&[String], &ForeignTarget)> {
    match item {
        TableItem::Column(column) => Some((std::slice::from_ref(&column.name), column.references.as_ref()?)),
        TableItem::Constraint(constraint) => match &constraint.kind {
            ConstraintKind::ForeignKey(target) => Some((&constraint.columns, target.as_ref()?)),
            _ => None,
        },
        _ => None,
    }
}

/// What is found in one script. `maker` says where another branch makes a table, and nothing of one that may be the branch's
/// own; it is only asked for tables that foreign keys point to.
pub fn check_script(script: &ReadScript, maker: &mut dyn FnMut(&ObjectName) -> Option<Maker>, found: &mut Vec<Found>) {
    for foreign in foreign_tables(script) {
        let Some(maker) = maker(&foreign.target.table) else { continue };
        let table = &foreign.target.table;
        let branch = &maker.revision.branch;
        let message = format!(
            "the foreign key points to {table}, a table of branch {branch}, which {} makes ({}:{})",
            maker.revision,
            maker.file.display(),
            maker.line
        );
        let to = if foreign.target.columns.is_empty() { &maker.key } else { &foreign.target.columns };
        let (from, to) = (written(None, foreign.from, foreign.columns), written(Some(branch.as_str()), table, to));
        let hint = format!(
            "no foreign key leaves its database: take it out, and write in revision.toml, a line each: `[[reference]]`, \
             `from = {from}`, `to = {to}`"
        );
        let one = found_at(foreign.statement, foreign.target.offset, Code::ReferencesOtherBranch, message).hint(hint);
        found.push(Found { about: Some(table.clone()), ..one });
    }
}

/// Columns as revision.toml names them.
fn written(branch: Option<&str>, table: &ObjectName, columns: &[String]) -> String {
    let branch = branch.map(|branch| format!("{branch}:")).unwrap_or_default();
    let each: Vec<String> = columns.iter().map(|column| format!("\"{branch}{table}.{column}\"")).collect();
    match each.as_slice() {
        [] => format!("\"{branch}{table}.COLUMN\""),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, tables) in project.branches() {
        let mut maker = |table: &ObjectName| {
            if tables.may_have(table) {
                return None;
            }
            // Where both live in one database it is a foreign key like any other.
            project.makers(table).find(|maker| {
                let branch = &maker.revision.branch;
                maker.stays && branch != scripts.branch && !scripts.shared_with.contains(branch)
            })
        };
        for (revision, script) in project.written(scripts) {
            let mut of_script = Vec::new();
            check_script(script, &mut maker, &mut of_script);
            found.extend(of_script.into_iter().map(|one| project.in_file(scripts, revision, &script.file, one)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, hints_of_project, revision, said_of_project};

    fn found(specs: &str) -> Vec<String> {
        said_of_project(&project(specs), Code::ReferencesOtherBranch)
    }

    fn project(specs: &str) -> [Written; 2] {
        let users =
            "\nCREATE TABLE users (id uuid PRIMARY KEY); CREATE TABLE tenants (a int, b int, PRIMARY KEY (a, b))";
        [revision("auth@1", users), revision("specs@1", specs)]
    }

    #[test]
    fn wherever_a_foreign_key_can_stand() {
        let users = "the foreign key points to users, a table of branch auth, which auth@1 makes (auth/1.sql:2)";
        for script in [
            "CREATE TABLE p (u uuid REFERENCES users)",
            "CREATE TABLE p (u uuid, FOREIGN KEY (u) REFERENCES users (id))",
            "ALTER TABLE p ADD u uuid REFERENCES users",
            "ALTER TABLE p ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES users (id) NOT VALID",
        ] {
            assert_eq!(found(script), [format!("specs/1.sql:1 {users}")], "{script}");
        }
        let public =
            "the foreign key points to public.users, a table of branch auth, which auth@1 makes (auth/1.sql:2)";
        assert_eq!(found("CREATE TABLE p (u uuid REFERENCES public.users)"), [format!("specs/1.sql:1 {public}")]);
    }

    #[test]
    fn the_hint_is_what_to_write() {
        let hints = |script| hints_of_project(&project(script), Code::ReferencesOtherBranch);
        let written = |lines: &str| {
            format!(
                "no foreign key leaves its database: take it out, and write in revision.toml, a line each: \
                 `[[reference]]`, {lines}"
            )
        };
        assert_eq!(
            hints("CREATE TABLE p (u uuid REFERENCES users)"),
            [written("`from = \"p.u\"`, `to = \"auth:users.id\"`")]
        );
        assert_eq!(
            hints("ALTER TABLE p ADD FOREIGN KEY (x, y) REFERENCES tenants"),
            [written("`from = [\"p.x\", \"p.y\"]`, `to = [\"auth:tenants.a\", \"auth:tenants.b\"]`")]
        );
    }

    #[test]
    fn what_may_be_the_branchs_own() {
        for script in [
            "CREATE TABLE users (id uuid PRIMARY KEY); CREATE TABLE p (u uuid REFERENCES users)",
            "CREATE TABLE people (id uuid); ALTER TABLE people RENAME TO users; CREATE TABLE p (u uuid REFERENCES users)",
            "CREATE TABLE p (u uuid REFERENCES strangers)",
            "CREATE TABLE p (u uuid REFERENCES shop.users)",
            "DO $$ BEGIN NULL; END $$; CREATE TABLE p (u uuid REFERENCES users)",
        ] {
            assert_eq!(found(script), [] as [String; 0], "{script}");
        }
        let own = [
            revision("auth@1", "CREATE TABLE users (id int)"),
            revision("specs@1", "CREATE TABLE p (u int REFERENCES users)"),
            revision("specs@0", "CREATE TABLE \"Users\" (id int)"),
        ];
        assert_eq!(said_of_project(&own, Code::ReferencesOtherBranch), [] as [String; 0]);
        let temporary = [
            revision("auth@1", "CREATE TEMP TABLE users (id int)"),
            revision("specs@1", "CREATE TABLE p (u int REFERENCES users)"),
        ];
        assert_eq!(said_of_project(&temporary, Code::ReferencesOtherBranch), [] as [String; 0]);
    }

    #[test]
    fn where_the_other_database_is_named() {
        let revisions = [
            revision("auth@1", "CREATE TABLE users (id int)").on(Dialect::Mysql).in_database("auth_db"),
            revision("specs@1", "CREATE TABLE p (u int, FOREIGN KEY (u) REFERENCES auth_db.users (id))")
                .on(Dialect::Mysql)
                .in_database("specs_db"),
        ];
        assert_eq!(
            said_of_project(&revisions, Code::ReferencesOtherBranch),
            [
                "specs/1.sql:1 the foreign key points to auth_db.users, a table of branch auth, which auth@1 makes (auth/1.sql:1)"
            ]
        );
    }
}
