//! Laying out a project: branch files and folders for given databases, or a small example that runs at once.
//!
//! A URL with a password goes into `.env` and not into a file that will be committed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use super::draft::{Draft, DraftFile};
use super::error::ProjectError;
use super::source::{DatabaseSource, SecretSource};
use super::{BRANCHES_FOLDER, DOTENV_FILE};
use crate::database_url::{DatabaseUrl, Secret};
use crate::names::{BranchName, NameError};

/// A branch to be laid out: `NAME=URL`, `NAME=env:VARIABLE`, `NAME=file:PATH`, `NAME=command:PROGRAM ...`,
/// or `NAME` for the default variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBranch {
    /// Its name.
    pub name: BranchName,
    /// Where its URL comes from.
    pub database: DatabaseSource,
}

impl FromStr for NewBranch {
    type Err = ProjectError;

    /// The error does not quote the text: what is no `NAME=URL` may be a URL with its password.
    fn from_str(text: &str) -> Result<Self, ProjectError> {
        let (name, database) = match text.split_once('=') {
            Some((name, database)) => (name, Some(DatabaseSource::parse(database))),
            None => (text, None),
        };
        let name: BranchName = name.parse().map_err(|error| match error {
            NameError::ReservedBranch(_) => ProjectError::ReservedName(error),
            _ => ProjectError::NotNameAndUrl,
        })?;
        let database = database.unwrap_or_else(|| DatabaseSource::default_of(&name));
        if let Some(prefix) = database.url_behind_prefix() {
            return Err(ProjectError::UrlBehindPrefix { branch: name, file: None, prefix });
        }
        Ok(Self { name, database })
    }
}

/// The files of new branches; of the example where there are none.
///
/// # Errors
///
/// [`ProjectError`] for a URL that is none, and for a branch named twice.
pub fn init(branches: &[NewBranch]) -> Result<Draft, ProjectError> {
    if branches.is_empty() {
        return Ok(example());
    }
    let mut draft = Draft::default();
    let mut variables = String::new();
    let mut names = BTreeSet::new();
    for branch in branches {
        if !names.insert(&branch.name) {
            return Err(ProjectError::NamedTwice(branch.name.clone()));
        }
        let (text, variable) = branch_file(branch)?;
        variables.extend(variable);
        draft.files.push(DraftFile::new(format!("{BRANCHES_FOLDER}/{}.toml", branch.name), text));
        draft.folders.push(PathBuf::from(format!("migrations/{}", branch.name)));
    }
    if !variables.is_empty() {
        let text = format!("# Holds passwords: keep this file out of version control.\n{variables}");
        draft.files.push(DraftFile { path: DOTENV_FILE.into(), text, secret: true });
    }
    Ok(draft)
}

/// A branch's file, and its line in `.env` where its URL is secret.
fn branch_file(branch: &NewBranch) -> Result<(String, Option<String>), ProjectError> {
    let text = match &branch.database {
        DatabaseSource::Url(SecretSource::Text(url)) => return url_file(branch, url),
        DatabaseSource::Url(SecretSource::Variable(variable)) => format!("env:{variable}"),
        DatabaseSource::Url(SecretSource::File(path)) => format!("file:{}", path.display()),
        DatabaseSource::Url(SecretSource::Command(command)) => format!("command:{command}"),
        // No argument is read as parts.
        DatabaseSource::Parts(_) => return Err(ProjectError::NotNameAndUrl),
    };
    let text = format!(
        "database = {}\n# What every revision must be able to run on:\n# dialects = [\"postgres\", \"sqlite\"]\n",
        quoted(&text)
    );
    Ok((text, None))
}

fn url_file(branch: &NewBranch, text: &Secret) -> Result<(String, Option<String>), ProjectError> {
    let url = DatabaseUrl::parse(text.expose())
        .map_err(|error| ProjectError::NewUrl { branch: branch.name.clone(), error })?;
    let dialects = format!(
        "# What every revision must be able to run on. There are postgres, mysql, mariadb and sqlite.\ndialects = [\"{}\"]\n",
        url.dialect()
    );
    if url.server().is_none_or(|server| server.password.is_none()) {
        return Ok((format!("database = {}\n{dialects}", quoted(text.expose())), None));
    }
    let source = DatabaseSource::default_of(&branch.name);
    let file = format!(
        "# The URL holds a password, so it is in {DOTENV_FILE} or in the environment.\ndatabase = \"{source}\"\n{dialects}"
    );
    let DatabaseSource::Url(SecretSource::Variable(variable)) = source else { return Ok((file, None)) };
    Ok((file, Some(format!("{variable}={}\n", dotenv_quoted(text.expose())))))
}

