//! The file of candidates that another engine has found: `reference,key`, a line each.

use std::collections::BTreeMap;
use std::path::Path;

use branchline::error::{Failure, Failures};
use branchline::reference::{Known, pick};
use branchline::revision::Checksum;

use crate::cli::streams;

/// The keys to prove, by reference, as texts a column.
pub type Candidates = BTreeMap<Checksum, Vec<Vec<String>>>;

/// What the first line says.
const HEADER: &str = "reference,key";

/// Reads the text of the file; every line must make sense, for what is left out would be taken for sound.
pub fn read(file: &Path, text: &str, known: &[Known]) -> Result<Candidates, Failures> {
    let name = if streams::is_standard(file) { "the standard input".to_owned() } else { file.display().to_string() };
    let mut candidates = Candidates::new();
    let mut header = false;
    for (number, line) in records(text) {
        let hinted = |what: &str, hint: String| {
            let message = format!("{name}:{number}: {what}");
            Failures::from(Failure::usage(message).with_hint(Some(hint)))
        };
        let wrong = |what: &str| hinted(what, format!("the first line is `{HEADER}`"));
        let cells = cells(&line).ok_or_else(|| wrong("a quote that does not end"))?;
        let [reference, key] = cells.as_slice() else { return Err(wrong("not a reference and a key")) };
        if !header {
            header = true;
            if format!("{reference},{key}") != HEADER {
                return Err(wrong("not the header of a file of candidates"));
            }
            continue;
        }
        let picked = pick(known, std::slice::from_ref(reference)).map_err(|error| {
            let hint = error.hint.clone().unwrap_or_else(|| "`branchline references list` lists them".to_owned());
            hinted(&error.to_string(), hint)
        })?;
        let [picked] = picked.as_slice() else { return Err(wrong("several references are called so")) };
        let columns = picked.from.columns.len();
        let key = match columns {
            1 => vec![key.clone()],
            _ => serde_json::from_str(key).map_err(|_| wrong("not a JSON array of texts"))?,
        };
        if key.len() != columns {
            return Err(wrong("the key has not as many columns as the reference"));
        }
        candidates.entry(picked.id).or_default().push(key);
    }
    if header {
        return Ok(candidates);
    }
    let message = format!("{name} is empty: what wrote it may have failed");
    Err(Failure::usage(message).with_hint(Some(format!("a file without candidates has one line, `{HEADER}`"))).into())
}

/// The lines that say something, with their numbers; one goes on where a quote is open.
fn records(text: &str) -> Vec<(usize, String)> {
    let mut records: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match records.last_mut() {
            Some((_, record)) if is_open => {
                record.push('\n');
                record.push_str(line);
            }
            _ if line.is_empty() => continue,
            _ => records.push((number + 1, line.to_owned())),
        }
        is_open ^= line.matches('"').count() % 2 == 1;
    }
    records
}

/// The cells of a record, by RFC 4180.
fn cells(record: &str) -> Option<Vec<String>> {
    let mut cells = vec![String::new()];
    let mut rest = record.chars().peekable();
    let mut is_open = false;
    while let Some(character) = rest.next() {
        let last = cells.last_mut()?;
        match character {
            '"' if is_open && rest.peek() == Some(&'"') => {
                rest.next();
                last.push('"');
            }
            '"' if is_open || last.is_empty() => is_open = !is_open,
            ',' if !is_open => cells.push(String::new()),
            other => last.push(other),
        }
    }
    (!is_open).then_some(cells)
}
