//! What was found of references that nobody declared, as documents, and as findings for code hosts.

use serde_json::{Value, json};

use crate::catalog::Column;
use crate::names::{BranchName, RevisionKey};
use crate::reference::Kind;
use crate::reference::discover::{Discovery, Found, Points, Site, Unresolved, lines};
use crate::revision::{Columns, ReferenceTarget, Revision};
use crate::workspace::Workspace;

use super::finding::Finding;

/// A finding that could be declared, as the `references` document has it.
#[must_use]
pub fn found_document(found: &Found, sites: &[Site], made_by: Option<&RevisionKey>) -> Value {
    let column = column(sites, &found.branch, &found.from);
    let table = sites
        .iter()
        .find(|site| site.branch == found.branch)
        .and_then(|site| site.catalog.table(found.from.table.schema.as_deref(), &found.from.table.table));
    let target = found.targets().next().and_then(|target| self::column(sites, &target.branch, &target.columns));
    let mut document = json!({
        "from": from(&found.branch, &found.from),
        "to": found.targets().map(to).collect::<Vec<_>>(),
        "kind": kind(found),
        "source": found.source.word(),
        "since": Value::Null,
        "on_delete": Value::Null,
        "nullable": column.map(|column| column.nullable),
        "indexed": table.map(|table| table.is_indexed(&found.from.columns)),
        "types": column.map(|column| json!({
            "from": column.data_type,
            "to": target.map(|target| &target.data_type),
            "match": target.map(|target| target.kind == column.kind),
        })),
        "check": Value::Null,
        "confidence": found.confidence,
        "sure": found.word(),
        "evidence": found.evidence,
        "made_by": made_by.map(ToString::to_string),
    });
    if let Points::ByType { by, targets, unknown, candidates } = &found.points {
        document["by"] = json!(by.columns);
        document["values"] = targets.iter().map(|(value, target)| (value.clone(), to(target))).collect();
        document["unknown_values"] = json!(unknown);
        document["candidates"] = candidates.iter().map(to).collect();
    }
    document
}

/// The findings for code hosts, each at the revision that makes its column, where the scripts tell.
#[must_use]
pub fn discovered_findings(
    workspace: &Workspace,
    discovery: &Discovery,
    made_by: impl Fn(&BranchName, &Columns) -> Option<RevisionKey>,
) -> Vec<Finding> {
    let placed = |finding: Finding, columns: &Columns| {
        let revision = made_by(&finding.branch, columns);
        let file = revision.as_ref().and_then(|key| workspace.find(key)).map(Revision::manifest);
        Finding { revision: revision.map(|key| key.id), line: file.as_ref().map(|_| 1), file, ..finding }
    };
    let found = discovery.found.iter().map(|found| {
        let targets = found.targets().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let to = if targets.is_empty() { String::new() } else { format!(" to {targets}") };
        let (from, because) = (&found.from, found.evidence.join("; "));
        let message = format!("{from} looks like a reference{to}, and none is declared ({}): {because}", found.word());
        let hint = lines(found).map(|lines| format!("declare it: {}", lines.trim_end().replace('\n', ", ")));
        placed(Finding { hint, ..Finding::new("undeclared_reference", found.branch.clone(), message) }, from)
    });
    let unresolved = discovery.unresolved.iter().map(|unresolved| {
        let Unresolved { from, reason, evidence, .. } = unresolved;
        let message = format!("{from} looks like a reference, to what nobody knows: {}: {reason}", evidence.join("; "));
        placed(Finding::new("unresolved_reference", unresolved.branch.clone(), message), from)
    });
    found.chain(unresolved).collect()
}

/// What could not be told.
#[must_use]
pub fn unresolved_document(unresolved: &Unresolved) -> Value {
    json!({
        "from": from(&unresolved.branch, &unresolved.from),
        "reason": unresolved.reason,
        "evidence": unresolved.evidence,
        "candidates": unresolved.candidates.iter().map(to).collect::<Vec<_>>(),
    })
}

fn kind(found: &Found) -> Value {
    match &found.points {
        Points::ByType { .. } => json!(Kind::Polymorphic),
        Points::One(target) | Points::Each(target) if target.branch == found.branch => json!(Kind::Local),
        Points::One(_) | Points::Each(_) => json!(Kind::CrossDatabase),
    }
}

fn from(branch: &BranchName, columns: &Columns) -> Value {
    json!({ "branch": branch, "table": columns.table.to_string(), "columns": columns.columns })
}

fn to(target: &ReferenceTarget) -> Value {
    from(&target.branch, &target.columns)
}

fn column<'s>(sites: &'s [Site], branch: &BranchName, columns: &Columns) -> Option<&'s Column> {
    let site = sites.iter().find(|site| site.branch == *branch)?;
    let table = site.catalog.table(columns.table.schema.as_deref(), &columns.table.table)?;
    table.column(columns.columns.first()?)
}
