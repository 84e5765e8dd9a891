//! Errors as people read them: what is wrong, the place in the file, and what helps.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use branchline::error::Failure;
use branchline::redact;

use super::output::note;

/// Prints an error to stderr, with the lines of the file that it points at.
pub fn show(root: &Path, failure: &Failure) {
    let source = excerpt(root, failure);
    // The file's own lines show the statement, unless it was made from them.
    let made = failure.statement.as_deref().filter(|_| source.is_none() || failure.column.is_none());
    let mut text = source.unwrap_or_else(|| plain(failure));
    for (title, part) in [("statement", made), ("note", failure.context.as_deref()), ("help", failure.hint.as_deref())]
    {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            text.push_str(&format!("\n  {title}: {}", part.replace('\n', "\n    ")));
        }
    }
    note(&text);
}

fn plain(failure: &Failure) -> String {
    let place = failure.location().map(|location| format!("{location}: ")).unwrap_or_default();
    // Some messages begin with their place already.
    let place = if failure.message.starts_with(place.trim_end_matches(": ")) { String::new() } else { place };
    let red = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
    format!("{red}error{red:#}: {place}{}", failure.message)
}

/// Of a file that is longer than this, only some lines are read, if they are not longer than a person would want to see.
const WHOLE: u64 = 1024 * 1024;
const LINES_BEFORE: usize = 100;
const LONGEST_LINE: usize = 4096;

/// A file's text as far as it takes to show a line, and the number of the line with which it begins.
fn text_around(file: &Path, line: usize) -> Option<(String, usize)> {
    if std::fs::metadata(file).ok()?.len() <= WHOLE {
        return Some((std::fs::read_to_string(file).ok()?, 1));
    }
    let mut reader = BufReader::new(File::open(file).ok()?);
    let from = line.saturating_sub(LINES_BEFORE).max(1);
    for _ in 1..from {
        reader.skip_until(b'\n').ok()?;
    }
    let (mut text, mut first) = (Vec::new(), from);
    for number in from..=line {
        let length = reader.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut text).ok()?;
        if length == LONGEST_LINE && !text.ends_with(b"\n") {
            // Nothing of what is before a line that is too long is shown.
            text.clear();
            reader.skip_until(b'\n').ok()?;
            first = number + 1;
        }
    }
    (first <= line).then(|| String::from_utf8(text).ok().map(|text| (text, first))).flatten()
}

/// The error over the file's own lines, where it points at one of them that may be shown.
fn excerpt(root: &Path, failure: &Failure) -> Option<String> {
    let (file, line) = (failure.file.as_ref().filter(|_| failure.shows_source)?, failure.line?);
    let (text, first) = text_around(&root.join(file), line)?;
    // The byte order mark has no column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let start: usize = text.split_inclusive('\n').take(line - first).map(str::len).sum();
    let whole = text[start..].lines().next().unwrap_or_default();
    let (begin, end) = match failure.column {
        Some(column) => {
            let begin = whole.char_indices().nth(column - 1).map_or(whole.len(), |(index, _)| index);
            let word = whole[begin..]
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '"'))
                .unwrap_or(whole.len() - begin);
            (begin, begin + word.max(1).min(whole.len() - begin))
        }
        None => (whole.len() - whole.trim_start().len(), whole.trim_end().len()),
    };
    let title =
        failure.message.strip_prefix(&format!("{}: ", failure.location()?)).unwrap_or(&failure.message).to_owned();
    let path = file.to_string_lossy().into_owned();
    let visible = first_line(failure, text, start + begin);
    // All that may be shown is looked at together: a password may stand on another line than the word before it.
    let from = visible.map_or(start, |first| text[..first.0].rfind('\n').map_or(0, |newline| newline + 1));
    let shown = &text[from..start + whole.len()];
    if redact::holds_secret(shown) || redact::said(shown) != shown {
        return None;
    }
    let mut snippet = Snippet::source(text)
        .line_start(first)
        .path(path)
        .annotation(AnnotationKind::Primary.span(start + begin..start + end));
    if let Some(first) = visible {
        snippet = snippet.annotation(AnnotationKind::Visible.span(first.0..first.0 + first.1.len()));
    }
    let report: &[Group<'_>] = &[Level::ERROR.primary_title(title.as_str()).element(snippet)];
    Some(Renderer::styled().render(report).to_string())
}

/// Where the statement that a place belongs to begins, and its first line: of a long one the place alone tells little.
fn first_line<'a>(failure: &Failure, text: &'a str, place: usize) -> Option<(usize, &'a str)> {
    let statement = failure.statement.as_deref().filter(|_| failure.column.is_some())?;
    let begin = statement.lines().next().filter(|begin| !begin.is_empty())?;
    let begin = begin.strip_suffix('…').unwrap_or(begin);
    let offset = text[..place].rfind(begin)?;
    Some((offset, text[offset..].lines().next()?))
}
