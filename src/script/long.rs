//! Scripts that are too long to be held: what is known of them, and how they are read once more while they run.
//!
//! Nothing of such a script is kept but what a plan says of it. Whoever runs it gets it a few statements at a time, each as a
//! program of its own that knows where in the file it stands. The bytes are hashed on the way: the script that was run is the
//! one that was planned, or whoever runs it is told before it is over.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::error::ScriptError;
use super::program::{Piece, Program, SqlPiece, shortened};
use super::reading::Draft;
use crate::dialect::Dialect;
use crate::location::Location;
use crate::revision::{Checksum, Hashed, Revision};
use crate::sql::{self, Allowances, ScriptReading, SegmentError, Segments};

/// Files that are longer than this are not held. Below it a script is held a few times over, as text and as what is sent,
/// and that in one message; above it, a few messages more are no cost beside what the database has to do.
pub const LONG_BYTES: u64 = 1024 * 1024;

/// How many of its statements are kept for those who list them.
const LISTED: usize = 100;

/// What is known of a long script.
#[derive(Debug)]
pub struct LongScript {
    path: PathBuf,
    dialect: Dialect,
    /// How many statements it has.
    pub statements: usize,
    /// The line of the longest of them, and its bytes.
    pub longest: (usize, usize),
    /// The lines and the beginnings of its first statements.
    pub first: Vec<(usize, String)>,
    /// What it says and does.
    pub(super) reading: ScriptReading,
}

/// The script is no longer what it was when the plan was made, or cannot be read any more.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the script was edited while the run was under way")]
pub struct ScriptChanged;

/// A long script that is being run.
pub struct LongRun<'a> {
    program: &'a Program,
    long: &'a LongScript,
    segments: Segments<Hashed<File>>,
    statements: usize,
}

/// Whole statements of a long script.
#[derive(Debug)]
pub struct ScriptPart {
    /// The statements, as one piece.
    pub program: Program,
    /// Whether data comes next, by [`LongRun::data`]: the part is one COPY then.
    pub copies: bool,
    data_begins: usize,
}

impl LongScript {
    /// Reads a script through, and checks it; says whether it destroys data, and its checksum.
    pub(super) fn survey(
        path: PathBuf,
        revision: &Revision,
        file: &Path,
        dialect: Dialect,
        transaction: bool,
    ) -> Result<(Self, bool, Checksum), ScriptError> {
        let failed = |error: SegmentError| match error {
            SegmentError::Script(error) => ScriptError::sql(revision, file, &error),
            SegmentError::NotUtf8 { line, column, offset } => {
                ScriptError::not_utf8(revision, file, (line, column), offset)
            }
            SegmentError::Read(error) => ScriptError::not_read(revision, file, &error),
        };
        let opened = File::open(&path).map_err(|error| ScriptError::not_read(revision, file, &error))?;
        let mut segments = Segments::new(dialect, Hashed::new(opened));
        let mut script = Self {
            path,
            dialect,
            statements: 0,
            longest: (0, 0),
            first: Vec::new(),
            reading: ScriptReading::default(),
        };
        let mut draft = Draft::sparing();
        let mut allowances = Allowances::default();
        while let Some(segment) = segments.next_segment().map_err(failed)? {
            for (comments, begins) in segments.take_passed() {
                allowances.read(dialect, &comments, begins);
            }
            allowances.read(dialect, &segment.text, segment.begins);
            for statement in &segment.statements {
                let checked = sql::check_statement(dialect, &segment.text, statement, transaction);
                checked.map_err(|error| ScriptError::sql(revision, file, &error))?;
                draft.add_own(dialect, &segment.text, statement);
                if statement.range.len() > script.longest.1 {
                    script.longest = (statement.line, statement.range.len());
                }
                if script.first.len() < LISTED {
                    script.first.push((statement.line, shortened(statement.text(&segment.text))));
                }
            }
            script.statements += segment.statements.len();
        }
        let (behind, begins) = segments.rest();
        allowances.read(dialect, behind, begins);
        script.reading = ScriptReading { allowances: allowances.finish(), ..draft.reading };
        let destructive = script.reading.statements.iter().any(|statement| statement.reading.loss.is_some());
        Ok((script, destructive, segments.source().checksum()))
    }

    /// Begins to read it for a run. `program` is the one that it belongs to.
    pub(crate) fn read<'a>(&'a self, program: &'a Program) -> Result<LongRun<'a>, ScriptChanged> {
        let file = File::open(&self.path).map_err(|_| ScriptChanged)?;
        let segments = Segments::new(self.dialect, Hashed::new(file));
        Ok(LongRun { program, long: self, segments, statements: 0 })
    }
}

/// Reads a long script as far as somebody wants it: what it says, some statements at a time. It ends where it cannot be read.
pub struct Skim {
    dialect: Dialect,
    segments: Segments<File>,
}

impl Skim {
    pub(super) fn open(path: &Path, dialect: Dialect) -> Option<Self> {
        Some(Self { dialect, segments: Segments::new(dialect, File::open(path).ok()?) })
    }
}

impl Iterator for Skim {
    type Item = ScriptReading;

    fn next(&mut self) -> Option<ScriptReading> {
        let segment = self.segments.next_segment().ok()??;
        let mut draft = Draft::sparing();
        for statement in &segment.statements {
            draft.add_own(self.dialect, &segment.text, statement);
        }
        Some(draft.reading)
    }
}

impl LongRun<'_> {
    /// The next statements. `None` says that the script has ended, and was the one that was planned.
    ///
    /// # Errors
    ///
    /// It was not, or cannot be read any more: what was run of it must not stay, where that can be helped.
    pub fn next_part(&mut self) -> Result<Option<ScriptPart>, ScriptChanged> {
        let Some(segment) = self.segments.next_segment().map_err(|_| ScriptChanged)? else {
            let same = self.segments.source().checksum() == self.program.checksum;
            return if same && self.statements == self.long.statements { Ok(None) } else { Err(ScriptChanged) };
        };
        self.statements += segment.statements.len();
        if self.statements > self.long.statements {
            return Err(ScriptChanged);
        }
        // What was planned may all the same be another script by now, and end the transaction that it is to be taken back with.
        for statement in &segment.statements {
            let checked = sql::check_statement(self.long.dialect, &segment.text, statement, self.program.transaction);
            checked.map_err(|_| ScriptChanged)?;
        }
        let piece = SqlPiece { text: segment.text, statements: segment.statements, step: None, begins: segment.begins };
        let program = Program {
            file: self.program.file.clone(),
            checksum: self.program.checksum,
            transaction: self.program.transaction,
            destructive: self.program.destructive,
            pieces: vec![Piece::Sql(piece)],
            steps: None,
        };
        let data_begins = segment.data.unwrap_or_default();
        Ok(Some(ScriptPart { program, copies: segment.data.is_some(), data_begins }))
    }

    /// The next stretch of the data that goes with the last part.
    ///
    /// # Errors
    ///
    /// As [`LongRun::next_part`].
    pub fn data(&mut self) -> Result<Option<&str>, ScriptChanged> {
        self.segments.data().map_err(|_| ScriptChanged)
    }
}

impl ScriptPart {
    /// Where in the file a line of its data stands, counted from 1; none where no such line was read.
    #[must_use]
    pub fn location_of_data(&self, reading: &LongRun<'_>, line: usize) -> Option<Location> {
        let line = self.data_begins + line.checked_sub(1)?;
        let read = self.copies && line <= reading.segments.line();
        read.then(|| Location { file: self.program.file.clone(), line: Some(line), column: Some(1) })
    }
}
