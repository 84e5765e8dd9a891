//! `history --table`: what the revisions do to one table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use branchline::dialect::Dialect;
use branchline::error::Failures;
use branchline::graph::RevisionIndex;
use branchline::lint::{BranchScripts, Tables};
use branchline::listing::listed;
use branchline::names::{BranchName, RevisionId};
use branchline::sql::{Action, Effect, ObjectKind, ObjectName, ScriptEffects};
use branchline::workspace::Workspace;
use serde::Serialize;

use super::revision_line::RevisionLine;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::findings::runs;
use crate::cli::table::Table;

/// What a revision does to a table.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct EffectLine<'a> {
    branch: &'a BranchName,
    revision: &'a RevisionId,
    line: usize,
    action: &'static str,
    kind: &'static str,
    name: String,
    to: Option<String>,
}

/// What is asked for, as the user wrote it.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The table, with its schema or without.
    pub table: &'a str,
    /// One of its columns.
    pub column: Option<&'a str>,
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "{}.{column}", self.table),
            None => f.write_str(self.table),
        }
    }
}

/// Who provides a column.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Provider<'a> {
    branch: &'a BranchName,
    revision: &'a RevisionId,
    file: PathBuf,
    line: usize,
    dialects: Vec<Dialect>,
}

/// The revisions among these that have to do with a table, newest first.
pub fn answer(
    context: &Context,
    workspace: &Workspace,
    revisions: &[RevisionIndex],
    asked: &Asked<'_>,
) -> Result<Answer, Failures> {
    let graph = &workspace.graph;
    let wanted = |index: &RevisionIndex| revisions.contains(index);
    let runs = runs(context, workspace)?;
    let branches: BTreeSet<&BranchName> = revisions.iter().map(|&index| &graph.key(index).branch).collect();
    let inspection = workspace.inspect(runs.iter().filter(|(branch, _)| branches.contains(branch)));
    let mut effects: Vec<EffectLine<'_>> = Vec::new();
    let mut touching: BTreeMap<RevisionIndex, Vec<String>> = BTreeMap::new();
    let mut unknown: BTreeSet<RevisionIndex> = BTreeSet::new();
    for scripts in &inspection.scripts {
        for (index, ways) in scripts.revisions.iter().filter(|(index, _)| wanted(index)) {
            let index = *index;
            if ways.unread {
                unknown.insert(index);
            }
            if let Some(ScriptEffects { known, unknown: lines, .. }) = ways.up.as_ref().map(|up| &up.reading.effects) {
                if !lines.is_empty() {
                    unknown.insert(index);
                }
                let key = graph.key(index);
                for (line, effect) in known.iter().filter(|(_, effect)| is_about(effect, asked)) {
                    let line = EffectLine {
                        branch: &key.branch,
                        revision: &key.id,
                        line: *line,
                        action: effect.action.word(),
                        kind: effect.kind.word(),
                        name: effect.name.to_string(),
                        to: effect.to.clone(),
                    };
                    let words = touching.entry(index).or_default();
                    let said = said(effect);
                    // With a table come its columns and constraints.
                    let is_part = matches!(effect.kind, ObjectKind::Column | ObjectKind::Constraint)
                        && effect.action == Action::Creates;
                    let comes_along = is_part && words.iter().any(|word| word == CREATES);
                    if !comes_along && !words.contains(&said) {
                        words.push(said);
                    }
                    if !effects.contains(&line) {
                        effects.push(line);
                    }
                }
            }
        }
    }
    let newest_first: Vec<RevisionIndex> =
        revisions.iter().rev().copied().filter(|index| touching.contains_key(index)).collect();
    let lines: Vec<RevisionLine<'_>> = newest_first.iter().map(|&index| RevisionLine::of(graph, index)).collect();
    let mut text = if lines.is_empty() {
        format!("no revision is known to have to do with {asked}")
    } else {
        let mut rows = Table::new(["REVISION", "DESCRIPTION", "DOES"]);
        for index in &newest_first {
            let node = graph.node(*index);
            rows.row([node.key.to_string(), node.description.clone(), listed(&touching[index])]);
        }
        rows.to_string()
    };
    let unknown: Vec<String> = unknown.iter().map(|&index| graph.key(index).to_string()).collect();
    if !unknown.is_empty() {
        text.push_str(&format!("\nmore than their scripts tell may be done by {}", listed(&unknown)));
    }
    let answer = Answer::text(text).with("revisions", &lines).with("effects", &effects).with("unknown", &unknown);
    let Some(column) = asked.column else { return Ok(answer) };
    let providers = providers(workspace, &inspection.scripts, asked.table, column);
    let said = providers.iter().map(|by| {
        format!("\n{asked} is provided by {}@{} ({}:{})", by.branch, by.revision, by.file.display(), by.line)
    });
    let text = format!("{}{}", answer.text, said.collect::<String>());
    Ok(Answer { text, ..answer }.with("provided_by", &providers))
}

