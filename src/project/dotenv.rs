//! Reading a `.env` file, as a pure function: it neither reads nor sets the environment.
//!
//! Nothing is expanded: a `$` in a password is a `$`. Errors name the line and never quote it.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::ProjectError;
use crate::database_url::Secret;
use crate::location::Location;

/// The variables of a `.env` text: `KEY=VALUE`, with `export`, comments, and values in single quotes (as they stand) or double
/// quotes (`\n`, `\"`, `\\`, `\$`), which may run over several lines. Of a key that is given twice the last one counts.
///
/// # Errors
///
/// [`ProjectError::Dotenv`] with the line.
pub fn parse_dotenv(file: &Path, text: &str) -> Result<BTreeMap<String, Secret>, ProjectError> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = rest;
    let mut variables = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(variables);
        }
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, next)| next);
            continue;
        }
        let start = rest;
        let problem = |problem| {
            let location = Location::of_offset(file, whole, whole.len() - start.len());
            ProjectError::Dotenv { location, problem }
        };
        let (key, after) = key(rest).map_err(problem)?;
        let (value, after) = value(after).map_err(problem)?;
        variables.insert(key.to_owned(), Secret::new(value));
        rest = after;
    }
}

/// A key, and what follows its `=`.
fn key(text: &str) -> Result<(&str, &str), &'static str> {
    let line = text.split('\n').next().unwrap_or(text);
    let (key, _) = line.split_once('=').ok_or("this line has no `=`")?;
    let after = &text[key.len() + 1..];
    let key = key.trim();
    let key = key.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(key, str::trim);
    let legal = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
    if legal { Ok((key, after)) } else { Err("what stands before the `=` is no variable's name") }
}

/// A value, and what follows its line.
fn value(text: &str) -> Result<(String, &str), &'static str> {
    let text = text.trim_start_matches([' ', '\t']);
    let (value, after) = match text.chars().next() {
        Some('\'') => {
            let (value, after) = text[1..].split_once('\'').ok_or("the quote is never closed")?;
            (value.to_owned(), after)
        }
        Some('"') => double_quoted(&text[1..])?,
        _ => return Ok(plain(text)),
    };
    let (line, next) = after.split_once('\n').unwrap_or((after, ""));
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        Ok((value, next))
    } else {
        Err("something follows the closing quote")
    }
}

/// Up to the end of the line, or to a `#` behind a space: one inside a word, as in a password, belongs to the value.
fn plain(text: &str) -> (String, &str) {
    let (line, next) = text.split_once('\n').unwrap_or((text, ""));
    let mut end = line.len();
    let mut after_space = true;
    for (at, character) in line.char_indices() {
        if character == '#' && after_space {
            end = at;
            break;
        }
        after_space = character == ' ' || character == '\t';
    }
    (line[..end].trim().to_owned(), next)
}

fn double_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((_, escaped @ ('"' | '\\' | '$' | '\'' | '`'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("the quote is never closed")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse_dotenv;

    fn read(text: &str) -> Vec<(String, String)> {
        let variables = parse_dotenv(Path::new(".env"), text).unwrap();
        variables.into_iter().map(|(key, value)| (key, value.expose().to_owned())).collect()
    }

    fn one(text: &str) -> String {
        read(text).remove(0).1
    }

    #[test]
    fn plain_values() {
        assert_eq!(one("A=b"), "b");
        assert_eq!(one("\u{feff}A = b \r\n"), "b");
        assert_eq!(one("export A=b # comment"), "b");
        assert_eq!(one("A=p@ss:/?#[]%$x\\n@h"), "p@ss:/?#[]%$x\\n@h");
        assert_eq!(one("A="), "");
        assert_eq!(one("A= # nothing"), "");
        assert_eq!(one("exported=1"), "1");
        assert_eq!(one("A=1\nA=2"), "2");
    }

    #[test]
    fn quoted_values() {
        assert_eq!(one("A='a # $b \\n'"), "a # $b \\n");
        assert_eq!(one(r#"A="a\"b\\c\n\$d\x" # comment"#), "a\"b\\c\n$d\\x");
        assert_eq!(read("A='x\ny'\nB=2"), [("A".into(), "x\ny".into()), ("B".into(), "2".into())]);
    }

    #[test]
    fn empty_value_does_not_take_the_next_line() {
        assert_eq!(read("A=\nB=2"), [("A".into(), String::new()), ("B".into(), "2".into())]);
    }

    #[test]
    fn errors_name_the_line_and_not_its_text() {
        for (text, line) in [
            ("A=1\nSEKRET", 2),
            ("A=1\n\n\"SEKRET=2", 3),
            ("A='SEKRET", 1),
            ("A=\"SEKRET\\", 1),
            ("A='1'SEKRET", 1),
            ("=SEKRET", 1),
        ] {
            let error = parse_dotenv(Path::new(".env"), text).unwrap_err();
            assert_eq!(error.location().unwrap().line, Some(line), "{text}");
            assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("SEKRET"));
        }
    }
}
