//! The files of the sample project, without a database: they say the same on every dialect, can be taken back, and declare
//! every column that means a row of the other branch.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use branchline::dialect::Dialect;
use branchline::schema;
use support::catalog::{self, Facts};

#[test]
fn every_revision_can_be_said_and_taken_back_on_every_dialect() {
    for branch in ["auth", "specs"] {
        for (id, folder) in revision_folders(branch) {
            let file = folder.join("up.toml");
            let script = schema::parse(&file, &fs::read_to_string(&file).unwrap()).unwrap();
            assert_eq!(script.check(&Dialect::ALL), [], "{branch}@{id}");
            for dialect in Dialect::ALL {
                assert_eq!(script.irreversible(dialect), [], "{branch}@{id}");
                assert!(!script.up(dialect).unwrap().is_empty(), "{branch}@{id} does nothing on {dialect}");
                assert!(!script.down(dialect).unwrap().is_empty(), "{branch}@{id} takes nothing back on {dialect}");
            }
        }
    }
}

#[test]
fn each_reference_begins_where_its_column_does() {
    let facts = Facts::load();
    let mut expected = catalog::reference_lines(&facts);
    for column in ["creator_id", "owner_id"] {
        expected.push(format!("011: specs:projects.{column} -> auth:users.id"));
    }
    expected.sort();
    let mut found = Vec::new();
    let mut revisions = 0;
    for branch in ["auth", "specs"] {
        for (id, folder) in revision_folders(branch) {
            let document: toml::Table = fs::read_to_string(folder.join("revision.toml")).unwrap().parse().unwrap();
            revisions += 1;
            let references = document.get("reference").and_then(toml::Value::as_array).cloned().unwrap_or_default();
            let depends = document.get("depends_on").is_some();
            assert_eq!(depends, !references.is_empty(), "{branch}@{id}: who refers to auth depends on it");
            for reference in references {
                let text = |key: &str| reference[key].as_str().unwrap().to_owned();
                found.push(format!("{id}: {branch}:{} -> {}", text("from"), text("to")));
            }
        }
    }
    found.sort();
    assert_eq!(revisions, 17);
    assert_eq!(found, expected);
    assert_eq!(found.len(), 18);
}

/// The folders of a branch's revisions, by id.
fn revision_folders(branch: &str) -> BTreeMap<String, PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(branch);
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let (id, _) = name.split_once('_').expect("ID_slug");
            (id.to_owned(), path)
        })
        .collect()
}
