//! A declared reference whose referring column has no index: whoever deletes a parent, and every check, reads all rows.

use crate::dialect::Dialect;
use crate::lint::code::Code;
use crate::lint::finding::FoundIn;
use crate::lint::project::Project;
use crate::lint::references;
use crate::lint::table::Table;
use crate::revision::{Columns, Reference, ReferenceTo};

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, tables) in project.branches().filter(|(_, tables)| !tables.more) {
        for (revision, reference) in references::live(project, scripts) {
            let from = &reference.from;
            let Some((_, table)) = tables.find(from.table.schema.as_deref(), &from.table.table) else { continue };
            let by_key = scripts.dialect.can().indexes_foreign_keys && table.has_foreign_key(&from.columns);
            let is_known = from.columns.iter().all(|column| table.column(column).is_some());
            if table.more || by_key || !is_known || is_served(table, reference) {
                continue;
            }
            let message = format!("no index begins with {from}: each check of the reference reads the whole table");
            let one = references::found(reference, Code::ReferenceIndex, message).hint(create(from, scripts.dialect));
            found.push(project.in_file(scripts, revision, &reference.declared_at.file, one));
        }
    }
}

/// Whether an index finds the rows that refer to a parent; to one of a polymorphic reference also by its kind.
fn is_served(table: &Table, reference: &Reference) -> bool {
    let from = &reference.from.columns;
    let by = match &reference.to {
        ReferenceTo::Polymorphic { by, .. } => Some([from.as_slice(), &by.columns].concat()),
        ReferenceTo::One(_) => None,
    };
    table.is_indexed(from) || by.is_some_and(|columns| table.is_indexed(&columns))
}

/// As many bytes of a name every engine takes.
const LONGEST_NAME: usize = 63;

/// All names are quoted, as the declaration has them: which of them need it no list of words says for every version.
fn create(from: &Columns, dialect: Dialect) -> String {
    let Columns { table, columns } = from;
    let quoted = |name: &str| dialect.quoted(name);
    let mut name = format!("ix_{}_{}", table.table, columns.join("_"));
    name.truncate(name.floor_char_boundary(LONGEST_NAME));
    let name = quoted(&name);
    // SQLite wants the schema in front of the index; there is but one that a reference can be in.
    let schema = table.schema.as_deref().filter(|schema| dialect.can().default_schema != Some(schema));
    let path: Vec<String> = schema.into_iter().chain([table.table.as_str()]).map(quoted).collect();
    let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    format!("CREATE INDEX {name} ON {} ({})", path.join("."), columns.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{Written, hints_of_project, revision, said_of_project};

    fn project(dialect: Dialect, script: &str) -> [Written; 1] {
        [revision("specs@1", script).on(dialect).refers("p.u", "specs:users.id").by("p.kind", "user")]
    }

    fn found(dialect: Dialect, script: &str) -> Vec<String> {
        said_of_project(&project(dialect, script), Code::ReferenceIndex)
    }

    #[test]
    fn what_no_index_begins_with() {
        let says = "specs/1.toml:10 no index begins with p.u: each check of the reference reads the whole table";
        for script in [
            "CREATE TABLE p (u int, kind text)",
            "CREATE TABLE p (u int, kind text, PRIMARY KEY (kind, u, id), id int); DROP INDEX i",
            "CREATE TABLE p (u int, kind text); CREATE INDEX i ON p (id, u)",
            "CREATE TABLE p (u int, kind text); CREATE INDEX i ON p ((u + 1))",
            "CREATE TABLE p (u int, kind text); CREATE INDEX i ON p (u); DROP INDEX i",
        ] {
            let served = script.contains("PRIMARY");
            let expected: &[&str] = if served { &[] } else { &[says] };
            assert_eq!(found(Dialect::Postgres, script), expected, "{script}");
        }
        assert_eq!(
            hints_of_project(&project(Dialect::Postgres, "CREATE TABLE p (u int)"), Code::ReferenceIndex),
            [r#"CREATE INDEX "ix_p_u" ON "p" ("u")"#]
        );
    }

    /// Names that are words of SQL, have capitals, or have quotes in them.
    #[test]
    fn the_hint_is_sql_for_any_name() {
        let hint = |dialect, script: &str, from: &str| {
            let written = [revision("specs@1", script).on(dialect).refers(from, "auth:users.id")];
            hints_of_project(&written, Code::ReferenceIndex)
        };
        for (dialect, script, from, expected) in [
            (
                Dialect::Postgres,
                r#"CREATE TABLE s."order" ("userId" int)"#,
                "s.order.userId",
                r#"CREATE INDEX "ix_order_userId" ON "s"."order" ("userId")"#,
            ),
            (
                Dialect::Mysql,
                "CREATE TABLE `order` (`u``s` int)",
                "order.u`s",
                "CREATE INDEX `ix_order_u``s` ON `order` (`u``s`)",
            ),
            (
                Dialect::Sqlite,
                r#"CREATE TABLE "or der" ("select" int)"#,
                "main.or der.select",
                r#"CREATE INDEX "ix_or der_select" ON "or der" ("select")"#,
            ),
        ] {
            assert_eq!(hint(dialect, script, from), [expected], "{dialect}");
        }
    }

    #[test]
    fn what_is_indexed_or_may_be() {
        for script in [
            "CREATE TABLE p (u int UNIQUE, kind text)",
            "CREATE TABLE p (u int, kind text, UNIQUE (u, kind))",
            "CREATE TABLE p (u int, kind text); CREATE INDEX ON p USING btree (u DESC, kind)",
            "CREATE TABLE p (x int, kind text); CREATE INDEX i ON p (x); ALTER TABLE p RENAME x TO u",
            "CREATE TABLE p AS SELECT 1 AS u",
            "CREATE TABLE p (u int); DO $$ BEGIN NULL; END $$",
            "CREATE TABLE p (other int)",
        ] {
            assert_eq!(found(Dialect::Postgres, script), [] as [String; 0], "{script}");
        }
        let key = "CREATE TABLE p (u int, FOREIGN KEY (u) REFERENCES users (id))";
        assert_eq!(found(Dialect::Mysql, key), [] as [String; 0]);
        assert_eq!(found(Dialect::Sqlite, key).len(), 1);
        let ended = [
            revision("specs@1", "CREATE TABLE p (u int)").refers("p.u", "auth:users.id"),
            revision("specs@2", "SELECT 1").after(&["1"]).ends("p.u"),
        ];
        assert_eq!(said_of_project(&ended, Code::ReferenceIndex), [] as [String; 0]);
    }
}
