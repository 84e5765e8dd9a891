use std::path::PathBuf;

use super::{branches, graph, id, index, names, node, nodes, try_graph};
use crate::graph::{Graph, GraphError, Node};

/// Each error with its hint, a line each.
fn errors(names: &str, text: &str) -> String {
    said(&try_graph(names, text).unwrap_err())
}

fn said(errors: &[GraphError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| match error.hint() {
            Some(hint) => format!("{error} [{hint}]"),
            None => error.to_string(),
        })
        .collect();
    lines.join("\n")
}

#[test]
fn edges_heads_and_bases() {
    let graph = graph("a@1: ; a@2: 1 | b@1; a@3: 1 | a@2; a@4: 2 3; a@9: ; b@1: | a@1");
    let neighbours = |key: &str| {
        let at = index(&graph, key);
        [
            names(&graph, graph.parents(at)),
            names(&graph, graph.children(at)),
            names(&graph, graph.dependencies(at)),
            names(&graph, graph.dependents(at)),
        ]
    };
    assert_eq!(neighbours("a@1"), ["", "a@2 a@3", "", "b@1"]);
    assert_eq!(neighbours("a@2"), ["a@1", "a@4", "b@1", "a@3"]);
    assert_eq!(neighbours("a@4"), ["a@2 a@3", "", "", ""]);
    let [a, b] = &branches("a b")[..] else { panic!() };
    assert_eq!(names(&graph, graph.heads(a).iter().copied()), "a@4 a@9");
    assert_eq!(names(&graph, graph.bases(a).iter().copied()), "a@1 a@9");
    // A dependency never moves another branch's head.
    assert_eq!(names(&graph, graph.heads(b).iter().copied()), "b@1");
}

#[test]
fn order_stays_on_a_branch_and_ignores_the_order_of_files() {
    let text = "a@1: ; a@2: 1 | b@2; a@3: 2; b@1: ; b@2: 1; b@3: 2; c@1: ";
    let expected = "a@1 b@1 b@2 b@3 a@2 a@3 c@1";
    let ordered = graph(text);
    assert_eq!(names(&ordered, ordered.order().iter().copied()), expected);
    let mut reversed = nodes(text);
    reversed.reverse();
    let ordered = Graph::build(&branches("c b a"), reversed).unwrap();
    assert_eq!(names(&ordered, ordered.order().iter().copied()), expected);
    assert_eq!(names(&ordered, ordered.revisions(&branches("b")[0]).iter().copied()), "b@1 b@2 b@3");
}

#[test]
fn a_branch_without_revisions_and_one_that_is_not_there() {
    let graph = try_graph("a z", "a@1: ").unwrap();
    assert_eq!(graph.branches().map(ToString::to_string).collect::<Vec<_>>(), ["a", "z"]);
    for name in branches("z q") {
        assert!(graph.revisions(&name).is_empty() && graph.heads(&name).is_empty() && graph.bases(&name).is_empty());
    }
    assert!(graph.find(&"q@1".parse().unwrap()).is_none());
    assert!(Graph::build(&[], Vec::new()).unwrap().is_empty());
}

#[test]
fn duplicates_name_every_file() {
    let mut twice = nodes("a@1: ; a@1: ; a@2: 1");
    twice[1].file = PathBuf::from("migrations/a/1_other/revision.toml");
    insta::assert_snapshot!(said(&Graph::build(&branches("a"), twice).unwrap_err()), @"a@1 is defined 2 times: migrations/a/1/revision.toml, migrations/a/1_other/revision.toml [give one of them another id: what stands before the first `_` of the folder's name]");
}

