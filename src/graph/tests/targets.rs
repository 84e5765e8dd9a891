//! The table of targets in the contract, row by row, and what is said where a row does not fit.

use super::{graph, names, set, targets, try_graph};
use crate::direction::Direction;
use crate::graph::{Graph, branches_named, select_down, select_up};

/// auth has a line, specs forks at 0003 and is not merged, c1 and c2 fork from b, d2 follows c2.
fn sample() -> Graph {
    graph(
        "auth@0001: ; auth@0002: 0001; auth@0003: 0002; auth@0004: 0003; auth@0010: 0004;
         specs@0001: ; specs@0003: 0001; specs@0007: 0003; specs@0008: 0003; specs@0009: 0007;
         tree@a: ; tree@b: a; tree@c1: b; tree@c2: b; tree@d2: c2",
    )
}

const SOME: &str =
    "auth@0001 auth@0002 specs@0001 specs@0003 specs@0007 specs@0008 tree@a tree@b tree@c1 tree@c2 tree@d2";

fn go(graph: &Graph, direction: Direction, applied: &str, text: &str) -> String {
    let applied = set(graph, applied);
    let found = match direction {
        Direction::Up => select_up(graph, &applied, &targets(text)),
        Direction::Down => select_down(graph, &applied, &targets(text)),
    };
    match found {
        Ok(selection) => names(graph, selection.steps),
        Err(error) => match error.hint() {
            Some(hint) => format!("error: {error} [{hint}]"),
            None => format!("error: {error}"),
        },
    }
}

fn up(applied: &str, target: &str) -> String {
    go(&sample(), Direction::Up, applied, target)
}

fn down(applied: &str, target: &str) -> String {
    go(&sample(), Direction::Down, applied, target)
}

#[test]
fn up_to_each_kind_of_target() {
    let rest = "auth@0003 auth@0004 auth@0010";
    for (target, expected) in [
        ("heads", "auth@0003 auth@0004 auth@0010 specs@0009"),
        ("auth", rest),
        ("auth@head", rest),
        ("auth@heads", rest),
        ("specs@heads", "specs@0009"),
        ("auth@0003", "auth@0003"),
        ("auth@001", rest),
        ("auth@0002", ""),
        ("0004", "auth@0003 auth@0004"),
        ("auth@+1", "auth@0003"),
        ("auth@+3", rest),
        ("auth@0002+1", "auth@0003"),
        ("auth@0010-2", "auth@0003"),
        ("0002+1", "auth@0003"),
        ("0010-1", "auth@0003 auth@0004"),
        ("tree@heads", ""),
        ("auth@+1 specs@0009", "auth@0003 specs@0009"),
        ("auth@+1 auth@0004", "auth@0003 auth@0004"),
    ] {
        assert_eq!(up(SOME, target), expected, "{target}");
    }
    assert_eq!(up("", "auth@+2"), "auth@0001 auth@0002");
    assert_eq!(up("", "tree@c2"), "tree@a tree@b tree@c2");
    assert_eq!(up("", ""), "");
}

#[test]
fn down_to_each_kind_of_target() {
    for (target, expected) in [
        ("auth@base", "auth@0002 auth@0001"),
        ("auth@0001", "auth@0002"),
        ("auth@0002", ""),
        ("0002", ""),
        ("auth@-1", "auth@0002"),
        ("auth@-2", "auth@0002 auth@0001"),
        ("auth@0002-1", "auth@0002"),
        ("auth@0001+1", ""),
        ("specs@0003", "specs@0008 specs@0007"),
        ("0007@0003", "specs@0007"),
        ("0007@-1", "specs@0007"),
        ("0008@0003", "specs@0008"),
        ("0007@0001", "specs@0008 specs@0007 specs@0003"),
        ("c2@b", "tree@d2 tree@c2"),
        ("d2@c2", "tree@d2"),
        ("c1@base", "tree@d2 tree@c2 tree@c1 tree@b tree@a"),
        ("b@c2", "tree@d2"),
        ("tree@b", "tree@d2 tree@c2 tree@c1"),
        ("tree@base auth@0001", "auth@0002 tree@d2 tree@c2 tree@c1 tree@b tree@a"),
        ("c1@b d2@c2", "tree@d2 tree@c1"),
    ] {
        assert_eq!(down(SOME, target), expected, "{target}");
    }
    assert_eq!(down("", "auth@base"), "");
}

#[test]
fn a_branch_of_that_name_wins() {
    let graph = graph("auth@1: ; auth@2: 1; auth@specs: 2; specs@1: ; specs@2: 1");
    let everything = "auth@1 auth@2 auth@specs specs@1 specs@2";
    assert_eq!(go(&graph, Direction::Down, everything, "specs@1"), "specs@2");
    assert_eq!(go(&graph, Direction::Up, "", "specs"), "specs@1 specs@2");
    assert_eq!(go(&graph, Direction::Up, "", "auth@specs"), "auth@1 auth@2 auth@specs");
}

