//! Makes the plan: chooses the steps, then puts together what is known of each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::direction::Direction;
use crate::graph::{Graph, RevisionIndex, Selection, select_down, select_up};
use crate::names::{BranchName, RevisionKey};
use crate::revision::Checksum;

use super::guard::applied;
use super::{Plan, PlanError, Refusal, RefusalKind, Request, Snapshot, Start, Step, why};

/// What is known of a step's script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepScript {
    /// The file.
    pub file: PathBuf,
    /// Of the file.
    pub checksum: Checksum,
    /// Whether it and its record are one transaction.
    pub transaction: bool,
    /// Whether it drops tables or columns, or takes rows away without saying which.
    pub destructive: bool,
}

/// Chooses the steps. All branches that [`crate::graph::branches_to_read`] names must be among the snapshots.
///
/// # Errors
///
/// A target that cannot be followed; steps on other branches that nobody agreed to.
pub fn select(
    graph: &Graph,
    request: &Request,
    snapshots: &BTreeMap<BranchName, Snapshot>,
) -> Result<Selection, PlanError> {
    let applied = applied(graph, snapshots);
    let selection = match request.direction {
        Direction::Up => select_up(graph, &applied, &request.targets)?,
        Direction::Down => select_down(graph, &applied, &request.targets)?,
    };
    if !request.with_others && !selection.foreign.is_empty() {
        return Err(PlanError::Refused(foreign(graph, request, &selection)));
    }
    Ok(selection)
}

/// Steps that the targets drag along: each is named, with who needs it, and the command that takes all of them.
fn foreign(graph: &Graph, request: &Request, selection: &Selection) -> Vec<Refusal> {
    let targets = request.targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let list = |indexes: &[RevisionIndex]| -> String {
        indexes.iter().map(|&index| graph.key(index).to_string()).collect::<Vec<_>>().join(", ")
    };
    selection
        .foreign
        .iter()
        .map(|(&step, because)| {
            let key = graph.key(step);
            let (kind, message, hint) = match request.direction {
                Direction::Up => (
                    RefusalKind::DependencyMissing,
                    format!("{key} is not applied, and {} depends on it", list(because)),
                    {
                        let tips = list(&selection.foreign_tips(graph)).replace(", ", " ");
                        format!(
                            "`branchline upgrade {tips}` brings what is missing; `branchline upgrade {targets} \
                             --with-dependencies` does it in one go"
                        )
                    },
                ),
                Direction::Down => (
                    RefusalKind::DependentInTheWay,
                    format!("{key} is applied, and depends on {}", list(because)),
                    format!("`branchline downgrade {targets} --with-dependents` takes it down first"),
                ),
            };
            Refusal { kind, branch: key.branch.clone(), revision: Some(key.id.clone()), message, hint: Some(hint) }
        })
        .collect()
}

/// Puts the plan together.
#[must_use]
pub fn assemble(
    graph: &Graph,
    request: &Request,
    selection: &Selection,
    snapshots: &BTreeMap<BranchName, Snapshot>,
    scripts: Vec<StepScript>,
) -> Plan {
    let in_plan: crate::graph::RevisionSet = selection.steps.iter().copied().collect();
    let steps = selection
        .steps
        .iter()
        .zip(scripts)
        .map(|(&index, script)| {
            let node = graph.node(index);
            Step {
                branch: node.key.branch.clone(),
                revision: node.key.id.clone(),
                direction: request.direction,
                description: node.description.clone(),
                file: script.file,
                checksum: script.checksum,
                waits_for: waits_for(graph, request.direction, index, &in_plan),
                transaction: script.transaction,
                destructive: script.destructive,
                why: why::say(graph, selection.why.get(&index)),
            }
        })
        .collect();
    Plan {
        direction: request.direction,
        targets: request.targets.iter().map(ToString::to_string).collect(),
        branches: snapshots.values().map(start).collect(),
        steps,
    }
}

fn waits_for(
    graph: &Graph,
    direction: Direction,
    step: RevisionIndex,
    in_plan: &crate::graph::RevisionSet,
) -> Vec<RevisionKey> {
    let branch = &graph.key(step).branch;
    let others: Vec<RevisionIndex> = match direction {
        Direction::Up => graph.dependencies(step).collect(),
        Direction::Down => graph.dependents(step).collect(),
    };
    others
        .into_iter()
        .filter(|&other| in_plan.contains(other))
        .map(|other| graph.key(other).clone())
        .filter(|key| key.branch != *branch)
        .collect()
}

fn start(snapshot: &Snapshot) -> Start {
    let mut rows = String::new();
    for (id, recorded) in &snapshot.revisions {
        let checksum = recorded.checksum.as_ref().map(ToString::to_string).unwrap_or_default();
        rows.push_str(&format!("{id} {} {checksum}\n", recorded.state.as_str()));
    }
    Start {
        branch: snapshot.branch.clone(),
        dialect: snapshot.dialect,
        database: snapshot.database.clone(),
        identity: snapshot.binding.as_ref().map(|binding| binding.identity),
        state: Checksum::of(&rows),
    }
}
