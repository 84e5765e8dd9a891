//! ALTER TABLE, action by action.

use super::super::effect::ObjectName;
use super::super::words::Words;
use super::column::{Column, DefaultValue, default_value};
use super::constraint::ConstraintKind;
use super::create::TableItem;
use super::data_type::DataType;

/// A table that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterTable {
    /// Its name.
    pub name: ObjectName,
    /// IF EXISTS.
    pub lenient: bool,
    /// What is done to it, in order.
    pub changes: Vec<Change>,
    /// MySQL's ALGORITHM, in capitals.
    pub algorithm: Option<String>,
    /// MySQL's LOCK, in capitals.
    pub lock: Option<String>,
    /// There is an action that could not be read; it stands among the others as [`ChangeKind::Other`].
    pub unread: bool,
}

/// One action of ALTER TABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it begins.
    pub offset: usize,
    /// What it does.
    pub kind: ChangeKind,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// ADD, with IF NOT EXISTS or without.
    Add(TableItem, bool),
    /// DROP COLUMN.
    DropColumn {
        /// Its name.
        name: String,
        /// IF EXISTS.
        lenient: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// DROP CONSTRAINT, FOREIGN KEY, CHECK.
    DropConstraint {
        /// Its name.
        name: String,
        /// IF EXISTS.
        lenient: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// DROP INDEX, DROP KEY (MySQL, MariaDB).
    DropIndex {
        /// Its name.
        name: String,
        /// IF EXISTS.
        lenient: bool,
    },
    /// DROP PRIMARY KEY (MySQL, MariaDB).
    DropPrimaryKey,
    /// DROP, TRUNCATE or DISCARD of partitions or of the tablespace (MySQL, MariaDB).
    DropPartition,
    /// ALTER COLUMN ... TYPE.
    SetType {
        /// The column.
        column: String,
        /// What it becomes.
        data_type: DataType,
        /// USING says how.
        using: bool,
    },
    /// ALTER COLUMN ... SET NOT NULL.
    SetNotNull(String),
    /// ALTER COLUMN ... DROP NOT NULL.
    DropNotNull(String),
    /// ALTER COLUMN ... SET DEFAULT.
    SetDefault(String, DefaultValue),
    /// Something else that is done to a column.
    AlterColumn(String),
    /// MODIFY and CHANGE (MySQL, MariaDB): the column under the name it had, and all that it is from now on.
    Redefine {
        /// The name that it had.
        from: String,
        /// What it is from now on.
        column: Column,
    },
    /// RENAME TO.
    RenameTable(ObjectName),
    /// RENAME COLUMN.
    RenameColumn {
        /// The name that it had.
        from: String,
        /// The name that it gets.
        to: String,
    },
    /// RENAME CONSTRAINT.
    RenameConstraint {
        /// The name that it had.
        from: String,
        /// The name that it gets.
        to: String,
    },
    /// RENAME INDEX (MySQL, MariaDB).
    RenameIndex {
        /// The name that it had.
        from: String,
        /// The name that it gets.
        to: String,
    },
    /// VALIDATE CONSTRAINT.
    ValidateConstraint(String),
    /// ALTER CONSTRAINT, ALTER CHECK.
    AlterConstraint(String),
    /// ALTER INDEX, within ALTER TABLE (MySQL, MariaDB).
    AlterIndex(String),
    /// ATTACH and DETACH PARTITION, INHERIT: another table is changed with it.
    WithTable(ObjectName),
    /// All rows are written anew while others wait: SET LOGGED, ENGINE =, CONVERT TO, and their like; the words of it.
    Rewrite(&'static str),
    /// Storage, owner, triggers on or off: something that has no name here.
    Other,
}

/// Actions that write all rows anew on PostgreSQL.
const POSTGRES_REWRITES: &[&str] = &["SET LOGGED", "SET UNLOGGED", "SET TABLESPACE", "SET ACCESS METHOD"];

/// Actions that copy the table on MySQL and MariaDB. FORCE, ROW_FORMAT and KEY_BLOCK_SIZE write it anew in place, and let
/// others write meanwhile; so does ENGINE, where it names the engine that the table has.
const MYSQL_REWRITES: &[&str] =
    &["ENGINE", "CONVERT TO", "ORDER BY", "PARTITION BY", "REMOVE PARTITIONING", "ADD SYSTEM VERSIONING"];

pub(super) fn read(mut words: Words<'_>) -> Option<AlterTable> {
    words.take("ALTER");
    while words.take_any(&["ONLINE", "OFFLINE", "IGNORE", "FOREIGN"]) {}
    if !words.take_any(&["TABLE", "TABLES"]) {
        return None;
    }
    let lenient = words.take("IF EXISTS");
    words.take("ONLY");
    let name = words.name()?;
    words.take_punctuation("*");
    words.group();
    skip_wait(&mut words);
    let mut alter = AlterTable { lenient, ..AlterTable::of(name) };
    for mut action in words.items() {
        alter.read_action(&mut action);
    }
    Some(alter)
}

/// MariaDB: `WAIT n`, `NOWAIT`.
fn skip_wait(words: &mut Words<'_>) {
    if words.is_mysql() && !words.take("NOWAIT") && words.take("WAIT") {
        words.next();
    }
}

impl AlterTable {
    /// A table to which nothing is done yet.
    #[must_use]
    pub const fn of(name: ObjectName) -> Self {
        Self { name, lenient: false, changes: Vec::new(), algorithm: None, lock: None, unread: false }
    }

    fn read_action(&mut self, action: &mut Words<'_>) {
        if action.is_mysql() {
            let option = |action: &mut Words<'_>| {
                action.take_punctuation("=");
                action.part().map(|value| value.to_uppercase())
            };
            if action.take("ALGORITHM") {
                self.algorithm = option(action);
                return;
            }
            if action.take("LOCK") {
                self.lock = option(action);
                return;
            }
        }
        let offset = action.peek().map_or(0, |code| code.start);
        if action.clone().take("ADD") && self.read_group(action, offset) {
            return;
        }
        let kind = kind(action);
        self.unread |= kind.is_none();
        self.changes.push(Change { offset, kind: kind.unwrap_or(ChangeKind::Other) });
    }

    /// ADD (a int, b int): one action for each.
    fn read_group(&mut self, action: &Words<'_>, offset: usize) -> bool {
        let mut action = action.clone();
        action.take("ADD");
        action.take("COLUMN");
        let lenient = action.take("IF NOT EXISTS");
        let Some(group) = action.group() else { return false };
        for mut item in group.items() {
            let offset = item.peek().map_or(offset, |code| code.start);
            let item = TableItem::read(&mut item);
            self.unread |= item.is_none();
            let kind = item.map_or(ChangeKind::Other, |item| ChangeKind::Add(item, lenient));
            self.changes.push(Change { offset, kind });
        }
        true
    }
}

/// Gives nothing where it cannot be told what is changed.
fn kind(action: &mut Words<'_>) -> Option<ChangeKind> {
    let rewrites = if action.is_mysql() { MYSQL_REWRITES } else { POSTGRES_REWRITES };
    if let Some(rewrite) = rewrites.iter().find(|words| action.clone().take(words)) {
        return Some(if is_innodb(action.clone()) { ChangeKind::Other } else { ChangeKind::Rewrite(rewrite) });
    }
    if action.take("ADD") {
        return add(action);
    }
    if action.take("DROP") {
        return drop(action);
    }
    if action.take("RENAME") {
        return rename(action);
    }
    if action.is_mysql() {
        if action.take("CHANGE") {
            skip_column(action);
            let from = action.part()?;
            return Some(ChangeKind::Redefine { from, column: Column::read(action)? });
        }
        if action.take("MODIFY") {
            skip_column(action);
            let column = Column::read(action)?;
            return Some(ChangeKind::Redefine { from: column.name.clone(), column });
        }
        if action.take_any(&["ALTER INDEX", "ALTER KEY"]) {
            return Some(ChangeKind::AlterIndex(action.part()?));
        }
        if action.take_any(&["TRUNCATE PARTITION", "DISCARD"]) {
            return Some(ChangeKind::DropPartition);
        }
    }
    if action.take("VALIDATE CONSTRAINT") {
        return Some(ChangeKind::ValidateConstraint(action.part()?));
    }
    if action.take_any(&["ALTER CONSTRAINT", "ALTER CHECK"]) {
        return Some(ChangeKind::AlterConstraint(action.part()?));
    }
    if action.take("ALTER") {
        return alter_column(action);
    }
    if action.take("SET SCHEMA") {
        // The table goes on under its name elsewhere, which is neither a change nor a rename.
        return None;
    }
    if action.take_any(&["ATTACH PARTITION", "DETACH PARTITION", "INHERIT", "NO INHERIT"]) {
        return Some(ChangeKind::WithTable(action.name()?));
    }
    Some(ChangeKind::Other)
}

/// `ENGINE = InnoDB`: mostly how a table that is kept so is put in order.
fn is_innodb(mut action: Words<'_>) -> bool {
    let named = action.take("ENGINE");
    action.take_punctuation("=");
    named && action.part().is_some_and(|engine| engine.eq_ignore_ascii_case("innodb"))
}

fn skip_column(action: &mut Words<'_>) {
    action.take("COLUMN");
    action.take("IF EXISTS");
}

fn add(action: &mut Words<'_>) -> Option<ChangeKind> {
    if action.is_mysql() && action.take("PARTITION") {
        return Some(ChangeKind::Other);
    }
    let is_column = action.take("COLUMN");
    let lenient = action.take("IF NOT EXISTS");
    let item = if is_column { Column::read(action).map(TableItem::Column)? } else { TableItem::read(action)? };
    Some(ChangeKind::Add(item, lenient))
}

fn drop(action: &mut Words<'_>) -> Option<ChangeKind> {
    if action.take_any(&["CONSTRAINT", "CHECK"]) || (action.is_mysql() && action.take("FOREIGN KEY")) {
        let lenient = action.take("IF EXISTS");
        return Some(ChangeKind::DropConstraint { name: action.part()?, lenient, cascade: action.take("CASCADE") });
    }
    if action.is_mysql() {
        if action.take_any(&["INDEX", "KEY"]) {
            let lenient = action.take("IF EXISTS");
            return Some(ChangeKind::DropIndex { name: action.part()?, lenient });
        }
        if action.take("PRIMARY KEY") {
            return Some(ChangeKind::DropPrimaryKey);
        }
        if action.take("PARTITION") {
            return Some(ChangeKind::DropPartition);
        }
        if action.take_any(&["PERIOD", "SYSTEM VERSIONING"]) {
            return Some(ChangeKind::Other);
        }
    }
    action.take("COLUMN");
    let lenient = action.take("IF EXISTS");
    Some(ChangeKind::DropColumn { name: action.part()?, lenient, cascade: action.take("CASCADE") })
}

fn rename(action: &mut Words<'_>) -> Option<ChangeKind> {
    if action.take("TO") || (action.is_mysql() && action.take("AS")) {
        return Some(ChangeKind::RenameTable(action.name()?));
    }
    let named = |action: &mut Words<'_>| {
        action.take("IF EXISTS");
        let from = action.part()?;
        action.take("TO").then(|| action.part()).flatten().map(|to| (from, to))
    };
    if action.take("CONSTRAINT") {
        return named(action).map(|(from, to)| ChangeKind::RenameConstraint { from, to });
    }
    if action.is_mysql() && action.take_any(&["INDEX", "KEY"]) {
        return named(action).map(|(from, to)| ChangeKind::RenameIndex { from, to });
    }
    if action.is_mysql() {
        // MySQL: `RENAME other` is `RENAME TO other`.
        let mut ahead = action.clone();
        if let Some(name) = ahead.name().filter(|_| ahead.is_at_end()) {
            return Some(ChangeKind::RenameTable(name));
        }
    }
    action.take("COLUMN");
    named(action).map(|(from, to)| ChangeKind::RenameColumn { from, to })
}

fn alter_column(action: &mut Words<'_>) -> Option<ChangeKind> {
    skip_column(action);
    let column = action.part()?;
    if action.take_any(&["TYPE", "SET DATA TYPE"]) {
        let Some(data_type) = DataType::read(action) else { return Some(ChangeKind::AlterColumn(column)) };
        return Some(ChangeKind::SetType { column, data_type, using: action.take_past(&["USING"]) });
    }
    Some(if action.take("SET NOT NULL") {
        ChangeKind::SetNotNull(column)
    } else if action.take("DROP NOT NULL") {
        ChangeKind::DropNotNull(column)
    } else if action.take("SET DEFAULT") {
        ChangeKind::SetDefault(column, default_value(action))
    } else {
        ChangeKind::AlterColumn(column)
    })
}

impl Change {
    /// The columns of a primary key that it makes.
    #[must_use]
    pub fn primary_key(&self) -> Option<&[String]> {
        match &self.kind {
            ChangeKind::Add(TableItem::Constraint(constraint), _) if constraint.kind == ConstraintKind::PrimaryKey => {
                Some(&constraint.columns)
            }
            _ => None,
        }
    }
}
