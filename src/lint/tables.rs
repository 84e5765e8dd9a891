//! The tables of a branch as its revisions leave them, as far as scripts tell: who made which column, of which type.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Action, AlterTable, ChangeKind, Ddl, Effect, ObjectKind, ObjectName, ReadStatement, TableItem};

use crate::dialect::Dialect;
use crate::graph::RevisionIndex;

use super::branch::{BranchScripts, Ways};
use super::script::ReadScript;
use super::table::{By, Table};

/// The tables of a branch when all its revisions are applied, on one dialect.
///
/// Names are those of the branch's own schema where they say none, or that one.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: BTreeMap<ObjectName, Table>,
    ever: BTreeMap<ObjectName, Ever>,
    /// What the revision that is followed has taken away, or called something else.
    gone: BTreeMap<ObjectName, Table>,
    /// What stands before the dot without saying more than nothing does.
    own_schemas: Vec<String>,
    /// There may be other tables, or other columns, since a script does more than can be told.
    pub more: bool,
    /// The same, but for scripts that only say where names without a schema are looked for.
    unknown: bool,
    /// Names, in small letters, of tables that the branch's scripts change, index or write: they are there, whoever made them.
    used: BTreeSet<String>,
}

/// A name that a table or a view has, or had.
#[derive(Debug, Clone)]
pub struct Ever {
    /// The first revision that made something of this name, and the line of its script.
    pub made_by: By,
    /// The columns that it has, or had.
    pub columns: BTreeSet<String>,
    /// It may have, or have had, other columns.
    pub more: bool,
    /// It was there for a session only.
    temporary: bool,
}

impl Tables {
    /// As the ways up of a branch leave them.
    #[must_use]
    pub fn of(scripts: &BranchScripts<'_>) -> Self {
        let mut tables = Self::before(scripts);
        for (revision, ways) in &scripts.revisions {
            tables.follow_revision(*revision, ways);
        }
        tables
    }

    /// As they are before the first revision of a branch.
    #[must_use]
    pub fn before(scripts: &BranchScripts<'_>) -> Self {
        Self::none(scripts.dialect, scripts.database.clone())
    }

    /// None, in a database of this dialect, and of this name where it is known.
    #[must_use]
    pub fn none(dialect: Dialect, database: Option<String>) -> Self {
        let default_schema = dialect.can().default_schema.map(str::to_owned);
        Self { own_schemas: default_schema.into_iter().chain(database).collect(), ..Self::default() }
    }

    /// Follows what the way up of the next revision does.
    pub fn follow_revision(&mut self, revision: RevisionIndex, ways: &Ways) {
        let Some(up) = &ways.up else {
            self.more |= ways.unread;
            self.unknown |= ways.unread;
            return;
        };
        self.follow_script(revision, up, &mut |_, _| {});
    }

    /// Follows what a script of a revision does, statement by statement.
    pub(super) fn follow_script(
        &mut self,
        revision: RevisionIndex,
        script: &ReadScript,
        after_each: &mut dyn FnMut(&Self, &ReadStatement),
    ) {
        self.gone.clear();
        let effects = &script.reading.effects;
        self.unknown |= !effects.unknown.is_empty();
        self.more |= !effects.unknown.is_empty() || effects.moves_names;
        self.used.extend(effects.known.iter().filter_map(|(_, effect)| used(effect)));
        for statement in &script.reading.statements {
            let by = (revision, statement.line);
            match &statement.reading.ddl {
                Some(ddl) => self.follow(ddl, by),
                None => {
                    for effect in &statement.reading.effects.known {
                        self.follow_effect(effect, by);
                    }
                }
            }
            after_each(self, statement);
        }
    }

    /// Takes it that a table with these columns is there, where it is not known: made by hand, or by what nobody can read.
    pub(super) fn assume(&mut self, table: &ObjectName, columns: &[String], by: By) {
        let found = self.find(table.schema.as_deref(), &table.name).map(|(name, _)| name.clone());
        let name = found.unwrap_or_else(|| self.own(table));
        self.tables.entry(name).or_insert_with(|| Table::assumed(by)).assume(columns, by);
    }

