//! Changes that SQLite's ALTER TABLE does not know, by the twelve steps of its documentation.
//!
//! The new table's text is the old one's, edited in the places that change, so that what the portable file does not know
//! (checks, collations, generated columns, WITHOUT ROWID, STRICT, comments) stays. Indexes and triggers are made again
//! from their own text. Views are left alone: they name the table, and the table keeps its name.

use super::change::{Change, ColumnEdit, NewValue, TableChange};
use super::definition::{Attribute, ColumnText, Item, ItemKind, Kind, TableText, mentions, reads, same, tokens};
use super::error::{Error, Problem};
use super::operation::ConstraintKind;
use super::render::{ident, text_literal};
use crate::dialect::Dialect;

const SQLITE: Dialect = Dialect::Sqlite;

/// A table as SQLite holds it.
///
/// ```sql
/// SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1;
/// SELECT name, hidden FROM pragma_table_xinfo(?1) ORDER BY cid;
/// SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL ORDER BY rowid;
/// SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 ORDER BY rowid;
/// SELECT name, sql FROM sqlite_master WHERE type = 'view' OR type = 'trigger' AND tbl_name <> ?1 ORDER BY rowid;
/// ```
///
/// Names compare as SQLite compares them: `... COLLATE NOCASE`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableDefinition {
    /// Its CREATE TABLE; empty where there is no such table.
    pub sql: String,
    /// Its columns, in order.
    pub columns: Vec<ColumnInfo>,
    /// Its indexes, name and CREATE INDEX, without those that come with a constraint.
    pub indexes: Vec<(String, String)>,
    /// The CREATE TRIGGER of its triggers.
    pub triggers: Vec<String>,
    /// What else may read it, name and text: all views, and the triggers of other tables.
    pub readers: Vec<(String, String)>,
}

/// What `PRAGMA table_xinfo` says of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its `hidden`: 2 and 3 are generated columns.
    pub hidden: i64,
}

/// Completes a change from the table's definition. The result is what to run, in order, in the script's transaction.
///
/// What the engine must do around a script for SQLite that holds such a change:
///
/// 1. Before BEGIN: `PRAGMA foreign_keys = OFF` (inside a transaction it does nothing).
/// 2. Read the definition when the change's turn comes, after the statements before it.
/// 3. Before COMMIT: `PRAGMA foreign_key_check`; a row in its answer fails the script.
/// 4. After a ROLLBACK: `PRAGMA legacy_alter_table = OFF`, which the statements switch on for the rename and off again, but a
///    failure between leaves on.
///
/// # Errors
///
/// The table is not as the change expects it, or its definition is not understood.
pub fn complete_sqlite(change: &TableChange, definition: &TableDefinition) -> Result<Vec<String>, Error> {
    let mut rebuild = Rebuild::new(change.table.name(), definition)?;
    for change in &change.changes {
        rebuild.refuse_readers(change)?;
    }
    if let [Change::DropColumn { name, .. }] = change.changes.as_slice()
        && let Some(statements) = rebuild.plain_drop(name)
    {
        return Ok(statements);
    }
    for change in &change.changes {
        rebuild.apply(change)?;
    }
    Ok(rebuild.statements())
}

/// A table on its way to its new form.
struct Rebuild<'a> {
    /// Its own name, which may differ in case from the one that the change calls it by.
    name: String,
    old: &'a TableDefinition,
    text: TableText,
    /// What is copied: the column, and the expression over the old row that it gets.
    copy: Vec<(String, String)>,
    indexes: Vec<(String, String)>,
    /// Statements for indexes alone, in case nothing else changes.
    index_statements: Vec<String>,
    changed: bool,
}

impl<'a> Rebuild<'a> {
    fn new(name: &'a str, old: &'a TableDefinition) -> Result<Self, Problem> {
        let broken = |why: String| Problem::Definition { table: name.to_owned(), why };
        if old.sql.is_empty() {
            return Err(broken("there is no such table".to_owned()));
        }
        let text = TableText::cut(&old.sql, SQLITE).map_err(broken)?;
        let own = table_name(&old.sql).filter(|own| same(own, name));
        let name = own.unwrap_or_else(|| name.to_owned());
        let broken = |why: String| Problem::Definition { table: name.clone(), why };
        for column in &old.columns {
            if text.column(&column.name).is_none() {
                return Err(broken(format!("column `{}` is not found in it", column.name)));
            }
        }
        let copied = old.columns.iter().filter(|column| !matches!(column.hidden, 2 | 3));
        let copy = copied.map(|column| (column.name.clone(), ident(SQLITE, &column.name))).collect();
        Ok(Self { name, old, text, copy, indexes: old.indexes.clone(), index_statements: Vec::new(), changed: false })
    }

