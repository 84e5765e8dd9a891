//! Random commands, and what is done to them on their way.

use std::process::Child;
use std::time::Duration;

use crate::graph::{BRANCHES, Set};
use crate::random::Random;
use crate::support::Outcome;
use crate::support::pair::{json, kind};
use crate::support::running::{end, start};
use crate::support::stopped::run_to;
use crate::world::{Found, World};

/// So many points at most are waited for; most commands have fewer.
const POINTS: usize = 120;

/// A time in which most commands end.
const MILLISECONDS: usize = 400;

pub struct Acts {
    world: World,
    pub log: Vec<String>,
}

/// A command, and what it means.
struct Job {
    line: String,
    up: bool,
    /// What is applied after it, where nothing goes wrong.
    goal: Set,
    /// What it is refused with.
    refused: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnFailure {
    Stop,
    Continue,
    Compensate,
}

impl Acts {
    pub fn new(world: World) -> Self {
        Self { world, log: Vec::new() }
    }

    /// Does something, holds what came of it to the model, and says what it was.
    pub fn act(&mut self, random: &mut Random) -> &'static str {
        match random.below(100) {
            0..8 => self.stamp(random),
            8..26 => self.together(random),
            _ => self.alone(random),
        }
    }

    fn upgrade(&self, random: &mut Random) -> Job {
        let graph = &self.world.graph;
        let (target, named) = match random.below(4) {
            0 => ("heads".to_owned(), (0..graph.revisions.len()).collect::<Set>()),
            1 => {
                let branch = random.below(graph.engines.len());
                let all: Set = (0..graph.revisions.len()).collect();
                (format!("{}@heads", BRANCHES[branch]), graph.of_branch(&all, branch))
            }
            _ => {
                let at = random.below(graph.revisions.len());
                (graph.name(at), Set::from([at]))
            }
        };
        let needed: Set =
            graph.with_ancestors(named.iter().copied(), true).difference(&self.world.applied).copied().collect();
        let branches: Vec<usize> = named.iter().map(|&at| graph.revisions[at].branch).collect();
        let alone = needed.iter().all(|&at| branches.contains(&graph.revisions[at].branch));
        let with = random.chance(60);
        let flag = if with { " --with-dependencies" } else { "" };
        Job {
            line: format!("upgrade {target}{flag} --yes"),
            up: true,
            goal: self.world.applied.union(&needed).copied().collect(),
            refused: (!alone && !with).then_some("dependency_missing"),
        }
    }

    fn downgrade(&self, random: &mut Random) -> Job {
        let graph = &self.world.graph;
        let applied = &self.world.applied;
        let branch = random.below(graph.engines.len());
        let here = graph.of_branch(applied, branch);
        let (target, first): (String, Vec<usize>) = if here.is_empty() || random.chance(15) {
            let roots = here.iter().copied().filter(|&at| graph.revisions[at].parents.is_empty()).collect();
            (format!("{}@base", BRANCHES[branch]), roots)
        } else {
            let at = *random.pick(&Vec::from_iter(here.iter().copied()));
            (
                graph.name(at),
                here.iter().copied().filter(|&child| graph.revisions[child].parents.contains(&at)).collect(),
            )
        };
        let gone: Set = graph.with_descendants(first).intersection(applied).copied().collect();
        let alone = gone.iter().all(|&at| graph.revisions[at].branch == branch);
        let with = random.chance(60);
        let flag = if with { " --with-dependents" } else { "" };
        Job {
            line: format!("downgrade {target}{flag} --yes"),
            up: false,
            goal: applied.difference(&gone).copied().collect(),
            refused: (!alone && !with).then_some("dependent_in_the_way"),
        }
    }

