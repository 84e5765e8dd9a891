//! `references check`: every pair of engines and every form of key, the classes, the orders that only look like one, and the
//! proof under load.

#[path = "../support/mod.rs"]
mod support;

mod churn;
mod classes;
mod many;
mod orders;
mod pairs;
mod rare;
mod verb;
mod world;
mod wrong;
