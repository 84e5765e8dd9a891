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
            .map(|key| {
                let Some(index) = graph.find(key) else { return Vec::new() };
                let others: Vec<_> = match plan.direction {
                    Direction::Up => graph.parents(index).chain(graph.dependencies(index)).collect(),
                    Direction::Down => graph.children(index).chain(graph.dependents(index)).collect(),
                };
                others.into_iter().filter_map(|other| places.get(graph.key(other)).copied()).collect()
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
