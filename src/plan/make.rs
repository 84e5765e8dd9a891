//! Makes the plan: chooses the steps, then puts together what is known of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::direction::Direction;
use crate::graph::{Graph, RevisionIndex, Selection, select_down, select_up};
use crate::names::{BranchName, RevisionKey};
use crate::revision::Checksum;

use super::guard::applied;
use super::{Lost, Plan, PlanError, Refusal, RefusalKind, Request, Snapshot, Start, Step, why};

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
    /// What it destroys, where somebody looked.
    pub losses: Vec<Lost>,
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

/// Steps that the targets drag along: for each branch one refusal, which names them, what needs them, and the command that
/// takes all of them.
fn foreign(graph: &Graph, request: &Request, selection: &Selection) -> Vec<Refusal> {
    let targets = request.targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let mut branches: BTreeMap<&BranchName, Vec<RevisionIndex>> = BTreeMap::new();
    for &step in selection.steps.iter().filter(|step| selection.foreign.contains_key(step)) {
        branches.entry(&graph.key(step).branch).or_default().push(step);
    }
    let (kind, hint) = match request.direction {
        Direction::Up => {
            let tips = list(graph, selection.foreign_tips(graph), " ");
            let hint = format!(
                "`branchline upgrade {tips}` brings what is missing; `branchline upgrade {targets} --with-dependencies` does it \
                 in one go"
            );
            (RefusalKind::DependencyMissing, hint)
        }
        Direction::Down => {
            let hint = format!("`branchline downgrade {targets} --with-dependents` takes them down first");
            (RefusalKind::DependentInTheWay, hint)
        }
    };
    branches
        .into_iter()
        .map(|(branch, steps)| {
            let edges = edges(graph, selection, &steps);
            let revision = steps.first().map(|&step| graph.key(step).id.clone());
            let all = list(graph, steps, ", ");
            let message = match request.direction {
                Direction::Up => format!("{all} must be applied first: {edges}"),
                Direction::Down => format!("{all} would have to go too: {edges}"),
            };
            Refusal { kind, branch: branch.clone(), revision, message, hint: Some(hint.clone()) }
        })
        .collect()
}

fn list(graph: &Graph, revisions: impl IntoIterator<Item = RevisionIndex>, separator: &str) -> String {
    revisions.into_iter().map(|index| graph.key(index).to_string()).collect::<Vec<_>>().join(separator)
}

/// The dependencies by which another branch's steps are dragged along, a few of them.
fn edges(graph: &Graph, selection: &Selection, steps: &[RevisionIndex]) -> String {
    const SHOWN: usize = 3;
    let mut edges = Vec::new();
    for &step in steps {
        for &because in &selection.foreign[&step] {
            if graph.key(because).branch == graph.key(step).branch {
                continue;
            }
            let (dependent, dependency) = match selection.direction {
                Direction::Up => (because, step),
                Direction::Down => (step, because),
            };
            edges.push(format!(
                "{} depends on {}{}",
                graph.key(dependent),
                graph.key(dependency),
                graph.by_reference(dependent, dependency)
            ));
        }
    }
    let more = edges.len().saturating_sub(SHOWN);
    edges.truncate(SHOWN);
    let mut text = edges.join(", ");
    if more > 0 {
        text.push_str(&format!(", and {more} more"));
    }
    text
}

/// Puts the plan together. `waits` are steps with others that must be done before them, besides those that the graph says.
#[must_use]
pub fn assemble(
    graph: &Graph,
    request: &Request,
    selection: &Selection,
    snapshots: &BTreeMap<BranchName, Snapshot>,
    scripts: Vec<StepScript>,
    waits: &[(RevisionIndex, RevisionIndex)],
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
                waits_for: waits_for(graph, request.direction, index, &in_plan, waits),
                transaction: script.transaction,
                destructive: script.destructive,
                losses: script.losses,
                why: why::say(graph, index, selection.why.get(&index)),
            }
        })
        .collect();
    Plan {
        direction: request.direction,
        targets: request.targets.iter().map(ToString::to_string).collect(),
        branches: snapshots.values().map(Start::of).collect(),
        steps,
    }
}

fn waits_for(
    graph: &Graph,
    direction: Direction,
    step: RevisionIndex,
    in_plan: &crate::graph::RevisionSet,
    waits: &[(RevisionIndex, RevisionIndex)],
) -> Vec<RevisionKey> {
    let branch = &graph.key(step).branch;
    let mut others: BTreeSet<RevisionIndex> = match direction {
        Direction::Up => graph.dependencies(step).collect(),
        Direction::Down => graph.dependents(step).collect(),
    };
    others.extend(waits.iter().filter(|(waiting, _)| *waiting == step).map(|(_, other)| *other));
    others
        .into_iter()
        .filter(|&other| in_plan.contains(other))
        .map(|other| graph.key(other).clone())
        .filter(|key| key.branch != *branch)
        .collect()
}

impl Start {
    /// Where a branch is.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut rows = String::new();
        for (id, recorded) in &snapshot.revisions {
            // Writing to a String cannot fail.
            let _ = write!(rows, "{id} {} ", recorded.state.as_str());
            if let Some(checksum) = &recorded.checksum {
                let _ = write!(rows, "{checksum}");
            }
            rows.push('\n');
        }
        Self {
            branch: snapshot.branch.clone(),
            dialect: snapshot.dialect,
            database: snapshot.database.clone(),
            identity: snapshot.binding.as_ref().map(|binding| binding.identity),
            state: Checksum::of(&rows),
        }
    }
}
