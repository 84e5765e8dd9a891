//! What an engine runs, and where in the user's files each part of it stands.

use std::path::PathBuf;

use super::long::LongScript;
use crate::location::{Location, line_and_column};
use crate::revision::Checksum;
use crate::schema::TableChange;
use crate::sql::{self, Allowance, Statement, allowances_in_toml};

/// A script, ready to run on one dialect.
#[derive(Debug)]
pub struct Program {
    /// The file it comes from, relative to the project's folder.
    pub file: PathBuf,
    /// Of the file.
    pub checksum: Checksum,
    /// Whether the whole of it, with its state row, is to be one transaction.
    pub transaction: bool,
    /// Whether it drops tables or columns, or takes rows away without saying which.
    pub destructive: bool,
    /// What to run, in order.
    pub pieces: Vec<Piece>,
    /// The steps of a portable script.
    pub steps: Option<Steps>,
}

/// What is known of a portable script's steps besides what they became.
#[derive(Debug)]
pub struct Steps {
    /// The lines where they begin, from 1.
    pub lines: Vec<usize>,
    /// The findings that its comments say are meant.
    pub allowances: Vec<Allowance>,
}

impl Steps {
    /// Of a file's text.
    pub(super) fn of(text: &str) -> Self {
        let begins = |(number, line): (usize, &str)| line.trim_start().starts_with("[[step]]").then_some(number + 1);
        Self { lines: text.lines().enumerate().filter_map(begins).collect(), allowances: allowances_in_toml(text) }
    }
}

/// A part of a program.
#[derive(Debug)]
pub enum Piece {
    /// SQL.
    Sql(SqlPiece),
    /// A change of a table that can only be written down once the table's definition is known.
    Alter(TableChange),
    /// SQL that is too long to be held; it is the only piece then.
    Long(LongScript),
}

/// SQL, of one statement or several.
#[derive(Debug)]
pub struct SqlPiece {
    /// The SQL.
    pub text: String,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// The line of the `[[step]]` that it was rendered from; none where the text is the file's own.
    pub step: Option<usize>,
    /// The line and the column of the file where the text begins, where it is the file's own.
    pub begins: (usize, usize),
}

/// A statement of a program, for those who list them.
#[derive(Debug)]
pub struct ProgramLine<'a> {
    /// The line of the user's file where it, or the step that it was rendered from, begins.
    pub line: usize,
    /// What it is.
    pub what: What<'a>,
}

/// What a statement of a program is.
#[derive(Debug)]
pub enum What<'a> {
    /// SQL.
    Sql(&'a str),
    /// A change whose SQL is known only once the table's definition is.
    Alter(&'a TableChange),
}

/// A place in a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The piece.
    pub piece: usize,
    /// The statement in it.
    pub statement: usize,
    /// The byte in the piece's text, where the database pointed at one.
    pub offset: Option<usize>,
}

/// What a database pointed at in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointer {
    /// A character of the statement, from 1.
    Character(usize),
    /// A byte of the statement, from 0; its length is the place behind it.
    Byte(usize),
    /// A line of the data that goes with it, from 1.
    DataLine(usize),
}

/// How much of a statement an error shows.
const EXCERPT_CHARACTERS: usize = 200;

