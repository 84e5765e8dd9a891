//! The file of all orphans, which is written while they are found.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Mutex;

use branchline::error::{Exit, Failure, Failures};
use branchline::reference::{Known, Orphan};
use serde_json::json;

use super::csv;
use crate::cli::streams;

/// The file, or the standard output.
pub struct OrphanFile {
    name: String,
    state: Mutex<State>,
}

struct State {
    out: BufWriter<Box<dyn Write + Send>>,
    outcome: std::io::Result<()>,
    formulas: usize,
}

impl OrphanFile {
    /// Begins it with its heading.
    pub fn create(file: &Path) -> Result<Self, Failures> {
        let name = streams::output_name(file);
        let failed = |error: std::io::Error| {
            Failures::from(Failure::new("io", Exit::Usage, format!("{name} cannot be written: {error}")))
        };
        let out: Box<dyn Write + Send> = if streams::is_standard(file) {
            Box::new(std::io::stdout())
        } else {
            Box::new(std::fs::File::create(file).map_err(failed)?)
        };
        let mut out = BufWriter::new(out);
        let outcome = writeln!(out, "branch,from,reference,value,class,key,rows,row_ids");
        Ok(Self { name, state: Mutex::new(State { out, outcome, formulas: 0 }) })
    }

    /// Adds an orphan.
    pub fn write(&self, known: &Known, orphan: &Orphan) {
        let (line, formulas) = csv::line(&[
            known.branch.to_string(),
            known.from.to_string(),
            known.id.to_string(),
            orphan.value.clone().unwrap_or_default(),
            orphan.class.word().to_owned(),
            key(&orphan.key),
            orphan.rows.to_string(),
            json!(orphan.row_ids).to_string(),
        ]);
        if let Ok(mut state) = self.state.lock() {
            state.formulas += formulas;
            // The first error is told, once all is done.
            if state.outcome.is_ok() {
                state.outcome = writeln!(state.out, "{line}");
            }
        }
    }

    /// Ends it; gives what is to be said of what stands in it.
    pub fn finish(self) -> Result<Option<String>, Failures> {
        let State { mut out, outcome, formulas } =
            self.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        match outcome.and_then(|()| out.flush()) {
            // A reader that has seen enough, such as `head`, is no error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::new("io", Exit::Failed, format!("{} is not complete: {error}", self.name)).into())
            }
            _ => Ok(csv::warning(formulas, &self.name)),
        }
    }
}

/// A key as a cell, as in a file of candidates: a text joined with others could not be told from another key.
fn key(key: &[String]) -> String {
    match key {
        [one] => one.clone(),
        several => json!(several).to_string(),
    }
}
