//! The file in which a check keeps how far it has come.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use branchline::error::{Exit, Failure, Failures};
use branchline::reference::Part;
use branchline::run::Progress;
use serde::{Deserialize, Serialize};

/// How long it takes at least until it is written again.
const EVERY: Duration = Duration::from_secs(1);

/// What stands in it.
#[derive(Serialize, Deserialize)]
struct Content {
    /// The version that wrote it: another one may count otherwise.
    version: String,
    /// The part of the keys that it is of.
    part: Option<String>,
    passes: Vec<Progress>,
}

/// What every version's checkpoint has.
#[derive(Deserialize)]
struct Mark {
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "passes")]
    _passes: Vec<serde::de::IgnoredAny>,
}

/// The file, and what is to stand in it.
pub struct File {
    name: PathBuf,
    state: Mutex<State>,
}

struct State {
    content: Content,
    written: Option<Instant>,
    outcome: std::io::Result<()>,
}

impl File {
    /// Reads what an earlier check has kept, if there is such a file.
    pub fn open(name: &Path, part: Option<Part>) -> Result<Self, Failures> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let part = part.map(|part| part.to_string());
        let mut content = Content { version, part, passes: Vec::new() };
        match std::fs::read(name) {
            Ok(bytes) => {
                // Somebody else's file, named by mistake: whoever follows a hint to remove it has lost it.
                let is_one = serde_json::from_slice::<Mark>(&bytes).is_ok();
                if !is_one {
                    let message = format!("{} is no checkpoint", name.display());
                    let hint = "name a file that is not there yet, or one that a check has kept".to_owned();
                    return Err(Failure::usage(message).with_hint(Some(hint)).into());
                }
                let earlier: Option<Content> = serde_json::from_slice(&bytes).ok();
                let fits = |earlier: &Content| earlier.version == content.version && earlier.part == content.part;
                let Some(earlier) = earlier.filter(fits) else {
                    let message = format!("{} was kept by another check, or by another version", name.display());
                    let hint = "remove it to begin anew, or name another file".to_owned();
                    return Err(Failure::usage(message).with_hint(Some(hint)).into());
                };
                content.passes = earlier.passes;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failure(name, &error)),
        }
        let state = State { content, written: None, outcome: Ok(()) };
        Ok(Self { name: name.to_owned(), state: Mutex::new(state) })
    }

    /// What an earlier check has kept.
    pub fn known(&self) -> Vec<Progress> {
        self.state.lock().map(|state| state.content.passes.clone()).unwrap_or_default()
    }

    /// Takes in how far a pass has come; it is written now and then.
    pub fn keep(&self, progress: &Progress) {
        let Ok(mut state) = self.state.lock() else { return };
        state.content.passes.retain(|known| !known.is_of_same(progress));
        state.content.passes.push(progress.clone());
        if state.written.is_none_or(|written| written.elapsed() >= EVERY) {
            self.write(&mut state);
        }
    }

    /// Another file takes its place: one that is broken off would be lost for good.
    fn write(&self, state: &mut State) {
        let text = serde_json::to_vec(&state.content).unwrap_or_default();
        let mut beside = self.name.clone().into_os_string();
        beside.push(".new");
        state.outcome = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &self.name));
        state.written = Some(Instant::now());
    }

    /// Removes it where all is done; else it has all that was kept.
    pub fn close(self, is_done: bool) -> Result<(), Failures> {
        let Ok(mut state) = self.state.lock() else { return Ok(()) };
        if is_done {
            return match std::fs::remove_file(&self.name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failure(&self.name, &error)),
                _ => Ok(()),
            };
        }
        self.write(&mut state);
        std::mem::replace(&mut state.outcome, Ok(())).map_err(|error| failure(&self.name, &error))
    }
}

fn failure(name: &Path, error: &std::io::Error) -> Failures {
    Failure::new("io", Exit::Usage, format!("{} cannot be used: {error}", name.display())).into()
}