impl Program {
    /// How many statements it has; a change that is completed later counts as one.
    #[must_use]
    pub fn statement_count(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Sql(sql) => sql.statements.len(),
                Piece::Alter(_) => 1,
                Piece::Long(script) => script.statements,
            })
            .sum()
    }

    /// Its statements in order. Where each begins was noted when the script was divided: no text is walked again for it, which
    /// for every statement from the start of a long script would take minutes. Of a script that is not held, the beginnings of
    /// its first statements only.
    pub fn lines(&self) -> impl Iterator<Item = ProgramLine<'_>> {
        self.pieces.iter().flat_map(|piece| {
            let (alter, sql, long) = match piece {
                Piece::Alter(change) => (Some(change), None, None),
                Piece::Sql(sql) => (None, Some(sql), None),
                Piece::Long(script) => (None, None, Some(script)),
            };
            let alter = alter.map(|change| ProgramLine { line: change.line, what: What::Alter(change) });
            let sql = sql.into_iter().flat_map(|sql| {
                sql.statements.iter().map(|statement| ProgramLine {
                    line: sql.step.unwrap_or(statement.line),
                    what: What::Sql(&sql.text[statement.range.clone()]),
                })
            });
            let first = long.into_iter().flat_map(|script| &script.first);
            let long = first.map(|(line, sql)| ProgramLine { line: *line, what: What::Sql(sql) });
            alter.into_iter().chain(sql).chain(long)
        })
    }

    /// The longest of its statements that are SQL already: where it begins, and its bytes.
    #[must_use]
    pub fn longest(&self) -> Option<(Location, usize)> {
        let held = |piece: usize, sql: &SqlPiece| {
            let (statement, found) = sql.statements.iter().enumerate().max_by_key(|(_, found)| found.range.len())?;
            Some((self.location(&Place { piece, statement, offset: None }), found.range.len()))
        };
        let of_pieces = self.pieces.iter().enumerate().filter_map(|(index, piece)| match piece {
            Piece::Sql(sql) => held(index, sql),
            Piece::Long(script) => Some((self.step_location(script.longest.0), script.longest.1)),
            Piece::Alter(_) => None,
        });
        of_pieces.max_by_key(|(_, bytes)| *bytes)
    }

    /// Its script, where that is not held.
    #[must_use]
    pub fn long(&self) -> Option<&LongScript> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Long(script) => Some(script),
            Piece::Sql(_) | Piece::Alter(_) => None,
        })
    }

    /// Its SQL pieces that are held; on dialects that need no completion these are all but a long script.
    pub fn sql_pieces(&self) -> impl Iterator<Item = &SqlPiece> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Sql(sql) => Some(sql),
            Piece::Alter(_) | Piece::Long(_) => None,
        })
    }

    /// Whether tables are changed by way of their definition.
    #[must_use]
    pub fn alters(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Alter(_)))
    }

    /// Whether steps of a portable script may drop tables.
    #[must_use]
    pub fn drops_by_steps(&self) -> bool {
        self.destructive && self.pieces.iter().any(|piece| matches!(piece, Piece::Sql(SqlPiece { step: Some(_), .. })))
    }

    /// The place in the user's file.
    #[must_use]
    pub fn location(&self, place: &Place) -> Location {
        match &self.pieces[place.piece] {
            Piece::Alter(change) => self.step_location(change.line),
            Piece::Sql(SqlPiece { step: Some(line), .. }) => self.step_location(*line),
            Piece::Sql(sql) => {
                let start = sql.statements.get(place.statement).map_or(0, |statement| statement.range.start);
                let (line, column) = line_and_column(&sql.text, place.offset.unwrap_or(start));
                let column = if line == 1 { sql.begins.1 + column - 1 } else { column };
                Location { file: self.file.clone(), line: Some(sql.begins.0 + line - 1), column: Some(column) }
            }
            Piece::Long(_) => Location::of_file(&self.file),
        }
    }

    fn step_location(&self, line: usize) -> Location {
        Location { file: self.file.clone(), line: Some(line), column: None }
    }

    /// The statement, where it is SQL already.
    #[must_use]
    pub fn text(&self, place: &Place) -> Option<&str> {
        let Piece::Sql(sql) = self.pieces.get(place.piece)? else { return None };
        Some(sql.statements.get(place.statement)?.text(&sql.text))
    }

    /// The statement, or as much of it as a person wants to read.
    #[must_use]
    pub fn excerpt(&self, place: &Place) -> String {
        match &self.pieces[place.piece] {
            Piece::Alter(change) => change.to_string(),
            Piece::Sql(_) => shortened(self.text(place).unwrap_or_default()),
            Piece::Long(_) => String::new(),
        }
    }

    /// The place with what the database pointed at in the statement.
    #[must_use]
    pub fn refine(&self, place: &Place, pointer: Option<Pointer>) -> Place {
        let (Some(pointer), Piece::Sql(sql)) = (pointer, &self.pieces[place.piece]) else { return *place };
        let Some(statement) = sql.statements.get(place.statement) else { return *place };
        let offset = match pointer {
            Pointer::Character(character) => {
                let within = sql::byte_offset_of_character(statement.text(&sql.text), character);
                within.map(|within| statement.range.start + within)
            }
            Pointer::Byte(within) => {
                statement.text(&sql.text).is_char_boundary(within).then_some(statement.range.start + within)
            }
            Pointer::DataLine(line) => statement.data.as_ref().and_then(|data| {
                let before = sql.text[data.clone()].split_inclusive('\n').take(line.checked_sub(1)?).map(str::len);
                let offset = data.start + before.sum::<usize>();
                (offset < data.end).then_some(offset)
            }),
        };
        Place { offset, ..*place }
    }

    /// The SQL as text for people, and for those who run it by other means. `complete` writes down a change that needs the
    /// table's definition; where it cannot, and for a script that is not held, a line stands there that no database takes, so
    /// that nobody runs the rest without noticing.
    #[must_use]
    pub fn to_sql(&self, mut complete: impl FnMut(&TableChange) -> Option<String>) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            let sql = match piece {
                Piece::Sql(sql) => sql.text.clone(),
                Piece::Alter(change) => complete(change).unwrap_or_else(|| {
                    let change = change.to_string().replace(['\n', ';'], " ");
                    format!("-- {change}\nTHIS CHANGE IS WRITTEN FROM THE TABLE AS IT STANDS WHEN ITS TURN COMES")
                }),
                Piece::Long(script) => format!(
                    "-- {} statements, which are not repeated here\nRUN THE SCRIPT {} ITSELF",
                    script.statements,
                    self.file.display()
                ),
            };
            let sql = sql.trim_end();
            text.push_str(sql);
            text.push_str(if sql.ends_with(';') { "\n" } else { ";\n" });
        }
        text
    }
}