#[test]
fn an_exact_id_wins_over_what_begins_so() {
    let graph = graph("a@1: ; a@12: 1; a@123: 12");
    assert_eq!(go(&graph, Direction::Up, "", "a@1"), "a@1");
    assert_eq!(go(&graph, Direction::Up, "", "a@12"), "a@1 a@12");
}

#[test]
fn a_branch_without_revisions_has_nothing_to_do() {
    let graph = try_graph("auth empty", "auth@1: ").unwrap();
    for target in ["empty", "empty@head", "empty@heads"] {
        assert_eq!(go(&graph, Direction::Up, "", target), "", "{target}");
    }
    assert_eq!(go(&graph, Direction::Down, "", "empty@base"), "");
    assert_eq!(go(&graph, Direction::Up, "", "heads"), "auth@1");
}

#[test]
fn a_merge_goes_and_its_parents_stay() {
    let graph = graph("m@1: ; m@2: 1; m@3: 1; m@4: 2 3; m@5: 3; m@6: 4");
    let all = "m@1 m@2 m@3 m@4 m@6";
    assert_eq!(go(&graph, Direction::Down, all, "m@2"), "m@6 m@4");
    assert_eq!(go(&graph, Direction::Down, all, "m@-2"), "m@6 m@4");
    assert_eq!(go(&graph, Direction::Down, all, "m@-3"), "m@6 m@4 m@3 m@2");
    assert_eq!(go(&graph, Direction::Down, all, "m@-4"), "m@6 m@4 m@3 m@2 m@1");
    assert_eq!(go(&graph, Direction::Up, "", "m@4"), "m@1 m@2 m@3 m@4");
}

#[test]
fn what_cannot_be_followed_upwards() {
    let said: Vec<String> = [
        (SOME, "auht"),
        (SOME, "auht@head"),
        (SOME, "atuh@0001"),
        (SOME, "auth@0005"),
        (SOME, "auth@00"),
        (SOME, "auth@zzz"),
        (SOME, "auth@d2"),
        (SOME, "0001"),
        (SOME, "0001+1"),
        (SOME, "auth+1"),
        (SOME, "specs"),
        (SOME, "specs@head"),
        (SOME, "specs@+1"),
        (SOME, "auth@+4"),
        (SOME, "tree@d2+1"),
        ("", "specs@0003+1"),
        ("specs@0001 specs@0003", "specs@+1"),
        ("", "auth@+6"),
        (SOME, "auth@base"),
        (SOME, "auth@-1"),
        (SOME, "auth@0001-1"),
        (SOME, "auth@0002-5"),
        (SOME, "0007@0003"),
        (SOME, "9999"),
    ]
    .into_iter()
    .map(|(applied, target)| up(applied, target))
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    error: no branch and no revision is called `auht` [did you mean `auth`?]
    error: `auht@head`: no branch and no revision is called `auht` [did you mean `auth`?]
    error: `atuh@0001`: no branch and no revision is called `atuh` [did you mean `auth`?]
    error: `auth@0005`: branch auth has no revision `0005` [did you mean `0001`, or `0002`, or `0003`?]
    error: `auth@00`: `00` is more than one revision: auth@0001, auth@0002, auth@0003, auth@0004, auth@0010 [write `auth@0001`, or `auth@0002`, or `auth@0003`, or `auth@0004`, or `auth@0010`]
    error: `auth@zzz`: branch auth has no revision `zzz` [`branchline history auth` lists them]
    error: `auth@d2`: branch auth has no revision `d2` [there is tree@d2]
    error: `0001` is more than one revision: auth@0001, specs@0001 [write `auth@0001`, or `specs@0001`]
    error: `0001+1`: `0001` is more than one revision: auth@0001, specs@0001 [write `auth@0001+1`, or `specs@0001+1`]
    error: `auth+1`: no branch and no revision is called `auth` [auth is a branch: write auth@+1]
    error: `specs`: branch specs has 2 heads: specs@0008, specs@0009 [write `specs@0008`, or `specs@0009`; or take all with specs@heads, or `branchline merge specs`]
    error: `specs@head`: branch specs has 2 heads: specs@0008, specs@0009 [write `specs@0008`, or `specs@0009`; or take all with specs@heads, or `branchline merge specs`]
    error: `specs@+1` is relative to what is applied, but branch specs has 2 applied heads: specs@0007, specs@0008 [write `specs@0007+1`]
    error: `auth@+4` goes too far: only 3 steps are left up from auth@0002 [auth@heads is as far as it goes]
    error: `tree@d2+1` goes too far: no step is left up from tree@d2 [tree@heads is as far as it goes]
    error: `specs@0003+1`: the way up from specs@0003 forks: specs@0007, specs@0008 [write `specs@0007`, or `specs@0008`]
    error: `specs@+1`: the way up from specs@0003 forks: specs@0007, specs@0008 [write `specs@0007`, or `specs@0008`]
    error: `auth@+6` goes too far: only 5 steps are left on branch auth [auth@heads is as far as it goes]
    error: `auth@base` is no target for an upgrade: it takes everything down [use downgrade, or auth@head]
    error: `auth@-1` is no target for an upgrade: it takes revisions down [use downgrade, or a number of steps with `+`]
    error: `auth@0001-1` is no target for an upgrade: it means the base [use downgrade, or auth@head]
    error: `auth@0002-5` goes too far: only 2 steps are left down from auth@0002 [auth@base takes everything down]
    error: `0007@0003` is no target for an upgrade: it takes one line down [an upgrade brings whole branches to a point: name the revision alone]
    error: no branch and no revision is called `9999` [`branchline branches` lists the branches, `branchline history` the revisions]
    ");
}

