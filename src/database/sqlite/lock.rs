//! The lock of a branch whose database is a file: a file beside it, locked for as long as a run takes.
//!
//! SQLite's own locks end with a transaction, and scripts that are none, such as VACUUM, bear no open one. The kernel lets
//! go of this lock when its holder dies, however it dies; what stays behind then is an empty file, which the next run takes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::names::BranchName;

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
    /// Takes the lock for a run, or says who holds it.
    pub(super) fn attempt(path: &Path, run: &str) -> Result<Self, String> {
        let Some(mut file) = open(path) else { return Ok(Self { held: None }) };
        match file.try_lock() {
            Ok(()) if !is_at(&file, path) => Err("another run".to_owned()),
            Ok(()) => {
                // Who holds it is for people; where it cannot be written, the lock is none the weaker.
                let _ = file.set_len(0).and_then(|()| write!(file, "{run}, process {}", std::process::id()));
                Ok(Self { held: Some((file, path.to_owned())) })
            }
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(path).unwrap_or_default();
                Err(if holder.is_empty() { "another run".to_owned() } else { holder })
            }
            // A file system without locks: what a step looks at again inside its transaction must do.
            Err(TryLockError::Error(_)) => Ok(Self { held: None }),
        }
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
    use super::FileLock;

    #[test]
    fn one_holds_it_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db-branchline-auth");
        let held = FileLock::attempt(&path, "a run").unwrap();
        let refused = FileLock::attempt(&path, "a run").err();
        assert_eq!(refused, Some(format!("a run, process {}", std::process::id())));
        assert!(super::is_held(&path));
        drop(held);
        assert!(!path.exists() && !super::is_held(&path));
        assert!(FileLock::attempt(&path, "a run").is_ok());
    }

    #[test]
    fn what_a_dead_run_left_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db-branchline-auth");
        std::fs::write(&path, "process 4711 and more than we write").unwrap();
        assert!(!super::is_held(&path));
        let held = FileLock::attempt(&path, "a run").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("a run, process {}", std::process::id()));
        drop(held);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, precious) = (folder.path().join("shop.db-branchline-auth"), folder.path().join("precious"));
        std::fs::write(&precious, "text").unwrap();
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        drop(FileLock::attempt(&path, "a run"));
        assert_eq!(std::fs::read_to_string(&precious).unwrap(), "text");
    }

    #[test]
    fn where_no_file_can_be_made_nothing_is_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not-there/shop.db-branchline-auth");
        assert!(FileLock::attempt(&path, "a run").is_ok_and(|lock| lock.held.is_none()));
    }
}
