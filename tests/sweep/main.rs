//! `references sweep`: the keys of deleted parents are recorded, and what refers to them is dealt with, in another database.

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod living;
mod load;
mod pending;
mod policies;
mod uninstall;
mod world;
