//! A finding as the lines of a revision.toml that declare it.

use std::fmt::Write as _;

use super::{Found, Points};
use crate::revision::{Columns, OnDelete, ReferenceTarget};

/// The `[[reference]]` that declares a finding; none where it cannot be declared.
#[must_use]
pub fn lines(found: &Found) -> Option<String> {
    let mut text = format!("[[reference]]\nfrom = {}\n", columns("", &found.from));
    match &found.points {
        Points::One(target) => {
            let _ = writeln!(text, "to = {}", referred(target));
        }
        Points::ByType { by, targets, .. } if !targets.is_empty() => {
            let _ = writeln!(text, "by = {}", columns("", by));
            let pair =
                |(value, target): (&String, &ReferenceTarget)| format!("{} = {}", quoted(value), referred(target));
            let _ = writeln!(text, "to = {{ {} }}", targets.iter().map(pair).collect::<Vec<_>>().join(", "));
        }
        Points::ByType { .. } | Points::Each(_) => return None,
    }
    // Nothing is deleted that nobody asked for.
    let _ = writeln!(text, "on_delete = {}", quoted(OnDelete::Restrict.word()));
    Some(text)
}

fn referred(target: &ReferenceTarget) -> String {
    columns(&format!("{}:", target.branch), &target.columns)
}

/// A column as a text, several as a list of such texts.
fn columns(before: &str, columns: &Columns) -> String {
    let text = |column: &String| quoted(&format!("{before}{}.{column}", columns.table));
    match columns.columns.as_slice() {
        [column] => text(column),
        several => format!("[{}]", several.iter().map(text).collect::<Vec<_>>().join(", ")),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