/// As much of a statement as a person wants to read.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Piece, Place, Program, SqlPiece, What};
    use crate::dialect::Dialect;
    use crate::revision::Checksum;
    use crate::sql;

    fn program(text: &str, step: Option<usize>) -> Program {
        let statements = sql::check(Dialect::Sqlite, text, true).unwrap().statements;
        let piece = SqlPiece { text: text.to_owned(), statements, step, begins: (1, 1) };
        Program {
            file: PathBuf::from("up.sql"),
            checksum: Checksum::of(text),
            transaction: true,
            destructive: false,
            pieces: vec![Piece::Sql(piece)],
            steps: None,
        }
    }

    fn listed(program: &Program) -> Vec<(usize, &str)> {
        let text = |what| match what {
            What::Sql(sql) => sql,
            What::Alter(_) => "",
        };
        program.lines().map(|line| (line.line, text(line.what))).collect()
    }

    #[test]
    fn every_statement_with_its_line() {
        let own = program("\u{feff}-- both\nSELECT 1;\r\n\r\nSELECT\n 2; SELECT 'ö\n';\nSELECT 4", None);
        assert_eq!(listed(&own), [(2, "SELECT 1"), (4, "SELECT\n 2"), (5, "SELECT 'ö\n'"), (7, "SELECT 4")]);
        let located = (0..4).map(|statement| own.location(&Place { piece: 0, statement, offset: None }).line);
        assert!(located.eq(listed(&own).into_iter().map(|(line, _)| Some(line))), "as errors point at them");
        assert_eq!(listed(&program("SELECT 1; SELECT 2", Some(9))), [(9, "SELECT 1"), (9, "SELECT 2")]);
    }

    /// Lines that no walk over the text could find are listed: there is none, and a long script is listed in one go.
    #[test]
    fn lines_are_those_that_were_noted() {
        let mut noted = program("SELECT 1; SELECT 2", None);
        let Piece::Sql(sql) = &mut noted.pieces[0] else { panic!() };
        sql.statements[1].line = 4711;
        assert_eq!(listed(&noted), [(1, "SELECT 1"), (4711, "SELECT 2")]);
    }
}
