//! A project in a temporary folder.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::TestDatabase;
use super::command::{Outcome, branchline};

/// A project that lives as long as the value.
pub struct TestProject {
    folder: TempDir,
    home: TempDir,
    variables: BTreeMap<String, String>,
}

impl TestProject {
    /// An empty project: `branches/` and `migrations/`, nothing in them.
    pub fn new() -> Self {
        let project = Self {
            folder: tempfile::Builder::new().prefix("branchline-project-").tempdir().unwrap(),
            home: tempfile::Builder::new().prefix("branchline-home-").tempdir().unwrap(),
            variables: BTreeMap::new(),
        };
        fs::create_dir_all(project.path().join("branches")).unwrap();
        fs::create_dir_all(project.path().join("migrations")).unwrap();
        project
    }

    /// A copy of the sample project of this repository.
    pub fn sample() -> Self {
        let project = Self::new();
        for folder in ["branches", "migrations"] {
            copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &project.path().join(folder));
        }
        project
    }

    /// The project's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The home folder of the commands run in it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, file: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let file = self.path().join(file);
        fs::create_dir_all(file.parent().expect("a file in a folder")).unwrap();
        fs::write(file, content).unwrap();
        self
    }

    pub fn read(&self, file: impl AsRef<Path>) -> String {
        let file = self.path().join(file);
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Writes `branches/NAME.toml`.
    pub fn branch(&self, name: &str, toml: &str) -> &Self {
        self.write(format!("branches/{name}.toml"), toml)
    }

    /// Writes `migrations/BRANCH/FOLDER/` with its revision.toml and the named scripts.
    pub fn revision(&self, branch: &str, folder: &str, revision_toml: &str, scripts: &[(&str, &str)]) -> &Self {
        let folder: PathBuf = ["migrations", branch, folder].iter().collect();
        self.write(folder.join("revision.toml"), revision_toml);
        for (file, content) in scripts {
            self.write(folder.join(file), content);
        }
        self
    }

    /// Writes a chain of `length` revisions, `0001` upward, each of which creates the table `BRANCH_0001` and drops it.
    pub fn chain(&self, branch: &str, length: usize) -> &Self {
        for number in 1..=length {
            let parents = if number == 1 { String::new() } else { format!("\"{:04}\"", number - 1) };
            let toml = format!("description = \"Table {number}\"\nparents = [{parents}]\n");
            let table = format!("{branch}_{number:04}");
            self.revision(
                branch,
                &format!("{number:04}_table"),
                &toml,
                &[
                    (
                        "up.sql",
                        &format!("CREATE TABLE {table} (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100));\n"),
                    ),
                    ("down.sql", &format!("DROP TABLE {table};\n")),
                ],
            );
        }
        self
    }

    /// Points a branch at a database: its file where there is none, and `DATABASE_URL_BRANCH`.
    pub fn database(&mut self, branch: &str, database: &TestDatabase) -> &mut Self {
        if !self.path().join(format!("branches/{branch}.toml")).exists() {
            self.branch(branch, &format!("dialects = [\"{}\"]\n", database.engine()));
        }
        self.variable(&format!("DATABASE_URL_{}", branch.to_uppercase()), database.url())
    }

    /// Points branches at one database on purpose: their files name the same variable.
    pub fn share(&mut self, branches: &[&str], database: &TestDatabase) -> &mut Self {
        for branch in branches {
            let dialect = database.engine();
            self.branch(branch, &format!("database = \"env:DATABASE_URL_SHARED\"\ndialects = [\"{dialect}\"]\n"));
        }
        self.variable("DATABASE_URL_SHARED", database.url())
    }

    /// Sets a variable of the commands' environment.
    pub fn variable(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Runs the command in the project.
    pub fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Outcome {
        let mut command = branchline(self);
        command.args(arguments);
        Outcome::of(command)
    }

    /// Runs the command in another folder.
    pub fn run_in<'a>(&self, folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Outcome {
        let mut command = branchline(self);
        command.current_dir(folder).args(arguments);
        Outcome::of(command)
    }

    /// Runs a command line: arguments without quotes, separated by spaces.
    pub fn run_line(&self, line: &str) -> Outcome {
        self.run(line.split_whitespace())
    }

    /// What is particular to this project, and the name that a snapshot calls it by.
    pub fn names_of_values(&self) -> Vec<(String, String)> {
        let mut names = Vec::new();
        for (variable, value) in self.variables() {
            names.push((value.to_owned(), format!("[${variable}]")));
            if let Some(file) = value.strip_prefix("sqlite://") {
                names.push((file.to_owned(), format!("[file of {variable}]")));
            }
        }
        for (path, name) in [(self.path(), "[project]"), (self.home(), "[home]")] {
            names.push((path.display().to_string(), name.to_owned()));
            let real = fs::canonicalize(path).unwrap();
            if real != path {
                names.push((real.display().to_string(), name.to_owned()));
            }
        }
        names
    }

    /// All files of the project, for asserting that nothing was written.
    pub fn listing(&self) -> String {
        let mut listing = String::new();
        let mut folders = vec![self.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        for file in files {
            writeln!(listing, "{}", file.strip_prefix(self.path()).unwrap().display()).unwrap();
        }
        listing
    }
}

fn copy_folder(from: &Path, to: &Path) {
    let mut folders = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(&from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push((entry.path(), target));
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}
