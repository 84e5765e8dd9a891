//! Which comment of a script speaks of which column.
//!
//! People write what a column means beside it, or on the line above. A comment behind code belongs to what stands on its line;
//! one that has its lines for itself belongs to what follows, unless it goes on right below one that stands behind code.
//! Nothing is made of what the comment says.

use std::ops::Range;

use super::ddl::{self, ChangeKind, Ddl, TableItem};
use super::effect::ObjectName;
use super::lexer::tokens;
use super::pattern::code;
use super::scan::Statements;
use super::token::{Code, Token, TokenKind};
use super::words::Words;
use crate::dialect::Dialect;

/// A comment beside a column, or beside a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnComment {
    /// The table.
    pub table: ObjectName,
    /// The column; none where it stands beside the table.
    pub column: Option<String>,
    /// What it says: without its marks, and with its lines joined.
    pub text: String,
    /// Where it begins.
    pub offset: usize,
}

/// What a statement makes, and where it is written.
struct Made {
    table: ObjectName,
    range: Range<usize>,
    /// The columns, and the constraints between them, which have no name here.
    items: Vec<(Option<String>, Range<usize>)>,
}

/// Comments that belong together.
struct Group {
    range: Range<usize>,
    text: String,
    /// Whether code stands before it on its line.
    behind_code: bool,
}

/// The comments of a script that stand beside columns and tables which it makes, in their order. A script that cannot be read to
/// its end is read as far as that is.
#[must_use]
pub fn column_comments(dialect: Dialect, text: &str) -> Vec<ColumnComment> {
    let all: Vec<Token> = tokens(dialect, text).map_while(Result::ok).collect();
    if !all.iter().any(|token| token.kind == TokenKind::Comment) {
        return Vec::new();
    }
    let made: Vec<Made> = Statements::new(dialect, text)
        .map_while(Result::ok)
        .filter_map(|statement| {
            let codes: Vec<_> = code(dialect, text, statement.range.clone()).collect();
            let words = Words::new(dialect, &codes);
            Made::of(&ddl::read(&words, statement.verb)?, &codes, statement.range)
        })
        .collect();
    let comments = groups(text, &all).into_iter();
    comments.filter_map(|group| place(text, &all, &made, &group)).collect()
}

