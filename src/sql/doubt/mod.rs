//! A statement that was begun in a session that died: what can be known of it afterwards.
//!
//! Some are one transaction with the note that they are done, and took no effect where there is no note. Some may be run
//! again. Of the rest, what they make, rename and drop is looked for in the catalog: nobody else writes while a branch is
//! locked, and a CREATE that found its name taken, or a DROP that found nothing, would have failed. What is to be asked is
//! decided here, and what the answers mean; no guess is made: what cannot be told is said to be so.

mod statement;
mod traces;

use std::fmt;

use super::effect::{ObjectKind, ObjectName};

pub use traces::Traces;

/// What can be known of a statement whose session died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It was one transaction with the note that it is done.
    Joined,
    /// The same, as far as the tables that it writes take rows back; nothing where it cannot be told which these are.
    JoinedWhereRowsRollBack(Option<Vec<ObjectName>>),
    /// It may be run again, whether it took effect or not.
    Repeatable,
    /// The catalog tells.
    Told {
        /// What is, or is not, there if it took effect; never empty.
        traces: Vec<Trace>,
        /// It also filled a table with rows, of which the catalog says nothing.
        fills: bool,
    },
    /// Nothing tells, because of this.
    Untold(&'static str),
}

/// Something that is there if a statement took effect and is not if it did not, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What it is.
    pub thing: Thing,
    /// Whether it is there afterwards.
    pub after: bool,
}

/// Something that a catalog knows of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A table, a view or a sequence: no two of them have the same name.
    Relation(ObjectKind, ObjectName),
    /// A column.
    Column {
        /// Its table.
        table: ObjectName,
        /// Its name.
        name: String,
    },
    /// An index.
    Index {
        /// Its table, where the statement says so.
        table: Option<ObjectName>,
        /// Its name.
        name: ObjectName,
    },
    /// A key, a check or a foreign key.
    Constraint {
        /// Its table.
        table: ObjectName,
        /// Its name.
        name: String,
    },
    /// The primary key of a table.
    PrimaryKey(ObjectName),
    /// A trigger.
    Trigger(ObjectName),
    /// A function.
    Function(ObjectName),
    /// A procedure.
    Procedure(ObjectName),
    /// A schema.
    Schema(String),
    /// A value of the enum that a column holds.
    EnumValue {
        /// The table.
        table: ObjectName,
        /// The column.
        column: String,
        /// The value.
        value: String,
    },
}

/// What an engine is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether something is there.
    IsThere(Thing),
    /// Whether a ROLLBACK takes back what was written to these tables; to whatever tables, where none are named.
    RowsRollBack(Option<Vec<ObjectName>>),
}

/// What it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not.
    No,
    /// It is there, and of no use: an index that was not built to its end.
    HalfBuilt,
    /// This engine does not say.
    Unknown,
}

/// What became of the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It took effect, as this shows.
    TookEffect(String),
    /// It took none, as this shows.
    TookNone(String),
    /// It does no harm to run it again.
    Repeatable,
    /// Nobody can tell, because of this.
    Untold(String),
}

const JOINED: &str = "it is one transaction with the note that it is done";

impl Doubt {
    /// What is to be asked.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        match self {
            Self::Told { traces, .. } => traces.iter().map(|trace| Question::IsThere(trace.thing.clone())).collect(),
            Self::JoinedWhereRowsRollBack(tables) => vec![Question::RowsRollBack(tables.clone())],
            Self::Joined | Self::Repeatable | Self::Untold(_) => Vec::new(),
        }
    }

    /// What the answers, one a question, come to.
    #[must_use]
    pub fn settle(&self, answers: &[Answer]) -> Verdict {
        match self {
            Self::Joined => Verdict::TookNone(JOINED.to_owned()),
            Self::JoinedWhereRowsRollBack(_) if answers == [Answer::Yes] => Verdict::TookNone(JOINED.to_owned()),
            Self::JoinedWhereRowsRollBack(_) => {
                Verdict::Untold("it may write to a table whose engine takes nothing back".to_owned())
            }
            Self::Repeatable => Verdict::Repeatable,
            Self::Untold(why) => Verdict::Untold((*why).to_owned()),
            Self::Told { traces, fills } => told(traces, answers, *fills),
        }
    }

    /// The same for a script that says itself where names without a schema are looked for: where it has looked for them, its
    /// own session knows alone.
    #[must_use]
    pub fn where_names_move(self) -> Self {
        let Self::Told { traces, .. } = &self else { return self };
        if traces.iter().all(|trace| trace.thing.schema().is_some()) {
            return self;
        }
        Self::Untold("the script says where names are looked for, and its session is gone")
    }
}

fn told(traces: &[Trace], answers: &[Answer], fills: bool) -> Verdict {
    let said: Vec<(bool, String)> = traces
        .iter()
        .zip(answers)
        .filter_map(|(trace, answer)| {
            let (found, how) = match answer {
                Answer::Yes => (true, "is there"),
                Answer::No => (false, "is not there"),
                // One to be made is not there yet, one to be dropped still is.
                Answer::HalfBuilt => (!trace.after, "is half built"),
                Answer::Unknown => return None,
            };
            Some((found == trace.after, format!("{} {how}", trace.thing)))
        })
        .collect();
    if said.len() < traces.len() {
        return Verdict::Untold("the database does not say".to_owned());
    }
    let of = |took: bool| said.iter().find(|(this, _)| *this == took).map(|(_, what)| what.clone());
    match (of(true), of(false)) {
        (Some(there), None) if fills => Verdict::Untold(format!("{there}, and nothing says whether all its rows are")),
        (Some(what), None) => Verdict::TookEffect(what),
        (None, Some(what)) => Verdict::TookNone(what),
        (Some(one), Some(other)) => Verdict::Untold(format!("{one}, but {other}")),
        (None, None) => Verdict::Untold("there is nothing to look for".to_owned()),
    }
}

impl Thing {
    /// The schema that it is said to be in.
    fn schema(&self) -> Option<&str> {
        let name = match self {
            Self::Relation(_, name) | Self::Trigger(name) | Self::Function(name) | Self::Procedure(name) => name,
            Self::Index { table: Some(table), .. } => table,
            Self::Index { table: None, name } => name,
            Self::Column { table, .. } | Self::Constraint { table, .. } | Self::EnumValue { table, .. } => table,
            Self::PrimaryKey(table) => table,
            Self::Schema(name) => return Some(name),
        };
        name.schema.as_deref()
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relation(kind, name) => write!(f, "the {} {name}", kind.word()),
            Self::Column { table, name } => write!(f, "the column {name} of {table}"),
            Self::Index { name, .. } => write!(f, "the index {name}"),
            Self::Constraint { table, name } => write!(f, "the constraint {name} of {table}"),
            Self::PrimaryKey(table) => write!(f, "the primary key of {table}"),
            Self::Trigger(name) => write!(f, "the trigger {name}"),
            Self::Function(name) => write!(f, "the function {name}"),
            Self::Procedure(name) => write!(f, "the procedure {name}"),
            Self::Schema(name) => write!(f, "the schema {name}"),
            Self::EnumValue { table, column, value } => {
                write!(f, "the value '{value}' of the column {column} of {table}")
            }
        }
    }
}
