//! What the page says at its top: the result, and what it speaks of.

use serde::Serialize;

use super::{Page, number};
use crate::report::listed::unrecorded_why;

#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    class: &'static str,
    mark: &'static str,
    text: String,
    reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Card {
    name: &'static str,
    value: usize,
    class: &'static str,
}

/// How many references came to what.
pub(super) struct Counts {
    known: usize,
    listed: usize,
    checked: usize,
    orphaned: usize,
    never: usize,
    skipped: usize,
    missing: usize,
}

impl Page<'_> {
    pub(super) fn counts(&self) -> Counts {
        let skipped = self.branches.iter().filter(|branch| branch.skipped.is_some());
        let skipped = skipped.map(|branch| branch.references).sum();
        let checked = self.listed.iter().filter_map(|listed| listed.known.check.as_ref());
        let orphaned = self.listed.iter().filter(|listed| super::is_orphaned(listed));
        Counts {
            known: self.listed.len() + skipped,
            listed: self.listed.len(),
            checked: checked.count(),
            orphaned: orphaned.count(),
            never: self.listed.iter().filter(|listed| listed.known.check.is_none()).count(),
            missing: self.listed.iter().filter(|listed| !listed.missing.is_empty()).count(),
            skipped,
        }
    }

    pub(super) fn verdict(&self, counts: &Counts) -> Verdict {
        let mut reasons = Vec::new();
        let skipped = self.branches.iter().filter(|branch| branch.skipped.is_some()).count();
        if skipped > 0 {
            reasons.push(format!("{} could not be looked at", number(skipped, "branch", "branches")));
        }
        if counts.never > 0 {
            reasons.push(format!("{} never checked", was(counts.never)));
        }
        if counts.missing > 0 {
            reasons.push(format!("{} columns that are not there", have(counts.missing)));
        }
        if !self.unbound.is_empty() {
            let unbound = number(self.unbound.len(), "branch has", "branches have");
            reasons.push(format!("{unbound} a database to which nothing of it was ever applied"));
        }
        if !self.unrecorded.is_empty() {
            let unrecorded = number(self.unrecorded.len(), "reference stands", "references stand");
            reasons.push(format!("{unrecorded} in the files of applied revisions, and on no record"));
        }
        if !self.unread.is_empty() {
            let unread = number(self.unread.len(), "branch", "branches");
            reasons.push(format!("{unread} that references point to could not be asked"));
        }
        if counts.orphaned > 0 {
            let text = format!("{} orphans beyond what is allowed.", have(counts.orphaned));
            return Verdict { class: "bad", mark: "\u{2715}", text, reasons };
        }
        if !reasons.is_empty() {
            let text = "No clean result: not everything was looked at.".to_owned();
            return Verdict { class: "warn", mark: "!", text, reasons };
        }
        let text = match counts.listed {
            0 => "No reference is live in the databases that were looked at.".to_owned(),
            _ => "No orphans beyond what is allowed, at the last check of each reference.".to_owned(),
        };
        Verdict { class: "good", mark: "\u{2713}", text, reasons }
    }

    pub(super) fn scope(&self, counts: &Counts) -> Vec<String> {
        let mut scope = vec![format!(
            "{} known in {}; {} listed here, {} checked at least once, {} skipped.",
            number(counts.known, "reference is", "references are"),
            number(self.branches.len(), "branch", "branches"),
            counts.listed,
            counts.checked,
            counts.skipped
        )];
        if self.branches.iter().any(|branch| branch.database.is_none() && branch.skipped.is_none()) {
            scope.push(
                "It was made from the project's files alone, as if all revisions were applied: no database was asked."
                    .to_owned(),
            );
        }
        let named = self.branches.len();
        let all = self.workspace.project.branches.len();
        if named < all {
            scope.push(format!(
                "The project has {}: the references of the others are not part of it.",
                number(all, "branch", "branches")
            ));
        }
        scope.extend(
            self.unrecorded.iter().map(|known| format!("Not live: {}: {}.", known.place(), unrecorded_why(known))),
        );
        scope.extend(self.unbound.iter().map(|note| format!("Of note: {note}")));
        for (branch, why) in &self.unread {
            scope.push(format!("{branch} could not be asked for the columns that are pointed to: {why}"));
        }
        scope.push(match self.found {
            None => "Nobody looked for references that were not declared: they are not part of this report.".to_owned(),
            Some(0) => "Nothing else looks like a reference that nobody declared.".to_owned(),
            Some(found) => format!(
                "{} that nobody declared: dotted in the picture, listed by \u{201c}branchline references discover\u{201d}, and not part of \
                 the result.",
                number(
                    found,
                    "column or pair of columns looks like a reference",
                    "columns or pairs of columns look like references"
                )
            ),
        });
        scope.push("A check speaks of the time when it was made.".to_owned());
        scope
    }
}

pub(super) fn cards(counts: &Counts) -> Vec<Card> {
    let marked = |value: usize, class: &'static str| if value > 0 { class } else { "" };
    vec![
        Card { name: "references known", value: counts.known, class: "" },
        Card { name: "checked", value: counts.checked, class: marked(counts.checked, "good") },
        Card { name: "with orphans", value: counts.orphaned, class: marked(counts.orphaned, "bad") },
        Card { name: "never checked", value: counts.never, class: marked(counts.never, "warn") },
        Card { name: "skipped", value: counts.skipped, class: marked(counts.skipped, "warn") },
    ]
}

fn was(count: usize) -> String {
    number(count, "reference was", "references were")
}

fn have(count: usize) -> String {
    number(count, "reference has", "references have")
}
