//! Reading one script, and saying where it is no text.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Revision;
use super::checksum::{Checksum, PIECE, Scan, scan};
use super::error::{RevisionError, RevisionProblem};
use super::script::Script;
use crate::location::Location;

/// A script's text as it was read in one go, and the checksum of just that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptText {
    /// The text, without a byte order mark and otherwise as it stands.
    pub text: String,
    /// Its checksum.
    pub checksum: Checksum,
}

impl Revision {
    /// Reads a script of this revision, to run it or to look at it.
    ///
    /// # Errors
    ///
    /// [`RevisionError`] where it cannot be read, is empty, or is not UTF-8.
    pub fn read(&self, root: &Path, script: &Script) -> Result<ScriptText, RevisionError> {
        let path = self.path_of(script);
        let error = |location, problem| RevisionError::new(&self.key.branch, Some(&self.key.id), location, problem);
        let bytes = fs::read(root.join(&path))
            .map_err(|source| error(Location::of_file(&path), RevisionProblem::Read(source)))?;
        let mut text = String::from_utf8(bytes).map_err(|invalid| {
            let offset = invalid.utf8_error().valid_up_to();
            error(place_of(&path, invalid.as_bytes(), offset), RevisionProblem::NotUtf8 { offset: offset as u64 })
        })?;
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        if text.trim_start().is_empty() {
            return Err(error(Location::of_file(path), RevisionProblem::EmptyScript));
        }
        Ok(ScriptText { checksum: Checksum::of(&text), text })
    }

    /// The checksum of a script as it stands now; none where it cannot be read, or is no text.
    #[must_use]
    pub fn checksum(&self, root: &Path, script: &Script) -> Option<Checksum> {
        let file = File::open(root.join(self.path_of(script))).ok()?;
        match scan(file, &mut vec![0; PIECE]).ok()? {
            Scan::Text(checksum) => Some(checksum),
            Scan::Blank | Scan::NotUtf8(_) => None,
        }
    }
}

/// The place of the first byte that is not UTF-8; what is before it is.
pub(super) fn place_of(file: &Path, bytes: &[u8], offset: usize) -> Location {
    let valid = std::str::from_utf8(&bytes[..offset]).unwrap_or_default();
    Location::of_offset(file, valid, offset)
}

/// Line and column of an offset, by reading the file once more: only those who see the error pay for it.
pub(super) fn place_in_file(path: &Path, shown: PathBuf, offset: u64) -> io::Result<Location> {
    let mut rest = File::open(path)?.take(offset);
    let mut piece = vec![0; PIECE];
    let (mut line, mut column) = (1, 1);
    loop {
        let read = rest.read(&mut piece)?;
        if read == 0 {
            return Ok(Location { file: shown, line: Some(line), column: Some(column) });
        }
        for byte in &piece[..read] {
            match byte {
                b'\n' => (line, column) = (line + 1, 1),
                0x80..=0xbf => {}
                _ => column += 1,
            }
        }
    }
}