#[test]
fn what_cannot_be_followed_downwards() {
    let mut said: Vec<String> = [
        (SOME, "auth@0003"),
        (SOME, "auth@head"),
        (SOME, "auth@+1"),
        (SOME, "auth@-3"),
        ("", "auth@-1"),
        (SOME, "specs@-1"),
        (SOME, "c2@c1"),
        (SOME, "0009@0003"),
        (SOME, "0010@auth"),
        (SOME, "auth@0001 auth@0002"),
        (SOME, "heads"),
    ]
    .into_iter()
    .map(|(applied, target)| down(applied, target))
    .collect();
    // Which parent is meant decides whether 2 goes, or 5.
    let uneven = graph("m@1: ; m@2: 1; m@3: 1; m@4: 2; m@5: 3 4");
    said.push(go(&uneven, Direction::Down, "m@1 m@2 m@3 m@4 m@5", "m@-2"));
    said.push(go(&uneven, Direction::Down, "m@1 m@2 m@3 m@4 m@5", "m@-4"));
    said.push(go(&uneven, Direction::Up, "", "m@5-1"));
    let two_bases = graph("n@1: ; n@2: ; n@3: 1 2");
    said.push(go(&two_bases, Direction::Up, "", "n@+1"));
    insta::assert_snapshot!(said.join("\n"), @r"
    error: `auth@0003`: auth@0003 is not applied [a downgrade ends at a revision that is applied; `branchline status auth` lists them]
    error: `auth@head`: auth@0010 is not applied [a downgrade ends at a revision that is applied; `branchline status auth` lists them]
    error: `auth@+1` is no target for a downgrade: it brings revisions up [use upgrade, or a number of steps with `-`]
    error: `auth@-3` goes too far: only 2 steps are left down from auth@0002 [auth@base takes everything down]
    error: `auth@-1` goes too far: nothing is applied on branch auth
    error: `specs@-1` is relative to what is applied, but branch specs has 2 applied heads: specs@0007, specs@0008 [for one line, write `specs@0007@-1`, or `specs@0008@-1`; or name the revision to go to; `branchline history specs` lists them]
    error: `c2@c1`: tree@c1 is not on the line through tree@c2
    error: `0009@0003`: specs@0009 is not applied [a downgrade ends at a revision that is applied; `branchline status specs` lists them]
    error: `0010@auth`: branch auth has no revision `auth` [`branchline history auth` lists them]
    error: `auth@0002` keeps auth@0002 applied, but another target takes it down [leave one of the targets out]
    error: `heads`: auth@0010 is not applied [a downgrade ends at a revision that is applied; `branchline status auth` lists them]
    error: `m@-2`: the way down from the merge m@5 forks: m@3, m@4 [write `m@3-1`, or `m@4-1`]
    error: `m@-4`: the way down from the merge m@5 forks: m@3, m@4 [write `m@4-3`]
    error: `m@5-1`: the way down from the merge m@5 forks: m@3, m@4 [write `m@3`, or `m@4`]
    error: `n@+1`: the way up from the base of n forks: n@1, n@2 [write `n@1`, or `n@2`]
    ");
}

#[test]
fn targets_name_branches() {
    let graph = sample();
    let named = |text: &str| {
        let found: Vec<String> =
            branches_named(&graph, Direction::Down, &targets(text)).unwrap().iter().map(ToString::to_string).collect();
        found.join(" ")
    };
    assert_eq!(named("heads"), "auth specs tree");
    assert_eq!(named("auth@+9 c2@b"), "auth tree");
    assert_eq!(named("0002"), "auth");
}
