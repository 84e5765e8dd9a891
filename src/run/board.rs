//! Who waits for whom: the outcomes of a plan's steps as they come in, shared by the workers of all branches.

use std::cell::RefCell;

use tokio::sync::Notify;

use crate::direction::Direction;
use crate::graph::Graph;
use crate::names::RevisionKey;
use crate::plan::Plan;

/// What a step may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// Begin.
    Go,
    /// Never: this step, which it needs, was not done.
    Blocked(RevisionKey),
    /// Not at all: the run ends.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open,
    Done,
    NotDone,
}

/// The board on which workers post what became of their steps, and read what they wait for.
pub(super) struct Board {
    keys: Vec<RevisionKey>,
    /// For each step, the places of the steps that must be done before it.
    needs: Vec<Vec<usize>>,
    marks: RefCell<Vec<Mark>>,
    stopped: RefCell<bool>,
    posted: Notify,
}

impl Board {
    pub(super) fn new(graph: &Graph, plan: &Plan) -> Self {
        let keys: Vec<RevisionKey> = plan.steps.iter().map(crate::plan::Step::key).collect();
        let places: std::collections::HashMap<&RevisionKey, usize> =
            keys.iter().enumerate().map(|(place, key)| (key, place)).collect();
        let needs = keys
            .iter()
            .zip(&plan.steps)
            .map(|(key, step)| {
                let Some(index) = graph.find(key) else { return Vec::new() };
                let others: Vec<_> = match plan.direction {
                    Direction::Up => graph.parents(index).chain(graph.dependencies(index)).collect(),
                    Direction::Down => graph.children(index).chain(graph.dependents(index)).collect(),
                };
                let others = others.into_iter().map(|other| graph.key(other));
                others.chain(&step.waits_for).filter_map(|other| places.get(other).copied()).collect()
            })
            .collect();
        let marks = RefCell::new(vec![Mark::Open; keys.len()]);
        Self { needs, marks, stopped: RefCell::new(false), posted: Notify::new(), keys }
    }

    /// Waits until a step may begin, or never will.
    pub(super) async fn turn(&self, place: usize) -> Turn {
        loop {
            // Registered before looking, so that nothing posted in between is missed.
            let posted = self.posted.notified();
            if let Some(turn) = self.look(place) {
                return turn;
            }
            posted.await;
        }
    }

    fn look(&self, place: usize) -> Option<Turn> {
        let marks = self.marks.borrow();
        if let Some(&by) = self.needs[place].iter().find(|&&need| marks[need] == Mark::NotDone) {
            return Some(Turn::Blocked(self.keys[by].clone()));
        }
        if *self.stopped.borrow() {
            return Some(Turn::Stop);
        }
        self.needs[place].iter().all(|&need| marks[need] == Mark::Done).then_some(Turn::Go)
    }

    /// Whether nothing new is to begin.
    pub(super) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Posts what became of a step.
    pub(super) fn post(&self, place: usize, done: bool) {
        self.marks.borrow_mut()[place] = if done { Mark::Done } else { Mark::NotDone };
        self.posted.notify_waiters();
    }

