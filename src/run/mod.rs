//! The coordinator: brings databases to where a plan wants them.
//!
//! It opens only the databases that the plan needs, all at once; identifies them; locks them in one fixed order, by branch
//! name; plans again from what is found under the locks; then runs independent branches at the same time and dependent steps
//! in order. It prints nothing: what happens is told as [`Event`]s, and what became of every step is in the [`Outcome`].

mod attempt;
mod board;
mod compensate;
mod doubt;
mod error;
mod event;
mod execute;
mod journal;
mod lint;
mod options;
mod outcome;
mod prepare;
mod reference_guard;
mod references;
mod scripts;
mod settle;
mod stamp;
mod unfinished;
mod worker;

pub use error::{RunError, UnknownUrl};
pub use event::Event;
pub use execute::Acceptance;
pub use journal::Journal;
pub use options::{OnFailure, RunOptions};
pub use outcome::{Kept, Outcome, StepOutcome, StepReport};
pub use prepare::{Coordinator, Prepared};
pub use references::{
    BranchReferences, CaptureChange, CaptureReport, CheckOptions, Checkpoint, DiscoverOptions, Discovered, Live,
    OpenSessions, Problem, Progress, ReferenceList, SkippedBranch, StatesAndReferences, SweepOptions, Waiting, Way,
    WayReport,
};
pub use stamp::Stamp;
pub use unfinished::{Resume, ResumePlan};

/// Stops a run: cancel it, and the run ends as soon as the databases have let go of what was under way.
pub use tokio_util::sync::CancellationToken as Cancel;
