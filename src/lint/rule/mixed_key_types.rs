//! A primary key of another type than those of the branch's other tables: each reference to it needs a second look.
//!
//! Only keys of one column that say nothing by themselves are held against each other: what names a row in words (a code, a
//! slug) is meant, and so are small numbers of lists that never grow, and keys that are another table's.

use std::collections::BTreeMap;

use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::kind::{KeyType, Kind};
use crate::lint::project::Project;
use crate::lint::table::Table;
use crate::lint::tables::Tables;
use crate::sql::{DataType, ObjectName};

/// As many tables must agree before another is said to differ.
const AGREE: usize = 3;

type Key<'a> = (&'a ObjectName, &'a Table, &'a DataType);

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, tables) in project.branches() {
        let keys = keys(scripts, tables);
        let mut by_size: Vec<&Vec<Key<'_>>> = keys.values().collect();
        by_size.sort_by_key(|keys| std::cmp::Reverse(keys.len()));
        let Some((most, others)) = by_size.split_first().filter(|(most, _)| most.len() >= AGREE) else { continue };
        if others.first().is_some_and(|second| second.len() == most.len()) {
            continue;
        }
        let Some(&(example, of, usual)) = most.first() else { continue };
        for (name, table, data_type) in others.iter().copied().flatten() {
            let (by, line) = table.made_by;
            let file = scripts.up(of.made_by.0).map(|up| up.file.display().to_string()).unwrap_or_default();
            let message = format!(
                "the primary key of {name} is {data_type}, and that of {} other tables is {usual}, as of {example} ({file}:{})",
                most.len(),
                of.made_by.1,
            );
            let one = Found::at_line(line, None, Code::MixedKeyTypes, message).hint(
                "give it the type of the others while the table is empty; later every reference to it changes too",
            );
            found.extend(project.found_in(scripts, by, one));
        }
    }
}

/// The keys that are held against each other, by what compares as one; in the order in which they were made.
fn keys<'a>(scripts: &BranchScripts<'_>, tables: &'a Tables) -> BTreeMap<String, Vec<Key<'a>>> {
    let mut keys: BTreeMap<String, Vec<Key<'a>>> = BTreeMap::new();
    for (name, table) in tables.iter() {
        let [column] = table.primary_key.as_slice() else { continue };
        let Some(data_type) = table.column(column).and_then(|column| column.data_type.as_ref()) else { continue };
        if table.has_foreign_key(&table.primary_key) {
            continue;
        }
        let Some(kind) = compared(data_type, scripts.dialect.can().loose_types) else { continue };
        keys.entry(kind).or_default().push((name, table, data_type));
    }
    let place = |table: &Table| scripts.revisions.iter().position(|(index, _)| *index == table.made_by.0);
    for keys in keys.values_mut() {
        keys.sort_by_key(|(_, table, _)| (place(table), table.made_by.1));
    }
    keys
}

/// What a key is compared by; nothing for those that are meant to be otherwise.
fn compared(data_type: &DataType, loose: bool) -> Option<String> {
    let KeyType { kind, length, .. } = KeyType::of(data_type)?;
    match kind {
        Kind::Integer(_) if loose => Some("integer".to_owned()),
        Kind::Integer(size) if size.starts_with("tinyint") || size.starts_with("smallint") => None,
        Kind::Integer(size) => Some(size),
        Kind::Uuid => Some("uuid".to_owned()),
        Kind::Text => length.filter(|length| matches!(length, 32 | 36)).map(|length| format!("text of {length}")),
        Kind::Binary => length.filter(|length| *length == 16).map(|_| "16 bytes".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{revision, said_of_project};

    fn found(dialect: Dialect, keys: &[&str]) -> Vec<String> {
        let table = |(number, key): (usize, &&str)| format!("CREATE TABLE t{number} ({key});\n");
        let script: String = keys.iter().enumerate().map(table).collect();
        said_of_project(&[revision("auth@1", &script).on(dialect)], Code::MixedKeyTypes)
    }

    const UUID: &str = "id uuid PRIMARY KEY";

    #[test]
    fn a_key_unlike_the_others() {
        for (key, is) in [
            ("id serial PRIMARY KEY", "serial"),
            ("id bigint, PRIMARY KEY (id)", "bigint"),
            ("id varchar(36) PRIMARY KEY", "varchar(36)"),
        ] {
            assert_eq!(
                found(Dialect::Postgres, &[UUID, UUID, key, UUID]),
                [format!(
                    "auth/1.sql:3 the primary key of t2 is {is}, and that of 3 other tables is uuid, as of t0 (auth/1.sql:1)"
                )]
            );
        }
        let big = "id bigint unsigned PRIMARY KEY";
        assert_eq!(
            found(Dialect::Mysql, &[big, big, big, "id int unsigned PRIMARY KEY"]),
            [
                "auth/1.sql:4 the primary key of t3 is int unsigned, and that of 3 other tables is bigint unsigned, as of t0 \
              (auth/1.sql:1)"
            ]
        );
    }

    #[test]
    fn what_is_meant() {
        for key in [
            "code char(2) PRIMARY KEY",
            "slug text PRIMARY KEY",
            "id smallint PRIMARY KEY",
            "id int PRIMARY KEY REFERENCES other",
            "a int, b int, PRIMARY KEY (a, b)",
            "day date PRIMARY KEY",
            "id int",
        ] {
            assert_eq!(found(Dialect::Postgres, &[UUID, UUID, UUID, key]), [] as [String; 0], "{key}");
        }
        let number = "id int PRIMARY KEY";
        assert_eq!(found(Dialect::Postgres, &[UUID, UUID, number]), [] as [String; 0]);
        assert_eq!(found(Dialect::Postgres, &[UUID, UUID, UUID, number, number, number]), [] as [String; 0]);
        let sqlite = ["id integer PRIMARY KEY", number, "id bigint PRIMARY KEY", "id int8 PRIMARY KEY"];
        assert_eq!(found(Dialect::Sqlite, &sqlite), [] as [String; 0]);
    }
}
