mod sources;

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::{Draft, DraftFile, IdScheme, Project, ProjectError};
use crate::dialect::Dialect;

/// A project of these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn load(files: &[(&str, &str)]) -> Project {
    let folder = folder(files);
    Project::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What is wrong, and what to do about it.
fn errors(files: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
    let folder = folder(files);
    let problems = Project::load(folder.path()).unwrap_err();
    let root = folder.path().to_str().unwrap();
    problems.as_slice().iter().map(|error| (error.to_string().replace(root, "ROOT"), error.hint())).collect()
}

fn error(files: &[(&str, &str)]) -> (String, String) {
    let mut errors = errors(files);
    assert_eq!(errors.len(), 1, "{errors:?}");
    let (error, hint) = errors.remove(0);
    (error, hint.unwrap_or_default())
}

fn url(branch: &str, text: &str, env: &[(&str, &str)]) -> Result<String, ProjectError> {
    let folder =
        folder(&[(&format!("branches/{branch}.toml"), text), ("secret/url", "\u{feff}postgres://app:x@h/d\r\n")]);
    let project = Project::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
    let lookup = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    project.branch(branch).unwrap().database_url(&lookup).map(|url| url.to_string())
}

#[test]
fn an_empty_branch_file_has_defaults() {
    let project = load(&[("branches/auth.toml", ""), ("branches/README.md", "x"), ("branches/old.toml.bak", "x")]);
    assert_eq!(project.name, None);
    assert_eq!(project.branches.len(), 1);
    let auth = project.branch("auth").unwrap();
    assert_eq!(auth.database.to_string(), "env:DATABASE_URL_AUTH");
    assert_eq!(auth.migrations, Path::new("migrations/auth"));
    assert_eq!(auth.file, Path::new("branches/auth.toml"));
    assert!(auth.dialects.is_empty() && auth.runs_on(Dialect::Sqlite));
    assert_eq!(auth.ids, IdScheme::Timestamp);
    assert_eq!(auth.session.lock_timeout, Some(Duration::from_secs(10)));
    assert_eq!((auth.session.statement_timeout, &auth.session.state_schema), (None, &None));
}

#[test]
fn a_branch_wins_over_the_defaults_key_by_key() {
    let project = load(&[
        (
            "branchline.toml",
            "project = \"shop\"\ndialects = [\"sqlite\", \"postgres\"]\nmigrations = \"db\"\nids = \"sequence\"\n\
             [session]\nlock_timeout = \"0s\"\nstatement_timeout = \"1m 30s\"\nstate_schema = \"meta\"\n\
             [lint]\ndeny = [\"a\", \"b\"]\nallow = [\"c\"]\n",
        ),
        (
            "branches/auth.toml",
            "\u{feff}dialects = [\"mysql\"]\r\nids = \"timestamp\"\r\n[session]\r\nlock_timeout = \"5s\"\r\n\
             [lint]\r\nallow = [\"a\"]\r\ndeny = [\"d\"]\r\n",
        ),
        ("branches/specs.toml", "migrations = \"db/x\""),
        ("db/x/README", ""),
    ]);
    assert_eq!(project.name.unwrap().as_str(), "shop");
    let auth = &project.branches["auth"];
    assert_eq!(auth.dialects, [Dialect::Mysql]);
    assert_eq!(auth.migrations, Path::new("db/auth"));
    assert_eq!(auth.ids, IdScheme::Timestamp);
    assert_eq!(auth.session.lock_timeout, Some(Duration::from_secs(5)));
    assert_eq!(auth.session.statement_timeout, Some(Duration::from_secs(90)));
    assert_eq!(auth.session.state_schema.as_deref(), Some("meta"));
    assert_eq!(auth.lint.deny.keys().collect::<Vec<_>>(), ["b", "d"]);
    assert_eq!(auth.lint.allow.keys().collect::<Vec<_>>(), ["a", "c"]);
    let specs = &project.branches["specs"];
    assert_eq!((specs.ids, specs.session.lock_timeout), (IdScheme::Sequence, None));
    assert_eq!(specs.dialects, [Dialect::Postgres, Dialect::Sqlite]);
    assert_eq!(specs.migrations, Path::new("db/x"));
}

