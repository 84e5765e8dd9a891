//! Selection and order against a model that takes everything literally and slowly: sets grown until they grow no more.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{branches, names, node};
use crate::direction::Direction;
use crate::graph::{
    Graph, GraphError, Node, RevisionIndex, RevisionSet, Selection, Target, Why, branches_named, branches_to_read,
    select_down, select_up,
};

/// A graph in which revision `n` may only need lower ones.
#[derive(Debug, Clone)]
struct Model {
    branch: Vec<usize>,
    /// The ids are not in the order of the edges.
    id: Vec<usize>,
    parents: Vec<BTreeSet<usize>>,
    depends_on: Vec<BTreeSet<usize>>,
    /// Closed: with a revision, all that it needs.
    applied: BTreeSet<usize>,
    chosen: BTreeSet<usize>,
}

const BRANCHES: &str = "a b c d";

impl Model {
    fn key(&self, revision: usize) -> String {
        let name = BRANCHES.split(' ').nth(self.branch[revision]).unwrap();
        format!("{name}@{:03}", self.id[revision])
    }

    fn nodes(&self) -> Vec<Node> {
        (0..self.branch.len())
            .map(|revision| {
                let id = |other: &usize| format!("{:03} ", self.id[*other]);
                let parents: String = self.parents[revision].iter().map(id).collect();
                let others: String =
                    self.depends_on[revision].iter().map(|other| format!("{} ", self.key(*other))).collect();
                node(&format!("{}: {parents}| {others}", self.key(revision)))
            })
            .collect()
    }

    fn graph(&self) -> Graph {
        Graph::build(&branches(BRANCHES), self.nodes()).unwrap()
    }

    fn needs(&self, revision: usize, other: usize) -> bool {
        self.parents[revision].contains(&other) || self.depends_on[revision].contains(&other)
    }

    fn grow(&self, mut set: BTreeSet<usize>, drags: impl Fn(usize, usize) -> bool) -> BTreeSet<usize> {
        loop {
            let more: Vec<usize> = (0..self.branch.len())
                .filter(|other| !set.contains(other) && set.iter().any(|&member| drags(member, *other)))
                .collect();
            if more.is_empty() {
                return set;
            }
            set.extend(more);
        }
    }

    fn with_all_they_need(&self, set: &BTreeSet<usize>) -> BTreeSet<usize> {
        self.grow(set.clone(), |member, other| self.needs(member, other))
    }

    fn is_closed(&self, set: &BTreeSet<usize>) -> bool {
        self.with_all_they_need(set) == *set
    }

    /// Literally: what is free, on the branch of the last if possible, then by branch and id.
    fn order(&self, direction: Direction, members: &BTreeSet<usize>) -> Vec<usize> {
        let mut left = members.clone();
        let mut order: Vec<usize> = Vec::new();
        while !left.is_empty() {
            let is_free = |&revision: &usize| {
                left.iter().all(|&other| match direction {
                    Direction::Up => !self.needs(revision, other),
                    Direction::Down => !self.needs(other, revision),
                })
            };
            let place = |revision: usize| {
                let last = order.last().map(|&last| self.branch[last]);
                let id = i64::try_from(self.id[revision]).unwrap();
                let id = if direction == Direction::Up { id } else { -id };
                (last != Some(self.branch[revision]), self.branch[revision], id)
            };
            let next = left.iter().copied().filter(is_free).min_by_key(|&revision| place(revision)).unwrap();
            left.remove(&next);
            order.push(next);
        }
        order
    }

    fn set(&self, graph: &Graph, members: &BTreeSet<usize>) -> RevisionSet {
        members.iter().map(|&revision| graph.find(&self.key(revision).parse().unwrap()).unwrap()).collect()
    }

    fn keys(&self, members: impl IntoIterator<Item = usize>) -> Vec<String> {
        members.into_iter().map(|revision| self.key(revision)).collect()
    }

    fn targets(&self, revisions: &BTreeSet<usize>) -> Vec<Target> {
        revisions.iter().map(|&revision| self.key(revision).parse().unwrap()).collect()
    }
}

fn keys(graph: &Graph, revisions: impl IntoIterator<Item = RevisionIndex>) -> Vec<String> {
    revisions.into_iter().map(|revision| graph.key(revision).to_string()).collect()
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort();
    keys
}

