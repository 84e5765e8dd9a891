//! One revision's folder: which files are in it, what they say, and whether they say it together.
//!
//! A folder is opened and listed once, and each of its files opened at most once, by its name within the folder: what the
//! system is asked for is most of what loading a project costs. Buffers are used again for the next folder.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};

use super::checksum::{self, PIECE, Scan};
use super::error::{RevisionError, RevisionProblem};
use super::load::LoadOptions;
use super::manifest::{self, Manifest};
use super::script::{FileName, MANIFEST, Script, ScriptName, Scripts};
use super::text::{place_in_file, place_of};
use super::{EndedReference, Reference, Revision};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::location::Location;
use crate::names::{RevisionId, RevisionKey};
use crate::project::Branch;

/// A folder of a revision, named but not read yet.
pub(super) struct Job<'a> {
    pub branch: &'a Branch,
    pub id: RevisionId,
    pub slug: String,
    pub folder: PathBuf,
}

impl Job<'_> {
    pub(super) fn error(&self, problem: RevisionProblem) -> RevisionError {
        self.error_at(Location::of_file(&self.folder), problem)
    }

    fn error_in(&self, file: &str, problem: RevisionProblem) -> RevisionError {
        self.error_at(Location::of_file(self.folder.join(file)), problem)
    }

    fn error_at(&self, location: Location, problem: RevisionProblem) -> RevisionError {
        RevisionError::new(&self.branch.name, Some(&self.id), location, problem)
    }
}

pub(super) fn unreadable(
    branch: &Branch,
    revision: Option<&RevisionId>,
    path: &Path,
    source: io::Error,
) -> RevisionError {
    RevisionError::new(&branch.name, revision, Location::of_file(path), RevisionProblem::Read(source))
}

pub(super) type Outcome = Result<Revision, Vec<RevisionError>>;

/// What a folder holds, by the names of its files.
#[derive(Default)]
struct Listing {
    manifest: bool,
    scripts: Vec<&'static ScriptName>,
    suspicious: Vec<String>,
}

/// What a manifest says of references, with the places where it does.
struct Declared {
    references: Vec<Reference>,
    ended: Vec<EndedReference>,
}

