//! How fast the command is, beside the limit and beside its peers, in one run: `make bench`.
//!
//! Whole processes of the released command are timed, from their start to their end, in rounds that take the tools in turn
//! (A B C, C B A, B C A ...), so that whatever else the machine does meets all of them; a cell is the median of the rounds. The limit is
//! what the databases' own shells need for the same SQL, with a transaction and a version row a revision over one connection.
//! What can be counted is counted, not timed: it is the same on every machine. `docs/benchmarks.md` says more.
//!
//!     cargo bench --bench speed -- [--quick] [--rounds N] [SECTION ...]
//!
//! `BENCH_ROUNDS` is the same as `--rounds`. Sections: noop, apply, pair, count, memory, plan; and long and
//! references, which are measured only where they are named. PostgreSQL is where
//! `BRANCHLINE_TEST_POSTGRES` says; without it, SQLite alone is measured, and the table says so.

#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod apply;
mod count;
mod database;
mod layout;
mod long;
mod memory;
mod noop;
mod options;
mod pair;
mod planning;
mod process;
mod references;
mod table;
mod tool;

use std::path::PathBuf;

use database::{Engine, Server};
use options::{Options, Section};
use table::Table;
use tool::Tools;

/// Why a benchmark cannot go on; there is nobody to handle it but the person who reads it.
pub type Error = Box<dyn std::error::Error>;

/// What every section needs.
pub struct Bench {
    pub options: Options,
    pub server: Option<Server>,
    pub tools: Tools,
    /// A folder on a real disk: what waits for it must really wait.
    pub folder: PathBuf,
}

impl Bench {
    pub fn engines(&self) -> Vec<Engine> {
        if self.server.is_some() { vec![Engine::Postgres, Engine::Sqlite] } else { vec![Engine::Sqlite] }
    }
}

fn main() -> Result<(), Error> {
    let options = Options::read()?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let server = Server::from_environment()?;
    let tools = Tools::find(server.as_ref());
    let bench = Bench { options, server, tools, folder: folder.path().to_owned() };
    let mut table = Table::default();
    if bench.server.is_none() {
        table.remark("PostgreSQL was left out: BRANCHLINE_TEST_POSTGRES names no server".to_owned());
    }
    for remark in bench.tools.missing() {
        table.remark(remark);
    }
    for &section in &bench.options.sections {
        eprintln!("bench: {}", section.name());
        match section {
            Section::NoOp => noop::measure(&bench, &mut table)?,
            Section::Apply => apply::measure(&bench, &mut table)?,
            Section::Pair => pair::measure(&bench, &mut table)?,
            Section::Count => count::measure(&bench, &mut table)?,
            Section::Memory => memory::measure(&bench, &mut table)?,
            Section::Plan => planning::measure(&bench, &mut table)?,
            Section::Long => long::measure(&bench, &mut table)?,
            Section::References => references::measure(&bench, &mut table)?,
        }
    }
    println!("{}", bench.machine());
    println!();
    print!("{table}");
    Ok(())
}

impl Bench {
    /// Where and how this was measured, in a line.
    fn machine(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split_whitespace().next().unwrap_or("unknown").to_owned();
        let rounds = self.options.rounds;
        let versions = self.tools.versions();
        format!("{cores} cores, load {load} at the end, medians of {rounds} rounds (no-op: {}); {versions}", rounds * 3)
    }
}
