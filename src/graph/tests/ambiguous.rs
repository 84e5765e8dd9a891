//! What is offered instead of a target that means several things: it can be written so, and leads to one of them.

use proptest::prelude::*;
use proptest::sample::Index;

use super::{graph, names, set};
use crate::direction::Direction;
use crate::graph::{Graph, RevisionSet, Target, TargetError, find_one, select_down, select_up};

/// Two branches with the same ids and the same fork: 0003 and 0004 from 0002.
fn twins() -> Graph {
    let one = |branch: &str| format!("{branch}@0001: ; {branch}@0002: 0001; {branch}@0003: 0002; {branch}@0004: 0002;");
    graph(&format!("{}{}", one("a"), one("b")))
}

fn select(graph: &Graph, applied: &RevisionSet, direction: Direction, target: &Target) -> Result<String, TargetError> {
    let targets = std::slice::from_ref(target);
    let selection = match direction {
        Direction::Up => select_up(graph, applied, targets)?,
        Direction::Down => select_down(graph, applied, targets)?,
    };
    Ok(names(graph, selection.steps))
}

/// What each of the targets that are offered instead takes, all of both branches being applied before a downgrade.
fn offered(direction: Direction, target: &str) -> Vec<String> {
    let graph = twins();
    let applied = match direction {
        Direction::Up => RevisionSet::new(),
        Direction::Down => graph.order().iter().copied().collect(),
    };
    let error = select(&graph, &applied, direction, &target.parse().unwrap()).unwrap_err();
    let hint = error.hint().unwrap();
    let took = |instead: &Target| {
        let written = instead.to_string();
        assert!(hint.contains(&format!("`{written}`")), "{hint}");
        let took = select(&graph, &applied, direction, &written.parse().unwrap());
        format!("{written}: {}", took.unwrap_or_else(|error| panic!("{written}: {error}")))
    };
    error.instead().iter().map(took).collect()
}

#[test]
fn a_line_of_branches_with_the_same_ids() {
    assert_eq!(offered(Direction::Down, "0003@0002"), ["a@0003@0002: a@0003", "b@0003@0002: b@0003"]);
    assert_eq!(
        offered(Direction::Down, "0003@base"),
        ["a@0003@base: a@0004 a@0003 a@0002 a@0001", "b@0003@base: b@0004 b@0003 b@0002 b@0001"]
    );
    assert_eq!(offered(Direction::Down, "a@-1"), ["a@0003@-1: a@0003", "a@0004@-1: a@0004"]);
}

#[test]
fn a_point_of_branches_with_the_same_ids() {
    assert_eq!(offered(Direction::Up, "0002"), ["a@0002: a@0001 a@0002", "b@0002: b@0001 b@0002"]);
    assert_eq!(offered(Direction::Up, "0001+1"), ["a@0001+1: a@0001 a@0002", "b@0001+1: b@0001 b@0002"]);
    assert_eq!(
        offered(Direction::Down, "0003-1"),
        ["a@0003-1: a@0004 a@0003", "b@0003-1: b@0004 b@0003"],
        "without a line, all above goes"
    );
}

#[test]
fn a_line_that_only_one_of_them_has() {
    let graph = graph("a@1: ; a@2: 1; b@2: ; b@3: 2");
    let error = select(&graph, &RevisionSet::new(), Direction::Down, &"2@1".parse().unwrap()).unwrap_err();
    assert_eq!(error.instead(), ["a@2@1".parse().unwrap()]);
    // Neither the line nor the point are one thing.
    let graph = super::graph("a@10: ; a@11: 10; a@2: 11; b@2: ");
    let error = select(&graph, &RevisionSet::new(), Direction::Down, &"2@1".parse().unwrap()).unwrap_err();
    assert_eq!(error.instead(), ["a@2@10".parse().unwrap(), "a@2@11".parse().unwrap()]);
}

