//! What a check of references says to people.

use std::fmt::Write as _;

use branchline::listing;
use branchline::reference::{CheckReport, Checked, Classes, Count};
use branchline::run::ReferenceList;

use crate::cli::findings::number;
use crate::cli::references::list_text::to_the_second;
use crate::cli::table::Table;

/// What a check came to, and what it came from.
pub struct Shown<'a> {
    pub report: &'a CheckReport,
    pub list: &'a ReferenceList,
    pub explain: bool,
}

impl Shown<'_> {
    /// A table, samples below it, and what was looked at.
    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        if !self.report.checked.is_empty() {
            let mut table = Table::new(["REFERENCE", "TO", "ROWS", "KEYS", "ORPHANS", "OTHERS", "RESULT", "TIME"]);
            for checked in &self.report.checked {
                table.row(row(checked));
            }
            lines.push(table.to_string());
        }
        for checked in &self.report.checked {
            lines.extend(samples(checked));
            if self.explain {
                lines.extend(explanation(checked));
            }
        }
        lines.push(self.scope());
        lines.join("\n")
    }

    /// The same for a pull request.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "| reference | to | rows | keys | orphans | others | result |\n| --- | --- | ---: | ---: | ---: | --- | --- |\n",
        );
        for checked in &self.report.checked {
            let [from, to, rows, keys, orphans, others, result, _] = row(checked).map(|cell| markdown_cell(&cell));
            let _ = writeln!(text, "| {from} | {to} | {rows} | {keys} | {orphans} | {others} | {result} |");
        }
        text.push('\n');
        for line in self.report.checked.iter().flat_map(samples) {
            let _ = writeln!(text, "- {}", markdown_cell(line.trim()));
        }
        let _ = write!(text, "\n{}", self.scope());
        text
    }

    /// What was looked at and what was not, and the time that all of it speaks of.
    fn scope(&self) -> String {
        let (report, list) = (self.report, self.list);
        let skipped: usize = list.skipped.iter().map(|skipped| skipped.declared).sum();
        let of = number(list.listed.len() + skipped, "live reference", "live references");
        let mut text = format!("{} of {of} looked at", report.checked.len());
        if let Some(first) = report.checked.first() {
            let _ = write!(text, ", from {} on", to_the_second(&first.summary.began_at));
        }
        for skipped in &report.skipped {
            let _ = write!(text, "\nskipped: {}: {}", skipped.known.place(), skipped.why);
        }
        for skipped in &list.skipped {
            let (branch, declared) = (&skipped.branch, skipped.declared);
            let of = number(declared, "reference that its files declare", "references that its files declare");
            let _ = write!(text, "\nskipped: all references of {branch} ({of}): {}", skipped.error.message);
        }
        text
    }
}

fn row(checked: &Checked) -> [String; 8] {
    let Checked { known, summary, .. } = checked;
    let counted = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    [
        known.place(),
        known.leads_to(),
        counted(summary.rows),
        counted(summary.distinct),
        orphans(&summary.classes),
        others(&summary.classes),
        result(checked),
        format!("{} ms", summary.duration_ms),
    ]
}

/// `3 rows (2 keys)`; a dash where there are none.
fn orphans(classes: &Classes) -> String {
    let of = |count: Count| format!("{} ({})", rows(count.rows), keys(count.keys));
    let confirmed = (classes.confirmed.rows > 0).then(|| of(classes.confirmed));
    let malformed = (classes.malformed.rows > 0).then(|| format!("{} malformed", of(classes.malformed)));
    let variants = (classes.case_variant.rows > 0).then(|| format!("{} in other letters", of(classes.case_variant)));
    let all: Vec<String> = [confirmed, malformed, variants].into_iter().flatten().collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

fn others(classes: &Classes) -> String {
    let all = [
        (classes.pending.rows, "pending"),
        (classes.soft_deleted.rows, "soft-deleted"),
        (classes.unmapped.rows, "unmapped"),
        (classes.transient.keys, "transient"),
    ];
    let all = all.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}"));
    let all: Vec<String> = all.collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

fn result(checked: &Checked) -> String {
    match (checked.over_baseline(), checked.is_baseline_too_high()) {
        (0, true) => "baseline too high".to_owned(),
        (0, false) if checked.summary.classes.orphans().rows > 0 => "within baseline".to_owned(),
        (0, false) if checked.summary.classes.unmapped.rows > 0 => "unmapped values".to_owned(),
        (0, false) => "clean".to_owned(),
        (over, _) => match checked.known.max_orphans {
            Some(most) => format!("orphans, {over} more than {most}"),
            None => "orphans".to_owned(),
        },
    }
}

fn samples(checked: &Checked) -> Vec<String> {
    let known = &checked.known;
    let line = |orphan: &branchline::reference::Orphan| {
        let value = orphan.value.as_ref().map_or_else(String::new, |value| format!(" ({value})"));
        let ids: Vec<String> = orphan.row_ids.iter().map(|id| id.join(":")).collect();
        let ids = if ids.is_empty() { String::new() } else { format!(": {}", ids.join(", ")) };
        format!(
            "  {}:{}{value} {} = {}, {}{ids}",
            known.branch,
            known.from,
            orphan.class.word(),
            orphan.key.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", "),
            rows(orphan.rows)
        )
    };
    checked.samples.iter().map(line).collect()
}

fn explanation(checked: &Checked) -> Vec<String> {
    let line = |leg: &branchline::reference::LegReport| {
        let value = leg.value.as_ref().map_or_else(String::new, |value| format!(" ({value})"));
        let choices: Vec<String> =
            leg.choices.iter().map(|choice| format!("{}: {}", choice.strategy, choice.why)).collect();
        format!("  {}:{}{value} by {}", checked.known.branch, checked.known.from, choices.join("; then "))
    };
    checked.legs.iter().map(line).collect()
}

fn rows(rows: u64) -> String {
    listing::number(rows, "row", "rows")
}

fn keys(keys: u64) -> String {
    listing::number(keys, "key", "keys")
}

/// A cell of a Markdown table.
pub fn markdown_cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace(char::is_control, " ")
}