impl Made {
    fn of(ddl: &Ddl, codes: &[Code<'_>], range: Range<usize>) -> Option<Self> {
        let item = |item: &TableItem| match item {
            TableItem::Column(column) => Some((Some(column.name.clone()), column.offset)),
            TableItem::Constraint(constraint) => Some((None, constraint.offset)),
            TableItem::Index { offset, .. } => Some((None, *offset)),
            TableItem::Other => None,
        };
        let (table, begins): (_, Vec<_>) = match ddl {
            Ddl::CreateTable(create) => (&create.name, create.items.iter().filter_map(item).collect()),
            Ddl::AlterTable(alter) => {
                let added = alter.changes.iter().filter_map(|change| match &change.kind {
                    ChangeKind::Add(added, _) => item(added),
                    ChangeKind::Redefine { column, .. } => Some((Some(column.name.clone()), column.offset)),
                    _ => None,
                });
                (&alter.name, added.collect())
            }
            Ddl::CreateIndex(_) | Ddl::DropIndex(_) => return None,
        };
        let items = begins.into_iter().map(|(name, start)| (name, start..end(codes, start))).collect();
        Some(Self { table: table.clone(), range, items })
    }

    fn comment(&self, column: Option<&String>, group: &Group) -> ColumnComment {
        let (text, offset) = (group.text.clone(), group.range.start);
        ColumnComment { table: self.table.clone(), column: column.cloned(), text, offset }
    }

    /// The column that the statement makes, where it is only one.
    fn single(&self) -> Option<&String> {
        match self.items.as_slice() {
            [(Some(column), _)] => Some(column),
            _ => None,
        }
    }
}

/// The end of the item that begins at `start`: before the comma, or the parenthesis, behind it.
fn end(codes: &[Code<'_>], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut end = start;
    for code in codes.iter().filter(|code| code.start >= start) {
        match code.text {
            "(" if code.is_punctuation("(") => depth += 1,
            ")" if code.is_punctuation(")") && depth == 0 => break,
            ")" if code.is_punctuation(")") => depth -= 1,
            "," if code.is_punctuation(",") && depth == 0 => break,
            _ => {}
        }
        end = code.start + code.text.len();
    }
    end
}

/// The comments, those joined that are one text on several lines.
fn groups(text: &str, tokens: &[Token]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Comment {
            continue;
        }
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let behind_code = before.is_some_and(|before| {
            before.kind != TokenKind::Comment && !text[before.range.end..token.range.start].contains('\n')
        });
        let said = said(token.text(text));
        let goes_on = before.is_some_and(|before| {
            before.kind == TokenKind::Comment
                && text[before.range.end..token.range.start].matches('\n').count() == 1
                && indentation(text, before.range.start) == indentation(text, token.range.start)
        });
        match groups.last_mut() {
            Some(group) if goes_on => {
                group.text = format!("{} {said}", group.text).trim().to_owned();
                group.range.end = token.range.end;
            }
            _ => groups.push(Group { range: token.range.clone(), text: said, behind_code }),
        }
    }
    groups.retain(|group| !group.text.is_empty());
    groups
}

/// How far from its line's beginning something stands.
fn indentation(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// A comment without its marks.
fn said(comment: &str) -> String {
    let inside = match comment.strip_prefix("/*") {
        Some(inside) => inside.strip_suffix("*/").unwrap_or(inside),
        None => comment,
    };
    let lines = inside.lines().map(|line| line.trim().trim_start_matches(['-', '#', '*']).trim());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn place(text: &str, tokens: &[Token], made: &[Made], group: &Group) -> Option<ColumnComment> {
    let is_code = |token: &&Token| token.kind != TokenKind::Comment;
    let line = text[..group.range.start].rfind('\n').map_or(0, |end| end + 1);
    let next = tokens.iter().filter(is_code).find(|token| token.range.start >= group.range.end);
    if !group.behind_code {
        let next = next?.range.start;
        let statement = made.iter().find(|made| made.range.start <= next && next < made.range.end)?;
        if next == statement.range.start {
            return Some(statement.comment(statement.single(), group));
        }
        // ADD stands before what it adds.
        let item = statement.items.iter().find(|(_, item)| item.start >= next || item.contains(&next))?;
        let is_at_it = item.1.start == next || tokens_between(tokens, next, item.1.start) <= WORDS_OF_ADD;
        return (is_at_it && item.0.is_some()).then(|| statement.comment(item.0.as_ref(), group));
    }
    // The last statement that has begun; its last item on this line.
    let statement = made.iter().rfind(|made| made.range.start < group.range.start && line <= made.range.end)?;
    let on_line = |item: &Range<usize>| item.start < group.range.start && item.end >= line;
    match statement.items.iter().rfind(|(_, item)| on_line(item)) {
        Some((Some(column), _)) => Some(statement.comment(Some(column), group)),
        Some((None, _)) => None,
        None => Some(statement.comment(None, group)),
    }
}

/// ADD COLUMN IF NOT EXISTS.
const WORDS_OF_ADD: usize = 5;

fn tokens_between(tokens: &[Token], start: usize, end: usize) -> usize {
    let between = |token: &&Token| token.is_code() && (start..end).contains(&token.range.start);
    tokens.iter().filter(between).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(dialect: Dialect, text: &str) -> Vec<String> {
        let comments = column_comments(dialect, text).into_iter();
        comments
            .map(|found| format!("{}.{}: {}", found.table, found.column.as_deref().unwrap_or("*"), found.text))
            .collect()
    }

    #[test]
    fn beside_and_above_columns() {
        let text = "\
-- Projects of people.
CREATE TABLE projects ( -- one a team
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL, -- users.id in auth
    -- the team,
    -- in the people branch
    team_id uuid,
    owner_id uuid /* who owns it */ NOT NULL,
    price numeric(10, 2), -- in euros
                          -- or pounds
    last_id uuid -- the last one
    -- nothing follows
);
ALTER TABLE projects ADD COLUMN IF NOT EXISTS note_id uuid; -- a note
-- of the plan
ALTER TABLE projects ADD plan_id uuid;
SELECT 1; -- nothing
";
        assert_eq!(
            found(Dialect::Postgres, text),
            [
                "projects.*: Projects of people.",
                "projects.*: one a team",
                "projects.user_id: users.id in auth",
                "projects.team_id: the team, in the people branch",
                "projects.owner_id: who owns it",
                "projects.price: in euros or pounds",
                "projects.last_id: the last one",
                "projects.note_id: a note",
                "projects.plan_id: of the plan",
            ]
        );
    }

    #[test]
    fn constraints_take_their_own_and_marks_of_each_dialect_are_read() {
        let text = "CREATE TABLE t (\n a int, # first\n KEY k (a), # of the key\n b int /* second\n * line */\n);";
        assert_eq!(found(Dialect::Mysql, text), ["t.a: first", "t.b: second line"]);
        let text = "ALTER TABLE t\n -- the user\n ADD COLUMN user_id int,\n ADD COLUMN x int -- an x\n;";
        assert_eq!(found(Dialect::Postgres, text), ["t.user_id: the user", "t.x: an x"]);
        assert_eq!(found(Dialect::Sqlite, "CREATE TABLE t (a, -- one\n b -- two\n)"), ["t.a: one", "t.b: two"]);
    }
}
