//! The rules over the project that comes with Branchline.

use std::collections::BTreeMap;
use std::path::Path;

use super::{BranchScripts, Finding, Group, Levels, Project, ReadScript, Scope, Ways, project, settle};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::BranchName;
use crate::revision::LoadOptions;
use crate::script;
use crate::workspace::Workspace;

fn scripts<'a>(workspace: &'a Workspace, branch: &'a BranchName, dialect: Dialect, derived: bool) -> BranchScripts<'a> {
    let read = |index, direction| {
        let program = script::load(&workspace.project.root, workspace.revision(index), direction, dialect).ok()?;
        Some(ReadScript {
            file: program.file.clone(),
            transaction: program.transaction,
            derived: derived && direction == Direction::Down,
            reading: program.reading(dialect),
        })
    };
    let ways = |&index| {
        let (up, down) = (read(index, Direction::Up), read(index, Direction::Down));
        (index, Ways { unread: up.is_none(), one_way: down.is_none(), up, down })
    };
    let revisions = workspace.graph.revisions(branch).iter().map(ways).collect();
    BranchScripts { branch, dialect, database: None, shared_with: std::collections::BTreeSet::new(), revisions }
}

/// What is found on all dialects, `code file:line dialects`. The ways down are those that are derived; they can be taken for
/// written ones.
fn found(derived: bool) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::load(root, LoadOptions::default()).unwrap();
    let of = |dialect| workspace.graph.branches().map(move |branch| (dialect, branch));
    let looked_at: Vec<BranchScripts<'_>> = Dialect::ALL
        .into_iter()
        .flat_map(of)
        .map(|(dialect, branch)| scripts(&workspace, branch, dialect, derived))
        .collect();
    assert!(looked_at.iter().flat_map(|of| &of.revisions).all(|(_, ways)| ways.up.is_some() && ways.down.is_some()));
    let whole = Project::new(&workspace.graph, &workspace.revisions, &looked_at, &[]);
    for (of, tables) in whole.branches() {
        assert!(!tables.more && tables.iter().count() > 1, "{} on {} is known in full", of.branch, of.dialect);
    }
    let found = settle(&BTreeMap::<_, Levels>::new(), project(&whole), &[], Scope::Some);
    let says = |one: &Finding| {
        let dialects: Vec<&str> = one.dialects.iter().map(|dialect| dialect.name()).collect();
        let (file, line) = (one.location.file.display(), one.location.line.unwrap_or_default());
        format!("{} {file}:{line} {}", one.code, dialects.join(", "))
    };
    found.iter().filter(|one| one.code.group() != Group::Locks).map(says).collect()
}

#[test]
fn what_is_found_in_the_sample_project() {
    let no_index =
        "reference_index migrations/specs/006_teams_and_shares/revision.toml:23 postgres, mysql, mariadb, sqlite";
    assert_eq!(found(true), [no_index]);
}

/// A derived way down takes back all that the way up does: were it written by hand, nothing more would be found.
#[test]
fn derived_ways_down_restore() {
    assert_eq!(found(false), found(true));
}
