//! What can be known of a statement of SQL.

use super::super::ddl::{
    self, AlterTable, ChangeKind, ConstraintKind, CreateIndex, CreateTable, Ddl, DropIndex, TableItem,
};
use super::super::effect::{self, Action, Effect, Effects, ObjectKind, ObjectName};
use super::super::joined::joins_transaction;
use super::super::pattern::{begins, code, leading};
use super::super::scan::Statement;
use super::super::verb::Verb;
use super::super::words::Words;
use super::{Doubt, Thing, Traces};
use crate::dialect::Dialect;

/// Statements after which all is the same, however often they are run.
const REPEATABLE: &[&str] = &[
    "ALTER SYSTEM",
    "CHECK TABLE",
    "CHECKPOINT",
    "CHECKSUM",
    "DISCARD",
    "FLUSH",
    "LISTEN",
    "LOAD INDEX",
    "OPTIMIZE",
    "REPAIR",
    "RESET",
    "SHOW",
    "UNLISTEN",
];

/// Options of a table that say what is to be, whatever was.
const TABLE_OPTIONS: &[&str] = &[
    "AUTO_INCREMENT",
    "CHARACTER SET",
    "CHARSET",
    "COLLATE",
    "COMMENT",
    "CONVERT TO",
    "DEFAULT",
    "DISABLE KEYS",
    "ENABLE KEYS",
    "ENGINE",
    "FORCE",
    "ORDER BY",
    "PARTITION BY",
    "ROW_FORMAT",
];

const EMPTIES: &str = "rows may have been written since, which it would take away too";

const COUNTS_ANEW: &str = "numbers may have been drawn since, which it would give out again";

const UNREAD: &str = "what it does cannot be told from its text";

impl Doubt {
    /// What can be known of a statement afterwards. `text` must be the text that it was found in.
    #[must_use]
    pub fn of(dialect: Dialect, text: &str, statement: &Statement) -> Self {
        if joins_transaction(dialect, statement.verb, statement.text(text)) {
            return joined(dialect, text, statement);
        }
        let leading = leading(dialect, text, statement.range.clone());
        let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
        match statement.verb {
            // SET STATEMENT ... FOR runs another one; ANALYZE of a statement, too.
            Verb::Set if mysql && begins(&leading, "SET STATEMENT") => Self::Untold(UNREAD),
            Verb::Analyze if mysql && !begins(&leading, "ANALYZE NO_WRITE_TO_BINLOG|LOCAL? TABLE") => {
                Self::Untold(UNREAD)
            }
            // VACUUM INTO finds its file.
            Verb::Vacuum if dialect == Dialect::Sqlite && begins(&leading, "VACUUM .. INTO") => Self::Untold(UNREAD),
            Verb::Set
            | Verb::Pragma
            | Verb::Attach
            | Verb::Detach
            | Verb::Vacuum
            | Verb::Analyze
            | Verb::Reindex
            | Verb::Cluster
            | Verb::Grant => Self::Repeatable,
            Verb::Truncate => Self::Untold(EMPTIES),
            _ if REPEATABLE.iter().any(|pattern| begins(&leading, pattern)) => Self::Repeatable,
            // It went with its session, and so did what it drops.
            Verb::Create if begins(&leading, "CREATE OR? REPLACE? TEMPORARY") => Self::Repeatable,
            Verb::Create if begins(&leading, "CREATE OR REPLACE TABLE") => Self::Untold(EMPTIES),
            Verb::Create if begins(&leading, "CREATE OR REPLACE SEQUENCE") => Self::Untold(COUNTS_ANEW),
            Verb::Alter if begins(&leading, "ALTER SEQUENCE") => Self::Untold(COUNTS_ANEW),
            Verb::Drop if begins(&leading, "DROP TEMPORARY") => Self::Untold(UNREAD),
            Verb::Create | Verb::Alter | Verb::Drop | Verb::Rename => of_schema(dialect, text, statement),
            _ => Self::Untold(UNREAD),
        }
    }
}

fn joined(dialect: Dialect, text: &str, statement: &Statement) -> Doubt {
    if dialect == Dialect::Postgres {
        return Doubt::Joined;
    }
    let Effects { known, unknown } = effect::effects(dialect, text, statement);
    if dialect == Dialect::Sqlite {
        // Where a transaction spans several files, a crash may end it in one and not in the other.
        let elsewhere = |effect: &Effect| {
            let schema = effect.table.as_ref().unwrap_or(&effect.name).schema.as_deref();
            schema.is_some_and(|schema| !matches!(schema, "main" | "temp"))
        };
        return if known.iter().any(elsewhere) {
            Doubt::Untold("it reaches into another file, which is no part of its transaction")
        } else {
            Doubt::Joined
        };
    }
    let unknown = unknown || calls_elsewhere(dialect, text, statement, &known);
    let written = known.into_iter().filter(|effect| effect.action == Action::Writes);
    Doubt::JoinedWhereRowsRollBack((!unknown).then(|| written.map(|effect| effect.name).collect()))
}