#[test]
fn everything_wrong_is_said_at_once() {
    let errors = errors(&[
        ("branchline.toml", "projct = \"x\""),
        ("branches/my-branch.toml", ""),
        ("branches/a.toml", "\n  dialects = [\"postgres\", \"postgress\"]"),
        ("branches/b.toml", "[session]\nlock_timeout = \"soon\""),
        ("branches/c.toml", "migrations = \"nowhere\""),
    ]);
    let said: Vec<&str> = errors.iter().map(|(error, _)| error.as_str()).collect();
    assert_eq!(
        said[0],
        "branches/a.toml:2:27: unknown variant `postgress`, expected one of `postgres`, `mysql`, `mariadb`, `sqlite`"
    );
    assert_eq!(said[1], "branches/b.toml:2:16: `soon` is no duration such as \"10s\", or \"0s\" for none");
    assert_eq!(said[2], "branches/c.toml: branch c: the folder nowhere of `migrations` does not exist");
    assert_eq!(
        said[3],
        "branches/my-branch.toml: `my-branch` is no branch name: a letter, then letters, digits and `_`"
    );
    assert!(said[4].starts_with("branchline.toml:1:1: unknown field `projct`"), "{}", said[4]);
    assert_eq!(errors[0].1.as_deref(), Some("did you mean `postgres`?"));
    assert_eq!(errors[3].1.as_deref(), Some("the file's name is the branch's name: rename it to my_branch.toml"));
    assert_eq!(errors[4].1.as_deref(), Some("did you mean `project`?"));
}

#[test]
fn bad_files() {
    let said = |text: &str| error(&[("branches/a.toml", text)]).0;
    assert_eq!(error(&[("branches/README", "")]).0, "branches: no branch: no file NAME.toml in it");
    assert_eq!(error(&[("x", "")]).0, "no project: ROOT has no folder `branches`");
    assert_eq!(error(&[("branches", "")]).0, "no project: ROOT has no folder `branches`");
    assert!(said("dialects = []").starts_with("branches/a.toml:1:12: `dialects` names none"));
    assert!(said("dialect = [\"postgres\"]").contains("unknown field `dialect`"));
    assert!(said("ids = \"uuid\"").contains("unknown variant `uuid`"));
    assert!(said("[session]\nstate_schema = \"\"").starts_with("branches/a.toml:2:16"));
    assert!(said("[lint]\ndeny = [\"x\"]\nallow = [\"x\"]").contains("[lint] names `x` in two of"));
    let (shared, _) = error(&[
        ("branches/a.toml", ""),
        ("branches/b.toml", "migrations = \"./migrations/a/\""),
        ("migrations/a/x", ""),
    ]);
    assert_eq!(shared, "the branches a and b have the same folder of revisions, ./migrations/a/");
}

#[test]
fn a_file_that_is_not_utf8_names_the_place() {
    let folder = folder(&[("branches/a.toml", "")]);
    fs::write(folder.path().join("branches/a.toml"), b"# x\n# \xff").unwrap();
    assert_eq!(Project::load(folder.path()).unwrap_err().to_string(), "branches/a.toml:2:3: not UTF-8");
}

#[test]
fn a_toml_error_never_shows_the_url() {
    for text in [
        "database = postgres://app:SEKRET@h/d",
        "database = \"postgres://app:SEKRET@h/d",
        "database = [\"postgres://app:SEKRET@h/d\"]",
        "database = { url = \"postgres://app:SEKRET@h/d\" }",
        "databse = \"postgres://app:SEKRET@h/d\"",
        "database = \"postgres://app:SEK\"RET@h/d\"",
    ] {
        let folder = folder(&[("branches/a.toml", text)]);
        let problems = Project::load(folder.path()).unwrap_err();
        assert!(!format!("{problems} {problems:?}").contains("SEK"), "{problems:?}");
    }
    let project = load(&[("branches/a.toml", "database = \"postgres://app:SEKRET@h/d\"")]);
    assert!(!format!("{project:?}").contains("SEKRET"));
    assert!(format!("{project:?}").contains("postgres://app@h/d"));
}

#[test]
fn urls_come_from_variables_files_and_the_file_itself() {
    let env = [("DATABASE_URL_AUTH", "postgres://u:x@h/auth"), ("OTHER", "mysql://h/other")];
    assert_eq!(url("auth", "", &env).unwrap(), "postgres://u@h/auth");
    assert_eq!(url("Auth", "", &env).unwrap(), "postgres://u@h/auth");
    assert_eq!(url("auth", "database = \"env:OTHER\"", &env).unwrap(), "mysql://h/other");
    assert_eq!(url("auth", "database = \"file:secret/url\"", &[]).unwrap(), "postgres://app@h/d");
    assert_eq!(url("auth", "database = \"sqlite:a.db\"", &[]).unwrap(), "sqlite:a.db");
}