    /// What finds everything as it is to be leaves the table alone.
    fn apply(&mut self, change: &Change) -> Result<(), Problem> {
        if let Change::RenameIndex { from, to } = change {
            return self.rename_index(from, to);
        }
        let before = self.text.items.clone();
        self.change(change)?;
        let copied = matches!(change, Change::AlterColumn(edit) if edit.using.is_some() || edit.fill.is_some());
        self.changed |= copied || self.text.items != before;
        Ok(())
    }

    fn change(&mut self, change: &Change) -> Result<(), Problem> {
        match change {
            Change::AddColumn { name, definition, constraints, fill } => {
                self.add_column(name, definition, constraints, fill.as_deref())
            }
            Change::DropColumn { name, if_exists } => self.drop_column(name, *if_exists),
            Change::AlterColumn(edit) => self.alter_column(edit),
            Change::AddConstraint { definition, key } => {
                for column in key {
                    let edit = ColumnEdit { name: column.clone(), null: Some(false), ..ColumnEdit::default() };
                    self.alter_column(&edit)?;
                }
                self.text.add_constraint(definition, SQLITE).map_err(|why| self.broken(why))
            }
            Change::DropConstraint { kind, name, columns } => self.drop_constraint(*kind, name.as_deref(), columns),
            Change::AddEnumValue { column, new } => self.add_enum_value(column, new),
            Change::CreateIndex { .. } | Change::DropIndex { .. } | Change::RenameIndex { .. } => {
                Err(self.broken("this change is not one of SQLite's".to_owned()))
            }
        }
    }

    fn broken(&self, why: String) -> Problem {
        Problem::Definition { table: self.name.clone(), why }
    }

    fn missing(&self, what: String) -> Problem {
        Problem::NotInTable { table: self.name.clone(), what }
    }

    fn column_place(&self, name: &str) -> Result<usize, Problem> {
        self.text.column(name).ok_or_else(|| self.missing(format!("column `{name}`")))
    }

    /// ALTER TABLE ... DROP COLUMN, where nothing in the table stands in its way; its indexes go first.
    fn plain_drop(&self, name: &str) -> Option<Vec<String>> {
        let place = self.text.column(name)?;
        let column = ColumnText::cut(&self.text.items[place].text, SQLITE).ok()?;
        let own = ["PRIMARY", "UNIQUE", "REFERENCES"].iter().any(|keyword| column.has(keyword));
        let others = self.text.items.iter().enumerate();
        let elsewhere = others.filter(|(other, _)| *other != place).any(|(_, item)| item.reads(name, SQLITE));
        let last = self.old.columns.len() == 1;
        if own || elsewhere || last {
            return None;
        }
        let mut statements: Vec<String> = self
            .indexes
            .iter()
            .filter(|(_, sql)| index_holds(sql, name))
            .map(|(index, _)| format!("DROP INDEX {}", ident(SQLITE, index)))
            .collect();
        statements.push(format!("ALTER TABLE {} DROP COLUMN {}", ident(SQLITE, &self.name), ident(SQLITE, name)));
        Some(statements)
    }

    /// A rebuild would leave views and triggers that read a dropped column broken, to fail one day. By their words alone:
    /// one that means another table's column of that name is refused too.
    fn refuse_readers(&self, change: &Change) -> Result<(), Problem> {
        let Change::DropColumn { name, .. } = change else { return Ok(()) };
        let own = self.old.triggers.iter().any(|sql| mentions(sql, name, SQLITE));
        let reads = |sql: &str| mentions(sql, &self.name, SQLITE) && mentions(sql, name, SQLITE);
        let reader = self.old.readers.iter().find(|(_, sql)| reads(sql)).map(|(reader, _)| format!("`{reader}`"));
        let Some(reader) = reader.or_else(|| own.then(|| "a trigger of the table".to_owned())) else {
            return Ok(());
        };
        Err(Problem::Senseless {
            message: format!("{reader} reads column `{name}` of table `{}`, which is to be dropped", self.name),
            hint: Some("drop it before, and make it again without the column, each with `sql.sqlite`".to_owned()),
        })
    }

