//! Two databases: side by side in one run of the command, against one after the other in two.

use std::process::Command;

use crate::database::{Database, Engine};
use crate::layout::Layout;
use crate::process::{in_turn, median, time, time_together};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::{Tool, Verb};
use crate::{Bench, Error};

const BRANCHES: [(&str, &str); 2] = [("auth", "DATABASE_URL_AUTH"), ("specs", "DATABASE_URL_SPECS")];

/// One of the ways to do both.
type Run = fn(&Bench, Engine, &Layout) -> Result<f64, Error>;

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    for engine in bench.engines() {
        let revisions = bench.options.revisions(500);
        let layout = Layout::write_pair(bench.folder.join(format!("pair_{}", engine.word())), revisions)?;
        let has_limit = bench.tools.on(engine).contains(&Tool::Limit);
        let runs: &[(usize, Run)] = &[(0, ours_beside), (0, ours_after), (1, limit_beside), (1, limit_after)];
        let runs = if has_limit { runs } else { &runs[..2] };
        let (mut beside, mut after) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        let places: Vec<usize> = (0..runs.len()).collect();
        for round in 0..bench.options.rounds {
            for place in in_turn(&places, round) {
                let (tool, run) = runs[place];
                let times = if place % 2 == 0 { &mut beside } else { &mut after };
                times[tool].push(run(bench, engine, &layout)?);
            }
        }
        let medians = |times: [Vec<f64>; 2]| {
            [Tool::Ours, Tool::Limit].into_iter().zip(times.map(median)).filter(|(_, time)| time.is_finite()).collect()
        };
        let row = |words: &str, cells: Vec<(Tool, f64)>| Row {
            what: format!("{}: two of {revisions}, {words}", engine.name()),
            unit: Unit::Time,
            cells,
            reach: Reach::none(),
        };
        let after = row("one after the other", medians(after));
        let mut beside = row("side by side", medians(beside));
        let share = |tool: Tool| Some(beside.of(tool)? / after.of(tool)?);
        let says = match share(Tool::Limit) {
            Some(limit) => format!("<= 0.65 of one after the other (limit: {limit:.2})"),
            None => "<= 0.65 of one after the other".to_owned(),
        };
        beside.reach = Reach::at_most(&says, share(Tool::Ours), 0.65);
        table.row(after);
        table.row(beside);
    }
    Ok(())
}

fn two(bench: &Bench, engine: Engine) -> Result<[Database; 2], Error> {
    Ok([Database::fresh(bench, engine)?, Database::fresh(bench, engine)?])
}

fn with_urls<'a>(command: &'a mut Command, databases: &[Database; 2]) -> &'a mut Command {
    for ((_, variable), database) in BRANCHES.iter().zip(databases) {
        command.env(variable, &database.url);
    }
    command
}

fn ours_beside(bench: &Bench, engine: Engine, layout: &Layout) -> Result<f64, Error> {
    let databases = two(bench, engine)?;
    let mut command = bench.tools.ours_on(Verb::Apply, layout, "heads");
    Ok(time(with_urls(&mut command, &databases))?.as_secs_f64())
}

fn ours_after(bench: &Bench, engine: Engine, layout: &Layout) -> Result<f64, Error> {
    let databases = two(bench, engine)?;
    let mut total = 0.0;
    for (branch, _) in BRANCHES {
        let mut command = bench.tools.ours_on(Verb::Apply, layout, branch);
        total += time(with_urls(&mut command, &databases))?.as_secs_f64();
    }
    Ok(total)
}

fn limit_commands(bench: &Bench, layout: &Layout, databases: &[Database; 2]) -> Vec<Command> {
    databases.iter().filter_map(|database| bench.tools.command(Tool::Limit, Verb::Apply, layout, database)).collect()
}

fn limit_beside(bench: &Bench, engine: Engine, layout: &Layout) -> Result<f64, Error> {
    let databases = two(bench, engine)?;
    Ok(time_together(&mut limit_commands(bench, layout, &databases))?.as_secs_f64())
}

fn limit_after(bench: &Bench, engine: Engine, layout: &Layout) -> Result<f64, Error> {
    let databases = two(bench, engine)?;
    let mut total = 0.0;
    for mut command in limit_commands(bench, layout, &databases) {
        total += time(&mut command)?.as_secs_f64();
    }
    Ok(total)
}
