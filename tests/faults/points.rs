//! The same damage at every point of the way up, and of the way down.

use crate::figures::Tally;
use crate::scenario::{Scenario, Way};
use crate::support::stopped::{Stopped, run_to};
use crate::support::{Outcome, TestDatabase};
use crate::truth::{Goal, recover, says_what_is_so};

pub const WAYS: [Way; 2] = [Way::Up, Way::Down];

/// Which points are tried.
#[derive(Debug, Clone, Copy)]
pub enum Points {
    /// All of them.
    All,
    /// Every second one, from the first: the server's state behind one send is that before the next.
    Odd,
    /// Every second one, from the second.
    Even,
}

impl Points {
    fn numbers(self) -> impl Iterator<Item = u64> {
        match self {
            Self::All => (1..).step_by(1),
            Self::Odd => (1..).step_by(2),
            Self::Even => (2..).step_by(2),
        }
    }
}

/// Runs the scenario with damage at the first point, then at the next, until a run comes through without coming to its
/// point. `damage` gives what the run said, where it lived on.
pub fn at_every_point(
    scenario: &mut Scenario,
    tally: &mut Tally,
    database: &TestDatabase,
    points: Points,
    mut damage: impl FnMut(Stopped, &TestDatabase) -> Option<Outcome>,
) {
    let goals = goals(scenario, database);
    let mut left = WAYS.to_vec();
    for point in points.numbers() {
        database.clear();
        for (way, goal) in WAYS.into_iter().zip(&goals) {
            if !left.contains(&way) {
                scenario.project.run_line(way.line()).success();
                continue;
            }
            match run_to(&scenario.project, way.line(), point) {
                Err(undisturbed) => {
                    undisturbed.success();
                    goal.is_reached(database);
                    left.retain(|other| *other != way);
                }
                Ok(stopped) => {
                    let place = format!("{way:?} at point {point}");
                    let is_well = tally.fault(place, || {
                        let outcome = damage(stopped, database);
                        database.until_alone();
                        if let Some(outcome) = outcome {
                            says_what_is_so(&outcome, &scenario.project);
                        }
                        recover(scenario, database, way);
                        goal.is_reached(database);
                    });
                    if !is_well {
                        break;
                    }
                }
            }
        }
        if left.is_empty() {
            return;
        }
    }
}

/// What undisturbed runs come to: up, and down again.
pub fn goals(scenario: &mut Scenario, database: &TestDatabase) -> [Goal; 2] {
    database.clear();
    scenario.point_at(database.url());
    WAYS.map(|way| {
        scenario.project.run_line(way.line()).success();
        Goal::of(database)
    })
}