    fn add_column(
        &mut self,
        name: &str,
        definition: &str,
        constraints: &[String],
        fill: Option<&str>,
    ) -> Result<(), Problem> {
        if self.text.column(name).is_some() {
            return Err(Problem::AlreadyInTable { table: self.name.clone(), what: format!("column `{name}`") });
        }
        self.text.add_column(definition, SQLITE).map_err(|why| self.broken(why))?;
        for constraint in constraints {
            self.text.add_constraint(constraint, SQLITE).map_err(|why| self.broken(why))?;
        }
        self.copy.extend(fill.map(|fill| (name.to_owned(), format!("({fill}\n)"))));
        Ok(())
    }

    fn drop_column(&mut self, name: &str, if_exists: bool) -> Result<(), Problem> {
        let Some(place) = self.text.column(name) else {
            return if if_exists { Ok(()) } else { Err(self.missing(format!("column `{name}`"))) };
        };
        self.text.remove(place);
        self.copy.retain(|(column, _)| !same(column, name));
        self.indexes.retain(|(_, sql)| !index_holds(sql, name));
        self.drop_what_holds(name)
    }

    /// Constraints over a dropped column go with it, wherever they stand.
    fn drop_what_holds(&mut self, name: &str) -> Result<(), Problem> {
        for place in (0..self.text.items.len()).rev() {
            let item = &self.text.items[place];
            match &item.kind {
                ItemKind::Constraint { keyword, columns, .. } => {
                    let holds = match *keyword {
                        "CHECK" => item.reads(name, SQLITE),
                        _ => columns.iter().any(|column| same(column, name)),
                    };
                    if holds {
                        self.remove_constraint(place)?;
                    }
                }
                ItemKind::Column(_) if item.reads(name, SQLITE) => self.drop_checks_of(place, name)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn drop_checks_of(&mut self, place: usize, name: &str) -> Result<(), Problem> {
        let mut column = self.cut(place)?;
        let holds = |attribute: &Attribute| reads(&attribute.text, name, SQLITE);
        column.attributes.retain(|attribute| !(attribute.keyword == "CHECK" && holds(attribute)));
        let computed = |attribute: &&Attribute| matches!(attribute.keyword.as_str(), "GENERATED" | "AS");
        if column.attributes.iter().filter(computed).any(holds) {
            return Err(Problem::Senseless {
                message: format!("a generated column of table `{}` is computed from `{name}`", self.name),
                hint: Some("drop the generated column first".to_owned()),
            });
        }
        self.put(place, &column)
    }

    fn cut(&self, place: usize) -> Result<ColumnText, Problem> {
        ColumnText::cut(&self.text.items[place].text, SQLITE).map_err(|why| self.broken(why))
    }

    fn put(&mut self, place: usize, column: &ColumnText) -> Result<(), Problem> {
        let item = Item::new(column.text(), SQLITE).map_err(|why| self.broken(why))?;
        self.text.items[place] = item;
        Ok(())
    }

    /// SQLite lets constraints follow each other without a comma; such a run is not taken apart.
    fn remove_constraint(&mut self, place: usize) -> Result<(), Problem> {
        let text = &self.text.items[place].text;
        let found = tokens(text, SQLITE).map_err(|why| self.broken(why))?;
        let rules = found.iter().filter(|token| {
            token.depth == 0
                && ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|keyword| token.is_word(text, keyword))
        });
        if rules.count() != 1 {
            return Err(self.broken("two of its constraints have no comma between them".to_owned()));
        }
        self.text.remove(place);
        Ok(())
    }

    fn alter_column(&mut self, edit: &ColumnEdit) -> Result<(), Problem> {
        let place = self.column_place(&edit.name)?;
        let mut column = self.cut(place)?;
        // SQLite numbers rows in a column of this very type only, which holds all that the others do.
        let numbered = numbers_rows(&self.text.items[place].text);
        let whole = |r#type: &String| ["integer", "bigint"].contains(&r#type.as_str());
        if let Some(r#type) = edit.r#type.as_ref().filter(|r#type| !(numbered && whole(r#type))) {
            column.r#type.clone_from(r#type);
            column.attributes.retain(|attribute| value_list(attribute, &edit.name).is_none());
            column.attributes.extend(edit.type_check.iter().map(|check| Attribute::new("CHECK", check)));
        }
        match edit.null {
            Some(true) => column.remove("NOT"),
            Some(false) if !column.has("NOT") => {
                column.remove("NULL");
                column.attributes.insert(0, Attribute::new("NOT", "NOT NULL"));
            }
            _ => {}
        }
        if let Some(default) = &edit.default {
            column.remove("DEFAULT");
            column.attributes.extend(default.iter().map(|value| Attribute::new("DEFAULT", format!("DEFAULT {value}"))));
        }
        self.put(place, &column)?;
        let quoted = ident(SQLITE, &edit.name);
        let new = edit.using.as_ref().map_or(quoted, |using| format!("({using}\n)"));
        let new = edit.fill.as_ref().map_or(new.clone(), |fill| format!("coalesce({new}, ({fill}\n))"));
        for (name, expression) in &mut self.copy {
            if same(name, &edit.name) {
                expression.clone_from(&new);
            }
        }
        Ok(())
    }

    fn drop_constraint(&mut self, kind: ConstraintKind, name: Option<&str>, columns: &[String]) -> Result<(), Problem> {
        let keyword = keyword(kind);
        let alike = |own: Option<&String>, listed: &[String]| match (name, own) {
            (Some(name), Some(own)) => same(name, own),
            (None, _) if kind == ConstraintKind::PrimaryKey => true,
            // One without a name is known by its columns.
            (_, None) if kind == ConstraintKind::PrimaryKey => name.is_none(),
            (_, None) => !columns.is_empty() && listed == columns,
            (None, Some(_)) => false,
        };
        let place = self.text.items.iter().position(|item| match &item.kind {
            ItemKind::Constraint { name: own, keyword: found, columns: listed } => {
                *found == keyword && alike(own.as_ref(), listed)
            }
            _ => false,
        });
        if let Some(place) = place {
            return self.remove_constraint(place);
        }
        for place in 0..self.text.items.len() {
            let ItemKind::Column(column_name) = self.text.items[place].kind.clone() else { continue };
            let mut column = self.cut(place)?;
            let wanted = if kind == ConstraintKind::ForeignKey { "REFERENCES" } else { keyword };
            let found = column.attributes.iter().position(|attribute| {
                attribute.keyword == wanted && alike(attribute.name.as_ref(), std::slice::from_ref(&column_name))
            });
            if let Some(found) = found {
                column.attributes.remove(found);
                return self.put(place, &column);
            }
        }
        let which = name.map_or_else(String::new, |name| format!(" `{name}`"));
        Err(self.missing(format!("{}{which}", kind.words())))
    }

    fn add_enum_value(&mut self, name: &str, new: &NewValue) -> Result<(), Problem> {
        let place = self.column_place(name)?;
        let mut column = self.cut(place)?;
        let found = column
            .attributes
            .iter_mut()
            .find_map(|attribute| value_list(attribute, name).map(|values| (attribute, values)));
        let Some((attribute, mut values)) = found else {
            return Err(self.missing(format!("check that lists the values of `{name}`")));
        };
        if !new.put_into(&mut values, &self.name, str::to_owned)? {
            return Ok(());
        }
        let list: Vec<String> = values.iter().map(|value| text_literal(SQLITE, value)).collect();
        let start =
            attribute.name.as_ref().map_or_else(String::new, |own| format!("CONSTRAINT {} ", ident(SQLITE, own)));
        attribute.text = format!("{start}CHECK ({} IN ({}))", ident(SQLITE, name), list.join(", "));
        self.put(place, &column)
    }

    fn rename_index(&mut self, from: &str, to: &str) -> Result<(), Problem> {
        let missing = self.missing(format!("index `{from}`"));
        let broken = self.broken(format!("the definition of index `{from}` is not understood"));
        let index = self.indexes.iter_mut().find(|(name, _)| same(name, from)).ok_or(missing)?;
        let sql = renamed_index(&index.1, to).ok_or(broken)?;
        self.index_statements.push(format!("DROP INDEX {}", ident(SQLITE, from)));
        self.index_statements.push(sql.clone());
        *index = (to.to_owned(), sql);
        Ok(())
    }

    fn statements(self) -> Vec<String> {
        if !self.changed {
            return self.index_statements;
        }
        let new_name = format!("branchline_new_{}", self.name);
        let (old, new) = (ident(SQLITE, &self.name), ident(SQLITE, &new_name));
        let create = self.text.create(&new);
        let mut statements = vec!["PRAGMA legacy_alter_table = ON".to_owned(), create];
        if !self.copy.is_empty() {
            let columns: Vec<String> = self.copy.iter().map(|(name, _)| ident(SQLITE, name)).collect();
            let values: Vec<&str> = self.copy.iter().map(|(_, expression)| expression.as_str()).collect();
            // A constraint's own ON CONFLICT would leave rows out without a word.
            statements.push(format!(
                "INSERT OR ABORT INTO {new} ({}) SELECT {} FROM {old}",
                columns.join(", "),
                values.join(", ")
            ));
        }
        if numbers_rows(&self.old.sql) && self.text.items.iter().any(|item| numbers_rows(&item.text)) {
            let (old, new) = (text_literal(SQLITE, &self.name), text_literal(SQLITE, &new_name));
            statements.push(format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
            statements.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
            ));
        }
        statements.push(format!("DROP TABLE {old}"));
        statements.push(format!("ALTER TABLE {new} RENAME TO {old}"));
        statements.extend(self.indexes.into_iter().map(|(_, sql)| sql));
        statements.extend(self.old.triggers.iter().cloned());
        statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
        statements
    }
}

const fn keyword(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey => "PRIMARY",
        ConstraintKind::Unique => "UNIQUE",
        ConstraintKind::ForeignKey => "FOREIGN",
        ConstraintKind::Check => "CHECK",
    }
}