    /// A table by its name; one that is written in other letters is found too, where there is only one.
    #[must_use]
    pub fn find(&self, schema: Option<&str>, name: &str) -> Option<(&ObjectName, &Table)> {
        let asked = self.own(&ObjectName { schema: schema.map(str::to_owned), name: name.to_owned() });
        let found = nearest(self.tables.keys(), &asked)?;
        Some((found, self.tables.get(found)?))
    }

    /// The same among all names that a table or a view ever had.
    #[must_use]
    pub fn find_ever(&self, schema: Option<&str>, name: &str) -> Option<(&ObjectName, &Ever)> {
        let asked = self.own(&ObjectName { schema: schema.map(str::to_owned), name: name.to_owned() });
        let found = nearest(self.ever.keys(), &asked)?;
        Some((found, self.ever.get(found)?))
    }

    /// Whether there is a table of exactly this name in the end.
    #[must_use]
    pub fn has(&self, name: &ObjectName) -> bool {
        self.tables.contains_key(&self.own(name))
    }

    /// All tables, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectName, &Table)> {
        self.tables.iter()
    }

    /// What made a table, or a view, of exactly this name.
    #[must_use]
    pub fn maker(&self, name: &ObjectName) -> Option<&Ever> {
        self.ever.get(&self.own(name)).filter(|ever| !ever.temporary)
    }

    /// Whether a table of this name may ever have been in the branch's database, whatever its schema, and its letters.
    #[must_use]
    pub fn may_have(&self, name: &ObjectName) -> bool {
        self.used.contains(&name.name.to_lowercase()) || self.may_make(name)
    }

    /// Whether a script of the branch may ever have made a table of this name, whatever its schema, and its letters.
    #[must_use]
    pub fn may_make(&self, name: &ObjectName) -> bool {
        self.unknown || self.ever.keys().any(|known| known.name.eq_ignore_ascii_case(&name.name))
    }

    /// The name without a schema that says nothing.
    fn own(&self, name: &ObjectName) -> ObjectName {
        let says_nothing = |schema: &String| self.own_schemas.iter().any(|own| own.eq_ignore_ascii_case(schema));
        ObjectName { schema: name.schema.clone().filter(|schema| !says_nothing(schema)), name: name.name.clone() }
    }

    fn follow(&mut self, ddl: &Ddl, by: By) {
        match ddl {
            Ddl::CreateTable(create) => {
                let name = self.own(&create.name);
                let table = Table::of(create, by);
                if create.temporary {
                    remember(&mut self.ever, &name, &table, by, true);
                } else if !self.tables.contains_key(&name) || create.replaces {
                    self.insert(name, table, by);
                }
            }
            Ddl::AlterTable(alter) => self.alter(alter, by),
            Ddl::CreateIndex(create) => {
                let name = self.own(&create.table);
                let Some(table) = self.tables.get_mut(&name) else { return };
                let columns = create.items.iter().map_while(|item| item.column.clone()).collect();
                table.index(create.name.as_ref().map(|name| name.name.clone()), columns);
            }
            Ddl::DropIndex(drop) => {
                for name in &drop.names {
                    self.drop_index(drop.table.as_ref(), &name.name);
                }
            }
        }
    }

    fn follow_effect(&mut self, effect: &Effect, by: By) {
        let (name, table) = (&effect.name, effect.table.as_ref());
        match (effect.action, effect.kind, effect.to.as_deref()) {
            (Action::Drops, ObjectKind::Table, _) => {
                let name = self.own(name);
                if let Some(table) = self.tables.remove(&name) {
                    self.gone.insert(name, table);
                }
            }
            (Action::Renames, ObjectKind::Table, Some(to)) => self.rename(name, None, to, by),
            (Action::Drops, ObjectKind::Index | ObjectKind::Constraint, _) => self.drop_index(table, &name.name),
            (Action::Renames, ObjectKind::Index, Some(to)) => {
                for table in self.tables.values_mut() {
                    table.rename_index(&name.name, to);
                }
            }
            (Action::Creates, ObjectKind::View, _) => self.remember_view(name.clone(), by),
            (Action::Renames, ObjectKind::View, Some(to)) => {
                self.remember_view(ObjectName { schema: name.schema.clone(), name: to.to_owned() }, by);
            }
            _ => {}
        }
    }

    fn drop_index(&mut self, table: Option<&ObjectName>, name: &str) {
        let of = table.map(|table| self.own(table));
        for (table, indexes) in &mut self.tables {
            if of.as_ref().is_none_or(|of| of == table) {
                indexes.drop_index(name);
            }
        }
    }

    fn alter(&mut self, alter: &AlterTable, by: By) {
        let mut name = self.own(&alter.name);
        for change in &alter.changes {
            if let ChangeKind::RenameTable(to) = &change.kind {
                self.rename(&name, to.schema.as_deref(), &to.name, by);
                name = self.own(&ObjectName { schema: to.schema.clone().or(name.schema), name: to.name.clone() });
            } else if let Some(table) = self.tables.get_mut(&name) {
                table.change(&change.kind, by);
                remember(&mut self.ever, &name, table, by, false);
            } else if let (ChangeKind::Add(TableItem::Column(column), _), Some(ever)) =
                (&change.kind, self.ever.get_mut(&name))
            {
                ever.columns.insert(column.name.clone());
            }
        }
    }

    fn rename(&mut self, from: &ObjectName, schema: Option<&str>, to: &str, by: By) {
        let from = self.own(from);
        let schema = schema.map(str::to_owned).or_else(|| from.schema.clone());
        let to = self.own(&ObjectName { schema, name: to.to_owned() });
        match self.tables.remove(&from) {
            Some(table) => {
                self.gone.insert(from, table.clone());
                self.insert(to, table, by);
            }
            // A view, or a table that was there before the first revision.
            None => self.remember_view(to, by),
        }
    }

    fn insert(&mut self, name: ObjectName, mut table: Table, by: By) {
        table.named(by, self.gone.get(&name));
        remember(&mut self.ever, &name, &table, by, false);
        self.tables.insert(name, table);
    }

    fn remember_view(&mut self, name: ObjectName, made_by: By) {
        let name = self.own(&name);
        let view = Ever { made_by, columns: BTreeSet::new(), more: true, temporary: false };
        self.ever.entry(name).and_modify(|ever| ever.more = true).or_insert(view);
    }
}

