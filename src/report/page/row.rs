//! A reference on the page: its row of the table, and all that is told of it below.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Page, short, shown};
use crate::reference::{Classes, Count, Listed, Possible, repair};
use crate::revision::ReferenceTo;

/// A check as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCheck {
    /// When: RFC 3339.
    pub at: String,
    /// Who ran it.
    pub by: String,
    /// What it found.
    pub summary: crate::reference::CheckSummary,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    anchor: String,
    branch: String,
    /// From which branch to which, for the filter.
    leads: String,
    from: String,
    to: Vec<To>,
    policy: &'static str,
    nullable: &'static str,
    indexed: &'static str,
    types: String,
    checked: String,
    checked_key: String,
    orphans: String,
    orphans_key: String,
    /// Of the pill around the number of orphans.
    state: &'static str,
    owner: String,
    remarks: Vec<String>,
    facts: Vec<Fact>,
    history: Vec<HistoryLine>,
    checks: Vec<CheckRow>,
    classes: Vec<ClassRow>,
    /// The classes of which the last check found nothing.
    none_of: String,
    repair: String,
}

#[derive(Debug, Serialize)]
struct To {
    value: Option<String>,
    target: String,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    mono: bool,
}

#[derive(Debug, Serialize)]
struct HistoryLine {
    revision: String,
    what: &'static str,
    description: String,
    place: String,
}

#[derive(Debug, Serialize)]
struct CheckRow {
    at: String,
    by: String,
    rows: String,
    keys: String,
    orphan_rows: u64,
    orphan_keys: u64,
}

#[derive(Debug, Serialize)]
struct ClassRow {
    name: &'static str,
    count: String,
}

impl Page<'_> {
    pub(super) fn row(&self, listed: &Listed) -> Row {
        let known = &listed.known;
        let check = known.check.as_ref();
        let orphans = check.map(|check| check.summary.classes.orphans().rows);
        let allowed = known.max_orphans.unwrap_or_default();
        let (classes, none_of) = check.map(|check| classes(&check.summary.classes)).unwrap_or_default();
        Row {
            // Letters and digits only: it stands in addresses.
            anchor: format!("r-{}-{}", known.branch, &known.id.to_string()[..12]),
            branch: known.branch.to_string(),
            leads: leads(listed),
            from: known.from.to_string(),
            to: listed
                .targets
                .iter()
                .map(|target| To { value: target.value.clone(), target: target.target.to_string() })
                .collect(),
            policy: known.on_delete.word(),
            nullable: said(listed.nullable),
            indexed: said(listed.indexed),
            types: types(listed),
            checked: check.map_or_else(|| "never".to_owned(), |check| short(&check.at)),
            checked_key: check.map(|check| check.at.clone()).unwrap_or_default(),
            orphans: orphans.map_or_else(|| "unknown".to_owned(), |orphans| orphans.to_string()),
            orphans_key: orphans.map_or_else(|| "-1".to_owned(), |orphans| orphans.to_string()),
            state: match orphans {
                None => "warn",
                Some(orphans) if orphans > allowed => "bad",
                Some(_) => "good",
            },
            owner: known.owner.clone().unwrap_or_else(|| "\u{2013}".to_owned()),
            remarks: listed.remarks(),
            facts: facts(listed),
            history: self.history(listed),
            checks: self.checks(listed),
            classes,
            none_of: none_of.join(", ").to_lowercase(),
            repair: self.repair(listed),
        }
    }

    /// The revisions that declared, changed or ended the references of these columns.
    fn history(&self, listed: &Listed) -> Vec<HistoryLine> {
        let known = &listed.known;
        let mut begun = false;
        let mut lines = Vec::new();
        for &index in self.workspace.graph.revisions(&known.branch) {
            let revision = self.workspace.revision(index);
            let line = |what, place: &crate::location::Location| HistoryLine {
                revision: revision.key.to_string(),
                what,
                description: revision.description.clone(),
                place: place.to_string(),
            };
            let ends = revision.ended_references.iter().filter(|ended| ended.from == known.from);
            lines.extend(ends.map(|ended| line("ends it", &ended.declared_at)));
            for reference in revision.references.iter().filter(|reference| reference.from == known.from) {
                lines.push(line(if begun { "declares it anew" } else { "declares it" }, &reference.declared_at));
                begun = true;
            }
        }
        lines
    }

    fn checks(&self, listed: &Listed) -> Vec<CheckRow> {
        let counted =
            |number: Option<u64>| number.map_or_else(|| "not counted".to_owned(), |number| number.to_string());
        let row = |check: &RecordedCheck| CheckRow {
            at: shown(&check.at),
            by: check.by.clone(),
            rows: counted(check.summary.rows),
            keys: counted(check.summary.distinct),
            orphan_rows: check.summary.classes.orphans().rows,
            orphan_keys: check.summary.classes.orphans().keys,
        };
        let journal = self.checks.get(&listed.known.id.to_string()).map(Vec::as_slice).unwrap_or_default();
        match (&listed.known.check, journal) {
            (_, [_, ..]) => journal.iter().map(row).collect(),
            (Some(check), []) => {
                vec![row(&RecordedCheck { at: check.at.clone(), by: String::new(), summary: check.summary.clone() })]
            }
            (None, []) => Vec::new(),
        }
    }

    fn repair(&self, listed: &Listed) -> String {
        let known = &listed.known;
        let branch = self.branches.iter().find(|branch| branch.branch == known.branch);
        let declared = || self.workspace.project.branches.get(&known.branch)?.dialects.first().copied();
        let dialect = branch.and_then(|branch| branch.dialect).or_else(declared);
        dialect.map(|dialect| repair(known, dialect)).unwrap_or_default()
    }
}

