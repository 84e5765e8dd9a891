//! Errors as people read them: what is wrong, the place in the file, and what helps.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use branchline::error::Failure;
use branchline::redact;

use super::output::note;

/// Prints an error to stderr, with the lines of the file that it points at.
pub fn show(root: &Path, failure: &Failure) {
    let mut text = excerpt(root, failure).unwrap_or_else(|| plain(failure));
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("\n  help: {hint}"));
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

/// The error over the file's own lines, where it points at one of them that may be shown.
fn excerpt(root: &Path, failure: &Failure) -> Option<String> {
    let (file, line) = (failure.file.as_ref().filter(|_| failure.shows_source)?, failure.line?);
    let text = std::fs::read_to_string(root.join(file)).ok()?;
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let whole = text[start..].lines().next().unwrap_or_default();
    if redact::holds_secret(whole) {
        return None;
    }
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
    let snippet =
        Snippet::source(&text).path(path).annotation(AnnotationKind::Primary.span(start + begin..start + end));
    let report: &[Group<'_>] = &[Level::ERROR.primary_title(title.as_str()).element(snippet)];
    Some(Renderer::styled().render(report).to_string())
}
