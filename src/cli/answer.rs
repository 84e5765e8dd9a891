//! What a verb gives back.

use branchline::error::{Exit, Failure, Failures};
use serde::Serialize;
use serde_json::{Map, Value};

/// A verb's result, for machines and for people.
#[derive(Debug, Default)]
pub struct Answer {
    /// The fields of the JSON document, besides `command`, `ok` and `error`.
    pub document: Map<String, Value>,
    /// The text, without a newline at its end.
    pub text: String,
    /// What went wrong.
    pub failures: Vec<Failure>,
    /// The beginning was printed already: of the text all, of the document all but how it ended.
    pub begun: bool,
    /// The exit code where nothing went wrong: done, or a check that found something.
    pub exit: Option<Exit>,
}

impl Answer {
    /// An answer with this text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same with a field of the document.
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.document.insert(name.to_owned(), value);
        self
    }

    /// The same with an exit code.
    pub const fn exit(mut self, exit: Exit) -> Self {
        self.exit = Some(exit);
        self
    }

    /// The same with errors.
    pub fn with_failures(mut self, failures: impl IntoIterator<Item = Failure>) -> Self {
        self.failures.extend(failures);
        self
    }

    /// Nothing but errors.
    pub fn failed(failures: Failures) -> Self {
        Self { failures: failures.as_slice().to_vec(), ..Self::default() }
    }

    /// The exit code.
    pub fn code(&self) -> Exit {
        self.failures.first().map(|failure| failure.exit).or(self.exit).unwrap_or(Exit::Done)
    }
}
