//! `-` in the place of a file: the standard output, or the standard input.
//!
//! One rule for all verbs. What is text for somebody else to read goes there or comes from there; what is read again by us, or takes
//! the place of an older one, has to be a file, and says so. Two texts never share the output, and no file is called `-` unawares:
//! `./-` is one.

use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use branchline::error::{Exit, Failure};
use branchline::run::Cancel;

use super::global::Format;

/// Whether a name means a stream.
pub fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

/// What an output is called in a sentence.
pub fn output_name(file: &Path) -> String {
    if is_standard(file) { "the standard output".to_owned() } else { file.display().to_string() }
}

/// Refuses two texts on one output.
pub fn refuse_format(option: &str, file: &Path, format: Format) -> Result<(), Failure> {
    if !is_standard(file) || format == Format::Table {
        return Ok(());
    }
    let name = format.name();
    let message = format!("{option} - and --format {name} would both write to the standard output");
    Err(Failure::usage(message).with_hint(Some(format!("name a file: {option} FILE"))))
}

/// Refuses a stream where there has to be a file.
pub fn refuse(option: &str, file: &Path, why: &str) -> Result<(), Failure> {
    if !is_standard(file) {
        return Ok(());
    }
    let hint = format!("name a file: {option} FILE; one that is called so is ./-");
    Err(Failure::usage(format!("{option} - names no file: {why}")).with_hint(Some(hint)))
}

/// Writes a text into a file.
pub fn write(file: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(file, text)
        .map_err(|error| Failure::new("io", Exit::Usage, format!("{} cannot be written: {error}", file.display())))
}

/// Reads a text from a file, or from the standard input.
pub async fn read(file: &Path, cancel: &Cancel) -> Result<String, Failure> {
    let (name, text) = if is_standard(file) {
        let Some(text) = heard(cancel, || std::io::read_to_string(std::io::stdin())).await else {
            let message = "interrupted while the standard input was read";
            return Err(Failure::new("interrupted", Exit::Interrupted, message));
        };
        ("the standard input".to_owned(), text)
    } else {
        (file.display().to_string(), std::fs::read_to_string(file))
    };
    text.map_err(|error| Failure::new("io", Exit::Usage, format!("{name} cannot be read: {error}")))
}

/// What somebody else may keep waiting, on a thread of its own so that a signal is heard meanwhile; none where there was one.
pub async fn heard<T: Send + 'static>(cancel: &Cancel, wait: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (said, is_done) = (Arc::new(Mutex::new(None)), Cancel::new());
    let (into, done) = (Arc::clone(&said), is_done.clone());
    std::thread::spawn(move || {
        let heard = wait();
        if let Ok(mut into) = into.lock() {
            *into = Some(heard);
        }
        done.cancel();
    });
    futures_util::future::select(pin!(is_done.cancelled()), pin!(cancel.cancelled())).await;
    if cancel.is_cancelled() { None } else { said.lock().ok()?.take() }
}
