//! A list of references for people, for spreadsheets and for pull requests.

use std::fmt::Write as _;

use branchline::reference::{Crossing, Listed, Possible};
use branchline::report::{unbound_note, unrecorded_why};
use branchline::run::ReferenceList;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::check_text::markdown_cell;
use super::csv::line;
use crate::cli::findings::number;
use crate::cli::table::Table;

/// A line a reference, and what was looked at.
pub fn table(list: &ReferenceList, wide: bool, now: OffsetDateTime) -> String {
    let mut lines = Vec::new();
    if !list.listed.is_empty() {
        lines.push(if wide { wide_table(list, now) } else { narrow_table(list, now) });
    }
    lines.extend(list.crossings.iter().map(crossing));
    lines.push(scope(list));
    lines.join("\n")
}

fn narrow_table(list: &ReferenceList, now: OffsetDateTime) -> String {
    let mut table =
        Table::new(["REFERENCE", "TO", "SINCE", "ON DELETE", "NULL", "INDEX", "TYPES", "LAST CHECK", "REMARKS"]);
    for listed in &list.listed {
        table.row([
            from(listed),
            to(listed),
            since(listed),
            listed.known.on_delete.word().to_owned(),
            yes_no(listed.nullable),
            yes_no(listed.indexed),
            types(listed),
            last_check(listed, now),
            remarks(listed),
        ]);
    }
    table.to_string()
}

fn wide_table(list: &ReferenceList, now: OffsetDateTime) -> String {
    let mut table = Table::new([
        "REFERENCE",
        "TO",
        "KIND",
        "SINCE",
        "ON DELETE",
        "NULL",
        "INDEX",
        "ROWS",
        "TYPES",
        "UNIQUE",
        "FOREIGN KEY",
        "LAST CHECK",
        "BACKLOG",
        "OWNER",
        "CONDITIONS",
        "REMARKS",
    ]);
    for listed in &list.listed {
        table.row([
            from(listed),
            to(listed),
            kind(listed).to_owned(),
            since(listed),
            listed.known.on_delete.word().to_owned(),
            yes_no(listed.nullable),
            yes_no(listed.indexed),
            count(listed.rows),
            types(listed),
            yes_no(listed.unique()),
            foreign_key(listed),
            last_check(listed, now),
            backlog(listed),
            listed.known.owner.clone().unwrap_or_else(|| "-".to_owned()),
            conditions(listed),
            remarks(listed),
        ]);
    }
    table.to_string()
}

/// The columns of a CSV file; a contract, as the fields of the JSON document are.
const CSV: [&str; 27] = [
    "branch",
    "from",
    "to",
    "by",
    "kind",
    "source",
    "since",
    "on_delete",
    "nullable",
    "indexed",
    "rows",
    "from_type",
    "to_type",
    "types_match",
    "types_why",
    "unique",
    "could_be_foreign_key",
    "missing",
    "checked_at",
    "checked_rows",
    "orphan_keys",
    "orphan_rows",
    "owner",
    "reason",
    "conditions",
    "max_orphans",
    "id",
];

/// By RFC 4180, with a heading. What is not known is empty. Also how many cells a spreadsheet would run.
pub fn csv(list: &ReferenceList) -> (String, usize) {
    let (mut text, mut formulas) = (CSV.join(","), 0);
    for listed in &list.listed {
        let known = &listed.known;
        let decisive = listed.decisive();
        let by = match &known.to {
            branchline::revision::ReferenceTo::Polymorphic { by, .. } => by.to_string(),
            branchline::revision::ReferenceTo::One(_) => String::new(),
        };
        let said = |known: Option<bool>| known.map(|known| known.to_string()).unwrap_or_default();
        let counted = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let check = known.check.as_ref();
        let cells: [String; 27] = [
            known.branch.to_string(),
            known.from.to_string(),
            to(listed),
            by,
            kind(listed).to_owned(),
            known.source.word().to_owned(),
            since(listed),
            known.on_delete.word().to_owned(),
            said(listed.nullable),
            said(listed.indexed),
            counted(listed.rows),
            decisive.and_then(|target| target.from_type.clone()).unwrap_or_default(),
            decisive.and_then(|target| target.to_type.clone()).unwrap_or_default(),
            said(decisive.and_then(|target| target.agreement.agrees)),
            decisive.and_then(|target| target.agreement.why.clone()).unwrap_or_default(),
            said(listed.unique()),
            said(listed.foreign_key.as_ref().map(|foreign_key| foreign_key.possible)),
            listed.missing.join("; "),
            check.map(|check| check.at.clone()).unwrap_or_default(),
            counted(check.and_then(|check| check.summary.rows)),
            counted(check.map(|check| check.summary.classes.orphans().keys)),
            counted(check.map(|check| check.summary.classes.orphans().rows)),
            known.owner.clone().unwrap_or_default(),
            known.reason.clone().unwrap_or_default(),
            conditions(listed).trim_start_matches('-').to_owned(),
            counted(known.max_orphans),
            known.id.to_string(),
        ];
        let (line, found) = line(&cells);
        text.push_str("\r\n");
        text.push_str(&line);
        formulas += found;
    }
    (text, formulas)
}

