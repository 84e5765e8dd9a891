//! The verbs that need no database: they read and write the project's files only.

pub mod branches;
pub mod completions;
pub mod graph;
pub mod heads;
pub mod history;
pub mod init;
pub mod lint;
mod long_statements;
pub mod man;
pub mod merge;
pub mod revision;
mod revision_line;
pub mod show;
mod show_script;
pub mod statements;
mod table_history;
