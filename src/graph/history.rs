//! Which revisions a stretch of history holds. Offline: it looks at parents within branches, and at no database.

use std::fmt;
use std::str::FromStr;

use crate::direction::Direction;

use super::Graph;
use super::goal::Finder;
use super::node::RevisionIndex;
use super::resolve::{Place, is_line, locate};
use super::set::RevisionSet;
use super::target::Target;
use super::target_error::TargetError;
use super::walk::spread;
use crate::redact;

/// A stretch of history as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HistoryRange {
    /// `auth@0003`: that revision and all below it; `auth`: the whole branch.
    UpTo(Target),
    /// `auth@0001:auth@0003`: what lies between the two, both included. An end that is left out is open.
    Between(Option<Target>, Option<Target>),
}

impl FromStr for HistoryRange {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if redact::holds_secret(text) {
            return text.parse().map(Self::UpTo);
        }
        let end = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
        match text.split_once(':') {
            None => text.parse().map(Self::UpTo),
            Some((from, to)) => Ok(Self::Between(end(from)?, end(to)?)),
        }
    }
}

impl fmt::Display for HistoryRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |end: &Option<Target>| end.as_ref().map(ToString::to_string).unwrap_or_default();
        match self {
            Self::UpTo(target) => write!(f, "{target}"),
            Self::Between(from, to) => write!(f, "{}:{}", end(from), end(to)),
        }
    }
}

/// The revisions of a stretch of history, each after what it needs.
///
/// # Errors
///
/// [`TargetError`], if an end cannot be found without a database, or the ends are not above one another.
pub fn history(graph: &Graph, range: &HistoryRange) -> Result<Vec<RevisionIndex>, TargetError> {
    let held = match range {
        HistoryRange::UpTo(target) => below(graph, &ends(graph, target)?),
        HistoryRange::Between(from, to) => between(graph, range, from.as_ref(), to.as_ref())?,
    };
    Ok(graph.order.iter().copied().filter(|&revision| held.contains(revision)).collect())
}

fn between(
    graph: &Graph,
    range: &HistoryRange,
    from: Option<&Target>,
    to: Option<&Target>,
) -> Result<RevisionSet, TargetError> {
    let from = from.map(|from| ends(graph, from)).transpose()?.unwrap_or_default();
    let to = to.map(|to| ends(graph, to)).transpose()?;
    let lower = if from.is_empty() { graph.order.iter().copied().collect() } else { above(graph, &from) };
    let upper = to.as_ref().map_or_else(|| graph.order.iter().copied().collect(), |to| below(graph, to));
    let held: RevisionSet = lower.iter().filter(|&revision| upper.contains(revision)).collect();
    match (from.first(), to.as_ref().and_then(|to| to.first())) {
        (Some(&from), Some(&to)) if held.is_empty() => Err(TargetError::NotARange {
            range: range.to_string(),
            from: graph.key(from).clone(),
            to: graph.key(to).clone(),
        }),
        _ => Ok(held),
    }
}

/// The revisions that a target names; none for a base. A branch's name alone is the whole branch, however many heads.
fn ends(graph: &Graph, target: &Target) -> Result<Vec<RevisionIndex>, TargetError> {
    let nothing = RevisionSet::new();
    let mut ends = Vec::new();
    if is_line(graph, target) {
        let hint = "write a range, as in auth@0003:auth@0007".to_owned();
        return Err(TargetError::syntax(&target.to_string(), "a line is for downgrades", Some(hint)));
    }
    for mut located in locate(graph, target)? {
        match located.place {
            Place::Relative(_) => return Err(TargetError::NeedsDatabase { target: target.to_string() }),
            Place::Head if matches!(target, Target::Name(_)) => located.place = Place::Heads,
            Place::Base => continue,
            _ => {}
        }
        match Finder::new(graph, &nothing, Direction::Up, target, located).up() {
            Ok(found) => ends.extend(found),
            // What is left of the wrong ways is a revision less so many steps that it comes to the base.
            Err(TargetError::WrongWay { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ends)
}

fn below(graph: &Graph, ends: &[RevisionIndex]) -> RevisionSet {
    let mut found = RevisionSet::new();
    spread(ends.iter().copied(), |at, _| found.insert(at), |at| graph.parents(at));
    found
}

fn above(graph: &Graph, ends: &[RevisionIndex]) -> RevisionSet {
    let mut found = RevisionSet::new();
    spread(ends.iter().copied(), |at, _| found.insert(at), |at| graph.children(at));
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::{graph, names};
    use super::{HistoryRange, history};

    fn told(range: &str) -> String {
        let graph = graph("a@1: ; a@2: 1; a@3: 1; a@4: 2 3 | b@1; a@5: 4; a@6: 4; b@1: ; b@2: 1");
        match range.parse().and_then(|range: HistoryRange| history(&graph, &range)) {
            Ok(revisions) => names(&graph, revisions),
            Err(error) => match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            },
        }
    }

    #[test]
    fn stretches() {
        for (range, expected) in [
            ("a@4", "a@1 a@2 a@3 a@4"),
            ("a", "a@1 a@2 a@3 a@4 a@5 a@6"),
            ("heads", "a@1 a@2 a@3 b@1 b@2 a@4 a@5 a@6"),
            ("a@2:a@5", "a@2 a@4 a@5"),
            ("a@1:a@1", "a@1"),
            ("a@base:a@2", "a@1 a@2"),
            ("a@1-1:a@2", "a@1 a@2"),
            (":a@3", "a@1 a@3"),
            ("a@4:", "a@4 a@5 a@6"),
            ("a@4:a@heads", "a@4 a@5 a@6"),
            ("a@base", ""),
            ("b@1+1", "b@1 b@2"),
        ] {
            assert_eq!(told(range), expected, "{range}");
        }
    }

    #[test]
    fn what_is_no_stretch() {
        let said: Vec<String> = ["a@5:a@2", "a@1:b@1", "a@2:a@3", "a@-1", "2@1", "a@1:a@2:a@3", "a@head", "a@9"]
            .into_iter()
            .map(told)
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        `a@5:a@2`: a@5 is not below a@2
        `a@1:b@1`: a@1 is not below b@1; both ends are of one branch
        `a@2:a@3`: a@2 is not below a@3
        `a@-1` is relative to what a database has applied, and no database is asked here; name a revision
        `2@1` is no target: a line is for downgrades; write a range, as in auth@0003:auth@0007
        `a@2:a@3` is no target: it is a range, which only history takes
        `a@head`: branch a has 2 heads: a@5, a@6; write `a@5`, or `a@6`; or take all with a@heads, or `branchline merge a`
        `a@9`: branch a has no revision `9`; did you mean `1`, or `2`, or `3`?
        ");
    }
}
