//! Everything that can be said of a project's scripts without a database: which cannot run, what they say, and what lint
//! finds in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::database_url::DatabaseUrl;
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::graph::RevisionIndex;
use crate::lint::{
    self, BranchScripts, Code, Finding, Found, FoundIn, Meant, Project as LintProject, ReadScript, Scope, Ways,
};
use crate::names::BranchName;
use crate::project::Branch;
use crate::revision::{Revision, Way};
use crate::script::{self, Program, ScriptError, ScriptErrorKind};
use crate::sql::{Allowance, allowances_in_toml};

use super::{Urls, Workspace};

/// What a branch runs on.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// Its dialects; none where nothing says so, and then any.
    pub dialects: Vec<Dialect>,
    /// Its database's name on the server, where it is known.
    pub database: Option<String>,
    /// The branches whose database is the same one, as far as that is known.
    pub shared_with: BTreeSet<BranchName>,
}

/// The scripts of some branches, as they were read.
#[derive(Debug, Default)]
pub struct Inspection<'a> {
    /// What was read: a branch and dialect each.
    pub scripts: Vec<BranchScripts<'a>>,
    /// Scripts that cannot run; each once, with the first dialect on which it cannot.
    pub errors: Vec<(Dialect, ScriptError)>,
    /// What the files of revisions that declare references say is meant.
    pub manifests: Vec<(RevisionIndex, Vec<Allowance>)>,
    /// Portable steps that cannot be taken back, where the revision does not say so. An `up.sql` without a way down is taken to
    /// say so.
    pub one_way: Vec<(Dialect, ScriptError)>,
}

impl Workspace {
    /// What each branch runs on: what its file says, or else what its URL leads to, if that is known.
    #[must_use]
    pub fn runs(&self, urls: &Urls) -> BTreeMap<BranchName, Runs> {
        let known = |branch: &BranchName| urls.known(branch);
        let of = |branch: &Branch| {
            let url = known(&branch.name);
            let dialects = if branch.dialects.is_empty() {
                url.map(DatabaseUrl::dialect).into_iter().collect()
            } else {
                branch.dialects.clone()
            };
            let place = url.map(DatabaseUrl::place);
            let shares = |other: &&BranchName| {
                **other != branch.name && place.is_some() && known(other).map(DatabaseUrl::place) == place
            };
            Runs {
                dialects,
                database: url.and_then(DatabaseUrl::server).map(|server| server.database.clone()),
                shared_with: self.project.branches.keys().filter(shares).cloned().collect(),
            }
        };
        self.project.branches.values().map(|branch| (branch.name.clone(), of(branch))).collect()
    }