/// A table for a pull request.
pub fn markdown(list: &ReferenceList) -> String {
    let mut text = String::from(
        "| reference | to | since | on delete | null | index | types | last check | owner | remarks |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for listed in &list.listed {
        let cells = [
            from(listed),
            to(listed),
            since(listed),
            listed.known.on_delete.word().to_owned(),
            yes_no(listed.nullable),
            yes_no(listed.indexed),
            types(listed),
            last_check_at(listed),
            listed.known.owner.clone().unwrap_or_else(|| "-".to_owned()),
            remarks(listed),
        ];
        let _ = writeln!(text, "| {} |", cells.map(|cell| markdown_cell(&cell)).join(" | "));
    }
    text.push('\n');
    for one in &list.crossings {
        let _ = writeln!(text, "- {}", markdown_cell(&crossing(one)));
    }
    let scope = scope(list);
    let scope: Vec<String> = scope.lines().map(markdown_cell).collect();
    let _ = write!(text, "\n{}", scope.join("\n\n"));
    text
}

pub fn from(listed: &Listed) -> String {
    format!("{}:{}", listed.known.branch, listed.known.from)
}

/// Where it points; of a polymorphic one each value with its target.
pub fn to(listed: &Listed) -> String {
    let of = |target: &branchline::reference::ListedTarget| match &target.value {
        Some(value) => format!("{value}={}", target.target),
        None => target.target.to_string(),
    };
    listed.targets.iter().map(of).collect::<Vec<_>>().join(" | ")
}

pub const fn kind_word(kind: branchline::reference::Kind) -> &'static str {
    match kind {
        branchline::reference::Kind::CrossDatabase => "cross_database",
        branchline::reference::Kind::Polymorphic => "polymorphic",
        branchline::reference::Kind::Local => "local",
    }
}

fn kind(listed: &Listed) -> &'static str {
    kind_word(listed.known.kind())
}

pub fn since(listed: &Listed) -> String {
    let known = &listed.known;
    known.since.as_ref().map_or_else(|| "-".to_owned(), |since| format!("{}@{since}", known.branch))
}

pub fn yes_no(known: Option<bool>) -> String {
    known.map_or("-", |known| if known { "yes" } else { "no" }).to_owned()
}

