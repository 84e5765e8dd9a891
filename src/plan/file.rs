//! Plan files: a plan kept for later, which runs only where everything is still as it was when the plan was made.

use serde::{Deserialize, Serialize};

use crate::names::{BranchName, RevisionId};

use super::{Plan, Refusal, RefusalKind, Snapshot, Start};

/// The layout of plan files, so that an older tool does not misread a newer file.
const LAYOUT: u32 = 1;

/// What a plan file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    layout: u32,
    with_others: bool,
    allow_out_of_order: bool,
    plan: Plan,
}

/// A file that is no plan file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// Not what `plan --out` writes.
    #[error("it is no plan file: {0}")]
    Unreadable(String),
    /// Written by a newer version.
    #[error("it was written by a newer version (layout {0})")]
    Newer(u32),
}

impl PlanFileError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable(_) => "`branchline plan --out FILE` writes one".to_owned(),
            Self::Newer(_) => "run it with that version, or make a new plan".to_owned(),
        })
    }
}

impl PlanFile {
    /// A plan file of a plan, and of the request that it was made for.
    #[must_use]
    pub fn new(request: &super::Request, plan: Plan) -> Self {
        Self { layout: LAYOUT, with_others: request.with_others, allow_out_of_order: request.allow_out_of_order, plan }
    }

    /// The file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads the file's text.
    ///
    /// # Errors
    ///
    /// [`PlanFileError`].
    pub fn parse(text: &str) -> Result<Self, PlanFileError> {
        #[derive(Deserialize)]
        struct Layout {
            layout: u32,
        }
        // A list would be taken for a struct, and complained about in those words.
        if !text.trim_start().starts_with('{') {
            return Err(PlanFileError::Unreadable("it holds no JSON object".to_owned()));
        }
        let unreadable = |error: serde_json::Error| PlanFileError::Unreadable(error.to_string());
        let Layout { layout } = serde_json::from_str(text).map_err(unreadable)?;
        if layout > LAYOUT {
            return Err(PlanFileError::Newer(layout));
        }
        serde_json::from_str(text).map_err(unreadable)
    }

    /// The saved plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The request to plan again with; its targets are those of the saved plan.
    ///
    /// # Errors
    ///
    /// A target that is none: somebody edited the file.
    pub fn request(&self) -> Result<super::Request, crate::graph::TargetError> {
        Ok(super::Request {
            direction: self.plan.direction,
            targets: self.plan.targets.iter().map(|target| target.parse()).collect::<Result<_, _>>()?,
            with_others: self.with_others,
            allow_out_of_order: self.allow_out_of_order,
        })
    }

    /// Compares where the saved plan starts with what was found: each difference is a refusal. Known before a plan is made
    /// again, which from another state could fail for reasons that have nothing to do with what the user looked at.
    #[must_use]
    pub fn moved<'a>(&self, found: impl IntoIterator<Item = &'a Snapshot>) -> Vec<Refusal> {
        let saved = |branch: &BranchName| self.plan.branches.iter().find(|start| start.branch == *branch);
        found.into_iter().filter_map(|snapshot| moved(saved(&snapshot.branch)?, &Start::of(snapshot))).collect()
    }

    /// Compares the saved plan with one made now: each difference is a refusal.
    #[must_use]
    pub fn differences(&self, now: &Plan) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for saved in &self.plan.branches {
            match now.branches.iter().find(|start| start.branch == saved.branch) {
                Some(found) => refusals.extend(moved(saved, found)),
                None => {
                    let message = format!("branch {} is no longer part of the plan", saved.branch);
                    refusals.push(outdated(&saved.branch, None, message));
                }
            }
        }
        for (saved, found) in self.plan.steps.iter().zip(&now.steps) {
            if saved.key() == found.key() && saved.checksum != found.checksum {
                let message = format!("{} has changed since the plan was made", found.file.display());
                refusals.push(outdated(&found.branch, Some(found.revision.clone()), message));
            }
        }
        if refusals.is_empty()
            && self.plan.steps != now.steps
            && let Some(step) = self.plan.steps.first().or(now.steps.first())
        {
            let message = "the steps are no longer the same: revisions were added, removed or changed".to_owned();
            refusals.push(outdated(&step.branch, None, message));
        }
        refusals
    }
}

/// Why a branch is not where a plan starts.
fn moved(saved: &Start, found: &Start) -> Option<Refusal> {
    let is_same = match (saved.identity, found.identity) {
        (Some(saved), Some(found)) => saved == found,
        // A database gets its identity with its first run; before that the name must do.
        (None, _) => saved.database == found.database,
        (Some(_), None) => false,
    };
    let says = if !is_same {
        "is another database than the one that was planned for"
    } else if saved.identity != found.identity || saved.state != found.state {
        "has changed since the plan was made"
    } else {
        return None;
    };
    Some(outdated(&saved.branch, None, format!("{} {says}", found.database)))
}

fn outdated(branch: &BranchName, revision: Option<RevisionId>, message: String) -> Refusal {
    let hint = Some("make a new plan with `branchline plan --out`, and look at it again".to_owned());
    Refusal { kind: RefusalKind::PlanOutdated, branch: branch.clone(), revision, message, hint }
}
