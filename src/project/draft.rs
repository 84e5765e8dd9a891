//! Files to be laid out: made as a value, written in one go, and never over a file that is there.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::ProjectError;

/// New folders and files, relative to the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Folders that may be there already.
    pub folders: Vec<PathBuf>,
    /// Files that must not be there.
    pub files: Vec<DraftFile>,
}

/// A new file.
#[derive(Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// Its path, relative to the project.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Whether it holds a secret: readable by its owner only.
    pub secret: bool,
}

impl DraftFile {
    /// A file without secrets.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), secret: false }
    }
}

/// The path alone: the text may be secret.
impl fmt::Debug for DraftFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl Draft {
    /// Writes everything, or nothing: what was written before a failure is removed again.
    ///
    /// # Errors
    ///
    /// [`ProjectError::Exists`] where a file is there already, [`ProjectError::Write`].
    pub fn write(&self, root: &Path) -> Result<(), ProjectError> {
        for file in &self.files {
            if root.join(&file.path).symlink_metadata().is_ok() {
                return Err(ProjectError::Exists(file.path.clone()));
            }
        }
        let mut made = Made::default();
        let result = self.write_each(root, &mut made);
        if result.is_err() {
            made.remove();
        }
        result
    }

    fn write_each(&self, root: &Path, made: &mut Made) -> Result<(), ProjectError> {
        for folder in &self.folders {
            made.folder(root, folder)?;
        }
        for file in &self.files {
            if let Some(folder) = file.path.parent() {
                made.folder(root, folder)?;
            }
            file.write(root)?;
            made.files.push(root.join(&file.path));
        }
        Ok(())
    }
}

/// What was made so far.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    fn folder(&mut self, root: &Path, folder: &Path) -> Result<(), ProjectError> {
        let path = root.join(folder);
        let missing: Vec<PathBuf> =
            path.ancestors().take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        self.folders.extend(missing.into_iter().rev());
        fs::create_dir_all(path).map_err(|source| ProjectError::Write { path: folder.to_owned(), source })
    }

    /// The failure itself says more than one to clean up after it would.
    fn remove(&self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        // Those that somebody else has put something into meanwhile stay.
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

impl DraftFile {
    fn write(&self, root: &Path) -> Result<(), ProjectError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if self.secret {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let path = root.join(&self.path);
        let error = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => ProjectError::Exists(self.path.clone()),
            _ => ProjectError::Write { path: self.path.clone(), source },
        };
        let mut file = options.open(&path).map_err(error)?;
        file.write_all(self.text.as_bytes()).map_err(|source| {
            let _ = fs::remove_file(&path);
            error(source)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Draft, DraftFile};
    use crate::project::ProjectError;

    fn draft() -> Draft {
        Draft {
            folders: vec!["empty/x".into()],
            files: vec![DraftFile::new("a/b.txt", "1"), DraftFile::new("c.txt", "2")],
        }
    }

    #[test]
    fn writes_all() {
        let folder = tempfile::tempdir().unwrap();
        draft().write(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("a/b.txt")).unwrap(), "1");
        assert_eq!(fs::read_to_string(folder.path().join("c.txt")).unwrap(), "2");
        assert!(folder.path().join("empty/x").is_dir());
    }

    #[test]
    fn never_overwrites_and_then_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("c.txt"), "mine").unwrap();
        let error = draft().write(folder.path()).unwrap_err();
        assert!(matches!(&error, ProjectError::Exists(path) if path.ends_with("c.txt")), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("c.txt")).unwrap(), "mine");
        assert!(!folder.path().join("a").exists());
    }

    #[test]
    fn takes_back_what_a_failure_left() {
        let folder = tempfile::tempdir().unwrap();
        // `a/b.txt` is written before `c` turns out to be no folder.
        let mut draft = draft();
        draft.files[1].path = "blocked/c.txt".into();
        fs::write(folder.path().join("blocked"), "").unwrap();
        assert!(matches!(draft.write(folder.path()).unwrap_err(), ProjectError::Write { .. }));
        assert!(!folder.path().join("a/b.txt").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let file = DraftFile { path: ".env".into(), text: "A=SEKRET".into(), secret: true };
        let draft = Draft { folders: Vec::new(), files: vec![file] };
        assert!(!format!("{draft:?}").contains("SEKRET"));
        draft.write(folder.path()).unwrap();
        assert_eq!(fs::metadata(folder.path().join(".env")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
