//! `statements`: how a script falls into statements.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use branchline::dialect::Dialect;
use branchline::error::{Exit, Failure, Failures};
use branchline::listing::listed;
use branchline::location::Location;
use branchline::project::{Branch, Project};
use branchline::script::LONG_BYTES;
use branchline::sql::{self, SegmentError, Statement};
use clap::Args;
use serde_json::{Value, json};

use super::long_statements::{self, Stopped};
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
        let (begun, rest) = self.open()?;
        if begun.len() as u64 > LONG_BYTES {
            return self.print_long(context, dialect, begun.as_slice().chain(rest));
        }
        let text = self.text(begun)?;
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

    /// The beginning of the script, which is all of it unless it is a long one, and where the rest of it comes from.
    fn open(&self) -> Result<(Vec<u8>, Box<dyn Read>), Failures> {
        let source: io::Result<Box<dyn Read>> = if self.is_stdin() {
            Ok(Box::new(io::stdin().lock()))
        } else {
            File::open(&self.file).map(|file| Box::new(file) as Box<dyn Read>)
        };
        let mut source = source.map_err(|error| self.not_read(&error))?;
        let mut begun = Vec::new();
        let read = source.by_ref().take(LONG_BYTES + 1).read_to_end(&mut begun);
        read.map_err(|error| self.not_read(&error))?;
        Ok((begun, source))
    }

    fn text(&self, bytes: Vec<u8>) -> Result<String, Failures> {
        String::from_utf8(bytes).map_err(|invalid| {
            let valid = invalid.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&invalid.as_bytes()[..valid]).into_owned();
            self.not_utf8(Location::of_offset(&self.file, &text, valid)).into()
        })
    }

    fn print_long(&self, context: &Context, dialect: Dialect, script: impl Read) -> Result<Answer, Failures> {
        let out = io::BufWriter::new(anstream::stdout().lock());
        let answer = Answer { begun: true, ..Answer::default() };
        let failures = match long_statements::print(dialect, script, context.global.format, out) {
            Ok(()) => return Ok(answer),
            // A reader that has seen enough, such as `head`, is no error.
            Err(Stopped::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(answer),
            Err(Stopped::Output(error)) => {
                Failure::new("io", Exit::Failed, format!("the result cannot be printed: {error}")).into()
            }
            Err(Stopped::Script(SegmentError::Script(error))) => self.failure(context, &error),
            Err(Stopped::Script(SegmentError::Read(error))) => self.not_read(&error).into(),
            Err(Stopped::Script(SegmentError::NotUtf8 { line, column, .. })) => {
                self.not_utf8(Location { file: self.file.clone(), line: Some(line), column: Some(column) }).into()
            }
        };
        Ok(answer.with_failures(failures.as_slice().to_vec()))
    }

    fn not_read(&self, error: &io::Error) -> Failure {
        Failure::new("io", Exit::Usage, format!("{} cannot be read: {error}", self.file.display()))
    }

    fn not_utf8(&self, place: Location) -> Failure {
        let failure = Failure::new("invalid_script", Exit::Usage, format!("{place}: not UTF-8")).at(Some(&place));
        Failure { shows_source: false, ..failure }
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
    row(on_one_line(statement.text(text)), statement.data(text).map(|data| data.lines().count()))
}

/// A statement as it is shown, with how many lines of data go with it.
pub(super) fn row(shown: String, data: Option<usize>) -> String {
    match data {
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
