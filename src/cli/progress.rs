//! Shows a run as it goes: a line a step, and bars on a terminal while it takes long.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use branchline::direction::Direction;
use branchline::names::BranchName;
use branchline::run::{Event, StepOutcome, StepReport};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::context::Context;
use super::global::{Format, Progress};
use super::output::{note, write_out};

/// A run shorter than this shows no bars: they would only flicker.
const BARS_AFTER: Duration = Duration::from_millis(700);

/// How many steps of a branch are named that were never begun; the others are counted.
const UNTAKEN_LINES: u64 = 5;

/// Sees the events of a run.
pub struct Watcher {
    lines: bool,
    quiet: bool,
    /// How wide the names of the steps are, so that the lines are a table.
    width: Cell<usize>,
    /// Steps that were never begun, a branch.
    untaken: RefCell<BTreeMap<BranchName, u64>>,
    bars: Option<Bars>,
}

struct Bars {
    all: MultiProgress,
    started: Instant,
    of_branch: RefCell<BTreeMap<BranchName, (ProgressBar, u64, u64)>>,
}

impl Watcher {
    pub fn new(context: &Context) -> Self {
        let wanted = context.global.progress == Progress::Auto && !context.global.quiet;
        let shown = wanted && std::io::stderr().is_terminal();
        let bars = shown.then(|| Bars {
            all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            started: Instant::now(),
            of_branch: RefCell::default(),
        });
        Self {
            lines: context.global.format == Format::Table,
            quiet: context.global.quiet,
            width: Cell::new(0),
            untaken: RefCell::default(),
            bars,
        }
    }

    /// Takes an event.
    pub fn see(&self, event: &Event<'_>) {
        match event {
            Event::Unreachable { branch, message } => self.say(&format!("branch {branch}: {message}; trying again")),
            Event::Waiting { branch, holder } => self.say(&format!("branch {branch}: waiting for {holder}")),
            Event::Blocked { step, by } => self.say(&format!("{}: waiting for {by}", step.key())),
            Event::Retrying { step, message, after } => {
                let after = humantime::format_duration(*after);
                self.say(&format!("{}: {message}; trying again in {after}", step.key()));
            }
            Event::Found { key, found } => self.say(&format!("{key}: {found}")),
            Event::Started { plan } => self.begin(plan),
            Event::StepStarted { step } => {
                if let Some(bars) = &self.bars
                    && let Some((bar, ..)) = bars.of_branch.borrow().get(&step.branch)
                {
                    bar.set_message(format!("{} {}", step.revision, step.description));
                }
            }
            Event::StepFinished { report } => self.end_step(report),
        }
    }

    fn begin(&self, plan: &branchline::plan::Plan) {
        self.width.set(plan.steps.iter().map(|step| step.key().to_string().len()).max().unwrap_or_default());
        let Some(bars) = &self.bars else { return };
        for branch in plan.branches_with_steps() {
            let total = plan.steps.iter().filter(|step| step.branch == branch).count() as u64;
            bars.of_branch.borrow_mut().insert(branch, (ProgressBar::hidden(), 0, total));
        }
    }

    fn end_step(&self, report: &StepReport) {
        if self.lines && self.is_told(report) {
            let line = line_of(report, self.width.get());
            // The bars must step aside, or the line would be drawn over.
            match &self.bars {
                Some(bars) => bars.all.suspend(|| write_out(&line)),
                None => write_out(&line),
            }
            .unwrap_or_default();
        }
        if let Some(bars) = &self.bars {
            bars.advance(&report.step.branch);
        }
    }

    /// Of a long row of steps that were never begun the first ones tell enough; the error must not scroll away above them.
    fn is_told(&self, report: &StepReport) -> bool {
        if !matches!(report.outcome, StepOutcome::Blocked { .. } | StepOutcome::NotStarted) {
            return true;
        }
        let mut untaken = self.untaken.borrow_mut();
        let count = untaken.entry(report.step.branch.clone()).or_default();
        *count += 1;
        *count <= UNTAKEN_LINES
    }

    fn say(&self, line: &str) {
        if self.quiet {
            return;
        }
        match &self.bars {
            Some(bars) => bars.all.suspend(|| note(line)),
            None => note(line),
        }
    }
}

/// The bars go, however the run has ended, and what was only counted is said.
impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(bars) = &self.bars {
            let _ = bars.all.clear();
        }
        for (branch, count) in self.untaken.borrow().iter().filter(|(_, count)| **count > UNTAKEN_LINES) {
            let _ = write_out(&format!("     ... and {} more of {branch}, not started", *count - UNTAKEN_LINES));
        }
    }
}

impl Bars {
    fn advance(&self, branch: &BranchName) {
        let mut of_branch = self.of_branch.borrow_mut();
        let late = self.started.elapsed() > BARS_AFTER;
        let Some((bar, done, total)) = of_branch.get_mut(branch) else { return };
        *done += 1;
        if late && bar.is_hidden() && *done < *total {
            let style = ProgressStyle::with_template("{prefix:>12} [{bar:30}] {pos}/{len} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ");
            *bar = self.all.add(ProgressBar::new(*total).with_style(style).with_prefix(branch.to_string()));
        }
        bar.set_position(*done);
    }
}

fn line_of(report: &StepReport, width: usize) -> String {
    let step = &report.step;
    let direction = match step.direction {
        Direction::Up => "up  ",
        Direction::Down => "down",
    };
    let plain = Style::new();
    let (style, outcome) = match &report.outcome {
        StepOutcome::Done => (plain, format!("{} ms", report.duration.unwrap_or_default().as_millis())),
        StepOutcome::Skipped => (plain.dimmed(), "done by another run".to_owned()),
        StepOutcome::Failed(_) | StepOutcome::Unreadable(_) => {
            (plain.bold().fg_color(Some(AnsiColor::Red.into())), "FAILED".to_owned())
        }
        StepOutcome::Blocked { by } => (plain.fg_color(Some(AnsiColor::Yellow.into())), format!("blocked by {by}")),
        // It was told as done before, and the step that takes it back is a line of its own.
        StepOutcome::TakenBack => (plain, "taken back".to_owned()),
        StepOutcome::NotStarted => (plain.dimmed(), "not started".to_owned()),
    };
    format!("{direction} {:width$} {style}{outcome:>9}{style:#}  {}", step.key().to_string(), step.description)
}
