//! A declared reference whose ends differ in type: values that no parent can have, and comparisons that no index serves.

use crate::dialect::Dialect;
use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::FoundIn;
use crate::lint::kind::KeyType;
use crate::lint::project::Project;
use crate::lint::references;
use crate::lint::tables::Tables;
use crate::revision::{Columns, ReferenceTarget};
use crate::sql::DataType;

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, tables) in project.branches() {
        for (revision, reference) in references::live(project, scripts) {
            for target in reference.targets() {
                for (at, column) in reference.from.columns.iter().enumerate() {
                    let Some(own) = data_type(tables, &reference.from, at) else { continue };
                    let Some((dialect, other)) = differing(project, scripts.dialect, own, target, at) else { continue };
                    let on = |of: Dialect| if of == scripts.dialect { String::new() } else { format!(" on {of}") };
                    let message = format!(
                        "{}.{column} is {own}{}, and {}:{}.{} is {other}{}",
                        reference.from.table,
                        if dialect == scripts.dialect { String::new() } else { format!(" on {}", scripts.dialect) },
                        target.branch,
                        target.columns.table,
                        target.columns.columns[at],
                        on(dialect),
                    );
                    let one = references::found(reference, Code::ReferenceTypes, message)
                        .hint("give the referring column the type of the one that it points to");
                    found.push(project.in_file(scripts, revision, &reference.declared_at.file, one));
                }
            }
        }
    }
}

/// The target's type where it differs: on the same dialect if the other branch has it, else on all that it has.
fn differing<'p>(
    project: &'p Project<'_>,
    dialect: Dialect,
    own: &DataType,
    target: &ReferenceTarget,
    at: usize,
) -> Option<(Dialect, &'p DataType)> {
    let all = || project.all().filter(|(other, _)| *other.branch == target.branch);
    let has_same = all().any(|(other, _)| other.dialect == dialect);
    let mut first = None;
    for (other, tables) in all().filter(|(other, _)| !has_same || other.dialect == dialect) {
        let BranchScripts { dialect: of, .. } = other;
        let other = data_type(tables, &target.columns, at)?;
        let differs = if *of == dialect {
            differ_on_one(own, other, dialect.can().loose_types)
        } else {
            KeyType::of(own)?.is_strange_to(&KeyType::of(other)?)
        };
        if !differs {
            return None;
        }
        first = first.or(Some((*of, other)));
    }
    first
}

fn differ_on_one(one: &DataType, other: &DataType, loose: bool) -> bool {
    let (Some(one), Some(other)) = (KeyType::of(one), KeyType::of(other)) else { return false };
    if loose { one.is_strange_to(&other) } else { !one.is_same(&other) }
}

fn data_type<'t>(tables: &'t Tables, columns: &Columns, at: usize) -> Option<&'t DataType> {
    let (_, table) = tables.find(columns.table.schema.as_deref(), &columns.table.table)?;
    table.column(columns.columns.get(at)?)?.data_type.as_ref()
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{revision, said_of_project};

    fn found(own: (Dialect, &str), other: (Dialect, &str)) -> Vec<String> {
        let revisions = [
            revision("auth@1", &format!("CREATE TABLE users (id {})", other.1)).on(other.0),
            revision("specs@1", &format!("CREATE TABLE p (u {})", own.1)).on(own.0).refers("p.u", "auth:users.id"),
        ];
        said_of_project(&revisions, Code::ReferenceTypes)
    }

    #[test]
    fn ends_that_differ_on_one_dialect() {
        for (dialect, own, other) in [
            (Dialect::Postgres, "varchar(36)", "uuid"),
            (Dialect::Postgres, "char(36)", "uuid"),
            (Dialect::Postgres, "int", "bigint"),
            (Dialect::Postgres, "integer", "bigserial"),
            (Dialect::Postgres, "text", "bigint"),
            (Dialect::Mysql, "int", "int unsigned"),
            (Dialect::Mysql, "bigint(20)", "bigint(20) unsigned"),
            (Dialect::Mariadb, "binary(16)", "uuid"),
            (Dialect::Sqlite, "text", "integer"),
        ] {
            assert_eq!(
                found((dialect, own), (dialect, other)),
                [format!("specs/1.toml:10 p.u is {own}, and auth:users.id is {other}")],
                "{dialect}"
            );
        }
    }

    #[test]
    fn ends_that_agree_on_one_dialect() {
        for (dialect, own, other) in [
            (Dialect::Postgres, "uuid", "uuid"),
            (Dialect::Postgres, "int4", "serial"),
            (Dialect::Postgres, "varchar(20)", "character varying(255)"),
            (Dialect::Postgres, "char(2)", "varchar(2)"),
            (Dialect::Postgres, "text", "varchar(36)"),
            (Dialect::Postgres, "user_id", "uuid"),
            (Dialect::Mysql, "bigint unsigned", "serial"),
            (Dialect::Mysql, "int(10) unsigned", "integer unsigned"),
            (Dialect::Mysql, "binary(16)", "varbinary(16)"),
            (Dialect::Sqlite, "int", "bigint"),
            (Dialect::Sqlite, "uuid", "text"),
            (Dialect::Sqlite, "", "integer"),
        ] {
            assert_eq!(found((dialect, own), (dialect, other)), [] as [String; 0], "{dialect} {own} {other}");
        }
    }

    #[test]
    fn ends_on_two_dialects() {
        let (postgres, mysql, sqlite) = (Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite);
        assert_eq!(
            found((mysql, "varchar(36)"), (postgres, "bigint")),
            ["specs/1.toml:10 p.u is varchar(36) on mysql, and auth:users.id is bigint on postgres"]
        );
        assert_eq!(
            found((postgres, "uuid"), (mysql, "varchar(20)")),
            ["specs/1.toml:10 p.u is uuid on postgres, and auth:users.id is varchar(20) on mysql"]
        );
        for (own, other) in [
            ((postgres, "uuid"), (mysql, "binary(16)")),
            ((postgres, "uuid"), (mysql, "char(36)")),
            ((sqlite, "text"), (postgres, "uuid")),
            ((sqlite, "integer"), (postgres, "bigint")),
            ((mysql, "int unsigned"), (postgres, "integer")),
        ] {
            assert_eq!(found(own, other), [] as [String; 0]);
        }
    }

    #[test]
    fn only_what_lives_and_is_known() {
        let users = || revision("auth@1", "CREATE TABLE users (id uuid)");
        let projects = || revision("specs@1", "CREATE TABLE p (u int)").refers("p.u", "auth:users.id");
        let said = |revisions: &[_]| said_of_project(revisions, Code::ReferenceTypes);
        assert_eq!(said(&[users(), projects()]).len(), 1);
        let ended = [users(), projects(), revision("specs@2", "SELECT 1").after(&["1"]).ends("p.u")];
        assert_eq!(said(&ended), [] as [String; 0]);
        let changed =
            [users(), projects(), revision("specs@2", "ALTER TABLE p ALTER u TYPE uuid USING NULL").after(&["1"])];
        assert_eq!(said(&changed), [] as [String; 0]);
    }
}