/// The name in a CREATE TABLE: what stands before the first parenthesis.
fn table_name(sql: &str) -> Option<String> {
    let found = tokens(sql, SQLITE).ok()?;
    let open = found.iter().position(|token| token.kind == Kind::Symbol('('))?;
    Some(found.get(open.checked_sub(1)?)?.name(sql))
}

fn numbers_rows(sql: &str) -> bool {
    tokens(sql, SQLITE).is_ok_and(|tokens| tokens.iter().any(|token| token.is_word(sql, "AUTOINCREMENT")))
}

/// Whether an index is over a column, by a key, an expression or its WHERE.
fn index_holds(sql: &str, column: &str) -> bool {
    let keys = tokens(sql, SQLITE)
        .ok()
        .and_then(|found| found.iter().find(|token| token.kind == Kind::Symbol('(')).map(|token| token.range.start));
    keys.is_some_and(|start| reads(&sql[start..], column, SQLITE))
}

fn renamed_index(sql: &str, to: &str) -> Option<String> {
    let found = tokens(sql, SQLITE).ok()?;
    let on = found.iter().position(|token| token.depth == 0 && token.is_word(sql, "ON"))?;
    let name = found.get(on.checked_sub(1)?)?;
    Some(format!("{}{}{}", &sql[..name.range.start], ident(SQLITE, to), &sql[name.range.end..]))
}

/// The values of a check of the form `column IN ('a', 'b')`.
fn value_list(attribute: &Attribute, column: &str) -> Option<Vec<String>> {
    if attribute.keyword != "CHECK" {
        return None;
    }
    let text = &attribute.text;
    let found = tokens(text, SQLITE).ok()?;
    let open = found.iter().position(|token| token.kind == Kind::Symbol('('))?;
    let [name, r#in, list_open, list @ .., list_close, close] = &found[open + 1..] else { return None };
    let shaped = same(&name.name(text), column)
        && r#in.is_word(text, "IN")
        && list_open.kind == Kind::Symbol('(')
        && list_close.kind == Kind::Symbol(')')
        && close.kind == Kind::Symbol(')');
    if !shaped {
        return None;
    }
    let mut values = Vec::new();
    for (place, token) in list.iter().enumerate() {
        match (place % 2, token.kind) {
            (0, Kind::Text) => values.push(token.name(text)),
            (1, Kind::Symbol(',')) => {}
            _ => return None,
        }
    }
    Some(values)
}