#[test]
fn unknown_names_offer_the_nearest() {
    insta::assert_snapshot!(errors("auth specs", "
        auth@0001: ; auth@0002: 0011; auth@0003: 0002 | spec@0001 specs@001 specs@7777;
        spec@0001: ; specs@0001: "), @r"
    migrations/auth/0002/revision.toml: auth@0002 names the parent `0011`, which branch auth does not have [did you mean `0001`?]
    migrations/auth/0003/revision.toml: auth@0003 depends on specs@001, but branch specs has no revision `001` [did you mean `0001`?]
    migrations/auth/0003/revision.toml: auth@0003 depends on specs@7777, but branch specs has no revision `7777`
    migrations/spec/0001/revision.toml: spec@0001 belongs to the branch `spec`, which the project does not have [did you mean `specs`?]
    ");
}

#[test]
fn a_parent_of_another_branch_is_a_dependency() {
    insta::assert_snapshot!(errors("auth specs", "auth@0001: ; auth@0002: 0001; specs@1001: 0002; specs@1002: 0001"), @r#"
    migrations/specs/1001/revision.toml: specs@1001 names the parent `0002`, which is a revision of another branch: auth@0002 [parents are of the same branch; for another one use depends_on = ["auth@0002"]; or did you mean `1002`?]
    migrations/specs/1002/revision.toml: specs@1002 names the parent `0001`, which is a revision of another branch: auth@0001 [parents are of the same branch; for another one use depends_on = ["auth@0001"]; or did you mean `1001`?]
    "#);
}

#[test]
fn what_names_itself_or_twice() {
    let mut wrong = nodes("a@1: 1; a@2: | a@2; a@3: 2 2; a@4: 3");
    wrong[3].replaces = vec![id("3"), id("4")];
    insta::assert_snapshot!(said(&Graph::build(&branches("a"), wrong).unwrap_err()), @r"
    migrations/a/1/revision.toml: a@1 is its own parent [name the revision before it, or parents = [] if it starts the branch]
    migrations/a/2/revision.toml: a@2 depends on itself [leave it out]
    migrations/a/3/revision.toml: a@3 names the parent `2` twice [name it once]
    migrations/a/4/revision.toml: a@4 replaces itself [leave it out]
    ");
}

#[test]
fn a_dependency_named_twice_is_one() {
    // Once by the author, once by a reference.
    let graph = graph("a@1: ; b@1: | a@1 a@1");
    assert_eq!(names(&graph, graph.dependencies(index(&graph, "b@1"))), "a@1");
}

#[test]
fn cycles_are_printed_whole() {
    insta::assert_snapshot!(errors("a b c", "
        a@1: | b@2; a@2: 1; b@1: | a@2; b@2: 1;
        c@1: 3; c@2: 1; c@3: 2; c@4: 3"), @r#"
    a cycle of revisions: a@1 depends on b@2 follows b@1 depends on a@2 follows a@1 [take one of them back, such as depends_on "b@2" in migrations/a/1/revision.toml, or depends_on "a@2" in migrations/b/1/revision.toml]
    a cycle of revisions: c@1 follows c@3 follows c@2 follows c@1 [correct a parent of one of them, such as that in migrations/c/1/revision.toml]
    "#);
}

#[test]
fn branches_may_need_one_another() {
    let graph = graph("auth@1: ; auth@2: 1 | specs@1; specs@1: | auth@1");
    assert_eq!(names(&graph, graph.order().iter().copied()), "auth@1 specs@1 auth@2");
}

#[test]
fn everything_wrong_is_reported_at_once_and_in_order() {
    let mut text = nodes("b@1: | b@2; b@2: 1; a@1: 9; a@2: 2 | z@1; b@3: 2");
    let errors = said(&Graph::build(&branches("a b"), text.clone()).unwrap_err());
    assert_eq!(errors.lines().count(), 4, "{errors}");
    text.reverse();
    assert_eq!(said(&Graph::build(&branches("b a"), text).unwrap_err()), errors);
}

fn chain(length: usize, close: bool) -> Vec<Node> {
    let name = |place: usize| format!("a@{place:06}");
    (0..length)
        .map(|place| match place {
            0 if close => node(&format!("{}: {:06}", name(0), length - 1)),
            0 => node(&format!("{}:", name(0))),
            _ => node(&format!("{}: {:06}", name(place), place - 1)),
        })
        .collect()
}

#[test]
fn a_long_chain_is_no_matter() {
    let graph = Graph::build(&branches("a"), chain(20_000, false)).unwrap();
    assert!(graph.order().iter().map(|index| index.as_usize()).eq(0..20_000));
    let errors = Graph::build(&branches("a"), chain(20_000, true)).unwrap_err();
    assert!(matches!(&errors[..], [GraphError::Cycle { path }] if path.len() == 20_000));
}
