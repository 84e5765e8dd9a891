//! What is wrong with a project's own files, or with the place that a branch's URL comes from.

use std::io;
use std::path::PathBuf;

use super::lookup::Wanted;
use crate::database_url::{DatabaseUrl, UrlError};
use crate::dialect::Dialect;
use crate::location::Location;
use crate::names::{BranchName, NameError, RESERVED};
use crate::redact;
use crate::toml_file::TomlError;

/// A project that cannot be read, or a branch without a usable URL. Paths are relative to the project where they can be.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// No folder with `branches/`, here or above.
    #[error("no project: {} has no folder `branches`{}", redact::path(.folder), if *.searched_upward { ", nor has any folder above it" } else { "" })]
    NotFound {
        /// Where the search began.
        folder: PathBuf,
        /// Whether the folders above were looked at too.
        searched_upward: bool,
    },
    /// `branches/` holds no branch.
    #[error("{}: no branch: no file NAME.toml in it", .0.display())]
    NoBranches(PathBuf),
    /// A branch that the project does not have.
    #[error("there is no branch `{}`", redact::value(name))]
    UnknownBranch {
        /// What was asked for.
        name: String,
        /// The branches that are there.
        known: Vec<BranchName>,
    },
    /// A file or folder that cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file that is not UTF-8.
    #[error("{0}: not UTF-8")]
    NotUtf8(Location),
    /// A file that says something it must not.
    #[error(transparent)]
    Toml(#[from] TomlError),
    /// A `.env` line that cannot be read.
    #[error("{location}: {problem}")]
    Dotenv {
        /// Where.
        location: Location,
        /// What is wrong; never the line itself, which may hold a password.
        problem: &'static str,
    },
    /// A branch file whose name is no branch's name.
    #[error("{}: {source}", .file.display())]
    FileName {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: NameError,
    },
    /// A code of findings that a file names twice in `[lint]`.
    #[error("{}: [lint] names `{}` in two of `deny`, `warn` and `allow`", .file.display(), redact::value(rule))]
    LintTwice {
        /// The file.
        file: PathBuf,
        /// The rule.
        rule: String,
    },
    /// A word of `[lint]` that cannot be followed.
    #[error("{}: [lint]: {problem}", .file.display())]
    LintCode {
        /// The file.
        file: PathBuf,
        /// Why not.
        problem: String,
        /// What helps.
        hint: Option<String>,
    },
    /// The folder that the branch file names is not there.
    #[error("{}: branch {branch}: the folder {} of `migrations` does not exist", .file.display(), redact::path(.folder))]
    NoMigrations {
        /// The branch.
        branch: BranchName,
        /// The file that names the folder.
        file: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// Two branches with one folder of revisions.
    #[error("the branches {first} and {second} have the same folder of revisions, {}", redact::path(.folder))]
    SharedMigrations {
        /// One branch.
        first: BranchName,
        /// The other.
        second: BranchName,
        /// The folder.
        folder: PathBuf,
    },
    /// The variable with the URL is not set, or is empty.
    #[error("branch {branch}: the variable {} {}; {} takes its {} from there", redact::value(variable), if *.empty { "is empty" } else { "is not set" }, .file.display(), .wanted.short())]
    Unset {
        /// The branch.
        branch: BranchName,
        /// The variable.
        variable: String,
        /// The branch's file.
        file: PathBuf,
        /// Set, but to nothing.
        empty: bool,
        /// What is taken from there.
        wanted: Wanted,
    },
    /// The file with the URL cannot be read.
    #[error("branch {branch}: cannot read its {wanted} from {}: {source}", redact::path(.path))]
    UrlFile {
        /// The branch.
        branch: BranchName,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
        /// What it is to hold.
        wanted: Wanted,
    },
    /// The command that prints the URL or the password does not; nothing of what it said is here.
    #[error("branch {branch}: the command that is to print its {wanted}, `{command}`, {problem}")]
    Command {
        /// The branch.
        branch: BranchName,
        /// The branch's file.
        file: PathBuf,
        /// The command, by its program.
        command: String,
        /// What became of it.
        problem: String,
        /// What it is to print.
        wanted: Wanted,
    },
    /// A variable that the driver takes from the environment.
    #[error("branch {branch}: the variable {variable} is set, and would count for its database unseen")]
    AmbientVariable {
        /// The branch.
        branch: BranchName,
        /// The variable.
        variable: &'static str,
        /// What a URL says instead.
        instead: &'static str,
    },
    /// A URL that is none.
    #[error("branch {branch}: {error}, as {origin} has it")]
    Url {
        /// The branch.
        branch: BranchName,
        /// Where the URL comes from, in words.
        origin: String,
        /// What is wrong with it.
        error: UrlError,
    },
    /// A URL where the place that holds it is named; not quoted.
    #[error("branch {branch}: `{prefix}` is followed by a URL, and not by {}", match *.prefix { "env:" => "the name of a variable that holds it", "file:" => "the path of a file that holds it", _ => "a program that prints it" })]
    UrlBehindPrefix {
        /// The branch.
        branch: BranchName,
        /// The branch's file, where it has one already.
        file: Option<PathBuf>,
        /// `env:`, `file:` or `command:`.
        prefix: &'static str,
    },
    /// A URL of a dialect that the branch does not name.
    #[error("branch {branch}: {url} is a {} database, and {} names only {}", .url.dialect(), .file.display(), list(.dialects))]
    Dialect {
        /// The branch.
        branch: BranchName,
        /// The branch's file.
        file: PathBuf,
        /// The URL, which prints without its secret.
        url: Box<DatabaseUrl>,
        /// What the branch runs on.
        dialects: Vec<Dialect>,
    },
    /// A file that would have to be overwritten.
    #[error("{} exists already, and is not overwritten", .0.display())]
    Exists(PathBuf),
    /// A file or folder that cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A URL for a new branch that is none.
    #[error("branch {branch}: {error}")]
    NewUrl {
        /// The branch.
        branch: BranchName,
        /// What is wrong with it.
        error: UrlError,
    },
    /// An argument that names no new branch; not quoted, since it may hold a password.
    #[error("expected NAME=URL, where NAME is a letter, then letters, digits and `_`")]
    NotNameAndUrl,
    /// A new branch with the name of a target.
    #[error("{0}")]
    ReservedName(NameError),
    /// Two new branches with one name.
    #[error("the branch {0} is named twice")]
    NamedTwice(BranchName),
}

fn list(dialects: &[Dialect]) -> String {
    let names: Vec<&str> = dialects.iter().map(|dialect| dialect.name()).collect();
    names.join(", ")
}

impl ProjectError {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { .. } | Self::NoBranches(_) => {
                "`branchline init` lays out a project; --project DIR names the folder of one that is there".to_owned()
            }
            Self::UnknownBranch { name, known } => {
                let names = || known.iter().map(BranchName::as_str);
                let all = || format!("the project's branches: {}", names().collect::<Vec<_>>().join(", "));
                crate::suggest::did_you_mean(name, names()).unwrap_or_else(all)
            }
            Self::Toml(error) => return error.hint.clone(),
            Self::LintCode { hint, .. } => return hint.clone(),
            Self::FileName { file, .. } => {
                let mut stem = file.file_stem()?.to_string_lossy().replace(['-', ' ', '.'], "_");
                if RESERVED.contains(&stem.as_str()) {
                    stem.push('_');
                }
                stem.parse::<BranchName>().ok()?;
                format!("the file's name is the branch's name: rename it to {stem}.toml")
            }
            Self::NoMigrations { folder, .. } => format!("create {}, or correct `migrations`", redact::path(folder)),
            Self::SharedMigrations { .. } => "give each its own `migrations`".to_owned(),
            Self::Unset { variable, wanted, .. } => {
                let variable = redact::value(variable);
                match wanted {
                    Wanted::Url => format!("set {variable} to its URL, in the environment or in .env, or write `database` in the file"),
                    Wanted::Password => format!("set {variable} to the password, in the environment or in .env"),
                }
            }
            Self::Url { error, .. } | Self::NewUrl { error, .. } => return error.hint(),
            Self::Dialect { dialects, url, .. } => {
                if url.dialect() == Dialect::Mysql && dialects.contains(&Dialect::Mariadb) {
                    "where the server is MariaDB, begin the URL with mariadb://".to_owned()
                } else {
                    format!("point it at a {} database, or add the dialect to `dialects`", list(dialects))
                }
            }
            Self::UrlBehindPrefix { prefix, .. } => {
                format!("write the URL without `{prefix}`; one with a password is better kept in a variable or a file")
            }
            Self::Command { .. } => {
                "what it says is not shown, since it may be the secret: run it by hand, with sh -c in the project's folder"
                    .to_owned()
            }
            Self::AmbientVariable { variable, instead, .. } => {
                format!("unset {variable}, and say in the URL what it is for (`{instead}`)")
            }
            Self::Dotenv { .. } => "a line is KEY=VALUE, KEY=\"VALUE\" or KEY='VALUE'".to_owned(),
            Self::NotUtf8(_) => "save the file as UTF-8".to_owned(),
            Self::ReservedName(_) => "give the branch another name".to_owned(),
            Self::NotNameAndUrl => "as in auth=postgres://USER:PASSWORD@HOST/DATABASE".to_owned(),
            Self::Exists(path) if path.as_os_str() == super::DOTENV_FILE => {
                "add the variable there yourself, and say NAME=env:VARIABLE here".to_owned()
            }
            Self::Read { .. }
            | Self::LintTwice { .. }
            | Self::UrlFile { .. }
            | Self::Exists(_)
            | Self::Write { .. }
            | Self::NamedTwice(_) => return None,
        })
    }

    /// The place in a file, where there is one.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        match self {
            Self::Toml(error) => Some(error.location.clone()),
            Self::Dotenv { location, .. } | Self::NotUtf8(location) => Some(location.clone()),
            Self::Read { path: file, .. }
            | Self::FileName { file, .. }
            | Self::LintTwice { file, .. }
            | Self::LintCode { file, .. }
            | Self::NoMigrations { file, .. }
            | Self::Unset { file, .. }
            | Self::Command { file, .. }
            | Self::Dialect { file, .. }
            | Self::UrlFile { path: file, .. } => Some(Location::of_file(file)),
            Self::UrlBehindPrefix { file, .. } => file.as_ref().map(Location::of_file),
            _ => None,
        }
    }

    /// The branch, where it is about one.
    #[must_use]
    pub fn branch(&self) -> Option<&BranchName> {
        match self {
            Self::NoMigrations { branch, .. }
            | Self::Unset { branch, .. }
            | Self::Command { branch, .. }
            | Self::AmbientVariable { branch, .. }
            | Self::UrlBehindPrefix { branch, .. }
            | Self::UrlFile { branch, .. }
            | Self::Url { branch, .. }
            | Self::NewUrl { branch, .. }
            | Self::Dialect { branch, .. } => Some(branch),
            _ => None,
        }
    }
}