    /// Reads both ways of all revisions of these branches, on each of their dialects.
    #[must_use]
    pub fn inspect<'a, 'r>(&'a self, branches: impl IntoIterator<Item = (&'a BranchName, &'r Runs)>) -> Inspection<'a> {
        let mut inspection = Inspection::default();
        for (branch, runs) in branches {
            inspection.manifests.extend(self.allowances_of_references(branch));
            let one = |dialect| self.inspect_branch(branch, runs, dialect);
            if !runs.dialects.is_empty() {
                runs.dialects.iter().for_each(|&dialect| inspection.add(one(dialect)));
                continue;
            }
            // A script is wrong if it is wrong on every one.
            let mut all: Vec<_> = Dialect::ALL.into_iter().map(one).collect();
            let same_script = |one: &ScriptError, other: &ScriptError| one.location.file == other.location.file;
            let wrong_everywhere = |(_, error): &&(Dialect, ScriptError)| {
                all.iter().all(|of_one| of_one.errors.iter().any(|(_, other)| same_script(error, other)))
            };
            let errors: Vec<_> = all[0].errors.iter().filter(wrong_everywhere).cloned().collect();
            all.iter_mut().for_each(|of_one| of_one.errors.clear());
            all.into_iter().for_each(|of_one| inspection.add(of_one));
            inspection.errors.extend(errors);
        }
        inspection
    }

    /// Findings about references stand in revision.toml.
    fn allowances_of_references(&self, branch: &BranchName) -> impl Iterator<Item = (RevisionIndex, Vec<Allowance>)> {
        let declares = |index: &&RevisionIndex| {
            let revision = self.revision(**index);
            !revision.references.is_empty() || !revision.ended_references.is_empty()
        };
        let declaring = self.graph.revisions(branch).iter().filter(declares);
        declaring.filter_map(|&index| {
            // It was read a moment ago; whoever deletes it now allows nothing.
            let text = std::fs::read_to_string(self.project.root.join(self.revision(index).manifest())).ok()?;
            Some((index, allowances_in_toml(&text))).filter(|(_, allowances)| !allowances.is_empty())
        })
    }

    fn inspect_branch<'a>(&'a self, branch: &'a BranchName, runs: &Runs, dialect: Dialect) -> Inspection<'a> {
        let mut inspection = Inspection::default();
        let mut revisions = Vec::new();
        for &index in self.graph.revisions(branch) {
            revisions.push((index, self.inspect_revision(self.revision(index), dialect, &mut inspection)));
        }
        let (database, shared_with) = (runs.database.clone(), runs.shared_with.clone());
        inspection.scripts.push(BranchScripts { branch, dialect, database, shared_with, revisions });
        inspection
    }

    fn inspect_revision(&self, revision: &Revision, dialect: Dialect, inspection: &mut Inspection<'_>) -> Ways {
        let root = &self.project.root;
        let mut ways = Ways::default();
        for direction in [Direction::Up, Direction::Down] {
            let way = revision.way(direction, dialect);
            let error = match script::load(root, revision, direction, dialect) {
                Ok(program) => {
                    let read = read_script(&program, dialect, matches!(way, Way::Derived(_)));
                    match direction {
                        Direction::Up => ways.up = Some(read),
                        Direction::Down => ways.down = Some(read),
                    }
                    continue;
                }
                Err(error) => error,
            };
            match direction {
                Direction::Up => ways.unread = error.kind != ScriptErrorKind::Missing,
                Direction::Down => ways.one_way = error.kind == ScriptErrorKind::Irreversible,
            }
            match (error.kind, way) {
                (ScriptErrorKind::Irreversible, Way::Derived(script)) => {
                    // A way down meets only the last of them.
                    let steps = script::irreversible(root, revision, script, dialect).filter(|steps| !steps.is_empty());
                    inspection
                        .one_way
                        .extend(steps.unwrap_or_else(|| vec![error]).into_iter().map(|step| (dialect, step)));
                }
                (ScriptErrorKind::Irreversible, Way::Irreversible(_) | Way::Missing) => {}
                (ScriptErrorKind::Missing, _) => {}
                (_, Way::Script(script)) => {
                    let all = script::refusals(root, revision, script, dialect);
                    let all = if all.is_empty() { vec![error] } else { all };
                    inspection.errors.extend(all.into_iter().map(|error| (dialect, error)));
                }
                _ => inspection.errors.push((dialect, error)),
            }
        }
        ways
    }

    /// What lint finds in what was read. `others` are the branches that are only there for what the first say of them.
    #[must_use]
    pub fn lint(&self, inspection: &Inspection<'_>, others: &Inspection<'_>) -> Vec<Finding> {
        let project = LintProject::new(&self.graph, &self.revisions, &inspection.scripts, &others.scripts);
        let mut found: Vec<FoundIn> =
            inspection.errors.iter().map(|(dialect, error)| found_in(*dialect, error)).collect();
        found.extend(inspection.one_way.iter().map(|(dialect, error)| found_in(*dialect, error)));
        found.extend(lint::project(&project));
        let mut findings = lint::settle(&self.levels, found, &self.meant(inspection), Scope::All);
        let order: BTreeMap<RevisionIndex, usize> =
            self.graph.order().iter().enumerate().map(|(place, index)| (*index, place)).collect();
        findings.sort_by_cached_key(|finding| {
            let place = self.graph.find(&finding.revision).and_then(|index| order.get(&index).copied());
            let location = &finding.location;
            (
                finding.revision.branch.clone(),
                place,
                location.file.clone(),
                location.line,
                location.column,
                finding.code,
            )
        });
        findings
    }

    fn meant<'a>(&'a self, inspection: &'a Inspection<'_>) -> Vec<Meant<'a>> {
        let mut meant = Vec::new();
        for (index, allowances) in &inspection.manifests {
            let revision = self.revision(*index);
            meant.push(Meant { revision: &revision.key, file: revision.manifest(), allowances });
        }
        for (index, ways) in inspection.scripts.iter().flat_map(|scripts| &scripts.revisions) {
            for read in [&ways.up, &ways.down].into_iter().flatten().filter(|read| !read.reading.allowances.is_empty())
            {
                let allowances = &read.reading.allowances;
                meant.push(Meant { revision: self.graph.key(*index), file: read.file.clone(), allowances });
            }
        }
        meant
    }
}

impl<'a> Inspection<'a> {
    /// Adds what is not known yet.
    fn add(&mut self, other: Inspection<'a>) {
        self.scripts.extend(other.scripts);
        self.manifests.extend(other.manifests);
        for error in other.errors {
            if !self.errors.iter().any(|known| known.1 == error.1) {
                self.errors.push(error);
            }
        }
        self.one_way.extend(other.one_way);
    }
}

/// A program as lint looks at it.
#[must_use]
pub fn read_script(program: &Program, dialect: Dialect, derived: bool) -> ReadScript {
    ReadScript {
        file: program.file.clone(),
        transaction: program.transaction,
        derived,
        reading: program.reading(dialect),
    }
}

/// A script that cannot run, or cannot be taken back, as a finding.
fn found_in(dialect: Dialect, error: &ScriptError) -> FoundIn {
    let code = match error.kind {
        ScriptErrorKind::Irreversible => Code::Irreversible,
        _ => error.code.parse().unwrap_or(Code::InvalidScript),
    };
    let (line, column) = (error.location.line.unwrap_or(1), error.location.column);
    let found = Found { hint: error.hint.clone(), ..Found::at_line(line, column, code, error.message.clone()) };
    FoundIn { revision: error.revision.clone(), file: error.location.file.clone(), dialect, found: vec![found] }
}
