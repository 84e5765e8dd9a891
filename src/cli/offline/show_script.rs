//! What `show` says of a revision's scripts: for each dialect, the way up and the way down with their statements.

use std::path::Path;

use branchline::dialect::Dialect;
use branchline::direction::Direction;
use branchline::revision::{Revision, Way};
use branchline::script::{self, Piece, Place, Program, ScriptError};
use serde_json::{Value, json};

/// The scripts of a revision on one dialect.
pub struct Scripts {
    dialect: Dialect,
    ways: [WayRead; 2],
}

/// One way, as the engine would get it.
struct WayRead {
    direction: Direction,
    /// Of `script`, `derived`, `nothing`, `irreversible` and `missing`.
    way: &'static str,
    program: Result<Program, ScriptError>,
}

/// A statement, and the line of the user's file where it begins.
#[derive(Debug, PartialEq, Eq)]
struct StatementRead {
    line: Option<usize>,
    sql: Option<String>,
    /// Of a table, where the SQL is known only when the table's definition is.
    change: Option<String>,
}

/// Reads both ways on a dialect.
pub fn read(root: &Path, revision: &Revision, dialect: Dialect) -> Scripts {
    let way = |direction| WayRead {
        direction,
        way: match revision.way(direction, dialect) {
            Way::Script(_) => "script",
            Way::Derived(_) => "derived",
            Way::Nothing => "nothing",
            Way::Irreversible(_) => "irreversible",
            Way::Missing => "missing",
        },
        program: script::load(root, revision, direction, dialect),
    };
    Scripts { dialect, ways: [way(Direction::Up), way(Direction::Down)] }
}

impl Scripts {
    /// What is wrong with them.
    pub fn errors(&self) -> impl Iterator<Item = &ScriptError> {
        self.ways.iter().filter_map(|way| way.program.as_ref().err())
    }

    pub fn document(&self) -> Value {
        let [up, down] = &self.ways;
        let reversible = down.program.is_ok();
        json!({ "dialect": self.dialect, "reversible": reversible, "up": up.document(), "down": down.document() })
    }
}

impl WayRead {
    fn document(&self) -> Value {
        match &self.program {
            Ok(program) if self.way != "nothing" => json!({
                "way": self.way,
                "file": program.file,
                "checksum": program.checksum,
                "transaction": program.transaction,
                "destructive": program.destructive,
                "statements": statements(program).iter().map(StatementRead::document).collect::<Vec<_>>(),
            }),
            Ok(_) => json!({ "way": self.way }),
            Err(error) => json!({ "way": self.way, "error": error.message }),
        }
    }

    /// A line about it, and a line a statement.
    fn lines(&self) -> Vec<String> {
        let direction = self.direction.to_string();
        let program = match &self.program {
            Err(_) if self.way == "missing" => return vec![format!("{direction:<5} none")],
            Err(_) if self.way == "irreversible" => return vec![format!("{direction:<5} irreversible")],
            Err(error) => return vec![format!("{direction:<5} cannot run: {}", error.message)],
            Ok(_) if self.way == "nothing" => {
                return vec![format!("{direction:<5} runs nothing: it only joins its parents")];
            }
            Ok(program) => program,
        };
        let name = program.file.file_name().unwrap_or_default().to_string_lossy();
        let statements = statements(program);
        let origin = if self.way == "derived" { format!("derived from {name}") } else { name.into_owned() };
        let count =
            if statements.len() == 1 { "1 statement".to_owned() } else { format!("{} statements", statements.len()) };
        let mut notes = vec![origin, count];
        notes.push(if program.transaction { "one transaction" } else { "not one transaction" }.to_owned());
        if program.destructive {
            notes.push("destructive".to_owned());
        }
        if self.way == "script" {
            notes.push(format!("sha256 {:.12}", program.checksum.to_string()));
        }
        let mut lines = vec![format!("{direction:<5} {}", notes.join(", "))];
        lines.extend(statements.iter().map(|statement| format!("  {}", statement.line_of_text())));
        lines
    }
}

fn statements(program: &Program) -> Vec<StatementRead> {
    let mut found = Vec::new();
    for (number, piece) in program.pieces.iter().enumerate() {
        let line = |statement| program.location(&Place { piece: number, statement, offset: None }).line;
        match piece {
            Piece::Alter(change) => {
                found.push(StatementRead { line: line(0), sql: None, change: Some(change.to_string()) });
            }
            Piece::Sql(sql) => {
                found.extend(sql.statements.iter().enumerate().map(|(place, statement)| StatementRead {
                    line: line(place),
                    sql: Some(sql.text[statement.range.clone()].to_owned()),
                    change: None,
                }))
            }
        }
    }
    found
}

/// How much of a statement a line shows.
const SHOWN_CHARACTERS: usize = 100;

impl StatementRead {
    fn document(&self) -> Value {
        match &self.change {
            Some(change) => json!({ "line": self.line, "change": change }),
            None => json!({ "line": self.line, "sql": self.sql }),
        }
    }

    fn line_of_text(&self) -> String {
        let what = self.sql.as_ref().or(self.change.as_ref()).map(String::as_str).unwrap_or_default();
        let mut what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = what.char_indices().nth(SHOWN_CHARACTERS) {
            what.truncate(end);
            what.push('…');
        }
        format!("{:>5}  {what}", self.line.map(|line| line.to_string()).unwrap_or_default())
    }
}

/// The scripts as text; dialects that run the same are told of once.
pub fn text(scripts: &[Scripts]) -> Vec<String> {
    let mut groups: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for script in scripts {
        let lines: Vec<String> = script.ways.iter().flat_map(WayRead::lines).collect();
        match groups.iter_mut().find(|(_, known)| *known == lines) {
            Some((dialects, _)) => dialects.push(script.dialect.name()),
            None => groups.push((vec![script.dialect.name()], lines)),
        }
    }
    let mut text = Vec::new();
    for (dialects, lines) in groups {
        text.push(format!("on {}:", dialects.join(", ")));
        text.extend(lines.into_iter().map(|line| format!("  {line}")));
    }
    text
}
