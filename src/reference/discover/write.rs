//! A finding as the lines of a revision.toml that declare it.

use std::fmt::Write as _;

use super::{Found, Points};
use crate::revision::{OnDelete, ReferenceTarget};

/// The `[[reference]]` that declares a finding; none where it cannot be declared.
#[must_use]
pub fn lines(found: &Found) -> Option<String> {
    let mut text = format!("[[reference]]\nfrom = {}\n", quoted(&found.from.to_string()));
    match &found.points {
        Points::One(target) => {
            let _ = writeln!(text, "to = {}", quoted(&target.to_string()));
        }
        Points::ByType { by, targets, .. } if !targets.is_empty() => {
            let _ = writeln!(text, "by = {}", quoted(&by.to_string()));
            let pair = |(value, target): (&String, &ReferenceTarget)| {
                format!("{} = {}", quoted(value), quoted(&target.to_string()))
            };
            let _ = writeln!(text, "to = {{ {} }}", targets.iter().map(pair).collect::<Vec<_>>().join(", "));
        }
        Points::ByType { .. } | Points::Each(_) => return None,
    }
    // Nothing is deleted that nobody asked for.
    let _ = writeln!(text, "on_delete = {}", quoted(OnDelete::Restrict.word()));
    Some(text)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
