use std::collections::BTreeSet;

use super::{all_of, branches, graph, index, names, set, targets};
use crate::direction::Direction;
use crate::graph::{Graph, RevisionSet, Selection, Why, branches_to_read, select_down, select_up};

/// auth@2 needs specs@1 needs auth@1; specs@3 needs billing@2.
fn sample() -> Graph {
    graph(
        "auth@1: ; auth@2: 1 | specs@1; auth@3: 2;
         specs@1: | auth@1; specs@2: 1; specs@3: 2 | billing@2; specs@4: 3;
         billing@1: ; billing@2: 1; billing@3: 2",
    )
}

fn up(graph: &Graph, applied: &str, text: &str) -> Selection {
    select_up(graph, &set(graph, applied), &targets(text)).unwrap()
}

fn down(graph: &Graph, applied: &RevisionSet, text: &str) -> Selection {
    select_down(graph, applied, &targets(text)).unwrap()
}

fn foreign(graph: &Graph, selection: &Selection) -> String {
    let parts: Vec<String> = selection
        .foreign
        .iter()
        .map(|(&step, by)| format!("{} by {}", graph.key(step), names(graph, by.iter().copied())))
        .collect();
    parts.join(", ")
}

#[test]
fn dependencies_come_exactly_as_far_as_needed() {
    let graph = sample();
    let selection = up(&graph, "", "specs@3");
    assert_eq!(names(&graph, selection.steps.iter().copied()), "auth@1 billing@1 billing@2 specs@1 specs@2 specs@3");
    assert_eq!(names(&graph, selection.own.iter()), "specs@1 specs@2 specs@3");
    assert_eq!(foreign(&graph, &selection), "auth@1 by specs@1, billing@1 by billing@2, billing@2 by specs@3");
    assert_eq!(names(&graph, selection.foreign_tips(&graph)), "auth@1 billing@2");
    assert_eq!(selection.branches.iter().map(ToString::to_string).collect::<Vec<_>>(), ["specs"]);
}

#[test]
fn what_a_target_of_its_own_asks_for_is_not_foreign() {
    let graph = sample();
    assert_eq!(foreign(&graph, &up(&graph, "", "specs@3 billing auth@1")), "");
    // Asked for only up to 1, and needed beyond.
    assert_eq!(foreign(&graph, &up(&graph, "auth@1", "specs@3 billing@1")), "billing@2 by specs@3");
    assert_eq!(foreign(&graph, &up(&graph, "", "heads")), "");
}

#[test]
fn branches_that_need_one_another_interleave() {
    let graph = sample();
    let selection = up(&graph, "", "auth specs@1");
    assert_eq!(names(&graph, selection.steps.iter().copied()), "auth@1 specs@1 auth@2 auth@3");
    assert_eq!(foreign(&graph, &selection), "");
    let everything = all_of(&graph, "auth specs billing");
    let selection = down(&graph, &everything, "auth@1 specs@base");
    assert_eq!(names(&graph, selection.steps.iter().copied()), "auth@3 auth@2 specs@4 specs@3 specs@2 specs@1");
    assert_eq!(foreign(&graph, &selection), "");
}

#[test]
fn every_step_says_why() {
    let graph = sample();
    let at = |key: &str| index(&graph, key);
    let why = up(&graph, "", "specs@3").why;
    assert_eq!(why[&at("specs@3")], Why::Target("specs@3".to_owned()));
    assert_eq!(why[&at("specs@2")], Why::ParentOf(at("specs@3")));
    assert_eq!(why[&at("billing@2")], Why::NeededBy(at("specs@3")));
    assert_eq!(why[&at("billing@1")], Why::ParentOf(at("billing@2")));
    assert_eq!(why.len(), 6);
    let why = down(&graph, &all_of(&graph, "auth specs billing"), "billing@1").why;
    assert_eq!(why[&at("billing@2")], Why::Target("billing@1".to_owned()));
    assert_eq!(why[&at("billing@3")], Why::ChildOf(at("billing@2")));
    assert_eq!(why[&at("specs@3")], Why::DependsOn(at("billing@2")));
    assert_eq!(why[&at("specs@4")], Why::ChildOf(at("specs@3")));
}

