//! What a program does to which object.

use super::program::{Piece, Program};
use crate::dialect::Dialect;
use crate::schema::{Change, TableChange};
use crate::sql::{self, Action, Effect, ObjectKind, ObjectName, ScriptEffects};

impl Program {
    /// What it does, as far as that can be told. `dialect` is the one that it was made for.
    #[must_use]
    pub fn effects(&self, dialect: Dialect) -> ScriptEffects {
        let mut effects = ScriptEffects::default();
        for piece in &self.pieces {
            match piece {
                Piece::Alter(change) => {
                    effects.known.extend(of_change(dialect, change).into_iter().map(|effect| (change.line, effect)));
                }
                Piece::Sql(sql) => {
                    for statement in &sql.statements {
                        let line = sql.step.unwrap_or(statement.line);
                        let found = sql::effects(dialect, &sql.text, statement);
                        effects.known.extend(found.known.into_iter().map(|effect| (line, effect)));
                        effects.moves_names |= sql::moves_names(dialect, &sql.text, statement);
                        if found.unknown {
                            effects.unknown.push(line);
                        }
                    }
                }
            }
        }
        effects
    }
}

/// The name as the engine would keep it.
fn kept(dialect: Dialect, name: &str) -> String {
    if dialect == Dialect::Sqlite { name.to_lowercase() } else { name.to_owned() }
}

fn of_change(dialect: Dialect, change: &TableChange) -> Vec<Effect> {
    let table =
        ObjectName { schema: change.table.schema().map(str::to_owned), name: kept(dialect, change.table.name()) };
    let effect = |action, kind, name: &str, lenient| Effect {
        action,
        kind,
        name: ObjectName { schema: None, name: kept(dialect, name) },
        table: Some(table.clone()),
        to: None,
        lenient,
    };
    let of_one = |change: &Change| match change {
        Change::AddColumn { name, .. } => effect(Action::Creates, ObjectKind::Column, name, false),
        Change::DropColumn { name, if_exists } => effect(Action::Drops, ObjectKind::Column, name, *if_exists),
        Change::AlterColumn(edit) => effect(Action::Changes, ObjectKind::Column, &edit.name, false),
        Change::AddEnumValue { column, .. } => effect(Action::Changes, ObjectKind::Column, column, false),
        Change::DropConstraint { name: Some(name), .. } => effect(Action::Drops, ObjectKind::Constraint, name, false),
        Change::CreateIndex { name, .. } => effect(Action::Creates, ObjectKind::Index, name, false),
        Change::DropIndex { name, if_exists } => effect(Action::Drops, ObjectKind::Index, name, *if_exists),
        Change::RenameIndex { from, to } => {
            Effect { to: Some(kept(dialect, to)), ..effect(Action::Renames, ObjectKind::Index, from, false) }
        }
        // A primary key without a name; and a new one, whose name stands in its SQL.
        Change::DropConstraint { name: None, .. } | Change::AddConstraint { .. } => {
            Effect { name: table.clone(), table: None, ..effect(Action::Changes, ObjectKind::Table, "", false) }
        }
    };
    change.changes.iter().map(of_one).collect()
}
