//! The one revision that a target names, for those who want to look at it or begin from it. Offline: no database is asked.

use crate::direction::Direction;

use super::Graph;
use super::goal::Finder;
use super::node::RevisionIndex;
use super::resolve::{Place, is_line, locate};
use super::set::RevisionSet;
use super::target::Target;
use super::target_error::TargetError;

/// The revision that a target names: `auth@0002`, `auth@00`, `0002`, `auth@head`, `auth@0002+1`.
///
/// # Errors
///
/// [`TargetError`], if it names none, several, or one that only a database knows.
pub fn find_one(graph: &Graph, target: &Target) -> Result<RevisionIndex, TargetError> {
    let not_one = |why| TargetError::NotOne { target: target.to_string(), why };
    if is_line(graph, target) {
        return Err(not_one("it means a line down to a revision"));
    }
    let located = locate(graph, target)?;
    let [mut located] = located[..] else { return Err(not_one("it means all branches")) };
    match located.place {
        Place::Relative(_) => return Err(TargetError::NeedsDatabase { target: target.to_string() }),
        Place::Base => return Err(not_one("it means the base, before the first revision")),
        Place::Heads => located.place = Place::Head,
        Place::Head | Place::Revision(..) => {}
    }
    let nothing = RevisionSet::new();
    match Finder::new(graph, &nothing, Direction::Up, target, located).up() {
        Ok(found) => found.first().copied().ok_or_else(|| not_one("the branch has no revisions yet")),
        // What is left of the wrong ways is a revision less so many steps that it comes to the base.
        Err(TargetError::WrongWay { .. }) => Err(not_one("it means the base, before the first revision")),
        Err(TargetError::SeveralHeads { target, branch, heads, instead, .. }) => {
            Err(TargetError::Ambiguous { target, name: branch.to_string(), candidates: heads, instead })
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{graph, names};
    use super::find_one;

    fn told(target: &str) -> String {
        let graph = graph("a@10: ; a@11: 10; a@12: 10; b@1: ; b@2: 1; c@2: ");
        match target.parse().and_then(|target| find_one(&graph, &target)) {
            Ok(revision) => names(&graph, [revision]),
            Err(error) => match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            },
        }
    }

    #[test]
    fn one() {
        for (target, expected) in [
            ("a@10", "a@10"),
            ("11", "a@11"),
            ("b@2", "b@2"),
            ("b", "b@2"),
            ("b@head", "b@2"),
            ("b@heads", "b@2"),
            ("b@1+1", "b@2"),
            ("b@2-1", "b@1"),
            ("a@12-1", "a@10"),
        ] {
            assert_eq!(told(target), expected, "{target}");
        }
    }

    #[test]
    fn none_or_several() {
        let said: Vec<String> =
            ["heads", "a", "a@heads", "a@1", "2", "b@base", "b@1-1", "b@-1", "11@10", "a@10+1", "a@13", "x", "b@2+1"]
                .into_iter()
                .map(told)
                .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        `heads` does not name one revision: it means all branches; write BRANCH@ID; `branchline history` lists the revisions
        `a` is more than one revision: a@11, a@12; write `a@11`, or `a@12`
        `a@heads`: `a` is more than one revision: a@11, a@12; write `a@11`, or `a@12`
        `a@1`: `1` is more than one revision: a@10, a@11, a@12; write `a@10`, or `a@11`, or `a@12`
        `2` is more than one revision: b@2, c@2; write `b@2`, or `c@2`
        `b@base` does not name one revision: it means the base, before the first revision; write BRANCH@ID; `branchline history` lists the revisions
        `b@1-1` does not name one revision: it means the base, before the first revision; write BRANCH@ID; `branchline history` lists the revisions
        `b@-1` is relative to what a database has applied, and no database is asked here; name a revision
        `11@10` does not name one revision: it means a line down to a revision; write BRANCH@ID; `branchline history` lists the revisions
        `a@10+1`: the way up from a@10 forks: a@11, a@12; write `a@11`, or `a@12`
        `a@13`: branch a has no revision `13`; did you mean `10`, or `11`, or `12`?
        no branch and no revision is called `x`; did you mean `1`, or `2`, or `a`?
        `b@2+1` goes too far: no step is left up from b@2; b@heads is as far as it goes
        ");
    }
}
