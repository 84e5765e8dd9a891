//! Looks for orphans: streams the referring keys past their parents, and proves every suspect.
//!
//! Two databases have no common snapshot. So what a stream finds is a suspect and no more; `prove` decides. References with the
//! same parent share one pass over it. Every reading is a short statement that holds no snapshot, in a session that cannot write.

mod candidates;
mod compare;
mod feed;
mod held;
mod options;
mod pass;
mod progress;
mod prove;
mod proving;
mod run;
mod seen;
mod through;

pub use options::CheckOptions;
pub use progress::{Checkpoint, Progress};
