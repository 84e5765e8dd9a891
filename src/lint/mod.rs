//! What is wrong with scripts, or will be where they run: rules over what they say, a rule a file.
//!
//! Pure: readings, graph and declared references in, findings out. A rule says only what is certain; where a script does more
//! than can be told, it says nothing. Rules look at three things: one script ([`rule::script`]), the two ways of a revision and
//! the revisions of a branch, and branches beside each other ([`project`]). What was found is held against what the branch
//! and the scripts say of it ([`settle`]).

mod branch;
mod code;
mod finding;
mod kind;
mod levels;
mod project;
mod references;
mod restore;
mod rule;
#[cfg(test)]
mod rule_tests;
mod script;
mod settle;
mod table;
mod tables;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod touch;
mod twice;

pub use branch::{BranchScripts, Ways};
pub use code::{Code, Group, Level, NoSuchCode, Severity};
pub use finding::{Finding, Found, FoundIn};
pub use levels::{LevelError, Levels};
pub use project::{Project, maker, project};
pub use rule::{
    Databases, ForeignTable, Maker, foreign_tables, other_database, references_other_branch, script as script_rules,
};
pub use script::{Line, ReadScript, Script, own};
pub use settle::{Meant, Scope, settle};
pub use table::{Table, TableColumn};
pub use tables::{Ever, Tables};
