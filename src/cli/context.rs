//! What every verb may ask for: the project, the environment, the databases' URLs, how to print.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use branchline::database_url::{DatabaseUrl, Secret};
use branchline::dialect::Dialect;
use branchline::error::{Exit, Failure, Failures};
use branchline::names::BranchName;
use branchline::project::{Branch, ClientFiles, Project, Variables, parse_dotenv};
use branchline::revision::LoadOptions;
use branchline::run::Cancel;
use branchline::workspace::{Urls, Workspace};

use super::global::{Format, Global};
use super::output::note;

/// The name of the user that the process runs as.
pub fn user_of_process() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let id = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(&id)).then(|| name.to_owned())
    })
}

/// The surroundings of a verb. The only place that reads the environment and the current folder.
pub struct Context {
    /// The options of every verb.
    pub global: Global,
    /// Cancelled on the first signal.
    pub cancel: Cancel,
    /// The variables of `.env`, read on first need.
    dotenv: std::cell::OnceCell<Arc<BTreeMap<String, Secret>>>,
}

impl Context {
    pub const fn new(global: Global, cancel: Cancel) -> Self {
        Self { global, cancel, dotenv: std::cell::OnceCell::new() }
    }

    /// Whether results are for machines.
    pub fn is_json(&self) -> bool {
        self.global.format == Format::Json
    }

    /// The current folder.
    pub fn current_folder() -> Result<PathBuf, Failures> {
        std::env::current_dir().map_err(|error| {
            Failure::new("io", Exit::Usage, format!("the current folder cannot be read: {error}")).into()
        })
    }

    /// The project's folder.
    pub fn root(&self) -> Result<PathBuf, Failures> {
        match &self.global.project {
            Some(folder) => Ok(folder.clone()),
            None => Ok(Project::find(&Self::current_folder()?)?),
        }
    }

    /// The project's folder, for those who only want to show its files.
    pub fn root_for_display(&self) -> PathBuf {
        self.root().unwrap_or_default()
    }

    /// The branch files.
    pub fn project(&self) -> Result<Project, Failures> {
        let project = Project::load(&self.root()?)?;
        self.read_dotenv(&project.root)?;
        Ok(project)
    }

    /// The whole project.
    pub fn workspace(&self, options: LoadOptions) -> Result<Workspace, Failures> {
        let workspace = Workspace::of_project(self.project()?, options)?;
        if options.checksums && !self.global.quiet {
            // Who reads checksums is about to rely on what the files say.
            workspace.unheeded().iter().for_each(|warning| note(&format!("warning: {warning}")));
        }
        Ok(workspace)
    }

    /// The variables of the environment, and of the project's `.env`; the environment wins.
    pub fn variables(&self) -> Variables {
        let dotenv = self.dotenv.get().cloned().unwrap_or_default();
        Arc::new(move |name| {
            std::env::var(name).ok().or_else(|| dotenv.get(name).map(|value| value.expose().to_owned()))
        })
    }

    fn read_dotenv(&self, root: &Path) -> Result<(), Failures> {
        let file = root.join(".env");
        let variables = match std::fs::read_to_string(&file) {
            Ok(text) => parse_dotenv(&file, &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                let message = format!("{} cannot be read: {error}", file.display());
                return Err(Failure::new("io", Exit::Usage, message).into());
            }
        };
        let _ = self.dotenv.set(Arc::new(variables));
        Ok(())
    }

    /// The URLs of all branches. A branch that nobody asked for may lack its URL, since a job for one branch has the secrets
    /// of that branch only; those that are `named` must be known.
    pub fn urls(&self, workspace: &Workspace, named: impl Fn(&BranchName) -> bool) -> Result<Urls, Failures> {
        let quiet = self.global.quiet;
        let warn = move |warning: &str| {
            if !quiet {
                note(&format!("warning: {warning}"));
            }
        };
        let clients = ClientFiles::new(self.variables(), user_of_process(), Box::new(warn));
        let cancel = self.cancel.clone();
        let stopped = Box::new(move || cancel.is_cancelled());
        let urls = Urls::new(&workspace.project, self.variables(), clients, stopped);
        let failures: Vec<Failure> = urls
            .branches()
            .filter(|branch| named(branch))
            .filter_map(|branch| urls.get(branch)?.as_ref().err())
            .map(Failure::from)
            .collect();
        if failures.is_empty() {
            return Ok(urls);
        }
        // A command that was to print one was stopped, or has heard the same signal.
        if self.cancel.is_cancelled() {
            let message = "interrupted before the databases were asked";
            return Err(Failure::new("interrupted", Exit::Interrupted, message).into());
        }
        Err(failures.into_iter().collect())
    }

    /// A branch's URL, if it can be known without running a program.
    pub fn offline_url(&self, branch: &Branch) -> Option<DatabaseUrl> {
        if branch.database.runs_a_command() {
            return None;
        }
        branch.database_url(&*self.variables()).ok()
    }

    /// What a branch says it runs on; else what its database is; anything where neither is known.
    pub fn dialects(&self, branch: &Branch) -> Vec<Dialect> {
        if !branch.dialects.is_empty() {
            return branch.dialects.clone();
        }
        self.offline_url(branch).map_or_else(|| Dialect::ALL.to_vec(), |url| vec![url.dialect()])
    }
}