/// A TOML string.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn dotenv_quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut escaped = String::new();
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$' | '`') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    format!("\"{escaped}\"")
}

/// Two branches on SQLite files, the second with a reference into the first.
fn example() -> Draft {
    let files = [
        ("branches/auth.toml", include_str!("example/branch_auth.toml")),
        ("branches/specs.toml", include_str!("example/branch_specs.toml")),
        ("migrations/auth/0001_users/revision.toml", include_str!("example/auth_revision.toml")),
        ("migrations/auth/0001_users/up.toml", include_str!("example/auth_up.toml")),
        ("migrations/specs/0001_projects/revision.toml", include_str!("example/specs_revision.toml")),
        ("migrations/specs/0001_projects/up.toml", include_str!("example/specs_up.toml")),
    ];
    Draft {
        // SQLite makes a missing file, but not a missing folder.
        folders: vec!["data".into()],
        files: files.into_iter().map(|(path, text)| DraftFile::new(path, text)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{NewBranch, init};
    use crate::project::{Project, ProjectError, parse_dotenv};

    fn branches(texts: &[&str]) -> Vec<NewBranch> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_example_loads() {
        let folder = tempfile::tempdir().unwrap();
        init(&[]).unwrap().write(folder.path()).unwrap();
        let project = Project::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(project.branches.len(), 2);
        for branch in project.branches.values() {
            let url = branch.database_url(&|_| None).unwrap();
            assert_eq!(url.to_string(), format!("sqlite:data/{}.sqlite", branch.name));
            assert!(folder.path().join("data").is_dir());
        }
        for file in ["auth/0001_users", "specs/0001_projects"] {
            let text = fs::read_to_string(folder.path().join("migrations").join(file).join("up.toml")).unwrap();
            let operations: toml::Table = toml::from_str(&text).unwrap();
            assert!(operations.contains_key("step"));
        }
        assert!(matches!(init(&[]).unwrap().write(folder.path()), Err(ProjectError::Exists(_))));
    }

    #[test]
    fn databases_of_every_kind() {
        let raw = "postgres://app:it's \"$SEKRET\\@h/auth";
        let given = [
            &format!("auth={raw}"),
            "specs=sqlite:x.db",
            "third=env:THIRD",
            "fourth=file:url",
            "fifth",
            "sixth=mysql://u:a'b@h/d",
        ];
        let draft = init(&branches(&given)).unwrap();
        assert!(!format!("{draft:?} {:?}", branches(&given)).contains("SEKRET"));
        let folder = tempfile::tempdir().unwrap();
        draft.write(folder.path()).unwrap();
        let committed: String = draft.files.iter().filter(|file| !file.secret).map(|file| file.text.as_str()).collect();
        assert!(!committed.contains("SEKRET"));
        let dotenv = parse_dotenv(Path::new(".env"), &fs::read_to_string(folder.path().join(".env")).unwrap()).unwrap();
        let project = Project::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
        let url = |name: &str| {
            project.branches[name].database_url(&|key| dotenv.get(key).map(|value| value.expose().to_owned())).unwrap()
        };
        assert_eq!(url("auth").server().unwrap().password.as_ref().unwrap().expose(), "it's \"$SEKRET\\");
        assert_eq!(url("sixth").server().unwrap().password.as_ref().unwrap().expose(), "a'b");
        assert_eq!(url("specs").to_string(), "sqlite:x.db");
        assert_eq!(project.branches["third"].database.to_string(), "env:THIRD");
        assert_eq!(project.branches["fourth"].database.to_string(), "file:url");
        assert_eq!(project.branches["fifth"].database.to_string(), "env:DATABASE_URL_FIFTH");
        assert!(folder.path().join("migrations/auth").is_dir());
    }

    #[test]
    fn bad_arguments_are_not_quoted() {
        for text in [
            "postgres://u:SEKRET@h/d",
            "postgres://u:SEKRET@h/d?sslmode=require",
            "my-auth=postgres://u:SEKRET@h/d",
            "auth=env:postgres://u:SEKRET@h/d",
            "auth=file:postgres://u:SEKRET@h/d",
            "",
        ] {
            let error = text.parse::<NewBranch>().unwrap_err();
            assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("SEKRET"));
        }
        let error = init(&branches(&["auth=oracle://u:SEKRET@h/d"])).unwrap_err();
        assert_eq!(error.to_string(), "branch auth: unknown scheme `oracle` in the database URL");
        assert!(matches!(init(&branches(&["a=sqlite:x", "a=sqlite:y"])), Err(ProjectError::NamedTwice(_))));
    }
}
