//! Changes that MySQL and MariaDB cannot say without repeating a column's whole definition, or without knowing which indexes
//! their foreign keys need.
//!
//! The definition comes from SHOW CREATE TABLE and is edited in the places that change, so that character set, collation, ON
//! UPDATE, comment, expression and AUTO_INCREMENT stay.

use super::change::{Change, ColumnEdit, NewValue, TableChange};
use super::definition::{Attribute, ColumnText, ItemKind, Kind, TableText, same, tokens};
use super::error::{Error, Problem};
use super::operation::ConstraintKind;
use super::render::{ident, idents, table, text_literal};
use crate::dialect::Dialect;

/// Completes a change from what SHOW CREATE TABLE says. The result is what to run, in order; mostly one statement, since
/// nothing here can be taken back.
///
/// # Errors
///
/// The table is not as the change expects it, or its definition is not understood.
pub fn complete_mysql(change: &TableChange, show_create_table: &str) -> Result<Vec<String>, Error> {
    let name = change.table.to_string();
    let text = TableText::cut(show_create_table, change.dialect)
        .map_err(|why| Problem::Definition { table: name.clone(), why })?;
    let alter = Alter { dialect: change.dialect, name, text };
    let start = format!("ALTER TABLE {} ", table(change.dialect, &change.table));
    let mut statements = Vec::new();
    for change in &change.changes {
        if let Change::CreateIndex { name, sql, restored } = change {
            if alter.index(name).is_none() || !restored.is_empty() {
                statements.push(sql.clone());
            }
            let stand_ins = alter.stand_ins(restored);
            statements.extend(stand_ins.map(|index| format!("{start}DROP INDEX {}", ident(alter.dialect, index))));
            continue;
        }
        let actions = alter.actions(change)?;
        if !actions.is_empty() {
            statements.push(format!("{start}{}", actions.join(", ")));
        }
    }
    Ok(statements)
}

struct Alter {
    dialect: Dialect,
    name: String,
    text: TableText,
}

/// A foreign key: its name and its columns here.
type ForeignKey<'a> = (&'a str, &'a [String]);

impl Alter {
    fn actions(&self, change: &Change) -> Result<Vec<String>, Problem> {
        match change {
            Change::AlterColumn(edit) => self.alter_column(edit),
            Change::DropColumn { name, if_exists } => self.drop_column(name, *if_exists),
            Change::DropIndex { name, if_exists } => self.drop_index(name, *if_exists),
            Change::DropConstraint { kind: ConstraintKind::ForeignKey, name, .. } => {
                self.drop_foreign_key(name.as_deref().unwrap_or_default())
            }
            Change::DropConstraint { name, .. } => self.drop_index(name.as_deref().unwrap_or_default(), false),
            Change::AddEnumValue { column, new } => self.add_enum_value(column, new),
            Change::AddColumn { .. }
            | Change::AddConstraint { .. }
            | Change::CreateIndex { .. }
            | Change::RenameIndex { .. } => Err(self.broken("this change needs no definition".to_owned())),
        }
    }

    fn broken(&self, why: String) -> Problem {
        Problem::Definition { table: self.name.clone(), why }
    }

    fn missing(&self, what: String) -> Problem {
        Problem::NotInTable { table: self.name.clone(), what }
    }

    fn column(&self, name: &str) -> Result<ColumnText, Problem> {
        let place = self.text.column(name).ok_or_else(|| self.missing(format!("column `{name}`")))?;
        ColumnText::cut(&self.text.items[place].text, self.dialect).map_err(|why| self.broken(why))
    }

