//! The no-op: everything is applied already, and only has to be verified. It is what most runs are.

use std::collections::BTreeMap;

use crate::database::Database;
use crate::layout::Layout;
use crate::process::{in_turn, median, time};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::{Tool, Verb};
use crate::{Bench, Error};

/// A no-op is short: it is measured this many times as often.
const MORE: usize = 3;

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    for engine in bench.engines() {
        for full in [10, 1000, 5000] {
            let revisions = bench.options.revisions(full);
            let layout = Layout::write(bench.folder.join(format!("noop_{}_{full}", engine.word())), revisions)?;
            let mut databases = Vec::new();
            for tool in bench.tools.on(engine) {
                // Alembic keeps no row a revision and verifies nothing: its 5,000 would only cost the reader time.
                if tool == Tool::Alembic && revisions > 1000 {
                    continue;
                }
                let database = Database::fresh(bench, engine)?;
                if let Some(mut apply) = bench.tools.command(tool, Verb::Apply, &layout, &database) {
                    time(&mut apply)?;
                }
                databases.push((tool, database));
            }
            let mut found: BTreeMap<Tool, Vec<f64>> = BTreeMap::new();
            let places: Vec<usize> = (0..databases.len()).collect();
            for round in 0..bench.options.rounds * MORE {
                for place in in_turn(&places, round) {
                    let (tool, database) = &databases[place];
                    if let Some(mut command) = bench.tools.command(*tool, Verb::NoOp, &layout, database) {
                        found.entry(*tool).or_default().push(time(&mut command)?.as_secs_f64());
                    }
                }
            }
            let cells = found.into_iter().map(|(tool, times)| (tool, median(times))).collect();
            let what = format!("{}: no-op at {revisions}", engine.name());
            let mut row = Row { what, unit: Unit::Time, cells, reach: Reach::none() };
            row.reach = Reach::at_most("<= 1.00 of refinery", row.ratio(Tool::Refinery), 1.0);
            table.row(row);
        }
    }
    Ok(())
}
