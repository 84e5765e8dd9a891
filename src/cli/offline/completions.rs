//! `completions`: what a shell must know to complete the command's words.

use branchline::error::Failures;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::answer::Answer;
use crate::cli::arguments::Arguments;

/// Print the script that lets a shell complete verbs and options
///
/// Put it where the shell looks for such scripts; it is the same until the next version of the command.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline completions bash > ~/.local/share/bash-completion/completions/branchline\n  \
    branchline completions zsh > ~/.zfunc/_branchline\n  \
    branchline completions fish > ~/.config/fish/completions/branchline.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<Answer, Failures> {
        let mut script = Vec::new();
        let mut command = Arguments::command();
        let name = command.get_name().to_owned();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        let script = String::from_utf8_lossy(&script).trim_end().to_owned();
        Ok(Answer::text(script.clone()).with("shell", self.shell.to_string()).with("script", script))
    }
}
