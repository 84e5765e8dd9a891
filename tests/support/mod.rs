//! What the integration tests share: fresh databases on three engines, projects in temporary folders, the command in a
//! sealed environment, and schemas read back as comparable values.
//!
//! PostgreSQL and MariaDB are reached through the URLs that `.ci/servers` exports. A test that needs them and does not
//! find them fails: nothing is skipped in silence.

// Each test file is a crate of its own and uses a part of this only.
#![allow(dead_code, unused_imports)]

pub mod browser;
pub mod catalog;
pub mod certificates;
pub mod command;
pub mod database;
pub mod dump;
pub mod pair;
pub mod project;
pub mod proxy;
pub mod running;
pub mod server;
pub mod stopped;

pub use command::{Outcome, branchline};
pub use database::{Engine, TestDatabase};
pub use pair::Pair;
pub use project::TestProject;
pub use proxy::Proxy;
pub use server::TestServer;
