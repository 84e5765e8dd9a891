//! `statements`: how a script falls into statements.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use branchline::dialect::Dialect;
use branchline::error::{Exit, Failure, Failures};
use branchline::listing::listed;
use branchline::location::Location;
use branchline::project::{Branch, Project};
use branchline::sql::{self, Statement};
use clap::Args;
use serde_json::{Value, json};

use super::show_script::on_one_line;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::table::Table;

/// Show how a script falls into statements
///
/// Each with the line where it begins, as the database itself would divide the script: JSON has the statements whole. The data
/// of a `COPY ... FROM STDIN` goes with it. Says where something begins that does not end, and which lines are commands of a
/// database's own client and no SQL. Needs no database.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    branchline statements migrations/auth/0001_users/up.postgres.sql\n  \
    branchline statements dump.sql --dialect mariadb --format json\n  \
    pg_dump shop | branchline statements - --dialect postgres")]
pub struct Statements {
    /// The script; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// postgres, mysql, mariadb or sqlite [default: what the file's name or its branch says]
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
}

impl Statements {
    pub fn run(self, context: &Context) -> Result<Answer, Failures> {
        let dialect = match self.dialect {
            Some(dialect) => dialect,
            None => self.guess(context)?,
        };
        let text = self.read()?;
        let found = sql::statements(dialect, &text).map_err(|error| self.failure(context, &error))?;
        let mut table = Table::new(["LINE", "STATEMENT"]);
        for statement in &found {
            table.row([statement.line.to_string(), line_of(statement, &text)]);
        }
        let shown = if found.is_empty() { "no statements".to_owned() } else { table.to_string() };
        let documents: Vec<Value> = found.iter().map(|statement| document(statement, &text)).collect();
        Ok(Answer::text(shown).with("dialect", dialect).with("statements", documents))
    }

    fn is_stdin(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    fn read(&self) -> Result<String, Failures> {
        let mut bytes = Vec::new();
        let read = if self.is_stdin() {
            std::io::stdin().read_to_end(&mut bytes).map(|_| ())
        } else {
            std::fs::read(&self.file).map(|read| bytes = read)
        };
        let file = self.file.display();
        read.map_err(|error| Failure::new("io", Exit::Usage, format!("{file} cannot be read: {error}")))?;
        String::from_utf8(bytes).map_err(|invalid| {
            let valid = invalid.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&invalid.as_bytes()[..valid]).into_owned();
            let place = Location::of_offset(&self.file, &text, valid);
            let failure = Failure::new("invalid_script", Exit::Usage, format!("{place}: not UTF-8")).at(Some(&place));
            Failure { shows_source: false, ..failure }.into()
        })
    }

    fn failure(&self, context: &Context, error: &sql::ScriptError) -> Failures {
        let place = Location { file: self.file.clone(), line: Some(error.line), column: Some(error.column) };
        let failure = Failure::new("invalid_script", Exit::Usage, error.to_string());
        let failure = failure.with_hint(error.hint()).at(Some(&place));
        // Excerpts are read from the project's folder on; another file may have that name there.
        let seen = context.root_for_display().join(&self.file).canonicalize().ok();
        let shows_source = seen.is_some() && seen == self.file.canonicalize().ok();
        Failure { shows_source, ..failure }.into()
    }

    /// The dialect that the file's name says, or the only one of the branch in whose folder the file lies.
    fn guess(&self, context: &Context) -> Result<Dialect, Failures> {
        let branch = self.branch(context);
        let of_branch = branch.map(|branch| branch.dialects).unwrap_or_default();
        let said = name_says(&self.file);
        let fit = |dialect: &&Dialect| said.is_none_or(|said| dialect.script_names().contains(&said.name()));
        let fitting: Vec<Dialect> = of_branch.iter().filter(fit).copied().collect();
        match (fitting.as_slice(), said) {
            ([dialect], _) => Ok(*dialect),
            (_, Some(said)) => Ok(said),
            (several, None) => {
                let known: Vec<&str> = match several {
                    [] => Dialect::ALL.iter().map(|dialect| dialect.name()).collect(),
                    _ => several.iter().map(|dialect| dialect.name()).collect(),
                };
                let message = format!("which dialect is {} written in?", self.file.display());
                let hint = format!("say so with --dialect: {}", listed(&known));
                Err(Failure::usage(message).with_hint(Some(hint)).into())
            }
        }
    }

    /// The branch in whose folder the file lies. A project with errors in it has none: `check` names them.
    fn branch(&self, context: &Context) -> Option<Branch> {
        let file = self.file.canonicalize().ok()?;
        let root = context.global.project.clone().or_else(|| Project::find(file.parent()?).ok())?;
        let branches = Project::load(&root).ok()?.branches.into_values();
        let holds = |branch: &Branch| root.join(&branch.migrations).canonicalize().is_ok_and(|at| file.starts_with(at));
        branches.into_iter().find(holds)
    }
}

/// `up.postgres.sql`
fn name_says(file: &Path) -> Option<Dialect> {
    Path::new(file.file_stem()?).extension()?.to_str()?.parse().ok()
}

fn line_of(statement: &Statement, text: &str) -> String {
    let shown = on_one_line(statement.text(text));
    match statement.data(text).map(|data| data.lines().count()) {
        None => shown,
        Some(1) => format!("{shown} (1 line of data)"),
        Some(lines) => format!("{shown} ({lines} lines of data)"),
    }
}

fn document(statement: &Statement, text: &str) -> Value {
    let mut document = json!({ "line": statement.line, "column": statement.column, "sql": statement.text(text) });
    if let Some(data) = statement.data(text) {
        document["data"] = json!(data);
    }
    document
}
