//! `show`: all about one revision.

use branchline::dialect::Dialect;
use branchline::error::{Failure, Failures};
use branchline::graph::draw::marks;
use branchline::graph::{Graph, RevisionIndex, Target, find_one};
use branchline::revision::{LoadOptions, OnDelete, Reference, ReferenceTo, Revision, Value as Expected, Verify};
use branchline::script::ScriptErrorKind;
use branchline::workspace::Workspace;
use clap::Args;
use serde_json::{Map, Value, json};

use super::revision_line::joined;
use super::show_script::{Scripts, read};
use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Show all about one revision: files, scripts, statements, neighbours, references
///
/// The revision is BRANCH@ID, BRANCH@ and the beginning of an id, an id that only one branch has, or BRANCH for its one head.
/// For each dialect: the script up and the way down, whether each is one transaction, and what it runs. Needs no database.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline show auth@0002\n  \
    branchline show auth@head\n  \
    branchline show specs@0001 --dialect postgres")]
pub struct Show {
    /// The revision
    #[arg(value_name = "BRANCH@ID")]
    revision: String,
    /// The scripts of this dialect only [default: those of the branch]
    #[arg(long)]
    dialect: Option<Dialect>,
}

impl Show {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let workspace = context.workspace(LoadOptions { checksums: false })?;
        let index = find_one(&workspace.graph, &self.revision.parse::<Target>()?)?;
        let revision = workspace.revision(index);
        let branch = workspace.project.branch(revision.key.branch.as_str())?;
        let dialects = self.dialect.map_or_else(|| context.dialects(branch), |dialect| vec![dialect]);
        let scripts: Vec<Scripts> =
            dialects.iter().map(|&dialect| read(&workspace.project.root, revision, dialect)).collect();
        let mut failures: Vec<Failure> = Vec::new();
        for error in scripts.iter().flat_map(Scripts::errors) {
            let failure = Failure::from(error);
            let is_wrong = !matches!(error.kind, ScriptErrorKind::Missing | ScriptErrorKind::Irreversible);
            if is_wrong && !failures.contains(&failure) {
                failures.push(failure);
            }
        }
        let mut answer = Answer::text(text(&workspace, index, revision, &scripts)).with_failures(failures);
        if let Value::Object(fields) = document(&workspace, index, revision, &scripts) {
            answer.document = fields;
        }
        Ok(answer)
    }
}

fn document(workspace: &Workspace, index: RevisionIndex, revision: &Revision, scripts: &[Scripts]) -> Value {
    let graph = &workspace.graph;
    let key = |index: RevisionIndex| graph.key(index);
    json!({
        "branch": revision.key.branch,
        "revision": revision.key.id,
        "description": revision.description,
        "marks": marks(graph, index),
        "folder": revision.folder,
        "parents": graph.parents(index).map(|index| &key(index).id).collect::<Vec<_>>(),
        "children": graph.children(index).map(|index| &key(index).id).collect::<Vec<_>>(),
        "depends_on": graph.dependencies(index).map(key).collect::<Vec<_>>(),
        "depends_on_by_reference": by_reference(graph, index),
        "dependents": graph.dependents(index).map(key).collect::<Vec<_>>(),
        "transaction": revision.transaction,
        "replaces": revision.replaces,
        "irreversible": revision.irreversible,
        "references": revision.references.iter().map(reference_document).collect::<Vec<_>>(),
        "ended_references":
            revision.ended_references.iter().map(|ended| ended.from.to_string()).collect::<Vec<_>>(),
        "verify": revision.verify.iter().map(verify_document).collect::<Vec<_>>(),
        "scripts": scripts.iter().map(Scripts::document).collect::<Vec<_>>(),
    })
}

/// The dependencies that follow from references alone.
fn by_reference(graph: &Graph, index: RevisionIndex) -> Vec<Value> {
    let needs = graph.node(index).references.iter();
    needs.map(|need| json!({ "revision": need.on, "reference": need.from })).collect()
}

