//! The union of the modules' errors, as the command shows them: kind, message, hint, place, and exit code.
//!
//! Every error of the library becomes a [`Failure`] by an exhaustive match, so that no error can come to have no exit code.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::Serialize;

use crate::database::{DatabaseError, DatabaseErrorKind, Left, StepFailure};
use crate::direction::Direction;
use crate::graph::{GraphError, TargetError};
use crate::lint::{Finding, Severity};
use crate::location::Location;
use crate::names::{BranchName, RevisionId};
use crate::plan::{PlanError, PlanFileError, Progress, Refusal, Step, ask, in_doubt};
use crate::problems::Problems;
use crate::project::ProjectError;
use crate::redact;
use crate::revision::RevisionError;
use crate::run::{RunError, StepOutcome, StepReport};
use crate::script::{ScriptError, ScriptErrorKind};
use crate::workspace::WorkspaceError;

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// A step or a query failed in a database.
    Failed = 1,
    /// Wrong usage, configuration, graph or script.
    Usage = 2,
    /// A check found something.
    Found = 3,
    /// Another run holds a lock.
    Locked = 4,
    /// A database cannot be reached or refuses the login.
    Unreachable = 5,
    /// A guard says no.
    Refused = 6,
    /// Interrupted; the state is true.
    Interrupted = 130,
}

/// One error, in the words of its module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// A stable name for machines.
    pub kind: &'static str,
    /// What is wrong.
    pub message: String,
    /// What helps.
    pub hint: Option<String>,
    /// Where it happened in what the statement made the database run, in the database's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The branch, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchName>,
    /// The revision, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<RevisionId>,
    /// The file, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in it, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The statement that failed, or as much of it as a person wants to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// The exit code that it deserves.
    #[serde(skip)]
    pub exit: Exit,
    /// Whether the file's own lines may be shown: not those of files that hold URLs.
    #[serde(skip)]
    pub shows_source: bool,
}

impl Failure {
    /// An error of this kind, about nothing in particular. A URL in its text, whoever put it there, loses its password.
    #[must_use]
    pub fn new(kind: &'static str, exit: Exit, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: shown(message.into()),
            hint: None,
            context: None,
            branch: None,
            revision: None,
            file: None,
            line: None,
            column: None,
            statement: None,
            exit,
            shows_source: true,
        }
    }

    /// An error in how the command was used.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", Exit::Usage, message)
    }

    /// The same with something that helps.
    #[must_use]
    pub fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.map(shown);
        self
    }

    /// The same with something that helps and has to be copied to the letter, such as lines for a file. No statement stands in it, and
    /// what looks like a password that one sets is none: only URLs lose theirs.
    #[must_use]
    pub fn with_exact_hint(mut self, hint: &str) -> Self {
        self.hint = Some(redact::prose(hint).into_owned());
        self
    }

    /// The same, about a branch.
    #[must_use]
    pub fn about(mut self, branch: Option<&BranchName>, revision: Option<&RevisionId>) -> Self {
        self.branch = branch.cloned();
        self.revision = revision.cloned();
        self
    }

    /// The same, pointing at a place.
    #[must_use]
    pub fn at(mut self, location: Option<&Location>) -> Self {
        if let Some(location) = location {
            self.file = Some(PathBuf::from(redact::path(&location.file)));
            self.line = location.line;
            self.column = location.column;
        }
        self
    }

    /// The place that it points at.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        self.file.as_ref().map(|file| Location { file: file.clone(), line: self.line, column: self.column })
    }
}

/// A text as it may be seen: no URL in it keeps its password, and no statement the password that it sets.
fn shown(text: String) -> String {
    match redact::said(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(redacted) => redacted,
    }
}

/// One or more errors that ended a command; the first one decides the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures(Vec<Failure>);

impl Failures {
    /// The errors; at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[Failure] {
        &self.0
    }

    /// The exit code of the first.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.0.first().map_or(Exit::Failed, |failure| failure.exit)
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Self {
        Self(vec![failure])
    }
}

impl FromIterator<Failure> for Failures {
    fn from_iter<I: IntoIterator<Item = Failure>>(failures: I) -> Self {
        Self(failures.into_iter().collect())
    }
}

impl From<&ProjectError> for Failure {
    fn from(error: &ProjectError) -> Self {
        let kind = match error {
            ProjectError::UnknownBranch { .. } => "unknown_branch",
            ProjectError::NotFound { .. } => "no_project",
            _ => "invalid_project",
        };
        let failure = Self::new(kind, Exit::Usage, error.to_string())
            .with_hint(error.hint())
            .about(error.branch(), None)
            .at(error.location().as_ref());
        Self { shows_source: false, ..failure }
    }
}