    /// Lets nothing new begin.
    pub(super) fn stop(&self) {
        *self.stopped.borrow_mut() = true;
        self.posted.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use futures_util::future::join_all;
    use proptest::prelude::*;

    use super::{Board, Turn};
    use crate::direction::Direction;
    use crate::graph::{Graph, Node};
    use crate::names::RevisionKey;
    use crate::plan::{Plan, Step};
    use crate::revision::Checksum;

    /// A revision of the random graph: its branch, and which of those before it it needs.
    type Drawn = (usize, Vec<prop::sample::Index>);

    const BRANCHES: [&str; 3] = ["a", "b", "c"];

    fn graph(drawn: &[Drawn]) -> (Graph, Vec<RevisionKey>) {
        let mut keys: Vec<RevisionKey> = Vec::new();
        let mut nodes = Vec::new();
        for (number, (branch, needs)) in drawn.iter().enumerate() {
            let key: RevisionKey = format!("{}@{number:04}", BRANCHES[*branch]).parse().unwrap();
            let last = keys.iter().rev().find(|other| other.branch == key.branch);
            let depends_on: BTreeSet<RevisionKey> =
                needs.iter().filter(|_| !keys.is_empty()).map(|need| need.get(&keys).clone()).collect();
            nodes.push(Node {
                key: key.clone(),
                parents: last.map(|last| last.id.clone()).into_iter().collect(),
                depends_on: depends_on.into_iter().filter(|other| Some(other) != last).collect(),
                references: Vec::new(),
                replaces: Vec::new(),
                file: "revision.toml".into(),
                description: String::new(),
            });
            keys.push(key);
        }
        let branches = BRANCHES.map(|branch| branch.parse().unwrap());
        (Graph::build(&branches, nodes).unwrap(), keys)
    }

    fn plan(graph: &Graph, direction: Direction) -> Plan {
        let order = graph.order().iter().map(|&index| graph.key(index).clone());
        let keys: Vec<RevisionKey> = match direction {
            Direction::Up => order.collect(),
            Direction::Down => order.rev().collect(),
        };
        let step = |key: RevisionKey| Step {
            branch: key.branch,
            revision: key.id,
            direction,
            description: String::new(),
            file: "up.sql".into(),
            checksum: Checksum::of(""),
            waits_for: Vec::new(),
            transaction: true,
            destructive: false,
            losses: Vec::new(),
            why: String::new(),
        };
        Plan { direction, targets: Vec::new(), branches: Vec::new(), steps: keys.into_iter().map(step).collect() }
    }

    fn needs(graph: &Graph, key: &RevisionKey, direction: Direction) -> Vec<RevisionKey> {
        let index = graph.find(key).unwrap();
        let others: Vec<_> = match direction {
            Direction::Up => graph.parents(index).chain(graph.dependencies(index)).collect(),
            Direction::Down => graph.children(index).chain(graph.dependents(index)).collect(),
        };
        others.into_iter().map(|other| graph.key(other).clone()).collect()
    }

    /// Runs a worker a branch; the steps in `fails` are not done. Gives what began, in order, and what was blocked.
    async fn simulate(
        graph: &Graph,
        plan: &Plan,
        fails: &BTreeSet<RevisionKey>,
    ) -> (Vec<RevisionKey>, Vec<RevisionKey>) {
        let board = Board::new(graph, plan);
        let (began, blocked) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        join_all(BRANCHES.map(async |branch| {
            for (place, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.branch.as_str() == branch) {
                let key = step.key();
                match board.turn(place).await {
                    Turn::Go => {
                        began.borrow_mut().push(key.clone());
                        tokio::task::yield_now().await;
                        board.post(place, !fails.contains(&key));
                    }
                    Turn::Blocked(_) => {
                        blocked.borrow_mut().push(key);
                        board.post(place, false);
                    }
                    Turn::Stop => unreachable!("nobody stopped the board"),
                }
            }
        }))
        .await;
        (began.into_inner(), blocked.into_inner())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn each_step_begins_after_what_it_needs_or_is_blocked_by_it(
            drawn in prop::collection::vec((0..3_usize, prop::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..25),
            fails in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
            up in any::<bool>(),
        ) {
            let direction = if up { Direction::Up } else { Direction::Down };
            let (graph, keys) = graph(&drawn);
            let fails: BTreeSet<RevisionKey> = fails.iter().map(|fail| fail.get(&keys).clone()).collect();
            let plan = plan(&graph, direction);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (began, blocked) = runtime.block_on(simulate(&graph, &plan, &fails));
            prop_assert_eq!(began.len() + blocked.len(), keys.len(), "no step is forgotten");
            for (position, key) in began.iter().enumerate() {
                for need in needs(&graph, key, direction) {
                    prop_assert!(began[..position].contains(&need) && !fails.contains(&need), "{key} began before {need}");
                }
            }
            for key in &blocked {
                let lacks = needs(&graph, key, direction).into_iter().any(|need| fails.contains(&need) || blocked.contains(&need));
                prop_assert!(lacks, "{key} was blocked by nothing");
            }
        }
    }
}
