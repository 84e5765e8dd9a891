//! The project: which branches there are and what each is set to.
//!
//! Reads branchline.toml and branches/*.toml, strictly, and says everything that is wrong with them at once. Knows nothing of
//! the environment, the current folder or any database: they are passed in, so that a library user decides.

mod branch;
mod client_files;
mod command;
mod dotenv;
mod draft;
mod error;
mod init;
mod lookup;
mod raw;
mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::branch::{Branch, IdScheme, LintSettings, Session};
pub use self::client_files::{ClientFiles, Variables, Warn};
pub use self::dotenv::parse_dotenv;
pub use self::draft::{Draft, DraftFile};
pub use self::error::ProjectError;
pub(crate) use self::init::quoted;
pub use self::init::{NewBranch, init};
pub use self::lookup::Wanted;
use self::raw::{RawBranch, RawProject};
pub use self::source::{DatabaseSource, NamedSource, PartsSource, SecretSource};
use crate::location::Location;
use crate::names::BranchName;
use crate::problems::Problems;
use crate::toml_file;

/// The folder of the branch files, which is what makes a folder a project.
pub const BRANCHES_FOLDER: &str = "branches";

/// The file with the project's name and the defaults for all branches.
pub const PROJECT_FILE: &str = "branchline.toml";

/// The file with variables that need not be in the environment.
pub const DOTENV_FILE: &str = ".env";

/// A project: a folder, and its branches.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `branches/`. All other paths are relative to it.
    pub root: PathBuf,
    /// The name that databases are bound to, where the files give one.
    pub name: Option<ProjectName>,
    /// The branches; at least one.
    pub branches: BTreeMap<BranchName, Branch>,
}

/// The name of a project: some text on one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ProjectName(String);

impl ProjectName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProjectName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let legal = !text.trim().is_empty() && text.len() <= 255 && !text.contains(char::is_control);
        if legal { Ok(Self(text)) } else { Err("not a project's name: empty, too long, or with control characters") }
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Project {
    /// The nearest folder that holds `branches/`, from `start` upward.
    ///
    /// # Errors
    ///
    /// [`ProjectError::NotFound`].
    pub fn find(start: &Path) -> Result<PathBuf, ProjectError> {
        start
            .ancestors()
            .find(|folder| folder.join(BRANCHES_FOLDER).is_dir())
            .map(Path::to_owned)
            .ok_or_else(|| ProjectError::NotFound { folder: start.to_owned(), searched_upward: true })
    }

    /// Reads the project in a folder.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with branchline.toml and the branch files.
    pub fn load(root: &Path) -> Result<Self, Problems<ProjectError>> {
        let files = branch_files(root)?;
        let mut errors = Vec::new();
        let raw = read_defaults(root).unwrap_or_else(|error| {
            errors.push(error);
            RawProject::default()
        });
        let (name, defaults) = split(raw);
        let shared_root: Arc<Path> = Arc::from(root);
        let mut branches = BTreeMap::new();
        for file in files {
            match read_branch(&shared_root, file, &defaults) {
                Ok(branch) => {
                    branches.insert(branch.name.clone(), branch);
                }
                Err(error) => errors.push(error),
            }
        }
        errors.extend(shared_migrations(&branches));
        Problems::check(Self { root: root.to_owned(), name, branches }, errors)
    }

    /// A branch by its name.
    ///
    /// # Errors
    ///
    /// [`ProjectError::UnknownBranch`], whose hint names the nearest.
    pub fn branch(&self, name: &str) -> Result<&Branch, ProjectError> {
        self.branches.get(name).ok_or_else(|| ProjectError::UnknownBranch {
            name: name.to_owned(),
            known: self.branches.keys().cloned().collect(),
        })
    }
}

/// The branch files, relative to the project, sorted.
fn branch_files(root: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let folder = Path::new(BRANCHES_FOLDER);
    let unreadable = |source| ProjectError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(ProjectError::NotFound { folder: root.to_owned(), searched_upward: false });
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = PathBuf::from(entry.map_err(unreadable)?.file_name());
        if name.extension().is_some_and(|extension| extension == "toml") {
            files.push(folder.join(name));
        }
    }
    files.sort_unstable();
    if files.is_empty() { Err(ProjectError::NoBranches(folder.to_owned())) } else { Ok(files) }
}

fn read_defaults(root: &Path) -> Result<RawProject, ProjectError> {
    match read_text(root, Path::new(PROJECT_FILE)) {
        Ok(text) => Ok(toml_file::parse(Path::new(PROJECT_FILE), &text)?),
        Err(ProjectError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(RawProject::default()),
        Err(error) => Err(error),
    }
}

fn split(raw: RawProject) -> (Option<ProjectName>, RawBranch) {
    let RawProject { project, database, dialects, migrations, ids, session, lint } = raw;
    (project, RawBranch { database, aliases: Vec::new(), dialects, migrations, ids, session, lint })
}

fn read_branch(root: &Arc<Path>, file: PathBuf, defaults: &RawBranch) -> Result<Branch, ProjectError> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name: BranchName = stem.parse().map_err(|source| ProjectError::FileName { file: file.clone(), source })?;
    let text = read_text(root, &file)?;
    let own: RawBranch = toml_file::parse(&file, &text)?;
    let branch = branch::resolve(root, name, file, own, defaults)?;
    if branch.migrations_named && !root.join(&branch.migrations).is_dir() {
        return Err(ProjectError::NoMigrations { branch: branch.name, file: branch.file, folder: branch.migrations });
    }
    Ok(branch)
}

fn shared_migrations(branches: &BTreeMap<BranchName, Branch>) -> Vec<ProjectError> {
    let mut owners: BTreeMap<PathBuf, &BranchName> = BTreeMap::new();
    let mut errors = Vec::new();
    for branch in branches.values() {
        // Comparing components sees through `./` and doubled or trailing slashes.
        let folder: PathBuf = branch.migrations.components().filter(|part| part.as_os_str() != ".").collect();
        if let Some(first) = owners.insert(folder, &branch.name) {
            errors.push(ProjectError::SharedMigrations {
                first: first.clone(),
                second: branch.name.clone(),
                folder: branch.migrations.clone(),
            });
        }
    }
    errors
}

/// A text file of the project, without its byte order mark.
fn read_text(root: &Path, file: &Path) -> Result<String, ProjectError> {
    let bytes = fs::read(root.join(file)).map_err(|source| ProjectError::Read { path: file.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        ProjectError::NotUtf8(Location::of_offset(file, &before, valid))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests;
