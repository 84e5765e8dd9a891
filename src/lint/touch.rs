//! What a script does to columns that references have an end at: makes them, takes them away, gives them another type.
//!
//! The state before and after the whole script is compared, so that a table which is rebuilt under its name, as SQLite needs
//! it, is not taken for one that goes. Where it is not known what was there before, it is taken that the columns were.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::RevisionIndex;
use crate::reference::{Touch, TouchKind};
use crate::revision::Columns;
use crate::sql::{Action, DataType, Effect, ObjectKind, ReadStatement};

use super::references;
use super::script::ReadScript;
use super::tables::Tables;

/// The types of columns that are there, as far as they are known.
type Types = Vec<Option<DataType>>;

/// What a change of one statement came to.
struct Change {
    line: usize,
    what: String,
}

impl Tables {
    /// Whether these columns, or what may hold them, are there.
    #[must_use]
    pub fn have(&self, columns: &Columns) -> bool {
        self.types(columns).is_some()
    }

    /// Whether there is, or was, a view of that name: whatever it shows is not known.
    #[must_use]
    pub fn show(&self, columns: &Columns) -> bool {
        let table = &columns.table;
        self.find_ever(table.schema.as_deref(), &table.table).is_some_and(|(_, ever)| ever.more)
    }

    fn types(&self, columns: &Columns) -> Option<Types> {
        let (_, table) = self.find(columns.table.schema.as_deref(), &columns.table.table)?;
        let of = |column: &String| match table.column(column) {
            Some(found) => Some(found.data_type.clone()),
            None => table.more.then_some(None),
        };
        columns.columns.iter().map(of).collect()
    }

    /// Follows a script of a revision, and says what it does to these columns.
    pub fn touches(&mut self, revision: RevisionIndex, script: &ReadScript, wanted: &BTreeSet<Columns>) -> Vec<Touch> {
        let before: BTreeMap<&Columns, Option<Types>> =
            wanted.iter().map(|columns| (columns, self.types(columns))).collect();
        let mut now = before.clone();
        let mut changes: BTreeMap<&Columns, Change> = BTreeMap::new();
        let mut taken_over: BTreeSet<&Columns> = BTreeSet::new();
        self.follow_script(revision, script, &mut |tables, statement| {
            for (&columns, known) in &mut now {
                let is_known = || tables.find(columns.table.schema.as_deref(), &columns.table.table).is_some();
                match takes_over(statement, &columns.table.table) {
                    // What the scripts have made has the columns that they gave it.
                    Some(true) if !is_known() => _ = taken_over.insert(columns),
                    Some(_) => _ = taken_over.remove(columns),
                    None => {}
                }
                let types = tables.types(columns);
                if types != *known {
                    changes.insert(columns, Change { line: statement.line, what: what(statement, columns) });
                    *known = types;
                }
            }
        });
        let stays = |columns: &Columns| self.find(columns.table.schema.as_deref(), &columns.table.table).is_some();
        let touch = |(columns, Change { line, what }): (&Columns, Change)| {
            let kind = match (before.get(columns)?, now.get(columns)?) {
                (None, Some(_)) => TouchKind::Made,
                (Some(_), None) if !taken_over.contains(columns) => TouchKind::Gone,
                (Some(before), Some(after)) if differ(before, after) => TouchKind::Retyped,
                _ => return None,
            };
            let what = match (kind, before.get(columns)?, now.get(columns)?) {
                (TouchKind::Retyped, Some(before), Some(after)) => retypes(columns, before, after),
                _ => what,
            };
            let (table_stays, file) = (stays(columns), script.file.clone());
            Some(Touch { columns: columns.clone(), kind, table_stays, what, file, line })
        };
        changes.into_iter().filter_map(touch).collect()
    }

    /// Takes it that all these columns are there.
    pub fn assume_all(&mut self, wanted: &BTreeSet<Columns>, revision: RevisionIndex) {
        for columns in wanted {
            self.assume(&references::name(&columns.table), &columns.columns, (revision, 0));
        }
    }
}

/// Whether the types are known, and others; or were not known, and now are.
fn differ(before: &Types, after: &Types) -> bool {
    let differs = |(before, after): (&Option<DataType>, &Option<DataType>)| match (before, after) {
        (Some(before), Some(after)) => before.canonical() != after.canonical(),
        (before, after) => before != after,
    };
    before.iter().zip(after).any(differs)
}

/// `changes the type of users.id from integer to bigint`.
fn retypes(columns: &Columns, before: &Types, after: &Types) -> String {
    let known = before.iter().zip(after).enumerate().find(|(_, (before, after))| before != after);
    let Some((at, (before, after))) = known else { return format!("changes the type of {columns}") };
    let from = before.as_ref().map(|before| format!(" from {before}")).unwrap_or_default();
    let to = after.as_ref().map(|after| format!(" to {after}")).unwrap_or_default();
    format!("changes the type of {}.{}{from}{to}", columns.table, columns.columns[at])
}

