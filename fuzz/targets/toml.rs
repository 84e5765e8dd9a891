//! The files of a project, each with the text in its place: branchline.toml, a branch file, a revision.toml, a .env file; and a
//! branch file with a password behind the text, which nothing shows.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use branchline::project::{self, DatabaseSource, Project, SecretSource};
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
    password(root, text);
    let _ = project::parse_dotenv(Path::new(".env"), text).map_err(|error| error.to_string());
});

const PASSWORD: &str = "zq9xv7kp";

/// So much of it that nobody writes it by chance; the fuzzer does on purpose, since it sees what is compared.
const CORE: &str = "q9xv7k";

/// A table of a URL's parts, as far as the text is TOML so far, so that what follows it is read as a key and its value.
fn password(root: &Path, text: &str) {
    let before = format!("[database]\n{text}\n");
    if text.to_ascii_lowercase().contains(CORE) || toml::from_str::<toml::Table>(&before).is_err() {
        return;
    }
    for line in [format!("password = \"{PASSWORD}\""), format!("password = {PASSWORD}"), format!("password = [\"{PASSWORD}\"]")] {
        fs::write(root.join("branches/auth.toml"), format!("{before}{line}\n")).expect("a file");
        let shown = match Project::load(root) {
            Ok(project) => {
                let branch = &project.branches["auth"];
                let url = match &branch.database {
                    // What is looked up elsewhere, or printed by a program, is nobody's to run here.
                    DatabaseSource::Parts(parts) if !matches!(parts.password, Some(SecretSource::Text(_)) | None) => None,
                    DatabaseSource::Parts(_) => Some(branch.database_url(&|_| None)),
                    DatabaseSource::Url(_) => None,
                };
                format!("{project:?} {} {url:?}", branch.database)
            }
            Err(problems) => {
                let hints: Vec<_> = problems.as_slice().iter().map(project::ProjectError::hint).collect();
                format!("{problems} {problems:?} {hints:?}")
            }
        };
        assert!(!shown.contains(PASSWORD), "{before}{line} is shown: {shown}");
    }
}

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
