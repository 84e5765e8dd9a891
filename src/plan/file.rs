//! Plan files: a plan kept for later, which runs only where everything is still as it was when the plan was made.

use serde::{Deserialize, Serialize};

use super::{Plan, Refusal, RefusalKind};

/// The layout of plan files, so that an older tool does not misread a newer file.
const LAYOUT: u32 = 1;

/// What a plan file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    layout: u32,
    project: Option<String>,
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

impl PlanFile {
    /// A plan file of a plan, and of the request that it was made for.
    #[must_use]
    pub fn new(project: Option<&str>, request: &super::Request, plan: Plan) -> Self {
        Self {
            layout: LAYOUT,
            project: project.map(str::to_owned),
            with_others: request.with_others,
            allow_out_of_order: request.allow_out_of_order,
            plan,
        }
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

    /// Compares the saved plan with one made now: each difference is a refusal.
    #[must_use]
    pub fn differences(&self, now: &Plan) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let mut refuse = |branch, revision, message| {
            let hint = Some("make a new plan with `branchline plan --out`, and look at it again".to_owned());
            refusals.push(Refusal { kind: RefusalKind::PlanOutdated, branch, revision, message, hint });
        };
        for saved in &self.plan.branches {
            let Some(found) = now.branches.iter().find(|start| start.branch == saved.branch) else {
                refuse(saved.branch.clone(), None, format!("branch {} is no longer part of the plan", saved.branch));
                continue;
            };
            // Before the first run there is no identity yet; then the name must do.
            let another =
                saved.identity != found.identity || (saved.identity.is_none() && saved.database != found.database);
            if another {
                let message = format!("{} is another database than the one that was planned for", found.database);
                refuse(saved.branch.clone(), None, message);
            } else if saved.state != found.state {
                let message = format!("{} has changed since the plan was made", found.database);
                refuse(saved.branch.clone(), None, message);
            }
        }
        for (saved, found) in self.plan.steps.iter().zip(&now.steps) {
            if saved.key() == found.key() && saved.checksum != found.checksum {
                let message = format!("{} has changed since the plan was made", found.file.display());
                refuse(found.branch.clone(), Some(found.revision.clone()), message);
            }
        }
        if refusals.is_empty() && self.plan.steps != now.steps {
            let branch = self.plan.steps.first().or(now.steps.first()).map(|step| step.branch.clone());
            if let Some(branch) = branch {
                let hint = Some("make a new plan with `branchline plan --out`, and look at it again".to_owned());
                let message = "the steps are no longer the same: revisions were added, removed or changed".to_owned();
                refusals.push(Refusal { kind: RefusalKind::PlanOutdated, branch, revision: None, message, hint });
            }
        }
        refusals
    }
}
