//! States, plans and outcomes as the plain data that JSON documents are made of, by the contract of the design's `cli.md`.

mod finding;
mod status;
mod steps;

pub use finding::Finding;
pub use status::{BranchStatus, StatusState, UnfinishedRevision};
pub use steps::{StepDocument, plan_steps};