fn reference_document(reference: &Reference) -> Value {
    let (by, values) = match &reference.to {
        ReferenceTo::One(_) => (None, None),
        ReferenceTo::Polymorphic { by, targets } => {
            let values: Map<String, Value> =
                targets.iter().map(|(value, target)| (value.clone(), target.to_string().into())).collect();
            (Some(by.to_string()), Some(values))
        }
    };
    json!({
        "from": reference.from.to_string(),
        "by": by,
        "to": reference.targets().map(ToString::to_string).collect::<Vec<_>>(),
        "values": values,
        "on_delete": reference.on_delete,
        "owner": reference.owner,
        "reason": reference.reason,
        "when": reference.when,
        "parent_filter": reference.parent_filter,
        "grace": reference.grace.map(|grace| humantime::format_duration(grace).to_string()),
        "max_orphans": reference.max_orphans,
    })
}

/// A reference in a line: all that was declared of it, except what is so anyway.
fn reference_text(reference: &Reference) -> String {
    let mut text = match &reference.to {
        ReferenceTo::One(target) => format!("{} -> {target}", reference.from),
        ReferenceTo::Polymorphic { by, targets } => {
            let targets: Vec<String> = targets.iter().map(|(value, target)| format!("{target} ({value})")).collect();
            format!("{} -> {} by {by}", reference.from, targets.join(", "))
        }
    };
    let grace = reference.grace.map(|grace| humantime::format_duration(grace).to_string());
    let most = reference.max_orphans.map(|most| most.to_string());
    let policy = (reference.on_delete != OnDelete::Restrict).then(|| reference.on_delete.word().to_owned());
    let declared = [
        ("on delete", &policy),
        ("when", &reference.when),
        ("where the parent has", &reference.parent_filter),
        ("grace", &grace),
        ("orphans at most", &most),
        ("owner", &reference.owner),
        ("reason", &reference.reason),
    ];
    for (name, value) in declared {
        if let Some(value) = value {
            text.push_str(&format!("; {name} {}", value.replace(char::is_control, " ")));
        }
    }
    text
}

fn verify_document(verify: &Verify) -> Value {
    let equals = match &verify.equals {
        Expected::Integer(value) => json!(value),
        Expected::Float(value) => json!(value),
        Expected::Text(value) => json!(value),
        Expected::Boolean(value) => json!(value),
    };
    json!({ "query": verify.query, "equals": equals })
}

fn text(workspace: &Workspace, index: RevisionIndex, revision: &Revision, scripts: &[Scripts]) -> String {
    let graph = &workspace.graph;
    let marks = marks(graph, index);
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
    let mut lines = vec![format!("{}{marks}  {}", revision.key, revision.description)];
    let keys = |indexes: Vec<RevisionIndex>| joined(&indexes.iter().map(|&index| graph.key(index)).collect::<Vec<_>>());
    let mut field = |name: &str, value: String| lines.push(format!("  {name:<12} {value}"));
    field("folder", revision.folder.display().to_string());
    field("parents", keys(graph.parents(index).collect()));
    field("children", keys(graph.children(index).collect()));
    field("depends on", joined(&graph.needed(index).collect::<Vec<_>>()));
    field("needed by", keys(graph.dependents(index).collect()));
    if !revision.replaces.is_empty() {
        field("replaces", format!("{} (without effect in this version)", joined(&revision.replaces)));
    }
    if !revision.transaction {
        field("transaction", "no: each statement commits by itself".to_owned());
    }
    if let Some(reason) = &revision.irreversible {
        field("irreversible", reason.clone());
    }
    for reference in &revision.references {
        field("reference", reference_text(reference));
    }
    for ended in &revision.ended_references {
        field("ends", format!("the references of {}", ended.from));
    }
    for verify in &revision.verify {
        field("verify", format!("{} gives {} (not run by this version)", verify.query, verify.equals));
    }
    lines.extend(super::show_script::text(scripts));
    // What people wrote must neither break the lines nor steer the terminal.
    lines.iter().map(|line| line.replace(char::is_control, " ")).collect::<Vec<_>>().join("\n")
}
