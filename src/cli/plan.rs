//! `plan`: what a run would do, and why.

use std::path::{Path, PathBuf};

use branchline::direction::Direction;
use branchline::error::{Exit, Failure, Failures};
use branchline::graph::branches_named;
use branchline::listing::listed;
use branchline::plan::{Plan as Planned, PlanFile, Request};
use branchline::report::plan_steps;
use branchline::revision::LoadOptions;
use branchline::run::{Coordinator, Prepared, RunOptions};
use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::findings::warn;
use super::progress::Watcher;
use super::run_arguments::parse_targets;
use super::streams;
use super::table::Table;

/// Show the steps that an upgrade or downgrade would take, and why each is there
///
/// Reads the databases, takes no lock, changes nothing; refuses as the run would.
#[derive(Debug, Args)]
pub struct Plan {
    /// Where to, as for upgrade and downgrade [default: heads]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Plan a downgrade
    #[arg(long, requires = "targets")]
    down: bool,
    /// Write the plan to a file, for `apply`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the SQL that would run, branch by branch
    #[arg(long)]
    sql: bool,
    /// Also take steps on other branches that these depend on (with --down: that depend on these)
    #[arg(long, visible_alias = "with-dependents")]
    with_dependencies: bool,
    /// Also apply revisions that were inserted below applied ones
    #[arg(long, conflicts_with = "down")]
    allow_out_of_order: bool,
}

impl Plan {
    pub async fn run(self, context: &Context) -> Result<Answer, Failures> {
        if let Some(out) = &self.out {
            streams::refuse("--out", out, "`apply` reads it later")?;
        }
        let request = Request {
            direction: if self.down { Direction::Down } else { Direction::Up },
            targets: parse_targets(&self.targets, "heads")?,
            with_others: self.with_dependencies,
            allow_out_of_order: self.allow_out_of_order,
        };
        let workspace = context.workspace(LoadOptions { checksums: true })?;
        let named = branches_named(&workspace.graph, request.direction, &request.targets)?;
        let urls = context.urls(&workspace, |branch| named.contains(branch))?;
        let watcher = Watcher::new(context);
        let watch = |event: branchline::run::Event<'_>| watcher.see(&event);
        let coordinator = Coordinator::new(&workspace, &urls, RunOptions::default(), context.cancel.clone(), &watch);
        let mut prepared = coordinator.prepare(&request).await?;
        let answer = self.show(context, &coordinator, &request, &mut prepared).await;
        prepared.close().await;
        answer
    }

    async fn show(
        &self,
        context: &Context,
        coordinator: &Coordinator<'_>,
        request: &Request,
        prepared: &mut Prepared,
    ) -> Result<Answer, Failures> {
        let plan = &prepared.plan;
        let warnings = warn(context, &prepared.warnings);
        let mut answer = Answer::default().with("steps", plan_steps(plan)).with("findings", warnings);
        if let Some(out) = &self.out {
            write_plan(out, &PlanFile::new(request, plan.clone()))?;
            answer = answer.with("out", out);
        }
        if self.sql {
            let scripts = coordinator.write_out(prepared).await?;
            answer.text = scripts.values().map(|text| text.trim_end()).collect::<Vec<_>>().join("\n\n");
            return Ok(answer.with("sql", scripts));
        }
        answer.text = plan_text(&prepared.plan);
        if let Some(out) = &self.out {
            answer.text.push_str(&format!("\nWritten to {0}; `branchline apply {0}` runs it.", out.display()));
        }
        Ok(answer)
    }
}

/// Writes a plan file; over an older plan or an empty file, but over no other file. What is no file at all, as a pipe or
/// /dev/stdout, has nothing to lose, and might never come to an end if it were read.
fn write_plan(out: &Path, file: &PlanFile) -> Result<(), Failure> {
    let io = |error: std::io::Error| {
        Failure::new("io", Exit::Usage, format!("{} cannot be written: {error}", out.display()))
    };
    let is_file = match std::fs::metadata(out) {
        Ok(metadata) => metadata.is_file() && metadata.len() > 0,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(io(error)),
    };
    if is_file && !std::fs::read_to_string(out).is_ok_and(|text| PlanFile::parse(&text).is_ok()) {
        return Err(Failure::usage(format!("{} is there already, and is no plan file", out.display()))
            .with_hint(Some("give another name".to_owned())));
    }
    std::fs::write(out, file.to_text()).map_err(io)
}

/// The plan as a table.
pub fn plan_text(plan: &Planned) -> String {
    if plan.is_empty() {
        return "Nothing to do.".to_owned();
    }
    let mut table = Table::new(["", "STEP", "DESCRIPTION", "WHY", "NOTES"]);
    for step in &plan.steps {
        let mut notes = Vec::new();
        if !step.waits_for.is_empty() {
            let names = listed(&step.waits_for);
            notes.push(format!("waits for {names}"));
        }
        if step.destructive {
            notes.push("destructive".to_owned());
        }
        if !step.transaction {
            notes.push("not one transaction".to_owned());
        }
        table.row([
            step.direction.to_string(),
            step.key().to_string(),
            step.description.clone(),
            step.why.clone(),
            notes.join("; "),
        ]);
    }
    table.to_string()
}
