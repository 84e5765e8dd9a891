//! The rooms of the library, and who may enter which: reads every path of `src/**` that names another room or one of the
//! crates that belong to a room. Code under `#[cfg(test)]` may do as it needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms it may use. What is not named here is a plain file that all may use, and that uses no room.
const ROOMS: &[(&str, &[&str])] = &[
    ("database_url", &[]),
    ("project", &["database_url"]),
    ("sql", &[]),
    ("schema", &["sql"]),
    ("catalog", &["sql"]),
    ("revision", &["project", "sql", "schema"]),
    ("script", &["project", "revision", "schema", "sql"]),
    ("graph", &["revision"]),
    ("reference", &["graph", "sql", "revision", "catalog"]),
    ("lint", &["sql", "revision", "graph", "reference"]),
    ("plan", &["graph", "reference", "revision", "script", "sql", "schema", "report", "project"]),
    ("workspace", &["project", "revision", "graph", "reference", "database_url", "script", "sql", "lint"]),
    ("report", &["graph", "plan", "workspace", "lint", "reference", "revision", "catalog", "project"]),
    ("database", &["plan", "reference", "script", "revision", "schema", "sql", "database_url", "catalog"]),
    (
        "run",
        &[
            "plan",
            "database",
            "report",
            "graph",
            "lint",
            "revision",
            "project",
            "reference",
            "script",
            "sql",
            "database_url",
            "schema",
            "workspace",
            "catalog",
        ],
    ),
    (
        "error",
        &[
            "project",
            "revision",
            "sql",
            "schema",
            "lint",
            "graph",
            "reference",
            "plan",
            "database",
            "run",
            "report",
            "script",
            "workspace",
            "database_url",
        ],
    ),
];

/// Rooms of the command, which see everything and are seen by none.
const COMMAND: &[&str] = &["cli", "main"];

/// Where the crates that speak to a database, or wait, may be used.
const WITH_IO: &[&str] = &["database", "run", "main"];
const IO_CRATES: &[&str] = &["sqlx", "tokio", "tokio_util"];

const LONGEST: usize = 600;

struct Source {
    file: PathBuf,
    room: String,
    /// The module's path within the crate.
    module: Vec<String>,
    lines: usize,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(source(&root, &path));
            }
        }
    }
    sources.sort_by(|a, b| a.file.cmp(&b.file));
    assert!(sources.len() > 5, "src was not found");
    sources
}

fn source(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let file = path.strip_prefix(root).unwrap().to_owned();
    let mut module: Vec<String> =
        file.with_extension("").components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    let room = module[0].clone();
    // A file that its parent declares under #[cfg(test)] is test code as a whole.
    let is_test = module.last().is_some_and(|last| last == "tests" || last.ends_with("_tests"));
    let code = if is_test { String::new() } else { without_tests(&without_comments_and_texts(&text)) };
    Source { file, room, module, lines: text.lines().count(), code }
}

/// The code alone: comments and what stands in quotes become spaces.
fn without_comments_and_texts(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let skipped = match rest {
            ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['r', '"' | '#', ..] if !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') => raw_text(rest),
            ['"', ..] => quoted(rest),
            ['\'', '\\', ..] => 2 + rest[2..].iter().skip(1).position(|&c| c == '\'').map_or(0, |end| end + 2),
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if skipped == 0 {
            code.push(rest[0]);
            at += 1;
        } else {
            code.extend(rest[..skipped].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at += skipped;
        }
    }
    code
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => {
                depth += 1;
                at += 2;
            }
            ['*', '/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

fn raw_text(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let body = 2 + hashes;
    rest[body..]
        .windows(end.len())
        .position(|window| window == end)
        .map_or(rest.len(), |place| body + place + end.len())
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Without the items that stand under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(place) = rest.find(MARK) {
        kept.push_str(&rest[..place]);
        rest = &rest[place + MARK.len()..];
        rest = &rest[item_length(rest)..];
    }
    kept.push_str(rest);
    kept
}

/// Up to the `;` that ends an item, or the `}` that closes its body.
fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (place, character) in code.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return place + 1;
                }
            }
            ';' if depth == 0 => return place + 1,
            _ => {}
        }
    }
    code.len()
}

/// The rooms that a piece of code names: `crate::room`, `branchline::room`, `super::super::room`, and groups in braces.
fn rooms_named(source: &Source) -> BTreeSet<String> {
    let tokens = tokens(&source.code);
    let mut rooms = BTreeSet::new();
    for (place, token) in tokens.iter().enumerate() {
        let begins = place == 0 || tokens[place - 1] != "::";
        match token.as_str() {
            "crate" | "branchline" if begins => after(&tokens[place + 1..], &mut rooms),
            "super" if begins => {
                let climbs = tokens[place..].iter().step_by(2).take_while(|token| *token == "super").count();
                // One step leads to the parent: from a module of depth one that is the crate itself.
                if climbs >= source.module.len() {
                    after(&tokens[place + climbs * 2 - 1..], &mut rooms);
                }
            }
            _ => {}
        }
    }
    rooms
}