/// The revisions that provide a column when all are applied: on each branch that has it, one, or one a dialect.
fn providers<'a>(
    workspace: &'a Workspace,
    scripts: &'a [BranchScripts<'a>],
    table: &str,
    column: &str,
) -> Vec<Provider<'a>> {
    let (schema, table) = schema_and_name(table);
    let mut providers: Vec<Provider<'_>> = Vec::new();
    for scripts in scripts {
        let tables = Tables::of(scripts);
        let found = tables.find(schema, table).and_then(|(_, table)| Some(table.column(column)?.made_by));
        let Some((index, line)) = found else { continue };
        let Some(up) = scripts.up(index) else { continue };
        let key = workspace.graph.key(index);
        let known = providers.iter_mut().find(|known| {
            (known.branch, known.revision, &known.file, known.line) == (&key.branch, &key.id, &up.file, line)
        });
        match known {
            Some(known) => known.dialects.push(scripts.dialect),
            None => providers.push(Provider {
                branch: &key.branch,
                revision: &key.id,
                file: up.file.clone(),
                line,
                dialects: vec![scripts.dialect],
            }),
        }
    }
    providers
}

/// What [`said`] says where the table itself is made.
const CREATES: &str = "creates it";

/// What is done, without the table's name, which was asked for.
fn said(effect: &Effect) -> String {
    let mut said = match effect.table {
        Some(_) => format!("{} {} {}", effect.action.word(), effect.kind.word(), effect.name),
        None => format!("{} it", effect.action.word()),
    };
    if let Some(to) = &effect.to {
        said.push_str(&format!(" to {to}"));
    }
    said
}

/// Whether an effect is about the table, under its name or under the one that it gets. A schema counts where both name one;
/// letters are not told apart by their case, since who asks may not know how the name was written.
fn is_about(effect: &Effect, asked: &Asked<'_>) -> bool {
    let (schema, name) = schema_and_name(asked.table);
    let Some(table) = effect.table() else { return false };
    let same_schema = |found: &ObjectName| match (&found.schema, schema) {
        (Some(found), Some(asked)) => found.eq_ignore_ascii_case(asked),
        _ => true,
    };
    let becomes = effect.table.is_none() && effect.to.as_ref().is_some_and(|to| to.eq_ignore_ascii_case(name));
    same_schema(table) && (table.name.eq_ignore_ascii_case(name) || becomes) && is_about_column(effect, asked.column)
}

/// Whether it is about the column, under its name or under the one that it gets; what becomes of the table as a whole counts.
fn is_about_column(effect: &Effect, asked: Option<&str>) -> bool {
    let Some(asked) = asked else { return true };
    let is_it = |name: &String| name.eq_ignore_ascii_case(asked);
    match effect.kind {
        ObjectKind::Column => is_it(&effect.name.name) || effect.to.as_ref().is_some_and(is_it),
        ObjectKind::Table => matches!(effect.action, Action::Creates | Action::Renames | Action::Drops),
        _ => false,
    }
}

fn schema_and_name(table: &str) -> (Option<&str>, &str) {
    match table.rsplit_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, table),
    }
}