#[test]
fn dependents_stand_in_the_way() {
    let graph = sample();
    let everything = all_of(&graph, "auth specs billing");
    let selection = down(&graph, &everything, "billing@1");
    assert_eq!(names(&graph, selection.steps.iter().copied()), "billing@3 specs@4 specs@3 billing@2");
    assert_eq!(foreign(&graph, &selection), "specs@3 by billing@2, specs@4 by specs@3");
    // What is not applied stands in nobody's way.
    let selection = down(&graph, &set(&graph, "billing@1 billing@2 specs@1 specs@2 auth@1"), "billing@base");
    assert_eq!(names(&graph, selection.steps.iter().copied()), "billing@2 billing@1");
    assert!(selection.foreign.is_empty());
}

#[test]
fn a_dependency_in_the_branch_is_the_targets_own() {
    let graph = graph("a@1: ; a@2: 1; a@3: 1 | a@2");
    assert_eq!(foreign(&graph, &up(&graph, "a@1", "a@3")), "");
    let selection = down(&graph, &all_of(&graph, "a"), "a@2");
    assert!(selection.is_empty());
    let selection = select_down(&graph, &all_of(&graph, "a"), &targets("2@1")).unwrap();
    assert_eq!(names(&graph, selection.steps.iter().copied()), "a@3 a@2");
}

#[test]
fn what_was_inserted_later_is_found_below_what_is_applied() {
    let graph = graph("a@1: ; a@2: 1 | b@1; a@3: 2; b@1: ");
    assert_eq!(names(&graph, up(&graph, "a@1 a@3", "a").steps), "b@1 a@2");
    // What is above an unapplied revision still goes.
    assert_eq!(names(&graph, down(&graph, &set(&graph, "a@1 a@3"), "a@1").steps), "a@3");
    let error = select_down(&graph, &set(&graph, "a@1 a@3"), &targets("a@-1")).unwrap_err();
    assert_eq!(error.to_string(), "`a@-1`: a@2 is not applied");
}

fn to_read(graph: &Graph, direction: Direction, applied: &str, read: &str, text: &str) -> String {
    let read: BTreeSet<_> = branches(read).into_iter().collect();
    let wanted = branches_to_read(graph, &set(graph, applied), &read, direction, &targets(text)).unwrap();
    wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn databases_are_asked_only_where_it_matters() {
    let graph = sample();
    let up = |applied: &str, read: &str, text: &str| to_read(&graph, Direction::Up, applied, read, text);
    assert_eq!(up("", "", "specs@3"), "specs");
    assert_eq!(up("", "specs", "specs@3"), "auth billing");
    assert_eq!(up("specs@1", "specs", "specs@2"), "");
    // billing is needed by what is still to do, auth only by what is done.
    assert_eq!(up("specs@1", "specs", "specs@3"), "billing");
    assert_eq!(up("specs@1", "specs billing", "specs@3"), "");
    // auth's state decides whether specs matters.
    assert_eq!(up("auth@1 auth@2", "auth", "auth"), "");
    assert_eq!(up("auth@1", "auth", "auth"), "specs");
    let down = |applied: &str, read: &str, text: &str| to_read(&graph, Direction::Down, applied, read, text);
    assert_eq!(down("billing@1 billing@2 billing@3", "billing", "billing@2"), "");
    assert_eq!(down("billing@1 billing@2", "billing", "billing@base"), "specs");
    assert_eq!(down("billing@1 billing@2", "billing specs", "billing@base"), "");
    assert_eq!(down("auth@1", "auth", "auth@base"), "specs");
    // specs@1 goes as well, and auth@2 stands on it; but auth was read.
    assert_eq!(down("auth@1 specs@1", "auth specs", "auth@base"), "");
    // b@1 is done, and so is whatever it needed.
    let graph = super::graph("a@1: | b@2; b@1: | c@1; b@2: 1; c@1: ");
    assert_eq!(to_read(&graph, Direction::Up, "b@1", "a b", "a"), "");
    assert_eq!(to_read(&graph, Direction::Up, "", "a b", "a"), "c");
}

#[test]
fn a_target_that_wants_to_stay_cannot_be_taken_down_by_another() {
    let graph = sample();
    let everything = all_of(&graph, "auth specs billing");
    let error = select_down(&graph, &everything, &targets("billing@1 specs@3")).unwrap_err();
    assert_eq!(error.to_string(), "`specs@3` keeps specs@3 applied, but another target takes it down");
}
