//! Scripts in the words of a test, and what the rules find in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::branch::{BranchScripts, Ways};
use super::finding::{Finding, FoundIn};
use super::levels::Levels;
use super::project::{Project, project};
use super::rule;
use super::script::{ReadScript, Script};
use super::settle::{Meant, Scope, settle};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::graph::{Graph, Node};
use crate::names::RevisionKey;
use crate::sql::{self, ReadStatement, ScriptReading};

/// A script as the command would read it.
pub fn read(dialect: Dialect, text: &str, transaction: bool) -> ReadScript {
    let mut reading = ScriptReading { allowances: sql::allowances(dialect, text), ..ScriptReading::default() };
    for statement in sql::statements(dialect, text).unwrap() {
        let read = sql::read(dialect, text, &statement);
        let known = read.effects.known.iter().map(|effect| (statement.line, effect.clone()));
        reading.effects.known.extend(known);
        reading.effects.unknown.extend(read.effects.unknown.then_some(statement.line));
        reading.effects.moves_names |= sql::moves_names(dialect, text, &statement);
        if !read.only_writes_rows() {
            let own = statement.text(text);
            reading.statements.push(ReadStatement {
                line: statement.line,
                column: Some(statement.column),
                last_line: statement.line + own.matches('\n').count(),
                text: own.to_owned(),
                start: statement.range.start,
                reading: read,
            });
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
    settle(&BTreeMap::<_, Levels>::new(), found, &meant, Scope::Some).iter().map(said).collect()
}

fn said(finding: &Finding) -> String {
    let column = finding.location.column.map(|column| format!(":{column}")).unwrap_or_default();
    format!("{} {}{column}", finding.code, finding.location.line.unwrap_or_default())
}

/// What the rules of this code find in revisions `auth@1`, `auth@2` and so on, none of which is another's parent, on
/// PostgreSQL: the messages, without the hints.
pub fn findings_of_revisions(scripts: &[&str], code: &str) -> Vec<String> {
    let keys: Vec<RevisionKey> = (1..=scripts.len()).map(|id| format!("auth@{id}").parse().unwrap()).collect();
    let node = |key: &RevisionKey| Node {
        key: key.clone(),
        parents: Vec::new(),
        depends_on: Vec::new(),
        replaces: Vec::new(),
        file: "revision.toml".into(),
        description: String::new(),
    };
    let branch = "auth".parse().unwrap();
    let graph = Graph::build(std::slice::from_ref(&branch), keys.iter().map(node).collect()).unwrap();
    let ways = |(key, text): (&RevisionKey, &&str)| {
        let up = ReadScript { file: PathBuf::from(format!("{}.sql", key.id)), ..read(Dialect::Postgres, text, true) };
        (graph.find(key).unwrap(), Ways { up: Some(up), ..Ways::default() })
    };
    let revisions = keys.iter().zip(scripts).map(ways).collect();
    let looked_at = [BranchScripts { branch: &branch, dialect: Dialect::Postgres, database: None, revisions }];
    let found = project(&Project::new(&graph, &[], &looked_at, &[]));
    let found = found.into_iter().flat_map(|found| found.found).filter(|found| found.code.name() == code);
    found.map(|found| found.message).collect()
}
