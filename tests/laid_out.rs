//! What `init` and `revision` lay out can be used as it is: it loads, makes a sound graph, and runs on every dialect it names.

use branchline::direction::Direction;
use branchline::names::RevisionId;
use branchline::project::{NewBranch, Project, init};
use branchline::revision::{LoadOptions, NewRevision};
use branchline::script;
use branchline::workspace::Workspace;

#[test]
fn the_example_of_init_runs_both_ways_on_its_dialects() {
    let folder = tempfile::tempdir().unwrap();
    init(&[]).unwrap().write(folder.path()).unwrap();
    let workspace = Workspace::load(folder.path(), LoadOptions::default()).unwrap();
    assert_eq!(workspace.revisions.len(), 2);
    for revision in &workspace.revisions {
        for &dialect in &workspace.project.branches[&revision.key.branch].dialects {
            for direction in [Direction::Up, Direction::Down] {
                let program = script::load(folder.path(), revision, direction, dialect)
                    .unwrap_or_else(|error| panic!("{}, {direction} on {dialect}: {error}", revision.key));
                assert!(program.statement_count() > 0, "{}, {direction} on {dialect}", revision.key);
            }
        }
    }
}

#[test]
fn new_revisions_and_a_merge_make_a_sound_graph() {
    let folder = tempfile::tempdir().unwrap();
    let branch: NewBranch = "auth=sqlite:auth.sqlite".parse().unwrap();
    init(&[branch]).unwrap().write(folder.path()).unwrap();
    let project = Project::load(folder.path()).unwrap();
    let mut ids: Vec<RevisionId> = Vec::new();
    // One to start with, two beside each other on it, and one that joins them.
    for (description, parents) in [("First", vec![]), ("Left", vec![0]), ("Right", vec![0]), ("Join", vec![1, 2])] {
        let parents: Vec<RevisionId> = parents.into_iter().map(|parent: usize| ids[parent].clone()).collect();
        let existing: Vec<&RevisionId> = ids.iter().collect();
        let new = NewRevision {
            branch: &project.branches["auth"],
            existing: &existing,
            description,
            parents: &parents,
            depends_on: &[],
            portable: false,
            now: time::OffsetDateTime::UNIX_EPOCH,
        }
        .draft();
        new.draft.write(folder.path()).unwrap();
        ids.push(new.key.id);
    }
    let workspace = Workspace::load(folder.path(), LoadOptions::default()).unwrap();
    assert_eq!(workspace.revisions.len(), 4);
    assert!(workspace.revisions[3].runs_nothing());
}