    fn alter_column(&self, edit: &ColumnEdit) -> Result<Vec<String>, Problem> {
        let mut column = self.column(&edit.name)?;
        let large = is_large(edit.r#type.as_deref().unwrap_or(&column.r#type));
        let null = edit.null.unwrap_or(!column.has("NOT"));
        let default = edit.default.as_ref().map(|default| default_text(default.as_deref(), large, null));
        if edit.r#type.is_none() && edit.null.is_none() && edit.comment.is_none() {
            let name = ident(self.dialect, &edit.name);
            return Ok(match default {
                Some(Some(value)) => vec![format!("ALTER COLUMN {name} SET DEFAULT {value}")],
                Some(None) => vec![format!("ALTER COLUMN {name} DROP DEFAULT")],
                None => Vec::new(),
            });
        }
        if let Some(r#type) = &edit.r#type {
            change_type(&mut column, r#type);
        }
        if let Some(null) = edit.null {
            change_null(&mut column, null);
        }
        if let Some(default) = default {
            column.remove("DEFAULT");
            if let Some(value) = default {
                let after = column.attributes.iter().rposition(|attribute| {
                    matches!(attribute.keyword.as_str(), "NOT" | "NULL" | "COLLATE" | "CHARACTER")
                });
                let place = after.map_or(0, |after| after + 1);
                column.attributes.insert(place, Attribute::new("DEFAULT", format!("DEFAULT {value}")));
            }
        }
        if let Some(comment) = &edit.comment {
            let place = column
                .attributes
                .iter()
                .position(|attribute| matches!(attribute.keyword.as_str(), "COMMENT" | "CHECK"));
            column.remove("COMMENT");
            let place = place.unwrap_or(column.attributes.len());
            column.attributes.insert(place, Attribute::new("COMMENT", format!("COMMENT {comment}")));
        }
        Ok(vec![format!("MODIFY COLUMN {}", column.bare())])
    }

    /// As PostgreSQL does, and unlike MySQL: an index over several columns goes as a whole.
    fn drop_column(&self, name: &str, if_exists: bool) -> Result<Vec<String>, Problem> {
        if if_exists && self.text.column(name).is_none() {
            return Ok(Vec::new());
        }
        self.column(name)?;
        let holds = |columns: &[String]| columns.iter().any(|column| same(column, name));
        let mut actions = Vec::new();
        let mut dropped = Vec::new();
        for item in &self.text.items {
            match &item.kind {
                ItemKind::Constraint { name: Some(own), keyword: "FOREIGN", columns } if holds(columns) => {
                    actions.push(format!("DROP FOREIGN KEY {}", ident(self.dialect, own)));
                }
                ItemKind::Constraint { name: Some(own), keyword: "CHECK", .. } if item.reads(name, self.dialect) => {
                    actions.push(format!("DROP CONSTRAINT {}", ident(self.dialect, own)));
                }
                ItemKind::Constraint { keyword: "PRIMARY", columns, .. } if holds(columns) && columns.len() > 1 => {
                    actions.push("DROP PRIMARY KEY".to_owned());
                }
                ItemKind::Index { name: own, columns } if holds(columns) || self.expression_holds(&item.text, name) => {
                    actions.push(format!("DROP INDEX {}", ident(self.dialect, own)));
                    dropped.push(own.as_str());
                }
                _ => {}
            }
        }
        let remaining: Vec<ForeignKey<'_>> = self.foreign_keys().filter(|(_, columns)| !holds(columns)).collect();
        actions.splice(0..0, self.substitutes(&dropped, &remaining));
        actions.push(format!("DROP COLUMN {}", ident(self.dialect, name)));
        Ok(actions)
    }

    /// Whether a key of an index is an expression over the column.
    fn expression_holds(&self, text: &str, name: &str) -> bool {
        tokens(text, self.dialect).is_ok_and(|tokens| {
            tokens.iter().any(|token| token.depth > 1 && token.kind == Kind::Quoted && same(&token.name(text), name))
        })
    }

    fn drop_index(&self, name: &str, if_exists: bool) -> Result<Vec<String>, Problem> {
        let Some(own) = self.index(name) else {
            return if if_exists { Ok(Vec::new()) } else { Err(self.missing(format!("index `{name}`"))) };
        };
        let keys: Vec<ForeignKey<'_>> = self.foreign_keys().collect();
        let mut actions = self.substitutes(&[own], &keys);
        actions.push(format!("DROP INDEX {}", ident(self.dialect, own)));
        Ok(actions)
    }

    /// The index that MySQL made for the foreign key alone, under its name, goes with it.
    fn drop_foreign_key(&self, name: &str) -> Result<Vec<String>, Problem> {
        let Some((own, columns)) = self.foreign_keys().find(|(own, _)| same(own, name)) else {
            return Err(self.missing(format!("foreign key `{name}`")));
        };
        let mut actions = vec![format!("DROP FOREIGN KEY {}", ident(self.dialect, own))];
        let implied = self.indexes().find(|(index, listed)| same(index, own) && *listed == columns);
        let others: Vec<ForeignKey<'_>> = self.foreign_keys().filter(|(other, _)| *other != own).collect();
        if let Some((index, _)) = implied
            && self.substitutes(&[index], &others).is_empty()
        {
            actions.push(format!("DROP INDEX {}", ident(self.dialect, index)));
        }
        Ok(actions)
    }

    /// What MySQL would make for foreign keys that lose the index which they need: one under their name.
    fn substitutes(&self, dropped: &[&str], keys: &[ForeignKey<'_>]) -> Vec<String> {
        let served = |columns: &[String]| {
            self.indexes().any(|(index, listed)| !dropped.contains(&index) && listed.starts_with(columns))
                || self.primary_key().is_some_and(|listed| listed.starts_with(columns))
        };
        keys.iter()
            .filter(|(_, columns)| !served(columns))
            .map(|(name, columns)| {
                format!("ADD KEY {} ({})", ident(self.dialect, name), idents(self.dialect, columns.iter()))
            })
            .collect()
    }

    /// Indexes that are there only for a foreign key, which an index over these columns serves as well.
    fn stand_ins<'a>(&'a self, restored: &'a [String]) -> impl Iterator<Item = &'a str> {
        self.foreign_keys().filter(move |(_, columns)| restored.starts_with(columns)).filter_map(|(name, columns)| {
            self.indexes().find(|(index, listed)| same(index, name) && *listed == columns).map(|(index, _)| index)
        })
    }

    fn foreign_keys(&self) -> impl Iterator<Item = ForeignKey<'_>> {
        self.text.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Constraint { name: Some(name), keyword: "FOREIGN", columns } => {
                Some((name.as_str(), columns.as_slice()))
            }
            _ => None,
        })
    }

    fn indexes(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.text.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Index { name, columns } => Some((name.as_str(), columns.as_slice())),
            _ => None,
        })
    }

    fn index(&self, name: &str) -> Option<&str> {
        self.indexes().map(|(own, _)| own).find(|own| same(own, name))
    }

    fn primary_key(&self) -> Option<&[String]> {
        self.text.items.iter().find_map(|item| match &item.kind {
            ItemKind::Constraint { keyword: "PRIMARY", columns, .. } => Some(columns.as_slice()),
            _ => None,
        })
    }

    fn add_enum_value(&self, name: &str, new: &NewValue) -> Result<Vec<String>, Problem> {
        let mut column = self.column(name)?;
        let found = tokens(&column.r#type, self.dialect).map_err(|why| self.broken(why))?;
        if !found.first().is_some_and(|token| token.is_word(&column.r#type, "enum")) {
            return Err(self.missing(format!("enum in column `{name}`")));
        }
        // They stay as the database writes them, quotes and all.
        let listed = found.iter().filter(|token| token.kind == Kind::Text);
        let mut values: Vec<String> = listed.map(|token| column.r#type[token.range.clone()].to_owned()).collect();
        if !new.put_into(&mut values, &self.name, |value| text_literal(self.dialect, value))? {
            return Ok(Vec::new());
        }
        column.r#type = format!("enum({})", values.join(","));
        Ok(vec![format!("MODIFY COLUMN {}", column.bare())])
    }
}

/// MySQL keeps it as text, bytes or JSON without a limit, whose defaults must be expressions.
fn is_large(r#type: &str) -> bool {
    let name: String = r#type.chars().take_while(char::is_ascii_alphabetic).collect();
    let name = name.to_ascii_lowercase();
    name.ends_with("text") || name.ends_with("blob") || name == "json"
}

/// A column that may be null has NULL for its default where it has no other, as everywhere else.
fn default_text(default: Option<&str>, large: bool, null: bool) -> Option<String> {
    match default {
        Some(value) if large && !value.starts_with('(') => Some(format!("({value})")),
        Some(value) => Some(value.to_owned()),
        None if null => Some("NULL".to_owned()),
        None => None,
    }
}

/// What belonged to the old type goes: its character set, and MariaDB's check that a text is JSON.
fn change_type(column: &mut ColumnText, r#type: &str) {
    let text = |r#type: &str| {
        let lower = r#type.to_ascii_lowercase();
        lower.contains("char") || lower.contains("text") || lower.starts_with("enum")
    };
    let was_json = |attribute: &Attribute| {
        attribute.keyword == "CHECK" && attribute.text.to_ascii_lowercase().contains("json_valid")
    };
    let json = column.attributes.iter().any(was_json);
    column.attributes.retain(|attribute| !was_json(attribute));
    if json || !text(r#type) || !text(&column.r#type) {
        column.attributes.retain(|attribute| !matches!(attribute.keyword.as_str(), "CHARACTER" | "COLLATE"));
    }
    r#type.clone_into(&mut column.r#type);
}

fn change_null(column: &mut ColumnText, null: bool) {
    column.remove("NOT");
    column.remove("NULL");
    let nothing =
        |attribute: &Attribute| attribute.keyword == "DEFAULT" && attribute.text.eq_ignore_ascii_case("DEFAULT NULL");
    if !null {
        column.attributes.retain(|attribute| !nothing(attribute));
    }
    let after = column
        .attributes
        .iter()
        .rposition(|attribute| matches!(attribute.keyword.as_str(), "CHARACTER" | "COLLATE" | "GENERATED" | "AS"));
    let attribute = if null { Attribute::new("NULL", "NULL") } else { Attribute::new("NOT", "NOT NULL") };
    column.attributes.insert(after.map_or(0, |after| after + 1), attribute);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::complete_mysql;
    use crate::dialect::Dialect;
    use crate::schema::{Error, Statement, parse};

    /// As MySQL 8 shows a table.
    const MYSQL: &str = "CREATE TABLE `t` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(50) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'it''s, (\\\\ not' COMMENT 'a, `b`',
  `at` timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  `kind` enum('a','b,c') NOT NULL DEFAULT 'a',
  `data` json NOT NULL DEFAULT (_utf8mb4'{}') /*!80023 INVISIBLE */,
  `lower` varchar(50) COLLATE utf8mb4_bin GENERATED ALWAYS AS (lower(`name`)) STORED NOT NULL,
  `a` int DEFAULT NULL,
  `b` int DEFAULT NULL,
  PRIMARY KEY (`id`,`a`),
  UNIQUE KEY `uq` (`a`,`b` DESC),
  KEY `ix_b` (`b`),
  KEY `ix_expression` ((lower(`name`))),
  FULLTEXT KEY `words` (`name`),
  CONSTRAINT `fk_a` FOREIGN KEY (`a`) REFERENCES `u` (`a`) ON DELETE CASCADE,
  CONSTRAINT `fk_b` FOREIGN KEY (`b`) REFERENCES `u` (`name`),
  CONSTRAINT `ck` CHECK ((`a` > 0))
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='PRIMARY KEY (x'";

    fn complete(dialect: Dialect, shown: &str, step: &str) -> Result<String, Error> {
        let script = parse(Path::new("up.toml"), &format!("[[step]]\n{step}\n"))?;
        let mut all = Vec::new();
        for statement in script.up(dialect)? {
            match statement {
                Statement::Sql { sql, .. } => all.push(sql),
                Statement::Alter(change) => all.extend(complete_mysql(&change, shown)?),
            }
        }
        Ok(all.join(";\n"))
    }

    fn mysql(step: &str) -> String {
        complete(Dialect::Mysql, MYSQL, step).unwrap_or_else(|error| format!("error: {error}"))
    }

    #[test]
    fn what_the_file_does_not_know_stays() {
        insta::assert_snapshot!(mysql("alter_column = \"t.name\"\nnull = false"), @r#"ALTER TABLE `t` MODIFY COLUMN `name` varchar(50) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'it''s, (\\ not' COMMENT 'a, `b`'"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.name\"\ntype = \"string(80)\"\ncomment = \"x\""), @r#"ALTER TABLE `t` MODIFY COLUMN `name` varchar(80) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'it''s, (\\ not' COMMENT 'x'"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.name\"\ntype = \"integer\"\ndefault = 1"), @r#"ALTER TABLE `t` MODIFY COLUMN `name` int DEFAULT 1 COMMENT 'a, `b`'"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.at\"\nnull = false"), @r#"ALTER TABLE `t` MODIFY COLUMN `at` timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.data\"\nnull = true\ndefault = \"[]\""), @r#"ALTER TABLE `t` MODIFY COLUMN `data` json NULL DEFAULT ('[]') /*!80023 INVISIBLE */"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.lower\"\ncomment = \"it's\""), @r#"ALTER TABLE `t` MODIFY COLUMN `lower` varchar(50) COLLATE utf8mb4_bin GENERATED ALWAYS AS (lower(`name`)) STORED NOT NULL COMMENT 'it''s'"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.lower\"\nnull = true"), @r#"ALTER TABLE `t` MODIFY COLUMN `lower` varchar(50) COLLATE utf8mb4_bin GENERATED ALWAYS AS (lower(`name`)) STORED NULL"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.ID\"\ncomment = \"n\""), @r#"ALTER TABLE `t` MODIFY COLUMN `id` bigint unsigned NOT NULL AUTO_INCREMENT COMMENT 'n'"#);
        insta::assert_snapshot!(mysql("add_enum_value = \"k\"\nvalue = \"d's\"\nafter = \"a\"\ncolumns = [\"t.kind\"]"), @r#"ALTER TABLE `t` MODIFY COLUMN `kind` enum('a','d''s','b,c') NOT NULL DEFAULT 'a'"#);
    }

    #[test]
    fn a_default_alone_needs_no_definition() {
        insta::assert_snapshot!(mysql("alter_column = \"t.data\"\ndefault = \"{}\""), @r#"ALTER TABLE `t` ALTER COLUMN `data` SET DEFAULT ('{}')"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.a\"\ndrop_default = true"), @r#"ALTER TABLE `t` ALTER COLUMN `a` SET DEFAULT NULL"#);
        insta::assert_snapshot!(mysql("alter_column = \"t.kind\"\ndrop_default = true"), @r#"ALTER TABLE `t` ALTER COLUMN `kind` DROP DEFAULT"#);
    }

    #[test]
    fn foreign_keys_keep_an_index() {
        insta::assert_snapshot!(mysql("drop_index = \"ix_b\"\ntable = \"t\""), @r#"ALTER TABLE `t` ADD KEY `fk_b` (`b`), DROP INDEX `ix_b`"#);
        insta::assert_snapshot!(mysql("drop_index = \"uq\"\ntable = \"t\""), @r#"ALTER TABLE `t` ADD KEY `fk_a` (`a`), DROP INDEX `uq`"#);
        insta::assert_snapshot!(mysql("drop_index = \"words\"\ntable = \"t\"\nif_exists = true"), @r#"ALTER TABLE `t` DROP INDEX `words`"#);
        insta::assert_snapshot!(mysql("drop_index = \"none\"\ntable = \"t\"\nif_exists = true"), @"");
        insta::assert_snapshot!(mysql("drop_index = \"none\"\ntable = \"t\""), @r#"error: table `t` has no index `none`"#);
        insta::assert_snapshot!(mysql("drop_foreign_key = \"t\"\nname = \"fk_b\""), @r#"ALTER TABLE `t` DROP FOREIGN KEY `fk_b`"#);
    }

    #[test]
    fn what_holds_a_dropped_column_goes_with_it() {
        insta::assert_snapshot!(mysql("drop_column = \"t.a\""), @r#"ALTER TABLE `t` DROP PRIMARY KEY, DROP INDEX `uq`, DROP FOREIGN KEY `fk_a`, DROP CONSTRAINT `ck`, DROP COLUMN `a`"#);
        insta::assert_snapshot!(mysql("drop_column = \"t.name\""), @r#"ALTER TABLE `t` DROP INDEX `ix_expression`, DROP INDEX `words`, DROP COLUMN `name`"#);
        insta::assert_snapshot!(mysql("drop_column = \"t.none\""), @r#"error: table `t` has no column `none`"#);
        insta::assert_snapshot!(mysql("drop_column = \"t.none\"\nif_exists = true"), @"");
    }

    #[test]
    fn mariadb_says_json_in_other_words() {
        let shown = "CREATE TABLE `t` (\n  `data` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '{}' \
                     COMMENT 'c' CHECK (json_valid(`data`)),\n  `u` uuid NOT NULL DEFAULT uuid(),\n  \
                     `n` int(11) GENERATED ALWAYS AS (1 + 1) VIRTUAL\n) ENGINE=InnoDB";
        let mariadb = |step: &str| complete(Dialect::Mariadb, shown, step).unwrap();
        insta::assert_snapshot!(mariadb("alter_column = \"t.data\"\nnull = true"), @r#"ALTER TABLE `t` MODIFY COLUMN `data` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL DEFAULT '{}' COMMENT 'c' CHECK (json_valid(`data`))"#);
        insta::assert_snapshot!(mariadb("alter_column = \"t.data\"\ntype = \"text\""), @r#"ALTER TABLE `t` MODIFY COLUMN `data` longtext NOT NULL DEFAULT '{}' COMMENT 'c'"#);
        insta::assert_snapshot!(mariadb("alter_column = \"t.data\"\ncomment = \"d\""), @r#"ALTER TABLE `t` MODIFY COLUMN `data` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '{}' COMMENT 'd' CHECK (json_valid(`data`))"#);
        insta::assert_snapshot!(mariadb("alter_column = \"t.u\"\ntype = \"string(36)\""), @r#"ALTER TABLE `t` MODIFY COLUMN `u` varchar(36) NOT NULL DEFAULT uuid()"#);
        insta::assert_snapshot!(mariadb("alter_column = \"t.n\"\ncomment = \"d\""), @r#"ALTER TABLE `t` MODIFY COLUMN `n` int(11) GENERATED ALWAYS AS (1 + 1) VIRTUAL COMMENT 'd'"#);
    }
}
