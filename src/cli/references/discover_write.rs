//! Adds what was found to the revisions that make its columns.
//!
//! Text is added at the end of a revision.toml, and nothing else in it is touched. The project must load afterwards; where it does
//! not, every file is put back as it was. The file is no part of a script's checksum, so that an applied revision stays what it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use branchline::error::{Exit, Failure, Failures};
use branchline::reference::discover::lines;
use branchline::revision::LoadOptions;
use branchline::run::Discovered;
use branchline::workspace::Workspace;
use serde::Serialize;

use crate::cli::context::Context;

/// A `[[reference]]`, and where it went.
#[derive(Debug, Serialize)]
pub struct Written {
    /// The referring columns, with their branch.
    from: String,
    /// The file; none where the scripts do not tell which revision makes the column.
    file: Option<PathBuf>,
    /// The lines.
    lines: String,
}

/// Writes all that can be declared.
pub fn write(context: &Context, workspace: &Workspace, discovered: &Discovered) -> Result<Vec<Written>, Failures> {
    let mut written = Vec::new();
    let mut added: BTreeMap<PathBuf, String> = BTreeMap::new();
    for found in &discovered.discovery.found {
        let Some(lines) = lines(found) else { continue };
        let maker = discovered.made_by.get(&(found.branch.clone(), found.from.to_string()));
        let file = maker.and_then(|key| workspace.find(key)).map(branchline::revision::Revision::manifest);
        if let Some(file) = &file {
            let text = added.entry(file.clone()).or_default();
            let _ = write!(text, "\n{lines}");
        }
        written.push(Written { from: format!("{}:{}", found.branch, found.from), file, lines });
    }
    let root = &workspace.project.root;
    let mut before: Vec<(PathBuf, String)> = Vec::new();
    let outcome = add(root, &added, &mut before).and_then(|()| {
        context.workspace(LoadOptions { checksums: false }).map(|_| ()).map_err(|failures| {
            let why = failures.as_slice().first().map_or_else(String::new, |failure| failure.message.clone());
            let message = format!("with the references that were found the project does not load: {why}");
            let lines = written.iter().map(|written| format!("\n# {}\n{}", written.from, written.lines));
            let hint = format!(
                "nothing was written; where branches refer to each other, a revision that comes after those that make the tables \
                 declares them (`branchline revision BRANCH \"references\"`):\n{}",
                lines.collect::<String>()
            );
            Failure::new("reference", Exit::Usage, message).with_exact_hint(&hint).into()
        })
    });
    if let Err(failures) = outcome {
        for (file, text) in before {
            std::fs::write(&file, text).map_err(|error| unwritable(&file, &error))?;
        }
        return Err(failures);
    }
    Ok(written)
}

fn add(root: &Path, added: &BTreeMap<PathBuf, String>, before: &mut Vec<(PathBuf, String)>) -> Result<(), Failures> {
    for (file, lines) in added {
        let file = root.join(file);
        let text = std::fs::read_to_string(&file).map_err(|error| unwritable(&file, &error))?;
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
        let new = format!("{text}{end}{}", lines.replace('\n', line_end));
        before.push((file.clone(), text));
        std::fs::write(&file, new).map_err(|error| unwritable(&file, &error))?;
    }
    Ok(())
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failures {
    Failure::new("io", Exit::Usage, format!("{}: {error}", file.display())).into()
}

/// What was written where, and what could not be.
pub fn text(written: &[Written]) -> String {
    let mut text = String::new();
    for Written { from, file, .. } in written {
        if let Some(file) = file {
            let _ = write!(text, "\nwritten: {from} into {}", file.display());
        }
    }
    let homeless: Vec<&Written> = written.iter().filter(|written| written.file.is_none()).collect();
    if !homeless.is_empty() {
        text.push_str("\nno script tells which revision makes these columns; declare them where they belong:\n");
        for Written { lines, .. } in homeless {
            let _ = write!(text, "\n{lines}");
        }
    }
    if !written.is_empty() {
        text.push_str(
            "\non_delete is `restrict` until you say otherwise; a database where the revision is applied already learns of it \
             when a new revision declares it, or when the old one is stamped anew",
        );
    }
    text
}
