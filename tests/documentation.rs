//! The documentation is true: its examples are accepted, its links lead somewhere, its command lines exist, and its sessions
//! are what the command prints.
//!
//! A code block says what it is behind its language:
//!
//! - ```` ```toml revision.toml ```` (or `branchline.toml`, `branch.toml`, `up.toml`): accepted by the library.
//! - ```` ```console session ````: its commands are run in one new project a page, in order, and print just this, apart from
//!   durations and ids. An exit code other than 0 follows as `(exit code 6)`.
//! - ```` ```sql audit ````: a query that the session's database `data/specs.sqlite` answers.
//! - `file=PATH` behind any of them: the block is that file's content from there on.
//!
//! `BRANCHLINE_UPDATE_DOCS=1 cargo test --test documentation` writes what the commands print into the pages.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use branchline::project::Project;
use branchline::{revision, schema};
use support::{Outcome, TestProject, branchline as command};

const UPDATE: &str = "BRANCHLINE_UPDATE_DOCS";

struct Page {
    file: PathBuf,
    text: String,
}

/// A fenced block of code.
#[derive(Debug)]
struct Block<'a> {
    line: usize,
    words: Vec<&'a str>,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<Page> {
    let mut files: Vec<PathBuf> = [root().to_owned(), root().join("docs")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    assert!(files.len() > 5, "the pages were not found");
    files.into_iter().map(|file| Page { text: fs::read_to_string(&file).unwrap(), file }).collect()
}

impl Page {
    fn name(&self) -> String {
        self.file.strip_prefix(root()).unwrap().display().to_string()
    }

    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<Block<'_>> = None;
        for (index, line) in self.text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    open =
                        Some(Block { line: index + 1, words: info.split_whitespace().collect(), code: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.code.push_str(line);
                    block.code.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block of code does not end", self.name());
        blocks
    }

    /// The text without its blocks of code.
    fn prose(&self) -> String {
        let mut inside = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            let fence = line.starts_with("```");
            if !inside && !fence {
                prose.push_str(line);
                prose.push('\n');
            }
            inside ^= fence;
        }
        prose
    }
}

impl Block<'_> {
    fn is(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    fn file(&self) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix("file="))
    }
}

