//! What a statement does to which object, told from its tokens.
//!
//! Three answers: an effect, none, or unknown. What a statement does through something that it calls (a block, a
//! procedure, a function in a SELECT of its own) cannot be told here, and is said to be unknown; nothing is guessed. What
//! triggers and rules add is not looked at: they belong to the table, and not to the script.

mod alter;
mod create;
mod data;
mod drop;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use super::pattern::code;
use super::scan::Statement;
use super::verb::Verb;
use super::words::Words;
use super::{ddl, ddl::Ddl};
use crate::dialect::Dialect;

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// What is known, in the order of the statement.
    pub known: Vec<Effect>,
    /// There is, or may be, more than that.
    pub unknown: bool,
}

/// What a statement does to one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Effect {
    /// What it does.
    pub action: Action,
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// What the object is called.
    pub name: ObjectName,
    /// The table that it belongs to: of columns, constraints, triggers, and of indexes where the statement says so.
    pub table: Option<ObjectName>,
    /// What a rename makes of the name.
    pub to: Option<String>,
    /// `IF EXISTS`, `IF NOT EXISTS`, `OR REPLACE`, `TEMPORARY`: it does not fail where another one is there, or none.
    pub lenient: bool,
}

/// What a script does, each with the line of its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptEffects {
    /// What is known.
    pub known: Vec<(usize, Effect)>,
    /// The lines of the statements that do, or may do, more than that.
    pub unknown: Vec<usize>,
    /// It says itself where names without a schema are looked for.
    pub moves_names: bool,
    /// The last lines of the statements that have several, by their first.
    pub last_lines: BTreeMap<usize, usize>,
}

impl ScriptEffects {
    /// All lines of the statement, or the step, that begins at a line.
    #[must_use]
    pub fn lines(&self, line: usize) -> RangeInclusive<usize> {
        line..=self.last_lines.get(&line).copied().unwrap_or(line)
    }
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is made.
    Creates,
    /// It is changed; its name stays.
    Changes,
    /// It gets another name.
    Renames,
    /// It is dropped.
    Drops,
    /// Its rows are changed.
    Writes,
    /// Its rows are read, or a foreign key points to it.
    Reads,
}

impl Action {
    /// The word for it, in texts and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Creates => "creates",
            Self::Changes => "changes",
            Self::Renames => "renames",
            Self::Drops => "drops",
            Self::Writes => "writes",
            Self::Reads => "reads",
        }
    }
}

macro_rules! object_kinds {
    ($($name:ident = $word:literal),* $(,)?) => {
        /// What kind of object it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ObjectKind {
            $(#[doc = concat!("A ", $word, ".")] $name,)*
        }

        impl ObjectKind {
            /// The word for it, in texts and in JSON.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

object_kinds! {
    Table = "table",
    Column = "column",
    Index = "index",
    Constraint = "constraint",
    View = "view",
    Type = "type",
    Sequence = "sequence",
    Function = "function",
    Trigger = "trigger",
    Policy = "policy",
    Rule = "rule",
    Schema = "schema",
    Extension = "extension",
}

/// The name of an object as the engine keeps it: without quotes, and in small letters where the engine folds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The schema, or database, where it is said.
    pub schema: Option<String>,
    /// The name in it.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.action.word(), self.kind.word(), self.name)?;
        if let Some(table) = &self.table {
            write!(f, " of {table}")?;
        }
        if let Some(to) = &self.to {
            write!(f, " to {to}")?;
        }
        Ok(())
    }
}

impl Effect {
    /// The table, or view, that it is about.
    #[must_use]
    pub fn table(&self) -> Option<&ObjectName> {
        match self.kind {
            ObjectKind::Table | ObjectKind::View => Some(&self.name),
            _ => self.table.as_ref(),
        }
    }
}

/// Whether a statement says where names without a schema are looked for.
#[must_use]
pub fn moves_names(dialect: Dialect, text: &str, statement: &Statement) -> bool {
    let says_so = || code(dialect, text, statement.range.clone()).any(|code| code.text.contains("search_path"));
    match statement.verb {
        Verb::Use => true,
        Verb::Set | Verb::Select => dialect == Dialect::Postgres && says_so(),
        _ => false,
    }
}

/// What a statement does. `text` must be the text that it was found in.
#[must_use]
pub fn effects(dialect: Dialect, text: &str, statement: &Statement) -> Effects {
    let codes: Vec<_> = code(dialect, text, statement.range.clone()).collect();
    let words = Words::new(dialect, &codes);
    of(&words, statement.verb, ddl::read(&words, statement.verb).as_ref())
}

/// The same, from the statement's code, and what was read of it where it is about a table or an index.
pub(super) fn of(words: &Words<'_>, verb: Verb, ddl: Option<&Ddl>) -> Effects {
    let mut effects = Effects::default();
    if words.has_escaped_name() {
        effects.unknown = true;
        return effects;
    }
    if let Some(ddl) = ddl {
        table::read(ddl, words, &mut effects);
        return effects;
    }
    let mut words = words.clone();
    let read = match verb {
        Verb::Create => create::read(&mut words, &mut effects),
        Verb::Alter => alter::read(&mut words, &mut effects),
        Verb::Drop => drop::read(&mut words, &mut effects),
        Verb::Rename => alter::rename_tables(&mut words, &mut effects),
        Verb::Comment => alter::comment(&mut words, &mut effects),
        Verb::Insert | Verb::Replace | Verb::Update | Verb::Delete | Verb::Merge | Verb::Copy | Verb::Truncate => {
            data::write(&mut words, &mut effects)
        }
        Verb::Select | Verb::With => data::select(&mut words, &mut effects),
        Verb::Refresh => data::refresh(&mut words, &mut effects),
        verb => touches_nothing(verb).then_some(()),
    };
    effects.unknown |= read.is_none();
    effects
}

/// Statements after which every object is as it was.
const fn touches_nothing(verb: Verb) -> bool {
    use Verb as V;
    matches!(
        verb,
        V::Set | V::Grant | V::Revoke | V::Pragma | V::Use | V::Lock | V::Vacuum | V::Analyze | V::Reindex | V::Cluster
    )
}

impl Effects {
    fn push(&mut self, action: Action, kind: ObjectKind, name: ObjectName, lenient: bool) {
        self.known.push(Effect { action, kind, name, table: None, to: None, lenient });
    }

    fn push_of(&mut self, action: Action, kind: ObjectKind, name: String, table: &ObjectName, lenient: bool) {
        let name = ObjectName { schema: None, name };
        self.known.push(Effect { action, kind, name, table: Some(table.clone()), to: None, lenient });
    }

    fn rename(&mut self, kind: ObjectKind, name: ObjectName, table: Option<&ObjectName>, to: String) {
        let action = Action::Renames;
        self.known.push(Effect { action, kind, name, table: table.cloned(), to: Some(to), lenient: false });
    }
}
