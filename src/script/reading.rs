//! What a program says and does, statement by statement.

use std::collections::HashSet;

use super::program::{Piece, Program};
use crate::dialect::Dialect;
use crate::schema::{Change, TableChange};
use crate::sql::{
    self, Action, AlterTable, ChangeKind, Column, Ddl, DefaultValue, Effect, Effects, Keep, ObjectKind, ObjectName,
    ReadStatement, Reading, ScriptEffects, ScriptReading, Statement, TableItem, Verb, Volatility,
};

impl Program {
    /// What it says and does, as far as that can be told. `dialect` is the one that it was made for.
    #[must_use]
    pub fn reading(&self, dialect: Dialect) -> ScriptReading {
        let mut draft = Draft::default();
        for piece in &self.pieces {
            match piece {
                Piece::Alter(change) => {
                    for reading in of_change(dialect, change) {
                        draft.add(self.step(change.line, change.to_string(), 0, reading));
                    }
                }
                // It was read when it was checked.
                Piece::Long(script) => return script.reading.clone(),
                Piece::Sql(sql) => {
                    for statement in &sql.statements {
                        let Some(line) = sql.step else {
                            draft.add_own(dialect, &sql.text, statement);
                            continue;
                        };
                        let reading = sql::read(dialect, &sql.text, statement);
                        draft.reading.effects.moves_names |= sql::moves_names(dialect, &sql.text, statement);
                        let text = statement.text(&sql.text).to_owned();
                        draft.add(self.step(line, text, statement.range.start, reading));
                    }
                }
            }
        }
        draft.reading.allowances = self.allowances(dialect);
        draft.reading
    }

    fn allowances(&self, dialect: Dialect) -> Vec<sql::Allowance> {
        match &self.steps {
            // What a comment in the SQL of a step says is said of the step.
            Some(steps) => {
                let of_sql =
                    self.sql_pieces().filter_map(|piece| Some((piece.step?, piece))).flat_map(|(step, piece)| {
                        let said = sql::allowances(dialect, &piece.text).into_iter();
                        said.map(move |said| sql::Allowance { line: step, target: step..=step, ..said })
                    });
                steps.allowances.iter().cloned().chain(of_sql).collect()
            }
            None => self.sql_pieces().flat_map(|piece| sql::allowances(dialect, &piece.text)).collect(),
        }
    }

    /// What was rendered from the step that begins at a line.
    fn step(&self, line: usize, text: String, start: usize, reading: Reading) -> ReadStatement {
        let next = self.steps.iter().flat_map(|steps| &steps.lines).find(|next| **next > line);
        let last_line = next.map_or(usize::MAX, |next| next - 1);
        ReadStatement { line, column: None, last_line, text, start, reading }
    }
}

/// A reading that is being made.
#[derive(Default)]
pub(super) struct Draft {
    pub reading: ScriptReading,
    /// The effects on rows that are in it: a script of a million INSERTs has as many as it has tables.
    rows: HashSet<Effect>,
    keep: Keep,
    sparing: bool,
}

/// How many lines of what is unknown are kept, where they are not all.
const UNKNOWN_LINES: usize = 100;

impl Draft {
    /// One that keeps no statement of which there is nothing to say, and not every line that is unknown: there may be millions.
    pub(super) fn sparing() -> Self {
        Self { sparing: true, ..Self::default() }
    }

    /// Adds a statement of the script's own text.
    pub(super) fn add_own(&mut self, dialect: Dialect, text: &str, statement: &Statement) {
        let reading = sql::read(dialect, text, statement);
        self.reading.effects.moves_names |= sql::moves_names(dialect, text, statement);
        let start = statement.range.start;
        let text = statement.text(text);
        let last_line = statement.line + text.bytes().filter(|&byte| byte == b'\n').count();
        if !self.takes(statement.line, last_line, text, &reading) {
            return;
        }
        self.reading.statements.push(ReadStatement {
            line: statement.line,
            column: Some(statement.column),
            last_line,
            text: text.to_owned(),
            start,
            reading,
        });
    }

    fn add(&mut self, statement: ReadStatement) {
        if self.takes(statement.line, statement.last_line, &statement.text, &statement.reading) {
            self.reading.statements.push(statement);
        }
    }

