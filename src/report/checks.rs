//! Checks of references, as documents and as findings.

use serde::Serialize;
use serde_json::{Value, json};

use super::finding::Finding;
use crate::dialect::Dialect;
use crate::listing;
use crate::names::{BranchName, RevisionKey};
use crate::reference::{CheckReport, Checked, Choice, Known, LegReport, Orphan, Skipped, repair};
use crate::revision::ReferenceTarget;
use crate::workspace::Workspace;

/// A reference that was checked, as the `references` document has it.
#[derive(Debug, Serialize)]
pub struct CheckedDocument {
    id: String,
    from: Value,
    to: Vec<Value>,
    kind: crate::reference::Kind,
    source: &'static str,
    since: Option<RevisionKey>,
    on_delete: &'static str,
    max_orphans: Option<u64>,
    check: Value,
    legs: Vec<LegDocument>,
    samples: Vec<OrphanDocument>,
    /// The SQL that would repair the orphans, where there are any.
    repair: Option<String>,
}

#[derive(Debug, Serialize)]
struct LegDocument {
    value: Option<String>,
    strategy: Option<&'static str>,
    choices: Vec<Choice>,
    keys_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
struct OrphanDocument {
    class: &'static str,
    value: Option<String>,
    key: Vec<String>,
    rows: u64,
    row_ids: Vec<Vec<String>>,
}

/// The documents of all references that were checked; `dialect` tells what a branch's database speaks.
#[must_use]
pub fn checked_documents(
    report: &CheckReport,
    dialect: impl Fn(&BranchName) -> Option<Dialect>,
) -> Vec<CheckedDocument> {
    report.checked.iter().map(|checked| document(checked, dialect(&checked.known.branch))).collect()
}

fn document(checked: &Checked, dialect: Option<Dialect>) -> CheckedDocument {
    let Checked { known, summary, legs, samples, .. } = checked;
    let mut check = json!(summary);
    check["at"] = json!(summary.began_at);
    CheckedDocument {
        id: known.id.to_string(),
        from: json!({ "branch": known.branch, "table": known.from.table.to_string(), "columns": known.from.columns }),
        to: known.targets().map(target).collect(),
        kind: known.kind(),
        source: known.source.word(),
        since: revision(known),
        on_delete: known.on_delete.word(),
        max_orphans: known.max_orphans,
        check,
        legs: legs.iter().map(leg).collect(),
        samples: samples.iter().map(sample).collect(),
        repair: dialect.filter(|_| summary.classes.orphans().rows > 0).map(|dialect| repair(known, dialect)),
    }
}

fn target(target: &ReferenceTarget) -> Value {
    let ReferenceTarget { branch, columns } = target;
    json!({ "branch": branch, "table": columns.table.to_string(), "columns": columns.columns })
}

fn leg(leg: &LegReport) -> LegDocument {
    LegDocument {
        value: leg.value.clone(),
        strategy: leg.choices.last().map(|choice| choice.strategy.word()),
        choices: leg.choices.clone(),
        keys_ms: leg.keys_ms,
    }
}

fn sample(orphan: &Orphan) -> OrphanDocument {
    OrphanDocument {
        class: orphan.class.word(),
        value: orphan.value.clone(),
        key: orphan.key.clone(),
        rows: orphan.rows,
        row_ids: orphan.row_ids.clone(),
    }
}

fn revision(known: &Known) -> Option<RevisionKey> {
    Some(RevisionKey::new(known.branch.clone(), known.since.clone()?))
}

/// What a check of references gives others to do.
pub struct CheckFindings<'a> {
    /// Where the references are declared.
    pub workspace: &'a Workspace,
    /// What was found.
    pub report: &'a CheckReport,
}

impl CheckFindings<'_> {
    /// Orphans beyond the baseline, baselines that are too high, and what was not looked at.
    #[must_use]
    pub fn all(&self) -> Vec<Finding> {
        let checked = self.report.checked.iter().filter_map(|checked| self.of_checked(checked));
        let skipped = self.report.skipped.iter().map(|skipped| self.of_skipped(skipped));
        checked.chain(skipped).collect()
    }

    fn of_checked(&self, checked: &Checked) -> Option<Finding> {
        let Checked { known, summary, .. } = checked;
        let classes = &summary.classes;
        let points = format!("{} -> {}", known.place(), known.leads_to());
        if checked.over_baseline() > 0 {
            let parts = [
                ("without a parent", classes.confirmed),
                ("whose value is no key of the parent's type", classes.malformed),
                ("whose key a parent has in other letters", classes.case_variant),
            ];
            let parts = parts.iter().filter(|(_, count)| count.rows > 0);
            let parts: Vec<String> =
                parts.map(|(what, count)| format!("{} {what} ({})", rows(count.rows), keys(count.keys))).collect();
            let baseline = known.max_orphans.map_or_else(String::new, |most| format!("; max_orphans allows {most}"));
            let message = format!("{points}: {}{baseline}", parts.join(", "));
            let hint = "`branchline references check --orphans FILE` lists them all; `--format json` and `references report` have the SQL to repair them";
            return Some(self.finding(known, "orphans", "error", message, Some(hint.to_owned())));
        }
        if checked.is_baseline_too_high() {
            let (most, are) = (known.max_orphans.unwrap_or_default(), classes.orphans().rows);
            let message = format!("{points}: max_orphans allows {most}, and there are {are}");
            let hint = format!("lower it to {are}, so that they do not come back unseen");
            return Some(self.finding(known, "baseline_too_high", "warning", message, Some(hint)));
        }
        if classes.unmapped.rows > 0 {
            let message = format!(
                "{points}: {} with a value of the discriminator that the reference does not name",
                rows(classes.unmapped.rows)
            );
            return Some(self.finding(known, "unmapped", "warning", message, None));
        }
        None
    }

    fn of_skipped(&self, skipped: &Skipped) -> Finding {
        let message = format!("{} was not looked at: {}", skipped.known.place(), skipped.why);
        self.finding(&skipped.known, "reference_skipped", "warning", message, None)
    }

    fn finding(
        &self,
        known: &Known,
        kind: &'static str,
        severity: &'static str,
        message: String,
        hint: Option<String>,
    ) -> Finding {
        let revision = revision(known).and_then(|key| self.workspace.find(&key));
        let declared = revision.and_then(|revision| revision.references.iter().find(|one| one.from == known.from));
        let place = declared.map(|reference| &reference.declared_at);
        Finding {
            severity: Some(severity),
            revision: known.since.clone(),
            hint,
            file: place.map(|place| place.file.clone()),
            line: place.and_then(|place| place.line),
            column: place.and_then(|place| place.column),
            ..Finding::new(kind, known.branch.clone(), message)
        }
    }
}

fn rows(rows: u64) -> String {
    listing::number(rows, "row", "rows")
}

fn keys(keys: u64) -> String {
    listing::number(keys, "key", "keys")
}
