//! What happens during a run, for those who watch.

use std::time::Duration;

use crate::names::{BranchName, RevisionKey};
use crate::plan::{Plan, Step};

use super::outcome::StepReport;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A database does not answer yet, and is tried again.
    Unreachable {
        /// The branch.
        branch: &'a BranchName,
        /// What it said.
        message: String,
    },
    /// Another run holds a branch's lock.
    Waiting {
        /// The branch.
        branch: &'a BranchName,
        /// Who holds it.
        holder: String,
    },
    /// A statement of a step waits for a lock of the database.
    Blocked {
        /// The step.
        step: &'a Step,
        /// The sessions that hold it.
        by: &'a str,
    },
    /// A step lost to another session, took nothing along, and is tried again.
    Retrying {
        /// The step.
        step: &'a Step,
        /// What the database said.
        message: String,
        /// When.
        after: Duration,
    },
    /// A revision was left half-way, and this was found of the statement that was under way.
    Found {
        /// The revision.
        key: &'a RevisionKey,
        /// What was found.
        found: &'a str,
    },
    /// The locks are held, and this is what will be done.
    Started {
        /// The plan.
        plan: &'a Plan,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: &'a Step,
    },
    /// A step has ended, one way or another.
    StepFinished {
        /// The step, and what became of it.
        report: &'a StepReport,
    },
}
