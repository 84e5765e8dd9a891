//! What a revision costs, counted: transactions by the server's own statistics, sends and fsyncs by strace.
//!
//! Two runs of different length are counted and subtracted, so that connecting, locking and saying goodbye fall out.

use std::path::Path;
use std::process::Command;

use crate::database::{Database, Engine};
use crate::layout::Layout;
use crate::process::{is_there, time, wrapped};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::{Tool, Verb};
use crate::{Bench, Error};

const SHORT: usize = 20;
const LONG: usize = 220;

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    let has_strace = is_there("strace", "--version");
    if !has_strace {
        table.remark("strace is not installed: sends and fsyncs were not counted".to_owned());
    }
    for engine in bench.engines() {
        let short = Layout::write(bench.folder.join(format!("count_{}_short", engine.word())), SHORT)?;
        let long = Layout::write(bench.folder.join(format!("count_{}_long", engine.word())), LONG)?;
        let mut counted = Vec::new();
        if engine == Engine::Postgres {
            counted.push((Counted::Transactions, "server transactions", 1.0));
        }
        if has_strace {
            counted.push(match engine {
                Engine::Postgres => (Counted::Sends, "sends", 2.1),
                Engine::Sqlite => (Counted::Syncs, "fsyncs", 4.0),
            });
        }
        for (what, name, most) in counted {
            let mut cells = Vec::new();
            for tool in bench.tools.on(engine) {
                let difference = what.of(bench, tool, engine, &long)? - what.of(bench, tool, engine, &short)?;
                cells.push((tool, difference / (LONG - SHORT) as f64));
            }
            let what = format!("{}: {name} a revision", engine.name());
            let mut row = Row { what, unit: Unit::Count, cells, reach: Reach::none() };
            row.reach = Reach::at_most(&format!("<= {most}"), row.of(Tool::Ours), most);
            table.row(row);
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Counted {
    Transactions,
    Sends,
    Syncs,
}

impl Counted {
    /// How many an upgrade of an empty database takes.
    fn of(self, bench: &Bench, tool: Tool, engine: Engine, layout: &Layout) -> Result<f64, Error> {
        let database = Database::fresh(bench, engine)?;
        let Some(mut command) = bench.tools.command(tool, Verb::Apply, layout, &database) else { return Ok(f64::NAN) };
        match self {
            Self::Transactions => {
                let server = bench.server.as_ref().ok_or("no PostgreSQL server")?;
                let before = server.transactions(&database)?;
                time(&mut command)?;
                Ok(server.transactions(&database)? - before)
            }
            Self::Sends => {
                let calls = traced(bench, &command, "sendto,sendmsg,write,writev")?;
                Ok(lines(&calls, |call| call.contains("<TCP")))
            }
            Self::Syncs => {
                let calls = traced(bench, &command, "fsync,fdatasync")?;
                Ok(lines(&calls, |call| call.contains("sync(")))
            }
        }
    }
}

/// The calls of a command and its threads, each with the name of its file or socket.
fn traced(bench: &Bench, command: &Command, calls: &str) -> Result<String, Error> {
    let file = bench.folder.join("calls.txt");
    let name = file.display().to_string();
    time(&mut wrapped("strace", &["-f", "-yy", "-e", &format!("trace={calls}"), "-o", &name], command))?;
    read(&file)
}

fn read(file: &Path) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(&std::fs::read(file)?).into_owned())
}

/// A call that was interrupted by another thread's takes two lines; the second has no file's name.
fn lines(calls: &str, wanted: impl Fn(&str) -> bool) -> f64 {
    calls.lines().filter(|line| !line.contains("resumed>") && wanted(line)).count() as f64
}