/// A thread's buffers, used again for each folder.
pub(super) struct Reader<'a> {
    root: &'a Path,
    options: LoadOptions,
    /// The folder at hand, or a file in it.
    path: PathBuf,
    text: Vec<u8>,
    piece: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Path, options: LoadOptions) -> Self {
        Self { root, options, path: PathBuf::new(), text: Vec::new(), piece: vec![0; PIECE] }
    }

    pub(super) fn read(&mut self, job: &Job<'_>) -> Outcome {
        self.path.clear();
        self.path.push(self.root);
        self.path.push(&job.folder);
        let unreadable = |error| vec![unreadable(job.branch, Some(&job.id), &job.folder, error)];
        let mut folder = open_folder(&self.path).map_err(unreadable)?;
        let listing = listing(&mut folder).map_err(unreadable)?;
        let folder = folder.fd().map_err(|error| unreadable(error.into()))?;
        let mut errors = Vec::new();
        for name in &listing.suspicious {
            errors.push(job.error_in(name, RevisionProblem::UnknownScript { name: name.clone() }));
        }
        let manifest = self.manifest(job, folder, listing.manifest).map_err(|error| errors.push(error)).ok();
        let mut scripts = Scripts(Vec::with_capacity(listing.scripts.len()));
        for name in listing.scripts {
            match self.script(job, folder, name) {
                Ok(script) => scripts.0.push(script),
                Err(error) => {
                    errors.push(error);
                    scripts.0.push(Script::new(name, None));
                }
            }
        }
        match manifest {
            Some((manifest, declared)) => {
                let revision = assemble(job, manifest, declared, scripts);
                errors.extend(contradictions(job, &revision));
                if errors.is_empty() { Ok(revision) } else { Err(errors) }
            }
            None => Err(errors),
        }
    }

    fn manifest(
        &mut self,
        job: &Job<'_>,
        folder: BorrowedFd<'_>,
        there: bool,
    ) -> Result<(Manifest, Declared), RevisionError> {
        if !there {
            return Err(job.error(RevisionProblem::NoManifest));
        }
        let unreadable = |error| job.error_in(MANIFEST, RevisionProblem::Read(error));
        self.text.clear();
        // Through a limit that is never reached: a plain File would first ask for its own size.
        let file = open_in(folder, MANIFEST).map_err(unreadable)?;
        file.take(u64::MAX).read_to_end(&mut self.text).map_err(unreadable)?;
        let text = std::str::from_utf8(&self.text).map_err(|error| {
            let offset = error.valid_up_to();
            let place = place_of(&job.folder.join(MANIFEST), &self.text, offset);
            job.error_at(place, RevisionProblem::NotUtf8 { offset: offset as u64 })
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut manifest = manifest::parse(Path::new(MANIFEST), text).map_err(|mut error| {
            error.location.file = job.folder.join(MANIFEST);
            RevisionError::of_toml(&job.branch.name, &job.id, error)
        })?;
        if manifest.parents.is_none() {
            return Err(job.error_in(MANIFEST, RevisionProblem::NoParents));
        }
        let raw = std::mem::take(&mut manifest.reference).into_iter();
        let file = job.folder.join(MANIFEST);
        let references = raw.map(|reference| reference.resolve(&job.branch.name, &file, text)).collect();
        let raw = std::mem::take(&mut manifest.end_reference).into_iter();
        let ended = raw.map(|end| end.resolve(&file, text)).collect();
        Ok((manifest, Declared { references, ended }))
    }

    fn script(
        &mut self,
        job: &Job<'_>,
        folder: BorrowedFd<'_>,
        name: &'static ScriptName,
    ) -> Result<Script, RevisionError> {
        let script = Script::new(name, None);
        if script.direction() == Direction::Down || !self.options.checksums {
            return Ok(script);
        }
        let file = script.file_name();
        let unreadable = |error| job.error_in(file, RevisionProblem::Read(error));
        let scan = open_in(folder, file).and_then(|file| checksum::scan(file, &mut self.piece)).map_err(unreadable)?;
        match scan {
            Scan::Text(checksum) => Ok(Script::new(name, Some(checksum))),
            Scan::Blank => Err(job.error_in(file, RevisionProblem::EmptyScript)),
            Scan::NotUtf8(offset) => {
                let place = place_in_file(&self.path.join(file), job.folder.join(file), offset).map_err(unreadable)?;
                Err(job.error_at(place, RevisionProblem::NotUtf8 { offset }))
            }
        }
    }
}

fn open_folder(path: &Path) -> io::Result<Dir> {
    let folder = rustix::fs::openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(Dir::new(folder)?)
}

fn open_in(folder: BorrowedFd<'_>, file: &str) -> io::Result<File> {
    Ok(rustix::fs::openat(folder, file, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?.into())
}

fn listing(folder: &mut Dir) -> io::Result<Listing> {
    let mut listing = Listing::default();
    while let Some(entry) = folder.read() {
        let entry = entry?;
        // A name that is not UTF-8 is none of ours.
        let Ok(name) = entry.file_name().to_str() else { continue };
        let found = FileName::of(name);
        if found == FileName::Other || is_folder(folder.fd()?, name, entry.file_type())? {
            continue;
        }
        match found {
            FileName::Manifest => listing.manifest = true,
            FileName::Script(script) => listing.scripts.push(script),
            FileName::Suspicious => listing.suspicious.push(name.to_owned()),
            FileName::Other => {}
        }
    }
    listing.scripts.sort_unstable_by_key(|name| name.position());
    Ok(listing)
}

/// The type comes with the listing, but for file systems that do not keep it there.
fn is_folder(folder: BorrowedFd<'_>, name: &str, listed: FileType) -> io::Result<bool> {
    let kind = match listed {
        FileType::Unknown => {
            FileType::from_raw_mode(rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode)
        }
        known => known,
    };
    Ok(kind == FileType::Directory)
}

fn assemble(job: &Job<'_>, manifest: Manifest, declared: Declared, scripts: Scripts) -> Revision {
    let branch = &job.branch.name;
    let ids = |list: manifest::Unique<manifest::Parent>| list.0.into_iter().map(|parent| parent.0).collect();
    Revision {
        key: RevisionKey::new(branch.clone(), job.id.clone()),
        description: manifest.description.unwrap_or_else(|| job.slug.replace('_', " ")),
        slug: job.slug.clone(),
        folder: job.folder.clone(),
        parents: manifest.parents.map(ids).unwrap_or_default(),
        depends_on: manifest.depends_on.0.into_iter().map(|dependency| dependency.0).collect(),
        transaction: manifest.transaction,
        replaces: ids(manifest.replaces),
        irreversible: manifest.irreversible.map(|reason| reason.0),
        references: declared.references,
        ended_references: declared.ended,
        verify: manifest.verify,
        scripts,
    }
}

/// What the folder's files say against each other.
fn contradictions(job: &Job<'_>, revision: &Revision) -> Vec<RevisionError> {
    let scripts = &revision.scripts;
    let mut errors = Vec::new();
    for direction in [Direction::Up, Direction::Down] {
        if let Some((first, second)) = scripts.ambiguous(direction) {
            errors.push(job.error_in(second, RevisionProblem::TwoScripts { first, second }));
        }
    }
    if let (Some(_), Some(down)) = (&revision.irreversible, scripts.of(Direction::Down).next()) {
        let problem = RevisionProblem::IrreversibleWithDown { script: down.file_name() };
        errors.push(job.error_in(MANIFEST, problem));
    }
    if !revision.runs_nothing() {
        errors.extend(
            ways_up_missing(job.branch, scripts).map(|dialect| job.error(RevisionProblem::NoWayUp { dialect })),
        );
    }
    errors
}

/// The dialects of the branch that have no way up; `None` where the branch names no dialect and there is no way at all.
fn ways_up_missing(branch: &Branch, scripts: &Scripts) -> impl Iterator<Item = Option<Dialect>> {
    let nowhere = scripts.of(Direction::Up).next().is_none();
    let missing = branch.dialects.iter().filter(|dialect| scripts.script(Direction::Up, **dialect).is_none());
    (nowhere && branch.dialects.is_empty()).then_some(None).into_iter().chain(missing.copied().map(Some))
}
