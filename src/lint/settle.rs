//! What becomes of what the rules found: levels of the branch, words of the scripts, one finding for all dialects.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use crate::location::Location;
use crate::names::{BranchName, RevisionKey};
use crate::sql::Allowance;

use super::code::Code;
use super::finding::{Finding, Found, FoundIn};
use super::levels::Levels;

/// The comments of a file that say that findings are meant.
#[derive(Debug, Clone)]
pub struct Meant<'a> {
    /// Whose file.
    pub revision: &'a RevisionKey,
    /// The file.
    pub file: PathBuf,
    /// What it says.
    pub allowances: &'a [Allowance],
}

/// How far the rules have looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All rules, over all scripts: a comment that allows nothing is found too.
    All,
    /// Some of them.
    Some,
}

/// The findings, in the order of what was found; each once, with the dialects that it holds on.
#[must_use]
pub fn settle(
    levels: &BTreeMap<BranchName, Levels>,
    found: Vec<FoundIn>,
    meant: &[Meant<'_>],
    scope: Scope,
) -> Vec<Finding> {
    let mut allowed = Allowed::of(meant);
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: HashMap<(Code, PathBuf, usize, Option<usize>, String), usize> = HashMap::new();
    for FoundIn { revision, file, dialect, found } in found {
        for one in found {
            let severity = levels.get(&revision.branch).unwrap_or(&Levels::DEFAULT).severity(one.code);
            let Some(severity) = severity else { continue };
            if one.code.can_be_allowed() && allowed.takes(&file, &one) {
                continue;
            }
            let location = Location { file: file.clone(), line: Some(one.line), column: one.column };
            let same = (one.code, file.clone(), one.line, one.column, one.message.clone());
            match known.entry(same) {
                Entry::Occupied(known) => {
                    let dialects = &mut findings[*known.get()].dialects;
                    if !dialects.contains(&dialect) {
                        dialects.push(dialect);
                    }
                    continue;
                }
                Entry::Vacant(new) => {
                    new.insert(findings.len());
                }
            }
            let Found { code, message, hint, about, .. } = one;
            let revision = revision.clone();
            let dialects = vec![dialect];
            findings.push(Finding { code, severity, revision, location, dialects, message, hint, about });
        }
    }
    if scope == Scope::All {
        findings.extend(allowed.complaints(levels));
    }
    findings
}

/// An allowance, and which of its codes have taken something.
struct Word<'a> {
    revision: &'a RevisionKey,
    codes: &'a [String],
    line: usize,
    target: &'a RangeInclusive<usize>,
    used: BTreeSet<usize>,
}

struct Allowed<'a> {
    words: BTreeMap<PathBuf, Vec<Word<'a>>>,
}

impl<'a> Allowed<'a> {
    fn of(meant: &[Meant<'a>]) -> Self {
        let mut words: BTreeMap<PathBuf, Vec<Word<'a>>> = BTreeMap::new();
        for Meant { revision, file, allowances } in meant {
            let of_file = words.entry(file.clone()).or_default();
            for Allowance { line, target, codes } in *allowances {
                // The same file read for another dialect.
                if !of_file.iter().any(|word| word.line == *line && word.codes == *codes) {
                    of_file.push(Word { revision, codes, line: *line, target, used: BTreeSet::new() });
                }
            }
        }
        Self { words }
    }

    /// Whether a comment says that this is meant.
    fn takes(&mut self, file: &PathBuf, found: &Found) -> bool {
        let mut taken = false;
        for word in self.words.get_mut(file).into_iter().flatten() {
            let overlaps = found.lines.start() <= word.target.end() && word.target.start() <= found.lines.end();
            let is_about = overlaps || word.target.contains(&found.line);
            let places = word.codes.iter().enumerate().filter(|(_, code)| *code == found.code.name());
            for (place, _) in places.filter(|_| is_about) {
                word.used.insert(place);
                taken = true;
            }
        }
        taken
    }

    /// Comments that allow what there is not, or what is not there.
    fn complaints(&self, levels: &BTreeMap<BranchName, Levels>) -> Vec<Finding> {
        let mut complaints = Vec::new();
        for (file, words) in &self.words {
            for word in words {
                for (place, name) in word.codes.iter().enumerate() {
                    let (code, message, hint) = match name.parse::<Code>() {
                        // Words that follow it are mostly the reason.
                        Err(_) if word.codes[..place].iter().any(|other| other.parse::<Code>().is_err()) => continue,
                        Err(error) => {
                            let reason = "what it says is `branchline: allow CODE, CODE -- and why`".to_owned();
                            (Code::UnknownCode, error.to_string(), error.hint.or(Some(reason)))
                        }
                        Ok(code) if !code.can_be_allowed() => {
                            let message = format!("`{code}` cannot be allowed: such a script does not run");
                            (Code::UnusedAllowance, message, None)
                        }
                        Ok(code) if !word.used.contains(&place) => {
                            let message = format!("there is no `{code}` here");
                            (Code::UnusedAllowance, message, Some("take the comment out".to_owned()))
                        }
                        Ok(_) => continue,
                    };
                    let severity = levels.get(&word.revision.branch).unwrap_or(&Levels::DEFAULT).severity(code);
                    let Some(severity) = severity else { continue };
                    complaints.push(Finding {
                        code,
                        severity,
                        revision: word.revision.clone(),
                        location: Location { file: file.clone(), line: Some(word.line), column: None },
                        dialects: Vec::new(),
                        message,
                        hint,
                        about: None,
                    });
                }
            }
        }
        complaints
    }
}