impl From<ProjectError> for Failures {
    fn from(error: ProjectError) -> Self {
        Failure::from(&error).into()
    }
}

impl From<Problems<ProjectError>> for Failures {
    fn from(problems: Problems<ProjectError>) -> Self {
        problems.as_slice().iter().map(Failure::from).collect()
    }
}

impl From<&RevisionError> for Failure {
    fn from(error: &RevisionError) -> Self {
        Self::new("invalid_revision", Exit::Usage, error.to_string())
            .with_hint(error.hint())
            .about(Some(error.branch()), error.revision())
            .at(Some(error.location()))
    }
}

impl From<&GraphError> for Failure {
    fn from(error: &GraphError) -> Self {
        let revision = error.revision();
        Self::new("invalid_graph", Exit::Usage, error.to_string())
            .with_hint(error.hint())
            .about(error.branch(), revision.map(|revision| &revision.id))
            .at(error.location().as_ref())
    }
}

impl From<WorkspaceError> for Failures {
    fn from(error: WorkspaceError) -> Self {
        match error {
            WorkspaceError::Project(problems) => problems.into(),
            WorkspaceError::Revisions(problems) => problems.as_slice().iter().map(Failure::from).collect(),
            WorkspaceError::Graph(errors) => errors.iter().map(Failure::from).collect(),
        }
    }
}

impl From<&TargetError> for Failure {
    fn from(error: &TargetError) -> Self {
        let revision = error.revision();
        Self::new("invalid_target", Exit::Usage, error.to_string())
            .with_hint(error.hint())
            .about(error.branch(), revision.map(|revision| &revision.id))
    }
}

impl From<TargetError> for Failures {
    fn from(error: TargetError) -> Self {
        Failure::from(&error).into()
    }
}

impl From<&ScriptError> for Failure {
    fn from(error: &ScriptError) -> Self {
        let exit = if error.kind == ScriptErrorKind::Irreversible { Exit::Refused } else { Exit::Usage };
        Self::new(error.kind.name(), exit, error.message.clone())
            .with_hint(error.hint.clone())
            .about(Some(&error.revision.branch), Some(&error.revision.id))
            .at(Some(&error.location))
    }
}

impl From<&Finding> for Failure {
    fn from(finding: &Finding) -> Self {
        // What stops a run says how it is let pass, where it can be.
        let pass = format!("where it is meant, a comment says so: `branchline: allow {}`", finding.code);
        let hint = match &finding.hint {
            Some(hint) if hint.contains("branchline: allow") => hint.clone(),
            Some(hint) => format!("{hint}; {pass}"),
            None => pass,
        };
        Self::new(finding.code.name(), Exit::Usage, finding.message.clone())
            .with_hint(Some(hint))
            .about(Some(&finding.revision.branch), Some(&finding.revision.id))
            .at(Some(&finding.location))
    }
}

impl From<&Refusal> for Failure {
    fn from(refusal: &Refusal) -> Self {
        Self::new(refusal.kind.name(), Exit::Refused, refusal.message.clone())
            .with_hint(refusal.hint.clone())
            .about(Some(&refusal.branch), refusal.revision.as_ref())
    }
}

impl From<&DatabaseError> for Failure {
    fn from(error: &DatabaseError) -> Self {
        let (kind, exit) = match error.kind {
            DatabaseErrorKind::Unreachable => ("unreachable", Exit::Unreachable),
            DatabaseErrorKind::LoginRefused => ("login_refused", Exit::Unreachable),
            DatabaseErrorKind::Tls => ("tls_refused", Exit::Unreachable),
            DatabaseErrorKind::NoSuchDatabase => ("no_such_database", Exit::Unreachable),
            DatabaseErrorKind::Query | DatabaseErrorKind::TimedOut => ("query_failed", Exit::Failed),
            DatabaseErrorKind::Blocked => ("blocked", Exit::Failed),
            DatabaseErrorKind::ConnectionLost => ("connection_lost", Exit::Failed),
            DatabaseErrorKind::Locked => ("locked", Exit::Locked),
            DatabaseErrorKind::WrongDatabase => ("wrong_database", Exit::Refused),
            DatabaseErrorKind::ReadOnly => ("read_only", Exit::Refused),
            DatabaseErrorKind::DiskFull => ("disk_full", Exit::Failed),
            DatabaseErrorKind::LockLost => ("lock_lost", Exit::Failed),
            DatabaseErrorKind::NoSessions => ("no_sessions", Exit::Refused),
            DatabaseErrorKind::Interrupted => ("interrupted", Exit::Interrupted),
            DatabaseErrorKind::ScriptChanged => ("invalid_script", Exit::Failed),
            DatabaseErrorKind::State => ("invalid_state", Exit::Failed),
        };
        let code = error.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        let failure = Self::new(kind, exit, format!("{error}{code}")).with_hint(error.hint.clone());
        Self { context: error.context.clone().map(shown), ..failure }
    }
}

