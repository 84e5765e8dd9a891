//! Loading the revision folders of a project.
//!
//! Five thousand folders are read in tens of milliseconds: each is listed once, each file opened once, nothing is asked of the
//! file system twice, and the machine's cores share the folders. All that is wrong is collected, and said in one fixed order.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Revision;
use super::error::{RevisionError, RevisionProblem};
use super::folder::{Job, Outcome, Reader, unreadable};
use crate::location::Location;
use crate::names::RevisionId;
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
    // They differ in their last part only: bytes are enough, and much faster than paths.
    jobs[from..].sort_unstable_by(|one, other| one.folder.as_os_str().cmp(other.folder.as_os_str()));
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