/// Whether something else has the name when a statement is done: a view in place of the table, or another table. None where the
/// statement says nothing of the name.
fn takes_over(statement: &ReadStatement, table: &str) -> Option<bool> {
    let is_table = |name: &str| name.eq_ignore_ascii_case(table);
    let of = |effect: &Effect| match effect.action {
        _ if !matches!(effect.kind, ObjectKind::Table | ObjectKind::View) => None,
        Action::Renames if effect.to.as_deref().is_some_and(is_table) => Some(true),
        Action::Creates if effect.kind == ObjectKind::View && is_table(&effect.name.name) => Some(true),
        Action::Renames | Action::Drops if is_table(&effect.name.name) => Some(false),
        _ => None,
    };
    statement.reading.effects.known.iter().filter_map(of).next_back()
}

/// What a statement does to a table or to its columns.
fn what(statement: &ReadStatement, columns: &Columns) -> String {
    let table = &columns.table.table;
    let effects = &statement.reading.effects.known;
    let is_of_table = |name: &str| name.eq_ignore_ascii_case(table);
    let is_column = |name: &str| columns.columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let of_column = effects.iter().find(|effect| {
        effect.kind == ObjectKind::Column
            && effect.table.as_ref().is_some_and(|table| is_of_table(&table.name))
            && is_column(&effect.name.name)
    });
    let of_table = || {
        effects.iter().find(|effect| {
            matches!(effect.kind, ObjectKind::Table | ObjectKind::View)
                && is_of_table(&effect.name.name)
                && matches!(effect.action, Action::Drops | Action::Renames | Action::Creates)
        })
    };
    match of_column.or_else(of_table) {
        Some(effect) => {
            let verb = effect.action.word();
            let of = if effect.kind == ObjectKind::Column { format!("{table}.") } else { String::new() };
            let to = effect.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
            format!("{verb} {of}{}{to}", effect.name.name)
        }
        None => format!("changes {}", columns.table),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Tables;
    use crate::dialect::Dialect;
    use crate::lint::testing::{read, revision, with_project};

    /// What the last script does to `users.id`, when the others have run.
    fn said(dialect: Dialect, scripts: &[&str]) -> String {
        with_project(&[revision("auth@1", "CREATE TABLE none (id int)")], |project| {
            let scripts_of = &project.looked_at[0];
            let index = scripts_of.revisions[0].0;
            let mut tables = Tables::before(scripts_of);
            let wanted = BTreeSet::from(["users.id".parse().unwrap()]);
            let (last, first) = scripts.split_last().unwrap();
            for script in first {
                tables.touches(index, &read(dialect, script, true), &wanted);
            }
            let touches = tables.touches(index, &read(dialect, last, true), &wanted);
            let told = touches.iter().map(|touch| format!("{:?} at {}: {}", touch.kind, touch.line, touch.what));
            told.collect::<Vec<_>>().join("; ")
        })
    }

    #[test]
    fn what_becomes_of_a_column() {
        let make = "CREATE TABLE users (id int, mail text)";
        for (script, expected) in [
            ("DROP TABLE users", "Gone at 1: drops users"),
            ("SELECT 1;\nALTER TABLE users DROP COLUMN id", "Gone at 2: drops users.id"),
            ("ALTER TABLE users RENAME id TO uid", "Gone at 1: renames users.id to uid"),
            ("ALTER TABLE users RENAME TO people", "Gone at 1: renames users to people"),
            ("ALTER TABLE users ALTER id TYPE bigint", "Retyped at 1: changes the type of users.id from int to bigint"),
            ("ALTER TABLE users ALTER id TYPE integer", ""),
            ("ALTER TABLE users ALTER id SET DEFAULT 3, DROP mail", ""),
            ("DROP TABLE users; CREATE TABLE users (id int)", ""),
            (
                "DROP TABLE users; CREATE TABLE users (id bigint)",
                "Retyped at 1: changes the type of users.id from int to bigint",
            ),
            ("CREATE TABLE n (id int); DROP TABLE users; ALTER TABLE n RENAME TO users", ""),
            ("ALTER TABLE users RENAME TO old; CREATE VIEW users AS SELECT * FROM old", ""),
            ("DROP TABLE users; ALTER TABLE made_elsewhere RENAME TO users", ""),
            ("CREATE TABLE n (name text); DROP TABLE users; ALTER TABLE n RENAME TO users", "Gone at 1: drops users"),
            ("ALTER TABLE users RENAME TO old; ALTER TABLE made_elsewhere RENAME TO users", ""),
            (
                "DROP TABLE users; ALTER TABLE made_elsewhere RENAME TO users; DROP TABLE users",
                "Gone at 1: drops users",
            ),
            ("DROP TABLE others; ALTER TABLE others DROP id", ""),
        ] {
            assert_eq!(said(Dialect::Postgres, &[make, script]), expected, "{script}");
        }
        assert_eq!(said(Dialect::Postgres, &[make]), "Made at 1: creates users.id");
        let mysql = ["CREATE TABLE users (id int)", "ALTER TABLE users CHANGE id id bigint"];
        assert_eq!(said(Dialect::Mysql, &mysql), "Retyped at 1: changes the type of users.id from int to bigint");
    }
}