#[test]
fn examples_of_files_are_accepted() {
    let mut looked_at = 0;
    // The page on portable operations is held to the parser beside it.
    for page in pages().iter().filter(|page| page.name() != "docs/operations.md") {
        for block in page.blocks().iter().filter(|block| block.is("toml")) {
            let kinds = ["branchline.toml", "branch.toml", "revision.toml", "up.toml"];
            let kind = kinds.into_iter().find(|kind| block.is(kind)).unwrap_or_else(|| {
                panic!("{}:{}: say which file this is, one of {}", page.name(), block.line, kinds.join(", "))
            });
            if let Err(error) = accept(kind, &block.code) {
                panic!("{}:{}: {error}", page.name(), block.line);
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 5, "only {looked_at} examples were found");
}

fn accept(kind: &str, text: &str) -> Result<(), String> {
    let project = TestProject::new();
    match kind {
        "branchline.toml" => {
            project.write("branchline.toml", text).branch("auth", "");
        }
        "branch.toml" => {
            project.branch("auth", text);
            fs::create_dir_all(project.path().join("migrations/auth")).unwrap();
        }
        "revision.toml" => {
            project.branch("specs", "").revision("specs", "9999_example", text, &[("up.sql", "SELECT 1;")]);
        }
        _ => return schema::parse(Path::new("up.toml"), text).map(|_| ()).map_err(|error| error.to_string()),
    }
    let loaded = Project::load(project.path()).map_err(|problems| problems.to_string())?;
    revision::load(&loaded, revision::LoadOptions::default()).map(|_| ()).map_err(|problems| problems.to_string())
}

#[test]
fn links_lead_somewhere() {
    let mut looked_at = 0;
    for page in pages() {
        for link in links(&page.prose()) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.file.clone(),
                file => page.file.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: nothing is at {link}", page.name());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let found = text.lines().filter(|line| line.starts_with('#')).any(|line| anchor_of(line) == anchor);
                assert!(found, "{}: no heading is at {link}", page.name());
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 10, "only {looked_at} links were found");
}

/// A page that says which test proves something must not name one that is gone.
#[test]
fn files_that_are_named_exist() {
    let mut looked_at = 0;
    for page in pages() {
        let prose = page.prose();
        for name in prose.split('`').skip(1).step_by(2) {
            let is_ours = ["tests/", "src/", "benches/", "fuzz/"].iter().any(|folder| name.starts_with(folder));
            if is_ours && !name.contains(['*', ' ', '<']) {
                assert!(root().join(name).exists(), "{}: there is no {name}", page.name());
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 20, "only {looked_at} files are named");
}

fn links(prose: &str) -> Vec<String> {
    prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link.to_owned()).collect()
}

/// As hosts of Markdown make it: lower case, spaces to `-`, most else left out.
fn anchor_of(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    heading.chars().filter(|&c| c.is_alphanumeric() || c == '-' || c == '_').collect()
}

#[test]
fn command_lines_exist() {
    let project = TestProject::new();
    let mut looked_at = 0;
    for page in pages() {
        let prose = page.prose();
        let spans = prose.split('`').skip(1).step_by(2);
        let blocks = page.blocks();
        let blocks = blocks.iter().filter(|block| block.is("console") || block.is("sh") || block.is("yaml"));
        for line in blocks.flat_map(|block| block.code.lines()).chain(spans) {
            let Some(Invocation { arguments, .. }) = invocation(line) else { continue };
            let mut run = command(&project);
            run.args(&arguments).arg("--help");
            let outcome = Outcome::of(run);
            assert!(outcome.code == Some(0), "{}: {line}\n{outcome}", page.name());
            looked_at += 1;
        }
    }
    assert!(looked_at > 40, "only {looked_at} command lines were found");
}

/// The command with variables in front of it, and its arguments.
struct Invocation {
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// Reads `$ NAME=VALUE branchline VERB ...`, with or without the `$`.
fn invocation(line: &str) -> Option<Invocation> {
    let line = line.trim_start().trim_start_matches("- ").trim_start_matches("run: ").trim_start_matches("$ ");
    let mut words = words(line).into_iter().peekable();
    let mut variables = Vec::new();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        if !name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            break;
        }
        variables.push((name.to_owned(), value.to_owned()));
        words.next();
    }
    // What follows is the shell's business.
    (words.next()? == "branchline")
        .then(|| Invocation { variables, arguments: words.take_while(|word| !is_of_the_shell(word)).collect() })
}

fn is_of_the_shell(word: &str) -> bool {
    word.starts_with(['#', '>', '|', '&', ';'])
}

/// Words as a shell divides them, as far as quotes go.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[test]
fn sessions_are_what_the_command_prints() {
    let update = std::env::var_os(UPDATE).is_some();
    let mut looked_at = 0;
    for page in pages() {
        let project = TestProject::new();
        // The session begins in an empty folder.
        for folder in ["branches", "migrations"] {
            fs::remove_dir(project.path().join(folder)).unwrap();
        }
        let mut lines: Vec<String> = page.text.lines().map(|line| format!("{line}\n")).collect();
        for block in page.blocks() {
            if let Some(file) = block.file() {
                project.write(file, &block.code);
            }
            if block.is("audit") {
                query(&project.path().join("data/specs.sqlite"), &block.code);
            }
            if !block.is("session") {
                continue;
            }
            let printed = rerun(&project, &block.code);
            if update {
                // Joined into the first line, so that the places of later blocks stay what they are.
                let place = block.line..block.line + block.code.lines().count();
                lines[place.clone()].fill(String::new());
                lines[place.start] = kept(&block.code, printed);
            } else if variable(&printed) != variable(&block.code) {
                panic!(
                    "{}:{}: the page says\n\n{}\nand the command\n\n{printed}\n{UPDATE}=1 writes it into the page",
                    page.name(),
                    block.line,
                    block.code
                );
            }
            looked_at += 1;
        }
        if update && lines.concat() != page.text {
            fs::write(&page.file, lines.concat()).unwrap();
        }
    }
    assert!(looked_at > 5, "only {looked_at} sessions were found");
}

/// Runs a query, which must be one that the database accepts.
fn query(file: &Path, sql: &str) {
    use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answered = runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
        connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await
    });
    assert!(answered.is_ok(), "{sql}\n{answered:?}");
}

/// The commands of a block, each with what it prints now.
fn rerun(project: &TestProject, code: &str) -> String {
    let mut printed = String::new();
    for line in code.lines().filter(|line| line.starts_with("$ ")) {
        let Invocation { variables, arguments } = invocation(line).unwrap_or_else(|| panic!("cannot run {line}"));
        let mut run = command(project);
        run.envs(variables).args(&arguments).env("USER", "ada");
        let outcome = Outcome::of(run);
        printed.push_str(&format!("{line}\n{}{}", outcome.stdout, outcome.stderr));
        if outcome.code != Some(0) {
            printed.push_str(&format!("(exit code {})\n", outcome.code.unwrap_or(-1)));
        }
    }
    let folder = project.path().display().to_string();
    printed.lines().map(|line| format!("{}\n", line.replace(&folder, "/tmp/shop").trim_end())).collect()
}

/// What was printed, or what stands there already where it is the same.
fn kept(old: &str, new: String) -> String {
    if variable(old) == variable(&new) { old.to_owned() } else { new }
}

/// The text with `N` for durations, `ID` for the ids of runs and databases.
fn variable(text: &str) -> String {
    text.lines()
        .map(|line| match line.split_once("\": ") {
            Some((key, _)) if key.ends_with("\"duration_ms") => format!("{key}\": N\n"),
            Some((key, _)) if key.ends_with("\"run_id") => format!("{key}\": ID\n"),
            _ => format!("{}\n", without_duration(line)),
        })
        .collect()
}

/// The line with `N` for the first number of milliseconds, and for the spaces before it that align it.
fn without_duration(line: &str) -> String {
    let Some((before, after)) = line.split_once(" ms") else { return line.to_owned() };
    let rest = before.trim_end_matches(|c: char| c.is_ascii_digit());
    if rest.len() == before.len() { line.to_owned() } else { format!("{} N ms{after}", rest.trim_end()) }
}
