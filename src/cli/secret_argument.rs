//! Database URLs with their passwords, given where none belongs: refused before anybody can quote, log or write them.

use std::ffi::OsString;
use std::path::Path;

use branchline::error::Failure;
use branchline::redact;

/// Refuses a URL with a secret among the arguments. Only `init` takes one, as `NAME=URL`; it does not quote what it is given.
pub fn refuse(arguments: &[OsString], project: Option<&Path>, verb: &str) -> Option<Failure> {
    let project = project.map(|folder| folder.to_string_lossy().into_owned()).filter(|text| redact::holds_secret(text));
    if let Some(folder) = project {
        return Some(refusal(&folder, "--project takes a folder"));
    }
    let takes_urls = |text: &str| verb == "init" && !text.starts_with('-');
    let texts = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    let found = texts.into_iter().find(|text| redact::holds_secret(text) && !takes_urls(text))?;
    Some(refusal(&found, "no argument here takes one"))
}

fn refusal(text: &str, says: &str) -> Failure {
    let message = format!("`{}` is a database URL, and {says}", redact::value(text));
    let hint = "a branch is named; where its database is, stands in branches/NAME.toml. The password is now in the shell's \
                history: think of changing it";
    Failure::usage(message).with_hint(Some(hint.to_owned()))
}

/// What clap says of the arguments, without their secrets.
pub fn redact(arguments: &[OsString], said: &str) -> String {
    let mut said = said.to_owned();
    for argument in arguments {
        let text = argument.to_string_lossy();
        // clap quotes an argument as a whole, or one side of its `=`.
        let sides = text.split_once('=').map(|(name, value)| [name, value]);
        for part in std::iter::once(&*text).chain(sides.into_iter().flatten()) {
            if redact::holds_secret(part) {
                said = said.replace(part, &redact::value(part));
            }
        }
    }
    redact::prose(&said).into_owned()
}