/// Whether it calls a function by the name of its database, `lib.f(1)`: what that writes, and where, nobody looks for.
fn calls_elsewhere(dialect: Dialect, text: &str, statement: &Statement, known: &[Effect]) -> bool {
    let codes: Vec<_> = code(dialect, text, statement.range.clone()).collect();
    let plain = |name: &str| name.trim_matches('`').to_lowercase();
    // `INSERT INTO lib.t (a)` looks the same.
    let is_table = |schema: &str, name: &str| {
        let same = |effect: &Effect| {
            effect.name.schema.as_deref().is_some_and(|of| plain(of) == schema) && plain(&effect.name.name) == name
        };
        known.iter().any(same)
    };
    codes.windows(4).any(|four| {
        four[1].is_punctuation(".")
            && four[3].is_punctuation("(")
            && !is_table(&plain(four[0].text), &plain(four[2].text))
    })
}

fn of_schema(dialect: Dialect, text: &str, statement: &Statement) -> Doubt {
    let codes: Vec<_> = code(dialect, text, statement.range.clone()).collect();
    let words = Words::new(dialect, &codes);
    let ddl = ddl::read(&words, statement.verb);
    match &ddl {
        Some(Ddl::CreateTable(create)) => create_table(create, &words),
        Some(Ddl::AlterTable(alter)) => alter_table(alter, text),
        Some(Ddl::CreateIndex(create)) => create_index(create),
        Some(Ddl::DropIndex(drop)) => drop_index(drop),
        None => of_effects(&effect::of(&words, statement.verb, None), &words),
    }
}

fn create_table(create: &CreateTable, words: &Words<'_>) -> Doubt {
    let table = Thing::Relation(ObjectKind::Table, create.name.clone());
    let behind = &words.rest()[create.taken..];
    if behind.iter().any(|code| code.is_any_word(&["SELECT", "TABLE", "ROW"])) {
        let mut traces = Traces::default();
        traces.makes(table, false);
        return match traces.doubt() {
            Doubt::Told { traces, .. } => Doubt::Told { traces, fills: true },
            other => other,
        };
    }
    if create.unread {
        return Doubt::Untold(UNREAD);
    }
    let mut traces = Traces::default();
    traces.makes(table, create.lenient);
    for item in &create.items {
        // What has no name of its own comes and goes with the table.
        if let Some(thing) = named(item, &create.name) {
            traces.makes(thing, create.lenient);
        }
    }
    traces.doubt()
}

/// What an item of a table is called; nothing where that is not known.
fn named(item: &TableItem, table: &ObjectName) -> Option<Thing> {
    let table = table.clone();
    match item {
        TableItem::Column(column) => Some(Thing::Column { table, name: column.name.clone() }),
        // MySQL and MariaDB call it PRIMARY, whatever it is called.
        TableItem::Constraint(constraint) if constraint.kind == ConstraintKind::PrimaryKey => {
            Some(Thing::PrimaryKey(table))
        }
        TableItem::Constraint(constraint) => Some(Thing::Constraint { table, name: constraint.name.clone()? }),
        TableItem::Index { name, .. } => {
            let name = ObjectName { schema: None, name: name.clone()? };
            Some(Thing::Index { table: Some(table), name })
        }
        TableItem::Other => None,
    }
}

fn alter_table(alter: &AlterTable, text: &str) -> Doubt {
    if alter.unread {
        return Doubt::Untold(UNREAD);
    }
    let mut traces = Traces::default();
    let mut renamed = false;
    for change in &alter.changes {
        renamed |= matches!(change.kind, ChangeKind::RenameTable(_));
        one_change(&change.kind, &alter.name, &text[change.offset..], &mut traces);
    }
    if renamed {
        traces.only_relations();
    }
    traces.doubt()
}