/// The table that must be there for this to do anything. An extension brings tables that nobody sees.
fn used(effect: &Effect) -> Option<String> {
    let asks = effect.action == Action::Reads || effect.action == Action::Drops && effect.lenient;
    let table = effect.table().filter(|_| !asks)?;
    Some(table.name.to_lowercase())
}

fn remember(ever: &mut BTreeMap<ObjectName, Ever>, name: &ObjectName, table: &Table, made_by: By, temporary: bool) {
    let new = || Ever { made_by, columns: BTreeSet::new(), more: false, temporary };
    let ever = ever.entry(name.clone()).or_insert_with(new);
    ever.columns.extend(table.columns.keys().cloned());
    ever.more |= table.more;
    ever.temporary &= temporary;
}

/// The name that is asked for; else one that may be meant, where there is only one.
fn nearest<'a>(names: impl Iterator<Item = &'a ObjectName> + Clone, asked: &ObjectName) -> Option<&'a ObjectName> {
    let may_be = |known: &&ObjectName| match (&known.schema, &asked.schema) {
        (Some(known), Some(asked)) => known.eq_ignore_ascii_case(asked),
        _ => true,
    };
    let only = |exact: bool| {
        let same =
            |known: &&ObjectName| known.name == asked.name || (!exact && known.name.eq_ignore_ascii_case(&asked.name));
        let mut found = names.clone().filter(may_be).filter(same);
        found.next().filter(|_| found.next().is_none())
    };
    names.clone().find(|known| *known == asked).or_else(|| only(true)).or_else(|| only(false))
}

