//! The files of a project, each with the text in its place: branchline.toml, a branch file, a revision.toml, a .env file.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use branchline::project::{self, Project};
use branchline::revision;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    for inside in ["branches", "migrations/auth/0001_one"] {
        fs::create_dir_all(folder.path().join(inside)).expect("a folder");
    }
    fs::write(folder.path().join("migrations/auth/0001_one/up.sql"), "SELECT 1;").expect("a file");
    folder
});

const FILES: [(&str, &str); 3] = [
    ("branchline.toml", ""),
    ("branches/auth.toml", "database = \"sqlite:auth.sqlite\"\n"),
    ("migrations/auth/0001_one/revision.toml", "description = \"One\"\nparents = []\n"),
];

fuzz_target!(|text: &str| {
    let root = FOLDER.path();
    for (given, _) in FILES {
        for (file, otherwise) in FILES {
            fs::write(root.join(file), if file == given { text } else { otherwise }).expect("a file");
        }
        load(root);
    }
    let _ = project::parse_dotenv(Path::new(".env"), text).map_err(|error| error.to_string());
});

fn load(root: &Path) {
    match Project::load(root) {
        Ok(project) => {
            if let Err(problems) = revision::load(&project, revision::LoadOptions::default()) {
                assert!(!problems.to_string().is_empty());
            }
        }
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
}
