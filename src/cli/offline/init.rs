//! `init`: lays out a project.

use std::path::Path;

use branchline::error::{Exit, Failure, Failures};
use branchline::project::{
    BRANCHES_FOLDER, DatabaseSource, Draft, NewBranch, Project, ProjectError, SecretSource, init,
};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::context::Context;

/// Lay out a project: `branches/` and `migrations/`
///
/// Writes a file for each branch named, and a folder for its revisions, into --project DIR or the current folder. In a folder
/// that holds a project already it adds branches to it. Nothing is ever overwritten. A URL with a password goes into `.env`.
///
/// Without arguments it lays out an example of two branches on SQLite files, which runs as it is.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline --project demo init\n  \
    branchline init auth=postgres://app@db/auth specs=env:SPECS_URL\n  \
    branchline init billing            its URL is in the variable DATABASE_URL_BILLING")]
pub struct Init {
    /// A branch: NAME=URL, NAME=env:VARIABLE, NAME=file:PATH, NAME=command:PROGRAM, or NAME alone
    #[arg(value_name = "NAME=URL")]
    branches: Vec<String>,
}

impl Init {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let root = match &context.global.project {
            Some(folder) => folder.clone(),
            None => Context::current_folder()?,
        };
        let branches =
            self.branches.iter().map(|text| text.parse::<NewBranch>()).collect::<Result<Vec<_>, ProjectError>>()?;
        if branches.is_empty() && holds_branches(&root) {
            let message = format!("{} holds a project already", shown(&root));
            let hint = "`branchline init NAME=URL` adds a branch to it".to_owned();
            return Err(Failure::new("invalid_project", Exit::Usage, message).with_hint(Some(hint)).into());
        }
        let draft = init(&branches)?;
        std::fs::create_dir_all(&root).map_err(|error| {
            let message = format!("the folder {} cannot be made: {error}", shown(&root));
            Failures::from(Failure::new("io", Exit::Usage, message))
        })?;
        draft.write(&root)?;
        let files: Vec<_> = draft.files.iter().map(|file| &file.path).collect();
        Ok(Answer::text(text(context, &root, &branches, &draft))
            .with("project", &root)
            .with("folders", &draft.folders)
            .with("files", files))
    }
}

/// Whether there are branches already, sound or not.
fn holds_branches(root: &Path) -> bool {
    match Project::load(root) {
        Ok(_) => true,
        Err(problems) => problems
            .as_slice()
            .iter()
            .all(|problem| !matches!(problem, ProjectError::NotFound { .. } | ProjectError::NoBranches(_))),
    }
}

fn shown(root: &Path) -> String {
    root.display().to_string()
}

fn text(context: &Context, root: &Path, branches: &[NewBranch], draft: &Draft) -> String {
    let mut lines = vec![format!("Laid out in {}:", shown(root))];
    for file in &draft.files {
        let note = if file.secret { "   holds passwords: keep it out of version control" } else { "" };
        lines.push(format!("  {}{note}", file.path.display()));
    }
    lines.extend(draft.folders.iter().map(|folder| format!("  {}/", folder.display())));
    lines.push(String::new());
    lines.push("Next:".to_owned());
    let elsewhere = context.global.project.is_some();
    if elsewhere {
        lines.push(format!("  cd {}", shown(root)));
    }
    lines.extend(next(branches));
    lines.join("\n")
}

/// What to do with it.
fn next(branches: &[NewBranch]) -> Vec<String> {
    let Some(first) = branches.first() else {
        return vec![
            "  branchline status     where each branch's database stands".to_owned(),
            "  branchline upgrade    brings both up".to_owned(),
            format!("  edit {BRANCHES_FOLDER}/*.toml to use databases of your own"),
        ];
    };
    let unset = branches.iter().filter_map(|branch| match &branch.database {
        DatabaseSource::Url(SecretSource::Variable(variable)) => {
            Some(format!("  set {variable} to the URL of {}", branch.name))
        }
        _ => None,
    });
    let steps = [
        format!("  branchline revision {} \"first tables\"", first.name),
        "  write its scripts, then: branchline upgrade".to_owned(),
    ];
    unset.chain(steps).collect()
}