#[test]
fn a_url_that_cannot_be_had() {
    let unset = url("auth", "", &[]).unwrap_err();
    assert_eq!(
        unset.to_string(),
        "branch auth: the variable DATABASE_URL_AUTH is not set; branches/auth.toml takes its database from there"
    );
    assert!(unset.hint().unwrap().starts_with("set DATABASE_URL_AUTH to its URL"));
    assert!(url("auth", "", &[("DATABASE_URL_AUTH", "")]).unwrap_err().to_string().contains("is empty"));
    let missing = url("auth", "database = \"file:nowhere\"", &[]).unwrap_err().to_string();
    assert!(missing.starts_with("branch auth: cannot read its database URL from nowhere: "), "{missing}");
    let bad = url("auth", "", &[("DATABASE_URL_AUTH", "postgress://u:SEKRET@h/d")]).unwrap_err();
    assert_eq!(
        bad.to_string(),
        "branch auth: unknown scheme `postgress` in the database URL, as the variable DATABASE_URL_AUTH has it"
    );
    assert!(!format!("{bad:?}").contains("SEKRET"));
}

#[test]
fn the_urls_dialect_is_one_of_the_branchs() {
    let try_one = |dialects: &str, text: &str| url("a", &format!("dialects = {dialects}\ndatabase = \"{text}\""), &[]);
    assert!(try_one("[\"postgres\", \"sqlite\"]", "sqlite:x").is_ok());
    assert!(try_one("[\"mysql\"]", "mariadb://h/d").is_ok());
    let error = try_one("[\"mariadb\"]", "mysql://u:SEKRET@h/d").unwrap_err();
    assert_eq!(
        error.to_string(),
        "branch a: mysql://u@h/d is a mysql database, and branches/a.toml names only mariadb"
    );
    assert_eq!(error.hint().unwrap(), "where the server is MariaDB, begin the URL with mariadb://");
    assert!(!format!("{error:?}").contains("SEKRET"));
    assert!(try_one("[\"postgres\"]", "sqlite:x").is_err());
}

#[test]
fn sqlite_paths_are_relative_to_the_project() {
    let folder = folder(&[("branches/a.toml", "database = \"sqlite:data/a.db\"")]);
    let project = Project::load(folder.path()).unwrap();
    let url = project.branches["a"].database_url(&|_| None).unwrap();
    let crate::database_url::Target::Sqlite(file) = url.target() else { panic!() };
    assert_eq!(file.file(), folder.path().join("data/a.db"));
    assert_eq!(project.branches["a"].dialects, [Dialect::Sqlite]);
}

/// A folder that was left behind would be a revision without a manifest.
#[test]
fn a_draft_that_cannot_be_written_leaves_nothing() {
    let folder = folder(&[("there/before", "")]);
    let files = ["there/1/one", "new/2/two", "new/2/two/three"].map(|file| DraftFile::new(file, ""));
    let draft = Draft { folders: vec!["new/empty".into()], files: files.into() };
    assert!(matches!(draft.write(folder.path()), Err(ProjectError::Write { .. })));
    assert!(!folder.path().join("new").exists() && !folder.path().join("there/1").exists());
    assert!(folder.path().join("there/before").exists());
}

#[test]
fn the_nearest_project_upward() {
    let folder = folder(&[("branches/a.toml", ""), ("migrations/a/0001/x", "")]);
    assert_eq!(Project::find(&folder.path().join("migrations/a/0001")).unwrap(), folder.path());
    assert_eq!(Project::find(folder.path()).unwrap(), folder.path());
    let nothing = tempfile::tempdir().unwrap();
    assert!(matches!(Project::find(nothing.path()), Err(ProjectError::NotFound { searched_upward: true, .. })));
}

#[test]
fn an_unknown_branch_names_the_nearest() {
    let project = load(&[("branches/auth.toml", ""), ("branches/specs.toml", "")]);
    let error = project.branch("auht").unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.hint().as_deref()),
        ("there is no branch `auht`", Some("did you mean `auth`?"))
    );
    assert_eq!(project.branch("x").unwrap_err().hint().unwrap(), "the project's branches: auth, specs");
}