fn count(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// The type that both ends have, or the two that they have.
pub fn types(listed: &Listed) -> String {
    let Some(target) = listed.decisive() else { return "-".to_owned() };
    match (&target.from_type, &target.to_type) {
        (Some(from), Some(to)) if from == to => from.clone(),
        (Some(from), Some(to)) => match target.agreement.agrees {
            Some(true) => format!("{from}, {to}"),
            Some(false) => format!("{from}, not {to}"),
            None => format!("{from}, {to}?"),
        },
        (Some(from), None) => from.clone(),
        _ => "-".to_owned(),
    }
}

fn foreign_key(listed: &Listed) -> String {
    match &listed.foreign_key {
        Some(Possible { possible: true, why }) => format!("could be: {why}"),
        Some(Possible { why, .. }) => format!("no: {why}"),
        None => "-".to_owned(),
    }
}

fn backlog(listed: &Listed) -> String {
    listed.backlog.as_ref().map_or_else(|| "-".to_owned(), |backlog| number_of(backlog.pending, "deletion"))
}

fn number_of(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

pub fn conditions(listed: &Listed) -> String {
    let known = &listed.known;
    let grace = known.grace.map(|grace| humantime::format_duration(grace).to_string());
    let most = known.max_orphans.map(|most| most.to_string());
    let all = [("when", &known.when), ("parent", &known.parent_filter), ("grace", &grace), ("at most", &most)];
    let told = all.iter().filter_map(|(name, text)| Some(format!("{name} {}", text.as_ref()?)));
    let told: Vec<String> = told.collect();
    if told.is_empty() { "-".to_owned() } else { told.join("; ") }
}

fn remarks(listed: &Listed) -> String {
    let remarks = listed.remarks();
    if remarks.is_empty() { "-".to_owned() } else { remarks.join("; ") }
}

/// What the last check found, and how long ago that was.
pub fn last_check(listed: &Listed, now: OffsetDateTime) -> String {
    found(listed, |at| ago(at, now))
}

/// What the last check found, and when that was: for what is read another day.
fn last_check_at(listed: &Listed) -> String {
    found(listed, to_the_second)
}

/// A time in RFC 3339 without its fractions, which tell nobody anything.
pub fn to_the_second(at: &str) -> String {
    let parsed = OffsetDateTime::parse(at, &Rfc3339).ok().and_then(|at| at.replace_nanosecond(0).ok());
    parsed.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| at.to_owned())
}

fn found(listed: &Listed, when: impl Fn(&str) -> String) -> String {
    let Some(check) = &listed.known.check else { return "never".to_owned() };
    let classes = &check.summary.classes;
    let found = match (classes.orphans().rows, classes.unmapped.rows) {
        (0, 0) => "clean".to_owned(),
        (0, unmapped) => format!("{unmapped} unmapped"),
        (orphans, 0) => number_of(orphans, "orphan"),
        (orphans, unmapped) => format!("{}, {unmapped} unmapped", number_of(orphans, "orphan")),
    };
    format!("{found}, {}", when(&check.at))
}

/// `3 days ago`, of a time in RFC 3339.
pub fn ago(at: &str, now: OffsetDateTime) -> String {
    let Ok(at) = OffsetDateTime::parse(at, &Rfc3339) else { return at.to_owned() };
    let seconds = (now - at).whole_seconds().max(0).unsigned_abs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} ago", number_of(seconds / 60, "minute")),
        3600..86_400 => format!("{} ago", number_of(seconds / 3600, "hour")),
        _ => format!("{} ago", number_of(seconds / 86_400, "day")),
    }
}

fn crossing(crossing: &Crossing) -> String {
    let name = crossing.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    format!(
        "a foreign key crosses branches: {}:{} -> {}:{}{name}",
        crossing.branch, crossing.from, crossing.to_branch, crossing.to
    )
}

/// How many references are known, how many were looked at, and what was not.
pub fn scope(list: &ReferenceList) -> String {
    let offline = list.databases.values().any(Option::is_none);
    let skipped: usize = list.skipped.iter().map(|skipped| skipped.declared).sum();
    let known = list.listed.len() + skipped;
    let live = if offline { "declared reference" } else { "live reference" };
    let mut text =
        format!("{} of {} listed, of {}", list.listed.len(), number(known, live, &format!("{live}s")), branches(list));
    if offline {
        text.push_str(", from the files alone");
    }
    for skipped in &list.skipped {
        let declared = number(skipped.declared, "reference", "references");
        let _ = write!(text, "\nskipped: {}, with {declared} in its files: {}", skipped.branch, skipped.error.message);
    }
    for (branch, declared) in &list.unbound {
        let _ = write!(text, "\nnote: {}", unbound_note(branch, declared.len()));
    }
    for known in &list.unrecorded {
        let _ = write!(text, "\nnot live: {}: {}", known.place(), unrecorded_why(known));
    }
    for (branch, error) in &list.unread {
        let _ = write!(text, "\nnot asked for the columns that are pointed to: {branch}: {}", error.message);
    }
    text
}

fn branches(list: &ReferenceList) -> String {
    let names: Vec<String> = list.databases.keys().map(ToString::to_string).collect();
    if names.is_empty() { "no branch".to_owned() } else { branchline::listing::listed(names) }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::ago;

    #[test]
    fn how_long_ago() {
        let now = datetime!(2026-11-27 12:00:00 UTC);
        for (at, expected) in [
            ("2026-11-27T11:59:30Z", "just now"),
            ("2026-11-27T11:59:00.123456Z", "just now"),
            ("2026-11-27T11:58:00Z", "2 minutes ago"),
            ("2026-11-27T10:00:00Z", "2 hours ago"),
            ("2026-11-26T12:00:00Z", "1 day ago"),
            ("2026-11-28T12:00:00Z", "just now"),
            ("2026-11-20T12:00:00+02:00", "7 days ago"),
            ("yesterday", "yesterday"),
        ] {
            assert_eq!(ago(at, now), expected, "{at}");
        }
    }
}
