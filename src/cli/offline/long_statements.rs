//! The statements of a script that is too long to be held: each is printed when it is found, in the form of all the others.

use std::io::{self, Read, Write};

use branchline::dialect::Dialect;
use branchline::sql::{Segment, SegmentError, Segments, Statement};
use serde_json::json;

use super::show_script::on_one_line;
use super::statements::row;
use crate::cli::global::Format;

/// How wide the column of lines is: nobody knows how many there will be.
const LINE_WIDTH: usize = 10;

/// Why it was not printed to its end.
pub enum Stopped {
    Script(SegmentError),
    Output(io::Error),
}

impl From<SegmentError> for Stopped {
    fn from(error: SegmentError) -> Self {
        Self::Script(error)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Prints all statements, as rows or as the beginning of a JSON document, of which [`crate::cli::output::print`] writes the end.
pub fn print(dialect: Dialect, source: impl Read, format: Format, mut out: impl Write) -> Result<(), Stopped> {
    let mut segments = Segments::new(dialect, source);
    let is_json = format == Format::Json;
    if is_json {
        write!(out, "{{\n  \"command\": \"statements\",\n  \"dialect\": {},\n  \"statements\": [", json!(dialect))?;
    } else {
        let bold = anstyle::Style::new().bold();
        writeln!(out, "{bold}{:<LINE_WIDTH$}  STATEMENT{bold:#}", "LINE")?;
    }
    let written = statements(&mut segments, is_json, &mut out);
    if is_json {
        // Whatever is wrong with the script: what was found so far is a list.
        out.write_all(b"\n  ],\n")?;
    }
    out.flush()?;
    written
}

fn statements(segments: &mut Segments<impl Read>, is_json: bool, out: &mut impl Write) -> Result<(), Stopped> {
    let mut first = true;
    while let Some(Segment { text, statements, data, .. }) = segments.next_segment()? {
        for statement in &statements {
            if is_json {
                out.write_all(if std::mem::take(&mut first) { b"\n    {" } else { b",\n    {" })?;
                document(segments, statement, &text, data.is_some(), out)?;
                out.write_all(b"}")?;
                continue;
            }
            let lines = if data.is_some() { Some(lines_of_data(segments)?) } else { None };
            let shown = row(on_one_line(statement.text(&text)), lines).replace(char::is_control, " ");
            writeln!(out, "{:<LINE_WIDTH$}  {shown}", statement.line)?;
        }
    }
    Ok(())
}

fn lines_of_data(segments: &mut Segments<impl Read>) -> Result<usize, Stopped> {
    let mut lines = 0;
    while let Some(stretch) = segments.data()? {
        lines += stretch.bytes().filter(|&byte| byte == b'\n').count();
    }
    Ok(lines)
}

/// The fields of a statement; its data is written as it comes, and ends as a text also where it breaks off.
fn document(
    segments: &mut Segments<impl Read>,
    statement: &Statement,
    text: &str,
    brings_data: bool,
    out: &mut impl Write,
) -> Result<(), Stopped> {
    let sql = json!(statement.text(text));
    write!(out, "\"line\": {}, \"column\": {}, \"sql\": {sql}", statement.line, statement.column)?;
    if !brings_data {
        return Ok(());
    }
    out.write_all(b", \"data\": \"")?;
    loop {
        match segments.data() {
            Ok(Some(stretch)) => {
                let quoted = json!(stretch).to_string();
                out.write_all(&quoted.as_bytes()[1..quoted.len() - 1])?;
            }
            Ok(None) => break,
            Err(error) => {
                // The statement's own bracket is closed by nobody else then.
                out.write_all(b"\"}")?;
                return Err(error.into());
            }
        }
    }
    out.write_all(b"\"")?;
    Ok(())
}