/// `specs>auth specs>billing`.
fn leads(listed: &Listed) -> String {
    let known = &listed.known;
    let each: BTreeSet<String> = known.targets().map(|target| format!("{}>{}", known.branch, target.branch)).collect();
    each.into_iter().collect::<Vec<_>>().join(" ")
}

const fn said(known: Option<bool>) -> &'static str {
    match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

fn types(listed: &Listed) -> String {
    let Some(target) = listed.decisive() else { return String::new() };
    match (&target.from_type, &target.to_type) {
        (Some(from), Some(to)) if from == to => from.clone(),
        (Some(from), Some(to)) if target.agreement.agrees == Some(false) => format!("{from}, not {to}"),
        (Some(from), Some(to)) => format!("{from}, {to}"),
        (Some(from), None) => from.clone(),
        _ => "unknown".to_owned(),
    }
}

fn facts(listed: &Listed) -> Vec<Fact> {
    let known = &listed.known;
    let mut facts = Vec::new();
    let mut add = |name: &'static str, value: Option<String>, mono: bool| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| Fact { name, value, mono }));
    };
    let by = match &known.to {
        ReferenceTo::Polymorphic { by, .. } => Some(by.to_string()),
        ReferenceTo::One(_) => None,
    };
    let targets: Vec<String> = listed
        .targets
        .iter()
        .map(|target| match &target.value {
            Some(value) => format!("{value} \u{2192} {}", target.target),
            None => target.target.to_string(),
        })
        .collect();
    add("Points to", Some(targets.join(", ")), true);
    add("Decided by", by, true);
    add("Since", known.since.as_ref().map(|since| format!("{}@{since}", known.branch)), true);
    add("When a parent is deleted", Some(known.on_delete.word().to_owned()), false);
    add("Owner", known.owner.clone(), false);
    add("Reason", known.reason.clone(), false);
    add("Only where", known.when.clone(), true);
    add("A parent counts where", known.parent_filter.clone(), true);
    add("Grace", known.grace.map(|grace| humantime::format_duration(grace).to_string()), false);
    add("Orphans allowed", known.max_orphans.map(|most| most.to_string()), false);
    let why = listed.decisive().and_then(|target| target.agreement.why.clone());
    add("Types", Some(why.map_or_else(|| types(listed), |why| format!("{} ({why})", types(listed)))), false);
    add("Target unique", listed.unique().map(|unique| said(Some(unique)).to_owned()), false);
    let could = listed
        .foreign_key
        .as_ref()
        .map(|Possible { possible, why }| format!("{}: {why}", if *possible { "could be one" } else { "no" }));
    add("Foreign key", could, false);
    add("Rows, as statistics say", listed.rows.map(|rows| rows.to_string()), false);
    let backlog = listed.backlog.as_ref().map(|backlog| {
        let oldest =
            backlog.oldest.as_ref().map_or_else(String::new, |oldest| format!(", the oldest of {}", shown(oldest)));
        format!("{} not swept yet{oldest}", backlog.pending)
    });
    add("Deletions", backlog, false);
    add("Id", Some(known.id.to_string()), true);
    facts
}

/// What was found of each class, and the names of those of which nothing was.
fn classes(classes: &Classes) -> (Vec<ClassRow>, Vec<&'static str>) {
    let all: [(&'static str, Count); 7] = [
        ("Confirmed orphans", classes.confirmed),
        ("Malformed", classes.malformed),
        ("Same key in other letters", classes.case_variant),
        ("Sweep pending", classes.pending),
        ("Parent soft-deleted", classes.soft_deleted),
        ("Transient", classes.transient),
        ("Discriminator not named", classes.unmapped),
    ];
    let (some, none): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, count)| count.rows > 0);
    let row = |(name, count): (&'static str, Count)| ClassRow {
        name,
        count: format!("{}, {}", number(count.rows, "row"), number(count.keys, "key")),
    };
    (some.into_iter().map(row).collect(), none.into_iter().map(|(name, _)| name).collect())
}

fn number(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