    /// Adds what a statement does; says whether the statement itself is to be kept.
    fn takes(&mut self, line: usize, last_line: usize, text: &str, reading: &Reading) -> bool {
        let effects = &mut self.reading.effects;
        let before = effects.known.len();
        for effect in &reading.effects.known {
            let of_rows = matches!(effect.action, Action::Writes | Action::Reads);
            if !of_rows {
                effects.known.push((line, effect.clone()));
            } else if !self.rows.contains(effect) {
                self.rows.insert(effect.clone());
                effects.known.push((line, effect.clone()));
            }
        }
        if last_line > line && effects.known.len() > before {
            let last = effects.last_lines.entry(line).or_default();
            *last = last_line.max(*last);
        }
        if reading.effects.unknown && !(self.sparing && effects.unknown.len() >= UNKNOWN_LINES) {
            effects.unknown.push(line);
        }
        let says_nothing = reading.ddl.is_none() && reading.loss.is_none() && reading.remarks.is_empty();
        let spared = self.sparing && says_nothing && !reading.only_writes_rows();
        self.keep.takes(text, reading) && !spared
    }
}

/// The name as the engine would keep it.
fn kept(dialect: Dialect, name: &str) -> String {
    if dialect == Dialect::Sqlite { name.to_lowercase() } else { name.to_owned() }
}

/// What becomes of a table whose changes are completed later, a reading a change.
fn of_change(dialect: Dialect, change: &TableChange) -> Vec<Reading> {
    let table =
        ObjectName { schema: change.table.schema().map(str::to_owned), name: kept(dialect, change.table.name()) };
    change
        .changes
        .iter()
        .map(|change| {
            let known = vec![effect(dialect, &table, change)];
            let ddl = ddl(dialect, &table, change);
            let loss = matches!(change, Change::DropColumn { .. }).then_some(sql::Loss::Column);
            let effects = Effects { known, unknown: false };
            Reading { verb: Verb::Alter, ddl, effects, loss, remarks: Vec::new() }
        })
        .collect()
}

fn effect(dialect: Dialect, table: &ObjectName, change: &Change) -> Effect {
    let effect = |action, kind, name: &str, lenient| Effect {
        action,
        kind,
        name: ObjectName { schema: None, name: kept(dialect, name) },
        table: Some(table.clone()),
        to: None,
        lenient,
    };
    match change {
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
    }
}

/// What the change would be as a statement, where there is one.
fn ddl(dialect: Dialect, table: &ObjectName, change: &Change) -> Option<Ddl> {
    let column = |definition: &str| sql::read_column(dialect, definition);
    let kind = match change {
        Change::AddColumn { definition, fill, .. } => {
            let mut column = column(definition)?;
            // The rows that are there get it as they would a default.
            let filled = |text: &String| DefaultValue { text: text.clone(), volatility: Volatility::Unknown };
            column.default = column.default.or_else(|| fill.as_ref().map(filled));
            ChangeKind::Add(TableItem::Column(column), false)
        }
        Change::DropColumn { name, if_exists } => {
            ChangeKind::DropColumn { name: kept(dialect, name), lenient: *if_exists, cascade: false }
        }
        Change::AlterColumn(edit) => {
            let name = kept(dialect, &edit.name);
            match (&edit.r#type, edit.null) {
                (Some(data_type), _) => {
                    let Column { data_type, .. } = column(&format!("c {data_type}"))?;
                    ChangeKind::SetType { column: name, data_type: data_type?, using: edit.using.is_some() }
                }
                (None, Some(false)) => ChangeKind::SetNotNull(name),
                (None, Some(true)) => ChangeKind::DropNotNull(name),
                (None, None) => ChangeKind::AlterColumn(name),
            }
        }
        Change::CreateIndex { sql, .. } => {
            let statement = sql::statements(dialect, sql).ok()?.into_iter().next()?;
            return sql::read(dialect, sql, &statement).ddl;
        }
        Change::AddConstraint { definition, .. } => {
            ChangeKind::Add(TableItem::Constraint(sql::read_constraint(dialect, definition)?), false)
        }
        _ => return None,
    };
    let changes = vec![sql::Change { offset: 0, kind }];
    Some(Ddl::AlterTable(AlterTable { name: table.clone(), changes, ..AlterTable::of(table.clone()) }))
}

impl Program {
    /// What it does, as far as that can be told.
    #[must_use]
    pub fn effects(&self, dialect: Dialect) -> ScriptEffects {
        self.reading(dialect).effects
    }
}