fn models() -> impl Strategy<Value = Model> {
    let revision = (
        0..4_usize,
        any::<u64>(),
        prop::collection::vec(any::<Index>(), 0..3),
        prop::collection::vec(any::<Index>(), 0..3),
        0..4_u8,
        any::<bool>(),
        0..6_u8,
    );
    prop::collection::vec(revision, 1..28).prop_map(|rows| {
        let mut model = Model {
            branch: rows.iter().map(|row| row.0).collect(),
            id: Vec::new(),
            parents: Vec::new(),
            depends_on: Vec::new(),
            applied: BTreeSet::new(),
            chosen: BTreeSet::new(),
        };
        let mut by_salt: Vec<(u64, usize)> = rows.iter().enumerate().map(|(place, row)| (row.1, place)).collect();
        by_salt.sort_unstable();
        model.id = (0..rows.len()).map(|place| by_salt.iter().position(|salted| salted.1 == place).unwrap()).collect();
        for (place, row) in rows.iter().enumerate() {
            let same: Vec<usize> = (0..place).filter(|&other| model.branch[other] == row.0).collect();
            let pick = |from: &[usize], picks: &[Index]| -> BTreeSet<usize> {
                picks.iter().filter(|_| !from.is_empty()).map(|pick| *pick.get(from)).collect()
            };
            model.parents.push(pick(&same, &row.2));
            // Most revisions depend on nothing.
            let all: Vec<usize> = if row.4 == 0 { (0..place).collect() } else { Vec::new() };
            model.depends_on.push(pick(&all, &row.3));
        }
        let seeds = rows.iter().enumerate().filter(|(_, row)| row.5).map(|(place, _)| place).collect();
        model.applied = model.with_all_they_need(&seeds);
        model.chosen = rows.iter().enumerate().filter(|(_, row)| row.6 == 0).map(|(place, _)| place).collect();
        model
    })
}

fn reasons_hold(graph: &Graph, selection: &Selection) -> Result<(), TestCaseError> {
    prop_assert!(selection.why.keys().copied().eq(selection.steps.iter().copied().collect::<RevisionSet>().iter()));
    for (&step, why) in &selection.why {
        let by = match why {
            Why::Target(text) => {
                prop_assert!(selection.own.contains(step) && text.parse::<Target>().is_ok());
                continue;
            }
            Why::ParentOf(by) => graph.parents(*by).any(|parent| parent == step).then_some(by),
            Why::NeededBy(by) => graph.dependencies(*by).any(|needed| needed == step).then_some(by),
            Why::ChildOf(by) => graph.children(*by).any(|child| child == step).then_some(by),
            Why::DependsOn(by) => graph.dependents(*by).any(|dependent| dependent == step).then_some(by),
        };
        prop_assert!(by.is_some_and(|by| selection.why.contains_key(by)), "{why:?}");
    }
    for (step, by) in &selection.foreign {
        prop_assert!(!selection.own.contains(*step));
        prop_assert!(!by.is_empty() && by.iter().all(|by| selection.why.contains_key(by)));
    }
    prop_assert_eq!(selection.own.len() + selection.foreign.len(), selection.steps.len());
    Ok(())
}

/// Reads branch after branch as asked, seeing nothing of the others, and selects from what was seen. What is read is
/// named, or holds what a step needs (up) or what needs a step (down).
fn select_lazily(graph: &Graph, applied: &RevisionSet, direction: Direction, targets: &[Target]) -> Selection {
    let mut read = BTreeSet::new();
    loop {
        let visible = applied.iter().filter(|&revision| read.contains(&graph.key(revision).branch)).collect();
        let more = branches_to_read(graph, &visible, &read, direction, targets).unwrap();
        assert!(more.is_disjoint(&read));
        read.extend(more.iter().cloned());
        if !more.is_empty() {
            continue;
        }
        let (selection, touched): (Selection, Vec<RevisionIndex>) = match direction {
            Direction::Up => {
                let selection = select_up(graph, &visible, targets).unwrap();
                let touched = selection.steps.iter().flat_map(|&step| graph.dependencies(step)).collect();
                (selection, touched)
            }
            Direction::Down => {
                let selection = select_down(graph, &visible, targets).unwrap();
                let touched = selection.steps.iter().flat_map(|&step| graph.dependents(step)).collect();
                (selection, touched)
            }
        };
        let mut wanted = branches_named(graph, direction, targets).unwrap();
        wanted.extend(touched.into_iter().map(|revision| graph.key(revision).branch.clone()));
        assert_eq!(read, wanted);
        return selection;
    }
}