fn one_change(kind: &ChangeKind, name: &ObjectName, text: &str, traces: &mut Traces) {
    let table = || name.clone();
    let column = |name: &String| Thing::Column { table: table(), name: name.clone() };
    let constraint = |name: &String| Thing::Constraint { table: table(), name: name.clone() };
    let index = |name: &String| {
        let name = ObjectName { schema: None, name: name.clone() };
        Thing::Index { table: Some(table()), name }
    };
    match kind {
        ChangeKind::Add(item, lenient) => match named(item, name) {
            Some(thing) => traces.makes(thing, *lenient),
            None => traces.hides(),
        },
        ChangeKind::DropColumn { name, lenient, .. } => traces.drops(column(name), *lenient),
        ChangeKind::DropConstraint { name, lenient, .. } => traces.drops(constraint(name), *lenient),
        ChangeKind::DropIndex { name, lenient } => traces.drops(index(name), *lenient),
        ChangeKind::DropPrimaryKey => traces.drops(Thing::PrimaryKey(table()), false),
        ChangeKind::RenameTable(to) => {
            let to = ObjectName { schema: to.schema.clone().or_else(|| name.schema.clone()), name: to.name.clone() };
            let relation = |name| Thing::Relation(ObjectKind::Table, name);
            traces.renames(relation(table()), relation(to));
        }
        // By another case only, the catalog tells no two names apart.
        ChangeKind::Redefine { from, column: to } if from.eq_ignore_ascii_case(&to.name) => {}
        ChangeKind::Redefine { from, column: to } => traces.renames(column(from), column(&to.name)),
        ChangeKind::RenameColumn { from, to } => traces.renames(column(from), column(to)),
        ChangeKind::RenameConstraint { from, to } => traces.renames(constraint(from), constraint(to)),
        ChangeKind::RenameIndex { from, to } => traces.renames(index(from), index(to)),
        // They say what is to be, whatever was.
        ChangeKind::SetType { .. }
        | ChangeKind::SetNotNull(_)
        | ChangeKind::DropNotNull(_)
        | ChangeKind::SetDefault(..)
        | ChangeKind::AlterColumn(_)
        | ChangeKind::AlterConstraint(_)
        | ChangeKind::ValidateConstraint(_)
        | ChangeKind::AlterIndex(_) => {}
        ChangeKind::Rewrite(_) | ChangeKind::Other if begins_with_option(text) => {}
        ChangeKind::Rewrite(_) | ChangeKind::Other | ChangeKind::WithTable(_) | ChangeKind::DropPartition => {
            traces.hides();
        }
    }
}

fn begins_with_option(text: &str) -> bool {
    TABLE_OPTIONS.iter().any(|option| {
        let mut words = text.split(|character: char| character.is_whitespace() || character == '=');
        option.split(' ').all(|word| words.next().is_some_and(|found| found.eq_ignore_ascii_case(word)))
    })
}

fn create_index(create: &CreateIndex) -> Doubt {
    let Some(name) = &create.name else { return Doubt::Untold("the database has found a name for its index") };
    let mut traces = Traces::default();
    traces.makes(Thing::Index { table: Some(create.table.clone()), name: name.clone() }, create.lenient);
    traces.doubt()
}

fn drop_index(drop: &DropIndex) -> Doubt {
    let mut traces = Traces::default();
    for name in &drop.names {
        traces.drops(Thing::Index { table: drop.table.clone(), name: name.clone() }, drop.lenient);
    }
    traces.doubt()
}

/// What has nothing but a name.
fn of_effects(effects: &Effects, words: &Words<'_>) -> Doubt {
    if effects.unknown {
        return Doubt::Untold(UNREAD);
    }
    let mut traces = Traces::default();
    for effect in &effects.known {
        let changes = matches!(effect.action, Action::Creates | Action::Drops | Action::Renames);
        match (thing(effect, words), effect.action) {
            (Some(thing), Action::Creates) => traces.makes(thing, effect.lenient),
            (Some(thing), Action::Drops) => traces.drops(thing, effect.lenient),
            (Some(from), Action::Renames) => {
                let name = effect.to.clone().unwrap_or_default();
                let renamed = Effect { name: ObjectName { name, ..effect.name.clone() }, ..effect.clone() };
                match thing(&renamed, words) {
                    Some(to) => traces.renames(from, to),
                    None => traces.hides(),
                }
            }
            (None, _) if changes => traces.hides(),
            // ALTER VIEW and its like say what is to be.
            _ => {}
        }
    }
    traces.doubt()
}

fn thing(effect: &Effect, words: &Words<'_>) -> Option<Thing> {
    let name = effect.name.clone();
    Some(match effect.kind {
        ObjectKind::Table | ObjectKind::View | ObjectKind::Sequence => Thing::Relation(effect.kind, name),
        ObjectKind::Trigger => {
            // It is in the schema of its table.
            let schema = name.schema.or_else(|| effect.table.as_ref()?.schema.clone());
            Thing::Trigger(ObjectName { schema, name: name.name })
        }
        ObjectKind::Schema => Thing::Schema(name.name),
        ObjectKind::Function => {
            let kind = words.rest().iter().find(|code| code.is_any_word(&["FUNCTION", "PROCEDURE"]))?;
            if kind.is_word("PROCEDURE") { Thing::Procedure(name) } else { Thing::Function(name) }
        }
        _ => return None,
    })
}
