//! Scripts in the words of a test, and what the rules find in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::branch::{BranchScripts, Ways};
use super::code::Code;
use super::finding::{Finding, Found, FoundIn};
use super::levels::Levels;
use super::project::{Project, project};
use super::rule;
use super::script::{ReadScript, Script};
use super::settle::{Meant, Scope, settle};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::graph::{Graph, Node};
use crate::location::Location;
use crate::names::{BranchName, RevisionId, RevisionKey};
use crate::revision::{EndedReference, OnDelete, Reference, ReferenceTarget, ReferenceTo, Revision, Scripts};
use crate::sql::{self, Keep, ReadStatement, ScriptReading};

/// A script as the command would read it.
pub fn read(dialect: Dialect, text: &str, transaction: bool) -> ReadScript {
    let mut reading = ScriptReading { allowances: sql::allowances(dialect, text), ..ScriptReading::default() };
    let mut keep = Keep::default();
    for statement in sql::statements(dialect, text).unwrap() {
        let read = sql::read(dialect, text, &statement);
        let known = read.effects.known.iter().map(|effect| (statement.line, effect.clone()));
        reading.effects.known.extend(known);
        reading.effects.unknown.extend(read.effects.unknown.then_some(statement.line));
        reading.effects.moves_names |= sql::moves_names(dialect, text, &statement);
        let own = statement.text(text);
        let statement = ReadStatement {
            line: statement.line,
            column: Some(statement.column),
            last_line: statement.line + own.matches('\n').count(),
            text: own.to_owned(),
            start: statement.range.start,
            reading: read,
        };
        if keep.takes(&statement.text, &statement.reading) {
            reading.statements.push(statement);
        }
    }
    ReadScript { file: PathBuf::from("up.sql"), transaction, derived: false, reading }
}

/// What the rules for one script find in a way up: `code line:column`.
pub fn findings(dialect: Dialect, text: &str, transaction: bool) -> Vec<String> {
    findings_of_way(dialect, Direction::Up, text, transaction)
}

/// The same for either way.
pub fn findings_of_way(dialect: Dialect, direction: Direction, text: &str, transaction: bool) -> Vec<String> {
    let key: RevisionKey = "auth@1".parse().unwrap();
    let read = read(dialect, text, transaction);
    let before = BTreeSet::new();
    let script = Script::new(&key, direction, dialect, &read, &before);
    let found = rule::script(&script);
    let meant = [Meant { revision: &key, file: read.file.clone(), allowances: &read.reading.allowances }];
    let found = vec![FoundIn { revision: key.clone(), file: read.file.clone(), dialect, found }];
    settle(&BTreeMap::<_, Levels>::new(), found, &meant, Scope::Some).iter().map(in_a_line).collect()
}

fn in_a_line(finding: &Finding) -> String {
    let column = finding.location.column.map(|column| format!(":{column}")).unwrap_or_default();
    format!("{} {}{column}", finding.code, finding.location.line.unwrap_or_default())
}

/// A revision in the words of a test, on PostgreSQL where nothing else is said.
pub struct Written {
    key: RevisionKey,
    dialect: Dialect,
    database: Option<String>,
    parents: Vec<RevisionId>,
    up: String,
    down: Option<String>,
    derived: bool,
    references: Vec<Reference>,
    ended: Vec<EndedReference>,
}

/// A revision that starts its branch; its scripts are `auth/1.sql` and `auth/1.down.sql`, its manifest is `auth/1.toml`.
pub fn revision(key: &str, up: &str) -> Written {
    Written {
        key: key.parse().unwrap(),
        dialect: Dialect::Postgres,
        database: None,
        parents: Vec::new(),
        up: up.to_owned(),
        down: None,
        derived: false,
        references: Vec::new(),
        ended: Vec::new(),
    }
}

impl Written {
    pub fn after(mut self, parents: &[&str]) -> Self {
        self.parents = parents.iter().map(|id| id.parse().unwrap()).collect();
        self
    }

    pub fn down(mut self, text: &str) -> Self {
        self.down = Some(text.to_owned());
        self
    }

    /// A way down that is derived from the way up.
    pub fn derived(self, text: &str) -> Self {
        Self { derived: true, ..self.down(text) }
    }