    fn alone(&mut self, random: &mut Random) -> &'static str {
        let mut job = if random.chance(65) { self.upgrade(random) } else { self.downgrade(random) };
        let policy = *random.pick(&[OnFailure::Stop, OnFailure::Stop, OnFailure::Continue, OnFailure::Compensate]);
        let policy = if job.up || policy != OnFailure::Compensate { policy } else { OnFailure::Stop };
        job.line += match policy {
            OnFailure::Stop => "",
            OnFailure::Continue => " --on-failure continue",
            OnFailure::Compensate => " --on-failure compensate",
        };
        let planned: Set = job.goal.symmetric_difference(&self.world.applied).copied().collect();
        if random.chance(60) {
            self.world.open_gates(&planned);
        }
        let damage = random.below(100);
        let (name, outcome) = match damage {
            0..40 => ("undisturbed", Some(json(&self.world.project, &job.line))),
            40..65 => ("client killed at a point", self.stopped(&job, random, false)),
            65..80 => ("sessions ended at a point", self.stopped(&job, random, true)),
            _ => ("client killed at some time", self.killed(&job, random)),
        };
        self.log.push(format!("{name}: {} -> {:?}", job.line, outcome.as_ref().map(|outcome| outcome.code)));
        let found = self.world.look();
        match outcome {
            Some(outcome) if name == "undisturbed" => self.came_to(&job, policy, &planned, &outcome, &found),
            outcome => {
                if let Some(outcome) = outcome {
                    self.world.says_what_is_so(&outcome, &found);
                    assert!([Some(0), Some(1), Some(5), Some(6)].contains(&outcome.code), "{outcome}");
                }
                self.is_on_the_way(&job, policy, &found);
            }
        }
        self.finish(found);
        if random.chance(50) && job.refused.is_none() {
            self.again(&job);
        }
        name
    }

    /// Stops the command at a point; kills it there, or ends its sessions and lets it go on.
    fn stopped(&self, job: &Job, random: &mut Random, sessions: bool) -> Option<Outcome> {
        let point = 1 + random.below(POINTS) as u64;
        match run_to(&self.world.project, &job.line, point) {
            Err(outcome) => Some(outcome),
            Ok(stopped) if sessions => {
                for database in &self.world.databases {
                    database.end_sessions();
                    database.until_alone();
                }
                stopped.go_on();
                Some(stopped.end())
            }
            Ok(stopped) => {
                stopped.kill();
                None
            }
        }
    }

    fn killed(&self, job: &Job, random: &mut Random) -> Option<Outcome> {
        let mut child = start(&self.world.project, &format!("{} --format json", job.line));
        std::thread::sleep(Duration::from_millis(random.below(MILLISECONDS) as u64));
        if child.try_wait().unwrap().is_some() {
            return Some(end(child));
        }
        child.kill().unwrap();
        let outcome = end(child);
        // It may have ended just before.
        (outcome.code != Some(-9)).then_some(outcome)
    }

    /// Nothing disturbed it but scripts that fail.
    #[track_caller]
    fn came_to(&self, job: &Job, policy: OnFailure, planned: &Set, outcome: &Outcome, found: &Found) {
        let graph = &self.world.graph;
        self.world.says_what_is_so(outcome, found);
        if let Some(refusal) = job.refused {
            assert_eq!((outcome.code, kind(outcome).as_str()), (Some(6), refusal), "{outcome}");
            assert!(found.applied == self.world.applied && found.half_way.is_empty(), "{outcome}");
            return;
        }
        let failing = if job.up { self.world.closed(planned) } else { Set::new() };
        if failing.is_empty() {
            assert_eq!(outcome.code, Some(0), "{outcome}");
            assert!(found.applied == job.goal && found.half_way.is_empty(), "{outcome}\n{}", found.status);
            return;
        }
        assert_eq!(outcome.code, Some(1), "{outcome}");
        self.is_on_the_way(job, policy, found);
        let lost = graph.with_descendants(failing.iter().copied());
        assert!(found.applied.is_disjoint(&lost), "what cannot be there is\n{outcome}");
        let clean = found.half_way.is_empty();
        match policy {
            OnFailure::Stop => {}
            OnFailure::Continue => {
                // A branch with a revision left half-way takes nothing more.
                let stuck: Vec<usize> = found.half_way.iter().map(|half| graph.revisions[half.at].branch).collect();
                let held = planned.iter().copied().filter(|&at| stuck.contains(&graph.revisions[at].branch));
                let held = graph.with_descendants(held);
                for at in planned.difference(&lost).filter(|at| !held.contains(at)) {
                    assert!(
                        found.applied.contains(at),
                        "{} does not depend on what failed\n{outcome}",
                        graph.name(*at)
                    );
                }
            }
            OnFailure::Compensate if clean => assert_eq!(found.applied, self.world.applied, "{outcome}"),
            OnFailure::Compensate => {}
        }
    }

    /// Something is applied that is so neither before nor after the command, or something that is so both times is not.
    #[track_caller]
    fn is_on_the_way(&self, job: &Job, policy: OnFailure, found: &Found) {
        let before = &self.world.applied;
        let (least, most) = if job.up { (before, &job.goal) } else { (&job.goal, before) };
        assert!(least.is_subset(&found.applied) && found.applied.is_subset(most), "{}\n{}", job.line, found.status);
        for half in &found.half_way {
            let may_be = half.up == job.up || policy == OnFailure::Compensate;
            assert!(may_be && most.contains(&half.at) && !least.contains(&half.at), "{}\n{}", job.line, found.status);
        }
    }

    /// Goes on with what was left half-way, until nothing is.
    #[track_caller]
    fn finish(&mut self, mut found: Found) {
        while let Some(half) = found.half_way.first().copied() {
            self.world.open_gates(&Set::from([half.at]));
            let line = format!("resume {} --yes", BRANCHES[self.world.graph.revisions[half.at].branch]);
            let outcome = json(&self.world.project, &line);
            self.log.push(format!("{line} -> {:?}", outcome.code));
            let outcome = outcome.success();
            found = self.world.look();
            assert_eq!(found.applied.contains(&half.at), half.up, "{outcome}\n{}", found.status);
            assert!(!found.half_way.iter().any(|left| left.at == half.at), "{outcome}\n{}", found.status);
        }
        self.world.applied = found.applied;
    }

    /// The same command once more comes to what it is for.
    #[track_caller]
    fn again(&mut self, job: &Job) {
        let all = (0..self.world.graph.revisions.len()).collect();
        self.world.open_gates(&all);
        let outcome = json(&self.world.project, &job.line);
        self.log.push(format!("again: {} -> {:?}", job.line, outcome.code));
        let outcome = outcome.success();
        let found = self.world.look();
        self.world.says_what_is_so(&outcome, &found);
        assert!(found.applied == job.goal && found.half_way.is_empty(), "{outcome}\n{}", found.status);
        self.world.applied = found.applied;
    }

    /// Several upgrades at once, of which one may be killed.
    fn together(&mut self, random: &mut Random) -> &'static str {
        let all = (0..self.world.graph.revisions.len()).collect();
        self.world.open_gates(&all);
        let mut jobs: Vec<Job> = Vec::new();
        for _ in 0..2 + random.below(3) {
            let mut job = self.upgrade(random);
            if job.refused.take().is_some() {
                job.line += " --with-dependencies";
            }
            jobs.push(job);
        }
        let goal = jobs.iter().fold(self.world.applied.clone(), |goal, job| goal.union(&job.goal).copied().collect());
        let kill = random.chance(40);
        let children: Vec<Child> =
            jobs.iter().map(|job| start(&self.world.project, &format!("{} --format json", job.line))).collect();
        let mut outcomes = Vec::new();
        for (number, mut child) in children.into_iter().enumerate() {
            if kill && number == 0 {
                std::thread::sleep(Duration::from_millis(random.below(MILLISECONDS) as u64));
                let _ = child.kill();
            }
            outcomes.push(end(child));
        }
        let codes: Vec<Option<i32>> = outcomes.iter().map(|outcome| outcome.code).collect();
        self.log.push(format!(
            "together: {} -> {codes:?}",
            jobs.iter().map(|job| job.line.as_str()).collect::<Vec<_>>().join(" | ")
        ));
        let found = self.world.look();
        let whole = Job { line: "together".to_owned(), up: true, goal, refused: None };
        self.is_on_the_way(&whole, OnFailure::Stop, &found);
        for outcome in &outcomes[usize::from(kill)..] {
            // Whoever comes after one that was killed may find a revision half-way.
            let may_be = outcome.code == Some(0) || kill && outcome.code == Some(6) && kind(outcome) == "unfinished";
            assert!(may_be, "{outcome}\n{}", found.status);
        }
        if !kill {
            assert!(found.applied == whole.goal && found.half_way.is_empty(), "{}", found.status);
        }
        self.finish(found);
        if kill { "several at once, one killed" } else { "several at once" }
    }

    /// Records what is then made so by hand.
    fn stamp(&mut self, random: &mut Random) -> &'static str {
        let graph = &self.world.graph;
        let at = random.below(graph.revisions.len());
        let branch = graph.revisions[at].branch;
        let goal = graph.with_ancestors([at], false);
        let now = graph.of_branch(&self.world.applied, branch);
        let (added, gone): (Set, Set) =
            (goal.difference(&now).copied().collect(), now.difference(&goal).copied().collect());
        let needed = added.iter().flat_map(|&at| &graph.revisions[at].depends_on);
        let stands = needed.copied().all(|at| self.world.applied.contains(&at))
            && graph
                .with_descendants(gone.iter().copied())
                .intersection(&self.world.applied)
                .all(|at| gone.contains(at));
        if !stands {
            return "stamp left out";
        }
        let line = format!("stamp {}", graph.name(at));
        self.log.push(line.clone());
        json(&self.world.project, &line).success();
        for &at in gone.iter().rev() {
            self.by_hand(branch, at, false);
        }
        self.world.open_gates(&added);
        for &at in &added {
            self.by_hand(branch, at, true);
        }
        self.world.applied.retain(|at| !gone.contains(at));
        self.world.applied.extend(added);
        let found = self.world.look();
        assert!(found.applied == self.world.applied && found.half_way.is_empty(), "{}", found.status);
        "stamp"
    }

    fn by_hand(&self, branch: usize, at: usize, up: bool) {
        for statement in self.world.graph.script(at, up) {
            self.world.databases[branch].execute(&statement);
        }
    }
}
