//! States, plans and outcomes as the plain data that JSON documents are made of, by the contract of the design's `cli.md`.

mod checks;
mod discovered;
mod finding;
mod junit;
mod listed;
mod markup;
mod page;
mod sarif;
mod status;
mod steps;

pub use checks::{CheckFindings, CheckedDocument, checked_documents};
pub use discovered::{discovered_findings, found_document, unresolved_document};
pub use finding::Finding;
pub use junit::junit;
pub use listed::{ListedDocument, crossing_document, unbound_note, unrecorded_why};
pub use page::{LineKind, Page, PageBranch, Picture, PictureLine, RecordedCheck};
pub use sarif::sarif;
pub use status::{BranchStatus, StatusState, UnfinishedRevision};
pub use steps::{StepDocument, plan_steps};
