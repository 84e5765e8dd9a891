//! A script that is too long to be held: read from its source a few whole statements at a time.
//!
//! What is found is what the scanner finds in the whole text, with the same places, and the same errors; only that the
//! statements before an error are given first. A window of text goes along the script; what is not certain at its end is
//! looked at again when more has been read, twice as much each time, so that the work stays in proportion to the script.
//! A statement is held whole. The data of COPY is not: it is handed on as it comes.

use std::io::{self, Read};
use std::ops::Range;

use super::allow::mentions;
use super::error::{Construct, ScriptError, ScriptErrorKind};
use super::lexer::is_blank;
use super::position::{BYTE_ORDER_MARK, Cursor};
use super::scan::{Carried, END_OF_DATA, Part, Statement, end_of_data};
use crate::dialect::Dialect;

/// How much of a script is read, and given, at a time.
pub const SEGMENT_BYTES: usize = 256 * 1024;

/// How much the source is asked for at once.
const READ_BYTES: usize = 64 * 1024;

/// Whole statements of a script.
#[derive(Debug)]
pub struct Segment {
    /// As it stands in the script, but for the lines that are for a client, which are blank here.
    pub text: String,
    /// Its statements, at least one. Ranges are within the segment's text, lines and columns within the script.
    pub statements: Vec<Statement>,
    /// The line and the column of the script where the text begins.
    pub begins: (usize, usize),
    /// The line where the data begins that comes next, by [`Segments::data`]: the segment is one COPY then.
    pub data: Option<usize>,
}

/// Why a script cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// What is wrong with the script.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// Bytes that are not UTF-8, at this line and column.
    #[error("not UTF-8")]
    NotUtf8 {
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// The offset in bytes.
        offset: usize,
    },
    /// The source cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// A reader of a script's statements.
pub struct Segments<R> {
    dialect: Dialect,
    window: Window<R>,
    carried: Carried,
    data: Option<Data>,
    ended: bool,
    /// Comments that stand in no segment and may say that a finding is meant, with the line and column where each begins.
    passed: Vec<(String, (usize, usize))>,
}

/// The data of a COPY that is being handed on.
#[derive(Debug, Clone)]
struct Data {
    /// Whether the rest of the window begins a line.
    begins_line: bool,
    /// What is to be said where it does not end.
    unterminated: ScriptError,
}

/// The text that is at hand.
struct Window<R> {
    source: R,
    text: String,
    /// What is before this was taken.
    from: usize,
    /// The offset of that in the script.
    offset: usize,
    /// What was read, and how much of it, at its beginning, is a character cut in two.
    bytes: Vec<u8>,
    cut: usize,
    /// Something was read.
    begun: bool,
    at_end: bool,
    /// How much is read at a time, and is enough for a segment.
    size: usize,
}

impl<R: Read> Segments<R> {
    /// Reads a script from its beginning on.
    pub fn new(dialect: Dialect, source: R) -> Self {
        Self::with_window(dialect, source, SEGMENT_BYTES)
    }

    pub(super) fn with_window(dialect: Dialect, source: R, size: usize) -> Self {
        let window = Window {
            source,
            text: String::new(),
            from: 0,
            offset: 0,
            bytes: Vec::new(),
            cut: 0,
            begun: false,
            at_end: false,
            size,
        };
        let carried = Carried { line: 1, column: 1, on_blank_line: true, delimiter: None };
        Self { dialect, window, carried, data: None, ended: false, passed: Vec::new() }
    }