impl From<&PlanError> for Failures {
    fn from(error: &PlanError) -> Self {
        match error {
            PlanError::Target(error) => Failure::from(error.as_ref()).into(),
            PlanError::Scripts(errors) => errors.iter().map(Failure::from).collect(),
            PlanError::Refused(refusals) => refusals.iter().map(Failure::from).collect(),
        }
    }
}

impl From<RunError> for Failures {
    fn from(error: RunError) -> Self {
        match &error {
            RunError::Plan(error) => error.into(),
            RunError::Databases(errors) => {
                errors.iter().map(|(branch, error)| Failure::from(error).about(Some(branch), None)).collect()
            }
            RunError::Urls(unknown) => unknown
                .iter()
                .map(|unknown| {
                    Failure::new("invalid_project", Exit::Usage, unknown.message.clone())
                        .with_hint(unknown.hint.clone())
                        .about(Some(&unknown.branch), None)
                })
                .collect(),
            RunError::Lint(findings) => {
                let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
                errors.map(Failure::from).collect()
            }
            RunError::Interrupted => Failure::new("interrupted", Exit::Interrupted, error.to_string()).into(),
        }
    }
}

impl From<PlanFileError> for Failure {
    fn from(error: PlanFileError) -> Self {
        Self::new("invalid_plan_file", Exit::Usage, error.to_string()).with_hint(error.hint())
    }
}

impl Failure {
    /// What a step failed of, where it failed.
    #[must_use]
    pub fn of_step(report: &StepReport) -> Option<Self> {
        let failure = match &report.outcome {
            StepOutcome::Failed(failure) => {
                let place = failure.location.clone().unwrap_or_else(|| Location::of_file(&report.step.file));
                let mut described = Self::from(&failure.error).at(Some(&place));
                // What refuses a run before its first step is the failure of a step later on.
                if described.exit == Exit::Refused {
                    described.exit = Exit::Failed;
                }
                described.statement = failure.statement.clone().map(shown);
                described.hint = match (left_hint(&report.step, failure), described.hint) {
                    (Some(left), Some(hint)) => Some(format!("{hint}; {left}")),
                    (left, hint) => left.or(hint),
                };
                described
            }
            // Steps before it may have changed a database by now: this is no longer a mere usage error.
            StepOutcome::Unreadable(error) => Self { exit: Exit::Failed, ..Self::from(error.as_ref()) },
            StepOutcome::Done
            | StepOutcome::Skipped
            | StepOutcome::Blocked { .. }
            | StepOutcome::NotStarted
            | StepOutcome::TakenBack => return None,
        };
        Some(failure.about(Some(&report.step.branch), Some(&report.step.revision)))
    }
}

/// What a failed step has left behind, and what helps there.
fn left_hint(step: &Step, failure: &StepFailure) -> Option<String> {
    let branch = &step.branch;
    // The script of a way up has its checksum on record: it is not the same once it is mended.
    let edited = match step.direction {
        Direction::Up => format!(", `branchline resume {branch} --accept-edited` where its script was mended"),
        Direction::Down => String::new(),
    };
    let stay =
        |progress: Progress| format!("{} of its {} statements took effect and stay", progress.done, progress.total);
    match failure.left {
        Left::Untouched => None,
        Left::Unfinished(progress) if failure.error.kind == DatabaseErrorKind::Interrupted => {
            Some(format!("{}: `branchline resume {branch}` goes on with the one that was interrupted", stay(progress)))
        }
        Left::Unfinished(progress) if failure.error.kind == DatabaseErrorKind::ScriptChanged => Some(format!(
            "{}: `branchline resume {branch}` goes on with the script as it was, `branchline resume {branch} \
             --accept-edited` with the edited one",
            stay(progress)
        )),
        Left::Unfinished(progress) => Some(format!(
            "{}: mend the cause, then `branchline resume {branch}` goes on with the one that failed{edited}",
            stay(progress)
        )),
        Left::InDoubt(progress) => Some(format!("{}; {}", stay(progress), in_doubt(branch, progress))),
        Left::Untold(progress) => Some(format!("{}; {}", stay(progress), ask(branch, progress))),
        Left::Unknown => Some(format!(
            "the connection was lost, and the database could not be asked what became of it: see `branchline status {branch}`"
        )),
    }
}
