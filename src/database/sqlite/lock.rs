//! The lock of a branch whose database is a file: a file beside it, locked for as long as a run takes.
//!
//! SQLite's own locks end with a transaction, and scripts that are none, such as VACUUM, bear no open one. The kernel lets
//! go of this lock when its holder dies, however it dies; what stays behind then is an empty file, which the next run takes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::names::BranchName;

use super::super::holder::Holder;

/// A lock that is held until it is dropped.
pub(super) struct FileLock {
    /// None where no such file can be made: then SQLite can write no journal there either.
    held: Option<(File, PathBuf)>,
}

/// The file that stands for a branch of a database.
pub(super) fn path(database: &Path, branch: &BranchName) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(format!("-branchline-{branch}"));
    PathBuf::from(path)
}

impl FileLock {
    /// Takes the lock for a run, if it is free.
    pub(super) fn attempt(path: &Path, run: Uuid) -> Option<Self> {
        let Some(file) = open(path) else { return Some(Self { held: None }) };
        match file.try_lock() {
            Ok(()) if !is_at(&file, path) => None,
            Ok(()) => {
                let mut lock = Self { held: Some((file, path.to_owned())) };
                lock.write(&format!("{run} {}\n", std::process::id()));
                Some(lock)
            }
            Err(TryLockError::WouldBlock) => None,
            // A file system without locks: what a step looks at again inside its transaction must do.
            Err(TryLockError::Error(_)) => Some(Self { held: None }),
        }
    }

    /// Tells those who wait which revision is worked on.
    pub(super) fn is_at(&mut self, run: Uuid, branch: &BranchName, revision: &str) {
        self.write(&format!("{run} {}\n{branch}@{revision}\n", std::process::id()));
    }

    /// Who holds the lock is for people; where it cannot be written, the lock is none the weaker.
    fn write(&mut self, text: &str) {
        if let Some((file, _)) = &mut self.held {
            let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
        }
    }

    /// Whether others still meet us there: not where somebody has removed the file, or put another one into its place.
    pub(super) fn is_ours(&self) -> bool {
        self.held.as_ref().is_none_or(|(file, path)| is_at(file, path))
    }
}

/// What whoever holds the lock has written of himself.
pub(super) fn holder(path: &Path) -> Holder {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines();
    let (run, process) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or_default();
    Holder {
        run: run.parse().ok(),
        process: process.parse().ok(),
        revision: lines.next().map(str::to_owned),
        ..Holder::default()
    }
}

/// Whether somebody holds the lock. To look, it is shared for a moment: who wants it meanwhile tries again.
pub(super) fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Removed while it is still locked: whoever opened it before finds out that it is no longer there.
        if cfg!(unix)
            && self.is_ours()
            && let Some((_, path)) = &self.held
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Opened by another user before, it may be ours to read only; that is enough to lock it. What it is a link to is never written
/// to: in a folder that others may write to, that could be any file of ours.
fn open(path: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NOFOLLOW);
    options.open(path).or_else(|_| File::open(path)).ok()
}

#[cfg(unix)]
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// Whether the path still leads to this file: its last holder removed it, and another one may stand there.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
const fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{FileLock, holder};

    #[test]
    fn one_holds_it_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db-branchline-auth");
        let run = Uuid::from_u128(7);
        let mut held = FileLock::attempt(&path, run).unwrap();
        assert!(FileLock::attempt(&path, Uuid::nil()).is_none());
        assert!(super::is_held(&path) && held.is_ours());
        held.is_at(run, &"auth".parse().unwrap(), "0002");
        let found = holder(&path);
        assert_eq!((found.run, found.process), (Some(run), Some(std::process::id())));
        assert_eq!(found.revision.as_deref(), Some("auth@0002"));
        drop(held);
        assert!(!path.exists() && !super::is_held(&path));
        assert!(FileLock::attempt(&path, run).is_some());
    }

    #[test]
    fn a_lock_whose_file_was_removed_is_ours_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db-branchline-auth");
        let first = FileLock::attempt(&path, Uuid::nil()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(!first.is_ours());
        let second = FileLock::attempt(&path, Uuid::nil()).unwrap();
        assert!(!first.is_ours() && second.is_ours());
        drop(first);
        assert!(second.is_ours(), "who lost it must not take it from who has it now");
    }

    #[test]
    fn what_a_dead_run_left_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db-branchline-auth");
        std::fs::write(&path, "process 4711 and more than we write, and still more of it than that").unwrap();
        assert!(!super::is_held(&path));
        let held = FileLock::attempt(&path, Uuid::nil()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{} {}\n", Uuid::nil(), std::process::id()));
        drop(held);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, precious) = (folder.path().join("shop.db-branchline-auth"), folder.path().join("precious"));
        std::fs::write(&precious, "text").unwrap();
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        drop(FileLock::attempt(&path, Uuid::nil()));
        assert_eq!(std::fs::read_to_string(&precious).unwrap(), "text");
    }

    #[test]
    fn where_no_file_can_be_made_nothing_is_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not-there/shop.db-branchline-auth");
        assert!(FileLock::attempt(&path, Uuid::nil()).is_some_and(|lock| lock.held.is_none()));
    }
}