    /// The next statements; data that nobody asked for is passed over. `None` at the end, and after an error.
    ///
    /// # Errors
    ///
    /// What [`statements`](super::statements) finds, bytes that are not UTF-8, and a source that cannot be read.
    pub fn next_segment(&mut self) -> Result<Option<Segment>, SegmentError> {
        while self.data()?.is_some() {}
        while !self.ended {
            let part =
                Part::read(self.dialect, self.window.rest(), &self.carried, !self.window.at_end, self.window.size);
            if !part.statements.is_empty() {
                return Ok(Some(self.take(part)));
            }
            if let Some(error) = part.error {
                let error = self.error_at(error.offset, error.kind);
                return Err(self.fail(error));
            }
            self.ended = self.window.at_end;
            // Comments stay with the statement that follows them, unless there is no end of them.
            if !self.ended && part.end >= self.window.size / 2 {
                self.carried.delimiter = part.delimiter;
                let passed = &self.window.rest()[..part.end];
                if mentions(passed) {
                    self.passed.push((passed.to_owned(), (self.carried.line, self.carried.column)));
                }
                self.advance(part.end);
            }
            if !self.ended {
                self.fill()?;
            }
        }
        Ok(None)
    }

    /// The comments before the last segment that stand in none, where one of them may say that a finding is meant; each with the
    /// line and column where it begins.
    pub fn take_passed(&mut self) -> Vec<(String, (usize, usize))> {
        std::mem::take(&mut self.passed)
    }

    /// The next stretch of the data of the COPY that the last segment was; `None` where it ends.
    ///
    /// # Errors
    ///
    /// As [`Segments::next_segment`]; the end of the script before that of the data.
    pub fn data(&mut self) -> Result<Option<&str>, SegmentError> {
        let stretch = self.stretch()?;
        Ok(stretch.map(|stretch| &self.window.text[stretch]))
    }

    /// Moves past the next stretch of data; says where in the window it is.
    fn stretch(&mut self) -> Result<Option<Range<usize>>, SegmentError> {
        while let Some(data) = &mut self.data {
            let rest = self.window.rest();
            let found = end_of_data(rest, data.begins_line, self.window.at_end);
            let (end, next) = found.unwrap_or_else(|| {
                let certain = rest.len() - undecided(rest, data.begins_line);
                (certain, certain)
            });
            if end == 0 && found.is_none() {
                if self.window.at_end {
                    let unterminated = data.unterminated.clone();
                    return Err(self.fail(unterminated));
                }
                self.fill()?;
                continue;
            }
            data.begins_line = rest[..end].ends_with('\n');
            if found.is_some() {
                self.data = None;
            }
            let stretch = self.window.from..self.window.from + end;
            self.advance(next);
            if !stretch.is_empty() {
                return Ok(Some(stretch));
            }
        }
        Ok(None)
    }

    /// What the script is read from.
    pub const fn source(&self) -> &R {
        &self.window.source
    }

    /// What stands behind the last statement, and the line and the column where that begins; known at the end.
    #[must_use]
    pub fn rest(&self) -> (&str, (usize, usize)) {
        (self.window.rest(), (self.carried.line, self.carried.column))
    }