proptest! {
    #[test]
    fn up_is_all_that_is_needed_and_not_applied(model in models()) {
        let graph = model.graph();
        let applied = model.set(&graph, &model.applied);
        let targets = model.targets(&model.chosen);
        let selection = select_up(&graph, &applied, &targets).unwrap();
        let expected: BTreeSet<usize> =
            model.with_all_they_need(&model.chosen).difference(&model.applied).copied().collect();
        prop_assert_eq!(keys(&graph, selection.steps.iter().copied()), model.keys(model.order(Direction::Up, &expected)));
        let in_branch = |member: usize, other: usize| model.branch[member] == model.branch[other] && model.needs(member, other);
        let own: BTreeSet<usize> =
            model.grow(model.chosen.clone(), in_branch).difference(&model.applied).copied().collect();
        prop_assert_eq!(keys(&graph, selection.own.iter()), sorted(model.keys(own)));
        prop_assert!(model.is_closed(&model.applied.union(&expected).copied().collect()));
        reasons_hold(&graph, &selection)?;
        prop_assert_eq!(select_lazily(&graph, &applied, Direction::Up, &targets), selection);
    }

    #[test]
    fn down_is_all_that_follows_and_is_applied(model in models(), pick in any::<Index>()) {
        let graph = model.graph();
        let applied = model.set(&graph, &model.applied);
        let Some(stays) = (!model.applied.is_empty()).then(|| *model.applied.iter().nth(pick.index(model.applied.len())).unwrap()) else {
            return Ok(());
        };
        let targets = model.targets(&BTreeSet::from([stays]));
        let selection = select_down(&graph, &applied, &targets).unwrap();
        let children = model.applied.iter().copied().filter(|&child| model.parents[child].contains(&stays)).collect();
        let expected = model.grow(children, |member, other| model.applied.contains(&other) && model.needs(other, member));
        prop_assert_eq!(keys(&graph, selection.steps.iter().copied()), model.keys(model.order(Direction::Down, &expected)));
        let left: BTreeSet<usize> = model.applied.difference(&expected).copied().collect();
        prop_assert!(model.is_closed(&left) && left.contains(&stays));
        reasons_hold(&graph, &selection)?;
        for foreign in selection.foreign.keys() {
            // All of the named branch that goes is asked for, unless another branch is in between.
            let is_named = graph.key(*foreign).branch.as_str() == BRANCHES.split(' ').nth(model.branch[stays]).unwrap();
            prop_assert!(!is_named || selection.foreign.keys().any(|other| graph.key(*other).branch != graph.key(*foreign).branch));
        }
        prop_assert_eq!(select_lazily(&graph, &applied, Direction::Down, &targets), selection);
    }

    #[test]
    fn up_and_down_again_leaves_nothing(model in models()) {
        let graph = model.graph();
        let up = select_up(&graph, &model.set(&graph, &model.applied), &["heads".parse().unwrap()]).unwrap();
        prop_assert!(up.foreign.is_empty());
        let all: RevisionSet = graph.order().iter().copied().collect();
        prop_assert_eq!(up.steps.len() + model.applied.len(), all.len());
        let bases: Vec<Target> = branches(BRANCHES).iter().map(|name| format!("{name}@base").parse().unwrap()).collect();
        let down = select_down(&graph, &all, &bases).unwrap();
        prop_assert!(down.foreign.is_empty());
        prop_assert_eq!(down.steps.iter().copied().collect::<RevisionSet>(), all);
    }

    #[test]
    fn input_in_another_order_is_the_same_graph(model in models(), seed in any::<u64>()) {
        let graph = model.graph();
        let mut nodes = model.nodes();
        let mut state = seed;
        nodes.sort_by_cached_key(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 32
        });
        let shuffled = Graph::build(&branches("d b a c"), nodes).unwrap();
        prop_assert_eq!(names(&graph, graph.order().iter().copied()), names(&shuffled, shuffled.order().iter().copied()));
        let applied = model.set(&graph, &model.applied);
        let targets = model.targets(&model.chosen);
        prop_assert_eq!(select_up(&graph, &applied, &targets), select_up(&shuffled, &applied, &targets));
    }

    #[test]
    fn cycles_are_found_and_are_cycles(edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..24)) {
        let nodes: Vec<Node> = (0..12)
            .map(|revision| {
                let needed: BTreeSet<usize> =
                    edges.iter().filter(|(from, to)| *from == revision && from != to).map(|(_, to)| *to).collect();
                let needed: Vec<String> = needed.iter().map(|other| format!("a@{other}")).collect();
                node(&format!("a@{revision}: | {}", needed.join(" ")))
            })
            .collect();
        let needs = |from: &str, to: &str| nodes.iter().any(|node| {
            node.key.to_string() == from && node.depends_on.iter().any(|key| key.to_string() == to)
        });
        let mut reach = [[false; 12]; 12];
        for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
            reach[from][to] = true;
        }
        for middle in 0..12 {
            for from in 0..12 {
                for to in 0..12 {
                    reach[from][to] |= reach[from][middle] && reach[middle][to];
                }
            }
        }
        match Graph::build(&branches("a"), nodes.clone()) {
            Ok(_) => prop_assert!((0..12).all(|at| !reach[at][at])),
            Err(errors) => {
                for error in &errors {
                    let GraphError::Cycle { path } = error else { panic!("{error}") };
                    for (place, step) in path.iter().enumerate() {
                        let next = &path[(place + 1) % path.len()];
                        prop_assert!(needs(&step.revision.to_string(), &next.revision.to_string()));
                    }
                }
                // One for each knot of revisions that reach one another.
                let knots: BTreeSet<usize> = (0..12)
                    .filter(|&at| reach[at][at])
                    .map(|at| (0..12).find(|&other| reach[at][other] && reach[other][at]).unwrap())
                    .collect();
                prop_assert_eq!(errors.len(), knots.len());
            }
        }
    }

    #[test]
    fn any_text_is_a_target_or_an_error(text in "[a-z0-9@+:. -]{0,12}|\\PC{0,8}") {
        if let Ok(target) = text.parse::<Target>() {
            let again = target.to_string();
            prop_assert_eq!(again.parse::<Target>().unwrap(), target.clone());
            let graph = super::graph("a@1: ; b@2: ; b@3: 2");
            let applied = RevisionSet::new();
            let _ = select_up(&graph, &applied, std::slice::from_ref(&target));
            let _ = select_down(&graph, &applied, &[target]);
        }
    }
}
