//! Peak memory: the most that a process held at one time, as the kernel counts it (GNU time's `%M`).

use std::process::Command;

use crate::database::Database;
use crate::layout::Layout;
use crate::process::{is_there, time, wrapped};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::{Tool, Verb};
use crate::{Bench, Error};

const TIME: &str = "/usr/bin/time";

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    if !is_there(TIME, "--version") {
        table.remark("GNU time is not installed: peak memory was not measured".to_owned());
        return Ok(());
    }
    let revisions = bench.options.revisions(5000);
    for engine in bench.engines() {
        let layout = Layout::write(bench.folder.join(format!("memory_{}", engine.word())), revisions)?;
        let database = Database::fresh(bench, engine)?;
        for (verb, words) in [(Verb::Apply, "apply"), (Verb::NoOp, "no-op at"), (Verb::Revert, "revert")] {
            let Some(command) = bench.tools.command(Tool::Ours, verb, &layout, &database) else { continue };
            let cells = vec![(Tool::Ours, peak(bench, &command)?)];
            let what = format!("{}: peak memory, {words} {revisions}", engine.name());
            let mut row = Row { what, unit: Unit::Megabytes, cells, reach: Reach::none() };
            row.reach = Reach::at_most("< 50 MB", row.of(Tool::Ours), 50.0);
            table.row(row);
        }
    }
    Ok(())
}

/// In megabytes of 1,048,576 bytes.
fn peak(bench: &Bench, command: &Command) -> Result<f64, Error> {
    let file = bench.folder.join("peak.txt");
    time(&mut wrapped(TIME, &["-f", "%M", "-o", &file.display().to_string()], command))?;
    let kilobytes: f64 = std::fs::read_to_string(&file)?.trim().parse()?;
    Ok(kilobytes / 1024.0)
}
