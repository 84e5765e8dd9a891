//! Listed references as documents: the fields that the contract names, and what else is known.

use serde::Serialize;
use serde_json::{Value, json};

use crate::names::{BranchName, RevisionKey};
use crate::reference::{Crossing, Kind, Known, LastCheck, Listed, ListedTarget, Possible};
use crate::revision::Columns;

/// A reference of a list.
#[derive(Debug, Serialize)]
pub struct ListedDocument {
    id: String,
    from: Value,
    by: Option<String>,
    to: Vec<Value>,
    kind: Kind,
    source: &'static str,
    since: Option<RevisionKey>,
    on_delete: &'static str,
    nullable: Option<bool>,
    indexed: Option<bool>,
    rows: Option<u64>,
    types: Value,
    unique: Option<bool>,
    could_be_foreign_key: Option<Value>,
    missing: Vec<String>,
    check: Option<Value>,
    backlog: Option<Value>,
    owner: Option<String>,
    reason: Option<String>,
    when: Option<String>,
    parent_filter: Option<String>,
    grace: Option<String>,
    max_orphans: Option<u64>,
    remarks: Vec<String>,
}

impl From<&Listed> for ListedDocument {
    fn from(listed: &Listed) -> Self {
        let known = &listed.known;
        let by = match &known.to {
            crate::revision::ReferenceTo::Polymorphic { by, .. } => Some(by.to_string()),
            crate::revision::ReferenceTo::One(_) => None,
        };
        Self {
            id: known.id.to_string(),
            from: json!({ "branch": known.branch, "table": known.from.table.to_string(), "columns": known.from.columns }),
            by,
            to: listed.targets.iter().map(target).collect(),
            kind: known.kind(),
            source: known.source.word(),
            since: known.since.clone().map(|since| RevisionKey::new(known.branch.clone(), since)),
            on_delete: known.on_delete.word(),
            nullable: listed.nullable,
            indexed: listed.indexed,
            rows: listed.rows,
            types: types(listed.decisive()),
            unique: listed.unique(),
            could_be_foreign_key: listed
                .foreign_key
                .as_ref()
                .map(|Possible { possible, why }| json!({ "possible": possible, "why": why })),
            missing: listed.missing.clone(),
            check: known.check.as_ref().map(check),
            backlog: listed
                .backlog
                .as_ref()
                .map(|backlog| json!({ "pending": backlog.pending, "oldest": backlog.oldest })),
            owner: known.owner.clone(),
            reason: known.reason.clone(),
            when: known.when.clone(),
            parent_filter: known.parent_filter.clone(),
            grace: known.grace.map(|grace| humantime::format_duration(grace).to_string()),
            max_orphans: known.max_orphans,
            remarks: listed.remarks(),
        }
    }
}

fn target(target: &ListedTarget) -> Value {
    let Columns { table, columns } = &target.target.columns;
    json!({
        "branch": target.target.branch,
        "table": table.to_string(),
        "columns": columns,
        "value": target.value,
        "unique": target.unique,
        "types": types(Some(target)),
    })
}

fn types(target: Option<&ListedTarget>) -> Value {
    let Some(target) = target else { return Value::Null };
    json!({
        "from": target.from_type,
        "to": target.to_type,
        "match": target.agreement.agrees,
        "why": target.agreement.why,
    })
}

fn check(check: &LastCheck) -> Value {
    let mut document = json!(check.summary);
    document["at"] = check.at.clone().into();
    document
}

/// A real foreign key between tables of two branches.
#[must_use]
pub fn crossing_document(crossing: &Crossing) -> Value {
    json!({
        "kind": "foreign_key_across_branches",
        "branch": crossing.branch,
        "from": crossing.from,
        "to_branch": crossing.to_branch,
        "to": crossing.to,
        "name": crossing.name,
    })
}

/// What is said of a branch whose database was never its own: its references are not there, and that is no clean result.
#[must_use]
pub fn unbound_note(branch: &BranchName, declared: usize) -> String {
    let references =
        if declared == 1 { "the reference".to_owned() } else { format!("any of the {declared} references") };
    format!(
        "nothing of {branch} was ever applied to its database, so that {references} in its files is not live there: is it the right one?"
    )
}

/// What is said of a reference that stands in the file of an applied revision, and on no record.
#[must_use]
pub fn unrecorded_why(known: &Known) -> String {
    let since = known.since.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        "{}@{since} declares it so, but was applied before that was written: it is not on record; declare it in a new revision",
        known.branch
    )
}
