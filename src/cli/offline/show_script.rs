//! What `show` says of a revision's scripts: for each dialect, the way up and the way down with their statements.

use std::path::Path;

use branchline::dialect::Dialect;
use branchline::direction::Direction;
use branchline::listing::listed;
use branchline::revision::{Revision, Way};
use branchline::script::{self, Program, ProgramLine, ScriptError, What};
use branchline::sql::{Action, Effect, ObjectKind, ObjectName, ScriptEffects};
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
    effects: ScriptEffects,
}

/// Reads both ways on a dialect.
pub fn read(root: &Path, revision: &Revision, dialect: Dialect) -> Scripts {
    let way = |direction| {
        let program = script::load(root, revision, direction, dialect);
        WayRead {
            direction,
            way: match revision.way(direction, dialect) {
                Way::Script(_) => "script",
                Way::Derived(_) => "derived",
                Way::Nothing => "nothing",
                Way::Irreversible(_) => "irreversible",
                Way::Missing => "missing",
            },
            effects: program.as_ref().map(|program| program.effects(dialect)).unwrap_or_default(),
            program,
        }
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
            Ok(program) if self.way != "nothing" => {
                let mut document = json!({
                "way": self.way,
                "file": program.file,
                "checksum": program.checksum,
                "transaction": program.transaction,
                "destructive": program.destructive,
                "statements": program.lines().map(statement_document).collect::<Vec<_>>(),
                "effects": self.effects.known.iter().map(effect_document).collect::<Vec<_>>(),
                "unknown": self.effects.unknown,
                });
                if let Some(more) = not_listed(program) {
                    document["more_statements"] = json!(more);
                }
                document
            }
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
                return vec![format!("{direction:<5} runs nothing")];
            }
            Ok(program) => program,
        };
        let name = program.file.file_name().unwrap_or_default().to_string_lossy();
        let origin = if self.way == "derived" { format!("derived from {name}") } else { name.into_owned() };
        let count = match program.statement_count() {
            1 => "1 statement".to_owned(),
            count => format!("{count} statements"),
        };
        let mut notes = vec![origin, count];
        notes.push(if program.transaction { "one transaction" } else { "not one transaction" }.to_owned());
        if program.destructive {
            notes.push("destructive".to_owned());
        }
        if self.way == "script" {
            notes.push(format!("sha256 {:.12}", program.checksum.to_string()));
        }
        let mut lines = vec![format!("{direction:<5} {}", notes.join(", "))];
        lines.extend(program.lines().map(|line| format!("  {}", statement_text(line))));
        lines.extend(not_listed(program).map(|more| format!("         ... and {more} more")));
        lines.extend(self.does().map(|does| format!("      {does}")));
        lines
    }
}

impl WayRead {
    /// What it does, in a line: what comes along with a new table is not told apart.
    fn does(&self) -> Option<String> {
        let known = || self.effects.known.iter().map(|(_, effect)| effect);
        let is_new = |table: &ObjectName| {
            known().any(|effect| {
                effect.action == Action::Creates && effect.kind == ObjectKind::Table && effect.name == *table
            })
        };
        let comes_along = |effect: &Effect| {
            effect.action == Action::Creates
                && matches!(effect.kind, ObjectKind::Column | ObjectKind::Constraint)
                && effect.table.as_ref().is_some_and(is_new)
        };
        let mut words: Vec<String> = Vec::new();
        for effect in known().filter(|effect| !comes_along(effect)) {
            let said = effect.to_string();
            if !words.contains(&said) {
                words.push(said);
            }
        }
        if !self.effects.unknown.is_empty() {
            words.push(format!("what cannot be told at line {}", listed(&self.effects.unknown)));
        }
        (!words.is_empty()).then(|| listed(words))
    }
}

/// How many statements are not listed, because the script is too long to be held.
fn not_listed(program: &Program) -> Option<usize> {
    let listed = program.long()?.first.len();
    program.statement_count().checked_sub(listed).filter(|more| *more > 0)
}

fn effect_document((line, effect): &(usize, Effect)) -> Value {
    json!({
        "line": line,
        "action": effect.action.word(),
        "kind": effect.kind.word(),
        "name": effect.name.to_string(),
        "table": effect.table.as_ref().map(ToString::to_string),
        "to": effect.to,
    })
}

/// How much of a statement a line shows.
const SHOWN_CHARACTERS: usize = 100;

fn statement_document(ProgramLine { line, what }: ProgramLine<'_>) -> Value {
    match what {
        What::Alter(change) => json!({ "line": line, "change": change.to_string() }),
        What::Sql(sql) => json!({ "line": line, "sql": sql }),
    }
}

fn statement_text(ProgramLine { line, what }: ProgramLine<'_>) -> String {
    let what = match what {
        What::Alter(change) => change.to_string(),
        What::Sql(sql) => sql.to_owned(),
    };
    format!("{line:>5}  {}", on_one_line(&what))
}

/// As much of a statement as a line shows.
pub(super) fn on_one_line(sql: &str) -> String {
    let mut shown = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = shown.char_indices().nth(SHOWN_CHARACTERS) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
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
