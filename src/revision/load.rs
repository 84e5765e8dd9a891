//! Loading the revision folders of a project.
//!
//! Five thousand folders are read in tens of milliseconds: each is listed once, each file opened once, nothing is asked of the
//! file system twice, and the machine's cores share the folders. All that is wrong is collected, and said in one fixed order.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::checksum::{self, Checksum, PIECE, Scan};
use super::error::{RevisionError, RevisionProblem};
use super::manifest::{self, Manifest};
use super::script::{FileName, MANIFEST, Script, ScriptName, Scripts};
use super::{EndedReference, Revision};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::location::Location;
use crate::names::{RevisionId, RevisionKey};
use crate::problems::Problems;
use crate::project::{Branch, Project};

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadOptions {
    /// Reads the ways up too: for their checksums, and to find those that are empty or not UTF-8.
    pub checksums: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { checksums: true }
    }
}

/// A script's text as it was read in one go, and the checksum of just that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptText {
    /// The text, without a byte order mark and otherwise as it stands.
    pub text: String,
    /// Its checksum.
    pub checksum: Checksum,
}

/// A folder of a revision, named but not read yet.
struct Job<'a> {
    branch: &'a Branch,
    id: RevisionId,
    slug: String,
    folder: PathBuf,
}

/// Loads all revisions of a project, sorted by branch and id.
///
/// # Errors
///
/// Everything that is wrong with their folders.
pub fn load(project: &Project, options: LoadOptions) -> Result<Vec<Revision>, Problems<RevisionError>> {
    let mut errors = Vec::new();
    let mut jobs = Vec::new();
    for branch in project.branches.values() {
        let from = jobs.len();
        list(&project.root, branch, &mut jobs, &mut errors);
        errors.extend(duplicates(&jobs[from..]));
    }
    let mut revisions = Vec::with_capacity(jobs.len());
    for result in read_all(&project.root, options, &jobs) {
        match result {
            Ok(revision) => revisions.push(revision),
            Err(found) => errors.extend(found),
        }
    }
    revisions.sort_by(|one: &Revision, other| one.key.cmp(&other.key));
    Problems::check(revisions, errors)
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
}

/// The place of the first byte that is not UTF-8; what is before it is.
fn place_of(file: &Path, bytes: &[u8], offset: usize) -> Location {
    let valid = std::str::from_utf8(&bytes[..offset]).unwrap_or_default();
    Location::of_offset(file, valid, offset)
}

/// The revision folders of a branch, sorted by name.
fn list<'a>(root: &Path, branch: &'a Branch, jobs: &mut Vec<Job<'a>>, errors: &mut Vec<RevisionError>) {
    let entries = match fs::read_dir(root.join(&branch.migrations)) {
        Ok(entries) => entries,
        // A new branch has no revision, and need not have a folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !branch.migrations_named => return,
        Err(error) => {
            errors.push(unreadable(branch, None, &branch.migrations, error));
            return;
        }
    };
    let from = jobs.len();
    for entry in entries {
        match entry.and_then(|entry| Ok((is_folder(&entry)?, entry.file_name()))) {
            Ok((true, name)) if !name.as_encoded_bytes().starts_with(b".") => match job(branch, Path::new(&name)) {
                Ok(job) => jobs.push(job),
                Err(error) => errors.push(error),
            },
            Ok(_) => {}
            Err(error) => errors.push(unreadable(branch, None, &branch.migrations, error)),
        }
    }
    jobs[from..].sort_unstable_by(|one, other| one.folder.cmp(&other.folder));
}

/// The type comes with the listing; only a link costs a look at what it leads to.
fn is_folder(entry: &fs::DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if kind.is_symlink() { Ok(fs::metadata(entry.path())?.is_dir()) } else { Ok(kind.is_dir()) }
}