    /// The dialect of the whole branch.
    pub fn on(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// The database of the whole branch.
    pub fn in_database(mut self, name: &str) -> Self {
        self.database = Some(name.to_owned());
        self
    }

    /// A `[[reference]]`; the first is declared at line 10, the next at line 20.
    pub fn refers(mut self, from: &str, to: &str) -> Self {
        self.references.push(Reference {
            from: from.parse().unwrap(),
            to: ReferenceTo::One(target(to)),
            on_delete: OnDelete::default(),
            owner: None,
            reason: None,
            when: None,
            parent_filter: None,
            grace: None,
            max_orphans: None,
            declared_at: Location {
                file: PathBuf::from(format!("{}/{}.toml", self.key.branch, self.key.id)),
                line: Some(10 * (self.references.len() + 1)),
                column: None,
            },
        });
        self
    }

    /// Makes the last reference one by the value of a column.
    pub fn by(mut self, by: &str, value: &str) -> Self {
        let reference = self.references.last_mut().unwrap();
        let targets = reference.targets().map(|target| (value.to_owned(), target.clone())).collect();
        reference.to = ReferenceTo::Polymorphic { by: by.parse().unwrap(), targets };
        self
    }

    /// An `[[end_reference]]`; the first is at line 15, the next at line 25.
    pub fn ends(mut self, from: &str) -> Self {
        let declared_at = Location {
            file: PathBuf::from(format!("{}/{}.toml", self.key.branch, self.key.id)),
            line: Some(10 * (self.ended.len() + 1) + 5),
            column: None,
        };
        self.ended.push(EndedReference { from: from.parse().unwrap(), declared_at });
        self
    }

    fn node(&self) -> Node {
        Node {
            key: self.key.clone(),
            parents: self.parents.clone(),
            depends_on: Vec::new(),
            references: Vec::new(),
            replaces: Vec::new(),
            file: "revision.toml".into(),
            description: String::new(),
        }
    }

    fn manifest(&self) -> Revision {
        Revision {
            key: self.key.clone(),
            slug: String::new(),
            folder: PathBuf::from(self.key.branch.to_string()),
            description: String::new(),
            parents: self.parents.clone(),
            depends_on: Vec::new(),
            transaction: true,
            replaces: Vec::new(),
            irreversible: None,
            references: self.references.clone(),
            ended_references: self.ended.clone(),
            verify: Vec::new(),
            scripts: Scripts::default(),
        }
    }

    fn ways(&self) -> Ways {
        let script = |text: &str, way: &str, derived| ReadScript {
            file: PathBuf::from(format!("{}/{}{way}.sql", self.key.branch, self.key.id)),
            derived,
            ..read(self.dialect, text, true)
        };
        let up = Some(script(&self.up, "", false));
        Ways { up, down: self.down.as_ref().map(|text| script(text, ".down", self.derived)), ..Ways::default() }
    }
}

/// `auth:users.id`.
fn target(text: &str) -> ReferenceTarget {
    let (branch, columns) = text.split_once(':').unwrap();
    ReferenceTarget { branch: branch.parse().unwrap(), columns: columns.parse().unwrap() }
}

/// These revisions as a project of which all branches are looked at.
pub fn with_project<T>(written: &[Written], look: impl FnOnce(&Project<'_>) -> T) -> T {
    let names: BTreeSet<BranchName> = written.iter().map(|written| written.key.branch.clone()).collect();
    let names: Vec<BranchName> = names.into_iter().collect();
    let graph = Graph::build(&names, written.iter().map(Written::node).collect()).unwrap();
    let mut by_index: Vec<&Written> = written.iter().collect();
    by_index.sort_by_key(|written| graph.find(&written.key).unwrap());
    let revisions: Vec<Revision> = by_index.iter().map(|written| written.manifest()).collect();
    let scripts = |branch| {
        let order = graph.revisions(branch);
        let first = by_index[order[0].as_usize()];
        BranchScripts {
            branch,
            dialect: first.dialect,
            database: first.database.clone(),
            shared_with: BTreeSet::new(),
            revisions: order.iter().map(|&index| (index, by_index[index.as_usize()].ways())).collect(),
        }
    };
    let looked_at: Vec<BranchScripts<'_>> = names.iter().map(scripts).collect();
    look(&Project::new(&graph, &revisions, &looked_at, &[]))
}

/// What the rules of this code find in these revisions.
pub fn found_in_project(revisions: &[Written], code: Code) -> Vec<FoundIn> {
    let mut found = with_project(revisions, project);
    for file in &mut found {
        file.found.retain(|found| found.code == code);
    }
    found.retain(|file| !file.found.is_empty());
    found
}

/// The same: `file:line message`.
pub fn said_of_project(revisions: &[Written], code: Code) -> Vec<String> {
    let found = found_in_project(revisions, code);
    let lines = found.iter().flat_map(|FoundIn { file, found, .. }| found.iter().map(move |one| (file, one)));
    lines.map(|(file, one)| format!("{}:{} {}", file.display(), one.line, one.message)).collect()
}

/// Only their hints.
pub fn hints_of_project(revisions: &[Written], code: Code) -> Vec<String> {
    let found = found_in_project(revisions, code);
    found.into_iter().flat_map(|file| file.found).filter_map(|one| one.hint).collect()
}

/// What the rules for one script say of a way up with these tables: `line:column message`.
pub fn said(dialect: Dialect, text: &str, code: Code) -> Vec<String> {
    let key: RevisionKey = "auth@1".parse().unwrap();
    let read = read(dialect, text, false);
    let before = BTreeSet::new();
    let found = rule::script(&Script::new(&key, Direction::Up, dialect, &read, &before));
    let place = |one: &Found| format!("{}:{} {}", one.line, one.column.unwrap_or_default(), one.message);
    found.iter().filter(|one| one.code == code).map(place).collect()
}
