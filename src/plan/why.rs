//! Says of a step why it is in the plan.

use crate::graph::{Graph, RevisionIndex, Why};

/// A fragment for people: `target specs`, `parent of specs@004`, `specs@003 depends on it`.
pub(super) fn say(graph: &Graph, step: RevisionIndex, why: Option<&Why>) -> String {
    match why {
        None => String::new(),
        Some(Why::Target(target)) => format!("target {target}"),
        Some(Why::ParentOf(other)) => format!("parent of {}", graph.key(*other)),
        Some(Why::NeededBy(other)) => {
            format!("{} depends on it{}", graph.key(*other), graph.by_reference(*other, step))
        }
        Some(Why::ChildOf(other)) => format!("child of {}, which goes", graph.key(*other)),
        Some(Why::DependsOn(other)) => {
            format!("depends on {}, which goes{}", graph.key(*other), graph.by_reference(step, *other))
        }
    }
}