fn job<'a>(branch: &'a Branch, name: &Path) -> Result<Job<'a>, RevisionError> {
    let folder = branch.migrations.join(name);
    let error = |problem| RevisionError::new(&branch.name, None, Location::of_file(folder.clone()), problem);
    let name = name.to_str().ok_or_else(|| error(RevisionProblem::FolderNotUtf8))?;
    let (id, slug) = name.split_once('_').unwrap_or((name, ""));
    let id = id.parse().map_err(|illegal| error(RevisionProblem::FolderName(illegal)))?;
    Ok(Job { branch, id, slug: slug.to_owned(), folder })
}

/// An error for each folder whose id an earlier one has.
fn duplicates(jobs: &[Job<'_>]) -> Vec<RevisionError> {
    let mut owners: BTreeMap<&RevisionId, &Path> = BTreeMap::new();
    let mut errors = Vec::new();
    for job in jobs {
        match owners.get(&job.id) {
            Some(other) => errors.push(job.error(RevisionProblem::DuplicateId { other: (*other).to_owned() })),
            None => {
                owners.insert(&job.id, &job.folder);
            }
        }
    }
    errors
}

type Outcome = Result<Revision, Vec<RevisionError>>;

/// How many folders a thread takes at a time: enough to be rarely in each other's way, few enough to end together.
const BATCH: usize = 16;

/// Reads the folders, each thread the next few of what is left.
fn read_all(root: &Path, options: LoadOptions, jobs: &[Job<'_>]) -> Vec<Outcome> {
    // Asking for the number of cores and starting threads costs more than a small project does.
    let threads = if jobs.len() <= 4 * BATCH {
        1
    } else {
        thread::available_parallelism().map_or(1, usize::from).min(jobs.len().div_ceil(BATCH))
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut reader = Reader::new(root, options);
        let mut outcomes = Vec::new();
        loop {
            let start = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(rest) = jobs.get(start..).filter(|rest| !rest.is_empty()) else { return outcomes };
            outcomes.extend(rest.iter().take(BATCH).map(|job| reader.read(job)));
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut outcomes = work();
        for other in others {
            match other.join() {
                Ok(more) => outcomes.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        outcomes
    })
}

impl Job<'_> {
    fn error(&self, problem: RevisionProblem) -> RevisionError {
        self.error_at(Location::of_file(&self.folder), problem)
    }

    fn error_in(&self, file: &str, problem: RevisionProblem) -> RevisionError {
        self.error_at(Location::of_file(self.folder.join(file)), problem)
    }

    fn error_at(&self, location: Location, problem: RevisionProblem) -> RevisionError {
        RevisionError::new(&self.branch.name, Some(&self.id), location, problem)
    }
}

fn unreadable(branch: &Branch, revision: Option<&RevisionId>, path: &Path, source: io::Error) -> RevisionError {
    RevisionError::new(&branch.name, revision, Location::of_file(path), RevisionProblem::Read(source))
}

/// What a folder holds, by the names of its files.
#[derive(Default)]
struct Listing {
    manifest: bool,
    scripts: Vec<&'static ScriptName>,
    suspicious: Vec<String>,
}

/// A thread's buffers, used again for each folder.
struct Reader<'a> {
    root: &'a Path,
    options: LoadOptions,
    text: Vec<u8>,
    piece: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(root: &'a Path, options: LoadOptions) -> Self {
        Self { root, options, text: Vec::new(), piece: vec![0; PIECE] }
    }

    fn read(&mut self, job: &Job<'_>) -> Outcome {
        let folder = self.root.join(&job.folder);
        let listing =
            listing(&folder).map_err(|error| vec![unreadable(job.branch, Some(&job.id), &job.folder, error)])?;
        let mut errors = Vec::new();
        for name in &listing.suspicious {
            errors.push(job.error_in(name, RevisionProblem::UnknownScript { name: name.clone() }));
        }
        let manifest = self.manifest(job, &folder, listing.manifest).map_err(|error| errors.push(error)).ok();
        let mut scripts = Scripts(Vec::with_capacity(listing.scripts.len()));
        for name in listing.scripts {
            match self.script(job, &folder, name) {
                Ok(script) => scripts.0.push(script),
                Err(error) => {
                    errors.push(error);
                    scripts.0.push(Script::new(name, None));
                }
            }
        }
        match manifest {
            Some(manifest) => {
                let revision = assemble(job, manifest, scripts);
                errors.extend(contradictions(job, &revision));
                if errors.is_empty() { Ok(revision) } else { Err(errors) }
            }
            None => Err(errors),
        }
    }

    fn manifest(&mut self, job: &Job<'_>, folder: &Path, there: bool) -> Result<Manifest, RevisionError> {
        if !there {
            return Err(job.error(RevisionProblem::NoManifest));
        }
        let unreadable = |error| job.error_in(MANIFEST, RevisionProblem::Read(error));
        self.text.clear();
        // Through a limit that is never reached: a plain File would first ask for its own size.
        let file = File::open(folder.join(MANIFEST)).map_err(unreadable)?;
        file.take(u64::MAX).read_to_end(&mut self.text).map_err(unreadable)?;
        let text = std::str::from_utf8(&self.text).map_err(|error| {
            let offset = error.valid_up_to();
            let place = place_of(&job.folder.join(MANIFEST), &self.text, offset);
            job.error_at(place, RevisionProblem::NotUtf8 { offset: offset as u64 })
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let manifest = manifest::parse(Path::new(MANIFEST), text).map_err(|mut error| {
            error.location.file = job.folder.join(MANIFEST);
            RevisionError::of_toml(&job.branch.name, &job.id, error)
        })?;
        if manifest.parents.is_none() {
            return Err(job.error_in(MANIFEST, RevisionProblem::NoParents));
        }
        Ok(manifest)
    }

    fn script(&mut self, job: &Job<'_>, folder: &Path, name: &'static ScriptName) -> Result<Script, RevisionError> {
        let script = Script::new(name, None);
        if script.direction() == Direction::Down || !self.options.checksums {
            return Ok(script);
        }
        let file = script.file_name();
        let path = folder.join(file);
        let unreadable = |error| job.error_in(file, RevisionProblem::Read(error));
        let scan = File::open(&path).and_then(|file| checksum::scan(file, &mut self.piece)).map_err(unreadable)?;
        match scan {
            Scan::Text(checksum) => Ok(Script::new(name, Some(checksum))),
            Scan::Blank => Err(job.error_in(file, RevisionProblem::EmptyScript)),
            Scan::NotUtf8(offset) => {
                let place = place_in_file(&path, job.folder.join(file), offset).map_err(unreadable)?;
                Err(job.error_at(place, RevisionProblem::NotUtf8 { offset }))
            }
        }
    }
}

/// Line and column of an offset, by reading the file once more: only those who see the error pay for it.
fn place_in_file(path: &Path, shown: PathBuf, offset: u64) -> io::Result<Location> {
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

fn listing(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // A name that is not UTF-8 is none of ours.
        let Some(name) = name.to_str() else { continue };
        if entry.file_type()?.is_dir() {
            continue;
        }
        match FileName::of(name) {
            FileName::Manifest => listing.manifest = true,
            FileName::Script(script) => listing.scripts.push(script),
            FileName::Suspicious => listing.suspicious.push(name.to_owned()),
            FileName::Other => {}
        }
    }
    listing.scripts.sort_unstable_by_key(|name| name.position());
    Ok(listing)
}

fn assemble(job: &Job<'_>, manifest: Manifest, scripts: Scripts) -> Revision {
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
        references: manifest.reference.into_iter().map(|reference| reference.resolve(branch)).collect(),
        ended_references: manifest.end_reference.into_iter().map(|end| EndedReference { from: end.from.0 }).collect(),
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
    if !revision.is_bare_merge() {
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
