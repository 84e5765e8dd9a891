//! Why a run did not begin, or could not.

use crate::database::DatabaseError;
use crate::graph::TargetError;
use crate::lint::Finding;
use crate::names::BranchName;
use crate::plan::{PlanError, Refusal};

/// Why a run did not begin. No step was taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RunError {
    /// There is no plan, or it must not run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Databases that cannot be used, by branch name; at least one.
    #[error("{}", .0.iter().map(|(branch, error)| format!("branch {branch}: {error}")).collect::<Vec<_>>().join("\n"))]
    Databases(Vec<(BranchName, DatabaseError)>),
    /// Branches whose databases are needed, and whose URLs are not known; at least one.
    #[error("{}", .0.iter().map(|unknown| unknown.message.clone()).collect::<Vec<_>>().join("\n"))]
    Urls(Vec<UnknownUrl>),
    /// Scripts in which lint finds errors: all that it finds, errors first.
    #[error("{}", .0.iter().map(|finding| format!("{}: {}", finding.location, finding.message)).collect::<Vec<_>>().join("\n"))]
    Lint(Vec<Finding>),
    /// Interrupted before the first step.
    #[error("interrupted before the first step")]
    Interrupted,
}

/// A branch whose database is needed, and whose URL is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownUrl {
    /// The branch.
    pub branch: BranchName,
    /// Why not.
    pub message: String,
    /// What helps.
    pub hint: Option<String>,
}

impl RunError {
    pub(super) fn database(branch: &BranchName, error: DatabaseError) -> Self {
        if error.kind == crate::database::DatabaseErrorKind::Interrupted {
            return Self::Interrupted;
        }
        Self::Databases(vec![(branch.clone(), error)])
    }
}

impl RunError {
    /// The same with why the databases were to be read.
    pub(super) fn because(self, why: &str) -> Self {
        let with_why = |message: &str| format!("{message} ({why})");
        match self {
            Self::Databases(errors) => {
                let told = |error: DatabaseError| DatabaseError { message: with_why(&error.message), ..error };
                Self::Databases(errors.into_iter().map(|(branch, error)| (branch, told(error))).collect())
            }
            Self::Urls(unknown) => {
                let told = |unknown: UnknownUrl| UnknownUrl { message: with_why(&unknown.message), ..unknown };
                Self::Urls(unknown.into_iter().map(told).collect())
            }
            other => other,
        }
    }
}

impl From<TargetError> for RunError {
    fn from(error: TargetError) -> Self {
        Self::Plan(error.into())
    }
}

impl From<Vec<Refusal>> for RunError {
    fn from(refusals: Vec<Refusal>) -> Self {
        Self::Plan(PlanError::Refused(refusals))
    }
}
