//! Runs that are killed, cut off and run against each other: whatever dies and whenever, the tables tell the truth, and a second
//! run reaches what an undisturbed one does, with nothing applied twice and nothing lost.
//!
//! A scenario of a few revisions is stopped at every place where the command speaks to a database (`failpoint`), and there the
//! damage is done. What every fault came to is counted; `.ci/test` prints the figures.

#[path = "../support/mod.rs"]
mod support;

mod backend;
mod client;
mod figures;
mod points;
mod scenario;
mod server;
mod together;
mod truth;
mod wire;
