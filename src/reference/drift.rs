//! Where the record of a reference and the files of its branch say different things.
//!
//! A database keeps a reference as it was declared when its revision was applied, and that is what checks and sweeps go by. Who
//! edits the revision's file later may believe otherwise, so each difference is told. Pure: what is on record is given to it.

use std::time::Duration;

use super::known::Known;
use crate::listing::listed;
use crate::revision::ReferenceTo;

/// What the files say of a reference that is on record, where that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What differs, a phrase.
    pub what: String,
    /// Whether a sweep by the record could change rows that by the files it should leave alone.
    pub misleads: bool,
    /// The way out.
    pub hint: String,
}

/// What the files of a branch say of the revision that a reference is on record with.
#[derive(Debug, Clone, Copy)]
pub struct Since<'a> {
    /// Whether it is on record as applied.
    pub applied: bool,
    /// The references that its file declares; none where the project does not know it.
    pub declares: Option<&'a [Known]>,
}

/// Holds a reference that is on record against the files. `live` is what lives on its branch by the files of what is applied.
#[must_use]
pub fn drift(recorded: &Known, live: &[Known], since: Since<'_>) -> Option<Drift> {
    let is_same = |other: &Known| other.id == recorded.id && other.on_delete == recorded.on_delete;
    if live.iter().any(is_same) {
        return None;
    }
    let Known { branch, from, .. } = recorded;
    let revision = format!("{branch}@{}", recorded.since.as_ref().map(ToString::to_string).unwrap_or_default());
    let end = format!("end it in a new revision, with [[end_reference]] for {from}");
    let declares = match since {
        Since { applied: false, .. } => {
            let what = format!("on record since {revision}, which is not applied");
            return Some(Drift { what, misleads: true, hint: end });
        }
        // Such a database is ahead of the files, and that is told of it as a whole.
        Since { declares: None, .. } => return None,
        Since { declares: Some(declares), .. } => declares,
    };
    let again = format!("or `branchline stamp` to the parent of {revision}, and back to where the branch is");
    if declares.iter().any(is_same) {
        let what = "the files end it, and its record does not".to_owned();
        return Some(Drift { what, misleads: true, hint: end });
    }
    let nearest = declares
        .iter()
        .filter(|declared| declared.from == *from)
        .map(|declared| differences(recorded, declared))
        .min_by_key(Vec::len);
    Some(match nearest {
        None => {
            let what = format!("the file of {revision} no longer declares it");
            Drift { what, misleads: true, hint: format!("{end}; {again}") }
        }
        Some(differences) => Drift {
            misleads: differences.iter().any(|(key, _)| DECISIVE.contains(key)),
            what: format!(
                "the file of {revision} says otherwise since it was applied: {}",
                listed(differences.into_iter().map(|(_, difference)| difference))
            ),
            hint: format!("declare it in a new revision, with [[end_reference]] and [[reference]]; {again}"),
        },
    })
}

/// The keys that decide what a sweep does, and to which rows.
const DECISIVE: [&str; 3] = ["to", "on_delete", "when"];

/// What the file says, and what the record says, key by key: the key, and a phrase.
fn differences(recorded: &Known, declared: &Known) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone();
    let span = |grace: Option<Duration>| grace.map(|grace| humantime::format_duration(grace).to_string());
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let pairs = |of: &Known| {
        [
            ("to", Some(target(&of.to))),
            ("on_delete", Some(of.on_delete.word().to_owned())),
            ("when", text(&of.when)),
            ("parent_filter", text(&of.parent_filter)),
            ("grace", span(of.grace)),
            ("max_orphans", number(of.max_orphans)),
            ("owner", text(&of.owner)),
            ("reason", text(&of.reason)),
        ]
    };
    let said = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    pairs(declared)
        .into_iter()
        .zip(pairs(recorded))
        .filter(|((_, file), (_, record))| file != record)
        .map(|((key, file), (_, record))| {
            (key, format!("{key} is {} on record, {} in the file", said(record), said(file)))
        })
        .collect()
}

fn target(to: &ReferenceTo) -> String {
    match to {
        ReferenceTo::One(target) => target.to_string(),
        ReferenceTo::Polymorphic { by, targets } => {
            let targets = targets.iter().map(|(value, target)| format!("{value}: {target}"));
            format!("by {by} {}", listed(targets))
        }
    }
}
