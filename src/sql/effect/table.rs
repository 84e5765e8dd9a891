//! The effects of what was read of a table or an index.

use super::super::ddl::{
    AlterTable, ChangeKind, Column, Constraint, ConstraintKind, CreateIndex, CreateTable, Ddl, DropIndex, TableItem,
};
use super::super::words::Words;
use super::{Action, Effects, ObjectKind, ObjectName, data};

/// `words` is the whole statement.
pub(super) fn read(ddl: &Ddl, words: &Words<'_>, effects: &mut Effects) {
    match ddl {
        Ddl::CreateTable(create) => table(create, words, effects),
        Ddl::AlterTable(change) => alter(change, words, effects),
        Ddl::CreateIndex(create) => index(create, effects),
        Ddl::DropIndex(drop) => drop_index(drop, words, effects),
    }
}

fn table(create: &CreateTable, words: &Words<'_>, effects: &mut Effects) {
    let CreateTable { name, lenient, partition_of, like, inherits, .. } = create;
    effects.push(Action::Creates, ObjectKind::Table, name.clone(), *lenient);
    effects.unknown |= create.unread;
    if let Some(parent) = partition_of {
        effects.push(Action::Changes, ObjectKind::Table, parent.clone(), false);
    }
    if let Some(other) = like {
        effects.push(Action::Reads, ObjectKind::Table, other.clone(), false);
    }
    for made in &create.items {
        item(made, name, *lenient, effects);
    }
    for parent in inherits {
        effects.push(Action::Changes, ObjectKind::Table, parent.clone(), false);
    }
    data::reads(&words.rest()[create.taken..], words.dialect, effects);
}

fn item(item: &TableItem, table: &ObjectName, lenient: bool, effects: &mut Effects) {
    match item {
        TableItem::Column(Column { name, references, .. }) => {
            effects.push_of(Action::Creates, ObjectKind::Column, name.clone(), table, lenient);
            if let Some(target) = references {
                effects.push(Action::Reads, ObjectKind::Table, target.table.clone(), false);
            }
        }
        TableItem::Constraint(Constraint { name, kind, .. }) => {
            if let Some(name) = name {
                effects.push_of(Action::Creates, ObjectKind::Constraint, name.clone(), table, lenient);
            }
            if let ConstraintKind::ForeignKey(Some(target)) = kind {
                effects.push(Action::Reads, ObjectKind::Table, target.table.clone(), false);
            }
        }
        TableItem::Index { name: Some(name), .. } => {
            effects.push_of(Action::Creates, ObjectKind::Index, name.clone(), table, lenient);
        }
        TableItem::Index { name: None, .. } | TableItem::Other => {}
    }
}

fn alter(change: &AlterTable, words: &Words<'_>, effects: &mut Effects) {
    let table = &change.name;
    let before = effects.known.len();
    effects.unknown |= change.unread;
    for action in &change.changes {
        one_change(&action.kind, table, words, effects);
    }
    if effects.known.len() == before {
        effects.push(Action::Changes, ObjectKind::Table, table.clone(), false);
    }
}

fn one_change(kind: &ChangeKind, table: &ObjectName, words: &Words<'_>, effects: &mut Effects) {
    use Action::{Changes, Drops};
    let unqualified = |name: &String| ObjectName { schema: None, name: name.clone() };
    let mut of = |action, kind, name: &String, lenient| effects.push_of(action, kind, name.clone(), table, lenient);
    match kind {
        ChangeKind::Add(added, lenient) => item(added, table, *lenient, effects),
        ChangeKind::DropColumn { name, lenient, cascade } => {
            of(Drops, ObjectKind::Column, name, *lenient);
            effects.unknown |= *cascade && words.cascades();
        }
        ChangeKind::DropConstraint { name, lenient, cascade } => {
            of(Drops, ObjectKind::Constraint, name, *lenient);
            effects.unknown |= *cascade && words.cascades();
        }
        ChangeKind::DropIndex { name, lenient } => of(Drops, ObjectKind::Index, name, *lenient),
        ChangeKind::SetType { column, .. }
        | ChangeKind::SetNotNull(column)
        | ChangeKind::DropNotNull(column)
        | ChangeKind::SetDefault(column, _)
        | ChangeKind::AlterColumn(column) => of(Changes, ObjectKind::Column, column, false),
        ChangeKind::Redefine { from, column } if *from == column.name => of(Changes, ObjectKind::Column, from, false),
        ChangeKind::Redefine { from, column } => {
            effects.rename(ObjectKind::Column, unqualified(from), Some(table), column.name.clone());
        }
        ChangeKind::RenameTable(to) => effects.rename(ObjectKind::Table, table.clone(), None, to.name.clone()),
        ChangeKind::RenameColumn { from, to } => {
            effects.rename(ObjectKind::Column, unqualified(from), Some(table), to.clone());
        }
        ChangeKind::RenameConstraint { from, to } => {
            effects.rename(ObjectKind::Constraint, unqualified(from), Some(table), to.clone());
        }
        ChangeKind::RenameIndex { from, to } => {
            effects.rename(ObjectKind::Index, unqualified(from), Some(table), to.clone());
        }
        ChangeKind::ValidateConstraint(name) | ChangeKind::AlterConstraint(name) => {
            of(Changes, ObjectKind::Constraint, name, false)
        }
        ChangeKind::AlterIndex(name) => of(Changes, ObjectKind::Index, name, false),
        ChangeKind::WithTable(other) => {
            effects.push(Changes, ObjectKind::Table, other.clone(), false);
            effects.push(Changes, ObjectKind::Table, table.clone(), false);
        }
        ChangeKind::DropPrimaryKey | ChangeKind::DropPartition | ChangeKind::Rewrite(_) | ChangeKind::Other => {
            effects.push(Changes, ObjectKind::Table, table.clone(), false);
        }
    }
}

fn index(create: &CreateIndex, effects: &mut Effects) {
    match &create.name {
        Some(name) => {
            effects.push_of(Action::Creates, ObjectKind::Index, name.name.clone(), &create.table, create.lenient);
        }
        // PostgreSQL finds a name by itself.
        None => effects.push(Action::Changes, ObjectKind::Table, create.table.clone(), false),
    }
}

fn drop_index(drop: &DropIndex, words: &Words<'_>, effects: &mut Effects) {
    for name in &drop.names {
        match &drop.table {
            Some(table) => {
                effects.push_of(Action::Drops, ObjectKind::Index, name.name.clone(), table, drop.lenient);
            }
            None => effects.push(Action::Drops, ObjectKind::Index, name.clone(), drop.lenient),
        }
    }
    // What depends on it goes too, and only the database knows what that is.
    effects.unknown |= words.cascades() && words.rest().last().is_some_and(|last| last.is_word("CASCADE"));
}