    /// The line of the script that is read next.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.carried.line
    }

    fn take(&mut self, part: Part) -> Segment {
        let Part { mut statements, client_lines, end, delimiter, .. } = part;
        let mut text = self.window.rest()[..end].to_owned();
        for line in client_lines {
            text.replace_range(line.clone(), &" ".repeat(line.len()));
        }
        let begins = (self.carried.line, self.carried.column);
        let offset = self.window.offset;
        self.carried.delimiter = delimiter;
        self.advance(end);
        let data = statements.first_mut().filter(|first| first.data.is_some()).map(|copy| {
            copy.data = None;
            let kind = ScriptErrorKind::Unterminated(Construct::CopyData);
            let place = offset + copy.range.start;
            let unterminated = ScriptError { line: copy.line, column: copy.column, offset: place, kind };
            self.data = Some(Data { begins_line: true, unterminated });
            self.carried.line
        });
        Segment { text, statements, begins, data }
    }

    /// Leaves so much of the rest behind.
    fn advance(&mut self, length: usize) {
        let passed = &self.window.rest()[..length];
        let mut cursor = Cursor::going_on(passed, (self.carried.line, self.carried.column));
        cursor.advance_to(length);
        (self.carried.line, self.carried.column) = (cursor.line, cursor.column);
        self.carried.on_blank_line = match passed.rsplit_once('\n') {
            Some((_, line)) => is_blank(line),
            None => self.carried.on_blank_line && is_blank(passed),
        };
        self.window.from += length;
        self.window.offset += length;
    }

    /// Reads more.
    fn fill(&mut self) -> Result<(), SegmentError> {
        let Err(trouble) = self.window.fill() else { return Ok(()) };
        self.ended = true;
        self.data = None;
        Err(match trouble {
            Trouble::Read(error) => error.into(),
            Trouble::Nul(at) => self.error_at(at, ScriptErrorKind::NulCharacter).into(),
            Trouble::NotUtf8(at) => {
                let (line, column) = self.place(at);
                SegmentError::NotUtf8 { line, column, offset: self.window.offset + at }
            }
        })
    }

    /// Ends with an error of the scanner, unless the rest of the script is no text: that comes first.
    fn fail(&mut self, error: ScriptError) -> SegmentError {
        self.ended = true;
        self.data = None;
        while !self.window.at_end {
            self.advance(self.window.rest().len());
            if let Err(trouble) = self.fill() {
                return trouble;
            }
        }
        error.into()
    }

    /// An error at an offset of the rest.
    fn error_at(&self, at: usize, kind: ScriptErrorKind) -> ScriptError {
        let (line, column) = self.place(at);
        ScriptError { line, column, offset: self.window.offset + at, kind }
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let mut cursor = Cursor::going_on(self.window.rest(), (self.carried.line, self.carried.column));
        cursor.advance_to(at);
        (cursor.line, cursor.column)
    }
}

/// Why more cannot be read, with the offset in the rest where that shows.
enum Trouble {
    Read(io::Error),
    Nul(usize),
    NotUtf8(usize),
}

impl<R: Read> Window<R> {
    fn rest(&self) -> &str {
        &self.text[self.from..]
    }

    /// Reads twice what is left, so that a long statement is not looked at too often.
    fn fill(&mut self) -> Result<(), Trouble> {
        self.text.drain(..self.from);
        self.from = 0;
        let wanted = self.size.max(2 * self.text.len());
        while self.text.len() < wanted && !self.at_end {
            self.read(wanted - self.text.len())?;
        }
        Ok(())
    }

    fn read(&mut self, wanted: usize) -> Result<(), Trouble> {
        self.bytes.resize(self.cut + wanted.min(READ_BYTES), 0);
        let read = loop {
            match self.source.read(&mut self.bytes[self.cut..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(Trouble::Read)?,
            }
        };
        self.at_end = read == 0;
        let bytes = &self.bytes[..self.cut + read];
        let (length, broken) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || self.at_end),
        };
        let before = self.text.len();
        self.text.push_str(std::str::from_utf8(&bytes[..length]).unwrap_or_default());
        self.cut = bytes.len() - length;
        self.bytes.copy_within(length..length + self.cut, 0);
        if broken {
            return Err(Trouble::NotUtf8(self.text.len()));
        }
        if length > 0 && !std::mem::replace(&mut self.begun, true) && self.text.starts_with(BYTE_ORDER_MARK) {
            self.text.drain(..BYTE_ORDER_MARK.len_utf8());
            self.offset = BYTE_ORDER_MARK.len_utf8();
        }
        let added = self.text.get(before..).unwrap_or_default();
        added.find('\0').map_or(Ok(()), |at| Err(Trouble::Nul(before + at)))
    }
}

/// How much of the text, at its end, may be the beginning of the line that ends data.
fn undecided(text: &str, begins_line: bool) -> usize {
    let (line, begins_line) = match text.rsplit_once('\n') {
        Some((_, line)) => (line, true),
        None => (text, begins_line),
    };
    if begins_line && format!("{END_OF_DATA}\r").starts_with(line) { line.len() } else { 0 }
}