/// What follows `crate`: `:: name`, or `:: { name ..., name :: {...} }`.
fn after(tokens: &[String], rooms: &mut BTreeSet<String>) {
    let [separator, first, rest @ ..] = tokens else { return };
    if separator != "::" {
        return;
    }
    if first != "{" {
        rooms.insert(first.clone());
        return;
    }
    let mut depth = 1;
    let mut expects_name = true;
    for token in rest {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 1 => {
                expects_name = true;
                continue;
            }
            name if depth == 1 && expects_name => {
                rooms.insert(name.to_owned());
            }
            _ => {}
        }
        expects_name = false;
        if depth == 0 {
            return;
        }
    }
}

fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        match character {
            ':' if characters.peek() == Some(&':') => {
                characters.next();
                tokens.push("::".to_owned());
            }
            space if space.is_whitespace() => {}
            other => tokens.push(other.to_string()),
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

fn crates_named(source: &Source) -> BTreeSet<String> {
    let tokens = tokens(&source.code);
    let mut crates = BTreeSet::new();
    for (place, token) in tokens.iter().enumerate() {
        let begins = place == 0 || tokens[place - 1] != "::";
        let is_path = tokens.get(place + 1).is_some_and(|next| next == "::");
        let is_use = place > 0 && tokens[place - 1] == "use";
        if begins && (is_path || is_use) && IO_CRATES.contains(&token.as_str()) {
            crates.insert(token.clone());
        }
    }
    crates
}

fn may_use(room: &str) -> Option<&'static [&'static str]> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, others)| *others)
}

#[test]
fn each_room_uses_only_those_it_may() {
    let mut broken = Vec::new();
    for source in sources() {
        if COMMAND.contains(&source.room.as_str()) || source.room == "lib" {
            continue;
        }
        let allowed = may_use(&source.room).unwrap_or_default();
        for named in rooms_named(&source) {
            let is_room = may_use(&named).is_some() || COMMAND.contains(&named.as_str());
            if is_room && named != source.room && !allowed.contains(&named.as_str()) {
                broken.push(format!("{}: {} must not use {named}", source.file.display(), source.room));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What the table says, said once more where nobody adds a line to it in passing.
#[test]
fn pure_rooms_stay_pure() {
    for (room, others) in ROOMS {
        let impure =
            ["database", "run", "cli", "main"].into_iter().filter(|other| others.contains(other)).collect::<Vec<_>>();
        match *room {
            "run" => assert_eq!(impure, ["database"]),
            "error" => assert_eq!(impure, ["database", "run"]),
            _ => assert!(impure.is_empty(), "{room} must not use {impure:?}"),
        }
    }
}

#[test]
fn only_some_rooms_wait_or_speak_to_a_database() {
    let mut broken = Vec::new();
    for source in sources() {
        if !WITH_IO.contains(&source.room.as_str()) {
            broken.extend(crates_named(&source).iter().map(|name| format!("{}: {name}", source.file.display())));
        }
    }
    assert!(broken.is_empty(), "only {WITH_IO:?} may use these: {broken:#?}");
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines > LONGEST)
        .map(|source| format!("{}: {} lines", source.file.display(), source.lines))
        .collect();
    assert!(long.is_empty(), "more than {LONGEST} lines: {long:#?}");
}

#[test]
fn the_reader_of_paths_can_tell() {
    let named = |module: &str, code: &str| {
        let source = Source {
            file: PathBuf::new(),
            room: String::new(),
            module: module.split("::").map(str::to_owned).collect(),
            lines: 0,
            code: without_tests(&without_comments_and_texts(code)),
        };
        (rooms_named(&source).into_iter().collect::<Vec<_>>(), crates_named(&source).into_iter().collect::<Vec<_>>())
    };
    let rooms = |code| named("plan::order", code).0;
    assert_eq!(rooms("use crate::graph::Graph;"), ["graph"]);
    assert_eq!(rooms("use crate::{graph::{Graph, x}, run};"), ["graph", "run"]);
    assert_eq!(rooms("let x = crate::database::open();"), ["database"]);
    assert_eq!(rooms("use super::super::run::Y; use super::z;"), ["run"]);
    assert_eq!(
        rooms("// use crate::run;\n/* crate::run */ \"crate::run\" r#\"crate::run \"x\" \"# '\"' '\\'' "),
        Vec::<String>::new()
    );
    assert_eq!(rooms("'\"' ; use crate::run; '\"'"), ["run"]);
    assert_eq!(rooms("#[cfg(test)] mod tests { use crate::run; }\nuse crate::graph;"), ["graph"]);
    assert_eq!(rooms("#[cfg(test)] use crate::run;\nuse crate::graph;"), ["graph"]);
    assert_eq!(named("dialect", "use super::run;").0, ["run"]);
    assert_eq!(named("plan", "use sqlx::Row; let t = tokio::time::sleep(1); x::tokio::y").1, ["sqlx", "tokio"]);
    assert_eq!(named("plan", "#[cfg(test)]\nmod tests {\n use sqlx::Row;\n}").1, Vec::<String>::new());
}
