//! `man`: the manual.

use std::path::{Path, PathBuf};

use branchline::error::{Exit, Failure, Failures};
use clap::{Args, Command, CommandFactory as _, ValueHint};

use crate::cli::answer::Answer;
use crate::cli::arguments::Arguments;

/// Where the pages come from, as their foot says.
const SOURCE: &str = concat!("branchline ", env!("CARGO_PKG_VERSION"));

/// Print the manual page, or write one for each verb
///
/// On stdout, the page of the command, which lists the verbs; with --out the pages of all verbs too, as files that `man` finds.
/// Pages that are there already are replaced.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline man | man -l -\n  \
    branchline man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Write a page for the command and one for each verb into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
}

impl Man {
    pub fn run(self) -> Result<Answer, Failures> {
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        let Some(out) = &self.out else {
            let page = page_of(command);
            return Ok(Answer::text(page.clone()).with("page", page));
        };
        let files = write(&command, out).map_err(|(path, error)| {
            let message = format!("cannot write {}: {error}", path.display());
            Failures::from(Failure::new("io", Exit::Usage, message))
        })?;
        let lines: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        Ok(Answer::text(lines.join("\n")).with("files", files))
    }
}

fn page_of(command: Command) -> String {
    // What follows the options in help: the exit codes for the command itself, examples for the verbs.
    let is_root = command.get_display_name().is_none_or(|name| name == command.get_name());
    let heading = if is_root { "\"EXIT CODES\"" } else { "EXAMPLES" };
    let mut page = Vec::new();
    // Writing into memory does not fail.
    let _ = clap_mangen::Man::new(command).source(SOURCE).render(&mut page);
    let page = String::from_utf8_lossy(&page).replace("\n.SH EXTRA\n", &format!("\n.SH {heading}\n"));
    page.trim_end().to_owned()
}

/// Writes the pages of a command and its verbs over what is there; gives their paths.
fn write(command: &Command, folder: &Path) -> Result<Vec<PathBuf>, (PathBuf, std::io::Error)> {
    std::fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error))?;
    let mut files = Vec::new();
    let mut waiting = vec![command];
    while let Some(command) = waiting.pop() {
        // Verbs may have verbs of their own; those that come first are written first.
        waiting.extend(command.get_subcommands().collect::<Vec<_>>().into_iter().rev());
        let file = folder.join(clap_mangen::Man::new(command.clone()).get_filename());
        let page = format!("{}\n", page_of(command.clone()));
        std::fs::write(&file, page).map_err(|error| (file.clone(), error))?;
        files.push(file);
    }
    Ok(files)
}
