//! Branchline: migrations for many databases that belong together.
//!
//! Data flows one way, and each stage has a type of its own that knows more than the one before:
//!
//! ```text
//!     branches/*.toml, migrations/**            databases
//!           |                                      |
//!        project, revision                     database (inspect, side by side)
//!           |                                      |
//!         graph  ------------------>  plan  <---- state as it was found
//!                                      |          (pure, synchronous; a value that prints, saves, compares)
//!                                     run         (locks, plans again, a worker a branch, journal)
//!                                      |
//!                                    events ----> report (text, JSON), progress, exit code
//! ```
//!
//! The library never prints, exits or reads the environment; the command does, and is its first user.

pub mod catalog;
pub mod database;
pub mod database_url;
pub mod dialect;
pub mod direction;
pub mod error;
#[doc(hidden)]
pub mod failpoint;
pub mod graph;
mod hex;
pub mod journal;
pub mod lint;
pub mod listing;
pub mod location;
pub mod names;
pub mod plan;
pub mod problems;
pub mod project;
pub mod redact;
pub mod reference;
pub mod report;
pub mod revision;
pub mod run;
pub mod schema;
pub mod script;
pub mod sql;
pub mod suggest;
pub mod toml_file;
pub mod workspace;
