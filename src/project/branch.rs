//! A branch as it is meant: its own file over the project's defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::PROJECT_FILE;
use super::error::ProjectError;
pub use super::raw::IdScheme;
use super::raw::{RawBranch, RawLint, RawSession};
use super::source::{DatabaseSource, NamedSource};
use crate::dialect::Dialect;
use crate::names::BranchName;

/// A branch: a database, and a folder of revisions for it.
#[derive(Debug, Clone)]
pub struct Branch {
    /// Its name.
    pub name: BranchName,
    /// Its file, relative to the project.
    pub file: PathBuf,
    /// Where its URL comes from.
    pub database: DatabaseSource,
    /// What else people call its database, in comments above all.
    pub aliases: Vec<String>,
    /// What every revision must be able to run on, sorted; empty where neither the files nor a URL in them say so.
    pub dialects: Vec<Dialect>,
    /// The folder of its revisions, relative to the project unless it is absolute.
    pub migrations: PathBuf,
    /// Whether a file names that folder; a default one may be missing.
    pub migrations_named: bool,
    /// How ids of new revisions are made.
    pub ids: IdScheme,
    /// Settings of the sessions with its database.
    pub session: Session,
    /// Lint rules by name.
    pub lint: LintSettings,
    pub(super) root: Arc<Path>,
}

/// Settings of the sessions with a branch's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// How long to wait for the coordinator's lock and for the database's own; none is for ever.
    pub lock_timeout: Option<Duration>,
    /// How often a statement is tried again that lost to another session's lock.
    pub lock_retries: u32,
    /// How long a statement may take; none is for ever.
    pub statement_timeout: Option<Duration>,
    /// The PostgreSQL schema that holds the state tables, where the files name one.
    pub state_schema: Option<String>,
}

impl Session {
    /// What `lock_timeout` is where no file says otherwise.
    pub const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(10);

    /// What `lock_retries` is where no file says otherwise.
    pub const DEFAULT_LOCK_RETRIES: u32 = 3;
}

impl Default for Session {
    fn default() -> Self {
        Self {
            lock_timeout: Some(Self::DEFAULT_LOCK_TIMEOUT),
            lock_retries: Self::DEFAULT_LOCK_RETRIES,
            statement_timeout: None,
            state_schema: None,
        }
    }
}

/// Codes of findings, as the files name them, each with the file that does; whether there are such codes is lint's to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LintSettings {
    /// Codes whose findings are errors.
    pub deny: BTreeMap<String, PathBuf>,
    /// Codes whose findings are warnings.
    pub warn: BTreeMap<String, PathBuf>,
    /// Codes that are not looked for.
    pub allow: BTreeMap<String, PathBuf>,
}

impl Branch {
    /// Whether the branch's revisions run on a dialect: one of its own, or MariaDB for what is written for MySQL.
    #[must_use]
    pub fn runs_on(&self, dialect: Dialect) -> bool {
        self.dialects.is_empty() || self.dialects.iter().any(|own| dialect.script_names().contains(&own.name()))
    }

    /// Where the URL comes from, to be held against where another branch's comes from: two branches whose files name one source
    /// are meant to share a database.
    #[must_use]
    pub fn named_source(&self) -> NamedSource<'_> {
        NamedSource::new(&self.database, &self.root)
    }
}

/// A branch from its file and the project's defaults.
pub(super) fn resolve(
    root: &Arc<Path>,
    name: BranchName,
    file: PathBuf,
    own: RawBranch,
    defaults: &RawBranch,
) -> Result<Branch, ProjectError> {
    let database = own.database.as_ref().or(defaults.database.as_ref());
    let database = database.map_or_else(|| DatabaseSource::default_of(&name), DatabaseSource::of_raw);
    let dialects = match own.dialects.or_else(|| defaults.dialects.clone()) {
        Some(dialects) => dialects.0,
        None => database.dialect().into_iter().collect(),
    };
    // As a default for all, `migrations` can only be the folder of the branches' folders.
    let migrations_named = own.migrations.is_some();
    let migrations = match own.migrations {
        Some(folder) => PathBuf::from(folder.0),
        None => {
            let parent = defaults.migrations.as_ref().map_or("migrations", |folder| &folder.0);
            Path::new(parent).join(name.as_str())
        }
    };
    Ok(Branch {
        database,
        aliases: own.aliases.into_iter().map(|alias| alias.0).collect(),
        dialects,
        migrations,
        migrations_named,
        ids: own.ids.or(defaults.ids).unwrap_or_default(),
        session: session(own.session, &defaults.session),
        lint: lint(&file, own.lint, &defaults.lint)?,
        name,
        file,
        root: Arc::clone(root),
    })
}

fn session(own: RawSession, defaults: &RawSession) -> Session {
    let fallback = Session::default();
    Session {
        lock_timeout: own.lock_timeout.or(defaults.lock_timeout).map_or(fallback.lock_timeout, |limit| limit.0),
        lock_retries: own.lock_retries.or(defaults.lock_retries).unwrap_or(fallback.lock_retries),
        statement_timeout: own
            .statement_timeout
            .or(defaults.statement_timeout)
            .map_or(fallback.statement_timeout, |limit| limit.0),
        state_schema: own.state_schema.or_else(|| defaults.state_schema.clone()).map(|schema| schema.0),
    }
}

/// What a branch says of a code wins over the defaults.
fn lint(file: &Path, own: RawLint, defaults: &RawLint) -> Result<LintSettings, ProjectError> {
    let said =
        |rule: &String, of: &RawLint| of.deny.contains(rule) || of.warn.contains(rule) || of.allow.contains(rule);
    let twice = own
        .deny
        .intersection(&own.warn)
        .chain(own.deny.intersection(&own.allow))
        .chain(own.warn.intersection(&own.allow));
    if let Some(rule) = twice.min() {
        return Err(ProjectError::LintTwice { file: file.to_owned(), rule: rule.clone() });
    }
    let merged = |own_rules: &BTreeSet<String>, default_rules: &BTreeSet<String>| {
        let defaults =
            default_rules.iter().filter(|rule| !said(rule, &own)).map(|rule| (rule.clone(), PROJECT_FILE.into()));
        defaults.chain(own_rules.iter().map(|rule| (rule.clone(), file.to_owned()))).collect()
    };
    Ok(LintSettings {
        deny: merged(&own.deny, &defaults.deny),
        warn: merged(&own.warn, &defaults.warn),
        allow: merged(&own.allow, &defaults.allow),
    })
}
