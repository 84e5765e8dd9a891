//! Applying and reverting, from an empty database and back to one.

use std::collections::BTreeMap;

use crate::database::{Database, Engine};
use crate::layout::Layout;
use crate::process::{in_turn, median, time};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::{Tool, Verb};
use crate::{Bench, Error};

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    for engine in bench.engines() {
        for full in [100, 1000] {
            let revisions = bench.options.revisions(full);
            let layout = Layout::write(bench.folder.join(format!("apply_{}_{full}", engine.word())), revisions)?;
            let found = rounds(bench, engine, &layout)?;
            for (verb, word) in [(Verb::Apply, "apply"), (Verb::Revert, "revert")] {
                let cells = found
                    .iter()
                    .filter(|((of, _), _)| *of == word)
                    .map(|((_, tool), times)| (*tool, median(times.clone())))
                    .collect();
                let what = format!("{}: {word} {revisions}", engine.name());
                let mut row = Row { what, unit: Unit::Time, cells, reach: Reach::none() };
                row.reach = reach(engine, verb, &row);
                table.row(row);
            }
        }
    }
    Ok(())
}

fn reach(engine: Engine, verb: Verb, row: &Row) -> Reach {
    match (engine, verb) {
        (Engine::Postgres, Verb::Apply) => Reach::at_most("<= 1.00 of the fastest peer", row.ratio_to_best_peer(), 1.0),
        (Engine::Sqlite, Verb::Apply) => Reach::at_most("<= 1.10 of sqlite3", row.ratio(Tool::Limit), 1.1),
        _ => Reach::none(),
    }
}

type Times = BTreeMap<(&'static str, Tool), Vec<f64>>;

fn rounds(bench: &Bench, engine: Engine, layout: &Layout) -> Result<Times, Error> {
    let mut found = Times::new();
    for round in 0..bench.options.rounds {
        for tool in in_turn(&bench.tools.on(engine), round) {
            let database = Database::fresh(bench, engine)?;
            for (verb, word) in [(Verb::Apply, "apply"), (Verb::Revert, "revert")] {
                if let Some(mut command) = bench.tools.command(tool, verb, layout, &database) {
                    let elapsed = time(&mut command)?;
                    found.entry((word, tool)).or_default().push(elapsed.as_secs_f64());
                }
            }
        }
    }
    Ok(found)
}
