//! Strict TOML: what cannot be read names its file, line and column, and for an unknown key the nearest known one.

use std::path::Path;

use serde::Deserialize;

use crate::location::Location;
use crate::redact;
use crate::suggest::did_you_mean;

/// A TOML file that says something it must not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{location}: {message}")]
pub struct TomlError {
    /// Where.
    pub location: Location,
    /// What is wrong, in one line.
    pub message: String,
    /// What was probably meant.
    pub hint: Option<String>,
}

/// Reads a TOML text into a type that denies unknown fields.
///
/// # Errors
///
/// [`TomlError`], with the place of the first thing that is wrong.
pub fn parse<'de, T: Deserialize<'de>>(file: &Path, text: &'de str) -> Result<T, TomlError> {
    toml::from_str(text).map_err(|error| explain(file, text, &error))
}

pub(crate) fn explain(file: &Path, text: &str, error: &toml::de::Error) -> TomlError {
    let location = match error.span() {
        Some(span) => Location::of_offset(file, text, span.start),
        None => Location::of_file(file),
    };
    let message = error.message().replace('\n', "; ");
    // A value that is quoted there may hold quotes itself: all of it goes, up to what serde says behind it.
    let message = match message.rsplit_once(", expected") {
        Some((said, expected)) if redact::is_url(said) => {
            format!("{}`, expected{expected}", redact::value(said).trim_end_matches('`'))
        }
        _ => redact::value(&message).into_owned(),
    };
    let hint = unknown_key_hint(&message);
    TomlError { location, message, hint }
}

/// Serde names the known fields in its message only; the nearest of them is what the user wants to read.
fn unknown_key_hint(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `"))?;
    let (unknown, rest) = rest.split_once('`')?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    did_you_mean(unknown, known.iter().copied())
        .or_else(|| (!known.is_empty()).then(|| format!("known here: {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde::Deserialize;

    use super::parse;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Sample {
        database: Option<String>,
        dialects: Option<Vec<String>>,
    }

    #[test]
    fn unknown_key_names_place_and_nearest() {
        let error = parse::<Sample>(Path::new("branches/a.toml"), "database = \"x\"\n  dialect = []\n").unwrap_err();
        assert_eq!(error.location.to_string(), "branches/a.toml:2:3");
        assert_eq!(error.hint.as_deref(), Some("did you mean `dialects`?"));
    }

    #[test]
    fn syntax_error_names_place() {
        let error = parse::<Sample>(Path::new("a.toml"), "database = \n").unwrap_err();
        assert_eq!(error.location.line, Some(1));
    }
}