#[test]
fn the_rest_of_the_way_from_a_fork() {
    let graph = graph("m@1: ; m@2: 1; m@3: 1; m@4: 2; m@5: 3 4; m@6: 5; m@7: 5; m@8: 6");
    let said = |direction, applied: &str, target: &str| {
        let error = select(&graph, &set(&graph, applied), direction, &target.parse().unwrap()).unwrap_err();
        error.instead().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    // Only 8 is two steps away.
    assert_eq!(said(Direction::Up, "", "m@5+2"), "m@6+1");
    assert_eq!(said(Direction::Up, "m@1 m@2 m@3 m@4 m@5", "m@+1"), "m@6 m@7");
    assert_eq!(said(Direction::Up, "", "m@5-1"), "m@3 m@4");
    let all = "m@1 m@2 m@3 m@4 m@5 m@6 m@7 m@8";
    assert_eq!(said(Direction::Down, all, "m@-1"), "m@7@-1 m@8@-1");
    assert_eq!(said(Direction::Down, all, "5@-1"), "m@7@-1 m@8@-1");
    assert_eq!(said(Direction::Down, "m@1 m@2 m@3 m@4 m@5", "m@-2"), "m@3-1 m@4-1");
    assert_eq!(said(Direction::Down, all, "m@head"), "m@7 m@8");
    assert_eq!(said(Direction::Down, all, "5@head"), "m@5@7 m@5@8");
}

#[test]
fn one_of_several() {
    let graph = twins();
    for target in ["a", "a@head", "0003", "a@0002+1", "a@000"] {
        let error = find_one(&graph, &target.parse().unwrap()).unwrap_err();
        assert!(error.instead().len() > 1, "{target}: {error}");
        for instead in error.instead() {
            assert!(find_one(&graph, &instead.to_string().parse().unwrap()).is_ok(), "{target}: {instead}");
        }
    }
}

/// Branches that number their revisions alike, each with parents among the lower ones; and what is applied.
fn branches_alike() -> impl Strategy<Value = (Graph, RevisionSet)> {
    let revision = (prop::collection::vec(any::<Index>(), 0..3), any::<bool>());
    prop::collection::vec(prop::collection::vec(revision, 1..9), 1..4).prop_map(|branches| {
        let (mut text, mut seeds) = (String::new(), String::new());
        for (name, revisions) in ["a", "b", "c"].iter().zip(&branches) {
            for (number, (parents, applied)) in revisions.iter().enumerate() {
                let parents: Vec<String> =
                    parents.iter().filter(|_| number > 0).map(|pick| format!("{:02} ", pick.index(number))).collect();
                let parents: std::collections::BTreeSet<String> = parents.into_iter().collect();
                text.push_str(&format!("{name}@{number:02}: {};", parents.into_iter().collect::<String>()));
                if *applied {
                    seeds.push_str(&format!("{name}@{number:02} "));
                }
            }
        }
        let graph = graph(&text);
        let mut applied = RevisionSet::new();
        crate::graph::walk::spread(set(&graph, &seeds).iter(), |at, _| applied.insert(at), |at| graph.parents(at));
        (graph, applied)
    })
}

proptest! {
    #[test]
    fn what_is_offered_can_be_followed(
        (graph, applied) in branches_alike(),
        branch in "[abc]@|",
        line in "0[0-8]@|",
        point in "head|heads|base|[+-][1-4]|0[0-8]?|0[0-8][+-][1-4]",
        is_up in any::<bool>(),
    ) {
        let direction = if is_up { Direction::Up } else { Direction::Down };
        let Ok(target) = format!("{branch}{line}{point}").parse::<Target>() else { return Ok(()) };
        let Err(error) = select(&graph, &applied, direction, &target) else { return Ok(()) };
        for instead in error.instead() {
            let written: Target = instead.to_string().parse().unwrap();
            prop_assert_eq!(&written, instead);
            let followed = select(&graph, &applied, direction, &written);
            let is_found = !matches!(
                followed,
                Err(TargetError::Syntax { .. } | TargetError::UnknownName { .. } | TargetError::UnknownRevision { .. }
                    | TargetError::Ambiguous { .. })
            );
            // Where names were not found, nobody knew yet what is applied.
            let is_early = matches!(error, TargetError::Ambiguous { .. });
            prop_assert!(followed.is_ok() || (is_early && is_found), "{} of {}: {:?}", written, target, followed);
        }
    }
}
