//! Findings as SARIF 2.1.0, which code hosts show beside the lines that they are about.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::finding::Finding;
use crate::lint::{Code, Level};

/// The document. Files are named as seen from `folder`, which is the project's folder as the reader of the document sees it.
#[must_use]
pub fn sarif(findings: &[Finding], folder: &Path) -> Value {
    let rules = rules(findings);
    let places: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(place, (kind, _))| (*kind, place)).collect();
    let results: Vec<Value> =
        findings.iter().map(|finding| result(finding, places.get(finding.kind).copied(), folder)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "branchline",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What is known of each kind that was found, by its name.
fn rules(findings: &[Finding]) -> BTreeMap<&'static str, Value> {
    let rule = |finding: &Finding| {
        let code = finding.kind.parse::<Code>().ok();
        let summary = code.map_or("a state of a database that needs attention", Code::summary);
        let level = match code.map(Code::default_level) {
            Some(Level::Fixed | Level::Deny) => "error",
            Some(Level::Warn | Level::Allow) | None => "warning",
        };
        let rule = json!({
            "id": finding.kind,
            "shortDescription": { "text": summary },
            "defaultConfiguration": { "level": level },
        });
        (finding.kind, rule)
    };
    findings.iter().map(rule).collect()
}

fn result(finding: &Finding, rule: Option<usize>, folder: &Path) -> Value {
    let text = match &finding.hint {
        Some(hint) => format!("{}\n{hint}", finding.message),
        None => finding.message.clone(),
    };
    let revision = finding.revision.as_ref().map(|id| format!("{}@{id}", finding.branch));
    let mut result = json!({
        "ruleId": finding.kind,
        "ruleIndex": rule,
        "level": finding.severity.unwrap_or("error"),
        "message": { "text": text },
        "properties": { "branch": finding.branch, "revision": revision, "dialects": finding.dialects },
    });
    if let Some(file) = &finding.file {
        let mut place = json!({ "artifactLocation": { "uri": uri(&folder.join(file)) } });
        if let Some(line) = finding.line {
            place["region"] = match finding.column {
                Some(column) => json!({ "startLine": line, "startColumn": column }),
                None => json!({ "startLine": line }),
            };
        }
        result["locations"] = json!([{ "physicalLocation": place }]);
    }
    result
}

/// A path as a URI reference: its parts, with what a URI cannot hold as percent signs and digits.
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b'\\' if cfg!(windows) => uri.push('/'),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