#[cfg(test)]
mod tests {
    use super::Tables;
    use crate::lint::testing::{Written, revision, with_project};

    /// The id of the revision that provides each of these columns.
    fn providers(revisions: &[Written], columns: &[(&str, &str)]) -> Vec<String> {
        with_project(revisions, |project| {
            let tables = Tables::of(&project.looked_at[0]);
            let provider = |&(table, column): &(&str, &str)| {
                let by = tables.find(None, table).and_then(|(_, table)| Some(table.column(column)?.made_by.0));
                by.map_or_else(|| "-".to_owned(), |by| project.graph.key(by).id.to_string())
            };
            columns.iter().map(provider).collect()
        })
    }

    #[test]
    fn who_provides_a_column_that_was_renamed() {
        let revisions = [
            revision("auth@1", "CREATE TABLE people (id int, mail text)"),
            revision("auth@2", "ALTER TABLE people RENAME mail TO email").after(&["1"]),
            revision("auth@3", "ALTER TABLE public.people RENAME TO users").after(&["2"]),
            revision("auth@4", "ALTER TABLE users ADD name text, ALTER id TYPE bigint").after(&["3"]),
        ];
        let asked = [("people", "id"), ("people", "mail"), ("people", "email"), ("users", "email"), ("users", "name")];
        assert_eq!(providers(&revisions[..1], &asked), ["1", "1", "-", "-", "-"]);
        assert_eq!(providers(&revisions[..2], &asked), ["1", "-", "2", "-", "-"]);
        assert_eq!(providers(&revisions, &asked), ["-", "-", "-", "3", "4"]);
    }

    #[test]
    fn who_provides_a_column_that_was_dropped_and_came_back() {
        let revisions = [
            revision("auth@1", "CREATE TABLE t (a int, b int)"),
            revision("auth@2", "ALTER TABLE t DROP b").after(&["1"]),
            revision("auth@3", "ALTER TABLE t ADD b int").after(&["2"]),
            revision("auth@4", "DROP TABLE t").after(&["3"]),
            revision("auth@5", "CREATE TABLE t (a int)").after(&["4"]),
        ];
        let asked = [("t", "a"), ("t", "b")];
        assert_eq!(providers(&revisions[..2], &asked), ["1", "-"]);
        assert_eq!(providers(&revisions[..3], &asked), ["1", "3"]);
        assert_eq!(providers(&revisions[..4], &asked), ["-", "-"]);
        assert_eq!(providers(&revisions, &asked), ["5", "-"]);
    }

    /// SQLite's way to alter a table provides nothing that was not there.
    #[test]
    fn a_table_that_is_written_anew_keeps_its_columns() {
        let rebuilt = "CREATE TABLE new (a int, b int); INSERT INTO new SELECT a, 1 FROM t; DROP TABLE t; \
                       ALTER TABLE new RENAME TO t;";
        let moved_away = "ALTER TABLE t RENAME TO old; CREATE TABLE t (a int, b int); DROP TABLE old;";
        for anew in [rebuilt, moved_away] {
            let revisions =
                [revision("auth@1", "CREATE TABLE t (a int, c int)"), revision("auth@2", anew).after(&["1"])];
            assert_eq!(providers(&revisions, &[("t", "a"), ("t", "b"), ("t", "c")]), ["1", "2", "-"], "{anew}");
        }
    }

    #[test]
    fn who_provides_a_column_of_one_of_two_lines() {
        let revisions = [
            revision("auth@1", "CREATE TABLE t (a int)"),
            revision("auth@2", "ALTER TABLE t ADD b int").after(&["1"]),
            revision("auth@3", "ALTER TABLE t ADD c int").after(&["1"]),
            revision("auth@4", "ALTER TABLE t ADD COLUMN IF NOT EXISTS b int, ADD d int").after(&["2", "3"]),
        ];
        assert_eq!(providers(&revisions, &[("t", "a"), ("t", "b"), ("t", "c"), ("T", "D")]), ["1", "2", "3", "4"]);
    }
}
