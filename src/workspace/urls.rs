//! The URLs of a project's branches, as far as they are known: a job for one branch may know that one only.
//!
//! What a command prints is asked for only where the URL is needed, and once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::database_url::DatabaseUrl;
use crate::names::BranchName;
use crate::project::{Branch, ClientFiles, Project, ProjectError, Variables};

/// The URLs of all branches.
pub struct Urls {
    found: BTreeMap<BranchName, OnceLock<Result<DatabaseUrl, ProjectError>>>,
    places: Option<Places>,
}

/// Where they are looked up.
struct Places {
    branches: BTreeMap<BranchName, Branch>,
    variables: Variables,
    clients: ClientFiles,
    is_stopped: Stopped,
}

/// Whether nobody waits for what a command prints any longer.
pub type Stopped = Box<dyn Fn() -> bool + Send + Sync>;

impl Urls {
    /// The URLs of a project. All are looked up now but those that a command prints; such a command is killed once `is_stopped`.
    #[must_use]
    pub fn new(project: &Project, variables: Variables, clients: ClientFiles, is_stopped: Stopped) -> Self {
        let found = project.branches.keys().map(|branch| (branch.clone(), OnceLock::new())).collect();
        let places = Places { branches: project.branches.clone(), variables, clients, is_stopped };
        let urls = Self { found, places: Some(places) };
        for branch in project.branches.values().filter(|branch| !branch.database.runs_a_command()) {
            let _ = urls.get(&branch.name);
        }
        urls
    }

    /// URLs that are known already, whatever the project's files say.
    #[must_use]
    pub fn of(urls: impl IntoIterator<Item = (BranchName, DatabaseUrl)>) -> Self {
        let found = urls.into_iter().map(|(branch, url)| (branch, OnceLock::from(Ok(url)))).collect();
        Self { found, places: None }
    }

    /// A branch's URL, or why there is none; waits for the command that prints it, if nobody has asked yet.
    pub fn get(&self, branch: &BranchName) -> Option<&Result<DatabaseUrl, ProjectError>> {
        let found = self.found.get(branch)?;
        if let Some(found) = found.get() {
            return Some(found);
        }
        let places = self.places.as_ref()?;
        let branch = places.branches.get(branch)?;
        let look_up = || {
            let url = branch.database_url_unless(&*places.variables, &*places.is_stopped)?;
            places.clients.complete(branch, url)
        };
        Some(found.get_or_init(look_up))
    }

    /// A branch's URL, if it is known by now.
    pub fn known(&self, branch: &BranchName) -> Option<&DatabaseUrl> {
        self.found.get(branch)?.get()?.as_ref().ok()
    }

    /// The branches.
    pub fn branches(&self) -> impl Iterator<Item = &BranchName> {
        self.found.keys()
    }
}
