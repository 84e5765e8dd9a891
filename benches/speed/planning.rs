//! What happens before a database is asked: loading, validating, planning; on a chain and on a lattice.
//!
//! In this process, phase by phase, and the `plan` command as a whole beside it, which also reads every script of every step.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use branchline::dialect::Dialect;
use branchline::direction::Direction;
use branchline::graph::{Graph, Node};
use branchline::names::BranchName;
use branchline::plan::{Plan, Request, Snapshot, StepScript, assemble, select};
use branchline::project::Project;
use branchline::revision::{Checksum, LoadOptions, Revision, load};

use crate::database::{Database, Engine};
use crate::layout::{write, write_revision};
use crate::process::{median, time};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::Tool;
use crate::{Bench, Error};

/// A shape, and the revision numbers that are parents of each, counted from 1.
struct Shape {
    name: String,
    revisions: usize,
    parents: fn(usize) -> std::ops::Range<usize>,
    /// What planning alone may take, in seconds.
    planning: f64,
}

const LATTICE_WIDTH: usize = 10;

fn chain(number: usize) -> std::ops::Range<usize> {
    number.saturating_sub(1).max(1)..number
}

/// Every revision of a layer follows all of the layer before.
fn lattice(number: usize) -> std::ops::Range<usize> {
    let layer = (number - 1) / LATTICE_WIDTH;
    let begin = layer.saturating_sub(1) * LATTICE_WIDTH + 1;
    begin..layer * LATTICE_WIDTH + 1
}

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    let chain_of = |full: usize, planning: f64| {
        let revisions = bench.options.revisions(full);
        Shape { name: format!("chain of {revisions}"), revisions, parents: chain, planning }
    };
    let layers = bench.options.revisions(300);
    let shapes = [
        chain_of(5000, 0.1),
        Shape {
            name: format!("lattice {layers} x {LATTICE_WIDTH}"),
            revisions: layers * LATTICE_WIDTH,
            parents: lattice,
            planning: 0.1,
        },
        chain_of(10_000, 0.05),
    ];
    for (number, shape) in shapes.into_iter().enumerate() {
        measure_shape(bench, table, &shape, &bench.folder.join(format!("plan_{number}")))?;
    }
    Ok(())
}

fn measure_shape(bench: &Bench, table: &mut Table, shape: &Shape, folder: &Path) -> Result<(), Error> {
    lay_out(folder, shape)?;
    let mut phases: [Vec<f64>; 3] = Default::default();
    let mut command = Vec::new();
    let database = Database::fresh(bench, Engine::Sqlite)?;
    for _ in 0..bench.options.rounds {
        for (phase, seconds) in phases.iter_mut().zip(in_process(folder)?) {
            phase.push(seconds);
        }
        let mut plan = bench.tools.ours();
        plan.arg("--project").arg(folder).arg("plan").env("DATABASE_URL_AUTH", &database.url);
        command.push(time(&mut plan)?.as_secs_f64());
    }
    let [loading, validating, planning] = phases.map(median);
    let row = |what: &str, seconds: f64, reach: Reach| Row {
        what: format!("{}: {what}", shape.name),
        unit: Unit::Time,
        cells: vec![(Tool::Ours, seconds)],
        reach,
    };
    let pure = (validating + planning) * 1000.0;
    let most = shape.planning * 1000.0;
    let reach = Reach::at_most(&format!("validating and planning < {most:.0} ms"), Some(pure), most);
    table.row(row("load, with checksums", loading, Reach::none()));
    table.row(row("validate", validating, Reach::none()));
    table.row(row("plan", planning, reach));
    table.row(row("the command `plan`, whole process", median(command), Reach::none()));
    Ok(())
}

fn lay_out(folder: &Path, shape: &Shape) -> Result<(), Error> {
    write(&folder.join("branches/auth.toml"), "dialects = [\"postgres\", \"sqlite\"]\n")?;
    for number in 1..=shape.revisions {
        let parents: Vec<String> = (shape.parents)(number).map(|parent| format!("\"{parent:05}\"")).collect();
        let manifest = format!("description = \"Table {number}\"\nparents = [{}]\n", parents.join(", "));
        write_revision(folder, "auth", number, &manifest, &format!("t{number}"))?;
    }
    Ok(())
}

/// Seconds to load, to validate, and to plan everything onto an empty database.
fn in_process(folder: &Path) -> Result<[f64; 3], Error> {
    let started = Instant::now();
    let project = Project::load(folder)?;
    let revisions = load(&project, LoadOptions { checksums: true })?;
    let loaded = started.elapsed();
    let nodes: Vec<Node> = revisions.iter().map(node).collect();
    let branch: BranchName = "auth".parse()?;
    let started = Instant::now();
    let graph = Graph::build(std::slice::from_ref(&branch), nodes)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let validated = started.elapsed();
    let scripts: Vec<StepScript> = (0..graph.len()).map(|_| script()).collect();
    let started = Instant::now();
    let plan = black_box(plan(&graph, branch, scripts)?);
    let planned = started.elapsed();
    assert_eq!(plan.steps.len(), revisions.len());
    Ok([loaded, validated, planned].map(|time| time.as_secs_f64()))
}

fn plan(graph: &Graph, branch: BranchName, scripts: Vec<StepScript>) -> Result<Plan, Error> {
    let request = Request {
        direction: Direction::Up,
        targets: vec!["heads".parse()?],
        with_others: false,
        allow_out_of_order: false,
    };
    let nothing = Snapshot {
        branch: branch.clone(),
        dialect: Dialect::Sqlite,
        database: String::new(),
        binding: None,
        others: Vec::new(),
        revisions: BTreeMap::new(),
        running: false,
    };
    let snapshots = BTreeMap::from([(branch, nothing)]);
    let selection = select(graph, &request, &snapshots)?;
    Ok(assemble(graph, &request, &selection, &snapshots, scripts, &[]))
}

fn script() -> StepScript {
    StepScript {
        file: PathBuf::from("up.sql"),
        checksum: Checksum::of(""),
        transaction: true,
        destructive: false,
        losses: Vec::new(),
    }
}

fn node(revision: &Revision) -> Node {
    Node {
        key: revision.key.clone(),
        parents: revision.parents.clone(),
        depends_on: revision.depends_on.clone(),
        references: Vec::new(),
        replaces: revision.replaces.clone(),
        file: revision.manifest(),
        description: revision.description.clone(),
    }
}
