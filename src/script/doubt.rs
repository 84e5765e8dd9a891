//! What can be known of the statement that a run was at when it died.

use std::collections::BTreeSet;

use super::long::ScriptChanged;
use super::program::{Piece, Program, SqlPiece};
use crate::dialect::Dialect;
use crate::schema::{Change, ConstraintKind, TableChange};
use crate::sql::{self, Action, Doubt, ObjectName, Statement, Thing, Traces, Verb};

/// A walk through a program up to a statement.
struct Walk {
    dialect: Dialect,
    /// How many statements are before it.
    left: u32,
    /// The script has said where names without a schema are looked for.
    names_move: bool,
}

impl Program {
    /// What can be known of the statement behind so many; none where there is none. `dialect` is the one that it was made for.
    ///
    /// # Errors
    ///
    /// The script is not held, and is no longer what it was.
    pub fn doubt(&self, dialect: Dialect, done: u32) -> Result<Option<Doubt>, ScriptChanged> {
        let mut walk = Walk { dialect, left: done, names_move: false };
        for piece in &self.pieces {
            let found = match piece {
                Piece::Sql(sql) => walk.sql(sql),
                Piece::Alter(change) => walk.alter(change),
                Piece::Long(script) => {
                    let mut reading = script.read(self)?;
                    let mut found = None;
                    while found.is_none()
                        && let Some(part) = reading.next_part()?
                    {
                        found = part.program.sql_pieces().find_map(|sql| walk.sql(sql));
                    }
                    found
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The statement, from 1, because of which a script cannot go on behind so many in another session, and why; none where it
    /// can. Where it is the same session (not `anew`), what it has kept is still there.
    ///
    /// # Errors
    ///
    /// The script is not held, and is no longer what it was.
    pub fn leans_on_session(
        &self,
        dialect: Dialect,
        done: u32,
        anew: bool,
    ) -> Result<Option<(u32, &'static str)>, ScriptChanged> {
        if done == 0 {
            return Ok(None);
        }
        let mut look = Look { dialect, done, anew, number: 0, inserts: false, temporary: BTreeSet::new() };
        for piece in &self.pieces {
            let found = match piece {
                Piece::Sql(sql) => look.sql(sql),
                Piece::Alter(_) => {
                    look.number += 1;
                    None
                }
                Piece::Long(script) => {
                    let mut reading = script.read(self)?;
                    let mut found = None;
                    while found.is_none()
                        && let Some(part) = reading.next_part()?
                    {
                        found = part.program.sql_pieces().find_map(|sql| look.sql(sql));
                    }
                    found
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// A walk through a whole program that looks for what leans on a session.
struct Look {
    dialect: Dialect,
    done: u32,
    anew: bool,
    number: u32,
    /// Whether rows are inserted again before it: what is asked for behind that was done in the same session.
    inserts: bool,
    /// The temporary tables that are gone with the session, in lower case.
    temporary: BTreeSet<String>,
}

impl Look {
    fn sql(&mut self, sql: &SqlPiece) -> Option<(u32, &'static str)> {
        sql.statements.iter().find_map(|statement| {
            self.number += 1;
            let why = if self.number <= self.done {
                self.done_before(&sql.text, statement)
            } else {
                self.left(statement.text(&sql.text), statement.verb)
            };
            why.map(|why| (self.number, why))
        })
    }

    fn done_before(&mut self, text: &str, statement: &Statement) -> Option<&'static str> {
        if !self.anew {
            return None;
        }
        for effect in sql::effects(self.dialect, text, statement).known {
            let name = effect.name.name.to_lowercase();
            match effect.action {
                Action::Creates if sql::is_temporary(self.dialect, statement.text(text)) => {
                    self.temporary.insert(name);
                }
                Action::Drops => {
                    self.temporary.remove(&name);
                }
                _ => {}
            }
        }
        sql::keeps_what_it_found(self.dialect, statement.text(text)).then_some(KEEPS)
    }

    fn left(&mut self, text: &str, verb: Verb) -> Option<&'static str> {
        let asks = !self.inserts && sql::asks_session(self.dialect, text);
        self.inserts |= matches!(verb, Verb::Insert | Verb::Replace);
        let lower = text.to_lowercase();
        let mut words = lower.split(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '$')));
        let is_gone = !self.temporary.is_empty() && words.any(|word| self.temporary.contains(word));
        // Another table of that name would be taken for it.
        if is_gone { Some(TEMPORARY) } else { asks.then_some(ASKS) }
    }
}

const KEEPS: &str = "has given a variable what it found then";

const ASKS: &str = "asks its session for what was done in it before";

const TEMPORARY: &str = "works on a temporary table that was made before, and is gone";

impl Walk {
    fn sql(&mut self, sql: &SqlPiece) -> Option<Doubt> {
        sql.statements.iter().find_map(|statement| self.statement(&sql.text, statement))
    }

    fn statement(&mut self, text: &str, statement: &Statement) -> Option<Doubt> {
        if self.left > 0 {
            self.left -= 1;
            self.names_move |= sql::moves_names(self.dialect, text, statement);
            return None;
        }
        let doubt = Doubt::of(self.dialect, text, statement);
        Some(if self.names_move { doubt.where_names_move() } else { doubt })
    }

    fn alter(&mut self, change: &TableChange) -> Option<Doubt> {
        if self.left > 0 {
            self.left -= 1;
            return None;
        }
        Some(match self.dialect {
            // A rebuild is one transaction with the note that it is done.
            Dialect::Sqlite => Doubt::Joined,
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb => of_change(change),
        })
    }
}

fn of_change(change: &TableChange) -> Doubt {
    let table = ObjectName { schema: change.table.schema().map(str::to_owned), name: change.table.name().to_owned() };
    let column = |name: &String| Thing::Column { table: table.clone(), name: name.clone() };
    let index = |name: &String| {
        let name = ObjectName { schema: None, name: name.clone() };
        Thing::Index { table: Some(table.clone()), name }
    };
    let mut traces = Traces::default();
    for change in &change.changes {
        match change {
            Change::AddColumn { name, .. } => traces.makes(column(name), false),
            Change::DropColumn { name, if_exists } => traces.drops(column(name), *if_exists),
            // It says what is to be, and is made anew from what is there.
            Change::AlterColumn(_) => {}
            Change::DropConstraint { kind: ConstraintKind::ForeignKey, name: Some(name), .. } => {
                traces.drops(Thing::Constraint { table: table.clone(), name: name.clone() }, false);
            }
            Change::DropConstraint { name: Some(name), .. } => traces.drops(index(name), false),
            // It is made unless it is there.
            Change::CreateIndex { restored, .. } if restored.is_empty() => {}
            Change::DropIndex { name, if_exists } => traces.drops(index(name), *if_exists),
            Change::RenameIndex { from, to } => traces.renames(index(from), index(to)),
            Change::AddEnumValue { column, new } => {
                let (column, value) = (column.clone(), new.value.clone());
                traces.makes(Thing::EnumValue { table: table.clone(), column, value }, new.if_not_exists);
            }
            // What has no name, and an index that takes the place of others, of which some may still be there.
            Change::DropConstraint { name: None, .. } | Change::AddConstraint { .. } | Change::CreateIndex { .. } => {
                traces.hides();
            }
        }
    }
    traces.doubt()
}
